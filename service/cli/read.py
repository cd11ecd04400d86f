"""The commands that read: search, show, compare and export. With --json they print what the API would answer."""

import sys
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from service.analysis import forest
from service.analysis.between import between
from service.analysis.options import ComparisonOptions
from service.cli import console
from service.cli.console import DatabaseUrl, printable
from service.db.engine import Connection
from service.domain.compact import exact_stated
from service.domain.figure import DEFAULT_TOLERANCE
from service.errors import Invalid, NotFound
from service.schemas.faults import validated
from service.schemas.queries import FigureExportQuery
from service.schemas.search import SearchQuery
from service.store.lists.search import KINDS, search
from service.store.records import claims, entities, metrics, sources
from service.store.records.figure_intervals import stated_of
from service.store.records.projection import Projection
from service.transfer import exports

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, as the API answers.")]
AsOf = Annotated[datetime | None, typer.Option(help="Only what was public by this day.", formats=["%Y-%m-%d"])]
_RECORDS: Sequence[Projection[Any]] = (
    entities.PROJECTION, claims.PROJECTION, sources.PROJECTION, metrics.PROJECTION,
)  # fmt: skip


class ExportFormat(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"


def add_to(cli: typer.Typer) -> None:
    """Adds the commands."""
    for name, command in (("search", search_records), ("show", show), ("compare", compare), ("export", export)):
        cli.command(name)(command)


def search_records(
    words: Annotated[list[str], typer.Argument(help="All of them must occur: R1 294000.")],
    kind: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(KINDS)}; can be repeated.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Search comparisons, quantities, claims, sources and entities by names, words and numbers."""
    query = _checked(SearchQuery, {"q": " ".join(words), "kind": kind or [], "limit": limit})
    with console.opened(database_url) as database, database.snapshot() as connection:
        found = search(connection, query)
    if as_json:
        _print_json(found)
        return
    table = Table("kind", "key or id", "what", "", box=None)
    for hit in found.items:
        said = [hit.claimant.name] if hit.claimant else []
        more = "; ".join(
            [*said, *([hit.asserted] if hit.asserted else []), *hit.figures, *([hit.text] if hit.text else [])]
        )
        table.add_row(hit.kind, hit.key or hit.id, printable(hit.title), printable(more))
    _print(table, found.items)


def show(
    ref: Annotated[
        str, typer.Argument(help="A comparison (subject.metric[.scope][@period]), or a record's key or id.")
    ],
    as_of: AsOf = None,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Show a comparison with its figures, or a record."""
    with console.opened(database_url) as database, database.snapshot() as connection:
        try:
            found = forest.of_measurand(connection, ref, ComparisonOptions(DEFAULT_TOLERANCE, _day(as_of)))
        except NotFound:
            record = _record(connection, ref)
            _print_json(record)  # a record has no shorter form
            return
    if as_json:
        _print_json(found.comparison)
    else:
        _print_comparison(found)


def compare(
    left: Annotated[str, typer.Argument(help="A comparison's key or id, or the id of a figure.")],
    right: Annotated[str, typer.Argument(help="The other one.")],
    as_of: AsOf = None,
    as_json: AsJson = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Compare any two quantities or figures: right ÷ left."""
    with console.opened(database_url) as database, database.snapshot() as connection:
        found = between(connection, left, right, ComparisonOptions(DEFAULT_TOLERANCE, _day(as_of)))
    if as_json:
        _print_json(found)
        return
    typer.echo(printable(found.text))
    for side in (found.left, found.right):
        amount = side.interval.text if side.interval else "no amount"
        typer.echo(printable(f"  {side.measurand.key} ({side.side}): {amount}"))


def export(
    file: Annotated[Path | None, typer.Argument(help="A new file; without one, standard output.")] = None,
    as_format: Annotated[
        ExportFormat | None, typer.Option("--format", help="By default jsonl, or what the name ends with.")
    ] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Export all records as JSON lines, which `load` reads again, or all figures as CSV."""
    named = ExportFormat(file.suffix[1:]) if file and file.suffix[1:] in list(ExportFormat) else ExportFormat.JSONL
    chosen = as_format or named
    target = console.new_file(file) if file is not None else None
    with console.opened(database_url) as database, database.unhurried() as connection:
        pieces = exports.json_lines(connection) if chosen is ExportFormat.JSONL else _figures(connection)
        if target is None:
            for piece in pieces:
                sys.stdout.write(piece)
            sys.stdout.flush()
            return
        with target.open("x", encoding="utf-8", newline="") as out:
            out.writelines(pieces)
    console.notify(f"{target} is written.")


# Output --------------------------------------------------------------------------------------------------------------


def _figures(connection: Connection) -> Any:
    return exports.figures_csv(connection, FigureExportQuery())


def _record(connection: Connection, ref: str) -> BaseModel:
    for projection in _RECORDS:
        try:
            found: BaseModel = projection.read(connection, ref)
        except NotFound:
            continue
        return found
    raise NotFound(f"Nothing has the key or id {ref!r}. `counterclaim search` finds records by words.")


def _print_comparison(found: forest.Forest) -> None:
    comparison = found.comparison
    named = [comparison.scope.name if comparison.scope else None, comparison.period]
    part = ", ".join(one for one in named if one)
    typer.echo(printable(f"{comparison.subject.name}: {comparison.metric.name}{f' ({part})' if part else ''}"))
    typer.echo(printable(comparison.text))
    table = Table("said by", "stated", "basis", "source", "date", box=None)
    for row in found.groups[0].rows:
        figure = row.figure
        kind = "copy" if row.is_relay else str(figure.basis)
        stated = exact_stated(stated_of(dict(figure)), figure.unit)
        cells = (
            figure.claimant.name,
            stated,
            kind,
            figure.source.title,
            figure.asserted or (row.said and str(row.said)),
        )
        table.add_row(*(printable(str(cell or "")) for cell in cells))
    _print(table, found.groups[0].rows)


def _print(table: Table, found: Sequence[object]) -> None:
    if not found:
        console.notify("Nothing was found.")
        return
    width = None if sys.stdout.isatty() else 200
    Console(highlight=False, markup=False, width=width).print(table)


def _print_json(found: BaseModel) -> None:
    typer.echo(found.model_dump_json(indent=2))


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _checked(model: type[BaseModel], fields: dict[str, Any]) -> Any:
    try:
        return validated(model, fields)
    except Invalid as error:
        raise console.fail("; ".join(f"{fault.pointer[1:]}: {fault.detail}" for fault in error.faults)) from None
