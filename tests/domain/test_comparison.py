from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from service.domain.comparability import comparability, price_years_differ
from service.domain.comparison import BY_PARTY, REPORTED_AND_ESTIMATED, SideChoice, compare
from service.domain.evidence import Evidence
from service.domain.interval import Interval, hull, lies_above, overlap, point
from service.domain.metric import MetricProperties
from service.domain.vocabulary import Basis, ClaimantRole, ComparabilityStatus, Reason, Verdict
from tests.domain.strategies import evidence, make_evidence

F = Fraction


def reported(low: int, high: int | None = None, **fields: object) -> Evidence:
    return make_evidence(Interval(F(low), F(low if high is None else high)), basis=Basis.REPORTED, **fields)  # type: ignore[arg-type]


def estimated(low: int, high: int | None = None, **fields: object) -> Evidence:
    interval = Interval(F(low), F(low if high is None else high))
    return make_evidence(interval, basis=Basis.ESTIMATED, claimant="b", **fields)  # type: ignore[arg-type]


@given(st.lists(evidence(), max_size=6))
def test_the_verdict_follows_from_hulls_and_pairs(figures: list[Evidence]) -> None:
    found = compare(figures, scope_stated=True)
    ours = [f.interval for f in figures if f.basis is Basis.REPORTED and f.interval]
    theirs = [f.interval for f in figures if f.basis is Basis.ESTIMATED and f.interval]
    base, other = hull(ours), hull(theirs)
    if base is None or other is None:
        expected = {
            (True, True): Verdict.NONE,
            (False, True): Verdict.REPORTED_ONLY,
            (True, False): Verdict.ESTIMATED_ONLY,
        }[base is None, other is None]
    elif lies_above(other, base):
        expected = Verdict.ESTIMATES_HIGHER
    elif lies_above(base, other):
        expected = Verdict.ESTIMATES_LOWER
    elif any(overlap(a, b) for a in ours for b in theirs):
        expected = Verdict.CONSISTENT
    else:
        expected = Verdict.MIXED
    assert found.verdict is expected
    assert (found.hulls[Basis.REPORTED], found.hulls[Basis.ESTIMATED]) == (base, other)


SIDES = [REPORTED_AND_ESTIMATED, BY_PARTY, SideChoice("basis", Basis.ALLEGED, Basis.REPORTED)]


@given(st.lists(evidence(), max_size=6), st.sampled_from(SIDES))
def test_every_figure_has_one_place(figures: list[Evidence], sides: SideChoice) -> None:
    found = compare(figures, sides=sides, scope_stated=True)
    placed = [*found.base, *found.other, *(aside.figure for aside in found.beside), *found.relays]
    assert sorted(f.id for f in placed) == sorted(f.id for f in figures)


def test_hulls_that_overlap_without_a_pair_are_mixed() -> None:
    found = compare([reported(1, id="a"), reported(9, id="b"), estimated(5)], scope_stated=True)
    assert found.verdict is Verdict.MIXED


def test_parties_are_compared_on_request() -> None:
    first = make_evidence(point(F(2)), role=ClaimantRole.FIRST_PARTY, basis=Basis.ESTIMATED, id="1")
    third = make_evidence(point(F(6)), role=ClaimantRole.THIRD_PARTY, claimant="b", id="2")
    found = compare([first, third, make_evidence(point(F(1)), claimant="c", id="3")], sides=BY_PARTY, scope_stated=True)
    assert found.verdict is Verdict.THIRD_PARTY_HIGHER
    assert found.ratio is not None
    assert found.ratio.interval == point(F(3))
    assert [aside.why for aside in found.beside] == ["claimant_role_unknown"]


def test_relays_and_assumptions_count_nowhere() -> None:
    relay = estimated(900, id="relay", is_relay=True)
    assumed = make_evidence(point(F(5)), basis=Basis.ASSUMED, id="assumed")
    found = compare([reported(3), relay, assumed], scope_stated=True)
    assert found.verdict is Verdict.REPORTED_ONLY
    assert found.relays == (relay,)
    assert [(aside.figure.id, aside.why) for aside in found.beside] == [("assumed", "assumed")]
    assert found.disagreement.figure_count == 1


def test_nothing_is_divided_by_zero() -> None:
    found = compare([reported(0), estimated(5)], scope_stated=True)
    assert found.ratio is None
    assert found.comparability is not None
    assert found.comparability.reasons == (Reason.DENOMINATOR_ZERO,)
    assert found.comparability.status is ComparabilityStatus.NOT_COMPARABLE
    assert found.verdict is Verdict.ESTIMATES_HIGHER


def test_a_scope_that_is_not_stated_makes_it_conditional_with_the_ratio_beside() -> None:
    scoped = MetricProperties("USD", has_scopes=True)
    found = compare([reported(1, metric=scoped), estimated(2, metric=scoped)], scope_stated=False)
    assert found.comparability is not None
    assert found.comparability.status is ComparabilityStatus.CONDITIONAL
    assert found.comparability.reasons == (Reason.SCOPE_NOT_STATED,)
    assert found.ratio is not None


def test_a_metric_without_scopes_leaves_none_unsaid() -> None:
    found = compare([reported(1), estimated(2)], scope_stated=False)
    assert found.comparability is not None
    assert found.comparability.status is ComparabilityStatus.COMPARABLE


def test_one_side_alone_has_no_comparability() -> None:
    assert compare([reported(1)], scope_stated=True).comparability is None


SIGNED = MetricProperties("USD", signed=True)


def test_signed_amounts_of_one_sign_have_a_ratio() -> None:
    found = compare([reported(-2, metric=SIGNED), estimated(-1, metric=SIGNED)], scope_stated=True)
    assert found.ratio is not None
    assert found.ratio.interval == point(F(1, 2))
    assert found.verdict is Verdict.ESTIMATES_HIGHER


def test_amounts_of_different_signs_have_no_ratio() -> None:
    found = compare([reported(-1, metric=SIGNED), estimated(2, metric=SIGNED)], scope_stated=True)
    assert found.ratio is None
    assert found.comparability is not None
    assert found.comparability.reasons == (Reason.SIGNS_DIFFER,)


def test_figures_of_one_foreign_currency_are_computed_in_it() -> None:
    euros = [
        reported(35, currency="EUR", is_foreign=True, id="a"),
        reported(350, currency="EUR", is_foreign=True, claimant="b", id="b"),
    ]
    found = compare(euros, scope_stated=True)
    assert found.currency == "EUR"
    assert found.disagreement.conflict is not None
    assert found.disagreement.conflict.gap == 10


def test_only_two_different_stated_years_differ() -> None:
    assert price_years_differ([2023], [2024, None])
    assert price_years_differ([2023], [2023, 2024])
    assert not price_years_differ([2023], [None])
    assert not price_years_differ([2023, None], [2023])
    assert not price_years_differ([2023, 2024], [])


def test_reasons_are_sorted_and_named_once() -> None:
    found = comparability([Reason.SUBJECTS_DIFFER, Reason.METRICS_DIFFER, Reason.SUBJECTS_DIFFER])
    assert found.reasons == (Reason.METRICS_DIFFER, Reason.SUBJECTS_DIFFER)
