"""Hostile input, one kind a line: each is refused with a 4xx, within a second, and nothing is written.

What each is refused with in detail is tested beside the rule that refuses it; this table is about all of them.
"""

import json
import time
from typing import Any, NamedTuple

import httpx
import pytest

from tests.support import ADMIN, Api, claim, figure, seed

JSON = {"Content-Type": "application/json"}
SOURCE = {"kind": "paper", "title": "T"}
OLD = '"9-0123456789abcdef"'
EXPIRED = {"name": "N", "role": "admin", "expires_at": "0001-01-01T00:00:00Z"}
TAG = {"If-Match": '"1-0123456789abcdef"'}
LONG = "x" * 30_000


class Hostile(NamedTuple):
    """`content` is sent as it is; `headers` beside a valid key."""

    what: str
    method: str
    path: str
    content: bytes | None = None
    headers: dict[str, Any] = JSON


def source(**fields: Any) -> bytes:
    return json.dumps({**SOURCE, **fields}).encode()


def number(text: str, name: str = "value") -> bytes:
    """A claim whose figure has this number, as it stands."""
    body = json.dumps(claim("lab", figure("1") | {name: "HERE"}))
    return body.replace('"HERE"', text).encode()


def stated(**fields: Any) -> bytes:
    return json.dumps(claim("lab", figure() | {"value": "1"} | fields)).encode()


TABLE = [
    # bodies that are no JSON, or no plain one
    Hostile("not json", "POST", "/sources", b"{"),
    Hostile("two values", "POST", "/sources", source() + source()),
    Hostile("a list", "POST", "/sources", b"[" + source() + b"]"),
    Hostile("a number", "POST", "/sources", b"5"),
    Hostile("null", "POST", "/sources", b"null"),
    Hostile("nothing", "POST", "/sources", b""),
    Hostile("NaN", "POST", "/claims", number("NaN")),
    Hostile("Infinity", "POST", "/claims", number("-Infinity")),
    Hostile("a name twice", "POST", "/sources", b'{"kind": "paper", "title": "T", "title": "U"}'),
    Hostile("a byte order mark", "POST", "/sources", b"\xef\xbb\xbf" + source()),
    Hostile("utf-16", "POST", "/sources", source().decode().encode("utf-16")),
    Hostile("latin-1", "POST", "/sources", '{"kind": "paper", "title": "é"}'.encode("latin-1")),
    Hostile("overlong utf-8", "POST", "/sources", b'{"kind": "paper", "title": "\xc0\xaf"}'),
    Hostile("comments", "POST", "/sources", b"/* */" + source()),
    Hostile("single quotes", "POST", "/sources", b"{'kind': 'paper', 'title': 'T'}"),
    Hostile("lists 100,000 deep", "POST", "/sources", b"[" * 100_000 + b"]" * 100_000),
    Hostile("objects 33 deep", "POST", "/sources", b'{"a":' * 33 + b"1" + b"}" * 33),
    Hostile("100,000 deep and unclosed", "POST", "/sources", b'{"a":[' * 50_000),
    Hostile("a million commas", "POST", "/sources", b"[" + b"1," * 500_000 + b"1]"),
    Hostile("two megabytes", "POST", "/claims", b'{"statement": "' + b"x" * 2_000_000 + b'"}'),
    Hostile("a zip", "POST", "/sources", b"PK\x03\x04", {"Content-Type": "application/zip"}),
    Hostile("text", "POST", "/sources", source(), {"Content-Type": "text/plain"}),
    Hostile("a form", "POST", "/sources", b"kind=paper&title=T", {"Content-Type": "application/x-www-form-urlencoded"}),
    Hostile("no type", "POST", "/sources", source(), {}),
    Hostile("gzip", "POST", "/sources", b"\x1f\x8b\x08", {**JSON, "Content-Encoding": "gzip"}),
    # numbers
    Hostile("a long exponent", "POST", "/claims", number("1e400")),
    Hostile("an exponent of a hundred million", "POST", "/claims", number('"1E+100000000"')),
    Hostile("a tiny number", "POST", "/claims", number("1e-400")),
    Hostile("a long integer", "POST", "/claims", number("9" * 100_000)),
    Hostile("a long text of digits", "POST", "/claims", number(json.dumps("9" * 100_000))),
    Hostile("39 digits", "POST", "/claims", number(json.dumps("1" * 39))),
    Hostile("19 decimals", "POST", "/claims", number('"0.' + "0" * 18 + '1"')),
    Hostile("arabic digits", "POST", "/claims", number('"٢٩٤"')),
    Hostile("underscores", "POST", "/claims", number('"294_000"')),
    Hostile("a boolean", "POST", "/claims", number("true")),
    Hostile("bounds the wrong way round", "POST", "/claims", stated(lower="2", upper="0.5", value="1")),
    Hostile("an exponent in a unit", "POST", "/claims", stated(unit="GPU**99999999")),
    Hostile("a unit of 60 factors", "POST", "/claims", stated(unit=".".join(["EUR"] * 15))),
    Hostile("a unit that is none", "POST", "/claims", stated(unit="'; DROP TABLE claim; --")),
    Hostile("a day that is none", "POST", "/sources", source(published="2025-02-29")),
    Hostile("a date of 40,000 characters", "POST", "/sources", source(published="2" * 40_000)),
    Hostile("a year that is none", "POST", "/claims", stated(price_year=10**30)),
    # text
    Hostile("U+0000", "POST", "/sources", source(title="a\u0000b")),
    Hostile("half a surrogate pair", "POST", "/sources", b'{"kind": "paper", "title": "\\ud800"}'),
    Hostile("blank", "POST", "/sources", source(title="\u2003\u00a0")),
    Hostile("a long title", "POST", "/sources", source(title=LONG)),
    Hostile("a long note", "POST", "/sources", source(notes=LONG)),
    Hostile("1,001 authors", "POST", "/sources", source(authors=["A"] * 1001)),
    Hostile("a script for an address", "POST", "/sources", source(url="javascript:alert(1)")),
    Hostile("a file for an address", "POST", "/sources", source(url="file:///etc/passwd")),
    Hostile("an unknown field", "POST", "/sources", source(__proto__={"admin": True})),
    Hostile("a version of one's own", "POST", "/sources", source(version=7)),
    Hostile("an author of one's own", "POST", "/sources", source(created_by=ADMIN.id)),
    Hostile("a key with a slash", "POST", "/sources", source(key="../../etc")),
    Hostile("a key like an id", "POST", "/sources", source(key="0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4eff")),
    Hostile("an id that is none", "POST", "/sources", source(id="1 OR 1=1")),
    Hostile("101 figures", "POST", "/claims", json.dumps(claim("lab", *[figure("1")] * 101)).encode()),
    Hostile("a claim derived from nothing", "POST", "/claims", json.dumps(claim("lab", derived_from="none")).encode()),
    # addresses and parameters
    Hostile("a long path", "GET", "/sources/" + "9" * 4_000),
    Hostile("a NUL in the path", "GET", "/sources/a%00b"),
    Hostile("half a surrogate in the path", "GET", "/sources/%ED%A0%80"),
    Hostile("a path upwards", "GET", "/sources/..%2f..%2fetc%2fpasswd"),
    Hostile("SQL for a ref", "GET", "/sources/x'%20OR%20'1'='1"),
    Hostile("an unknown parameter", "GET", "/sources?admin=1"),
    Hostile("a parameter twice", "GET", "/sources?limit=1&limit=2"),
    Hostile("no limit", "GET", "/sources?limit=0"),
    Hostile("a large limit", "GET", "/sources?limit=99999999999999999999999"),
    Hostile("a limit with a sign", "GET", "/sources?limit=-1"),
    Hostile("a forged cursor", "GET", "/sources?cursor=" + "A" * 900),
    Hostile("a long cursor", "GET", "/sources?cursor=" + "A" * 20_000),
    Hostile("a NUL in a filter", "GET", "/sources?publisher=%00"),
    Hostile("a long search", "GET", "/sources?text=" + "x" * 5_000),
    Hostile("101 filters", "GET", "/sources?" + "&".join(["publisher=x"] * 101)),
    Hostile("a sort of one's own", "GET", "/sources?sort=(SELECT%201)"),
    Hostile("a number out of bounds", "GET", "/figures?value_min=1e999"),
    Hostile("a seq out of bounds", "GET", "/changes?after=9999999999999999999999"),
    Hostile("a tolerance out of bounds", "GET", "/comparisons/between?left=a&right=b&about_tolerance=9"),
    Hostile("a long measurand", "GET", "/comparisons/" + "a." * 2_000),
    Hostile("a time before all", "GET", "/sources/s?recorded_as_of=0001-01-01T00:00:00%2B14:00"),
    Hostile("a time after all", "GET", "/sources/s?recorded_as_of=9999-12-31T23:59:59-14:00"),
    Hostile("a time of the year 999", "GET", "/sources/s?recorded_as_of=0999-01-01T00:00:00Z"),
    Hostile("a time that is none", "GET", "/sources/s?recorded_as_of=2025-13-45T99:99:99Z"),
    # headers and methods
    Hostile("no version", "PATCH", "/sources/s", b'{"title": "U"}'),
    Hostile("any version", "PATCH", "/sources/s", b'{"title": "U"}', {**JSON, "If-Match": "*"}),
    Hostile("a version that is none", "PATCH", "/sources/s", b'{"title": "U"}', {**JSON, "If-Match": "1"}),
    Hostile("a long version", "PATCH", "/sources/s", b'{"title": "U"}', {**JSON, "If-Match": '"1",' * 2_000}),
    Hostile("a version to come", "PATCH", "/sources/s", b'{"title": "U"}', {**JSON, "If-Match": OLD}),
    Hostile("no reason", "DELETE", "/sources/s", None, TAG),
    Hostile("a long reason", "DELETE", "/sources/s?reason=" + "x" * 5_000, None, TAG),
    Hostile("a long idempotency key", "POST", "/sources", source(), {**JSON, "Idempotency-Key": "k" * 300}),
    Hostile("an idempotency key of two words", "POST", "/sources", source(), {**JSON, "Idempotency-Key": "a b"}),
    Hostile("another method", "PUT", "/sources/s", source()),
    Hostile("trace", "TRACE", "/sources"),
    Hostile("a method in disguise", "POST", "/sources/s", source(), {**JSON, "X-HTTP-Method-Override": "DELETE"}),
    Hostile("a broken login", "POST", "/sources", source(), {**JSON, "Authorization": b"Bearer \xff"}),
    Hostile("a long login", "POST", "/sources", source(), {**JSON, "Authorization": "Bearer " + "x" * 60_000}),
    Hostile("an expired day for a key", "POST", "/keys", json.dumps(EXPIRED).encode()),
    Hostile("a large body for a key", "POST", "/keys", json.dumps({"name": "N", "role": "admin", "x": LONG}).encode()),
]  # fmt: skip


def test_the_table_is_long_and_names_each_once() -> None:
    assert len({hostile.what for hostile in TABLE}) == len(TABLE) >= 60


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("hostile", TABLE, ids=lambda hostile: hostile.what)
def test_hostile_input_is_refused_quickly_and_writes_nothing(api: Api, hostile: Hostile) -> None:
    seed(api)
    api.post("/sources", {"key": "s", **SOURCE})
    before = contents(api)
    answer, took = send(api, hostile)
    if took >= 1:
        answer, took = send(api, hostile)  # what the machine was busy with is over; what the input costs is not
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 20_000  # nothing large is echoed
    assert took < 1
    assert contents(api) == before


def send(api: Api, hostile: Hostile) -> tuple[httpx.Response, float]:
    headers = {"Authorization": f"Bearer {ADMIN}", **hostile.headers}
    url = f"{api.client.base_url}/v1{hostile.path}"
    began = time.monotonic()
    answer = api.client.request(hostile.method, url, content=hostile.content, headers=headers)
    return answer, time.monotonic() - began


def contents(api: Api) -> list[Any]:
    tables = (
        "source",
        "entity",
        "metric",
        "claim",
        "figure",
        "dispute",
        "measurand",
        "change",
        "idempotency",
        "search",
    )
    with api.database.snapshot() as connection:
        counts = [connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() for table in tables]
        versions = connection.exec_driver_sql("SELECT max(version) FROM source").scalar()
    return [*counts, versions]
