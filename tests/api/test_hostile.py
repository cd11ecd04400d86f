"""Input that means harm or makes no sense: a 4xx that says where, and nothing written."""

import base64
import json
from typing import Any

import pytest

from service.store.lists.pagination import _checksum
from tests.support import Api, claim, figure, pointers, seed

DEEP = "[" * 100_000


def body(**fields: Any) -> str:
    """A claim with one figure as JSON text, with raw text in place of some values."""
    raw = {name: value[1:] for name, value in fields.items() if isinstance(value, str) and value.startswith("!")}
    plain = {name: value for name, value in fields.items() if name not in raw}
    text = json.dumps(claim("lab", figure(**{"value": "5", **plain, **{name: f"@{name}@" for name in raw}})))
    for name, replacement in raw.items():
        text = text.replace(f'"@{name}@"', replacement)
    return text


VALUE = "/figures/0/value"
CASES: list[tuple[str, str, list[str]]] = [
    ("a number that is not finite", body(value="!NaN"), [""]),
    ("an infinite number", body(value="!-Infinity"), [""]),
    ("NaN as text", body(value="NaN"), [VALUE]),
    ("a number beyond all floats", body(value="!1e400"), [VALUE]),
    ("a number of 100 MB once written out", body(value="!1E+100000000"), [VALUE]),
    ("the same as text", body(value="1E+100000000"), [VALUE]),
    ("a number of 5,000 digits", body(value="!" + "1" * 5000), [VALUE]),
    ("the same as text", body(value="1" * 5000), [VALUE]),
    ("a number of 5,000 decimals", body(value="!0." + "1" * 5000), [VALUE]),
    ("39 digits", body(value="9" * 39), [VALUE]),
    ("19 decimals", body(value="0.0000000000000000001"), [VALUE]),
    ("a boolean for a number", body(value=True), [VALUE]),
    ("a list for a number", body(value=[1]), [VALUE]),
    ("a huge number for a year", body(price_year="!1e400"), ["/figures/0/price_year"]),
    ("a huge number for a text", body(method="!1E+100000000"), ["/figures/0/method"]),
    ("text for a year", body(price_year="2023"), ["/figures/0/price_year"]),
    ("a fraction for a year", body(price_year="!2023.5"), ["/figures/0/price_year"]),
    ("lower above value", body(lower="6"), ["/figures/0/lower"]),
    ("upper below value", body(upper="4"), ["/figures/0/upper"]),
    ("less than nothing", body(qualifier="less_than", value=None, upper="0"), ["/figures/0/upper"]),
    ("a negative amount", body(value="-1"), [VALUE]),
    ("an unknown unit", body(unit="furlong"), ["/figures/0/unit"]),
    ("a unit that does not fit", body(unit="hour"), ["/figures/0/unit"]),
    ("a unit to overflow with", body(unit="GPU**99999999"), ["/figures/0/unit"]),
    ("a day that is not in the calendar", body(period="2025-02-29"), ["/figures/0/period"]),
    ("a hostile date", body(period="2025" + "~" * 10_000), ["/figures/0/period"]),
    ("an unknown word", body(basis="guessed"), ["/figures/0/basis"]),
    ("an unknown field", body(colour="red"), ["/figures/0/colour"]),
    ("an unknown metric", body(metric="height"), ["/figures/0/metric"]),
    ("a metric that is no ref", body(metric="Height!"), ["/figures/0/metric"]),
    ("not JSON", "{", [""]),
    ("nothing but a number", "5", [""]),
    ("null", "null", [""]),
    ("a list", "[]", [""]),
    ("very deep", DEEP, [""]),
    ("deep inside a field", '{"statement": ' + DEEP, [""]),
    ("the same name twice", '{"statement": "a", "statement": "b"}', [""]),
    ("a name with a slash and a tilde", body().replace('"figures"', '"a/b~c": 1, "figures"', 1), ["/a~1b~0c"]),
    ("half a surrogate pair in a name", body().replace('"figures"', '"\\ud800": 1, "figures"', 1), [""]),
    ("a byte order mark", "\ufeff" + body(), [""]),
    ("too many figures", json.dumps(claim("lab", *[figure("1")] * 101)), ["/figures"]),
    ("a text too long", json.dumps(claim("lab", statement="x" * 20_001)), ["/statement"]),
    ("a blank text", json.dumps(claim("lab", statement=" \n ")), ["/statement"]),
    ("an empty text", json.dumps(claim("lab", statement="")), ["/statement"]),
    ("an id that is none", json.dumps(claim("lab", id="7")), ["/id"]),
    ("a key shaped like an id", json.dumps(claim("lab", key="0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e8f")), ["/key"]),
    ("a key with a dot", json.dumps(claim("lab", key="a.b")), ["/key"]),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("text", "expected"), [c[1:] for c in CASES], ids=[f"{n} {c[0]}" for n, c in enumerate(CASES)])
def test_a_bad_body_is_refused_where_it_is_bad(api: Api, text: str, expected: list[str]) -> None:
    seed(api)
    headers = {"Content-Type": "application/json"}
    answer = api.client.post("/v1/claims", content=text.encode("utf-8", "surrogatepass"), headers=headers, timeout=5)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointers(answer.json()) == expected
    assert len(answer.content) < 2000, "the input is not echoed"
    assert api.get("/claims")["items"] == []


TEXT_FIELDS = [
    ("/sources", {"kind": "paper", "title": "T"}, ["title", "publisher", "notes", "url", "doi", "language", "key"]),
    ("/entities", {"kind": "other", "name": "N", "key": "k"}, ["name", "description", "key"]),
    ("/metrics", {"name": "N", "unit": "USD", "key": "k"}, ["name", "definition", "unit", "key"]),
    ("/claims", claim("lab", key="k"), ["statement", "quote", "locator", "notes", "asserted", "source", "claimant"]),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("path", "valid", "fields"), TEXT_FIELDS, ids=[case[0] for case in TEXT_FIELDS])
@pytest.mark.parametrize("bad", ["a\\u0000b", "a\\ud800b", "\\udfff"])
def test_text_that_a_database_cannot_hold_is_refused(
    api: Api, path: str, valid: dict[str, Any], fields: list[str], bad: str
) -> None:
    seed(api)
    before = api.get(path, limit=200)
    for field in fields:
        text = json.dumps(valid | {field: "@"}).replace('"@"', f'"{bad}"')
        answer = api.client.post(f"/v1{path}", content=text, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, (field, answer.text)
        assert pointers(answer.json()) == [f"/{field}"]
    assert api.get(path, limit=200) == before


def test_text_of_any_script_comes_back_as_it_was(api: Api) -> None:
    seed(api)
    text = "深度求索 🐋 \u202bعربي\u202c e\u0301 \n\t 'quoted' \"twice\" % _ \\ <b>&amp;"
    made = api.post("/claims", claim("lab", statement=text))
    assert made["statement"] == text.replace("e\u0301", "é")
    assert api.get(f"/claims/{made['id']}")["statement"] == made["statement"]


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""])
def test_a_body_that_is_not_json_is_another_media_type(api: Api, media_type: str) -> None:
    answer = api.client.post("/v1/sources", content="1e400", headers={"Content-Type": media_type})
    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_body_that_is_not_utf8_is_refused(api: Api) -> None:
    content = '{"kind": "paper", "title": "é"}'.encode("latin-1")
    answer = api.client.post("/v1/sources", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, pointers(answer.json())) == (422, [""])
    assert "byte 28" in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_body_that_is_missing_is_asked_for(api: Api) -> None:
    answer = api.client.post("/v1/sources")
    assert (answer.status_code, pointers(answer.json())) == (422, [""])


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_body_that_is_too_large_is_not_read(api: Api) -> None:
    content = b'{"title": "' + b"x" * 2_000_000 + b'"}'
    headers = {"Content-Type": "application/json"}
    answer = api.client.post("/v1/sources", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    chunked = api.client.post("/v1/sources", content=iter([content[:500_000]] * 4), headers=headers)
    assert (chunked.status_code, chunked.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("ref", ["%00", "%ED%A0%80", "a%00b", "9" * 4000, "%2e%2e", "<script>", "'; DROP TABLE claim"])
def test_a_hostile_ref_is_not_found(api: Api, ref: str) -> None:
    for path in ("claims", "comparisons", "figures"):
        answer = api.client.get(f"/v1/{path}/{ref}")
        assert answer.status_code == 404, answer.text
        assert ref not in answer.text


def test_a_hostile_measurand_is_not_found_where_it_is_named(api: Api) -> None:
    params = {"left": "a.b@" + "9" * 300, "right": "\x00"}
    answer = api.client.get("/v1/comparisons/between", params=params)
    assert answer.status_code == 404
    assert pointers(answer.json()) == ["/left"]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_hostile_headers_do_no_harm(api: Api) -> None:
    raw = [(b"x-request-id", b"\xff" * 300), (b"if-none-match", b"\xff")]
    answer = api.client.get("/v1/sources", headers=raw)
    assert answer.status_code == 200
    assert len(answer.headers["x-request-id"]) == 36


@pytest.mark.parametrize(
    ("path", "fields", "told"),
    [
        ("/sources", {"doi": "https://doi.org/10.1000/1"}, "10.1038/"),
        ("/sources", {"language": "english language"}, "zh-Hans"),
        ("/sources", {"kind": "scroll"}, "'paper'"),
        ("/metrics", {"unit": "USD/"}, "missing"),
        ("/metrics", {"unit": "USD..h"}, "missing"),
    ],
)
def test_a_refusal_says_what_would_do(api: Api, path: str, fields: dict[str, str], told: str) -> None:
    plain = {"/sources": {"kind": "paper", "title": "T"}, "/metrics": {"key": "m", "name": "M", "unit": "USD"}}
    problem = api.post(path, plain[path] | fields, status=422)
    assert told in problem["detail"]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_number_out_of_bounds_is_told_so_however_it_is_written(api: Api) -> None:
    seed(api)
    for value in ("!1e400", "1e99999999", "!" + "1" * 5000, "9" * 39):
        answer = api.client.post("/v1/claims", content=body(value=value), headers={"Content-Type": "application/json"})
        assert "out of bounds" in answer.json()["detail"], value


def test_co_authors_may_share_a_name(api: Api) -> None:
    made = api.post("/sources", {"kind": "paper", "title": "T", "authors": ["Wei Zhang", "Wei Zhang"]})
    assert made["authors"] == ["Wei Zhang", "Wei Zhang"]


FORGED = ("abc", 5, True, None, [1], "a\x00b", "\ud800", {"time": "2025-01-01T00:00:00"}, {"time": 5}, 10**400)


@pytest.mark.parametrize("value", FORGED, ids=range(len(FORGED)))
@pytest.mark.parametrize(
    "path", ["/claims", "/entities?sort=name", "/comparisons?sort=gap", "/comparisons?sort=-figure_count"]
)
def test_a_cursor_forged_with_its_checksum_does_no_harm(demo: Api, path: str, value: Any) -> None:
    """The checksum is no secret: whoever recomputes it may get another page, and never a fault."""
    sep = "&" if "?" in path else "?"
    cursor = demo.client.get(f"/v1{path}{sep}limit=2").json()["next_cursor"]
    binding, _, last_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[12:])
    text = json.dumps([binding, value, last_id])
    forged = base64.urlsafe_b64encode((_checksum(text) + text).encode()).decode().rstrip("=")
    answer = demo.client.get(f"/v1{path}{sep}limit=2&cursor={forged}")
    assert answer.status_code in (200, 422), answer.text


@pytest.mark.parametrize("kind", ["sqlite"])
def test_units_that_overflow_everything_are_refused(api: Api) -> None:
    for unit in (".".join(["EB"] * 20), ".".join(["B"] * 4) + "/" + ".".join(["ZFLOP"] * 6)):
        problem = api.post("/metrics", {"key": "m", "name": "M", "unit": unit}, status=422)
        assert pointers(problem) == ["/unit"]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_weak_tag_is_no_match_for_a_change(api: Api) -> None:
    seed(api)
    headers = {"If-Match": f"W/{api.etag('/entities/lab')}"}
    assert api.client.patch("/v1/entities/lab", json={"name": "X"}, headers=headers).status_code == 412
