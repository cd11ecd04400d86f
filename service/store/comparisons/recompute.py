"""Bringing summaries up to date that were computed under other rules: after an upgrade, in batches."""

from collections.abc import Callable

from service.db.engine import Database
from service.store.comparisons.summary import count_outdated, mark_outdated

_BATCH = 200  # measurands, whose computing takes less time than other writers wait for a lock


def recompute(database: Database, advance: Callable[[int, int], None]) -> int:
    """Says how many there were. Each batch is a transaction of its own, so what was broken off goes on where it was.
    `advance` hears how many are done, and of how many.
    """
    with database.read() as connection:
        total = count_outdated(connection)
    done = 0
    while marked := database.write(lambda connection: mark_outdated(connection, _BATCH)):
        done += marked
        advance(done, max(total, done))
        database.yield_write_lock()
    return done
