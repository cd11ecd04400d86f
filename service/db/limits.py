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

# What one transaction may import: it keeps others from writing (SQLite), or from taking their place in the history
# (Postgres), for as long as it writes that, which must be less than they wait for a lock.
MAX_IMPORT_ROWS = 1_000
# For how long SQLite's lock is left alone between two batches: its waiters look for it at most this far apart.
WRITE_LOCK_PAUSE = 0.1
