"""Scopes: records of their own, in a tree under their metric."""

import csv
import io
import threading
import time
from datetime import UTC, datetime

import pytest

from service.db.engine import Connection, Database
from service.schemas.claims import ClaimCreate
from service.schemas.entities import EntityCreate
from service.schemas.metrics import MetricCreate
from service.schemas.scopes import ScopePatch
from service.schemas.sources import SourceCreate
from service.store.records import claims, entities, metrics, scopes, sources
from service.store.records.chains import MAX_CHAIN
from tests.store.test_summaries import assert_true
from tests.support import Api, claim, figure, pointers, seed

SCOPES = "/metrics/cost/scopes"


def keys(api: Api, **params: str) -> list[str]:
    return [scope["key"] for scope in api.pages(SCOPES, **params)]


def test_scopes_are_listed_in_the_order_in_which_they_were_added(api: Api) -> None:
    seed(api)
    before = keys(api)
    api.post(SCOPES, {"key": "new", "name": "New", "part_of": "full"})
    assert keys(api) == [*before, "new"]
    assert keys(api, limit="2") == [*before, "new"]
    assert keys(api, part_of="full") == ["part", "new"]
    assert api.get("/metrics/cost")["scope_count"] == len(before) + 1
    api.withdraw(f"{SCOPES}/new")
    assert keys(api) == before
    assert keys(api, withdrawn="true") == ["new"]
    assert api.get("/metrics/cost")["scope_count"] == len(before)


def test_a_scope_is_named_by_key_or_id_within_its_metric(api: Api) -> None:
    seed(api)
    other = api.post("/metrics", {"key": "m", "name": "M", "unit": "USD", "scopes": [{"key": "full", "name": "All"}]})
    full = api.get(f"/metrics/{other['id']}/scopes/full")
    assert (full["name"], full["metric"]["key"]) == ("All", "m")
    assert api.get(f"/metrics/m/scopes/{full['id'].upper()}") == full
    assert api.get(f"{SCOPES}/full")["id"] != full["id"]
    for path in (
        f"{SCOPES}/{full['id']}",
        f"{SCOPES}/nothing",
        "/metrics/nothing/scopes/full",
        "/metrics/nothing/scopes",
    ):
        assert api.client.get(f"/v1{path}").status_code == 404
    assert api.post(f"{SCOPES}", {"key": "n", "name": "N", "part_of": full["id"]}, status=422)["errors"]


def test_a_repeated_create_is_held_against_what_is_stored(api: Api) -> None:
    seed(api)
    body = {"key": "new", "name": "New", "part_of": "full"}
    made = api.post(SCOPES, body)
    assert api.post(SCOPES, body, status=200) == made
    assert api.post(SCOPES, {**body, "id": made["id"]}, status=200) == made
    assert pointers(api.post(SCOPES, {**body, "part_of": "part"}, status=409)) == ["/part_of"]
    assert pointers(api.post(SCOPES, {**body, "key": "newer", "id": made["id"]}, status=409)) == ["/key"]
    elsewhere = api.post("/metrics", {"key": "m", "name": "M", "unit": "USD"})["id"]
    assert pointers(api.post(f"/metrics/{elsewhere}/scopes", {"key": "x", "name": "X", "id": made["id"]}, status=409))


def test_a_change_is_of_the_scope_alone(api: Api) -> None:
    seed(api)
    changed = api.patch(f"{SCOPES}/part", {"name": "Some of it"})
    assert (changed["version"], api.get("/metrics/cost")["version"]) == (2, 1)
    (last, first) = api.get(f"{SCOPES}/part/history")["items"]
    assert (last["changed"], first["operation"]) == (["name"], "create")
    assert pointers(api.patch(f"{SCOPES}/part", {"key": "other"}, status=409)) == ["/key"]
    assert pointers(api.patch(f"{SCOPES}/part", {"part_of": "nothing"}, status=422)) == ["/part_of"]


def test_scopes_close_no_circle(api: Api) -> None:
    seed(api)
    assert pointers(api.patch(f"{SCOPES}/full", {"part_of": "part"}, status=422)) == ["/part_of"]
    assert pointers(api.patch(f"{SCOPES}/full", {"part_of": "full"}, status=422)) == ["/part_of"]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_chains_of_parts_are_limited_on_every_path(api: Api) -> None:
    seed(api)
    for number in range(MAX_CHAIN):
        part_of = {"part_of": f"s-{number - 1}"} if number else {}
        api.post(SCOPES, {"key": f"s-{number}", "name": "S", **part_of})
    last = {"key": "last", "name": "Last", "part_of": f"s-{MAX_CHAIN - 1}"}
    assert pointers(api.post(SCOPES, last, status=422)) == ["/part_of"]
    api.post(SCOPES, {**last, "part_of": None})
    assert pointers(api.patch(f"{SCOPES}/last", {"part_of": last["part_of"]}, status=422)) == ["/part_of"]
    deep = [{"key": f"s-{n}", "name": "S", "part_of": f"s-{n - 1}" if n else None} for n in range(MAX_CHAIN + 1)]
    metric = {"key": "m", "name": "M", "unit": "USD"}
    assert pointers(api.post("/metrics", metric | {"scopes": deep}, status=422)) == [f"/scopes/{MAX_CHAIN}/part_of"]
    assert api.post("/metrics", metric | {"scopes": deep[:-1]})["scope_count"] == MAX_CHAIN


def test_moving_a_scope_computes_again_what_exceeds_what(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("1", scope="other")))
    api.post("/claims", claim("lab", figure("5", scope="part"), statement="more"))
    assert api.get("/disagreements", kind="part_exceeds_whole")["items"] == []
    api.patch(f"{SCOPES}/part", {"part_of": "other"})
    (found,) = api.get("/disagreements", kind="part_exceeds_whole")["items"]
    assert found["scope"]["key"] == "part"
    api.patch(f"{SCOPES}/part", {"part_of": None})
    assert api.get("/disagreements", kind="part_exceeds_whole")["items"] == []


def test_a_withdrawn_scope_keeps_its_figures_and_gets_no_more(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("1", scope="part")))
    api.withdraw(f"{SCOPES}/part")
    assert api.get("/comparisons/model.cost.part")["figure_count"] == 1
    refused = api.post("/claims", claim("lab", figure("2", scope="part"), statement="again"), status=409)
    assert pointers(refused) == ["/figures/0/scope"]
    api.patch(f"/figures/{made['figures'][0]['id']}", {"value": "3"})
    api.restore(f"{SCOPES}/part")
    api.post("/claims", claim("lab", figure("2", scope="part"), statement="again"))


def test_a_withdrawn_metric_gets_no_scopes(api: Api) -> None:
    seed(api)
    api.withdraw("/metrics/cost")
    api.post(SCOPES, {"key": "new", "name": "New"}, status=409)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_file_adds_hundreds_of_scopes(api: Api) -> None:
    """The 201st was a failure of the service."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["subject", "metric", "scope", "value", "unit", "source_title"])
    writer.writerows(["S", "Budget", f"Item {number}", number, "USD", "T"] for number in range(1, 302))
    for _ in range(2):
        params = {"format": "csv", "mode": "partial"}
        answer = api.client.post("/v1/imports", params=params, content=text.getvalue()).json()
        assert answer["rejected"] == []
    assert api.get("/metrics/budget")["scope_count"] == 301


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_metric_has_a_bounded_number_of_scopes(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert scopes.MAX_SCOPES == 10_000
    monkeypatch.setattr(scopes, "MAX_SCOPES", most := 500)
    seed(api)
    held = api.get("/metrics/cost")["scope_count"]
    lines = "".join(
        f'{{"type":"scope","metric":"cost","key":"s-{number}","name":"S {number}"}}\n'
        for number in range(most - held + 1)
    )
    answer = api.client.post("/v1/imports", params={"format": "jsonl", "mode": "partial"}, content=lines).json()
    assert (answer["counts"]["scope"]["created"], answer["rejected_total"]) == (most - held, 1)
    assert answer["rejected"][0]["detail"] == "A metric has at most 500 scopes."
    assert "at most 500" in api.post(SCOPES, {"key": "more", "name": "More"}, status=409)["detail"]


def test_a_file_of_the_older_form_is_read(api: Api) -> None:
    line = (
        '{"type":"metric","key":"m","name":"M","unit":"USD","scopes":[{"key":"part","name":"P","part_of":"full"},'
        '{"key":"full","name":"F"}]}'
    )
    for outcome in ("created", "unchanged"):
        counts = api.client.post("/v1/imports", params={"format": "jsonl"}, content=line).json()["counts"]
        assert (counts["metric"][outcome], counts["scope"][outcome]) == (1, 2)
    assert api.get("/metrics/m/scopes/part")["part_of"]["key"] == "full"


def test_a_metric_is_recorded_with_the_scopes_that_it_had(api: Api) -> None:
    seed(api)
    moments, counts = [], []

    def note() -> None:
        moments.append(datetime.now(UTC).isoformat())
        counts.append(api.get("/metrics/cost")["scope_count"])

    note()
    api.post(SCOPES, {"key": "new", "name": "New"})
    note()
    api.withdraw(f"{SCOPES}/new")
    note()
    api.restore(f"{SCOPES}/new")
    note()
    found = [api.get("/metrics/cost", recorded_as_of=moment)["scope_count"] for moment in moments]
    assert found == counts == [4, 5, 4, 5]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_withdrawn_scopes_leave_room(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    seed(api)
    monkeypatch.setattr(scopes, "MAX_SCOPES", api.get("/metrics/cost")["scope_count"])
    api.post(SCOPES, {"key": "more", "name": "More"}, status=409)
    api.withdraw(f"{SCOPES}/other")
    api.post(SCOPES, {"key": "more", "name": "More"})
    api.restore(f"{SCOPES}/other", status=409)


@pytest.mark.parametrize("kind", ["postgres"])
def test_a_scope_that_moves_waits_for_figures_of_its_parts(database: Database) -> None:
    """Otherwise neither transaction would see the other, and the part that now exceeds its whole would not be noted."""
    body = {"key": "m", "name": "M", "unit": "USD", "scopes": [
        {"key": "full", "name": "F"}, {"key": "part", "name": "P"}, {"key": "sub", "name": "S", "part_of": "part"}
    ]}  # fmt: skip

    def state(scope: str, value: str) -> ClaimCreate:
        stated = {
            "metric": "m",
            "scope": scope,
            "basis": "reported",
            "qualifier": "exact",
            "value": value,
            "unit": "USD",
        }
        plain = {"source": "s", "claimant": "e", "subject": "e", "statement": scope, "key": scope}
        return ClaimCreate.model_validate({**plain, "figures": [stated]})

    def prepare(connection: Connection) -> str:
        sources.create(connection, SourceCreate(key="s", kind="paper", title="S"))
        entities.create(connection, EntityCreate(key="e", kind="model", name="E"))
        metrics.create(connection, MetricCreate.model_validate(body))
        claims.create(connection, state("full", "1"))
        return scopes.find(connection, "m", "part")

    part = database.write(prepare)
    moved, written = (
        threading.Event(),
        threading.Thread(
            target=lambda: (moved.wait(10), database.write(lambda c: claims.create(c, state("sub", "5"))))
        ),
    )
    written.start()

    def move(connection: Connection) -> None:
        scopes.amend(connection, part, ScopePatch(part_of="full"), frozenset([1]))
        moved.set()
        time.sleep(0.5)

    database.write(move)
    written.join(20)
    assert_true(database)
    with database.read() as connection:
        found = connection.exec_driver_sql("SELECT part_gap FROM measurand WHERE key = 'e.m.sub'").scalar_one()
    assert found == 5
