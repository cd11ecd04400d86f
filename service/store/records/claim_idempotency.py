"""Claims that are stored already: compares the figures given with those stored."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from sqlalchemy import Connection, RowMapping, select

from service.db.models import ClaimRow, FigureRow
from service.schemas.figures import FigureCreate, FigureFields
from service.store.records import figures, record_writes
from service.store.records.figure_validation import CheckedFigure

# "all": the claim has exactly these figures; "some": it has at least these; "more": missing ones are added.
Given = Literal["all", "some", "more"]


class Repeated(NamedTuple):
    claim_id: str
    given: Sequence[FigureFields]
    checked: Sequence[CheckedFigure]


def compare(connection: Connection, repeated: Sequence[Repeated], given: Given) -> dict[str, int]:
    """Returns how many figures were added to each claim. Raises AlreadyStored if the stored figures differ."""
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
            raise record_writes.already_stored(ClaimRow, claim.claim_id, ["figures"])
    return dict.fromkeys(ids, 0)


def _has(claim: Repeated, stored: Sequence[RowMapping], *, just: bool) -> bool:
    """Whether the claim has these figures, with the given ids. With `just`: these only, in this order."""
    if just:
        live = [row for row in stored if row["withdrawn_at"] is None]
        pairs = zip(claim.checked, live, strict=False)
        return len(live) == len(claim.checked) and all(_is(figure, row) for figure, row in pairs)
    left = list(stored)
    for figure in claim.checked:
        found = next((row for row in left if _is(figure, row)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _is(figure: CheckedFigure, row: RowMapping) -> bool:
    return figure.id in (None, row["id"]) and not figure.differing(row)


def _add(connection: Connection, claim: Repeated, stored: Sequence[RowMapping]) -> int:
    by_id = {row["id"]: row for row in stored}
    added = 0
    for given, figure in zip(claim.given, claim.checked, strict=True):
        row = by_id.get(given.id or "")
        if row is None:
            added += figures.create(connection, FigureCreate(claim=claim.claim_id, **dict(given))).is_new
        elif differing := [n for n in figure.differing(row) if n.removesuffix("_id") in given.model_fields_set]:
            raise record_writes.already_stored(FigureRow, row["id"], differing)
    return added
