"""References: resolves the ids and keys in bodies and filters to records."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    bindparam,
    cast,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from service.db.types import String
from service.domain.key import is_uuid
from service.errors import Conflict, Invalid, ServiceError
from service.schemas.base import Body, EntityRef, ScopeRef
from service.store import rows
from service.store.records import identifiers
from service.store.rows import IDS, Values, noun

_KEYS: Any = bindparam("keys", expanding=True)
Wanted = Mapping[Any, Collection[str]]  # ids and keys by table


class Referred(NamedTuple):
    """A record that a body refers to."""

    id: str
    key: str | None
    is_withdrawn: bool


Found = dict[Any, dict[str, Referred]]  # by table, then by id and by key


def _is_any(table: Any, ids: Any, keys: Any) -> Any:
    by_id = table.id.in_(ids)
    return or_(by_id, table.key.in_(keys)) if hasattr(table, "key") else by_id


def _identified(connection: Connection, table: Any, refs: Collection[str]) -> dict[str, str]:
    """The ids of the entities that identifiers among the refs name."""
    return {ref: found[0] for ref, found in identifiers.find(connection, table, refs).items()}


def _split(refs: Collection[str]) -> tuple[list[str], list[str]]:
    """Splits refs into ids and keys. No ref is both: a key never has the form of a UUID."""
    return [ref for ref in refs if is_uuid(ref)], [ref for ref in refs if not is_uuid(ref)]


# Whole rows ----------------------------------------------------------------------------------------------------------


@cache
def rows_named(table: Any) -> Select[Any]:
    """Selects the full rows of the records with the bound ids and keys. Built once per table."""
    return select(*table.__table__.columns).where(_is_any(table, IDS, _KEYS))


def named(refs: Collection[str]) -> dict[str, list[str]]:
    """The parameters of `rows_named` and of statements based on it."""
    ids, keys = _split(refs)
    return {"ids": ids, "keys": keys}


# Refs in answers ------------------------------------------------------------------------------------------------------

_Ref = TypeVar("_Ref", EntityRef, ScopeRef)


def refs_of(connection: Connection, table: Any, form: type[_Ref], ids: Iterable[str]) -> dict[str, _Ref]:
    """The records with these ids, as they are named in answers."""
    found: dict[str, _Ref] = {}
    for part in rows.chunks(sorted(ids), rows.MOST_IDS):
        statement = select(table.id, table.key, table.name).where(table.id.in_(part))
        found |= {row.id: form(id=row.id, key=row.key, name=row.name) for row in connection.execute(statement)}
    return found


# Refs in filters -----------------------------------------------------------------------------------------------------


@cache
def _ids_and_keys(table: Any) -> Select[Any]:
    return select(table.id, table.key).where(_is_any(table, IDS, _KEYS))


def filter_ids(connection: Connection, table: Any, refs: Sequence[str], name: str) -> list[str]:
    """Returns the ids that a filter's refs refer to. One key may match scopes of several metrics.

    Raises Invalid for a ref that matches no record.
    """
    if not refs:
        return []
    identified = _identified(connection, table, refs)
    found = connection.execute(_ids_and_keys(table), named([identified.get(ref, ref) for ref in refs])).all()
    known = {ref for row in found for ref in row}
    for ref in refs:
        if identified.get(ref, ref) not in known:
            raise Invalid.at(f"/{name}", f"There is no {noun(table)} {ref!r}.", "query")
    return [row.id for row in found]


def ids(connection: Connection, table: Any, refs: Collection[str]) -> dict[str, str]:
    """Returns the ids of the refs that exist."""
    identified = _identified(connection, table, refs)
    found = connection.execute(_ids_and_keys(table), named(refs)).all()
    return identified | {ref: row.id for row in found for ref in (row.id, row.key) if ref in refs}


# Refs in bodies ------------------------------------------------------------------------------------------------------


@cache
def _of_tables(tables: tuple[Any, ...]) -> Any:
    """Selects records of several tables by ids and keys, in one statement. Built once per set of tables."""
    parts: list[Select[Any]] = []
    for number, table in enumerate(tables):
        key = table.key if hasattr(table, "key") else cast(null(), String).label("key")
        place: Any = literal_column(str(number))
        bound: Any = (bindparam(f"{name}_{number}_", expanding=True) for name in ("ids", "keys"))
        columns = (place.label("place"), table.id, key, table.withdrawn_at.is_not(None).label("is_withdrawn"))
        parts.append(select(*columns).where(_is_any(table, *bound)))
    return union_all(*parts) if len(parts) > 1 else parts[0]


def find(connection: Connection, wanted: Wanted) -> Found:
    """Returns the wanted records that exist."""
    tables = tuple(sorted((table for table, refs in wanted.items() if refs), key=noun))
    found: Found = {table: {} for table in wanted}
    if not tables:
        return found
    values: dict[str, Any] = {}
    identified = {table: _identified(connection, table, wanted[table]) for table in tables}
    for number, table in enumerate(tables):
        refs = [identified[table].get(ref, ref) for ref in wanted[table]]
        values[f"ids_{number}_"], values[f"keys_{number}_"] = _split(refs)
        if not hasattr(table, "key"):
            del values[f"keys_{number}_"]
    for row in connection.execute(_of_tables(tables), values):
        record = Referred(row.id, row.key, bool(row.is_withdrawn))
        found[tables[row.place]] |= {ref: record for ref in (record.id, record.key) if ref is not None}
    for table, ids_of in identified.items():
        found[table] |= {ref: found[table][id_] for ref, id_ in ids_of.items() if id_ in found[table]}
    return found


def wanted_by(bodies: Iterable[Body], tables: Mapping[str, Any]) -> dict[Any, set[str]]:
    """Collects the refs of bodies, by table. `tables` maps each field to its table."""
    wanted: dict[Any, set[str]] = {table: set() for table in tables.values()}
    for body in bodies:
        for name, table in tables.items():
            if isinstance(ref := getattr(body, name, None), str):  # neither null nor MISSING
                wanted[table].add(ref)
    return wanted


def links(
    bodies: Sequence[Body], tables: Mapping[str, Any], current: Sequence[RowMapping | None], found: Found
) -> list[Values]:
    """Returns, for each body, the id column of each ref that it sets (null included).

    Raises Invalid for records that do not exist, with all of one body. Raises Conflict for withdrawn ones, unless the
    changed record (`current`) refers to them already.
    """
    given = [body.model_dump(include=set(tables)) for body in bodies]  # leaves out what is MISSING
    return [_links(refs, tables, before, found) for refs, before in zip(given, current, strict=True)]


def _links(refs: Values, tables: Mapping[str, Any], before: RowMapping | None, found: Found) -> Values:
    made: Values = {}
    refused: list[ServiceError] = []
    for name in [name for name in tables if name in refs]:
        try:
            target = _target(found[tables[name]], name, refs[name], tables[name], before) if refs[name] else None
        except (Invalid, Conflict) as error:
            refused.append(error)
        else:
            made[f"{name}_id"] = target
    if refused:  # all that are wrong in the same way, at once
        first = next((error for error in refused if isinstance(error, Invalid)), refused[0])
        first.faults = [fault for error in refused if type(error) is type(first) for fault in error.faults]
        raise first
    return made


def _target(found: Mapping[str, Referred], name: str, ref: str, table: Any, before: RowMapping | None) -> str:
    record = found.get(ref)
    if record is None:
        raise Invalid.at(f"/{name}", f"There is no {noun(table)} {ref!r}.")
    if record.is_withdrawn and (before is None or record.id != before[f"{name}_id"]):
        raise Conflict.at(f"/{name}", f"The {noun(table)} {ref!r} is withdrawn; restore it first.")
    return record.id


def resolve(connection: Connection, body: Body, tables: Mapping[str, Any], current: RowMapping | None = None) -> Values:
    """Returns the links of one body (see `links`)."""
    return resolve_all(connection, [body], tables, [current])[0]


def resolve_all(
    connection: Connection, bodies: Sequence[Body], tables: Mapping[str, Any], current: Sequence[RowMapping | None]
) -> list[Values]:
    return links(bodies, tables, current, find(connection, wanted_by(bodies, tables)))
