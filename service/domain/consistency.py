"""Consistency: whether what is stated fits what follows from an equation.

An equation is checked for one subject: for each claimant by their own figures, then across claimants, by what all of
them say of each term. What a source relays of somebody is checked within that source only. All is exact.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property, partial
from itertools import islice

from service.domain.equation import Equation, Factor, Product, Sum
from service.domain.evidence import Evidence, computed_in, sharing_rates
from service.domain.hull import hulls
from service.domain.interval import Interval, hull, lies_above
from service.domain.key import measurand_period
from service.domain.rounding import READINGS, SINGLE_READINGS
from service.domain.separation import factor_between, relative_difference
from service.domain.vocabulary import Basis, CheckedBy, Consistency, NotComputed, OverTime

Days = tuple[date | None, date | None]  # the period of amounts that differ by period
SEVERITY = {verdict: place for place, verdict in enumerate((
    Consistency.INCONSISTENT, Consistency.WITHIN_ROUNDING, Consistency.CONSISTENT, Consistency.NO_EXCHANGE_RATE,
    Consistency.SCOPE_GAP, Consistency.INCOMPLETE, Consistency.DENOMINATOR_ZERO,
))}  # fmt: skip
_ORDER = {by: place for place, by in enumerate(CheckedBy)}


@dataclass(frozen=True)  # without slots, so that what follows from the figures can be kept
class Term:
    """A term of an equation with the figures that state it. `fits` says whether their scope is the one that the
    equation asks for; `scope_id` is the scope of the figures, or else that one.
    """

    metric_id: str
    scope_id: str | None
    exponent: int = 1
    figures: tuple[Evidence, ...] = ()
    fits: bool = True

    @property
    def is_missing(self) -> bool:
        return not self.figures

    @property
    def lacks_exchange_rate(self) -> bool:
        return bool(self.figures) and self.interval is None

    @cached_property
    def interval(self) -> Interval | None:
        return self._hull(None)

    @property
    def voices(self) -> Collection[str]:
        return (self.figures[0].voice,) if len(self.figures) == 1 else self._voices

    @property
    def currencies(self) -> Collection[str]:
        if len(self.figures) == 1:
            (figure,) = self.figures
            return () if figure.currency is None else (figure.currency,)
        return self._currencies

    @property
    def is_foreign(self) -> bool:
        return self.figures[0].is_foreign if len(self.figures) == 1 else self._is_foreign

    def read(self, reading: int | None) -> Interval | None:
        """The hull of what each claimant says; None if no figure can be computed with. `reading` is the place of one of
        `READINGS`, or None for the figures as stated.
        """
        if reading is None:
            return self.interval
        if len(self.figures) == 1:  # of the many parts of a sum, each has one
            return SINGLE_READINGS[reading](self.figures[0])
        if reading not in self._reread:
            self._reread[reading] = self._hull(reading)
        return self._reread[reading]

    def computed_in(self, currency: str) -> "Term":
        if currency not in self._converted:
            own = [one if one.currency is None else computed_in([one], currency)[0] for one in self.figures]
            converted = Term(self.metric_id, self.scope_id, self.exponent, tuple(own), self.fits)
            self._converted[currency] = converted
        return self._converted[currency]

    # kept of terms with several figures, which may occur in many checks

    @cached_property
    def _voices(self) -> frozenset[str]:
        return frozenset(figure.voice for figure in self.figures)

    @cached_property
    def _currencies(self) -> frozenset[str]:
        return frozenset(figure.currency for figure in self.figures if figure.currency is not None)

    @cached_property
    def _is_foreign(self) -> bool:
        return any(figure.is_foreign for figure in self.figures)

    @cached_property
    def _reread(self) -> dict[int, Interval | None]:
        return {}

    @cached_property
    def _converted(self) -> "dict[str, Term]":
        return {}

    def _hull(self, reading: int | None) -> Interval | None:
        if reading is None and len(self.figures) == 1:
            return self.figures[0].interval
        known = sharing_rates([figure for figure in self.figures if figure.interval is not None])
        return hull(one.interval for one in hulls(known if reading is None else READINGS[reading](known)))


@dataclass(frozen=True, slots=True)
class Apart:
    """How far apart the stated and the computed amounts are at least. `stated_is_more` says which lies above."""

    stated_is_more: bool
    gap: Fraction | None
    difference: Fraction
    relative_difference: Fraction


@dataclass(frozen=True, slots=True)
class Check:
    """One check of an equation. `missing_count` is how many inputs are not stated; if it is one term in all, it is
    `missing`, and `would_be` is what it would have to be. `currency` is the one of all amounts, if it is not that of
    the metrics.
    """

    by: CheckedBy
    voice: str | None
    source_id: str | None
    output: Term
    inputs: tuple[Term, ...]
    verdict: Consistency
    computed: Interval | None = None
    apart: Apart | None = None
    missing: Term | None = None
    would_be: Interval | None = None
    missing_count: int = 0
    currency: str | None = None

    @property
    def stated(self) -> Interval | None:
        return self.output.interval

    @property
    def figures(self) -> Iterator[Evidence]:
        return (figure for term in (self.output, *self.inputs) for figure in term.figures)

    @property
    def figure_count(self) -> int:
        return sum(len(term.figures) for term in (self.output, *self.inputs))

    @property
    def rank(self) -> Fraction | None:
        return self.apart.relative_difference if self.apart else None

    @property
    def order(self) -> tuple[object, ...]:
        return _ORDER[self.by], next(self.figures).order

    @property
    def severity(self) -> tuple[object, ...]:
        """The most severe check comes first."""
        return SEVERITY[self.verdict], -(self.rank or 0), self.order


@dataclass(frozen=True, slots=True)
class Scopes:
    """What is known of scopes: which metrics have any, the key of each, and each by its metric and key."""

    scoped: frozenset[str]
    keys: Mapping[str, str] = field(default_factory=dict)
    by_key: Mapping[tuple[str, str], str] = field(default_factory=dict)


Place = tuple[str | None, Days]  # the scope of the output, and the period
_Group = tuple[CheckedBy, str | None, str | None]  # by whom, and for which voice and source
_ACROSS: _Group = (CheckedBy.ACROSS, None, None)
_NO_DAYS: Days = (None, None)


def check_all(equation: Equation, figures: Iterable[Evidence], scopes: Scopes) -> dict[Place, list[Check]]:
    """All checks of an equation by the figures of one subject, by the scope of its output and the period."""
    stated = _Stated(figures, equation.metrics)
    found = _products(equation, stated, scopes) if isinstance(equation, Product) else _sums(equation, stated)
    checks: dict[Place, list[Check]] = defaultdict(list)
    for place, check in found:
        checks[place].append(check)
    return {place: sorted(own, key=lambda check: check.order) for place, own in checks.items()}


def most_severe(checks: Iterable[Check]) -> Check:
    return min(checks, key=lambda check: check.severity)


# Which figures count -------------------------------------------------------------------------------------------------


_ANY = "any"  # the scope that a factor needs whose metric has none


class _Stated:
    """The figures of a subject by metric, period, group and scope."""

    def __init__(self, figures: Iterable[Evidence], metrics: frozenset[str]) -> None:
        self.by_place: dict[tuple[str, Days], dict[_Group, dict[str | None, list[Evidence]]]] = {}
        self.periods: dict[Days, None] = {_NO_DAYS: None}
        self.by_period: set[str] = set()
        self.dated: set[tuple[_Group, str]] = set()
        self.terms: dict[tuple[object, ...], Term] = {}
        for figure in figures:
            if figure.metric_id in metrics and figure.not_computed is not NotComputed.VAGUE:
                self._add(figure, figure.metric_id)

    def _add(self, figure: Evidence, metric_id: str) -> None:
        days = measurand_period(figure.period, figure.metric.over_time)
        self.periods[days] = None
        if figure.metric.over_time is OverTime.BY_PERIOD:
            self.by_period.add(metric_id)
        groups = self.by_place.setdefault((metric_id, days), {})
        for group in _groups(figure):
            groups.setdefault(group, {}).setdefault(figure.scope_id, []).append(figure)
            if days != _NO_DAYS:
                self.dated.add((group, metric_id))

    def days_of(self, metric_id: str, days: Days) -> Days:
        """The period under which amounts of the metric are found: those for all time belong to each."""
        return days if metric_id in self.by_period else _NO_DAYS

    def groups(self, metric_id: str, days: Days) -> Mapping[_Group, Mapping[str | None, Sequence[Evidence]]]:
        return self.by_place.get((metric_id, self.days_of(metric_id, days)), {})

    def placed(self, metric_id: str, days: Days) -> Mapping[_Group, Mapping[str | None, Sequence[Evidence]]]:
        """The groups that are checked for the period because of the metric. Amounts for all time alone call for no
        check of any period: there may be many periods, and many who state such amounts.
        """
        return self.by_place.get((metric_id, days), {})

    def term(
        self, group: _Group, metric_id: str, scope: str | None, days: Days, exponent: int = 1, *, fits: bool = True
    ) -> Term:
        """The same object for the same figures, so that their hull is computed once."""
        key = (group, metric_id, scope, self.days_of(metric_id, days), exponent, fits)
        if key not in self.terms:
            self.terms[key] = self.new_term(group, metric_id, scope, days, exponent, fits=fits)
        return self.terms[key]

    def new_term(
        self, group: _Group, metric_id: str, scope: str | None, days: Days, exponent: int = 1, *, fits: bool = True
    ) -> Term:
        figures = tuple(self._figures(group, metric_id, scope, days))
        return Term(metric_id, None if scope == _ANY else scope, exponent, figures, fits)

    def result(self, group: _Group, metric_id: str, scope: str | None, days: Days, *, fits: bool = True) -> Term:
        """A term without assumptions: one is an input of somebody's calculation, never its result."""
        key = (group, metric_id, scope, self.days_of(metric_id, days), fits)
        if key not in self.terms:
            found = self._figures(group, metric_id, scope, days)
            figures = tuple(figure for figure in found if figure.basis is not Basis.ASSUMED)
            self.terms[key] = Term(metric_id, None if scope == _ANY else scope, 1, figures, fits)
        return self.terms[key]

    def _figures(self, group: _Group, metric_id: str, scope: str | None, days: Days) -> Iterator[Evidence]:
        """In an order that does not depend on that of arrival. An assumption counts where nothing else does."""
        scopes = self.groups(metric_id, days).get(group, {})
        for found in scopes.values() if scope == _ANY else [scopes.get(scope, ())]:
            if len(found) == 1:
                yield found[0]
            else:
                counted = [figure for figure in found if figure.basis is not Basis.ASSUMED]
                yield from sorted(counted or found, key=lambda figure: figure.order)


def _groups(figure: Evidence) -> Iterator[_Group]:
    """The checks in which a figure counts."""
    if figure.is_relay:
        if figure.basis is not Basis.PROJECTED:
            yield CheckedBy.RELAYED, figure.voice, figure.source_id
    elif figure.basis is not Basis.PROJECTED:
        yield CheckedBy.CLAIMANT, figure.voice, None
    if figure.takes_a_side:
        yield _ACROSS


def _are_several(terms: Iterable[Term]) -> bool:
    """Whether the figures are those of more than one claimant."""
    seen: set[str] = set()
    for term in terms:
        seen.update(islice(term.voices, 2))
        if len(seen) > 1:
            return True
    return False


def _in_one_currency(output: Term, inputs: Sequence[Term]) -> tuple[Term, tuple[Term, ...], str | None]:
    """If all amounts of money share one currency that is not the metrics', the terms as computed in it, and it."""
    terms = (output, *inputs)
    money = {currency for term in terms for currency in term.currencies}
    if len(money) != 1 or not any(term.is_foreign for term in terms):
        return output, tuple(inputs), None
    (currency,) = money
    return output.computed_in(currency), tuple(term.computed_in(currency) for term in inputs), currency


def _apart(computed: Interval, stated: Interval) -> Apart | None:
    """How far apart two amounts are that exclude each other."""
    if lies_above(computed, stated):
        upper, lower = computed, stated
    elif lies_above(stated, computed):
        upper, lower = stated, computed
    else:
        return None
    assert upper.low is not None
    assert lower.high is not None
    a, b = upper.low, lower.high
    return Apart(upper is stated, factor_between(upper, lower, a, b), a - b, relative_difference(a, b))


# Products ------------------------------------------------------------------------------------------------------------


class _Pairing:
    """Which scopes of a product belong together."""

    def __init__(self, product: Product, scopes: Scopes, stated: _Stated) -> None:
        self.product, self.scopes, self.stated = product, scopes, stated
        self._by_input: dict[tuple[str, str | None], list[str | None]] = defaultdict(list)
        for factor in product.factors:
            for output, own in factor.scopes.items():
                self._by_input[factor.metric_id, own].append(output)
        self._unpaired: dict[tuple[object, ...], list[str | None]] = {}

    def wanted(self, factor: Factor, scope: str | None) -> tuple[str | None, bool]:
        """The scope of the factor that belongs to one of the output, and whether it is known to."""
        if factor.metric_id not in self.scopes.scoped:
            return _ANY, True
        if scope in factor.scopes:
            return factor.scopes[scope], True
        found = self.scopes.by_key.get((factor.metric_id, self.scopes.keys.get(scope, ""))) if scope else None
        return found, found is not None

    def outputs(self, factor: Factor, scope: str | None) -> list[str | None]:
        """The scopes of the output to which one of the factor belongs."""
        found = self._by_input.get((factor.metric_id, scope), [])
        if scope is not None:
            output = self.scopes.by_key.get((self.product.metric_id, self.scopes.keys.get(scope, "")))
            if output is not None and output not in factor.scopes:
                return [*found, output]
        return found

    def unpaired(self, factor: Factor, days: Days, group: _Group) -> list[str | None]:
        """The scopes of the factor with figures that belong to no scope of the output."""
        key = (factor.metric_id, self.stated.days_of(factor.metric_id, days), group)
        if key not in self._unpaired:
            scopes = self.stated.groups(factor.metric_id, days).get(group, {})
            self._unpaired[key] = [one for one in scopes if not self.outputs(factor, one)]
        return self._unpaired[key]


def _products(product: Product, stated: _Stated, scopes: Scopes) -> Iterator[tuple[Place, Check]]:
    pairing = _Pairing(product, scopes, stated)
    for days in stated.periods:
        for scope, groups in _places(pairing, days).items():
            for group in groups:
                check = _check_product(pairing, scope, days, group)
                if check is not None:
                    yield (scope, days), check


def _places(pairing: _Pairing, days: Days) -> dict[str | None, dict[_Group, None]]:
    """The scopes of the output to which figures belong, with the groups that have such figures."""
    product, scoped = pairing.product, pairing.scopes.scoped
    places: dict[str | None, dict[_Group, None]] = defaultdict(dict)
    for group, stated in pairing.stated.placed(product.metric_id, days).items():
        for scope in stated:
            places[scope if product.metric_id in scoped else None][group] = None
    for factor in product.factors:
        for group, stated in pairing.stated.placed(factor.metric_id, days).items():
            for scope in stated:
                if factor.metric_id in scoped:
                    for output in pairing.outputs(factor, scope) or ([None] if scope is None else []):
                        places[output][group] = None
                elif not scoped & product.metrics:
                    places[None][group] = None
    return places


def _check_product(pairing: _Pairing, scope: str | None, days: Days, group: _Group) -> Check | None:
    product = pairing.product
    output = _output_term(pairing, scope, days, group)
    inputs = [_factor_term(pairing, factor, scope, days, group) for factor in product.factors]
    missing = [term for term in (output, *inputs) if term.is_missing]
    if len(missing) > 1 or (group == _ACROSS and not _are_several((output, *inputs))):
        return None
    if missing and days == _NO_DAYS and (group, missing[0].metric_id) in pairing.stated.dated:
        return None  # stated for other periods
    output, terms, currency = _in_one_currency(output, inputs)
    check = partial(Check, *group, output, terms, currency=currency)
    if any(term.lacks_exchange_rate for term in (output, *terms)):
        return None if missing else check(verdict=Consistency.NO_EXCHANGE_RATE)
    fits = all(term.fits for term in (output, *terms))
    known = _amounts(terms, None)
    if missing:
        would_be = _would_be(product, output, terms, known)
        verdict = Consistency.INCOMPLETE if fits else Consistency.SCOPE_GAP
        if would_be is None or (output.is_missing and not fits):
            return None
        number = int(not output.is_missing)
        return check(verdict=verdict, missing=missing[0], would_be=would_be, missing_count=number)
    computed = product.result(known)
    if computed is None or output.interval is None:
        return check(verdict=Consistency.DENOMINATOR_ZERO)
    apart = _apart(computed, output.interval)
    if not fits:
        return check(verdict=Consistency.SCOPE_GAP, computed=computed)
    verdict = _verdict(apart, lambda reading: _reread(product, output, terms, reading))
    return check(verdict=verdict, computed=computed, apart=apart)


def _amounts(terms: Sequence[Term], reading: int | None) -> dict[int, Interval]:
    return {number: amount for number, term in enumerate(terms) if (amount := term.read(reading)) is not None}


def _would_be(product: Product, output: Term, terms: Sequence[Term], known: Mapping[int, Interval]) -> Interval | None:
    if output.interval is None:
        return product.result(known)
    number = next(number for number, term in enumerate(terms) if term.is_missing)
    return product.missing(number, output.interval, known)


def _reread(product: Product, output: Term, terms: Sequence[Term], reading: int) -> bool:
    """Whether the terms are still apart, all read in another way."""
    computed, own = product.result(_amounts(terms, reading)), output.read(reading)
    return computed is not None and own is not None and _apart(computed, own) is not None


def _verdict(apart: Apart | None, still_apart: Callable[[int], bool]) -> Consistency:
    if apart is None:
        return Consistency.CONSISTENT
    rounded = any(not still_apart(reading) for reading in range(len(READINGS)))
    return Consistency.WITHIN_ROUNDING if rounded else Consistency.INCONSISTENT


def _output_term(pairing: _Pairing, scope: str | None, days: Days, group: _Group) -> Term:
    metric, result = pairing.product.metric_id, pairing.stated.result
    if metric not in pairing.scopes.scoped:
        return result(group, metric, _ANY, days)
    own = result(group, metric, scope, days, fits=scope is not None)
    unstated = result(group, metric, None, days, fits=False)
    return unstated if own.is_missing and not unstated.is_missing else own


def _factor_term(pairing: _Pairing, factor: Factor, scope: str | None, days: Days, group: _Group) -> Term:
    """The figures of the scope that belongs to the output's. Without any, those that state no scope, or the only other
    one, unless it belongs to another scope of the output: they are shown, and do not fit.
    """
    metric, (wanted, is_known) = factor.metric_id, pairing.wanted(factor, scope)
    own = pairing.stated.term(group, metric, wanted, days, factor.exponent, fits=is_known)
    if not own.is_missing or wanted == _ANY:
        return own
    others = pairing.stated.groups(metric, days).get(group, {})
    strays = [None] if None in others else others if scope is None else pairing.unpaired(factor, days, group)
    if len(strays) == 1:
        (stray,) = strays
        return pairing.stated.term(group, metric, stray, days, factor.exponent, fits=False)
    return Term(metric, wanted, factor.exponent)


# Sums ----------------------------------------------------------------------------------------------------------------


def _sums(equation: Sum, stated: _Stated) -> Iterator[tuple[Place, Check]]:
    places: dict[str | None, int] = {scope: place for place, scope in enumerate(equation.parts)}
    for days in stated.periods:
        for group, scopes in stated.groups(equation.metric_id, days).items():
            parts = sorted((str(scope) for scope in scopes if scope in places), key=lambda one: places[one])
            check = _check_sum(equation, stated, days, group, parts) if parts else None
            if check is not None:
                yield (equation.whole, days), check


def _check_sum(equation: Sum, stated: _Stated, days: Days, group: _Group, parts: Sequence[str]) -> Check | None:
    metric = equation.metric_id
    terms: Sequence[Term] = [stated.new_term(group, metric, part, days) for part in parts]
    output = stated.result(group, metric, equation.whole, days)
    unstated = stated.result(group, metric, None, days, fits=False)
    if output.is_missing and not unstated.is_missing:
        output = unstated
    if group == _ACROSS and not _are_several((output, *terms)):
        return None
    output, terms, currency = _in_one_currency(output, terms)
    missing = len(equation.parts) - len(terms)
    check = partial(Check, *group, output, terms, currency=currency, missing_count=missing)
    if any(term.lacks_exchange_rate for term in (output, *terms)):
        return check(verdict=Consistency.NO_EXCHANGE_RATE) if not missing and not output.is_missing else None
    known = [term.interval for term in terms if term.interval is not None]
    computed = equation.result(known, all_known=not missing)
    if output.interval is None:
        if missing or computed is None:
            return None
        return check(verdict=Consistency.INCOMPLETE, missing=output, would_be=computed)
    if not output.fits:
        return check(verdict=Consistency.SCOPE_GAP, computed=computed) if not missing else None
    whole = output.interval
    apart = None if computed is None else _apart(computed, whole)
    if apart is not None or not missing:
        verdict = _verdict(apart, lambda reading: _sum_reread(equation, output, terms, reading, all_known=not missing))
        return check(verdict=verdict, computed=computed, apart=apart)
    if missing > 1 or not equation.complete:
        return None
    (part,) = set(equation.parts).difference(parts)
    return check(verdict=Consistency.INCOMPLETE, missing=Term(metric, part), would_be=equation.missing(whole, known))


def _sum_reread(equation: Sum, output: Term, terms: Sequence[Term], reading: int, *, all_known: bool) -> bool:
    known = [amount for term in terms if (amount := term.read(reading)) is not None]
    computed, own = equation.result(known, all_known=all_known), output.read(reading)
    return computed is not None and own is not None and _apart(computed, own) is not None
