"""Other scopes of the same quantity beside a measurand: wider, narrower, or otherwise another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from service.domain.comparability import NO_RATIO, Comparability, comparability, price_years_differ
from service.domain.standing import Standing
from service.domain.vocabulary import Reason, Relation
from service.schemas.base import MeasurandRef
from service.schemas.comparisons import Related
from service.schemas.views import to_comparability, to_interval, to_ratio


@dataclass(frozen=True, slots=True)
class Scoped:
    """A measurand by its scope (as it is shown; None where none is stated), and what it stands for."""

    id: str
    key: str
    scope: Mapping[str, Any] | None
    standing: Standing

    @property
    def scope_id(self) -> str | None:
        return str(self.scope["id"]) if self.scope else None


def related(
    own: Scoped, others: Iterable[Scoped], wholes: Mapping[str, set[str]], unit: str, *, signed: bool
) -> list[Related]:
    """`wholes` has, for each scope, all scopes that it is a part of; ratio = other ÷ own."""
    return [_related(own, other, _relation(own.scope_id, other.scope_id, wholes), unit, signed) for other in others]


def _related(own: Scoped, other: Scoped, relation: Relation, unit: str, signed: bool) -> Related:
    left, right = own.standing, other.standing
    reasons = _reasons(relation, left, right)
    no_ratio = signed or NO_RATIO.intersection(reasons.reasons)
    return Related(
        measurand=MeasurandRef(id=other.id, key=other.key),
        scope=other.scope,
        relation=relation,
        interval=to_interval(right.hull, unit, signed=signed),
        ratio=None if no_ratio else to_ratio(right.divided_by(left)),
        comparability=to_comparability(reasons),
        part_exceeds_whole=not signed and _part_exceeds(relation, left, right),
    )


def _relation(own: str | None, other: str | None, wholes: Mapping[str, set[str]]) -> Relation:
    if own is None or other is None:
        return Relation.SCOPE_NOT_STATED
    if other in wholes[own]:
        return Relation.WIDER
    return Relation.NARROWER if own in wholes[other] else Relation.OTHER


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
            return theirs.exceeds(ours)
        case Relation.WIDER:
            return ours.exceeds(theirs)
    return False
