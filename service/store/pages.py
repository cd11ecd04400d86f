"""Keyset paging: a page begins right after the last row of the one before, however many rows came or went meanwhile.

A cursor is opaque to clients: the sort value and id of the last row, bound to the filters it was made with, and a
checksum. Sort columns are never null, and the id breaks ties in the direction of the sort.
"""

import base64
import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection, Engine, Select, literal, literal_column, select, tuple_, union_all

from service.db.engine import Database
from service.db.json_rows import SEPARATOR, JsonRows
from service.db.types import Day, Id, Real, String, UtcTime
from service.domain.key import is_uuid
from service.errors import Invalid
from service.schemas.queries import PageQuery
from service.schemas.table_queries import TableQuery
from service.schemas.types import clean_text
from service.store.rows import Values, fetch

_PAGING_FIELDS = {"cursor", "limit"}
_KEPT: dict[tuple[Engine, str, int], Select[Any]] = {}  # of each database
_MOST_KEPT = 500
_MOST_PARTS = 8
Q = TypeVar("Q", bound=PageQuery)


def fetch_page(
    connection: Connection,
    statement: Select[Any],
    columns: Mapping[str, Any],
    id_column: Any,
    query: PageQuery | TableQuery,
    sort: str,
    about: str = "",
) -> tuple[list[Values], str | None]:
    """One page of `statement`, sorted by the column that `sort` names (`-` for descending), and the next cursor.

    `about` says what the list is of, where the query alone does not: a cursor holds for that list only.
    """
    binding = _binding(query, sort, about)
    found = fetch(connection, _placed(statement, columns, id_column, query, sort, binding))
    values = [row.pop("sort_value") for row in found]
    if len(found) <= query.limit:
        return found, None
    found.pop()
    return found, _encode(values[query.limit - 1], found[-1]["id"], binding)


def fetch_json_page(
    database: Database,
    written: JsonRows,
    statement: Select[Any],
    conditions: Callable[[Connection, Q], Sequence[Any]],
    columns: Mapping[str, Any],
    id_column: Any,
    query: Q,
    sort: str,
    words: Sequence[str] = (),
) -> bytes:
    """The same for rows of `statement` that meet the query's conditions, as JSON that the database writes (`item`).

    A first page is asked for again and again, and to build its statement costs as much as to run it: so the statements
    of those asked for last are kept. Refs in them stand for the same ids for ever, but for those of scopes: several
    metrics can have one of the same key, and drop it.

    `words` are filters by one word of the row each. Where several are asked for, a page is taken of each and the best
    of them is the answer: one index has each of these in order, but none all of them.
    """
    binding = _binding(query, sort, "")

    def statement_of_page(connection: Connection) -> Select[Any]:
        rows = written.instead_of_columns(statement, database.dialect).add_columns(id_column.label("id"))
        pages = [
            _placed(rows.where(*conditions(connection, part)), columns, id_column, query, sort, binding)
            for part in _parts(query, words)
        ]
        page = pages[0] if len(pages) == 1 else _best(pages, query.limit, descending=sort.startswith("-"))
        return JsonRows.in_one_row(page.subquery("page"), ("sort_value", "id"), database.dialect)

    is_kept = query.cursor is None and not getattr(query, "scope", None)
    asked = (database.reader, binding, query.limit) if is_kept else None
    text = _fetch_text(database, statement_of_page, asked)
    parts = text.split(SEPARATOR) if text else []
    items, cursor = parts[: 2 * query.limit : 2], None
    if len(parts) > 2 * query.limit:
        value, last_id = json.loads(parts[2 * query.limit - 1])
        cursor = _encode(_written_value(value, columns[sort.removeprefix("-")].type), last_id, binding)
    return f'{{"items":[{",".join(items)}],"next_cursor":{json.dumps(cursor)}}}'.encode()


def _fetch_text(
    database: Database, make: Callable[[Connection], Select[Any]], asked: tuple[Engine, str, int] | None
) -> str | None:
    """What the statement gives, which is made if the one that was `asked` so is not kept."""
    with database.read() as connection:
        statement = _KEPT.get(asked) if asked else None
        if statement is None:
            statement = make(connection)
        text: str | None = connection.execute(statement).scalar()
    if asked:
        _KEPT[asked] = statement
        if len(_KEPT) > _MOST_KEPT:
            _KEPT.pop(next(iter(_KEPT)), None)
    return text


def _written_value(value: Any, column_type: Any) -> Any:
    """A sort value as the plain way has it: PostgreSQL writes 2.0 as 2."""
    if isinstance(column_type, UtcTime):
        return datetime.fromisoformat(value)
    return float(value) if column_type is Real else value


def _parts(query: Q, words: Sequence[str]) -> list[Q]:
    """The query once for each word of the first filter that names several."""
    for name in words:
        asked = list(dict.fromkeys(getattr(query, name)))
        if 1 < len(asked) <= _MOST_PARTS and "all" not in asked:
            return [query.model_copy(update={name: [word]}) for word in asked]
    return [query]


def _best(pages: Sequence[Select[Any]], limit: int, *, descending: bool) -> Select[Any]:
    """The first rows of several pages, none of which has a row of another."""
    every = union_all(*(select(page.subquery(f"page_{number}")) for number, page in enumerate(pages))).subquery("pages")
    order = [every.c.sort_value, every.c.id]
    most: Any = literal_column(str(limit + 1))
    return select(every).order_by(*(column.desc() if descending else column for column in order)).limit(most)


def _placed(
    statement: Select[Any], columns: Mapping[str, Any], id_column: Any, query: Any, sort: str, binding: str
) -> Select[Any]:
    """The rows of one page and one more, each with what it is sorted by."""
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    column = columns[name]
    if query.cursor is not None:
        value, last_id = _decode(query.cursor, binding, column.type, id_column.type)
        place = tuple_(column, id_column)
        here = tuple_(literal(value, column.type), literal(last_id, id_column.type))
        statement = statement.where(place < here if descending else place > here)
    order = [column.desc(), id_column.desc()] if descending else [column, id_column]
    # written out: PostgreSQL keeps no plan for a limit that it does not know, and to plan costs more than to read
    most: Any = literal_column(str(query.limit + 1))
    return statement.add_columns(column.label("sort_value")).order_by(*order).limit(most)


def page_of(
    items: Sequence[Values], query: Any, sort: str, key: Callable[[Values], Any], key_type: Any
) -> tuple[list[Values], str | None]:
    """One page of what was worked out rather than stored, sorted by `key` and the id, and the next cursor."""
    descending = sort.startswith("-")
    ordered = sorted(items, key=lambda row: (key(row), row["id"]), reverse=descending)
    binding = _binding(query, sort, "")
    if query.cursor is not None:
        here = _decode(query.cursor, binding, key_type, Id())
        ordered = [r for r in ordered if ((key(r), r["id"]) < here if descending else (key(r), r["id"]) > here)]
    page = ordered[: query.limit]
    more = len(ordered) > query.limit
    return page, _encode(key(page[-1]), page[-1]["id"], binding) if more else None


def _binding(query: BaseModel, sort: str, about: str) -> str:
    filters = query.model_dump(mode="json", exclude=_PAGING_FIELDS)
    text = json.dumps([type(query).__name__, sort, about, filters], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _checksum(text: str) -> str:
    return hashlib.sha256(b"counterclaim cursor " + text.encode()).hexdigest()[:12]


def _encode(value: Any, last_id: str, binding: str) -> str:
    shown = {"time": value.isoformat()} if isinstance(value, date) else value  # a day, or a moment of one
    text = json.dumps([binding, shown, last_id], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode((_checksum(text) + text).encode()).decode().rstrip("=")


def _decode(cursor: str, binding: str, column_type: Any, id_type: Any) -> tuple[Any, str]:
    """Raises Invalid for a cursor that was not made here, or was made for other filters."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        if text[:12] != _checksum(text[12:]):
            raise ValueError
        made_for, value, last_id = json.loads(text[12:])
        value, last_id = _sort_value(value, column_type), _sort_value(last_id, id_type)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise Invalid.at("/cursor", "This is no cursor of this service. Start again without one.", "query") from None
    if made_for != binding:
        raise Invalid.at("/cursor", "The cursor belongs to other filters or another sort. Start again.", "query")
    return value, last_id


def _sort_value(value: Any, column_type: Any) -> Any:
    """The value as its column has it. The checksum is no secret, so nothing is taken on trust. Raises ValueError."""
    if isinstance(column_type, UtcTime):
        moment = datetime.fromisoformat(value["time"])
        if moment.tzinfo is None or not 1 < moment.year < 9999:  # a zone can lead out of the years that there are
            raise ValueError
        return moment.astimezone(UTC)
    if isinstance(column_type, Day):
        return date.fromisoformat(value["time"])
    if isinstance(column_type, Id):
        if not isinstance(value, str) or not is_uuid(value):
            raise ValueError
        return value
    if isinstance(column_type, String):
        if not isinstance(value, str) or clean_text(value) != value:
            raise ValueError
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError
    if column_type is not Real and abs(value) >= 2**31:
        raise ValueError
    return float(value) if column_type is Real else int(value)
