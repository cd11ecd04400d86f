"""Lists of measurands by their stored summaries: all of them, and those with a kind of disagreement, widest first."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Select, literal, select
from sqlalchemy.orm import aliased

from service.db import views
from service.db.json_select import JsonSelect, JsonSql, json_object, json_words
from service.db.models import ClaimRow, EntityRow, FigureRow, MeasurandRow, MetricRow, ScopeRow, SourceRow
from service.db.types import Day, Flag, Real
from service.domain.vocabulary import ClaimStatus, DisagreementKind
from service.schemas.comparisons import Disagreement, DisagreementPage, Summary, SummaryPage
from service.schemas.queries import MeasurandFilters
from service.store import rows
from service.store.comparisons import measurands
from service.store.comparisons.evidence import COMPARED_FIELDS, compared_columns
from service.store.comparisons.measurands import MeasurandRecord
from service.store.lists.filters import AnyOf, Filter, GroupBy, HasOne, RefTo, Value
from service.store.lists.pagination import Listing, RecordList, fetch_page, record_list
from service.store.records import figures

_ENDS = ("low", "high", "low_open", "high_open", "text")


def _interval(name: str) -> list[Any]:
    own = [getattr(MeasurandRow, f"{name}_{end}").label(f"{name}_interval.{end}") for end in _ENDS]
    return [*own, MetricRow.unit.label(f"{name}_interval.unit")]


def _summary(text: Any) -> list[Any]:
    """The columns of a Summary, with `text` as its sentence."""
    plain = (
        "id", "key", "period", "updated_at", "verdict", "agreement", "gap", "gap_open", "difference", "self_conflict",
        "within_rounding", "interval_basis", "agreeing", "claimant_count", "figure_count", "relay_count",
        "drift_count", "dispute_count",
    )  # fmt: skip
    return [
        *(getattr(MeasurandRow, name) for name in plain),
        *rows.embed("subject", EntityRow, "id", "key", "name"),
        *rows.embed("metric", MetricRow, "id", "key", "name", "unit"),
        *rows.embed("scope", ScopeRow, "id", "key", "name"),
        *(getattr(MeasurandRow, f"ratio_{end}").label(f"ratio.{end}") for end in (*_ENDS[:4], "central", "text")),
        MeasurandRow.comparability.label("comparability.status"),
        text.label("text"),
        *_interval("reported"),
        *_interval("estimated"),
    ]


_REASONS = {"comparability.reasons": json_words(MeasurandRow.reasons)}


def filters(rank: Any) -> dict[str, Filter]:
    """Filters of measurands. `gap_min` is compared with `rank`, which is a factor from 1 on."""
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
        "gap_min": Value(Real, lambda gap: rank >= gap, lambda gap: max(float(gap), 1.0)),
    }


SORTS = {
    "created_at": MeasurandRow.created_at,
    "updated_at": MeasurandRow.updated_at,
    "gap": MeasurandRow.rank,
    "figure_count": MeasurandRow.figure_count,
}
FILTERS = filters(MeasurandRow.rank)
ROWS = JsonSelect(
    measurands.with_refs(select(*_summary(MeasurandRow.text))).where(views.PRESENT),
    list(Summary.model_fields),
    _REASONS,
)
LIST: RecordList[SummaryPage] = record_list(SummaryPage, ROWS, FILTERS, SORTS, MeasurandRow.id)

# All measurands, with or without figures
_RECORDS = measurands.with_refs(select(*measurands.COLUMNS))
_ALL = Listing(dict.fromkeys(("sqlite", "postgresql"), _RECORDS), FILTERS, {"id": MeasurandRow.id}, MeasurandRow.id)


def some(connection: Connection, query: MeasurandFilters, most: int) -> list[MeasurandRecord] | None:
    """Returns the measurands that meet the filters, in order of id; None if there are more than `most`."""
    found = fetch_page(connection, _ALL, query, "id", limit=most)
    return None if found.next_cursor else [MeasurandRecord(row) for row in found.rows]


# Disagreements -------------------------------------------------------------------------------------------------------


def _extreme(name: str, figure_id: Any) -> tuple[JsonSql, Callable[[Select[Any]], Select[Any]]]:
    """The figure that holds an extreme, as a Compared, and the function that adds its joins."""
    figure, claim = aliased(FigureRow, name=f"{name}_figure"), aliased(ClaimRow, name=f"{name}_claim")
    source, claimant = aliased(SourceRow, name=f"{name}_source"), aliased(EntityRow, name=f"{name}_claimant")
    columns = [*compared_columns(figure, claim, source, claimant), *figures.interval_columns(figure)]

    def join(statement: Select[Any]) -> Select[Any]:
        return (
            statement.join(figure, figure.id == figure_id)
            .join(claim, claim.id == figure.claim_id)
            .join(source, source.id == claim.source_id)
            .join(claimant, claimant.id == claim.claimant_id)
        )

    return json_object(columns, [*COMPARED_FIELDS, "interval"]), join


def _disagreements(kind: DisagreementKind) -> RecordList[DisagreementPage]:
    ranked = views.RANKING[kind]
    (least, join_least), (most, join_most) = _extreme("least", ranked.least_id), _extreme("most", ranked.most_id)
    statement = measurands.with_refs(select(*_summary(ranked.text))).where(ranked.exists)
    word: JsonSql = dict.fromkeys(least, f"'{kind}'")
    found = JsonSelect(
        join_most(join_least(statement)),
        [name for name in Disagreement.model_fields if name != "group_count"],
        {**_REASONS, "kind": word, "least": least, "most": most},
    )
    series = {"series": (MeasurandRow.subject_id, MeasurandRow.metric_id)}
    own = filters(ranked.rank) | {"group_by": GroupBy(series)}
    return record_list(DisagreementPage, found, own, {"rank": ranked.rank}, MeasurandRow.id)


DISAGREEMENTS: Mapping[DisagreementKind, RecordList[DisagreementPage]] = {
    kind: _disagreements(kind) for kind in DisagreementKind
}
WIDEST_FIRST = "-rank"
