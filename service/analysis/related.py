"""Compares a measurand with others of its subject and metric: other scopes, and periods that overlap."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.domain import running_totals
from service.domain.comparability import NO_RATIO, Comparability, comparability, figure_reasons
from service.domain.comparison import ratio_reasons
from service.domain.evidence import Evidence
from service.domain.metric import MetricProperties
from service.domain.parts import Days
from service.domain.scopes import PartOf, relation
from service.domain.standing import Excess, Extent, Standing, excess
from service.domain.vocabulary import Reason, Relation
from service.schemas.base import MeasurandRef
from service.schemas.comparisons import Related
from service.schemas.views import to_comparability, to_interval, to_ratio

_SCOPES_DIFFER = (Relation.WIDER, Relation.NARROWER, Relation.OTHER)
WHOLES = (Relation.WIDER, Relation.CONTAINING_PERIOD)
_PERIODS_DIFFER = (Relation.WITHIN_PERIOD, Relation.CONTAINING_PERIOD, Relation.OVERLAPPING_PERIOD)


@dataclass(frozen=True, slots=True)
class Place:
    """A measurand with its scope (as displayed; None if not stated), its period, and the numbers that represent it."""

    id: str
    key: str
    scope: Mapping[str, Any] | None
    period: str | None
    days: Days | None
    standing: Standing
    converted: Standing  # in the metric's currency, as far as rates allow it
    extent: Extent

    @property
    def scope_id(self) -> str | None:
        return str(self.scope["id"]) if self.scope else None


def related(own: Place, others: Iterable[Place], part_of: PartOf, metric: MetricProperties) -> list[Related]:
    """`part_of` is the tree of their scopes; ratio = other ÷ own."""
    return [_related(own, other, _relation(own, other, part_of), metric) for other in others]


def _relation(own: Place, other: Place, part_of: PartOf) -> Relation:
    if own.days == other.days or own.days is None or other.days is None:
        return relation(own.scope_id, other.scope_id, part_of)
    (first, last), (start, end) = own.days, other.days
    if first <= start and end <= last:
        return Relation.WITHIN_PERIOD
    return Relation.CONTAINING_PERIOD if start <= first and last <= end else Relation.OVERLAPPING_PERIOD


def _related(own: Place, other: Place, found: Relation, metric: MetricProperties) -> Related:
    left, right = _standings(own, other)
    reasons = _reasons(found, own, other)
    has_ratio = metric.is_ratio and reasons is not None and not NO_RATIO.intersection(reasons.reasons)
    over = _part_exceeds(found, own.extent, other.extent, metric)
    return Related(
        measurand=MeasurandRef(id=other.id, key=other.key),
        scope=other.scope,
        period=other.period,
        relation=found,
        interval=to_interval(right.hull, right.unit(metric.unit), signed=metric.signed),
        ratio=to_ratio(right.divided_by(left)) if has_ratio else None,
        comparability=None if reasons is None else to_comparability(reasons),
        part_exceeds_whole=over is not None,
        within_rounding=over is not None and over.within_rounding,
    )


def _standings(own: Place, other: Place) -> tuple[Standing, Standing]:
    """In one currency: that of both, else the metric's."""
    same = own.standing.currency == other.standing.currency
    both = own.converted, other.converted
    if same or not all(one.figures and not one.lacks_exchange_rate for one in both):
        return own.standing, other.standing
    return both


def _reasons(relation: Relation, own: Place, other: Place) -> Comparability | None:
    """None unless there are figures on both sides."""
    left, right = _standings(own, other)
    if not left.figures or not right.figures:
        return None
    reasons = set()
    if left.figures[0].metric.has_scopes and not (own.scope and other.scope):
        reasons.add(Reason.SCOPE_NOT_STATED)
    if relation in _SCOPES_DIFFER:
        reasons.add(Reason.SCOPES_DIFFER)
    if relation in _PERIODS_DIFFER:
        reasons.add(Reason.PERIODS_DIFFER)
    if left.lacks_exchange_rate or right.lacks_exchange_rate or left.currency != right.currency:
        return comparability(reasons | {Reason.NO_EXCHANGE_RATE})
    return comparability(reasons | standing_reasons(left.figures, right.figures))


def standing_reasons(ours: Sequence[Evidence], theirs: Sequence[Evidence]) -> set[Reason]:
    """What the figures that represent two measurands differ in, apart from their scopes. ratio = theirs ÷ ours."""
    metrics = ours[0].metric, theirs[0].metric
    reasons = figure_reasons(ours, theirs, scope_stated=True)
    if any(metric.is_total for metric in metrics) and running_totals.periods_differ(ours, theirs):
        reasons.add(Reason.PERIODS_DIFFER)
    return reasons | ratio_reasons(ours, theirs)


def _part_exceeds(relation: Relation, ours: Extent, theirs: Extent, metric: MetricProperties) -> Excess | None:
    adds_up = metric.periods_add_up if relation in _PERIODS_DIFFER else metric.parts_add_up
    if adds_up and relation in (Relation.NARROWER, Relation.WITHIN_PERIOD):
        return excess(theirs, ours)
    return excess(ours, theirs) if adds_up and relation in WHOLES else None
