"""The `counterclaim` command: the service that dev.py starts, on any database."""

import gc
import logging
import os
import socket
import sys
import traceback
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service import logs
from service.cli import console, load, read, reference_series
from service.cli.amend import Amendable, amend
from service.cli.console import DatabaseUrl, fail, notify
from service.cli.mcp import mcp
from service.db.engine import Database, sqlite_file
from service.db.revisions import head_revision
from service.domain.access import Token, parse_token
from service.domain.vocabulary import DateOrder, ImportFormat, ImportMode, OnExisting, OnUnreadable, Percent, Role
from service.errors import Invalid, ServiceError
from service.resources import folder
from service.schemas.faults import validated
from service.schemas.imports import ImportOptions, TableOptions
from service.schemas.keys import ApiKeyCreate
from service.store.comparisons import summary
from service.store.comparisons.outdated_summaries import recompute
from service.store.lists.unindexed_records import index_words
from service.store.operations import keys
from service.store.operations.health import revisions
from service.transfer.backup import back_up, restore_postgres, restore_sqlite
from service.transfer.imports import is_empty, load_file
from service.transfer.jsonl import JsonLines

DEMO = folder("fixtures") / "ai-training-costs.jsonl"
DEMO_COMPARISON = ["deepseek-r1.training-cost.on-top-of-base", "openai-foundation-models.training-cost"]
HELP = """Counterclaim: a REST service over a database of claims.

A database is migrated once, then served; bundles can be loaded at any time:

\b
  counterclaim migrate
  counterclaim load fixtures/ai-training-costs.jsonl
  counterclaim key create --name me --role curator
  counterclaim serve

Settings come from the environment (COUNTERCLAIM_DATABASE_URL and others, see docs/operations.md), and options override
them. Unless it is set, the database is sqlite:///var/counterclaim.db.
"""
cli = typer.Typer(
    help=HELP, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"counterclaim {installed_version('counterclaim')}, migration {head_revision()}")
        raise typer.Exit


@cli.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and the newest migration.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    pass


@cli.command()
def serve(
    database_url: DatabaseUrl = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = None,
    migrate_first: Annotated[bool, typer.Option("--migrate", help="Bring the database up to date first.")] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Bring the database up to date first, and load the demo if it is empty.")
    ] = False,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Refuse all changes: the database needs no right to write.")
    ] = False,
) -> None:
    """Serve the API. The database must be at the newest migration (see `counterclaim migrate`)."""
    # imported here, so that the other commands start faster
    from service.app import create_app  # noqa: PLC0415
    from service.server import server_for  # noqa: PLC0415

    settings = console.settings(database_url=database_url, host=host, port=port, read_only=read_only or None)
    migrating = migrate_first or demo
    if migrating and settings.read_only:
        raise fail("a read-only database can be neither migrated nor filled; leave out --migrate and --demo")
    database = console.new_or_existing(settings) if migrating else console.existing(settings)
    if migrating:
        _upgrade(database)
    console.require_head(database)
    listening = _listen(settings.host, settings.port)  # before a key is created, which is shown only once
    if demo and is_empty(database):
        with DEMO.open("rb") as bundle:
            result = load_file(database, bundle, JsonLines(), ImportOptions())
        notify(f"Loaded the demo bundle: {result.lines} records.")
    if demo and not settings.home_comparison:
        settings = settings.model_copy(update={"home_comparison": DEMO_COMPARISON})
    if not settings.read_only:
        _first_key(database, settings.bootstrap_key_file)
    logs.configure()
    app = create_app(settings, database)
    server = server_for(app, seconds=settings.request_seconds, drain_seconds=settings.drain_seconds)
    server.run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise fail(f"cannot listen on {host}, port {port}: {error.strerror}") from None


def _first_key(database: Database, file: Path | None) -> None:
    """Creates the first key, without which no one could write: the file's key, or else a new one, shown once."""
    given = None
    if file is not None:
        try:
            given = parse_token(file.read_text("ascii", errors="replace").strip())
            if os.name == "posix" and file.stat().st_mode & 0o077:
                notify(f"counterclaim: {file} holds an admin's key, and others than its owner can read it: chmod 600")
        except OSError as error:
            raise fail(f"{file} (COUNTERCLAIM_BOOTSTRAP_KEY_FILE) cannot be read: {error.strerror}") from None
        if given is None:
            raise fail(f"{file} holds no key of the form ccl_<32 hexadecimal digits>_<64 hexadecimal digits>")
    made = database.write(lambda connection: keys.create_first(connection, given))
    if made is not None and given is None:
        notify(f"\nThe first API key, an admin's. It is shown this once, so keep it:\n\n  {made}\n")
    elif made is not None:
        notify(f"The key in {file} is known now, as an admin's.")


def _upgrade(database: Database, revision: str = "head") -> None:
    from service.db import migrate as migrations  # noqa: PLC0415 - Alembic, which a server does not need

    migrations.upgrade(database, revision)
    if revisions(database)[0] == head_revision():
        _recompute(database)
        with console.progress("words") as advance:
            index_words(database, advance)
        reference_series.load_carried(database)


@cli.command()
def migrate(
    database_url: DatabaseUrl = None,
    revision: Annotated[str, typer.Option(help="The revision to reach; `head` is the newest.")] = "head",
) -> None:
    """Bring the database to the newest migration and its summaries up to date. Safe to repeat. The service never does
    this by itself.
    """
    database = console.new_or_existing(console.settings(database_url=database_url))
    _upgrade(database, revision)
    notify(f"The database is at migration {revisions(database)[0]} (newest: {head_revision()}).")
    database.close()


@cli.command("recompute")
def recompute_summaries(
    every: Annotated[bool, typer.Option("--all", help="All summaries: after changes by SQL.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Recompute the summaries that were stored by another version. `migrate` does this, too.

    This works in batches, so that others can write in between. If it is interrupted, run it again: it continues where
    it stopped.
    """
    database = console.existing(console.settings(database_url=database_url))
    if revisions(database)[0] != head_revision():
        console.require_head(database)
    if every:
        database.write(summary.forget_all)
    notify(f"{_recompute(database)} summaries were recomputed.")
    database.close()


@cli.command("amend")
def amend_record(
    kind: Annotated[Amendable, typer.Argument(help="metric, entity or source.")],
    ref: Annotated[str, typer.Argument(help="The id or key of the record.")],
    patch: Annotated[
        str,
        typer.Argument(
            help='The fields to change, as JSON: \'{"over_time": "by_period"}\'. Of a metric also `scopes` to add.'
        ),
    ],
    database_url: DatabaseUrl = None,
) -> None:
    """Change a metric, an entity or a source on which more figures depend than one request may recompute.

    All of them are computed in one transaction, during which nobody else can write.
    """
    database = console.existing(console.settings(database_url=database_url))
    console.require_head(database)
    amend(database, kind, ref, patch)
    notify(f"The {kind} {ref} was changed, and all that depends on it.")
    database.close()


def _recompute(database: Database) -> int:
    with console.progress("summaries") as advance:
        return recompute(database, advance)


@cli.command("load")
def load_files(
    files: Annotated[
        list[Path], typer.Argument(help="JSON lines, CSV, xlsx, ods, or JSON of reviews.", exists=True, dir_okay=False)
    ],
    format: Annotated[ImportFormat | None, typer.Option(help="By default what the file's name ends with.")] = None,
    mode: Annotated[
        ImportMode, typer.Option(help="All or nothing, or in batches all that can be taken.")
    ] = ImportMode.ATOMIC,
    on_existing: Annotated[
        OnExisting, typer.Option(help="What becomes of a line whose record is stored with other content.")
    ] = OnExisting.REJECT,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would become of each line; write nothing.")
    ] = False,
    map: Annotated[
        Path | None, typer.Option(help="A mapping of other columns to ours (TOML, see docs/clients.md).", exists=True)
    ] = None,
    date_order: Annotated[DateOrder | None, typer.Option(help="How dates such as 1/31/2022 are to be read.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="What separates columns: , ; | or tab.")] = None,
    decimal: Annotated[str | None, typer.Option(help="The sign before decimals: . or ,")] = None,
    thousands: Annotated[str | None, typer.Option(help="The sign between groups of three digits.")] = None,
    encoding: Annotated[str | None, typer.Option(help="The encoding of a CSV file, such as windows-1252.")] = None,
    missing: Annotated[list[str] | None, typer.Option(help="A word that means an empty cell; can be repeated.")] = None,
    percent: Annotated[Percent | None, typer.Option(help="Whether 15% is stored as 0.15 or as 15.")] = None,
    sheet: Annotated[str | None, typer.Option(help="The sheet of a workbook.")] = None,
    header_row: Annotated[int | None, typer.Option(help="The row that names the columns.")] = None,
    unreadable: Annotated[OnUnreadable | None, typer.Option(help="What becomes of a value that is no number.")] = None,
    read_stated_as: Annotated[
        bool | None, typer.Option("--read-stated-as", help="Read the numbers of rows that have only stated_as.")
    ] = None,
    server: Annotated[
        str | None, typer.Option(help="Send the files to the service at this URL, with the key in COUNTERCLAIM_KEY.")
    ] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Load files. Loading a file twice changes nothing."""
    options = ImportOptions(mode=mode, on_existing=on_existing, dry_run=dry_run)
    mapping = map.read_bytes().decode("utf-8", "replace") if map else None
    table = _table_options(
        date_order=date_order, delimiter=delimiter, decimal=decimal, thousands=thousands, encoding=encoding,
        missing=missing or None, percent=percent, sheet=sheet, header_row=header_row, unreadable=unreadable,
        read_stated_as=read_stated_as,
    )  # fmt: skip
    given = [load.load_of(file, format, options, mapping, table) for file in files]
    if server is not None:
        for one in given:
            load.send(one, server)
        return
    with console.opened(database_url) as database:
        for one in given:
            load.write(one, database)


def _table_options(**given: Any) -> TableOptions:
    try:
        options: TableOptions = validated(TableOptions, given)
    except Invalid as error:
        faults = "; ".join(f"--{fault.pointer[1:].replace('_', '-')}: {fault.detail}" for fault in error.faults)
        raise fail(faults) from None
    return options


@cli.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A new file; what it must hold is written beside it, in FILE.json.")],
    database_url: DatabaseUrl = None,
) -> None:
    """Copy the whole database in its current state, while the service runs, and verify the copy."""
    settings = console.settings(database_url=database_url)
    database = console.existing(settings)
    manifest = back_up(database, console.new_file(file), settings.postgres_bin)
    database.close()
    notify(f"{file}: {sum(manifest.rows.values())} rows at migration {manifest.revision}, verified.")


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup, with its FILE.json beside it.", exists=True)],
    database_url: DatabaseUrl = None,
) -> None:
    """Restore a backup to a new SQLite file or an empty PostgreSQL database, and verify the restored content."""
    settings = console.settings(database_url=database_url)
    target = sqlite_file(settings.database_url)
    if target is not None:
        manifest = restore_sqlite(file, console.new_file(target))
    else:
        database = console.existing(settings)
        manifest = restore_postgres(file, database, settings.postgres_bin)
        database.close()
    notify(f"{sum(manifest.rows.values())} rows at migration {manifest.revision} are restored and verified.")


read.add_to(cli)
cli.command("mcp")(mcp)
cli.add_typer(reference_series.rates, name="rates")
cli.add_typer(reference_series.index, name="index")
key = typer.Typer(help="API keys: who may write, and who reads where reading is not public.", no_args_is_help=True)
cli.add_typer(key, name="key")


@key.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="Whose key it is, or its purpose; the history shows it with each change.")],
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.CONTRIBUTOR,
    expires: Annotated[datetime | None, typer.Option(help="From when on it is refused; in UTC without a zone.")] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Create a key. It is printed only once, alone on standard output."""
    moment = expires.replace(tzinfo=UTC) if expires and expires.tzinfo is None else expires
    try:
        body = ApiKeyCreate(name=name, role=role, expires_at=moment)
    except ValidationError as error:
        raise fail("; ".join(f"--{str(e['loc'][0]).split('_')[0]}: {e['msg']}" for e in error.errors())) from None
    with console.opened(database_url) as database:
        database.write(lambda connection: _print_key(keys.create(connection, body)[0]))
    notify(f"A key for {console.printable(name)} ({role}). Only its digest is kept, so keep it yourself.")


def _print_key(token: Token) -> None:
    """Before the commit: a key that could not be printed is not stored."""
    typer.echo(str(token))
    sys.stdout.flush()


@key.command("list")
def list_keys(database_url: DatabaseUrl = None) -> None:
    """List all keys, newest first. The secrets are never shown."""
    table = Table("id", "name", "role", "created", "expires", "revoked", "last used", box=None)
    with console.opened(database_url) as database, database.snapshot() as connection:
        for one in keys.every(connection):
            times = (one.created_at, one.expires_at, one.revoked_at, one.last_used_at)
            shown = (f"{time:%Y-%m-%d %H:%M}" if time else "-" for time in times)
            table.add_row(one.id, Text(console.printable(one.name)), one.role, *shown)
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 200).print(table)


@key.command("revoke")
def revoke_key(
    name: Annotated[str, typer.Argument(help="The key's id, or its name if no other standing key has it.")],
    database_url: DatabaseUrl = None,
) -> None:
    """Revoke a key immediately and permanently."""
    with console.opened(database_url) as database:
        revoked = database.write(lambda connection: keys.revoke(connection, keys.find(connection, name)))
    notify(f"The key {revoked.id} ({console.printable(revoked.name)}) is revoked.")


def main() -> None:
    # Python looks for unreachable objects after every 700 new ones, which takes a third of the time of a comparison of
    # thousands of figures; these have no cycles.
    gc.set_threshold(10_000, 10, 10)
    os.umask(0o077)  # only the owner may read databases and backups
    logging.getLogger("service.db.driver_errors").addHandler(
        logging.NullHandler()
    )  # printed below, until logging is configured
    try:
        cli()
    except ServiceError as error:
        notify(f"counterclaim: {error.detail}{console.reason_of(error)}")
        sys.exit(1)
    except OSError as error:
        of = f": {error.filename}" if error.filename else ""
        notify(f"counterclaim: {error.strerror or error}{of}")
        sys.exit(1)
    except Exception as error:  # a fault of the program, or of a part that it uses
        place = traceback.extract_tb(error.__traceback__)[-1]
        said = console.printable(" ".join(str(error).split())[:300])
        notify(f"counterclaim: this failed unexpectedly ({type(error).__name__}: {said}).")
        notify(f"Please report it with this place: {Path(place.filename).name}, line {place.lineno}.")
        sys.exit(70)  # EX_SOFTWARE


if __name__ == "__main__":
    main()
