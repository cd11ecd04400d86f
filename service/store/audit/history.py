"""History: records what each transaction changed, as the last step of the same transaction."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import zip_longest
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    RowMapping,
    ScalarSelect,
    Select,
    UpdateBase,
    bindparam,
    func,
    insert,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
)

from service.db import bulk
from service.db.engine import Author
from service.db.models import ChangeRow, FigureRow, ScopeRow
from service.db.types import Document, Id, String, Whole
from service.domain.vocabulary import Operation
from service.errors import Forbidden, NotFound
from service.schemas.history import Change, ChangePage, FeedQuery, HistoryQuery
from service.store import locks, rows
from service.store.audit import verdicts
from service.store.lists.filters import AnyOf
from service.store.lists.pagination import Listing, fetch_page
from service.store.locks import Lock
from service.store.operations import keys
from service.store.records import (
    claims,
    disputes,
    entities,
    equations,
    figures,
    metrics,
    propositions,
    record_writes,
    scopes,
    sources,
)
from service.store.records.projection import Projection
from service.store.records.record_writes import Touched
from service.store.rows import Values

_CHUNK = 500
_MOST_BYTES = 4_000_000  # of the snapshots in one response
_SERIES = UUID("3b0f6c1a-0b86-5d2f-9a3e-1c1f5ce1a7d4")
_COMPUTED = {"version", "updated_at", "scope_count", "converted", "not_computed"}  # changes of these are not named

_PROJECTIONS: dict[str, Projection[Any]] = {
    projection.kind: projection
    for projection in (
        sources.PROJECTION,
        entities.PROJECTION,
        metrics.PROJECTION,
        scopes.PROJECTION,
        equations.PROJECTION,
        propositions.PROJECTION,
        claims.PROJECTION,
        figures.PROJECTION,
        disputes.PROJECTION,
        keys.RECORDED,
    )
}  # in an order in which no kind refers to a later one
_STAMP = ("at", "actor_id", "actor_name", "request_id")
_ABOUT = ("subject_id", "metric_id")  # of a figure
_WRITTEN_COLUMNS = [*_STAMP, "operation", "kind", "record_id", "version", "changed", "snapshot", *_ABOUT]
_LATER: dict[str, Values] = {
    "claim": {"stances": []}
}  # fields that snapshots of earlier versions of the service do not have
_FOR_ADMINS = "key"  # only admins may see who has keys
_KINDS_OF_REFS = {
    "source": "source",
    **dict.fromkeys(("claimant", "speaks_for", "voice", "subject", "raised_by"), "entity"),
    "metric": "metric",
    **dict.fromkeys(("scope", "output", "input"), "scope"),
    "proposition": "proposition",
    **dict.fromkeys(
        ("claim", "derived_from", "supersedes", "superseded_by", "disputed_claim", "disputing_claim"), "claim"
    ),
}
Place = tuple[str, str]  # kind and id
_COLUMNS = list(ChangeRow.__table__.columns)


def record(connection: Connection, author: Author) -> None:
    """Records all changes of this transaction in the history.

    A sequence alone assigns numbers out of commit order, and a reader of the feed would skip late ones. So the last
    step before the commit is to wait for an exclusive lock.
    """
    options = connection.get_execution_options()
    touched: Touched = options.get("touched", {})
    if not touched:
        return
    new = [key for key in touched if _is_new(touched, key)]
    changed = _changes(connection, [key for key in touched if not _is_new(touched, key)], touched)
    assessed = verdicts.changes(connection, options["assessed"])
    locks.acquire(connection, Lock.FEED)  # as late as possible, after all reads that can come first
    stamp = {
        "at": _next_moment(connection),
        "actor_id": author.id,
        "actor_name": author.name,
        "request_id": author.request_id,
    }
    for part in rows.chunks(new, _CHUNK):
        kinds = tuple(kind for kind in _PROJECTIONS if any(its_kind == kind for its_kind, _ in part))
        ids = {f"{kind}_ids": [record_id for its_kind, record_id in part if its_kind == kind] for kind in kinds}
        connection.execute(_insert_new(connection.dialect.name, kinds), stamp | ids)
    _insert(connection, stamp, [*changed, *assessed])
    touched.clear()
    options["assessed"].clear()


def _next_moment(connection: Connection) -> datetime:
    """The time of this transaction's changes: later than every earlier one, whatever clocks do, so that a moment names
    one state of the database. Needs the lock of the feed.
    """
    now, last = record_writes.now(), last_moment(connection)
    return now if last is None else max(now, last + timedelta(microseconds=1))


def record_series(connection: Connection, series: str, snapshot: Values, changed: Sequence[str]) -> datetime:
    """Records that the operator loaded exchange rates or a price index, on which answers depend. Returns when."""
    record_id = str(uuid5(_SERIES, series))
    known = select(func.max(ChangeRow.version)).where(ChangeRow.kind == "series", ChangeRow.record_id == record_id)
    version = (connection.execute(known).scalar() or 0) + 1
    locks.acquire(connection, Lock.FEED)
    at = _next_moment(connection)
    stamp = dict.fromkeys(_STAMP) | {"at": at}
    operation = Operation.CREATE if version == 1 else Operation.UPDATE
    change = {
        "operation": str(operation),
        "kind": "series",
        "record_id": record_id,
        "version": version,
        "changed": list(changed),
        "snapshot": snapshot,
        **dict.fromkeys(_ABOUT),
    }
    _insert(connection, stamp, [change])
    return at


def _is_new(touched: Touched, key: tuple[str, str]) -> bool:
    return touched[key] is Operation.CREATE


@cache
def _insert_new(dialect: str, kinds: tuple[str, ...]) -> Insert:
    """Inserts history rows of new records, with snapshots written by the database. Kinds come before those that refer
    to them, records of a kind in order of creation.
    """
    parts = [select(_new(dialect, kind, place).subquery(kind)) for place, kind in enumerate(kinds)]
    every = union_all(*parts).subquery("every")
    columns = [every.c[name] for name in _WRITTEN_COLUMNS]
    found = select(*columns).order_by(every.c.place, every.c.created_at, every.c.record_id)
    return insert(ChangeRow).from_select(_WRITTEN_COLUMNS, found)


def _new(dialect: str, kind: str, place: int) -> Select[Any]:
    projection = _PROJECTIONS[kind]
    table = projection.table
    stamp = [bindparam(name, type_=ChangeRow.__table__.c[name].type).label(name) for name in _STAMP]
    own: list[Any] = [
        literal(str(Operation.CREATE), String()).label("operation"),
        literal(kind, String()).label("kind"),
        table.id.label("record_id"),
        table.version,
        literal([], Document()).label("changed"),
        projection.rows.document(dialect).label("snapshot"),
        *(
            getattr(table, name).label(name) if table is FigureRow else literal(None, Id()).label(name)
            for name in _ABOUT
        ),
        literal_column(str(place)).label("place"),
        table.created_at,
    ]
    ids: Any = bindparam(f"{kind}_ids", expanding=True)
    return projection.rows.rows[dialect].with_only_columns(*stamp, *own).where(table.id.in_(ids))


def _insert(connection: Connection, stamp: Values, changes: Sequence[Values]) -> None:
    for part in rows.chunks(changes, _CHUNK):
        bulk.write(connection, _insert_changed(connection.dialect.name), [{**stamp, **change} for change in part])


@cache
def _insert_changed(dialect: str) -> UpdateBase:
    return bulk.insertion(dialect, ChangeRow, _WRITTEN_COLUMNS)


def _changes(connection: Connection, keys: Sequence[tuple[str, str]], touched: Touched) -> list[Values]:
    return [change for part in rows.chunks(keys, _CHUNK) for change in _changes_at_once(connection, part, touched)]


def _changes_at_once(connection: Connection, keys: Sequence[tuple[str, str]], touched: Touched) -> list[Values]:
    current = {
        (kind, record_id): json.loads(item)
        for kind, projection in _PROJECTIONS.items()
        if (ids := [record_id for its_kind, record_id in keys if its_kind == kind])
        for record_id, item in projection.json_by_id(connection, ids).items()
    }
    earlier = [(*key, snapshot["version"] - 1) for key, snapshot in current.items() if snapshot["version"] > 1]
    place = tuple_(ChangeRow.kind, ChangeRow.record_id, ChangeRow.version)
    statement = select(ChangeRow.kind, ChangeRow.record_id, ChangeRow.snapshot).where(place.in_(earlier))
    before = {(row.kind, row.record_id): row.snapshot for row in connection.execute(statement)} if earlier else {}
    return [
        {
            "operation": str(touched[key]),
            "kind": key[0],
            "record_id": key[1],
            "version": current[key]["version"],
            "changed": _changed(_complete(key[0], before[key]) if key in before else None, current[key]),
            "snapshot": current[key],
            **_about(key[0], current[key]),
        }
        for key in keys
    ]


def _about(kind: str, snapshot: Values) -> Values:
    return {name: snapshot[name.removesuffix("_id")]["id"] if kind == "figure" else None for name in _ABOUT}


def _changed(before: Values | None, after: Values) -> list[str]:
    if before is None:
        return []
    return [name for name in after if name not in _COMPUTED and after[name] != before.get(name)]


# Reading -------------------------------------------------------------------------------------------------------------


def of_record(connection: Connection, kind: str, record_id: str, query: HistoryQuery, *, names: bool) -> ChangePage:
    """Returns the versions of one record, newest first: fewer than the limit, if they are large."""
    sizes = fetch_page(connection, _SIZES, query, "-version", kind=[kind], record_id=[record_id]).rows
    most = _fitting(row.size for row in sizes)
    found = fetch_page(connection, _OF_RECORD, query, "-version", limit=most, kind=[kind], record_id=[record_id])
    return ChangePage(items=[shown(row._mapping, names=names) for row in found.rows], next_cursor=found.next_cursor)


_PLACE = {"kind": AnyOf(ChangeRow.kind), "record_id": AnyOf(ChangeRow.record_id)}
_BY_VERSION = {"version": ChangeRow.version}
_OF_RECORD = Listing(
    dict.fromkeys(("sqlite", "postgresql"), select(*_COLUMNS)), _PLACE, _BY_VERSION, ChangeRow.record_id
)
_SIZE: dict[str, Any] = {
    "sqlite": func.length(ChangeRow.snapshot, type_=Whole).label("size"),
    "postgresql": func.pg_column_size(ChangeRow.snapshot, type_=Whole).label("size"),
}
_SIZES = Listing({dialect: select(size) for dialect, size in _SIZE.items()}, _PLACE, _BY_VERSION, ChangeRow.record_id)


def _fitting(sizes: Iterable[int]) -> int:
    """Returns how many snapshots of these sizes a response may hold: at least one. The history of a claim with a
    thousand figures is hundreds of megabytes.
    """
    total = number = 0
    for size in sizes:
        total += size
        if total > _MOST_BYTES and number > 0:
            break
        number += 1
    return max(number, 1)


def feed(connection: Connection, query: FeedQuery, *, for_admin: bool, names: bool) -> list[Change]:
    """Returns changes of all records in commit order, starting right after `query.after`: fewer than the limit, if they
    are large.

    Raises Forbidden if a caller who is not an admin asks for changes of keys.
    """
    statement = select(*_COLUMNS).where(ChangeRow.seq > query.after)
    if not for_admin:
        if _FOR_ADMINS in query.kind:
            raise Forbidden.at("/kind", "The changes of keys are for admins.", "query")
        statement = statement.where(ChangeRow.kind != _FOR_ADMINS)
    if query.kind:
        statement = statement.where(rows.any_of(ChangeRow.kind, query.kind))
    ordered = statement.order_by(ChangeRow.seq)
    sizes = connection.execute(ordered.with_only_columns(_SIZE[connection.dialect.name]).limit(query.limit))
    found = connection.execute(ordered.limit(_fitting(sizes.scalars()))).mappings()
    return [shown(row, names=names) for row in found]


def latest(connection: Connection, before: int | None, most: int, *, names: bool) -> list[Change]:
    """Returns changes of all records except keys, newest first, with seq below `before`."""
    statement = select(*_COLUMNS).where(ChangeRow.kind != _FOR_ADMINS)
    if before is not None:
        statement = statement.where(ChangeRow.seq < before)
    found = connection.execute(statement.order_by(ChangeRow.seq.desc()).limit(most)).mappings()
    return [shown(row, names=names) for row in found]


def latest_figures(
    connection: Connection, subject_id: str, metric_id: str | None, most: int, *, names: bool
) -> list[Change]:
    """Returns the changes of figures about a subject, of one metric or of all, newest first."""
    about = [ChangeRow.subject_id == subject_id, *([] if metric_id is None else [ChangeRow.metric_id == metric_id])]
    statement = select(*_COLUMNS).where(*about).order_by(ChangeRow.seq.desc()).limit(most)
    return [shown(row, names=names) for row in connection.execute(statement).mappings()]


class Difference(NamedTuple):
    """The value of a field before and after a change."""

    field: str
    before: Any
    after: Any


def with_differences(
    connection: Connection, kind: str, record_id: str, most: int, *, names: bool
) -> list[tuple[Change, list[Difference]]]:
    """Returns the versions of one record, newest first, each with its differences."""
    found = of_record(connection, kind, record_id, HistoryQuery(limit=most + 1), names=names).items
    described = []
    for change, earlier in zip_longest(found[:most], found[1 : most + 1]):
        before = earlier.snapshot if earlier is not None else None
        after = change.snapshot or {}
        fields = change.changed if before is not None else []
        described.append((change, [Difference(name, (before or {}).get(name), after.get(name)) for name in fields]))
    return described


def last_moment(connection: Connection) -> datetime | None:
    """Returns when the last change was recorded; None before the first one."""
    return connection.execute(select(ChangeRow.at).order_by(ChangeRow.seq.desc()).limit(1)).scalar()


def as_recorded(connection: Connection, kind: str, record_id: str, moment: datetime) -> Values:
    """Returns the record as it was served at that moment. Raises NotFound if it did not exist yet."""
    found = _standing(connection, [(kind, record_id)], moment).get((kind, record_id))
    if found is None:
        raise NotFound.at("/recorded_as_of", f"The {kind} was not on record at that moment.", "query")
    if kind == "metric":
        found["scope_count"] = connection.execute(_SCOPES_THEN, {"metric": record_id, "moment": moment}).scalar_one()
    found = _complete(kind, found)
    embedded = list(_embedded(kind, found))
    others = _standing(connection, {place for place, _ in embedded}, moment)
    for place, shown in embedded:
        stood = others.get(place, {})
        shown.update({name: stood[name] for name in shown if name in stood})
    return found


def _last_of_scope(*more: ColumnElement[bool]) -> ScalarSelect[Any]:
    """The last version of a scope at the moment, of the changes that meet the conditions."""
    of_scope = ChangeRow.kind == literal("scope", String()), ChangeRow.record_id == ScopeRow.id
    by_then = ChangeRow.at <= bindparam("moment", type_=ChangeRow.at.type)
    return select(func.max(ChangeRow.version)).where(*of_scope, by_then, *more).correlate(ScopeRow).scalar_subquery()


def _last_with(operation: Operation) -> ColumnElement[int]:
    """The last version that came of the operation, or 0."""
    return func.coalesce(_last_of_scope(ChangeRow.operation == literal(str(operation), String())), 0)


# A scope was withdrawn then if, of its changes by then, a withdrawal came after the last restoration.
_SCOPES_THEN = select(func.count()).where(
    ScopeRow.metric_id == bindparam("metric", type_=ScopeRow.metric_id.type),
    _last_of_scope().is_not(None),
    _last_with(Operation.WITHDRAW) <= _last_with(Operation.RESTORE),
)


def _standing(connection: Connection, places: Collection[tuple[str, str]], moment: datetime) -> dict[Place, Values]:
    """Returns snapshots of records as of a moment."""
    if not places:
        return {}
    place = tuple_(ChangeRow.kind, ChangeRow.record_id)
    last = select(func.max(ChangeRow.version)).where(place.in_(places), ChangeRow.at <= moment)
    newest = last.add_columns(ChangeRow.kind, ChangeRow.record_id).group_by(ChangeRow.kind, ChangeRow.record_id)
    version = tuple_(ChangeRow.version, ChangeRow.kind, ChangeRow.record_id)
    statement = select(ChangeRow.kind, ChangeRow.record_id, ChangeRow.snapshot).where(version.in_(newest))
    return {(row.kind, row.record_id): dict(row.snapshot) for row in connection.execute(statement)}


def _embedded(kind: str, snapshot: Values) -> Iterator[tuple[Place, Values]]:
    """Yields the embedded parts of other records, which may have changed since, with the kind and id of each."""
    kinds = _KINDS_OF_REFS | {"part_of": kind if kind in ("scope", "proposition") else "entity"}
    for name, shown in snapshot.items():
        if name in kinds and shown is not None:
            yield (kinds[name], shown["id"]), shown
    for name in ("figures", "stances", "factors", "scopes"):
        for inner in snapshot.get(name, ()):
            yield from _embedded(name, inner)
    for part in snapshot.get("parts", ()):
        yield ("scope", part["id"]), part


def metrics_of_equations(connection: Connection, equation_ids: Sequence[str]) -> set[str]:
    """The metrics that these equations use in any version on record."""
    found: set[str] = set()
    for part in rows.chunks(list(equation_ids), rows.MOST_IDS):
        statement = select(ChangeRow.snapshot).where(ChangeRow.kind == "equation", ChangeRow.record_id.in_(part))
        for snapshot in connection.execute(statement).scalars():
            found |= {snapshot["metric"]["id"], *(factor["metric"]["id"] for factor in snapshot["factors"])}
    return found


def shown(row: RowMapping | Values, *, names: bool) -> Change:
    """The change as it is served. `names`: whether the caller may see the names of keys."""
    fields = {name: row[name] for name in Change.model_fields if name != "actor"}
    actor = {"id": row["actor_id"], "name": row["actor_name"] if names else None} if row["actor_id"] else None
    return Change.model_validate(fields | {"actor": actor})


def version(connection: Connection, kind: str, record_id: str, number: int) -> Values:
    """Returns a version of a record as it was served. Raises NotFound if it is not on record."""
    statement = select(ChangeRow.snapshot).where(
        ChangeRow.kind == kind, ChangeRow.record_id == record_id, ChangeRow.version == number
    )
    found: Values | None = connection.execute(statement).scalar()
    if found is None:
        raise NotFound(f"This version of the {kind} is not on record.")
    return _complete(kind, found)


def _complete(kind: str, snapshot: Values) -> Values:
    return _LATER.get(kind, {}) | snapshot
