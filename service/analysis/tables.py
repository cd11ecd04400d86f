"""Comparisons and disagreements as of a day, as rows for dashboards. They are computed on request."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.analysis.options import readable
from service.db.engine import Connection
from service.db.models import EntityRow, ScopeRow
from service.db.views import NO_RANK, RANKING
from service.domain.assessment import Assessment, assess_measurand
from service.domain.vocabulary import DisagreementKind
from service.errors import Invalid
from service.schemas.comparisons import Disagreement, Summary
from service.schemas.queries import MeasurandFilters
from service.schemas.table_queries import ComparisonTableQuery, DisagreementTableQuery
from service.schemas.table_rows import ComparisonTableRow
from service.schemas.views import to_summary
from service.store.comparisons import evidence, measurands, ranking
from service.store.comparisons.evidence import FigureRecord
from service.store.comparisons.measurands import MeasurandRecord
from service.store.comparisons.summary_columns import columns_of, extent_of
from service.store.lists.pagination import Listing, page_of
from service.store.lists.table_sorts import value_of
from service.store.lists.tables import COMPARISONS, DISAGREEMENTS, TablePage
from service.store.records import disputes, references
from service.store.rows import Values

_CONFLICT = DisagreementKind.CONFLICT
MOST_AS_OF = 1_000  # comparisons that are recomputed in one request
MOST_FIGURES_AS_OF = 20_000  # figures in them


@dataclass(frozen=True, slots=True)
class Apart:
    """Two figures that exclude each other, and the factor between them. `text` describes it."""

    rank: float
    gap: float | None
    text: str
    least: FigureRecord
    most: FigureRecord


@dataclass(frozen=True, slots=True)
class Judged:
    """A measurand as of a day: its summary, its row, its disagreements, and the currency in which it is computed."""

    summary: Summary
    row: Values
    claimants: frozenset[str]
    apart: dict[DisagreementKind, Apart]
    currency: str | None
    copies_only: bool


def comparisons_as_of(connection: Connection, query: ComparisonTableQuery, day: date) -> TablePage:
    judged = _asked_for(connection, query, _judged(connection, query, day))
    found = [one.row for one in judged if _passes(one, query) and (query.empty or not one.copies_only)]
    ranks = {one.row["id"]: one.apart[_CONFLICT].rank if _CONFLICT in one.apart else NO_RANK for one in judged}
    return _page(found, query, COMPARISONS, "gap", ranks)


def disagreements_as_of(connection: Connection, query: DisagreementTableQuery, day: date) -> TablePage:
    judged = _asked_for(connection, query, _judged(connection, query, day))
    found, ranks = _apart_rows(judged, query)
    held = _held_by(judged, query.kind, found)
    shown = [figure for apart in held.values() for figure in (apart.least, apart.most)]
    items = evidence.items(connection, shown, _currencies(judged))
    rows = [
        dict(row) | _holder("least", items[held[row["id"]].least.id]) | _holder("most", items[held[row["id"]].most.id])
        for row in found
    ]
    return _page(rows, query, DISAGREEMENTS[query.kind], "rank", ranks)


def _currencies(judged: Sequence[Judged]) -> dict[str, str | None]:
    return {one.row["id"]: one.currency for one in judged}


def _held_by(judged: Sequence[Judged], kind: DisagreementKind, rows: Sequence[Mapping[str, Any]]) -> dict[str, Apart]:
    """The two figures of each of these rows."""
    by_id = {one.row["id"]: one for one in judged}
    return {row["id"]: by_id[row["id"]].apart[kind] for row in rows}


def _apart_rows(judged: Sequence[Judged], query: DisagreementTableQuery) -> tuple[list[Values], dict[str, float]]:
    """The rows that disagree, without the columns of the two figures, and the rank of each."""
    found, ranks = [], {}
    for one in judged:
        apart = one.apart.get(query.kind)
        if apart is None or not _passes(one, query, apart):
            continue
        found.append(one.row | {"text": apart.text, "kind": query.kind, "factor": apart.gap})
        ranks[one.row["id"]] = apart.rank
    return found, ranks


def _page(
    found: Sequence[Mapping[str, Any]], query: Any, listing: Listing, ranked: str, ranks: Mapping[str, float]
) -> TablePage:
    """A page of computed rows in the order of the list. `ranked` is the name of the sort by rank."""
    name = query.sort.removeprefix("-")
    column = listing.sorts[name]
    value = value_of(column)
    key = (lambda row: ranks[row["id"]]) if name == ranked else (lambda row: value(row[name]))
    page, cursor = page_of(found, query, query.sort, key, column.type)
    return TablePage(page, cursor, lambda: len(found))


def _asked_for(connection: Connection, query: MeasurandFilters, judged: Sequence[Judged]) -> Sequence[Judged]:
    """Those of the requested scopes and claimants. All scopes are computed first, because a part is compared with its
    whole.
    """
    if query.scope:
        scopes = set(references.filter_ids(connection, ScopeRow, query.scope, "scope"))
        judged = [one for one in judged if one.summary.scope is not None and one.summary.scope.id in scopes]
    if query.claimant:
        claimants = set(references.filter_ids(connection, EntityRow, query.claimant, "claimant"))
        judged = [one for one in judged if claimants & one.claimants]
    return judged


def summaries_as_of(connection: Connection, subject: str, day: date) -> list[Summary]:
    """All comparisons of one subject. Raises Invalid if there are too many."""
    return [one.summary for one in _judged(connection, MeasurandFilters(subject=[subject]), day)]


def series_as_of(connection: Connection, query: DisagreementTableQuery, day: date) -> list[Disagreement]:
    """The widest disagreement of each subject and metric, widest first, with the figures in the form that comparisons
    use. At most one page.
    """
    judged = _judged(connection, query, day)
    by_id = {one.row["id"]: one for one in judged}
    found, ranks = _apart_rows(judged, query)
    every = sorted(found, key=lambda row: (ranks[row["id"]], row["id"]), reverse=True)
    counts = Counter(_series(row) for row in every)
    first: dict[tuple[str, str], Values] = {}
    for row in every:
        first.setdefault(_series(row), row)
    ranked = list(first.values())[: query.limit]
    held = _held_by(judged, query.kind, ranked)
    shown = [figure for apart in held.values() for figure in (apart.least, apart.most)]
    items = evidence.items(connection, shown, _currencies(judged))
    disagreements = []
    for row in ranked:
        apart = held[row["id"]]
        ends = {name: evidence.to_compared(items[getattr(apart, name).id]) for name in ("least", "most")}
        own = {"text": row["text"], "kind": query.kind, "group_count": counts[_series(row)]}
        disagreements.append(Disagreement(**dict(by_id[row["id"]].summary) | own | ends))
    return disagreements


def _series(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["subject_key"], row["metric_key"]


def _judged(connection: Connection, query: MeasurandFilters, day: date) -> list[Judged]:
    """The measurands of the requested subjects and metrics, as of that day. Raises Invalid if there are too many."""
    asked = MeasurandFilters(subject=query.subject, metric=query.metric, entity_kind=query.entity_kind)
    if query.id:  # with those of other scopes, which they are compared with
        named = ranking.some(connection, asked.model_copy(update={"id": query.id}), MOST_AS_OF) or []
        if not named:
            return []
        about = {one.row.subject_id for one in named}, {one.row.metric_id for one in named}
        asked = MeasurandFilters(subject=sorted(about[0])[:100], metric=sorted(about[1])[:100])
    found_measurands = ranking.some(connection, asked, MOST_AS_OF)
    if found_measurands is None:
        detail = f"As of a day, at most {MOST_AS_OF:,} comparisons are worked out at once, and these are more."
        raise Invalid.at("/as_of", f"{detail} Ask for some: add subject or metric.", "query")
    if sum(one.row.present_count for one in found_measurands) > MOST_FIGURES_AS_OF:
        detail = f"As of a day, at most {MOST_FIGURES_AS_OF:,} figures are worked out at once, and these are more."
        raise Invalid.at("/as_of", f"{detail} Ask for some: add subject or metric.", "query")
    stored = evidence.of_measurands(connection, [one.id for one in found_measurands])
    lineage = evidence.lineage(connection, [figure for own in stored.values() for figure in own], day=day)
    figures = {one.id: readable(stored[one.id], lineage).figures for one in found_measurands}
    by_id = {origin.id: origin for origin in lineage.records()}
    by_id |= {f.id: f for own in figures.values() for f in own}
    present = [one for one in found_measurands if figures[one.id]]
    disputed = disputes.of_measurands(connection, [one.id for one in present])
    origins = measurands.keys_of(connection, {one.id: lineage.origin_of(figures[one.id]) for one in present})
    columns, found = {}, {}
    for one in present:
        own = figures[one.id]
        found[one.id] = assess_measurand(
            [figure.evidence for figure in own], lineage.copied(own), scope_stated=one.scope_id is not None
        )
        shown = {figure.claim_id for figure in own}
        raised = {d.id for d in disputed.get(one.id, ()) if d.claim_id in shown and d.may_be_open(day)}
        columns[one.id] = columns_of(
            found[one.id],
            unit=one.unit,
            present_count=len(own),
            dispute_count=len(raised),
            origin=origins.get(one.id),
        )
    extents = {one: extent_of(own) for one, own in columns.items()}
    parts = measurands.exceeded_columns(connection, {one.id: one.row._mapping for one in present}, extents)
    columns = {one: own | parts[one] for one, own in columns.items()}
    return [
        _one_judged(one, found[one.id], columns[one.id], figures[one.id], origins.get(one.id), by_id) for one in present
    ]


def _one_judged(
    one: MeasurandRecord,
    found: Assessment,
    columns: Values,
    figures: Sequence[FigureRecord],
    origin: tuple[str, str] | None,
    by_id: Mapping[str, FigureRecord],
) -> Judged:
    computed = to_summary(found, one.unit, columns["dispute_count"], origin)
    within = {"part_within_rounding": columns["part_within_rounding"]}
    return Judged(
        Summary.model_validate(one.own_fields | computed | within),
        _row(one, columns),
        frozenset(figure.row.claimant_id for figure in figures),
        _apart(columns, by_id),
        found.comparison.currency,
        columns["copies_only"],
    )


def _apart(columns: Values, by_id: Mapping[str, FigureRecord]) -> dict[DisagreementKind, Apart]:
    apart = {}
    for kind, ranked in RANKING.items():
        least, most = columns[ranked.least_id.key], columns[ranked.most_id.key]
        if least is not None:
            rank, gap, text = (columns[column.key] for column in (ranked.rank, ranked.gap, ranked.text))
            apart[kind] = Apart(rank, gap, text, by_id[least], by_id[most])
    return apart


def _row(one: MeasurandRecord, columns: Values) -> Values:
    subject, metric, scope = one.subject, one.metric, one.scope or {}
    start, end = one.days
    row = {name: columns[name] for name in ComparisonTableRow.model_fields if name in columns}
    row |= {
        name: getattr(one.row, name) for name in ("id", "key", "period", "subject_kind", "created_at", "updated_at")
    }
    row |= {"subject_key": subject["key"], "subject": subject["name"], "metric_key": metric["key"]}
    row |= {"metric": metric["name"], "scope_key": scope.get("key"), "scope": scope.get("name")}
    row |= {"period_start": start, "period_end": end}
    row |= {name: columns[name] or None for name in ("reasons", "conflict_reasons")}
    row |= {"drift": columns["drift_least_id"] is not None, "part_exceeds_whole": columns["part_least_id"] is not None}
    return {name: row[name] for name in ComparisonTableRow.model_fields}


def _flag(wanted: bool | None) -> list[bool]:
    return [] if wanted is None else [wanted]


def _holder(name: str, item: str) -> Values:
    compared = evidence.to_compared(item)
    interval = compared.interval
    values = {
        "figure_id": compared.id,
        "claim_id": compared.claim.id,
        "claimant_key": compared.claimant.key,
        "claimant": compared.claimant.name,
        "basis": compared.basis,
        "low": interval and interval.low,
        "high": interval and interval.high,
        "text": interval and interval.text,
        "source": compared.source.title,
    }
    return {f"{name}_{field}": value for field, value in values.items()}


def _passes(one: Judged, query: MeasurandFilters, apart: Apart | None = None) -> bool:
    """Whether a measurand passes the filters that can be applied only after it is computed."""
    row, summary = one.row, one.summary
    asked = (
        (query.id, row["id"]),
        (query.agreement, row["agreement"]),
        (query.verdict, row["verdict"]),
        (query.comparability, row["comparability"]),
        (query.interval_basis, summary.interval_basis),
        (_flag(query.self_conflict), summary.self_conflict),
        (_flag(query.within_rounding), row["within_rounding"]),
    )
    start, end = row["period_start"], row["period_end"]
    if query.period_from is not None and (end is None or end < query.period_from):
        return False
    if query.period_to is not None and (start is None or start > query.period_to):
        return False
    kind = query.kind if isinstance(query, DisagreementTableQuery) else _CONFLICT
    apart = apart or one.apart.get(_CONFLICT)
    wide = query.gap_min is None or (apart is not None and _is_as_wide(apart, max(float(query.gap_min), 1.0), kind))
    return wide and all(not wanted or value in wanted for wanted, value in asked)


def _is_as_wide(apart: Apart, least: float, kind: DisagreementKind) -> bool:
    """The rule of `ranking.filters`."""
    if apart.gap is not None:
        return apart.gap >= least
    return apart.rank >= RANKING[kind].least_without_gap
