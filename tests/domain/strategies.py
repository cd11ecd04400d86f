"""Hypothesis strategies for the domain."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from service.domain.evidence import Evidence
from service.domain.figure import Stated
from service.domain.interval import Interval, point
from service.domain.metric import MetricProperties
from service.domain.number import stated_precision
from service.domain.period import Period, parse_period
from service.domain.units import Conversion
from service.domain.vocabulary import Basis, ClaimantRole, OverTime, Qualifier

_PLAIN = MetricProperties("USD")
_ONE = Fraction(1)

# few distinct values, so that ends touch often
small = st.integers(0, 6).map(Fraction)
signed_small = st.integers(-4, 4).map(Fraction)


@st.composite
def intervals(draw: st.DrawFn, values: st.SearchStrategy[Fraction] = small, *, unbounded_low: bool = False) -> Interval:
    """Non-empty intervals."""
    low = draw(st.none() | values) if unbounded_low else draw(values)
    high = draw(st.none() | values)
    if low is not None and high is not None and low > high:
        low, high = high, low
    if low is not None and low == high:
        return Interval(low, high)
    return Interval(low, high, draw(st.booleans()), draw(st.booleans()))


@st.composite
def evidence(draw: st.DrawFn, *, signed: bool = False, over_time: OverTime = OverTime.FIXED) -> Evidence:
    """A counted figure with any interval, by one of four claimants."""
    values = signed_small if signed else small
    interval = draw(intervals(values, unbounded_low=signed))
    metric = MetricProperties("USD", signed=signed, over_time=over_time)
    return make_evidence(
        interval,
        claimant=draw(st.sampled_from("abcd")),
        basis=draw(st.sampled_from([Basis.REPORTED, Basis.ESTIMATED, Basis.ALLEGED])),
        metric=metric,
        said=draw(st.none() | st.integers(1, 4).map(lambda day: parse_period(f"2024-01-0{day}"))),
        id=draw(st.uuids().map(str)),
    )


def make_evidence(
    interval: Interval | None,
    *,
    claimant: str = "a",
    basis: Basis = Basis.REPORTED,
    stated: Stated | None = None,
    metric: MetricProperties = _PLAIN,
    id: str = "x",
    claim: str = "",
    scope: str | None = "s",
    subject: str = "u",
    price_year: int | None = None,
    period: Period | None = None,
    said: Period | None = None,
    is_relay: bool = False,
    currency: str | None = None,
    is_foreign: bool = False,
    factor: Fraction = _ONE,
    role: ClaimantRole = ClaimantRole.UNKNOWN,
) -> Evidence:
    return Evidence(
        id=id,
        claim_id=claim or id,
        voice=claimant,
        name=claimant.upper(),
        keys=(claimant, "", id),
        basis=basis,
        role=role,
        stated=stated or _stated(interval),
        subject_id=subject,
        metric_id="m",
        metric=metric,
        scope_id=scope,
        price_year=price_year,
        period=period,
        said=said,
        currency=currency,
        is_relay=is_relay,
        stands_in=False,
        is_foreign=is_foreign,
        conversion=Conversion(factor),
        own_interval=interval,
    )


def _stated(interval: Interval | None) -> Stated:
    """Words that allow the interval: a one-sided qualifier if it has one end only."""
    if interval is None:
        return Stated(Qualifier.VAGUE, stated_as="some")
    low, high = (None if end is None else Decimal(end.numerator) for end in (interval.low, interval.high))
    if high is None and low is not None:
        return Stated(Qualifier.MORE_THAN if interval.low_open else Qualifier.AT_LEAST, lower=low)
    return Stated(Qualifier.BETWEEN, lower=low, upper=high)


def exact(value: int | str, *, precision: str | None = None, **fields: Any) -> Evidence:
    """An exact figure, whose precision is read from its digits unless it is given."""
    digits = Decimal(precision) if precision else stated_precision(str(value))
    stated = Stated(Qualifier.EXACT, Decimal(value), precision=digits)
    return make_evidence(point(Fraction(value)), stated=stated, **fields)
