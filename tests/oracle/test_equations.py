"""Equations and consistency against independent calculations.

The oracle works with exact sets: a set of amounts is split into its negative part, zero and its positive part, so that
products and reciprocals are monotone in each part. What follows from a set is then the span of all the parts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import product as all_of

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from service.domain.consistency import Check, Scopes, check_all
from service.domain.equation import Equation, Factor, Product, Sum
from service.domain.evidence import Evidence
from service.domain.interval import Interval, add, divide, multiply, point, reciprocal
from service.domain.metric import MetricProperties
from service.domain.rounding import READINGS
from service.domain.vocabulary import Basis, CheckedBy, Consistency, Qualifier
from tests.domain.strategies import exact, make_evidence

F = Fraction
_ZERO, _ONE = F(0), F(1)
_TINY, _FAR = F(1, 10**12), F(10**12)
_NEAR = F(1, 10**3)  # so far from an end at most are the samples that approach it
_BEYOND = F(10**6)  # samples exceed this where nothing bounds them

Read = Callable[[Sequence[Evidence]], Sequence[Evidence]]

# few distinct values, so that ends touch often and zero is frequent
_unsigned_ends = st.integers(0, 8).map(lambda n: F(n, 2))
_signed_ends = st.integers(-6, 6).map(lambda n: F(n, 2))


@st.composite
def amounts(draw: st.DrawFn, *, signed: bool = False, zero: bool = True) -> Interval:
    """A non-empty interval. Without `zero`, its low end is more than that."""
    if not zero:
        return draw(amounts().filter(lambda one: bool(one.low)))
    ends = _signed_ends if signed else _unsigned_ends
    low = draw(ends) if not signed or draw(st.integers(0, 4)) else None
    high = draw(ends) if draw(st.integers(0, 4)) else None
    if low is not None and high is not None:
        low, high = min(low, high), max(low, high)
        if low == high:
            return point(low)
    return Interval(low, high, draw(st.booleans()), draw(st.booleans()))


def holds(interval: Interval, amount: Fraction) -> bool:
    if interval.low is not None and (amount < interval.low or (interval.low_open and amount == interval.low)):
        return False
    return interval.high is None or amount < interval.high or (not interval.high_open and amount == interval.high)


def samples(interval: Interval) -> list[Fraction]:
    """Amounts on each end, just inside it, far out, in the middle, at zero and near it."""
    low, high = interval.low, interval.high
    first = low if low is not None else -_FAR
    last = high if high is not None else _FAR
    tries = {first, first + _TINY, (first + last) / 2, last - _TINY, last, _ZERO, _TINY, -_TINY, _ONE}
    return sorted(one for one in tries if holds(interval, one))


def assert_exact(found: Interval, reached: Sequence[Fraction]) -> None:
    """All samples lie within; each finite end is attained if it is closed, and else only approached."""
    assert all(holds(found, one) for one in reached)
    assert_reaches(found, reached)


def assert_reaches(found: Interval, reached: Sequence[Fraction]) -> None:
    if found.low is None:
        assert min(reached) < -_BEYOND
    else:
        assert min(reached) - found.low <= _NEAR
        assert (found.low in reached) == (not found.low_open)
    if found.high is None:
        assert max(reached) > _BEYOND
    else:
        assert found.high - max(reached) <= _NEAR
        assert (found.high in reached) == (not found.high_open)


# (a) The arithmetic of intervals -------------------------------------------------------------------------------------

any_amounts = amounts(signed=True) | amounts()


@settings(max_examples=400, deadline=None)
@given(any_amounts, any_amounts)
def test_a_product_is_exactly_what_products_of_members_reach(x: Interval, y: Interval) -> None:
    assert_exact(multiply(x, y), [a * b for a, b in all_of(samples(x), samples(y))])


@settings(max_examples=400, deadline=None)
@given(any_amounts)
def test_a_reciprocal_is_exactly_what_reciprocals_of_members_reach(x: Interval) -> None:
    found = reciprocal(x)
    reached = [1 / a for a in samples(x) if a]
    if found is None:
        assert not reached
    else:
        assert_exact(found, reached)


@settings(max_examples=400, deadline=None)
@given(any_amounts, any_amounts)
def test_a_quotient_is_exactly_what_quotients_of_members_reach(x: Interval, y: Interval) -> None:
    found = divide(x, y)
    reached = [a / b for a, b in all_of(samples(x), samples(y)) if b]
    if found is None:
        assert not reached
    else:
        assert_exact(found, reached)


@settings(max_examples=200, deadline=None)
@given(st.lists(any_amounts, min_size=1, max_size=3))
def test_a_sum_is_exactly_what_sums_of_members_reach(several: list[Interval]) -> None:
    assert_exact(add(several), [sum(chosen, _ZERO) for chosen in all_of(*map(samples, several))])


@given(st.lists(any_amounts, min_size=2, max_size=5))
def test_the_order_of_addends_and_of_factors_does_not_matter(several: list[Interval]) -> None:
    assert add(several) == add(several[::-1])
    first, second = several[:2]
    assert multiply(first, second) == multiply(second, first)


# Exact sets ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """Zero, or the amounts of one sign whose sizes lie between `low` and `high`; None is unbounded."""

    sign: int
    low: Fraction = _ZERO
    high: Fraction | None = _ZERO
    low_open: bool = False
    high_open: bool = False

    def times(self, other: "Piece") -> "Piece":
        if not self.sign or not other.sign:
            return Piece(0)
        high = None if self.high is None or other.high is None else self.high * other.high
        low_open, high_open = self.low_open or other.low_open, self.high_open or other.high_open
        return Piece(self.sign * other.sign, self.low * other.low, high, low_open, high_open)

    def inverse(self) -> "Piece":
        assert self.sign
        low = _ZERO if self.high is None else 1 / self.high
        return Piece(self.sign, low, 1 / self.low if self.low else None, self.high_open, self.low_open)

    def interval(self) -> Interval:
        upwards = Interval(self.low, self.high, self.low_open, self.high_open)
        return upwards.negated() if self.sign < 0 else upwards


Pieces = frozenset[Piece]
_POSITIVE = Piece(1, _ZERO, None, True, True)
_NONZERO = frozenset({_POSITIVE, replace(_POSITIVE, sign=-1)})
_ALL = _NONZERO | {Piece(0)}


def split(interval: Interval) -> Pieces:
    found = {Piece(0)} if holds(interval, _ZERO) else set[Piece]()
    for sign in (1, -1):
        own = interval if sign > 0 else interval.negated()
        if own.high is not None and own.high <= 0:
            continue
        if own.low is not None and own.low > 0:
            found.add(Piece(sign, own.low, own.high, own.low_open, own.high_open))
        else:
            found.add(Piece(sign, _ZERO, own.high, True, own.high_open))
    return frozenset(found)


def span(intervals: Iterable[Interval]) -> Interval | None:
    """From the lowest to the highest amount of all; an end is open only if all that attain it are."""
    every = list(intervals)
    if not every:
        return None
    low = high = None
    low_open = high_open = True
    if all(one.low is not None for one in every):
        low = min(one.low for one in every if one.low is not None)
        low_open = all(one.low_open for one in every if one.low == low)
    if all(one.high is not None for one in every):
        high = max(one.high for one in every if one.high is not None)
        high_open = all(one.high_open for one in every if one.high == high)
    return Interval(low, high, low_open, high_open)


def span_of(pieces: Pieces) -> Interval | None:
    return span(piece.interval() for piece in pieces)


def product_set(equation: Product, inputs: Mapping[int, Interval]) -> Pieces:
    """All amounts of the output for amounts of these inputs; none if one to divide by can only be zero."""
    found: Pieces = split(point(equation.scale))
    for number, amount in inputs.items():
        own = split(amount)
        if equation.factors[number].exponent == -1:
            own = frozenset(piece.inverse() for piece in own if piece.sign)
        found = frozenset(a.times(b) for a, b in all_of(found, own))
    return found


def missing_set(equation: Product, number: int, output: Interval, inputs: Mapping[int, Interval]) -> Pieces:
    """All amounts of the missing factor with which the equation can hold. One to divide by is not zero."""
    found = _missing_set(equation, number, output, inputs)
    return found if equation.factors[number].signed else frozenset(piece for piece in found if piece.sign >= 0)


def _missing_set(equation: Product, number: int, output: Interval, inputs: Mapping[int, Interval]) -> Pieces:
    rest, out = product_set(equation, inputs), split(output)
    found: set[Piece] = set()
    if equation.factors[number].exponent == 1:  # rest × amount = output
        if Piece(0) in rest and Piece(0) in out:
            return _ALL if rest else frozenset()
        for one, target in all_of(rest, out):
            if one.sign:
                found.add(target.times(one.inverse()))
    else:  # rest = output × amount
        if Piece(0) in rest and Piece(0) in out:
            return _NONZERO
        for one, target in all_of(rest, out):
            if one.sign and target.sign:
                found.add(one.times(target.inverse()))
    return frozenset(found)


def at_least_zero(interval: Interval | None) -> Interval | None:
    """The amounts of the interval that are not negative; None if there are none."""
    if interval is None or interval.is_empty or (interval.high is not None and interval.high < 0):
        return None
    if interval.low is None or interval.low < 0:
        clipped = Interval(_ZERO, interval.high, False, interval.high_open)
        return None if clipped.is_empty else clipped
    return interval


def difference_of(whole: Interval, parts: Iterable[Interval]) -> Interval:
    """All amounts that, with the parts, make the whole."""
    low, high, low_open, high_open = whole.low, whole.high, whole.low_open, whole.high_open
    for part in parts:
        low = None if low is None or part.high is None else low - part.high
        high = None if high is None or part.low is None else high - part.low
        low_open, high_open = low_open or part.high_open, high_open or part.low_open
    return Interval(low, high, low_open, high_open)


def sum_of(parts: Iterable[Interval]) -> Interval:
    """All amounts that the parts make."""
    return difference_of(point(_ZERO), [part.negated() for part in parts])


# (b) One equation, and trees of equations ----------------------------------------------------------------------------


def equation_of(exponents: Sequence[int], scale: Fraction = _ONE) -> Product:
    return Product("out", tuple(Factor(f"f{n}", exponent, {}) for n, exponent in enumerate(exponents)), scale)


@st.composite
def products(draw: st.DrawFn) -> Product:
    exponents = draw(st.lists(st.sampled_from([1, 1, -1]), min_size=2, max_size=4))
    return equation_of(exponents, draw(st.sampled_from([_ONE, F(1000), F(1, 2)])))


def evaluate(equation: Product, chosen: Mapping[int, Fraction]) -> Fraction | None:
    found = equation.scale
    for number, amount in chosen.items():
        if equation.factors[number].exponent == 1:
            found *= amount
        elif amount:
            found /= amount
        else:
            return None
    return found


@settings(max_examples=150, deadline=None)
@given(products(), st.data())
def test_what_follows_from_factors_is_exactly_what_samples_reach(equation: Product, data: st.DataObject) -> None:
    signed = data.draw(st.booleans())
    inputs = {n: data.draw(amounts(signed=signed)) for n in range(min(3, len(equation.factors)))}
    found = equation.result(inputs)
    choices = all_of(*(samples(amount) for amount in inputs.values()))
    reached = [one for chosen in choices if (one := evaluate(equation, dict(enumerate(chosen)))) is not None]
    if found is None:
        assert not reached
        assert not product_set(equation, inputs)
    else:
        assert all(holds(found, one) for one in reached)
        assert found == span_of(product_set(equation, inputs))
        if not signed:
            assert_reaches(found, reached)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(products(), st.data())
def test_a_missing_factor_is_exactly_what_samples_reach(equation: Product, data: st.DataObject) -> None:
    """Apart from the cases of zero, which have tests of their own."""
    equation, number, output, inputs = _with_a_missing_factor(equation, data)
    assume(not _turns_on_zero(equation, number, output, inputs) and not _divides_by_both_signs(equation, inputs))
    _check_missing(equation, number, output, inputs)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(products(), st.data())
def test_a_missing_factor_is_any_where_the_output_and_the_others_may_be_zero(
    equation: Product, data: st.DataObject
) -> None:
    """0 = 0 × any amount; and a missing divisor is not zero, even where 0 ÷ the output is."""
    equation, number, output, inputs = _with_a_missing_factor(equation, data)
    assume(_turns_on_zero(equation, number, output, inputs) and not _divides_by_both_signs(equation, inputs))
    _check_missing(equation, number, output, inputs)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(products(), st.data())
def test_a_missing_factor_is_exact_where_another_divides_by_amounts_on_both_sides_of_zero(
    equation: Product, data: st.DataObject
) -> None:
    """Output = missing ÷ divisor means missing = output × divisor, which has bounds if the two have."""
    equation, number, output, inputs = _with_a_missing_factor(equation, data, signed=True)
    assume(not _turns_on_zero(equation, number, output, inputs) and _divides_by_both_signs(equation, inputs))
    _check_missing(equation, number, output, inputs)


def _with_a_missing_factor(
    equation: Product, data: st.DataObject, *, signed: bool | None = None
) -> tuple[Product, int, Interval, dict[int, Interval]]:
    signed = data.draw(st.booleans()) if signed is None else signed
    number = data.draw(st.integers(0, len(equation.factors) - 1))
    inputs = {n: data.draw(amounts(signed=signed)) for n in range(len(equation.factors)) if n != number}
    return _of_metrics(equation, signed=signed), number, data.draw(amounts(signed=signed)), inputs


def _of_metrics(equation: Product, *, signed: bool) -> Product:
    return replace(equation, factors=tuple(replace(factor, signed=signed) for factor in equation.factors))


def _turns_on_zero(equation: Product, number: int, output: Interval, inputs: Mapping[int, Interval]) -> bool:
    """Whether the product of the others may be zero, and the output too or the missing factor divides."""
    rest = Piece(0) in product_set(equation, inputs)
    return rest and (Piece(0) in split(output) or equation.factors[number].exponent == -1)


def _divides_by_both_signs(equation: Product, inputs: Mapping[int, Interval]) -> bool:
    signs = [
        {piece.sign for piece in split(amount)}
        for number, amount in inputs.items()
        if equation.factors[number].exponent == -1
    ]
    return any({1, -1} <= own for own in signs)


def _check_missing(equation: Product, number: int, output: Interval, inputs: Mapping[int, Interval]) -> None:
    found = equation.missing(number, output, inputs)
    rest = product_set(equation, inputs)
    divisor = rest if equation.factors[number].exponent == 1 else split(output)
    expected = span_of(missing_set(equation, number, output, inputs))
    if found is None or expected is None:
        assert found is None or found.is_empty
        assert expected is None or divisor == {Piece(0)}  # nothing follows
        return
    ours = (output, *inputs.values())
    if all(one.low is not None and one.low >= 0 for one in ours) and equation.scale > 0:  # as of an unsigned metric
        assert at_least_zero(found) == at_least_zero(expected)
    else:
        assert found == expected
    for one in samples(output)[::2]:
        for chosen in all_of(*(samples(amount)[::2] for amount in inputs.values())):
            made = evaluate(equation, dict(zip(inputs, chosen, strict=True)))
            if made and one:
                assert holds(found, one / made if equation.factors[number].exponent == 1 else made / one)


@settings(max_examples=200, deadline=None)
@given(st.lists(amounts(signed=True) | amounts(), min_size=1, max_size=3), st.booleans(), st.booleans(), st.booleans())
def test_what_follows_from_parts_is_exactly_what_samples_reach(
    known: list[Interval], complete: bool, all_known: bool, signed: bool
) -> None:
    if not signed:
        known = [one for one in map(at_least_zero, known) if one is not None]
    equation = Sum("m", "whole", ("p", "q", "r"), complete=complete, signed=signed)
    found = equation.result(known, all_known=all_known)
    if signed and not (complete and all_known):
        assert found is None
        return
    rest = [point(_ZERO)] if complete and all_known else [Interval(_ZERO, None)]
    assert found is not None
    assert_exact(found, [sum(chosen, _ZERO) for chosen in all_of(*map(samples, [*known, *rest]))])


@settings(max_examples=200, deadline=None)
@given(amounts(signed=True) | amounts(), st.lists(amounts(signed=True) | amounts(), max_size=3), st.booleans())
def test_a_missing_part_is_exactly_what_samples_reach(whole: Interval, known: list[Interval], signed: bool) -> None:
    if not signed:
        clipped = [at_least_zero(one) for one in (whole, *known)]
        assume(None not in clipped)
        whole, *known = (one for one in clipped if one is not None)
    equation = Sum("m", "whole", ("p", "q", "r", "s"), complete=True, signed=signed)
    found = equation.missing(whole, known)
    reached = [first - sum(others, _ZERO) for first, *others in all_of(*map(samples, [whole, *known]))]
    if signed:
        assert_exact(found, reached)
        return
    possible = [one for one in reached if one >= 0]
    assert all(holds(found, one) for one in possible)
    expected = at_least_zero(difference_of(whole, known))
    if expected is None:
        assert not possible
        assert found.is_empty
    else:
        assert found == expected


@dataclass(frozen=True)
class Tree:
    """A leaf with an amount, or an equation whose inputs are trees."""

    amount: Interval | None = None
    equation: Equation | None = None
    inputs: "tuple[Tree, ...]" = ()

    def leaves(self) -> list[Interval]:
        return [self.amount] if self.amount is not None else [leaf for one in self.inputs for leaf in one.leaves()]

    def result(self) -> Interval | None:
        if self.amount is not None:
            return self.amount
        found = [one.result() for one in self.inputs]
        known = [one for one in found if one is not None]
        if len(known) < len(found):
            return None
        if isinstance(self.equation, Product):
            return self.equation.result(dict(enumerate(known)))
        assert self.equation is not None
        return self.equation.result(known, all_known=True)

    def at(self, chosen: list[Fraction]) -> Fraction | None:
        """The output for these amounts of the leaves, which are taken from the list. None if a divisor is zero."""
        if self.amount is not None:
            return chosen.pop(0)
        found = [one.at(chosen) for one in self.inputs]
        known = [one for one in found if one is not None]
        if len(known) < len(found):
            return None
        if isinstance(self.equation, Product):
            return evaluate(self.equation, dict(enumerate(known)))
        return sum(known, _ZERO)


@st.composite
def trees(draw: st.DrawFn, *, signed: bool, depth: int = 2) -> Tree:
    if not depth:
        return Tree(draw(amounts(signed=signed)))
    number = draw(st.integers(2, 3 if depth == 1 else 2))
    inputs = tuple(draw(trees(signed=signed, depth=draw(st.integers(0, depth - 1)))) for _ in range(number))
    if draw(st.booleans()):
        exponents = draw(st.lists(st.sampled_from([1, -1]), min_size=number, max_size=number))
        return Tree(None, equation_of(exponents, draw(st.sampled_from([_ONE, F(100), F(1, 3)]))), inputs)
    parts = tuple(f"p{n}" for n in range(number))
    return Tree(None, Sum("m", "whole", parts, complete=True, signed=signed), inputs)


def _reached(tree: Tree, few: Callable[[Interval], list[Fraction]]) -> list[Fraction]:
    return [one for chosen in all_of(*map(few, tree.leaves())) if (one := tree.at(list(chosen))) is not None]


def _extremes(leaf: Interval) -> list[Fraction]:
    """Of the samples the lowest and the highest, and the lowest that one can divide by."""
    every = samples(leaf)
    return sorted({every[0], every[-1], *[one for one in every if one > 0][:1]})


@settings(max_examples=150, deadline=None)
@given(trees(signed=False))
def test_what_follows_from_a_tree_of_equations_is_exactly_what_samples_of_its_leaves_reach(tree: Tree) -> None:
    assume(len(tree.leaves()) <= 5)
    found, reached = tree.result(), _reached(tree, _extremes)
    if found is None:
        assert not reached
    else:
        assert_exact(found, reached)


@settings(max_examples=150, deadline=None)
@given(trees(signed=True))
def test_what_follows_from_a_tree_of_signed_amounts_holds_all_samples_of_its_leaves(tree: Tree) -> None:
    assume(len(tree.leaves()) <= 4)
    found, reached = tree.result(), _reached(tree, lambda leaf: samples(leaf)[::2])
    assert all(found is not None and holds(found, one) for one in reached)


# (c) Checks of small worlds ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What a check must say. Where nothing follows, it is `optional`: there may be none."""

    verdict: Consistency
    computed: Interval | None = None
    would_be: Interval | None = None
    missing: str | None = None
    gap: Fraction | None = None
    difference: Fraction | None = None
    relative_difference: Fraction | None = None
    optional: bool = field(default=False, compare=False)


Group = tuple[CheckedBy, str | None, str | None]
Answers = dict[Group, Answer]


def said_in_all(figures: Sequence[Evidence]) -> Interval | None:
    """The span of what each claimant says. A lower limit adds nothing to a figure of the claimant that it contains."""
    spans: list[Interval] = []
    for voice in {figure.voice for figure in figures}:
        own = [figure for figure in figures if figure.voice == voice]
        limits = [
            _own(figure) for figure in own if figure.stated.qualifier in (Qualifier.AT_LEAST, Qualifier.MORE_THAN)
        ]
        others = [
            _own(figure) for figure in own if figure.stated.qualifier not in (Qualifier.AT_LEAST, Qualifier.MORE_THAN)
        ]
        tightest = max(limits, key=lambda one: (one.low or 0, one.low_open), default=None)
        if tightest is not None and not any(span([tightest, one]) == tightest for one in others):
            others.append(tightest)
        found = span(others)
        assert found is not None
        spans.append(found)
    return span(spans)


def _own(figure: Evidence) -> Interval:
    assert figure.own_interval is not None
    return figure.own_interval


def grouped(figures: Sequence[Evidence]) -> dict[Group, list[Evidence]]:
    """The figures of each check: one per claimant, one per claimant that a source relays, and one across claimants."""
    own = [one for one in figures if not one.is_relay]
    relayed = [one for one in figures if one.is_relay]
    counting = [one for one in figures if (not one.is_relay or one.stands_in) and one.basis is not Basis.ASSUMED]
    found: dict[Group, list[Evidence]] = {}
    for voice in sorted({one.voice for one in own}):
        found[CheckedBy.CLAIMANT, voice, None] = [one for one in own if one.voice == voice]
    for voice, source in sorted({(one.voice, one.source_id) for one in relayed}):
        mine = [one for one in relayed if (one.voice, one.source_id) == (voice, source)]
        found[CheckedBy.RELAYED, voice, source] = mine
    found[CheckedBy.ACROSS, None, None] = counting
    return found


def counted(figures: Sequence[Evidence], *, is_output: bool) -> list[Evidence]:
    firm = [one for one in figures if one.basis is not Basis.ASSUMED]
    return firm if firm or is_output else list(figures)


def apart(computed: Interval, stated: Interval) -> tuple[Fraction | None, Fraction, Fraction] | None:
    """Gap, difference and relative difference of two amounts that have none in common."""
    for upper, lower in ((computed, stated), (stated, computed)):
        a, b = upper.low, lower.high
        if a is None or b is None or a < b or (a == b and not (upper.low_open or lower.high_open)):
            continue
        above = upper.low is not None and upper.low >= 0 and lower.low is not None and lower.low >= 0
        below = upper.high is not None and upper.high <= 0 and lower.high is not None and lower.high <= 0
        small, large = min(abs(a), abs(b)), max(abs(a), abs(b))
        gap = large / small if small and (above or below) else None
        return gap, a - b, (a - b) / (abs(a) + abs(b)) if a or b else _ZERO
    return None


def judged(terms: Mapping[str, Sequence[Evidence]], output: str, follow: Callable[[Read], Interval | None]) -> Answer:
    """The verdict on a stated output; `follow` says what follows from the inputs, read in some way."""

    def as_is(figures: Sequence[Evidence]) -> Sequence[Evidence]:
        return figures

    def distance(read: Read) -> tuple[Fraction | None, Fraction, Fraction] | None:
        computed, stated = follow(read), said_in_all(read(terms[output]))
        assert stated is not None
        return None if computed is None else apart(computed, stated)

    found = distance(as_is)
    if found is None:
        return Answer(Consistency.CONSISTENT, follow(as_is))
    verdict = Consistency.INCONSISTENT if all(map(distance, READINGS)) else Consistency.WITHIN_ROUNDING
    return Answer(verdict, follow(as_is), None, None, *found)


def amounts_of_factors(equation: Product, terms: Mapping[str, Sequence[Evidence]], read: Read) -> dict[int, Interval]:
    found = {n: said_in_all(read(terms[factor.metric_id])) for n, factor in enumerate(equation.factors)}
    return {n: amount for n, amount in found.items() if amount is not None}


def follows_from_factors(equation: Product, terms: Mapping[str, Sequence[Evidence]], read: Read) -> Interval | None:
    return span_of(product_set(equation, amounts_of_factors(equation, terms, read)))


def expected_of_product(equation: Product, figures: Sequence[Evidence]) -> Answers:
    answers: Answers = {}
    for group, own in grouped(figures).items():
        names = [factor.metric_id for factor in equation.factors]
        terms = {
            name: counted([one for one in own if one.metric_id == name], is_output=name == "out")
            for name in ("out", *names)
        }
        missing = [name for name, stated in terms.items() if not stated]
        if len(missing) > 1 or (group[0] is CheckedBy.ACROSS and _voices(terms) < 2):
            continue

        known = amounts_of_factors(equation, terms, list)
        rest = product_set(equation, known)
        stated = said_in_all(terms["out"])
        if not missing and not rest:
            answers[group] = Answer(Consistency.DENOMINATOR_ZERO)
        elif not missing:
            answers[group] = judged(terms, "out", partial(follows_from_factors, equation, terms))
        elif stated is None:
            if rest:
                answers[group] = Answer(Consistency.INCOMPLETE, None, span_of(rest), "out")
        else:
            number = names.index(missing[0])
            would_be = span_of(missing_set(equation, number, stated, known))
            divisor = rest if equation.factors[number].exponent == 1 else split(stated)
            says_nothing = would_be is None or divisor == {Piece(0)}
            if rest:
                answers[group] = Answer(Consistency.INCOMPLETE, None, would_be, missing[0], optional=says_nothing)
    return answers


def follows_from_parts(equation: Sum, terms: Mapping[str, Sequence[Evidence]], read: Read) -> Interval | None:
    known = [said_in_all(read(terms[part])) for part in equation.parts]
    total = sum_of(one for one in known if one is not None)
    if equation.complete and None not in known:
        return total
    return None if equation.signed else Interval(total.low, None, total.low_open)


def expected_of_sum(equation: Sum, figures: Sequence[Evidence]) -> Answers:
    answers: Answers = {}
    for group, own in grouped(figures).items():
        terms = {
            scope: counted([one for one in own if one.scope_id == scope], is_output=scope == "whole")
            for scope in ("whole", *equation.parts)
        }
        missing = [part for part in equation.parts if not terms[part]]
        if len(missing) == len(equation.parts) or (group[0] is CheckedBy.ACROSS and _voices(terms) < 2):
            continue
        follow = partial(follows_from_parts, equation, terms)
        stated = said_in_all(terms["whole"])
        if stated is None:
            would_be = None if missing else follow(list)
            if would_be is not None:
                answers[group] = Answer(Consistency.INCOMPLETE, None, would_be, "whole")
            continue
        found = judged(terms, "whole", follow)
        if found.difference is not None or not missing:
            answers[group] = found
        elif len(missing) == 1 and equation.complete:
            known = [said_in_all(terms[part]) for part in equation.parts if terms[part]]
            rest: Interval | None = difference_of(stated, [one for one in known if one is not None])
            if not equation.signed:
                rest = at_least_zero(rest)
            answers[group] = Answer(Consistency.INCOMPLETE, None, rest, missing[0])
    return answers


def _voices(terms: Mapping[str, Sequence[Evidence]]) -> int:
    return len({figure.voice for stated in terms.values() for figure in stated})


def found_answers(equation: Equation, figures: Sequence[Evidence]) -> Answers:
    """What the code answers, where metrics have no scopes (a product), or all figures state theirs (a sum)."""
    checks = check_all(equation, figures, Scopes(frozenset()))
    assert len(checks) <= 1
    answers: Answers = {}
    for check in (one for every in checks.values() for one in every):
        group = (check.by, check.voice, check.source_id)
        assert group not in answers
        answers[group] = _answer(equation, check)
    return answers


def _answer(equation: Equation, check: Check) -> Answer:
    missing = None
    if check.missing is not None:
        missing = check.missing.scope_id if isinstance(equation, Sum) else check.missing.metric_id
    numbers = (check.apart.gap, check.apart.difference, check.apart.relative_difference) if check.apart else ()
    return Answer(check.verdict, check.computed, check.would_be, missing, *numbers)


_UNSIGNED, _SIGNED = MetricProperties("m"), MetricProperties("m", signed=True)


@dataclass(frozen=True)
class Speaker:
    """Who says figures: for themselves, or as relayed by a source."""

    voice: str
    source: str
    is_relay: bool = False
    stands_in: bool = False


SPEAKERS = (
    Speaker("a", "s1"), Speaker("b", "s2"), Speaker("a", "s3", is_relay=True), Speaker("c", "s3", is_relay=True),
    Speaker("c", "s4", is_relay=True, stands_in=True), Speaker("c", "s5"),
)  # fmt: skip


@st.composite
def figures_of(
    draw: st.DrawFn,
    speaker: Speaker,
    place: tuple[str, str],
    metric: MetricProperties,
    near: Fraction | None = None,
    sign: int = 0,
) -> list[Evidence]:
    """Mostly one figure of a term, at times several or none. An exact one is often near what the equation asks for.
    With a `sign`, all amounts are on that side of zero.
    """  # fmt: skip
    found = []
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 1, 2]))):
        if draw(st.integers(0, 2)):
            value = draw(_numbers(near, sign, signed=metric.signed))
            precision = draw(st.sampled_from([None, "0.1", "1", "10"]))
            one = exact(value, precision=precision, claimant=speaker.voice, metric=metric)
        else:
            interval = draw(amounts(zero=False) if sign else amounts(signed=metric.signed))
            one = make_evidence(interval.negated() if sign < 0 else interval, claimant=speaker.voice, metric=metric)
        found.append(
            replace(
                one, metric_id=place[0], scope_id=place[1], source_id=speaker.source,
                is_relay=speaker.is_relay, stands_in=speaker.stands_in, basis=draw(_bases),
            )
        )  # fmt: skip
    return found


_bases = st.sampled_from([Basis.REPORTED, Basis.ESTIMATED, Basis.ALLEGED, Basis.UNSTATED, Basis.ASSUMED])
_numerals = st.sampled_from(["1", "2", "3", "0.5", "2.5", "20", "21", "40", "100"])
_moves = st.sampled_from([F(n, 100) for n in (50, 95, 98, 100, 100, 101, 104, 200)])


@st.composite
def _numbers(draw: st.DrawFn, near: Fraction | None, sign: int, *, signed: bool) -> str:
    if near is not None and draw(st.integers(0, 3)):
        thousandths = round(near * draw(_moves) * 1000)
        if sign:
            thousandths = sign * max(1, abs(thousandths))
        return str(Decimal(thousandths) / 1000)
    if not sign and not draw(st.integers(0, 7)):
        return "0"
    found = draw(_numerals)
    return f"-{found}" if sign < 0 or (not sign and signed and draw(st.booleans())) else found


@st.composite
def speakers(draw: st.DrawFn) -> list[Speaker]:
    return draw(st.lists(st.sampled_from(SPEAKERS), min_size=1, max_size=3, unique=True))


def identified(figures: Iterable[Evidence]) -> list[Evidence]:
    """Each with an id and a place in the order of its own."""
    return [
        replace(one, id=f"e{n:03}", claim_id=f"e{n:03}", keys=(one.voice, one.source_id, f"e{n:03}"))
        for n, one in enumerate(figures)
    ]


@st.composite
def worlds_of_a_product(draw: st.DrawFn, *, zero: bool) -> tuple[Product, list[Evidence]]:
    """Without `zero`, all amounts of a term are on one side of zero."""
    metric = draw(st.sampled_from([_UNSIGNED, _SIGNED]))
    exponents = draw(st.lists(st.sampled_from([1, 1, -1]), min_size=2, max_size=4))
    equation = equation_of(exponents, draw(st.sampled_from([_ONE, F(100), F(1, 2)])))
    signs = [0] * (len(exponents) + 1)
    if not zero:
        signs = [draw(st.sampled_from([1, -1])) if metric.signed else 1 for _ in signs]
    figures: list[Evidence] = []
    for speaker in draw(speakers()):
        made = equation.scale
        for number, exponent in enumerate(exponents):
            own = draw(figures_of(speaker, (f"f{number}", "s"), metric, None, signs[number]))
            made *= next((one.own_value for one in own if one.own_value), _ONE) ** exponent
            figures += own
        figures += draw(figures_of(speaker, ("out", "s"), metric, made, signs[-1]))
    return _of_metrics(equation, signed=metric.signed), identified(draw(st.permutations(figures)))


@st.composite
def worlds_of_a_sum(draw: st.DrawFn) -> tuple[Sum, list[Evidence]]:
    metric = draw(st.sampled_from([_UNSIGNED, _UNSIGNED, _SIGNED]))
    parts = tuple(f"p{n}" for n in range(draw(st.integers(2, 5))))
    equation = Sum("m", "whole", parts, complete=draw(st.sampled_from([True, True, False])), signed=metric.signed)
    figures: list[Evidence] = []
    for speaker in draw(speakers()):
        made = _ZERO
        for part in parts:
            own = draw(figures_of(speaker, ("m", part), metric))
            made += next((one.own_value for one in own if one.own_value), _ZERO)
            figures += own
        figures += draw(figures_of(speaker, ("m", "whole"), metric, made))
    return equation, identified(draw(st.permutations(figures)))


def assert_agree(found: Answers, expected: Answers, *, with_would_be: bool = True) -> None:
    """Without `with_would_be`, what a missing factor would be is not compared."""
    expected = {group: one for group, one in expected.items() if not one.optional or group in found}
    if not with_would_be:
        found, expected = (
            {
                group: one if one.missing in (None, "out") else replace(one, would_be=None)
                for group, one in every.items()
            }
            for every in (found, expected)
        )
    assert found == expected


def _possible(answers: Answers, figures: Sequence[Evidence]) -> Answers:
    """What would be: None if there is no such amount. Those of an unsigned metric are not negative."""
    if figures and figures[0].metric.signed:
        return {
            group: replace(one, would_be=None) if one.would_be is not None and one.would_be.is_empty else one
            for group, one in answers.items()
        }
    return {group: replace(one, would_be=at_least_zero(one.would_be)) for group, one in answers.items()}


@settings(max_examples=150, deadline=None)
@given(worlds_of_a_product(zero=False))
def test_checks_of_a_product_agree_with_the_oracle(world: tuple[Product, list[Evidence]]) -> None:
    """Of terms whose amounts are on one side of zero."""
    equation, figures = world
    assert found_answers(equation, figures) == expected_of_product(equation, figures)


@settings(max_examples=150, deadline=None)
@given(worlds_of_a_product(zero=True))
def test_checks_of_a_product_with_zeros_agree_with_the_oracle(world: tuple[Product, list[Evidence]]) -> None:
    """Without what a missing factor would be: another test is about that."""
    equation, figures = world
    found, expected = found_answers(equation, figures), expected_of_product(equation, figures)
    assert_agree(found, expected, with_would_be=False)


@settings(max_examples=150, deadline=None)
@given(worlds_of_a_product(zero=True))
def test_what_a_missing_factor_would_be_agrees_with_the_oracle_with_zeros_too(
    world: tuple[Product, list[Evidence]],
) -> None:
    equation, figures = world
    found, expected = found_answers(equation, figures), expected_of_product(equation, figures)
    assert_agree(_possible(found, figures), _possible(expected, figures))


@settings(max_examples=200, deadline=None)
@given(worlds_of_a_sum())
def test_checks_of_a_sum_agree_with_the_oracle(world: tuple[Sum, list[Evidence]]) -> None:
    equation, figures = world
    assert found_answers(equation, figures) == expected_of_sum(equation, figures)


@settings(max_examples=60, deadline=None)
@given(worlds_of_a_sum() | worlds_of_a_product(zero=True), st.data())
def test_the_order_of_figures_does_not_matter(world: tuple[Equation, list[Evidence]], data: st.DataObject) -> None:
    equation, figures = world
    scopes = Scopes(frozenset())
    assert check_all(equation, data.draw(st.permutations(figures)), scopes) == check_all(equation, figures, scopes)


# Scopes and currencies -----------------------------------------------------------------------------------------------

_PAIRED = Product(
    "out",
    (Factor("f0", 1, {"x": "x0", "y": "y0"}), Factor("f1", -1, {"x": "x1", "y": "y1"})),
)
_SCOPED = Scopes(frozenset({"out", "f0", "f1"}))
_PLACES = [("out", "x"), ("f0", "x0"), ("f1", "x1"), ("out", "y"), ("f0", "y0"), ("f1", "y1")]


@st.composite
def worlds_of_two_scopes(draw: st.DrawFn) -> list[Evidence]:
    figures: list[Evidence] = []
    for speaker in draw(speakers()):
        for place in _PLACES:
            figures += draw(figures_of(speaker, place, _UNSIGNED, F(2), 1))
    return identified(figures)


@settings(max_examples=100, deadline=None)
@given(worlds_of_two_scopes())
def test_each_scope_of_the_output_is_checked_by_the_scopes_that_belong_to_it(figures: list[Evidence]) -> None:
    checks = check_all(_PAIRED, figures, _SCOPED)
    for scope in ("x", "y"):
        own = [one for one in figures if one.scope_id is not None and one.scope_id.startswith(scope)]
        found = {
            (one.by, one.voice, one.source_id): _answer(_PAIRED, one)
            for place, every in checks.items()
            for one in every
            if place[0] == scope
        }
        assert found == expected_of_product(_PAIRED, own)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(amounts(zero=False), min_size=3, max_size=3),
    st.sets(st.integers(0, 2), min_size=1, max_size=2),
)
def test_amounts_whose_scope_is_not_stated_are_a_gap_and_never_inconsistent(
    stated: list[Interval], unstated: set[int]
) -> None:
    figures = identified(
        replace(make_evidence(amount), metric_id=metric, scope_id=None if number in unstated else scope)
        for number, (amount, (metric, scope)) in enumerate(zip(stated, _PLACES, strict=False))
    )
    checks = [one for every in check_all(_PAIRED, figures, _SCOPED).values() for one in every]
    assert Consistency.SCOPE_GAP in {one.verdict for one in checks}
    assert {one.verdict for one in checks} <= {Consistency.SCOPE_GAP, Consistency.INCOMPLETE}
    assert all(one.apart is None for one in checks)


@settings(max_examples=60, deadline=None)
@given(st.lists(amounts(zero=False), min_size=3, max_size=3))
def test_amounts_of_another_scope_are_a_gap_and_never_inconsistent(stated: list[Interval]) -> None:
    places = [("out", "x"), ("f0", "elsewhere"), ("f1", "x1")]
    figures = identified(
        replace(make_evidence(amount), metric_id=metric, scope_id=scope)
        for amount, (metric, scope) in zip(stated, places, strict=True)
    )
    ((place, checks),) = check_all(_PAIRED, figures, _SCOPED).items()
    assert place[0] == "x"
    assert [(one.verdict, one.apart) for one in checks] == [(Consistency.SCOPE_GAP, None)]


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 4), st.data(), st.booleans())
def test_an_amount_without_an_exchange_rate_is_neither_consistent_nor_inconsistent(
    number: int, data: st.DataObject, of_output: bool
) -> None:
    equation = equation_of([1] * number)
    metrics = ["out", *(f"f{n}" for n in range(number))]
    foreign = "out" if of_output else "f0"
    other = "f0" if of_output else "out"
    currencies = {foreign: "EUR", other: "USD"}
    figures = identified(
        replace(
            make_evidence(data.draw(amounts()), currency=currencies.get(metric), is_foreign=metric == foreign),
            metric_id=metric,
        )
        for metric in metrics
    )
    (checks,) = check_all(equation, figures, Scopes(frozenset())).values()
    assert [(one.verdict, one.apart, one.would_be) for one in checks] == [(Consistency.NO_EXCHANGE_RATE, None, None)]


@settings(max_examples=60, deadline=None)
@given(worlds_of_a_product(zero=False))
def test_amounts_all_in_one_other_currency_are_compared_in_it(world: tuple[Product, list[Evidence]]) -> None:
    equation, figures = world
    abroad = [replace(one, currency="EUR", is_foreign=True) for one in figures]
    assert found_answers(equation, abroad) == found_answers(equation, figures)


# By hand -------------------------------------------------------------------------------------------------------------


def _figure(metric: str, value: str, voice: str = "a", basis: Basis = Basis.REPORTED) -> Evidence:
    return replace(exact(value, claimant=voice, id=f"{voice}-{metric}"), metric_id=metric, basis=basis)


@pytest.mark.parametrize(
    ("exponents", "values", "verdict", "gap"),
    [
        ((1, 1), ("6", "2", "3"), Consistency.CONSISTENT, None),
        ((1, 1), ("600", "21", "29"), Consistency.WITHIN_ROUNDING, F(609, 600)),
        ((1, 1), ("600.0", "21.0", "29.0"), Consistency.INCONSISTENT, F(609, 600)),
        ((1, 1), ("12", "2.0", "3.0"), Consistency.INCONSISTENT, F(2)),
        ((1, -1), ("2", "1", "2"), Consistency.INCONSISTENT, F(4)),
        ((1, -1), ("2", "1", "0"), Consistency.DENOMINATOR_ZERO, None),
        ((1, -1), ("2", "0", "1"), Consistency.INCONSISTENT, None),
        ((1, 1), ("0", "0", "7"), Consistency.CONSISTENT, None),
    ],
)
def test_products_by_hand(
    exponents: tuple[int, ...], values: tuple[str, ...], verdict: Consistency, gap: Fraction | None
) -> None:
    equation = equation_of(exponents)
    figures = [_figure(metric, value) for metric, value in zip(("out", "f0", "f1"), values, strict=True)]
    (answer,) = found_answers(equation, figures).values()
    assert (answer.verdict, answer.gap) == (verdict, gap)


def test_an_assumed_input_counts_for_its_claimant_alone_and_an_assumed_output_never() -> None:
    figures = [
        _figure("out", "6"),
        _figure("f0", "2"),
        _figure("f1", "9", basis=Basis.ASSUMED),
        _figure("f1", "3", "b"),
    ]
    found = found_answers(equation_of([1, 1]), figures)
    assert found[CheckedBy.CLAIMANT, "a", None].computed == point(F(18))
    assert found[CheckedBy.ACROSS, None, None].computed == point(F(6))
    figures[0] = replace(figures[0], basis=Basis.ASSUMED)
    assert found_answers(equation_of([1, 1]), figures)[CheckedBy.CLAIMANT, "a", None].would_be == point(F(18))
