import csv
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from service.domain.drift import Origin, hold, trace
from service.domain.evidence import Evidence, metric_interval
from service.domain.figure import Stated
from service.domain.vocabulary import DriftFlag, DriftResult, Qualifier
from tests.domain.strategies import evidence, make_evidence

CASES = list(csv.DictReader(Path(__file__).with_name("drift_cases.csv").read_text("utf-8").splitlines()))


def stated(qualifier: Qualifier, value: str | None = None, lower: str | None = None, **fields: Any) -> Evidence:
    number = Stated(qualifier, Decimal(value) if value else None, Decimal(lower) if lower else None)
    interval = metric_interval(number, signed=False, factor=Fraction(1))
    return make_evidence(interval, stated=number, **fields)


def exact(value: str, **fields: Any) -> Evidence:
    return stated(Qualifier.EXACT, value, **fields)


@pytest.mark.parametrize("case", CASES, ids=[f"{c['relay_stated_as']} of {c['origin_value']}" for c in CASES])
def test_cases_from_the_press(case: dict[str, str]) -> None:
    assert hold(exact(case["relay_value"]), exact(case["origin_value"])).result == case["expected"]


def test_the_factor_is_relay_to_origin() -> None:
    assert hold(exact("648"), exact("512")).factor == Fraction(648, 512)
    assert hold(exact("29400000"), exact("294000")).factor == 100
    assert hold(exact("5300000"), exact("5576000")).size > 1


def test_the_same_number_under_another_qualifier_is_requalified() -> None:
    assert hold(stated(Qualifier.ABOUT, "100"), exact("100")).result is DriftResult.REQUALIFIED
    assert hold(exact("100"), stated(Qualifier.ABOUT, "95")).result is DriftResult.REQUALIFIED


def test_bounds_that_touch_openly_are_the_same_number_in_other_terms() -> None:
    more, less = stated(Qualifier.MORE_THAN, lower="100"), stated(Qualifier.EXACT, "100")
    assert hold(less, more).result is DriftResult.REQUALIFIED


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


def test_prices_of_another_year_are_flagged_without_a_verdict_of_drift() -> None:
    found = hold(exact("5390000", price_year=2023), exact("5576000", price_year=2024))
    assert (found.result, found.flags) == (DriftResult.REQUALIFIED, (DriftFlag.PRICE_YEAR_CHANGED,))
    undated = hold(exact("5390000", price_year=2023), exact("5576000"))
    assert undated.flags == (DriftFlag.PRICE_YEAR_CHANGED,)
    dropped = hold(exact("191000000"), exact("191400000", price_year=2023))
    assert (dropped.result, dropped.flags) == (DriftResult.ROUNDED, ())


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
    origin = Origin([exact(str(number)) for number in range(10, 10_010, 10)])
    found = trace(exact("5000"), origin)
    assert (found.result, found.origin and found.origin.value) == (DriftResult.SAME, 5000)
    found = trace(exact("7001"), origin)
    assert found.origin is not None
    assert found.origin.value == 7000
