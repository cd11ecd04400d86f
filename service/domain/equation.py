"""Equations: a metric as a product of others, or a scope as the sum of its parts.

Each input occurs once, so the bounds of an interval that follows are exact: no amount is counted on both sides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from service.domain.interval import Interval, add, holds_zero, multiply, reciprocal
from service.domain.scopes import PartOf, wholes
from service.domain.units import parse_unit
from service.errors import Invalid

MOST_FACTORS = 8
MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class Factor:
    """An input of a product: `exponent` is 1 or −1. `scopes` maps scopes of the output to those of this metric, where
    the equation says which belong together; None is a scope that is not stated. `signed`: it may be negative.
    """

    metric_id: str
    exponent: int
    scopes: Mapping[str | None, str | None]
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """`scale` is how many of the output's unit one unit of each factor makes."""

    metric_id: str
    factors: tuple[Factor, ...]
    scale: Fraction = Fraction(1)

    @property
    def metrics(self) -> frozenset[str]:
        return frozenset({self.metric_id, *(factor.metric_id for factor in self.factors)})

    def result(self, inputs: Mapping[int, Interval]) -> Interval | None:
        """What follows for the output from an amount of each factor. None if one to divide by is only zero."""
        factors = ((amount, self.factors[number].exponent) for number, amount in inputs.items())
        return _times(Interval(self.scale, self.scale), factors)

    def missing(self, number: int, output: Interval, inputs: Mapping[int, Interval]) -> Interval | None:
        """What the factor with this number would have to be, by the output and the others. None if no amount fits.

        Where the output and the product of the others may both be zero, every amount fits: 0 = 0 × any.
        """
        others = [(amount, self.factors[other].exponent) for other, amount in inputs.items()]
        if any(exponent == -1 and amount.low == amount.high == 0 for amount, exponent in others):
            return None
        multiplied = [amount for amount, exponent in others if exponent == 1]
        if holds_zero(output) and any(map(holds_zero, multiplied)):
            return self._any_amount(number)
        if self.factors[number].exponent == 1:
            inverse = Interval(1 / self.scale, 1 / self.scale)
            return _times(multiply(output, inverse), ((_not_zero(amount), -exponent) for amount, exponent in others))
        start = _times(Interval(self.scale, self.scale), [(output, -1)])
        return _times(start, ((_not_zero(amount), exponent) for amount, exponent in others))

    def _any_amount(self, number: int) -> Interval:
        factor = self.factors[number]
        if factor.signed:
            return Interval(None, None)
        return Interval(Fraction(0), None, low_open=factor.exponent == -1)


def _times(start: Interval | None, factors: Iterable[tuple[Interval | None, int]]) -> Interval | None:
    """The product of `start` and of each factor or, if its exponent is -1, its reciprocal."""
    product = start
    for amount, exponent in factors:
        factor = amount if amount is None or exponent == 1 else reciprocal(amount)
        if product is None or factor is None:
            return None
        product = multiply(product, factor)
    return product


def _not_zero(amount: Interval) -> Interval | None:
    """The amounts but zero; None if there is no other. A zero between others is kept, since a hull holds it anyway."""
    if amount.low == amount.high == 0:
        return None
    low_open, high_open = amount.low_open or amount.low == 0, amount.high_open or amount.high == 0
    return Interval(amount.low, amount.high, low_open, high_open)


@dataclass(frozen=True, slots=True)
class Sum:
    """The scope `whole` is the sum of `parts`, which do not overlap. If they are not `complete`, it may be more."""

    metric_id: str
    whole: str
    parts: tuple[str, ...]
    complete: bool
    signed: bool = False

    @property
    def metrics(self) -> frozenset[str]:
        return frozenset({self.metric_id})

    def result(self, known: Iterable[Interval], *, all_known: bool) -> Interval | None:
        """What follows for the whole from amounts of the parts. The others are at least zero, unless the metric is
        signed: then nothing follows without them.
        """
        total = add(known)
        if all_known and self.complete:
            return total
        return None if self.signed else Interval(total.low, None, total.low_open)

    def missing(self, whole: Interval, known: Iterable[Interval]) -> Interval:
        """What the only missing part would have to be."""
        rest = add([whole, *(amount.negated() for amount in known)])
        if self.signed or (rest.low is not None and rest.low >= 0):
            return rest
        return Interval(Fraction(0), rest.high, high_open=rest.high_open)


Equation = Product | Sum


def product_scale(output: str, factors: Iterable[tuple[str, int]]) -> Fraction:
    """How many of the output's unit one unit of each factor makes; each factor is a unit with its exponent.

    Raises Invalid, with the units of both sides, if the two do not measure the same thing.
    """
    target, dimensions, scale = parse_unit(output), dict[str, int](), Fraction(1)
    given = list(factors)
    for unit, exponent in given:
        parsed = parse_unit(unit)
        scale *= parsed.factor**exponent
        for name, power in parsed.dimensions:
            dimensions[name] = dimensions.get(name, 0) + exponent * power
    if {name: power for name, power in dimensions.items() if power} != dict(target.dimensions):
        written = " × ".join(unit if exponent == 1 else f"1 ÷ ({unit})" for unit, exponent in given)
        raise Invalid.at("/factors", f"The units do not match: {written} is not {output}.")
    return scale / target.factor


class Overlap(NamedTuple):
    """A part of a sum that overlaps another one, or the whole, and why."""

    place: int
    detail: str


def overlap(whole: str, parts: Sequence[str], part_of: PartOf) -> Overlap | None:
    """The first part of a sum that is a part of another one of them, or of which the whole is a part."""
    every, above = set(parts), set(wholes(whole, part_of))
    for place, scope in enumerate(parts):
        if every.intersection(wholes(scope, part_of)):
            return Overlap(place, "It is a part of another one of them, so the two overlap.")
        if scope in above:
            return Overlap(place, "The scope that would be the sum is a part of it.")
    return None
