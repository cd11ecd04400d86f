"""Sources: reading and changing them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select

from service.db.engine import Database
from service.db.json_rows import JsonRows
from service.db.tables import SourceRow
from service.domain.period import parse_period
from service.errors import Invalid
from service.schemas.queries import SourceQuery
from service.schemas.sources import Source, SourceCreate, SourcePage, SourcePatch
from service.store import rows, search, versions
from service.store.pages import fetch_json_page, fetch_page
from service.store.rows import Values
from service.store.versions import Created, Versions

_FIELDS = [name for name in Source.model_fields if name in SourceRow.__table__.columns]
SELECT = select(*rows.head(SourceRow), *(getattr(SourceRow, name) for name in _FIELDS if name not in rows.HEAD))
_SORTS = {name: getattr(SourceRow, name) for name in ("created_at", "updated_at", "title")}
JSON = JsonRows(list(SELECT.selected_columns), list(Source.model_fields))


def read(connection: Connection, ref: str) -> Source:
    return Source.model_validate(rows.one(connection, SourceRow, SELECT, ref))


def read_json(where: Database | Connection, ref: str) -> bytes:
    """The same as JSON, written by the database."""
    return rows.one_json(where, SourceRow, JSON, SELECT, ref)


def by_ids(connection: Connection, ids: Collection[str]) -> list[Source]:
    return [Source.model_validate(row) for row in rows.fetch(connection, SELECT.where(SourceRow.id.in_(ids)))]


def page(connection: Connection, query: SourceQuery) -> SourcePage:
    statement = SELECT.where(*_conditions(connection, query))
    found, cursor = fetch_page(connection, statement, _SORTS, SourceRow.id, query, query.sort)
    return SourcePage(items=[Source.model_validate(row) for row in found], next_cursor=cursor)


def json_page(database: Database, query: SourceQuery) -> bytes:
    """The same as JSON, written by the database."""
    return fetch_json_page(database, JSON, SELECT, _conditions, _SORTS, SourceRow.id, query, query.sort, ("kind",))


def _conditions(connection: Connection, query: SourceQuery) -> list[Any]:
    found = rows.basic_conditions(SourceRow, query)
    if query.kind:
        found.append(rows.any_of(SourceRow.kind, query.kind))
    if query.publisher:
        found.append(rows.any_of(SourceRow.publisher, query.publisher))
    if query.published_from:
        found.append(SourceRow.published_latest >= query.published_from)
    if query.published_to:
        found.append(SourceRow.published_earliest <= query.published_to)
    if query.text:
        found.append(search.has_words(connection, SourceRow, query.text))
    return found


def find(connection: Connection, body: SourceCreate) -> str | None:
    """The id of the stored source that this is: by id or key, else by DOI, else by address, and by title where several
    have that. Raises Invalid where it could be several all the same.
    """
    if body.id is not None or body.key is not None:
        known = versions.stored(connection, SourceRow, {"id": body.id, "key": body.key})
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


def create(connection: Connection, body: SourceCreate) -> Created:
    values = _derive(body.model_dump())
    made = versions.create(connection, SourceRow, values)
    if made.is_new:
        _index(connection, made.id, values)
    return made


def amend(connection: Connection, ref: str, patch: SourcePatch, expected: Versions) -> Source:
    row = versions.lock(connection, SourceRow, ref, expected)
    values = _derive({**rows.content(row, _FIELDS), **patch.model_dump()})
    if versions.amend(connection, SourceRow, row, values):
        _index(connection, row["id"], values)
    return read(connection, row["id"])


def withdraw(connection: Connection, ref: str, reason: str, expected: Versions) -> Source:
    row = versions.lock(connection, SourceRow, ref, expected)
    versions.withdraw(connection, SourceRow, row, reason)
    return read(connection, row["id"])


def restore(connection: Connection, ref: str, expected: Versions) -> Source:
    row = versions.lock(connection, SourceRow, ref, expected)
    versions.restore(connection, SourceRow, row)
    return read(connection, row["id"])


def _derive(values: Values) -> Values:
    """Adds the columns that follow from what was sent."""
    period = parse_period(values["published"]) if values["published"] else None
    return {
        **values,
        "published_earliest": period.earliest if period else None,
        "published_latest": period.latest if period else None,
    }


def _index(connection: Connection, source_id: str, values: Values) -> None:
    texts = [values["title"], values["publisher"], *values["authors"]]
    search.index(connection, SourceRow, {source_id: texts})
