"""The import formats, by name."""

from pathlib import Path

from service.domain.vocabulary import DateOrder, ImportFormat
from service.errors import Invalid
from service.transfer.claimreview import ClaimReviews
from service.transfer.entries import Format
from service.transfer.jsonl import JsonLines
from service.transfer.mapping import parse_mapping
from service.transfer.spreadsheet import Spreadsheet

_BY_SUFFIX: dict[str, ImportFormat] = {
    ".jsonl": ImportFormat.JSONL,
    ".ndjson": ImportFormat.JSONL,
    ".csv": ImportFormat.CSV,
    ".json": ImportFormat.CLAIMREVIEW,
    ".jsonld": ImportFormat.CLAIMREVIEW,
}


def format_of(path: Path) -> ImportFormat | None:
    """The format implied by a file's suffix; None if unknown."""
    return _BY_SUFFIX.get(path.suffix.lower())


def open_format(name: ImportFormat, mapping: str | None = None, date_order: DateOrder | None = None) -> Format:
    """Raises Invalid for an invalid mapping, and for an option that the format does not use."""
    if name is ImportFormat.CSV:
        return Spreadsheet(parse_mapping(mapping) if mapping is not None else None, date_order)
    for option, value in (("mapping", mapping), ("date_order", date_order)):
        if value is not None:
            raise Invalid.at(f"/{option}", f"{option} is for csv.", "query")
    return JsonLines() if name is ImportFormat.JSONL else ClaimReviews()
