"""The tables that dashboards read, as statements: views for those that speak SQL, and what `/v1/tables` selects from.

The same columns in both; what each means stands in `schemas/table_rows.py`. Withdrawn records are left out.
"""

from typing import Any

from sqlalchemy import CTE, Select, case, cast, func, literal, literal_column, select, type_coerce, union_all
from sqlalchemy.orm import aliased

from service.db.expressions import (
    count_inside,
    exact_text,
    flag_inside,
    id_inside,
    number_inside,
    text_inside,
    words_inside,
)
from service.db.tables import ClaimRow, EntityRow, FigureRow, MeasurandRow, MetricRow, ScopeRow, SourceRow
from service.db.types import Flag, Real, String
from service.domain.vocabulary import DisagreementKind

SHOWN = 300  # characters of a statement
_SUBJECT, _CLAIMANT = aliased(EntityRow), aliased(EntityRow)


def _named(name: str, table: Any, *more: str) -> list[Any]:
    """The key and the name of what a row refers to."""
    every = (table.key.label(f"{name}_key"), table.name.label(name))
    return [*every, *(getattr(table, field).label(f"{name}_{field}") for field in more)]


def _flag(condition: Any) -> Any:
    return case((condition, literal(value=True, type_=Flag())), else_=literal(value=False, type_=Flag()))


def _amount(name: str) -> list[Any]:
    """A stated number, as a number and exactly."""
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

_SUMMARY, _EXTREMES = MeasurandRow.summary, MeasurandRow.extremes


def _parts_and_wholes() -> CTE:
    """Each scope (`part`) with all scopes that it is a part of, directly or not (`whole`)."""
    first = select(ScopeRow.id.label("part"), ScopeRow.part_of_id.label("whole"))
    tree = first.where(ScopeRow.part_of_id.is_not(None)).cte("tree", recursive=True)
    above = select(tree.c.part, ScopeRow.part_of_id).join(tree, ScopeRow.id == tree.c.whole)
    return tree.union(above.where(ScopeRow.part_of_id.is_not(None)))


_TREE = _parts_and_wholes()


def _same_quantity(part: Any, whole: Any) -> list[Any]:
    """Of one subject, metric and period."""
    return [
        whole.subject_id == part.subject_id,
        whole.metric_id == part.metric_id,
        whole.period_earliest.is_not_distinct_from(part.period_earliest),
        whole.period_latest.is_not_distinct_from(part.period_latest),
    ]


def _exceeds_whole() -> Any:
    """Whether a measurand's figures demand more than those of a wider scope allow. An end that is open is stored as
    the next number (`store/measurands.py`), so a plain comparison tells. Each row goes up its own few scopes.
    """
    own, above, whole = aliased(ScopeRow), aliased(ScopeRow), aliased(MeasurandRow, name="whole")
    first = select(own.id.label("id"), own.part_of_id.label("part_of")).where(own.id == MeasurandRow.scope_id)
    chain = first.correlate(MeasurandRow).cte("chain", recursive=True, nesting=True)
    chain = chain.union(select(above.id, above.part_of_id).join(chain, above.id == chain.c.part_of))
    found: Select[Any] = (
        select(literal_column("1"))
        .select_from(chain)
        .join(whole, whole.scope_id == chain.c.id)
        .where(whole.id != MeasurandRow.id, *_same_quantity(MeasurandRow, whole))
        .where(MeasurandRow.max_low > whole.min_high, MetricRow.signed == literal(value=False, type_=Flag()))
        .correlate(MeasurandRow, MetricRow)
    )
    return type_coerce(found.exists(), Flag())


def _inside_summary(*labels: Any) -> list[Any]:
    return [kind(_SUMMARY, path).label(label) for label, kind, path in labels]


def _ends(name: str) -> list[Any]:
    """An interval of the summary: its ends, whether they belong to it, and the whole in words."""
    place = "ratio" if name == "ratio" else f"{name}_interval"
    return _inside_summary(
        (f"{name}_low", number_inside, f"{place}.low"),
        (f"{name}_high", number_inside, f"{place}.high"),
        (f"{name}_low_open", flag_inside, f"{place}.low_open"),
        (f"{name}_high_open", flag_inside, f"{place}.high_open"),
        (f"{name}_text", text_inside, f"{place}.text"),
    )


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
        *_inside_summary(("ratio_central", number_inside, "ratio.central")),
        MeasurandRow.comparability,
        words_inside(_SUMMARY, "comparability.reasons").label("reasons"),
        MeasurandRow.agreement,
        *_inside_summary(
            ("gap", number_inside, "gap"),
            ("gap_open", flag_inside, "gap_open"),
            ("difference", number_inside, "difference"),
        ),
        text.label("text"),
        *_inside_summary(("self_conflict", flag_inside, "self_conflict")),
        MeasurandRow.within_rounding,
        _flag(MeasurandRow.drift_rank.is_not(None)).label("drift"),
        _exceeds_whole().label("part_exceeds_whole"),
        *_inside_summary(
            ("interval_basis", text_inside, "interval_basis"),
            *((name, count_inside, name) for name in ("agreeing", "claimant_count")),
        ),
        MeasurandRow.figure_count,
        *_inside_summary(*((name, count_inside, name) for name in ("relay_count", "drift_count", "dispute_count"))),
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


COMPARISONS: Select[Any] = _with_refs(select(*_compared(text_inside(_SUMMARY, "text"))))
PRESENT = MeasurandRow.present_count > 0

# Disagreements -------------------------------------------------------------------------------------------------------

NO_RANK = -2.0  # of a measurand without a conflict: below every separation
RANKS = {
    DisagreementKind.CONFLICT: MeasurandRow.rank,
    DisagreementKind.SELF_CONFLICT: MeasurandRow.self_rank,
    DisagreementKind.DRIFT: MeasurandRow.drift_rank,
}
TEXTS = {
    DisagreementKind.SELF_CONFLICT: "One claimant's own figures exclude each other.",
    DisagreementKind.DRIFT: "A relayed number differs from its origin's.",
    DisagreementKind.PART_EXCEEDS_WHOLE: "A part is said to exceed its whole.",
}


def pairs_of_parts_and_wholes() -> Select[Any]:
    """Pairs of measurands of one quantity, the first's scope being a part of the second's and its figures demanding as
    much as the second's allow, or more. `place` 1 is the whole that a part exceeds most.
    """
    part, whole = aliased(MeasurandRow), aliased(MeasurandRow)
    ratio = type_coerce(case((whole.min_high > 0, part.max_low / whole.min_high), else_=literal_column("0.0")), Real)
    clear = case((part.max_low > whole.min_high, literal_column("1")), else_=literal_column("0"))
    place = func.row_number().over(partition_by=part.id, order_by=(clear.desc(), ratio.desc(), whole.id))
    return (
        select(part.id.label("part"), whole.id.label("whole"), ratio.label("ratio"), place.label("place"))
        .join(_TREE, _TREE.c.part == part.scope_id)
        .join(whole, whole.scope_id == _TREE.c.whole)
        .join(MetricRow, MetricRow.id == part.metric_id)
        .where(*_same_quantity(part, whole), part.max_low >= whole.min_high)
        .where(MetricRow.signed == literal(value=False, type_=Flag()))
    )


def _holder(name: str, figure_id: Any) -> tuple[list[Any], Any]:
    """The columns of the figure that says least or most, and what joins it."""
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


def disagreements(kind: DisagreementKind) -> tuple[Select[Any], Any]:
    """The statement for one kind of disagreement, and the rank that orders it: from 1 on a factor."""
    rank: Any
    text = text_inside(_SUMMARY, "text") if kind is DisagreementKind.CONFLICT else literal(TEXTS[kind], String())
    if kind is DisagreementKind.PART_EXCEEDS_WHOLE:
        pairs, whole = pairs_of_parts_and_wholes().subquery("pairs"), aliased(MeasurandRow, name="exceeded")
        rank, ends = pairs.c.ratio, (id_inside(whole.extremes, "min_high"), id_inside(_EXTREMES, "max_low"))
    else:
        rank, ends = RANKS[kind], (id_inside(_EXTREMES, f"{kind}.0"), id_inside(_EXTREMES, f"{kind}.1"))
    (least, join_least), (most, join_most) = _holder("least", ends[0]), _holder("most", ends[1])
    factor = case((rank >= literal_column("1"), rank)).label("factor")
    statement = _with_refs(select(*_compared(text), literal(str(kind), String()).label("kind"), factor, *least, *most))
    if kind is DisagreementKind.PART_EXCEEDS_WHOLE:
        statement = statement.join(pairs, pairs.c.part == MeasurandRow.id).join(whole, whole.id == pairs.c.whole)
        statement = statement.where(pairs.c.place == literal_column("1"), MeasurandRow.max_low > whole.min_high)
    elif kind is DisagreementKind.CONFLICT:
        statement = statement.where(rank > literal_column(str(NO_RANK)))
    else:
        statement = statement.where(rank.is_not(None))
    return join_most(join_least(statement)), rank


VIEWS: dict[str, Any] = {
    "v_figures": FIGURES.where(*STANDING),
    "v_comparisons": COMPARISONS.where(PRESENT),
    "v_disagreements": union_all(*(disagreements(kind)[0] for kind in DisagreementKind)),
}
