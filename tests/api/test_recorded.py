"""A comparison as it was on record at a moment stays the same, whatever is written later."""

from typing import Any

from sqlalchemy import Connection, select, update

from service.db.models import ChangeRow
from service.store.audit import history
from tests.api.test_equations import SUM
from tests.api.test_propositions import prepare, says
from tests.support import Api, claim, figure, seed

R1 = "deepseek-r1.training-cost.on-top-of-base"


def moment(api: Api) -> str:
    return str(api.get("/changes", limit=200)["items"][-1]["at"])


def last_moment(api: Api) -> str:
    after, at = 0, ""
    while items := api.get("/changes", after=after, limit=200)["items"]:
        after, at = items[-1]["seq"], items[-1]["at"]
    return str(at)


def without_moment(answer: dict[str, Any]) -> dict[str, Any]:
    settings = {name: value for name, value in answer["settings"].items() if name != "recorded_as_of"}
    return {**answer, "settings": settings} | {"updated_at": None}


def test_as_of_the_last_change_every_comparison_is_as_it_is(demo: Api) -> None:
    at = last_moment(demo)
    listed = list(demo.pages("/comparisons", limit=200, empty=True))
    assert len(listed) > 40
    for one in listed:
        live = demo.get(f"/comparisons/{one['key']}")
        recorded = demo.get(f"/comparisons/{one['key']}", recorded_as_of=at)
        assert recorded["settings"]["recorded_as_of"] == at
        assert without_moment(recorded) == without_moment(live), one["key"]


def test_settings_apply_as_always(demo: Api) -> None:
    at = last_moment(demo)
    for settings in (
        {"as_of": "2025-09-18"},
        {"by": "party"},
        {"about_tolerance": "0.5"},
        {"sides": "alleged:reported"},
    ):
        live = demo.get(f"/comparisons/{R1}", **settings)
        assert without_moment(demo.get(f"/comparisons/{R1}", **settings, recorded_as_of=at)) == without_moment(live)


def test_what_is_written_later_changes_nothing(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("5", scope="full"), key="first"))
    api.post("/claims", claim("analyst", figure("7", scope="full", basis="estimated"), key="second"))
    api.post("/claims", claim("third", figure("50", scope="full"), key="copy", derived_from="first"))
    dispute = {"disputed_claim": "first", "type": "method", "raised_by": "third", "rationale": "no", "key": "doubt"}
    api.post("/disputes", dispute)
    at = last_moment(api)
    path, asked = "/v1/comparisons/model.cost.full", {"recorded_as_of": at}
    before = {name: api.client.get(f"{path}{name}", params=asked) for name in ("", "/chart.svg", "/timeline.svg")}
    assert before[""].json()["agreement"] == "conflict"
    api.patch("/entities/lab", {"name": "Another name"})
    api.patch("/entities/model", {"name": "Another model"})
    api.patch("/metrics/cost", {"name": "Other", "over_time": "by_period", "scale": "interval"})
    api.patch("/metrics/cost/scopes/full", {"name": "Whole"})
    api.patch("/sources/paper", {"title": "Other title", "published": "2030"})
    api.patch("/claims/second", {"status": "retracted", "retracted_on": "2025"})
    api.withdraw("/claims/copy")
    api.withdraw("/disputes/doubt")
    stored = api.get("/claims/first")["figures"][0]["id"]
    api.patch(f"/figures/{stored}", {"value": "500", "precision": None})
    api.post("/claims", claim("lab", figure("6", scope="full"), key="later", supersedes="first"))
    api.patch("/claims/second", {"subject": "third"})
    for number in range(20):
        api.post("/claims", claim("analyst", figure(str(number + 1), scope="full"), statement=f"{number}"))
    for name, answer in before.items():
        after = api.client.get(f"{path}{name}", params=asked)
        assert (after.status_code, after.content) == (200, answer.content), name
    assert api.get("/comparisons/model.cost.full")["agreement"] != "single"


def test_each_moment_has_its_own_answer(api: Api) -> None:
    seed(api)
    moments = []
    for value in ("5", "6", "7"):
        api.post("/claims", claim("lab", figure(value), statement=value))
        moments.append(last_moment(api))
    counts = [api.get("/comparisons/model.cost", recorded_as_of=at)["figure_count"] for at in moments]
    assert counts == [1, 2, 3]


def test_before_it_was_on_record_there_is_none(api: Api) -> None:
    seed(api)
    at = last_moment(api)
    api.post("/claims", claim("lab", figure("5")))
    answer = api.client.get("/v1/comparisons/model.cost", params={"recorded_as_of": at})
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["pointer"] == "/recorded_as_of"


def test_a_permanent_link_is_on_the_page_and_shows_the_same(demo: Api) -> None:
    page = demo.client.get(f"/comparisons/{R1}").text
    link = page.partition("recorded_as_of=")[2].partition('"')[0].partition("&")[0]
    permanent = demo.client.get(f"/comparisons/{R1}?recorded_as_of={link}")
    assert permanent.status_code == 200
    assert "As it was on record" in permanent.text


def test_what_was_public_says_what_it_leaves_out(demo: Api) -> None:
    page = demo.client.get(f"/comparisons/{R1}", params={"as_of": "2025-09-17"}).text
    assert "not public by then" in page


def test_a_claim_that_replaces_another_and_relays_a_third_is_shown_as_it_stood(api: Api) -> None:
    prepare(api)
    api.post("/claims", claim("lab", figure("5", scope="full"), key="x0"))
    api.post("/claims", says("lab", "denies", key="x1"))
    later = claim("third", figure("7", scope="full"), key="x2", supersedes="x1", derived_from="x0")
    api.post("/claims", later | {"claimant": "lab"})
    at = last_moment(api)
    path, asked = "/v1/propositions/it/stances", {"recorded_as_of": at}
    before = api.client.get(path, params=asked)
    assert before.status_code == 200, before.text
    api.patch("/entities/lab", {"name": "Another name"})
    assert api.client.get(path, params=asked).text == before.text


def test_figures_of_one_claim_that_were_withdrawn_stay_withdrawn(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("5", scope="full"), figure("6", scope="part"), key="c"))
    for one in made["figures"]:
        api.withdraw(f"/figures/{one['id']}")
    at = last_moment(api)
    api.patch("/entities/lab", {"name": "Another name"})
    assert api.get("/comparisons", subject="model", recorded_as_of=at)["items"] == []


def test_voices_are_those_of_the_moment(api: Api) -> None:
    prepare(api)
    api.post("/entities", {"key": "parent", "kind": "organization", "name": "Parent"})
    for person in ("one", "two"):
        api.post("/entities", {"key": person, "kind": "person", "name": person})
        api.post("/claims", says(person, "supports"))
        api.patch(f"/entities/{person}", {"part_of": "parent"})
    api.patch("/entities/model", {"part_of": "parent"})
    live = api.get("/propositions/it/stances")
    assert (live["supports"]["count"], live["supports"]["first_party"]) == (1, 1)
    at = last_moment(api)
    for person in ("one", "two"):
        api.patch(f"/entities/{person}", {"part_of": None})
    then = api.get("/propositions/it/stances", recorded_as_of=at)
    assert then["supports"] == live["supports"]


def test_the_whole_of_a_proposition_is_that_of_the_moment(api: Api) -> None:
    prepare(api)
    api.post("/propositions", {"key": "part", "text": "Some of it was.", "subject": "model", "part_of": "it"})
    at = last_moment(api)
    api.patch("/propositions/it", {"text": "Another text."})
    then = api.get("/propositions/part/stances", recorded_as_of=at)["proposition"]
    assert then["part_of"]["text"] == "The model was copied."
    api.withdraw("/propositions/part")
    assert [part["proposition"]["key"] for part in api.get("/propositions/it/stances", recorded_as_of=at)["parts"]] == [
        "part"
    ]


def test_a_check_is_as_old_as_the_figures_behind_it(api: Api) -> None:
    prepare(api)
    api.post("/equations", SUM)
    api.post("/claims", claim("lab", figure("600", scope="full"), figure("350", scope="part")))
    at = last_moment(api)
    api.patch("/entities/lab", {"name": "Another name"})
    (found,) = api.get("/consistency", subject="model", recorded_as_of=at)["items"]
    assert found["updated_at"] <= at


def test_a_claim_on_record_from_before_stances_is_edited_and_undone(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("5", scope="full"), key="old"))

    def forget(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("ALTER TABLE change DISABLE TRIGGER USER")
        else:
            of_history = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'change'"
            for name in connection.exec_driver_sql(of_history).scalars().all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        of_claim = (ChangeRow.kind == "claim") & (ChangeRow.record_id == made["id"])
        snapshot = connection.execute(select(ChangeRow.snapshot).where(of_claim)).scalar_one()
        del snapshot["stances"]
        connection.execute(update(ChangeRow).where(of_claim).values(snapshot=snapshot))

    api.database.write(forget)
    api.patch("/claims/old", {"quote": "Five."})
    change = api.get("/changes", limit=200)["items"][-1]
    assert change["changed"] == ["quote"]
    with api.database.read() as connection:
        assert history.version(connection, "claim", made["id"], 1)["stances"] == []
