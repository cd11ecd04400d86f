"""Undoes what one save has changed, as long as nobody has changed or used it since."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from service.db.models import (
    ChangeRow,
    ClaimRow,
    DisputeRow,
    EntityRow,
    EquationRow,
    EquationScopeRow,
    EquationTermRow,
    FigureRow,
    PropositionRow,
    ScopeRow,
    StanceRow,
)
from service.domain.vocabulary import Operation
from service.errors import Conflict, Forbidden, NotFound
from service.schemas.faults import validated
from service.store.audit import history, verdicts
from service.store.records import record_writes
from service.store.records.editing import EDITABLE, stated

_MOST = 50  # changes of one save
_REASON = "The author has undone it."
_INFERRED = {"over_time", "over_time_inferred"}
_USES: dict[str, list[Any]] = {  # the columns that refer to a record of a kind
    "source": [ClaimRow.source_id],
    "entity": [
        ClaimRow.subject_id, ClaimRow.claimant_id, ClaimRow.speaks_for_id, EntityRow.part_of_id,
        DisputeRow.raised_by_id, PropositionRow.subject_id,
    ],
    "metric": [FigureRow.metric_id, ScopeRow.metric_id, EquationRow.metric_id, EquationTermRow.metric_id],
    "scope": [
        FigureRow.scope_id, ScopeRow.part_of_id, EquationRow.scope_id, EquationTermRow.scope_id,
        EquationScopeRow.output_scope_id, EquationScopeRow.input_scope_id,
    ],
    "proposition": [StanceRow.proposition_id, PropositionRow.part_of_id],
    "claim": [
        ClaimRow.derived_from_id, ClaimRow.supersedes_id, DisputeRow.disputed_claim_id, DisputeRow.disputing_claim_id,
        FigureRow.claim_id,
    ],
    "figure": [DisputeRow.disputed_figure_id],
}  # fmt: skip


# the records to which rows without a life of their own belong, and which of these rows count
_OWNERS: dict[Any, tuple[Any, ...]] = {
    EquationTermRow: (EquationRow, EquationTermRow.equation_id),
    EquationScopeRow: (EquationRow, EquationScopeRow.equation_id),
    StanceRow: (ClaimRow, StanceRow.claim_id, StanceRow.position.is_not(None)),
}


def of_request(connection: Connection, request_id: str | None, after: int) -> tuple[int, int] | None:
    """Returns the first and last change that this request has made, of those after `after`; None if it has made none,
    or too many to be undone at once.
    """
    made = select(ChangeRow.seq).where(ChangeRow.seq > after, ChangeRow.request_id == request_id)
    found = connection.execute(made.order_by(ChangeRow.seq).limit(_MOST + 1)).scalars().all()
    return (found[0], found[-1]) if 0 < len(found) <= _MOST else None


def undo(connection: Connection, first: int, last: int) -> None:
    """Withdraws what these changes created, and writes back what they changed, the last one first.

    Raises NotFound if they are not the changes of one save, Forbidden if it was somebody else's, and Conflict, which
    says what is different now, if a record was changed or used since.
    """
    changes = _changes(connection, first, last)
    own = {change["record_id"] for change in changes}
    born = {change["record_id"] for change in changes if change["operation"] == Operation.CREATE}
    for change in changes:
        _refuse_changed(connection, change)
    for change in changes:
        if change["operation"] == Operation.CREATE:
            _refuse_used(connection, change, own)
    for change in changes:
        snapshot = change["snapshot"]
        is_part = change["kind"] == "figure" and snapshot["claim"]["id"] in born  # goes with its claim
        # a first period has shown that amounts differ by period: others may rely on it
        is_update = change["kind"] == "metric" and change["operation"] == Operation.UPDATE
        is_inferred = bool(born) and is_update and set(change["changed"]) <= _INFERRED
        if not is_part and not is_inferred:
            _revert(connection, change)


def _changes(connection: Connection, first: int, last: int) -> Sequence[RowMapping]:
    if not 0 <= last - first < _MOST:
        raise NotFound("There is no save of this number.")
    statement = select(*ChangeRow.__table__.columns).where(ChangeRow.seq.between(first - 1, last + 1))
    statement = statement.where(ChangeRow.kind != verdicts.KIND)  # which follow from the others
    around = connection.execute(statement.order_by(ChangeRow.seq.desc())).mappings().all()
    found = [change for change in around if first <= change["seq"] <= last]
    # one transaction, and all of it
    saves = {(change["at"], change["actor_id"], change["request_id"]) for change in found}
    whole = [one for one in around if (one["at"], one["actor_id"], one["request_id"]) in saves]
    if len(saves) != 1 or len(whole) != len(found) or any(change["kind"] not in EDITABLE for change in found):
        raise NotFound("There is no save of this number.")
    if found[0]["actor_id"] != record_writes.author(connection).id:
        raise Forbidden("Somebody else has saved this.")
    return found


def _refuse_changed(connection: Connection, change: RowMapping) -> None:
    later = select(ChangeRow.actor_name, ChangeRow.changed, ChangeRow.operation).where(
        ChangeRow.kind == change["kind"],
        ChangeRow.record_id == change["record_id"],
        ChangeRow.version > change["version"],
    )
    found = connection.execute(later.order_by(ChangeRow.version)).mappings().all()
    if not found:
        return
    by = ", ".join(dict.fromkeys(one["actor_name"] or "the command line" for one in found))
    fields = sorted({name for one in found for name in one["changed"]}) or [found[-1]["operation"]]
    raise Conflict(f"The {change['kind']} was changed since, by {by}: {', '.join(fields)}. So it cannot be undone.")


def _refuse_used(connection: Connection, change: RowMapping, own: set[str]) -> None:
    for column in _USES.get(change["kind"], ()):
        table, owner_id, *standing = _OWNERS.get(column.class_, (column.class_, None))
        uses = select(table.id).where(column == change["record_id"], table.withdrawn_at.is_(None), table.id.not_in(own))
        if owner_id is not None:
            uses = uses.where(table.id == owner_id, *standing)
        if connection.execute(uses.limit(1)).first() is not None:
            detail = f"A {table.__tablename__} refers to the new {change['kind']} by now. So it cannot be undone."
            raise Conflict(detail)


def _revert(connection: Connection, change: RowMapping) -> None:
    kind, record_id, expected = change["kind"], change["record_id"], frozenset([change["version"]])
    module = EDITABLE[kind].module
    if change["operation"] in (Operation.CREATE, Operation.RESTORE):
        module.withdraw(connection, record_id, _REASON, expected)
    elif change["operation"] == Operation.WITHDRAW:
        module.restore(connection, record_id, expected)
    else:
        before = history.version(connection, kind, record_id, change["version"] - 1)
        then, now = stated(kind, before), stated(kind, change["snapshot"])
        fields = {name: value for name, value in then.items() if value != now[name] and name != "key"}  # set once
        if fields:
            module.amend(connection, record_id, validated(EDITABLE[kind].patch, fields), expected)
