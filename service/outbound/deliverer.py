"""Delivers events to the addresses of subscriptions, signed by the Standard Webhooks scheme.

One process of a database delivers at a time, by lease. For each subscription, one event is in flight at most, and the
next one follows when it was accepted. An event that was accepted just before a crash is sent again, under the same id:
receivers drop the ids that they know.
"""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import structlog
from standardwebhooks import Webhook

from service.db.engine import Database
from service.errors import ServiceError
from service.outbound.client import Failed, OutboundClient, Refused
from service.schemas.history import Change
from service.schemas.subscriptions import Event, event_type
from service.store.operations import leases, subscriptions
from service.store.operations.subscriptions import Attempt, Due

_log = structlog.get_logger("counterclaim.webhooks")
_LEASE = "webhooks"
_PAUSE = 0.5  # seconds between two looks
_AT_ONCE = 8  # subscriptions
_OF_ONE_KEY = 3  # of these
_LOOKED_AT = 200  # that are due, among which those are chosen
_TURN = 5.0  # seconds of one subscription before others have their turn
_RENEWED_EVERY = 3.0  # seconds
_AGENT = "Counterclaim-Webhooks/1"


class Deliverer:
    """A thread that looks for what is due, and a few that send it."""

    def __init__(self, database: Database, client: OutboundClient) -> None:
        self.database, self.client = database, client
        self.holder = str(uuid4())
        self._stopping = threading.Event()
        self._in_flight: dict[str, str] = {}  # the keys of the subscriptions that are being served
        self._lock = threading.Lock()
        self._held_until = 0.0  # by the monotonic clock
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Waits for the deliveries in flight, and lets another process go on."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        with ThreadPoolExecutor(_AT_ONCE, "webhook") as pool:
            while not self._stopping.wait(_PAUSE):
                try:
                    self._look(pool)
                except ServiceError as error:  # the database is away: it is asked again
                    _log.warning("webhooks wait", detail=error.detail)
                except Exception as error:
                    _log.error("fault", exc_info=error)
        if self._held_until:
            try:
                self.database.write(lambda connection: leases.give_back(connection, _LEASE, self.holder))
            except ServiceError:
                return  # it ends by itself

    def _look(self, pool: ThreadPoolExecutor) -> None:
        with self._lock:
            running = dict(self._in_flight)
        with self.database.read() as connection:
            due = subscriptions.due(connection, running, _LOOKED_AT) if len(running) < _AT_ONCE else []
        found = _fairly(due, running)
        if not (found or running) or not self._keeps_lease():
            return
        for one in found:
            with self._lock:
                self._in_flight[one.id] = one.row["key_id"]
            pool.submit(self._deliver_all, one)

    def _keeps_lease(self) -> bool:
        """Takes or renews the lease. Returns False while another process delivers."""
        now, life = time.monotonic(), leases.LIFE.total_seconds()
        if now < self._held_until - life + _RENEWED_EVERY:
            return True
        taken = self.database.write(lambda connection: leases.take(connection, _LEASE, self.holder))
        self._held_until = now + life if taken else 0.0
        return taken

    def _deliver_all(self, subscription: Due) -> None:
        """Sends what is due, event by event, until there is none or one fails."""
        try:
            current: Due | None = subscription
            ends = time.monotonic() + _TURN
            while time.monotonic() < ends:
                if current is None or self._stopping.is_set() or time.monotonic() >= self._held_until:
                    return
                if not self._deliver_next(current):
                    return
                with self.database.read() as connection:
                    current = subscriptions.again(connection, subscription.id)
        except ServiceError as error:
            _log.warning("webhooks wait", detail=error.detail)
        except Exception as error:
            _log.error("fault", exc_info=error)
        finally:
            with self._lock:
                self._in_flight.pop(subscription.id, None)

    def _deliver_next(self, subscription: Due) -> bool:
        """Returns whether to go on at once."""
        with self.database.snapshot() as connection:
            change, seq = subscriptions.next_change(connection, subscription)
        if change is None:
            if seq > subscription.row["delivered"]:
                self.database.write(lambda connection: subscriptions.skip(connection, subscription, seq))
                return True
            return False
        attempt = self._attempt(subscription, change)
        why = self.database.write(lambda connection: subscriptions.note(connection, subscription, attempt))
        if why is not None:
            _log.warning("subscription disabled", subscription=subscription.id, reason=why)
        return attempt.error is None

    def _attempt(self, subscription: Due, change: Change) -> Attempt:
        kind = event_type(change.kind, change.operation)
        body = Event(type=kind, timestamp=change.at, data=change).model_dump_json()
        began = time.monotonic()
        status, error = None, None
        try:
            answer = self.client.send(
                "POST", subscription.row["url"], headers=_headers(subscription, change.seq, body), content=body.encode()
            )
            status = answer.status
            error = None if 200 <= status < 300 else _refusal(status)
        except (Refused, Failed) as problem:
            error = str(problem)
        took = round((time.monotonic() - began) * 1000)
        return Attempt(change.seq, kind, status, error, took, is_gone=status == 410)


def _fairly(due: list[Due], running: dict[str, str]) -> list[Due]:
    """Those that are served next: no key has all turns."""
    served = Counter(running.values())
    chosen = []
    for one in due:
        key = one.row["key_id"]
        if served.total() < _AT_ONCE and served[key] < _OF_ONE_KEY:
            served[key] += 1
            chosen.append(one)
    return chosen


def _refusal(status: int) -> str:
    return "redirects are not followed" if 300 <= status < 400 else "the answer was not of the 200s"


def _headers(subscription: Due, seq: int, body: str) -> dict[str, str]:
    moment, event = datetime.now(UTC), subscriptions.event_id(seq)
    signatures = [Webhook(secret).sign(event, moment, body) for secret in subscription.secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": _AGENT,
        "Webhook-Id": event,
        "Webhook-Timestamp": str(int(moment.timestamp())),
        "Webhook-Signature": " ".join(signatures),
    }
