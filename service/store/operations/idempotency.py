"""Idempotent requests: the response is stored in the transaction of its change and replayed on repetition."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError

from service.db.driver_errors import is_lock_timeout
from service.db.models import IdempotencyRow
from service.errors import Conflict, Invalid
from service.store.records import record_writes
from service.store.rows import Values

KEPT = timedelta(hours=72)
_FORGOTTEN_AT_ONCE = 20
_PLACE = (IdempotencyRow.principal, IdempotencyRow.method, IdempotencyRow.route, IdempotencyRow.key)


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """What identifies a request (principal, method, route and key), and the hash of its body."""

    principal: str
    method: str
    route: str
    key: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class StoredResponse:
    status: int
    headers: dict[str, str]
    body: str
    replayed: bool = False


def respond_once(
    connection: Connection, request: IdempotentRequest, make: Callable[[Connection], StoredResponse]
) -> StoredResponse:
    """Makes the response, or returns the one that was made before.

    A request in progress locks its row, so the same request waits here until that is committed. A failed request is
    rolled back with its row, so that it can be tried again. Raises Invalid for a key used for another request, Conflict
    if waiting takes too long.
    """
    own = {name: getattr(request, name) for name in ("principal", "method", "route", "key")}
    fresh = {**own, "body_hash": request.body_hash, "created_at": record_writes.now()}
    here = [getattr(IdempotencyRow, name) == value for name, value in own.items()]
    _forget(connection, here)
    if not _claim(connection, fresh):
        stored = connection.execute(select(*IdempotencyRow.__table__.columns).where(*here)).mappings().one()
        return _again(stored, request)
    answer = make(connection)
    kept = {"status": answer.status, "headers": json.dumps(answer.headers), "body": answer.body}
    connection.execute(update(IdempotencyRow).where(*here).values(kept))
    return answer


def _forget(connection: Connection, here: list[Any]) -> None:
    """Deletes expired responses: this request's own, and a few others that are not locked."""
    old = IdempotencyRow.created_at < record_writes.now() - KEPT
    connection.execute(delete(IdempotencyRow).where(*here, old))
    some = select(*_PLACE).where(old).order_by(IdempotencyRow.created_at).limit(_FORGOTTEN_AT_ONCE)
    gone = connection.execute(some.with_for_update(skip_locked=True)).all()
    if gone:
        connection.execute(delete(IdempotencyRow).where(tuple_(*_PLACE).in_([tuple(row) for row in gone])))


def _claim(connection: Connection, fresh: Values) -> int:
    """Reserves the key for this request; 0 if it is taken. Waits for another request in progress with this key."""
    try:
        return record_writes.insert_new(connection, IdempotencyRow, [fresh])
    except SQLAlchemyError as error:
        if not is_lock_timeout(error):
            raise
        detail = "The request with this Idempotency-Key is still being done. Send it again in a moment."
        raise Conflict.at("/Idempotency-Key", detail, "header") from None


def _again(stored: RowMapping, request: IdempotentRequest) -> StoredResponse:
    if stored["body_hash"] != request.body_hash:
        detail = "This Idempotency-Key was used for another request here. Choose a new one for each request."
        raise Invalid.at("/Idempotency-Key", detail, "header")
    return StoredResponse(stored["status"], json.loads(stored["headers"]), stored["body"], replayed=True)
