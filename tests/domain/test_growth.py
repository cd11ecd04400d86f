"""The work of the domain grows at most as n log n with the number of figures. Steps are counted, not seconds."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import FrameType
from typing import Any

import pytest

from service.domain.agreement import assess, most_agreeing
from service.domain.assessment import Copied, assess_measurand
from service.domain.comparison import compare
from service.domain.consistency import Scopes, check_all
from service.domain.drift import Origin
from service.domain.equation import Factor, Product, Sum
from service.domain.evidence import Evidence
from service.domain.figure import Stated
from service.domain.hull import hulls
from service.domain.interval import Interval, point
from service.domain.metric import MetricProperties
from service.domain.parts import Part, all_exceeded
from service.domain.period import Period
from service.domain.scopes import wholes
from service.domain.standing import extent, standing
from service.domain.vocabulary import Basis, OverTime, Qualifier
from tests.domain.strategies import make_evidence

F = Fraction
_FEW, _MANY = 500, 4_000
_TOTAL = MetricProperties("USD", over_time=OverTime.RUNNING_TOTAL)


class Steps:
    number = 0


@contextmanager
def counted() -> Iterator[Steps]:
    """Counts calls of functions, Python's own included: every comparison of two exact numbers is some of them."""
    steps = Steps()

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        if event in ("call", "c_call"):
            steps.number += 1

    sys.setprofile(count)
    try:
        yield steps
    finally:
        sys.setprofile(None)


def figure(number: int, *, claimant: str | None = None, basis: Basis | None = None, **fields: Any) -> Evidence:
    """Without the same value twice; the sides alternate, so that their ranges overlap and no two figures do."""
    stated = Stated(Qualifier.EXACT, Decimal(number + 1))
    return make_evidence(
        point(F(number + 1)),
        id=str(number),
        claimant=claimant or str(number),
        basis=basis or (Basis.REPORTED, Basis.ESTIMATED)[number % 2],
        stated=stated,
        **fields,
    )


def alternating(n: int) -> list[Evidence]:
    return [figure(number) for number in range(n)]


def of_one_claimant(n: int) -> list[Evidence]:
    return [figure(number, claimant="a") for number in range(n)]


def nested(n: int) -> list[Evidence]:
    return [
        make_evidence(Interval(F(k + 1), F(3 * n - k)), id=str(k), claimant=str(k), basis=Basis.REPORTED)
        for k in range(n)
    ]


def relays(n: int) -> list[Evidence]:
    return [figure(number, is_relay=True) for number in range(n)]


def compared(figures: list[Evidence]) -> None:
    compare(figures, scope_stated=True)


def traced(figures: list[Evidence]) -> None:
    """All of them relay one claim, which has as many figures as they are."""
    origin = Origin([figure(10**6 + number) for number in range(len(figures))])
    copied = [Copied([relay], origin) for relay in figures for _ in ("parent", "root")]
    assess_measurand(figures, copied, scope_stated=True)


def overlapping(figures: list[Evidence]) -> None:
    most_agreeing(hulls(figures))


def totalled(figures: list[Evidence]) -> None:
    """Running totals, each of a day of its own."""
    days = [date(2000, 1, 1) + timedelta(days=number) for number in range(len(figures))]
    assess([replace(one, metric=_TOTAL, said=Period(day, day)) for one, day in zip(figures, days, strict=True)])


def parts(figures: list[Evidence]) -> None:
    """Periods of a day to three years, each of which begins on another day."""
    some = [
        Part(one.id, one.id, "q", None, _days(number), extent([one]), parts_add_up=True, periods_add_up=True)
        for number, one in enumerate(figures)
    ]
    all_exceeded(some, {})


def _days(number: int) -> tuple[date, date]:
    first = date(2000, 1, 1) + timedelta(days=number)
    return first, first + timedelta(days=number * 7919 % 1_000)


def chained(figures: list[Evidence]) -> None:
    """Scopes, fifty deep."""
    part_of = {one.id: None if index % 50 == 0 else figures[index - 1].id for index, one in enumerate(figures)}
    for one in figures:
        list(wholes(one.id, part_of))


@pytest.mark.parametrize("world", [alternating, of_one_claimant, nested], ids=lambda world: world.__name__)
@pytest.mark.parametrize(
    "work", [compared, assess, standing, overlapping, totalled, chained], ids=lambda work: work.__name__
)
def test_work_grows_at_most_as_n_log_n(
    world: Callable[[int], list[Evidence]], work: Callable[[list[Evidence]], Any]
) -> None:
    assert growth(world, work) < 1.6 * _MANY / _FEW


def test_the_work_of_comparing_periods_grows_with_their_number() -> None:
    assert growth(nested, parts) < 1.6 * _MANY / _FEW


def test_the_work_of_tracing_relays_grows_with_their_number() -> None:
    assert growth(relays, traced) < 1.6 * _MANY / _FEW


_A = MetricProperties("1", over_time=OverTime.BY_PERIOD)


def checked_by_period(figures: list[Evidence]) -> None:
    """A third state the output, each of a day of its own; the others state a factor for all time."""
    days = [date(2000, 1, 1) + timedelta(days=number) for number in range(len(figures))]
    stated = [
        replace(one, metric_id="abc"[number % 3])
        if number % 3
        else replace(one, metric_id="a", metric=_A, period=Period(day, day))
        for number, (one, day) in enumerate(zip(figures, days, strict=True))
    ]
    check_all(Product("a", (Factor("b", 1, {}), Factor("c", 1, {}))), stated, Scopes(frozenset()))


def checked_by_scope(figures: list[Evidence]) -> None:
    """Each scope of the output is paired with one of a factor; of the other factor many state an amount without."""
    scopes = [f"{'abc'[number % 3]}{number // 3}" for number in range(len(figures))]
    stated = [
        replace(one, metric_id=scope[0], scope_id=None if scope[0] == "c" else scope)
        for one, scope in zip(figures, scopes, strict=True)
    ]
    known = Scopes(
        frozenset("abc"),
        {scope: scope[1:] for scope in scopes},
        {(scope[0], scope[1:]): scope for scope in scopes},
    )
    check_all(Product("a", (Factor("b", 1, {}), Factor("c", 1, {}))), stated, known)


def checked_as_a_sum(figures: list[Evidence]) -> None:
    parts = [replace(one, metric_id="a", scope_id=one.id) for one in figures]
    check_all(Sum("a", "whole", tuple(one.id for one in figures), complete=True), parts, Scopes(frozenset("a")))


@pytest.mark.parametrize(
    "work", [checked_by_period, checked_by_scope, checked_as_a_sum], ids=lambda work: work.__name__
)
@pytest.mark.parametrize("world", [alternating, of_one_claimant], ids=lambda world: world.__name__)
def test_the_work_of_checking_equations_grows_with_the_number_of_figures(
    world: Callable[[int], list[Evidence]], work: Callable[[list[Evidence]], Any]
) -> None:
    assert growth(world, work) < 1.6 * _MANY / _FEW


def growth(world: Callable[[int], list[Evidence]], work: Callable[[list[Evidence]], Any]) -> float:
    steps = []
    for n in (_FEW, _MANY):
        figures = world(n)
        with counted() as counter:
            work(figures)
        steps.append(counter.number)
    return steps[1] / steps[0]
