"""Scopes of metrics: reading and changing them. A scope's key is unique within its metric."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, select
from sqlalchemy.orm import aliased

from service.db.json_select import JsonSelect
from service.db.models import MetricRow, ScopeRow
from service.domain.key import is_key, is_uuid
from service.domain.topological_order import parents_first
from service.domain.vocabulary import Operation
from service.errors import Conflict, Invalid, Raced
from service.schemas.queries import ScopeQuery
from service.schemas.scopes import Scope, ScopeCreate, ScopeLine, ScopePage, ScopePatch
from service.store import rows
from service.store.comparisons import consistency
from service.store.comparisons.summary import mark_scopes_stale
from service.store.lists.filters import AnyOf, Filter, withdrawn
from service.store.lists.pagination import PageJson, record_list
from service.store.records import chains, metric_derivation, record_writes
from service.store.records.bounds import MOST_FIGURES, refuse_too_many_of_metric
from service.store.records.names import Known
from service.store.records.projection import Projection, Stored
from service.store.records.record_writes import Created, Versions
from service.store.rows import Values

MAX_SCOPES = 10_000  # of one metric
_WHOLE = aliased(ScopeRow, name="whole")
SELECT: Select[*tuple[Any, ...]] = (
    select(
        *rows.head(ScopeRow),
        *(getattr(ScopeRow, name) for name in ("key", "name", "definition")),
        *rows.embed("metric", MetricRow, "id", "key", "name", "unit", "scale"),
        *rows.embed("part_of", _WHOLE, "id", "key", "name"),
    )
    .join(MetricRow, MetricRow.id == ScopeRow.metric_id)
    .outerjoin(_WHOLE, _WHOLE.id == ScopeRow.part_of_id)
)
ROWS = JsonSelect(SELECT, list(Scope.model_fields))
PROJECTION = Projection(ScopeRow, Scope, ROWS)
FILTERS: dict[str, Filter] = {
    "id": AnyOf(ScopeRow.id),
    "withdrawn": withdrawn(ScopeRow),
    "metric_id": AnyOf(ScopeRow.metric_id),
    "part_of_id": AnyOf(ScopeRow.part_of_id),
}
SORTS = {name: getattr(ScopeRow, name) for name in ("created_at", "updated_at")}
LIST = record_list(ScopePage, ROWS, FILTERS, SORTS, ScopeRow.id)


# Reading -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OfMetric:
    """Reads the scopes of one metric by id or key, like a projection."""

    metric: str
    kind: str = "scope"

    def stored(self, connection: Connection, ref: str) -> Stored:
        """Raises NotFound for an unknown metric or scope."""
        return PROJECTION.stored(connection, find(connection, self.metric, ref))


def page_json(connection: Connection, metric: str, query: ScopeQuery) -> PageJson:
    """Returns a ScopePage as it is served. Raises NotFound for an unknown metric, Invalid for an unknown `part_of`."""
    metric_id = _metric(connection, metric)["id"]
    whole = ids_of(connection, metric_id, query.part_of, place="query")
    return LIST.json(connection, query, metric_id=[metric_id], part_of_id=list(whole.values()))


def names_of(connection: Connection, metric_id: str) -> list[Known]:
    """Returns the id, key and name of all scopes of a metric, oldest first."""
    statement = select(ScopeRow.id, ScopeRow.key, ScopeRow.name).where(ScopeRow.metric_id == metric_id)
    found = connection.execute(statement.order_by(ScopeRow.created_at, ScopeRow.id))
    return [Known(row.id, row.key, row.name) for row in found]


def find(connection: Connection, metric: str, ref: str) -> str:
    """Returns the id of a metric's scope. Raises NotFound."""
    metric_id = _metric(connection, metric)["id"]
    found = _by_ref(connection, metric_id, [ref]).get(ref.lower() if is_uuid(ref) else ref)
    if found is None:
        raise rows.no_such(ScopeRow, ref, "/scope")
    return str(found["id"])


def _metric(connection: Connection, ref: str) -> RowMapping:
    statement = select(MetricRow.id, MetricRow.key, MetricRow.withdrawn_at).where(rows.by_ref(MetricRow, ref))
    found = connection.execute(statement).mappings().first()
    if found is None:
        raise rows.no_such(MetricRow, ref)
    return found


def _by_ref(connection: Connection, metric_id: str, refs: Iterable[str]) -> dict[str, RowMapping]:
    """Returns the scopes of the metric that have these ids or keys, by both."""
    ids = [ref.lower() for ref in refs if is_uuid(ref)]
    keys = [ref for ref in refs if is_key(ref)]
    named = ScopeRow.id.in_(ids) | ScopeRow.key.in_(keys)
    statement = select(*ScopeRow.__table__.columns).where(ScopeRow.metric_id == metric_id, named)
    found = connection.execute(statement).mappings().all() if ids or keys else ()
    return {ref: row for row in found for ref in (row["id"], row["key"])}


def ids_of(
    connection: Connection, metric_id: str, refs: Sequence[str], pointer: str = "/part_of", place: Any = "body"
) -> dict[str, str]:
    """Returns the ids of these scopes. Raises Invalid for one that the metric does not have."""
    found = {
        ref: row["id"]
        for part in rows.chunks(list(refs), rows.MOST_IDS)
        for ref, row in _by_ref(connection, metric_id, part).items()
    }
    for ref in refs:
        if ref not in found:
            raise Invalid.at(pointer, f"The metric has no scope {ref!r}.", place)
    return {ref: found[ref] for ref in refs}


# Writing -------------------------------------------------------------------------------------------------------------


def create(connection: Connection, metric: str, body: ScopeCreate, most: int | None = MOST_FIGURES) -> Created:
    """Raises NotFound for an unknown metric, and Conflict for a first scope that more than `most` figures depend on."""
    own = _metric(connection, metric)
    record_writes.refuse_withdrawn(MetricRow, own)
    known = _known(connection, own["id"], body)
    if known is not None:
        differing = _differing(known, body, ids_of(connection, own["id"], _wholes([body])))
        if differing:
            raise record_writes.already_stored(ScopeRow, known["id"], differing)
        return Created(known["id"], is_new=False)
    (scope_id,) = create_all(connection, own["id"], [body], most)
    return Created(scope_id, is_new=True)


def create_line(connection: Connection, body: ScopeLine) -> Created:
    """Creates a scope from a file. Raises Invalid for an unknown metric."""
    found = connection.execute(select(MetricRow.id).where(_is_metric(body.metric))).scalar()
    if found is None:
        raise Invalid.at("/metric", f"There is no metric {body.metric!r}.")
    return create(connection, found, ScopeCreate.model_construct(body.model_fields_set - {"metric"}, **_fields(body)))


def _is_metric(ref: str) -> Any:
    return MetricRow.id == ref if is_uuid(ref) else MetricRow.key == ref


def _fields(body: ScopeLine) -> Values:
    return {name: value for name, value in dict(body).items() if name != "metric"}


def _known(connection: Connection, metric_id: str, body: ScopeCreate) -> RowMapping | None:
    """Returns the stored scope that the body repeats, by id or else by key. Raises Conflict for an id of another."""
    by_key = _by_ref(connection, metric_id, [body.key]).get(body.key)
    if body.id is None or (by_key is not None and by_key["id"] == body.id):
        return by_key
    other = select(*ScopeRow.__table__.columns).where(ScopeRow.id == body.id)
    by_id = connection.execute(other).mappings().first()
    if by_id is not None and by_id["metric_id"] != metric_id:
        raise Conflict.at("/id", "A scope of another metric has this id.")
    if by_key is not None:
        raise Conflict.at("/key", "Another scope of the metric has this key.")
    return by_id


def _wholes(bodies: Iterable[ScopeCreate]) -> list[str]:
    return [body.part_of for body in bodies if body.part_of is not None]


def _differing(row: RowMapping, body: ScopeCreate, wholes: dict[str, str]) -> list[str]:
    wanted = {"key": body.key, "name": body.name, "definition": body.definition}
    wanted |= {"part_of_id": wholes[body.part_of] if body.part_of else None}
    return [name for name, value in wanted.items() if row[name] != value]


def are_stored(connection: Connection, metric_id: str, bodies: Sequence[ScopeCreate]) -> bool:
    """Whether the metric has all these scopes, with the same content."""
    refs = {ref for body in bodies for ref in (body.key, body.part_of) if ref is not None}
    found = _by_ref(connection, metric_id, sorted(refs))
    wholes = {ref: row["id"] for ref, row in found.items()}
    return refs <= set(found) and all(
        body.id in (None, found[body.key]["id"]) and not _differing(found[body.key], body, wholes) for body in bodies
    )


def create_all(
    connection: Connection, metric_id: str, bodies: Sequence[ScopeCreate], most: int | None = MOST_FIGURES
) -> list[str]:
    """Creates new scopes of a metric, in their order, and returns their ids. Each may be a part of a stored one or of
    another one of these. Raises Conflict for an id in use, if the metric would have too many, and if they are its first
    and it has more than `most` figures.
    """
    if not bodies:
        return []
    _refuse_too_many(connection, metric_id, len(bodies))
    is_first = not _has_scopes(connection, metric_id)
    given = [body.id for body in bodies if body.id is not None]
    taken = select(ScopeRow.id).where(ScopeRow.id.in_(given))
    if len(set(given)) < len(given) or (given and connection.execute(taken).first() is not None):
        raise Conflict.at("/id", "Another scope has this id.")
    ids = {body.key: body.id or record_writes.new_id() for body in bodies}
    others = [ref for ref in _wholes(bodies) if ref not in ids]
    wholes = ids | ids_of(connection, metric_id, others)
    for whole in {wholes[ref] for ref in others}:
        chains.refuse_long(connection, ScopeRow.id, ScopeRow.part_of_id, whole, "/part_of", chains.MAX_CHAIN)
    heads = dict(zip(ids, record_writes.heads(connection, len(bodies)), strict=True))
    by_key = {body.key: body for body in bodies}
    new = [
        {
            **heads[key],
            "id": ids[key],
            "metric_id": metric_id,
            "key": key,
            "name": by_key[key].name,
            "definition": by_key[key].definition,
            "part_of_id": wholes.get(by_key[key].part_of or ""),
        }
        for key in parents_first({body.key: [body.part_of] if body.part_of else [] for body in bodies})
    ]
    if record_writes.insert_new(connection, ScopeRow, new) < len(new):
        raise Raced("Another client was creating the same scope at the same time. Try again.")
    for scope_id in ids.values():
        record_writes.note(connection, ScopeRow, scope_id, Operation.CREATE)
    if is_first:
        _mark_unscoped_stale(connection, metric_id, most)
    else:
        consistency.mark_paired(connection, metric_id, list(ids))
    return list(ids.values())


def _has_scopes(connection: Connection, metric_id: str) -> bool:
    standing = select(ScopeRow.id).where(ScopeRow.metric_id == metric_id, ScopeRow.withdrawn_at.is_(None))
    return connection.execute(standing.limit(1)).first() is not None


def _mark_unscoped_stale(connection: Connection, metric_id: str, most: int | None) -> None:
    """Marks the metric's summaries stale, since figures without a scope now leave something unsaid."""
    metric = connection.execute(select(MetricRow.key).where(MetricRow.id == metric_id).with_for_update()).one()
    refuse_too_many_of_metric(connection, metric_id, most, metric.key, '{"scopes": [{"key": …, "name": …}]}')
    metric_derivation.mark_summaries_stale(connection, metric_id)
    consistency.mark_using(connection, metric_id)


def _refuse_too_many(connection: Connection, metric_id: str, more: int) -> None:
    standing = select(func.count()).where(ScopeRow.metric_id == metric_id, ScopeRow.withdrawn_at.is_(None))
    held = connection.execute(standing).scalar_one()
    if held + more > MAX_SCOPES:
        raise Conflict.at("", f"A metric has at most {MAX_SCOPES:,} scopes.")


def check_tree(bodies: Sequence[ScopeCreate]) -> None:
    """Checks the scopes that are given with a new metric. Raises Invalid for a duplicate key, for a `part_of` that is
    not among them, and for a circle of parts or a chain of too many.
    """
    parents = {body.key: body.part_of for body in bodies}
    if len(parents) < len(bodies):
        raise Invalid.at("/scopes", "Two scopes have the same key.")
    for index, body in enumerate(bodies):
        pointer = f"/scopes/{index}/part_of"
        if body.part_of is not None and body.part_of not in parents:
            raise Invalid.at(pointer, f"The metric has no scope {body.part_of!r}.")
        steps, whole = 0, body.part_of
        while whole is not None:
            steps, whole = steps + 1, parents[whole]
            if steps >= min(len(parents), chains.MAX_CHAIN):
                raise Invalid.at(pointer, "The parts close a circle, or their chain is too long.")


def amend(connection: Connection, scope_id: str, patch: ScopePatch, expected: Versions) -> str:
    if "part_of" in patch.model_fields_set:
        chains.lock_links(connection)
    row = record_writes.lock(connection, ScopeRow, scope_id, expected)
    changes = patch.model_dump(exclude={"part_of"})
    if "part_of" in patch.model_fields_set:
        whole = patch.model_dump()["part_of"]
        changes["part_of_id"] = ids_of(connection, row["metric_id"], [whole])[whole] if whole is not None else None
        chains.refuse_cycle(connection, ScopeRow.id, ScopeRow.part_of_id, row["id"], changes["part_of_id"], "/part_of")
    moves = changes.get("part_of_id", row["part_of_id"]) != row["part_of_id"]
    if moves:
        _lock_tree(connection, row["id"])
    if record_writes.amend(connection, ScopeRow, row, changes) and moves:
        consistency.refuse_overlaps(connection, row["metric_id"])
        mark_scopes_stale(connection, row["id"])
    return str(row["id"])


def _lock_tree(connection: Connection, scope_id: str) -> None:
    """Locks a scope and its parts against new measurands, which refer to them, so that all of these are known when it
    is computed which part exceeds its whole.
    """
    tree = chains.descendants(ScopeRow.id, ScopeRow.part_of_id, scope_id)
    parts = select(ScopeRow.id).where(ScopeRow.id.in_(select(tree.c.id))).order_by(ScopeRow.id)
    connection.execute(parts.with_for_update()).all()


def withdraw(connection: Connection, scope_id: str, reason: str, expected: Versions) -> str:
    row = record_writes.lock(connection, ScopeRow, scope_id, expected)
    record_writes.withdraw(connection, ScopeRow, row, reason)
    if not _has_scopes(connection, row["metric_id"]):
        _mark_unscoped_stale(connection, row["metric_id"], MOST_FIGURES)
    return str(row["id"])


def restore(connection: Connection, scope_id: str, expected: Versions) -> str:
    row = record_writes.lock(connection, ScopeRow, scope_id, expected)
    _refuse_too_many(connection, row["metric_id"], 1)
    is_first = not _has_scopes(connection, row["metric_id"])
    record_writes.restore(connection, ScopeRow, row)
    if is_first:
        _mark_unscoped_stale(connection, row["metric_id"], MOST_FIGURES)
    return str(row["id"])
