"""What a change would do: the record as it would stand, and each comparison before and after."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from service.db.engine import Author, Connection, Database
from service.schemas.comparisons import Summary
from service.schemas.queries import ComparisonQuery
from service.store.comparisons.ranking import LIST
from service.store.comparisons.summary import refresh_summaries

T = TypeVar("T", bound=BaseModel)
SECONDS = 2.0  # that a preview may take; meanwhile others may not be able to write
_MOST = 20  # comparisons shown


@dataclass(frozen=True, slots=True)
class Effect:
    """One comparison before and after the change; None where nothing is on record."""

    before: Summary | None
    after: Summary | None


@dataclass(frozen=True, slots=True)
class Preview:
    """`record` is the record as it would stand; `others` is how many more comparisons would change."""

    record: Any
    effects: Sequence[Effect] = ()
    others: int = 0
    duplicates: Sequence[Any] = field(default=())


def rehearse(database: Database, by: Author, work: Callable[[Connection], Any]) -> Preview:
    """Runs a change without saving it. `work` returns the changed record. Raises what saving would raise."""

    def change(connection: Connection) -> tuple[Any, list[str], dict[str, Summary]]:
        read = work(connection)
        options = connection.get_execution_options()
        changed = sorted(options["stale"] | options["stale_parts"])
        refresh_summaries(connection)
        return read(), changed, _summaries(connection, changed[:_MOST])

    record, changed, after = database.rehearse(change, by, SECONDS)
    with database.snapshot() as connection:
        before = _summaries(connection, changed[:_MOST])
    effects = [Effect(before.get(one), after.get(one)) for one in changed[:_MOST]]
    return Preview(record, [one for one in effects if one.before or one.after], max(len(changed) - _MOST, 0))


def _summaries(connection: Connection, ids: Sequence[str]) -> dict[str, Summary]:
    if not ids:
        return {}
    asked = ComparisonQuery(id=list(ids), empty=True, limit=len(ids))
    return {one.id: one for one in LIST.page(connection, asked).items}
