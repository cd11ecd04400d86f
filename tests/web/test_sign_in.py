"""Signing in: a cookie that acts with a key on pages only, from this site only, and ends with the key."""

import pytest

from tests.support import ADMIN, Api, seed
from tests.web.people import COOKIE, Person, key_of, text_of


def test_who_signs_in_is_named_and_leads_to_where_they_came_from(demo: Api) -> None:
    person = Person(demo)
    answer = person.sign_in(ADMIN, next="/claims")
    assert (answer.status_code, answer.headers["location"]) == (303, "/claims")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert cookie.partition("; ")[2] == "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=28800"
    page = person.get("/claims")
    assert "Sign out" in page.text
    assert page.headers["cache-control"] == "private, no-store"
    assert page.headers["referrer-policy"] == "same-origin"
    assert "Cookie" in page.headers["vary"]


def test_only_the_digest_of_a_session_is_stored(demo: Api) -> None:
    person = Person(demo)
    person.sign_in(ADMIN)
    with demo.database.read() as connection:
        (row,) = connection.exec_driver_sql("SELECT digest FROM session").all()
    assert person.session is not None
    assert row.digest != person.session


def test_signing_out_ends_the_session(demo: Api) -> None:
    person = Person(demo)
    person.sign_in(ADMIN)
    answer = person.post("/sign-out", {})
    assert (answer.status_code, "Max-Age=0" in answer.headers["set-cookie"]) == (303, True)
    assert "Sign out" not in person.get("/claims").text


def test_a_session_ends_with_its_key(demo: Api) -> None:
    key = key_of(demo, "contributor")
    person = Person(demo)
    person.sign_in(key["key"])
    assert "Sign out" in person.get("/claims").text
    assert demo.client.delete(f"/v1/keys/{key['id']}").status_code == 200
    assert "Sign out" not in person.get("/claims").text
    assert person.post("/undo", {"saved": "1-1"}).status_code == 401


def test_a_new_session_is_never_one_that_somebody_else_chose(demo: Api) -> None:
    person = Person(demo, session="a" * 64)
    person.sign_in(ADMIN)
    first = person.session
    assert first != "a" * 64
    person.sign_in(ADMIN)
    assert person.session != first
    assert "Sign out" not in Person(demo, session=first).get("/claims").text


@pytest.mark.parametrize("key", ["", "ccl_0", "x" * 150, f"{ADMIN}x", str(ADMIN)[:-1] + "0"])
def test_a_wrong_key_signs_nobody_in(demo: Api, key: str) -> None:
    answer = Person(demo).sign_in(key)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert not key or key not in answer.text


@pytest.mark.parametrize("there", ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/\t/evil", ""])
def test_signing_in_leads_nowhere_else(demo: Api, there: str) -> None:
    assert Person(demo).sign_in(ADMIN, next=there).headers["location"] == "/"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "SELF"},
        {"X-Nothing": "at all"},
    ],
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/write/claim", "/write/entity", "/undo", "/keys"])
def test_a_form_of_another_site_is_refused(demo: Api, path: str, headers: dict[str, str]) -> None:
    person = Person(demo)
    person.sign_in(ADMIN)
    sent = {name: person.url if value == "SELF" else value for name, value in headers.items()}
    answer = person.post(path, {"do": "save"}, **sent)
    assert answer.status_code == 403
    assert "Sign out" in person.get("/claims").text


def test_a_browser_without_sec_fetch_site_is_known_by_its_origin(demo: Api) -> None:
    person = Person(demo)
    assert person.post("/sign-in", {"key": str(ADMIN)}, Origin=person.url).status_code == 303


def test_the_api_and_frames_ignore_the_cookie(demo: Api) -> None:
    person = Person(demo)
    person.sign_in(ADMIN)
    assert person.get("/v1/me").status_code == 401
    assert person.get("/v1/keys").status_code == 401
    assert person.post("/v1/entities", {}).status_code == 401
    frame = person.get("/embed/comparisons/deepseek-r1.training-cost.on-top-of-base")
    assert frame.headers["cache-control"] == "public, no-cache"
    assert "Sign out" not in frame.text


def test_the_role_is_read_at_each_request(demo: Api) -> None:
    key = key_of(demo, "admin")
    person = Person(demo)
    person.sign_in(key["key"])
    assert person.get("/keys").status_code == 200
    with demo.database.writer.begin() as connection:
        connection.exec_driver_sql(f"UPDATE key SET role = 'reader' WHERE id = '{key['id']}'")
    assert person.get("/keys").status_code == 403


def test_over_a_plain_connection_nobody_signs_in(demo: Api) -> None:
    sent = {"Host": "claims.example", "Sec-Fetch-Site": "same-origin"}
    shown = demo.client.get("/sign-in", headers=sent)
    assert "needs HTTPS" in shown.text
    assert '<form class="entry"' not in shown.text
    refused = demo.client.post("/sign-in", data={"key": str(ADMIN)}, headers=sent)
    assert refused.status_code == 403


def test_where_reading_needs_a_key_a_session_reads(demo: Api, live: object) -> None:
    access = live.app.state.access  # type: ignore[attr-defined]
    access.public_reads = False
    try:
        person = Person(demo)
        refused = person.get("/claims")
        assert (refused.status_code, "/sign-in?next=/claims" in refused.text) == (401, True)
        person.sign_in(key_of(demo, "reader")["key"])
        assert person.get("/claims").status_code == 200
    finally:
        access.public_reads = True


def test_an_administrator_creates_and_revokes_keys(demo: Api) -> None:
    person = Person(demo)
    person.sign_in(ADMIN)
    made = person.post("/keys", {"name": "Ada <b>", "role": "contributor"})
    assert made.status_code == 200
    assert "Ada &lt;b&gt;" in made.text
    other = Person(demo)
    secret = text_of(made).partition("ccl_")[2].split()[0]
    assert other.sign_in(f"ccl_{secret}").status_code == 303
    assert other.get("/keys").status_code == 403
    key_id = next(
        one["id"] for one in demo.client.get("/v1/keys", headers={"Authorization": f"Bearer {ADMIN}"}).json()["items"]
    )
    assert person.post("/keys", {"revoke": key_id}).status_code == 303
    assert "Sign out" not in other.get("/claims").text
    assert person.post("/keys", {"name": "x", "role": "king"}).status_code == 422


def test_a_page_for_nobody_in_particular_is_kept_as_before(api: Api) -> None:
    seed(api)
    page = api.client.get("/claims")
    assert page.headers["cache-control"] == "public, no-cache"
    assert page.headers["referrer-policy"] == "no-referrer"
