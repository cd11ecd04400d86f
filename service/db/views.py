"""The tables for dashboards, as statements: SQL views, and what `/v1/tables` selects from.

Both have the same columns; `schemas/table_rows.py` describes them. Withdrawn records are left out.
"""

from typing import Any, NamedTuple

from sqlalchemy import Select, case, cast, func, literal, literal_column, select, type_coerce, union_all
from sqlalchemy.orm import aliased

from service.db.dialects.expressions import exact_text
from service.db.models import ClaimRow, EntityRow, FigureRow, MeasurandRow, MetricRow, ScopeRow, SourceRow
from service.db.types import Flag, Real, String
from service.domain.vocabulary import DisagreementKind

SHOWN = 300  # characters of a statement
_SUBJECT, _CLAIMANT = aliased(EntityRow), aliased(EntityRow)


def _named(name: str, table: Any, *more: str) -> list[Any]:
    """The key, the name and more fields of a referenced record."""
    every = (table.key.label(f"{name}_key"), table.name.label(name))
    return [*every, *(getattr(table, field).label(f"{name}_{field}") for field in more)]


def _flag(condition: Any) -> Any:
    return case((condition, literal(value=True, type_=Flag())), else_=literal(value=False, type_=Flag()))


def _amount(name: str) -> list[Any]:
    """A stated number, as a float and as exact text."""
    column = getattr(FigureRow, name)
    return [type_coerce(cast(column, Real), Real).label(name), exact_text(column).label(f"{name}_text")]


# Figures -------------------------------------------------------------------------------------------------------------

SAID_ON = func.coalesce(ClaimRow.asserted_earliest, SourceRow.published_earliest, type_=ClaimRow.asserted_earliest.type)
FIGURES: Select[Any] = (
    select(
        FigureRow.id,
        FigureRow.version,
        FigureRow.created_at,
        FigureRow.updated_at,
        *_named("subject", _SUBJECT, "kind"),
        *_named("metric", MetricRow),
        *_named("scope", ScopeRow),
        FigureRow.measurand_id,
        MeasurandRow.key.label("measurand"),
        FigureRow.basis,
        FigureRow.qualifier,
        *_amount("value"),
        *_amount("lower"),
        *_amount("upper"),
        FigureRow.interval_kind,
        FigureRow.unit,
        FigureRow.price_year,
        FigureRow.period,
        FigureRow.period_earliest.label("period_start"),
        FigureRow.period_latest.label("period_end"),
        FigureRow.stated_as,
        FigureRow.interval_low.label("low"),
        FigureRow.interval_high.label("high"),
        FigureRow.interval_low_open.label("low_open"),
        FigureRow.interval_high_open.label("high_open"),
        FigureRow.interval_text.label("interval"),
        MetricRow.unit.label("metric_unit"),
        FigureRow.not_computed,
        FigureRow.claim_id,
        func.substr(ClaimRow.statement, 1, SHOWN, type_=String()).label("statement"),
        ClaimRow.status.label("claim_status"),
        _flag(ClaimRow.derived_from_id.is_not(None)).label("relay"),
        *_named("claimant", _CLAIMANT),
        ClaimRow.claimant_role,
        ClaimRow.asserted,
        ClaimRow.source_id,
        SourceRow.title.label("source"),
        SourceRow.kind.label("source_kind"),
        SourceRow.publisher,
        SourceRow.published,
        SourceRow.url.label("source_url"),
        SAID_ON.label("said_on"),
    )
    .select_from(FigureRow)
    .join(ClaimRow, ClaimRow.id == FigureRow.claim_id)
    .join(SourceRow, SourceRow.id == ClaimRow.source_id)
    .join(_CLAIMANT, _CLAIMANT.id == ClaimRow.claimant_id)
    .join(_SUBJECT, _SUBJECT.id == FigureRow.subject_id)
    .join(MetricRow, MetricRow.id == FigureRow.metric_id)
    .join(MeasurandRow, MeasurandRow.id == FigureRow.measurand_id)
    .outerjoin(ScopeRow, ScopeRow.id == FigureRow.scope_id)
)
STANDING = (FigureRow.withdrawn_at.is_(None), ClaimRow.withdrawn_at.is_(None))

# Comparisons ---------------------------------------------------------------------------------------------------------


def _ends(name: str) -> list[Any]:
    return [getattr(MeasurandRow, f"{name}_{end}") for end in ("low", "high", "low_open", "high_open", "text")]


def _compared(text: Any) -> list[Any]:
    return [
        MeasurandRow.id,
        MeasurandRow.key,
        *_named("subject", EntityRow, "kind"),
        *_named("metric", MetricRow),
        MetricRow.unit,
        *_named("scope", ScopeRow),
        MeasurandRow.period,
        MeasurandRow.period_earliest.label("period_start"),
        MeasurandRow.period_latest.label("period_end"),
        MeasurandRow.verdict,
        *_ends("ratio"),
        MeasurandRow.ratio_central,
        MeasurandRow.comparability,
        func.nullif(MeasurandRow.reasons, literal_column("''", String()), type_=String()).label("reasons"),
        MeasurandRow.agreement,
        MeasurandRow.gap,
        MeasurandRow.gap_open,
        MeasurandRow.difference,
        text.label("text"),
        MeasurandRow.self_conflict,
        MeasurandRow.within_rounding,
        _flag(MeasurandRow.drift_rank.is_not(None)).label("drift"),
        _flag(MeasurandRow.part_rank.is_not(None)).label("part_exceeds_whole"),
        MeasurandRow.interval_basis,
        MeasurandRow.agreeing,
        MeasurandRow.claimant_count,
        MeasurandRow.figure_count,
        MeasurandRow.relay_count,
        MeasurandRow.drift_count,
        MeasurandRow.dispute_count,
        *_ends("reported"),
        *_ends("estimated"),
        MeasurandRow.created_at,
        MeasurandRow.updated_at,
    ]


def _with_refs(statement: Select[Any]) -> Select[Any]:
    return (
        statement.select_from(MeasurandRow)
        .join(EntityRow, EntityRow.id == MeasurandRow.subject_id)
        .join(MetricRow, MetricRow.id == MeasurandRow.metric_id)
        .outerjoin(ScopeRow, ScopeRow.id == MeasurandRow.scope_id)
    )


COMPARISONS: Select[Any] = _with_refs(select(*_compared(MeasurandRow.text)))
PRESENT = MeasurandRow.present_count > 0

# Disagreements -------------------------------------------------------------------------------------------------------

NO_RANK = -2.0  # for measurands without a conflict: below every separation


class Ranked(NamedTuple):
    """How to select and order the measurands with one kind of disagreement, and what shows it."""

    exists: Any
    rank: Any  # widest first; a factor from 1 on
    least_id: Any
    most_id: Any
    text: Any


# numbers are literals: for a parameter, PostgreSQL would plan again each time
RANKING = {
    DisagreementKind.CONFLICT: Ranked(
        MeasurandRow.rank > literal_column(str(NO_RANK)),
        MeasurandRow.rank,
        MeasurandRow.conflict_least_id,
        MeasurandRow.conflict_most_id,
        MeasurandRow.text,
    ),
    DisagreementKind.SELF_CONFLICT: Ranked(
        MeasurandRow.self_rank.is_not(None),
        MeasurandRow.self_rank,
        MeasurandRow.self_least_id,
        MeasurandRow.self_most_id,
        MeasurandRow.self_text,
    ),
    DisagreementKind.DRIFT: Ranked(
        MeasurandRow.drift_rank.is_not(None),
        MeasurandRow.drift_rank,
        MeasurandRow.drift_least_id,
        MeasurandRow.drift_most_id,
        MeasurandRow.drift_text,
    ),
    DisagreementKind.PART_EXCEEDS_WHOLE: Ranked(
        MeasurandRow.part_rank.is_not(None),
        MeasurandRow.part_rank,
        MeasurandRow.part_least_id,
        MeasurandRow.part_most_id,
        MeasurandRow.part_text,
    ),
}


def _holder(name: str, figure_id: Any) -> tuple[list[Any], Any]:
    """The columns of the figure that holds the least or most extreme, and the function that adds its joins."""
    figure, claim = aliased(FigureRow, name=f"{name}_figure"), aliased(ClaimRow, name=f"{name}_claim")
    claimant, source = aliased(EntityRow, name=f"{name}_claimant"), aliased(SourceRow, name=f"{name}_source")
    columns = [
        figure.id.label(f"{name}_figure_id"),
        claim.id.label(f"{name}_claim_id"),
        *_named(f"{name}_claimant", claimant),
        figure.basis.label(f"{name}_basis"),
        figure.interval_low.label(f"{name}_low"),
        figure.interval_high.label(f"{name}_high"),
        figure.interval_text.label(f"{name}_text"),
        source.title.label(f"{name}_source"),
    ]

    def join(statement: Select[Any]) -> Select[Any]:
        return (
            statement.join(figure, figure.id == figure_id)
            .join(claim, claim.id == figure.claim_id)
            .join(claimant, claimant.id == claim.claimant_id)
            .join(source, source.id == claim.source_id)
        )

    return columns, join


def disagreements(kind: DisagreementKind) -> Select[Any]:
    ranked = RANKING[kind]
    (least, join_least), (most, join_most) = _holder("least", ranked.least_id), _holder("most", ranked.most_id)
    factor = case((ranked.rank >= literal_column("1"), ranked.rank)).label("factor")
    columns = [*_compared(ranked.text), literal(str(kind), String()).label("kind"), factor, *least, *most]
    statement: Select[Any] = join_most(join_least(_with_refs(select(*columns))))
    return statement.where(ranked.exists)


VIEWS: dict[str, Any] = {
    "v_figures": FIGURES.where(*STANDING),
    "v_comparisons": COMPARISONS.where(PRESENT),
    "v_disagreements": union_all(*(disagreements(kind) for kind in DisagreementKind)),
}
