"""Addresses that different programs read differently, or that only look like another one."""

import pytest

from service.errors import Invalid
from service.schemas.urls import check_url, host_of
from tests.support import Api, pointers, seed

REFUSED = [
    r"https://evil.example\@www.sec.gov/filing",
    r"https:\\evil.example/www.sec.gov",
    r"https:/\evil.example/",
    r"https://good.example\.evil.example/",
    r"https://good.example/a\b",
    "https://www.sec.gov@evil.example/",
    "https://www.sec.gov:443@evil.example/",
    "https://user:password@good.example/",
    "https://@good.example/",
    "https://www.sec.gov%2f@evil.example/",
    "https://good.example／@evil.example/",
    "https://a／b.example/",
    "https://a？b.example/",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "//evil.example/",
    "/relative",
    "good.example",
    "javascript:alert(1)",
    "JaVaScRiPt://good.example/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "ftp://good.example/",
    "blob:https://good.example/x",
    "view-source:https://good.example/",
    "https://",
    "https://?x",
    "https://#x",
    "https://good.example:99999/",
    "https://good.example:x/",
    "https://good..example/",
    "https://[::1",
    "https://[good.example]/",
    "https://256.256.256.256/",
    "https://good example/",
    " https://good.example/",
    "https://good.example/a b",
    "https://good.exam\tple/",
    "https://good.example/\n",
    "https://good.example/\x7f",
    "https://good.example/\u202egpj.exe",
    "https://good.example/\u2066a\u2069",
    "https://good\u200b.example/",
    "https://good\u00ad.example/",
    "https://good.example/\ufeff",
    "https://good.example/\u2028",
    "https://xn--zzzzzzzz-/",
]
SHOWN = {
    "https://www.sec.gov/filing": "www.sec.gov",
    "HTTPS://WWW.SEC.GOV/filing": "www.sec.gov",
    "https://good.example:8443/x?y=z#w": "good.example",
    "https://good.example/@evil.example": "good.example",
    "https://good.example/?u=https://evil.example": "good.example",
    "https://good.example?x@evil.example": "good.example",
    "https://good.example#@evil.example": "good.example",
    "https://good%2eexample/": "good.example",
    "https://good。example/": "good.example",
    "http://0x7f.1/": "127.0.0.1",
    "http://2130706433/": "127.0.0.1",
    "http://017700000001/": "127.0.0.1",
    "http://[::1]:8080/": "[::1]",
    "https://münchen.example/": "münchen.example",
    "https://xn--mnchen-3ya.example/": "münchen.example",
    "https://例え.jp/": "例え.jp",
    "https://аррӏе.com/": "xn--80ak6aa92e.com",  # Cyrillic letters that look Latin
    "https://xn--80ak6aa92e.com/": "xn--80ak6aa92e.com",
    "https://gооgle.com/": "xn--ggle-55da.com",  # two of its letters are Cyrillic
    "https://ѕec.gov/": "xn--ec-doc.gov",
    "https://γοοd.example/": "xn--d-2lb0ba.example",
    "https://good.example/пример": "good.example",
    "https://good.example/a%20b%5Cc": "good.example",
}


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_can_mislead_is_refused(address: str) -> None:
    with pytest.raises(Invalid):
        check_url(address)


@pytest.mark.parametrize("address", SHOWN)
def test_a_host_is_shown_as_a_browser_opens_it(address: str) -> None:
    assert check_url(address) == address
    assert host_of(address) == SHOWN[address]


def test_every_field_that_holds_an_address_is_checked(api: Api) -> None:
    seed(api)
    lie = REFUSED[0]
    source = {"kind": "paper", "title": "T"}
    for field in ("url", "archived_url"):
        assert pointers(api.post("/sources", {**source, field: lie}, status=422)) == [f"/{field}"]
        assert pointers(api.patch("/sources/paper", {field: lie}, status=422)) == [f"/{field}"]
    entity = {"key": "e", "kind": "person", "name": "E"}
    assert pointers(api.post("/entities", {**entity, "same_as": [lie]}, status=422)) == ["/same_as/0"]
    line = b"subject,metric,value,unit,source_url\nmodel,cost,5,USD,https://evil.example\\@www.sec.gov/filing\n"
    answer = api.client.post("/v1/imports", params={"format": "csv"}, content=line)
    assert (answer.status_code, pointers(answer.json())) == (422, ["/source_url"])


def test_a_page_names_the_host_that_a_link_opens(api: Api) -> None:
    seed(api)
    api.post("/sources", {"key": "s", "kind": "paper", "title": "T", "url": "https://аррӏе.com/x"})
    page = api.client.get(str(api.client.base_url) + "/sources/s").text
    assert ">xn--80ak6aa92e.com<" in page
