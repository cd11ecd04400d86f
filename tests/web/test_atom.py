"""Atom feeds of changes."""

from xml.etree import ElementTree

import pytest

from tests.support import Api, claim, figure, seed

ATOM = "{http://www.w3.org/2005/Atom}"


def feed(api: Api, path: str) -> ElementTree.Element:
    answer = api.client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/atom+xml"), answer.text
    return ElementTree.fromstring(answer.content)


def titles(root: ElementTree.Element) -> list[str]:
    return [entry.findtext(f"{ATOM}title") or "" for entry in root.iter(f"{ATOM}entry")]


@pytest.mark.parametrize(
    "path",
    ["/changes.atom", "/entities/deepseek-r1/changes.atom",
     "/comparisons/deepseek-r1.training-cost.on-top-of-base/changes.atom"],
)  # fmt: skip
def test_a_feed_has_all_that_the_format_asks_for(demo: Api, path: str) -> None:
    root = feed(demo, path)
    entries = list(root.iter(f"{ATOM}entry"))
    assert 0 < len(entries) <= 50
    for one in (root, *entries):
        for name in ("id", "title", "updated"):
            assert one.findtext(f"{ATOM}{name}"), name
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == len(entries)
    links = {link.attrib["rel"]: link.attrib["href"] for link in root.findall(f"{ATOM}link")}
    assert links["self"].endswith(path)
    for entry in entries[:5]:
        link = entry.find(f"{ATOM}link")
        assert link is not None
        assert demo.client.get(link.attrib["href"]).status_code == 200


def test_a_comparison_has_its_own_changes_only_the_newest_first(api: Api) -> None:
    seed(api)
    made = api.post("/claims", claim("lab", figure("5", scope="full"), figure("3", scope="part")))
    api.patch(f"/figures/{made['figures'][0]['id']}", {"value": "6", "precision": None})
    api.post("/claims", claim("analyst", figure("9", scope="full"), subject="third"))
    assert titles(feed(api, "/comparisons/model.cost.full/changes.atom")) == [
        "figure changed: Cost: 6 USD", "figure added: Cost: 5 USD",
    ]  # fmt: skip
    assert len(titles(feed(api, "/entities/model/changes.atom"))) == 3
    assert titles(feed(api, "/entities/analyst/changes.atom")) == []


def test_hostile_text_is_text_in_a_feed(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("5"), statement="</title><script>&\"'\u202e"))
    root = feed(api, "/changes.atom")
    assert any("</title><script>" in title for title in titles(root))


def test_pages_name_their_feeds(demo: Api) -> None:
    for path in ("/changes", "/entities/deepseek-r1", "/comparisons/deepseek-r1.training-cost.on-top-of-base"):
        page = demo.client.get(path).text
        address = page.partition('type="application/atom+xml" href="')[2].partition('"')[0]
        assert demo.client.get(address).status_code == 200
