"""Compares a measurand with other scopes of the same quantity: wider, narrower, or different."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from service.domain.comparability import NO_RATIO, Comparability, comparability, price_years_differ
from service.domain.scopes import PartOf, excess, relation
from service.domain.standing import Standing
from service.domain.vocabulary import Reason, Relation
from service.schemas.base import MeasurandRef
from service.schemas.comparisons import Related
from service.schemas.views import to_comparability, to_interval, to_ratio


@dataclass(frozen=True, slots=True)
class Scoped:
    """A measurand with its scope (as displayed; None if not stated) and the numbers that represent it."""

    id: str
    key: str
    scope: Mapping[str, Any] | None
    standing: Standing

    @property
    def scope_id(self) -> str | None:
        return str(self.scope["id"]) if self.scope else None


def related(own: Scoped, others: Iterable[Scoped], part_of: PartOf, unit: str, *, signed: bool) -> list[Related]:
    """`part_of` is the tree of their scopes; ratio = other ÷ own."""
    return [_related(own, other, relation(own.scope_id, other.scope_id, part_of), unit, signed) for other in others]


def _related(own: Scoped, other: Scoped, found: Relation, unit: str, signed: bool) -> Related:
    left, right = own.standing, other.standing
    reasons = _reasons(found, left, right)
    no_ratio = signed or NO_RATIO.intersection(reasons.reasons)
    return Related(
        measurand=MeasurandRef(id=other.id, key=other.key),
        scope=other.scope,
        relation=found,
        interval=to_interval(right.hull, unit, signed=signed),
        ratio=None if no_ratio else to_ratio(right.divided_by(left)),
        comparability=to_comparability(reasons),
        part_exceeds_whole=not signed and _part_exceeds(found, left, right),
    )


def _reasons(relation: Relation, left: Standing, right: Standing) -> Comparability:
    reasons = [Reason.SCOPE_NOT_STATED if relation is Relation.SCOPE_NOT_STATED else Reason.SCOPES_DIFFER]
    if price_years_differ(left.price_years, right.price_years):
        reasons.append(Reason.PRICE_YEARS_DIFFER)
    if left.period_approximate or right.period_approximate:
        reasons.append(Reason.PERIOD_APPROXIMATE)
    if left.lacks_exchange_rate or right.lacks_exchange_rate:
        reasons.append(Reason.NO_EXCHANGE_RATE)
    if left.is_zero:
        reasons.append(Reason.DENOMINATOR_ZERO)
    return comparability(reasons)


def _part_exceeds(relation: Relation, ours: Standing, theirs: Standing) -> bool:
    match relation:
        case Relation.NARROWER:
            return excess(theirs.max_low, ours.min_high) is not None
        case Relation.WIDER:
            return excess(ours.max_low, theirs.min_high) is not None
    return False
