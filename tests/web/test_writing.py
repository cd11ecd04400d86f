"""Writing by people: a preview that saves nothing, a save that happens once, and an undo."""

import httpx
import pytest

from tests.support import ADMIN, Api, claim, figure, seed
from tests.web.people import Person, fields_of, key_of, text_of

SAID = {
    "quote": "We spent “about $5.6 million” on it.",
    "source": "paper",
    "claimant": "Lab",
    "metric": "Cost",
    "subject": "Model",
    "basis": "reported",
}


def contributor(api: Api, name: str = "Ada") -> Person:
    person = Person(api)
    person.sign_in(key_of(api, "contributor", name)["key"])
    return person


def preview(person: Person, path: str = "/write/claim", **fields: str) -> httpx.Response:
    return person.post(path, person.form(path) | fields | {"do": "preview"})


def save(person: Person, previewed: httpx.Response, path: str = "/write/claim", **fields: str) -> httpx.Response:
    return person.post(path, fields_of(previewed) | fields | {"do": "save"})


def saved_of(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return str(httpx.URL(answer.headers["location"]).params["saved"])


def test_a_preview_reads_the_number_and_saves_nothing(api: Api) -> None:
    seed(api)
    shown = preview(contributor(api), **SAID)
    text = text_of(shown)
    assert shown.status_code == 200, text
    assert "Not saved yet" in text
    assert "Read as: about 5,600,000 USD" in text
    assert "New: Lab reported about $5.6 million" in text
    assert "As it would stand: Model: Cost is about $5.6 million. Who says it Lab Source A paper" in text
    assert fields_of(shown)["amount"] == "about $5.6 million"
    assert api.get("/claims")["items"] == []
    assert {one["kind"] for one in api.get("/changes")["items"]} == {"source", "entity", "metric", "scope"}


def test_what_was_previewed_is_saved_once(api: Api) -> None:
    seed(api)
    person = contributor(api)
    shown = preview(person, **SAID)
    first, again = save(person, shown), save(person, shown)
    assert first.headers["location"].startswith("/comparisons/model.cost?new=")
    assert again.status_code == 303
    (stored,) = api.get("/claims")["items"]
    assert stored["figures"][0]["value"] == "5600000"
    assert stored["statement"] == "Model: Cost is about $5.6 million."
    page = person.get(first.headers["location"])
    assert '<tr id="new" class="row new"' in page.text
    assert "Undo" in page.text


def test_a_second_claim_shows_the_comparison_before_and_after(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("294000")))
    shown = preview(
        contributor(api), **SAID | {"claimant": "Analyst", "amount": "at least $900,000", "basis": "estimated"}
    )
    text = text_of(shown)
    assert "one claimant only → conflict" in text
    assert "3.06 times" in text, text


def test_undo_withdraws_what_the_save_created(api: Api) -> None:
    seed(api)
    person = contributor(api)
    fields = SAID | {"source": "A new report", "source_is": "new", "source_kind": "web_page",
                     "subject": "Model 2", "subject_is": "new"}  # fmt: skip
    saved = saved_of(save(person, preview(person, **fields)))
    assert [one["key"] for one in api.get("/entities")["items"]].count("model-2") == 1
    undone = person.post("/undo", {"saved": saved})
    assert (undone.status_code, "Undone" in undone.text) == (200, True)
    assert person.post("/undo", {"saved": "1-1", "back": "//evil.example"}).status_code in (403, 404)
    assert api.get("/claims")["items"] == []
    assert "model-2" not in [one["key"] for one in api.get("/entities")["items"]]
    assert [one["title"] for one in api.get("/sources")["items"]] == ["A paper"]
    assert person.post("/undo", {"saved": saved}).status_code == 409


def test_what_somebody_has_used_since_is_not_undone(api: Api) -> None:
    seed(api)
    person = contributor(api)
    saved = saved_of(save(person, preview(person, **SAID)))
    (stored,) = api.get("/claims")["items"]
    api.post("/claims", claim("third", derived_from=stored["id"], key="copy"))
    refused = person.post("/undo", {"saved": saved})
    assert (refused.status_code, "refers to the new claim" in refused.text) == (409, True)


def test_what_somebody_has_changed_since_is_not_undone(api: Api) -> None:
    seed(api)
    person = contributor(api)
    saved = saved_of(save(person, preview(person, **SAID)))
    (stored,) = api.get("/claims")["items"]
    api.patch(f"/claims/{stored['id']}", {"locator": "page 3"})
    refused = person.post("/undo", {"saved": saved})
    assert (refused.status_code, "locator" in refused.text) == (409, True)


def test_nobody_undoes_what_others_saved(api: Api) -> None:
    seed(api)
    person = contributor(api)
    saved = saved_of(save(person, preview(person, **SAID)))
    assert contributor(api, "Bob").post("/undo", {"saved": saved}).status_code == 403
    for wrong in ("", "1", "a-b", "1-", "5-1", "0-99999999", "1-99999999999999999999"):
        assert person.post("/undo", {"saved": wrong}).status_code == 404
    assert len(api.get("/claims")["items"]) == 1


def test_an_edit_is_previewed_saved_and_undone(api: Api) -> None:
    seed(api)
    person = contributor(api)
    save(person, preview(person, **SAID))
    (stored,) = api.get("/claims")["items"]
    path = f"/write/claim/{stored['id']}"
    shown = preview(person, path, locator="page 7", quote="Other words")
    assert "No change in what follows" in text_of(shown)
    saved = saved_of(save(person, shown, path))
    changed = api.get(f"/claims/{stored['id']}")
    assert (changed["locator"], changed["quote"], changed["version"]) == ("page 7", "Other words", 2)
    assert person.post("/undo", {"saved": saved}).status_code == 200
    back = api.get(f"/claims/{stored['id']}")
    assert (back["locator"], back["quote"], back["version"]) == (None, SAID["quote"], 3)


def test_a_figure_is_edited_with_its_comparison_before_and_after(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("analyst", figure("10", basis="estimated")))
    person = contributor(api)
    save(person, preview(person, **SAID | {"amount": "$10"}))
    stored = next(one for one in api.get("/claims")["items"] if one["claimant"]["key"] == "lab")
    path = f"/write/figure/{stored['figures'][0]['id']}"
    shown = preview(person, path, value="20", precision="")
    assert "agree → conflict" in text_of(shown)
    assert saved_of(save(person, shown, path))
    assert api.get("/comparisons/model.cost")["agreement"] == "conflict"


def test_when_somebody_was_faster_both_are_shown_by_field(api: Api) -> None:
    seed(api)
    admin = Person(api)
    admin.sign_in(ADMIN)
    mine = admin.form("/write/source/paper")
    api.patch("/sources/paper", {"title": "Their title", "publisher": "Their publisher"})
    answer = admin.post("/write/source/paper", mine | {"title": "My title", "notes": "My notes", "do": "save"})
    text = text_of(answer)
    assert answer.status_code == 409
    assert "Somebody was faster" in text
    assert "Title A paper Their title My title" in text
    merged = fields_of(answer)
    assert (merged["title"], merged["publisher"], merged["notes"]) == ("My title", "Their publisher", "My notes")
    assert api.get("/sources/paper")["title"] == "Their title"
    assert admin.post("/write/source/paper", merged | {"do": "save"}).status_code == 303
    stored = api.get("/sources/paper")
    assert (stored["title"], stored["publisher"], stored["notes"]) == ("My title", "Their publisher", "My notes")


@pytest.mark.parametrize(
    ("path", "fields", "collection"),
    [
        ("/write/source", {"title": "A report", "kind": "web_page", "authors": "Ada\nBob"}, "/sources"),
        ("/write/entity", {"name": "New", "key": "new", "kind": "person", "identifiers": "wikidata: Q42"}, "/entities"),
        ("/write/metric", {"name": "Power", "key": "power", "unit": "W", "signed": "false"}, "/metrics"),
        ("/write/scope?of=cost", {"name": "Piece", "key": "piece", "part_of": "part"}, "/metrics/cost/scopes"),
        (
            "/write/dispute?of=said",
            {"type": "contradicts", "rationale": "It is not so.", "raised_by": "third"},
            "/disputes",
        ),
    ],
)
def test_each_kind_of_record_is_added_once_and_undone(
    api: Api, path: str, fields: dict[str, str], collection: str
) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("5"), key="said"))
    before = len(api.get(collection)["items"])
    person = contributor(api)
    shown = preview(person, path, **fields)
    assert shown.status_code == 200, text_of(shown)
    assert len(api.get(collection)["items"]) == before
    saved = saved_of(save(person, shown, path))
    save(person, shown, path)
    assert len(api.get(collection)["items"]) == before + 1
    assert person.post("/undo", {"saved": saved}).status_code == 200
    assert len(api.get(collection)["items"]) == before


def test_a_figure_is_added_to_a_claim(api: Api) -> None:
    seed(api)
    person = contributor(api)
    save(person, preview(person, **SAID))
    (stored,) = api.get("/claims")["items"]
    path = f"/write/figure?of={stored['id']}"
    fields = {"metric": "cost", "scope": "part", "basis": "reported", "qualifier": "exact", "value": "3", "unit": "USD"}
    saved_of(save(person, preview(person, path, **fields), path))
    assert len(api.get(f"/claims/{stored['id']}")["figures"]) == 2


def test_withdrawing_and_restoring_need_two_steps_and_a_reason(api: Api) -> None:
    seed(api)
    person = contributor(api)
    save(person, preview(person, **SAID))
    (stored,) = api.get("/claims")["items"]
    path = f"/write/claim/{stored['id']}/withdraw"
    assert preview(person, path).status_code == 422
    shown = preview(person, path, reason="a mistake")
    assert "Nothing would be on record any more" in text_of(shown)
    assert api.get(f"/claims/{stored['id']}")["withdrawn"] is None
    saved = saved_of(save(person, shown, path))
    assert api.get(f"/claims/{stored['id']}")["withdrawn"]["reason"] == "a mistake"
    path = f"/write/claim/{stored['id']}/restore"
    saved_of(save(person, preview(person, path), path))
    assert api.get(f"/claims/{stored['id']}")["withdrawn"] is None
    assert person.post("/undo", {"saved": saved}).status_code == 409


def test_without_a_key_a_form_shows_what_was_read_and_opens_no_transaction(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("5600000", qualifier="about")))
    visitor = Person(api)
    fields = visitor.form("/write/claim") | SAID
    with api.counting() as statements:
        shown = visitor.post("/write/claim", fields | {"do": "save"})
    text = text_of(shown)
    assert shown.status_code == 200
    assert "Read as: about 5,600,000" in text
    assert "Perhaps this is on record already: lab says so" in text
    assert not [one for one in statements if one.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))]
    assert len(api.get("/claims")["items"]) == 1
    reader = Person(api)
    reader.sign_in(key_of(api, "reader")["key"])
    reader.post("/write/claim", fields | {"do": "save"})
    assert len(api.get("/claims")["items"]) == 1


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"amount": "many"}, "amount"),
        ({"quote": "1 of 2 or 3"}, "amount"),
        ({"claimant": "Nobody I know"}, "claimant"),
        ({"metric": "Coost"}, "metric"),
        ({"scope": "Nothing"}, "scope"),
        ({"source": "Unknown"}, "source"),
        ({"basis": ""}, "basis"),
        ({"basis": "guessed"}, "basis"),
        ({"period": "someday"}, "period"),
        ({"asserted": "tomorrow-ish"}, "asserted"),
        ({"derived_from": "no-such-claim"}, "derived_from"),
        ({"quote": "x" * 70_000, "amount": "$5"}, "quote"),
    ],
)
def test_a_problem_is_said_at_its_field(api: Api, changed: dict[str, str], problem: str) -> None:
    seed(api)
    shown = preview(contributor(api), **SAID | changed)
    assert shown.status_code == 422
    assert f'id="{problem}-problem"' in shown.text


def test_names_that_are_nearly_known_are_suggested(api: Api) -> None:
    seed(api)
    person = contributor(api)
    shown = preview(person, **SAID | {"claimant": "Analist"})
    assert 'name="claimant_pick" value="Analyst"' in shown.text
    picked = person.post("/write/claim", fields_of(shown) | {"claimant_pick": "Analyst", "do": "preview"})
    assert picked.status_code == 200
    assert fields_of(picked)["claimant"] == "Analyst"


def test_someone_repeats_this(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("294000", scope="part"), key="origin"))
    person = contributor(api)
    path = "/write/claim?derived_from=origin"
    form = person.form(path)
    assert (form["derived_from"], form["metric"], form["scope"]) == ("origin", "Cost", "Part")
    shown = person.post(
        "/write/claim", form | {"claimant": "Third", "source": "paper", "amount": "$29.4 million", "do": "preview"}
    )
    text = text_of(shown)
    assert shown.status_code == 200, text
    assert "The original lab says so Lab in A paper; Cost: 294,000 USD" in text
    assert "Copied wrongly: the number is not that of the original." in text
    save(person, shown)
    assert api.get("/comparisons/model.cost.part")["drift_count"] == 1


def test_a_preview_that_takes_too_long_ends_and_says_so(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    seed(api)
    monkeypatch.setattr("service.web.write.preview.SECONDS", 0.0)
    shown = preview(contributor(api), **SAID)
    assert (shown.status_code, "takes too long" in shown.text) == (503, True)


HOSTILE = "<img src=x onerror=alert(1)>\"'&{{7*7}}\u202e"


def test_hostile_text_in_every_field_is_inert(api: Api) -> None:
    seed(api)
    person = contributor(api)
    for path in ("/write/claim", "/write/source", "/write/entity", "/write/metric", "/write/scope?of=cost"):
        form = person.form(path)
        answer = person.post(path, dict.fromkeys(form, HOSTILE) | {"id": form["id"], "do": "preview"})
        assert answer.status_code in (200, 422)
        assert "<img" not in answer.text
        assert "49" not in text_of(answer)


@pytest.mark.parametrize(
    "body",
    [
        b"a=%ff",
        b"a=%00b",
        b"&".join(b"a%d=1" % n for n in range(200)),
        b"id=" + b"z" * 100,
        "é=1".encode(),
        b"a=%ud800",
    ],
)
def test_a_broken_form_is_refused_or_read_never_a_fault(api: Api, body: bytes) -> None:
    person = contributor(api)
    sent = person._sent() | {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    for path in ("/write/claim", "/write/source", "/sign-in", "/undo"):
        assert httpx.post(f"{person.url}{path}", content=body, headers=sent).status_code in (401, 404, 422)


def test_a_form_of_another_type_is_refused(api: Api) -> None:
    person = contributor(api)
    sent = person._sent() | {"Sec-Fetch-Site": "same-origin"}
    assert httpx.post(f"{person.url}/write/claim", json={}, headers=sent).status_code == 415


@pytest.mark.parametrize("path", ["/write/nothing", "/write/key/x", "/write/scope", "/write/claim/nobody",
                                  "/write/claim/said/destroy", "/write/figure/0"])  # fmt: skip
def test_a_form_for_nothing_is_not_found(api: Api, path: str) -> None:
    seed(api)
    api.post("/claims", claim("lab", key="said"))
    assert contributor(api).get(path).status_code == 404


def test_a_source_that_is_known_by_its_address_is_shown(api: Api) -> None:
    seed(api)
    api.post("/sources", {"kind": "web_page", "title": "Known", "url": "https://example.com/a"})
    new = {"source": "Other", "source_is": "new", "source_kind": "web_page", "source_url": "https://example.com/a"}
    for person in (contributor(api), Person(api)):
        shown = preview(person, **SAID | new)
        assert (shown.status_code, "Perhaps this is on record already: Known" in text_of(shown)) == (200, True)


def test_a_superseded_claim_can_be_edited(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("5"), key="old"))
    api.post("/claims", claim("lab", figure("6"), key="new", supersedes="old"))
    admin = Person(api)
    admin.sign_in(ADMIN)
    saved_of(save(admin, preview(admin, "/write/claim/old", notes="seen"), "/write/claim/old"))
    stored = api.get("/claims/old")
    assert (stored["status"], stored["notes"], stored["claimant_role_inferred"]) == ("superseded", "seen", True)


def test_a_change_that_the_form_does_not_show_is_no_conflict(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("5"), key="said"))
    admin = Person(api)
    admin.sign_in(ADMIN)
    form = admin.form("/write/claim/said")
    api.patch(f"/figures/{made['figures'][0]['id']}", {"method": "counted"})
    saved_of(admin.post("/write/claim/said", form | {"notes": "mine", "do": "save"}))
    assert api.get("/claims/said")["notes"] == "mine"


def test_an_untouched_form_changes_nothing(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("5"), key="said", notes="\nlines\nof text\n"))
    admin = Person(api)
    admin.sign_in(ADMIN)
    answer = admin.post("/write/claim/said", admin.form("/write/claim/said") | {"do": "save"})
    assert answer.status_code == 303
    assert api.get("/claims/said")["version"] == 1


def test_undo_leaves_what_a_period_has_shown_of_somebody_elses_quantity(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "sales", "name": "Sales", "unit": "USD", "over_time_inferred": True})
    person = contributor(api)
    saved = saved_of(save(person, preview(person, **SAID | {"metric": "Sales", "period": "2024"})))
    assert person.post("/undo", {"saved": saved}).status_code == 200
    assert api.get("/claims")["items"] == []
    assert api.get("/metrics/sales")["over_time"] == "by_period"


def test_a_save_is_undone_as_a_whole_or_not_at_all(api: Api) -> None:
    seed(api)
    person = contributor(api)
    fields = SAID | {"source": "A new report", "source_is": "new", "source_kind": "web_page"}
    first, last = map(int, saved_of(save(person, preview(person, **fields))).split("-"))
    second = saved_of(save(person, preview(person, **SAID | {"amount": "$7"})))
    for wrong in (f"{last}-{last}", f"{first}-{last - 1}", f"{first}-{second.partition('-')[2]}"):
        assert person.post("/undo", {"saved": wrong}).status_code == 404, wrong
    assert person.post("/undo", {"saved": f"{first}-{last}"}).status_code == 200


def test_forms_are_never_shared(api: Api) -> None:
    seed(api)
    visitor = Person(api)
    assert visitor.form("/write/source")["id"] != visitor.form("/write/source")["id"]
    for path in ("/write/claim", "/write/source", "/write/source/paper", "/sign-in"):
        assert visitor.get(path).headers["cache-control"] == "private, no-store"


def test_a_form_is_read_in_bounded_time(api: Api) -> None:
    seed(api)
    for size in (30_000, 100_000, 600_000):
        shown = Person(api).post("/write/claim", SAID | {"quote": "1 " * size})
        assert shown.status_code in (413, 422)
        assert shown.elapsed.total_seconds() < 2


def test_only_the_acts_that_there_are_do_anything(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", key="said"))
    api.withdraw("/claims/said")
    admin = Person(api)
    admin.sign_in(ADMIN)
    assert admin.post("/write/claim/said/whatever", {"version": "2", "do": "save"}).status_code == 404
    assert api.get("/claims/said")["withdrawn"] is not None


def test_a_withdrawal_of_what_has_changed_can_be_sent_again(api: Api) -> None:
    seed(api)
    admin = Person(api)
    admin.sign_in(ADMIN)
    form = admin.form("/write/source/paper/withdraw")
    api.patch("/sources/paper", {"title": "Other"})
    first = admin.post("/write/source/paper/withdraw", form | {"reason": "wrong", "do": "save"})
    assert first.status_code == 409
    again = admin.post("/write/source/paper/withdraw", fields_of(first) | {"reason": "wrong", "do": "save"})
    assert again.status_code == 303


def test_a_form_sent_again_after_undo_says_so(api: Api) -> None:
    seed(api)
    person = contributor(api)
    shown = preview(person, **SAID)
    person.post("/undo", {"saved": saved_of(save(person, shown))})
    again = save(person, shown)
    assert (again.status_code, "is withdrawn" in again.text) == (409, True)
    form = preview(person, "/write/source", title="New", kind="web_page")
    person.post("/undo", {"saved": saved_of(save(person, form, "/write/source"))})
    assert save(person, form, "/write/source").status_code == 409


def test_after_a_preview_that_took_too_long_it_can_be_saved(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    seed(api)
    person = contributor(api)
    monkeypatch.setattr("service.web.write.preview.SECONDS", 0.0)
    shown = preview(person, **SAID)
    assert (shown.status_code, ">Save</button>" in shown.text) == (503, True)
    saved_of(save(person, shown))
