"""Looks up what is known of a source: by DOI at Crossref, by ISBN at Open Library, by address on the page itself.

What is found is a draft for a person to check. Everything in it was written by others and is checked like their input.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

from service.domain.date_phrase import read_date
from service.domain.vocabulary import SourceKind
from service.errors import Invalid, NotFound, Unavailable, Unimplemented
from service.outbound.client import Answer, Failed, OutboundClient, Refused
from service.schemas.faults import validated
from service.schemas.sources import SourceDraft, SourceLookup

_MOST_BYTES = 1_000_000
_AGENT = {"User-Agent": "Counterclaim/1", "Accept": "application/json, text/html;q=0.9"}
_KINDS = {
    "journal-article": SourceKind.PAPER,
    "proceedings-article": SourceKind.PAPER,
    "posted-content": SourceKind.PREPRINT,
    "book": SourceKind.BOOK,
    "monograph": SourceKind.BOOK,
    "dataset": SourceKind.DATASET,
    "report": SourceKind.ANALYST_REPORT,
}
_TAGS = re.compile(r"<[^>]{0,100}>")


@dataclass(frozen=True)
class CitationLookup:
    """`doi_url` and `isbn_url` are the addresses before a DOI or an ISBN; None where lookups are off."""

    client: OutboundClient
    doi_url: str | None
    isbn_url: str | None
    pages: bool

    def find(self, asked: SourceLookup) -> SourceDraft:
        """Raises Unimplemented if such lookups are off, NotFound if nothing is known, Unavailable if nobody answers."""
        if asked.doi is not None:
            return self._read(self.doi_url, quote(asked.doi, safe="/"), lambda answer: _of_crossref(answer, asked.doi))
        if asked.isbn is not None:
            return self._read(self.isbn_url, asked.isbn, _of_open_library)
        assert asked.url is not None
        self.client.check(asked.url)
        return self._read(asked.url if self.pages else None, "", lambda answer: _of_page(answer, str(asked.url)))

    def _read(self, address: str | None, name: str, read: Callable[[Answer], Mapping[str, Any]]) -> SourceDraft:
        if address is None:
            raise Unimplemented("Lookups of this kind are switched off here.")
        try:
            answer = self.client.send("GET", f"{address}{name}", headers=_AGENT, most_bytes=_MOST_BYTES)
        except (Refused, Failed) as problem:
            raise Unavailable(f"The source could not be looked up: {problem}.") from None
        if answer.status != 200:
            raise NotFound("Nothing is known of this source there.")
        try:
            return _draft(read(answer))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError, RecursionError):
            raise NotFound("What was answered about this source cannot be read.") from None


def _draft(found: Mapping[str, Any]) -> SourceDraft:
    """The fields that are valid; others are left out."""
    kept: dict[str, Any] = {}
    for name, value in found.items():
        if value in (None, "", []):
            continue
        try:
            kept[name] = getattr(validated(SourceDraft, {name: value}), name)
        except Invalid:
            continue
    if "title" not in kept:
        raise NotFound("Nothing is known of this source there.")
    return SourceDraft(**kept)


def _of_crossref(answer: Answer, doi: str | None) -> Mapping[str, Any]:
    message = json.loads(answer.body)["message"]
    parts = (message.get("issued") or {}).get("date-parts") or [[]]
    names = [one.get("name") or f"{one.get('given', '')} {one.get('family', '')}" for one in message.get("author", [])]
    return {
        "kind": _KINDS.get(message.get("type"), SourceKind.OTHER),
        "title": _plain((message.get("title") or [""])[0]),
        "authors": [_plain(name) for name in names][:200],
        "publisher": _plain((message.get("container-title") or [message.get("publisher") or ""])[0]),
        "published": "-".join(f"{part:02d}" for part in parts[0][:3] if isinstance(part, int)),
        "doi": doi,
        "url": message.get("URL"),
        "language": message.get("language"),
    }


def _of_open_library(answer: Answer) -> Mapping[str, Any]:
    (book,) = json.loads(answer.body).values()
    return {
        "kind": SourceKind.BOOK,
        "title": _plain(book["title"]),
        "authors": [_plain(one["name"]) for one in book.get("authors", [])][:200],
        "publisher": _plain((book.get("publishers") or [{"name": ""}])[0]["name"]),
        "published": _date(book.get("publish_date", "")),
        "url": book.get("url"),
    }


def _of_page(answer: Answer, url: str) -> Mapping[str, Any]:
    head = _Head()
    head.feed(answer.body.decode("utf-8", "replace"))
    said = head.said
    return {
        "kind": SourceKind.PAPER if "citation_title" in said else SourceKind.WEB_PAGE,
        "title": _plain(said.get("citation_title") or said.get("og:title") or head.title),
        "authors": [_plain(name) for name in head.authors][:200],
        "publisher": _plain(said.get("citation_journal_title") or said.get("og:site_name") or ""),
        "published": _date(
            said.get("citation_publication_date")
            or said.get("citation_date")
            or said.get("article:published_time", "")[:10]
        ),
        "doi": said.get("citation_doi", "").removeprefix("doi:"),
        "url": url,
        "language": head.language,
    }


class _Head(HTMLParser):
    """What the head of a page says about it."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, str] = {}
        self.authors: list[str] = []
        self.title, self.language, self._in_title = "", "", False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._in_title = tag == "title" and not self.title
        if tag == "html":
            self.language = given.get("lang") or ""
        if tag != "meta":
            return
        name, content = (given.get("name") or given.get("property") or "").lower(), given.get("content") or ""
        if name in ("citation_author", "author"):
            self.authors.append(content)
        elif content:
            self.said.setdefault(name, content)

    def handle_endtag(self, tag: str) -> None:
        self._in_title = self._in_title and tag != "title"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data[:500]


def _plain(text: Any) -> str:
    """Without tags and line breaks, as titles at Crossref have them."""
    return " ".join(_TAGS.sub("", str(text)).split())[:500]


def _date(text: str) -> str | None:
    try:
        return read_date(text.replace("/", "-").strip())
    except Invalid:
        return None
