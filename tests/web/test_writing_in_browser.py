"""Writing in a real browser, by keyboard only: paste a sentence, preview, save, see the comparison change, undo."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from tests.support import ADMIN, Api, claim, figure
from tests.web.test_browser import opened

pytestmark = pytest.mark.parametrize("kind", ["sqlite"])
R1 = "/comparisons/deepseek-r1.training-cost.on-top-of-base"
FORMS = ["/sign-in", "/write/claim", "/write/claim?derived_from=r1-06", "/write/source", "/write/entity/deepseek",
         "/write/claim/r1-06", "/write/claim/r1-06/withdraw", "/write/dispute?of=r1-06",
         "/write/scope?of=training-cost", "/keys"]  # fmt: skip


def tab_to(page: Page, name: str, value: str | None = None) -> None:
    """Moves the focus with the Tab key to the field or the button of this name."""
    for _ in range(120):
        page.keyboard.press("Tab")
        found = page.evaluate("[document.activeElement.name, document.activeElement.value]")
        text = page.evaluate("(document.activeElement.innerText || '').trim()")
        if (found[0] == name and value in (None, found[1])) or (text == name and not found[0]):
            return
    raise AssertionError(f"{name} cannot be reached by keyboard on {page.url}")


def fill(page: Page, name: str, text: str) -> None:
    tab_to(page, name)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def press(page: Page, name: str, value: str | None = None) -> None:
    tab_to(page, name, value)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    fill(page, "key", str(ADMIN))
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_sentence_becomes_a_figure_and_is_undone_by_keyboard(browser: Browser, demo: Api) -> None:
    page, said = opened(browser, demo)
    sign_in(page)
    page.goto(R1)
    press(page, "Add a figure")
    fill(page, "quote", "Our own count says that it took “at least $900,000” in all.")
    fill(page, "source", "deepseek-r1-nature")
    fill(page, "claimant", "Epoch AI")
    tab_to(page, "basis")
    page.keyboard.press("ArrowDown")
    press(page, "do", "preview")
    assert "Not saved yet" in page.inner_text("main")
    assert "Read as: at least 900,000 USD" in page.inner_text("main")
    demo.post("/claims", claim("liang-wenfeng", figure("250000", metric="training-cost", scope="on-top-of-base"),
                               source="deepseek-r1-nature", subject="deepseek-r1"))  # fmt: skip
    press(page, "do", "save")
    assert page.url.partition("?")[0].endswith(R1)
    marked = page.locator("tr.new")
    assert marked.count() == 1
    assert "900,000 USD" in marked.inner_text()
    assert "250,000 USD" in page.inner_text("main")  # what somebody saved in between
    press(page, "Undo")
    assert page.inner_text("h1") == "Undone"
    page.goto(R1)
    assert "900,000 USD" not in page.inner_text("main")
    assert said == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_form_breaks_a_rule_of_accessibility_or_says_anything(browser: Browser, demo: Api, scheme: str) -> None:
    page, said = opened(browser, demo, color_scheme=scheme)
    sign_in(page)
    for path in FORMS:
        page.goto(path)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
    page.goto("/write/claim")
    page.get_by_role("button", name="Preview").click(force=True)
    page.evaluate("document.querySelector('form.entry').noValidate = true")
    page.get_by_role("button", name="Preview").click()
    assert Axe().run(page).violations_count == 0
    assert [text for text in said if "422" not in text] == []
    page.context.close()


@pytest.mark.parametrize("width", [320, 390, 720, 1440])
def test_no_form_is_wider_than_the_screen(browser: Browser, demo: Api, width: int) -> None:
    page, _ = opened(browser, demo, viewport={"width": width, "height": 900})
    sign_in(page)
    for path in FORMS:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.context.close()


def test_forms_work_without_scripts(browser: Browser, demo: Api) -> None:
    page, said = opened(browser, demo, java_script_enabled=False)
    page.goto("/sign-in?next=/write/entity")
    page.get_by_label("API key").fill(str(ADMIN))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Name", exact=True).fill("A new lab")
    page.get_by_label("Key short").fill("a-new-lab")
    page.locator("select[name=kind]").select_option("organization")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Save").click()
    assert page.url.partition("?")[0].endswith("/entities/a-new-lab")
    page.get_by_role("button", name="Sign out").click()
    assert page.get_by_role("link", name="Sign in").count() == 1
    assert said == []
    page.context.close()
