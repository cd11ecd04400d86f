"""The import formats, by name."""

from pathlib import Path

from service.domain.vocabulary import ImportFormat
from service.errors import Invalid
from service.schemas.imports import TableOptions
from service.transfer.claimreview import ClaimReviews
from service.transfer.entries import Format
from service.transfer.jsonl import JsonLines
from service.transfer.mapping import parse_mapping
from service.transfer.spreadsheet import Spreadsheet

_BY_SUFFIX: dict[str, ImportFormat] = {
    ".jsonl": ImportFormat.JSONL,
    ".ndjson": ImportFormat.JSONL,
    ".csv": ImportFormat.CSV,
    ".tsv": ImportFormat.CSV,
    ".xlsx": ImportFormat.XLSX,
    ".ods": ImportFormat.ODS,
    ".json": ImportFormat.CLAIMREVIEW,
    ".jsonld": ImportFormat.CLAIMREVIEW,
}
TABLES = (ImportFormat.CSV, ImportFormat.XLSX, ImportFormat.ODS)
_OF_TABLES = {"mapping", *TableOptions.model_fields}
_OPTIONS = {
    ImportFormat.CSV: _OF_TABLES - {"sheet"},
    **dict.fromkeys((ImportFormat.XLSX, ImportFormat.ODS), _OF_TABLES - {"delimiter", "encoding"}),
    ImportFormat.CLAIMREVIEW: {"date_order"},
    ImportFormat.JSONL: set[str](),
}


def format_of(path: Path) -> ImportFormat | None:
    """The format implied by a file's suffix; None if unknown."""
    return _BY_SUFFIX.get(path.suffix.lower())


def open_format(name: ImportFormat, mapping: str | None = None, options: TableOptions | None = None) -> Format:
    """Raises Invalid for an invalid mapping, and for an option that the format does not use."""
    options = options or TableOptions()
    used = _OPTIONS[name]
    given = [option for option in TableOptions.model_fields if getattr(options, option) is not None]
    for option in (*given, *(["mapping"] if mapping is not None else [])):
        if option not in used:
            formats = ", ".join(one for one, options_of in _OPTIONS.items() if option in options_of)
            raise Invalid.at(f"/{option}", f"{option} is for {formats}.", "query")
    if name in TABLES:
        return Spreadsheet(parse_mapping(mapping) if mapping is not None else None, options, name)
    return JsonLines() if name is ImportFormat.JSONL else ClaimReviews(options.date_order)
