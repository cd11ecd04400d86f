"""Small worlds have their answers, in whichever order their records arrive, in every route, table and page."""

import csv
import html
import io
import json
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest

from tests.api.worlds import METRIC, NAMES, WORLDS, Claim, Expect, Pattern, Withdrawn, World
from tests.support import Api, Json

_MOST_PERMUTED = 4
_MARK = "{p}"
_STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
_TABLED = ("verdict", "agreement", "gap", "gap_open", "difference", "text")


def orders(world: World) -> Iterator[tuple[Claim, ...]]:
    """Orders in which the claims can be created: a relay comes after its origin."""
    if world.few_orders or len(world.claims) > _MOST_PERMUTED:
        yield _origins_first(world.claims)
        yield _origins_first(world.claims[::-1])
        return
    for order in permutations(world.claims):
        if order == _origins_first(order):
            yield order


def _origins_first(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The claims in the same order, except that each relay waits for its origin."""
    placed: dict[str, Claim] = {}
    waiting = list(claims)
    while waiting:
        found = next(claim for claim in waiting if claim.derived_from is None or claim.derived_from in placed)
        placed[found.key] = found
        waiting.remove(found)
    return tuple(placed.values())


class Made:
    """One order of a world on record. All of its keys have a prefix, which its answers are shown without."""

    def __init__(self, api: Api, world: World, order: Sequence[Claim], prefix: str) -> None:
        self.api = api
        self.world = world
        self.prefix = prefix
        self.entities: set[str] = set()
        api.post("/metrics", METRIC | world.metric | {"key": prefix + METRIC["key"], "scopes": list(world.scopes)})
        for claim in order:
            self._create(claim)
        for step in world.follow_ups:
            if isinstance(step, Withdrawn):
                api.withdraw(f"/claims/{prefix}{step.claim}")
            else:
                api.patch(self._marked(step.path), json.loads(self._marked(json.dumps(step.body))))

    def _marked(self, text: str) -> str:
        return text.replace(_MARK, self.prefix)

    def _entity(self, key: str) -> str:
        """The key of the entity with its prefix, after creating the entity unless it is there."""
        if key not in self.entities:
            self.entities.add(key)
            plain: Json = {"kind": "organization", "name": NAMES.get(key, key.title())}
            body = plain | self.world.entities.get(key, {})
            if "part_of" in body:
                body["part_of"] = self._entity(body["part_of"])
            self.api.post("/entities", body | {"key": self.prefix + key})
        return self.prefix + key

    def _create(self, claim: Claim) -> None:
        key = self.prefix + claim.key
        source = {"key": key, "kind": "other", "title": f"Source {claim.key}", "published": claim.published}
        self.api.post("/sources", source)
        body: Json = {
            "key": key,
            "source": key,
            "claimant": self._entity(claim.claimant),
            "subject": self._entity(claim.subject),
            "statement": f"{claim.key} says so",
            "figures": [self._figure(figure) for figure in claim.figures],
        }
        if claim.derived_from is not None:
            body["derived_from"] = self.prefix + claim.derived_from
        fields = dict(claim.fields)
        if "speaks_for" in fields:
            fields["speaks_for"] = self._entity(fields["speaks_for"])
        self.api.post("/claims", body | fields)

    def _figure(self, figure: Json) -> Json:
        unit = self.world.metric.get("unit", METRIC["unit"])
        return {"metric": self.prefix + METRIC["key"], "unit": unit} | figure

    def look(self, path: str) -> str:
        answer = self.api.client.get(self._marked(path))
        assert answer.status_code == 200, f"{path}: {answer.text[:2000]}"
        return answer.text.replace(self.prefix, "")

    def get(self, path: str) -> Any:
        return json.loads(self.look(f"/v1{path}"))

    def page(self, path: str) -> str:
        """The words of a page."""
        return _spaced(html.unescape(re.sub(r"<[^>]*>", "", self.look(path))))

    def rows(self, table: str) -> list[Json]:
        found: list[Json] = self.get(f"/tables/{table}{'&' if '?' in table else '?'}metric={_MARK}cost")["rows"]
        return found


def _spaced(text: str) -> str:
    return " ".join(text.split())


def at(answer: Any, path: str) -> Any:
    """The field at a path (see `Expect`)."""
    steps = [(found[1], found[2]) for found in _STEP.finditer(path)]
    for place, (chosen, name) in enumerate(steps):
        if name == "*":
            rest = ".".join(later or f"[{choice}]" for choice, later in steps[place + 1 :])
            return [at(item, rest) for item in answer]
        if name == "#":
            answer = len(answer)
        elif name:
            answer = answer[int(name)] if isinstance(answer, list) else answer[name]
        else:
            wanted, _, value = chosen.partition("=")
            (answer,) = [item for item in answer if at(item, wanted) == value]
    return answer


def _at_or_absent(answer: Any, path: str) -> Any:
    """A field that is absent fails like one of another value, beside the others."""
    try:
        return at(answer, path)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        return f"absent: {error!r}"


def _is_found(pattern: Pattern, text: str) -> bool:
    return pattern in text if isinstance(pattern, str) else pattern.search(text) is not None


def _wanted(value: Any) -> Any:
    """Numbers to the precision of a float; all else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        return value
    return pytest.approx(float(value), rel=1e-12)


def check(made: Made, expect: Expect, label: str) -> str:
    """Compares the answer with what is expected. Returns its text."""
    if expect.form == "page":
        answer: Any = {"text": made.page(expect.path)}
    elif expect.form == "csv":
        answer = list(csv.DictReader(io.StringIO(made.look(f"/v1{expect.path}"))))
    else:
        answer = made.get(expect.path)
    found = {path: _at_or_absent(answer, path) for path in expect.fields}
    assert found == {path: _wanted(value) for path, value in expect.fields.items()}, label
    text = str(answer.get("text", "")) if isinstance(answer, dict) else ""
    missing = [pattern for pattern in expect.contains if not _is_found(pattern, text)]
    assert not missing, f"{label}: {text}"
    unwanted = [pattern for pattern in expect.lacks if _is_found(pattern, text)]
    assert not unwanted, f"{label}: {text}"
    return text


def check_tables(made: Made, label: str) -> None:
    """The tables say the same as the comparisons, and the conflicts are listed."""
    tabled = {row["key"]: row for row in made.rows("comparisons.json")}
    listed = {
        kind: {row["key"] for row in made.rows(f"disagreements.json?kind={kind}")}
        for kind in ("conflict", "self_conflict")
    }
    for path in {expect.path for expect in made.world.expects if is_comparison(expect) and "?" not in expect.path}:
        answer = made.get(path)
        key = answer["key"]
        if answer["figure_count"]:
            assert {name: tabled[key][name] for name in _TABLED} == {name: answer[name] for name in _TABLED}, label
        assert (key in listed["conflict"]) == (answer["agreement"] == "conflict"), label
        assert (key in listed["self_conflict"]) == answer["self_conflict"], label


def is_comparison(expect: Expect) -> bool:
    return expect.form == "json" and expect.path.startswith("/comparisons/")


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_the_answer_is_the_same_for_every_order_of_insertion(api: Api, world: World) -> None:
    texts: dict[str, str] = {}
    for number, order in enumerate(orders(world)):
        label = " → ".join(claim.key for claim in order)
        made = Made(api, world, order, f"w{number}-")
        for expect in world.expects:
            text = check(made, expect, f"{label}, {expect.path}")
            if is_comparison(expect):
                assert texts.setdefault(expect.path, text) == text, label
        check_tables(made, label)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("world", [w for w in WORLDS if any(e.contains or e.lacks for e in w.expects)], ids=str)
def test_a_page_shows_the_text_of_the_answer(api: Api, world: World) -> None:
    made = Made(api, world, world.claims, "w0-")
    for expect in filter(is_comparison, world.expects):
        if "sides=" not in expect.path:  # pages show the usual sides
            assert _spaced(made.get(expect.path)["text"]) in made.page(expect.path)


def test_all_worlds_are_there() -> None:
    without_rates = {24}
    assert {world.number for world in WORLDS} == set(range(1, 52)) - without_rates
    names = [str(world) for world in WORLDS]
    assert len(set(names)) == len(names)
    for world in WORLDS:
        keys = [claim.key for claim in world.claims]
        assert len(set(keys)) == len(keys)
        assert list(orders(world))
