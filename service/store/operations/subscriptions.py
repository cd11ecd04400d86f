"""Subscriptions: whose they are, which change is next for each, and what became of its delivery."""

import base64
import random
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, and_, delete, insert, or_, select, update

from service.db.engine import Author
from service.db.models import (
    ChangeRow,
    ClaimRow,
    DeliveryRow,
    EntityRow,
    FigureRow,
    KeyRow,
    MetricRow,
    SubscriptionRow,
)
from service.domain.key import is_uuid
from service.domain.vocabulary import Role
from service.errors import Conflict, Invalid, NotFound
from service.schemas.history import Change
from service.schemas.subscriptions import (
    Delivery,
    DeliveryPage,
    DeliveryQuery,
    Subscription,
    SubscriptionCreate,
    SubscriptionPage,
    SubscriptionQuery,
)
from service.store.audit import history
from service.store.comparisons import measurands
from service.store.lists.filters import AnyOf
from service.store.lists.pagination import Listing, fetch_page
from service.store.records import record_writes, references
from service.store.rows import Values

MOST_PER_KEY = 100
_SCANNED = 200  # changes that are looked at in one step
_BOTH_SIGN = timedelta(hours=24)
_KEPT = timedelta(days=30)
_GIVEN_UP_AFTER = timedelta(hours=72)
# seconds before each further attempt; the last one is repeated
_WAITS = (5, 30, 120, 600, 1_800, 7_200, 18_000, 28_800)
_MOST_RESENT = 100
_NEVER_TOLD = ("key", "series")
_LIST = Listing(
    dict.fromkeys(("sqlite", "postgresql"), select(*SubscriptionRow.__table__.columns)),
    {"key_id": AnyOf(SubscriptionRow.key_id)},
    {"created_at": SubscriptionRow.created_at},
    SubscriptionRow.id,
)
_DELIVERIES = Listing(
    dict.fromkeys(("sqlite", "postgresql"), select(*DeliveryRow.__table__.columns)),
    {"subscription_id": AnyOf(DeliveryRow.subscription_id)},
    {"at": DeliveryRow.at},
    DeliveryRow.id,
)


class Due(NamedTuple):
    """A subscription with something to do."""

    id: str
    row: RowMapping

    @property
    def secrets(self) -> list[str]:
        ends = self.row["secret_before_ends_at"]
        before = [self.row["secret_before"]] if ends is not None and ends > record_writes.now() else []
        return [self.row["secret"], *before]


class Attempt(NamedTuple):
    """How one delivery went. `error` is None if it was accepted."""

    seq: int
    type: str
    status: int | None
    error: str | None
    milliseconds: int
    is_gone: bool = False  # the receiver wants no more


# For its owner -------------------------------------------------------------------------------------------------------


def create(connection: Connection, body: SubscriptionCreate, owner: Author) -> tuple[Subscription, str]:
    """Returns the subscription, which begins with what comes next, and its secret."""
    assert owner.id is not None
    own = select(SubscriptionRow.id).where(SubscriptionRow.key_id == owner.id).limit(MOST_PER_KEY)
    if len(connection.execute(own).all()) == MOST_PER_KEY:
        raise Conflict(f"A key has at most {MOST_PER_KEY} subscriptions. Delete one that is not needed.")
    moment, secret = record_writes.now(), _new_secret()
    subjects = _ids(connection, EntityRow, body.subjects, "/subjects")
    metrics = _ids(connection, MetricRow, body.metrics, "/metrics")
    row: Values = {
        "id": record_writes.new_id(),
        "key_id": owner.id,
        "created_at": moment,
        "url": body.url,
        "kinds": list(body.kinds),
        "subject_ids": subjects,
        "metric_ids": metrics,
        "measurand_id": _measurand(connection, body.comparison),
        "status": "active",
        "secret": secret,
        "delivered": _last_seq(connection),
        "attempts": 0,
        "next_attempt_at": moment,
        "resend": [],
    }
    connection.execute(insert(SubscriptionRow), row)
    return shown(_read(connection, row["id"], owner)), secret


def page(connection: Connection, query: SubscriptionQuery, owner: Author) -> SubscriptionPage:
    """Those of the caller; for an admin, all."""
    whose = None if owner.role is Role.ADMIN else [owner.id]
    found = fetch_page(connection, _LIST, query, "-created_at", key_id=whose)
    return SubscriptionPage(items=[shown(row._mapping) for row in found.rows], next_cursor=found.next_cursor)


def read(connection: Connection, subscription_id: str, owner: Author) -> Subscription:
    return shown(_read(connection, subscription_id, owner))


def end(connection: Connection, subscription_id: str, owner: Author) -> None:
    row = _read(connection, subscription_id, owner)
    connection.execute(delete(DeliveryRow).where(DeliveryRow.subscription_id == row["id"]))
    connection.execute(delete(SubscriptionRow).where(SubscriptionRow.id == row["id"]))


def enable(connection: Connection, subscription_id: str, owner: Author) -> Subscription:
    """Sends again, beginning with the event that could not be delivered: nothing is left out."""
    row = _read(connection, subscription_id, owner)
    _set(
        connection,
        row["id"],
        status="active",
        disabled_because=None,
        attempts=0,
        first_attempt_at=None,
        next_attempt_at=record_writes.now(),
    )
    return read(connection, row["id"], owner)


def rotate_secret(connection: Connection, subscription_id: str, owner: Author) -> str:
    row, secret = _read(connection, subscription_id, owner), _new_secret()
    ends = record_writes.now() + _BOTH_SIGN
    _set(connection, row["id"], secret=secret, secret_before=row["secret"], secret_before_ends_at=ends)
    return secret


def deliveries(connection: Connection, subscription_id: str, query: DeliveryQuery, owner: Author) -> DeliveryPage:
    row = _read(connection, subscription_id, owner)
    found = fetch_page(connection, _DELIVERIES, query, "-at", subscription_id=[row["id"]])
    return DeliveryPage(items=[_delivery(one._mapping) for one in found.rows], next_cursor=found.next_cursor)


def resend(connection: Connection, subscription_id: str, delivery_id: str, owner: Author) -> None:
    """Notes that the event is to be sent once more, out of order."""
    row = _read(connection, subscription_id, owner)
    of_it = select(DeliveryRow.seq).where(DeliveryRow.id == delivery_id, DeliveryRow.subscription_id == row["id"])
    seq = connection.execute(of_it).scalar() if is_uuid(delivery_id) else None
    if seq is None:
        raise NotFound("There is no delivery of this id.")
    if row["status"] != "active":
        raise Conflict("The subscription is disabled. Enable it first.")
    if len(row["resend"]) >= _MOST_RESENT:
        raise Conflict(f"{_MOST_RESENT} events wait to be sent again. Wait until they were.")
    _set(connection, row["id"], resend=[*row["resend"], seq], next_attempt_at=record_writes.now())


def shown(row: RowMapping) -> Subscription:
    return Subscription(
        id=row["id"],
        url=row["url"],
        kinds=row["kinds"],
        subjects=row["subject_ids"],
        metrics=row["metric_ids"],
        comparison=row["measurand_id"],
        created_at=row["created_at"],
        status=row["status"],
        disabled_because=row["disabled_because"],
        last_event=event_id(row["delivered"]) if row["delivered"] else None,
        attempts=row["attempts"],
        next_attempt_at=row["next_attempt_at"] if row["attempts"] else None,
    )


def event_id(seq: int) -> str:
    return f"evt_{seq}"


def _delivery(row: RowMapping) -> Delivery:
    own = {name: row[name] for name in ("id", "type", "at", "attempt", "status", "error", "milliseconds")}
    return Delivery(event=event_id(row["seq"]), **own)


def _read(connection: Connection, subscription_id: str, owner: Author) -> RowMapping:
    """Raises NotFound unless it is the caller's, or the caller is an admin."""
    own = _ROW.where(SubscriptionRow.id == subscription_id)
    found = connection.execute(own).mappings().one_or_none() if is_uuid(subscription_id) else None
    if found is None or not (owner.role is Role.ADMIN or found["key_id"] == owner.id):
        raise NotFound("There is no subscription of this id.")
    return found


_ROW = select(*SubscriptionRow.__table__.columns)


def _ids(connection: Connection, table: Any, refs: Sequence[str], pointer: str) -> list[str]:
    found = references.ids(connection, table, refs)
    for place, ref in enumerate(refs):
        if ref not in found:
            raise Invalid.at(f"{pointer}/{place}", "There is no such record.")
    return list(dict.fromkeys(found[ref] for ref in refs))


def _measurand(connection: Connection, ref: str | None) -> str | None:
    if ref is None:
        return None
    try:
        return measurands.read(connection, ref, "/comparison", "body").id
    except NotFound:
        raise Invalid.at("/comparison", "There is no such comparison.") from None


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _last_seq(connection: Connection) -> int:
    return connection.execute(select(ChangeRow.seq).order_by(ChangeRow.seq.desc()).limit(1)).scalar() or 0


def _set(connection: Connection, subscription_id: str, **columns: Any) -> None:
    connection.execute(update(SubscriptionRow).where(SubscriptionRow.id == subscription_id).values(**columns))


# For the deliverer ---------------------------------------------------------------------------------------------------


def due(connection: Connection, except_for: Collection[str], most: int) -> list[Due]:
    """Active subscriptions of keys that have not ended, with changes that they have not seen, the longest waiting
    first. An ended key ends what it subscribed to.
    """
    moment = record_writes.now()
    statement = (
        _ROW.join(KeyRow, KeyRow.id == SubscriptionRow.key_id)
        .where(
            SubscriptionRow.status == "active",
            SubscriptionRow.next_attempt_at <= moment,
            or_(SubscriptionRow.delivered < _last_seq(connection), SubscriptionRow.resend != []),
            *_key_stands(moment),
            SubscriptionRow.id.not_in(except_for),
        )
        .order_by(SubscriptionRow.next_attempt_at, SubscriptionRow.id)
        .limit(most)
    )
    return [Due(row["id"], row) for row in connection.execute(statement).mappings()]


def _key_stands(moment: datetime) -> tuple[Any, ...]:
    return KeyRow.revoked_at.is_(None), or_(KeyRow.expires_at.is_(None), KeyRow.expires_at > moment)


def again(connection: Connection, subscription_id: str) -> Due | None:
    """The subscription as it is now; None if nothing may be sent."""
    statement = _ROW.join(KeyRow, KeyRow.id == SubscriptionRow.key_id).where(SubscriptionRow.id == subscription_id)
    found = connection.execute(statement.where(*_key_stands(record_writes.now()))).mappings().one_or_none()
    return None if found is None or found["status"] != "active" else Due(subscription_id, found)


def next_change(connection: Connection, subscription: Due) -> tuple[Change | None, int]:
    """The next change that the subscription is about, if it is among the next few, and how far the feed was read."""
    row = subscription.row
    if row["resend"]:
        return _change(connection, row["resend"][0]), row["resend"][0]
    statement = select(*ChangeRow.__table__.columns).where(ChangeRow.seq > row["delivered"])
    scanned = connection.execute(statement.order_by(ChangeRow.seq).limit(_SCANNED)).mappings().all()
    for change in scanned:
        if change["kind"] not in _NEVER_TOLD and _was_or_is_about(connection, row, change):
            return history.shown(change, names=True), change["seq"]
    return None, scanned[-1]["seq"] if scanned else row["delivered"]


def skip(connection: Connection, subscription: Due, seq: int) -> None:
    """Notes that nothing up to this change is for the subscription."""
    same = SubscriptionRow.id == subscription.id, SubscriptionRow.delivered == subscription.row["delivered"]
    connection.execute(update(SubscriptionRow).where(*same).values(delivered=seq))


def note(connection: Connection, subscription: Due, attempt: Attempt) -> str | None:
    """Stores how a delivery went, and when there is another attempt. Returns why the subscription was disabled, if it
    was.
    """
    row, moment = subscription.row, record_writes.now()
    is_resent = bool(row["resend"])
    number = 0 if is_resent else row["attempts"] + 1
    own = {name: getattr(attempt, name) for name in ("seq", "type", "status", "error", "milliseconds")}
    made = {"id": record_writes.new_id(), "subscription_id": subscription.id, "at": moment, "attempt": number}
    same = and_(
        SubscriptionRow.id == subscription.id,
        SubscriptionRow.delivered == row["delivered"],
        SubscriptionRow.attempts == row["attempts"],
    )
    values, why = _after(row, attempt, moment)
    if is_resent and "resend" in values:
        waiting = list(connection.execute(_RESEND.where(SubscriptionRow.id == subscription.id)).scalar() or [])
        if attempt.seq in waiting:  # more may have been asked for meanwhile
            waiting.remove(attempt.seq)
        values["resend"] = waiting
    if connection.execute(update(SubscriptionRow).where(same).values(**values)).rowcount == 0:
        return None  # deleted meanwhile, or done by another process
    connection.execute(insert(DeliveryRow), made | own)
    old = DeliveryRow.subscription_id == subscription.id, DeliveryRow.at < moment - _KEPT
    connection.execute(delete(DeliveryRow).where(*old))
    return why


_RESEND = select(SubscriptionRow.resend).with_for_update()


def _after(row: RowMapping, attempt: Attempt, moment: datetime) -> tuple[Values, str | None]:
    """The columns after an attempt, and why nothing more is sent, if so."""
    if attempt.is_gone:
        why = "The receiver answered 410: it wants no more events."
        return {"status": "disabled", "disabled_because": why}, why
    if row["resend"]:
        return {"resend": row["resend"][1:]}, None
    if attempt.error is None:
        fresh = {"attempts": 0, "first_attempt_at": None, "next_attempt_at": moment}
        return {"delivered": attempt.seq, **fresh}, None
    first = row["first_attempt_at"] or moment
    wait = _WAITS[min(row["attempts"], len(_WAITS) - 1)] * random.uniform(0.9, 1.1)
    following = moment + timedelta(seconds=wait)
    values = {"attempts": row["attempts"] + 1, "first_attempt_at": first, "next_attempt_at": following}
    if following - first <= _GIVEN_UP_AFTER:
        return values, None
    why = "An event could not be delivered for 72 hours."
    return values | {"status": "disabled", "disabled_because": why}, why


def _change(connection: Connection, seq: int) -> Change | None:
    row = connection.execute(select(*ChangeRow.__table__.columns).where(ChangeRow.seq == seq)).mappings().first()
    return None if row is None else history.shown(row, names=True)


def _was_or_is_about(connection: Connection, row: RowMapping, change: RowMapping) -> bool:
    """Includes what has just left the filters, so that receivers do not keep outdated records."""
    if _is_about(connection, row, change):
        return True
    if change["version"] == 1 or not (row["measurand_id"] or row["metric_ids"] or row["subject_ids"]):
        return False
    own = ChangeRow.kind == change["kind"], ChangeRow.record_id == change["record_id"]
    earlier = select(*ChangeRow.__table__.columns).where(*own, ChangeRow.version == change["version"] - 1)
    before = connection.execute(earlier).mappings().one_or_none()
    return before is not None and _is_about(connection, row, before)


def _is_about(connection: Connection, row: RowMapping, change: RowMapping) -> bool:
    if row["kinds"] and change["kind"] not in row["kinds"]:
        return False
    snapshot = change["snapshot"]
    if row["measurand_id"] is not None:
        own = change["record_id"] if change["kind"] == "comparison" else _id(snapshot, "measurand")
        if own != row["measurand_id"]:
            return False
    if row["metric_ids"] and not _metrics(connection, change).intersection(row["metric_ids"]):
        return False
    return not row["subject_ids"] or bool(_subjects(connection, change).intersection(row["subject_ids"]))


def _metrics(connection: Connection, change: RowMapping) -> set[str | None]:
    snapshot = change["snapshot"]
    own = {change["metric_id"], _id(snapshot, "metric")}
    own |= {_id(figure, "metric") for figure in snapshot.get("figures", ())}
    disputed = _id(snapshot, "disputed_claim")
    if disputed is not None:
        stated = select(FigureRow.metric_id).where(FigureRow.claim_id == disputed).distinct()
        own |= set(connection.execute(stated).scalars())
    return own | ({change["record_id"]} if change["kind"] == "metric" else set())


def _subjects(connection: Connection, change: RowMapping) -> set[str | None]:
    snapshot = change["snapshot"]
    own = {change["subject_id"], _id(snapshot, "subject")}
    if change["kind"] == "entity":
        own.add(change["record_id"])
    disputed = _id(snapshot, "disputed_claim")
    if disputed is not None:
        own.add(connection.execute(select(ClaimRow.subject_id).where(ClaimRow.id == disputed)).scalar())
    return own


def _id(snapshot: Values, name: str) -> str | None:
    part = snapshot.get(name)
    return part["id"] if isinstance(part, dict) else None
