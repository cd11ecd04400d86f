"""A person at the pages: keeps the session's cookie and sends forms as a browser does."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any

import httpx

from tests.support import Api

COOKIE = "__Host-session"


class FormParser(HTMLParser):
    """The fields of the last form on a page that has buttons, with their values, and the text of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[tuple[dict[str, str | None], dict[str, str]]] = []
        self._select: str | None = None
        self._area: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.forms.append((given, {}))
        if not self.forms:
            return
        fields, name = self.forms[-1][1], given.get("name")
        if tag == "input" and name:
            if given.get("type") in ("radio", "checkbox") and "checked" not in given:
                return
            fields[name] = given.get("value") or ""
        elif tag == "textarea" and name:
            self._area = name
            fields[name] = ""
        elif tag == "select" and name:
            self._select = name
            fields[name] = ""
        elif tag == "option" and self._select and "selected" in given:
            fields[self._select] = given.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1][1][self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None


@dataclass
class Person:
    api: Api
    session: str | None = None
    headers: dict[str, str] = field(default_factory=lambda: {"Sec-Fetch-Site": "same-origin"})

    @property
    def url(self) -> str:
        return str(self.api.client.base_url).rstrip("/")

    def _sent(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.session}"} if self.session else {}

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", headers=self._sent(), timeout=30)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        sent = self._sent() | (headers or self.headers)
        return httpx.post(f"{self.url}{path}", data=fields, headers=sent, timeout=30)

    def sign_in(self, key: object, **fields: str) -> httpx.Response:
        answer = self.post("/sign-in", {"key": str(key), **fields})
        found = re.search(rf"{COOKIE}=([0-9a-f]{{64}});", answer.headers.get("set-cookie", ""))
        if found:
            self.session = found[1]
        return answer

    def form(self, path: str) -> dict[str, str]:
        """The fields of the form on a page."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return fields_of(answer)


def fields_of(answer: httpx.Response) -> dict[str, str]:
    found = [fields for given, fields in FormParser(answer.text).forms if "entry" in (given.get("class") or "")]
    return found[-1]


def text_of(answer: httpx.Response) -> str:
    """What a reader sees, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def key_of(api: Api, role: str, name: str = "somebody") -> Any:
    return api.post("/keys", {"name": name, "role": role})
