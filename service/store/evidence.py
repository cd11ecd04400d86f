"""The figures of measurands with all that the arithmetic and its answers need, in one statement."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy.orm import aliased

from service.db.tables import ClaimRow, EntityRow, FigureRow, MetricRow, SourceRow
from service.domain.evidence import Evidence, metric_interval
from service.domain.figure import DEFAULT_TOLERANCE, Stated
from service.domain.period import parse_period
from service.domain.units import conversion, parse_unit
from service.domain.vocabulary import Basis, ClaimantRole, ClaimStatus, IntervalKind, Qualifier
from service.schemas.comparisons import Compared
from service.schemas.views import to_interval
from service.store import rows
from service.store.graph import ancestors
from service.store.rows import Values

CLAIMANT = aliased(EntityRow, name="claimant")
_SUCCESSOR = aliased(ClaimRow)
_SUCCESSOR_SOURCE = aliased(SourceRow)

_STATED = ("basis", "qualifier", "value", "lower", "upper", "interval_kind", "unit", "price_year", "stated_as")


def compared_columns(figure: Any, claim: Any, source: Any, claimant: Any) -> list[Any]:
    """What a Compared shows, but for the interval."""
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


SELECT: Select[*tuple[Any, ...]] = (
    select(
        *compared_columns(FigureRow, ClaimRow, SourceRow, CLAIMANT),
        FigureRow.created_at,
        FigureRow.position,
        FigureRow.measurand_id,
        FigureRow.subject_id,
        FigureRow.metric_id,
        FigureRow.scope_id,
        FigureRow.period,
        FigureRow.period_earliest,
        FigureRow.period_latest,
        MetricRow.unit.label("metric_unit"),
        MetricRow.signed,
        MetricRow.periodic,
        ClaimRow.asserted_earliest,
        ClaimRow.asserted_latest,
        ClaimRow.derived_from_id,
        ClaimRow.status,
        SourceRow.published_earliest,
        SourceRow.published_latest,
        _SUCCESSOR.asserted_latest.label("successor_asserted"),
        _SUCCESSOR_SOURCE.published_latest.label("successor_published"),
    )
    .join(ClaimRow, ClaimRow.id == FigureRow.claim_id)
    .join(SourceRow, SourceRow.id == ClaimRow.source_id)
    .join(CLAIMANT, CLAIMANT.id == ClaimRow.claimant_id)
    .join(MetricRow, MetricRow.id == FigureRow.metric_id)
    .outerjoin(_SUCCESSOR, _SUCCESSOR.id == ClaimRow.superseded_by_id)
    .outerjoin(_SUCCESSOR_SOURCE, _SUCCESSOR_SOURCE.id == _SUCCESSOR.source_id)
    .where(FigureRow.withdrawn_at.is_(None), ClaimRow.withdrawn_at.is_(None))
)
ACTIVE = (ClaimStatus.ACTIVE,)
ACTIVE_ONCE = (ClaimStatus.ACTIVE, ClaimStatus.SUPERSEDED)  # what may have stood on an earlier day
EVERY_STATUS = tuple(ClaimStatus)
# built once each: to build one costs as much as to run it
_OF_MEASURANDS, _OF_FIGURES, _OF_CLAIMS = (
    SELECT.where(column.in_(rows.IDS)) for column in (FigureRow.measurand_id, FigureRow.id, FigureRow.claim_id)
)
_COMPARED = [name for name in Compared.model_fields if name != "interval"]


@dataclass(frozen=True, slots=True)
class Filed:
    """A figure on file: what it is as evidence, and the row it was read from."""

    evidence: Evidence
    row: Values

    @property
    def id(self) -> str:
        return self.evidence.id

    @property
    def claim_id(self) -> str:
        return str(self.row["claim"]["id"])

    @property
    def readable_from(self) -> date | None:
        return readable_from(self.row["published_latest"], self.row["asserted_latest"])

    def could_be_read(self, day: date | None) -> bool:
        """By that day, for sure (None: whenever)."""
        first = self.readable_from
        return day is None or (first is not None and first <= day)

    @property
    def is_retracted(self) -> bool:
        return bool(self.row["status"] == ClaimStatus.RETRACTED)

    def superseded_by(self, day: date | None) -> bool:
        """Whether a claim that could be read by that day (None: whenever) had replaced this one."""
        if self.row["status"] != ClaimStatus.SUPERSEDED:
            return False
        if day is None:
            return True
        successor = readable_from(self.row["successor_published"], self.row["successor_asserted"])
        return successor is not None and successor <= day

    def compared(self) -> Compared:
        interval = to_interval(self.evidence.interval, self.row["metric_unit"], signed=self.evidence.signed)
        return Compared.model_validate({name: self.row[name] for name in _COMPARED} | {"interval": interval})


def readable_from(published: date | None, asserted: date | None) -> date | None:
    """The first day on which the claim could be read for sure; None when neither day is known."""
    known = [day for day in (published, asserted) if day is not None]
    return max(known, default=None)


def of_measurands(
    connection: Connection,
    ids: Collection[str],
    *,
    tolerance: Fraction = DEFAULT_TOLERANCE,
    statuses: Collection[str] = ACTIVE,
) -> dict[str, list[Filed]]:
    """The figures by measurand, of claims of these statuses."""
    by_measurand: dict[str, list[Filed]] = {measurand_id: [] for measurand_id in ids}
    for row in _fetch(connection, _OF_MEASURANDS, ids):
        if row["status"] in statuses:
            by_measurand[row["measurand_id"]].append(_filed(row, tolerance))
    return by_measurand


def of_figures(
    connection: Connection, ids: Collection[str], *, tolerance: Fraction = DEFAULT_TOLERANCE
) -> dict[str, Filed]:
    return {row["id"]: _filed(row, tolerance) for row in _fetch(connection, _OF_FIGURES, ids)} if ids else {}


def _fetch(connection: Connection, statement: Select[Any], ids: Collection[str]) -> list[Values]:
    """In the order in which they were made. Sorted here, and left out by their claims' status where they are used:
    asked for either, SQLite walks through all figures or claims by that index rather than to pick these by theirs.
    """
    found = rows.fetch(connection, statement, {"ids": list(ids)})
    return sorted(found, key=lambda row: (row["created_at"], row["position"], row["id"]))


def origins(
    connection: Connection, relays: Sequence[Filed], *, tolerance: Fraction = DEFAULT_TOLERANCE
) -> dict[str, list[list[Filed]]]:
    """For each relayed figure, those of its parent claim that it can be held against, and those of the root of the
    chain where that is another claim.

    Whatever became of the origin's claim, what it said is what was relayed; withdrawn ones are left out.
    """
    if not relays:
        return {}
    roots = _roots(connection, {relay.row["derived_from_id"] for relay in relays})
    by_claim: dict[str, list[Filed]] = {}
    for row in _fetch(connection, _OF_CLAIMS, {*roots, *roots.values()}):
        by_claim.setdefault(row["claim"]["id"], []).append(_filed(row, tolerance))
    found = {}
    for relay in relays:
        parent = relay.row["derived_from_id"]
        claims = dict.fromkeys((parent, roots[parent]))
        found[relay.id] = [[o for o in by_claim.get(c, []) if _same_question(relay, o)] for c in claims]
    return found


def _roots(connection: Connection, claim_ids: Collection[str]) -> dict[str, str]:
    """Each claim with the last one of the chain that it derives from: itself, if it is no relay."""
    chain = ancestors(ClaimRow.id, ClaimRow.derived_from_id, sorted(claim_ids))
    return {row.start: row.id for row in connection.execute(select(chain).order_by(chain.c.depth))}


def _same_question(relay: Filed, origin: Filed) -> bool:
    """Whether both are of the same metric and, where it is periodic, for the same days."""
    same = ("metric_id", "period_earliest", "period_latest") if relay.row["periodic"] else ("metric_id",)
    return all(relay.row[name] == origin.row[name] for name in same)


def _filed(row: Values, tolerance: Fraction) -> Filed:
    stated = Stated(
        Qualifier(row["qualifier"]),
        row["value"],
        row["lower"],
        row["upper"],
        IntervalKind(row["interval_kind"]) if row["interval_kind"] else None,
        row["stated_as"],
    )
    factor = conversion(parse_unit(row["unit"]), parse_unit(row["metric_unit"]))
    evidence = Evidence(
        id=row["id"],
        claimant_id=row["claimant"]["id"],
        basis=Basis(row["basis"]),
        role=ClaimantRole(row["claimant_role"]),
        stated=stated,
        subject_id=row["subject_id"],
        metric_id=row["metric_id"],
        scope_id=row["scope_id"],
        price_year=row["price_year"],
        is_relay=row["derived_from_id"] is not None,
        period_approximate=bool(row["periodic"] and row["period"] and parse_period(row["period"]).approximate),
        factor=factor,
        signed=row["signed"],
        interval=metric_interval(stated, signed=row["signed"], factor=factor, tolerance=tolerance),
    )
    return Filed(evidence, row)
