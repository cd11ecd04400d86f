"""Citations: for programs, for papers, and in words."""

import json
from typing import Any

import pytest

from service.schemas.sources import Source
from service.transfer.citations import bibtex, csl_of_source, sentence
from tests.support import Api
from tests.web.test_pages import R1, look

SOURCE: dict[str, Any] = {"key": "s", "kind": "paper", "title": "50% of {it} & more_", "authors": ["Ann Lee", "Bo"],
                          "publisher": "Press", "doi": "10.1000/x_1", "published": "2024-05"}  # fmt: skip


def test_a_source_is_cited_in_three_ways(api: Api) -> None:
    api.post("/sources", SOURCE)
    (item,) = api.client.get("/sources/s/citation.json").json()
    assert item == {
        "id": "s", "type": "article-journal", "title": "50% of {it} & more_", "publisher": "Press",
        "author": [{"literal": "Ann Lee"}, {"literal": "Bo"}], "DOI": "10.1000/x_1",
        "issued": {"date-parts": [[2024, 5, 1], [2024, 5, 31]]},
    }  # fmt: skip
    entry = api.client.get("/sources/s/citation.bib").text
    assert entry.startswith("@article{s,\n")
    assert r"title = {{50\% of \textbraceleft{}it\textbraceright{} \& more\_}}" in entry
    assert "author = {{Ann Lee} and {Bo}}" in entry
    said = "Ann Lee, Bo (2024). “50% of {it} & more_”. Press. https://doi.org/10.1000/x_1."
    assert said in look(api, "/sources/s").text


def test_a_comparison_is_cited_with_what_follows_and_the_day(demo: Api) -> None:
    answer = demo.client.get(f"/comparisons/{R1}/citation.json")
    (item,) = json.loads(answer.text)
    assert answer.headers["Content-Type"] == "application/vnd.citationstyles.csl+json"
    assert item["title"] == "DeepSeek-R1: Training cost (On top of the base model)"
    assert item["URL"].endswith(f"/comparisons/{R1}")
    assert item["abstract"].startswith("DeepSeek reported $294,000.")
    assert sentence(item) in look(demo, f"/comparisons/{R1}").text
    assert bibtex(item) == demo.client.get(f"/comparisons/{R1}/citation.bib").text


@pytest.mark.parametrize("path", ["/sources/nothing/citation.bib", f"/comparisons/{R1}/citation.ris"])
def test_what_is_not_there_is_not_cited(demo: Api, path: str) -> None:
    assert demo.client.get(path).status_code in (404, 422)


def test_every_source_of_the_demo_can_be_cited(demo: Api) -> None:
    for one in demo.pages("/sources"):
        item = csl_of_source(Source.model_validate(one))
        assert sentence(item).endswith(".")
        assert bibtex(item).count("{") == bibtex(item).count("}")


def test_no_text_of_a_source_breaks_its_entry(api: Api) -> None:
    made = SOURCE | {"title": "a } b { c }", "url": "https://example.org/a_b?x={1}", "doi": None}
    api.post("/sources", made)
    entry = api.client.get("/sources/s/citation.bib").text
    assert entry.count("{") == entry.count("}")
    assert "url = {https://example.org/a_b?x=%7B1%7D}" in entry


def test_a_citation_of_an_earlier_day_leads_to_that_day(demo: Api) -> None:
    (item,) = demo.client.get(f"/comparisons/{R1}/citation.json?as_of=2025-09-20").json()
    assert item["URL"].endswith("?as_of=2025-09-20")
    shown = look(demo, f"/comparisons/{R1}?as_of=2025-09-20")
    assert sentence(item) in shown.text
    assert f"/comparisons/{R1}/citation.bib?as_of=2025-09-20" in shown.links


def test_pages_are_compressed_and_answers_of_the_api_are_not(demo: Api) -> None:
    accepted = {"Accept-Encoding": "gzip"}
    shown = demo.client.get("/", headers=accepted)
    assert shown.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in shown.headers["Vary"]
    answer = demo.client.get("/v1/comparisons", headers=accepted)
    assert "Content-Encoding" not in answer.headers
    asked = demo.client.head("/", headers=accepted)
    assert asked.headers["Content-Length"] == shown.headers["Content-Length"]
