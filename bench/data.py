"""Deterministic claims of realistic shapes, as JSON lines for `counterclaim load`: some sources' worth of text, 1 to 40
figures a measurand, a few relays and one-sided bounds.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path

SOURCES, CLAIMANTS = 20, 60
RELAYS, BOUNDS = 0.03, 0.05
_WORDS = (  # as many as sentences need to differ
    "the training run of this model cost about as much as small power plant and nobody outside has seen its bill",
    "yet analysts who count chips or hours arrive at other sums than those reading filings",
)
_VOCABULARY = [word for line in _WORDS for word in line.split()]


def write(path: Path, figures: int, prefix: str = "") -> None:
    """One claim a figure, so that lists and comparisons have something to join. A prefix makes them others, about
    other models.
    """
    with path.open("w", encoding="utf-8") as file:
        for line in _lines(figures, prefix):
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


def subject(number: int, prefix: str = "") -> str:
    return f"{prefix}model-{number}"


def _lines(figures: int, prefix: str) -> Iterator[dict[str, object]]:
    chance = random.Random(1)
    scopes = [{"key": "full", "name": "Full run"}, {"key": "part", "name": "One part", "part_of": "full"}]
    for key, unit in (("cost", "USD"), ("gpu-count", "GPU"), ("energy", "kWh")):
        yield {"type": "metric", "key": key, "name": key.title(), "unit": unit, "scopes": scopes}
    for number in range(SOURCES):
        title = _text(chance, 8)
        yield {"type": "source", "key": f"source-{number}", "kind": "paper", "title": title, "published": "2024-05-01"}
    for number in range(CLAIMANTS):
        yield {"type": "entity", "key": f"claimant-{number}", "kind": "organization", "name": _text(chance, 2).title()}
    yield from _claims(chance, figures, prefix)


def _claims(chance: random.Random, figures: int, prefix: str) -> Iterator[dict[str, object]]:
    made, model, before = 0, 0, ""
    while made < figures:
        yield {
            "type": "entity",
            "key": subject(model, prefix),
            "kind": "model",
            "name": f"Model {model} {_text(chance, 1)}",
        }
        here = 20 if model == 0 else min(chance.choice((1, 1, 2, 3, 5, 8, 20, 40)), figures - made)
        size = 10 ** chance.uniform(2, 9)
        for number in range(here):
            key = f"{prefix}claim-{made}"
            claim = {
                "type": "claim", "key": key, "source": f"source-{chance.randrange(SOURCES)}",
                "claimant": f"claimant-{chance.randrange(CLAIMANTS)}", "subject": subject(model, prefix),
                "statement": _text(chance, 18), "quote": _text(chance, 30), "asserted": f"2024-{1 + made % 12:02}",
                "figures": [_figure(chance, size, model)],
            }  # fmt: skip
            if number and chance.random() < RELAYS:
                claim["derived_from"] = before
            yield claim
            before = key
            made += 1
        model += 1


def _figure(chance: random.Random, size: float, model: int) -> dict[str, object]:
    metric, unit = (("cost", "USD"), ("gpu-count", "GPU"), ("energy", "kWh"))[model % 3]
    figure: dict[str, object] = {"metric": metric, "unit": unit, "basis": chance.choice(("reported", "estimated"))}
    if model % 2:
        figure["scope"] = "full"
    value = str(round(size * chance.uniform(0.7, 1.6), 2))
    if chance.random() < BOUNDS:
        return figure | {"qualifier": "at_least", "lower": value}
    return figure | {"qualifier": chance.choice(("exact", "about")), "value": value}


def _text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choice(_VOCABULARY) for _ in range(words))
