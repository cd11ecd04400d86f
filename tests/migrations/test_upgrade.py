"""A database of the first rules gives the same answers after `migrate` as a new one into which its export is loaded.

`first_edition_rows.jsonl` has the rows of a database at revision 0001 as that version wrote them, and
`first_edition_export.jsonl` what it exported.
"""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import text

from service.db import migrate
from service.db.engine import Connection, Database
from service.domain.vocabulary import ClaimStatus
from service.schemas.queries import ClaimQuery, ComparisonQuery, FigureQuery, MetricQuery
from service.schemas.search import SearchQuery
from service.store.comparisons.outdated_summaries import recompute
from service.store.comparisons.ranking import LIST
from service.store.lists.search import search
from service.store.lists.unindexed_records import index_words
from service.store.operations.database_setup import open_database
from service.store.records import claims, figures, metrics
from service.transfer.jsonl import JsonLines
from tests.databases import Templates
from tests.support import load

HERE = Path(__file__).parent
Row = dict[str, Any]
_OF_THE_DATABASE = {"created_at", "updated_at"}


def first_edition(database: Database) -> None:
    """Puts the rows of the first edition into a database at its revision."""
    migrate.downgrade(database, "base")
    migrate.upgrade(database, "0001_initial")
    rows: dict[str, list[Row]] = {}
    for line in (HERE / "first_edition_rows.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        rows.setdefault(row.pop("table"), []).append(row)
    with database.migrating() as connection:
        for table, found in rows.items():
            put(connection, table, found)


def put(connection: Connection, table: str, rows: list[Row]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    if connection.dialect.name == "postgresql":
        columns = ", ".join(f'"{name}"' for name in names)
        source = f"json_populate_recordset(NULL::{table}, CAST(:rows AS json))"
        connection.execute(
            text(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {source}"), {"rows": json.dumps(rows)}
        )
        return
    columns, values = ", ".join(f'"{name}"' for name in names), ", ".join(f":{name}" for name in names)
    filled = [dict.fromkeys(names) | row for row in rows]
    connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), filled)


def answers(database: Database) -> dict[str, list[Row]]:
    """All metrics, claims, figures and summaries, without the times at which rows were written."""
    with database.snapshot() as connection:
        found: dict[str, list[Any]] = {
            "metrics": metrics.LIST.page(connection, MetricQuery(limit=200)).items,
            "claims": claims.LIST.page(connection, ClaimQuery(limit=200, status=list(ClaimStatus))).items,
            "figures": figures.LIST.page(connection, FigureQuery(limit=200)).items,
            "summaries": LIST.page(connection, ComparisonQuery(limit=200, empty=True)).items,
        }
    return {
        kind: sorted((plain(item) for item in items), key=lambda row: str(row["id"])) for kind, items in found.items()
    }


def plain(item: Any) -> Row:
    return dict(_without_times(item.model_dump(mode="json")))


def _without_times(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {name: _without_times(value) for name, value in thing.items() if name not in _OF_THE_DATABASE}
    return [_without_times(one) for one in thing] if isinstance(thing, list) else thing


def test_migrated_answers_are_those_of_the_loaded_export(kind: str, database: Database, templates: Templates) -> None:
    first_edition(database)
    migrate.upgrade(database)
    recompute(database, lambda _done, _total: None)
    fresh = open_database(templates.clone(kind))
    load(fresh, HERE / "first_edition_export.jsonl", JsonLines())
    upgraded, loaded = answers(database), answers(fresh)
    fresh.close()
    assert {kind: len(rows) for kind, rows in upgraded.items()} == {
        "metrics": 5,
        "claims": 9,
        "figures": 17,
        "summaries": 8,
    }
    for noun, rows in upgraded.items():
        assert rows == loaded[noun], noun


def test_all_records_are_found_by_their_words_after_migrate(database: Database) -> None:
    first_edition(database)
    migrate.upgrade(database)
    with database.read() as connection:
        assert search(connection, SearchQuery(q="5576000")).items == []
    assert index_words(database, lambda _done, _total: None) > 9
    assert index_words(database, lambda _done, _total: None) == 0
    with database.read() as connection:
        assert {hit.kind for hit in search(connection, SearchQuery(q="5576000")).items} == {"comparison", "claim"}


def test_what_the_first_edition_did_not_have_is_read_from_what_it_had(database: Database) -> None:
    first_edition(database)
    migrate.upgrade(database)
    recompute(database, lambda _done, _total: None)
    found = answers(database)
    by_key = {row["key"]: row for row in found["metrics"]}
    assert {key: (row["over_time"], row["additive"], row["signed"]) for key, row in by_key.items()} == {
        "cost": ("fixed", "parts", False),
        "sales": ("by_period", "parts", False),
        "warmth": ("fixed", "none", True),
        "profit": ("fixed", "parts", True),
        "rate": ("fixed", "none", False),
    }
    said = {row["key"]: (row["claimant_role"], row["claimant_role_inferred"]) for row in found["claims"]}
    assert (said["m-1"], said["s-1"], said["p-1"]) == (("first_party", False), ("first_party", True), ("unknown", True))
    precision = {row["value"]: row["precision"] for row in found["figures"]}
    assert (precision["5576000"], precision["2.5"], precision[None]) == ("1000", "0.1", None)
