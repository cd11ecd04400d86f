"""Lists of measurands by their stored summaries: all of them, and those with a kind of disagreement, widest first."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Select, and_, case, literal, literal_column, or_, select
from sqlalchemy.orm import aliased

from service.db import views
from service.db.json_select import JsonSelect, JsonSql, json_object, json_words
from service.db.models import ClaimRow, EntityRow, FigureRow, MeasurandRow, MetricRow, ScopeRow, SourceRow
from service.db.types import Day, Flag, Real
from service.domain.vocabulary import ClaimStatus, DisagreementKind
from service.schemas.comparisons import Compared, Disagreement, DisagreementPage, Summary, SummaryPage
from service.schemas.queries import MeasurandFilters
from service.store import rows
from service.store.comparisons import measurands
from service.store.comparisons.evidence import compared_columns
from service.store.comparisons.measurands import MeasurandRecord
from service.store.lists.filters import AnyOf, CopiesToo, Filter, GroupBy, HasOne, RefTo, Value
from service.store.lists.pagination import Listing, RecordList, fetch_page, record_list
from service.store.records import figures

_ORIGIN = aliased(MeasurandRow, name="origin_measurand")
_ENDS = ("low", "high", "low_open", "high_open", "text")


def _interval(name: str) -> list[Any]:
    own = [getattr(MeasurandRow, f"{name}_{end}").label(f"{name}_interval.{end}") for end in _ENDS]
    return [*own, MeasurandRow.unit.label(f"{name}_interval.unit")]


def _summary(text: Any) -> list[Any]:
    """The columns of a Summary, with `text` as its sentence."""
    plain = (
        "id", "key", "period", "updated_at", "unit", "verdict", "agreement", "gap", "gap_open", "difference",
        "conflict_unit", "relative_difference", "self_conflict", "self_conflict_within_rounding", "within_rounding",
        "part_within_rounding", "interval_basis", "agreeing", "claimant_count", "figure_count", "relay_count",
        "drift_count", "dispute_count", "rates_version", "rules_version",
    )  # fmt: skip
    return [
        *(getattr(MeasurandRow, name) for name in plain),
        *rows.embed("subject", EntityRow, "id", "key", "name"),
        *rows.embed("metric", MetricRow, "id", "key", "name", "unit", "scale"),
        *rows.embed("scope", ScopeRow, "id", "key", "name"),
        *(getattr(MeasurandRow, f"ratio_{end}").label(f"ratio.{end}") for end in (*_ENDS[:4], "central", "text")),
        MeasurandRow.comparability.label("comparability.status"),
        *rows.embed("origin_measurand", _ORIGIN, "id", "key"),
        text.label("text"),
        *_interval("reported"),
        *_interval("estimated"),
    ]


_REASONS = {
    "comparability.reasons": json_words(MeasurandRow.reasons),
    "conflict_reasons": json_words(MeasurandRow.conflict_reasons),
}


def _with_refs(statement: Select[Any]) -> Select[Any]:
    return measurands.with_refs(statement).outerjoin(_ORIGIN, _ORIGIN.id == MeasurandRow.origin_measurand_id)


def filters(ranked: views.Ranked) -> dict[str, Filter]:
    """Filters of measurands. A conflict without a gap is of amounts that touch or cross zero, which no factor excludes;
    off the ratio scale, its rank is negative.
    """
    gap, rank = ranked.gap, ranked.rank
    no_limit = and_(gap.is_(None), rank >= literal_column(str(ranked.least_without_gap)))
    return {
        "id": AnyOf(MeasurandRow.id),
        "subject": RefTo(EntityRow, MeasurandRow.subject_id),
        "metric": RefTo(MetricRow, MeasurandRow.metric_id),
        "scope": RefTo(ScopeRow, MeasurandRow.scope_id),
        "entity_kind": AnyOf(EntityRow.kind),
        "agreement": AnyOf(MeasurandRow.agreement),
        "verdict": AnyOf(MeasurandRow.verdict),
        "comparability": AnyOf(MeasurandRow.comparability),
        "interval_basis": AnyOf(MeasurandRow.interval_basis),
        "self_conflict": Value(Flag(), lambda wanted: MeasurandRow.self_conflict == wanted),
        "within_rounding": Value(Flag(), lambda wanted: MeasurandRow.within_rounding == wanted),
        "period_from": Value(Day(), lambda day: MeasurandRow.period_latest >= day),
        "period_to": Value(Day(), lambda day: MeasurandRow.period_earliest <= day),
        "figure": HasOne(
            [
                FigureRow.measurand_id == MeasurandRow.id,
                FigureRow.withdrawn_at.is_(None),
                ClaimRow.id == FigureRow.claim_id,
                ClaimRow.withdrawn_at.is_(None),
                ClaimRow.status == literal(str(ClaimStatus.ACTIVE)),
            ],
            {"claimant": RefTo(EntityRow, ClaimRow.claimant_id)},
        ),
        "gap_min": Value(Real, lambda least: or_(gap >= least, no_limit), lambda least: max(float(least), 1.0)),
    }


SORTS = {
    "created_at": MeasurandRow.created_at,
    "updated_at": MeasurandRow.updated_at,
    "gap": MeasurandRow.rank,
    "figure_count": MeasurandRow.figure_count,
}
_FILTERS = filters(views.RANKING[DisagreementKind.CONFLICT])
FILTERS = _FILTERS | {"empty": CopiesToo(MeasurandRow.copies_only)}
_SUMMARIES = _with_refs(select(*_summary(MeasurandRow.text)))
ROWS = JsonSelect(_SUMMARIES.where(views.PRESENT), list(Summary.model_fields), _REASONS)
EVERY_ROW = JsonSelect(_SUMMARIES, list(Summary.model_fields), _REASONS)  # also without figures
LIST: RecordList[SummaryPage] = record_list(SummaryPage, ROWS, FILTERS, SORTS, MeasurandRow.id)

# All measurands, with or without figures
_RECORDS = measurands.with_refs(select(*measurands.COLUMNS))
_ALL = Listing(dict.fromkeys(("sqlite", "postgresql"), _RECORDS), _FILTERS, {"id": MeasurandRow.id}, MeasurandRow.id)


def some(connection: Connection, query: MeasurandFilters, most: int) -> list[MeasurandRecord] | None:
    """Returns the measurands that meet the filters, in order of id; None if there are more than `most`."""
    found = fetch_page(connection, _ALL, query, "id", limit=most)
    return None if found.next_cursor else [MeasurandRecord(row) for row in found.rows]


# Disagreements -------------------------------------------------------------------------------------------------------


def _extreme(name: str, figure_id: Any) -> tuple[JsonSql, Callable[[Select[Any]], Select[Any]]]:
    """The figure that holds an extreme, as a Compared, and the function that adds its joins."""
    figure, claim = aliased(FigureRow, name=f"{name}_figure"), aliased(ClaimRow, name=f"{name}_claim")
    source, claimant = aliased(SourceRow, name=f"{name}_source"), aliased(EntityRow, name=f"{name}_claimant")
    voice = aliased(EntityRow, name=f"{name}_voice")
    # a figure is computed with if its currency is that of the measurand
    is_computed = figure.interval_unit == MeasurandRow.unit
    columns = [
        *compared_columns(figure, claim, source, claimant, voice),
        *figures.interval_columns(figure),
        *(
            case((MeasurandRow.unit == MetricRow.unit, column.element)).label(column.name)
            for column in figures.converted_columns(figure)
        ),
        case((is_computed, None), else_=figure.not_computed).label("not_computed"),
    ]

    def join(statement: Select[Any]) -> Select[Any]:
        return (
            statement.join(figure, figure.id == figure_id)
            .join(claim, claim.id == figure.claim_id)
            .join(source, source.id == claim.source_id)
            .join(claimant, claimant.id == claim.claimant_id)
            .join(voice, voice.id == claim.voice_id)
        )

    return json_object(columns, list(Compared.model_fields)), join


def _disagreements(kind: DisagreementKind) -> RecordList[DisagreementPage]:
    ranked = views.RANKING[kind]
    (least, join_least), (most, join_most) = _extreme("least", ranked.least_id), _extreme("most", ranked.most_id)
    statement = _with_refs(select(*_summary(ranked.text))).where(ranked.exists)
    word: JsonSql = dict.fromkeys(least, f"'{kind}'")
    found = JsonSelect(
        join_most(join_least(statement)),
        [name for name in Disagreement.model_fields if name != "group_count"],
        {**_REASONS, "kind": word, "least": least, "most": most},
    )
    series = {"series": (MeasurandRow.subject_id, MeasurandRow.metric_id)}
    own = filters(ranked) | {"group_by": GroupBy(series)}
    return record_list(DisagreementPage, found, own, {"rank": ranked.rank}, MeasurandRow.id)


DISAGREEMENTS: Mapping[DisagreementKind, RecordList[DisagreementPage]] = {
    kind: _disagreements(kind) for kind in views.RANKING
}
WIDEST_FIRST = "-rank"
