"""What an import may cost: its file, its mapping, and its time are bounded, and nobody waits for its reading."""

import io
import itertools
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from service.db.engine import Connection, Database
from service.domain.vocabulary import ImportMode
from service.errors import Invalid, TooSlow
from service.schemas.imports import ImportOptions
from service.transfer import imports
from service.transfer.imports import Import
from service.transfer.jsonl import JsonLines
from service.transfer.mapping import parse_mapping
from service.transfer.spreadsheet import Spreadsheet
from tests.support import Api

T = TypeVar("T")
ENTITIES = b"".join(b'{"type":"entity","key":"e-%d","kind":"person","name":"E %d"}\n' % (n, n) for n in range(900))


def refused(mapping: str) -> str:
    began = time.process_time()
    with pytest.raises(Invalid) as found:
        parse_mapping(mapping)
    assert time.process_time() - began < 0.5
    assert found.value.faults[0].pointer == "/mapping"
    return found.value.detail


@pytest.mark.parametrize(
    "mapping",
    [
        ".".join("a" * 10_000) + " = 1",
        "[" + ".".join("a" * 10_000) + "]",
        " . ".join(['"a"'] * 5_000) + " = 1",
        " . ".join(["'a'"] * 5_000) + " = 1",
    ],
    ids=lambda text: text[:5],
)
def test_a_mapping_of_deep_keys_is_refused_at_once(mapping: str) -> None:
    assert "nested too deep" in refused(mapping)


@pytest.mark.parametrize("mapping", ["x = " + "1" * 19_000, "x = " + "[" * 19_000, "x = " + "{" * 19_000, "a" * 20_000])
def test_a_mapping_that_cannot_be_read_is_refused_at_once(mapping: str) -> None:
    assert "not TOML" in refused(mapping)


def test_a_mapping_fills_a_bounded_number_of_columns() -> None:
    row = f'[row]\nsubject = "{"{a}" * 4_500}"\n' + '[[figure]]\nvalue = "{b}"\n' * 50
    assert "names columns 4,550 times" in refused(row)


def test_the_texts_of_a_row_are_filled_once_for_all_its_figures() -> None:
    mapping = parse_mapping('[row]\nsubject = "{A}"\n' + '[[figure]]\nvalue = "{B}"\n' * 50)
    asked: list[str] = []

    class Cells(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:
            asked.append(name)
            return super().get(name, default)

    assert len(mapping.rows(Cells(A="x", B="1"))[0]) == 50
    assert asked.count("A") == 1


def test_unknown_columns_are_looked_for_a_bounded_number_of_times(database: Database) -> None:
    header = ",".join(f"column-{n}{'x' * 90}" for n in range(1_000))
    mapping = parse_mapping('[row]\nsubject = "' + "".join(f"{{no-{n}}}" for n in range(1_000)) + '"')
    began = time.process_time()
    with pytest.raises(Invalid) as found:
        run(database, f"{header}\n1\n".encode(), Spreadsheet(mapping))
    assert len(found.value.faults) == 20
    assert time.process_time() - began < 3


def run(database: Database, content: bytes, form: Any = None, **options: Any) -> Any:
    limits = {name: options.pop(name) for name in ("watch", "seconds") if name in options}
    work = Import(form or JsonLines(), io.BytesIO(content), ImportOptions(**options), **limits)
    return work.run(database.write, most=database.max_import_rows, pause=lambda: None)


@pytest.mark.parametrize("form", [JsonLines, Spreadsheet])
@pytest.mark.parametrize("mode", ["atomic", "partial"])
def test_a_file_of_empty_lines_is_refused_early(database: Database, form: Callable[[], Any], mode: str) -> None:
    began = time.process_time()
    with pytest.raises(Invalid, match="lines are empty"):
        run(database, b"\n" * 4_000_000, form(), mode=mode)
    assert time.process_time() - began < 3


def test_a_file_is_read_before_the_transaction_begins(database: Database) -> None:
    happened: list[str] = []

    class Noted(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            happened.append("read")
            return super().read(size)

    def write(work: Callable[[Connection], T]) -> T:
        happened.append("write")
        return database.write(work)

    work = Import(JsonLines(), Noted(ENTITIES), ImportOptions())
    work.run(write, most=database.max_import_rows, pause=lambda: None)
    assert happened.count("write") == 1
    assert happened[-1] == "write"


class Gone(Exception):
    pass


def stop_after(calls: int) -> Callable[[], None]:
    left = iter(range(calls))

    def watch() -> None:
        if next(left, None) is None:
            raise Gone

    return watch


def stored(database: Database) -> int:
    with database.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM entity").scalar_one())


def stopped_everywhere(database: Database, **options: Any) -> list[int]:
    """Imports a file again and again, stopped a moment later each time. Returns how much is stored after each."""
    found = []
    for calls in itertools.count():
        try:
            run(database, ENTITIES, watch=stop_after(calls), **options)
        except Gone:
            found.append(stored(database))
        else:
            return found
    raise AssertionError


def test_an_import_ends_with_its_client_and_leaves_whole_batches(database: Database) -> None:
    left = stopped_everywhere(database, mode="partial")
    assert len(left) > 10
    assert left == sorted(left)
    assert {0, 100} <= set(left)
    assert len(set(left)) < 10, "some batches of hundreds, and no part of one"


def test_an_atomic_import_that_ends_with_its_client_leaves_nothing(database: Database) -> None:
    left = stopped_everywhere(database)
    assert len(left) > 10
    assert set(left) == {0}


def test_an_import_that_takes_too_long_says_where_it_was_cut_off(database: Database) -> None:
    def watch() -> None:
        if stored(database) > 0:
            time.sleep(3)

    result = run(database, ENTITIES, mode="partial", seconds=2.5, watch=watch)
    done = stored(database)
    assert 0 < done < 900
    assert (result.cut_off_at, result.lines, result.counts.entity.created) == (done + 1, done, done)
    assert run(database, ENTITIES, mode="partial").cut_off_at is None
    with pytest.raises(TooSlow, match="Nothing was written"):
        run(database, ENTITIES, seconds=-1)


def test_a_client_that_has_gone_gives_its_place_back(api: Api) -> None:
    """Over HTTP, where the client closes the connection while its file is read."""
    line = b"subject,metric,value,unit,source_title\n" + b"S,M,1,USD,T\n" * 200_000
    for _ in range(4):  # more than are imported at once
        with pytest.raises(Exception, match="timed out"):
            api.client.post("/v1/imports", params={"format": "csv"}, content=line, timeout=0.7)
    answer = api.client.post("/v1/imports", params={"format": "jsonl"}, content=ENTITIES[:60], timeout=20)
    assert answer.status_code in (200, 422)


def test_lines_that_fail_hold_no_lock_together(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each half of a batch that fails is a transaction of its own. Others get a turn while a batch is halved."""
    lines = b"".join(b'{"type":"entity","key":"e","kind":"person","name":"E %d"}\n' % n for n in range(200))
    pauses: list[float] = []
    held: list[float] = []

    def write(work: Callable[[Connection], T]) -> T:
        began = time.monotonic()
        try:
            return database.write(work)
        finally:
            held.append(time.monotonic() - began)

    monkeypatch.setattr(imports, "_TURN", 0.05)
    work = Import(JsonLines(), io.BytesIO(lines), ImportOptions(mode=ImportMode.PARTIAL))
    result = work.run(write, most=1_000, pause=lambda: pauses.append(time.monotonic()))
    assert (result.counts.entity.created, result.rejected_total) == (1, 199)
    assert len(held) > 100
    assert len(pauses) > 3
    assert max(held) < 2
