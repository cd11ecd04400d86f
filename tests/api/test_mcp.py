"""The tools for programs, called by the official client, over HTTP and over standard input and output."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from tests.commands import COUNTERCLAIM
from tests.databases import Templates
from tests.faults.served import Served

R1 = "deepseek-r1.training-cost.on-top-of-base"


@pytest.fixture(scope="module")
def served(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    url = templates.clone("sqlite", demo=True)
    with Served(url, tmp_path_factory.mktemp("mcp")) as service:
        yield service


def ask(served: Served, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """The answers of the tools, over HTTP."""

    async def work() -> list[Any]:
        async with streamable_http_client(f"{served.url}/mcp") as streams, ClientSession(*streams[:2]) as session:
            await session.initialize()
            return [await session.call_tool(name, arguments) for name, arguments in calls]

    return anyio.run(work)


def text(answer: Any) -> str:
    return str(answer.content[0].text)


def test_there_are_six_tools_and_all_read(served: Served) -> None:
    async def work() -> Any:
        async with streamable_http_client(f"{served.url}/mcp") as streams, ClientSession(*streams[:2]) as session:
            await session.initialize()
            return (await session.list_tools()).tools

    tools = anyio.run(work)
    assert {tool.name for tool in tools} == {
        "search_claims", "compare", "compare_two", "disagreements", "read_claim", "draft_figures",
    }  # fmt: skip
    assert all(tool.annotations.read_only_hint and tool.description for tool in tools)


def test_structured_content_is_what_rest_answers(served: Served) -> None:
    calls: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
        ("compare", {"ref": R1}, f"/v1/comparisons/{R1}", {}),
        (
            "compare_two",
            {"left": R1, "right": "gpt-4.training-cost"},
            "/v1/comparisons/between",
            {"left": R1, "right": "gpt-4.training-cost"},
        ),
        ("disagreements", {"limit": 3}, "/v1/disagreements", {"limit": 3}),
        ("read_claim", {"ref": "r1-06"}, "/v1/claims/r1-06", {}),
        ("search_claims", {"words": "R1 294000"}, "/v1/search", {"q": "R1 294000", "limit": 10}),
    ]
    with served.client() as client:
        for name, arguments, path, params in calls:
            (answer,) = ask(served, (name, arguments))
            structured = dict(answer.structured_content)
            structured.pop("permalink", None)
            assert structured == client.get(path, params=params).json(), name


def test_the_text_gives_both_sides_their_sources_and_a_lasting_address(served: Served) -> None:
    (answer,) = ask(served, ("compare", {"ref": R1}))
    said = text(answer)
    assert "DeepSeek: $294,000 (reported), claim r1-06" in said
    assert "Epoch AI" in said
    assert "https://www.nature.com/articles/s41586-025-09422-z" in said
    permalink = said.rpartition("Permalink: ")[2]
    assert permalink == answer.structured_content["permalink"]
    assert permalink.startswith(f"{served.url}/comparisons/{R1}?by=basis&recorded_as_of=")
    assert httpx.get(permalink).status_code == 200


def test_what_is_wrong_is_said_so_that_it_can_be_mended(served: Served) -> None:
    unknown, wrong, drafts = ask(
        served,
        ("compare", {"ref": "nothing.training-cost"}),
        ("disagreements", {"subject": "nobody"}),
        ("draft_figures", {"text": "It cost about $5.6 million."}),
    )
    assert unknown.is_error
    assert wrong.is_error
    assert "nobody" in text(wrong)
    assert drafts.structured_content["drafts"][0]["value"] == "5600000"


def test_it_authenticates_as_reads_do(templates: Templates, tmp_path: Path) -> None:
    closed = {"COUNTERCLAIM_PUBLIC_READS": "false", "COUNTERCLAIM_CORS_ORIGINS": "https://pages.example"}
    with Served(templates.clone("sqlite", demo=True), tmp_path, closed) as service:
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        headers = {"Accept": "application/json, text/event-stream"}
        assert httpx.post(f"{service.url}/mcp", json=body, headers=headers).status_code == 401
        with service.client() as client:
            assert client.post("/mcp", json=body, headers=headers).status_code == 200
            for origin, status in (("https://evil.example", 403), ("https://pages.example", 200)):
                answer = client.post("/mcp", json=body, headers=headers | {"Origin": origin})
                assert answer.status_code == status
            assert client.get("/mcp").status_code == 405
            assert client.post("/mcp/", json=body, headers=headers).status_code == 404, "one exact path"
        assert "StreamableHTTP" not in service.log or json.loads(service.log.splitlines()[0])


def test_over_standard_input_it_reads_the_database_only(templates: Templates, tmp_path: Path) -> None:
    url = templates.clone("sqlite", demo=True)
    parameters = StdioServerParameters(
        command=str(COUNTERCLAIM), args=["mcp", "--database-url", url, "--base-url", "https://claims.example/"]
    )

    log = (tmp_path / "mcp.log").open("w")

    async def work() -> Any:
        async with stdio_client(parameters, errlog=log) as streams, ClientSession(*streams) as session:
            await session.initialize()
            return await session.call_tool("compare", {"ref": R1})

    answer = anyio.run(work)
    assert "https://claims.example/comparisons/" in text(answer)
