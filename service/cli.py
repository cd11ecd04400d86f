"""The `counterclaim` command: the same service that dev.py starts, on any database."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.console import Console

from service.app import create_app
from service.config import Settings, project_root
from service.db import migrate as migrations
from service.db.engine import Database
from service.db.migrate import head_revision
from service.errors import ServiceError
from service.store.health import revisions
from service.store.opening import open_database
from service.transfer.bundle import is_empty, load_file

DEMO = project_root() / "fixtures" / "ai-training-costs.jsonl"
HELP = """Counterclaim: a REST service over a database of claims.

A database is migrated once, then served; bundles can be loaded at any time:

\b
  counterclaim migrate
  counterclaim load fixtures/ai-training-costs.jsonl
  counterclaim serve

Settings come from the environment, and options override them:

\b
  COUNTERCLAIM_DATABASE_URL  sqlite:///var/counterclaim.db unless set
  COUNTERCLAIM_HOST          127.0.0.1
  COUNTERCLAIM_PORT          8000
"""
cli = typer.Typer(
    help=HELP, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)
console = Console(stderr=True, highlight=False)

DatabaseUrl = Annotated[
    str | None,
    typer.Option(help="sqlite:///path/to/file.db or postgresql://user:password@host/database"),
]


def _settings(**given: object) -> Settings:
    return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


def _open(settings: Settings) -> Database:
    if settings.database_url.startswith("sqlite:///"):
        Path(settings.database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    return open_database(settings.database_url)


def _require_head(database: Database) -> None:
    revision, head = revisions(database)
    if revision != head:
        database.close()
        raise _fail(f"the database stands at migration {revision or 'none'}; run `counterclaim migrate` first")


def _fail(message: str) -> typer.Exit:
    console.print(f"counterclaim: {message}")
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
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    uvicorn.run(
        create_app(settings, database),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=10,
    )


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
    database = _open(_settings(database_url=database_url))
    _require_head(database)
    for file in files:
        try:
            counts = load_file(database, file)
        except ServiceError as error:
            where = "".join(f"\n  line {f.line}, {f.pointer or '/'}: {f.detail}" for f in error.faults[:20])
            raise _fail(f"{file} was not loaded: {error.detail}{where}") from None
        for kind, count in counts.items():
            console.print(f"{file.name}: {kind}: {count.created} created, {count.unchanged} unchanged")
    database.close()


def main() -> None:
    try:
        cli()
    except ServiceError as error:
        console.print(f"counterclaim: {error.detail}")
        sys.exit(1)
