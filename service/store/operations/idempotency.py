"""One answer for one request, however often it is sent: kept in the transaction of the change that it answers."""

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
    """What makes a request the same as another: who sends it where under which key; and what it says."""

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
    """Makes the answer, or gives the one that was made before.

    A request that is still being answered holds its row: the same request waits here until that is committed. What
    fails is rolled back with its row, so that it can be tried again. Raises Invalid for a key used for something else,
    Conflict when waiting takes too long.
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
    """Deletes what is older than is promised: this request's own, and a few of the others, which nobody waits for."""
    old = IdempotencyRow.created_at < record_writes.now() - KEPT
    connection.execute(delete(IdempotencyRow).where(*here, old))
    some = select(*_PLACE).where(old).order_by(IdempotencyRow.created_at).limit(_FORGOTTEN_AT_ONCE)
    gone = connection.execute(some.with_for_update(skip_locked=True)).all()
    if gone:
        connection.execute(delete(IdempotencyRow).where(tuple_(*_PLACE).in_([tuple(row) for row in gone])))


def _claim(connection: Connection, fresh: Values) -> int:
    """Whether the key is this request's; where another is being done under it, that one is waited for."""
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
