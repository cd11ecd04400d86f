"""A digest of the whole content of a database, to check that a copy is complete."""

import hashlib
import json
from typing import Any, NamedTuple

from sqlalchemy import Connection, column, inspect, select, table

from service.db.objects import is_ours

_AT_ONCE = 1000


class Content(NamedTuple):
    digest: str
    rows: dict[str, int]


def content(connection: Connection) -> Content:
    """Returns the SHA-256 of all rows of all tables in the order of primary keys, and the number of rows by table.

    Tables are discovered, so that databases of any revision can be compared. The digest is valid for one kind of
    database only, because it uses the driver's values.
    """
    inspector = inspect(connection)
    digest = hashlib.sha256()
    rows: dict[str, int] = {}
    for name in sorted(inspector.get_table_names()):
        if is_ours(name):
            continue  # part of a full-text index
        columns = [found["name"] for found in inspector.get_columns(name)]
        order = inspector.get_pk_constraint(name)["constrained_columns"] or columns
        statement: Any = select(*map(column, columns)).select_from(table(name)).order_by(*map(column, order))
        digest.update(f"{name}\n".encode())
        rows[name] = 0
        for row in connection.execute(statement, execution_options={"yield_per": _AT_ONCE}):
            digest.update(_line(row))
            rows[name] += 1
    return Content(digest.hexdigest(), rows)


def _line(row: Any) -> bytes:
    return json.dumps(list(row), default=str, sort_keys=True, separators=(",", ":")).encode() + b"\n"
