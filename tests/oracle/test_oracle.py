"""Random worlds over HTTP: every answer is compared with the oracle, field by field."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from tests.oracle.arithmetic import (
    PLAIN,
    Answer,
    Comparability,
    Drift,
    Interval,
    Measurand,
    Ratio,
    Settings,
    Side,
    compare,
    measurands,
    shown_difference,
)
from tests.oracle.world import Claim, Figure, Json, World, random_world
from tests.support import Api

FigureKey = tuple[str, int]
RELATIVE = 1e-12
WORLDS_A_FILE = 20
SHOWN = 3  # mismatched worlds in a message, smallest first
FIRST_SEED = 1


@dataclass
class Stored:
    """A world in a database, where all keys begin with the prefix of the world."""

    world: World
    measurands: dict[Measurand, str] = field(default_factory=dict)
    figures: dict[str, FigureKey] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        return f"w{self.world.seed}-"

    def key(self, key: str) -> str:
        return self.prefix + key

    def bare(self, key: str) -> str:
        return key.removeprefix(self.prefix)


@dataclass(frozen=True)
class Mismatch:
    stored: Stored
    measurand: Measurand
    params: dict[str, str]
    field: str
    expected: object
    got: object

    @property
    def world(self) -> str:
        return self.stored.world.compact()

    def __str__(self) -> str:
        at = f"seed {self.stored.world.seed}, {self.measurand}, {self.params or 'no settings'}"
        return f"{at}\n  {self.field}: expected {_plain(self.expected)}, got {_plain(self.got)}"


def _plain(thing: object) -> str:
    if isinstance(thing, Fraction):
        return f"{thing} = {float(thing)}"
    return repr(sorted(thing, key=repr)) if isinstance(thing, (set, frozenset)) else repr(thing)


# In ------------------------------------------------------------------------------------------------------------------


def stated(record: Any, *names: str) -> Json:
    """What is given of a record."""
    return {name: value for name in names if (value := getattr(record, name)) is not None}


def base_records(stored: Stored) -> Iterator[Json]:
    """Entities, sources and the metric, as lines of a file."""
    world, key = stored.world, stored.key
    for entity in world.entities:
        part_of = {"part_of": key(entity.part_of)} if entity.part_of else {}
        yield {"type": "entity", "key": key(entity.key), "kind": entity.kind, "name": entity.key, **part_of}
    for source in world.sources:
        published = stated(source, "published")
        yield {"type": "source", "key": key(source.key), "kind": "paper", "title": source.key, **published}
    metric = world.metric
    scopes = [{"key": s.key, "name": s.key, **stated(s, "part_of")} for s in metric.scopes]
    properties = stated(metric, "unit", "scale", "signed", "additive", "over_time")
    yield {"type": "metric", "key": key(metric.key), "name": metric.key, **properties, "scopes": scopes}


def figure_body(stored: Stored, figure: Figure) -> Json:
    return {"metric": stored.key(stored.world.metric.key), **stated(figure, *(f.name for f in fields(Figure)))}


def claim_body(stored: Stored, claim: Claim) -> Json:
    links = ("source", "claimant", "subject", "speaks_for", "derived_from", "supersedes")
    return {
        "key": stored.key(claim.key),
        "statement": claim.key,
        **{name: stored.key(ref) for name, ref in stated(claim, *links).items()},
        **stated(claim, "asserted", "claimant_role"),
        "figures": [figure_body(stored, f) for f in claim.figures],
    }


def in_some_order(world: World) -> Iterator[Claim]:
    """All claims in random order, each after those to which it refers."""
    rng = random.Random(world.seed)
    waiting = list(world.claims)
    rng.shuffle(waiting)
    made: set[str | None] = {None}
    while waiting:
        claim = next(c for c in waiting if {c.derived_from, c.supersedes} <= made)
        waiting.remove(claim)
        made.add(claim.key)
        yield claim


def store(api: Api, worlds: Sequence[World]) -> list[Stored]:
    """Writes the worlds into the database of the service."""
    every = [Stored(world) for world in worlds]
    for start in range(0, len(every), WORLDS_A_FILE):
        part = every[start : start + WORLDS_A_FILE]
        content = "".join(json.dumps(record) + "\n" for stored in part for record in base_records(stored))
        params = {"format": "jsonl", "mode": "partial"}
        answer = api.client.post("/v1/imports", params=params, content=content.encode())
        assert answer.status_code == 200, answer.text
        assert answer.json()["rejected"] == []
    for stored in every:
        _store_claims(api, stored)
    return every


def _store_claims(api: Api, stored: Stored) -> None:
    world = stored.world
    for claim in in_some_order(world):
        body = claim_body(stored, claim)
        answer = api.client.post("/v1/claims", json=body)
        assert answer.status_code == 201, f"seed {world.seed}: {json.dumps(body)}\n{answer.text}"
        made = answer.json()
        for index, figure in enumerate(made["figures"]):
            stored.figures[figure["id"]] = (claim.key, index)
    for claim in world.claims:
        path = f"/claims/{stored.key(claim.key)}"
        made = api.get(path)
        for figure in made["figures"]:
            key, index = stored.figures[figure["id"]]
            at = next(m for m in measurands(world) if m == measurand_at(world, claim.subject, claim.figures[index]))
            assert stored.measurands.setdefault(at, figure["measurand"]["id"]) == figure["measurand"]["id"], key
        if claim.retracted:
            api.patch(path, {"status": "retracted", **stated(claim, "retracted_on")})
        if claim.withdrawn:
            api.withdraw(path)


def measurand_at(world: World, subject: str, figure: Figure) -> Measurand:
    only = World(world.metric, (), (), (Claim("c", "x", subject, "s", (figure,)),))
    return measurands(only)[0]


# Out -----------------------------------------------------------------------------------------------------------------


def near(expected: Fraction | None, got: float | None) -> bool:
    if expected is None or got is None:
        return expected is None and got is None
    return abs(float(expected) - got) <= RELATIVE * abs(float(expected))


class Reader:
    """Compares one answer of the service with what the oracle expects."""

    def __init__(self, stored: Stored, measurand: Measurand, params: dict[str, str]) -> None:
        self.stored, self.measurand, self.params = stored, measurand, params
        self.found: list[Mismatch] = []

    def miss(self, name: str, expected: object, got: object) -> None:
        self.found.append(Mismatch(self.stored, self.measurand, self.params, name, expected, got))

    def same(self, name: str, expected: object, got: object) -> None:
        if expected != got:
            self.miss(name, expected, got)

    def number(self, name: str, expected: Fraction | None, got: float | None) -> None:
        if not near(expected, got):
            self.miss(name, expected, got)

    def keys(self, items: Sequence[Json]) -> set[FigureKey]:
        return {self.stored.figures[item["id"]] for item in items}

    def comparability(self, name: str, expected: Comparability | None, got: Json | None) -> None:
        if expected is None or got is None:
            self.same(name, expected, got)
            return
        self.same(f"{name}.status", expected.status, got["status"])
        self.same(f"{name}.reasons", expected.reasons, frozenset(got["reasons"]))

    def ends(self, name: str, expected: Interval | Ratio | None, got: Json | None) -> None:
        if expected is None or got is None:
            if expected is not None or got is not None:
                self.miss(name, expected, got)
            return
        self.number(f"{name}.low", expected.low, got["low"])
        self.number(f"{name}.high", expected.high, got["high"])
        opened = (expected.low is None or expected.low_open, expected.high is None or expected.high_open)
        self.same(f"{name}.open", opened, (got["low_open"], got["high_open"]))
        if isinstance(expected, Ratio):
            self.number(f"{name}.central", expected.central, got["central"])

    # The parts of an answer

    def answer(self, expected: Answer, got: Json) -> None:
        for name in (
            "unit", "agreement", "agreeing", "self_conflict", "self_conflict_within_rounding", "within_rounding",
            "part_within_rounding", "interval_basis", "claimant_count", "figure_count", "relay_count", "drift_count",
        ):  # fmt: skip
            self.same(name, getattr(expected, name), got[name])
        if "sides" not in self.params:
            self.same("verdict", expected.verdict, got["verdict"])
        for name in ("gap", "difference", "relative_difference"):
            self.number(name, getattr(expected, name), got[name])
        if expected.gap is not None:
            self.same("gap_open", expected.gap_open, got["gap_open"])
        self.same("conflict_reasons", expected.conflict_reasons, frozenset(got["conflict_reasons"]))
        self.ends("ratio", expected.ratio, got["ratio"])
        self.comparability("comparability", expected.comparability, got["comparability"])
        self.without_one(expected, got["gap_without_one"])
        self.figures(expected, got)
        self.related(expected, got["related"])
        self.drift(expected.drift, got["drift"])
        self.origin(expected, got["origin_measurand"])

    def without_one(self, expected: Answer, got: Json | None) -> None:
        whole = expected.gap_without_one
        if whole is None or got is None:
            self.same("gap_without_one", whole, got)
            return
        self.same("gap_without_one.claimant", whole.claimant, self.stored.bare(got["claimant"]["key"]))
        self.same("gap_without_one.agreement", whole.agreement.status, got["agreement"])
        conflict = whole.agreement.conflict
        self.number("gap_without_one.gap", conflict.gap if conflict else None, got["gap"])
        self.number(
            "gap_without_one.difference", shown_difference(self.stored.world, whole.agreement), got["difference"]
        )

    def figures(self, expected: Answer, got: Json) -> None:
        on_sides = {u.key for side in (expected.first, expected.second) for u in side.figures}
        beside = (expected.beside | {u.key for u in expected.counting}) - on_sides
        self.same("beside", beside, self.keys(got["beside"]))
        self.same("relays", expected.relays, self.keys(got["relays"]))
        if "sides" in self.params:
            return
        names = ("first_party", "third_party") if self.params.get("by") == "party" else ("reported", "estimated")
        for name, side in zip(names, (expected.first, expected.second), strict=True):
            self.side(name, side, got[name])

    def side(self, name: str, expected: Side, got: Json) -> None:
        self.same(f"{name}.count", len(expected.figures), got["count"])
        self.same(f"{name}.claimant_count", expected.claimants, got["claimant_count"])
        self.same(f"{name}.figures", {u.key for u in expected.figures}, self.keys(got["figures"]))
        if self.stored.world.metric.over_time != "running_total":
            self.ends(f"{name}.interval", expected.interval, got["interval"])
        by_key = {u.key: u for u in expected.figures}
        for figure in got["figures"]:
            used = by_key.get(self.stored.figures[figure["id"]])
            if used:
                expected_voice = (used.role, used.claim.claimant_role is None, used.voice)
                voice = self.stored.bare(figure["voice"]["key"])
                self.same("voice", expected_voice, (figure["claimant_role"], figure["claimant_role_inferred"], voice))

    def related(self, expected: Answer, got: Sequence[Json]) -> None:
        """Rows without an interval are left aside: figures that cannot be computed with are not the oracle's."""
        rows = {row["measurand"]["id"]: row for row in got}
        wanted = {self.stored.measurands[r.measurand]: r for r in expected.related}
        shown = {key for key, row in rows.items() if row["interval"] is not None}
        self.same("related", set(wanted), shown | (set(wanted) & set(rows)))
        for key in wanted.keys() & rows.keys():
            one, row = wanted[key], rows[key]
            name = f"related[{one.measurand}]"
            self.same(f"{name}.relation", one.relation, row["relation"])
            self.same(f"{name}.part_exceeds_whole", one.part_exceeds_whole, row["part_exceeds_whole"])
            self.same(f"{name}.within_rounding", one.within_rounding, row["within_rounding"])
            self.ends(f"{name}.interval", one.interval, row["interval"])
            self.ends(f"{name}.ratio", one.ratio, row["ratio"])
            self.comparability(f"{name}.comparability", one.comparability, row["comparability"])

    def drift(self, expected: Sequence[Drift], got: Sequence[Json]) -> None:
        paired = {(row.relay, row.origin): row for row in expected if row.origin}
        rows = {
            (self.stored.figures[row["relay"]["id"]], self.stored.figures[row["origin"]["id"]]): row
            for row in got
            if row["origin"]
        }
        self.same("drift.pairs", set(paired), set(rows))
        unpaired = {row.relay for row in expected if row.origin is None}
        shown = {self.stored.figures[row["relay"]["id"]] for row in got if row["origin"] is None}
        # a relay whose origins are withdrawn has nothing to be compared with, whether a row says so or not
        silent = set(self._relays_without_rows(expected))
        self.same("drift.unpaired", unpaired, shown - silent)
        for key in paired.keys() & rows.keys():
            one, row = paired[key], rows[key]
            name = f"drift[{key[0]} of {key[1]}]"
            self.same(f"{name}.result", one.result, row["result"])
            self.number(f"{name}.factor", one.factor, row["factor"])
            self.number(f"{name}.difference", one.difference, row["difference"])
            self.same(f"{name}.flags", one.shown_flags, frozenset(row["flags"]))

    def _relays_without_rows(self, expected: Sequence[Drift]) -> Iterator[FigureKey]:
        with_rows = {row.relay for row in expected}
        return (key for key in self.stored.figures.values() if key not in with_rows)

    def origin(self, expected: Answer, got: Json | None) -> None:
        if not expected.origin_measurands:
            if expected.counting or expected.beside or not expected.relays:
                self.same("origin_measurand", None, got)
            return
        ids = {self.stored.measurands[m] for m in expected.origin_measurands}
        if got is None or got["id"] not in ids:
            self.miss("origin_measurand", ids, got)


# Settings ------------------------------------------------------------------------------------------------------------

CHOICES: tuple[dict[str, str], ...] = (
    {"about_tolerance": "0"},
    {"about_tolerance": "0.25"},
    {"by": "party"},
    {"by": "party", "about_tolerance": "0.05"},
    {"as_of": "2022-12-31"},
    {"as_of": "2024-05-31"},
    {"as_of": "2024-06-15"},
    {"as_of": "2999-01-01"},
    {"sides": "projected:reported"},
    {"sides": "estimated:alleged"},
)


def settings_of(params: dict[str, str]) -> Settings:
    first, _, second = params.get("sides", "").partition(":")
    return Settings(
        about_tolerance=Fraction(params.get("about_tolerance", "0.1")),
        as_of=date.fromisoformat(params["as_of"]) if "as_of" in params else None,
        by=params.get("by", "basis"),
        sides=(first, second) if first else None,
    )


# Tests ---------------------------------------------------------------------------------------------------------------


def worlds_with(count: int, first: int) -> list[World]:
    """Worlds that have this many measurands between them."""
    found: list[World] = []
    have = 0
    while have < count:
        found.append(random_world(first + len(found)))
        have += len(measurands(found[-1]))
    return found


def details(api: Api, every: Sequence[Stored]) -> Iterator[Mismatch]:
    for stored in every:
        rng = random.Random(stored.world.seed)
        for measurand, identifier in stored.measurands.items():
            for params in ({}, rng.choice(CHOICES)):
                reader = Reader(stored, measurand, params)
                reader.answer(
                    compare(stored.world, measurand, settings_of(params)),
                    api.get(f"/comparisons/{identifier}", **params),
                )
                yield from reader.found


def lists(api: Api, every: Sequence[Stored]) -> Iterator[Mismatch]:
    """The lists of disagreements: what is in them, the two figures of a conflict, and their order."""
    listed = {
        kind: {row["id"]: row for row in api.pages("/disagreements", kind=kind, limit=200)}
        for kind in ("conflict", "self_conflict", "drift", "part_exceeds_whole")
    }
    for stored in every:
        for measurand, identifier in stored.measurands.items():
            expected = compare(stored.world, measurand, PLAIN)
            reader = Reader(stored, measurand, {"list": "disagreements"})
            for kind, holds in (
                ("conflict", expected.agreement == "conflict"),
                ("self_conflict", expected.self_conflict),
                ("drift", expected.drift_count > 0),
                ("part_exceeds_whole", expected.part_exceeds_whole),
            ):
                reader.same(f"listed as {kind}", holds, identifier in listed[kind])
            row = listed["conflict"].get(identifier)
            if row and expected.least and expected.most:
                for name, used in (("least", expected.least), ("most", expected.most)):
                    reader.same(name, used.claim.key, stored.figures[row[name]["id"]][0])
            yield from reader.found


def check_order(api: Api, every: Sequence[Stored]) -> None:
    """Conflicts are listed by relative difference, and those without one come last."""
    listed = [row["id"] for row in api.pages("/disagreements", limit=200)]
    sizes = {
        identifier: compare(stored.world, measurand, PLAIN).relative_difference
        for stored in every
        for measurand, identifier in stored.measurands.items()
    }
    order = [sizes[key] for key in listed if key in sizes]
    known = [size for size in order if size is not None]
    assert order == [*known, *[None] * (len(order) - len(known))], "conflicts without a relative difference come last"
    assert known == sorted(known, reverse=True), "conflicts are listed by relative difference"


def hold(api: Api, count: int, first: int) -> None:
    every = store(api, worlds_with(count, first))
    found = [*details(api, every), *lists(api, every)]
    if not found:
        check_order(api, every)
        return
    by_field = Counter(m.field.partition("[")[0] + m.field.partition("]")[2] for m in found)
    smallest = sorted({m.stored.world.seed: m.stored for m in found}.values(), key=lambda s: len(s.world.compact()))
    lines = [f"{len(found)} mismatches: {dict(by_field.most_common())}"]
    for stored in smallest[:SHOWN]:
        lines += ["", f"seed {stored.world.seed}: {stored.world.compact()}"]
        lines += [str(m) for m in found if m.stored is stored]
    pytest.fail("\n".join(lines), pytrace=False)


def test_answers_are_those_of_the_oracle(api: Api) -> None:
    hold(api, 300, FIRST_SEED)


@pytest.mark.long
def test_many_answers_are_those_of_the_oracle(api: Api) -> None:
    hold(api, 3000, FIRST_SEED + 1000)
