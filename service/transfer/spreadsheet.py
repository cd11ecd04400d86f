"""Tables, from CSV or a workbook: one figure per row, in our columns or, with a mapping, in others."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from service.domain.vocabulary import ImportFormat
from service.errors import Fault, Invalid, ServiceError
from service.schemas.claims import ClaimCreate
from service.schemas.imports import TableLayout, TableOptions
from service.store.records.claim_idempotency import Given
from service.transfer.columns import COLUMNS, FIGURE, REQUIRED, SOURCE, VERBATIM
from service.transfer.csv_table import CsvTable
from service.transfer.entries import Entry, Note
from service.transfer.figure_rows import LOOKS_EMPTY, FigureRow, Inferred, RowReader, at_column, look_up, put
from service.transfer.import_writer import ImportWriter
from service.transfer.lines import File, refused
from service.transfer.mapping import Mapping, refuse_unknown
from service.transfer.workbook_table import WorkbookTable

_MAX_COLUMNS = 1_000
_BREAKS = re.compile(r"[\t\r\n]+")


class Spreadsheet:
    """Options that are given take precedence over those of the mapping."""

    given: Given = "more"  # each row adds a figure to its claim

    def __init__(
        self, mapping: Mapping | None = None, options: TableOptions | None = None, name: ImportFormat = ImportFormat.CSV
    ) -> None:
        self.name = name
        self.mapping = mapping
        options = options or TableOptions()
        self.options = options.over(mapping.options) if mapping else options
        if self.options.decimal is not None and self.options.decimal == self.options.thousands:
            raise Invalid.at("/thousands", "Decimals and thousands need different signs.", "query")
        self.table: CsvTable | WorkbookTable | None = None
        self.inferred = Inferred(mapping.properties if mapping else None)

    @property
    def layout(self) -> TableLayout | None:
        return self.table.layout if self.table else None

    def check(self, file: File) -> int:
        of_kind = CsvTable if self.name is ImportFormat.CSV else WorkbookTable
        self.table = of_kind(file, self.options, self._fits)
        reader = RowReader(self.options, self.inferred, states_digits=self.table.states_digits)
        count = 0
        for _, cells in self._rows(self.table):
            count += 1
            for row in self._ours(cells, reader, []) if isinstance(cells, dict) else ():
                self.inferred.note(row)
        return count

    def read(self, file: File) -> Iterator[Entry]:  # noqa: ARG002  # it was opened by `check`
        assert self.table is not None
        reader = RowReader(self.options, self.inferred, states_digits=self.table.states_digits)
        for line, cells in self._rows(self.table):
            if isinstance(cells, ServiceError):
                yield Entry(line, "figure", cells)
                continue
            notes: list[Note] = []
            rows = self._ours(cells, reader, notes)
            size = sum(len(text) for row in rows for text in row.values())
            yield Entry(line, "figure", self._read(rows, reader, notes), len(rows), size, notes)

    def _ours(self, cells: dict[str, str], reader: RowReader, notes: list[Note]) -> list[dict[str, str]]:
        """The figures of a line, in our columns, without empty cells."""
        rows, left_out = self.mapping.rows(cells, reader.is_missing) if self.mapping else ([cells], [])
        for row in left_out if not reader.states_digits else ():
            detail = f"{row.get('metric', '')[:100]} has no number here. {LOOKS_EMPTY}"
            notes.append(Note("/value", "empty_value", detail))
        return [
            {name: text if name in VERBATIM else _one_line(text) for name, text in row.items()
             if text.strip() and not reader.is_missing(name, text)}
            for row in rows
        ]  # fmt: skip

    @staticmethod
    def _read(rows: list[dict[str, str]], reader: RowReader, notes: list[Note]) -> list[FigureRow] | ServiceError:
        try:
            return [reader.read(row, notes) for row in rows]
        except ServiceError as error:
            return error

    def look_up(self, loading: ImportWriter, entries: Sequence[Entry]) -> None:
        look_up(loading, [row for entry in entries for row in entry.content])

    def place(self, fault: Fault) -> Fault:
        return at_column(fault, ClaimCreate)

    def put(self, loading: ImportWriter, content: list[FigureRow]) -> None:
        for row in content:
            put(loading, row)

    def _rows(self, table: CsvTable | WorkbookTable) -> Iterator[tuple[int, dict[str, str] | ServiceError]]:
        """Each row below the header, by column name, with its line."""
        header: list[str] | None = None
        for line, cells in table.rows():
            if header is not None:
                yield line, _row(header, cells)
            elif line >= table.layout.header_row:
                header = self._header([self._name(cell) for cell in cells], line)
        if header is None:
            raise refused(f"The file has no header. It names the columns: {', '.join(COLUMNS)}.")

    def _fits(self, cells: list[str]) -> bool:
        """Whether a row can be the header: it names the columns that are needed."""
        names = {self._name(cell) for cell in cells}
        return names.issuperset(self.mapping.columns_used() if self.mapping else REQUIRED)

    def _name(self, text: str) -> str:
        """The name of a column. Ours may also be written as in `Source Title`."""
        return text.strip() if self.mapping else "_".join(text.casefold().replace("-", " ").split())

    def _header(self, names: list[str], line: int) -> list[str]:
        """Checks the column names. Raises Invalid for unknown, duplicate or missing columns."""
        while names and not names[-1]:
            names.pop()
        if len(names) > _MAX_COLUMNS:
            raise refused(f"There are more than {_MAX_COLUMNS} columns.", line)
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
        detail = f"The row has {len(cells)} cells, and there are {len(header)} columns."
        return Invalid(f"{detail} A cell with a separator in it needs quotes.")
    if cells[: len(header)] == header:
        return Invalid("This row repeats the names of the columns.")
    return dict(zip(header, cells, strict=False))
