"""The stances that claims take on propositions."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from service.db.json_select import json_list, json_object
from service.db.models import PropositionRow, StanceRow
from service.errors import Conflict, Invalid
from service.schemas.propositions import ClaimStance, StanceFields
from service.store import rows
from service.store.records import references

IN_CLAIM = json_list(
    json_object(
        [*rows.embed("proposition", PropositionRow, "id", "key", "text"), StanceRow.stance, StanceRow.hedge],
        list(ClaimStance.model_fields),
    ),
    lambda found: found.join(PropositionRow, PropositionRow.id == StanceRow.proposition_id),
    StanceRow.position,
    "stance.claim_id = claim.id AND stance.position IS NOT NULL",
)


class CheckedStance(NamedTuple):
    proposition_id: str
    stance: str
    hedge: str | None


def check(
    connection: Connection, stances: Sequence[Sequence[StanceFields]], stored: Sequence[str | None]
) -> list[list[CheckedStance]]:
    """Resolves the propositions of the stances of claims, of which `stored` has the ids, or None for a new one.

    Raises Invalid for one that does not exist or occurs twice in a claim, and Conflict for a withdrawn one on which the
    stored claim takes no stance.
    """
    wanted = {one.proposition for own in stances for one in own}
    if not wanted:
        return [[] for _ in stances]
    found = references.find(connection, {PropositionRow: wanted})[PropositionRow]
    before = of_claims(connection, [one for one in stored if one is not None])
    kept = [{own.proposition_id for own in before[one]} if one is not None else set() for one in stored]
    return [_checked(own, found, ids) for own, ids in zip(stances, kept, strict=True)]


def _checked(
    stances: Sequence[StanceFields], found: Mapping[str, references.Referred], kept: Collection[str]
) -> list[CheckedStance]:
    checked: dict[str, CheckedStance] = {}
    for place, one in enumerate(stances):
        pointer, ref = f"/stances/{place}/proposition", one.proposition
        record = found.get(ref)
        if record is None:
            raise Invalid.at(pointer, f"There is no proposition {ref!r}.")
        if record.is_withdrawn and record.id not in kept:
            raise Conflict.at(pointer, f"The proposition {ref!r} is withdrawn; restore it first.")
        if record.id in checked:
            raise Invalid.at(pointer, "A claim takes one stance on a proposition.")
        checked[record.id] = CheckedStance(record.id, str(one.stance), None if one.hedge is None else str(one.hedge))
    return list(checked.values())


_OF_CLAIMS = (
    select(StanceRow.claim_id, StanceRow.proposition_id, StanceRow.stance, StanceRow.hedge)
    .where(StanceRow.claim_id.in_(rows.IDS), StanceRow.position.is_not(None))
    .order_by(StanceRow.claim_id, StanceRow.position)
)


def of_claims(connection: Connection, claim_ids: Sequence[str]) -> dict[str, list[CheckedStance]]:
    """The stances of stored claims, in their order."""
    found: dict[str, list[CheckedStance]] = {one: [] for one in claim_ids}
    for part in rows.chunks(claim_ids, rows.MOST_IDS):
        for row in connection.execute(_OF_CLAIMS, {"ids": list(part)}):
            found[row.claim_id].append(CheckedStance(row.proposition_id, row.stance, row.hedge))
    return found


def insert_all(connection: Connection, stances: Mapping[str, Sequence[CheckedStance]]) -> None:
    """Writes the stances of new claims, by the claim's id."""
    values = [
        {"claim_id": claim, "position": position, **one._asdict()}
        for claim, own in stances.items()
        for position, one in enumerate(own, 1)
    ]
    if values:
        connection.execute(insert(StanceRow), values)
        mark_stale(connection, [value["proposition_id"] for value in values])


_LEFT = (
    update(StanceRow)
    .where(StanceRow.claim_id == bindparam("claim", type_=StanceRow.claim_id.type))
    .values(position=None)
)


def replace(connection: Connection, claim_id: str, stances: Sequence[CheckedStance]) -> bool:
    """Gives a claim these stances and no others. Returns whether they differ from those before."""
    before = of_claims(connection, [claim_id])[claim_id]
    if before == list(stances):
        return False
    connection.execute(_LEFT, {"claim": claim_id})  # those that are left keep their rows; see `StanceRow`
    again = [one.proposition_id for one in stances]
    connection.execute(delete(StanceRow).where(StanceRow.claim_id == claim_id, StanceRow.proposition_id.in_(again)))
    insert_all(connection, {claim_id: stances})
    mark_stale(connection, [one.proposition_id for one in before])
    return True


def mark_stale(connection: Connection, proposition_ids: Collection[str]) -> None:
    """Notes that the stances on these propositions have changed, or the claims that take them."""
    connection.get_execution_options()["propositions"].update(proposition_ids)


def of_claim_ids(connection: Connection, proposition_ids: Sequence[str]) -> list[str]:
    """All claims that take or once took a stance on these propositions."""
    found = select(StanceRow.claim_id).where(StanceRow.proposition_id.in_(proposition_ids)).distinct()
    return list(connection.execute(found).scalars())
