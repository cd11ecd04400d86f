"""Measurands: inserts those that figures need, and reads them with the others of the same quantity."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, case, literal_column, or_, select
from sqlalchemy.orm import aliased

from service.db.models import EntityRow, MeasurandRow, MetricRow, ScopeRow
from service.db.types import String
from service.domain.key import Measurand, is_uuid, measurand_key, normal_measurand_key
from service.domain.metric import MetricProperties
from service.domain.parts import Part, all_exceeded
from service.domain.period import canonical_period
from service.domain.scopes import PartOf
from service.domain.standing import Extent
from service.domain.vocabulary import Additive, OverTime, Scale
from service.errors import Invalid, NotFound, Place
from service.store.comparisons.summary_columns import empty_columns, part_columns
from service.store.records import record_writes
from service.store.records.chains import links_above
from service.store.rows import IDS, MOST_IDS, Values, chunks


@dataclass(frozen=True, slots=True)
class NamedMeasurand:
    """A measurand with the keys that name it, and the unit of its metric."""

    measurand: Measurand
    subject: str
    metric: str
    scope: str | None
    unit: str

    @property
    def key(self) -> str:
        m = self.measurand
        return measurand_key(self.subject, self.metric, self.scope, m.earliest, m.latest)


def ensure(connection: Connection, wanted: Iterable[NamedMeasurand]) -> None:
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
        values.append(own | empty_columns(named.unit))
    record_writes.insert_new(connection, MeasurandRow, values)


# Reading -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MeasurandRecord:
    """A stored measurand. `row` has its columns, the properties of its metric, and fields of its references."""

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
    def properties(self) -> MetricProperties:
        return _properties(self.row._mapping)

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
        named = {"id": row.metric_id, "key": row.metric_key, "name": row.metric_name}
        return named | {"unit": row.unit, "scale": row.scale}

    @property
    def scope(self) -> Values | None:
        row = self.row
        return {"id": row.scope_id, "key": row.scope_key, "name": row.scope_name} if row.scope_id else None

    @property
    def own_fields(self) -> Values:
        """The fields of a Summary that belong to the measurand itself."""
        row = self.row
        refs = {"subject": self.subject, "metric": self.metric, "scope": self.scope}
        return {"id": row.id, "key": row.key, **refs, "period": row.period, "rates_version": row.rates_version,
                "updated_at": row.updated_at}  # fmt: skip


COLUMNS: list[Any] = [
    *(
        getattr(MeasurandRow, name)
        for name in ("id", "key", "subject_id", "metric_id", "scope_id", "period", "period_earliest", "period_latest")
    ),
    *(getattr(MeasurandRow, name) for name in ("created_at", "updated_at", "present_count", "rates_version")),
    EntityRow.key.label("subject_key"),
    EntityRow.name.label("subject_name"),
    EntityRow.kind.label("subject_kind"),
    MetricRow.key.label("metric_key"),
    MetricRow.name.label("metric_name"),
    MetricRow.unit.label("unit"),
    *(getattr(MetricRow, name) for name in ("scale", "signed", "additive", "over_time")),
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


def may_be_parts(one: Any, other: Any, metric: Any) -> list[Any]:
    """The conditions for one of two measurands to be, perhaps, a part of the other: they have the same subject, metric
    and, unless periods add up, period.
    """
    subject, kind, *periods = same_quantity(one, other)
    periods_add_up = metric.additive == literal_column(f"'{Additive.PARTS_AND_TIME}'", String())
    return [subject, kind, or_(and_(*periods), periods_add_up)]


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
    """Like `read`, followed by the other measurands of its quantity, in the order of the metric's scopes, and by those
    of overlapping periods, most shared days first. Some may no longer have figures.
    """
    found = _read(connection, _WITH_RELATED, ref, "/ref", "path")
    return [*found, *_overlapping(connection, found[0])]


MOST_PERIODS = 50
_OVERLAPPING = select(MeasurandRow.id, MeasurandRow.period_earliest, MeasurandRow.period_latest).where(
    MeasurandRow.subject_id == bindparam("subject", type_=MeasurandRow.subject_id.type),
    MeasurandRow.metric_id == bindparam("metric", type_=MeasurandRow.metric_id.type),
    MeasurandRow.scope_id.is_not_distinct_from(bindparam("scope", type_=MeasurandRow.scope_id.type)),
    MeasurandRow.period_earliest <= bindparam("last", type_=MeasurandRow.period_earliest.type),
    MeasurandRow.period_latest >= bindparam("first", type_=MeasurandRow.period_latest.type),
    MeasurandRow.id != bindparam("own", type_=MeasurandRow.id.type),
    MeasurandRow.present_count > literal_column("0"),
)
_BY_ID = with_refs(select(*COLUMNS).select_from(MeasurandRow)).where(MeasurandRow.id.in_(IDS))


def _overlapping(connection: Connection, own: MeasurandRecord) -> list[MeasurandRecord]:
    """At most `MOST_PERIODS` measurands of periods that overlap this one's: most shared days first, then by start."""
    first, last = own.days
    if first is None:
        return []
    row = own.row
    asked = {"subject": row.subject_id, "metric": row.metric_id, "scope": row.scope_id, "own": own.id}
    found = connection.execute(_OVERLAPPING, asked | {"first": first, "last": last}).all()

    def place(other: Any) -> tuple[int, Any, str]:
        shared = min(last, other.period_latest).toordinal() - max(first, other.period_earliest).toordinal()
        return -shared, other.period_earliest, other.id

    ids = [other.id for other in sorted(found, key=place)[:MOST_PERIODS]]
    if not ids:
        return []
    records = {other.id: MeasurandRecord(other) for other in connection.execute(_BY_ID, {"ids": ids})}
    return [records[one] for one in ids]


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


def _properties(row: Any) -> MetricProperties:
    return MetricProperties(
        row["unit"], Scale(row["scale"]), bool(row["signed"]), Additive(row["additive"]), OverTime(row["over_time"])
    )


def exceeded_columns(
    connection: Connection, stored: Mapping[str, Any], extents: Mapping[str, Extent]
) -> dict[str, Values]:
    """The columns that say which whole each measurand exceeds most, if any. `stored` has rows as for `_part`, by id."""
    parts = [_part(row, extents[one]) for one, row in stored.items()]
    tree = part_of(connection, [one.scope_id for one in parts if one.parts_add_up])
    return {one: part_columns(extents[one], found) for one, found in all_exceeded(parts, tree).items()}


def _part(row: Any, extent: Extent) -> Part:
    """`row` has the columns of a measurand and the properties of its metric."""
    metric = _properties(row)
    days = None if row["period_earliest"] is None else (row["period_earliest"], row["period_latest"])
    return Part(
        row["id"],
        row["key"],
        (row["subject_id"], row["metric_id"]),
        row["scope_id"],
        days,
        extent,
        metric.parts_add_up,
        metric.periods_add_up,
    )


_KEYS = select(MeasurandRow.id, MeasurandRow.key).where(MeasurandRow.id.in_(IDS))


def keys_of(connection: Connection, ids: Mapping[str, str | None]) -> dict[str, tuple[str, str]]:
    """For each name, the id and the key of the measurand with its id."""
    wanted = sorted({one for one in ids.values() if one is not None})
    keys = {row.id: row.key for some in chunks(wanted, MOST_IDS) for row in connection.execute(_KEYS, {"ids": some})}
    return {name: (one, keys[one]) for name, one in ids.items() if one is not None}


_PART_OF = links_above(ScopeRow.id, ScopeRow.part_of_id)


def part_of(connection: Connection, scope_ids: Collection[str | None]) -> PartOf:
    """Returns the tree of these scopes and all that they are parts of. Returns nothing for fewer than two scopes."""
    known = sorted({scope_id for scope_id in scope_ids if scope_id is not None})
    if len(known) < 2:
        return {}
    return {row.id: row.parent for ids in chunks(known, MOST_IDS) for row in connection.execute(_PART_OF, {"ids": ids})}
