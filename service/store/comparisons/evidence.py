"""Figures as evidence: the data that comparisons are computed from, and the JSON of those that responses show."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select
from sqlalchemy.orm import aliased

from service.db.json_select import json_object, json_text
from service.db.models import ClaimRow, DisputeRow, EntityRow, FigureRow, MetricRow, SourceRow
from service.domain.drift import Origin
from service.domain.evidence import Evidence, metric_interval
from service.domain.figure import DEFAULT_TOLERANCE, Stated
from service.domain.period import parse_period
from service.domain.units import unit_factor
from service.domain.vocabulary import Basis, ClaimantRole, IntervalKind, Qualifier
from service.schemas.comparisons import Compared
from service.schemas.views import to_interval
from service.store import rows
from service.store.lists.as_of import readable_from, replaced_from, stands
from service.store.records.chains import MAX_CHAIN, links_above

CLAIMANT = aliased(EntityRow, name="claimant")
_STATED = ("basis", "qualifier", "value", "lower", "upper", "interval_kind", "unit", "price_year", "stated_as")
# the interval depends on the tolerance of a comparison, so Python appends it
_NOTHING: Mapping[str, Any] = {}
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
_OF_MEASURANDS = _EVIDENCE.where(FigureRow.measurand_id.in_(rows.IDS))
_OF_FIGURES = _EVIDENCE.where(FigureRow.id.in_(rows.IDS))
_OF_CLAIMS = _EVIDENCE.where(
    FigureRow.claim_id.in_(rows.IDS), FigureRow.metric_id.in_(bindparam("metrics", expanding=True))
)
_COMPARED = json_object(compared_columns(FigureRow, ClaimRow, SourceRow, CLAIMANT), COMPARED_FIELDS)
_ITEMS = {
    dialect: select(FigureRow.id, json_text(_COMPARED, dialect).label("item"))
    .join(ClaimRow, ClaimRow.id == FigureRow.claim_id)
    .join(SourceRow, SourceRow.id == ClaimRow.source_id)
    .join(CLAIMANT, CLAIMANT.id == ClaimRow.claimant_id)
    .where(FigureRow.id.in_(rows.IDS))
    for dialect in ("sqlite", "postgresql")
}
Items = Mapping[str, str]  # the JSON of figures, by id


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
    def interval_json(self) -> str:
        interval = to_interval(self.evidence.interval, self.row.metric_unit, signed=self.row.signed)
        return "null" if interval is None else interval.model_dump_json()


def of_measurands(
    connection: Connection, ids: Collection[str], *, tolerance: Fraction = DEFAULT_TOLERANCE
) -> dict[str, list[FigureRecord]]:
    """Returns the figures of each measurand, with claims of any status, in order of creation."""
    by_measurand: dict[str, list[FigureRecord]] = {measurand_id: [] for measurand_id in ids}
    for record in _fetch(connection, _OF_MEASURANDS, ids, tolerance):
        by_measurand[record.row.measurand_id].append(record)
    return by_measurand


def of_figures(
    connection: Connection, ids: Collection[str], *, tolerance: Fraction = DEFAULT_TOLERANCE
) -> dict[str, FigureRecord]:
    """Returns the figures by id."""
    return {record.id: record for record in _fetch(connection, _OF_FIGURES, ids, tolerance)}


def items(connection: Connection, shown: Iterable[FigureRecord]) -> dict[str, str]:
    """Returns the JSON of these figures as a Compared, by id. Only figures that a response shows need it."""
    by_id = {record.id: record for record in shown}
    statement = _ITEMS[connection.dialect.name]
    return {
        row.id: f'{row.item[:-1]},"interval":{by_id[row.id].interval_json}}}'
        for part in rows.chunks(list(by_id), rows.MOST_IDS)
        for row in connection.execute(statement, {"ids": list(part)})
    }


def to_compared(item: str) -> Compared:
    return Compared.model_validate_json(item)


_Question = tuple[str, str, Any]  # a claim, a metric and, if it is periodic, the days


@dataclass(frozen=True, slots=True)
class Origins:
    """What relays can be compared with: the figures of their parent claim, and of the chain's root if that is another
    claim, which share metric and period with the relay.

    `figures` has them by question, `of_relay` the questions of each relay. Relays of one claim share them.
    """

    figures: Mapping[_Question, Sequence[FigureRecord]]
    of_relay: Mapping[str, Sequence[_Question]]

    def could_be_read(self, day: date | None) -> "Origins":
        """Without the figures that could not be read by that day."""
        if day is None:
            return self
        kept = {one: [o for o in found if o.could_be_read(day)] for one, found in self.figures.items()}
        return Origins(kept, self.of_relay)

    def records(self) -> Iterator[FigureRecord]:
        for found in self.figures.values():
            yield from found

    def for_arithmetic(self, relays: Iterable[FigureRecord]) -> dict[str, list[Origin]]:
        """In the form that `assess_measurand` takes, for these relays."""
        made: dict[_Question, Origin] = {}
        of_relay = {}
        for relay in relays:
            questions = self.of_relay.get(relay.id, ())
            for one in questions:
                if one not in made:
                    made[one] = Origin(figure.evidence for figure in self.figures.get(one, ()))
            of_relay[relay.id] = [made[one] for one in questions]
        return of_relay


def origins(
    connection: Connection, relays: Sequence[FigureRecord], *, tolerance: Fraction = DEFAULT_TOLERANCE
) -> Origins:
    """Origins count whatever the status of their claim, because the relay repeated what they said. Withdrawn ones are
    left out.
    """
    if not relays:
        return Origins({}, {})
    roots = _roots(connection, {relay.row.derived_from_id for relay in relays})
    figures: dict[_Question, list[FigureRecord]] = {}
    metrics = {"metrics": sorted({relay.row.metric_id for relay in relays})}
    for record in _fetch(connection, _OF_CLAIMS, {*roots, *roots.values()}, tolerance, metrics):
        figures.setdefault(_question(record, record.claim_id), []).append(record)
    of_relay = {}
    for relay in relays:
        parent = relay.row.derived_from_id
        of_relay[relay.id] = [_question(relay, claim) for claim in dict.fromkeys((parent, roots[parent]))]
    return Origins(figures, of_relay)


def _question(figure: FigureRecord, claim_id: str) -> _Question:
    row = figure.row
    return claim_id, row.metric_id, (row.period_earliest, row.period_latest) if row.periodic else None


_DERIVED_FROM = links_above(ClaimRow.id, ClaimRow.derived_from_id)


def _roots(connection: Connection, claim_ids: Collection[str]) -> dict[str, str]:
    """Maps each claim to the last one of the chain that it derives from: to itself, if it is no relay."""
    parents = {
        row.id: row.parent
        for part in rows.chunks(sorted(claim_ids), rows.MOST_IDS)
        for row in connection.execute(_DERIVED_FROM, {"ids": list(part)})
    }
    roots: dict[str, str] = {}
    for claim_id in claim_ids:
        chain = [claim_id]
        while chain[-1] not in roots and len(chain) <= MAX_CHAIN and (parent := parents.get(chain[-1])) is not None:
            chain.append(parent)
        root = roots.get(chain[-1], chain[-1])
        roots |= dict.fromkeys(chain, root)
    return {claim_id: roots[claim_id] for claim_id in claim_ids}


def _fetch(
    connection: Connection,
    statement: Select[Any],
    ids: Collection[str],
    tolerance: Fraction,
    others: Mapping[str, Any] = _NOTHING,
) -> list[FigureRecord]:
    """Returns figures in order of creation. Sorted here: with ORDER BY, SQLite scans all figures in that order instead
    of using the index.
    """
    found = [
        row
        for part in rows.chunks(list(ids), rows.MOST_IDS)
        for row in connection.execute(statement, {"ids": list(part), **others})
    ]
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
    factor = unit_factor(row.unit, row.metric_unit)
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
