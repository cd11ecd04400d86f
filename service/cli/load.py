"""`counterclaim load`: loads files into a database or a running service, with a progress bar."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx
import typer
from pydantic import ValidationError

from service.cli.console import fail, notify, printable, progress
from service.db.engine import Database
from service.domain.access import parse_token
from service.domain.vocabulary import ImportFormat, ImportMode
from service.errors import ServiceError
from service.schemas.imports import ImportOptions, ImportResult, TableOptions
from service.transfer.formats import format_of, open_format
from service.transfer.imports import load_file

_SHOWN = 20  # errors shown
_INTERRUPTED = 130  # the exit code of a command that Ctrl-C ended


@dataclass(frozen=True, slots=True)
class Load:
    """A file, and how to read it."""

    path: Path
    format: ImportFormat
    options: ImportOptions
    mapping: str | None
    table: TableOptions


def load_of(
    path: Path,
    name: ImportFormat | None,
    options: ImportOptions,
    mapping: str | None,
    table: TableOptions,
) -> Load:
    found = name or format_of(path)
    if found is None:
        raise fail(f"{path}: say with --format what this is; its name does not say")
    return Load(path, found, options, mapping, table)


def write(load: Load, database: Database) -> None:
    """Loads a file into a database. Exits with the errors if anything was rejected."""
    done = 0

    def count(number: int, of: int) -> None:
        nonlocal done
        done = number
        advance(number, of)

    try:
        form = open_format(load.format, load.mapping, load.table)
        with load.path.open("rb") as file, progress(load.path.name) as advance:
            if not file.seekable():
                raise fail(f"{load.path} cannot be read twice; save it to a file first")
            result = load_file(database, file, form, load.options, count)
    except KeyboardInterrupt:
        is_partial = load.options.mode is ImportMode.PARTIAL and not load.options.dry_run
        kept = f"the first {done:,} lines are in; load it again to go on" if is_partial else "nothing of it was written"
        notify(f"counterclaim: {load.path} was interrupted: {kept}.")
        raise typer.Exit(_INTERRUPTED) from None
    except ServiceError as error:
        faults = [_fault_line(f.line, f.pointer, "" if f.detail == error.detail else f.detail) for f in error.faults]
        raise _refused(load.path, error.detail, faults, len(error.faults)) from None
    _report(load.path, result)


def send(load: Load, server: str) -> None:
    """Sends a file to a running service. Exits with the errors if anything was rejected."""
    path = load.path
    params = {"format": load.format, **load.options.model_dump(mode="json")}
    params |= load.table.model_dump(mode="json", exclude_none=True)
    if load.mapping is not None:
        params["mapping"] = load.mapping
    key = os.environ.get("COUNTERCLAIM_KEY", "").strip()
    if key and parse_token(key) is None:
        raise fail("COUNTERCLAIM_KEY holds no API key of the form ccl_<32 hexadecimal digits>_<64 hexadecimal digits>")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with path.open("rb") as file, progress(path.name) as advance:
            answer = httpx.post(
                f"{server.rstrip('/')}/v1/imports",
                params=params,
                content=_pieces(file, path.stat().st_size, advance),
                headers=headers | {"Content-Type": "application/octet-stream"},
                timeout=httpx.Timeout(30, read=None),
            )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise fail(f"{server} does not answer: {error}") from None
    if answer.status_code != 200:
        problem = answer.json() if answer.headers.get("content-type", "").startswith("application/problem") else {}
        found = problem.get("errors", [])
        detail = problem.get("detail", f"{server} answered {answer.status_code}")
        faults = [_fault_line(f["line"], f["pointer"], "" if f["detail"] == detail else f["detail"]) for f in found]
        raise _refused(path, detail, faults, len(found))
    try:
        result = ImportResult.model_validate_json(answer.content)
    except ValidationError:
        raise fail(f"what answers at {server} is not this service") from None
    _report(path, result)


def _pieces(file: BinaryIO, size: int, advance: Callable[[int, int], None]) -> Iterator[bytes]:
    sent = 0
    while piece := file.read(262_144):
        yield piece
        sent += len(piece)
        advance(sent, size)


def _fault_line(line: int | None, pointer: str, detail: str) -> str:
    place = ", ".join(filter(None, (f"line {line}" if line else "", pointer)))
    return ": ".join(filter(None, (place, detail)))


def _refused(path: Path, detail: str, faults: list[str], number: int) -> Exception:
    more = f"\n  and {number - _SHOWN} more" if number > _SHOWN and faults else ""
    return fail(f"{path} was not loaded: {printable(detail)}{_listed(faults)}{more}")


def _listed(faults: list[str]) -> str:
    return "".join(f"\n  {printable(fault)}" for fault in faults[:_SHOWN])


def _report(path: Path, result: ImportResult) -> None:
    for kind, counts in result.counts:
        always = ("created", "unchanged")
        if any(number for _, number in counts):
            counted = [f"{number} {outcome}" for outcome, number in counts if number or outcome in always]
            notify(f"{path.name}: {kind}: {', '.join(counted)}")
    if result.layout is not None and result.layout.delimiter not in (None, ","):
        notify(f"{path.name}: columns are separated by {result.layout.delimiter}")
    for remark in result.remarks[:_SHOWN]:
        notify(f"{path.name}: {printable(_fault_line(remark.line, remark.pointer, remark.detail))}")
    if result.remarks_total > _SHOWN:
        notify(f"{path.name}: and {result.remarks_total - _SHOWN} more remarks")
    for made in result.would_create:
        meant = f": did you mean {' or '.join(made.near)}?" if made.near else ""
        notify(f"{path.name}: would create the {made.kind} {printable(made.name)}{printable(meant)}")
    if result.dry_run:
        notify(f"{path.name}: nothing was written: this was a dry run.")
    if result.rejected_total:
        faults = [_fault_line(r.line, r.pointer, r.detail) for r in result.rejected]
        raise fail(f"{path}: {result.rejected_total} of {result.lines} lines were rejected:{_listed(faults)}")
