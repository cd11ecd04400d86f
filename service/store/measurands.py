"""Measurands and their summaries, kept true in every transaction that touches their figures.

A write goes: `ensure` the measurands it needs, write the figures, `touch` what hangs on them. Before the transaction
commits, `settle` locks all that it touched, in the order of their ids, and computes their summaries anew. Without that
lock two writers would each summarise without the other's figure; with it, whoever comes second reads what the first
has committed.
"""

import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, UpdateBase, distinct, func, literal_column, or_, select

from service.db import bulk
from service.db.tables import ClaimRow, DisputeRow, FigureRow, MeasurandRow, MetricRow
from service.db.types import String
from service.db.views import NO_RANK
from service.domain.agreement import Separation
from service.domain.assessment import Assessment, assess_measurand
from service.domain.drift import Drift, extremes
from service.domain.interval import Interval
from service.domain.key import Measurand, measurand_key
from service.domain.period import canonical_period
from service.domain.vocabulary import DisputeStatus
from service.errors import Invalid
from service.schemas.comparisons import Summary
from service.schemas.views import to_number, to_summary
from service.store import details, evidence, graph, rows, versions
from service.store.evidence import Filed
from service.store.rows import Values

# disputes that no longer stand are on record, but do not count
STANDING = (DisputeStatus.OPEN, DisputeStatus.CONCEDED, DisputeStatus.RESOLVED)
# written out in statements, so that PostgreSQL keeps one plan
_STANDING = [literal_column(f"'{status}'", String()) for status in STANDING]
_CHUNK = 500
_OWN_FIELDS = {"id", "key", "subject", "metric", "scope", "period", "updated_at"}
COMPUTED = set(Summary.model_fields) - _OWN_FIELDS


@dataclass(frozen=True, slots=True)
class Named:
    """A measurand with the keys that name it."""

    measurand: Measurand
    subject: str
    metric: str
    scope: str | None

    @property
    def key(self) -> str:
        m = self.measurand
        return measurand_key(self.subject, self.metric, self.scope, m.earliest, m.latest)


def ensure(connection: Connection, wanted: Iterable[Named]) -> None:
    """Inserts those measurands that are not there yet, with an empty summary."""
    by_id: dict[str, Named] = {}
    for named in wanted:
        by_id.setdefault(named.measurand.id, named)
    born = dict(zip(by_id, versions.moments(len(by_id)), strict=True))
    if not by_id:
        return
    empty = _empty()
    values = []
    for measurand_id, named in sorted(by_id.items()):  # in one order, so that two writers do not lock each other out
        m = named.measurand
        period = canonical_period(m.earliest, m.latest) if m.earliest and m.latest else None
        own = {"id": measurand_id, "key": named.key, "subject_id": m.subject_id, "metric_id": m.metric_id}
        days = {
            "period": period,
            "period_earliest": m.earliest,
            "period_latest": m.latest,
            "updated_at": born[measurand_id],
            "told_at": born[measurand_id],
        }
        values.append({**own, **days, **empty, "scope_id": m.scope_id, "created_at": born[measurand_id]})
    versions.insert_new(connection, MeasurandRow, values)


@cache
def _empty() -> Values:
    return _summary_columns([], {}, 0, scope_stated=True, unit="1")


def touch_claims(connection: Connection, claim_ids: Collection[str]) -> None:
    """Touches the measurands of the figures of these claims, and of all that relay them: their drift hangs on them."""
    if not claim_ids:
        return
    relays = select(ClaimRow.id).where(ClaimRow.id.in_(claim_ids)).cte("relays", recursive=True)
    relays = relays.union(select(ClaimRow.id).join(relays, ClaimRow.derived_from_id == relays.c.id))
    statement = select(FigureRow.measurand_id).distinct().join(relays, FigureRow.claim_id == relays.c.id)
    touch(connection, connection.execute(statement).scalars())


def lock_origins(connection: Connection, derived_from: str | None) -> None:
    """Keeps the chain that a relay derives from as it is until this transaction ends, so that its drift is judged by
    what is stored then. Raises Invalid if the chain is too long.
    """
    if derived_from is None:
        return
    chain = graph.ancestors(ClaimRow.id, ClaimRow.derived_from_id, [derived_from])
    statement = select(ClaimRow.id).where(ClaimRow.id.in_(select(chain.c.id))).order_by(ClaimRow.id)
    if len(connection.execute(statement.with_for_update(read=True)).all()) >= graph.MAX_CHAIN:
        raise Invalid.at("/derived_from", f"The chain would be longer than {graph.MAX_CHAIN} records.")


def touch(connection: Connection, ids: Iterable[str]) -> None:
    """Notes that what these measurands' summaries hang on has changed in this transaction."""
    connection.get_execution_options()["stale"].update(ids)


def settle(connection: Connection) -> None:
    """Brings the summaries of all touched measurands up to date, for the commit that comes right after."""
    stale: set[str] = connection.get_execution_options()["stale"]
    chunks = list(rows.chunks(sorted(stale), _CHUNK))
    for ids in chunks:
        _refresh(connection, ids)
    stale.clear()


# Locks without touching the key, which the figures that were just written hold on to, here and in other transactions.
# Built once: to build one costs as much as to run it.
_LOCKED = (
    select(*MeasurandRow.__table__.columns, MetricRow.unit.label("unit"))
    .join(MetricRow)
    .where(MeasurandRow.id.in_(rows.IDS))
    .order_by(MeasurandRow.id)
    .with_for_update(key_share=True, of=MeasurandRow)
)


@cache
def _update(dialect: str, names: tuple[str, ...]) -> UpdateBase:
    return bulk.changing(dialect, MeasurandRow, names)


def _refresh(connection: Connection, ids: Collection[str]) -> None:
    """Locks these measurands, computes their summaries anew from their figures, and writes those that changed."""
    stored = {row["id"]: row for row in connection.execute(_LOCKED, {"ids": list(ids)}).mappings()}
    changes = []
    for measurand_id, computed in summaries(connection, stored).items():
        if any(stored[measurand_id][name] != value for name, value in computed.items()):
            now = versions.now()
            changes.append({bulk.WHICH: measurand_id, "updated_at": now, "told_at": now, **computed})
    if changes:
        bulk.write(connection, _update(connection.dialect.name, tuple(changes[0])), changes)


def summaries(connection: Connection, measurands: Mapping[str, Any]) -> dict[str, Values]:
    """The columns of each measurand's summary, computed from scratch. The rows given have `scope_id` and `unit`."""
    figures = evidence.of_measurands(connection, measurands)
    relays = [figure for filed in figures.values() for figure in filed if figure.evidence.is_relay]
    origins = evidence.origins(connection, relays)
    disputes = _dispute_counts(connection, measurands)
    return {
        measurand_id: _summary_columns(
            figures[measurand_id],
            origins,
            disputes.get(measurand_id, 0),
            scope_stated=row["scope_id"] is not None,
            unit=row["unit"],
        )
        for measurand_id, row in measurands.items()
    }


def disputes_about(which: Any) -> list[Any]:
    """Conditions on DisputeRow joined with FigureRow of its claim: standing disputes about the figures that `which`
    picks.
    """
    return [
        FigureRow.claim_id == DisputeRow.disputed_claim_id,
        or_(DisputeRow.disputed_figure_id.is_(None), DisputeRow.disputed_figure_id == FigureRow.id),
        which,
        FigureRow.withdrawn_at.is_(None),
        ClaimRow.id == FigureRow.claim_id,
        ClaimRow.withdrawn_at.is_(None),
        DisputeRow.withdrawn_at.is_(None),
        DisputeRow.status.in_(_STANDING),
    ]


def _dispute_counts(connection: Connection, measurand_ids: Collection[str]) -> dict[str, int]:
    return {row.measurand_id: row.disputes for row in connection.execute(_DISPUTES, {"ids": list(measurand_ids)})}


_DISPUTES = (
    select(FigureRow.measurand_id, func.count(distinct(DisputeRow.id)).label("disputes"))
    .where(*disputes_about(FigureRow.measurand_id.in_(rows.IDS)), ClaimRow.status == "active")
    .group_by(FigureRow.measurand_id)
)


def _summary_columns(
    figures: list[Filed],
    origins: Mapping[str, list[list[Filed]]],
    dispute_count: int,
    *,
    scope_stated: bool,
    unit: str,
) -> Values:
    found = assess_measurand(
        [figure.evidence for figure in figures],
        {relay: [[o.evidence for o in claim] for claim in claims] for relay, claims in origins.items()},
        scope_stated=scope_stated,
    )
    computed = Summary.model_construct(**to_summary(found, unit, dispute_count))
    disagreement = found.comparison.disagreement
    widest = found.widest_drift
    own = disagreement.self_conflict
    summary = computed.model_dump(mode="json", include=COMPUTED)
    return {
        "summary": summary,
        "told": json.dumps(summary, ensure_ascii=False, separators=(",", ":")),
        "present_count": len(figures),
        "figure_count": disagreement.figure_count,
        "agreement": str(disagreement.agreement),
        "verdict": str(found.comparison.verdict),
        "comparability": str(found.comparison.comparability.status),
        "within_rounding": disagreement.within_rounding,
        "rank": float(disagreement.conflict.rank) if disagreement.conflict else NO_RANK,
        "self_rank": float(own.rank) if own else None,
        "drift_rank": float(widest.size) if widest else None,
        **_extremes(found, disagreement.conflict, own, widest),
        "detail": details.write(found, [figure.evidence for figure in figures]),
    }


def _extremes(found: Assessment, apart: Separation | None, own: Separation | None, drift: Drift | None) -> Values:
    """The ends that scope trees are checked by, and which figures hold the extremes of each kind of disagreement."""
    low, high = found.comparison.disagreement.max_low, found.comparison.disagreement.min_high
    return {
        "max_low": _low_end(low.interval) if low else None,
        "min_high": _high_end(high.interval) if high else None,
        "extremes": {
            "conflict": [apart.least.id, apart.most.id] if apart else None,
            "self_conflict": [own.least.id, own.most.id] if own else None,
            "drift": [figure.id for figure in extremes(drift)] if drift else None,
            "max_low": low.id if low else None,
            "min_high": high.id if high else None,
        },
    }


# An open end is stored as the next float, so that "less than 5" is told from "5" where parts and wholes are ranked.


def _low_end(interval: Interval | None) -> float | None:
    number = to_number(interval.low) if interval else None
    return math.nextafter(number, math.inf) if number is not None and interval and interval.low_open else number


def _high_end(interval: Interval | None) -> float | None:
    number = to_number(interval.high) if interval else None
    return math.nextafter(number, -math.inf) if number is not None and interval and interval.high_open else number
