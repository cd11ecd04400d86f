"""The explorer's pages over HTTP: what they show, what they cost, and that hostile text is inert."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from service.web.html import BUILD
from tests.support import Api, claim, figure, seed, selects

R1 = "deepseek-r1.training-cost.on-top-of-base"
PAGES = ["/", "/search?q=deepseek", "/entities/deepseek-r1", f"/comparisons/{R1}", "/claims/r1-12",
         "/sources/deepseek-r1-nature", "/changes", "/comparisons", "/claims", "/entities", "/sources", "/quantities",
         "/quantities/training-cost", "/equations", "/equations/training-cost-of-gpu-hours", "/consistency",
         "/propositions", "/propositions?which=all", "/propositions/deepseek-distilled-openai",
         "/entities/openai/positions", "/positions?subject=deepseek", "/compare", "/write/claim",
         "/write/source", "/write/equation", "/write/proposition", "/sign-in",
         f"/compare?left={R1}&right=openai-foundation-models.training-cost"]  # fmt: skip
EVALUATED = str(9973 * 9967)  # no time, no id and no number on a page is that
HOSTILE = "<img src=x onerror=alert(1)>\"'&</script>{{9973*9967}}\u202e"


class Page(HTMLParser):
    """The links, the texts and the elements of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        href = dict(attrs).get("href")
        if tag == "a" and href is not None:
            self.links.append(href)

    def handle_data(self, data: str) -> None:
        self.text += data


def look(api: Api, path: str, status: int = 200, **params: Any) -> Page:
    answer = api.client.get(path, params=params or None, headers={"Accept": "text/html"})
    assert answer.status_code == status, answer.text[:2000]
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    return Page(answer.text)


def title(shown: Page) -> str:
    return " ".join(shown.text.split("— Counterclaim")[0].split())


def test_each_comparison_has_a_title_of_its_own(demo: Api) -> None:
    keys = [one["key"] for one in demo.pages("/comparisons")]
    assert len({title(look(demo, f"/comparisons/{key}")) for key in keys}) == len(keys) > 10


def test_a_shared_link_shows_what_follows(demo: Api) -> None:
    tags = look(demo, f"/comparisons/{R1}").tags
    said = {str(one.get("property")): str(one["content"]) for tag, one in tags if tag == "meta" and "content" in one}
    assert said["og:title"] == "DeepSeek-R1: Training cost (On top of the base model)"
    assert said["og:description"].startswith("DeepSeek reported $294,000.")
    assert said["og:url"].endswith(f"/comparisons/{R1}")


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_icon_is_found_where_browsers_look(demo: Api) -> None:
    answer = demo.client.get("/favicon.ico", follow_redirects=True)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")


def test_the_home_page_compares_what_the_settings_name(demo: Api) -> None:
    shown = look(demo, "/")
    assert (
        "DeepSeek reported $294,000. OpenAI reported more than $100 million: more than 340 times as much" in shown.text
    )
    assert {f"/comparisons/{R1}", "/comparisons/openai-foundation-models.training-cost"} <= set(shown.links)


def test_a_home_page_without_these_measurands_leaves_them_out(api: Api) -> None:
    assert "against" not in look(api, "/").text


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_and_loads_nothing_from_elsewhere(demo: Api, path: str) -> None:
    answer = demo.client.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in policy
    shown = look(demo, path)
    for tag, attributes in shown.tags:
        assert tag not in ("script", "iframe", "object")
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        if tag in ("link", "img") and attributes.get("rel") not in ("canonical", "alternate"):
            assert str(attributes.get("href") or attributes.get("src")).startswith("/assets/")
    assert "undefined" not in shown.text


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_heavy(demo: Api, path: str) -> None:
    answer = demo.client.get(path, headers={"Accept-Encoding": "identity"})
    assert len(answer.content) < 200_000


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_a_page_leads_somewhere(demo: Api, path: str) -> None:
    own = {link for link in look(demo, path).links if link.startswith("/") or link.startswith("?")}
    assert own
    for link in sorted(own)[:60]:
        address = link if link.startswith("/") else f"{path.partition('?')[0]}{link}"
        answer = demo.client.get(address)
        assert answer.status_code == 200, address


def test_the_home_page_shows_where_sources_disagree_most(demo: Api) -> None:
    home = look(demo, "/")
    assert "at least 3.06× apart" in home.text
    assert f"/comparisons/{R1}" in home.links
    assert "Copied differently" in home.text
    drift = look(demo, "/", kind="drift")
    assert "DeepSeek-R1-Zero: GPUs" in drift.text
    assert "No such disagreement is on record" in look(demo, "/", metric="gpu-count").text
    ago = look(demo, "/", as_of="2025-09-20")
    assert "as of 2025-09-20" in ago.text
    assert "GPT-4" in ago.text


def test_an_earlier_address_of_the_search_leads_to_it(demo: Api) -> None:
    answer = demo.client.get("/?q=R1 x", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, "/search?q=R1+x")


def test_search_leads_with_what_is_compared(demo: Api) -> None:
    shown = look(demo, "/search?q=R1 294000")
    first = next(link for link in shown.links if link.startswith(("/comparisons/", "/claims/")))
    assert first == f"/comparisons/{R1}"
    assert "; Training cost: $294K" in " ".join(shown.text.split())


def test_search_goes_on_page_by_page(demo: Api) -> None:
    shown = look(demo, "/search?q=deepseek")
    assert any("kind=comparison" in link for link in shown.links)
    (more,) = [link for link in shown.links if "cursor=" in link]
    assert "On record" not in look(demo, more).text


def test_search_finds_and_marks_the_words(demo: Api) -> None:
    found = look(demo, "/search", q="liang")
    assert any(link.startswith("/entities/liang-wenfeng") for link in found.links)
    assert any(tag == "mark" for tag, _ in found.tags)
    assert "Nothing has all of these words" in look(demo, "/search", q="zzzz qqqq").text


def test_a_comparison_tells_every_flag_in_plain_words(demo: Api) -> None:
    shown = look(demo, f"/comparisons/{R1}")
    for words in ("about 3.4 times as much", "294,000 USD", "$294K", "100 times the original",
                  "Part not stated", "another part: not compared with the above", "1 dispute stands",
                  "AI Insight Daily copied it wrongly: 100 times the original.",
                  "The Register", "What was public on", "R1's training cost about 29.4 million dollars."):  # fmt: skip
        assert words in shown.text, words
    gpt4 = look(demo, "/comparisons/gpt-4.training-cost")
    assert "Comparable with a condition: a source does not say" in re.sub(r"\s+", " ", gpt4.text) or (
        "Comparable with a condition" in gpt4.text
    )
    assert "Without OpenAI, the others would be" in gpt4.text
    by_party = look(demo, f"/comparisons/{R1}", by="party", about_tolerance="0")
    assert "× first party" in by_party.text
    assert "±0%" in by_party.text


def test_a_claim_shows_its_chain_and_its_history(api: Api) -> None:
    seed(api)
    origin = api.post("/claims", claim("lab", figure("5"), quote="It cost five.", asserted="2025-01-01"))
    relay = api.post("/claims", claim("analyst", figure("6"), derived_from=origin["id"], key="the-relay"))
    api.patch(f"/figures/{relay['figures'][0]['id']}", {"value": "7"})
    api.patch("/claims/the-relay", {"quote": "seven"})
    dispute = {"disputed_claim": origin["id"], "disputing_claim": relay["id"], "type": "data"}
    api.post("/disputes", dispute | {"rationale": "It was seven."})
    shown = look(api, "/claims/the-relay")
    words = re.sub(r"\s+", " ", shown.text)
    assert "This claim repeats the one above" in words
    assert "nothing → seven" in words
    assert "Cost exact 6 USD → Cost exact 7 USD" in words
    assert f"/claims/{origin['id']}" in shown.links
    assert "It was seven." in words
    assert "It cost five." in look(api, f"/claims/{origin['id']}").text
    assert "It was seven." in look(api, f"/claims/{origin['id']}").text
    before = api.get("/claims/the-relay/history")["items"][-1]["at"]
    then = look(api, "/claims/the-relay", recorded_as_of=before)
    assert "As it stood on record at" in then.text
    assert "6 USD" in then.text


def test_what_is_superseded_or_withdrawn_is_said(api: Api) -> None:
    seed(api)
    old = api.post("/claims", claim("lab", figure("10")))
    api.post("/claims", claim("lab", figure("20"), supersedes=old["id"], statement="It is twenty."))
    shown = look(api, f"/claims/{old['id']}")
    assert "Superseded" in shown.text
    assert "It is twenty." in shown.text
    faded = [attributes for tag, attributes in look(api, "/comparisons/model.cost").tags if tag == "tr"]
    assert sum("faded" in (attributes.get("class") or "") for attributes in faded) == 1
    api.withdraw(f"/claims/{old['id']}", "a mistake")
    assert "Withdrawn: a mistake" in look(api, f"/claims/{old['id']}").text


def test_long_lists_go_on_page_by_page(api: Api) -> None:
    seed(api)
    for number in range(45):
        api.post("/claims", claim("lab", statement=f"Claim number {number}."))
    for path in ("/entities/model", "/sources/paper", "/changes"):
        seen: set[str] = set()
        address, pages = path, 0
        while pages < 5:
            shown = look(api, address)
            seen |= set(re.findall(r"Claim number \d+", shown.text))
            pages += 1
            following = [a["href"] for tag, a in shown.tags if tag == "a" and a.get("rel") == "next"]
            if not following:
                break
            address = str(following[0]) if str(following[0]).startswith("/") else f"{path}{following[0]}"
        assert len(seen) == 45, path


def test_hostile_text_is_inert_everywhere(api: Api) -> None:
    seed(api)
    api.post("/entities", {"key": "bad", "kind": "other", "name": HOSTILE, "aliases": [HOSTILE + "2"],
                           "description": HOSTILE, "same_as": ["https://example.org/'\"><script>"]})  # fmt: skip
    source = {"key": "evil", "kind": "other", "title": HOSTILE, "publisher": HOSTILE, "authors": [HOSTILE],
              "url": "https://example.org/\"onmouseover=alert(1)"}  # fmt: skip
    api.post("/sources", source)
    metric = {"key": "m", "name": HOSTILE, "unit": "USD", "scopes": [{"key": "s", "name": HOSTILE}]}
    api.post("/metrics", metric)
    evil = claim("bad", figure("5", metric="m", scope="s", stated_as=HOSTILE, method=HOSTILE),
                 figure("9", metric="m", scope="s"), figure("900", metric="m", scope="s", basis="estimated"),
                 key="evil", source="evil", subject="bad", statement=HOSTILE, quote=HOSTILE, notes=HOSTILE)  # fmt: skip
    api.post("/claims", evil)
    api.post("/claims", evil | {"key": "evil-2", "claimant": "lab", "derived_from": "evil"})
    api.post("/disputes", {"disputed_claim": "evil", "raised_by": "bad", "type": "data", "rationale": HOSTILE})
    api.patch("/claims/evil", {"quote": HOSTILE * 2})
    paths = ["/", "/?kind=self_conflict", "/entities/bad", "/comparisons/bad.m.s", "/claims/evil", "/sources/evil",
             "/changes", "/search?q=img"]  # fmt: skip
    for path in paths:
        answer = api.client.get(path)
        assert answer.status_code == 200, path
        for tag, attributes in Page(answer.text).tags:
            assert tag not in ("img", "script"), path
            assert not any(name.startswith("on") for name in attributes), path
        assert EVALUATED not in Page(answer.text).text, path


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/entities/nobody", 404, "There is no entity"),
        ("/claims/nothing", 404, "There is no claim"),
        ("/sources/nothing", 404, "There is no source"),
        ("/comparisons/gpt-4.nothing", 404, "Unknown measurand"),
        ("/comparisons/%00", 404, "This names no measurand"),
        ("/nowhere", 404, "Page not found"),
        ("/?as_of=yesterday", 422, "Expected a day"),
        ("/?kind=quarrel", 422, "Expected"),
        ("/?cursor=abc", 422, "not a cursor of this service"),
        (f"/comparisons/{R1}?about_tolerance=7", 422, "from 0 to 0.5"),
        ("/changes?before=x", 422, "Expected a whole number"),
        ("/claims/r1-12?recorded_as_of=1999-01-01T00:00:00Z", 404, "not on record at that moment"),
    ],
)
def test_what_is_not_there_is_told_kindly(demo: Api, path: str, status: int, words: str) -> None:
    shown = look(demo, path, status)
    assert words in shown.text
    assert "/" in shown.links


@pytest.mark.parametrize("kind", ["sqlite"])
def test_programs_get_problem_details_where_browsers_get_a_page(demo: Api) -> None:
    answer = demo.client.get("/nowhere", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    answer = demo.client.get("/v1/nowhere", headers={"Accept": "text/html"})
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["sqlite"])
def test_parameters_that_links_collect_are_ignored(demo: Api) -> None:
    assert demo.client.get("/?utm_source=somewhere").status_code == 200


def test_an_empty_service_is_kind(api: Api) -> None:
    home = look(api, "/").text
    assert "Nothing is on record yet" in home
    assert "Conflicts" not in home
    assert "Nothing yet" in re.sub(r"\s+", " ", look(api, "/changes").text)


def test_a_page_is_answered_by_its_tag_until_something_changes(demo: Api) -> None:
    first = demo.client.get("/")
    assert first.headers["Cache-Control"] == "public, no-cache"
    again = demo.client.get("/", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    demo.post("/sources", {"kind": "paper", "title": "Another"})
    assert demo.client.get("/", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_stylesheet_may_be_kept_for_ever(demo: Api) -> None:
    answer = demo.client.get(f"/assets/{BUILD}/explorer.css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert demo.client.get("/assets/other/explorer.css").headers["Cache-Control"] == "no-cache"


def test_where_reading_needs_a_key_pages_do_too(demo: Api, live: Any) -> None:
    access = live.app.state.access
    access.public_reads = False
    try:
        shown = look(demo, "/", 401)
        assert "A key is needed here" in shown.text
        assert demo.client.get("/assets/x/explorer.css").status_code == 200
    finally:
        access.public_reads = True


@pytest.mark.parametrize(
    ("path", "most"),
    [("/", 14), ("/search?q=deepseek", 12), ("/entities/deepseek-r1", 14), (f"/comparisons/{R1}", 12),
     ("/claims/r1-12", 12), ("/sources/deepseek-r1-nature", 5), ("/changes", 1), ("/?as_of=2025-09-20", 20)],
)  # fmt: skip
def test_a_page_takes_a_bounded_number_of_queries(demo: Api, path: str, most: int) -> None:
    with demo.counting() as statements:
        assert demo.client.get(path).status_code == 200
    asked = selects(statements)
    assert len(asked) <= most, asked


def test_as_of_a_day_a_page_shows_nothing_that_came_later(api: Api) -> None:
    seed(api)
    api.post("/sources", {"key": "later", "kind": "paper", "title": "A later paper", "published": "2026-06-01"})
    api.post("/claims", claim("lab", figure("10"), asserted="2025-01-05", statement="Early words."))
    api.post("/claims", claim("lab", figure("20", scope="full"), source="later", statement="Later words."))
    then = look(api, "/entities/model", as_of="2025-06-01")
    assert "Early words." in then.text
    assert "Later words." not in then.text
    empty = look(api, "/comparisons/model.cost.full", as_of="2025-06-01")
    assert "About this part nothing could be read by then" in empty.text
    assert "another part: not compared with the above" in empty.text
    assert "Later words." not in empty.text
    assert "as_of=2025-06-01" in "".join(look(api, "/", as_of="2025-06-01").links)


def test_a_record_as_it_stood_is_without_what_was_added_since(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("10"), key="old", statement="The old words."))
    moment = api.get("/claims/old/history")["items"][0]["at"]
    api.post("/claims", claim("third", derived_from=made["id"], statement="A copy made since."))
    api.post("/disputes", {"disputed_claim": "old", "raised_by": "third", "type": "data", "rationale": "A later no."})
    for path in ("/claims/old", "/sources/paper"):
        assert "A copy made since." in look(api, path).text
        then = look(api, path, recorded_as_of=moment).text
        assert "A copy made since." not in then
        assert "A later no." not in then


def test_too_many_comparisons_of_a_day_are_told_on_the_page(demo: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.analysis.tables.MOST_AS_OF", 5)
    assert "add subject or metric" in look(demo, "/", as_of="2025-09-20").text


def test_a_part_that_exceeds_its_whole_is_said_on_both_pages(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("100", scope="full")))
    api.post("/claims", claim("analyst", figure("700", scope="part")))
    assert "This is said to exceed a whole" in look(api, "/comparisons/model.cost.part").text
    assert "A part is said to exceed this" in look(api, "/comparisons/model.cost.full").text


def test_a_relay_is_called_one_whatever_its_scope(api: Api) -> None:
    seed(api)
    origin = api.post("/claims", claim("lab", figure("100", scope="full")))
    api.post("/claims", claim("third", figure("5000"), derived_from=origin["id"]))
    shown = look(api, "/comparisons/model.cost").text
    assert "copied wrongly" in shown
    assert "50 times the original" in shown
    assert "50 times the original" in look(api, "/comparisons/model.cost.full").text


def test_figures_are_ordered_by_amount_or_by_date(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("7"), asserted="2025-03"))
    api.post("/claims", claim("analyst", figure("5"), asserted="2025-04"))
    api.post("/claims", claim("third", figure("9"), asserted="2025-02", key="most"))
    api.post("/claims", claim("analyst", figure("9"), asserted="2025-05", derived_from="most"))

    def order(by: str) -> list[str]:
        return re.findall(r'<a class="who"[^>]*>([^<]*)<', api.client.get(f"/comparisons/model.cost?order={by}").text)

    assert order("value") == ["Analyst", "Lab", "Third", "Analyst"]  # a copy stays under its original
    assert order("date") == ["Third", "Analyst", "Lab", "Analyst"]


def test_a_quantity_by_period_is_one_chart(api: Api) -> None:
    seed(api)
    api.patch("/metrics/cost", {"over_time": "by_period"})
    quarters = ["2023-33", "2023-34", "2023-35", "2024-33"]
    for number, quarter in enumerate(quarters):
        api.post("/claims", claim("lab", figure(str(100 + number), period=quarter), statement=quarter))
    estimate = figure(None, qualifier="between", lower="90", upper="130", basis="estimated", period="2023-33")
    api.post("/claims", claim("analyst", estimate))
    shown = api.client.get("/entities/model").text
    chart = shown.partition('<svg class="chart"')[2].partition("</svg>")[0]
    assert chart.count('class="span"') == 4 + 2  # what was reported, and the joints of quarters that follow each other
    assert chart.count('class="band"') == 1
    labels = re.findall(r'<text class="quiet middle"[^>]*>([^<]*)<', chart)
    assert labels == ["Q1 2023", "Q2 2023", "Q3 2023", "Q1 2024"]
    assert "All 4 periods" in shown
    assert api.client.get("/quantities/cost").text.count('<svg class="chart"') == 1


def test_amounts_up_to_an_end_are_drawn_one_after_another(api: Api) -> None:
    seed(api)
    api.patch("/metrics/cost", {"over_time": "by_period"})
    for number, end in enumerate(["2022-03", "2022-06", "2022-09"]):
        api.post("/claims", claim("lab", figure(str(100 + number), period=f"2022-01/{end}"), statement=end))
    chart = api.client.get("/entities/model").text.partition('<svg class="chart"')[2].partition("</svg>")[0]
    labels = re.findall(r'<text class="quiet middle"[^>]*>([^<]*)<', chart)
    assert labels == ["Q1 2022", "to Q2 2022", "to Q3 2022"]


def test_other_periods_are_linked(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "sales", "name": "Sales", "unit": "USD", "over_time": "by_period"})
    for year in ("2022", "2023", "2024"):
        api.post("/claims", claim("lab", figure("5", metric="sales", period=year)))
    assert "/comparisons/model.sales@2022" in look(api, "/comparisons/model.sales@2023").links


def test_a_policy_is_kept_when_nothing_has_changed(demo: Api) -> None:
    """A browser replaces what it kept by the headers of a 304."""
    for path in ("/", f"/v1/comparisons/{R1.removeprefix('/comparisons/')}/chart.svg"):
        first = demo.client.get(path)
        again = demo.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        assert "Content-Security-Policy" not in again.headers
        assert "style-src" in first.headers["Content-Security-Policy"]
