"""Runs the migrations, on the caller's connection (service/db/migrate.py) or on the configured database."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from service.config import AppSettings
from service.db import types
from service.db.engine import Database
from service.db.models import metadata
from service.db.objects import is_ours


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Renders our column types by name, so that a revision is valid for both databases."""
    if kind == "type":
        for name in ("Real", "Whole"):
            if item is getattr(types, name):
                return f"types.{name}"
        if type(item).__module__ == types.__name__:
            return f"types.{type(item).__name__}()"
    return False


def _run(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=sqlite,
        render_item=_render,
        include_name=lambda name, _kind, _parents: not is_ours(name),
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
            raise RuntimeError(f"the migration would leave {len(broken)} rows that refer to nothing")


def main() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        _run(given)
        return
    database = Database(AppSettings().database_url)
    try:
        with database.migrating() as connection:
            _run(connection)
    finally:
        database.close()


main()
