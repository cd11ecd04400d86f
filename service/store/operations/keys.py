"""API keys: creation, revocation and authentication."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, select, text, update

from service.db.json_select import JsonSelect
from service.db.models import KeyRow
from service.domain.access import Token, new_token
from service.domain.key import is_uuid
from service.domain.vocabulary import Operation, Role
from service.errors import Conflict, Invalid, NotFound, Unauthenticated
from service.schemas.keys import ApiKey, ApiKeyCreate, ApiKeyPage, RecordedKey
from service.store.lists.pagination import record_list
from service.store.records import record_writes
from service.store.records.projection import Projection


def _rows(fields: Iterable[str]) -> JsonSelect:
    return JsonSelect(select(*(getattr(KeyRow, name) for name in fields)), list(fields))


PROJECTION = Projection(KeyRow, ApiKey, _rows(ApiKey.model_fields))
RECORDED = Projection(KeyRow, RecordedKey, _rows(RecordedKey.model_fields))  # as recorded in the history
LIST = record_list(ApiKeyPage, PROJECTION.rows, {}, {"created_at": KeyRow.created_at}, KeyRow.id)
NEWEST_FIRST = "-created_at"


class Principal(NamedTuple):
    """The API key that a request is authenticated with."""

    id: str
    name: str
    role: Role
    last_used_at: datetime | None


def every(connection: Connection) -> list[ApiKey]:
    statement = PROJECTION.rows.rows[connection.dialect.name].order_by(KeyRow.created_at.desc(), KeyRow.id.desc())
    return PROJECTION.read_all(connection, statement)


def create(connection: Connection, body: ApiKeyCreate) -> tuple[Token, ApiKey]:
    """Raises Invalid if the key would have expired already."""
    if body.expires_at is not None and body.expires_at <= record_writes.now():
        raise Invalid.at("/expires_at", "This moment has passed; the key would never work.")
    token = new_token(record_writes.new_id())
    _insert(connection, token, body)
    return token, PROJECTION.read(connection, token.id)


def create_first(connection: Connection, token: Token | None = None) -> Token | None:
    """Stores the first key: the given one, unless it is known; else a new one, if there is no key yet.

    Raises Conflict for the id of a key that has another secret.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE key IN SHARE ROW EXCLUSIVE MODE"))  # two services may start at once
    digests = select(KeyRow.digest).where(KeyRow.id == token.id) if token else select(KeyRow.digest).limit(1)
    known = connection.execute(digests).scalar()
    if known is not None:
        if token is not None and not token.fits(known):
            raise Conflict("A key of this id is known, with another secret. Give the new one another id.")
        return None
    first = token or new_token(record_writes.new_id())
    _insert(connection, first, ApiKeyCreate(name="bootstrap", role=Role.ADMIN))
    return first


def _insert(connection: Connection, token: Token, body: ApiKeyCreate) -> None:
    moment = record_writes.now()
    life = {"id": token.id, "version": 1, "created_at": moment, "updated_at": moment, "digest": token.digest}
    record_writes.insert_new(connection, KeyRow, [{**body.model_dump(), **life}])
    record_writes.note(connection, KeyRow, token.id, Operation.CREATE)


def revoke(connection: Connection, key_id: str) -> ApiKey:
    """Revokes the key as of the commit. Revoking it again changes nothing."""
    row = record_writes.lock(connection, KeyRow, key_id, None)
    if row["revoked_at"] is None:
        record_writes.bump(connection, KeyRow, row, {"revoked_at": record_writes.now()})
    return PROJECTION.read(connection, row["id"])


def authenticate(connection: Connection, token: Token) -> Principal:
    """Raises Unauthenticated for a key that is unknown, wrong, expired or revoked."""
    columns = (KeyRow.name, KeyRow.role, KeyRow.digest, KeyRow.expires_at, KeyRow.revoked_at, KeyRow.last_used_at)
    row = connection.execute(select(*columns).where(KeyRow.id == token.id)).mappings().one_or_none()
    if not token.fits(row["digest"] if row else None) or row is None:
        raise Unauthenticated.at("/Authorization", "This API key is not known here.", "header")
    _refuse_ended(row)
    return Principal(token.id, row["name"], Role(row["role"]), row["last_used_at"])


def standing(connection: Connection, key_id: str) -> Principal:
    """Returns a key that the caller need not show again. Raises Unauthenticated if it has expired or was revoked."""
    columns = (KeyRow.name, KeyRow.role, KeyRow.expires_at, KeyRow.revoked_at, KeyRow.last_used_at)
    row = connection.execute(select(*columns).where(KeyRow.id == key_id)).mappings().one()
    _refuse_ended(row)
    return Principal(key_id, row["name"], Role(row["role"]), row["last_used_at"])


def _refuse_ended(row: RowMapping) -> None:
    if row["revoked_at"] is not None:
        raise Unauthenticated.at("/Authorization", "This API key was revoked.", "header")
    if row["expires_at"] is not None and row["expires_at"] <= record_writes.now():
        raise Unauthenticated.at("/Authorization", "This API key has expired.", "header")


def refuse_ended(connection: Connection, key_id: str) -> None:
    """Raises Unauthenticated if the key has ended since its request was accepted; else locks it until this commits."""
    statement = select(KeyRow.expires_at, KeyRow.revoked_at).where(KeyRow.id == key_id).with_for_update(read=True)
    _refuse_ended(connection.execute(statement).mappings().one())


def note_use(connection: Connection, key_id: str) -> None:
    connection.execute(update(KeyRow).where(KeyRow.id == key_id).values(last_used_at=record_writes.now()))


def find(connection: Connection, name: str) -> str:
    """Returns the id, given an id or the name of the only unrevoked key with that name. Raises NotFound."""
    if is_uuid(name):
        return name.lower()
    named = select(KeyRow.id).where(KeyRow.name == name, KeyRow.revoked_at.is_(None))
    found = connection.execute(named).scalars().all()
    if len(found) != 1:
        raise NotFound(f"There {'is no' if not found else 'is more than one'} standing key named {name!r}; give an id.")
    return found[0]
