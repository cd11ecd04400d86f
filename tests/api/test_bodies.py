"""Bodies that cost more to read than to send."""

import gzip
import json
import threading
from typing import Any

import pytest

from service.api import body
from service.schemas.strict_json import parse_json
from tests.support import Api, claim, figure, pointers, seed

SOURCE = {"kind": "paper", "title": "T"}


def test_an_object_of_many_names_is_refused(api: Api) -> None:
    refused = api.post("/sources", {**SOURCE, **{f"field-{n}": n for n in range(1_001)}}, status=422)
    assert "more than 1,000 names" in refused["detail"]
    many = [figure("1", **{f"field-{n}": n for n in range(900)}) for _ in range(20)]
    seed(api)
    refused = api.post("/claims", claim("lab", *many), status=422)
    assert "more than 10,000 names together" in refused["detail"]


def test_the_faults_of_a_body_are_counted_up_to_a_hundred(api: Api) -> None:
    refused = api.post("/sources", {**SOURCE, **{f"field-{n}": n for n in range(900)}}, status=422)
    assert len(refused["errors"]) == 100
    assert "the first 100 of more" in refused["detail"]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_large_body_is_parsed_beside_the_event_loop(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []

    def noted(*arguments: Any) -> Any:
        threads.append(threading.current_thread().name)
        return parse_json(*arguments)

    monkeypatch.setattr(body, "parse_json", noted)
    api.post("/sources", SOURCE)
    api.post("/sources", {**SOURCE, "notes": "x" * 19_000, "authors": ["y" * 450] * 200})
    loop, other = threads
    assert "worker" in other
    assert other != loop


@pytest.mark.parametrize("path", ["/sources", "/imports?format=jsonl"])
def test_a_compressed_body_is_refused(api: Api, path: str) -> None:
    content = gzip.compress(json.dumps(SOURCE).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = api.client.post(f"/v1{path}", content=content, headers=headers)
    assert (answer.status_code, pointers(answer.json())) == (415, ["/Content-Encoding"])
    assert answer.headers["Accept-Encoding"] == "identity"
