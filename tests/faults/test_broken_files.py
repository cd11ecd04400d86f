"""Broken and hostile files, one a line: each is refused or partly taken as documented, within seconds, in little
memory; atomic mode leaves nothing, and nothing is ever a fault of the service.
"""

import json
import time
from typing import Any, NamedTuple

import pytest

from tests.support import Api
from tests.transfer.files import PLAIN, table

ENTITY = {"type": "entity", "key": "e", "kind": "other", "name": "E"}
GOOD = json.dumps(ENTITY).encode() + b"\n"
ROW = table(PLAIN)
HEADER, CELLS = ROW.split(b"\r\n")[:2]
DEEP = b"[" * 10_000
CLAIM = {"type": "claim", "source": "s", "claimant": "e", "subject": "e", "statement": "x"}


def entity(**fields: Any) -> bytes:
    return json.dumps({**ENTITY, **fields}).encode() + b"\n"


def cell(name: str, text: str) -> bytes:
    return table({**PLAIN, name: text})


class Broken(NamedTuple):
    """`taken`: how many records a partial import takes all the same; None where the whole file is refused."""

    what: str
    format: str
    content: bytes
    taken: int | None = None


TABLE = [
    # what is no text, or not in UTF-8
    Broken("a zero byte", "jsonl", GOOD + b"\x00\n"),
    Broken("a zero byte in a cell", "csv", ROW + CELLS.replace(b"R1", b"R\x001")),
    Broken("utf-16", "jsonl", json.dumps(ENTITY).encode("utf-16")),
    Broken("latin-1", "jsonl", GOOD + '{"name": "é"}'.encode("latin-1")),
    Broken("windows-1252 in a table", "csv", ROW + "R1,“x”".encode("cp1252")),
    Broken("a cut character at the end", "jsonl", GOOD + "深".encode()[:2]),
    Broken("overlong utf-8", "csv", HEADER + b"\r\n\xc0\xaf,x"),
    Broken("gzip", "jsonl", b"\x1f\x8b\x08\x00\x00\x00"),
    Broken("a zip", "csv", b"PK\x03\x04\x14\x00"),
    Broken("random bytes", "csv", bytes(range(256)) * 100),
    # lines
    Broken("nothing", "csv", b""),
    Broken("blank lines", "csv", b"\n\n \n"),
    Broken("nothing at all", "jsonl", b"", 0),
    Broken("a line of 100 MB", "jsonl", GOOD + b"x" * 100_000_000),
    Broken("a cell of 10 MB", "csv", HEADER + b"\n" + b"x" * 10_000_000),
    Broken("a million commas", "csv", HEADER + b"\n" + b"," * 1_000_000, 0),
    Broken("two thousand columns", "csv", b",".join(b"c%d" % n for n in range(2_000))),
    Broken("carriage returns alone", "jsonl", GOOD.replace(b"\n", b"\r") + entity(key="f").replace(b"\n", b"\r"), 2),
    Broken("carriage returns in a table", "csv", ROW.replace(b"\r\n", b"\r"), 1),
    Broken("ends of lines of every kind", "jsonl", GOOD + b"\r\n\r" + entity(key="f").strip() + b"\r", 2),
    Broken("a byte order mark", "jsonl", b"\xef\xbb\xbf" + GOOD, 1),
    Broken("a byte order mark and a header", "csv", b"\xef\xbb\xbf" + ROW, 1),
    Broken("two byte order marks", "jsonl", b"\xef\xbb\xbf\xef\xbb\xbf" + GOOD, 0),
    # JSON
    Broken("not json", "jsonl", GOOD + b"{\n", 1),
    Broken("an object over two lines", "jsonl", b'{"type":\n"entity"}\n', 0),
    Broken("two objects on a line", "jsonl", GOOD.strip() + GOOD, 0),
    Broken("lists 10,000 deep", "jsonl", GOOD + DEEP + b"\n", 1),
    Broken("closed lists 10,000 deep", "jsonl", GOOD + DEEP + b"]" * 10_000 + b"\n", 1),
    Broken("deep in a field", "jsonl", b'{"type": "entity", "aliases": ' + DEEP + b"]" * 10_000 + b"}\n", 0),
    Broken("a name twice", "jsonl", b'{"type": "entity", "key": "e", "key": "f", "kind": "other", "name": "E"}\n', 0),
    Broken("NaN", "jsonl", b'{"type": "entity", "key": NaN}\n', 0),
    Broken("a number of a million digits", "jsonl", b'{"type": "entity", "key": ' + b"9" * 1_000_000 + b"}\n", 0),
    Broken("an exponent of a hundred million", "jsonl", b'{"type": "entity", "key": 1e100000000}\n', 0),
    Broken("half a surrogate pair", "jsonl", GOOD.replace(b'"E"', b'"\\ud800"'), 0),
    Broken("a null character", "jsonl", GOOD.replace(b'"E"', b'"\\u0000"'), 0),
    Broken("a list", "jsonl", b"[" + GOOD.strip() + b"]\n", 0),
    Broken("a table sent as json lines", "jsonl", ROW, 0),
    Broken("json lines sent as a table", "csv", GOOD),
    Broken("an unknown kind", "jsonl", GOOD + b'{"type": "planet"}\n', 1),
    Broken("an unknown field", "jsonl", entity(colour="red"), 0),
    # identities
    Broken("an id twice", "jsonl", entity(id="0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e01")
           + entity(id="0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e01", key="f"), 1),
    Broken("a key twice", "jsonl", GOOD + entity(name="F"), 1),
    Broken("an id that is none", "jsonl", entity(id="5"), 0),
    Broken("a record before what it refers to", "jsonl", entity(part_of="f") + entity(key="f"), 1),
    Broken("a part of itself", "jsonl", entity(part_of="e"), 0),
    Broken("a claim without its source", "jsonl", GOOD + json.dumps(CLAIM).encode(), 1),
    Broken("a claim that repeats itself", "jsonl", GOOD + json.dumps(
        {**CLAIM, "key": "c", "derived_from": "c"}).encode(), 1),
    Broken("a bad last row", "jsonl", b"".join(entity(key=f"e{n}") for n in range(300)) + b"{", 300),
    # tables
    Broken("an unclosed quote", "csv", ROW + b'"R1,x\n' + CELLS),
    Broken("an unclosed quote over much", "csv", ROW + b'"R1,' + (CELLS + b"\n") * 20_000),
    Broken("text after a quote", "csv", ROW + b'"R1"x,5\n'),
    Broken("the header twice", "csv", ROW + HEADER + b"\n", 1),
    Broken("a column twice", "csv", b"subject,subject\na,b\n"),
    Broken("an unknown column", "csv", b"subject,metric,colour\na,b,c\n"),
    Broken("no header", "csv", CELLS),
    Broken("semicolons", "csv", ROW.replace(b",", b";"), 0),
    Broken("tabs", "csv", ROW.replace(b",", b"\t"), 1),
    Broken("a row too long", "csv", ROW + CELLS + b",more,and more\n", 1),
    Broken("a row too short", "csv", HEADER + b"\nR1,Cost\n", 0),
    *(Broken(f"the number {text[:12]}", "csv", cell("value", text), 0) for text in
      ("0,5", "1.234.567", "12,34", "€5", "5 to 3", "50%", "(5)", "many 5", "NaN", "1e400", "9" * 39,
       "0." + "0" * 18 + "1")),
    Broken("a formula", "csv", cell("subject", "=cmd()"), 1),
    Broken("a date that could be two", "csv", cell("asserted", "1/2/2022"), 0),
    Broken("a unit that is none", "csv", cell("unit", "parsec"), 0),
    # reviews
    Broken("a review in pieces", "claimreview", b'{"@type": "ClaimReview"'),
    Broken("no review", "claimreview", b'{"@type": "Article"}'),
    Broken("graphs 10,000 deep", "claimreview", b'{"@graph": [' * 10_000),
    Broken("graphs 10,000 deep and closed", "claimreview", b'{"@graph": [' * 10_000 + b"]}" * 10_000),
    Broken("a review of nothing", "claimreview", b'{"@type": "ClaimReview", "author": {"name": "A"}}', 0),
    Broken("types of every shape", "claimreview", b'{"@type": [5, {}, null, "ClaimReview"], "url": 5}', 0),
]  # fmt: skip


def counted(api: Api) -> int:
    return sum(len(api.get(path, limit=200)["items"]) for path in ("/entities", "/sources", "/metrics", "/claims"))


@pytest.mark.parametrize("broken", TABLE, ids=lambda broken: broken.what)
@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_broken_file_is_refused_or_partly_taken(api: Api, broken: Broken) -> None:
    began = time.monotonic()
    atomic = api.client.post(f"/v1/imports?format={broken.format}", content=broken.content)
    is_whole = broken.taken is not None and atomic.status_code == 200
    if not is_whole:
        assert atomic.status_code == 422, atomic.text
        assert atomic.json()["errors"], atomic.text
        assert counted(api) == 0, "atomic mode leaves nothing"
    partial = api.client.post(f"/v1/imports?format={broken.format}&mode=partial", content=broken.content)
    if broken.taken is None:
        assert partial.status_code == 422, partial.text
        assert counted(api) == 0
    else:
        result = partial.json()
        assert partial.status_code == 200, partial.text
        counts = result["counts"].values()
        taken = sum(kind["created"] + kind["unchanged"] for kind in counts)
        assert (taken > 0) == (broken.taken > 0), result
        if broken.format == "jsonl":
            assert taken == broken.taken, result
        assert (result["rejected_total"] > 0) == (not is_whole)
    assert time.monotonic() - began < 10
    assert len(atomic.content) < 100_000, "what is told is bounded"


def test_there_are_about_sixty_of_them() -> None:
    assert len({broken.what for broken in TABLE}) == len(TABLE) >= 60
