"""Entities: reading and changing them."""

from collections.abc import Sequence

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from service.db.json_select import JsonSelect
from service.db.models import EntityRow
from service.errors import Invalid
from service.schemas.entities import Entity, EntityCreate, EntityPage, EntityPatch
from service.store import rows
from service.store.lists.filters import AnyOf, Filter, HasWords, RefTo, withdrawn
from service.store.lists.pagination import record_list
from service.store.records import chains, identifiers, names, record_writes, references, voices
from service.store.records.bounds import MOST_FIGURES
from service.store.records.projection import Projection
from service.store.records.record_writes import Created, Versions

_WHOLE = aliased(EntityRow, name="whole")
_FIELDS = ["key", "kind", "name", "aliases", "same_as", "identifiers", "description"]
SELECT = select(
    *rows.head(EntityRow),
    *(getattr(EntityRow, name) for name in _FIELDS),
    *rows.embed("part_of", _WHOLE, "id", "key", "name"),
).outerjoin(_WHOLE, _WHOLE.id == EntityRow.part_of_id)
_REFS = {"part_of": EntityRow}
SORTS = {name: getattr(EntityRow, name) for name in ("created_at", "updated_at", "key", "name")}
ROWS = JsonSelect(SELECT, list(Entity.model_fields))
PROJECTION = Projection(EntityRow, Entity, ROWS)
FILTERS: dict[str, Filter] = {
    "id": AnyOf(EntityRow.id),
    "withdrawn": withdrawn(EntityRow),
    "kind": AnyOf(EntityRow.kind, in_parts=True),
    "part_of": RefTo(EntityRow, EntityRow.part_of_id),
    "text": HasWords(EntityRow),
}
LIST = record_list(EntityPage, ROWS, FILTERS, SORTS, EntityRow.id)


def create(connection: Connection, body: EntityCreate) -> Created:
    return create_all(connection, [body])[0]


def create_all(connection: Connection, bodies: Sequence[EntityCreate]) -> list[Created]:
    """Creates entities in a few statements. None may refer to another one of the batch or be the same."""
    contents = [body.model_dump(exclude=set(_REFS)) for body in bodies]
    stored = record_writes.stored_of(connection, EntityRow, contents)
    links = references.resolve_all(connection, bodies, _REFS, stored)
    records = [content | link for content, link in zip(contents, links, strict=True)]
    if any(values["id"] is not None and values["part_of_id"] == values["id"] for values in records):
        raise Invalid.at("/part_of", "An entity is not a part of itself.")
    for values, known in zip(records, stored, strict=True):
        if known is None:
            whole = values["part_of_id"]
            chains.refuse_long(connection, EntityRow.id, EntityRow.part_of_id, whole, "/part_of", chains.MAX_CHAIN)
    made = record_writes.create_all(connection, EntityRow, records, stored)
    new = {one.id: values for one, values in zip(made, records, strict=True) if one.is_new}
    if new:
        names.keep_new(connection, EntityRow, {id_: (values["name"], values["aliases"]) for id_, values in new.items()})
        identifiers.keep(connection, {id_: values["identifiers"] for id_, values in new.items()}, new=True)
    return made


def amend(
    connection: Connection, ref: str, patch: EntityPatch, expected: Versions | None, most: int | None = MOST_FIGURES
) -> str:
    """Raises Conflict if more than `most` figures would have to be recomputed; None means no bound."""
    if "part_of" in patch.model_fields_set:
        chains.lock_links(connection)
    row = record_writes.lock(connection, EntityRow, ref, expected)
    links = references.resolve(connection, patch, _REFS, row)
    chains.refuse_cycle(connection, EntityRow.id, EntityRow.part_of_id, row["id"], links.get("part_of_id"), "/part_of")
    changes = patch.model_dump(exclude=set(_REFS)) | links
    if changes.get("kind", row["kind"]) != row["kind"]:
        voices.refuse_change_of_kind(connection, row["id"], changes["kind"])
    if record_writes.amend(connection, EntityRow, row, changes):
        values = rows.content(row, _FIELDS) | changes
        names.keep(connection, EntityRow, row["id"], values["name"], values["aliases"])
        if values["identifiers"] != row["identifiers"]:
            identifiers.keep(connection, {row["id"]: values["identifiers"]}, new=False)
        if any(changes.get(name, row[name]) != row[name] for name in ("part_of_id", "kind")):
            voices.derive_below(connection, row["id"], most)
        if any(values[name] != row[name] for name in ("name", "key")):  # keys decide ties
            voices.mark_named_stale(connection, row["id"], most)
    return str(row["id"])


def withdraw(connection: Connection, ref: str, reason: str, expected: Versions) -> str:
    row = record_writes.lock(connection, EntityRow, ref, expected)
    record_writes.withdraw(connection, EntityRow, row, reason)
    return str(row["id"])


def restore(connection: Connection, ref: str, expected: Versions) -> str:
    row = record_writes.lock(connection, EntityRow, ref, expected)
    record_writes.restore(connection, EntityRow, row)
    return str(row["id"])
