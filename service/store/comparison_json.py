"""All that one comparison is put together from, as it is stored, in one statement: figures and disputes as the database
writes them, and what was worked out when they were written.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, case, func, literal_column, select, text, union_all
from sqlalchemy.orm import aliased

from service.db.engine import Database
from service.db.expressions import count_inside
from service.db.json_rows import SEPARATOR, JsonRows
from service.db.tables import ClaimRow, DisputeRow, FigureRow, MeasurandRow, MetricRow, ScopeRow
from service.db.types import String
from service.domain.key import is_uuid, normal_measurand_key
from service.domain.vocabulary import ClaimStatus
from service.errors import Invalid
from service.schemas.comparisons import Compared
from service.store import comparisons, disputes, evidence, figures, rows
from service.store.graph import MAX_CHAIN


class Figure(NamedTuple):
    """A figure as JSON, `item`, and what says where it stands. The first three are the order in which all were made."""

    created_at: str
    position: int
    id: str
    status: str
    basis: str
    origin: str | None
    not_computed: str | None
    claimant: str
    item: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A comparison in its parts. Texts are JSON; `items` has all figures that it names, by id."""

    summary: str
    reported: str
    estimated: str
    detail: str
    signed: bool
    figures: list[Figure]
    items: Mapping[str, str]
    siblings: list[rows.Values]
    disputes: list[str]
    part_of: Mapping[str, str | None]

    def wholes(self) -> dict[str, set[str]]:
        """For each scope of the metric, all scopes that it is a part of, directly or not."""
        return {scope: set(self._above(scope)) for scope in self.part_of}

    def _above(self, scope: str | None) -> list[str]:
        found: list[str] = []
        while scope and (scope := self.part_of.get(scope)) and len(found) < MAX_CHAIN:
            found.append(scope)
        return found


def read(database: Database, ref: str) -> Stored | None:
    """None where there is no such measurand, or something about it or beside it is not stored in detail."""
    try:
        column, name = (MeasurandRow.id, ref.lower()) if is_uuid(ref) else (MeasurandRow.key, normal_measurand_key(ref))
    except Invalid:
        return None
    with database.read() as connection:
        row = connection.execute(_statement(database.dialect, column), {"ref": name}).first()
    if row is None:
        return None
    summary, reported, estimated, detail, signed, figure_rows, sibling_rows, dispute_rows, part_of = row
    siblings = [json.loads(item) for _, item in _in_order(sibling_rows)]
    if detail is None or any(sibling["stands_for"] is None for sibling in siblings):
        return None
    made = [Figure._make([*place, item]) for place, item in _in_order(figure_rows)]
    return Stored(
        summary=summary,
        reported=reported,
        estimated=estimated,
        detail=detail,
        signed=bool(signed),
        figures=[figure for figure in made if figure.status == ClaimStatus.ACTIVE],
        items={figure.id: figure.item for figure in made},
        siblings=siblings,
        disputes=[item for _, item in _in_order(dispute_rows)],
        part_of=json.loads(part_of) if siblings and part_of else {},
    )


def _in_order(written: str | None) -> list[tuple[list[Any], str]]:
    """Rows that were written as one text (`JsonRows.in_one_row`), in the order of what stands with each."""
    parts = written.split(SEPARATOR) if written else []
    return sorted(zip(json.loads(f"[{','.join(parts[1::2])}]"), parts[::2], strict=True))


# The statement -------------------------------------------------------------------------------------------------------

_COMPARED = JsonRows(
    [*evidence.SELECT.selected_columns, *figures.interval_columns(FigureRow)], list(Compared.model_fields)
)
_ZERO: Any = literal_column("0")  # written out, so that PostgreSQL keeps one plan
# of the row that the statement is about, in words: a table named inside would be taken for another of its rows
_OWN: Any = text("figure.measurand_id = measurand.id")
_IN_DRIFT = {
    "sqlite": "IN (SELECT json_extract(value, '$.origin') FROM json_each(measurand.detail, '$.drift'))",
    # as an array, of which it expects ten rather than a hundred, and looks each up
    "postgresql": "= ANY (ARRAY(SELECT CAST(drift ->> 'origin' AS UUID)"
    " FROM json_array_elements(CAST(measurand.detail AS JSON) -> 'drift') AS drift))",
}
_PART_OF = {
    "sqlite": "(SELECT json_group_object(id, part_of_id) FROM scope WHERE metric_id = measurand.metric_id)",
    "postgresql": "CAST((SELECT json_object_agg(id, part_of_id) FROM scope WHERE metric_id = measurand.metric_id)"
    " AS TEXT)",
}


@cache
def _statement(dialect: str, column: Any) -> Select[*tuple[Any, ...]]:
    summary = comparisons.TOLD if dialect == "sqlite" else f"CAST({comparisons.TOLD} AS JSON)"
    path = "$." if dialect == "sqlite" else ""
    sides = (f"CAST({summary} -> '{path}{name}' AS TEXT)" for name in ("reported_interval", "estimated_interval"))
    has_disputes = count_inside(MeasurandRow.summary, "dispute_count") > _ZERO
    return comparisons.SELECT.with_only_columns(
        *(literal_column(written, String()) for written in (comparisons.JSON.as_text(dialect), *sides)),
        case((MeasurandRow.told_at == MeasurandRow.updated_at, MeasurandRow.detail)),
        MetricRow.signed,
        _together(_figures(dialect), Figure._fields[:-1], dialect),
        _together(_siblings(dialect), ("position", "id"), dialect),
        case((has_disputes, _together(_disputes(dialect), ("created_at", "id"), dialect))),
        literal_column(_PART_OF[dialect], String()),
    ).where(column == bindparam("ref", type_=column.type))


def _together(statement: Any, place: Sequence[str], dialect: str) -> Any:
    return JsonRows.in_one_row(statement.subquery("page"), place, dialect).scalar_subquery()


def _figures(dialect: str) -> Any:
    """The figures of a measurand, whatever their claims' status, and those that its relays are held against."""
    written = _COMPARED.instead_of_columns(evidence.SELECT, dialect)
    place = [FigureRow.created_at, FigureRow.position, FigureRow.id]
    more = [FigureRow.basis, ClaimRow.derived_from_id.label("origin"), FigureRow.not_computed]
    claimant = evidence.CLAIMANT.id.label("claimant")
    own = written.add_columns(*place, ClaimRow.status, *more, claimant)
    origins = written.add_columns(*place, literal_column("''", String()).label("status"), *more, claimant)
    return union_all(own.where(_OWN), origins.where(text(f"figure.id {_IN_DRIFT[dialect]}")))


def _siblings(dialect: str) -> Any:
    """The measurands of other scopes of the same quantity that have figures, in the order of the metric's scopes."""
    other, scope = aliased(MeasurandRow, name="other"), aliased(ScopeRow, name="other_scope")
    columns = [other.id, other.key, *rows.embed("scope", scope, "id", "key", "name")]
    same = [f"other.{name} = measurand.{name}" for name in ("subject_id", "metric_id")]
    is_same = "IS" if dialect == "sqlite" else "IS NOT DISTINCT FROM"
    same += [f"other.{name} {is_same} measurand.{name}" for name in ("period_earliest", "period_latest")]
    statement = select(other.id).outerjoin(scope, scope.id == other.scope_id)
    statement = statement.where(text(" AND ".join(same)), text("other.id <> measurand.id"), other.present_count > _ZERO)
    position = func.coalesce(scope.position, literal_column("-1")).label("position")
    holds = "CASE WHEN other.told_at = other.updated_at THEN"
    stands_for = {
        "sqlite": f"json({holds} other.detail -> '$.stands_for' END)",
        "postgresql": f"{holds} CAST(other.detail AS JSON) -> 'stands_for' END",
    }
    given = {"stands_for": stands_for}
    written = JsonRows(columns, ["id", "key", "scope", *given], given).instead_of_columns(statement, dialect)
    return written.add_columns(position, other.id)


def _disputes(dialect: str) -> Any:
    about = disputes.ids_about(_OWN).where(ClaimRow.status == literal_column(f"'{ClaimStatus.ACTIVE}'"))
    written = disputes.JSON.instead_of_columns(disputes.SELECT, dialect)
    return written.add_columns(DisputeRow.created_at, DisputeRow.id).where(DisputeRow.id.in_(about))
