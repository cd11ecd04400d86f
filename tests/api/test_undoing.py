"""What a curator sets on a contributor's record, and who may undo it.

Content is the author's to change further: every version stays on record. Decisions are not: a withdrawal, a retraction,
and a ruling on a dispute are undone by curators alone.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from service.domain.vocabulary import Role
from service.schemas.claims import ClaimPatch
from service.schemas.disputes import DisputePatch
from service.schemas.entities import EntityPatch
from service.schemas.figures import FigurePatch
from service.schemas.metrics import MetricPatch
from service.schemas.scopes import ScopePatch
from service.schemas.sources import SourcePatch
from tests.api.test_access import as_role  # noqa: F401 - a fixture
from tests.support import Api, claim, figure, seed

AUTHOR, CURATOR = "author", "curator"
SET_ONCE = {"key"}  # a key is never changed, by nobody
# each field: the curator's value, the author's value before it, and who may bring that back
UNDONE_BY: dict[str, dict[str, tuple[Any, Any, str]]] = {
    "sources": {
        "kind": ("filing", "paper", AUTHOR),
        "title": ("Another", "A memo", AUTHOR),
        "authors": (["A"], [], AUTHOR),
        "publisher": ("P", None, AUTHOR),
        "url": ("https://example.org/a", None, AUTHOR),
        "archived_url": ("https://example.org/b", None, AUTHOR),
        "doi": ("10.1000/x", None, AUTHOR),
        "published": ("2024", None, AUTHOR),
        "accessed_on": ("2024-01-01", None, AUTHOR),
        "language": ("en", None, AUTHOR),
        "peer_reviewed": (True, None, AUTHOR),
        "notes": ("N", None, AUTHOR),
    },
    "entities": {
        "kind": ("group", "organization", AUTHOR),
        "name": ("Another", "Firm", AUTHOR),
        "aliases": (["F"], [], AUTHOR),
        "same_as": (["https://example.org/f"], [], AUTHOR),
        "identifiers": ({"wikidata": "Q1"}, {}, AUTHOR),
        "part_of": ("lab", None, AUTHOR),
        "description": ("D", None, AUTHOR),
    },
    "metrics": {
        "name": ("Another", "Size", AUTHOR),
        "definition": ("D", None, AUTHOR),
        "unit": ("USD", "GPU", AUTHOR),
        "scale": ("interval", "ratio", AUTHOR),
        "additive": ("none", "parts", AUTHOR),
        "over_time": ("by_period", "fixed", AUTHOR),
        "signed": (True, False, AUTHOR),
    },
    "scopes": {
        "name": ("Another", "Small", AUTHOR),
        "definition": ("D", None, AUTHOR),
        "part_of": ("large", None, AUTHOR),
    },
    "claims": {
        "source": ("memo", "paper", AUTHOR),
        "claimant": ("analyst", "lab", AUTHOR),
        "claimant_role": ("third_party", "unknown", AUTHOR),
        "speaks_for": ("lab", None, AUTHOR),
        "subject": ("lab", "model", AUTHOR),
        "statement": ("Another", "It cost that much.", AUTHOR),
        "quote": ("Q", None, AUTHOR),
        "locator": ("p. 1", None, AUTHOR),
        "asserted": ("2024", None, AUTHOR),
        "derived_from": ("other", None, AUTHOR),
        "supersedes": ("older", None, AUTHOR),
        "notes": ("N", None, AUTHOR),
        "status": ("retracted", "active", CURATOR),
        "retracted_on": ("2024", None, CURATOR),
        "stances": ([{"proposition": "it", "stance": "denies"}], [], AUTHOR),
    },
    "figures": {
        "metric": ("size", "cost", AUTHOR),
        "scope": ("full", None, AUTHOR),
        "basis": ("estimated", "reported", AUTHOR),
        "method": ("M", None, AUTHOR),
        "qualifier": ("about", "exact", AUTHOR),
        "value": ("6", "5", AUTHOR),
        "lower": ("4", None, AUTHOR),
        "upper": ("7", None, AUTHOR),
        "interval_kind": ("ci90", None, AUTHOR),
        "precision": ("0.5", "1", AUTHOR),
        "unit": ("EUR", "USD", AUTHOR),
        "price_year": (2020, None, AUTHOR),
        "period": ("2024", None, AUTHOR),
        "stated_as": ("five", None, AUTHOR),
        "relayed": (False, None, AUTHOR),
    },
    "disputes": {
        "disputed_figure": ("own", None, AUTHOR),
        "disputing_claim": ("other", None, AUTHOR),
        "raised_by": ("third", "analyst", AUTHOR),
        "type": ("scope", "data", AUTHOR),
        "rationale": ("Another", "No.", AUTHOR),
        "opened": ("2024", None, AUTHOR),
        "status": ("conceded", "open", CURATOR),
        "closed": ("2025", None, CURATOR),
        "resolution": ("So it is.", None, CURATOR),
    },
}
PATCHES: dict[str, type[BaseModel]] = {
    "sources": SourcePatch, "entities": EntityPatch, "metrics": MetricPatch, "scopes": ScopePatch,
    "claims": ClaimPatch, "figures": FigurePatch, "disputes": DisputePatch,
}  # fmt: skip
# what the field needs beside it, so that the record is valid with it
WITH: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = {
    ("claims", "retracted_on"): ({"status": "retracted"}, {}),
    ("figures", "interval_kind"): ({"lower": "4"}, {"lower": None}),
    ("figures", "metric"): ({"unit": "GPU"}, {"unit": "USD"}),
}


def test_every_field_of_every_change_is_decided_on() -> None:
    for kind, patch in PATCHES.items():
        assert set(UNDONE_BY[kind]) == set(patch.model_fields) - SET_ONCE, kind


def prepared(api: Api, author: Api) -> dict[str, str]:
    """A record of each kind by the author; returns their paths."""
    seed(api)
    author.post("/sources", {"key": "memo", "kind": "paper", "title": "A memo"})
    author.post("/entities", {"key": "firm", "kind": "organization", "name": "Firm"})
    author.post("/metrics", {"key": "size", "name": "Size", "unit": "GPU"})
    author.post("/metrics/size/scopes", {"key": "large", "name": "Large"})
    author.post("/metrics/size/scopes", {"key": "small", "name": "Small"})
    api.post("/propositions", {"key": "it", "text": "It was copied.", "subject": "model"})
    api.post("/claims", claim("third", statement="Another one.", key="other"))
    author.post("/claims", claim("lab", statement="An older one.", key="older"))
    stated = author.post("/claims", claim("lab", figure("5"), statement="It cost that much.", key="stated"))
    body = {"disputed_claim": "stated", "raised_by": "analyst", "type": "data", "rationale": "No.", "key": "quarrel"}
    author.post("/disputes", body)
    return {
        "sources": "/sources/memo",
        "entities": "/entities/firm",
        "metrics": "/metrics/size",
        "scopes": "/metrics/size/scopes/small",
        "claims": "/claims/stated",
        "figures": f"/figures/{stated['figures'][0]['id']}",
        "disputes": "/disputes/quarrel",
    }


@pytest.mark.parametrize("kind_of_record", UNDONE_BY)
def test_content_is_the_authors_and_decisions_are_the_curators(
    api: Api,
    as_role: Callable[[Role | None], Api],  # noqa: F811
    kind_of_record: str,
) -> None:
    author, curator = as_role(Role.CONTRIBUTOR), as_role(Role.CURATOR)
    paths = prepared(api, author)
    path = paths[kind_of_record]
    for field, (set_by_curator, before, undone_by) in UNDONE_BY[kind_of_record].items():
        value = paths["figures"].rsplit("/", 1)[1] if set_by_curator == "own" else set_by_curator
        forth, back = WITH.get((kind_of_record, field), ({}, {}))
        curator.patch(path, {field: value, **forth})
        undoing = {field: before, **back}
        author.patch(path, undoing, status=200 if undone_by == AUTHOR else 403)
        if undone_by == CURATOR:
            curator.patch(path, undoing)


def test_an_author_undoes_an_own_retraction(api: Api, as_role: Callable[[Role | None], Api]) -> None:  # noqa: F811
    author, curator = as_role(Role.CONTRIBUTOR), as_role(Role.CURATOR)
    prepared(api, author)
    author.patch("/claims/stated", {"status": "retracted"})
    author.patch("/claims/stated", {"status": "active"})
    curator.patch("/claims/stated", {"status": "retracted"})
    author.patch("/claims/stated", {"notes": "Why?"})
    refused = author.patch("/claims/stated", {"status": "active"}, status=403)
    assert refused["errors"][0]["pointer"] == "/status"
    author.withdraw("/claims/stated")
    author.restore("/claims/stated")
    author.patch("/claims/stated", {"status": "active"}, status=403)
    curator.patch("/claims/stated", {"status": "active"})


def test_an_import_undoes_no_retraction_by_a_curator(api: Api, as_role: Callable[[Role | None], Api]) -> None:  # noqa: F811
    author, curator = as_role(Role.CONTRIBUTOR), as_role(Role.CURATOR)
    prepared(api, author)
    curator.patch("/claims/stated", {"status": "retracted"})
    line = (
        b'{"type":"claim","key":"stated","source":"paper","claimant":"lab","subject":"model",'
        b'"statement":"It cost that much.","status":"active"}'
    )
    params = {"format": "jsonl", "on_existing": "update", "mode": "partial"}
    answer = author.client.post("/v1/imports", params=params, content=line)
    assert answer.json()["rejected"][0]["code"] == "forbidden"
    assert api.get("/claims/stated")["status"] == "retracted"


def test_a_ruling_is_not_withdrawn_with_its_dispute(api: Api, as_role: Callable[[Role | None], Api]) -> None:  # noqa: F811
    author, curator = as_role(Role.CONTRIBUTOR), as_role(Role.CURATOR)
    prepared(api, author)
    curator.patch("/disputes/quarrel", {"status": "conceded"})
    author.withdraw("/disputes/quarrel", status=403)
    curator.withdraw("/disputes/quarrel")


def test_what_a_curator_decides_on_a_dispute_stays(api: Api, as_role: Callable[[Role | None], Api]) -> None:  # noqa: F811
    author, curator = as_role(Role.CONTRIBUTOR), as_role(Role.CURATOR)
    prepared(api, author)
    author.patch("/disputes/quarrel", {"status": "taken_back"})
    curator.patch("/disputes/quarrel", {"status": "open"})
    author.patch("/disputes/quarrel", {"status": "taken_back"}, status=403)
    curator.patch("/disputes/quarrel", {"status": "taken_back", "resolution": "Unfounded.", "closed": "2025"})
    for patch in ({"closed": "1999"}, {"rationale": "I was right."}, {"status": "open"}):
        author.patch("/disputes/quarrel", patch, status=403)
    author.withdraw("/disputes/quarrel", status=403)


def test_an_import_brings_no_withdrawn_figure_back(api: Api, as_role: Callable[[Role | None], Api]) -> None:  # noqa: F811
    author, curator = as_role(Role.CONTRIBUTOR), as_role(Role.CURATOR)
    figure_path = prepared(api, author)["figures"]
    curator.withdraw(figure_path)
    line = {**claim("lab", figure("5"), statement="It cost that much.", key="stated"), "type": "claim", "notes": "N"}
    params = {"format": "jsonl", "on_existing": "update"}
    answer = author.client.post("/v1/imports", params=params, content=json.dumps(line))
    assert answer.status_code == 200, answer.text
    found = api.get("/claims/stated")
    assert (found["notes"], found["figures"]) == ("N", [])
