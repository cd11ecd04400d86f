"""Agreement by what each claimant says in all, against brute force over claimants and samples of the line."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from service.domain.agreement import assess, most_agreeing
from service.domain.evidence import Evidence
from service.domain.figure import Stated
from service.domain.hull import hull_of, hulls
from service.domain.interval import Interval, lies_above, overlap, point
from service.domain.metric import MetricProperties
from service.domain.separation import relative_difference
from service.domain.vocabulary import Agreement, IntervalBasis, IntervalKind, OverTime, Qualifier, Scale
from tests.domain.strategies import evidence, exact, make_evidence

F = Fraction
several = st.lists(evidence(), max_size=7)
several_signed = st.lists(evidence(signed=True), max_size=7)
totals = st.lists(evidence(over_time=OverTime.RUNNING_TOTAL), min_size=1, max_size=6)
SERIOUSNESS = [Agreement.NONE, Agreement.SINGLE, Agreement.AGREE, Agreement.MIXED, Agreement.CONFLICT]


def brute_conflict(figures: Sequence[Evidence]) -> tuple[F, F] | None:
    """The widest pair of hulls: (relative difference, difference); None if no hull lies above another."""
    found = []
    for upper, lower in permutations([one.interval for one in hulls(figures)], 2):
        if lies_above(upper, lower):
            assert upper.low is not None
            assert lower.high is not None
            found.append((relative_difference(upper.low, lower.high), upper.low - lower.high))
    return max(found, default=None)


def brute_agreeing(figures: Sequence[Evidence]) -> int:
    """The most claimants with a figure that holds one value, by trying values."""
    tiny = F(1, 1000)
    by_claimant = [one.intervals for one in hulls(figures)]
    edges = {edge for own in by_claimant for i in own for edge in (i.low, i.high) if edge is not None}
    places = {place for edge in edges for place in (edge - tiny, edge, edge + tiny)} | {F(-99), F(99)}
    return max((sum(any(overlap(i, point(place)) for i in own) for own in by_claimant) for place in places), default=0)


@given(several | several_signed)
def test_the_conflict_is_the_widest_over_all_pairs_of_claimants(figures: list[Evidence]) -> None:
    found = assess(figures).conflict
    assert (found and found.width) == brute_conflict(figures)


@given(several | several_signed)
def test_agreement_follows_from_shared_values_and_from_hulls(figures: list[Evidence]) -> None:
    found, count = assess(figures), len({figure.voice for figure in figures})
    assert found.agreeing == brute_agreeing(figures)
    if count < 2:
        assert found.agreement is (Agreement.SINGLE if count else Agreement.NONE)
    elif found.agreeing == count:
        assert found.agreement is Agreement.AGREE
    else:
        assert (found.agreement is Agreement.CONFLICT) == (brute_conflict(figures) is not None)
        assert found.agreement in (Agreement.MIXED, Agreement.CONFLICT)
    assert (found.claimant_count, found.figure_count) == (count, len(figures))


@given(several | several_signed | totals)
def test_the_order_of_figures_never_matters(figures: list[Evidence]) -> None:
    assert assess(figures) == assess(figures[::-1])


@given(several)
def test_self_conflict_is_a_pair_of_one_claimants_own_figures(figures: list[Evidence]) -> None:
    pairs = [
        (a, b)
        for a, b in permutations(figures, 2)
        if a.voice == b.voice and a.interval and b.interval and lies_above(a.interval, b.interval)
    ]
    assert (assess(figures).self_conflict is not None) == bool(pairs)


@given(st.lists(evidence(), min_size=3, max_size=7))
def test_without_one_is_the_narrowest_over_all_claimants(figures: list[Evidence]) -> None:
    found = assess(figures)
    voices = {figure.voice for figure in figures}

    def size(kept: Sequence[Evidence]) -> tuple[int, tuple[F, F]]:
        rest = assess(kept)
        return SERIOUSNESS.index(rest.agreement), rest.conflict.width if rest.conflict else (F(0), F(0))

    rests = {voice: size([figure for figure in figures if figure.voice != voice]) for voice in voices}
    if found.without_one is None:
        assert len(voices) < 3 or min(rests.values()) >= size(figures) or found.agreement is Agreement.AGREE
    else:
        assert rests[found.without_one.voice] == min(rests.values()) < size(figures)


@given(totals)
def test_totals_exclude_each_other_only_in_the_order_of_time(figures: list[Evidence]) -> None:
    def excludes(x: Evidence, y: Evidence) -> bool:
        if x.said is None or y.said is None or not x.interval or not y.interval:
            return False
        return lies_above(x.interval, y.interval) and x.said.latest <= y.said.earliest

    pairs = [(x, y) for x, y in permutations(figures, 2) if excludes(x, y)]
    found = assess(figures)
    assert found.agreeing is None
    assert (found.self_conflict is not None) == any(x.voice == y.voice for x, y in pairs)
    if not any(x.voice != y.voice for x, y in pairs):
        assert found.conflict is None


def one_sided(qualifier: Qualifier, number: int, claimant: str = "a") -> Evidence:
    decimal = Decimal(number)
    below = qualifier in (Qualifier.AT_LEAST, Qualifier.MORE_THAN)
    stated = Stated(qualifier, lower=decimal) if below else Stated(qualifier, upper=decimal)
    interval = Interval(F(number), None) if below else Interval(F(0), F(number))
    return make_evidence(interval, stated=stated, claimant=claimant, id=f"{claimant}{qualifier}{number}")


def test_a_bound_that_contains_another_figure_of_the_claimant_adds_nothing() -> None:
    found = hull_of([one_sided(Qualifier.AT_LEAST, 100), exact(200, id="b")])
    assert found.interval == point(F(200))


def test_bounds_of_one_claimant_that_exclude_nothing_are_read_together() -> None:
    found = hull_of([one_sided(Qualifier.AT_LEAST, 100), one_sided(Qualifier.AT_MOST, 300)])
    assert found.interval == Interval(F(100), F(300))
    assert most_agreeing([found]) == 1


def test_an_open_touch_is_a_conflict_with_a_gap_of_one() -> None:
    stated = Stated(Qualifier.MORE_THAN, lower=Decimal(100))
    most = make_evidence(Interval(F(100), None, low_open=True), claimant="a", id="a", stated=stated)
    found = assess([most, exact(100, claimant="b", id="b")])
    assert found.conflict is not None
    assert (found.conflict.gap, found.conflict.open) == (1, True)


def test_amounts_on_both_sides_of_zero_have_a_difference_and_no_gap() -> None:
    found = assess([exact(0, id="a"), exact(5, claimant="b", id="b")])
    assert found.conflict is not None
    assert (found.conflict.gap, found.conflict.difference, found.conflict.relative_difference) == (None, 5, 1)


def test_ranks_have_neither_gap_nor_difference() -> None:
    ranks = MetricProperties("{rank}", scale=Scale.ORDINAL)
    found = assess([exact(1, metric=ranks, id="a"), exact(3, claimant="b", metric=ranks, id="b")])
    assert found.conflict is not None
    assert (found.conflict.gap, found.conflict.difference, found.conflict.relative_difference) == (None, None, None)
    assert not found.within_rounding


def is_explained(*numbers: str) -> bool:
    figures = [exact(number, claimant=chr(97 + place), id=str(place)) for place, number in enumerate(numbers)]
    return assess(figures).within_rounding


def test_rounding_explains_a_conflict_by_less_than_half_a_last_digit() -> None:
    assert is_explained("5600000", "5576000")
    assert not is_explained("25", "26")
    assert not is_explained("1000", "1999")


def test_truncation_explains_a_conflict_by_less_than_a_last_digit() -> None:
    assert is_explained("8700", "8751")


def test_rounding_explains_no_more_than_a_twentieth() -> None:
    assert not is_explained("1000000", "1110000")


def test_bounds_that_may_miss_are_told_from_limits() -> None:
    def bounded(kind: IntervalKind | None) -> Evidence:
        stated = Stated(Qualifier.EXACT, Decimal(20), Decimal(10), Decimal(30), kind)
        return make_evidence(Interval(F(10), F(30)), claimant="a", stated=stated, id="a")

    bases = {
        kind: assess([bounded(kind), exact(40, claimant="b", id="b")]).interval_basis for kind in (None, *IntervalKind)
    }
    limits = {kind for kind, basis in bases.items() if basis is IntervalBasis.STATED_LIMITS}
    assert limits == {None, IntervalKind.RANGE}


def test_the_worked_example_has_a_gap_of_more_than_340() -> None:
    altman = make_evidence(
        Interval(F(10**8), None, low_open=True),
        claimant="altman",
        id="altman",
        stated=Stated(Qualifier.MORE_THAN, lower=Decimal(10**8)),
    )
    found = assess([exact(294000, claimant="deepseek", id="d"), altman])
    assert found.conflict is not None
    assert found.conflict.gap == F(10**8, 294000)
    assert found.conflict.open
