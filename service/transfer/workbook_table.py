"""Reads a sheet of a workbook (xlsx, ods), which a process of its own turns into rows."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Iterator
from typing import IO

from service.domain.spreadsheet_cells import NumberStyle
from service.schemas.imports import TableLayout, TableOptions
from service.transfer.lines import MAX_LINE, File, refused
from service.transfer.table_header import Fits, Row, find_header

_SECONDS = 30  # by the clock; the process has its own limits of CPU time and memory
_LOOKED_AT = 0.05  # seconds between looks at the process
_LONGEST_NAME = 200
_WATCHED = 100  # rows after which the reading may be ended
# without the settings of the service, which may hold passwords
_ENVIRONMENT = ("PYTHONPATH", "PATH", "SYSTEMROOT", "LANG")


class WorkbookTable:
    """A sheet whose rows are in a temporary file, and whose layout is known."""

    states_digits = False  # a number is stored as a float, and shown by a format that the file does not tell

    def __init__(self, file: File, options: TableOptions, fits: Fits) -> None:
        self.file = file
        self._stored: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed with this object
        weakref.finalize(self, self._stored.close)
        sheet = _extract(file, self._stored, options)
        header = find_header(self.rows(), options.header_row, fits)
        self.layout = TableLayout(delimiter=None, encoding=None, sheet=sheet, header_row=header.line if header else 1)

    def rows(self) -> Iterator[Row]:
        self._stored.seek(0)
        self._stored.readline(MAX_LINE)
        number = 0
        while text := self._stored.readline(MAX_LINE):
            number += 1
            if number % _WATCHED == 0:
                self.file.watch()
            if not text.endswith(b"\n"):  # the process ended within it, or wrote more than it may
                raise refused(f"Row {number} of those with cells is longer than {MAX_LINE:,} bytes.")
            line, cells = json.loads(text)
            yield line, cells


def _extract(file: File, target: IO[bytes], options: TableOptions) -> str:
    """Writes the rows of the sheet to `target`, and returns its name. Raises Invalid if it cannot be read."""
    command = [
        sys.executable,
        "-P",
        "-m",
        "service.transfer.workbook_process",
        options.sheet or "",
        NumberStyle(options.decimal, options.thousands).decimal_sign,
    ]
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    with tempfile.TemporaryFile() as content:
        file.seek(0)
        shutil.copyfileobj(file, content)
        content.seek(0)
        process = subprocess.Popen(command, stdin=content, stdout=target, stderr=subprocess.DEVNULL, env=environment)
        try:
            code = _wait(process, file)
        finally:
            process.kill()
            process.wait()
    target.seek(0)
    found = _parsed(target.readline(MAX_LINE))
    if "error" in found:
        raise refused(str(found["error"]))
    if code != 0 or "sheet" not in found:
        raise refused(
            "The workbook could not be opened within the limits of memory and time: it is damaged or too large."
        )
    return "".join(character for character in str(found["sheet"]) if character.isprintable())[:_LONGEST_NAME]


def _wait(process: "subprocess.Popen[bytes]", file: File) -> int | None:
    """The exit code of the process; None if its time was up."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        try:
            return process.wait(_LOOKED_AT)
        except subprocess.TimeoutExpired:
            file.watch()
    return None


def _parsed(line: bytes) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
