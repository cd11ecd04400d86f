"""Files over HTTP: what is taken, what is refused and how it is told."""

import json
import time
from typing import Any

import httpx
import pytest

from service.domain.vocabulary import Role
from service.schemas.keys import ApiKeyCreate
from service.store.operations import keys
from tests.support import Api, WriterAuth, pointers, seed
from tests.transfer.files import PLAIN, table

ENTITY = {"type": "entity", "key": "e", "kind": "other", "name": "E"}


def send(api: Api, content: bytes, form: str = "jsonl", **options: Any) -> httpx.Response:
    return api.client.post("/v1/imports", params={"format": form, **options}, content=content)


def lines(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def test_the_result_tells_what_became_of_each_kind(api: Api) -> None:
    answer = send(api, lines(ENTITY, ENTITY, {**ENTITY, "name": "F"}), mode="partial")
    none = {"created": 0, "updated": 0, "unchanged": 0, "rejected": 0}
    assert answer.json() == {
        "format": "jsonl",
        "mode": "partial",
        "dry_run": False,
        "committed": True,
        "lines": 3,
        "counts": {
            **dict.fromkeys(
                ["source", "metric", "scope", "equation", "proposition", "claim", "figure", "dispute", "unknown"], none
            ),
            "entity": {"created": 1, "updated": 0, "unchanged": 1, "rejected": 1},
        },
        "cut_off_at": None,
        "layout": None,
        "would_create": [],
        "remarks": [],
        "remarks_total": 0,
        "inferred": [],
        "rejected_total": 1,
        "rejected": [
            {
                "line": 3,
                "pointer": "/name",
                "code": "conflict",
                "detail": "The stored value is another; on_existing=update would change it to this, and keep would"
                " leave it.",
            }
        ],
    }


def test_atomic_with_a_bad_line_is_a_problem_that_names_it(api: Api) -> None:
    answer = send(api, lines(ENTITY, {"type": "entity", "key": "f", "kind": "thing", "name": "F"}))
    problem = answer.json()
    assert (answer.status_code, problem["detail"]) == (422, "1 line cannot be taken, so nothing was.")
    (error,) = problem["errors"]
    assert (error["in"], error["line"], error["pointer"], error["code"]) == ("file", 2, "/kind", "invalid")
    assert api.get("/entities")["items"] == []


def test_an_unknown_field_is_refused_with_the_nearest(api: Api) -> None:
    ((error),) = send(api, lines({**ENTITY, "nmae": "x"})).json()["errors"]
    assert error["detail"] == "Unknown field. Did you mean name?"


def test_update_changes_what_is_stored(api: Api) -> None:
    send(api, lines(ENTITY))
    answer = send(api, lines({**ENTITY, "name": "F", "aliases": ["G"]}), on_existing="update")
    assert answer.json()["counts"]["entity"]["updated"] == 1
    stored = api.get("/entities/e")
    assert (stored["name"], stored["aliases"], stored["version"]) == ("F", ["G"], 2)
    again = send(api, lines({**ENTITY, "name": "F", "aliases": ["G"]}), on_existing="update").json()
    assert again["counts"]["entity"] == {"created": 0, "updated": 0, "unchanged": 1, "rejected": 0}


def test_update_of_a_claim_changes_its_figures_in_their_order_and_withdraws_none(api: Api) -> None:
    seed(api)
    plain = {"metric": "cost", "basis": "reported", "qualifier": "exact", "unit": "USD"}
    claim = {"type": "claim", "key": "c", "source": "paper", "claimant": "lab", "subject": "model", "statement": "s"}
    first, second = {**plain, "value": "5"}, {**plain, "value": "6"}
    assert send(api, lines({**claim, "figures": [first, second]})).status_code == 200
    changed = {**claim, "statement": "t", "figures": [second, {**first, "value": "7"}, {**first, "value": "8"}]}
    refused = send(api, lines(changed))
    assert (refused.status_code, pointers(refused.json())) == (422, ["/statement"])
    counts = send(api, lines(changed), on_existing="update").json()["counts"]
    assert (counts["claim"]["updated"], counts["figure"]) == (
        1,
        {"created": 1, "updated": 1, "unchanged": 1, "rejected": 0},
    )
    stored = api.get("/claims/c")
    assert (stored["statement"], [figure["value"] for figure in stored["figures"]]) == ("t", ["7", "6", "8"])
    assert api.get("/comparisons/model.cost")["figure_count"] == 3


def test_a_change_to_another_s_record_is_rejected(api: Api) -> None:
    send(api, lines(ENTITY))
    token, _ = api.database.write(
        lambda connection: keys.create(connection, ApiKeyCreate(name="c", role=Role.CONTRIBUTOR))
    )
    with httpx.Client(base_url=api.client.base_url, auth=WriterAuth(token)) as client:
        other = Api(client, api.database)
        answer = send(other, lines({**ENTITY, "name": "F"}), on_existing="update", mode="partial").json()
        assert [(r["line"], r["code"]) for r in answer["rejected"]] == [(1, "forbidden")]
        made = send(other, lines({**ENTITY, "key": "mine"})).json()
    assert made["counts"]["entity"]["created"] == 1
    assert api.get("/entities/mine")["created_by"] == token.id
    (change,) = api.get("/entities/mine/history")["items"]
    assert change["actor"]["name"] is None, "the public sees no names"


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({}, "/format"),
        ({"format": "xml"}, "/format"),
        ({"format": "csv", "mode": "some"}, "/mode"),
        ({"format": "csv", "date_order": "dym"}, "/date_order"),
        ({"format": "jsonl", "date_order": "mdy"}, "/date_order"),
        ({"format": "claimreview", "mapping": "x = 1"}, "/mapping"),
        ({"format": "csv", "mapping": "x = 1"}, "/mapping/x"),
        ({"format": "csv", "colour": "red"}, "/colour"),
    ],
)
@pytest.mark.parametrize("kind", ["sqlite"])
def test_options_that_make_no_sense_are_refused(api: Api, params: dict[str, str], pointer: str) -> None:
    answer = api.client.post("/v1/imports", params=params, content=table(PLAIN))
    assert (answer.status_code, pointers(answer.json())) == (422, [pointer])


def test_a_mapping_and_an_order_of_dates_come_with_the_request(api: Api) -> None:
    mapping = """
        [row]
        subject = "{Model}"
        metric = "Training cost"
        unit = "USD"
        value = "{Cost}"
        asserted = "{Said}"
        source_title = "A table"
    """
    content = b'Model,Cost,Said\nR1,"294,000",9/17/2025\n'
    answer = send(api, content, "csv", mapping=mapping, date_order="mdy")
    assert answer.status_code == 200, answer.text
    (claim,) = api.get("/claims")["items"]
    assert (claim["asserted"], claim["figures"][0]["value"]) == ("2025-09-17", "294000")


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_form_around_the_file_is_refused(api: Api) -> None:
    answer = api.client.post("/v1/imports", params={"format": "csv"}, files={"file": table(PLAIN)})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["text/csv", "application/x-www-form-urlencoded", ""])
@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_type_of_the_file_does_not_matter(api: Api, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = api.client.post("/v1/imports", params={"format": "csv"}, content=table(PLAIN), headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_file_over_the_limit_is_refused(api: Api, live: Any) -> None:
    before = live.app.state.max_import_bytes
    live.app.state.max_import_bytes = 2_000
    try:
        assert send(api, b"x" * 2_001).status_code == 413
        assert api.client.post("/v1/imports?format=csv", content=(b"x" * 500 for _ in range(5))).status_code == 413
    finally:
        live.app.state.max_import_bytes = before


def test_more_than_one_transaction_may_hold_is_told_to_come_in_parts(api: Api) -> None:
    content = lines(*({**ENTITY, "key": f"e{number}"} for number in range(api.database.max_import_rows + 1)))
    for options in ("mode=atomic", "dry_run=true&mode=partial"):
        answer = api.client.post(f"/v1/imports?format=jsonl&{options}", content=content)
        assert (answer.status_code, pointers(answer.json())) == (422, ["/mode"])
        assert "mode=partial" in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["postgres"])
def test_after_many_rows_the_database_soon_knows_its_tables(api: Api) -> None:
    """The answer does not wait for it."""
    entities = [{**ENTITY, "key": f"e{number}", "name": f"E {number}"} for number in range(1_000)]
    assert send(api, lines(*entities), mode="partial").json()["counts"]["entity"]["created"] == 1_000
    counted = "SELECT reltuples FROM pg_class WHERE relname = 'entity'"
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with api.database.read() as connection:
            if connection.exec_driver_sql(counted).scalar_one() == 1_000:
                return
        time.sleep(0.05)
    raise AssertionError("PostgreSQL never looked")


def test_the_template_is_what_an_import_takes(api: Api) -> None:
    template = api.client.get("/v1/imports/template.csv")
    assert template.headers["content-type"] == "text/csv; charset=utf-8"
    names = template.text.strip().split(",")
    assert send(api, table(PLAIN, columns=names), "csv").status_code == 200


# Out -----------------------------------------------------------------------------------------------------------------


def test_everything_is_exported_and_taken_again(demo: Api) -> None:
    answer = demo.client.get("/v1/export.jsonl")
    assert answer.headers["content-disposition"] == 'attachment; filename="counterclaim.jsonl"'
    result = send(demo, answer.content, mode="partial").json()
    assert (result["lines"], result["rejected_total"]) == (197, 0)
    assert result["counts"]["claim"] == {"created": 0, "updated": 0, "unchanged": 89, "rejected": 0}


@pytest.mark.parametrize(
    ("path", "params", "first", "rows"),
    [
        ("/export.csv", {"subject": "deepseek-r1"}, "subject,metric,scope", 13),
        ("/claims/export.csv", {"subject": "gpt-4", "claimant": "epoch-ai"}, "id,key,version", 5),
        ("/sources/export.csv", {"kind": "preprint"}, "id,key,version", 1),
        ("/disputes/export.csv", {"type": "correction"}, "id,key,version", 2),
    ],
)
def test_lists_are_exported_with_their_filters(
    demo: Api, path: str, params: dict[str, str], first: str, rows: int
) -> None:
    answer = demo.client.get(f"/v1{path}", params=params)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.startswith(first)
    listed = path.replace("/export.csv", "") or "/figures"
    assert len(answer.text.splitlines()) - 1 == len(demo.get(listed, **params, limit=200)["items"]) == rows


@pytest.mark.parametrize("path", ["/export.csv", "/claims/export.csv", "/disputes/export.csv"])
def test_what_fails_at_the_first_row_is_told_by_the_status(demo: Api, path: str) -> None:
    name = "claim" if path == "/disputes/export.csv" else "subject"
    answer = demo.client.get(f"/v1{path}", params={name: "nothing-of-this-key"})
    assert (answer.status_code, pointers(answer.json())) == (422, [f"/{name}"])
    assert demo.client.get(f"/v1{path}", params={"limit": "5"}).status_code == 422


def test_an_export_that_is_broken_off_lets_go_of_its_connection(demo: Api) -> None:
    for _ in range(30):
        with demo.client.stream("GET", "/v1/export.jsonl") as answer:
            next(answer.iter_raw(100))
    assert demo.client.get("/v1/export.jsonl").status_code in (200, 503)
    for _ in range(100):
        if demo.database.connections_in_use("reader") == 0:
            break
        demo.get("/sources", limit=1)
    assert demo.database.connections_in_use("reader") == 0


def test_a_claim_is_linked_data_with_its_figures_and_reviews(demo: Api) -> None:
    plain = demo.client.get("/v1/claims/r1-05/jsonld")
    assert plain.headers["content-type"].startswith("application/ld+json")
    claim = plain.json()
    assert (claim["@context"], claim["@type"]) == ("https://schema.org", "Claim")
    assert claim["appearance"]["@type"] == "ScholarlyArticle"
    (quantity,) = claim["mentions"]
    assert (quantity["@type"], quantity["value"], quantity["unitText"]) == ("QuantitativeValue", 147000, "GPU.hour")
    disputed = next(d for d in demo.get("/disputes")["items"] if d["disputing_claim"])
    graph = demo.get(f"/claims/{disputed['disputed_claim']['id']}/jsonld")["@graph"]
    assert [node["@type"] for node in graph][:2] == ["Claim", "ClaimReview"]
    assert graph[1]["itemReviewed"] == {"@id": graph[0]["@id"]}
    assert demo.client.get("/v1/claims/nothing/jsonld").status_code == 404
