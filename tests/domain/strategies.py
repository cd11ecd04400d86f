"""Hypothesis strategies for the domain."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st

from service.domain.evidence import Evidence
from service.domain.figure import Stated
from service.domain.interval import Interval
from service.domain.vocabulary import Basis, ClaimantRole, Qualifier

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
def evidence(draw: st.DrawFn, *, signed: bool = False) -> Evidence:
    """A counted figure with any interval, by one of four claimants."""
    values = signed_small if signed else small
    interval = draw(intervals(values, unbounded_low=signed))
    return make_evidence(
        interval,
        claimant=draw(st.sampled_from("abcd")),
        basis=draw(st.sampled_from([Basis.REPORTED, Basis.ESTIMATED, Basis.ALLEGED])),
        signed=signed,
        id=draw(st.uuids().map(str)),
    )


def make_evidence(
    interval: Interval | None,
    *,
    claimant: str = "a",
    basis: Basis = Basis.REPORTED,
    stated: Stated | None = None,
    signed: bool = False,
    id: str = "x",
    scope: str | None = "s",
    subject: str = "u",
    price_year: int | None = None,
    is_relay: bool = False,
    factor: Fraction | None = Fraction(1),
    role: ClaimantRole = ClaimantRole.UNKNOWN,
) -> Evidence:
    return Evidence(
        id=id,
        claimant_id=claimant,
        basis=basis,
        role=role,
        stated=stated or Stated(Qualifier.BETWEEN, lower=Decimal(0), upper=Decimal(1)),
        subject_id=subject,
        metric_id="m",
        scope_id=scope,
        price_year=price_year,
        is_relay=is_relay,
        period_approximate=False,
        factor=factor,
        signed=signed,
        interval=interval,
    )
