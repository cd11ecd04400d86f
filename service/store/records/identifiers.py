"""Identifiers of entities in public schemes: keeping them, and finding entities by them."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, tuple_

from service.db import bulk
from service.db.models import EntityRow, IdentifierRow
from service.domain.key import split_identifier
from service.errors import Conflict

_FOUND = (
    select(IdentifierRow.scheme, IdentifierRow.value, EntityRow.id, EntityRow.key, EntityRow.name)
    .join(EntityRow, EntityRow.id == IdentifierRow.entity_id)
    .where(tuple_(IdentifierRow.scheme, IdentifierRow.value).in_(bindparam("identifiers", expanding=True)))
)


def find(connection: Connection, table: Any, refs: Collection[str]) -> dict[str, tuple[str, str, str]]:
    """The id, key and name of the entity that each identifier (`wikidata:Q2112`) names. Other refs are left out, and
    all refs of other tables: only entities have identifiers.
    """
    if table is not EntityRow:
        return {}
    given = {parts: ref for ref in refs if (parts := split_identifier(ref)) is not None}
    if not given:
        return {}
    found = connection.execute(_FOUND, {"identifiers": list(given)})
    return {given[row.scheme, row.value]: (row.id, row.key, row.name) for row in found}


def keep(connection: Connection, given: Mapping[str, Mapping[str, str]], *, new: bool) -> None:
    """Sets the identifiers of entities, by id. Raises Conflict for one that is another entity's."""
    if not new:
        connection.execute(delete(IdentifierRow).where(IdentifierRow.entity_id.in_(given)))
    rows = [
        {"scheme": scheme, "value": value, "entity_id": entity}
        for entity, identifiers in given.items()
        for scheme, value in identifiers.items()
    ]
    if not rows:
        return
    taken = find(connection, EntityRow, [f"{row['scheme']}:{row['value']}" for row in rows])
    for row in rows:
        ref = f"{row['scheme']}:{row['value']}"
        if ref in taken:
            raise Conflict.at(f"/identifiers/{row['scheme']}", f"{ref} is the entity {taken[ref][1]!r}.")
        taken[ref] = (row["entity_id"], "another of these", "")
    bulk.write(connection, bulk.insertion(connection.dialect.name, IdentifierRow, tuple(rows[0])), rows)
