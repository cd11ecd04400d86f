"""The explorer in a real browser: silent, accessible, usable without scripts, on a phone, by keyboard and on paper."""

import http.server
import threading
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from service.app import create_app
from service.config import AppSettings
from tests.conftest import LiveServer
from tests.support import ADMIN, Api

pytestmark = pytest.mark.parametrize("kind", ["sqlite"])
R1 = "/comparisons/deepseek-r1.training-cost.on-top-of-base"
PAGES = ["/", "/search?q=deepseek", "/entities/deepseek-r1", R1, "/claims/r1-12", "/sources/deepseek-r1-nature",
         "/changes",
         "/entities/nobody", "/comparisons", "/claims", "/entities", "/sources", "/quantities",
         "/quantities/training-cost", "/compare"]  # fmt: skip
Scheme = Literal["light", "dark"]


def opened(browser: Browser, api: Api, **options: Any) -> tuple[Page, list[str]]:
    """A tab on the service, and what its console says."""
    context = browser.new_context(base_url=str(api.client.base_url), **options)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return page, said


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_a_rule_of_accessibility_or_says_anything(browser: Browser, demo: Api, scheme: Scheme) -> None:
    page, said = opened(browser, demo, color_scheme=scheme, bypass_csp=False)
    for path in PAGES:
        page.goto(path)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
    quiet = [text for text in said if "404" not in text]  # of the page that is not there
    assert quiet == []
    page.context.close()


def test_a_page_looks_the_same_when_it_is_visited_again(browser: Browser, demo: Api) -> None:
    page, said = opened(browser, demo)
    widths = []
    for path in ("/", "/changes", "/", "/changes", "/"):
        page.goto(path)
        widths.append(page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth"))
    assert len(set(widths)) == 1
    assert widths[0] != "none"
    assert said == []
    page.context.close()


def test_no_page_is_wider_than_a_phone(browser: Browser, demo: Api) -> None:
    for width in (320, 390, 720):  # and a desktop at 200% and more
        page, _ = opened(browser, demo, viewport={"width": width, "height": 844})
        for path in PAGES:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.context.close()


def test_the_whole_walk_works_without_scripts(browser: Browser, demo: Api) -> None:
    """Search, a comparison, the claim behind a number, its source."""
    page, said = opened(browser, demo, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("searchbox").fill("DeepSeek-R1")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("main").get_by_role("link", name="DeepSeek-R1", exact=True).click()
    assert page.locator("h1").inner_text() == "DeepSeek-R1"
    page.locator("a[href='/comparisons/deepseek-r1.training-cost.on-top-of-base']").first.click()
    page.get_by_role("row", name="294,000 USD").get_by_role("link", name="DeepSeek").first.click()
    assert page.url.endswith("/claims/r1-12") or "/claims/" in page.url
    page.get_by_role("main").get_by_role("link", name="DeepSeek-R1 (Nature 2025)").click()
    assert page.locator("h1").inner_text() == "DeepSeek-R1 (Nature 2025)"
    assert said == []
    page.context.close()


def test_filters_are_the_address(browser: Browser, demo: Api) -> None:
    page, _ = opened(browser, demo, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name="Copied differently").click()
    page.get_by_label("Metric").select_option("training-cost")
    page.get_by_role("button", name="Show").click()
    assert "kind=drift" in page.url
    assert "metric=training-cost" in page.url
    assert page.get_by_label("Metric").input_value() == "training-cost"
    page.get_by_text("Link and download").click()
    page.get_by_role("link", name="What was public on").click()
    assert "as_of=" in page.url
    page.goto(R1)
    page.get_by_role("link", name="Permanent link").click()
    assert "recorded_as_of=" in page.url
    page.context.close()


def test_the_keyboard_goes_through_a_page_in_its_order(browser: Browser, demo: Api) -> None:
    page, _ = opened(browser, demo)
    page.goto("/")
    names = []
    for _ in range(25):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.name || document.activeElement.innerText || ''").strip())
    checked = names[19]  # of several checks that fit alike
    assert checked.endswith("do the numbers fit?")
    assert names[:24] == [
        "Skip to the content", "Counterclaim", "Comparisons", "Quantities", "Claims", "Entities", "Sources", "Compare",
        "Consistency", "Propositions", "Changes", "Add", "API", "Sign in", "q", "Search", "Link and download",
        "DeepSeek-R1", "OpenAI's foundation models", checked, "More checks",
        "DeepSeek distilled OpenAI's models on purpose.", "More propositions", "Conflicts",
    ]  # fmt: skip
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    page.goto("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.context.close()


def test_a_page_can_be_printed(browser: Browser, demo: Api) -> None:
    page, _ = opened(browser, demo)
    page.goto(R1)
    page.emulate_media(media="print")
    assert not page.get_by_role("searchbox").is_visible()
    assert page.pdf().startswith(b"%PDF")
    page.context.close()


def test_the_marks_stand_where_the_amounts_are(browser: Browser, demo: Api) -> None:
    page, _ = opened(browser, demo, viewport={"width": 1200, "height": 900})
    page.goto(R1)

    def centre(row: str, shape: str) -> float:
        box = page.get_by_role("row", name=row).first.locator(f"{shape} .shape").first.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2

    reported, relay = centre("294,000 USD", ".circle"), centre("29,400,000 USD", ".circle")
    estimate = centre("1,000,000 USD", ".diamond")
    decade = (relay - reported) / 2  # they are two decades apart
    assert estimate - reported == pytest.approx(decade * 0.5317, abs=1.5)  # log10(1,000,000 / 294,000)
    page.context.close()


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """A page of another origin."""

    class Blank(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Elsewhere</title>")

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Blank)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def sharing(demo: Api, elsewhere: str) -> Iterator[str]:
    """The service, for the pages of that origin."""
    settings = AppSettings(database_url="sqlite://", cors_origins=[elsewhere], access_log=False, rate_limits=False)
    server = LiveServer(create_app(settings, demo.database))
    yield server.url
    server.stop()


_ASK = """async ([url, options]) => {
  const answer = await fetch(url, options);
  const body = answer.headers.get("content-type").includes("json") ? await answer.json() : await answer.text();
  return {status: answer.status, etag: answer.headers.get("etag"), link: answer.headers.get("link"), body};
}"""


def test_a_dashboard_of_another_origin_reads_tables_and_polls(
    browser: Browser, demo: Api, sharing: str, elsewhere: str
) -> None:
    page, said = opened(browser, demo)
    page.goto(elsewhere)
    url = f"{sharing}/v1/tables/figures.json?limit=2&shape=array"
    first = page.evaluate(_ASK, [url, {"cache": "no-store"}])
    assert (first["status"], len(first["body"])) == (200, 2)
    assert first["etag"].startswith('W/"')
    assert 'rel="next"' in first["link"]
    # a condition of its own needs a preflight, and 304 comes through
    asked = page.evaluate(
        "async ([url, tag]) => (await fetch(url, {cache: 'no-store', headers: {'If-None-Match': tag}})).status",
        [url, first["etag"]],
    )
    assert asked == 304
    chart = page.evaluate(_ASK, [f"{sharing}/v1{R1}/chart.svg", {}])
    assert chart["body"].startswith("<svg")
    made = page.evaluate(
        _ASK,
        [f"{sharing}/v1/sources",
         {"method": "POST", "headers": {"Content-Type": "application/json", "Authorization": f"Bearer {ADMIN}"},
          "body": '{"kind": "paper", "title": "From a browser"}'}],
    )  # fmt: skip
    assert made["status"] == 201
    assert said == []
    page.context.close()


def test_other_origins_are_not_let_in_where_none_is_named(browser: Browser, demo: Api, elsewhere: str) -> None:
    page, _ = opened(browser, demo)
    page.goto(elsewhere)
    refused = page.evaluate(
        "async (url) => { try { await fetch(url); return 'read' } catch (error) { return 'refused' } }",
        f"{str(demo.client.base_url).rstrip('/')}/v1/tables/figures.json",
    )
    assert refused == "refused"
    page.context.close()
