"""Comparisons and disagreements as of a day, as rows for dashboards. They are computed on request."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from operator import itemgetter
from typing import Any

from service.analysis.options import readable
from service.db.engine import Connection
from service.db.models import EntityRow, MeasurandRow, ScopeRow
from service.db.types import Real, Whole
from service.db.views import NO_RANK
from service.domain.assessment import Assessment, assess_measurand
from service.domain.display import part_text, self_conflict_text, widest_drift_text
from service.domain.drift import extremes
from service.domain.scopes import excess, wholes
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
from service.store.lists.pagination import page_of
from service.store.lists.tables import TablePage
from service.store.records import disputes, references
from service.store.rows import Values

_CONFLICT = DisagreementKind.CONFLICT
MOST_AS_OF = 1_000  # comparisons that are recomputed in one request
MOST_FIGURES_AS_OF = 20_000  # figures in them


@dataclass(frozen=True, slots=True)
class Apart:
    """Two figures that exclude each other. A rank of 1 or more is the factor between them. `text` describes it; None if
    the summary's own text does.
    """

    rank: float
    text: str | None
    least: FigureRecord
    most: FigureRecord


@dataclass(frozen=True, slots=True)
class Judged:
    """A measurand as of a day: its summary, its row, and its disagreements."""

    summary: Summary
    row: Values
    claimants: frozenset[str]
    apart: dict[DisagreementKind, Apart]


def comparisons_as_of(connection: Connection, query: ComparisonTableQuery, day: date) -> TablePage:
    judged = _asked_for(connection, query, _judged(connection, query, day))
    found = [one.row for one in judged if _passes(one, query)]
    ranks = {one.row["id"]: one.apart[_CONFLICT].rank if _CONFLICT in one.apart else NO_RANK for one in judged}
    name = query.sort.removeprefix("-")
    kind = {"gap": Real, "figure_count": Whole}.get(name, MeasurandRow.created_at.type)
    key = (lambda row: ranks[row["id"]]) if name == "gap" else itemgetter(name)
    page, cursor = page_of(found, query, query.sort, key, kind)
    return TablePage(page, cursor, len(found))


def disagreements_as_of(connection: Connection, query: DisagreementTableQuery, day: date) -> TablePage:
    """Widest first."""
    judged = _asked_for(connection, query, _judged(connection, query, day))
    ranked = _ranked(judged, query)
    held = _held_by(judged, query.kind, ranked.rows)
    items = evidence.items(connection, [figure for apart in held.values() for figure in (apart.least, apart.most)])
    rows = [
        dict(row) | _holder("least", items[held[row["id"]].least.id]) | _holder("most", items[held[row["id"]].most.id])
        for row in ranked.rows
    ]
    return ranked._replace(rows=rows)


def _held_by(judged: Sequence[Judged], kind: DisagreementKind, rows: Sequence[Mapping[str, Any]]) -> dict[str, Apart]:
    """The two figures of each of these rows."""
    by_id = {one.row["id"]: one for one in judged}
    return {row["id"]: by_id[row["id"]].apart[kind] for row in rows}


def _ranked(judged: Sequence[Judged], query: DisagreementTableQuery) -> TablePage:
    """Widest first, without the columns of the two figures."""
    found, ranks = [], {}
    for one in judged:
        apart = one.apart.get(query.kind)
        if apart is None or not _passes(one, query, apart.rank):
            continue
        text = {"text": apart.text} if apart.text else {}
        factor = apart.rank if apart.rank >= 1 else None
        found.append(one.row | text | {"kind": query.kind, "factor": factor})
        ranks[one.row["id"]] = apart.rank
    page, cursor = page_of(found, query, "-rank", lambda row: ranks[row["id"]], Real)
    return TablePage(page, cursor, len(found))


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
    every = _ranked(judged, query.model_copy(update={"limit": MOST_AS_OF})).rows
    counts = Counter(_series(row) for row in every)
    first: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in every:
        first.setdefault(_series(row), row)
    ranked = list(first.values())[: query.limit]
    held = _held_by(judged, query.kind, ranked)
    items = evidence.items(connection, [figure for apart in held.values() for figure in (apart.least, apart.most)])
    found = []
    for row in ranked:
        apart = held[row["id"]]
        ends = {"least": json.loads(items[apart.least.id]), "most": json.loads(items[apart.most.id])}
        ends["group_count"] = counts[_series(row)]
        summary = dict(by_id[row["id"]].summary)
        found.append(Disagreement(**summary | {"text": row["text"], "kind": query.kind} | ends))
    return found


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
    figures = {one.id: readable(stored[one.id], day).figures for one in found_measurands}
    relays = [figure for own in figures.values() for figure in own if figure.evidence.is_relay]
    origins = evidence.origins(connection, relays).could_be_read(day)
    for_arithmetic = origins.for_arithmetic(relays)
    found = {
        one.id: assess_measurand(
            [figure.evidence for figure in figures[one.id]],
            for_arithmetic,
            scope_stated=one.scope_id is not None,
        )
        for one in found_measurands
    }
    by_id = {f.id: f for own in figures.values() for f in own}
    by_id |= {origin.id: origin for origin in origins.records()}
    wider = _wider(connection, found_measurands)
    disputed = disputes.of_measurands(connection, [one.id for one in found_measurands])
    judged = []
    for one in found_measurands:
        if figures[one.id]:
            shown = {figure.claim_id for figure in figures[one.id]}
            raised = {d.id for d in disputed.get(one.id, ()) if d.claim_id in shown and d.may_be_open(day)}
            count = len(raised)
            apart = _apart(found[one.id], by_id)
            apart |= _exceeded(found[one.id], [found[whole] for whole in wider[one.id]], by_id)
            computed = to_summary(found[one.id], one.unit, count)
            summary = Summary.model_validate(one.own_fields | computed)
            claimants = frozenset(figure.evidence.claimant_id for figure in figures[one.id])
            judged.append(Judged(summary, _row(one, computed, apart), claimants, apart))
    return judged


def _wider(connection: Connection, found: Sequence[MeasurandRecord]) -> dict[str, list[str]]:
    """For each measurand, those of the same quantity whose scope includes its own, ordered by key."""
    part_of = measurands.part_of(connection, [one.scope_id for one in found])
    by_quantity: dict[Any, list[MeasurandRecord]] = {}
    for one in sorted(found, key=lambda measurand: measurand.key):
        by_quantity.setdefault(_quantity(one), []).append(one)
    return {
        one.id: [w.id for w in _of_scopes(by_quantity[_quantity(one)], set(wholes(one.scope_id, part_of)))]
        for one in found
    }


def _of_scopes(some: Sequence[MeasurandRecord], scopes: set[str]) -> list[MeasurandRecord]:
    return [one for one in some if one.scope_id in scopes] if scopes else []


def _apart(found: Assessment, by_id: dict[str, FigureRecord]) -> dict[DisagreementKind, Apart]:
    apart: dict[DisagreementKind, Apart] = {}
    disagreement, drift = found.comparison.disagreement, found.widest_drift
    if (widest := disagreement.conflict) is not None:
        least, most = by_id[widest.least.id], by_id[widest.most.id]
        apart[DisagreementKind.CONFLICT] = Apart(float(widest.rank), None, least, most)
    if (own := disagreement.self_conflict) is not None:
        least, most = by_id[own.least.id], by_id[own.most.id]
        apart[DisagreementKind.SELF_CONFLICT] = Apart(float(own.rank), self_conflict_text(own), least, most)
    if drift is not None:
        least, most = (by_id[figure.id] for figure in extremes(drift))
        apart[DisagreementKind.DRIFT] = Apart(float(drift.size), widest_drift_text(drift), least, most)
    return apart


def _exceeded(
    part: Assessment, wholes: Sequence[Assessment], by_id: Mapping[str, FigureRecord]
) -> dict[DisagreementKind, Apart]:
    """The whole that a part exceeds most, if it exceeds any."""
    most = part.comparison.disagreement.max_low
    if most is None or most.signed:
        return {}
    limits = [least for whole in wholes if (least := whole.comparison.disagreement.min_high) is not None]
    found = [(over, least) for least in limits if (over := excess(most.interval, least.interval)) is not None]
    if not found:
        return {}
    over, least = max(found, key=lambda pair: pair[0].gap or Fraction(0))
    rank = float(over.gap or Fraction(0))
    return {DisagreementKind.PART_EXCEEDS_WHOLE: Apart(rank, part_text(over.gap), by_id[least.id], by_id[most.id])}


def _quantity(one: MeasurandRecord) -> Any:
    return one.row.subject_id, one.row.metric_id, one.days


def _row(one: MeasurandRecord, summary: Values, apart: dict[DisagreementKind, Apart]) -> Values:
    subject, metric, scope = one.subject, one.metric, one.scope or {}
    ratio, comparability = summary["ratio"], summary["comparability"]
    start, end = one.days
    row = {name: summary[name] for name in ComparisonTableRow.model_fields if name in summary}
    row |= {
        name: getattr(one.row, name) for name in ("id", "key", "period", "subject_kind", "created_at", "updated_at")
    }
    row |= {"subject_key": subject["key"], "subject": subject["name"], "metric_key": metric["key"]}
    row |= {"metric": metric["name"], "unit": one.unit, "scope_key": scope.get("key"), "scope": scope.get("name")}
    row |= {"period_start": start, "period_end": end, "comparability": comparability.status}
    row |= {"reasons": ", ".join(comparability.reasons) or None, "ratio_central": ratio and ratio.central}
    row |= _ends("ratio", ratio) | _ends("reported", summary["reported_interval"])
    row |= _ends("estimated", summary["estimated_interval"])
    row |= {"drift": DisagreementKind.DRIFT in apart}
    row |= {"part_exceeds_whole": DisagreementKind.PART_EXCEEDS_WHOLE in apart}
    return {name: row[name] for name in ComparisonTableRow.model_fields}


def _ends(name: str, ends: Any) -> Values:
    fields = ("low", "high", "low_open", "high_open", "text")
    return {f"{name}_{field}": getattr(ends, field) if ends is not None else None for field in fields}


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


def _passes(one: Judged, query: MeasurandFilters, rank: float | None = None) -> bool:
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
    factor = rank if rank is not None else row["gap"]
    wide = query.gap_min is None or (factor is not None and factor >= max(float(query.gap_min), 1.0))
    return wide and all(not wanted or value in wanted for wanted, value in asked)
