"""Entities: reading and changing them."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from service.db.engine import Database
from service.db.json_rows import JsonRows
from service.db.tables import EntityRow
from service.errors import Invalid
from service.schemas.entities import Entity, EntityCreate, EntityPage, EntityPatch
from service.schemas.queries import EntityQuery
from service.store import graph, names, rows, search, versions
from service.store.pages import fetch_json_page, fetch_page
from service.store.rows import Values
from service.store.versions import Created, Versions

_WHOLE = aliased(EntityRow, name="whole")
_FIELDS = ["key", "kind", "name", "aliases", "same_as", "description"]
SELECT = select(
    *rows.head(EntityRow),
    *(getattr(EntityRow, name) for name in _FIELDS),
    *rows.embed("part_of", _WHOLE, "id", "key", "name"),
).outerjoin(_WHOLE, _WHOLE.id == EntityRow.part_of_id)
_REFS = {"part_of": EntityRow}
_SORTS = {name: getattr(EntityRow, name) for name in ("created_at", "updated_at", "key", "name")}
JSON = JsonRows(list(SELECT.selected_columns), list(Entity.model_fields))


def read(connection: Connection, ref: str) -> Entity:
    return Entity.model_validate(rows.one(connection, EntityRow, SELECT, ref))


def read_json(where: Database | Connection, ref: str) -> bytes:
    """The same as JSON, written by the database."""
    return rows.one_json(where, EntityRow, JSON, SELECT, ref)


def by_ids(connection: Connection, ids: Collection[str]) -> list[Entity]:
    return [Entity.model_validate(row) for row in rows.fetch(connection, SELECT.where(EntityRow.id.in_(ids)))]


def page(connection: Connection, query: EntityQuery) -> EntityPage:
    statement = SELECT.where(*_conditions(connection, query))
    found, cursor = fetch_page(connection, statement, _SORTS, EntityRow.id, query, query.sort)
    return EntityPage(items=[Entity.model_validate(row) for row in found], next_cursor=cursor)


def json_page(database: Database, query: EntityQuery) -> bytes:
    """The same as JSON, written by the database."""
    return fetch_json_page(database, JSON, SELECT, _conditions, _SORTS, EntityRow.id, query, query.sort, ("kind",))


def _conditions(connection: Connection, query: EntityQuery) -> list[Any]:
    found = rows.basic_conditions(EntityRow, query)
    if query.kind:
        found.append(rows.any_of(EntityRow.kind, query.kind))
    if query.part_of:
        wholes = rows.filter_ids(connection, EntityRow, query.part_of, "part_of")
        found.append(rows.any_of(EntityRow.part_of_id, wholes))
    if query.text:
        found.append(search.has_words(connection, EntityRow, query.text))
    return found


def create(connection: Connection, body: EntityCreate) -> Created:
    return create_all(connection, [body])[0]


def create_all(connection: Connection, bodies: Sequence[EntityCreate]) -> list[Created]:
    """Creates entities, none of which refers to another of them or is the same, in a few statements."""
    contents = [body.model_dump(exclude=set(_REFS)) for body in bodies]
    stored = versions.stored_of(connection, EntityRow, contents)
    links = rows.resolve_all_refs(connection, bodies, _REFS, stored)
    records = [content | link for content, link in zip(contents, links, strict=True)]
    if any(values["id"] is not None and values["part_of_id"] == values["id"] for values in records):
        raise Invalid.at("/part_of", "An entity is not a part of itself.")
    made = versions.create_all(connection, EntityRow, records, stored)
    new = {one.id: values for one, values in zip(made, records, strict=True) if one.is_new}
    if new:
        names.keep_new(connection, EntityRow, {id_: (values["name"], values["aliases"]) for id_, values in new.items()})
        search.index(connection, EntityRow, {id_: _texts(values) for id_, values in new.items()})
    return made


def amend(connection: Connection, ref: str, patch: EntityPatch, expected: Versions) -> Entity:
    if "part_of" in patch.model_fields_set:
        graph.lock_links(connection)
    row = versions.lock(connection, EntityRow, ref, expected)
    links = rows.resolve_refs(connection, patch, _REFS, row)
    graph.refuse_cycle(connection, EntityRow.id, EntityRow.part_of_id, row["id"], links.get("part_of_id"), "/part_of")
    changes = patch.model_dump(exclude=set(_REFS)) | links
    if versions.amend(connection, EntityRow, row, changes):
        values = rows.content(row, _FIELDS) | changes
        names.keep(connection, EntityRow, row["id"], values["name"], values["aliases"])
        search.index(connection, EntityRow, {row["id"]: _texts(values)})
    return read(connection, row["id"])


def withdraw(connection: Connection, ref: str, reason: str, expected: Versions) -> Entity:
    row = versions.lock(connection, EntityRow, ref, expected)
    versions.withdraw(connection, EntityRow, row, reason)
    return read(connection, row["id"])


def restore(connection: Connection, ref: str, expected: Versions) -> Entity:
    row = versions.lock(connection, EntityRow, ref, expected)
    versions.restore(connection, EntityRow, row)
    return read(connection, row["id"])


def _texts(values: Values) -> list[str]:
    """What an entity is found by."""
    return [values["name"], values["key"], *values["aliases"]]
