"""Disputes: reading and changing them."""

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, Select, select
from sqlalchemy.orm import aliased

from service.db.json_select import JsonSelect
from service.db.models import ClaimRow, DisputeRow, EntityRow, FigureRow
from service.domain.access import is_ruled_on, overstep
from service.domain.period import parse_period
from service.domain.vocabulary import ACTIVE_DISPUTE_STATUSES, DisputeStatus
from service.errors import Fault, Forbidden, Invalid
from service.schemas.disputes import Dispute, DisputeCreate, DisputePage, DisputePatch
from service.schemas.queries import DisputeQuery
from service.store import rows
from service.store.comparisons.summary import ACTIVE_DISPUTES, mark_stale
from service.store.lists.filters import AnyOf, Filter, RefTo, withdrawn
from service.store.lists.pagination import record_list
from service.store.records import record_writes, references
from service.store.records.projection import Projection
from service.store.records.record_writes import Created, Versions
from service.store.rows import Values

_DISPUTED, _DISPUTING = aliased(ClaimRow, name="disputed"), aliased(ClaimRow, name="disputing")
_RAISER = aliased(EntityRow, name="raiser")
_FIELDS = ["key", "type", "rationale", "status", "opened", "closed", "resolution"]
_REFS = {"disputed_claim": ClaimRow, "disputed_figure": FigureRow, "disputing_claim": ClaimRow, "raised_by": EntityRow}
_COLUMNS = [f"{name}_id" for name in _REFS]
SELECT: Select[*tuple[Any, ...]] = (
    select(
        *rows.head(DisputeRow),
        *(getattr(DisputeRow, name) for name in _FIELDS),
        *rows.embed("disputed_claim", _DISPUTED, "id", "key", "statement"),
        DisputeRow.disputed_figure_id.label("disputed_figure.id"),
        *rows.embed("disputing_claim", _DISPUTING, "id", "key", "statement"),
        *rows.embed("raised_by", _RAISER, "id", "key", "name"),
    )
    .join(_DISPUTED, _DISPUTED.id == DisputeRow.disputed_claim_id)
    .outerjoin(_DISPUTING, _DISPUTING.id == DisputeRow.disputing_claim_id)
    .join(_RAISER, _RAISER.id == DisputeRow.raised_by_id)
)
SORTS = {name: getattr(DisputeRow, name) for name in ("created_at", "updated_at")}
ROWS = JsonSelect(SELECT, list(Dispute.model_fields))
PROJECTION = Projection(DisputeRow, Dispute, ROWS)
FILTERS: dict[str, Filter] = {
    "id": AnyOf(DisputeRow.id),
    "withdrawn": withdrawn(DisputeRow),
    "claim": RefTo(ClaimRow, DisputeRow.disputed_claim_id),
    "raised_by": RefTo(EntityRow, DisputeRow.raised_by_id),
    "type": AnyOf(DisputeRow.type, in_parts=True),
    "status": AnyOf(DisputeRow.status, in_parts=True),
    "disputing_claim": AnyOf(DisputeRow.disputing_claim_id),
}
LIST = record_list(DisputePage, ROWS, FILTERS, SORTS, DisputeRow.id)


def about(connection: Connection, claim_id: str) -> list[Dispute]:
    """Returns the active disputes about a claim or one of its figures, oldest first."""
    asked = DisputeQuery(claim=[claim_id], status=list(ACTIVE_DISPUTE_STATUSES), sort="created_at", limit=200)
    return LIST.page(connection, asked).items


def raised_in(connection: Connection, claim_id: str) -> list[Dispute]:
    """Returns the disputes that a claim raises, oldest first."""
    return LIST.page(connection, DisputeQuery(sort="created_at", limit=100), disputing_claim=[claim_id]).items


class ActiveDispute(NamedTuple):
    """An active dispute: its id, the claim that it disputes, and the first day on which it may have been opened."""

    id: str
    claim_id: str
    opened_earliest: date | None

    def may_be_open(self, day: date | None) -> bool:
        """Whether it may have been opened by that day; always true without a day."""
        return day is None or self.opened_earliest is None or self.opened_earliest <= day


_OF_MEASURANDS = (
    select(ACTIVE_DISPUTES.c.measurand_id, DisputeRow.id, ACTIVE_DISPUTES.c.claim_id, DisputeRow.opened_earliest)
    .join(DisputeRow, DisputeRow.id == ACTIVE_DISPUTES.c.dispute_id)
    .order_by(DisputeRow.created_at, DisputeRow.id)
)


def of_measurands(connection: Connection, ids: Collection[str]) -> dict[str, list[ActiveDispute]]:
    """Returns the active disputes about each measurand's figures, oldest first."""
    found: dict[str, list[ActiveDispute]] = {}
    for row in connection.execute(_OF_MEASURANDS, {"ids": list(ids)}) if ids else ():
        found.setdefault(str(row.measurand_id), []).append(ActiveDispute(row.id, row.claim_id, row.opened_earliest))
    return found


_OF_CLAIMS = select(
    DisputeRow.id, DisputeRow.disputed_claim_id, DisputeRow.opened_earliest, DisputeRow.created_at
).where(
    DisputeRow.disputed_claim_id.in_(rows.IDS),
    DisputeRow.withdrawn_at.is_(None),
    DisputeRow.status.in_([str(status) for status in ACTIVE_DISPUTE_STATUSES]),
)


def of_claims(connection: Connection, claim_ids: Collection[str]) -> list[ActiveDispute]:
    """Returns the active disputes about these claims, oldest first."""
    found = [
        row
        for part in rows.chunks(list(claim_ids), rows.MOST_IDS)
        for row in connection.execute(_OF_CLAIMS, {"ids": list(part)})
    ]
    found.sort(key=lambda row: (row.created_at, row.id))
    return [ActiveDispute(row.id, row.disputed_claim_id, row.opened_earliest) for row in found]


def create(connection: Connection, body: DisputeCreate) -> Created:
    values = body.model_dump(exclude=set(_REFS))
    values |= references.resolve(connection, body, _REFS, record_writes.stored(connection, DisputeRow, values))
    if values["raised_by_id"] is None and values["disputing_claim_id"] is not None:
        values["raised_by_id"] = _claimant(connection, values["disputing_claim_id"])
    _check(connection, values)
    _refuse_overstep(connection, values, None)
    _mark_figures_stale(connection, values["disputed_claim_id"])
    return record_writes.create(connection, DisputeRow, _derive(values))


def amend(connection: Connection, ref: str, patch: DisputePatch, expected: Versions) -> str:
    row = record_writes.lock(connection, DisputeRow, ref, expected)
    refs = {name: table for name, table in _REFS.items() if name != "disputed_claim"}
    changes = patch.model_dump(exclude=set(refs)) | references.resolve(connection, patch, refs, row)
    content = rows.content(row, [*_FIELDS, *_COLUMNS]) | changes
    _check(connection, content)
    _refuse_overstep(connection, content, row)
    if DisputeStatus.TAKEN_BACK in (row["status"], content["status"]):
        record_writes.refuse_foreign_decision(connection, DisputeRow, row["id"], "status")
    _mark_figures_stale(connection, row["disputed_claim_id"])
    record_writes.amend(connection, DisputeRow, row, _derive(content))
    return str(row["id"])


def withdraw(connection: Connection, ref: str, reason: str, expected: Versions) -> str:
    row = record_writes.lock(connection, DisputeRow, ref, expected)
    _refuse_to_withdraw_ruling(connection, row)
    _mark_figures_stale(connection, row["disputed_claim_id"])
    record_writes.withdraw(connection, DisputeRow, row, reason)
    return str(row["id"])


def restore(connection: Connection, ref: str, expected: Versions) -> str:
    row = record_writes.lock(connection, DisputeRow, ref, expected)
    _mark_figures_stale(connection, row["disputed_claim_id"])
    record_writes.restore(connection, DisputeRow, row)
    return str(row["id"])


def _mark_figures_stale(connection: Connection, claim_id: str) -> None:
    """Share-locks the disputed claim until this transaction ends, and marks its figures' measurands stale."""
    connection.execute(select(ClaimRow.id).where(ClaimRow.id == claim_id).with_for_update(read=True)).all()
    found = select(FigureRow.measurand_id).where(FigureRow.claim_id == claim_id).distinct()
    mark_stale(connection, connection.execute(found).scalars())


def _claimant(connection: Connection, claim_id: str) -> str:
    return str(connection.execute(select(ClaimRow.claimant_id).where(ClaimRow.id == claim_id)).scalar_one())


def _check(connection: Connection, values: Values) -> None:
    """Checks the rules between the fields of a dispute. Raises Invalid with a pointer to each field that breaks one."""
    faults = []
    if values["disputing_claim_id"] is None and values["rationale"] is None:
        faults.append(Fault("/rationale", "Without a disputing claim, say why: a rationale is required."))
    if values["raised_by_id"] is None:
        faults.append(Fault("/raised_by", "Without a disputing claim, say who raises the dispute."))
    if values["disputing_claim_id"] == values["disputed_claim_id"]:
        faults.append(Fault("/disputing_claim", "A claim does not dispute itself."))
    if values["status"] == "resolved" and values["resolution"] is None:
        faults.append(Fault("/resolution", "A resolved dispute says how: a resolution is required."))
    if values["disputed_figure_id"] is not None:
        of = connection.execute(select(FigureRow.claim_id).where(FigureRow.id == values["disputed_figure_id"]))
        if of.scalar() != values["disputed_claim_id"]:
            faults.append(Fault("/disputed_figure", "The figure is not one of the disputed claim."))
    opened, closed = (parse_period(values[name]) if values[name] else None for name in ("opened", "closed"))
    if opened and closed and closed.latest < opened.earliest:
        faults.append(Fault("/closed", "The dispute would close before it opens."))
    if faults:
        raise Invalid(faults[0].detail, faults)


def _refuse_overstep(connection: Connection, values: Values, before: RowMapping | None) -> None:
    """Raises Forbidden for a change of the dispute that only a curator may make."""
    role = record_writes.author(connection).role
    given = {name: values[name] for name in (*_FIELDS, *_COLUMNS)}
    field = overstep(role, given, dict(before) if before else None) if role is not None else None
    if field is not None:
        detail = "You may take your own open dispute back (taken_back); what else becomes of it, a curator says."
        raise Forbidden.at("/" + field.removesuffix("_id"), detail)


def _refuse_to_withdraw_ruling(connection: Connection, row: RowMapping) -> None:
    """Raises Forbidden for a dispute on which a curator has ruled: the ruling would go with it."""
    role = record_writes.author(connection).role
    if role is not None and is_ruled_on(role, dict(row)):
        raise Forbidden.at("/status", "A curator has ruled on this dispute; only a curator can withdraw it.")
    if row["status"] != DisputeStatus.OPEN:
        record_writes.refuse_foreign_decision(connection, DisputeRow, row["id"], "status")


def _derive(values: Values) -> Values:
    return {**values, "opened_earliest": parse_period(values["opened"]).earliest if values["opened"] else None}
