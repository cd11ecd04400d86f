"""Rate limits: failed logins and drafts per address, and writes per key. Each process counts separately."""

import ipaddress
import time

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from service.errors import RateLimited


class RateLimits:
    """Rates are written as `10/minute`. None means no limit."""

    def __init__(self, failed_logins: str | None, writes: str | None, drafts: str | None) -> None:
        self.window = SlidingWindowCounterRateLimiter(MemoryStorage())  # removes expired entries
        self.failed_logins = parse(failed_logins) if failed_logins else None
        self.writes = parse(writes) if writes else None
        self.drafts = parse(drafts) if drafts else None

    def count_failure(self, address: str) -> None:
        """Raises RateLimited after too many failed logins. Valid keys are never refused for others' failures."""
        if self.failed_logins and not self.window.hit(self.failed_logins, "login", network_of(address)):
            wait = self._wait(self.failed_logins, "login", network_of(address))
            raise RateLimited("Too many failed logins from this address.", wait=wait)

    def count_draft(self, address: str) -> None:
        if self.drafts and not self.window.hit(self.drafts, "draft", network_of(address)):
            detail = f"This address may have {self.drafts.amount} texts read in {self.drafts.get_expiry()} seconds."
            raise RateLimited(detail, wait=self._wait(self.drafts, "draft", network_of(address)))

    def count_write(self, key_id: str) -> None:
        if self.writes and not self.window.hit(self.writes, "write", key_id):
            detail = f"This key may write {self.writes.amount} times in {self.writes.get_expiry()} seconds."
            raise RateLimited(detail, wait=self._wait(self.writes, "write", key_id))

    def _wait(self, rate: object, *names: str) -> int:
        reset = self.window.get_window_stats(rate, *names).reset_time  # type: ignore[arg-type]
        return max(1, round(reset - time.time() + 0.5))


def network_of(address: str) -> str:
    """Returns the address; for IPv6 its /64 network, which is what one party is assigned."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address
