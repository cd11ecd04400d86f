"""The migrations, up and down and up again, on databases that hold data."""

from collections.abc import Collection
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select

from service.db import migrate, objects, revisions
from service.db.dialects import postgres
from service.db.engine import Connection, Database
from service.db.models import metadata
from service.errors import Unavailable
from service.store.comparisons.outdated_summaries import recompute
from service.store.lists.unindexed_records import index_words
from tests.support import load_demo


def contents(connection: Connection, without: Collection[tuple[str, str]] = ()) -> dict[str, list[Any]]:
    """All rows of all tables, without these columns of tables."""
    found = {}
    for table in metadata.sorted_tables:
        columns = [column for column in table.columns if (table.name, column.name) not in without]
        found[table.name] = sorted(map(repr, connection.execute(select(*columns)).all()))
    return found


def every_revision() -> list[str]:
    return [script.revision for script in ScriptDirectory.from_config(migrate.config()).walk_revisions()][::-1]


def test_the_migrations_make_just_the_schema_of_the_models(database: Database) -> None:
    with database.read() as connection:
        options = {"include_name": lambda name, _kind, _parents: not objects.is_ours(name)}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    with database.migrating() as connection:
        command.check(migrate.config(connection))


def test_down_and_up_again_on_a_populated_database(demo_database: Database) -> None:
    migrate.downgrade(demo_database, "base")
    with demo_database.read() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    migrate.upgrade(demo_database)
    load_demo(demo_database)
    with demo_database.read() as connection:
        assert revisions.current_revision(connection) == revisions.head_revision()


def test_each_step_down_and_up_keeps_what_older_revisions_hold(demo_database: Database) -> None:
    later = {("metric", name) for name in ("additive", "over_time")}  # an older revision does not have them
    later |= {("measurand", "rules_version"), ("measurand", "updated_at")}
    later |= {("claim", "speaks_for_id"), ("figure", "precision"), ("figure", "relayed")}
    later |= {("search", "number")}  # they are indexed again
    with demo_database.snapshot() as connection:
        before = contents(connection, later)
    before["search"] = [row for row in before["search"] if "'proposition'" not in row]  # newer than older revisions
    kept = set(before)
    for revision in every_revision()[:-1][::-1]:
        migrate.downgrade(demo_database, revision)
        with demo_database.read() as connection:
            kept &= set(inspect(connection).get_table_names())
    migrate.upgrade(demo_database)
    recompute(demo_database, lambda _done, _total: None)
    index_words(demo_database, lambda _done, _total: None)
    assert {"claim", "figure", "measurand"} <= kept
    with demo_database.snapshot() as connection:
        after = contents(connection, later)
    assert {table: after[table] for table in kept} == {table: before[table] for table in kept}


def test_migrating_twice_changes_nothing(demo_database: Database) -> None:
    with demo_database.snapshot() as connection:
        before = contents(connection)
    migrate.upgrade(demo_database)
    with demo_database.snapshot() as connection:
        assert contents(connection) == before


@pytest.mark.parametrize("kind", ["postgres"])
def test_a_migration_that_cannot_have_a_table_gives_up(
    demo_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_TABLE_WAITS", "300ms")
    with demo_database.snapshot() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM key")
        with pytest.raises(Unavailable):
            migrate.downgrade(demo_database, "base")
    with demo_database.read() as connection:
        assert revisions.current_revision(connection) == revisions.head_revision()


def test_the_revisions_that_files_are_named_after_are_those_of_alembic() -> None:
    assert list(revisions.known()) == every_revision()


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(migrate.config()).get_heads()) == 1


def test_every_constraint_and_index_has_a_name() -> None:
    for table in metadata.tables.values():
        for constraint in table.constraints:
            assert constraint.name, (table.name, constraint)
        for index in table.indexes:
            assert index.name
            assert len(str(index.name)) <= 63, index.name


def test_every_foreign_key_restricts_and_is_indexed() -> None:
    for table in metadata.tables.values():
        leading = [[c.name for c in index.columns] for index in table.indexes]
        leading += [[c.name for c in key.columns] for key in table.constraints if hasattr(key, "columns")]
        for key in table.foreign_key_constraints:
            assert key.ondelete == "RESTRICT", key.name
            columns = [column.name for column in key.columns]
            others = [names for names in leading if names is not columns]
            assert any(names[: len(columns)] == columns for names in others), (table.name, columns)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_sqlite_tables_are_strict(database: Database) -> None:
    with database.read() as connection:
        for name, sql in connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all():
            assert name == "alembic_version" or objects.is_ours(name) or "STRICT" in sql, name
