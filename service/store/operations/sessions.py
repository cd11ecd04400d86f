"""Sessions of people who signed in to the pages with an API key."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select

from service.db.models import SessionRow
from service.errors import Unauthenticated
from service.store.operations import keys
from service.store.operations.keys import Principal
from service.store.records import record_writes

LIFE = timedelta(hours=8)


def begin(connection: Connection, key_id: str) -> str:
    """Begins a session that acts with this key, and returns its id, which is stored nowhere. Deletes expired ones."""
    session_id = secrets.token_hex(32)
    moment = record_writes.now()
    connection.execute(delete(SessionRow).where(SessionRow.expires_at <= moment))
    row = {"digest": _digest(session_id), "key_id": key_id, "created_at": moment, "expires_at": moment + LIFE}
    connection.execute(insert(SessionRow).values(row))
    return session_id


def authenticate(connection: Connection, session_id: str) -> Principal:
    """Returns the key that the session acts with, as it is now. Raises Unauthenticated if either has ended."""
    standing = SessionRow.digest == _digest(session_id), SessionRow.expires_at > record_writes.now()
    key_id = connection.execute(select(SessionRow.key_id).where(*standing)).scalar()
    if key_id is None:
        raise Unauthenticated("The session has ended. Sign in again.")
    return keys.standing(connection, key_id)


def stands(connection: Connection, session_id: str) -> bool:
    """Whether the session is stored."""
    found = select(SessionRow.key_id).where(SessionRow.digest == _digest(session_id))
    return connection.execute(found).first() is not None


def end(connection: Connection, session_id: str) -> None:
    connection.execute(delete(SessionRow).where(SessionRow.digest == _digest(session_id)))


def _digest(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()
