"""CSV: one figure per row, in our columns or, with a mapping, in others."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from service.domain.spreadsheet_cells import unguard
from service.domain.vocabulary import DateOrder, ImportFormat
from service.errors import Fault, Invalid, ServiceError
from service.schemas.claims import ClaimCreate
from service.store.records.claim_idempotency import Given
from service.transfer.columns import COLUMNS, FIGURE, REQUIRED, SOURCE, VERBATIM
from service.transfer.entries import Entry
from service.transfer.figure_rows import FigureRow, Inferred, at_column, look_up, put, read_row
from service.transfer.import_writer import ImportWriter
from service.transfer.lines import MAX_LINE, File, lines, refused
from service.transfer.mapping import Mapping, refuse_unknown

_MAX_CELL = 100_000  # characters; longer than any field allows
_MAX_COLUMNS = 1_000
_BREAKS = re.compile(r"[\t\r\n]+")
csv.field_size_limit(_MAX_CELL)


class Spreadsheet:
    name = ImportFormat.CSV
    given: Given = "more"  # each row adds a figure to its claim

    def __init__(self, mapping: Mapping | None = None, date_order: DateOrder | None = None) -> None:
        self.mapping = mapping
        self.date_order = date_order or (mapping.date_order if mapping else None)
        self.inferred = Inferred()

    def check(self, file: File) -> int:
        count = 0
        for _, cells in self._rows(file):
            count += 1
            for row in self._ours(cells) if isinstance(cells, dict) else ():
                self.inferred.note(row)
        return count

    def read(self, file: File) -> Iterator[Entry]:
        for line, cells in self._rows(file):
            if isinstance(cells, ServiceError):
                yield Entry(line, "figure", cells)
                continue
            rows = self._ours(cells)
            size = sum(len(text) for row in rows for text in row.values())
            yield Entry(line, "figure", self._read(rows), len(rows), size)

    def _ours(self, cells: dict[str, str]) -> list[dict[str, str]]:
        """The figures of a line, in our columns, without empty cells."""
        rows = self.mapping.rows(cells) if self.mapping else [cells]
        return [
            {name: text if name in VERBATIM else _one_line(text) for name, text in row.items() if text.strip()}
            for row in rows
        ]

    def _read(self, rows: list[dict[str, str]]) -> list[FigureRow] | ServiceError:
        try:
            return [read_row(row, self.date_order, self.inferred) for row in rows]
        except ServiceError as error:
            return error

    def look_up(self, loading: ImportWriter, entries: Sequence[Entry]) -> None:
        look_up(loading, [row for entry in entries for row in entry.content])

    def place(self, fault: Fault) -> Fault:
        return at_column(fault, ClaimCreate)

    def put(self, loading: ImportWriter, content: list[FigureRow]) -> None:
        for row in content:
            put(loading, row)

    def _rows(self, file: File) -> Iterator[tuple[int, dict[str, str] | ServiceError]]:
        """Each non-empty row by column name, with the line on which it begins."""
        row_size = 0

        def fed() -> Iterator[str]:
            nonlocal row_size
            for text in lines(file):
                row_size += len(text)
                if row_size > MAX_LINE:  # a quoted cell may span any number of lines
                    raise refused(f"The row that begins on line {line} is longer than {MAX_LINE} characters.", line)
                yield text

        reader = csv.reader(fed(), strict=True)
        header: list[str] | None = None
        line = 1
        try:
            for cells in reader:
                texts = [unguard(cell) for cell in cells]
                if not any(map(str.strip, texts)):
                    pass
                elif header is None:
                    header = self._header([self._name(text) for text in texts], line)
                else:
                    yield line, _row(header, texts)
                line, row_size = reader.line_num + 1, 0
        except csv.Error as error:
            raise refused(f"From line {line} on this is not CSV: {_in_words(error)}.", line) from None
        if header is None:
            raise refused(f"The file is empty. Its first row names the columns: {', '.join(COLUMNS)}.")

    def _name(self, text: str) -> str:
        """The name of a column. Ours may also be written as in `Source Title`."""
        return text.strip() if self.mapping else "_".join(text.casefold().replace("-", " ").split())

    def _header(self, names: list[str], line: int) -> list[str]:
        """Checks the column names. Raises Invalid for unknown, duplicate or missing columns."""
        while names and not names[-1]:
            names.pop()
        if len(names) > _MAX_COLUMNS:
            raise refused(f"There are more than {_MAX_COLUMNS} columns.", line)
        if len(names) == 1 and (separator := next((s for s in ";\t|" if s in names[0]), None)):
            raise refused(f"Columns are separated by commas; here they seem to be by {separator!r}.", line)
        twice = next((name for index, name in enumerate(names) if name in names[:index]), None)
        if twice is not None:
            raise refused(f"Two columns are called {twice[:100]!r}.", line, f"/{twice[:100]}")
        try:
            if self.mapping is None:
                refuse_unknown(names, COLUMNS, "/", "our columns")
                _refuse_missing(names)
            else:
                refuse_unknown(self.mapping.columns_used(), names, "/", "the file's columns; the mapping uses it")
        except Invalid as error:
            error.faults = [replace(fault, line=line) for fault in error.faults]
            raise
        return names


def _one_line(text: str) -> str:
    """A cell without the line breaks that spreadsheets put into long names."""
    return _BREAKS.sub(" ", text).strip()


def _refuse_missing(names: Sequence[str]) -> None:
    """Raises Invalid for missing columns that every row needs."""
    faults = [Fault(f"/{n}", f"The required column {n!r} is missing.", place="file")
              for n in REQUIRED if n not in names]  # fmt: skip
    for needed in (FIGURE, SOURCE):
        if not any(name in names for name in needed):
            detail = f"One of these columns is needed: {', '.join(needed)}."
            faults.append(Fault(f"/{needed[0]}", detail, place="file"))
    if faults:
        raise Invalid(faults[0].detail, faults)


def _row(header: list[str], cells: list[str]) -> dict[str, str] | ServiceError:
    if len(cells) > len(header) and any(cells[len(header) :]):
        return Invalid(f"The row has {len(cells)} cells, and there are {len(header)} columns. A comma needs quotes.")
    if cells[: len(header)] == header:
        return Invalid("This row repeats the names of the columns.")
    return dict(zip(header, cells, strict=False))


def _in_words(error: csv.Error) -> str:
    text = str(error)
    if "field larger" in text:
        return f"a cell is longer than {_MAX_CELL} characters, perhaps since a quote is not closed"
    return "a quote is not closed, or has something after it" if "expected" in text or "EOF" in text else text
