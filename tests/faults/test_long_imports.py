"""Long imports: killed in the middle they leave nothing, or whole batches; and others go on writing meanwhile."""

import json
import threading
import time
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from service.db.models import ChangeRow, ClaimRow, FigureRow
from service.store.operations.database_setup import open_database
from tests.commands import run, run_in
from tests.faults.served import AUTHORIZED, Amount, Served
from tests.store.test_summaries import assert_true
from tests.transfer.files import PLAIN, table

PATIENCE = 2.0  # seconds that a writer waits for a lock


def rows(number: int) -> bytes:
    """Figures on a tenth as many measurands, in two sources."""
    return table(
        *(
            {**PLAIN, "subject": f"Model {n % (number // 10)}", "value": str(n + 1), "source_title": f"Paper {n % 2}"}
            for n in range(number)
        )
    )


def stored(url: str) -> tuple[int, int, int]:
    """Claims, figures, and versions of both on record; every summary is true."""
    database = open_database(url)
    try:
        with database.snapshot() as connection:
            claims, figures = (
                connection.execute(select(func.count()).select_from(t)).scalar_one() for t in (ClaimRow, FigureRow)
            )
            kinds = ChangeRow.kind.in_(["claim", "figure"])
            changes = connection.execute(select(func.count()).select_from(ChangeRow).where(kinds)).scalar_one()
        assert_true(database)
        return claims, figures, changes
    finally:
        database.close()


def send(server: Served, content: bytes, mode: str) -> dict[str, Any]:
    answer = httpx.post(
        f"{server.url}/v1/imports?format=csv&mode={mode}", content=content, headers=AUTHORIZED, timeout=300
    )
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def test_an_atomic_import_that_is_killed_leaves_nothing(database_url: str, tmp_path: Path, amount: Amount) -> None:
    content = rows(1_000)
    server = Served(database_url, tmp_path)
    for attempt in range(amount(1, 20)):
        server.start()
        sending = threading.Thread(target=_ignoring, args=(server, content, "atomic"))
        sending.start()
        time.sleep(0.2 + 0.1 * (attempt % 5))
        server.kill()
        sending.join(30)
        assert stored(database_url) == (0, 0, 0)


def test_a_partial_import_that_is_killed_leaves_whole_batches_and_is_completed(
    database_url: str, tmp_path: Path, amount: Amount
) -> None:
    number = 1_500
    content = rows(number)
    server = Served(database_url, tmp_path)
    for attempt in range(amount(1, 10)):
        server.start()
        sending = threading.Thread(target=_ignoring, args=(server, content, "partial"))
        sending.start()
        begun = time.monotonic()
        with server.client() as client:
            while attempt == 0 and not client.get("/v1/claims?limit=1").json()["items"]:
                assert time.monotonic() - begun < 60, server.log
                time.sleep(0.02)
        time.sleep(0.3)
        server.kill()
        sending.join(30)
        claims, figures, changes = stored(database_url)
        assert 0 < claims == figures < number
        assert changes == 2 * claims
    with server:
        result = send(server, content, "partial")
    assert (result["rejected_total"], result["lines"]) == (0, number)
    assert stored(database_url) == (number, number, 2 * number)


def _ignoring(server: Served, content: bytes, mode: str) -> None:
    try:
        send(server, content, mode)
    except httpx.TransportError:
        return  # it was killed


class Writers:
    """Clients that write small records, until told to stop; how long each had to wait, and what went wrong."""

    def __init__(self, server: Served, number: int = 4) -> None:
        self.server = server
        self.waits: list[float] = []
        self.failures: list[str] = []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._write, args=(n,)) for n in range(number)]

    def __enter__(self) -> "Writers":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(60)

    def _write(self, number: int) -> None:
        with self.server.client() as client:
            made = 0
            while not self.stop.wait(0.05):
                made += 1
                body = {"key": f"w{number}-{made}", "kind": "other", "name": f"W {number} {made}"}
                began = time.monotonic()
                answer = client.post("/v1/entities", json=body)
                self.waits.append(time.monotonic() - began)
                if answer.status_code != 201:
                    self.failures.append(answer.text)


@pytest.mark.parametrize("mode", ["atomic", "partial"])
def test_others_write_while_a_file_is_imported(database_url: str, tmp_path: Path, amount: Amount, mode: str) -> None:
    number = amount(400, 1_000) if mode == "atomic" else amount(1_200, 100_000)
    with Served(database_url, tmp_path) as server, Writers(server) as writers:
        result = send(server, rows(number), mode)
    assert result["counts"]["figure"]["created"] == number
    assert writers.failures == []
    assert len(writers.waits) >= 4
    assert max(writers.waits) < PATIENCE + 1


@pytest.mark.parametrize("kind", ["sqlite"])
def test_others_write_while_the_command_loads_into_the_same_file(
    database_url: str, tmp_path: Path, amount: Amount
) -> None:
    file = tmp_path / "figures.csv"
    file.write_bytes(rows(amount(1_000, 50_000)))
    with Served(database_url, tmp_path) as server, Writers(server) as writers:
        loading = run("load", "--mode", "partial", str(file), COUNTERCLAIM_DATABASE_URL=database_url)
    assert loading.returncode == 0, loading.stderr
    assert writers.failures == []
    assert len(writers.waits) >= 4


def test_the_command_sends_a_file_to_a_service(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "figures.csv"
    file.write_bytes(rows(100))
    bad = tmp_path / "bad.jsonl"
    bad.write_text(json.dumps({"type": "planet"}), "utf-8")
    key = AUTHORIZED["Authorization"].removeprefix("Bearer ")
    with Served(database_url, tmp_path) as server:

        def load(*arguments: str, key: str = key) -> CompletedProcess[str]:
            return run("load", "--server", server.url, *arguments, COUNTERCLAIM_KEY=key)

        sent = load(str(file))
        assert (sent.returncode, "figure: 100 created, 0 unchanged" in sent.stderr) == (0, True), sent.stderr
        refused = load(str(bad))
        assert (refused.returncode, "line 1, /type: Each line is" in refused.stderr) == (1, True), refused.stderr
        unknown = load(str(file), key="ccl_nothing")
        assert (unknown.returncode, "holds no API key" in unknown.stderr) == (1, True), unknown.stderr
    assert "does not answer" in load(str(file)).stderr


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_the_command_cannot_read_is_told(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "figures.csv").write_bytes(rows(10))
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    (tmp_path / "figures.pdf").write_bytes(b"PK")

    def load(*arguments: str) -> str:
        done = run_in(tmp_path, "load", *arguments, COUNTERCLAIM_DATABASE_URL=database_url)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        return done.stderr

    assert "say with --format what this is" in load("figures.pdf")
    assert "The mapping is not TOML" in load("--map", "bad.toml", "figures.csv")
    assert "does not exist" in load("nothing.csv")
    assert "save it to a file first" in load("--format", "csv", "/dev/stdin")
    assert "date_order is for csv" in load("--format", "jsonl", "--date-order", "mdy", "figures.csv")
