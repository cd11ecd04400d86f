import csv
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.drift import Drift, Origin, hold, trace_all
from service.domain.evidence import Evidence, metric_interval
from service.domain.figure import Stated
from service.domain.metric import MetricProperties
from service.domain.number import stated_precision
from service.domain.period import parse_period
from service.domain.units import SAME
from service.domain.vocabulary import Basis, DriftFlag, DriftResult, Qualifier
from tests.domain.strategies import evidence, make_evidence

CASES = list(csv.DictReader(Path(__file__).with_name("drift_cases.csv").read_text("utf-8").splitlines()))


def stated(qualifier: Qualifier, value: str | None = None, lower: str | None = None, **fields: Any) -> Evidence:
    precision = stated_precision(value) if value else None
    number = Stated(
        qualifier, Decimal(value) if value else None, Decimal(lower) if lower else None, precision=precision
    )
    interval = metric_interval(number, signed=True, conversion=SAME)
    return make_evidence(interval, stated=number, **fields)


def exact(value: str, **fields: Any) -> Evidence:
    return stated(Qualifier.EXACT, value, **fields)


def trace(relay: Evidence, origin: Origin) -> Drift:
    return trace_all([relay], origin)[relay.id]


@pytest.mark.parametrize("case", CASES, ids=[f"{c['relay_stated_as']} of {c['origin_value']}" for c in CASES])
def test_cases_from_the_press(case: dict[str, str]) -> None:
    assert hold(exact(case["relay_value"]), exact(case["origin_value"])).result == case["expected"]


def test_the_factor_is_relay_to_origin() -> None:
    assert hold(exact("648"), exact("512")).factor == Fraction(648, 512)
    assert hold(exact("29400000"), exact("294000")).factor == 100
    assert hold(exact("5300000"), exact("5576000")).size > 0


@pytest.mark.parametrize(
    ("relay", "origin", "result"),
    [
        (stated(Qualifier.ABOUT, "100"), exact("100"), DriftResult.ROUNDED),
        (stated(Qualifier.MORE_THAN, lower="5000000"), exact("5576000"), DriftResult.WEAKENED),
        (exact("10000000000"), stated(Qualifier.MORE_THAN, lower="100000000"), DriftResult.SHARPENED),
        (exact("100"), stated(Qualifier.MORE_THAN, lower="100"), DriftResult.SHARPENED),
        (exact("94"), stated(Qualifier.ABOUT, "95"), DriftResult.SHARPENED),
        (exact("300"), exact("100"), DriftResult.DRIFT),
    ],
)
def test_the_results_in_their_order(relay: Evidence, origin: Evidence, result: DriftResult) -> None:
    assert hold(relay, origin).result is result


SIGNED = MetricProperties("USD", signed=True)


@pytest.mark.parametrize(
    ("relay", "origin", "factor", "difference"),
    [("-100", "-34", Fraction(100, 34), 66), ("100", "-34", None, 134), ("0", "5", None, 5)],
)
def test_amounts_of_different_signs_have_a_difference_and_no_factor(
    relay: str, origin: str, factor: Fraction | None, difference: int
) -> None:
    found = hold(exact(relay, metric=SIGNED), exact(origin, metric=SIGNED))
    assert (found.result, found.factor, found.difference) == (DriftResult.DRIFT, factor, difference)


def test_without_values_the_gap_is_the_factor() -> None:
    found = hold(stated(Qualifier.MORE_THAN, lower="300"), exact("100"))
    assert (found.result, found.factor) == (DriftResult.DRIFT, 3)


def test_a_relay_is_paired_within_its_scope() -> None:
    origins = [exact("5576000", scope="full", id="full"), exact("5328000", scope="pre", id="pre")]
    found = trace(exact("5300000", scope="pre"), Origin(origins))
    assert found.origin is not None
    assert (found.origin.id, found.result) == ("pre", DriftResult.ROUNDED)


def test_a_relay_without_scope_is_paired_with_the_only_candidate() -> None:
    found = trace(exact("294000", scope=None), Origin([exact("294000")]))
    assert (found.result, found.flags) == (DriftResult.SAME, (DriftFlag.SCOPE_CHANGED,))
    assert (
        trace(exact("7", scope=None), Origin([exact("7", scope="a"), exact("7", scope="b")])).result
        is DriftResult.UNPAIRED
    )


def test_a_kept_number_under_another_scope_is_flagged_and_another_number_is_no_copy() -> None:
    found = trace(exact("5500000", scope="pre"), Origin([exact("5576000", scope="full")]))
    assert (found.result, found.flags) == (DriftResult.ROUNDED, (DriftFlag.SCOPE_CHANGED,))
    assert trace(exact("10000", scope="post"), Origin([exact("5576000", scope="full")])).result is DriftResult.UNPAIRED


def test_a_scoped_relay_of_an_unscoped_origin_drifts_only_if_it_could_be_the_same() -> None:
    assert trace(exact("5000000", scope="part"), Origin([exact("50000000", scope=None)])).result is DriftResult.UNPAIRED
    assert trace(exact("50000000", scope="part"), Origin([exact("50000000", scope=None)])).result is DriftResult.SAME


@pytest.mark.parametrize(
    ("relay", "relay_year", "origin_year", "result"),
    [
        ("5390000", 2023, 2024, DriftResult.REPRICED),
        ("9000000", 2023, 2024, DriftResult.DRIFT),
        ("8900000", 2019, 2024, DriftResult.REPRICED),
        ("20000000", 1990, 2024, DriftResult.DRIFT),
        ("6000000", None, 2024, DriftResult.ROUNDED),
    ],
)
def test_prices_of_another_year_explain_what_inflation_can(
    relay: str, relay_year: int | None, origin_year: int, result: DriftResult
) -> None:
    found = hold(exact(relay, price_year=relay_year), exact("5576000", price_year=origin_year))
    assert found.result is result
    changed = () if relay_year is None else (DriftFlag.PRICE_YEAR_CHANGED,)
    assert found.flags == changed


def test_without_a_price_year_the_origin_is_in_prices_of_the_year_when_it_was_said() -> None:
    origin = exact("5576000", said=parse_period("2024"))
    assert hold(exact("5390000", price_year=2023), origin).result is DriftResult.REPRICED
    assert hold(exact("29400000", price_year=2024), origin).result is DriftResult.DRIFT


def test_a_number_in_another_currency_is_not_its_origins() -> None:
    found = hold(exact("350", currency="USD"), exact("350", currency="EUR", is_foreign=True))
    assert (found.result, found.factor) == (DriftResult.DRIFT, None)
    assert found.flags == (DriftFlag.CURRENCY_CHANGED,)
    assert found.is_listed


def test_an_estimate_relayed_as_reported_is_listed_although_the_number_was_kept() -> None:
    found = hold(exact("5"), exact("5", basis=Basis.ESTIMATED))
    assert (found.result, found.flags, found.is_listed) == (DriftResult.SAME, (DriftFlag.BASIS_CHANGED,), True)


def test_figures_are_paired_one_to_one_equal_numbers_first() -> None:
    origin = Origin([exact("100", id="a"), exact("104", id="b")])
    found = trace_all([exact("103", id="x"), exact("104", id="y")], origin)
    assert {one: drift.origin and drift.origin.id for one, drift in found.items()} == {"x": "a", "y": "b"}


@given(st.lists(st.integers(0, 30), max_size=6), st.lists(st.integers(0, 30), max_size=6))
def test_the_nearest_are_paired_first(relays: list[int], origins: list[int]) -> None:
    some = [exact(str(n), id=f"r{place}") for place, n in enumerate(relays)]
    others = [exact(str(n), id=f"o{place}") for place, n in enumerate(origins)]
    found = trace_all(some, Origin(others))
    paired = [one for one in found.values() if one.origin is not None]
    assert len(paired) == min(len(some), len(others))
    distances = sorted(one.difference for one in paired if one.difference is not None)
    left, right, expected = sorted(relays), sorted(origins), []
    while left and right:
        distance, r, o = min((abs(r - o), r, o) for r in left for o in right)
        expected.append(distance)
        left.remove(r)
        right.remove(o)
    assert distances[:1] == sorted(expected)[:1]
    assert sum(distance == 0 for distance in distances) == sum(distance == 0 for distance in expected)


def test_another_subject_is_flagged() -> None:
    assert hold(exact("512", subject="r1"), exact("512", subject="r1-zero")).flags == (DriftFlag.SUBJECT_CHANGED,)


def test_words_are_held_against_words_only() -> None:
    few = Stated(Qualifier.VAGUE, stated_as="a few tens of millions")
    vague = make_evidence(None, stated=few)
    assert hold(vague, vague).result is DriftResult.SAME
    assert hold(vague, exact("24000000")).result is DriftResult.UNPAIRED


@given(evidence())
def test_a_faithful_copy_never_drifts(figure: Evidence) -> None:
    assert hold(figure, figure).result is DriftResult.SAME


def test_of_a_thousand_numbers_of_one_claim_the_nearest_was_relayed() -> None:
    origin = Origin([exact(str(number), id=str(number)) for number in range(10, 10_010, 10)])
    found = trace(exact("5000"), origin)
    assert (found.result, found.origin and found.origin.value) == (DriftResult.SAME, 5000)
    found = trace(exact("7001"), origin)
    assert found.origin is not None
    assert found.origin.value == 7000
