"""History: every version of every record is on record, with what changed; the feed misses nothing."""

import json
import threading
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from service.db.engine import Author, Database
from service.db.models import ChangeRow
from service.schemas.history import FeedQuery
from service.schemas.sources import SourceCreate
from service.store.audit import history
from service.store.operations.database_setup import open_database
from service.store.records import sources
from tests.api.records import KINDS, Kind, prepare
from tests.databases import Templates
from tests.support import ADMIN, Api, claim, figure, pointers, seed


@pytest.mark.parametrize("record", KINDS, ids=str)
def test_every_version_of_a_record_is_on_record(api: Api, record: Kind) -> None:
    prepare(api)
    made = api.post(record.path, record.body)
    path = f"{record.path}/{record.ref}"
    changed = api.patch(path, record.patch)
    withdrawn = api.withdraw(path)
    restored = api.restore(path)
    versions = api.get(f"{path}/history")["items"]
    assert [v["operation"] for v in versions] == ["restore", "withdraw", "update", "create"]
    assert [v["version"] for v in versions] == [4, 3, 2, 1]
    assert [v["snapshot"] for v in versions] == [restored, withdrawn, changed, made]
    assert versions[1]["changed"] == versions[0]["changed"] == ["withdrawn"]
    assert set(record.patch) <= set(versions[2]["changed"])
    assert versions[3]["changed"] == []
    assert versions[0]["seq"] > versions[1]["seq"] > versions[2]["seq"] > versions[3]["seq"]


@pytest.mark.parametrize("record", KINDS, ids=str)
def test_a_record_is_answered_as_it_stood_then(api: Api, record: Kind) -> None:
    prepare(api)
    made = api.post(record.path, record.body)
    path = f"{record.path}/{record.ref}"
    changed = api.patch(path, record.patch)
    newer, older = api.get(f"{path}/history")["items"]
    assert api.get(path, recorded_as_of=older["at"]) == made
    assert api.get(path, recorded_as_of=newer["at"]) == changed
    early = api.client.get(f"/v1{path}", params={"recorded_as_of": "2020-01-01T00:00:00Z"})
    assert (early.status_code, pointers(early.json())) == (404, ["/recorded_as_of"])
    for vague in ("2025-01-01", "2025-01-01T00:00:00", "1700000000", "soon"):
        answer = api.client.get(f"/v1{path}", params={"recorded_as_of": vague})
        assert (answer.status_code, pointers(answer.json())) == (422, ["/recorded_as_of"]), vague


def test_what_a_record_embeds_is_answered_as_it_stood_then_too(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("1", scope="full"), key="c"))
    before = datetime.now(UTC).isoformat()
    api.patch("/entities/lab", {"name": "Laboratory"})
    api.patch("/sources/paper", {"title": "The paper"})
    api.patch("/metrics/cost", {"name": "Costs"})
    api.patch("/metrics/cost/scopes/full", {"name": "Everything"})
    between = datetime.now(UTC).isoformat()
    now = api.get("/claims/c")
    api.patch("/entities/lab", {"name": "Lab Inc."})
    assert api.get("/claims/c", recorded_as_of=before) == made
    assert now["claimant"]["name"] == "Laboratory"
    assert now["figures"][0]["scope"]["name"] == "Everything"
    assert api.get("/claims/c", recorded_as_of=between) == now


def test_a_change_names_its_request_and_its_author(api: Api) -> None:
    body = {"kind": "paper", "title": "T", "key": "s"}
    api.client.post("/v1/sources", json=body, headers={"X-Request-Id": "request-42"})
    (version,) = api.get("/sources/s/history")["items"]
    assert (version["request_id"], version["actor"]) == ("request-42", {"id": ADMIN.id, "name": None})


@pytest.mark.parametrize("path", ["/v1/changes", "/v1/sources/s/history", "/changes"])
def test_names_of_keys_are_for_callers_with_a_key(api: Api, live: Any, path: str) -> None:
    api.post("/sources", {"kind": "paper", "title": "T", "key": "s"})
    url, key = str(api.client.base_url) + path, {"Authorization": f"Bearer {ADMIN}"}
    public, known = httpx.get(url), httpx.get(url, headers=key)
    assert ("bootstrap" in public.text, "bootstrap" in known.text) == (False, True)
    assert httpx.get(url).text == public.text, "what is cached for one is not for the other"
    if path.startswith("/v1/sources"):
        assert public.headers["ETag"] != known.headers["ETag"]
    assert "private" in known.headers["Cache-Control"]
    live.app.state.public_actor_names = True
    try:
        assert "bootstrap" in httpx.get(url).text
    finally:
        live.app.state.public_actor_names = False


def test_a_figure_takes_its_claim_along(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("1"), key="c"))
    figure_id = made["figures"][0]["id"]
    api.patch(f"/figures/{figure_id}", {"value": "2"})
    newest, first = api.get("/claims/c/history")["items"]
    assert (newest["changed"], newest["version"], first["version"]) == (["figures"], 2, 1)
    assert newest["snapshot"]["figures"][0]["value"] == "2"
    assert [v["version"] for v in api.get(f"/figures/{figure_id}/history")["items"]] == [2, 1]


def test_what_the_system_changes_is_on_record_too(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("1"), key="old"))
    api.post("/claims", claim("lab", key="new", supersedes="old"))
    newest = api.get("/claims/old/history")["items"][0]
    assert newest["changed"] == ["superseded_by", "status"]
    api.patch("/claims/old", {"subject": "lab"})
    figure_id = api.get("/claims/old")["figures"][0]["id"]
    moved = api.get(f"/figures/{figure_id}/history")["items"][0]
    assert (moved["version"], moved["changed"]) == (2, ["measurand", "subject"])


def test_history_is_paged(api: Api) -> None:
    api.post("/sources", {"kind": "paper", "title": "0", "key": "s"})
    for number in range(1, 6):
        api.patch("/sources/s", {"title": str(number)})
    assert [v["version"] for v in api.pages("/sources/s/history", limit=2)] == [6, 5, 4, 3, 2, 1]


def test_a_cursor_of_one_record_is_refused_by_another(api: Api) -> None:
    for key in ("s", "t"):
        api.post("/sources", {"kind": "paper", "title": "T", "key": key})
        api.patch(f"/sources/{key}", {"title": "U"})
    cursor = api.get("/sources/s/history", limit=1)["next_cursor"]
    assert api.get("/sources/s/history", cursor=cursor)["next_cursor"] is None
    answer = api.client.get("/v1/sources/t/history", params={"cursor": cursor})
    assert (answer.status_code, pointers(answer.json())) == (422, ["/cursor"])


def test_a_refused_change_leaves_no_trace(api: Api) -> None:
    seed(api)
    before = api.get("/changes", limit=200)["items"]
    api.post("/claims", claim("lab", figure("1"), figure("2", lower="3")), status=422)
    api.post("/entities", {"key": "lab", "kind": "person", "name": "Lab"}, status=409)
    api.post("/entities", {"key": "lab", "kind": "organization", "name": "Lab"}, status=200)
    assert api.get("/changes", limit=200)["items"] == before


def test_the_feed_goes_on_where_its_reader_stopped(demo: Api) -> None:
    seen: list[Any] = []
    after = 0
    while items := (page := demo.get("/changes", after=after, limit=100))["items"]:
        seen += items
        after = page["next_after"]
    assert [c["seq"] for c in seen] == sorted({c["seq"] for c in seen})
    assert demo.get("/changes", after=after) == {"items": [], "next_after": after}
    kinds = {kind: sum(c["kind"] == kind for c in seen) for kind in ("source", "claim", "dispute")}
    assert kinds == {"source": 23, "claim": 89, "dispute": 8}
    only = demo.get("/changes", kind=["dispute"], limit=200)["items"]
    assert len(only) == 8
    demo.patch("/sources/deepseek-r1-nature", {"notes": "Changed."})
    (change,) = demo.get("/changes", after=after)["items"]
    assert (change["changed"], change["operation"]) == (["notes"], "update")


@pytest.mark.parametrize("statement", ["UPDATE change SET operation = 'update'", "DELETE FROM change"])
def test_history_cannot_be_changed(demo_database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), demo_database.writer.begin() as connection:
        connection.exec_driver_sql(statement)


def test_a_reader_beside_racing_writers_misses_nothing_and_sees_nothing_twice(kind: str, templates: Templates) -> None:
    """Eight writers commit in any order; whoever follows the feed sees each change once, and versions in order."""
    database = open_database(templates.clone(kind))
    writers, each = 8, 15
    done = threading.Event()
    seen: list[tuple[int, str]] = []

    def write(number: int) -> None:
        for index in range(each):
            body = SourceCreate.model_validate({"kind": "paper", "title": "T", "key": f"s-{number}-{index}"})
            database.write(lambda c, body=body: sources.create(c, body), Author(request_id="r"))  # type: ignore[misc]

    def follow() -> None:
        after = 0
        while True:
            finished = done.is_set()
            with database.read() as connection:
                items = history.feed(connection, FeedQuery(after=after, limit=7), for_admin=True, names=True)
            seen.extend((item.seq, item.record_id) for item in items)
            after = items[-1].seq if items else after
            if finished and not items:
                return

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    reader = threading.Thread(target=follow)
    for thread in (*threads, reader):
        thread.start()
    for thread in threads:
        thread.join(60)
    done.set()
    reader.join(60)
    with database.read() as connection:
        stored = connection.execute(select(func.count()).select_from(ChangeRow)).scalar_one()
    assert stored == writers * each
    assert len(seen) == len(set(seen)) == stored
    database.close()


def test_an_import_writes_one_version_with_all_that_it_changed(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("1"), figure("2", scope="full"), key="c"))
    line = {
        **claim("lab", figure("3"), figure("4", scope="full"), key="c"),
        "type": "claim",
        "statement": "Another statement.",
    }
    params = {"format": "jsonl", "on_existing": "update"}
    assert api.client.post("/v1/imports", params=params, content=json.dumps(line)).status_code == 200
    last, first = api.get("/claims/c/history")["items"]
    assert (last["version"], first["version"]) == (2, 1)
    assert sorted(last["changed"]) == ["figures", "statement"]
    assert api.get("/claims/c")["version"] == 2


def test_a_response_holds_no_more_of_the_history_than_it_may(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.post("/sources", {"kind": "paper", "title": "T", "key": "s", "notes": "x" * 10_000})
    for number in range(6):
        api.patch("/sources/s", {"title": f"T {number}"})
    every = [item["version"] for item in api.pages("/sources/s/history")]
    seen = [item["seq"] for item in api.get("/changes")["items"]]
    size = 25_000 if api.database.dialect == "sqlite" else 800  # stored, PostgreSQL compresses it
    monkeypatch.setattr(history, "_MOST_BYTES", size)
    assert len(api.get("/sources/s/history", limit=99)["items"]) < 6
    assert [item["version"] for item in api.pages("/sources/s/history", limit=100)] == every == [7, 6, 5, 4, 3, 2, 1]
    found: list[int] = []
    while items := api.get("/changes", after=str(found[-1] if found else 0))["items"]:
        assert len(items) < 6
        found += [item["seq"] for item in items]
    assert found == seen
