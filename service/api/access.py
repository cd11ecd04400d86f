"""Authentication and authorization: who is calling, and who may call which route.

Reading needs a reader's key, or none if reading is public; writing needs a contributor's key. The sets below list the
exceptions. Whose records a contributor may change is decided by the store (`store/records/record_writes.py`).
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from fastapi import Request
from starlette.concurrency import run_in_threadpool

from service.api.rate_limits import RateLimits
from service.db.engine import Author, Database
from service.domain.access import Token, parse_token, reaches
from service.domain.vocabulary import Role
from service.errors import Forbidden, ServiceError, Unauthenticated
from service.store.operations import keys, sessions

OPEN = {"read_liveness", "read_readiness", "show_sign_in", "sign_in", "sign_out"}  # no key needed
NEVER_PUBLIC = {"read_me"}  # a reader's key is always needed
READS_BY_POST = {"mcp", "reconcile_entities", "reconcile_sources", "draft_source"}  # as a protocol of others wants it
STORES_NOTHING = {"read_drafts"}  # a POST that a reader may send; limited by address
FORMS = {"submit_claim", "submit_new", "submit_edit", "submit_withdrawal"}  # without a key they only show what was read
FOR_CONTRIBUTORS = {"list_subscriptions", "read_subscription", "list_deliveries", "draft_source"}  # though they read
FOR_ADMINS = {"list_keys", "create_key", "read_key", "revoke_key", "show_keys", "change_keys"}

_log = structlog.get_logger("counterclaim.faults")
_USE_NOTED_EVERY = timedelta(minutes=1)


def needed_role(operation: str, methods: set[str]) -> Role | None:
    """Returns the lowest role that may call a route; None if the route needs no key."""
    if operation in OPEN:
        return None
    if operation in FOR_ADMINS:
        return Role.ADMIN
    if operation in FOR_CONTRIBUTORS:
        return Role.CONTRIBUTOR
    reads = methods <= {"GET", "HEAD"} or operation in STORES_NOTHING | READS_BY_POST | FORMS
    return Role.READER if reads else Role.CONTRIBUTOR


def may_be_public(operation: str, needed: Role) -> bool:
    """Returns whether a route needs no key when reading is public."""
    return needed is Role.READER and operation not in NEVER_PUBLIC


@dataclass
class Access:
    """Authenticates callers. `noted` holds when each key's use was last stored, so that not every request writes."""

    public_reads: bool
    limits: RateLimits
    noted: dict[str, datetime] = field(default_factory=dict)
    running: set[asyncio.Task[None]] = field(default_factory=set)

    async def admit(self, request: Request, operation: str, needed: Role, session: str | None = None) -> None:
        """Sets `request.state.caller` to the caller (None: the public): the holder of the key that was sent, or else
        of the one that the session acts with.

        Raises Unauthenticated, Forbidden or RateLimited.
        """
        headers = request.headers.getlist("authorization")
        address = request.client.host if request.client else ""
        if operation in STORES_NOTHING:
            self.limits.count_draft(address)
        database = request.app.state.database
        principal = None
        if headers:
            try:
                principal = await self._principal(database, headers)
            except Unauthenticated:
                self.limits.count_failure(address)
                raise
        elif session is not None:
            principal = await self._of_session(database, session)
        if principal is None:
            if not (self.public_reads and may_be_public(operation, needed)):
                detail = "This needs an API key: send it as Authorization: Bearer ccl_…"
                raise Unauthenticated.at("/Authorization", detail, "header")
            request.state.caller = None
            if operation in FORMS and request.method == "POST":
                self.limits.count_draft(address)
            return
        request.state.caller = Author(principal.id, principal.name, request.state.request_id, principal.role)
        if not reaches(principal.role, needed):
            raise Forbidden(f"This needs the role {needed} or more; this key has {principal.role}.")
        if request.method not in ("GET", "HEAD") and operation not in STORES_NOTHING | READS_BY_POST:
            self.limits.count_write(principal.id)  # a preview is one, too: it does the same work

    async def _principal(self, database: Database, headers: list[str]) -> keys.Principal:
        scheme, _, credentials = headers[0].partition(" ")
        token = parse_token(credentials.strip()) if scheme.lower() == "bearer" and len(headers) == 1 else None
        if token is None:
            detail = "This is not an API key. Send one as Authorization: Bearer ccl_…"
            raise Unauthenticated.at("/Authorization", detail, "header")
        principal = await run_in_threadpool(_look_up, database, token)
        self._note(database, principal)
        return principal

    async def _of_session(self, database: Database, session: str) -> keys.Principal | None:
        """None if the session or its key has ended: the caller is then one of the public."""
        try:
            principal = await run_in_threadpool(_look_up_session, database, session)
        except Unauthenticated:
            return None
        self._note(database, principal)
        return principal

    async def principal_of(self, request: Request, token: Token | None) -> keys.Principal:
        """Returns the holder of a key that somebody signs in with. Raises Unauthenticated, or RateLimited after too
        many failures.
        """
        try:
            if token is None:
                raise Unauthenticated.at("/key", "This is not an API key. It begins with ccl_.")
            return await run_in_threadpool(_look_up, request.app.state.database, token)
        except Unauthenticated:
            self.limits.count_failure(request.client.host if request.client else "")
            raise

    def _note(self, database: Database, principal: keys.Principal) -> None:
        """Notes the use of the key, now and then."""
        if self._is_stale(principal):
            task = asyncio.create_task(self._note_use(database, principal.id))
            self.running.add(task)
            task.add_done_callback(self.running.discard)

    def _is_stale(self, principal: keys.Principal) -> bool:
        moment = datetime.now(UTC)
        last = self.noted.get(principal.id) or principal.last_used_at
        if last is not None and moment - last < _USE_NOTED_EVERY:
            return False
        self.noted[principal.id] = moment
        return True

    async def _note_use(self, database: Database, key_id: str) -> None:
        try:
            await run_in_threadpool(database.write, lambda connection: keys.note_use(connection, key_id))
        except Exception as error:
            # must not fail the request; the next one tries again
            self.noted.pop(key_id, None)
            if not isinstance(error, ServiceError):
                _log.error("fault", exc_info=error)


def _look_up_session(database: Database, session: str) -> keys.Principal:
    with database.read() as connection:
        return sessions.authenticate(connection, session)


def _look_up(database: Database, token: Token) -> keys.Principal:
    with database.read() as connection:
        return keys.authenticate(connection, token)
