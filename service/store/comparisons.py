"""Measurands as they are listed: their stored summaries, filtered, sorted and paged."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, bindparam, or_, select

from service.db.engine import Database
from service.db.json_rows import JsonRows
from service.db.tables import EntityRow, MeasurandRow, MetricRow, ScopeRow
from service.domain.key import is_uuid, normal_measurand_key
from service.domain.vocabulary import DisagreementKind
from service.errors import Invalid, NotFound, Place
from service.schemas.comparisons import Summary, SummaryPage
from service.schemas.queries import ComparisonQuery, MeasurandFilters
from service.store import graph, rows
from service.store.pages import fetch_json_page, fetch_page
from service.store.rows import Values

SELECT: Select[*tuple[Any, ...]] = (
    select(
        *(getattr(MeasurandRow, name) for name in ("id", "key", "period", "updated_at", "summary", "extremes")),
        MeasurandRow.scope_id,
        MeasurandRow.period_earliest,
        MeasurandRow.period_latest,
        MetricRow.signed,
        *rows.embed("subject", EntityRow, "id", "key", "name"),
        *rows.embed("metric", MetricRow, "id", "key", "name", "unit"),
        *rows.embed("scope", ScopeRow, "id", "key", "name"),
    )
    .join(EntityRow, EntityRow.id == MeasurandRow.subject_id)
    .join(MetricRow, MetricRow.id == MeasurandRow.metric_id)
    .outerjoin(ScopeRow, ScopeRow.id == MeasurandRow.scope_id)
)

_PRESENT = SELECT.where(MeasurandRow.present_count > 0)


OWN = ("id", "key", "subject", "metric", "scope", "period", "updated_at")
TOLD = "CASE WHEN measurand.told_at = measurand.updated_at THEN measurand.told ELSE CAST(measurand.summary AS TEXT) END"
JSON = JsonRows(list(SELECT.selected_columns), OWN, rest=TOLD)
# built once each: to build one costs as much as to run it
_BY_ID, _BY_KEY = (
    SELECT.where(column == bindparam("ref", type_=column.type)) for column in (MeasurandRow.id, MeasurandRow.key)
)
_SIBLINGS = SELECT.where(
    MeasurandRow.subject_id == bindparam("subject"),
    MeasurandRow.metric_id == bindparam("metric"),
    MeasurandRow.period_earliest.is_not_distinct_from(bindparam("earliest", type_=MeasurandRow.period_earliest.type)),
    MeasurandRow.period_latest.is_not_distinct_from(bindparam("latest", type_=MeasurandRow.period_latest.type)),
    MeasurandRow.id != bindparam("own"),
).order_by(ScopeRow.position.nulls_first(), MeasurandRow.id)
SORTS = {
    "created_at": MeasurandRow.created_at,
    "updated_at": MeasurandRow.updated_at,
    "gap": MeasurandRow.rank,
    "figure_count": MeasurandRow.figure_count,
}


@dataclass(frozen=True, slots=True)
class Filed:
    """A measurand on file."""

    row: Values

    @property
    def id(self) -> str:
        return str(self.row["id"])

    @property
    def unit(self) -> str:
        return str(self.row["metric"]["unit"])

    @property
    def own(self) -> Values:
        """The fields of a Summary that are the measurand's own."""
        return {name: self.row[name] for name in OWN}

    @property
    def days(self) -> tuple[date | None, date | None]:
        return self.row["period_earliest"], self.row["period_latest"]

    @property
    def summarised(self) -> Values:
        """The fields of a Summary."""
        return {**self.row["summary"], **self.own}

    def summary(self) -> Summary:
        return Summary.model_validate(self.summarised)

    def extremes(self, kind: DisagreementKind) -> tuple[str, str] | None:
        """The figures that hold the least and the most of this kind of disagreement."""
        pair = self.row["extremes"][str(kind)]
        return (pair[0], pair[1]) if pair else None


def read(connection: Connection, ref: str, pointer: str = "/ref", place: Place = "path") -> Filed:
    """A measurand by id, or by its key in any way to write its period. Raises NotFound."""
    try:
        statement, name = (_BY_ID, ref.lower()) if is_uuid(ref) else (_BY_KEY, normal_measurand_key(ref))
    except Invalid as error:
        raise NotFound.at(pointer, f"This names no measurand. {error.detail}", place) from None
    found = rows.fetch(connection, statement, {"ref": name})
    if not found:
        detail = "There is no such measurand. Name it by its id, or by its key subject.metric[.scope][@period]."
        raise NotFound.at(pointer, detail, place)
    return Filed(found[0])


def filter_ids(connection: Connection, refs: Sequence[str]) -> list[str]:
    """The ids of the measurands that a filter names, by ids or keys. Raises Invalid for one that there is not."""
    ids = [ref.lower() for ref in refs if is_uuid(ref)]
    try:
        keys = [normal_measurand_key(ref) for ref in refs if not is_uuid(ref)]
    except Invalid as error:
        raise Invalid.at("/measurand", f"This names no measurand. {error.detail}", "query") from None
    named = or_(MeasurandRow.id.in_(ids), MeasurandRow.key.in_(keys))
    found = connection.execute(select(MeasurandRow.id, MeasurandRow.key).where(named)).all()
    if {*ids, *keys} - {name for row in found for name in row}:
        raise Invalid.at("/measurand", "There is no such measurand.", "query")
    return [row.id for row in found]


def scope_ids(connection: Connection, refs: Sequence[str]) -> list[str]:
    return rows.filter_ids(connection, ScopeRow, refs, "scope")


def page(connection: Connection, query: ComparisonQuery) -> SummaryPage:
    statement = _PRESENT.where(*conditions(connection, query))
    found, cursor = fetch_page(connection, statement, SORTS, MeasurandRow.id, query, query.sort)
    return SummaryPage(items=[Filed(row).summary() for row in found], next_cursor=cursor)


def json_page(database: Database, query: ComparisonQuery) -> bytes:
    """The same as JSON, written by the database."""
    return fetch_json_page(database, JSON, _PRESENT, conditions, SORTS, MeasurandRow.id, query, query.sort)


def some(connection: Connection, query: MeasurandFilters, most: int) -> list[Filed]:
    """Measurands that the filters let through, in the order of their ids, whether or not they have figures now."""
    statement = SELECT.add_columns(MeasurandRow.created_at, EntityRow.kind.label("subject_kind"))
    statement = statement.where(*conditions(connection, query)).order_by(MeasurandRow.id).limit(most)
    return [Filed(row) for row in rows.fetch(connection, statement)]


def conditions(connection: Connection, query: MeasurandFilters, rank: Any = MeasurandRow.rank) -> list[Any]:
    """`rank` is what the smallest gap asked for is held against."""
    found: list[Any] = [rows.any_of(MeasurandRow.id, query.id)] if query.id else []
    refs = (
        (query.subject, EntityRow, MeasurandRow.subject_id, "subject"),
        (query.metric, MetricRow, MeasurandRow.metric_id, "metric"),
        (query.scope, ScopeRow, MeasurandRow.scope_id, "scope"),
    )
    found += [rows.any_of(c, rows.filter_ids(connection, t, given, name)) for given, t, c, name in refs if given]
    words = (
        (query.entity_kind, EntityRow.kind),
        (query.agreement, MeasurandRow.agreement),
        (query.verdict, MeasurandRow.verdict),
        (query.comparability, MeasurandRow.comparability),
    )
    found += [rows.any_of(column, given) for given, column in words if given]
    if query.within_rounding is not None:
        found.append(MeasurandRow.within_rounding == query.within_rounding)
    if query.gap_min is not None:
        # ranks of 1 and more are gaps; those below stand for differences and for none
        found.append(rank >= max(float(query.gap_min), 1.0))
    return found


# Scope trees ---------------------------------------------------------------------------------------------------------


def siblings(connection: Connection, measurand: Filed) -> list[Filed]:
    """The other measurands of the same subject, metric and period, in the order of the metric's scopes. Some may have
    no figures any more.
    """
    row = measurand.row
    earliest, latest = measurand.days
    own = {"own": measurand.id, "subject": row["subject"]["id"], "metric": row["metric"]["id"]}
    found = rows.fetch(connection, _SIBLINGS, own | {"earliest": earliest, "latest": latest})
    return [Filed(one) for one in found]


def wholes(connection: Connection, scope_ids: Collection[str]) -> dict[str, set[str]]:
    """For each scope, all scopes that it is a part of, directly or not."""
    if not scope_ids:
        return {}
    chain = graph.ancestors(ScopeRow.id, ScopeRow.part_of_id, scope_ids)
    found: dict[str, set[str]] = {scope_id: set() for scope_id in scope_ids}
    for row in connection.execute(select(chain).where(chain.c.depth > 0)):
        found[row.start].add(row.id)
    return found
