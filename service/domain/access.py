"""Permissions of roles, and the format of API keys.

A key has the form `ccl_<id>_<secret>`: the id of its record (a UUID without hyphens) and 256 random bits, both in
hexadecimal. The secret is shown once and only its SHA-256 is stored: 256 random bits need no slower hash.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from service.domain.vocabulary import DisputeStatus, Role

_TOKEN = re.compile(r"ccl_([0-9a-f]{32})_([0-9a-f]{64})")
_RANKS = {role: rank for rank, role in enumerate(Role)}
_NO_DIGEST = "0" * 64


class Token(NamedTuple):
    """A parsed API key."""

    id: str
    secret: str

    def __str__(self) -> str:
        return f"ccl_{self.id.replace('-', '')}_{self.secret}"

    def __repr__(self) -> str:
        return f"Token({self.id})"  # the secret stays out of logs and tracebacks

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def fits(self, digest: str | None) -> bool:
        """Whether the secret has this digest. Takes equally long if the key does not exist (None)."""
        return hmac.compare_digest(self.digest, digest or _NO_DIGEST) and digest is not None


def new_token(key_id: str) -> Token:
    return Token(key_id, secrets.token_hex(32))


def parse_token(text: str) -> Token | None:
    found = _TOKEN.fullmatch(text)
    return Token(str(UUID(found[1])), found[2]) if found else None


def hide_keys(text: str) -> str:
    """The text without secrets, because a client may send a key by mistake where its id is expected."""
    return _TOKEN.sub(r"ccl_\1_***", text)


def reaches(role: Role, needed: Role) -> bool:
    return _RANKS[role] >= _RANKS[needed]


def may_change(role: Role, *, own: bool) -> bool:
    """Whether the role may amend, withdraw and restore a record: its own, or any."""
    return reaches(role, Role.CONTRIBUTOR if own else Role.CURATOR)


def is_ruled_on(role: Role, dispute: Mapping[str, Any]) -> bool:
    """Whether a dispute is no longer its author's to change, because a curator has decided on it."""
    is_open = dispute["status"] in (DisputeStatus.OPEN, DisputeStatus.TAKEN_BACK) and dispute["resolution"] is None
    return not reaches(role, Role.CURATOR) and not is_open


def overstep(role: Role, dispute: Mapping[str, Any], before: Mapping[str, Any] | None) -> str | None:
    """The dispute field that this role may not set like this, or None. `before` is None for a new dispute.

    The author of a dispute may set it to `taken_back` while it is open. Only a curator may set another status or the
    resolution, or change a dispute with another status.
    """
    if reaches(role, Role.CURATOR):
        return None
    was = before or {"status": DisputeStatus.OPEN, "resolution": None, "closed": None}
    if is_ruled_on(role, was):
        return next((name for name in dispute if dispute[name] != was[name]), None)
    taking_back = before is not None and dispute["status"] == DisputeStatus.TAKEN_BACK
    if dispute["status"] != was["status"] and not taking_back:
        return "status"
    if dispute["resolution"] != was["resolution"]:
        return "resolution"
    return "closed" if dispute["closed"] != was["closed"] and not taking_back else None
