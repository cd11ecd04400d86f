"""Propositions: reading and changing them."""

from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy.orm import aliased

from service.db.json_select import JsonSelect
from service.db.models import EntityRow, PropositionRow
from service.domain.period import parse_period
from service.errors import Invalid
from service.schemas.propositions import Proposition, PropositionCreate, PropositionPage, PropositionPatch
from service.store import rows
from service.store.lists.filters import AnyOf, Filter, HasWords, RefTo, withdrawn
from service.store.lists.pagination import record_list
from service.store.records import chains, record_writes, references
from service.store.records.projection import Projection
from service.store.records.record_writes import Created, Versions
from service.store.rows import Values

_WHOLE = aliased(PropositionRow, name="whole")
_FIELDS = ["key", "text", "language", "scope_text", "period"]
_REFS = {"subject": EntityRow, "part_of": PropositionRow}
SELECT: Select[*tuple[Any, ...]] = (
    select(
        *rows.head(PropositionRow),
        *(getattr(PropositionRow, name) for name in _FIELDS),
        *rows.embed("subject", EntityRow, "id", "key", "name"),
        *rows.embed("part_of", _WHOLE, "id", "key", "text"),
    )
    .join(EntityRow, EntityRow.id == PropositionRow.subject_id)
    .outerjoin(_WHOLE, _WHOLE.id == PropositionRow.part_of_id)
)
ROWS = JsonSelect(SELECT, list(Proposition.model_fields))
PROJECTION = Projection(PropositionRow, Proposition, ROWS)
FILTERS: dict[str, Filter] = {
    "id": AnyOf(PropositionRow.id),
    "withdrawn": withdrawn(PropositionRow),
    "subject": RefTo(EntityRow, PropositionRow.subject_id),
    "part_of": RefTo(PropositionRow, PropositionRow.part_of_id),
    "text": HasWords(PropositionRow),
}
SORTS = {name: getattr(PropositionRow, name) for name in ("created_at", "updated_at")}
LIST = record_list(PropositionPage, ROWS, FILTERS, SORTS, PropositionRow.id)
_NO_VOICES = {"supports": 0, "denies": 0, "neutral": 0, "contested": 0}


def create(connection: Connection, body: PropositionCreate) -> Created:
    values = body.model_dump(exclude=set(_REFS))
    known = record_writes.stored(connection, PropositionRow, values)
    values |= references.resolve(connection, body, _REFS, known)
    if values["part_of_id"] is not None and values["part_of_id"] == values["id"]:
        raise Invalid.at("/part_of", "A proposition is not a part of itself.")
    whole = values["part_of_id"]
    chains.refuse_long(connection, PropositionRow.id, PropositionRow.part_of_id, whole, "/part_of", chains.MAX_CHAIN)
    return record_writes.create(connection, PropositionRow, _derive(values), _NO_VOICES)


def amend(connection: Connection, ref: str, patch: PropositionPatch, expected: Versions) -> str:
    if "part_of" in patch.model_fields_set:
        chains.lock_links(connection)
    row = record_writes.lock(connection, PropositionRow, ref, expected)
    links = references.resolve(connection, patch, _REFS, row)
    whole = links.get("part_of_id")
    chains.refuse_cycle(connection, PropositionRow.id, PropositionRow.part_of_id, row["id"], whole, "/part_of")
    content = rows.content(row, [*_FIELDS, *(f"{name}_id" for name in _REFS)])
    record_writes.amend(
        connection, PropositionRow, row, _derive(content | patch.model_dump(exclude=set(_REFS)) | links)
    )
    return str(row["id"])


def withdraw(connection: Connection, ref: str, reason: str, expected: Versions) -> str:
    row = record_writes.lock(connection, PropositionRow, ref, expected)
    record_writes.withdraw(connection, PropositionRow, row, reason)
    return str(row["id"])


def restore(connection: Connection, ref: str, expected: Versions) -> str:
    row = record_writes.lock(connection, PropositionRow, ref, expected)
    record_writes.restore(connection, PropositionRow, row)
    return str(row["id"])


def _derive(values: Values) -> Values:
    period = parse_period(values["period"]) if values["period"] else None
    return {
        **values,
        "period_earliest": period.earliest if period else None,
        "period_latest": period.latest if period else None,
    }
