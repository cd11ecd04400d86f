"""Measurands: inserts those that figures need, and reads them with the others of the same quantity."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, case, literal_column, select
from sqlalchemy.orm import aliased

from service.db.models import EntityRow, MeasurandRow, MetricRow, ScopeRow
from service.domain.key import Measurand, is_uuid, measurand_key, normal_measurand_key
from service.domain.period import canonical_period
from service.domain.scopes import PartOf
from service.errors import Invalid, NotFound, Place
from service.store.records import record_writes
from service.store.records.chains import links_above
from service.store.rows import MOST_IDS, Values, chunks


@dataclass(frozen=True, slots=True)
class NamedMeasurand:
    """A measurand with the keys that name it."""

    measurand: Measurand
    subject: str
    metric: str
    scope: str | None

    @property
    def key(self) -> str:
        m = self.measurand
        return measurand_key(self.subject, self.metric, self.scope, m.earliest, m.latest)


def ensure(connection: Connection, wanted: Iterable[NamedMeasurand], empty: Values) -> None:
    """Inserts the measurands that do not exist yet, with the columns of an empty summary."""
    by_id: dict[str, NamedMeasurand] = {}
    for named in wanted:
        by_id.setdefault(named.measurand.id, named)
    if not by_id:
        return
    born = dict(zip(by_id, record_writes.distinct_times(len(by_id)), strict=True))
    values = []
    for measurand_id, named in sorted(by_id.items()):  # in a fixed order, so that two writers do not deadlock
        m = named.measurand
        own = {
            "id": measurand_id,
            "key": named.key,
            "subject_id": m.subject_id,
            "metric_id": m.metric_id,
            "scope_id": m.scope_id,
            "period": canonical_period(m.earliest, m.latest) if m.earliest and m.latest else None,
            "period_earliest": m.earliest,
            "period_latest": m.latest,
            "created_at": born[measurand_id],
            "updated_at": born[measurand_id],
        }
        values.append(own | empty)
    record_writes.insert_new(connection, MeasurandRow, values)


# Reading -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MeasurandRecord:
    """A stored measurand. `row` has its columns, `unit` and `signed` of its metric, and fields of its references."""

    row: Row[Any]

    @property
    def id(self) -> str:
        return str(self.row.id)

    @property
    def key(self) -> str:
        return str(self.row.key)

    @property
    def unit(self) -> str:
        return str(self.row.unit)

    @property
    def scope_id(self) -> str | None:
        found: str | None = self.row.scope_id
        return found

    @property
    def has_figures(self) -> bool:
        """Whether it has figures of active claims now."""
        return bool(self.row.present_count)

    @property
    def days(self) -> tuple[Any, Any]:
        return self.row.period_earliest, self.row.period_latest

    @property
    def subject(self) -> Values:
        row = self.row
        return {"id": row.subject_id, "key": row.subject_key, "name": row.subject_name}

    @property
    def metric(self) -> Values:
        row = self.row
        return {"id": row.metric_id, "key": row.metric_key, "name": row.metric_name, "unit": row.unit}

    @property
    def scope(self) -> Values | None:
        row = self.row
        return {"id": row.scope_id, "key": row.scope_key, "name": row.scope_name} if row.scope_id else None

    @property
    def own_fields(self) -> Values:
        """The fields of a Summary that belong to the measurand itself."""
        row = self.row
        refs = {"subject": self.subject, "metric": self.metric, "scope": self.scope}
        return {"id": row.id, "key": row.key, **refs, "period": row.period, "updated_at": row.updated_at}


COLUMNS: list[Any] = [
    *(
        getattr(MeasurandRow, name)
        for name in ("id", "key", "subject_id", "metric_id", "scope_id", "period", "period_earliest", "period_latest")
    ),
    *(getattr(MeasurandRow, name) for name in ("created_at", "updated_at", "present_count")),
    EntityRow.key.label("subject_key"),
    EntityRow.name.label("subject_name"),
    EntityRow.kind.label("subject_kind"),
    MetricRow.key.label("metric_key"),
    MetricRow.name.label("metric_name"),
    MetricRow.unit.label("unit"),
    MetricRow.signed,
    ScopeRow.key.label("scope_key"),
    ScopeRow.name.label("scope_name"),
]


def with_refs(statement: Select[Any]) -> Select[Any]:
    return (
        statement.join(EntityRow, EntityRow.id == MeasurandRow.subject_id)
        .join(MetricRow, MetricRow.id == MeasurandRow.metric_id)
        .outerjoin(ScopeRow, ScopeRow.id == MeasurandRow.scope_id)
    )


def same_quantity(one: Any, other: Any) -> list[Any]:
    """The conditions for two measurands to have the same subject, metric and period."""
    return [
        other.subject_id == one.subject_id,
        other.metric_id == one.metric_id,
        other.period_earliest.is_not_distinct_from(one.period_earliest),
        other.period_latest.is_not_distinct_from(one.period_latest),
    ]


_NAMED = aliased(MeasurandRow, name="named")
_FIRST: Any = case((MeasurandRow.id == _NAMED.id, literal_column("0")), else_=literal_column("1"))


def _reading(*condition: Any) -> dict[str, Select[Any]]:
    """Statements by naming column, built once, because building one takes as long as running it."""
    statement = with_refs(select(*COLUMNS).select_from(_NAMED).join(MeasurandRow, and_(*condition)))
    ordered = statement.order_by(_FIRST, ScopeRow.created_at.nulls_first(), ScopeRow.id, MeasurandRow.id)
    return {
        column.key: ordered.where(column == bindparam("ref", type_=column.type)) for column in (_NAMED.id, _NAMED.key)
    }


_ALONE, _WITH_RELATED = _reading(MeasurandRow.id == _NAMED.id), _reading(*same_quantity(_NAMED, MeasurandRow))


def read(connection: Connection, ref: str, pointer: str = "/ref", place: Place = "path") -> MeasurandRecord:
    """Returns a measurand by id, or by key with its period in any notation. Raises NotFound."""
    return _read(connection, _ALONE, ref, pointer, place)[0]


def read_with_related(connection: Connection, ref: str) -> list[MeasurandRecord]:
    """Like `read`, followed by the other measurands of its quantity, in the order of the metric's scopes. Some may no
    longer have figures.
    """
    return _read(connection, _WITH_RELATED, ref, "/ref", "path")


def _read(
    connection: Connection, statements: Mapping[str, Select[Any]], ref: str, pointer: str, place: Place
) -> list[MeasurandRecord]:
    try:
        column, name = ("id", ref.lower()) if is_uuid(ref) else ("key", normal_measurand_key(ref))
    except Invalid as error:
        raise NotFound.at(pointer, f"This names no measurand. {error.detail}", place) from None
    found = [MeasurandRecord(row) for row in connection.execute(statements[column], {"ref": name})]
    if not found:
        detail = "Unknown measurand. Name it by its id, or by its key subject.metric[.scope][@period]."
        raise NotFound.at(pointer, detail, place)
    return found


_PART_OF = links_above(ScopeRow.id, ScopeRow.part_of_id)


def part_of(connection: Connection, scope_ids: Collection[str | None]) -> PartOf:
    """Returns the tree of these scopes and all that they are parts of. Returns nothing for fewer than two scopes."""
    known = sorted({scope_id for scope_id in scope_ids if scope_id is not None})
    if len(known) < 2:
        return {}
    return {row.id: row.parent for ids in chunks(known, MOST_IDS) for row in connection.execute(_PART_OF, {"ids": ids})}
