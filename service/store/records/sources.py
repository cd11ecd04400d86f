"""Sources: reading and changing them."""

from sqlalchemy import Connection, select

from service.db.json_select import JsonSelect
from service.db.models import ClaimRow, SourceRow
from service.db.types import Day
from service.domain.key import is_key, is_uuid
from service.domain.period import parse_period
from service.errors import Invalid, NotFound
from service.schemas.sources import Source, SourceCreate, SourcePage, SourcePatch
from service.store import rows
from service.store.comparisons.summary import mark_claims_stale
from service.store.lists.filters import AnyOf, Filter, HasWords, Value, withdrawn
from service.store.lists.pagination import record_list
from service.store.records import record_writes
from service.store.records.bounds import MOST_FIGURES, refuse_too_many_figures
from service.store.records.projection import Projection
from service.store.records.record_writes import Created, Versions
from service.store.rows import Values

_FIELDS = [name for name in Source.model_fields if name in SourceRow.__table__.columns]
SELECT = select(*rows.head(SourceRow), *(getattr(SourceRow, name) for name in _FIELDS if name not in rows.HEAD))
SORTS = {name: getattr(SourceRow, name) for name in ("created_at", "updated_at", "title")}
ROWS = JsonSelect(SELECT, list(Source.model_fields))
PROJECTION = Projection(SourceRow, Source, ROWS)
FILTERS: dict[str, Filter] = {
    "id": AnyOf(SourceRow.id),
    "withdrawn": withdrawn(SourceRow),
    "kind": AnyOf(SourceRow.kind, in_parts=True),
    "publisher": AnyOf(SourceRow.publisher),
    "published_from": Value(Day(), lambda day: SourceRow.published_latest >= day),
    "published_to": Value(Day(), lambda day: SourceRow.published_earliest <= day),
    "text": HasWords(SourceRow),
}
LIST = record_list(SourcePage, ROWS, FILTERS, SORTS, SourceRow.id)


def find(connection: Connection, body: SourceCreate) -> str | None:
    """Returns the id of the stored source that the body describes: by id or key, else by DOI, else by URL.

    If several sources have the DOI or URL, the title decides. Raises Invalid if that does not identify one source.
    """
    if body.id is not None or body.key is not None:
        known = record_writes.stored(connection, SourceRow, {"id": body.id, "key": body.key})
        return str(known["id"]) if known else None
    for name in ("doi", "url"):
        given = getattr(body, name)
        if given is not None:
            column = getattr(SourceRow, name)
            found = connection.execute(select(SourceRow.id, SourceRow.title).where(column == given)).all()
            same = [row for row in found if row.title == body.title] if len(found) > 1 else found
            if len(same) == 1:
                return str(same[0].id)
            if found:
                detail = f"{len(found)} sources have this {name}. Say which by its title, id or key."
                raise Invalid.at(f"/{name}", detail)
    return None


_MOST_NAMED = 5


def named(connection: Connection, text: str) -> list[Source]:
    """Returns the source with this key or id, or else those with exactly this title: at most a few."""
    if is_key(text) or is_uuid(text):
        try:
            return [PROJECTION.read(connection, text)]
        except NotFound:
            pass
    titled = select(SourceRow.id).where(SourceRow.title == text, SourceRow.withdrawn_at.is_(None)).limit(_MOST_NAMED)
    return PROJECTION.by_ids(connection, list(connection.execute(titled).scalars()))


def create(connection: Connection, body: SourceCreate) -> Created:
    return record_writes.create(connection, SourceRow, _derive(body.model_dump()))


def amend(
    connection: Connection, ref: str, patch: SourcePatch, expected: Versions | None, most: int | None = MOST_FIGURES
) -> str:
    """Raises Conflict if more than `most` figures would have to be recomputed; None means no bound."""
    row = record_writes.lock(connection, SourceRow, ref, expected)
    values = _derive({**rows.content(row, _FIELDS), **patch.model_dump()})
    record_writes.amend(connection, SourceRow, row, values)
    # dates decide between running totals and which relay stands in, keys decide ties
    if any(values[name] != row[name] for name in ("published", "key")):
        claims = select(ClaimRow.id).where(ClaimRow.source_id == row["id"])
        refuse_too_many_figures(connection, claims, most, "source", ref)
        mark_claims_stale(connection, connection.execute(claims).scalars().all())
    return str(row["id"])


def withdraw(connection: Connection, ref: str, reason: str, expected: Versions) -> str:
    row = record_writes.lock(connection, SourceRow, ref, expected)
    record_writes.withdraw(connection, SourceRow, row, reason)
    return str(row["id"])


def restore(connection: Connection, ref: str, expected: Versions) -> str:
    row = record_writes.lock(connection, SourceRow, ref, expected)
    record_writes.restore(connection, SourceRow, row)
    return str(row["id"])


def _derive(values: Values) -> Values:
    """Adds the derived columns."""
    period = parse_period(values["published"]) if values["published"] else None
    return {
        **values,
        "published_earliest": period.earliest if period else None,
        "published_latest": period.latest if period else None,
    }
