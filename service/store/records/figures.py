"""Figures: reading and changing them. Each change of a figure is also a change of its claim."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, Select, UpdateBase, and_, bindparam, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from service.db import bulk
from service.db.json_select import JsonSelect, json_object
from service.db.models import ClaimRow, EntityRow, FigureRow, MeasurandRow, MetricRow, ScopeRow
from service.db.types import Day, Real, String
from service.domain.vocabulary import Operation
from service.errors import Conflict, Invalid
from service.schemas.figures import ClaimFigure, Figure, FigureCreate, FigurePage, FigurePatch
from service.store import rows
from service.store.comparisons import summary
from service.store.comparisons.exchange_rates import SERIES
from service.store.lists.filters import AnyOf, Filter, RefTo, RefToMeasurand, Value, withdrawn
from service.store.lists.pagination import record_list
from service.store.records import record_writes
from service.store.records.figure_intervals import STATED
from service.store.records.figure_validation import CheckedFigure, check_figures, context_of
from service.store.records.projection import Projection
from service.store.records.record_writes import Created, Versions

_COMPUTED = FigureRow.not_computed.is_(None)
_SUBJECT = aliased(EntityRow, name="subject")


def interval_columns(figure: Any) -> list[Any]:
    """The columns of a figure's interval."""
    fields = ("low", "high", "low_open", "high_open", "unit", "text")
    return [getattr(figure, f"interval_{name}").label(f"interval.{name}") for name in fields]


def converted_columns(figure: Any) -> list[Any]:
    """The columns of a figure's amounts in its metric's currency."""
    named = {
        "low": figure.converted_low,
        "high": figure.converted_high,
        "unit": MetricRow.unit,
        "series": literal_column(f"'{SERIES}'", String()),
        "first_day": figure.rate_first,
        "last_day": figure.rate_last,
        "day_assumed": figure.rate_day_assumed,
    }
    return [column.label(f"converted.{name}") for name, column in named.items()]


# the columns of a figure inside its claim
COLUMNS: list[Any] = [
    *rows.head(FigureRow),
    *(getattr(FigureRow, name) for name in STATED),
    FigureRow.not_computed,
    *rows.embed("metric", MetricRow, "id", "key", "name", "unit", "scale"),
    *rows.embed("scope", ScopeRow, "id", "key", "name"),
    *rows.embed("measurand", MeasurandRow, "id", "key"),
    *interval_columns(FigureRow),
    *converted_columns(FigureRow),
]


def with_refs(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        statement.join(MetricRow, MetricRow.id == FigureRow.metric_id)
        .join(MeasurandRow, MeasurandRow.id == FigureRow.measurand_id)
        .outerjoin(ScopeRow, ScopeRow.id == FigureRow.scope_id)
    )


SELECT = with_refs(
    select(
        *COLUMNS,
        *rows.embed("claim", ClaimRow, "id", "key", "statement"),
        *rows.embed("subject", _SUBJECT, "id", "key", "name"),
    )
    .join(ClaimRow, ClaimRow.id == FigureRow.claim_id)
    .join(_SUBJECT, _SUBJECT.id == FigureRow.subject_id)
)

IN_CLAIM = json_object(COLUMNS, list(ClaimFigure.model_fields))
ROWS = JsonSelect(SELECT, list(Figure.model_fields))
PROJECTION = Projection(FigureRow, Figure, ROWS)


def _reaches_up_to(number: Any) -> Any:
    high = FigureRow.interval_high
    reaches = or_(high > number, and_(high == number, rows.is_false(FigureRow.interval_high_open)))
    return and_(_COMPUTED, or_(high.is_(None), reaches))


def _reaches_down_to(number: Any) -> Any:
    low = FigureRow.interval_low
    reaches = or_(low < number, and_(low == number, rows.is_false(FigureRow.interval_low_open)))
    return and_(_COMPUTED, or_(low.is_(None), reaches))


# for figures joined with their claims
FILTERS: dict[str, Filter] = {
    "id": AnyOf(FigureRow.id),
    "withdrawn": withdrawn(FigureRow, ClaimRow),
    "claim": RefTo(ClaimRow, FigureRow.claim_id),
    "subject": RefTo(EntityRow, FigureRow.subject_id),
    "metric": RefTo(MetricRow, FigureRow.metric_id),
    "scope": RefTo(ScopeRow, FigureRow.scope_id),
    "measurand": RefToMeasurand(FigureRow.measurand_id),
    "basis": AnyOf(FigureRow.basis, in_parts=True),
    "qualifier": AnyOf(FigureRow.qualifier, in_parts=True),
    "unit": AnyOf(FigureRow.unit, in_parts=True),
    "value_min": Value(Real, _reaches_up_to, float),
    "value_max": Value(Real, _reaches_down_to, float),
    "period_from": Value(Day(), lambda day: FigureRow.period_latest >= day),
    "period_to": Value(Day(), lambda day: FigureRow.period_earliest <= day),
}
SORTS = {name: getattr(FigureRow, name) for name in ("created_at", "updated_at")}
LIST = record_list(FigurePage, ROWS, FILTERS, SORTS, FigureRow.id)


# Writing -------------------------------------------------------------------------------------------------------------


class NewFigure(NamedTuple):
    """A figure and the position to insert it at."""

    claim_id: str
    position: int
    figure: CheckedFigure


def check_new(connection: Connection, figures: Sequence[CheckedFigure], at: Sequence[str]) -> None:
    """Checks that figures can be added. `at` holds the pointers to them.

    Raises Invalid for a duplicate id, Conflict for an id in use and for a withdrawn metric.
    """
    given = [one.id for one in figures if one.id is not None]
    stored = select(FigureRow.id).where(FigureRow.id.in_(given))
    taken = set(connection.execute(stored).scalars()) if given else set()
    seen: set[str] = set()
    for one, pointer in zip(figures, at, strict=True):
        if one.id in seen:
            raise Invalid.at(f"{pointer}/id", "Two figures have this id.")
        if one.id in taken:
            raise Conflict.at(f"{pointer}/id", "Another figure has this id.")
        one.refuse_withdrawn(pointer)
        seen |= {one.id} if one.id else set()


MAX_FIGURES = 1_000  # of one claim
_COUNT_OF_CLAIM = select(func.count()).where(
    FigureRow.claim_id == bindparam("claim", type_=FigureRow.claim_id.type), FigureRow.withdrawn_at.is_(None)
)


def refuse_too_many(connection: Connection, claim_id: str, pointer: str = "") -> None:
    """Raises Conflict if the claim has as many figures as it may have: answers hold all of them."""
    if connection.execute(_COUNT_OF_CLAIM, {"claim": claim_id}).scalar_one() >= MAX_FIGURES:
        raise Conflict.at(pointer, f"The claim has {MAX_FIGURES:,} figures, which is the most.")


def insert_all(connection: Connection, new: Sequence[NewFigure]) -> list[str]:
    """Inserts figures into their claims, and the measurands that they need. Returns their ids."""
    if not new:
        return []
    summary.ensure_measurands(connection, [one.figure.measurand for one in new])
    values = [
        {
            **one.figure.columns,
            **birth,
            "id": one.figure.id or record_writes.new_id(),
            "claim_id": one.claim_id,
            "position": one.position,
        }
        for one, birth in zip(new, record_writes.heads(connection, len(new)), strict=True)
    ]
    bulk.write(connection, _insert(connection.dialect.name, tuple(values[0])), values)
    for row in values:
        record_writes.note(connection, FigureRow, row["id"], Operation.CREATE)
    summary.mark_stale(connection, [row["measurand_id"] for row in values])
    return [str(row["id"]) for row in values]


@cache
def _insert(dialect: str, names: tuple[str, ...]) -> UpdateBase:
    return bulk.insertion(dialect, FigureRow, names)


def create(connection: Connection, body: FigureCreate) -> Created:
    stored = _stored(connection, body.id)
    claim = _lock_claim(connection, rows.by_ref(ClaimRow, body.claim), "/claim")
    (checked,) = check_figures(connection, [context_of(connection, claim)], [body.model_dump()], [""])
    if stored is not None:
        differing = ["claim"] if stored["claim_id"] != claim["id"] else checked.differing(stored)
        if differing:
            raise record_writes.already_stored(FigureRow, stored["id"], differing)
        return Created(stored["id"], is_new=False)
    record_writes.refuse_foreign(connection, ClaimRow, claim, "/claim")
    record_writes.refuse_withdrawn(ClaimRow, claim, "/claim")
    checked.refuse_withdrawn("")
    refuse_too_many(connection, claim["id"], "/claim")
    last = select(func.max(FigureRow.position)).where(FigureRow.claim_id == claim["id"])
    position = (connection.execute(last).scalar() or 0) + 1
    (figure_id,) = insert_all(connection, [NewFigure(claim["id"], position, checked)])
    record_writes.bump(connection, ClaimRow, claim, {})
    summary.mark_claims_stale(connection, [claim["id"]])
    return Created(figure_id, is_new=True)


def _stored(connection: Connection, figure_id: str | None) -> RowMapping | None:
    if figure_id is None:
        return None
    statement = select(*FigureRow.__table__.columns).where(FigureRow.id == figure_id)
    return connection.execute(statement).mappings().first()


def amend(connection: Connection, ref: str, patch: FigurePatch, expected: Versions) -> str:
    claim, row = _lock(connection, ref, expected)
    record_writes.refuse_withdrawn(FigureRow, row)
    fields = {name: row[name] for name in STATED} | {"metric": row["metric_id"], "scope": row["scope_id"]}
    changed = patch.model_dump()
    if "metric" in changed and "scope" not in changed and changed["metric"] != row["metric_id"]:
        fields["scope"] = _scope_key(connection, row["scope_id"])
    (checked,) = check_figures(connection, [context_of(connection, claim)], [fields | changed], [""])
    if any(checked.columns[name] != row[name] for name in ("metric_id", "scope_id")):
        checked.refuse_withdrawn("")
    summary.ensure_measurands(connection, [checked.measurand])
    if record_writes.save(connection, FigureRow, row, checked.columns):
        record_writes.bump(connection, ClaimRow, claim, {})
        summary.mark_stale(connection, [row["measurand_id"]])  # the figure may have moved from it
        summary.mark_claims_stale(connection, [claim["id"]])
    return str(row["id"])


def _scope_key(connection: Connection, scope_id: str | None) -> str | None:
    """Returns the key of the scope, to look it up among the scopes of another metric."""
    return connection.execute(select(ScopeRow.key).where(ScopeRow.id == scope_id)).scalar() if scope_id else None


def withdraw(connection: Connection, ref: str, reason: str, expected: Versions) -> str:
    claim, row = _lock(connection, ref, expected)
    record_writes.withdraw(connection, FigureRow, row, reason)
    record_writes.bump(connection, ClaimRow, claim, {})
    summary.mark_claims_stale(connection, [claim["id"]])
    return str(row["id"])


def restore(connection: Connection, ref: str, expected: Versions) -> str:
    claim, row = _lock(connection, ref, expected)
    refuse_too_many(connection, claim["id"])
    if row["relayed"] and claim["derived_from_id"] is None:
        raise Conflict("The figure repeats another claim, and its claim derives from none any more.")
    record_writes.restore(connection, FigureRow, row)
    record_writes.bump(connection, ClaimRow, claim, {})
    summary.mark_claims_stale(connection, [claim["id"]])
    return str(row["id"])


def _lock(connection: Connection, ref: str, expected: Versions) -> tuple[RowMapping, RowMapping]:
    """Locks the figure's claim, then the figure. All writers use this order."""
    found = connection.execute(select(FigureRow.claim_id).where(rows.by_ref(FigureRow, ref))).first()
    if found is None:
        raise rows.no_such(FigureRow, ref)
    claim = _lock_claim(connection, ClaimRow.id == found.claim_id, "/claim")
    row = record_writes.lock(connection, FigureRow, ref, expected)
    record_writes.refuse_withdrawn(ClaimRow, claim)
    return claim, row


def _lock_claim(connection: Connection, condition: Any, pointer: str) -> RowMapping:
    statement = select(*ClaimRow.__table__.columns).where(condition).with_for_update()
    claim = connection.execute(statement).mappings().first()
    if claim is None:
        raise Invalid.at(pointer, "Unknown claim.")
    summary.lock_origins(connection, claim["derived_from_id"])
    return claim
