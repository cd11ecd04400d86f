"""Backups: a copy of the whole database at one moment, with a manifest of its expected content (`FILE.json`).

SQLite is copied by its online backup, PostgreSQL by pg_dump of an exported snapshot, while the service keeps running.
A copy of SQLite is valid only if its content has the digest of that moment, one of PostgreSQL if it can be read to its
end. On both, a restore is valid only if the restored content has the digest.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from service.db.dialects import postgres, sqlite
from service.db.engine import Database
from service.db.revisions import current_revision, knows
from service.errors import Conflict, Invalid
from service.store.operations.checksum import Content, content

_FORMAT = "counterclaim backup 1"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of a backup. `rows` are counts by table; both digests are SHA-256."""

    format: str
    dialect: str
    revision: str
    made_at: str
    rows: dict[str, int]
    content_digest: str
    file_digest: str


def manifest_of(file: Path) -> Path:
    return file.with_name(file.name + ".json")


def back_up(database: Database, file: Path, postgres_bin: Path | None) -> Manifest:
    """Raises Conflict if the file already exists, Invalid if the database was never migrated or the copy differs."""
    if file.exists():
        raise Conflict(f"{file} is there already; a backup is never overwritten.")
    with _parts_of(file) as part:
        with database.unhurried() as connection:
            held = content(connection)
            revision = current_revision(connection)
            if revision is None:
                raise Invalid("There is nothing to back up: this database was never migrated.")
            if database.dialect == "sqlite":
                sqlite.copy(connection, part)
            else:
                postgres.dump(connection, part, postgres_bin)
        if database.dialect == "sqlite":
            _verify_sqlite(part, held.digest)
        made = datetime.now(UTC).isoformat()
        manifest = Manifest(_FORMAT, database.dialect, revision, made, held.rows, held.digest, _digest_of(part))
        # the manifest first: without the file it has no effect, and the next backup of this name replaces it
        manifest_of(file).write_text(json.dumps(asdict(manifest), indent=1) + "\n", "utf-8")
        _sync(manifest_of(file))
        _publish(part, file)
    return manifest


@contextmanager
def _parts_of(file: Path) -> Iterator[Path]:
    """A temporary name beside the file. Anything left under it is removed on exit."""
    part = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
    finally:
        for leftover in (part, *_journals_of(part)):
            leftover.unlink(missing_ok=True)


def _journals_of(file: Path) -> list[Path]:
    """The files that SQLite keeps beside a database, and would replay into any file of that name."""
    return [file.with_name(file.name + suffix) for suffix in ("-wal", "-shm", "-journal")]


def _publish(part: Path, file: Path) -> None:
    _sync(part)
    part.rename(file)
    _sync(file.resolve().parent)


def read_manifest(file: Path) -> Manifest:
    """The expected content of a backup. Raises Invalid if the manifest cannot be read or the file has changed."""
    try:
        manifest = Manifest(**json.loads(manifest_of(file).read_text("utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        raise Invalid(f"{manifest_of(file)} cannot be read; it was made together with the backup.") from None
    if manifest.format != _FORMAT or not file.is_file() or _digest_of(file) != manifest.file_digest:
        raise Invalid(f"{file} is not the file that was backed up: its digest is another.")
    return manifest


def restore_sqlite(file: Path, target: Path) -> Manifest:
    """Raises Conflict if the target already exists, Invalid if the backup has changed."""
    manifest = _read_for("sqlite", file)
    for there in (target, *_journals_of(target)):
        if there.exists():
            raise Conflict(f"{there} is there already; a backup is restored to a name of its own.")
    with _parts_of(target) as part:
        shutil.copyfile(file, part)
        _verify_sqlite(part, manifest.content_digest)
        _publish(part, target)
    return manifest


def restore_postgres(file: Path, database: Database, postgres_bin: Path | None) -> Manifest:
    """All or nothing. Raises Conflict unless the database is empty, Invalid if the backup has changed."""
    manifest = _read_for("postgresql", file)
    with database.unhurried() as connection:
        if content(connection).rows:
            raise Conflict("There are tables in this database already; a backup is restored to an empty one.")
    postgres.restore(database.writer.url, file, postgres_bin)
    with database.unhurried() as connection:
        _compare(content(connection), manifest.content_digest)
    return manifest


def _read_for(dialect: str, file: Path) -> Manifest:
    manifest = read_manifest(file)
    if not knows(manifest.revision):
        raise Invalid(f"{file} is at migration {manifest.revision}, which only a newer version knows.")
    if manifest.dialect != dialect:
        raise Invalid(f"{file} is a backup of {manifest.dialect}, and this database is of {dialect}.")
    return manifest


def _verify_sqlite(file: Path, digest: str) -> None:
    copy = Database(f"sqlite:///{file}")
    try:
        with copy.unhurried() as connection:
            if (found := sqlite.damage(connection)) is not None:
                raise Invalid(f"{file} is damaged: {found}")
            _compare(content(connection), digest)
    finally:
        copy.close()


def _compare(found: Content, digest: str) -> None:
    if found.digest != digest:
        raise Invalid("The copy differs from what was backed up; do not use it.")


def _digest_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """Waits until a file, or the entries of a directory, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
