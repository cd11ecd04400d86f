"""Whether the claimants of one measurand agree, and how far apart they are at least.

A claimant is judged by all that they say: their hull. The gap is the factor between the highest of the lowest amounts
and the lowest of the highest ones. Whichever of their figures each claimant stands by, the two are at least this far
apart. Running totals are compared in the order of their dates instead (`running_totals.py`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from service.domain import running_totals
from service.domain.evidence import Evidence, interval_of
from service.domain.hull import Hull, attaining, hulls
from service.domain.interval import Interval, lies_above
from service.domain.rounding import explains
from service.domain.separation import Separation, separate, width_between
from service.domain.vocabulary import Agreement, IntervalBasis, Reason

_ZERO = Fraction(0)
_FEWEST = 3  # claimants, of whom one can be left out
_SERIOUSNESS = (Agreement.NONE, Agreement.SINGLE, Agreement.AGREE, Agreement.MIXED, Agreement.CONFLICT)


@dataclass(frozen=True, slots=True)
class WithoutOne:
    """What is left without the claimant whose removal narrows the disagreement most."""

    voice: str
    agreement: Agreement
    conflict: Separation | None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Whether the claimants of one measurand agree, and how far apart they are.

    `conflict_count` is the number of claimants among whom the conflict is: all, or those of one other currency.
    `agreeing` is the most claimants that have a figure holding one and the same value; None for running totals.
    """

    agreement: Agreement
    conflict: Separation | None
    reasons: tuple[Reason, ...]
    self_conflict: Separation | None
    within_rounding: bool
    self_conflict_within_rounding: bool
    agreeing: int | None
    claimant_count: int
    conflict_count: int
    figure_count: int
    without_one: WithoutOne | None

    @property
    def interval_basis(self) -> IntervalBasis:
        return self.conflict.interval_basis if self.conflict else IntervalBasis.STATED_LIMITS


def assess(figures: Sequence[Evidence], *, scope_stated: bool = True) -> Disagreement:
    """`figures` are the figures of one measurand that count (see `Evidence.aside`), all in one currency."""
    agreement, agreeing, conflict = _agreement(figures, scope_stated)
    own = _self_conflict(figures, scope_stated)
    voices = {figure.voice for figure in figures}
    return Disagreement(
        agreement=agreement,
        conflict=conflict,
        reasons=conflict.reasons if conflict else _reasons_without_conflict(figures),
        self_conflict=own,
        within_rounding=conflict is not None and explains(figures, _are_in_conflict),
        self_conflict_within_rounding=own is not None and explains(figures, _contradict_themselves),
        agreeing=agreeing,
        claimant_count=len(voices),
        conflict_count=len(voices),
        figure_count=len(figures),
        without_one=_without_one(figures, agreement, conflict, scope_stated) if len(voices) >= _FEWEST else None,
    )


def assess_by_currency(
    figures: Sequence[Evidence], others: Iterable[Sequence[Evidence]], *, scope_stated: bool
) -> Disagreement:
    """Like `assess`. `others` holds the figures in each other currency, which are compared with each other in it: the
    widest of these conflicts and the figures' own holds. So does the widest self-conflict, of those that are counted.
    """
    found = assess(figures, scope_stated=scope_stated)
    counted = {figure.id for figure in figures}
    every = list(others)
    for foreign in every:
        theirs = assess(foreign, scope_stated=scope_stated)
        if found.agreeing is not None and theirs.agreeing is not None and _are_among(foreign, counted):
            most = theirs.agreeing + found.claimant_count - theirs.claimant_count
            found = replace(found, agreeing=min(found.agreeing, most))
        own = theirs.self_conflict if _are_among(foreign, counted) else None
        if own is not None and (found.self_conflict is None or own.width > found.self_conflict.width):
            rounding = theirs.self_conflict_within_rounding
            found = replace(found, self_conflict=own, self_conflict_within_rounding=rounding)
        if theirs.conflict and (found.conflict is None or theirs.conflict.width > found.conflict.width):
            found = replace(
                found,
                agreement=theirs.agreement,
                conflict=theirs.conflict,
                reasons=theirs.reasons,
                within_rounding=theirs.within_rounding,
                conflict_count=theirs.claimant_count,
                without_one=theirs.without_one,
            )
    if every and found.conflict is not None and found.claimant_count >= _FEWEST and _are_among(every[0], counted):
        found = replace(found, without_one=_without_one_by_currency(figures, every, found, scope_stated))
    return found


def _are_among(figures: Iterable[Evidence], ids: set[str]) -> bool:
    return ids.issuperset(figure.id for figure in figures)


def _without_one_by_currency(
    figures: Sequence[Evidence], others: Sequence[Sequence[Evidence]], found: Disagreement, scope_stated: bool
) -> WithoutOne | None:
    """Like `_without_one`, where amounts are also compared in the currencies in which they are stated."""
    assert found.conflict is not None
    names = {figure.voice: figure.keys[0] for figure in figures}
    best: WithoutOne | None = None
    narrowest = _size(found.agreement, found.conflict)
    for voice in sorted({found.conflict.most.voice, found.conflict.least.voice}, key=lambda one: names[one]):
        parts = [[figure for figure in part if figure.voice != voice] for part in (figures, *others)]
        judged = [_agreement(part, scope_stated) for part in parts]
        agreement, _, conflict = max(judged, key=lambda one: _size(one[0], one[2]))
        if _size(agreement, conflict) < narrowest:
            best, narrowest = WithoutOne(voice, agreement, conflict), _size(agreement, conflict)
    return best


def _is_total(figures: Sequence[Evidence]) -> bool:
    return bool(figures) and figures[0].metric.is_total


# Agreement and conflict ----------------------------------------------------------------------------------------------


def _agreement(figures: Sequence[Evidence], scope_stated: bool) -> tuple[Agreement, int | None, Separation | None]:
    if _is_total(figures):
        count = len({figure.voice for figure in figures})
        conflict = running_totals.widest_conflict(figures, scope_stated=scope_stated)
        plain = Agreement.AGREE if count > 1 else Agreement.SINGLE
        return (Agreement.CONFLICT if conflict else plain), None, conflict
    every = hulls(figures)
    agreeing = most_agreeing(every)
    if len(every) < 2:
        return (Agreement.SINGLE if every else Agreement.NONE), agreeing, None
    if agreeing == len(every):
        return Agreement.AGREE, agreeing, None
    conflict = _conflict(every, scope_stated)
    return (Agreement.CONFLICT if conflict else Agreement.MIXED), agreeing, conflict


def _conflict(every: Sequence[Hull], scope_stated: bool) -> Separation | None:
    """The highest lowest amount against the lowest highest one, if they exclude each other."""
    upper, lower = _extremes(one.interval for one in every)
    if not lies_above(upper, lower):
        return None
    reach = {one.voice: one.interval for one in every}
    tops = [one for one in every if one.interval.low_rank == upper.low_rank]
    bottoms = [one for one in every if one.interval.high_rank == lower.high_rank]
    return separate(
        [figure for one in tops for figure in attaining(one.figures, one.interval, low=True)],
        [figure for one in bottoms for figure in attaining(one.figures, one.interval, low=False)],
        scope_stated=scope_stated,
        reach=lambda figure: reach[figure.voice],
    )


def _extremes(some: Iterable[Interval]) -> tuple[Interval, Interval]:
    """The interval with the highest low end, and the one with the lowest high end."""
    intervals = list(some)
    return max(intervals, key=lambda i: i.low_rank), max(intervals, key=lambda i: i.high_rank)


def _are_in_conflict(figures: list[Evidence]) -> bool:
    if _is_total(figures):
        return running_totals.widest_conflict(figures, scope_stated=True) is not None
    return lies_above(*_extremes(one.interval for one in hulls(figures)))


def _reasons_without_conflict(figures: Sequence[Evidence]) -> tuple[Reason, ...]:
    """Totals that count from different days are never in conflict, and the reason says so."""
    if not _is_total(figures):
        return ()
    starts = running_totals.starts_of(figures)
    return (Reason.PERIODS_DIFFER,) if len(starts) > 1 else ()


def most_agreeing(every: Sequence[Hull]) -> int:
    """The largest number of claimants that have a figure holding one and the same value."""
    return max((len(every) - left_out for left_out, _ in _sweep(every)), default=0)


def _sweep(every: Sequence[Hull]) -> Iterator[tuple[int, int]]:
    """For each stretch of the number line, how many claimants have no figure there, and the sum of their places."""
    steps: list[tuple[tuple[int, float, Fraction, int], int, int]] = []
    for place, one in enumerate(every):
        for i in _merged(one.intervals):
            # a position from minus infinity (0) to infinity (2); an open end is just beside its number
            start = (0, 0.0, _ZERO, 0) if i.low is None else (1, float(i.low), i.low, 1 if i.low_open else 0)
            end = (2, 0.0, _ZERO, 0) if i.high is None else (1, float(i.high), i.high, -1 if i.high_open else 0)
            steps += [(start, 0, place), (end, 1, place)]
    left_out, places = len(every), sum(range(len(every)))
    for _, ends, place in sorted(steps):  # at the same position, starts come before ends
        left_out += 1 if ends else -1
        places += place if ends else -place
        yield left_out, places


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same amounts in intervals that share none, so that each claimant is counted once for a value."""
    merged: list[Interval] = []
    for interval in sorted(intervals, key=lambda i: i.low_rank):
        last = merged[-1] if merged else None
        if last is None or lies_above(interval, last):
            merged.append(interval)
        elif interval.high_rank < last.high_rank:
            merged[-1] = Interval(last.low, interval.high, last.low_open, interval.high_open)
    return merged


# One claimant's own figures ------------------------------------------------------------------------------------------


def _self_conflict(figures: Sequence[Evidence], scope_stated: bool) -> Separation | None:
    """The widest pair of figures of one claimant that exclude each other."""
    if _is_total(figures):
        return running_totals.widest_fall(figures, scope_stated=scope_stated)
    apart = [(own, ends) for own in _by_voice(figures).values() if lies_above(*(ends := _ends_of(own)))]
    widths = [width_between(*ends, own[0].metric.scale) for own, ends in apart]
    widest = max(widths, default=None)
    found = [
        separate(attaining(own, upper, low=True), attaining(own, lower, low=False), scope_stated=scope_stated)
        for (own, (upper, lower)), width in zip(apart, widths, strict=True)
        if width == widest
    ]
    return min(found, key=lambda one: one.preference, default=None)


def _contradict_themselves(figures: list[Evidence]) -> bool:
    if _is_total(figures):
        return running_totals.widest_fall(figures, scope_stated=True) is not None
    return any(lies_above(*_ends_of(own)) for own in _by_voice(figures).values())


def _ends_of(own: Sequence[Evidence]) -> tuple[Interval, Interval]:
    return _extremes(interval_of(figure) for figure in own)


def _by_voice(figures: Iterable[Evidence]) -> dict[str, list[Evidence]]:
    by_voice: dict[str, list[Evidence]] = {}
    for figure in figures:
        by_voice.setdefault(figure.voice, []).append(figure)
    return by_voice


# Without one claimant ------------------------------------------------------------------------------------------------


def _size(agreement: Agreement, conflict: Separation | None) -> tuple[int, Fraction, Fraction]:
    return (_SERIOUSNESS.index(agreement), *(conflict.width if conflict else (_ZERO, _ZERO)))


def _without_one(
    figures: Sequence[Evidence], agreement: Agreement, conflict: Separation | None, scope_stated: bool
) -> WithoutOne | None:
    """The claimant whose removal narrows the disagreement most; None if nobody's does.

    Only a claimant at an end of the conflict can narrow it. If the claimants' figures merely miss each other, only one
    that all others do without can.
    """
    if conflict is not None:
        candidates = {conflict.most.voice, conflict.least.voice}
    elif agreement is Agreement.MIXED:
        candidates = _left_out_alone(hulls(figures))
    else:
        return None
    names = {figure.voice: figure.keys[0] for figure in figures}
    best: WithoutOne | None = None
    narrowest = _size(agreement, conflict)
    for voice in sorted(candidates, key=lambda one: names[one]):
        rest, _, apart = _agreement([figure for figure in figures if figure.voice != voice], scope_stated)
        size = _size(rest, apart)
        if size < narrowest:
            best, narrowest = WithoutOne(voice, rest, apart), size
    return best


def _left_out_alone(every: Sequence[Hull]) -> set[str]:
    """The claimants without whom all others hold one value."""
    return {every[places].voice for left_out, places in _sweep(every) if left_out == 1}
