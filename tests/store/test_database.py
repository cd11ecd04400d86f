"""What the database itself guarantees: values that come back as they went in, and invariants that hold without us."""

import os
import re
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, insert, select, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from service.db import types
from service.db.dialects.sqlite import sqlite_driver
from service.db.engine import Database
from service.db.models import DisputeRow, EntityRow, FigureRow, MeasurandRow, ScopeRow
from service.domain.number import canonical
from service.errors import Conflict, Forbidden, Invalid, Unavailable

PROBE = Table(
    "probe",
    MetaData(),
    Column("number", types.ExactDecimal),
    Column("moment", types.UtcTime),
    Column("text", types.String),
    Column("document", types.Document),
    Column("real", types.Real),
    Column("flag", types.Flag),
    Column("day", types.Day),
    sqlite_strict=True,
)
numbers = st.builds(
    lambda digits, places: canonical(Decimal(digits).scaleb(-places)),
    st.integers(-(10**20) + 1, 10**20 - 1),
    st.integers(0, 18),
)
moments = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=50)
documents = st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts, st.lists, max_leaves=5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "number": st.none() | numbers,
                "moment": st.none() | moments,
                "text": st.none() | texts,
                "document": st.none() | st.lists(documents, max_size=3),
                "real": st.none() | st.floats(allow_nan=False, allow_infinity=False),
                "flag": st.none() | st.booleans(),
                "day": st.none() | st.dates(),
            }
        ),
        min_size=1,
        max_size=5,
    )
)
def test_every_value_survives_the_round_trip(database: Database, rows: list[dict[str, Any]]) -> None:
    with database.writer.begin() as connection:
        PROBE.drop(connection, checkfirst=True)
        PROBE.create(connection)
        connection.execute(insert(PROBE), rows)
    with database.read() as connection:
        found = [dict(row) for row in connection.execute(select(PROBE)).mappings()]
    assert found == rows
    assert [repr(row["number"]) for row in found] == [repr(row["number"]) for row in rows], "digit for digit"


def test_the_extremes_of_a_number_survive(database: Database) -> None:
    extremes = [Decimal("9" * 38), Decimal("-0." + "0" * 17 + "1"), Decimal("9" * 20 + "." + "9" * 18), Decimal(0)]
    with database.writer.begin() as connection:
        PROBE.create(connection)
        connection.execute(insert(PROBE), [{"number": number} for number in extremes])
    with database.read() as connection:
        assert [format(n, "f") for n in connection.execute(select(PROBE.c.number)).scalars()] == [
            format(number, "f") for number in extremes
        ]


def test_times_are_utc_whatever_zone_they_came_in(database: Database) -> None:
    moment = datetime(2025, 9, 17, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=8)))
    with database.writer.begin() as connection:
        PROBE.create(connection)
        connection.execute(insert(PROBE), {"moment": moment})
    with database.read() as connection:
        found = connection.execute(select(PROBE.c.moment)).scalar_one()
    assert (found.isoformat(), found.tzinfo) == ("2025-09-16T17:02:03.000004+00:00", UTC)


BAD_FIGURES = [
    {"qualifier": "exact", "value": None},
    {"qualifier": "about", "value": None},
    {"qualifier": "between", "value": None, "lower": Decimal(1), "upper": None},
    {"qualifier": "at_least", "lower": None, "value": None},
    {"qualifier": "more_than", "value": Decimal(5), "lower": Decimal(5)},
    {"qualifier": "at_most", "value": None, "upper": None},
    {"qualifier": "less_than", "value": None, "lower": Decimal(1), "upper": Decimal(5)},
    {"qualifier": "vague", "value": None, "stated_as": None},
    {"qualifier": "vague", "stated_as": "some"},
    {"qualifier": "roughly"},
    {"lower": Decimal("10"), "value": Decimal("9"), "upper": None},
    {"upper": Decimal("9"), "value": Decimal("10")},
    {"qualifier": "between", "value": None, "lower": Decimal("10"), "upper": Decimal("9")},
    {"interval_kind": "ci90"},
    {"interval_kind": "guess", "lower": Decimal(1)},
    {"basis": "guessed"},
    {"price_year": 23},
    {"version": 0},
    {"withdrawn_reason": "no date"},
    {"interval_text": None},
    {"interval_unit": None},
    {"value": None, "qualifier": "vague", "stated_as": "x"},
    {"interval_low": 5.0, "interval_high": 4.0},
]


@pytest.mark.parametrize("change", BAD_FIGURES, ids=str)
def test_a_figure_that_contradicts_itself_is_refused_by_the_database(
    demo_database: Database, change: dict[str, Any]
) -> None:
    plain = select(FigureRow.id).where(FigureRow.qualifier == "exact", FigureRow.upper.is_(None)).limit(1)
    with demo_database.read() as connection:
        figure = connection.execute(plain).scalar_one()
    with pytest.raises(IntegrityError), demo_database.writer.begin() as connection:
        connection.execute(update(FigureRow).where(FigureRow.id == figure).values(**change))


def test_decimals_are_compared_as_numbers_not_as_text(demo_database: Database) -> None:
    with demo_database.writer.begin() as connection:
        figure = connection.execute(select(FigureRow.id).where(FigureRow.qualifier == "exact").limit(1)).scalar_one()
        fitting = {"lower": Decimal("9"), "value": Decimal("10"), "upper": Decimal("100")}
        connection.execute(update(FigureRow).where(FigureRow.id == figure).values(**fitting))


@pytest.mark.parametrize("kind", ["postgres"])
def test_postgres_takes_no_nan(demo_database: Database) -> None:
    with pytest.raises(IntegrityError), demo_database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE figure SET value = 'NaN' WHERE qualifier = 'exact'")


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (FigureRow, {"claim_id": "0199b1c4-0000-7000-8000-000000000000"}),
        (FigureRow, {"scope_id": "0199b1c4-0000-7000-8000-000000000000"}),
        (EntityRow, {"part_of_id": "0199b1c4-0000-7000-8000-000000000000"}),
        (EntityRow, {"key": "deepseek"}),
        (ScopeRow, {"key": "full"}),
        (MeasurandRow, {"agreement": "perhaps"}),
        (DisputeRow, {"rationale": None, "disputing_claim_id": None}),
        (DisputeRow, {"status": "resolved", "resolution": None}),
    ],
    ids=str,
)
def test_references_names_and_words_are_held_by_the_database(
    demo_database: Database, table: Any, values: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError), demo_database.writer.begin() as connection:
        connection.execute(update(table).values(**values))


def test_what_validation_missed_is_a_conflict_without_the_drivers_words(demo_database: Database) -> None:
    with pytest.raises(Conflict) as refused:
        demo_database.write(lambda c: c.execute(update(EntityRow).values(key="same")))
    assert [fault.pointer for fault in refused.value.faults] == ["/key"]
    assert "entity" not in refused.value.detail


def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises((Unavailable, Forbidden)) as refused, database.read() as connection:
        connection.exec_driver_sql("DELETE FROM entity")
    assert re.search("read-?only", str(refused.value.__cause__))


def test_a_snapshot_sees_one_state(demo_database: Database) -> None:
    count = select(EntityRow.id).where(EntityRow.name == "Changed")
    with demo_database.snapshot() as connection:
        assert connection.execute(count).all() == []
        demo_database.write(lambda c: c.execute(update(EntityRow).values(name="Changed")))
        assert connection.execute(count).all() == []
    with demo_database.snapshot() as connection:
        assert len(connection.execute(count).all()) > 0


@pytest.mark.parametrize("kind", ["sqlite"])
def test_sqlite_is_opened_durably(database: Database) -> None:
    assert sqlite_driver() is sqlite3 or sqlite_driver().sqlite_version_info >= (3, 51, 3)
    with database.writer.begin() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_another_kind_of_database_is_refused_in_words(url: str) -> None:
    with pytest.raises(Invalid):
        Database(url)


@pytest.mark.parametrize("kind", ["postgres"])
def test_the_role_of_docs_operations_reads_the_views_and_nothing_else(demo_database: Database) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text("utf-8")
    statements = text.partition("```sql\n")[2].partition("```")[0]
    role = f"dashboards_{os.getpid()}"
    with demo_database.writer.begin() as connection:
        for statement in statements.replace("dashboards", role).split(";"):
            if statement.strip():
                connection.exec_driver_sql(statement)
    try:
        with demo_database.writer.connect() as connection:
            connection.exec_driver_sql(f"SET ROLE {role}")
            assert connection.exec_driver_sql("SELECT count(*) FROM v_disagreements").scalar_one() > 0
            assert connection.exec_driver_sql("SELECT count(*) FROM v_figures").scalar_one() > 0
            with pytest.raises(ProgrammingError, match="permission denied"):
                connection.exec_driver_sql("SELECT * FROM key")
    finally:
        with demo_database.writer.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {role}")
            connection.exec_driver_sql(f"DROP ROLE {role}")
