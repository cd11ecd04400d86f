"""Compares the two sides of one measurand: reported and estimated, or first and third party."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from service.domain.agreement import Disagreement, assess
from service.domain.comparability import NO_RATIO, Comparability, comparability, price_years_differ
from service.domain.evidence import Evidence
from service.domain.interval import Interval, lies_above, some_pair_overlaps
from service.domain.ratio import Ratio, intervals, ratio, side_hull
from service.domain.vocabulary import Basis, ClaimantRole, NotComputed, Reason, Verdict

By = Literal["basis", "party"]

_BASE_SIDE = {"basis": Basis.REPORTED, "party": ClaimantRole.FIRST_PARTY}
_OTHER_SIDE = {"basis": Basis.ESTIMATED, "party": ClaimantRole.THIRD_PARTY}
_SIDE_BASES = (Basis.REPORTED, Basis.ESTIMATED)
_VERDICTS: dict[By, tuple[Verdict, Verdict, Verdict, Verdict]] = {
    "basis": (
        Verdict.ESTIMATES_HIGHER,
        Verdict.ESTIMATES_LOWER,
        Verdict.REPORTED_ONLY,
        Verdict.ESTIMATED_ONLY,
    ),
    "party": (
        Verdict.THIRD_PARTY_HIGHER,
        Verdict.THIRD_PARTY_LOWER,
        Verdict.FIRST_PARTY_ONLY,
        Verdict.THIRD_PARTY_ONLY,
    ),
}


@dataclass(frozen=True, slots=True)
class Aside:
    """A figure beside the comparison, and why it is on neither side."""

    figure: Evidence
    why: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`base` is the reported (or first-party) side, `other` the side compared with it; ratio = other ÷ base.

    `hulls` are those of the reported and of the estimated figures, whichever way the sides are chosen.
    """

    by: By
    base: tuple[Evidence, ...]
    other: tuple[Evidence, ...]
    beside: tuple[Aside, ...]
    relays: tuple[Evidence, ...]
    hulls: Mapping[Basis, Interval | None]
    verdict: Verdict
    ratio: Ratio | None
    comparability: Comparability
    disagreement: Disagreement


def compare(figures: Sequence[Evidence], *, by: By, scope_stated: bool) -> Comparison:
    """`figures` are those of one measurand that are readable, of active claims and not withdrawn."""
    base, other, beside, relays = _allot(figures, by)
    base_hull, other_hull = side_hull(base), side_hull(other)
    counted = [figure for figure in figures if figure.aside is None]
    disagreement = assess(counted)
    reasons = _reasons(base, other, base_hull, beside, disagreement, by=by, scope_stated=scope_stated)
    return Comparison(
        by=by,
        base=tuple(base),
        other=tuple(other),
        beside=tuple(beside),
        relays=tuple(relays),
        hulls={
            basis: side_hull([f for f in counted if f.basis is basis]) for basis in (Basis.REPORTED, Basis.ESTIMATED)
        },
        verdict=_verdict(base, other, base_hull, other_hull, by),
        ratio=None if NO_RATIO.intersection(reasons.reasons) else ratio(other, base),
        comparability=reasons,
        disagreement=disagreement,
    )


def _side(figure: Evidence, by: By) -> Basis | ClaimantRole:
    return figure.basis if by == "basis" else figure.role


def _allot(figures: Sequence[Evidence], by: By) -> tuple[list[Evidence], list[Evidence], list[Aside], list[Evidence]]:
    base: list[Evidence] = []
    other: list[Evidence] = []
    beside: list[Aside] = []
    relays: list[Evidence] = []
    sides = {"base": base, "other": other, "relay": relays}
    for figure in figures:
        place = place_of(figure.aside, _side(figure, by), by)
        if place in sides:
            sides[place].append(figure)
        else:
            beside.append(Aside(figure, place))
    return base, other, beside, relays


def place_of(aside: str | None, side: Basis | ClaimantRole, by: By) -> str:
    """`base`, `other` or `relay`; otherwise the reason why the figure is on neither side."""
    if aside is not None:
        return aside
    if side == _BASE_SIDE[by]:
        return "base"
    if side == _OTHER_SIDE[by]:
        return "other"
    # counted in the agreement, but on neither side: alleged, unstated, or of an unknown role
    return side.value if by == "basis" else "claimant_role_unknown"


def _verdict(
    base: Sequence[Evidence],
    other: Sequence[Evidence],
    base_hull: Interval | None,
    other_hull: Interval | None,
    by: By,
) -> Verdict:
    higher, lower, base_only, other_only = _VERDICTS[by]
    if base_hull is None:
        return Verdict.NONE if other_hull is None else other_only
    if other_hull is None:
        return base_only
    if lies_above(other_hull, base_hull):
        return higher
    if lies_above(base_hull, other_hull):
        return lower
    return Verdict.CONSISTENT if some_pair_overlaps(intervals(base), intervals(other)) else Verdict.MIXED


def _reasons(
    base: Sequence[Evidence],
    other: Sequence[Evidence],
    base_hull: Interval | None,
    beside: Sequence[Aside],
    found: Disagreement,
    *,
    by: By,
    scope_stated: bool,
) -> Comparability:
    reasons = []
    # a side whose figures are all in another currency is not empty, but cannot be compared with the other
    barred = {_side(aside.figure, by) for aside in beside if aside.why == NotComputed.NO_EXCHANGE_RATE}
    if (not base and _BASE_SIDE[by] in barred) or (not other and _OTHER_SIDE[by] in barred):
        reasons.append(Reason.NO_EXCHANGE_RATE)
    if not scope_stated:
        reasons.append(Reason.SCOPE_NOT_STATED)
    if any(f.period_approximate for f in (*base, *other)):
        reasons.append(Reason.PERIOD_APPROXIMATE)
    apart = found.conflict
    if price_years_differ((f.price_year for f in base), (f.price_year for f in other)) or (
        apart is not None and price_years_differ([apart.least.price_year], [apart.most.price_year])
    ):
        reasons.append(Reason.PRICE_YEARS_DIFFER)
    if base_hull is not None and base_hull.low == base_hull.high == Fraction(0):
        reasons.append(Reason.DENOMINATOR_ZERO)
    return comparability(reasons)
