"""The stream of changes, as an SSE client sees it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from httpx_sse import EventSource, ServerSentEvent

from service.domain.vocabulary import Role
from service.store.operations import keys
from tests.api.test_access import key_of
from tests.support import ADMIN, Api, claim, seed


@contextmanager
def listening(api: Api, headers: dict[str, str] | None = None, **params: Any) -> Iterator[Iterator[ServerSentEvent]]:
    with (
        httpx.Client(base_url=api.client.base_url, timeout=20) as client,
        client.stream("GET", "/v1/changes/stream", params=params, headers=headers) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        yield EventSource(answer).iter_sse()


def last_seq(api: Api) -> int:
    return int(api.get("/changes", limit=200)["items"][-1]["seq"])


def test_changes_arrive_as_they_are_made(api: Api) -> None:
    seed(api)
    with listening(api) as events:
        time.sleep(0.3)
        made = api.post("/claims", claim("lab", key="first"))
        event = next(events)
        change = json.loads(event.data)
    assert (event.event, change["kind"], change["record_id"]) == ("change", "claim", made["id"])
    assert int(event.id) == change["seq"] == last_seq(api)
    assert change == api.get("/changes", after=change["seq"] - 1)["items"][0]


def test_a_client_that_connects_again_misses_and_repeats_nothing(api: Api) -> None:
    seed(api)
    every = [one["seq"] for one in api.get("/changes", limit=200)["items"]]
    with listening(api, after=0) as events:
        first = [int(next(events).id) for _ in range(3)]
    with listening(api, {"Last-Event-ID": str(first[-1])}) as events:
        rest = [int(next(events).id) for _ in every[3:]]
    assert first + rest == every


def test_kinds_choose_what_is_streamed_and_keys_are_for_admins(api: Api) -> None:
    seed(api)
    with listening(api, after=0, kind=["metric", "scope"]) as events:
        assert {json.loads(next(events).data)["kind"] for _ in range(5)} == {"metric", "scope"}
    assert api.client.get("/v1/changes/stream", params={"kind": "key"}).status_code == 403
    key_of(api, Role.READER)
    with listening(api, {"Authorization": f"Bearer {ADMIN}"}, after=0, kind="key") as events:
        assert json.loads(next(events).data)["kind"] == "key"


def test_a_stream_ends_with_its_key(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.api.change_stream._KEY_CHECKED_EVERY", 0.0)
    token = key_of(api, Role.READER)
    with listening(api, {"Authorization": f"Bearer {token}"}) as events:
        threading.Timer(0.3, lambda: api.database.write(lambda connection: keys.revoke(connection, token.id))).start()
        assert list(events) == []


def test_streams_end_at_shutdown(api: Api, live: Any) -> None:
    with listening(api) as events:
        threading.Timer(0.3, lambda: setattr(live.app.state, "draining", True)).start()
        try:
            assert list(events) == []
        finally:
            live.app.state.draining = False


@pytest.mark.parametrize("kind", ["sqlite"])
def test_many_listeners_share_their_reads(api: Api) -> None:
    seed(api)
    after = last_seq(api)
    answers: list[str] = []

    def listen() -> None:
        with listening(api, after=after) as events:
            answers.append(next(events).id)

    threads = [threading.Thread(target=listen) for _ in range(40)]
    for thread in threads:
        thread.start()
    time.sleep(1.5)
    with api.counting() as statements:
        api.post("/entities", {"key": "news", "kind": "model", "name": "News"})
        for thread in threads:
            thread.join(10)
    assert answers == [str(after + 1)] * 40
    reads = [one for one in statements if "FROM change" in one and "seq >" in one]
    assert len(reads) <= 15, "not one for each listener"
