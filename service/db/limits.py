"""How long the database may take before a request is told to try again later."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: for one statement, for waiting on a lock, for a transaction that does nothing, for a free connection."""

    statement: float = 5
    lock: float = 2
    idle: float = 10
    connection: float = 5
    pool_size: int = 20


LIMITS = Limits()
