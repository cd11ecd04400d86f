"""Sources looked up by DOI, ISBN and address, against servers on loopback that answer as the real ones do."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from service.outbound.citation_lookup import CitationLookup
from service.outbound.client import OutboundClient
from tests.outbound.receiver import Receiver, receiving
from tests.support import Api, pointers

CROSSREF = {
    "status": "ok",
    "message": {
        "type": "journal-article",
        "title": ["DeepSeek-R1 <i>incentivizes</i> reasoning"],
        "author": [{"given": "Daya", "family": "Guo", "sequence": "first"}, {"name": "DeepSeek-AI"}],
        "container-title": ["Nature"],
        "publisher": "Springer Science",
        "issued": {"date-parts": [[2025, 9, 17]]},
        "URL": "https://doi.org/10.1038/s41586-025-09422-z",
        "language": "en",
    },
}
BOOK = {
    "ISBN:9780262035613": {
        "title": "Deep Learning",
        "authors": [{"name": "Ian Goodfellow"}, {"name": "Yoshua Bengio"}],
        "publishers": [{"name": "MIT Press"}],
        "publish_date": "2016",
        "url": "https://openlibrary.org/books/OL27214486M",
    }
}
PAGE = """<!doctype html><html lang="en"><head><title>Costs &amp; claims</title>
<meta property="og:site_name" content="The Example"><meta name="author" content="A. Writer">
<meta property="article:published_time" content="2025-09-18T10:00:00Z"></head><body><title>not this</title></body>"""


def answering(body: str) -> Any:
    def answer(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(body.encode())

    return answer


@pytest.fixture
def looked_up(live: Any) -> Iterator[Any]:
    """Sets the addresses of lookups."""
    before = live.app.state.citation_lookup

    def at(receiver: Receiver, **off: Any) -> None:
        urls = {"doi_url": f"{receiver.url}/", "isbn_url": f"{receiver.url}?bibkeys=ISBN:", "pages": True}
        live.app.state.citation_lookup = CitationLookup(OutboundClient(["127.0.0.0/8"]), **{**urls, **off})

    yield at
    live.app.state.citation_lookup = before


def test_a_doi_gives_a_draft_that_can_be_created(api: Api, looked_up: Any) -> None:
    with receiving(answering(json.dumps(CROSSREF))) as crossref:
        looked_up(crossref)
        draft = api.post("/drafts/source", {"doi": "10.1038/s41586-025-09422-z"}, 200)
    assert draft == {
        "kind": "paper", "title": "DeepSeek-R1 incentivizes reasoning", "authors": ["Daya Guo", "DeepSeek-AI"],
        "publisher": "Nature", "published": "2025-09-17", "doi": "10.1038/s41586-025-09422-z",
        "url": "https://doi.org/10.1038/s41586-025-09422-z", "language": "en",
    }  # fmt: skip
    assert api.post("/sources", draft)["title"] == draft["title"]
    assert api.get("/sources")["items"][0]["doi"] == draft["doi"]


def test_an_isbn_and_a_page_give_what_they_say(api: Api, looked_up: Any) -> None:
    with receiving(answering(json.dumps(BOOK)), answering(PAGE)) as server:
        looked_up(server)
        book = api.post("/drafts/source", {"isbn": "9780262035613"}, 200)
        page = api.post("/drafts/source", {"url": server.url}, 200)
    assert (book["kind"], book["title"], book["published"]) == ("book", "Deep Learning", "2016")
    assert (page["kind"], page["title"], page["publisher"]) == ("web_page", "Costs & claims", "The Example")
    assert (page["authors"], page["published"], page["language"]) == (["A. Writer"], "2025-09-18", "en")


def test_lookups_are_off_by_default(api: Api) -> None:
    for body in ({"doi": "10.1038/x"}, {"isbn": "9780262035613"}, {"url": "https://receiver.example/"}):
        assert api.post("/drafts/source", body, 501)["code"] == "not_implemented"


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"message": 5}',
        '{"message": {"title": [7], "author": 3}}',
        "x" * 2_000_000,
        "<title>x</title><![<![<![ >",
        "[" * 200_000,
        "\x00",
    ],
    ids=lambda text: text[:20],
)
def test_whatever_is_answered_is_no_fault(api: Api, looked_up: Any, answer: str) -> None:
    with receiving(answering(answer), answering(answer), answering(answer)) as server:
        looked_up(server)
        for body in ({"doi": "10.1038/x"}, {"isbn": "9780262035613"}, {"url": server.url}):
            status = api.client.post("/v1/drafts/source", json=body).status_code
            assert status in (200, 404, 503), (body, status)


def test_private_addresses_and_two_questions_are_refused(api: Api, looked_up: Any) -> None:
    with receiving(500) as server:
        looked_up(server)
        for url in ("https://10.0.0.1/", "http://93.184.216.34/"):
            assert pointers(api.post("/drafts/source", {"url": url}, 422)) == ["/url"]
        assert api.post("/drafts/source", {"doi": "10.1038/x", "isbn": "9780262035613"}, 422)
        assert api.post("/drafts/source", {"doi": "10.1038/x"}, 404)
