"""The gap and what stands beside it, against brute force over all pairs and all samples of the line."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from service.domain.agreement import assess, deepest_overlap, separation, widest
from service.domain.evidence import Evidence
from service.domain.figure import Stated
from service.domain.interval import Interval, lies_above, overlap, point
from service.domain.vocabulary import Agreement, IntervalBasis, IntervalKind, Qualifier
from tests.domain.strategies import evidence, intervals, make_evidence

F = Fraction
several = st.lists(evidence(), max_size=7)
several_signed = st.lists(evidence(signed=True), max_size=7)


def brute_gap(figures: Sequence[Evidence]) -> tuple[bool, Fraction, bool] | None:
    """The widest pair of different claimants: (no ratio, gap or difference, open); None if no pair is apart."""
    found = []
    for high, low in permutations(figures, 2):
        a, b = high.interval, low.interval
        assert a is not None
        assert b is not None
        if high.claimant_id != low.claimant_id and lies_above(a, b):
            assert a.low is not None
            assert b.high is not None
            ratio = b.high > 0 and not high.signed
            found.append((not ratio, a.low / b.high if ratio else a.low - b.high, a.low_open or b.high_open))
    return max(found, default=None)


@given(several)
def test_the_gap_is_the_widest_over_all_pairs_of_claimants(figures: list[Evidence]) -> None:
    found, expected = widest(figures), brute_gap(figures)
    if found is None:
        assert expected is None
    else:
        no_ratio = found.gap is None
        size = found.difference if found.gap is None else found.gap
        assert (no_ratio, size, found.open) == expected


@given(several_signed)
def test_signed_amounts_have_a_difference_and_no_gap(figures: list[Evidence]) -> None:
    found, expected = widest(figures), brute_gap(figures)
    if found is None:
        assert expected is None
    else:
        assert found.gap is None
        assert (True, found.difference, found.open) == expected


@given(several)
def test_agreement_says_whether_different_claimants_exclude_each_other(figures: list[Evidence]) -> None:
    claimants = {f.claimant_id for f in figures}
    found = assess(figures)
    if not claimants:
        assert found.agreement is Agreement.NONE
    elif len(claimants) == 1:
        assert found.agreement is Agreement.SINGLE
    else:
        assert (found.agreement is Agreement.CONFLICT) == (brute_gap(figures) is not None)
    assert found.claimant_count == len(claimants)
    assert found.figure_count == len(figures)


@given(several)
def test_without_self_conflict_all_agree_just_when_there_is_no_conflict(figures: list[Evidence]) -> None:
    found = assess(figures)
    if found.self_conflict is None and figures:
        assert (found.agreeing == found.claimant_count) == (found.conflict is None)


@given(several)
def test_self_conflict_is_a_pair_of_one_claimants_own_figures(figures: list[Evidence]) -> None:
    pairs = [
        (a, b) for a, b in permutations(figures, 2) if a.claimant_id == b.claimant_id and separation(a, b) is not None
    ]
    assert (assess(figures).self_conflict is not None) == bool(pairs)


@given(st.lists(intervals(), max_size=6))
def test_the_deepest_overlap_is_found_somewhere_on_the_line(several: list[Interval]) -> None:
    tiny = F(1, 1000)
    edges = {edge for i in several for edge in (i.low, i.high) if edge is not None}
    places = {place for edge in edges for place in (edge - tiny, edge, edge + tiny)} | {F(-1), F(10**6)}
    depths = [sum(overlap(i, point(place)) for i in several) for place in places]
    assert deepest_overlap(several) == max(depths)


@given(st.lists(evidence(), min_size=3, max_size=7))
def test_the_gap_without_one_is_the_least_over_all_claimants(figures: list[Evidence]) -> None:
    found = assess(figures)
    claimants = {f.claimant_id for f in figures}
    if found.without_one is None:
        assert found.conflict is None or len(claimants) < 3
        return
    rests = {c: brute_gap([f for f in figures if f.claimant_id != c]) for c in claimants}
    order = {c: (gap is not None, gap or (False, F(0), False)) for c, gap in rests.items()}
    best = order[found.without_one.claimant_id]
    assert best == min(order.values())


def exact(value: str, claimant: str) -> Evidence:
    stated = Stated(Qualifier.EXACT, Decimal(value))
    return make_evidence(point(F(Decimal(value))), claimant=claimant, stated=stated, id=claimant)


def test_an_open_touch_is_a_conflict_with_a_gap_of_one() -> None:
    most = make_evidence(Interval(F(100), None, low_open=True), claimant="a", id="a")
    found = assess([most, make_evidence(point(F(100)), claimant="b", id="b")])
    assert found.conflict is not None
    assert (found.conflict.gap, found.conflict.open) == (1, True)


def test_where_the_least_allows_nothing_the_difference_is_given() -> None:
    found = assess([exact("0", "a"), exact("5", "b")])
    assert found.conflict is not None
    assert (found.conflict.gap, found.conflict.difference, found.conflict.rank) == (None, 5, 0)


def test_ratios_rank_before_differences_and_wider_before_narrower() -> None:
    wide, narrow = assess([exact("1", "a"), exact("9", "b")]), assess([exact("8", "a"), exact("9", "b")])
    bare = assess([exact("0", "a"), exact("9", "b")])
    ranks = [d.conflict.rank for d in (wide, narrow, bare) if d.conflict]
    assert ranks == sorted(ranks, reverse=True)


def test_rounding_explains_a_conflict_within_half_a_last_digit() -> None:
    assert assess([exact("5600000", "a"), exact("5576000", "b")]).within_rounding
    assert assess([exact("5500000", "a"), exact("5550000", "b")]).within_rounding
    assert not assess([exact("5500000", "a"), exact("5576000", "b")]).within_rounding


def test_rounding_explains_no_more_than_a_twentieth() -> None:
    assert not assess([exact("1000000", "a"), exact("1110000", "b")]).within_rounding
    assert assess([exact("1000000", "a"), exact("1050000", "b")]).within_rounding


@given(st.lists(st.tuples(st.integers(0, 120), st.sampled_from("abc")), max_size=5))
def test_rounding_explains_what_no_two_widened_figures_contradict(stated: list[tuple[int, str]]) -> None:
    figures = [exact(str(number * 10), claimant) for number, claimant in stated]

    def slack(number: int) -> F:
        last = 1 if number == 0 else 10 * 10 ** (len(str(number)) - len(str(number).rstrip("0")))
        return min(F(last, 2), F(number * 10, 20))

    apart = [
        (a, b)
        for (a, one), (b, other) in permutations(stated, 2)
        if one != other and a * 10 - slack(a) > b * 10 + slack(b)
    ]
    found = assess(figures)
    assert found.within_rounding == (found.conflict is not None and not apart)


def test_bounds_that_may_miss_are_told_from_limits() -> None:
    def bounded(kind: IntervalKind | None) -> Evidence:
        stated = Stated(Qualifier.EXACT, Decimal(20), Decimal(10), Decimal(30), kind)
        return make_evidence(Interval(F(10), F(30)), claimant="a", stated=stated, id="a")

    bases = {kind: assess([bounded(kind), exact("40", "b")]).interval_basis for kind in (None, *IntervalKind)}
    missing = {None, IntervalKind.CI90, IntervalKind.CI95, IntervalKind.P5_P95, IntervalKind.IQR}
    assert {kind for kind, basis in bases.items() if basis is IntervalBasis.PROBABILITY_INTERVALS} == missing


def test_the_worked_example_has_a_gap_of_more_than_340() -> None:
    altman = make_evidence(Interval(F(10**8), None, low_open=True), claimant="altman", id="altman")
    found = assess([exact("294000", "deepseek"), altman])
    assert found.conflict is not None
    assert found.conflict.gap == F(10**8, 294000)
    assert found.conflict.open
