"""On which comparisons and propositions claimants have said something."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, literal, select

from service.db.models import ClaimRow, FigureRow, MeasurandRow, MetricRow, PropositionRow, StanceRow
from service.domain.vocabulary import ClaimStatus, OverTime
from service.errors import Invalid
from service.store import rows

_COUNTED = (ClaimRow.withdrawn_at.is_(None), ClaimRow.status == literal(str(ClaimStatus.ACTIVE)))
_STANDING = (FigureRow.withdrawn_at.is_(None), *_COUNTED)


def measurands_of_voices(
    connection: Connection, voices: Collection[str], subjects: Collection[str], metrics: Collection[str], most: int
) -> list[str]:
    """The ids of at most `most` + 1 measurands with claimants, those of most claimants first, that meet the filters.
    Running totals are left out: their amounts are of different days.
    """
    statement: Select[Any] = (
        select(MeasurandRow.id)
        .join(MetricRow, MetricRow.id == MeasurandRow.metric_id)
        .where(MeasurandRow.claimant_count > 0, MetricRow.over_time != literal(str(OverTime.RUNNING_TOTAL)))
    )
    if subjects:
        statement = statement.where(MeasurandRow.subject_id.in_(subjects))
    if metrics:
        statement = statement.where(MeasurandRow.metric_id.in_(metrics))
    if voices:
        said = select(FigureRow.measurand_id).join(ClaimRow, ClaimRow.id == FigureRow.claim_id)
        statement = statement.where(MeasurandRow.id.in_(said.where(ClaimRow.voice_id.in_(voices), *_STANDING)))
    ordered = statement.order_by(MeasurandRow.claimant_count.desc(), MeasurandRow.id).limit(most + 1)
    return list(connection.execute(ordered).scalars())


def propositions_of_voices(
    connection: Connection, voices: Collection[str], subjects: Collection[str], most: int
) -> list[str]:
    """The ids of at most `most` + 1 propositions with voices that meet the filters, those of most voices first."""
    voiced = PropositionRow.supports + PropositionRow.denies + PropositionRow.neutral
    statement = select(PropositionRow.id).where(PropositionRow.withdrawn_at.is_(None), voiced > 0)
    if subjects:
        statement = statement.where(PropositionRow.subject_id.in_(subjects))
    if voices:
        taken = select(StanceRow.proposition_id).join(ClaimRow, ClaimRow.id == StanceRow.claim_id)
        own = taken.where(ClaimRow.voice_id.in_(voices), StanceRow.position.is_not(None), *_COUNTED)
        statement = statement.where(PropositionRow.id.in_(own))
    return list(connection.execute(statement.order_by(voiced.desc(), PropositionRow.id).limit(most + 1)).scalars())


def refuse_too_many_figures(connection: Connection, measurand_ids: Sequence[str], most: int) -> None:
    """Raises Invalid if the measurands have more than `most` figures."""
    counted = select(func.sum(MeasurandRow.present_count)).where(MeasurandRow.id.in_(bindparam("ids", expanding=True)))
    if (connection.execute(counted, {"ids": list(measurand_ids)}).scalar() or 0) > most:
        raise Invalid.at("/subject", f"More than {most:,} figures would be compared. Name fewer subjects.", "query")


def named(connection: Connection, measurand_ids: Sequence[str], proposition_ids: Sequence[str]) -> dict[str, Any]:
    """The key and the text of comparisons and of propositions, by id."""
    of_comparisons = select(MeasurandRow.id, MeasurandRow.key, MeasurandRow.text).where(MeasurandRow.id.in_(rows.IDS))
    of_propositions = select(PropositionRow.id, PropositionRow.key, PropositionRow.text).where(
        PropositionRow.id.in_(rows.IDS)
    )
    found = [*connection.execute(of_comparisons, {"ids": list(measurand_ids)})] if measurand_ids else []
    if proposition_ids:
        found += [*connection.execute(of_propositions, {"ids": list(proposition_ids)})]
    return {row.id: row for row in found}
