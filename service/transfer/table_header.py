"""Which row of a table names its columns."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

from service.errors import Invalid

Row = tuple[int, list[str]]  # the line on which it begins, or its number in the sheet; and its cells
Fits = Callable[[list[str]], bool]  # whether these cells can name the columns
_SEARCHED = 20  # rows


class Header(NamedTuple):
    line: int
    fits: bool
    width: int  # in columns


def find_header(rows: Iterable[Row], given: int | None, fits: Fits) -> Header | None:
    """The first row that fits, else the first row, so that it can be said what is wrong with it; or the `given` row.
    None for a table without rows. Raises Invalid if the given row is empty.
    """
    if given is not None:
        found = next((row for row in rows if row[0] >= given), None)
        if found is None or found[0] != given:
            raise Invalid.at("/header_row", f"Row {given} is empty, or within a cell of the row before.", "query")
        return _header(found, fits)
    first = None
    for row in islice(rows, _SEARCHED):
        header = _header(row, fits)
        if header.fits:
            return header
        first = first or header
    return first


def _header(row: Row, fits: Fits) -> Header:
    line, cells = row
    return Header(line, fits(cells), len(cells))
