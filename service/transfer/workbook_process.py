"""Reads one sheet of a workbook, in a process of its own: a workbook from a stranger can exhaust the memory of the
process that opens it, or abort it (a file of 5 kB with one cell at XFD1048576 does).

The workbook is the standard input, a seekable file. The output is JSON lines: the name of the sheet or an error, then
each row that is not empty, as its number and its cells as text.
"""

import datetime
import json
import sys
from typing import Any

MAX_COLUMNS = 1_000
_BYTES, _CPU_SECONDS, _OUTPUT_BYTES = 1 << 30, 20, 1 << 30
_MOST_CHARACTERS = 500_000  # of a row
_DIGITS = 15  # that a spreadsheet keeps of a number


class Unsuitable(Exception):
    """The workbook can be read, and has no single sheet of a usable size."""


def main() -> None:
    sheet, decimal = sys.argv[1:3]
    _limit()
    import python_calamine as calamine  # noqa: PLC0415  # within the limits

    try:
        workbook = calamine.CalamineWorkbook.from_filelike(sys.stdin.buffer)
        _write(_chosen(workbook, sheet), decimal)
    except Unsuitable as error:
        _error(str(error))
    except calamine.PasswordError:
        _error("The workbook needs a password. Save it without one.")
    except (calamine.CalamineError, OSError, ValueError) as error:
        _error(f"This is no workbook that can be read: {str(error)[:200]}.")


def _limit() -> None:
    try:
        import resource  # noqa: PLC0415  # not on Windows
    except ImportError:
        return
    limits = {
        resource.RLIMIT_AS: _BYTES,
        resource.RLIMIT_CPU: _CPU_SECONDS,
        resource.RLIMIT_FSIZE: _OUTPUT_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    for name, most in limits.items():
        try:
            resource.setrlimit(name, (most, most))
        except (ValueError, OSError):  # macOS does not limit the address space
            continue


def _chosen(workbook: Any, name: str) -> Any:
    """The sheet of this name, else the only one that has cells."""
    names = workbook.sheet_names
    if name:
        if name not in names:
            raise Unsuitable(f"The workbook has no sheet {name!r}. There are {_listed(names)}.")
        return workbook.get_sheet_by_name(name)
    sheets = [workbook.get_sheet_by_name(one) for one in names]
    filled = [sheet for sheet in sheets if sheet.start is not None]
    if len(filled) > 1:
        raise Unsuitable(
            f"Several sheets have cells: {_listed([one.name for one in filled])}. Say with sheet which is meant."
        )
    if not filled:
        raise Unsuitable("The workbook has no cells.")
    return filled[0]


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name[:40]) for name in names[:10]) + (" and others" if len(names) > 10 else "")


def _write(sheet: Any, decimal: str) -> None:
    if sheet.start is None:
        raise Unsuitable(f"The sheet {sheet.name!r} has no cells.")
    if sheet.width > MAX_COLUMNS:
        raise Unsuitable(f"The sheet has {sheet.width:,} columns. At most {MAX_COLUMNS:,} are read.")
    print(json.dumps({"sheet": sheet.name}))  # noqa: T201
    for number, cells in enumerate(sheet.iter_rows(), 1):
        texts = [_text(cell, decimal) for cell in cells]
        if sum(map(len, texts)) > _MOST_CHARACTERS:
            raise Unsuitable(f"Row {number} has more than {_MOST_CHARACTERS:,} characters.")
        if any(texts):
            print(json.dumps([number, texts]))  # noqa: T201


def _text(cell: Any, decimal: str) -> str:
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int | float):
        return format(cell, f".{_DIGITS}g").replace(".", decimal)
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, datetime.date | datetime.time) else str(cell)


def _error(detail: str) -> None:
    print(json.dumps({"error": detail}))  # noqa: T201


if __name__ == "__main__":
    main()
