"""Figures as evidence: the data that comparisons are computed from, and the JSON that responses show."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, bindparam, case, null, select
from sqlalchemy.orm import aliased

from service.db.json_select import json_object, json_text
from service.db.models import ClaimRow, DisputeRow, EntityRow, FigureRow, MetricRow, SourceRow
from service.domain.evidence import Evidence, metric_interval
from service.domain.figure import DEFAULT_TOLERANCE, Stated
from service.domain.period import parse_period
from service.domain.units import conversion, parse_unit
from service.domain.vocabulary import Basis, ClaimantRole, IntervalKind, Qualifier
from service.schemas.comparisons import Compared
from service.schemas.views import to_interval
from service.store import rows
from service.store.lists.as_of import readable_from, replaced_from, stands
from service.store.records.chains import chain_of

CLAIMANT = aliased(EntityRow, name="claimant")
_STATED = ("basis", "qualifier", "value", "lower", "upper", "interval_kind", "unit", "price_year", "stated_as")
# the interval depends on the tolerance of a comparison, so Python appends it
COMPARED_FIELDS = [name for name in Compared.model_fields if name != "interval"]


def compared_columns(figure: Any, claim: Any, source: Any, claimant: Any) -> list[Any]:
    """The columns of a Compared, without the interval."""
    return [
        figure.id,
        figure.version,
        *(getattr(figure, name) for name in _STATED),
        figure.not_computed,
        claim.version.label("claim_version"),
        claim.claimant_role,
        claim.asserted,
        *rows.embed("claim", claim, "id", "key", "statement"),
        *rows.embed("source", source, "id", "key", "title"),
        *rows.embed("claimant", claimant, "id", "key", "name"),
    ]


_IS_DISPUTED = (
    select(DisputeRow.id)
    .where(DisputeRow.disputed_claim_id == ClaimRow.id, DisputeRow.withdrawn_at.is_(None))
    .correlate(ClaimRow)
    .exists()
)
_EVIDENCE = (
    select(
        FigureRow.id,
        *(getattr(FigureRow, name) for name in _STATED),
        FigureRow.created_at,
        FigureRow.position,
        FigureRow.measurand_id,
        FigureRow.subject_id,
        FigureRow.metric_id,
        FigureRow.scope_id,
        FigureRow.period,
        FigureRow.period_earliest,
        FigureRow.period_latest,
        FigureRow.claim_id,
        MetricRow.unit.label("metric_unit"),
        MetricRow.signed,
        MetricRow.periodic,
        ClaimRow.claimant_id,
        ClaimRow.claimant_role,
        ClaimRow.derived_from_id,
        ClaimRow.status,
        ClaimRow.asserted_earliest,
        SourceRow.published_earliest,
        readable_from(SourceRow, ClaimRow).label("readable_from"),
        replaced_from().label("replaced_from"),
        _IS_DISPUTED.label("is_disputed"),
    )
    .join(ClaimRow, ClaimRow.id == FigureRow.claim_id)
    .join(SourceRow, SourceRow.id == ClaimRow.source_id)
    .join(MetricRow, MetricRow.id == FigureRow.metric_id)
    .where(FigureRow.withdrawn_at.is_(None), ClaimRow.withdrawn_at.is_(None))
)
_COMPARED = json_object(compared_columns(FigureRow, ClaimRow, SourceRow, CLAIMANT), COMPARED_FIELDS)
_BY = {"measurand": FigureRow.measurand_id, "figure": FigureRow.id, "claim": FigureRow.claim_id}
# the figures whose JSON is read
Shown = Literal["all", "own", "none"]  # own: those of the measurand bound as `own`


@cache
def _statement(dialect: str, by: str, shown: Shown) -> Select[Any]:
    """Built once, because building one takes as long as running it."""
    item: Any = null() if shown == "none" else json_text(_COMPARED, dialect)
    if shown == "own":
        item = case((FigureRow.measurand_id == bindparam("own", type_=FigureRow.measurand_id.type), item))
    statement = _EVIDENCE.add_columns(item.label("item")).where(_BY[by].in_(rows.IDS))
    return statement if shown == "none" else statement.join(CLAIMANT, CLAIMANT.id == ClaimRow.claimant_id)


@dataclass(frozen=True, slots=True)
class FigureRecord:
    """A stored figure: its evidence and the row that it was read from."""

    evidence: Evidence
    row: Row[Any]

    @property
    def id(self) -> str:
        return self.evidence.id

    @property
    def claim_id(self) -> str:
        return str(self.row.claim_id)

    @property
    def readable_from(self) -> date | None:
        found: date | None = self.row.readable_from
        return found

    def could_be_read(self, day: date | None) -> bool:
        """Whether it could certainly be read by that day; always true without a day."""
        return day is None or (self.readable_from is not None and self.readable_from <= day)

    def stands(self, day: date | None) -> bool:
        """Whether its claim was neither retracted nor replaced by that day; without a day, whether it is active now."""
        return stands(self.row.status, self.row.replaced_from, day)

    @property
    def json(self) -> str:
        """The JSON of a Compared. Requires that the figure's JSON was read."""
        row = self.row
        interval = to_interval(self.evidence.interval, row.metric_unit, signed=row.signed)
        written = "null" if interval is None else interval.model_dump_json()
        return f'{row.item[:-1]},"interval":{written}}}'

    def compared(self) -> Compared:
        return Compared.model_validate_json(self.json)


def of_measurands(
    connection: Connection,
    ids: Collection[str],
    *,
    tolerance: Fraction = DEFAULT_TOLERANCE,
    shown: Shown = "none",
    own: str | None = None,
) -> dict[str, list[FigureRecord]]:
    """Returns the figures of each measurand, with claims of any status, in order of creation."""
    by_measurand: dict[str, list[FigureRecord]] = {measurand_id: [] for measurand_id in ids}
    for record in _fetch(connection, "measurand", ids, tolerance, shown, own):
        by_measurand[record.row.measurand_id].append(record)
    return by_measurand


def of_figures(
    connection: Connection, ids: Collection[str], *, tolerance: Fraction = DEFAULT_TOLERANCE
) -> dict[str, FigureRecord]:
    """Returns the figures by id, with their JSON."""
    return {record.id: record for record in _fetch(connection, "figure", ids, tolerance, "all", None)}


def origins(
    connection: Connection,
    relays: Sequence[FigureRecord],
    *,
    tolerance: Fraction = DEFAULT_TOLERANCE,
    shown: Shown = "none",
) -> dict[str, list[list[FigureRecord]]]:
    """For each relayed figure, the comparable figures of its parent claim, and of the chain's root if that is another
    claim.

    Origins count whatever the status of their claim, because the relay repeated what they said. Withdrawn ones are left
    out.
    """
    if not relays:
        return {}
    roots = _roots(connection, {relay.row.derived_from_id for relay in relays})
    by_claim: dict[str, list[FigureRecord]] = {}
    for record in _fetch(connection, "claim", {*roots, *roots.values()}, tolerance, shown, None):
        by_claim.setdefault(record.claim_id, []).append(record)
    found = {}
    for relay in relays:
        parent = relay.row.derived_from_id
        claims = dict.fromkeys((parent, roots[parent]))
        found[relay.id] = [[o for o in by_claim.get(c, []) if _same_question(relay, o)] for c in claims]
    return found


_CHAIN = chain_of(ClaimRow.id, ClaimRow.derived_from_id)
_ROOTS = select(_CHAIN).order_by(_CHAIN.c.depth)


def _roots(connection: Connection, claim_ids: Collection[str]) -> dict[str, str]:
    """Maps each claim to the last one of the chain that it derives from: to itself, if it is no relay."""
    return {row.start: row.id for row in connection.execute(_ROOTS, {"ids": sorted(claim_ids)})}


def _same_question(relay: FigureRecord, origin: FigureRecord) -> bool:
    """Whether both have the same metric and, if it is periodic, the same days."""
    ours, theirs = relay.row, origin.row
    if ours.metric_id != theirs.metric_id:
        return False
    days = (ours.period_earliest, ours.period_latest) == (theirs.period_earliest, theirs.period_latest)
    return days or not ours.periodic


def _fetch(
    connection: Connection, by: str, ids: Collection[str], tolerance: Fraction, shown: Shown, own: str | None
) -> list[FigureRecord]:
    """Returns figures in order of creation. Sorted here: with ORDER BY, SQLite scans all figures in that order instead
    of using the index.
    """
    if not ids:
        return []
    values = {"ids": list(ids)} | ({"own": own} if shown == "own" else {})
    found = connection.execute(_statement(connection.dialect.name, by, shown), values).all()
    ordered = sorted(found, key=lambda row: (row.created_at, row.position, row.id))
    return [FigureRecord(_evidence(row, tolerance), row) for row in ordered]


def _evidence(row: Row[Any], tolerance: Fraction) -> Evidence:
    stated = Stated(
        Qualifier(row.qualifier),
        row.value,
        row.lower,
        row.upper,
        IntervalKind(row.interval_kind) if row.interval_kind else None,
        row.stated_as,
    )
    factor = conversion(parse_unit(row.unit), parse_unit(row.metric_unit))
    return Evidence(
        id=row.id,
        claimant_id=row.claimant_id,
        basis=Basis(row.basis),
        role=ClaimantRole(row.claimant_role),
        stated=stated,
        subject_id=row.subject_id,
        metric_id=row.metric_id,
        scope_id=row.scope_id,
        price_year=row.price_year,
        is_relay=row.derived_from_id is not None,
        period_approximate=bool(row.periodic and row.period and parse_period(row.period).approximate),
        factor=factor,
        signed=row.signed,
        interval=metric_interval(stated, signed=row.signed, factor=factor, tolerance=tolerance),
    )


def for_arithmetic(origins_of: Mapping[str, Sequence[Sequence[FigureRecord]]]) -> dict[str, list[list[Evidence]]]:
    """Origins in the form that `assess_measurand` takes."""
    return {relay: [[o.evidence for o in claim] for claim in claims] for relay, claims in origins_of.items()}
