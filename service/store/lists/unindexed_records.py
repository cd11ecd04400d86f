"""Indexes the words of records that are not in the index, in batches: a migration has emptied it."""

from collections.abc import Callable
from functools import partial

from service.db.engine import Connection, Database
from service.store.lists.search_index import SEARCHED, index, unindexed

_BATCH = 1_000  # records; indexing them takes less time than other writers wait for a lock


def index_words(database: Database, advance: Callable[[int, int], None]) -> int:
    """Indexes all records that are not yet indexed and returns their number.

    Each batch is its own transaction, so an interrupted run can be resumed. `advance` receives the number done twice:
    the total is not counted.
    """
    done = 0
    for kind in SEARCHED:
        after: str | None = None
        while ids := database.write(partial(_batch, kind=kind, after=after)):
            done += len(ids)
            after = ids[-1]
            advance(done, done)
            database.yield_write_lock()
    return done


def _batch(connection: Connection, kind: str, after: str | None) -> list[str]:
    ids = unindexed(connection, kind, after, _BATCH)
    index(connection, kind, ids)
    return ids
