"""Who may do what: every route for every role, and whose records a contributor may change."""

import itertools
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from service.api.access import Access
from service.api.rate_limits import RateLimits, network_of
from service.api.route import StrictRoute
from service.db.models import KeyRow
from service.domain.access import Token, new_token, parse_token
from service.domain.vocabulary import Role
from service.schemas.keys import ApiKeyCreate
from service.store.operations import keys
from tests.api.records import CLAIM_ID, KINDS, Kind
from tests.support import ADMIN, Api, WriterAuth, claim, figure, pointers, seed

NOBODY, READER, CONTRIBUTOR, CURATOR, ADMINS = range(5)
ROLES = [None, *Role]

# The least that may call each operation. A new route is decided on here, or the walk below fails.
LEAST = {
    **dict.fromkeys(["read_liveness", "read_readiness"], NOBODY),
    **dict.fromkeys(["read_service", "list_changes", "compare_between", "list_comparisons", "read_comparison"], READER),
    **dict.fromkeys(
        ["list_disagreements", "list_contested_claims", "search_records", "read_drafts", "read_me"], READER
    ),
    **dict.fromkeys(["read_import_template", "export_records", "export_figures", "export_claims"], READER),
    **dict.fromkeys(["export_sources", "export_disputes", "read_claim_as_linked_data"], READER),
    **dict.fromkeys(["chart_comparison", "chart_timeline", "chart_disagreements"], READER),
    **dict.fromkeys(
        ["chart_comparison_png", "chart_comparison_vega", "chart_timeline_vega", "chart_disagreements_vega"], READER
    ),
    **dict.fromkeys(["list_tables", "read_table_schema", "list_facets"], READER),
    **{
        f"table_{name}{suffix}": READER
        for name in ("figures", "comparisons", "disagreements", "consistency", "time_series", "annotations")
        for suffix in ("", "_csv", "_parquet")
    },
    **dict.fromkeys(["import_file"], CONTRIBUTOR),
    **{
        f"{verb}_{one}{suffix}": least
        for one in ("source", "entity", "metric", "scope", "claim", "figure", "dispute", "equation", "proposition")
        for verb, suffix, least in [
            ("read", "", READER),
            ("list", "_history", READER),
            ("create", "", CONTRIBUTOR),
            ("amend", "", CONTRIBUTOR),
            ("withdraw", "", CONTRIBUTOR),
            ("restore", "", CONTRIBUTOR),
        ]
    },
    **{
        f"list_{many}": READER for many in ("sources", "entities", "metrics", "scopes", "claims", "figures", "disputes")
    },
    **dict.fromkeys(["list_equations", "list_propositions", "list_consistency", "read_consistency"], READER),
    **dict.fromkeys(["read_proposition_stances", "read_entity_positions", "read_position_matrix"], READER),
    **dict.fromkeys(["stream_changes", "reconcile_entities", "reconcile_sources"], READER),
    **dict.fromkeys(["describe_entity_reconciliation", "describe_source_reconciliation"], READER),
    **dict.fromkeys(
        ["list_subscriptions", "create_subscription", "read_subscription", "delete_subscription"], CONTRIBUTOR
    ),
    **dict.fromkeys(["draft_source", "enable_subscription", "rotate_subscription_secret"], CONTRIBUTOR),
    **dict.fromkeys(["list_deliveries", "resend_delivery"], CONTRIBUTOR),
    **dict.fromkeys(["list_keys", "create_key", "read_key", "revoke_key"], ADMINS),
}
PAGES = {
    "show_equations",
    "show_equation",
    "show_checks",
    "show_check",
    "show_propositions",
    "show_proposition",
    "show_entity_positions",
    "show_positions",
    "show_home",
    "show_entity",
    "show_comparison",
    "show_claim",
    "show_source",
    "show_changes",
    "show_comparisons",
    "show_claims",
    "show_entities",
    "show_search",
    "show_sources",
    "show_quantities",
    "show_quantity",
    "show_compare",
    "show_embedded",
    "cite_comparison",
    "cite_source",
    "read_oembed",
    "read_changes_feed",
    "read_entity_feed",
    "read_comparison_feed",
    "download_chart",
    "download_picture",
    "download_timeline",
    "download_vega",
    "download_comparison",
    "download_figures",
    "show_sign_in",
    "sign_in",
    "sign_out",
    "show_claim_form",
    "submit_claim",
    "show_new",
    "submit_new",
    "show_edit",
    "submit_edit",
    "show_withdrawal",
    "submit_withdrawal",
    "undo_save",
    "show_keys",
    "change_keys",
}
NEVER_PUBLIC = {"read_me"}


def key_of(api: Api, role: Role, name: str = "somebody", **fields: Any) -> Token:
    body = ApiKeyCreate(name=name, role=role, **fields)
    token, _ = api.database.write(lambda connection: keys.create(connection, body))
    return token


@pytest.fixture
def as_role(api: Api) -> Iterator[Callable[[Role | None], Api]]:
    """The same service with another key, made for the role; None sends none."""
    opened: list[httpx.Client] = []
    numbers = itertools.count()

    def switch(role: Role | None) -> Api:
        auth = WriterAuth(key_of(api, role, f"{role}-{next(numbers)}")) if role is not None else None
        opened.append(httpx.Client(base_url=api.client.base_url, timeout=30, auth=auth))
        return Api(opened[-1], api.database)

    yield switch
    for client in opened:
        client.close()


@pytest.fixture
def access(api: Api, live: Any) -> Iterator[Access]:
    """The service's rules of access, put back afterwards."""
    held: Access = live.app.state.access
    before = (held.public_reads, held.limits)
    yield held
    held.public_reads, held.limits = before


def operations(api: Api) -> list[tuple[str, str, str]]:
    document = api.client.get("/openapi.json").json()
    return [
        (operation["operationId"], method.upper(), re.sub(r"\{\w+\}", "nothing-of-this-name", path))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


# not in the document, and for whoever reaches the port: no content of records
HIDDEN = {"metrics", "read_openapi", "read_docs", "read_plain_docs", "read_asset", "find_icon", "mcp"}


def test_every_route_is_decided_on(api: Api, live: Any) -> None:
    assert {name for name, _, _ in operations(api)} == set(LEAST)
    served = live.app.routes
    assert {route.name for route in served} == set(LEAST) | PAGES | HIDDEN
    assert {route.name for route in served if not isinstance(route, StrictRoute)} == HIDDEN


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("public", [True, False], ids=["public", "closed"])
def test_every_route_is_open_to_those_it_is_for_and_to_nobody_else(api: Api, access: Access, *, public: bool) -> None:
    access.public_reads = public
    tokens = [None, *(key_of(api, role) for role in Role)]
    for name, method, path in operations(api):
        for rank, token in enumerate(tokens):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            with api.client.stream(method, path, headers=headers, auth=None) as answer:  # one of them never ends
                if answer.status_code in (401, 403):
                    answer.read()
            least = LEAST[name]
            if public and least == READER and name not in NEVER_PUBLIC:
                least = NOBODY
            expected = None if rank >= least else 401 if token is None else 403
            refused = answer.status_code if answer.status_code in (401, 403) else None
            assert refused == expected, f"{name} as {ROLES[rank]}: {answer.status_code}"
            if refused:
                assert answer.headers["content-type"] == "application/problem+json"
                assert ("www-authenticate" in answer.headers) == (refused == 401)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_is_no_record_needs_no_key(api: Api, access: Access) -> None:
    access.public_reads = False
    for path in ("/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs"):
        assert httpx.get(f"{api.client.base_url}{path}").status_code == 200


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    "header",
    [
        b"Bearer",
        b"Bearer nonsense",
        b"Basic YTpi",
        b"Bearer \xff\xfe",
        b"Bearer ccl_" + b"0" * 32 + b"_" + b"0" * 64,
        b"Bearer " + str(ADMIN).encode()[:-1],
        b"Bearer " + str(ADMIN).encode()[:-1] + b"b",
        b"Bearer " + str(ADMIN).upper().encode(),
        b"Bearer " + str(ADMIN).encode() + b", x",
        b"Bearer " + b"x" * 10_000,
    ],
    ids=lambda header: header.hex()[:30] + str(len(header)),
)
def test_a_bad_key_is_refused_even_where_reading_is_public(api: Api, header: bytes) -> None:
    answer = httpx.get(f"{api.client.base_url}/v1/sources", headers=[(b"authorization", header)])
    assert (answer.status_code, pointers(answer.json())) == (401, ["/Authorization"])
    assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize("kind", ["sqlite"])
def test_two_keys_in_one_request_are_refused(api: Api) -> None:
    both = [("Authorization", f"Bearer {ADMIN}"), ("Authorization", f"Bearer {ADMIN}")]
    assert httpx.get(f"{api.client.base_url}/v1/me", headers=both).status_code == 401


# Keys ----------------------------------------------------------------------------------------------------------------


def test_a_key_is_made_shown_once_used_and_revoked(api: Api) -> None:
    answer = api.client.post("/v1/keys", json={"name": "Importer", "role": "contributor"})
    made = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    token = parse_token(made["key"])
    assert token is not None
    assert made == {
        "id": token.id,
        "name": "Importer",
        "role": "contributor",
        "created_at": made["created_at"],
        "expires_at": None,
        "revoked_at": None,
        "last_used_at": None,
        "key": made["key"],
    }
    shown = {name: value for name, value in made.items() if name != "key"}
    own = {"Authorization": f"Bearer {made['key']}"}
    admin = {"Authorization": f"Bearer {ADMIN}"}
    assert api.client.get(answer.headers["location"], headers=admin).json() == shown
    assert api.client.get("/v1/me", headers=own).json()["name"] == "Importer"
    assert token.secret not in api.client.get("/v1/keys", headers=admin).text
    revoked = api.client.delete(f"/v1/keys/{made['id']}")
    assert (revoked.status_code, revoked.json()["revoked_at"] is None) == (200, False)
    assert api.client.get("/v1/me", headers=own).status_code == 401
    assert api.client.delete(f"/v1/keys/{made['id']}").json() == revoked.json()


def test_a_key_works_until_it_expires(api: Api) -> None:
    own = {"Authorization": f"Bearer {key_of(api, Role.READER, expires_at=datetime.now(UTC) + timedelta(days=1))}"}
    assert api.client.get("/v1/me", headers=own).status_code == 200
    with api.database.writer.begin() as connection:
        connection.execute(update(KeyRow).values(expires_at=datetime.now(UTC)))
    answer = api.client.get("/v1/me", headers=own)
    assert (answer.status_code, "expired" in answer.json()["detail"]) == (401, True)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "2040-01-01"}, "/expires_at"),
        ({"role": "owner"}, "/role"),
        ({"name": " "}, "/name"),
        ({"key": "ccl_mine"}, "/key"),
    ],
)
def test_a_key_that_would_be_of_no_use_is_not_made(api: Api, change: dict[str, str], pointer: str) -> None:
    answer = api.client.post("/v1/keys", json={"name": "N", "role": "reader"} | change)
    assert (answer.status_code, pointers(answer.json())) == (422, [pointer])


def test_the_use_of_a_key_is_noted(api: Api) -> None:
    token = key_of(api, Role.READER)
    admin = {"Authorization": f"Bearer {ADMIN}"}
    assert api.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    for _ in range(100):
        time.sleep(0.05)
        noted = api.client.get(f"/v1/keys/{token.id}", headers=admin).json()["last_used_at"]
        if noted is not None:
            return
    pytest.fail("the use was not noted")


def test_only_the_digest_of_a_secret_is_kept(api: Api) -> None:
    token = key_of(api, Role.READER)
    with api.database.read() as connection:
        stored = connection.exec_driver_sql("SELECT * FROM key").mappings().all()
    assert all(token.secret not in str(dict(row)) for row in stored)


def test_changes_of_keys_are_on_record_for_admins_alone(api: Api) -> None:
    made = api.post("/keys", {"name": "N", "role": "reader"})
    api.client.delete(f"/v1/keys/{made['id']}")
    admin = {"Authorization": f"Bearer {ADMIN}"}
    recorded = api.client.get("/v1/changes", params={"kind": "key"}, headers=admin).json()["items"]
    assert [(c["operation"], c["record_id"], c["changed"]) for c in recorded] == [
        ("create", made["id"], []),
        ("update", made["id"], ["revoked_at"]),
    ]
    assert all(change["actor"]["id"] == ADMIN.id for change in recorded)
    assert made["key"] not in str(recorded)
    assert api.get("/changes")["items"] == []
    assert api.client.get("/v1/changes", params={"kind": "key"}).status_code == 403


# Own records and others' ---------------------------------------------------------------------------------------------


OWN: dict[str, dict[str, Any]] = {"/figures": {"claim": CLAIM_ID}, "/disputes": {"disputed_claim": CLAIM_ID}}


@pytest.mark.parametrize("record", KINDS, ids=str)
def test_a_contributor_changes_own_records_only(api: Api, as_role: Callable[[Role | None], Api], record: Kind) -> None:
    seed(api)
    author, other, curator = (as_role(role) for role in (Role.CONTRIBUTOR, Role.CONTRIBUTOR, Role.CURATOR))
    first = author.post("/claims", claim("lab", figure("100"), id=CLAIM_ID, key="stated"))
    assert first["created_by"] == first["figures"][0]["created_by"] != ADMIN.id
    made = author.post(record.path, {**record.body, **OWN.get(record.path, {})})
    path = f"{record.path}/{made['id']}"
    patch = {"rationale": "Another"} if record.path == "/disputes" else record.patch
    other.patch(path, patch, status=403)
    other.withdraw(path, status=403)
    author.patch(path, patch)
    author.withdraw(path)
    other.restore(path, status=403)
    author.restore(path)
    curator.withdraw(path)
    author.restore(path, status=403)  # what a curator withdrew stays so
    curator.restore(path)


def test_a_figure_is_added_to_an_own_claim_only(api: Api, as_role: Callable[[Role | None], Api]) -> None:
    seed(api)
    other = as_role(Role.CONTRIBUTOR)
    api.post("/claims", claim("lab", key="c"))
    refused = other.post("/figures", {"claim": "c", **figure("1")}, status=403)
    assert pointers(refused) == ["/claim"]
    as_role(Role.CURATOR).post("/figures", {"claim": "c", **figure("1")})


def test_the_author_of_a_dispute_takes_it_back_and_no_more(api: Api, as_role: Callable[[Role | None], Api]) -> None:
    seed(api)
    author, curator = as_role(Role.CONTRIBUTOR), as_role(Role.CURATOR)
    api.post("/claims", claim("lab", key="c"))
    body = {"disputed_claim": "c", "raised_by": "third", "type": "scope", "rationale": "R"}
    assert pointers(author.post("/disputes", body | {"status": "conceded"}, status=403)) == ["/status"]
    assert pointers(author.post("/disputes", body | {"resolution": "So."}, status=403)) == ["/resolution"]
    path = f"/disputes/{author.post('/disputes', body)['id']}"
    for status in ("conceded", "superseded", "resolved"):
        assert pointers(author.patch(path, {"status": status, "resolution": "So."}, status=403)) == ["/status"]
    author.patch(path, {"rationale": "Another"})
    assert author.patch(path, {"status": "taken_back", "closed": "2025"})["status"] == "taken_back"
    author.patch(path, {"status": "open"}, status=403)
    curator.patch(path, {"status": "resolved", "resolution": "So."})
    for change in ({"resolution": "Otherwise."}, {"status": "taken_back"}, {"rationale": "R"}, {"closed": "2024"}):
        assert pointers(author.patch(path, change, status=403)) == [f"/{next(iter(change))}"]


def test_to_supersede_a_claim_takes_its_author_or_a_curator(api: Api, as_role: Callable[[Role | None], Api]) -> None:
    seed(api)
    author, other, curator = (as_role(role) for role in (Role.CONTRIBUTOR, Role.CONTRIBUTOR, Role.CURATOR))
    author.post("/claims", claim("lab", key="first"))
    newer = claim("lab", supersedes="first")
    assert pointers(other.post("/claims", newer, status=403)) == ["/supersedes"]
    own = other.post("/claims", claim("lab"))
    assert pointers(other.patch(f"/claims/{own['id']}", {"supersedes": "first"}, status=403)) == ["/supersedes"]
    assert api.get("/claims/first")["status"] == "active"
    assert curator.post("/claims", newer | {"key": "second"})["supersedes"]["key"] == "first"
    third = other.post("/claims", claim("lab", key="third"))
    assert other.patch("/claims/third", {"supersedes": third["id"]}, status=422)
    author.post("/claims", claim("lab", key="apart"))
    assert author.post("/claims", claim("lab", supersedes="apart"))["supersedes"]["key"] == "apart"


def test_a_key_that_is_revoked_while_its_request_arrives_writes_nothing(api: Api) -> None:
    token = key_of(api, Role.CONTRIBUTOR)

    def body() -> Iterator[bytes]:
        yield b'{"kind": "paper",'
        assert api.client.delete(f"/v1/keys/{token.id}").status_code == 200
        yield b' "title": "T"}'

    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = api.client.post("/v1/sources", content=body(), headers=headers)
    assert (answer.status_code, "revoked" in answer.json()["detail"]) == (401, True)
    assert api.get("/sources")["items"] == []


def test_what_is_forbidden_is_so_before_anything_else_is_told(api: Api, as_role: Callable[[Role | None], Api]) -> None:
    api.post("/sources", {"key": "s", "kind": "paper", "title": "T"})
    stale = {"If-Match": '"7-0123456789abcdef"'}
    answer = as_role(Role.CONTRIBUTOR).client.patch("/v1/sources/s", json={"title": "U"}, headers=stale)
    assert answer.status_code == 403


# Rates ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite"])
def test_failed_logins_are_limited_by_address(api: Api, access: Access) -> None:
    access.limits = RateLimits("3/minute", None, None)
    bad = {"Authorization": f"Bearer {new_token(ADMIN.id)}"}
    codes = [api.client.get("/v1/me", headers=bad).status_code for _ in range(4)]
    assert codes == [401, 401, 401, 429]
    answer = api.client.get("/v1/me", headers=bad)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(answer.headers["retry-after"]) <= 61
    good = {"Authorization": f"Bearer {ADMIN}"}
    assert api.client.get("/v1/me", headers=good).status_code == 200  # others' failures are not its holder's
    assert api.client.get("/v1/sources").status_code == 200  # reading without a key goes on


@pytest.mark.parametrize("kind", ["sqlite"])
def test_writes_are_limited_by_key(api: Api, access: Access) -> None:
    access.limits = RateLimits(None, "2/minute", None)
    body = {"kind": "paper", "title": "T"}
    answers = [api.client.post("/v1/sources", json=body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert int(answers[2].headers["retry-after"]) >= 1
    assert len(api.get("/sources")["items"]) == 2
    other = {"Authorization": f"Bearer {key_of(api, Role.CONTRIBUTOR)}"}
    assert api.client.post("/v1/sources", json=body, headers=other).status_code == 201


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("unix", "unix"),
    ],
)
def test_an_address_of_ipv6_stands_for_its_network(address: str, network: str) -> None:
    assert network_of(address) == network
