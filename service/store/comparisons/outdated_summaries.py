"""Recomputes outdated summaries after an upgrade that changed the rules, in batches."""

from collections.abc import Callable

from service.db.engine import Database
from service.store.comparisons.summary import count_outdated, mark_outdated

_BATCH = 200  # measurands; computing them takes less time than other writers wait for a lock


def recompute(database: Database, advance: Callable[[int, int], None]) -> int:
    """Recomputes all outdated summaries and returns their number.

    Each batch is its own transaction, so an interrupted run can be resumed. `advance` receives the number done and the
    total.
    """
    with database.read() as connection:
        total = count_outdated(connection)
    done = 0
    while marked := database.write(lambda connection: mark_outdated(connection, _BATCH)):
        done += marked
        advance(done, max(total, done))
        database.yield_write_lock()
    return done
