"""The explorer's lists: what they filter, count, sort and page through, and the addresses that lead to them."""

from urllib.parse import urlsplit

import pytest

from tests.support import Api, claim, figure, seed
from tests.web.test_pages import R1, look

LISTS = ["/comparisons", "/claims", "/entities", "/sources", "/quantities"]


def test_comparisons_are_filtered_by_what_is_counted(demo: Api) -> None:
    shown = look(demo, "/comparisons", agreement="conflict")
    assert f"/comparisons/{R1}" in shown.links
    counts = {facet["value"]: facet["count"] for facet in demo.get("/facets", field="agreement")["values"]}
    rows = {link for link in shown.links if link.startswith("/comparisons/")}
    assert len(rows) == counts["conflict"]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_can_be_walked_to_its_end(demo: Api, path: str) -> None:
    noun = {"/quantities": "metrics"}.get(path, path[1:])
    seen: list[str] = []
    following = path
    for _ in range(20):
        shown = look(demo, following)
        seen += [link for link in dict.fromkeys(shown.links) if link.startswith(f"{path}/")]
        more = [link for link in shown.links if "cursor=" in link and "recorded_as_of" not in link]
        if not more:
            break
        following = more[-1]
    total = len(list(demo.pages(f"/{noun}")))
    assert total <= len(set(seen)) + (0 if path != "/claims" else total)
    if path in ("/comparisons", "/sources", "/quantities"):
        assert len(set(seen)) == total


def test_claims_are_found_by_words_and_by_who_said_them(demo: Api) -> None:
    shown = look(demo, "/claims", claimant="epoch-ai", text="training")
    assert shown.links.count("/entities/epoch-ai") > 0
    assert "No claim fits." in look(demo, "/claims", text="nothing-holds-this").text


def test_a_long_chart_has_its_axis_above_as_well(demo: Api) -> None:
    assert axes(demo, "/quantities/training-cost") == 2
    assert axes(demo, "/quantities/operating-cost") == 1


def axes(api: Api, path: str) -> int:
    return sum("axis" in str(one.get("class")).split() for tag, one in look(api, path).tags if tag == "tr")


def test_a_quantity_shows_its_subjects_on_one_axis(demo: Api) -> None:
    shown = look(demo, "/quantities/training-cost")
    assert {f"/comparisons/{R1}", "/comparisons/openai-foundation-models.training-cost"} <= set(shown.links)
    strips = [attributes for tag, attributes in shown.tags if tag == "svg" and attributes.get("class") == "strip"]
    assert len(strips) > 5
    assert look(demo, "/quantities/training-cost", scope="full").links != shown.links
    assert look(demo, "/quantities/training-cost", status=404, scope="nowhere").text


def test_any_two_comparisons_can_be_compared(demo: Api) -> None:
    shown = look(demo, "/compare", left=R1, right="openai-foundation-models.training-cost")
    assert "OpenAI reported more than $100 million: more than 340 times as much" in shown.text
    assert "There is no comparison" in look(demo, "/compare", left=R1, right="nobody.knows").text
    assert "Choose two comparisons" in look(demo, "/compare").text


def test_an_empty_database_says_how_to_begin(api: Api) -> None:
    assert "counterclaim load" in look(api, "/").text
    seed(api)
    assert "counterclaim load" not in look(api, "/").text


@pytest.mark.parametrize("path", [*LISTS, "/compare"])
def test_a_list_of_nothing_says_so(api: Api, path: str) -> None:
    assert "undefined" not in look(api, path).text


@pytest.mark.parametrize(
    ("path", "there"),
    [("/comparisons/", "/comparisons"), ("/Entities", "/entities"), ("/entities/DeepSeek-R1/", "/entities/deepseek-r1"),
     ("/changes/?before=5", "/changes?before=5")],
)  # fmt: skip
def test_an_address_with_capitals_or_a_slash_leads_to_the_plain_one(demo: Api, path: str, there: str) -> None:
    answer = demo.client.get(path, headers={"Accept": "text/html"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (308, there)
    look(demo, there)


@pytest.mark.parametrize(
    "path", ["//evil.example/", "/\\evil.example/", "/%5Cevil.example/", "//Evil", "/nothing", "/Nothing/x"]
)
def test_no_address_leads_elsewhere(demo: Api, path: str) -> None:
    whole = f"{str(demo.client.base_url).rstrip('/')}{path}"
    answer = demo.client.get(whole, headers={"Accept": "text/html"}, follow_redirects=False)
    assert answer.status_code in (308, 404)
    place = urlsplit(answer.headers.get("Location", "/"))
    assert (place.scheme, place.netloc) == ("", "")
    assert not answer.headers.get("Location", "/").startswith(("//", "/\\", "/%5C"))


def test_an_identifier_in_an_address_keeps_its_capitals(api: Api) -> None:
    seed(api)
    api.patch("/entities/lab", {"identifiers": {"wikidata": "Q2112"}})
    assert "Lab" in look(api, "/entities/wikidata:Q2112").text
    answer = api.client.get("/entities/wikidata:Q9/", headers={"Accept": "text/html"}, follow_redirects=False)
    assert answer.headers.get("Location") == "/entities/wikidata%3AQ9"


def test_a_list_takes_a_bounded_number_of_queries(api: Api) -> None:
    seed(api)
    for number in range(30):
        api.post("/claims", claim("lab", figure(str(number + 1)), key=f"c-{number}"))
    for path in (*LISTS, "/quantities/cost"):
        with api.counting() as statements:
            look(api, path)
        assert len(statements) <= 12, (path, statements)
