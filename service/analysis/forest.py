"""A comparison for display: one row per figure, grouped by scope, with relays under the claims that they repeat, and
superseded or retracted figures beside the active ones. The charts and the explorer's pages use it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeGuard

from service.analysis.compare import Loaded, compared, drift_json, load
from service.analysis.options import ComparisonOptions, readable
from service.db.engine import Connection
from service.domain.comparison import compare
from service.domain.drift import Drift as DomainDrift
from service.domain.drift import trace_all
from service.domain.evidence import in_common_currency
from service.domain.ratio import ratio_to, side_hull
from service.domain.vocabulary import Basis, ClaimantRole, ClaimStatus, DriftResult
from service.schemas.base import MeasurandRef, ScopeRef
from service.schemas.comparisons import Compared, Comparison, Drift, Ratio
from service.schemas.views import to_ratio
from service.store.comparisons import evidence
from service.store.comparisons.evidence import FigureRecord, Items
from service.store.comparisons.measurands import MeasurandRecord

Order = Literal["basis", "value", "date"]
MOST_ROWS = 100  # per scope; further rows are only counted
MOST_SCOPES = 20


@dataclass(frozen=True, slots=True)
class ForestRow:
    """`depth` is 1 for a relay under its origin. `times` is the ratio to the reported side of the same scope."""

    figure: Compared
    depth: int
    is_relay: bool
    status: ClaimStatus
    times: Ratio | None
    drift: Drift | None
    said: date | None  # the first day on which it may have been asserted, else published

    @property
    def stands(self) -> bool:
        return self.status is ClaimStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class ForestGroup:
    """The figures of one scope. `reference` is the reported value, if there is exactly one."""

    measurand: MeasurandRef
    scope: ScopeRef | None
    reference: float | None
    rows: list[ForestRow]
    left_out: int


@dataclass(frozen=True, slots=True)
class Forest:
    comparison: Comparison
    groups: list[ForestGroup]  # the measurand's own scope first
    scopes_left_out: int


def of_measurand(connection: Connection, ref: str, options: ComparisonOptions, order: Order = "basis") -> Forest:
    """`order` is that of the rows in each scope: reported figures first, the least amounts first, or the earliest
    first. Raises NotFound.
    """
    loaded = load(connection, ref, options)
    comparison = compared(connection, loaded)
    chosen = [_chosen(one, loaded, order) for one in (loaded.measurand, *loaded.scopes[:MOST_SCOPES])]
    items, drift = _details(connection, chosen, loaded)
    groups = [_group(one, options, items, drift) for one in chosen]
    return Forest(comparison, groups, loaded.scope_count - (len(chosen) - 1))


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The figures of one scope that are displayed, each with its depth. `left_out` says how many are not."""

    measurand: MeasurandRecord
    standing: list[FigureRecord]
    rows: list[tuple[FigureRecord, int]]
    left_out: int


def _chosen(measurand: MeasurandRecord, loaded: Loaded, order: Order) -> _Chosen:
    day = loaded.options.as_of
    figures = loaded.figures[measurand.id]
    standing = readable(figures, loaded.lineage, loaded.prices).figures
    stands = {figure.id for figure in standing}
    gone = [figure for figure in figures if figure.id not in stands and figure.could_be_read(day)]
    ordered = _in_order([*standing, *gone], order)
    rows = _some(ordered)
    return _Chosen(measurand, standing, rows, len(ordered) - len(rows))


def _details(connection: Connection, chosen: Sequence[_Chosen], loaded: Loaded) -> tuple[Items, dict[str, DomainDrift]]:
    """The JSON of the displayed figures and their origins, and the drift of those that are relays: from the root of
    their chain, if that is another claim than their parent.
    """
    shown = [figure for one in chosen for figure, _ in one.rows]
    relays = {figure.id for figure in shown if figure.evidence.is_relay and figure.stands(loaded.options.as_of)}
    by_id = {origin.id: origin for origin in loaded.lineage.records()}
    drift: dict[str, DomainDrift] = {}
    for pair in loaded.lineage.copied([figure for figure in shown if figure.id in relays]):
        drift |= {one: found for one, found in trace_all(pair.relays, pair.origin).items() if one in relays}
    held = [by_id[one.origin.id] for one in drift.values() if one.origin is not None]
    currencies = {
        one.measurand.id: in_common_currency([figure.evidence for figure in one.standing])[1] for one in chosen
    }
    return evidence.items(connection, [*shown, *held], currencies), drift


def _group(chosen: _Chosen, options: ComparisonOptions, items: Items, drift: Mapping[str, DomainDrift]) -> ForestGroup:
    measurand, stands = chosen.measurand, {figure.id for figure in chosen.standing}
    computed, _ = in_common_currency([figure.evidence for figure in chosen.standing])
    by_id = {figure.id: figure for figure in computed}
    found = compare(computed, sides=options.sides, scope_stated=measurand.scope_id is not None)
    base = {one.id for one in found.base}
    bottom = side_hull(found.base)
    single = found.base[0] if len(found.base) == 1 else None
    rows = []
    for figure, depth in chosen.rows:
        own = by_id.get(figure.id)
        traced = drift.get(figure.id)
        rows.append(
            ForestRow(
                figure=evidence.to_compared(items[figure.id]),
                depth=depth,
                is_relay=figure.evidence.is_relay,
                status=_status(figure, stands),
                times=to_ratio(ratio_to(own, bottom, single))
                if own is not None and own.takes_a_side and own.id not in base
                else None,
                drift=Drift.model_validate_json(drift_json(traced, items, measurand.unit))
                if _is_shown(traced)
                else None,
                said=figure.row.asserted_earliest or figure.row.published_earliest,
            )
        )
    return ForestGroup(
        measurand=MeasurandRef(id=measurand.id, key=measurand.key),
        scope=ScopeRef.model_validate(measurand.scope) if measurand.scope else None,
        reference=None if single is None or single.value is None else float(single.value),
        rows=rows,
        left_out=chosen.left_out,
    )


def _some(ordered: Sequence[tuple[FigureRecord, int]]) -> list[tuple[FigureRecord, int]]:
    """The figures that are displayed: an equal share of each basis, so that no side hides the other."""
    if len(ordered) <= MOST_ROWS:
        return list(ordered)
    share = MOST_ROWS // len({figure.evidence.basis for figure, _ in ordered})
    taken: Counter[Basis] = Counter()
    kept = []
    for figure, depth in ordered:
        taken[figure.evidence.basis] += 1
        if taken[figure.evidence.basis] <= share:
            kept.append((figure, depth))
    return kept


def _status(figure: FigureRecord, stands: set[str]) -> ClaimStatus:
    if figure.id in stands:
        return ClaimStatus.ACTIVE
    return ClaimStatus.RETRACTED if figure.row.status == ClaimStatus.RETRACTED else ClaimStatus.SUPERSEDED


def _is_shown(drift: DomainDrift | None) -> TypeGuard[DomainDrift]:
    """Whether a relay changed something, so that its row says so."""
    return drift is not None and (drift.result not in (DriftResult.SAME, DriftResult.UNPAIRED) or bool(drift.flags))


_BASES = list(Basis)  # reported, estimated, and then the others
_ROLES = [ClaimantRole.FIRST_PARTY, ClaimantRole.THIRD_PARTY, ClaimantRole.UNKNOWN]


def _in_order(figures: Sequence[FigureRecord], order: Order) -> list[tuple[FigureRecord, int]]:
    """A relay directly follows the claim that it repeats, if that is included."""
    here = {figure.claim_id for figure in figures}
    relayed: dict[str, list[FigureRecord]] = {}
    first = []
    for figure in sorted(figures, key=_PLACES[order]):
        origin = figure.row.derived_from_id
        if origin in here and origin != figure.claim_id:
            relayed.setdefault(origin, []).append(figure)
        else:
            first.append(figure)
    ordered: list[tuple[FigureRecord, int]] = []
    waiting = [(figure, 0) for figure in reversed(first)]
    followed: set[str] = set()
    while waiting:  # no recursion, because chains of relays may be long
        figure, depth = waiting.pop()
        ordered.append((figure, depth))
        if figure.claim_id not in followed:
            followed.add(figure.claim_id)
            waiting += [(relay, depth + 1) for relay in reversed(relayed.get(figure.claim_id, []))]
    return ordered


def _place(figure: FigureRecord) -> tuple[int, int, str, str]:
    said = figure.readable_from
    basis, role = figure.evidence.basis, figure.evidence.role
    return _BASES.index(basis), _ROLES.index(role), said.isoformat() if said else "9", figure.id


def _by_value(figure: FigureRecord) -> tuple[Any, ...]:
    """The least that it may be, else the most; those without an amount come last."""
    interval = figure.evidence.interval
    known = [] if interval is None else [end for end in (interval.low, interval.high) if end is not None]
    return not known, known[0] if known else 0, _place(figure)


def _by_date(figure: FigureRecord) -> tuple[Any, ...]:
    said = figure.readable_from
    return said is None, said or date.min, _place(figure)


_PLACES: dict[Order, Callable[[FigureRecord], tuple[Any, ...]]] = {
    "basis": _place,
    "value": _by_value,
    "date": _by_date,
}
