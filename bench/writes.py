"""What writing costs beside the driver's own way to put the same rows into the same tables, with the same indexes: a
claim with three figures beside bare INSERTs with one commit, and an import beside COPY (PostgreSQL) or executemany.

The rows are those that the service has written, read back and written again under other ids and keys.
"""

import http.client
import json
import time
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from bench import data
from bench.contenders import KEY
from service.db.dialects.sqlite import sqlite_driver
from service.db.models import metadata

_FILLED = {"change": "seq", "search": "number"}  # columns that the database fills
# what neither creating nor importing claims writes more than a row of
_LEFT = (
    "key", "idempotency", "scope", "name", "identifier", "series_version", "exchange_rate", "price_index",
    "replaced_series", "subscription", "delivery", "lease", "equation", "equation_term", "equation_scope",
    "consistency", "proposition", "stance",
)  # fmt: skip
IMPORTED = 2_000  # claims
Rows = dict[str, list[tuple[Any, ...]]]  # by table, in the order in which they can be written


def measure(port: int, url: str, folder: Path, claims: int, imported: int = IMPORTED) -> dict[str, float]:
    """Seconds a claim for creating, and for a whole import of so many claims: ours, and bare."""
    with closing(Sqlite(url) if url.startswith("sqlite") else Postgres(url)) as bare:
        return _measure(bare, port, folder, claims, imported)


def _measure(bare: "Bare", port: int, folder: Path, claims: int, count: int) -> dict[str, float]:
    bare.mark()
    began = time.perf_counter()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as kept:
        for number in range(claims):
            post_claim(kept, number)
    created = (time.perf_counter() - began) / claims
    parts = _parts(bare.renamed_since(), claims)
    began = time.perf_counter()
    for part in parts:
        bare.insert(part)
    inserted = (time.perf_counter() - began) / claims

    file = folder / "more.jsonl"
    data.write(file, count, prefix=f"more-{time.time_ns()}-")  # new to a database that is kept between runs
    bare.mark()
    began = time.perf_counter()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=600)) as fresh:
        _post(fresh, "/v1/imports?format=jsonl&mode=partial", file.read_bytes(), "application/x-ndjson")
    imported = time.perf_counter() - began
    rows = bare.renamed_since()
    began = time.perf_counter()
    bare.insert_many(rows)
    copied = time.perf_counter() - began
    return {"create": created, "bare create": inserted, "import": imported, "bare import": copied}


def _claim(number: int) -> dict[str, object]:
    stated = {"basis": "estimated", "qualifier": "exact", "value": str(1000 + number)}
    figure = stated | {"metric": "cost", "unit": "USD"}
    figures = [figure, figure | {"metric": "energy", "unit": "kWh"}, figure | {"metric": "gpu-count", "unit": "GPU"}]
    return {
        "source": "source-1", "claimant": "claimant-1", "subject": data.subject(number), "figures": figures,
        "statement": f"An estimate of a measured thing, the {number}th of its kind, as long as such sentences are",
    }  # fmt: skip


def post_claim(connection: http.client.HTTPConnection, number: int = 0) -> None:
    """Creates a claim with three figures."""
    _post(connection, "/v1/claims", json.dumps(_claim(number)).encode(), "application/json")


def _post(connection: http.client.HTTPConnection, path: str, body: bytes, media_type: str) -> None:
    connection.request("POST", path, body, {"Authorization": f"Bearer {KEY}", "Content-Type": media_type})
    answer = connection.getresponse()
    output = answer.read()
    if answer.status >= 400:
        raise RuntimeError(f"{path}: {output[:500]!r}")


def _parts(rows: Rows, count: int) -> list[Rows]:
    """Equal parts, which is what equal claims have made; what only the first of them made is in the first."""
    parts: list[Rows] = [{} for _ in range(count)]
    for table, found in rows.items():
        each = len(found) // count
        parts[0][table] = found[: len(found) - each * (count - 1)]
        for number, part in enumerate(parts[1:]):
            part[table] = found[len(parts[0][table]) + number * each :][:each]
    return parts


class Bare:
    """Rows out of a database, and into it again."""

    parameter = "?"

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.columns = {
            table.name: [column.name for column in table.columns if column.name != _FILLED.get(table.name)]
            for table in metadata.sorted_tables
            if table.name not in _LEFT
        }
        self.marks: dict[str, Any] = {}

    def close(self) -> None:
        self.connection.close()

    @staticmethod
    def _ordered(table: str) -> str:
        return _FILLED.get(table, "created_at")

    def mark(self) -> None:
        for table in self.columns:
            found = self.connection.execute(f"SELECT max({self._ordered(table)}) FROM {table}").fetchone()
            self.marks[table] = found[0]

    def renamed_since(self) -> Rows:
        found: Rows = {}
        for table, columns in self.columns.items():
            order = self._ordered(table)
            statement = f"SELECT {', '.join(columns)} FROM {table} WHERE {order} > {self.parameter} ORDER BY {order}"
            found[table] = self.connection.execute(statement, (self.marks[table],)).fetchall()
        # verdict changes are of measurands, which stay the same ones: these rows are written for the first claims only
        kind = self.columns["change"].index("kind")
        found["change"] = [row for row in found["change"] if row[kind] != "comparison"]
        others = {
            row[columns.index("id")]: type(row[columns.index("id")])(str(uuid.uuid4()))
            for table, columns in self.columns.items()
            if "id" in columns
            for row in found[table]
        }

        def renamed(column: str, value: Any) -> Any:
            if column == "key" and value is not None:
                return f"{value}-again"
            if isinstance(value, (dict, list)):
                return Jsonb(value)
            return others.get(value, value) if isinstance(value, (str, uuid.UUID)) else value

        return {
            table: [tuple(map(renamed, self.columns[table], row)) for row in rows]
            for table, rows in found.items()
            if rows
        }

    def statement(self, table: str) -> str:
        columns = self.columns[table]
        return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join([self.parameter] * len(columns))})"

    def insert(self, rows: Rows) -> None:
        """With one commit."""
        for table, found in rows.items():
            for row in found:
                self.connection.execute(self.statement(table), row)
        self.connection.commit()

    def insert_many(self, rows: Rows) -> None:
        raise NotImplementedError


class Sqlite(Bare):
    def __init__(self, url: str) -> None:
        super().__init__(sqlite_driver().connect(url.removeprefix("sqlite:///"), timeout=60))
        for pragma in ("foreign_keys=ON", "synchronous=FULL"):
            self.connection.execute(f"PRAGMA {pragma}")

    def insert_many(self, rows: Rows) -> None:
        for table, found in rows.items():
            self.connection.executemany(self.statement(table), found)
        self.connection.commit()


class Postgres(Bare):
    parameter = "%s"

    def __init__(self, url: str) -> None:
        super().__init__(psycopg.connect(url))

    def mark(self) -> None:
        super().mark()
        self.connection.commit()

    def renamed_since(self) -> Rows:
        """After an import the service has the server look at its tables: that is not to slow down what is bare."""
        running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'ANALYZE %'"
        for _ in range(100):
            time.sleep(0.2)
            (analyses,) = self.connection.execute(running).fetchone()
            self.connection.commit()
            if not analyses:
                break
        return super().renamed_since()

    def insert_many(self, rows: Rows) -> None:
        with self.connection.cursor() as cursor:
            for table, found in rows.items():
                with cursor.copy(f"COPY {table} ({', '.join(self.columns[table])}) FROM STDIN") as copy:
                    for row in found:
                        copy.write_row(row)
        self.connection.commit()
