"""Claims that are stored already: whether the figures that come with one are those that it has."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from sqlalchemy import Connection, RowMapping, select

from service.db.tables import ClaimRow, FigureRow
from service.schemas.figures import FigureCreate, FigureFields
from service.store import figures, versions
from service.store.stating import Prepared

# What the given figures are of the claim's: all that it has; some, which it must have; or more, which it is to get.
Given = Literal["all", "some", "more"]


class Repeated(NamedTuple):
    claim_id: str
    given: Sequence[FigureFields]
    prepared: Sequence[Prepared]


def compare(connection: Connection, repeated: Sequence[Repeated], given: Given) -> dict[str, int]:
    """How many figures that are new each claim has got. Raises AlreadyStored where the figures are others."""
    if not repeated:
        return {}
    ids = [claim.claim_id for claim in repeated]
    statement = select(*FigureRow.__table__.columns).where(FigureRow.claim_id.in_(ids)).order_by(FigureRow.position)
    stored: dict[str, list[RowMapping]] = {claim_id: [] for claim_id in ids}
    for row in connection.execute(statement).mappings():
        stored[row["claim_id"]].append(row)
    if given == "more":
        return {claim.claim_id: _add(connection, claim, stored[claim.claim_id]) for claim in repeated}
    for claim in repeated:
        if not _has(claim, stored[claim.claim_id], just=given == "all"):
            raise versions.already_stored(ClaimRow, claim.claim_id, ["figures"])
    return dict.fromkeys(ids, 0)


def _has(claim: Repeated, stored: Sequence[RowMapping], *, just: bool) -> bool:
    """Whether the claim has these figures, with these ids where ids are given; `just` these, and in this order."""
    if just:
        live = [row for row in stored if row["withdrawn_at"] is None]
        pairs = zip(claim.given, claim.prepared, live, strict=False)
        return len(live) == len(claim.given) and all(_is(given, prepared, row) for given, prepared, row in pairs)
    left = list(stored)
    for given, prepared in zip(claim.given, claim.prepared, strict=True):
        found = next((row for row in left if _is(given, prepared, row)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _is(given: FigureFields, prepared: Prepared, row: RowMapping) -> bool:
    return given.id in (None, row["id"]) and not prepared.differing(row)


def _add(connection: Connection, claim: Repeated, stored: Sequence[RowMapping]) -> int:
    by_id = {row["id"]: row for row in stored}
    added = 0
    for given, prepared in zip(claim.given, claim.prepared, strict=True):
        row = by_id.get(given.id or "")
        if row is None:
            added += figures.create(connection, FigureCreate(claim=claim.claim_id, **dict(given))).is_new
        elif differing := [n for n in prepared.differing(row) if n.removesuffix("_id") in given.model_fields_set]:
            raise versions.already_stored(FigureRow, row["id"], differing)
    return added
