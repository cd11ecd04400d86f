"""The stored consistency of figures with equations, as a list: widest first."""

from typing import Any

from sqlalchemy import literal_column, select
from sqlalchemy.orm import aliased

from service.db.json_select import JsonSelect, JsonSql, json_words
from service.db.models import ConsistencyRow, EntityRow, EquationRow, MetricRow, ScopeRow, SourceRow
from service.domain.vocabulary import Consistency, DisagreementKind
from service.schemas.equations import ConsistencyPage, ConsistencySummary, Inconsistency, InconsistencyPage
from service.store import rows
from service.store.lists.filters import AnyOf, Filter, RefTo
from service.store.lists.pagination import Listing, RecordList, record_list
from service.store.lists.table_sorts import sorts_of

_CLAIMANT = aliased(EntityRow, name="claimant")
_MISSING, _MISSING_SCOPE = aliased(MetricRow, name="missing_metric"), aliased(ScopeRow, name="missing_scope")
_TABLE_ENDS = ("low", "high", "text")
_ENDS = ("low", "high", "low_open", "high_open", "text")
_METRIC_REF = ("id", "key", "name", "unit", "scale")
WIDEST_FIRST = "-rank"


def _interval(name: str, field: str, unit: Any) -> list[Any]:
    return [
        *(getattr(ConsistencyRow, f"{name}_{end}").label(f"{field}.{end}") for end in _ENDS),
        unit.label(f"{field}.unit"),
    ]


_PLAIN = ("id", "period", "updated_at", "verdict", "checked_by", "unit", "gap", "difference", "relative_difference",
          "text", "check_count", "figure_count")  # fmt: skip
SELECT = (
    select(
        *(getattr(ConsistencyRow, name) for name in _PLAIN),
        *rows.embed("equation", EquationRow, "id", "key", "name"),
        *rows.embed("subject", EntityRow, "id", "key", "name"),
        *rows.embed("metric", MetricRow, *_METRIC_REF),
        *rows.embed("scope", ScopeRow, "id", "key", "name"),
        *rows.embed("claimant", _CLAIMANT, "id", "key", "name"),
        *rows.embed("source", SourceRow, "id", "key", "title"),
        *_interval("stated", "stated", ConsistencyRow.unit),
        *_interval("computed", "computed", ConsistencyRow.unit),
        *rows.embed("missing_metric", _MISSING, *_METRIC_REF),
        *rows.embed("missing_scope", _MISSING_SCOPE, "id", "key", "name"),
        *_interval("would_be", "would_be", ConsistencyRow.would_be_unit),
    )
    .join(EquationRow, EquationRow.id == ConsistencyRow.equation_id)
    .join(EntityRow, EntityRow.id == ConsistencyRow.subject_id)
    .join(MetricRow, MetricRow.id == EquationRow.metric_id)
    .outerjoin(ScopeRow, ScopeRow.id == ConsistencyRow.scope_id)
    .outerjoin(_CLAIMANT, _CLAIMANT.id == ConsistencyRow.claimant_id)
    .outerjoin(SourceRow, SourceRow.id == ConsistencyRow.source_id)
    .outerjoin(_MISSING, _MISSING.id == ConsistencyRow.missing_metric_id)
    .outerjoin(_MISSING_SCOPE, _MISSING_SCOPE.id == ConsistencyRow.missing_scope_id)
)


def _named(name: str, table: Any) -> list[Any]:
    return [table.key.label(f"{name}_key"), table.name.label(name)]


_ROWS = SELECT.with_only_columns(
    ConsistencyRow.id,
    *_named("equation", EquationRow),
    *_named("subject", EntityRow),
    *_named("metric", MetricRow),
    ConsistencyRow.unit,
    *_named("scope", ScopeRow),
    ConsistencyRow.period,
    ConsistencyRow.period_earliest.label("period_start"),
    ConsistencyRow.period_latest.label("period_end"),
    ConsistencyRow.verdict,
    ConsistencyRow.checked_by,
    *_named("claimant", _CLAIMANT),
    SourceRow.title.label("source"),
    *(getattr(ConsistencyRow, f"{name}_{end}") for name in ("stated", "computed") for end in _TABLE_ENDS),
    _MISSING.key.label("missing_metric_key"),
    *(getattr(ConsistencyRow, f"would_be_{end}") for end in (*_TABLE_ENDS, "unit")),
    *(getattr(ConsistencyRow, name) for name in ("gap", "difference", "relative_difference", "text")),
    *(getattr(ConsistencyRow, name) for name in ("check_count", "figure_count", "updated_at")),
    maintain_column_froms=True,
).where(ConsistencyRow.verdict.is_not(None))
_WORDS = {"figures": json_words(ConsistencyRow.figures)}
FILTERS: dict[str, Filter] = {
    "id": AnyOf(ConsistencyRow.id),
    "subject": RefTo(EntityRow, ConsistencyRow.subject_id),
    "metric": RefTo(MetricRow, EquationRow.metric_id),
    "equation": RefTo(EquationRow, ConsistencyRow.equation_id),
    "verdict": AnyOf(ConsistencyRow.verdict),
    "checked_by": AnyOf(ConsistencyRow.checked_by),
}
_SORTS = {"rank": ConsistencyRow.rank}
TABLE = Listing(
    dict.fromkeys(("sqlite", "postgresql"), _ROWS),
    FILTERS,
    sorts_of(_ROWS, ConsistencyRow, rank=ConsistencyRow.rank),
    ConsistencyRow.id,
)
_CHECKED = SELECT.where(ConsistencyRow.verdict.is_not(None))
LIST: RecordList[ConsistencyPage] = record_list(
    ConsistencyPage,
    JsonSelect(_CHECKED, list(ConsistencySummary.model_fields), _WORDS),
    FILTERS,
    _SORTS,
    ConsistencyRow.id,
)
_INCONSISTENT = SELECT.where(ConsistencyRow.verdict == literal_column(f"'{Consistency.INCONSISTENT}'"))
_KIND: JsonSql = dict.fromkeys(("sqlite", "postgresql"), f"'{DisagreementKind.INCONSISTENCY}'")
INCONSISTENCIES: RecordList[InconsistencyPage] = record_list(
    InconsistencyPage,
    JsonSelect(_INCONSISTENT, list(Inconsistency.model_fields), {**_WORDS, "kind": _KIND}),
    FILTERS,
    _SORTS,
    ConsistencyRow.id,
)
