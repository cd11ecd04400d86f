"""The tables for dashboards, as statements: SQL views, and what `/v1/tables` selects from.

Both have the same columns; `schemas/table_rows.py` describes them. Withdrawn records are left out.
"""

from typing import Any, NamedTuple

from sqlalchemy import Select, and_, case, cast, func, literal, literal_column, select, type_coerce, union_all
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


def _computed(column: Any) -> Any:
    """The column for figures that can be computed with: amounts in other currencies are not comparable."""
    return case((FigureRow.not_computed.is_(None), column))


def _end(name: str) -> Any:
    """An end of the interval in the metric's currency."""
    converted, own = getattr(FigureRow, f"converted_{name}"), getattr(FigureRow, f"interval_{name}")
    return case((FigureRow.rate_first.is_not(None), converted), else_=_computed(own)).label(name)


# of a claim that repeats another one, the figures that are not the claimant's own
NOT_OWN = func.coalesce(FigureRow.relayed, literal(value=True, type_=Flag()), type_=Flag()) == literal(
    value=True, type_=Flag()
)

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
        _end("low"),
        _end("high"),
        _computed(FigureRow.interval_low_open).label("low_open"),
        _computed(FigureRow.interval_high_open).label("high_open"),
        _computed(FigureRow.interval_text).label("interval"),
        MetricRow.unit.label("metric_unit"),
        MetricRow.scale,
        FigureRow.not_computed,
        FigureRow.claim_id,
        func.substr(ClaimRow.statement, 1, SHOWN, type_=String()).label("statement"),
        ClaimRow.status.label("claim_status"),
        _flag(and_(ClaimRow.derived_from_id.is_not(None), NOT_OWN)).label("relay"),
        *_named("claimant", _CLAIMANT),
        ClaimRow.effective_role.label("claimant_role"),
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
        MeasurandRow.unit,
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
        MeasurandRow.conflict_unit,
        MeasurandRow.relative_difference,
        func.nullif(MeasurandRow.conflict_reasons, literal_column("''", String()), type_=String()).label(
            "conflict_reasons"
        ),
        text.label("text"),
        MeasurandRow.self_conflict,
        MeasurandRow.self_conflict_within_rounding,
        MeasurandRow.within_rounding,
        MeasurandRow.part_within_rounding,
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
LISTED = and_(PRESENT, MeasurandRow.copies_only == literal(value=False, type_=Flag()))

# Disagreements -------------------------------------------------------------------------------------------------------

NO_RANK = -2.0  # for measurands without a conflict: below every separation
OFF_RATIO = -1.0  # for conflicts off the ratio scale, which are listed last


class Ranked(NamedTuple):
    """How to select and order the measurands with one kind of disagreement, and what shows it."""

    exists: Any
    rank: Any  # widest first: the relative difference, or `OFF_RATIO`
    gap: Any  # the factor between the two, if there is one
    least_id: Any
    most_id: Any
    text: Any
    least_without_gap: float = 0.5  # the rank from which one without a factor is wider than any factor


# numbers are literals: for a parameter, PostgreSQL would plan again each time
RANKING = {
    DisagreementKind.CONFLICT: Ranked(
        MeasurandRow.rank > literal_column(str(NO_RANK)),
        MeasurandRow.rank,
        MeasurandRow.gap,
        MeasurandRow.conflict_least_id,
        MeasurandRow.conflict_most_id,
        MeasurandRow.text,
        0.0,
    ),
    DisagreementKind.SELF_CONFLICT: Ranked(
        MeasurandRow.self_rank.is_not(None),
        MeasurandRow.self_rank,
        MeasurandRow.self_gap,
        MeasurandRow.self_least_id,
        MeasurandRow.self_most_id,
        MeasurandRow.self_text,
    ),
    DisagreementKind.DRIFT: Ranked(
        MeasurandRow.drift_rank.is_not(None),
        MeasurandRow.drift_rank,
        MeasurandRow.drift_gap,
        MeasurandRow.drift_least_id,
        MeasurandRow.drift_most_id,
        MeasurandRow.drift_text,
    ),
    DisagreementKind.PART_EXCEEDS_WHOLE: Ranked(
        MeasurandRow.part_rank.is_not(None),
        MeasurandRow.part_rank,
        MeasurandRow.part_gap,
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
    factor = ranked.gap.label("factor")
    columns = [*_compared(ranked.text), literal(str(kind), String()).label("kind"), factor, *least, *most]
    statement: Select[Any] = join_most(join_least(_with_refs(select(*columns))))
    return statement.where(ranked.exists)


VIEWS: dict[str, Any] = {
    "v_figures": FIGURES.where(*STANDING),
    "v_comparisons": COMPARISONS.where(LISTED),
    "v_disagreements": union_all(*(disagreements(kind) for kind in RANKING)),
}
