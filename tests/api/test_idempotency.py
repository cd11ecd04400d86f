"""Idempotency-Key: a request that is sent again is done once, and answered as it was."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

from service.db.models import IdempotencyRow
from service.store.records import record_writes
from tests.support import Api, claim, figure, pointers, seed

BODY = {"kind": "paper", "title": "A paper without key or id"}


def post(api: Api, key: str, body: object = BODY, path: str = "/sources", **headers: str) -> httpx.Response:
    return api.client.post(f"/v1{path}", json=body, headers={"Idempotency-Key": key, **headers})


def test_a_request_sent_again_is_answered_as_it_was(api: Api) -> None:
    first, again = post(api, "k"), post(api, "k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    for header in ("etag", "location", "content-type"):
        assert again.headers[header] == first.headers[header]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert len(api.get("/sources")["items"]) == 1
    assert len(api.get("/changes")["items"]) == 1


def test_the_answer_stays_though_the_record_changes(api: Api) -> None:
    first = post(api, "k")
    path = f"/sources/{first.json()['id']}"
    api.patch(path, {"title": "Another"})
    assert post(api, "k").json() == first.json()


def test_a_key_is_for_one_request(api: Api) -> None:
    post(api, "k")
    other = post(api, "k", BODY | {"title": "Another"})
    assert (other.status_code, pointers(other.json())) == (422, ["/Idempotency-Key"])
    elsewhere = post(api, "k", {"key": "e", "kind": "other", "name": "E"}, "/entities")
    assert elsewhere.status_code == 201


def test_what_failed_can_be_tried_again(api: Api) -> None:
    body = {"source": "late", "claimant": "late", "subject": "late", "statement": "s"}
    assert post(api, "k", body, "/claims").status_code == 422
    api.post("/sources", {"key": "late", "kind": "paper", "title": "T"})
    api.post("/entities", {"key": "late", "kind": "other", "name": "N"})
    assert post(api, "k", body, "/claims").status_code == 201


def test_a_restore_is_done_once_too(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("1"), key="c"))
    api.withdraw("/claims/c")
    tag = api.etag("/claims/c")
    answers = [
        api.client.post("/v1/claims/c/restore", headers={"Idempotency-Key": "k", "If-Match": tag}) for _ in range(2)
    ]
    assert [a.status_code for a in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert api.get("/claims/c")["version"] == 3


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "ü"])
def test_a_key_is_a_short_visible_name(api: Api, key: str) -> None:
    answer = api.client.post("/v1/sources", json=BODY, headers=[(b"Idempotency-Key", key.encode())])
    assert (answer.status_code, pointers(answer.json())) == (422, ["/Idempotency-Key"])


def test_the_same_request_many_times_at_once_makes_one_record(api: Api) -> None:
    rounds, times = 5, 20
    with ThreadPoolExecutor(times) as pool:
        for number in range(rounds):
            found = list(pool.map(lambda _, n=number: post(api, f"k-{n}"), range(times)))
            made = [a for a in found if a.status_code == 201]
            assert made
            # on a busy machine one may have waited for longer than is waited, and says so
            assert {a.status_code for a in found} <= {201, 409, 503}
            assert len({a.content for a in made}) == 1
            assert sum("idempotency-replayed" not in a.headers for a in made) <= 1
    assert len(api.get("/sources")["items"]) == rounds


def test_an_answer_is_kept_for_three_days(api: Api) -> None:
    first = post(api, "k")
    for age, same in ((timedelta(hours=71), True), (timedelta(hours=73), False)):
        with api.database.writer.begin() as connection:
            connection.execute(update(IdempotencyRow).values(created_at=record_writes.now() - age))
        assert (post(api, "k").json()["id"] == first.json()["id"]) == same


def test_another_version_in_if_match_is_another_request(api: Api) -> None:
    api.post("/sources", {**BODY, "key": "s"})
    api.withdraw("/sources/s")

    def restore() -> httpx.Response:
        return post(api, "k", None, "/sources/s/restore", **{"If-Match": api.etag("/sources/s")})

    assert restore().status_code == 200
    api.withdraw("/sources/s")
    assert (restore().status_code, pointers(restore().json())) == (422, ["/Idempotency-Key"])


def test_old_answers_go_a_few_at_a_time(api: Api) -> None:
    for number in range(50):
        post(api, f"old-{number}")
    with api.database.writer.begin() as connection:
        connection.execute(update(IdempotencyRow).values(created_at=record_writes.now() - timedelta(hours=73)))
    kept = []
    for number in range(4):
        post(api, f"new-{number}")
        with api.database.read() as connection:
            kept.append(connection.exec_driver_sql("SELECT count(*) FROM idempotency WHERE key LIKE 'old-%%'").scalar())
    assert kept == [30, 10, 0, 0]
