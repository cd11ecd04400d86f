"""A measurand in detail: its sides, what stands beside them, relays and their drift, and related scopes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from service.analysis.related import Scoped, related
from service.analysis.settings import Readable, Settings, readable, readable_origins
from service.db.engine import Connection
from service.domain.agreement import WithoutOne as DomainWithoutOne
from service.domain.assessment import assess_measurand
from service.domain.display import drift_text
from service.domain.drift import Drift as DomainDrift
from service.domain.evidence import Evidence
from service.domain.ratio import side_hull
from service.domain.standing import standing
from service.schemas.base import EntityRef
from service.schemas.comparisons import (
    Beside,
    Comparison,
    Drift,
    Excluded,
    Related,
    Side,
    WithoutOne,
)
from service.schemas.disputes import Dispute
from service.schemas.views import to_interval, to_number, to_summary
from service.store import comparisons, disputes, evidence
from service.store.comparisons import Filed as FiledMeasurand
from service.store.evidence import Filed


@dataclass(frozen=True, slots=True)
class Loaded:
    """A measurand, those of other scopes beside it, and the figures of all of them, by measurand."""

    measurand: FiledMeasurand
    siblings: list[FiledMeasurand]
    on_file: dict[str, list[Filed]]
    settings: Settings


def load(connection: Connection, ref: str, settings: Settings, *, every_status: bool = False) -> Loaded:
    """With `every_status`, figures of retracted and superseded claims too. Raises NotFound for a measurand that is not
    on file.
    """
    measurand = comparisons.read(connection, ref)
    siblings = comparisons.siblings(connection, measurand)
    on_file = evidence.of_measurands(
        connection,
        [measurand.id, *(sibling.id for sibling in siblings)],
        tolerance=settings.tolerance,
        statuses=evidence.EVERY_STATUS if every_status else settings.statuses,
    )
    return Loaded(measurand, siblings, on_file, settings)


def detail(connection: Connection, ref: str, settings: Settings) -> Comparison:
    """Raises NotFound for a measurand that is not on file."""
    return compared(connection, load(connection, ref, settings))


def compared(connection: Connection, loaded: Loaded) -> Comparison:
    measurand, siblings, on_file = loaded.measurand, loaded.siblings, loaded.on_file
    settings = loaded.settings
    own = readable(on_file[measurand.id], settings.as_of)
    relays = [figure for figure in own.figures if figure.evidence.is_relay]
    on_record = evidence.origins(connection, relays, tolerance=settings.tolerance)
    origins = readable_origins(on_record, settings.as_of)
    found = assess_measurand(
        [figure.evidence for figure in own.figures],
        {relay: [[o.evidence for o in claim] for claim in claims] for relay, claims in origins.items()},
        by=settings.by,
        scope_stated=measurand.row["scope_id"] is not None,
    )
    by_id = {figure.id: figure for figure in own.figures}
    by_id |= {o.id: o for claims in origins.values() for claim in claims for o in claim}
    against = _disputes(connection, measurand, own, settings)
    sides = found.comparison
    base, other = (_side(figures, by_id, measurand.unit) for figures in (sides.base, sides.other))
    by_basis = settings.by == "basis"
    return Comparison(
        **measurand.own,
        **to_summary(found, measurand.unit, len(against)),
        settings=settings.on_wire(),
        gap_without_one=_without_one(sides.disagreement.without_one, own.figures),
        reported=base if by_basis else None,
        estimated=other if by_basis else None,
        first_party=None if by_basis else base,
        third_party=None if by_basis else other,
        beside=[_beside(by_id[aside.figure.id], aside.why) for aside in sides.beside],
        relays=[by_id[relay.id].compared() for relay in sides.relays],
        drift=[shown_drift(drift, by_id) for drift in found.drift],
        related=_related(connection, measurand, own, siblings, on_file, settings),
        disputes=against,
        excluded=Excluded(undated=own.undated, not_yet_readable=own.not_yet_readable),
    )


def _side(figures: Sequence[Evidence], by_id: dict[str, Filed], unit: str) -> Side:
    return Side(
        count=len(figures),
        claimant_count=len({figure.claimant_id for figure in figures}),
        interval=to_interval(side_hull(figures), unit, signed=any(figure.signed for figure in figures)),
        figures=[by_id[figure.id].compared() for figure in figures],
    )


def _beside(figure: Filed, why: str) -> Beside:
    return Beside(**dict(figure.compared()), why=why)


def shown_drift(drift: DomainDrift, by_id: dict[str, Filed]) -> Drift:
    return Drift(
        relay=by_id[drift.relay.id].compared(),
        origin=by_id[drift.origin.id].compared() if drift.origin else None,
        result=drift.result,
        factor=to_number(drift.factor),
        flags=list(drift.flags),
        text=drift_text(drift),
    )


def _without_one(found: DomainWithoutOne | None, figures: Sequence[Filed]) -> WithoutOne | None:
    if found is None:
        return None
    claimant: Any = next(f.row["claimant"] for f in figures if f.evidence.claimant_id == found.claimant_id)
    return WithoutOne(gap=to_number(found.gap), claimant=EntityRef.model_validate(claimant))


def _disputes(connection: Connection, measurand: FiledMeasurand, own: Readable, settings: Settings) -> list[Dispute]:
    """The standing disputes about the figures shown; with `as_of`, those that may have been raised by then."""
    if settings.as_of is None and measurand.row["summary"]["dispute_count"] == 0:
        return []  # those that stand now are counted when they are written
    claim_ids = {figure.claim_id for figure in own.figures}
    found = disputes.of_measurand(connection, measurand.id, claim_ids)
    day = settings.as_of
    return [dispute for dispute, opened in found if day is None or opened is None or opened <= day]


def _related(
    connection: Connection,
    measurand: FiledMeasurand,
    own: Readable,
    siblings: Sequence[FiledMeasurand],
    on_file: dict[str, list[Filed]],
    settings: Settings,
) -> list[Related]:
    scopes = {m.row["scope_id"] for m in (measurand, *siblings)} - {None}
    shown = ((sibling, readable(on_file[sibling.id], settings.as_of)) for sibling in siblings)
    others = [_scoped(sibling, theirs) for sibling, theirs in shown if theirs.figures]
    wholes = comparisons.wholes(connection, scopes)
    return related(_scoped(measurand, own), others, wholes, measurand.unit, signed=measurand.row["signed"])


def _scoped(measurand: FiledMeasurand, shown: Readable) -> Scoped:
    evidence_shown = [figure.evidence for figure in shown.figures]
    return Scoped(measurand.id, measurand.row["key"], measurand.row["scope"], standing(evidence_shown))
