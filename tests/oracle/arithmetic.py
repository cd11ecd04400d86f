"""The oracle: what a comparison must answer, in fractions and by brute force over all pairs.

Written from the text of the design alone, for clarity and not for speed. Where the text leaves a choice, the choice
follows "Reading:". Sentences (`text`) are not covered, nor are exchange rates and restated prices.
"""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import combinations, pairwise, permutations, product
from typing import Literal

from tests.oracle.world import Claim, Figure, Scope, World

COUNTING = ("reported", "estimated", "alleged", "unstated")
PROBABILITY = ("ci90", "ci95", "ci99", "p5_p95", "iqr", "other")
ONE_SIDED = ("at_least", "more_than", "at_most", "less_than")
CURRENCIES = ("USD", "EUR")
NO_RATIO = ("signs_differ", "units_differ", "no_exchange_rate", "denominator_zero")
FACTORS = {("day", "hour"): Fraction(24), ("hour", "day"): Fraction(1, 24)}
MOVED_BASES = ("estimated", "alleged", "projected")

Reading = Literal["as_stated", "rounded", "truncated"]
READ: tuple[Reading, ...] = ("rounded", "truncated")
Span = tuple[date, date]


@dataclass(frozen=True)
class Settings:
    about_tolerance: Fraction = Fraction(1, 10)
    as_of: date | None = None
    by: str = "basis"
    sides: tuple[str, str] | None = None


PLAIN = Settings()


@dataclass(frozen=True)
class Measurand:
    subject: str
    scope: str | None = None
    period: Span | None = None


# Dates ---------------------------------------------------------------------------------------------------------------


def span(edtf: str | None) -> Span | None:
    """The first and the last possible day of a date as it is said."""
    if edtf is None:
        return None
    first, _, last = edtf.strip("~?%").partition("/")
    return (_days(first)[0], _days(last or first)[1])


def _days(text: str) -> Span:
    parts = [int(part) for part in text.strip("~?%").split("-")]
    year = parts[0]
    if len(parts) == 1:
        return date(year, 1, 1), date(year, 12, 31)
    if len(parts) == 3:
        return date(*parts), date(*parts)
    month = last = parts[1]
    if month >= 33:
        month = 1 + 3 * (month - 33)
        last = month + 2
    return date(year, month, 1), date(year, last, calendar.monthrange(year, last)[1])


def approximate(edtf: str | None) -> bool:
    return edtf is not None and any(mark in edtf for mark in "~?%")


def said(world: World, claim: Claim) -> Span | None:
    return span(claim.asserted) or span(world.source(claim.source).published)


def readable_from(world: World, claim: Claim) -> date | None:
    """The later of the last days of publication and assertion."""
    spans = [s for s in (span(claim.asserted), span(world.source(claim.source).published)) if s]
    return max(s[1] for s in spans) if spans else None


def more_than_a_year_apart(left: Span | None, right: Span | None) -> bool:
    """Of the nearest days; a year ends on the same calendar day, that of 29 February on 28 February.

    Reading: a claim that is not dated is not apart from anything.
    """
    if not left or not right:
        return False
    earlier, later = sorted((left, right))
    end = earlier[1]
    day = min(end.day, calendar.monthrange(end.year + 1, end.month)[1])
    return later[0] > date(end.year + 1, end.month, day)


# Trees, roles and voices ---------------------------------------------------------------------------------------------


def above_entity(world: World, key: str) -> list[str]:
    """Those of which this entity is a part, nearest first."""
    found: list[str] = []
    part_of = world.entity(key).part_of
    while part_of:
        found.append(part_of)
        part_of = world.entity(part_of).part_of
    return found


def nearest_organization(world: World, key: str) -> str | None:
    return next((e for e in above_entity(world, key) if world.entity(e).kind == "organization"), None)


def role(world: World, claim: Claim) -> str:
    """The claimant's role as given, else inferred.

    Reading: "the organisation they are part of" is the nearest one above the claimant, whatever the claimant's kind.
    """
    if claim.claimant_role is not None:
        return claim.claimant_role
    for party in (claim.claimant, nearest_organization(world, claim.claimant)):
        if party is None:
            continue
        if (
            party == claim.subject
            or party in above_entity(world, claim.subject)
            or claim.subject in above_entity(world, party)
        ):
            return "first_party"
    return "unknown"


def voice(world: World, claim: Claim) -> str:
    """Who speaks. Reading: only entities of kind organization lend their voice; the effective role decides."""
    if claim.speaks_for:
        return claim.speaks_for
    if world.entity(claim.claimant).kind == "person" and role(world, claim) == "first_party":
        return nearest_organization(world, claim.claimant) or claim.claimant
    return claim.claimant


def within_scope(scopes: Sequence[Scope], part: str | None, whole: str | None) -> bool:
    """Whether the part lies below the whole, at any depth."""
    if part is None or whole is None or part == whole:
        return False
    above = {s.key: s.part_of for s in scopes}
    step = above[part]
    while step and step != whole:
        step = above[step]
    return step == whole


# Intervals -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Interval:
    """An end of None is unbounded, and open."""

    low: Fraction | None
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False

    @property
    def low_key(self) -> tuple[int, Fraction, int]:
        """Sorts lower ends: an open one begins just above a closed one."""
        return (0, Fraction(0), 0) if self.low is None else (1, self.low, int(self.low_open))

    @property
    def high_key(self) -> tuple[int, Fraction, int]:
        return (2, Fraction(0), 0) if self.high is None else (1, self.high, -int(self.high_open))

    def above(self, other: "Interval") -> bool:
        """Wholly above, touching ends that are not both closed included."""
        if self.low is None or other.high is None:
            return False
        return self.low > other.high or (self.low == other.high and (self.low_open or other.high_open))

    def excludes(self, other: "Interval") -> bool:
        return self.above(other) or other.above(self)

    def contains(self, other: "Interval") -> bool:
        return self.low_key <= other.low_key and self.high_key >= other.high_key

    def holds(self, amount: Fraction) -> bool:
        return not self.excludes(Interval(amount, amount))

    @property
    def positive(self) -> bool:
        """On the upper side of zero, which may be an end."""
        return self.low is not None and self.low >= 0

    @property
    def negative(self) -> bool:
        return self.high is not None and self.high <= 0

    def mirrored(self) -> "Interval":
        return Interval(
            None if self.high is None else -self.high, None if self.low is None else -self.low,
            self.high_open, self.low_open,
        )  # fmt: skip


def hull_of(intervals: Iterable[Interval]) -> Interval:
    """From the lowest low to the highest high; an end is open only if all that attain it are."""
    every = list(intervals)
    low = min(every, key=lambda i: i.low_key)
    high = max(every, key=lambda i: i.high_key)
    return Interval(low.low, high.high, low.low_open, high.high_open)


def one_side(left: Interval, right: Interval) -> bool:
    return (left.positive and right.positive) or (left.negative and right.negative)


def stated_precision(amount: str) -> Fraction:
    """The unit of the last stated digit."""
    digits = amount.lstrip("-")
    whole, _, decimals = digits.partition(".")
    if decimals:
        return Fraction(1, 10 ** len(decimals))
    zeros = len(whole) - len(whole.rstrip("0"))
    return Fraction(10**zeros) if whole.strip("0") else Fraction(1)


def factor_to(unit: str, target: str) -> Fraction | None:
    """What turns amounts of one unit into those of another, if it is known."""
    return Fraction(1) if unit == target else FACTORS.get((unit, target))


@dataclass(frozen=True)
class Amounts:
    """The numbers of a figure, in one unit."""

    value: Fraction | None
    lower: Fraction | None
    upper: Fraction | None
    precision: Fraction | None
    interval: Interval | None


def amounts(figure: Figure, unit: str, *, signed: bool, tolerance: Fraction, read: Reading = "as_stated") -> Amounts:
    factor = factor_to(figure.unit, unit)
    assert factor is not None

    def number(text: str | None) -> Fraction | None:
        return None if text is None else Fraction(text) * factor

    value, lower, upper = number(figure.value), number(figure.lower), number(figure.upper)
    precision = None
    if figure.value is not None:
        precision = (Fraction(figure.precision) if figure.precision else stated_precision(figure.value)) * factor
    interval = _interval(figure.qualifier, value, lower, upper, precision, signed=signed, tolerance=tolerance)
    if read != "as_stated" and figure.qualifier == "exact" and lower is None and upper is None:
        assert value is not None
        assert precision is not None
        interval = _read(value, precision, read)
    return Amounts(value, lower, upper, precision, interval)


def _interval(
    qualifier: str, value: Fraction | None, lower: Fraction | None, upper: Fraction | None,
    precision: Fraction | None, *, signed: bool, tolerance: Fraction,
) -> Interval | None:  # fmt: skip
    if qualifier == "vague":
        return None
    if qualifier == "between":
        return Interval(lower, upper)
    if qualifier in ("at_least", "more_than"):
        return Interval(lower, None, qualifier == "more_than", True)
    if qualifier in ("at_most", "less_than"):
        return Interval(None if signed else Fraction(0), upper, signed, qualifier == "less_than")
    assert value is not None
    assert precision is not None
    spread = min(tolerance * abs(value), 5 * precision) if qualifier == "about" else Fraction(0)
    return Interval(value - spread if lower is None else lower, value + spread if upper is None else upper)


def _read(value: Fraction, precision: Fraction, read: Reading) -> Interval:
    """What a rounded or a truncated number may have been.

    Reading: the ends are open, as "less than" says; where 5% of the value is less, the ends at 5% are closed.
    """
    limit = abs(value) / 20
    if value == 0:
        return Interval(value, value)
    width = precision / 2 if read == "rounded" else precision
    open_end = width <= limit
    width = min(width, limit)
    if read == "rounded":
        return Interval(value - width, value + width, open_end, open_end)
    if value > 0:
        return Interval(value, value + width, False, open_end)
    return Interval(value - width, value, open_end, False)


# Who counts ----------------------------------------------------------------------------------------------------------


def readable(world: World, claim: Claim, settings: Settings) -> bool:
    if claim.withdrawn:
        return False
    if settings.as_of is None:
        return True
    day = readable_from(world, claim)
    return day is not None and day <= settings.as_of


def retracted(claim: Claim, settings: Settings) -> bool:
    """Whether the claim is retracted; with a day, it counted before the last possible one."""
    if not claim.retracted:
        return False
    day = span(claim.retracted_on)
    return not (day and settings.as_of and settings.as_of < day[1])


def active(world: World, claim: Claim, settings: Settings) -> bool:
    """Reading: only a successor that could be read, and is not retracted, takes the place of a claim."""
    if not readable(world, claim, settings) or retracted(claim, settings):
        return False
    return not any(
        later.supersedes == claim.key and readable(world, later, settings) and not retracted(later, settings)
        for later in world.claims
    )


def is_relay(claim: Claim, figure: Figure) -> bool:
    return claim.derived_from is not None and figure.relayed is not False


def chain(world: World, claim: Claim) -> list[Claim]:
    """The claims up the chain, nearest first."""
    found = []
    while claim.derived_from:
        claim = world.claim(claim.derived_from)
        found.append(claim)
    return found


def origin_of(world: World, claim: Claim) -> Claim:
    """The nearest claim up the chain that is not withdrawn and has a figure of the metric, else the root."""
    above = chain(world, claim)
    return next((c for c in above if not c.withdrawn and c.figures), above[-1])


def measurand_of(world: World, claim: Claim, figure: Figure) -> Measurand:
    period = span(figure.period) if world.metric.over_time == "by_period" else None
    return Measurand(claim.subject, figure.scope, period)


def measurands(world: World) -> list[Measurand]:
    """All that have figures, withdrawn ones included."""
    return list(dict.fromkeys(measurand_of(world, c, f) for c in world.claims for f in c.figures))


@dataclass(frozen=True)
class Used:
    """A figure with all that the arithmetic asks of it."""

    claim: Claim
    index: int
    figure: Figure
    role: str
    voice: str
    amounts: Amounts
    dated: Span | None
    long_from: date | None  # the first day of a stated period that is longer than a day
    said: Span | None

    @property
    def key(self) -> tuple[str, int]:
        return self.claim.key, self.index

    @property
    def interval(self) -> Interval:
        assert self.amounts.interval is not None
        return self.amounts.interval

    @property
    def order(self) -> tuple[str, ...]:
        """Reading: the claimant's key is that of the voice; the design does not say the order of contents."""
        return (self.voice, self.claim.source, self.claim.key)


def stand_ins(world: World, settings: Settings) -> set[tuple[str, int]]:
    """The figures of relays that count in the place of origins that cannot.

    Reading: a candidate is an active relay with a figure of that scope and stated period that would count if it were no
    relay; all such figures of it there stand in. An origin that could not be read by `as_of` is not withdrawn.
    """
    groups: dict[tuple[str, str | None, Span | None], list[tuple[bool, date, str, int]]] = {}
    for claim in world.claims:
        if claim.derived_from is None or not active(world, claim, settings):
            continue
        origin = origin_of(world, claim)
        if (origin.figures and not origin.withdrawn) or claim.subject != origin.subject:
            continue
        day = readable_from(world, claim)
        for index, figure in enumerate(claim.figures):
            if is_relay(claim, figure) and figure.basis in COUNTING and figure.qualifier != "vague":
                found = groups.setdefault((origin.key, figure.scope, span(figure.period)), [])
                found.append((day is None, day or date.max, claim.key, index))
    standing = set()
    for found in groups.values():
        first = min(found)[:3]
        standing |= {(key, index) for *rank, key, index in found if (*rank, key) == first}
    return standing


@dataclass(frozen=True)
class Evidence:
    """The figures of one measurand by their part in it."""

    counting: list[Used]
    beside: set[tuple[str, int]]
    relays: set[tuple[str, int]]
    unit: str
    foreign_units: set[str]
    foreign_bases: set[str]
    foreign_roles: set[str]
    projections: list[Used]  # projected and assumed, for sides of these


def standing_figures(world: World, measurand: Measurand, settings: Settings) -> list[tuple[Claim, int]]:
    """The figures of active claims on the measurand."""
    return [
        (claim, index)
        for claim in world.claims
        if active(world, claim, settings)
        for index, figure in enumerate(claim.figures)
        if measurand_of(world, claim, figure) == measurand
    ]


def evidence(
    world: World, measurand: Measurand, settings: Settings, read: Reading = "as_stated", unit: str | None = None
) -> Evidence:
    """Computed in `unit`, or as the measurand is.

    Reading: "all that count share one other currency" is asked of counting figures with an interval.
    """
    standing = stand_ins(world, settings)
    relays: set[tuple[str, int]] = set()
    shown: list[tuple[Claim, int, Figure]] = []
    for claim, index in standing_figures(world, measurand, settings):
        figure = claim.figures[index]
        if is_relay(claim, figure) and (claim.key, index) not in standing:
            relays.add((claim.key, index))
        else:
            shown.append((claim, index, figure))
    if unit is None:
        unit = world.metric.unit
        units = {f.unit for _, _, f in shown if f.basis in COUNTING and f.qualifier != "vague"}
        if len(units) == 1 and units <= set(CURRENCIES):
            (unit,) = units
    found = Evidence([], set(), relays, unit, set(), set(), set(), [])
    for claim, index, figure in shown:
        counts = figure.basis in COUNTING
        known = factor_to(figure.unit, unit) is not None
        if figure.qualifier == "vague" or not known or not counts:
            found.beside.add((claim.key, index))
        if figure.qualifier == "vague":
            continue
        if known:
            (found.counting if counts else found.projections).append(used(world, claim, index, unit, settings, read))
            continue
        found.foreign_bases.add(figure.basis)
        if counts:
            found.foreign_units.add(figure.unit)
            found.foreign_roles.add(role(world, claim))
    return found


def used(world: World, claim: Claim, index: int, unit: str, settings: Settings, read: Reading = "as_stated") -> Used:
    figure = claim.figures[index]
    stated = span(figure.period)
    when = said(world, claim)
    return Used(
        claim=claim,
        index=index,
        figure=figure,
        role=role(world, claim),
        voice=voice(world, claim),
        amounts=amounts(figure, unit, signed=world.metric.signed, tolerance=settings.about_tolerance, read=read),
        dated=(stated[1], stated[1]) if stated else when,
        long_from=stated[0] if stated and stated[0] < stated[1] else None,
        said=when,
    )


# Agreement -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """All that a claimant says: of a running total, all of one date."""

    voice: str
    figures: tuple[Used, ...]
    parts: tuple[Interval, ...]  # what counts in `agreeing`
    hull: Interval

    def low_holders(self) -> list[Used]:
        return [u for u in self.figures if u.interval.low_key == self.hull.low_key]

    def high_holders(self) -> list[Used]:
        return [u for u in self.figures if u.interval.high_key == self.hull.high_key]


def statement_of(speaker: str, figures: Sequence[Used]) -> Said:
    """Leaves out what adds nothing and reads one-sided figures together.

    Of equal one-sided figures all are kept: the hull is the same, and each may be named.
    """

    def adds_nothing(one: Used) -> bool:
        return one.figure.qualifier in ONE_SIDED and any(
            one.interval.contains(other.interval)
            and (other.figure.qualifier not in ONE_SIDED or not other.interval.contains(one.interval))
            for other in figures
            if other is not one
        )

    kept = tuple(u for u in figures if not adds_nothing(u))
    intervals = [u.interval for u in kept]
    if all(u.figure.qualifier in ONE_SIDED for u in kept) and not any(
        left.excludes(right) for left, right in combinations(intervals, 2)
    ):
        low = max(intervals, key=lambda i: i.low_key)
        high = min(intervals, key=lambda i: i.high_key)
        together = Interval(low.low, high.high, low.low_open, high.high_open)
        return Said(speaker, kept, (together,), together)
    return Said(speaker, kept, tuple(intervals), hull_of(intervals))


def dates_exclude(world: World, upper: Used, lower: Used) -> bool:
    """Whether the days allow the upper amount to exclude the lower one. Only running totals ask."""
    if world.metric.over_time != "running_total":
        return True
    if upper.dated is None or lower.dated is None:
        return False
    if upper.long_from and lower.long_from and upper.long_from != lower.long_from:
        return False
    return upper.dated[1] <= lower.dated[0] or upper.dated == lower.dated


def figure_above(world: World, upper: Used, lower: Used) -> bool:
    return upper.interval.above(lower.interval) and dates_exclude(world, upper, lower)


def groups(world: World, figures: Sequence[Used]) -> list[Said]:
    """Claimants with what they say.

    Reading: of running totals with stated periods longer than a day, "one date" includes the day on which they begin.
    """
    by: dict[tuple[str, Span | None, date | None], list[Used]] = {}
    for one in figures:
        running = world.metric.over_time == "running_total"
        by.setdefault((one.voice, one.dated, one.long_from) if running else (one.voice, None, None), []).append(one)
    return [statement_of(key[0], by[key]) for key in by]


def group_above(world: World, upper: Said, lower: Said) -> bool:
    return (
        upper.voice != lower.voice
        and upper.hull.above(lower.hull)
        and dates_exclude(world, upper.figures[0], lower.figures[0])
    )


def agreeing(said_by: Sequence[Said]) -> int:
    """The most claimants that have a figure holding one and the same value: tried at all ends and between them."""
    ends = sorted({e for s in said_by for i in s.parts for e in (i.low, i.high) if e is not None})
    tries = [*ends, *((a + b) / 2 for a, b in pairwise(ends))]
    tries += [ends[0] - 1, ends[-1] + 1] if ends else [Fraction(0)]
    return max(len({s.voice for s in said_by if any(i.holds(t) for i in s.parts)}) for t in tries)


@dataclass(frozen=True)
class Conflict:
    a: Fraction
    b: Fraction
    open: bool
    gap: Fraction | None
    relative_difference: Fraction | None
    most: Used
    least: Used
    reasons: frozenset[str]
    probability: bool


@dataclass(frozen=True)
class Agreement:
    status: str
    agreeing: int | None
    conflict: Conflict | None

    def wider_than(self, other: "Agreement") -> bool:
        return self.conflict is not None and (other.conflict is None or self.rank > other.rank)

    @property
    def rank(self) -> tuple[int, Fraction, Fraction]:
        """Narrower ones first.

        Reading: "smaller" is the relative difference, then the difference; on other scales the difference alone.
        """
        place = {"none": 0, "single": 0, "agree": 0, "mixed": 1, "conflict": 2}[self.status]
        if self.conflict is None:
            return (place, Fraction(0), Fraction(0))
        return (place, self.conflict.relative_difference or Fraction(0), self.conflict.a - self.conflict.b)


def of_an_interval(end: str | None, figure: Figure) -> bool:
    return end is not None and figure.interval_kind in PROBABILITY


def conflict_reasons(world: World, left: Used, right: Used) -> frozenset[str]:
    """Reading: `signs_differ` belongs to a conflict of the ratio scale, `denominator_zero` to a ratio of sides only."""
    found = pair_reasons(world, left, right)
    if world.metric.over_time == "fixed" and more_than_a_year_apart(left.said, right.said):
        found |= {"asserted_apart"}
    if world.metric.scale == "ratio" and not one_side(left.interval, right.interval):
        found |= {"signs_differ"}
    return found


def _conflict(world: World, upper: Said, lower: Said, most: Used, least: Used) -> Conflict:
    a, b = upper.hull.low, lower.hull.high
    assert a is not None
    assert b is not None
    ratio = world.metric.scale == "ratio"
    small, large = sorted((abs(a), abs(b)))
    total = abs(a) + abs(b)
    return Conflict(
        a=a,
        b=b,
        open=upper.hull.low_open or lower.hull.high_open,
        gap=large / small if ratio and small and one_side(upper.hull, lower.hull) else None,
        relative_difference=((a - b) / total if total else Fraction(0)) if ratio else None,
        most=most,
        least=least,
        reasons=conflict_reasons(world, most, least),
        probability=of_an_interval(most.figure.lower, most.figure) or of_an_interval(least.figure.upper, least.figure),
    )


def find_conflict(world: World, said_by: Sequence[Said]) -> Conflict | None:
    """The conflict of the pair that is named.

    Reading: probability intervals are counted by the two ends of the conflict; the keys of the least figure come
    before those of the most.
    """
    pairs = [(x, y) for x, y in permutations(said_by, 2) if group_above(world, x, y)]
    if not pairs:
        return None
    if world.metric.over_time != "running_total":
        a = max(s.hull.low_key for s in said_by)
        b = min(s.hull.high_key for s in said_by)
        pairs = [(x, y) for x, y in pairs if x.hull.low_key == a and y.hull.high_key == b]
    found = [
        _conflict(world, x, y, most, least)
        for x, y in pairs
        for most, least in product(x.low_holders(), y.high_holders())
    ]
    if world.metric.over_time == "running_total":
        widest = max(c.relative_difference or Fraction(0) for c in found)
        found = [c for c in found if (c.relative_difference or Fraction(0)) == widest]

    def rank(one: Conflict) -> tuple[int, int, tuple[str, ...], tuple[str, ...]]:
        intervals = int(of_an_interval(one.most.figure.lower, one.most.figure)) + int(
            of_an_interval(one.least.figure.upper, one.least.figure)
        )
        return intervals, len(one.reasons), one.least.order, one.most.order

    return min(found, key=rank)


def agree(world: World, figures: Sequence[Used]) -> Agreement:
    running = world.metric.over_time == "running_total"
    said_by = groups(world, figures)
    count = len({s.voice for s in said_by})
    if not count:
        return Agreement("none", 0, None)
    most = None if running else agreeing(said_by)
    if count == 1:
        return Agreement("single", most, None)
    conflict = find_conflict(world, said_by)
    if conflict:
        return Agreement("conflict", most, conflict)
    return Agreement("agree" if running or most == count else "mixed", most, None)


def reasons_for_none(world: World, figures: Sequence[Used]) -> frozenset[str]:
    """Why there is no conflict: totals that count from different days exclude nothing."""
    starts = {u.long_from for u in figures if u.long_from}
    return frozenset({"periods_differ"} if world.metric.over_time == "running_total" and len(starts) > 1 else ())


def self_conflict(world: World, figures: Sequence[Used]) -> bool:
    return any(x.voice == y.voice and figure_above(world, x, y) for x, y in permutations(figures, 2))


@dataclass(frozen=True)
class WithoutOne:
    claimant: str
    agreement: Agreement


def without_one(world: World, figures: Sequence[Used], whole: Agreement) -> WithoutOne | None:
    """Reading: of claimants whose leaving narrows it equally, the first by key."""
    voices = sorted({u.voice for u in figures})
    if len(voices) < 3:
        return None
    rests = [(agree(world, [u for u in figures if u.voice != v]), v) for v in voices]
    rest, claimant = min(rests, key=lambda pair: (pair[0].rank, pair[1]))
    return WithoutOne(claimant, rest) if rest.rank < whole.rank else None


# Sides ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ratio:
    low: Fraction
    high: Fraction | None
    low_open: bool
    high_open: bool
    central: Fraction | None


@dataclass(frozen=True)
class Comparability:
    status: str
    reasons: frozenset[str]


@dataclass(frozen=True)
class Side:
    """Figures that are compared with others.

    Reading: the interval is over all figures of the side: what adds nothing to a claimant's hull is not left out here.
    """

    figures: list[Used]

    @property
    def interval(self) -> Interval | None:
        return hull_of(u.interval for u in self.figures) if self.figures else None

    @property
    def claimants(self) -> int:
        return len({u.voice for u in self.figures})


def pair_reasons(world: World, left: Used, right: Used) -> frozenset[str]:
    """Why two figures do not answer one and the same question."""
    found = set()
    ours, theirs = left.figure, right.figure
    if world.metric.scopes and (ours.scope is None or theirs.scope is None):
        found.add("scope_not_stated")
    elif ours.scope != theirs.scope:
        found.add("scopes_differ")
    if (
        world.metric.over_time != "running_total"
        and ours.period
        and theirs.period
        and span(ours.period) != span(theirs.period)
    ):
        found.add("periods_differ")
    if approximate(ours.period) or approximate(theirs.period):
        found.add("period_approximate")
    if ours.price_year and theirs.price_year and ours.price_year != theirs.price_year:
        found.add("price_years_differ")
    return frozenset(found)


def total_periods_differ(left: Used, right: Used) -> bool:
    """Of running totals. Reading: also where one is undated, as these exclude nothing."""
    if left.dated is None or right.dated is None or left.dated != right.dated:
        return True
    return bool(left.long_from and right.long_from and left.long_from != right.long_from)


def latest(world: World, figures: Sequence[Used]) -> list[Used]:
    """Of a running total the latest figures; else all.

    Reading: latest by last day, then by first; undated ones only where none is dated.
    """
    if world.metric.over_time != "running_total":
        return list(figures)
    dates = [(u.dated[1], u.dated[0]) for u in figures if u.dated]
    if not dates:
        return list(figures)
    return [u for u in figures if u.dated and (u.dated[1], u.dated[0]) == max(dates)]


def side_reasons(world: World, first: Side, second: Side) -> frozenset[str]:
    """Reading: a reason holds if it holds for some figure of one side and some of the other.

    `asserted_apart` looks at the figures that hold the ratio's ends only. Where several hold an end, it is a reason
    only if all pairs are apart.
    """
    found = frozenset[str]().union(*(pair_reasons(world, x, y) for x, y in product(first.figures, second.figures)))
    if world.metric.over_time == "running_total" and any(
        total_periods_differ(x, y) for x, y in product(first.figures, second.figures)
    ):
        found |= {"periods_differ"}
    return found


def _apart(first: Side, second: Side) -> bool:
    ours, theirs = first.interval, second.interval
    assert ours is not None
    assert theirs is not None

    def held(side: Side, end: str) -> list[Used]:
        whole = ours if side is first else theirs
        if end == "low":
            return [u for u in side.figures if u.interval.low_key == whole.low_key]
        return [u for u in side.figures if u.interval.high_key == whole.high_key]

    return any(
        all(more_than_a_year_apart(x.said, y.said) for x, y in product(held(first, near), held(second, far)))
        for near, far in (("high", "low"), ("low", "high"))
    )


def divide(first: Side, second: Side) -> tuple[Ratio | None, set[str]]:
    """Second ÷ first, as the exact set of all quotients, or the reasons why there is none.

    Reading: `denominator_zero` only where the first can be nothing but zero; where it may come near zero, the ratio
    has no upper end.
    """
    ours, theirs = first.interval, second.interval
    assert ours is not None
    assert theirs is not None
    missing = {"signs_differ"} if not one_side(ours, theirs) else set()
    if ours.low == ours.high == 0:
        missing.add("denominator_zero")
    if missing:
        return None, missing
    if not (ours.positive and theirs.positive):
        ours, theirs = ours.mirrored(), theirs.mirrored()
    assert ours.low is not None
    assert theirs.low is not None
    low, low_open = Fraction(0), False
    if theirs.low > 0 and ours.high is not None:
        low, low_open = theirs.low / ours.high, theirs.low_open or ours.high_open
    elif theirs.low > 0 or theirs.low_open:
        low_open = True
    high: Fraction | None = None
    high_open = True
    if theirs.high == 0:
        high, high_open = Fraction(0), False
    elif theirs.high is not None and ours.low > 0:
        high, high_open = theirs.high / ours.low, theirs.high_open or ours.low_open
    central = None
    if len(first.figures) == len(second.figures) == 1:
        below, above = first.figures[0].amounts.value, second.figures[0].amounts.value
        central = above / below if below and above is not None else None
    return Ratio(low, high, low_open, high_open, central), set()


def compared(world: World, first: Side, second: Side) -> tuple[Ratio | None, Comparability | None]:
    """The ratio of two sides, and whether they can be compared."""
    if not first.figures or not second.figures:
        return None, None
    first, second = Side(latest(world, first.figures)), Side(latest(world, second.figures))
    reasons = side_reasons(world, first, second)
    ratio: Ratio | None = None
    if world.metric.scale == "ratio":
        ratio, missing = divide(first, second)
        if missing:
            reasons |= missing
        elif world.metric.over_time == "fixed" and _apart(first, second):
            reasons |= {"asserted_apart"}
    return ratio, comparability(reasons)


def comparability(reasons: frozenset[str]) -> Comparability:
    if reasons & set(NO_RATIO):
        return Comparability("not_comparable", reasons)
    return Comparability("conditional" if reasons else "comparable", reasons)


def verdict(world: World, first: Side, second: Side, names: tuple[str, str, str]) -> str:
    """Higher or lower if every pair of figures bears it; consistent if some pair shares a value, mixed otherwise.

    Totals of different days are higher or lower only by exclusion, and consistent otherwise.
    """
    one, two, moved = names
    if not first.figures or not second.figures:
        return f"{one}_only" if first.figures else f"{two}_only" if second.figures else "none"
    pairs = list(product(latest(world, first.figures), latest(world, second.figures)))
    if all(figure_above(world, y, x) for x, y in pairs):
        return f"{moved}_higher"
    if all(figure_above(world, x, y) for x, y in pairs):
        return f"{moved}_lower"
    if any(not figure_above(world, x, y) and not figure_above(world, y, x) for x, y in pairs):
        return "consistent"
    return "mixed"


def sides_of(found: Evidence, settings: Settings) -> tuple[Side, Side, tuple[str, str, str]]:
    if settings.by == "party":
        names = ("first_party", "third_party", "third_party")
        return (
            Side([u for u in found.counting if u.role == "first_party"]),
            Side([u for u in found.counting if u.role == "third_party"]),
            names,
        )
    one, two = settings.sides or ("reported", "estimated")
    every = found.counting + found.projections
    names = (one, two, "estimates" if (one, two) == ("reported", "estimated") else two)
    return Side([u for u in every if u.figure.basis == one]), Side([u for u in every if u.figure.basis == two]), names


# Related -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Related:
    measurand: Measurand
    relation: str
    interval: Interval
    ratio: Ratio | None
    comparability: Comparability | None
    part_exceeds_whole: bool
    within_rounding: bool


def operand(world: World, found: Evidence) -> Side | None:
    """What represents a measurand: what was reported if anything was, else what was estimated, else all that count.

    Reading: None if that is in another currency only, because then there is nothing to compute with.
    """
    for basis in ("reported", "estimated"):
        figures = [u for u in found.counting if u.figure.basis == basis]
        if figures:
            return Side(latest(world, figures))
        if basis in found.foreign_bases:
            return None
    return None if found.foreign_units and not found.counting else Side(latest(world, found.counting))


def relation_between(world: World, this: Measurand, other: Measurand) -> str | None:
    """What the other is to this. Reading: measurands of another scope and another period are not related."""
    if this.subject != other.subject or this == other:
        return None
    if this.period == other.period:
        if this.scope is None or other.scope is None:
            return "scope_not_stated"
        if within_scope(world.metric.scopes, this.scope, other.scope):
            return "wider"
        return "narrower" if within_scope(world.metric.scopes, other.scope, this.scope) else "other"
    if this.scope != other.scope or not this.period or not other.period:
        return None
    (first, last), (start, end) = this.period, other.period
    if end < first or last < start:
        return None
    if first <= start and end <= last:
        return "within_period"
    return "containing_period" if start <= first and last <= end else "overlapping_period"


REASONS = {
    "scope_not_stated": "scope_not_stated",
    **dict.fromkeys(("wider", "narrower", "other"), "scopes_differ"),
    **dict.fromkeys(("within_period", "containing_period", "overlapping_period"), "periods_differ"),
}


def exceeds(world: World, part: Evidence, whole: Evidence) -> bool:
    """Whether a claimant of the part lies above a claimant of the whole, as in a conflict.

    Reading: over all figures that count, of any basis, and only in the metric's own unit. Of totals, only if the latest
    figures of each count from one day.
    """
    if not part.counting or not whole.counting or {part.unit, whole.unit} != {world.metric.unit}:
        return False
    ours, theirs = latest(world, part.counting), latest(world, whole.counting)
    if world.metric.over_time != "running_total":
        return any(x.hull.above(y.hull) for x, y in product(groups(world, ours), groups(world, theirs)))
    starts = [{u.long_from for u in side if u.long_from} for side in (ours, theirs)]
    if any(len(one) > 1 for one in starts) or len(starts[0] | starts[1]) > 1:
        return False
    said_by = [
        [statement_of(v, [u for u in side if u.voice == v]) for v in {u.voice for u in side}] for side in (ours, theirs)
    ]
    return any(x.hull.above(y.hull) and dates_exclude(world, ours[0], theirs[0]) for x, y in product(*said_by))


def part_and_whole(world: World, this: Measurand, other: Measurand) -> tuple[Measurand, Measurand] | None:
    """Which of the two is a part of the other, if the metric adds up over that."""
    relation = relation_between(world, this, other)
    additive = world.metric.additive
    if world.metric.signed or additive == "none" or relation is None:
        return None
    if relation.endswith("_period") and additive != "parts_and_time":
        return None
    if relation in ("wider", "containing_period"):
        return this, other
    return (other, this) if relation in ("narrower", "within_period") else None


def part_exceeds_whole(world: World, this: Measurand, other: Measurand, settings: Settings) -> tuple[bool, bool]:
    """Whether the one that is a part exceeds the other, and whether it may be by rounding alone."""
    pair = part_and_whole(world, this, other)
    if pair is None:
        return False, False
    part, whole = (evidence(world, m, settings) for m in pair)
    if not exceeds(world, part, whole):
        return False, False
    if world.metric.scale == "ordinal":
        return True, False
    read = [[evidence(world, m, settings, how) for m in pair] for how in READ]
    return True, any(not exceeds(world, *both) for both in read)


def related(world: World, this: Measurand, settings: Settings) -> list[Related]:
    """Those with figures that can be computed with."""
    found = []
    mine = evidence(world, this, settings)
    for other in measurands(world):
        relation = relation_between(world, this, other)
        theirs = evidence(world, other, settings)
        own, side = operand(world, mine), operand(world, theirs)
        ratio: Ratio | None = None
        status: Comparability | None
        if relation is None or side is None or not side.figures:
            continue
        if own is None or (own.figures and mine.unit != theirs.unit):
            unstated = {"scope_not_stated"} if world.metric.scopes and not (this.scope and other.scope) else set()
            status = comparability(frozenset({REASONS[relation], "no_exchange_rate"} | unstated))
        else:
            ratio, status = compared(world, own, side)
        more, rounding = part_exceeds_whole(world, this, other, settings)
        interval = side.interval
        assert interval is not None
        found.append(Related(other, relation, interval, ratio, status, more, rounding))
    return found


# Drift ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drift:
    relay: tuple[str, int]
    compared_with: str  # the claim
    origin: tuple[str, int] | None
    result: str
    factor: Fraction | None = None
    difference: Fraction | None = None
    flags: frozenset[str] = field(default_factory=frozenset)

    @property
    def listed(self) -> bool:
        return self.result in ("sharpened", "drift") or bool(
            self.flags & {"basis_changed", "subject_changed", "currency_changed", "both_scopes_changed"}
        )

    @property
    def shown_flags(self) -> frozenset[str]:
        return self.flags - {"both_scopes_changed"}


def _currency(unit: str) -> str | None:
    return unit if unit in CURRENCIES else None


def _common_unit(world: World, relay: Figure, origin: Figure) -> str | None:
    unit = world.metric.unit
    if factor_to(relay.unit, unit) is not None and factor_to(origin.unit, unit) is not None:
        return unit
    return relay.unit if relay.unit == origin.unit else None


def _both(world: World, relay: Figure, origin: Figure, settings: Settings) -> tuple[Amounts, Amounts] | None:
    unit = _common_unit(world, relay, origin)
    if unit is None:
        return None
    ours, theirs = (
        amounts(f, unit, signed=world.metric.signed, tolerance=settings.about_tolerance) for f in (relay, origin)
    )
    return ours, theirs


def _factor_and_difference(world: World, relay: Amounts, origin: Amounts) -> tuple[Fraction | None, Fraction | None]:
    """Relay ÷ origin of two values, or the gap of intervals that exclude each other, and the difference without its
    sign. Reading: nothing and something have different signs.
    """
    if world.metric.scale == "ordinal":
        return None, None
    ratio = world.metric.scale == "ratio"
    ours, theirs = relay.interval, origin.interval
    if ours is None or theirs is None:
        return None, None
    if relay.value is not None and origin.value is not None:
        if ratio and relay.value * origin.value > 0 and one_side(ours, theirs):
            return relay.value / origin.value, abs(relay.value - origin.value)
        return None, abs(relay.value - origin.value)
    if not ours.excludes(theirs):
        return None, None
    upper, lower = (ours, theirs) if ours.above(theirs) else (theirs, ours)
    assert upper.low is not None
    assert lower.high is not None
    small, large = sorted((abs(upper.low), abs(lower.high)))
    if ratio and small and one_side(upper, lower):
        return large / small, upper.low - lower.high
    return None, upper.low - lower.high


def _result(world: World, relay: tuple[Claim, Figure], origin: tuple[Claim, Figure], settings: Settings) -> str:
    ours, theirs = relay[1], origin[1]
    both = _both(world, ours, theirs, settings)
    if both is None:
        return "drift"
    r, o = both
    if ours.qualifier == theirs.qualifier and (r.value, r.lower, r.upper) == (o.value, o.lower, o.upper):
        return "same"
    if r.value is not None and o.value is not None and r.precision is not None:
        small, large = sorted((abs(r.value), abs(o.value)))
        near = r.value == o.value or (r.value * o.value > 0 and large * 10 <= small * 11)
        if near and abs(r.value - o.value) < r.precision:
            return "rounded"
    if r.interval and o.interval and r.interval.contains(o.interval):
        return "weakened"
    if _repriced(world, ours, origin, _factor_and_difference(world, r, o)[0]):
        return "repriced"
    if r.interval and o.interval and _lies_within(r.interval, o.interval):
        return "sharpened"
    return "drift"


def _lies_within(inner: Interval, outer: Interval) -> bool:
    """Ends included, whether open or not."""
    low = outer.low is None or (inner.low is not None and inner.low >= outer.low)
    high = outer.high is None or (inner.high is not None and inner.high <= outer.high)
    return low and high


def _repriced(world: World, relay: Figure, origin: tuple[Claim, Figure], factor: Fraction | None) -> bool:
    """Reading: the year of a claim is that of its day, its month or its year; without a factor no."""
    year = origin[1].price_year
    if year is None:
        day = said(world, origin[0])
        year = day[0].year if day and day[0].year == day[1].year else None
    if relay.price_year is None or year is None or relay.price_year == year or factor is None:
        return False
    size = max(abs(factor), 1 / abs(factor))
    return size <= min(Fraction(11, 10) ** abs(relay.price_year - year), Fraction(3))


def _flags(relay: tuple[Claim, Figure], origin: tuple[Claim, Figure]) -> frozenset[str]:
    (our_claim, ours), (their_claim, theirs) = relay, origin
    flags = {
        "scope_changed": ours.scope != theirs.scope,
        "both_scopes_changed": bool(ours.scope and theirs.scope and ours.scope != theirs.scope),
        "subject_changed": our_claim.subject != their_claim.subject,
        "price_year_changed": ours.price_year is not None and ours.price_year != theirs.price_year,
        "currency_changed": _currency(ours.unit) != _currency(theirs.unit),
        "basis_changed": ours.basis == "reported" and theirs.basis in MOVED_BASES,
    }
    return frozenset(name for name, holds in flags.items() if holds)


def _distance(world: World, relay: Figure, origin: Figure, settings: Settings) -> tuple[bool, Fraction, bool, bool]:
    """Equal numbers first, then the nearest.

    Reading: the distance is that of the values, else of the lower, else of the upper bounds. Of equal numbers, those of
    the same qualifier come first, then those of the same basis.
    """
    both = _both(world, relay, origin, settings)
    if both is None:
        return True, Fraction(10**30), True, True
    r, o = both
    equal = (r.value, r.lower, r.upper) == (o.value, o.lower, o.upper)
    near = [a if a is not None else b if b is not None else c for a, b, c in (
        (r.value, r.lower, r.upper), (o.value, o.lower, o.upper)
    )]  # fmt: skip
    if near[0] is None or near[1] is None:
        return True, Fraction(10**30), True, True
    unlike = relay.qualifier != origin.qualifier, relay.basis != origin.basis
    return not equal, abs(near[0] - near[1]), *unlike


def pair_up(world: World, relay: Claim, origin: Claim, settings: Settings) -> dict[int, int]:
    """The index of each relayed figure with that of the origin's figure to which it belongs.

    Reading: in the second step either of the two may be without scope; "only" counts what no step before has paired.
    A period that neither states is the same period.
    """
    ours = {i: f for i, f in enumerate(relay.figures) if is_relay(relay, f)}
    theirs = dict(enumerate(origin.figures))
    paired: dict[int, int] = {}

    def same_period(i: int, j: int) -> bool:
        return span(ours[i].period) == span(theirs[j].period)

    def left() -> list[int]:
        return [i for i in ours if i not in paired]

    def candidates(i: int) -> list[int]:
        return [j for j in theirs if j not in paired.values() and same_period(i, j)]

    while True:
        near = [
            (*_distance(world, ours[i], theirs[j], settings), i, j)
            for i in left()
            for j in candidates(i)
            if ours[i].scope == theirs[j].scope
        ]
        if not near:
            break
        *_, i, j = min(near)
        paired[i] = j
    for i in left():
        found = candidates(i)
        if len(found) == 1 and (ours[i].scope is None or theirs[found[0]].scope is None):
            paired[i] = found[0]
    for i in left():
        found = candidates(i)
        if len(found) == 1:
            result = _result(world, (relay, ours[i]), (origin, theirs[found[0]]), settings)
            if result in ("same", "rounded"):
                paired[i] = found[0]
    return paired


def drift(world: World, measurand: Measurand, settings: Settings) -> list[Drift]:
    """The relays of a measurand compared with their parent and the root of the chain.

    Reading: no relay is compared with a claim that is withdrawn, or could not be read by then; with a retracted or
    superseded one it is.
    """
    rows = []
    for key, index in sorted(evidence(world, measurand, settings).relays):
        relay = world.claim(key)
        above = chain(world, relay)
        for origin in dict.fromkeys((above[0], above[-1])):
            if not readable(world, origin, settings):
                continue
            at = pair_up(world, relay, origin, settings).get(index)
            if at is None:
                rows.append(Drift((key, index), origin.key, None, "unpaired"))
                continue
            ours, theirs = (relay, relay.figures[index]), (origin, origin.figures[at])
            both = _both(world, ours[1], theirs[1], settings)
            factor, difference = _factor_and_difference(world, *both) if both else (None, None)
            result = _result(world, ours, theirs, settings)
            flags = _flags(ours, theirs)
            rows.append(Drift((key, index), origin.key, (origin.key, at), result, factor, difference, flags))
    return rows


def origin_measurands(world: World, measurand: Measurand, found: Evidence, settings: Settings) -> set[Measurand]:
    """Where the origins of the copies are, if there is nothing else here. Reading: any of their origins' will do."""
    if found.counting or found.beside or not found.relays:
        return set()
    there = set()
    for key, index in found.relays:
        relay = world.claim(key)
        origin = origin_of(world, relay)
        at = pair_up(world, relay, origin, settings).get(index)
        if at is not None and not origin.withdrawn:
            there.add(measurand_of(world, origin, origin.figures[at]))
    return there - {measurand}


# The answer ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """The expected fields of a comparison."""

    unit: str
    verdict: str
    ratio: Ratio | None
    comparability: Comparability | None
    agreement: str
    agreeing: int | None
    gap: Fraction | None
    gap_open: bool
    difference: Fraction | None
    relative_difference: Fraction | None
    conflict_reasons: frozenset[str]
    self_conflict: bool
    self_conflict_within_rounding: bool
    within_rounding: bool
    part_exceeds_whole: bool
    part_within_rounding: bool
    interval_basis: str
    claimant_count: int
    figure_count: int
    relay_count: int
    drift_count: int
    gap_without_one: WithoutOne | None
    first: Side
    second: Side
    counting: list[Used]
    beside: set[tuple[str, int]]
    relays: set[tuple[str, int]]
    drift: list[Drift]
    related: list[Related]
    origin_measurands: set[Measurand]
    least: Used | None
    most: Used | None


def shown_difference(world: World, found: Agreement) -> Fraction | None:
    if found.conflict is None or world.metric.scale == "ordinal":
        return None
    return found.conflict.a - found.conflict.b


def compare(world: World, measurand: Measurand, settings: Settings = PLAIN) -> Answer:
    """What `GET /comparisons/{measurand}` must answer.

    Reading: a side that has only figures in another currency is there, and cannot be compared; without a conflict,
    `interval_basis` is `stated_limits`; figures that are read as rounded are read all in one way, those of all
    claimants, also for `self_conflict_within_rounding`; `drift_count` counts the relayed figures that
    `/disagreements?kind=drift` lists; `part_within_rounding` holds if rounding explains every whole that is exceeded.
    """
    found = evidence(world, measurand, settings)
    whole, stated = agree(world, found.counting), found
    for unit in sorted(found.foreign_units):
        there = evidence(world, measurand, settings, unit=unit)
        if (other := agree(world, there.counting)).wider_than(whole):
            whole, stated = other, there
    conflict = whole.conflict
    first, second, names = sides_of(found, settings)
    ratio, status = compared(world, first, second)
    asks = found.foreign_roles if settings.by == "party" else found.foreign_bases
    both = [bool(side.figures) or name in asks for side, name in zip((first, second), names[:2], strict=True)]
    if status is None and all(both):
        status = comparability(frozenset({"no_exchange_rate"}))
    falls = self_conflict(world, found.counting)
    ordinal = world.metric.scale == "ordinal"
    own = [] if ordinal else [evidence(world, measurand, settings, how).counting for how in READ]
    reading = [] if ordinal else [evidence(world, measurand, settings, how, unit=stated.unit).counting for how in READ]
    rows = drift(world, measurand, settings)
    wholes = [
        part_exceeds_whole(world, measurand, other, settings)
        for other in measurands(world)
        if (part_and_whole(world, measurand, other) or (None,))[0] == measurand
    ]
    exceeded = [rounding for more, rounding in wholes if more]
    return Answer(
        unit=found.unit,
        verdict=verdict(world, first, second, names),
        ratio=ratio,
        comparability=status,
        agreement=whole.status,
        agreeing=agree(world, found.counting).agreeing,
        gap=conflict.gap if conflict else None,
        gap_open=bool(conflict and conflict.open),
        difference=shown_difference(world, whole),
        relative_difference=conflict.relative_difference if conflict else None,
        conflict_reasons=conflict.reasons if conflict else reasons_for_none(world, found.counting),
        self_conflict=falls,
        self_conflict_within_rounding=falls and any(not self_conflict(world, read) for read in own),
        within_rounding=bool(conflict) and any(agree(world, read).conflict is None for read in reading),
        part_exceeds_whole=bool(exceeded),
        part_within_rounding=bool(exceeded) and all(exceeded),
        interval_basis="probability_intervals" if conflict and conflict.probability else "stated_limits",
        claimant_count=len({u.voice for u in found.counting}),
        figure_count=len(found.counting),
        relay_count=len(found.relays),
        drift_count=len({row.relay for row in rows if row.listed}),
        gap_without_one=without_one(world, stated.counting, whole),
        first=first,
        second=second,
        counting=found.counting,
        beside=found.beside,
        relays=found.relays,
        drift=rows,
        related=related(world, measurand, settings),
        origin_measurands=origin_measurands(world, measurand, found, settings),
        least=conflict.least if conflict else None,
        most=conflict.most if conflict else None,
    )
