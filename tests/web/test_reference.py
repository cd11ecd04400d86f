"""The two reference pages: what they show is there, and their samples work on the demo."""

import os
import re
import subprocess
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from service.web.reference import operations_of
from tests.support import ADMIN, Api

_LEFT_OUT = ("/stream", "/drafts/source")  # one never ends, and one asks servers elsewhere
_PLACEHOLDER = "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e8f"  # an id that a sample shows, but that no record has


def test_ids_on_the_plain_page_are_unique_and_every_problem_has_one(api: Api) -> None:
    page = api.client.get("/docs/plain").text
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    kind = api.client.get("/v1/claims/nobody").json()["type"]
    assert kind == "/docs/plain#problem-not_found"
    assert kind.partition("#")[2] in ids
    links = re.findall(r'href="#([^"]+)"', page)
    assert set(links) <= set(ids)


def samples(demo: Api, language: str) -> list[str]:
    """The samples that read, and those that create what the demo has."""
    found = []
    for operation in operations_of(demo.client.get("/openapi.json").json()):
        code = {one.language: one.code for one in operation["samples"]}[language]
        created = operation["method"] == "POST" and "requestBody" in operation and "imports" not in operation["path"]
        if (
            (operation["method"] == "GET" or created)
            and _PLACEHOLDER not in code
            and not any(one in code for one in _LEFT_OUT)
        ):
            found.append(code)
    return found


@pytest.mark.parametrize("kind", ["sqlite"])
def test_every_python_sample_runs(demo: Api) -> None:
    with httpx.Client(base_url=demo.client.base_url, headers={"Authorization": f"Bearer {ADMIN}"}) as client:
        ran = 0
        for code in samples(demo, "Python"):
            exec(code, {"client": client})
            ran += 1
    assert ran > 60


@pytest.mark.parametrize("kind", ["sqlite"])
def test_every_curl_sample_runs(demo: Api) -> None:
    environment = {**os.environ, "URL": str(demo.client.base_url).rstrip("/"), "KEY": str(ADMIN)}
    for code in samples(demo, "curl"):
        checked = code.replace("curl -s", "curl -s --fail -o /dev/null", 1)
        done = subprocess.run(["sh", "-c", checked], env=environment, capture_output=True, check=False)
        assert done.returncode == 0, code


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_interactive_page_searches_and_sends_under_a_strict_policy(demo: Api, browser: Browser) -> None:
    browser_page = browser.new_page()
    said: list[str] = []
    browser_page.on("console", lambda message: said.append(message.text))
    answer: Any = browser_page.goto(f"{demo.client.base_url}/docs")
    assert "unsafe" not in answer.headers["content-security-policy"]
    browser_page.wait_for_selector(".opblock")
    browser_page.fill(".operation-filter-input", "linked data")
    browser_page.wait_for_function("document.querySelectorAll('.opblock').length === 1")
    browser_page.click(".opblock-summary")
    browser_page.fill('.opblock input[placeholder="ref"]', "r1-06")
    browser_page.click(".opblock .execute")
    browser_page.wait_for_selector(".live-responses-table .response-col_status:has-text('200')")
    assert said == []
    browser_page.close()
