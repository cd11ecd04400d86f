"""Summaries that another version has stored are brought up to date by a command, in batches."""

from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from service.db.engine import Database
from service.db.models import MeasurandRow
from service.domain.assessment import RULES_VERSION
from service.store.comparisons import outdated_summaries as module
from service.store.operations.health import outdated_summaries


def stored(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(select(*MeasurandRow.__table__.columns).order_by(MeasurandRow.id)))


def silent(done: int, of: int) -> None:
    pass


def age(database: Database, *where: Any, **columns: Any) -> None:
    """As if another version had written them."""

    def work(connection: Connection) -> None:
        connection.execute(update(MeasurandRow).where(*where).values(rules_version=RULES_VERSION - 1, **columns))

    database.write(work)


def test_what_another_version_said_is_said_anew(demo_database: Database) -> None:
    before = stored(demo_database)
    age(demo_database, MeasurandRow.scope_id.is_not(None), text="of old", agreeing=7)
    assert outdated_summaries(demo_database)
    aged = sum(row.scope_id is not None for row in before)
    assert module.recompute(demo_database, silent) == aged
    assert not outdated_summaries(demo_database)
    after = stored(demo_database)
    assert [{**row._mapping, "updated_at": None} for row in after] == [
        {**row._mapping, "updated_at": None} for row in before
    ]
    changed = {row.id for row, old in zip(after, before, strict=True) if row.updated_at != old.updated_at}
    assert changed == {row.id for row in before if row.scope_id is not None}


def test_a_summary_that_says_the_same_keeps_its_time(demo_database: Database) -> None:
    before = stored(demo_database)
    age(demo_database)
    assert module.recompute(demo_database, silent) == len(before)
    assert stored(demo_database) == before


def test_what_was_broken_off_goes_on_where_it_was(demo_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH", 10)
    before = stored(demo_database)
    age(demo_database, text="of old")

    def stop(done: int, of: int) -> None:
        assert of == len(before)
        if done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        module.recompute(demo_database, stop)
    heard: list[int] = []
    assert module.recompute(demo_database, lambda done, _: heard.append(done)) == len(before) - 20
    assert heard[:2] == [10, 20]
    assert [row.text for row in stored(demo_database)] == [row.text for row in before]
