"""Comparisons in the pages of others."""

from typing import Any

import httpx
import pytest

from service.app import create_app
from service.config import AppSettings
from tests.conftest import LiveServer
from tests.support import Api
from tests.web.test_pages import R1, look


def policy(api: Api, path: str) -> str:
    return str(api.client.get(path).headers["Content-Security-Policy"])


def test_a_comparison_is_shown_without_navigation_or_forms(demo: Api) -> None:
    shown = look(demo, f"/embed/comparisons/{R1}")
    assert "DeepSeek reported $294,000." in shown.text
    assert not {"form", "nav", "script", "input"} & {tag for tag, _ in shown.tags}
    assert any(link.endswith(f"/comparisons/{R1}") and link.startswith("http") for link in shown.links)


def test_no_page_can_be_framed_unless_the_settings_allow_it(demo: Api) -> None:
    for path in ("/", f"/comparisons/{R1}", f"/embed/comparisons/{R1}"):
        assert "frame-ancestors 'none'" in policy(demo, path)


def test_only_the_embedded_page_can_be_framed_by_the_origins_of_the_settings(demo: Api) -> None:
    settings = AppSettings(
        database_url="sqlite://", embed_origins=["https://news.example"], access_log=False, rate_limits=False
    )
    server = LiveServer(create_app(settings, demo.database))
    try:
        found = {
            path: httpx.get(f"{server.url}{path}").headers["Content-Security-Policy"]
            for path in (f"/embed/comparisons/{R1}", f"/comparisons/{R1}")
        }
    finally:
        server.stop()
    assert "frame-ancestors https://news.example;" in found[f"/embed/comparisons/{R1}"] + ";"
    assert "frame-ancestors 'none'" in found[f"/comparisons/{R1}"]


@pytest.mark.parametrize("name", ["https://news.example/path", "news.example", "javascript:alert(1)", "https://a b"])
def test_an_origin_that_can_never_match_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="can never match"):
        AppSettings(embed_origins=[name])


def test_a_page_says_where_it_is_embedded(demo: Api) -> None:
    shown = look(demo, f"/comparisons/{R1}")
    links = {
        attributes.get("type") or attributes.get("rel"): attributes for tag, attributes in shown.tags if tag == "link"
    }
    found = demo.client.get(str(links["application/json+oembed"]["href"])).json()
    assert (found["version"], found["type"], found["title"]) == ("1.0", "rich", "DeepSeek-R1: Training cost")
    assert f"/embed/comparisons/{R1}" in found["html"]
    assert str(links["canonical"]["href"]).endswith(f"/comparisons/{R1}")


def oembed(api: Api, url: str, **params: Any) -> Any:
    return api.client.get("/oembed", params={"url": url} | params)


def test_oembed_fits_what_is_asked_for(demo: Api) -> None:
    url = f"{str(demo.client.base_url).rstrip('/')}/comparisons/{R1}?as_of=2025-09-20"
    found = oembed(demo, url, maxwidth=320).json()
    assert (found["width"], found["height"]) == (320, 520)
    assert "as_of=2025-09-20" in found["html"]
    assert oembed(demo, url, format="xml").status_code == 501


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/comparisons/x",
        "{}/claims/r1-12",
        "{}/comparisons/nobody.knows",
        "{}@evil.example/x",
        "x",
        "{}/comparisons/a%00b",
        "http://[x",
    ],
)
def test_oembed_is_of_own_addresses_only(demo: Api, path: str) -> None:
    url = path.format(str(demo.client.base_url).rstrip("/"))
    assert oembed(demo, url).status_code == 404
