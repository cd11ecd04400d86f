"""The `counterclaim` command: the same service that dev.py starts, on any database."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service import logs
from service.app import create_app
from service.config import Settings, project_root
from service.db import migrate as migrations
from service.db.engine import Database, sqlite_file
from service.db.migrate import head_revision
from service.domain.access import parse_token
from service.domain.vocabulary import Role
from service.errors import ServiceError
from service.schemas.keys import ApiKeyCreate
from service.server import server_for
from service.store import keys
from service.store.health import revisions
from service.store.opening import open_database
from service.transfer.backup import back_up, restore_postgres, restore_sqlite
from service.transfer.bundle import is_empty, load_file

DEMO = project_root() / "fixtures" / "ai-training-costs.jsonl"
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
console = Console(stderr=True, highlight=False, markup=False)

DatabaseUrl = Annotated[
    str | None,
    typer.Option(help="sqlite:///path/to/file.db or postgresql://user:password@host/database"),
]


def _settings(**given: object) -> Settings:
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        wrong = "".join(f"\n  COUNTERCLAIM_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        raise _fail(f"these settings make no sense:{wrong}") from None


def _open(settings: Settings) -> Database:
    file = sqlite_file(settings.database_url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    return open_database(settings.database_url)


@contextmanager
def _opened(database_url: str | None) -> Iterator[Database]:
    """A database at the newest migration, closed at the end."""
    database = _open(_settings(database_url=database_url))
    _require_head(database)
    try:
        yield database
    finally:
        database.close()


def _require_head(database: Database) -> None:
    revision, head = revisions(database)
    if revision != head:
        database.close()
        raise _fail(f"the database stands at migration {revision or 'none'}; run `counterclaim migrate` first")


def _fail(message: str) -> typer.Exit:
    console.print(f"counterclaim: {message}", soft_wrap=True)
    return typer.Exit(1)


@cli.command()
def serve(
    database_url: DatabaseUrl = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", min=1, max=65535)] = None,
    migrate_first: Annotated[bool, typer.Option("--migrate", help="Bring the database up to date first.")] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Bring the database up to date first, and load the demo if it is empty.")
    ] = False,
) -> None:
    """Serve the API. The database must stand at the newest migration (see `counterclaim migrate`)."""
    settings = _settings(database_url=database_url, host=host, port=port)
    database = _open(settings)
    if migrate_first or demo:
        migrations.upgrade(database)
    if demo and is_empty(database):
        counts = load_file(database, DEMO)
        console.print(f"Loaded the demo bundle: {sum(count.created for count in counts.values())} records.")
    _require_head(database)
    _first_key(database, settings.bootstrap_key_file)
    logs.configure()
    app = create_app(settings, database)
    server_for(
        app,
        settings.host,
        settings.port,
        seconds=settings.request_seconds,
        drain_seconds=settings.drain_seconds,
    ).run()


def _first_key(database: Database, file: Path | None) -> None:
    """Without any key nobody could write. The file's key is made known; without a file, a new one is shown once."""
    given = None
    if file is not None:
        given = parse_token(file.read_text("ascii", errors="replace").strip()) if file.is_file() else None
        if given is None:
            raise _fail(f"{file} holds no key of the form ccl_<32 hexadecimal digits>_<64 hexadecimal digits>")
    made = database.write(lambda connection: keys.create_first(connection, given))
    if made is not None and given is None:
        console.print("\nThe first API key, an admin's. It is shown this once, so keep it:\n")
        console.print(f"  {made}\n", soft_wrap=True)
    elif made is not None:
        console.print(f"The key in {file} is known now, as an admin's.")


@cli.command()
def migrate(
    database_url: DatabaseUrl = None,
    revision: Annotated[str, typer.Option(help="The revision to reach; `head` is the newest.")] = "head",
) -> None:
    """Bring the database to the newest migration. Safe to repeat; the service never does this by itself."""
    database = _open(_settings(database_url=database_url))
    migrations.upgrade(database, revision)
    console.print(f"The database stands at migration {revisions(database)[0]} (newest: {head_revision()}).")
    database.close()


@cli.command()
def load(
    files: Annotated[list[Path], typer.Argument(help="Bundles: JSON lines, one record a line.", exists=True)],
    database_url: DatabaseUrl = None,
) -> None:
    """Load bundles, each all or nothing. Loading one twice changes nothing."""
    with _opened(database_url) as database:
        for file in files:
            try:
                counts = load_file(database, file)
            except ServiceError as error:
                where = "".join(f"\n  line {f.line}, {f.pointer or '/'}: {f.detail}" for f in error.faults[:20])
                raise _fail(f"{file} was not loaded: {error.detail}{where}") from None
            for kind, count in counts.items():
                console.print(f"{file.name}: {kind}: {count.created} created, {count.unchanged} unchanged")


@cli.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A new file; what it must hold is written beside it, in FILE.json.")],
    database_url: DatabaseUrl = None,
) -> None:
    """Copy the whole database as it stands now, while the service goes on, and verify the copy."""
    settings = _settings(database_url=database_url)
    database = _open(settings)
    manifest = back_up(database, file, settings.postgres_bin)
    database.close()
    console.print(f"{file}: {sum(manifest.rows.values())} rows at migration {manifest.revision}, verified.")


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup, with its FILE.json beside it.", exists=True)],
    database_url: DatabaseUrl = None,
) -> None:
    """Restore a backup to a new SQLite file or an empty PostgreSQL database, and verify what it holds then."""
    settings = _settings(database_url=database_url)
    target = sqlite_file(settings.database_url)
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        manifest = restore_sqlite(file, target)
    else:
        database = _open(settings)
        manifest = restore_postgres(file, database, settings.postgres_bin)
        database.close()
    console.print(f"{sum(manifest.rows.values())} rows at migration {manifest.revision} are restored and verified.")


key = typer.Typer(help="API keys: who may write, and who reads where reading is not public.", no_args_is_help=True)
cli.add_typer(key, name="key")


@key.command("create")
def create_key(
    name: Annotated[
        str, typer.Option(help="Whose key it is, or what for; it stands beside every change made with it.")
    ],
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.CONTRIBUTOR,
    expires: Annotated[datetime | None, typer.Option(help="From when on it is refused, in UTC.")] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Make a key. It is printed this once, alone on standard output."""
    try:
        body = ApiKeyCreate(name=name, role=role, expires_at=expires.replace(tzinfo=UTC) if expires else None)
    except ValidationError as error:
        raise _fail("; ".join(f"--{e['loc'][0]}: {e['msg']}" for e in error.errors())) from None
    with _opened(database_url) as database:
        token, _ = database.write(lambda connection: keys.create(connection, body))
    typer.echo(str(token))
    console.print(f"A key for {name} ({role}). Only its digest is kept, so keep it yourself.")


@key.command("list")
def list_keys(database_url: DatabaseUrl = None) -> None:
    """Show all keys, newest first; never the keys themselves."""
    table = Table("id", "name", "role", "created", "expires", "revoked", "last used", box=None)
    with _opened(database_url) as database, database.snapshot() as connection:
        for one in keys.every(connection):
            times = (one.created_at, one.expires_at, one.revoked_at, one.last_used_at)
            shown = (f"{time:%Y-%m-%d %H:%M}" if time else "-" for time in times)
            table.add_row(one.id, Text(one.name), one.role, *shown)  # a name is no markup
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 200).print(table)


@key.command("revoke")
def revoke_key(
    name: Annotated[str, typer.Argument(help="The key's id, or its name if no other standing key has it.")],
    database_url: DatabaseUrl = None,
) -> None:
    """Refuse a key from now on, for good."""
    with _opened(database_url) as database:
        revoked = database.write(lambda connection: keys.revoke(connection, keys.find(connection, name)))
    console.print(f"The key {revoked.id} ({revoked.name}) is revoked.")


def main() -> None:
    try:
        cli()
    except ServiceError as error:
        console.print(f"counterclaim: {error.detail}", soft_wrap=True)
        sys.exit(1)
