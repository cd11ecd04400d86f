"""Comparisons and disagreements as they stood on a day, as rows for dashboards: worked out when they are asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from operator import itemgetter
from typing import Any

from service.analysis.settings import readable, readable_origins
from service.db.engine import Connection
from service.db.tables import MeasurandRow
from service.db.types import Real, Whole
from service.db.views import NO_RANK, TEXTS
from service.domain.agreement import separation
from service.domain.assessment import Assessment, assess_measurand
from service.domain.drift import extremes
from service.domain.vocabulary import DisagreementKind
from service.errors import Invalid
from service.schemas.comparisons import Disagreement, Summary
from service.schemas.queries import MeasurandFilters
from service.schemas.table_queries import ComparisonTableQuery, DisagreementTableQuery
from service.schemas.table_rows import ComparisonTableRow
from service.schemas.views import to_summary
from service.store import comparisons, disputes, evidence
from service.store.comparisons import Filed as FiledMeasurand
from service.store.evidence import Filed
from service.store.pages import page_of
from service.store.rows import Values
from service.store.tables import Rows

_CONFLICT = DisagreementKind.CONFLICT
MOST_AS_OF = 1_000  # comparisons that are judged anew in one request


@dataclass(frozen=True, slots=True)
class Apart:
    """Two figures that exclude each other; from 1 on the rank is the factor between them."""

    rank: float
    least: Filed
    most: Filed


@dataclass(frozen=True, slots=True)
class Judged:
    """A measurand as it stood on a day: its summary, its row, and its disagreements."""

    summary: Summary
    row: Values
    apart: dict[DisagreementKind, Apart]


def comparisons_as_of(connection: Connection, query: ComparisonTableQuery, day: date) -> Rows:
    judged = _in_scopes(connection, query, _judged(connection, query, day))
    found = [one.row for one in judged if _passes(one.row, query)]
    ranks = {one.row["id"]: one.apart[_CONFLICT].rank if _CONFLICT in one.apart else NO_RANK for one in judged}
    name = query.sort.removeprefix("-")
    kind = {"gap": Real, "figure_count": Whole}.get(name, MeasurandRow.created_at.type)
    key = (lambda row: ranks[row["id"]]) if name == "gap" else itemgetter(name)
    page, cursor = page_of(found, query, query.sort, key, kind)
    return Rows(page, cursor, len(found))


def disagreements_as_of(connection: Connection, query: DisagreementTableQuery, day: date) -> Rows:
    """Widest first."""
    return _ranked(_in_scopes(connection, query, _judged(connection, query, day)), query)


def _ranked(judged: Sequence[Judged], query: DisagreementTableQuery) -> Rows:
    found, ranks = [], {}
    for one in judged:
        apart = one.apart.get(query.kind)
        if apart is None or not _passes(one.row, query, apart.rank):
            continue
        text = {"text": TEXTS[query.kind]} if query.kind in TEXTS else {}
        factor = apart.rank if apart.rank >= 1 else None
        ends = _holder("least", apart.least) | _holder("most", apart.most)
        found.append(one.row | text | {"kind": query.kind, "factor": factor} | ends)
        ranks[one.row["id"]] = apart.rank
    page, cursor = page_of(found, query, "-rank", lambda row: ranks[row["id"]], Real)
    return Rows(page, cursor, len(found))


def _in_scopes(connection: Connection, query: MeasurandFilters, judged: Sequence[Judged]) -> Sequence[Judged]:
    """Those of the scopes asked for. They were judged beside the others, which a part is held against."""
    if not query.scope:
        return judged
    scopes = set(comparisons.scope_ids(connection, query.scope))
    return [one for one in judged if one.summary.scope is not None and one.summary.scope.id in scopes]


def summaries_as_of(connection: Connection, subject: str, day: date) -> list[Summary]:
    """All comparisons of one subject. Raises Invalid where that are too many."""
    return [one.summary for one in _judged(connection, MeasurandFilters(subject=[subject]), day)]


def ranking_as_of(connection: Connection, query: DisagreementTableQuery, day: date) -> list[Disagreement]:
    """The first page of what `disagreements_as_of` tells, with the figures as comparisons have them."""
    judged = _judged(connection, query, day)
    by_id = {one.row["id"]: one for one in judged}
    found = []
    for row in _ranked(judged, query).rows:
        one = by_id[row["id"]]
        apart = one.apart[query.kind]
        ends = {"least": apart.least.compared(), "most": apart.most.compared()}
        found.append(Disagreement(**dict(one.summary) | {"text": row["text"], "kind": query.kind} | ends))
    return found


def _judged(connection: Connection, query: MeasurandFilters, day: date) -> list[Judged]:
    """What stood on that day of the subjects and metrics asked for. Raises Invalid where that are too many."""
    asked = MeasurandFilters(subject=query.subject, metric=query.metric, entity_kind=query.entity_kind)
    if query.id:  # with those of other scopes, which they are held against
        named = comparisons.some(connection, MeasurandFilters(id=query.id), MOST_AS_OF)
        about = {one.row["subject"]["id"] for one in named}, {one.row["metric"]["id"] for one in named}
        asked = MeasurandFilters(subject=sorted(about[0])[:100], metric=sorted(about[1])[:100])
    measurands = comparisons.some(connection, asked, MOST_AS_OF + 1)
    if len(measurands) > MOST_AS_OF:
        detail = f"As of a day, at most {MOST_AS_OF:,} comparisons are worked out at once, and these are more."
        raise Invalid.at("/as_of", f"{detail} Ask for some: add subject or metric.", "query")
    on_file = evidence.of_measurands(connection, [one.id for one in measurands], statuses=evidence.ACTIVE_ONCE)
    figures = {one.id: readable(on_file[one.id], day).figures for one in measurands}
    relays = [figure for own in figures.values() for figure in own if figure.evidence.is_relay]
    origins = readable_origins(evidence.origins(connection, relays), day)
    found = {
        one.id: assess_measurand(
            [figure.evidence for figure in figures[one.id]],
            {relay: [[o.evidence for o in claim] for claim in claims] for relay, claims in origins.items()},
            scope_stated=one.row["scope_id"] is not None,
        )
        for one in measurands
    }
    by_id = {f.id: f for own in figures.values() for f in own}
    by_id |= {f.id: f for claims in origins.values() for claim in claims for f in claim}
    wider = _wider(connection, measurands)
    disputed = disputes.of_measurands(connection, [one.id for one in measurands])
    judged = []
    for one in measurands:
        if figures[one.id]:
            shown = {figure.claim_id for figure in figures[one.id]}
            raised = [(d, claim) for d, claim, opened in disputed.get(one.id, ()) if opened is None or opened <= day]
            count = len({dispute for dispute, claim in raised if claim in shown})
            apart = _apart(found[one.id], by_id)
            apart |= _exceeded(found[one.id], [found[whole] for whole in wider[one.id]], by_id)
            computed = to_summary(found[one.id], one.unit, count)
            summary = Summary(**one.own, **computed)
            judged.append(Judged(summary, _row(one, computed, apart), apart))
    return judged


def _wider(connection: Connection, measurands: Sequence[FiledMeasurand]) -> dict[str, list[str]]:
    """For each measurand those of the same quantity whose scope its own is a part of."""
    wholes = comparisons.wholes(connection, {one.row["scope_id"] for one in measurands} - {None})
    by_quantity: dict[Any, list[FiledMeasurand]] = {}
    for one in measurands:
        by_quantity.setdefault(_quantity(one), []).append(one)
    return {
        one.id: [w.id for w in by_quantity[_quantity(one)] if w.row["scope_id"] in wholes.get(one.row["scope_id"], ())]
        for one in measurands
    }


def _apart(found: Assessment, by_id: dict[str, Filed]) -> dict[DisagreementKind, Apart]:
    apart: dict[DisagreementKind, Apart] = {}
    for kind, widest in (
        (DisagreementKind.CONFLICT, found.comparison.disagreement.conflict),
        (DisagreementKind.SELF_CONFLICT, found.comparison.disagreement.self_conflict),
    ):
        if widest is not None:
            apart[kind] = Apart(float(widest.rank), by_id[widest.least.id], by_id[widest.most.id])
    drift = found.widest_drift
    if drift is not None:
        least, most = (by_id[figure.id] for figure in extremes(drift))
        apart[DisagreementKind.DRIFT] = Apart(float(drift.size), least, most)
    return apart


def _exceeded(
    part: Assessment, wholes: Sequence[Assessment], by_id: Mapping[str, Filed]
) -> dict[DisagreementKind, Apart]:
    """The whole that a part exceeds most, if it exceeds any."""
    most = part.comparison.disagreement.max_low
    if most is None or most.signed:
        return {}
    limits = [least for whole in wholes if (least := whole.comparison.disagreement.min_high) is not None]
    found = [(apart.gap or Fraction(0), least.id) for least in limits if (apart := separation(most, least)) is not None]
    if not found:
        return {}
    gap, least_id = max(found)
    return {DisagreementKind.PART_EXCEEDS_WHOLE: Apart(float(gap), by_id[least_id], by_id[most.id])}


def _quantity(one: FiledMeasurand) -> Any:
    return one.row["subject"]["id"], one.row["metric"]["id"], one.days


def _row(one: FiledMeasurand, summary: Values, apart: dict[DisagreementKind, Apart]) -> Values:
    subject, metric, scope = one.row["subject"], one.row["metric"], one.row["scope"] or {}
    ratio, comparability = summary["ratio"], summary["comparability"]
    start, end = one.days
    row = {name: summary[name] for name in ComparisonTableRow.model_fields if name in summary}
    row |= {name: one.row[name] for name in ("id", "key", "period", "subject_kind", "created_at", "updated_at")}
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


def _holder(name: str, figure: Filed) -> Values:
    compared = figure.compared()
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


def _passes(row: Values, query: MeasurandFilters, rank: float | None = None) -> bool:
    """Whether a row is one of those asked for, by what is only known when it has been worked out."""
    asked = (
        (query.id, row["id"]),
        (query.agreement, row["agreement"]),
        (query.verdict, row["verdict"]),
        (query.comparability, row["comparability"]),
        ([query.within_rounding] if query.within_rounding is not None else [], row["within_rounding"]),
    )
    factor = rank if rank is not None else row["gap"]
    wide = query.gap_min is None or (factor is not None and factor >= max(float(query.gap_min), 1.0))
    return wide and all(not wanted or value in wanted for wanted, value in asked)
