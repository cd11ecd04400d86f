"""Worlds of claims for the oracle: plain data classes, and a seeded generator of small random ones."""

import dataclasses
import json
import random
from dataclasses import dataclass, field, replace
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Entity:
    key: str
    kind: str = "organization"
    part_of: str | None = None


@dataclass(frozen=True)
class Source:
    key: str
    published: str | None = None


@dataclass(frozen=True)
class Scope:
    key: str
    part_of: str | None = None


@dataclass(frozen=True)
class Metric:
    key: str = "m"
    unit: str = "USD"
    scale: str = "ratio"
    signed: bool = False
    additive: str = "parts"
    over_time: str = "fixed"
    scopes: tuple[Scope, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A figure as it is stated: amounts are decimals as text."""

    value: str | None = None
    lower: str | None = None
    upper: str | None = None
    qualifier: str = "exact"
    basis: str = "reported"
    unit: str = "USD"
    scope: str | None = None
    period: str | None = None
    interval_kind: str | None = None
    price_year: int | None = None
    precision: str | None = None
    relayed: bool | None = None
    stated_as: str | None = None


@dataclass(frozen=True)
class Claim:
    key: str
    claimant: str
    subject: str
    source: str
    figures: tuple[Figure, ...] = ()
    asserted: str | None = None
    claimant_role: str | None = None
    speaks_for: str | None = None
    derived_from: str | None = None
    supersedes: str | None = None
    withdrawn: bool = False
    retracted: bool = False
    retracted_on: str | None = None


@dataclass(frozen=True)
class World:
    metric: Metric
    entities: tuple[Entity, ...]
    sources: tuple[Source, ...]
    claims: tuple[Claim, ...]
    seed: int = field(default=0)

    def entity(self, key: str) -> Entity:
        return next(e for e in self.entities if e.key == key)

    def source(self, key: str) -> Source:
        return next(s for s in self.sources if s.key == key)

    def claim(self, key: str) -> Claim:
        return next(c for c in self.claims if c.key == key)

    def compact(self) -> str:
        """The world as JSON, without what is null, false or empty."""

        def bare(item: Any) -> Any:
            if isinstance(item, dict):
                return {k: bare(v) for k, v in item.items() if v not in (None, False, (), [])}
            return [bare(v) for v in item] if isinstance(item, (list, tuple)) else item

        return json.dumps(bare(dataclasses.asdict(self)), separators=(",", ":"))


# The generator -------------------------------------------------------------------------------------------------------

NUMBERS = (
    "0", "1", "2", "2.00", "10", "10.4", "10.5", "11", "12", "25", "26", "95", "100", "104", "110", "480", "500",
    "1000", "1050", "1999", "8700", "8751", "5576000", "5600000",
)  # fmt: skip
NEGATIVE = ("-1", "-2", "-10", "-34", "-35", "-100")
DAYS = (
    None, "2021-01", "2022-05-05", "2023-05-05", "2023-05-06", "2023-10-31", "2024", "2024-05-31", "2024-06",
    "2024-06-30", "2024-06-30",
)  # fmt: skip
PERIODS = ("2024", "2024-33", "2024-01-01/2024-03-31", "2023", "2023-11/2024-02", "2024-06-30", "2024~")
BASES = ("reported",) * 5 + ("estimated",) * 5 + ("alleged", "unstated", "projected", "assumed")
KINDS = (None, None, "range", "ci90", "ci95", "p5_p95", "iqr", "other")
QUALIFIERS = (
    ("exact",) * 11 + ("about",) * 4 + ("between",) * 4 + ("at_least", "more_than", "at_most", "less_than")
    + ("vague",)
)  # fmt: skip
PRECISIONS = {"5576000": "1", "5600000": "100000", "1000": "1", "8700": "1", "10": "1", "100": "10", "2": "0.1"}
UNITS = {"hour": ("hour", "hour", "hour", "day")}


def _metric(rng: random.Random) -> Metric:
    scale = rng.choice(("ratio",) * 7 + ("interval", "ordinal"))
    over_time = rng.choice(("fixed",) * 4 + ("by_period",) * 2 + ("running_total",) * 2)
    if scale != "ratio" and over_time == "running_total":
        over_time = "fixed"
    signed = scale == "interval" or (scale == "ratio" and over_time != "running_total" and rng.random() < 0.25)
    unit = {"interval": "%", "ordinal": "1"}.get(scale) or rng.choice(("USD", "USD", "hour", "GPU"))
    additive = rng.choice(("none", "parts", "parts_and_time", "parts_and_time")) if scale == "ratio" else "none"
    scopes: tuple[Scope, ...] = ()
    if rng.random() < 0.6:
        scopes = (Scope("run"), Scope("pre", "run"), Scope("deep", "pre"), Scope("rest", rng.choice((None, "run"))))
    return Metric("m", unit, scale, signed, additive, over_time, scopes)


def _entities(rng: random.Random) -> tuple[Entity, ...]:
    return (
        Entity("corp"),
        Entity("firm", "organization", rng.choice((None, None, "corp"))),
        Entity("unit", "group", rng.choice((None, "corp", "firm"))),
        Entity("lab"),
        Entity("ann", "person", rng.choice((None, "corp", "unit"))),
        Entity("bob", "person", rng.choice((None, "firm", "lab"))),
        Entity("thing", "model", rng.choice((None, "corp", "firm"))),
        Entity("topic", "product", rng.choice((None, "thing", "lab"))),
    )


CLAIMANTS = ("corp", "firm", "lab", "ann", "bob")


class _Maker:
    """Makes figures of one world from the few numbers that the world uses."""

    def __init__(self, rng: random.Random, metric: Metric) -> None:
        self.rng, self.metric = rng, metric
        pool = [n for n in NUMBERS if not (n == "0" and metric.over_time == "running_total")]
        if metric.scale == "ordinal":
            pool = ["1", "2", "10", "11", "12"]
        start = rng.randrange(len(pool))
        self.pool = [pool[(start + step) % len(pool)] for step in range(rng.randint(3, 7))]
        if metric.signed:
            self.pool += rng.sample(NEGATIVE, 2)
        self.numbers = self.pool
        self.qualifiers: tuple[str, ...] = QUALIFIERS if rng.random() < 0.6 else ("exact",) * 4 + ("about", "between")
        self.foreign = "none"
        if metric.unit == "USD" and rng.random() < 0.2:
            self.foreign = rng.choice(("all", "some"))
        self.priced = metric.unit == "USD" and rng.random() < 0.4
        self.dated = metric.over_time == "by_period" or rng.random() < 0.4

    def narrow(self, *, much: bool) -> None:
        """Keeps to some of the numbers, so that measurands exclude each other often enough."""
        few = min(self.rng.choice((1, 1, 2) if much else (1, 2, 3, 3, 4, 6)), len(self.pool))
        self.numbers = self.rng.sample(self.pool, few)
        if much:
            self.qualifiers = ("exact",) * 5 + ("about",)

    def unit(self) -> str:
        if self.foreign == "all" or (self.foreign == "some" and self.rng.random() < 0.3):
            return "EUR"
        return self.rng.choice(UNITS.get(self.metric.unit, (self.metric.unit,)))

    def period(self) -> str | None:
        rng = self.rng
        if self.metric.over_time == "by_period":
            return rng.choice(PERIODS)
        return rng.choice(PERIODS) if self.dated and rng.random() < 0.4 else None

    def figure(self, scope: str | None, period: str | None, *, vague: bool = True) -> Figure:
        rng = self.rng
        stated = Figure(
            basis=rng.choice(BASES),
            unit=self.unit(),
            scope=scope,
            period=period if self.metric.over_time == "by_period" else self.period(),
            price_year=rng.choice((None, 2020, 2023, 2024)) if self.priced else None,
        )
        return self.amounts(stated, rng.choice([q for q in self.qualifiers if vague or q != "vague"]))

    def straddling(self, scope: str | None, period: str | None) -> tuple[Figure, Figure]:
        """The least and the greatest of the numbers; those between are left to the others."""
        self.numbers = sorted(self.numbers, key=float)
        plain = replace(self.figure(scope, period, vague=False), basis="reported")
        low, high = (
            replace(plain, qualifier="exact", value=v, lower=None, upper=None, interval_kind=None, precision=None)
            for v in (self.numbers[0], self.numbers[-1])
        )
        self.numbers = self.numbers[1:-1]
        return low, high

    def amounts(self, stated: Figure, qualifier: str) -> Figure:
        rng = self.rng
        ordered = sorted(rng.choices(self.numbers, k=3), key=float)
        low, value, high = ordered
        bare = replace(
            stated, qualifier=qualifier, value=None, lower=None, upper=None, interval_kind=None, precision=None
        )
        if qualifier == "vague":
            return replace(bare, stated_as="a lot", price_year=None)
        if qualifier in ("at_least", "more_than"):
            return replace(bare, lower=value)
        if qualifier in ("at_most", "less_than"):
            if float(value) <= 0 and not self.metric.signed:
                value = "2"
            return replace(bare, upper=value)
        if qualifier == "between" and float(low) < float(high):
            middle = value if rng.random() < 0.3 else None
            return replace(bare, value=middle, lower=low, upper=high, interval_kind=rng.choice(KINDS))
        bare = replace(bare, qualifier="about" if qualifier == "about" else "exact", value=value)
        if float(low) < float(high) and rng.random() < 0.2:
            return replace(bare, lower=low, upper=high, interval_kind=rng.choice(KINDS))
        if rng.random() < 0.3:
            return replace(bare, precision=PRECISIONS.get(value))
        return bare

    def copy(self, origin: Figure) -> Figure:
        """What a relay makes of a figure."""
        rng = self.rng
        copied = replace(origin, relayed=rng.choice((None, None, True)))
        what = rng.choice(("same", "number", "number", "number", "qualifier", "price", "scope", "basis"))
        if what == "number":
            return self.amounts(copied, rng.choice(QUALIFIERS[:-1]))
        if what == "qualifier" and copied.value is not None:
            return replace(copied, qualifier=rng.choice(("exact", "about")), lower=None, upper=None, interval_kind=None)
        if what == "price" and self.priced and copied.value is not None:
            return replace(copied, price_year=rng.choice((2020, 2022, 2024)), value=rng.choice(self.numbers),
                           qualifier="exact", lower=None, upper=None, interval_kind=None, precision=None)  # fmt: skip
        if what == "scope" and self.metric.scopes:
            return replace(copied, scope=rng.choice((None, "run", "pre")))
        if what == "basis":
            return replace(copied, basis=rng.choice(("reported", "estimated")))
        return copied


def _unique(figures: list[Figure]) -> tuple[Figure, ...]:
    """At most one figure for each scope and period, so that the pairing of relays and origins is plain."""
    kept: dict[tuple[str | None, str], Figure] = {}
    for figure in figures:
        kept.setdefault((figure.scope, (figure.period or "").rstrip("~")), figure)
    return tuple(kept.values())


Place = tuple[str, str | None, str | None]


def _places(rng: random.Random, metric: Metric) -> list[Place]:
    """Subjects, scopes and periods to have figures: at times a part and its whole, else any."""
    by_period = metric.over_time == "by_period"
    period = rng.choice(PERIODS) if by_period else None
    if metric.scopes and rng.random() < 0.5:
        return [("thing", "run", period), ("thing", rng.choice(("pre", "deep")), period)]
    scopes = [None, *(s.key for s in metric.scopes)]
    if by_period and rng.random() < 0.5:
        scope = rng.choice(scopes)
        return [("thing", scope, "2024"), ("thing", scope, rng.choice(("2024-33", "2024-06-30", "2023-11/2024-02")))]
    return [
        (
            rng.choice(("thing", "thing", "thing", "thing", "topic")),
            rng.choice(scopes),
            rng.choice(PERIODS) if by_period else None,
        )
        for _ in range(rng.randint(1, 4))
    ]


def random_world(seed: int) -> World:
    """A world of up to four measurands with two to six figures each."""
    rng = random.Random(seed)
    metric = _metric(rng)
    maker = _Maker(rng, metric)
    sources = tuple(Source(f"doc-{letter}", rng.choice(DAYS)) for letter in "abcd")
    places = _places(rng, metric)
    relaying = maker.foreign == "none" and rng.random() < 0.5
    speakers = rng.sample(CLAIMANTS, rng.choice((3, 4, len(CLAIMANTS))))
    claims: list[Claim] = []

    def add(subject: str, figures: tuple[Figure, ...], **links: Any) -> Claim:
        claimant = links.pop("claimant", None) or rng.choice(speakers)
        speaks_for = None
        if claimant in ("ann", "bob") and rng.random() < 0.25:
            speaks_for = rng.choice((claimant, "corp", "firm"))
        made = Claim(
            key=f"c-{rng.randrange(10**6):06}-{len(claims):03}",
            claimant=claimant,
            subject=subject,
            source=rng.choice(sources).key,
            figures=figures,
            claimant_role=rng.choice((None, None, None, "first_party", "third_party", "unknown")),
            speaks_for=speaks_for,
            **({"asserted": rng.choice(DAYS)} | links),
        )
        claims.append(made)
        return made

    for subject, scope, period in dict.fromkeys(places):
        maker.narrow(much=len(places) == 2 and rng.random() < 0.4)
        left = rng.choice((2, 3, 3, 4, 4, 5, 6))
        if rng.random() < 0.15 and len(set(maker.numbers)) > 2:
            add(subject, maker.straddling(scope, period))
            left -= 2
        last = None
        while left > 0:
            count = min(left, rng.choice((1, 1, 1, 2, 2)))
            left -= count
            claimant = rng.choice([s for s in speakers if s != last] if rng.random() < 0.8 else speakers)
            last = claimant
            figures = tuple(maker.figure(scope, period, vague=not relaying) for _ in range(count))
            add(subject, figures, claimant=claimant)
    if relaying:
        _relay(rng, maker, claims, add)
    _supersede(rng, maker, claims, add)
    return World(metric, _entities(rng), sources, tuple(_ended(rng, claims)), seed)


def _relay(rng: random.Random, maker: _Maker, claims: list[Claim], add: Any) -> None:
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(claims))
        origin = claims[at]
        if not origin.derived_from:
            origin = claims[at] = replace(origin, figures=_unique(list(origin.figures)))
        if not origin.figures:
            continue
        copied = [maker.copy(f) for f in origin.figures]
        rng.shuffle(copied)
        figures = _unique(copied)
        if rng.random() < 0.2:
            own = maker.figure(figures[0].scope, figures[0].period, vague=False)
            if _near(own) not in {_near(f) for f in figures}:
                figures = (*figures, replace(own, basis="estimated", relayed=False))
        others = [c for c in ("thing", "topic") if c != origin.subject]
        subject = origin.subject if rng.random() < 0.8 else others[0]
        add(subject, figures, derived_from=origin.key)
        if rng.random() < 0.15 and not origin.derived_from:
            claims[at] = replace(origin, figures=())


def _near(figure: Figure) -> str | None:
    """The number by which relays are paired with their origins."""
    return next((text for text in (figure.value, figure.lower, figure.upper) if text is not None), None)


def _supersede(rng: random.Random, maker: _Maker, claims: list[Claim], add: Any) -> None:
    parents = {c.derived_from for c in claims}
    plain = [c for c in claims if not c.derived_from and c.figures and c.key not in parents]
    if plain and rng.random() < 0.3:
        old = rng.choice(plain)
        figures = tuple(maker.figure(f.scope, f.period, vague=False) for f in old.figures)
        add(old.subject, figures, claimant=old.claimant, supersedes=old.key, asserted="2024-07-15")


def _ended(rng: random.Random, claims: list[Claim]) -> list[Claim]:
    """Withdraws and retracts some claims, but none that is superseded."""
    parents = {c.derived_from for c in claims}
    superseded = {c.supersedes for c in claims}
    ended = []
    for claim in claims:
        chance = rng.random()
        if claim.key in superseded or chance > 0.2:
            ended.append(claim)
        elif chance < (0.15 if claim.key in parents else 0.07):
            ended.append(replace(claim, withdrawn=True))
        elif chance < 0.18:
            ended.append(claim)
        else:
            ended.append(replace(claim, retracted=True, retracted_on=rng.choice((None, "2023", "2024-06-10"))))
    return ended
