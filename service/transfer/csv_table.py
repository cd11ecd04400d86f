"""Reads CSV: rows of cells, whatever separates them."""

import csv
from collections.abc import Iterator

from service.domain.spreadsheet_cells import unguard
from service.domain.vocabulary import Encoding
from service.errors import Invalid
from service.schemas.imports import TableLayout, TableOptions
from service.transfer.lines import MAX_LINE, File, encoding_of, lines, refused
from service.transfer.table_header import Fits, Header, Row, find_header

_MAX_CELL = 100_000  # characters; longer than any field allows
_DELIMITERS: tuple[str, ...] = (",", ";", "tab", "|")
csv.field_size_limit(_MAX_CELL)


class CsvTable:
    """A CSV file whose layout is known."""

    states_digits = True  # cells have the digits that were written

    def __init__(self, file: File, options: TableOptions, fits: Fits) -> None:
        self.file = file
        self.encoding = options.encoding or encoding_of(file)
        self.delimiter, header = self._found(options, fits)
        self.layout = TableLayout(
            delimiter=self.delimiter, encoding=self.encoding, sheet=None, header_row=header.line if header else 1
        )

    def _found(self, options: TableOptions, fits: Fits) -> tuple[str, Header | None]:
        """The delimiter with which a row fits, else the one that makes the most columns, and the header."""
        candidates = _DELIMITERS if options.delimiter is None else (options.delimiter,)
        best: tuple[str, Header | None] = candidates[0], None
        for delimiter in candidates:
            try:
                header = find_header(csv_rows(self.file, delimiter, self.encoding), options.header_row, fits)
            except Invalid:
                if delimiter == candidates[-1] and best[1] is None:
                    raise
                continue
            if header is not None and header.fits:
                return delimiter, header
            if header is not None and (best[1] is None or header.width > best[1].width):
                best = delimiter, header
        return best

    def rows(self) -> Iterator[Row]:
        return csv_rows(self.file, self.delimiter, self.encoding)


def csv_rows(file: File, delimiter: str, encoding: Encoding) -> Iterator[Row]:
    """Each row that is not empty, with the line on which it begins. Raises Invalid for what is not CSV."""
    row_size, line = 0, 1

    def fed() -> Iterator[str]:
        nonlocal row_size
        for text in lines(file, encoding):
            row_size += len(text)
            if row_size > MAX_LINE:  # a quoted cell may span any number of lines
                raise refused(f"The row that begins on line {line} is longer than {MAX_LINE} characters.", line)
            yield text

    reader = csv.reader(fed(), strict=True, delimiter="\t" if delimiter == "tab" else delimiter)
    try:
        for cells in reader:
            texts = [unguard(cell) for cell in cells]
            if any(map(str.strip, texts)):
                yield line, texts
            line, row_size = reader.line_num + 1, 0
    except csv.Error as error:
        raise refused(f"From line {line} on this is not CSV: {_in_words(error)}.", line) from None


def _in_words(error: csv.Error) -> str:
    text = str(error)
    if "field larger" in text:
        return f"a cell is longer than {_MAX_CELL} characters, perhaps since a quote is not closed"
    return "a quote is not closed, or has something after it" if "expected" in text or "EOF" in text else text
