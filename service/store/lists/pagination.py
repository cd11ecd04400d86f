"""Keyset pagination: a page begins right after the last row of the previous one, whatever rows changed meanwhile.

A list is one statement, built once for each combination of filters and sort, with bound values. A cursor is opaque to
clients: it holds the sort value and id of the last row, a digest of the filters that it was made with, and a checksum.
Sort columns are never null, and the id breaks ties in the direction of the sort.
"""

import base64
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection, Integer, Select, bindparam, cast, func, literal_column, select, tuple_, union_all

from service.db.json_select import JsonSelect
from service.db.types import Day, Id, Real, String, UtcTime
from service.domain.key import is_uuid
from service.errors import Invalid
from service.schemas.types import clean_text
from service.store.lists.filters import Each, Filter, Form, GroupBy, Part

M = TypeVar("M", bound=BaseModel)
Shape = tuple[tuple[str, Form], ...]  # the filters in use, each with its form
_NOT_FILTERS = {"cursor", "limit", "recorded_as_of"}  # a page as of a moment has the same order
_STATEMENTS = 2_000  # cached statements


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """Defines a list: the rows by database, the filters by the parameter that each reads, and the sort columns."""

    rows: Mapping[str, Select[Any]]
    filters: Mapping[str, Filter]
    sorts: Mapping[str, Any]
    id_column: Any


class Rows(NamedTuple):
    rows: Sequence[Any]
    next_cursor: str | None


class PageJson(NamedTuple):
    """A page as it is served, and the cursor of the next one."""

    body: bytes
    next_cursor: str | None


class _Asked(NamedTuple):
    """A requested page: what its statement depends on, the values to bind, and the digest that binds its cursor."""

    shape: Shape
    limit: int
    after: bool
    values: dict[str, Any]
    binding: str


def _ask(
    connection: Connection, listing: Listing, query: BaseModel, sort: str, limit: int | None, more: Mapping[str, Any]
) -> _Asked:
    cursor: str | None = getattr(query, "cursor", None)
    shape, values = _bind(connection, listing, query, more)
    binding = _binding(query, sort, more)
    if cursor is not None:
        column = listing.sorts[sort.removeprefix("-")]
        values["after_value"], values["after_id"] = _decode(cursor, binding, column.type, listing.id_column.type)
    return _Asked(shape, limit or query.limit, cursor is not None, values, binding)  # type: ignore[attr-defined]


def fetch_page(
    connection: Connection, listing: Listing, query: BaseModel, sort: str, *, limit: int | None = None, **more: Any
) -> Rows:
    """Returns a page of the rows that meet the query's filters, sorted by the column `sort` (`-` for descending).

    `more` holds values of filters in addition to the query's; `limit` overrides the query's limit. Raises Invalid for a
    cursor of another list.
    """
    asked = _ask(connection, listing, query, sort, limit, more)
    statement = _statement(listing, connection.dialect.name, asked.shape, sort, asked.limit, after=asked.after)
    found = connection.execute(statement, asked.values).all()
    if len(found) <= asked.limit:
        return Rows(found, None)
    last = found[asked.limit - 1]
    return Rows(found[: asked.limit], _encode(last.sort_value, last.sort_id, asked.binding))


def count_rows(connection: Connection, listing: Listing, query: BaseModel, most: int, **more: Any) -> int | None:
    """Returns how many rows meet the query's filters; None if there are more than `most`."""
    shape, values = _bind(connection, listing, query, more)
    found = connection.execute(_count(listing, connection.dialect.name, shape, most), values).scalar_one()
    return found if found <= most else None


class Filtered(NamedTuple):
    """All rows that meet the filters of a query, as a statement with the values to bind."""

    statement: Select[Any]
    values: dict[str, Any]


def filtered(connection: Connection, listing: Listing, query: BaseModel) -> Filtered:
    shape, values = _bind(connection, listing, query, {})
    dialect = connection.dialect.name
    return Filtered(listing.rows[dialect].where(*_conditions(listing, dialect, shape)), values)


@dataclass(frozen=True, slots=True, eq=False)
class RecordList(Generic[M]):
    """A list whose rows the database writes as JSON. `model` is the type of a page."""

    model: type[M]
    listing: Listing

    def json(self, connection: Connection, query: BaseModel, sort: str | None = None, **more: Any) -> PageJson:
        by: str = sort or query.sort  # type: ignore[attr-defined]
        asked = _ask(connection, self.listing, query, by, None, more)
        dialect = connection.dialect.name
        statement = _text_statement(self.listing, dialect, asked.shape, by, asked.limit, after=asked.after)
        page = connection.execute(statement, asked.values).one()
        cursor = _encode(page.last_value, page.last_id, asked.binding) if page.found > asked.limit else None
        return page_json(page.items or "", cursor)

    def page(self, connection: Connection, query: BaseModel, sort: str | None = None, **more: Any) -> M:
        """Returns the same page for callers in Python."""
        return self.model.model_validate_json(self.json(connection, query, sort, **more).body)


def page_json(items: str, next_cursor: str | None) -> PageJson:
    """The page of these items, which are JSON separated by commas."""
    return PageJson(f'{{"items":[{items}],"next_cursor":{json.dumps(next_cursor)}}}'.encode(), next_cursor)


def record_list(
    model: type[M], rows: JsonSelect, filters: Mapping[str, Filter], sorts: Mapping[str, Any], id_column: Any
) -> RecordList[M]:
    return RecordList(model, Listing(rows.rows, filters, sorts, id_column))


# Statements ----------------------------------------------------------------------------------------------------------


def _bind(
    connection: Connection, listing: Listing, query: BaseModel, more: Mapping[str, Any]
) -> tuple[Shape, dict[str, Any]]:
    given = {**dict(query), **more}
    bound = {name: one.bind(connection, name, given) for name, one in listing.filters.items()}
    used = {name: one for name, one in bound.items() if one is not None}
    values = {key: value for one in used.values() for key, value in one.values.items()}
    return tuple((name, one.form) for name, one in used.items()), values


@lru_cache(maxsize=_STATEMENTS)
def _statement(listing: Listing, dialect: str, shape: Shape, sort: str, limit: int, *, after: bool) -> Select[Any]:
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    column, id_column = listing.sorts[name], listing.id_column
    place = tuple_(column, id_column)
    rows = listing.rows[dialect].add_columns(column.label("sort_value"), id_column.label("sort_id"))
    if after:
        here = tuple_(bindparam("after_value", type_=column.type), bindparam("after_id", type_=id_column.type))
        rows = rows.where(place < here if descending else place > here)
    order = [column.desc(), id_column.desc()] if descending else [column, id_column]
    # as a literal: for an unknown limit PostgreSQL expects a tenth of the table
    most: Any = literal_column(str(limit + 1))
    group = _group(listing, shape)
    parts = _parts(shape)
    if group is not None:
        rows, parts = _first_of_each(listing, dialect, shape, rows, column, group), [()]
    elif any(isinstance(one, GroupBy) for one in listing.filters.values()):
        rows = _with_group_count(rows, literal_column("'null'", String()))
    pages = [rows.where(*_conditions(listing, dialect, part)).order_by(*order).limit(most) for part in parts]
    if len(pages) == 1:
        return pages[0]
    every = union_all(*(select(page.subquery(f"page_{number}")) for number, page in enumerate(pages))).subquery("pages")
    merged = [every.c.sort_value, every.c.sort_id]
    return select(every).order_by(*(one.desc() if descending else one for one in merged)).limit(most)


@lru_cache(maxsize=_STATEMENTS)
def _text_statement(listing: Listing, dialect: str, shape: Shape, sort: str, limit: int, *, after: bool) -> Select[Any]:
    """Selects the JSON of a page's rows as one text, and the position of its last row in typed columns.

    Drivers read one long text faster than many short ones. On SQLite, threads hand over Python's lock once instead of
    once per row.
    """
    page = _statement(listing, dialect, shape, sort, limit, after=after).subquery("page")
    numbered = select(page, func.row_number().over().label("number")).subquery("numbered")
    most: Any = literal_column(str(limit))
    items = func.aggregate_strings(numbered.c.item, literal_column("','", String()))  # type: ignore[arg-type]
    last = numbered.c.number == most
    whole: Any = select(
        items.filter(numbered.c.number <= most).label("items"),
        func.max(numbered.c.sort_value, type_=numbered.c.sort_value.type).filter(last).label("last_value"),
        func.max(cast(numbered.c.sort_id, String)).filter(last).label("last_id"),
        func.count().label("found"),
    )
    return whole  # type: ignore[no-any-return]


@lru_cache(maxsize=_STATEMENTS)
def _count(listing: Listing, dialect: str, shape: Shape, most: int) -> Select[Any]:
    rows = listing.rows[dialect].with_only_columns(listing.id_column)
    few = rows.where(*_conditions(listing, dialect, shape)).limit(literal_column(str(most + 1)))
    return select(func.count()).select_from(few.subquery())


def _group(listing: Listing, shape: Shape) -> Sequence[Any] | None:
    """Returns the columns by which the rows are to be grouped."""
    for name, form in shape:
        one = listing.filters[name]
        if isinstance(one, GroupBy):
            return one.groups[str(form)]
    return None


def _first_of_each(
    listing: Listing, dialect: str, shape: Shape, rows: Select[Any], column: Any, group: Sequence[Any]
) -> Select[Any]:
    """Keeps the first row of each group that meets the filters, and adds the number of such rows to its JSON."""
    id_column = listing.id_column
    order = [column.desc(), id_column.desc()]
    ranked = (
        listing.rows[dialect]
        .with_only_columns(
            id_column.label("id"),
            func.row_number().over(partition_by=group, order_by=order).label("place"),
            func.count().over(partition_by=group).label("number"),
        )
        .where(*_conditions(listing, dialect, shape))
        .subquery("ranked")
    )
    first = rows.where(ranked.c.id == id_column, ranked.c.place == literal_column("1"))
    return _with_group_count(first, cast(ranked.c.number, String))


def _with_group_count(rows: Select[Any], number: Any) -> Select[Any]:
    """Adds the field `group_count` to the JSON of each row."""
    item = rows.selected_columns["item"]
    one: Any = literal_column("1")
    open_object = func.substr(item, one, func.length(item) - one, type_=String())
    field = literal_column("',\"group_count\":'", String())
    counted = open_object.concat(field).concat(number).concat(literal_column("'}'", String())).label("item")
    return rows.with_only_columns(counted, *(column for column in rows.selected_columns if column.key != "item"))


def _conditions(listing: Listing, dialect: str, shape: Shape) -> list[Any]:
    return [listing.filters[name].condition(name, form, dialect) for name, form in shape]


def _parts(shape: Shape) -> list[Shape]:
    """Splits a shape at its first filter with several values, one part for each value.

    An index has the rows of each value in order, but not those of several. So one page is fetched per value, and the
    first rows of all these pages are the result.
    """
    for name, form in shape:
        if isinstance(form, Each):
            return [
                tuple((other, Part(number) if other == name else its_form) for other, its_form in shape)
                for number in range(form.count)
            ]
    return [shape]


# Computed rows -------------------------------------------------------------------------------------------------------


def page_of(items: Sequence[Any], query: Any, sort: str, key: Any, key_type: Any) -> Rows:
    """Returns a page of rows given as mappings, sorted by `key` and id."""
    descending = sort.startswith("-")
    ordered = sorted(items, key=lambda row: (key(row), row["id"]), reverse=descending)
    binding = _binding(query, sort, {})
    if query.cursor is not None:
        here = _decode(query.cursor, binding, key_type, Id())
        ordered = [r for r in ordered if ((key(r), r["id"]) < here if descending else (key(r), r["id"]) > here)]
    page = ordered[: query.limit]
    more = len(ordered) > query.limit
    return Rows(page, _encode(key(page[-1]), page[-1]["id"], binding) if more else None)


def read_offset(query: Any, most: int) -> int:
    """Returns how many computed rows come before this page. Raises Invalid for a cursor of another list."""
    if query.cursor is None:
        return 0
    offset, _ = _decode(query.cursor, _binding(query, "", {}), Integer(), String())
    return min(max(int(offset), 0), most)


def written_offset(query: Any, offset: int) -> str:
    """The cursor of the page that begins after so many computed rows: for lists that no value orders."""
    return _encode(offset, "", _binding(query, "", {}))


# Cursors -------------------------------------------------------------------------------------------------------------


def _binding(query: BaseModel, sort: str, more: Mapping[str, Any]) -> str:
    filters = query.model_dump(mode="json", exclude=_NOT_FILTERS)
    text = json.dumps([type(query).__name__, sort, more, filters], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _checksum(text: str) -> str:
    return hashlib.sha256(b"counterclaim cursor " + text.encode()).hexdigest()[:12]


def _encode(value: Any, last_id: str, binding: str) -> str:
    shown = {"time": value.isoformat()} if isinstance(value, date) else value  # a date or a datetime
    text = json.dumps([binding, shown, last_id], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode((_checksum(text) + text).encode()).decode().rstrip("=")


def _decode(cursor: str, binding: str, column_type: Any, id_type: Any) -> tuple[Any, str]:
    """Returns the sort value and the id. Raises Invalid for a cursor that was not made here or is for other filters."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        if text[:12] != _checksum(text[12:]):
            raise ValueError
        made_for, value, last_id = json.loads(text[12:])
        value, last_id = _sort_value(value, column_type), _sort_value(last_id, id_type)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        detail = "This is not a cursor of this service. Start again without one."
        raise Invalid.at("/cursor", detail, "query") from None
    if made_for != binding:
        raise Invalid.at("/cursor", "The cursor belongs to other filters or another sort. Start again.", "query")
    return value, last_id


def _sort_value(value: Any, column_type: Any) -> Any:
    """Returns the value in its column's type. Checks types, as anyone can compute the checksum. Raises ValueError."""
    if isinstance(column_type, UtcTime):
        moment = datetime.fromisoformat(value["time"])
        if moment.tzinfo is None or not 1 < moment.year < 9999:  # a time zone can shift it out of the valid years
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
