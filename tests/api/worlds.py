"""Worlds: a few figures each, and what the service must answer about them, whatever the order in which they arrive.

Unless it says otherwise, a world has one subject (`model`) and one metric (`cost`: USD, ratio scale, unsigned, fixed,
without scopes), and its figures are exact and reported, each in a source of its own. Claimants are single letters,
with the Greek letters as their names, so that a text can be searched for who is named.
"""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from tests.support import Json

Number = int | float | str | Json  # of a figure; a mapping has other fields than a plain value
Pattern = str | re.Pattern[str]

NAMES = {"a": "Alpha", "b": "Beta", "c": "Gamma", "d": "Delta", "e": "Epsilon", "f": "Zeta"}
METRIC: Json = {"key": "cost", "name": "Cost", "unit": "USD"}


@dataclass(frozen=True)
class Claim:
    """One assertion in a source of its own, which has the same key."""

    key: str
    claimant: str
    subject: str
    figures: tuple[Json, ...]
    derived_from: str | None
    published: str | None
    fields: Json


@dataclass(frozen=True)
class Withdrawn:
    """The claim is withdrawn once all are on record."""

    claim: str


@dataclass(frozen=True)
class Patched:
    """The record is changed once all are on record. Keys in the body are marked like those of a path."""

    path: str
    body: Json


@dataclass(frozen=True)
class Expect:
    """A request and fields of its answer. `{p}` in a path marks a key.

    A field is named by its path: `reported.figures.0.value`; `.#` is the length of a list, `.*` each of its items, and
    `[claimant.key=a]` its only item with that field. `contains` and `lacks` are about `text`, or the words of a page.
    """

    path: str
    fields: Json = field(default_factory=dict)
    contains: tuple[Pattern, ...] = ()
    lacks: tuple[Pattern, ...] = ()
    form: Literal["json", "csv", "page"] = "json"


@dataclass(frozen=True)
class World:
    """`entities` are those that need more than a key and a name; all others are made as claims name them."""

    number: int
    name: str
    claims: tuple[Claim, ...]
    expects: tuple[Expect, ...]
    metric: Json = field(default_factory=dict)
    scopes: tuple[Json, ...] = ()
    entities: dict[str, Json] = field(default_factory=dict)
    follow_ups: tuple[Withdrawn | Patched, ...] = ()
    few_orders: bool = False

    def __str__(self) -> str:
        return f"{self.number:02}-{self.name.replace(' ', '-')}"


@dataclass(frozen=True, eq=False)
class Has:
    """Equals a text or a list that has all of these."""

    parts: tuple[str, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str | list) and all(part in other for part in self.parts)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class Lacks:
    """Equals a text or a list that has none of these."""

    parts: tuple[str, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str | list) and not any(part in other for part in self.parts)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class Magnitude:
    """Equals a number of this size, whichever of two amounts it counts from."""

    size: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int | float) and abs(other) == self.size

    __hash__ = None  # type: ignore[assignment]


def has(*parts: str) -> Has:
    return Has(parts)


def lacks(*parts: str) -> Lacks:
    return Lacks(parts)


def about(value: int | float | str) -> Json:
    return {"qualifier": "about", "value": value}


def between(lower: int, upper: int) -> Json:
    return {"qualifier": "between", "lower": lower, "upper": upper}


def at_least(lower: int) -> Json:
    return {"qualifier": "at_least", "lower": lower}


def more_than(lower: int) -> Json:
    return {"qualifier": "more_than", "lower": lower}


def at_most(upper: int) -> Json:
    return {"qualifier": "at_most", "upper": upper}


def less_than(upper: int) -> Json:
    return {"qualifier": "less_than", "upper": upper}


def ci90(lower: int, upper: int) -> Json:
    return {"lower": lower, "upper": upper, "interval_kind": "ci90"}


def says(
    claimant: str,
    *numbers: Number,
    key: str | None = None,
    of: str = "model",
    relays: str | None = None,
    asserted: str | None = None,
    published: str | None = None,
    speaks_for: str | None = None,
    **common: Any,
) -> Claim:
    """A claim with one figure for each number; `common` are fields of every one of them."""
    figures = tuple(
        {"basis": "reported", "qualifier": "exact"} | common | (n if isinstance(n, dict) else {"value": n})
        for n in numbers
    )
    given = {"asserted": asserted, "speaks_for": speaks_for}
    fields = {name: value for name, value in given.items() if value is not None}
    return Claim(key or claimant, claimant, of, figures, relays, published, fields)


def estimates(claimant: str, *numbers: Number, **fields: Any) -> Claim:
    return says(claimant, *numbers, basis="estimated", **fields)


def compared(
    fields: Json | None = None,
    *,
    of: str = "model",
    scope: str | None = None,
    period: str | None = None,
    contains: tuple[Pattern, ...] = (),
    lacks: tuple[Pattern, ...] = (),
    **params: str,
) -> Expect:
    """The comparison of a measurand."""
    path = f"/comparisons/{{p}}{of}.{{p}}cost" + (f".{scope}" if scope else "") + (f"@{period}" if period else "")
    query = "&".join(f"{name}={value}" for name, value in params.items())
    return Expect(f"{path}?{query}" if query else path, fields or {}, contains, lacks)


def ranked(kind: str, *keys: str, fields: Json | None = None, **params: str) -> Expect:
    """The disagreements of a kind: those of these measurands, in this order, and no others."""
    query = "".join(f"&{name}={value}" for name, value in params.items())
    expected = {"items.*.key": list(keys)} | (fields or {})
    return Expect(f"/disagreements?kind={kind}&metric={{p}}cost{query}", expected)


def part_listed(key: str) -> Expect:
    """The part is listed as exceeding its whole."""
    kind = "part_exceeds_whole"
    return Expect(f"/disagreements?kind={kind}&metric={{p}}cost", {f"items[key={key}].kind": kind})


def conflict(**fields: Any) -> Expect:
    """The comparison of `model.cost` is a conflict with these fields."""
    return compared({"agreement": "conflict"} | fields)


def drifted(relay: str, result: str, **fields: Any) -> Json:
    """Fields of the only comparison of this relay with its origin."""
    expected = {"result": result} | fields
    return {f"drift[relay.claim.key={relay}].{name}": value for name, value in expected.items()}


def relayed(number: int, name: str, origin: Claim, relay: Claim, *, metric: Json | None = None, **fields: Any) -> World:
    """An origin, and a relay of it that is listed among the drifted."""
    expects = (compared({"drift.#": 1} | drifted(relay.key, **fields)), ranked("drift", "model.cost"))
    return World(number, name, (origin, relay), expects, metric=metric or {})


def interval_of(number: int | str, low: float, high: float) -> World:
    """What `about` allows."""
    ends = {"low": low, "high": high}
    fields = {f"reported.{place}interval.{end}": amount for place in ("", "figures.0.") for end, amount in ends.items()}
    return World(21, f"about {number}", (says("a", about(number)),), (compared(fields),))


def rounding(number: str, first: Number, second: Number, *, explains: bool) -> World:
    """Whether rounding explains a conflict of two exact figures."""
    expects = (conflict(within_rounding=explains),)
    return World(45, f"rounding {number}", (says("a", first), says("b", second)), expects)


SIGNED: Json = {"signed": True}
TOTAL: Json = {"over_time": "running_total"}
BY_PERIOD: Json = {"over_time": "by_period"}
RUN_AND_PRE: tuple[Json, ...] = (
    {"key": "run", "name": "Full run"},
    {"key": "pre", "name": "Pre-training", "part_of": "run"},
)
OPENCORP: dict[str, Json] = {
    "opencorp": {"name": "OpenCorp"},
    "model": {"kind": "model", "part_of": "opencorp"},
    "officer": {"kind": "person", "part_of": "opencorp"},
}
M = 1_000_000
B = 1_000_000_000

WORLDS = [
    World(
        1, "price years of the conflicting pair",
        (says("a", 10, price_year=2020), says("b", {"value": 10} | ci90(10, 12), price_year=2024),
         says("c", 5, price_year=2020)),
        (conflict(gap=2, interval_basis="stated_limits", conflict_reasons=lacks("price_years_differ"),
                  comparability=None),
         ranked("conflict", "model.cost",
                fields={"items.0.least.claimant.key": "c", "items.0.most.claimant.key": "a"})),
    ),
    World(
        2, "without the outlier a conflict is left",
        (says("a", 1), says("b", 100), says("c", 100_000)),
        (conflict(gap=100_000, **{
            "gap_without_one.claimant.key": "c", "gap_without_one.agreement": "conflict",
            "gap_without_one.gap": 100, "gap_without_one.difference": 99}),),
        metric=SIGNED,
    ),
    World(
        3, "without the outlier all agree",
        (says("a", 1), says("b", 1), says("c", 100_000)),
        (conflict(**{
            "gap_without_one.claimant.key": "c", "gap_without_one.agreement": "agree", "gap_without_one.gap": None}),),
        metric=SIGNED,
    ),
    World(
        4, "neither hull lies above the other",
        (says("a", 0), says("a", M, key="a-2"), says("b", between(10, 20))),
        (compared({"agreement": "mixed", "agreeing": 1, "claimant_count": 2, "self_conflict": True, "gap": None}),
         ranked("self_conflict", "model.cost",
                fields={"items.0.least.claimant.key": "a", "items.0.most.claimant.key": "a"}),
         ranked("conflict")),
    ),
    World(
        5, "a claimant against himself and rounding",
        (says("a", 12), says("a", 480, key="a-2"), says("b", 500)),
        (conflict(gap=Fraction(500, 480), within_rounding=True, self_conflict=True,
                  self_conflict_within_rounding=False),
         Expect("/tables/disagreements.json?kind=self_conflict&metric={p}cost", {"rows.#": 1, "rows.0.factor": 40})),
    ),
    World(
        6, "nothing against thousands",
        (says("a", 0), says("b", 3000), says("c", 10, of="other"), says("d", 500, of="other")),
        (conflict(gap=None, difference=3000, relative_difference=1),
         compared({"gap": 50}, of="other"),
         ranked("conflict", "model.cost", "other.cost"),
         ranked("conflict", "model.cost", gap_min="100")),
    ),
    World(
        7, "an officer speaks with the voice of the organization",
        (says("opencorp", 100), says("officer", 120), says("c", 100)),
        (compared({"claimant_count": 2, "agreement": "agree", "agreeing": 2, "self_conflict": True,
                   "reported.figures[claimant.key=officer].voice.key": "opencorp"}),
         ranked("self_conflict", "model.cost",
                fields={"items.0.least.claimant.key": "opencorp", "items.0.most.claimant.key": "officer"})),
        entities=OPENCORP,
    ),
    World(
        8, "a claimant rounds his own number",
        (says("a", 5_576_000), says("a", "5.6e6", key="a-2", stated_as="5.6 million")),
        (compared({"agreement": "single", "self_conflict": True, "self_conflict_within_rounding": True}),
         ranked("self_conflict", "model.cost")),
    ),
    World(
        9, "a part exceeds its whole within rounding",
        (says("a", 5_576_000, scope="run"), says("b", 5_600_000, scope="pre")),
        (compared({"part_within_rounding": True, "related[scope.key=run].part_exceeds_whole": True,
                   "related[scope.key=run].within_rounding": True}, scope="pre"),
         compared({"related[scope.key=pre].part_exceeds_whole": True,
                   "related[scope.key=pre].within_rounding": True}, scope="run"),
         part_listed("model.cost.pre")),
        scopes=RUN_AND_PRE,
    ),
    World(
        10, "prices per hour do not add up",
        (says("a", 2, scope="run"), says("b", 3, scope="pre")),
        (compared({"related[scope.key=run].part_exceeds_whole": False}, scope="pre"),
         compared({"related[scope.key=pre].part_exceeds_whole": False}, scope="run"),
         ranked("part_exceeds_whole")),
        metric={"unit": "USD/GPU.hour"}, scopes=RUN_AND_PRE,
    ),
    World(
        11, "totals of one day differ",
        (says("a", 1_000, asserted="2023-10-31"), says("a", 37_000, key="a-2", asserted="2024-06-30"),
         says("b", 37_100, asserted="2024-06-30")),
        (conflict(gap=Fraction(371, 370), within_rounding=True, self_conflict=False),),
        metric=TOTAL,
    ),
    World(
        12, "a total that grew",
        (says("a", 1_000, asserted="2023-10-31"), estimates("b", 37_100, asserted="2024-06-30")),
        (compared({"agreement": "agree", "agreeing": None, "verdict": "consistent",
                   "comparability.reasons": has("periods_differ")}),
         ranked("conflict")),
        metric=TOTAL,
    ),
    World(
        13, "a total cannot fall",
        (says("a", 40_000, asserted="2024-05-31"), says("b", 37_100, asserted="2024-06-30")),
        (conflict(gap=Fraction(400, 371)),),
        metric=TOTAL,
    ),
    World(
        14, "said years apart",
        (says("a", 1_000, asserted="2021-01"), estimates("b", 2_000, asserted="2024-06")),
        (compared({"ratio.low": 2, "ratio.high": 2, "comparability.status": "conditional",
                   "comparability.reasons": ["asserted_apart"]}),),
    ),
    World(
        15, "a relay stands in for a withdrawn origin",
        (says("a", 10), says("c", 12, relays="a", asserted="2025-01-02"),
         says("b", 11, relays="a", asserted="2025-01-05")),
        (compared({"figure_count": 1, "reported.figures.*.claim.key": ["c"],
                   "relays[claim.key=b].claimant.key": "b"}),),
        follow_ups=(Withdrawn("a"),),
    ),
    World(
        16, "no scope to be stated",
        (says("a", 5), estimates("b", 50)),
        (compared({"comparability.status": "comparable", "comparability.reasons": [],
                   "ratio.low": 10, "ratio.high": 10}, contains=("10 times",)),),
    ),
    World(
        17, "nothing to compare with",
        (says("a", 5),),
        (compared({"verdict": "reported_only", "comparability": None}),),
    ),
    World(
        18, "retracted later",
        (says("a", 5, asserted="2022-06-01"),),
        (compared({"figure_count": 1, "verdict": "reported_only"}, as_of="2022-12-31"), compared({"figure_count": 0})),
        follow_ups=(Patched("/claims/{p}a", {"status": "retracted", "retracted_on": "2023"}),),
    ),
    World(
        19, "a quarter exceeds its year",
        (says("a", 150, period="2024-33"), says("b", 100, period="2024")),
        (compared({"related[measurand.key=model.cost@2024].relation": "containing_period",
                   "related[measurand.key=model.cost@2024].comparability.reasons": has("periods_differ"),
                   "related[measurand.key=model.cost@2024].part_exceeds_whole": True}, period="2024-33"),
         compared({"related[measurand.key=model.cost@2024-33].relation": "within_period",
                   "related[measurand.key=model.cost@2024-33].comparability.reasons": has("periods_differ"),
                   "related[measurand.key=model.cost@2024-33].part_exceeds_whole": True}, period="2024"),
         part_listed("model.cost@2024-33")),
        metric=BY_PERIOD | {"additive": "parts_and_time"},
    ),
    World(
        20, "periods that overlap",
        (says("a", 6_000, period="2022-02-24/2022-09-21"),
         estimates("b", more_than(50_000), period="2022-02-23/2022-09-20")),
        (compared({"related.#": 1, "related.0.relation": "overlapping_period",
                   "related.0.ratio.low": Fraction(25, 3), "related.0.ratio.low_open": True,
                   "related.0.ratio.high": None, "related.0.ratio.text": has("more than 8.33"),
                   "related.0.comparability.status": "conditional"}, period="2022-02-24_2022-09-21"),
         compared({"related.0.relation": "overlapping_period"}, period="2022-02-23_2022-09-20")),
        metric=BY_PERIOD,
    ),
    interval_of(5_576_000, 5_571_000, 5_581_000),
    interval_of(1_000_000, 900_000, 1_100_000),
    interval_of(12, 10.8, 13.2),
    interval_of(2_048, 2_043, 2_053),
    interval_of("2.00", 1.95, 2.05),
    World(
        22, "a stated range is a limit",
        (says("a", between(10, 20)), says("b", 30)),
        (conflict(interval_basis="stated_limits"),),
    ),
    World(
        22, "a confidence interval may miss the truth",
        (says("a", between(10, 20), interval_kind="ci95"), says("b", 30)),
        (compared({"agreement": "conflict", "interval_basis": "probability_intervals"},
                  contains=(re.compile(r"Alpha's[^.]*\binterval|\binterval of Alpha"),),
                  lacks=(re.compile(r"Beta's[^.]*\binterval|\binterval of Beta|\bintervals\b|\beach\b"),)),),
    ),
    World(
        23, "all in another currency",
        (says("a", 35 * M, unit="EUR"), says("b", 350 * M, unit="EUR")),
        (conflict(unit="EUR", gap=10),),
    ),
    relayed(25, "the currency sign changed", says("a", 350 * M, unit="EUR", stated_as="€350m"),
            says("b", 350 * M, relays="a", stated_as="$350m"),
            result="drift", factor=None, flags=has("currency_changed")),
    relayed(26, "a bound became a number", says("a", more_than(100 * M)), says("b", 10 * B, relays="a"),
            result="sharpened"),
    relayed(26, "a limit became the number", says("a", at_most(50_000)), says("b", 50_000, relays="a"),
            result="sharpened"),
    relayed(26, "the upper part of an interval became the number",
            says("a", about(M) | ci90(300_000, 30 * M)), says("b", 29 * M, relays="a"), result="sharpened", factor=29),
    World(
        27, "five ways to repeat a number",
        (says("a", 5_576_000, published="2024"), says("b", more_than(5 * M), relays="a"),
         says("c", about("5600000"), relays="a"), says("d", 5_600_000, relays="a"),
         says("e", 5_390_000, relays="a", price_year=2023), says("f", 29_400_000, relays="a", price_year=2024)),
        (compared({"drift.#": 5} | drifted("b", "weakened") | drifted("c", "rounded") | drifted("d", "rounded")
                  | drifted("e", "repriced") | drifted("f", "drift", flags=has("price_year_changed"))),),
    ),
    relayed(28, "an estimate became a report", says("a", 1_600_000_000, basis="estimated"),
            says("b", 1_600_000_000, relays="a"), result="same", flags=has("basis_changed")),
    World(
        29, "an estimate of one who relays",
        (says("a", 294_000), says("b", 294_000, {"value": M, "basis": "estimated", "relayed": False}, relays="a")),
        (compared({"ratio.low": Fraction(M, 294_000), "ratio.high": Fraction(M, 294_000), "drift.#": 1,
                   "reported.figures.*.claimant.key": ["a"], "estimated.figures.*.claimant.key": ["b"]}
                  | drifted("b", "same"), contains=("3.4 times",)),),
    ),
    relayed(30, "relayed across zero", says("a", 2), says("b", between(-100, 1), relays="a"), metric=SIGNED,
            result="drift", factor=None, difference=Magnitude(1), text=has("at least")),
    World(
        30, "a range across zero",
        (says("a", 2), says("b", between(-100, 1))),
        (conflict(difference=1, gap=None),),
        metric=SIGNED,
    ),
    relayed(30, "relayed below zero", says("a", -34), says("b", -100, relays="a"), metric=SIGNED,
            result="drift", factor=Fraction(100, 34)),
    relayed(30, "relayed without its sign", says("a", -34), says("b", 100, relays="a"), metric=SIGNED,
            result="drift", factor=None, difference=Magnitude(134)),
    World(
        31, "percentage points",
        (says("a", "7.4"), says("b", "-0.3")),
        (compared({"agreement": "conflict", "difference": Fraction(77, 10), "gap": None},
                  contains=("7.7 percentage points",)),),
        metric=SIGNED | {"unit": "%", "scale": "interval"},
    ),
    World(
        32, "ranks have an order and nothing else",
        (says("a", 1), estimates("b", 3)),
        (compared({"agreement": "conflict", "gap": None, "difference": None},
                  contains=(re.compile(r"\brank 1\b.*\brank 3\b"),)),),
        metric={"name": "Rank", "unit": "{rank}", "scale": "ordinal"},
    ),
    World(
        33, "amounts of another subject do not matter",
        (says("a", 100), says("b", 300), says("c", -999, of="other")),
        (conflict(gap=3),),
        metric=SIGNED,
    ),
    World(
        34, "an allegation beside two that agree",
        (says("a", 100), estimates("b", 100), says("c", 1000, basis="alleged")),
        (compared({"verdict": "consistent"},
                  contains=(re.compile(r"\bagree|\bthe same\b"), "Gamma", "1,000")),),
    ),
    World(
        35, "a conflict on neither side",
        (says("a", 100, basis="alleged"), says("b", 1000, basis="unstated")),
        (compared({"agreement": "conflict", "gap": 10, "verdict": "none"},
                  lacks=(re.compile("nothing to compare", re.IGNORECASE),)),),
    ),
    World(
        36, "the larger over the smaller",
        (says("a", M), estimates("b", 2_340)),
        (compared({"verdict": "estimates_lower"}, contains=("427 times lower",)),),
    ),
    World(
        37, "exactly twice",
        (says("a", 100), says("c", 100), estimates("b", 200)),
        (compared({"ratio.low": 2, "ratio.high": 2}, contains=(re.compile(r"(?<![\d.,])2 times as much"),),
                  lacks=("about",)),),
    ),
    World(
        38, "a central ratio and a wide range",
        (says("a", 100), estimates("b", {"value": 1000} | ci90(101, M))),
        (compared({"within_rounding": True},
                  contains=(re.compile(r"(?<![\d.,])10 times"), re.compile(r"(?<![\d.,])1\.01 to 10,000\b"))),),
    ),
    World(
        39, "only two are that far apart",
        (says("a", about(100)), estimates("b", about(1000)), estimates("c", at_least(200))),
        (compared({"agreement": "conflict"},
                  contains=("at least", re.compile("two of the sources", re.IGNORECASE)),
                  lacks=(re.compile("at least.*at least", re.IGNORECASE),)),),
    ),
    World(
        40, "open ends apart",
        (says("a", less_than(50)), says("b", more_than(100))),
        (compared({"agreement": "conflict", "gap": 2, "gap_open": True}, contains=("more than 2 times",)),),
    ),
    *(
        World(
            41, name, (says("a", 5),),
            (compared({"reported.figures.0.claimant_role": "first_party",
                       "reported.figures.0.claimant_role_inferred": True}),
             compared({"verdict": "first_party_only", "first_party.count": 1}, by="party"),
             Expect("/claims/{p}a", {"claimant_role": "first_party", "claimant_role_inferred": True}),
             Expect("/tables/figures.json?metric={p}cost", {"rows.0.claimant_role": "first_party"}),
             Expect("/tables/figures.csv?metric={p}cost", {"#": 1, "0.claimant_role": "first_party"}, form="csv"),
             Expect("/claims/{p}a", contains=("first party",), form="page")),
            entities=entities, follow_ups=follow_ups,
        )
        for name, entities, follow_ups in (
            ("the owner of the subject", {"model": {"kind": "model", "part_of": "a"}}, ()),
            ("the owner as learnt later", {}, (Patched("/entities/{p}model", {"part_of": "{p}a"}),)),
        )
    ),
    World(
        42, "sides of other bases",
        (says("a", 500, basis="projected"), estimates("b", 20)),
        (compared({"verdict": "second_lower", "ratio.low": Fraction(4, 100), "ratio.high": Fraction(4, 100)},
                  contains=("25 times lower",), sides="projected:estimated"),),
    ),
    World(
        43, "one row for each series",
        (*(says(who, *({"value": value, "period": str(year)} for year in range(1985, 2025)))
           for who, value in (("a", 100), ("b", 200))),
         says("c", 100, of="other", period="2020"), says("d", 300, of="other", period="2020")),
        (Expect("/disagreements?kind=conflict&group_by=series&metric={p}cost",
                {"items.#": 2, "items[subject.key=model].group_count": 40,
                 "items[subject.key=other].group_count": 1}),),
        metric=BY_PERIOD, few_orders=True,
    ),
    World(
        44, "a bound that adds nothing",
        (says("a", more_than(100 * M)), says("a", 200 * M, key="a-2"), says("b", B)),
        (conflict(gap=5),),
    ),
    World(
        44, "two bounds that are read together",
        (says("a", at_least(100)), says("a", at_most(300), key="a-2"), says("b", 5_000)),
        (conflict(gap=Fraction(5_000, 300)),),
    ),
    rounding("of two digits", 25, 26, explains=False),
    rounding("by truncation", 8_700, 8_751, explains=True),
    rounding("of one digit", 1_000, 1_999, explains=False),
    rounding("of a JSON number", 5576000.0, 5_600_000, explains=True),
    World(
        46, "both below zero",
        (says("a", -34), says("b", -35)),
        (conflict(gap=Fraction(35, 34)), ranked("conflict", "model.cost"), ranked("conflict", gap_min="2")),
        metric=SIGNED,
    ),
    World(
        46, "zero and more than zero",
        (says("a", 0), says("b", more_than(0))),
        (conflict(relative_difference=0),),
        metric=SIGNED,
    ),
    World(
        47, "totals of four months",
        (says("a", 1_000, asserted="2024-01"), says("b", 4_000, asserted="2024-02"),
         says("a", 5_000, key="a-2", asserted="2024-03"), says("b", 4_500, key="b-2", asserted="2024-04")),
        (conflict(gap=Fraction(10, 9), self_conflict=False),),
        metric=TOTAL,
    ),
    World(
        47, "a total of some day of the year",
        (says("a", 40_000, asserted="2024-06-30"), says("b", 37_000, asserted="2024")),
        (compared({"agreement": "agree", "gap": None}), ranked("conflict")),
        metric=TOTAL,
    ),
    World(
        48, "totals counted from different days",
        (says("a", 30_000, period="2022-02-24/2023-12-31"), says("b", 500, period="2024")),
        (compared({"agreement": "agree", "gap": None}), ranked("conflict")),
        metric=TOTAL,
    ),
    World(
        48, "totals of two sides counted from different days",
        (says("a", 30_000, period="2022-02-24/2023-12-31"), estimates("b", 500, period="2024")),
        (compared({"agreement": "agree", "gap": None, "comparability.reasons": has("periods_differ")}),
         ranked("conflict")),
        metric=TOTAL,
    ),
    World(
        49, "two in one foreign currency",
        (says("a", 100 * M, unit="EUR", period="2022"), says("b", 115 * M, unit="EUR", period="2022"),
         says("c", 110 * M, period="2022")),
        (conflict(gap=Fraction(115, 100)),
         ranked("conflict", "model.cost",
                fields={"items.0.least.claimant.key": "a", "items.0.most.claimant.key": "b"})),
    ),
    World(
        50, "a number moved to another subject",
        (says("a", 5_576_000, of="v"), says("b", 5_576_000, of="r", relays="a")),
        (compared({"figure_count": 0, "relay_count": 1, "agreement": "none", "origin_measurand.key": "v.cost"}
                  | drifted("b", "same", flags=has("subject_changed")),
                  of="r", contains=("Only copies are on file",)),
         ranked("drift", "r.cost"),
         Expect("/comparisons?metric={p}cost", {"items.*.key": ["v.cost"]}),
         Expect("/comparisons?metric={p}cost&empty=true", {"items.#": 2, "items[key=r.cost].relay_count": 1})),
    ),
    relayed(51, "an open bound became the number", says("a", more_than(100 * M)), says("b", 100 * M, relays="a"),
            result="sharpened"),
    World(
        51, "an employee who speaks for himself",
        (says("opencorp", 100), says("officer", 5_000, speaks_for="officer")),
        (conflict(gap=50, self_conflict=False),),
        entities=OPENCORP,
    ),
]  # fmt: skip
