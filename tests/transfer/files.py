"""Files to import, and what becomes of them."""

import csv
import io
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from service.db.engine import Database
from service.domain.vocabulary import ImportMode, OnExisting
from service.errors import Invalid
from service.schemas.imports import ImportOptions, ImportResult
from service.schemas.queries import FigureExportQuery
from service.transfer import exports
from service.transfer.entries import Format
from service.transfer.imports import load_file

PARTIAL = {"mode": ImportMode.PARTIAL}
UPDATE = {"on_existing": OnExisting.UPDATE}
PLAIN = {
    "subject": "R1", "metric": "Training cost", "unit": "USD", "value": "294,000", "claimant": "DeepSeek",
    "source_title": "A paper",
}  # fmt: skip


def table(*rows: dict[str, str], columns: Sequence[str] | None = None) -> bytes:
    """A CSV file of these rows, in the columns that any of them has."""
    names = columns or list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def take(database: Database, content: bytes, form: Format, **options: Any) -> ImportResult:
    return load_file(database, BytesIO(content), form, ImportOptions(**options))


def refusal(database: Database, content: bytes, form: Format, **options: Any) -> list[tuple[int | None, str]]:
    """The lines and pointers of what is wrong with a file that is refused."""
    try:
        take(database, content, form, **options)
    except Invalid as error:
        return [(fault.line, fault.pointer) for fault in error.faults]
    raise AssertionError("it was taken")


def made(result: ImportResult) -> dict[str, int]:
    return {kind: counts.created for kind, counts in result.counts if counts.created}


def unchanged(result: ImportResult) -> dict[str, int]:
    return {kind: counts.unchanged for kind, counts in result.counts if counts.unchanged}


def json_lines(database: Database) -> bytes:
    with database.unhurried() as connection:
        return "".join(exports.json_lines(connection)).encode()


def figures_csv(database: Database) -> bytes:
    with database.unhurried() as connection:
        return "".join(exports.figures_csv(connection, FigureExportQuery())).encode()
