"""Time limits of the database, after which a request gets 503."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: for one statement, for waiting on a lock, for an idle transaction, for a free connection."""

    statement: float = 5
    lock: float = 4
    idle: float = 10
    connection: float = 5
    pool_size: int = 20


LIMITS = Limits()

# Rows that one transaction may import. While it writes, others cannot write (SQLite) or record their changes in the
# history (PostgreSQL); this must take less time than they wait for a lock.
MAX_IMPORT_ROWS = 1_000
# Seconds for which SQLite's lock stays free between two batches: waiters check it at least this often.
WRITE_LOCK_PAUSE = 0.1
