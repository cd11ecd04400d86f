"""Projections: for each kind of record, the one select that reads it, whose rows the database writes as JSON."""

from collections.abc import Collection
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection, Select, bindparam

from service.db.json_select import JsonSelect
from service.domain.key import is_key, is_uuid
from service.store.records import identifiers
from service.store.rows import IDS, no_such

M = TypeVar("M", bound=BaseModel)


class Stored(NamedTuple):
    """A record as it is served."""

    id: str
    version: int
    json: bytes


class Readable(Protocol):
    """Reads single records of one kind by a reference."""

    @property
    def kind(self) -> str: ...

    def stored(self, connection: Connection, ref: str, /) -> Stored:
        """Raises NotFound."""
        ...


class Projection(Generic[M]):
    """Reads records of one kind as JSON, or as `model` for callers in Python."""

    def __init__(self, table: Any, model: type[M], rows: JsonSelect) -> None:
        self.table = table
        self.model = model
        self.rows = rows
        self._by_id = self._statements(table.id == bindparam("ref", type_=table.id.type))
        key = getattr(table, "key", None)
        self._by_key = {} if key is None else self._statements(key == bindparam("ref", type_=key.type))
        self._by_ids = self._statements(table.id.in_(IDS))

    def _statements(self, condition: Any) -> dict[str, Select[Any]]:
        """Statements by database. Built once, because building one takes as long as running it."""
        columns = (self.table.id.label("record_id"), self.table.version.label("record_version"))
        return {dialect: rows.add_columns(*columns).where(condition) for dialect, rows in self.rows.rows.items()}

    @property
    def kind(self) -> str:
        return str(self.table.__tablename__)

    def stored(self, connection: Connection, ref: str) -> Stored:
        """Returns the record by id or key. Raises NotFound."""
        dialect = connection.dialect.name
        row = None
        if is_uuid(ref):
            row = connection.execute(self._by_id[dialect], {"ref": ref.lower()}).first()
        elif self._by_key and is_key(ref):
            row = connection.execute(self._by_key[dialect], {"ref": ref}).first()
        elif found := identifiers.find(connection, self.table, [ref]):
            row = connection.execute(self._by_id[dialect], {"ref": found[ref][0]}).first()
        if row is None:
            raise no_such(self.table, ref)
        return Stored(row.record_id, row.record_version, row.item.encode())

    def read(self, connection: Connection, ref: str) -> M:
        """Returns the record as a model. Raises NotFound."""
        return self.model.model_validate_json(self.stored(connection, ref).json)

    def json_by_id(self, connection: Connection, ids: Collection[str]) -> dict[str, str]:
        """Returns the existing records among these, by id."""
        found = connection.execute(self._by_ids[connection.dialect.name], {"ids": list(ids)}) if ids else ()
        return {row.record_id: row.item for row in found}

    def by_ids(self, connection: Connection, ids: Collection[str]) -> list[M]:
        return [self.model.model_validate_json(item) for item in self.json_by_id(connection, ids).values()]

    def read_all(self, connection: Connection, statement: Select[Any]) -> list[M]:
        """Returns the records of a statement based on `rows`, in its order."""
        return [self.model.model_validate_json(row.item) for row in connection.execute(statement)]
