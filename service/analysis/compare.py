"""A measurand in detail: its sides, the figures on neither side, relays and their drift, disputes, and related scopes.

All settings take the same path: run a fixed set of statements, apply the domain's arithmetic to the results, and
assemble the JSON response from the figures as the database serialized them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from service.analysis.options import ComparisonOptions, Readable, readable, readable_origins
from service.analysis.related import Scoped, related
from service.db.engine import Connection
from service.domain.assessment import Assessment, assess_measurand
from service.domain.display import drift_text
from service.domain.drift import Drift as DomainDrift
from service.domain.evidence import Evidence
from service.domain.ratio import side_hull
from service.domain.standing import standing
from service.schemas.comparisons import Comparison, Excluded, Summary
from service.schemas.views import to_interval, to_number, to_summary
from service.store.comparisons import evidence, measurands
from service.store.comparisons.evidence import FigureRecord, Shown
from service.store.comparisons.measurands import MeasurandRecord
from service.store.records import disputes

Records = Mapping[str, FigureRecord]  # by id


@dataclass(frozen=True, slots=True)
class Loaded:
    """A measurand, the other measurands of its quantity, and the figures of all of them, by measurand."""

    measurand: MeasurandRecord
    related: list[MeasurandRecord]
    figures: Mapping[str, list[FigureRecord]]
    options: ComparisonOptions


def load(connection: Connection, ref: str, options: ComparisonOptions, shown: Shown = "own") -> Loaded:
    """`shown` selects the figures that are displayed, not only computed with. Raises NotFound."""
    measurand, *others = measurands.read_with_related(connection, ref)
    figures = evidence.of_measurands(
        connection,
        [measurand.id, *(other.id for other in others)],
        tolerance=options.tolerance,
        shown=shown,
        own=measurand.id,
    )
    return Loaded(measurand, others, figures, options)


def comparison_json(connection: Connection, ref: str, options: ComparisonOptions) -> bytes:
    """The JSON of a Comparison. Raises NotFound."""
    return compared_json(connection, load(connection, ref, options))


def compared(connection: Connection, loaded: Loaded) -> Comparison:
    """The Comparison as a model, for callers in Python."""
    return Comparison.model_validate_json(compared_json(connection, loaded))


def compared_json(connection: Connection, loaded: Loaded) -> bytes:
    measurand, options = loaded.measurand, loaded.options
    own = readable(loaded.figures[measurand.id], options.as_of)
    relays = [figure for figure in own.figures if figure.evidence.is_relay]
    stored_origins = evidence.origins(connection, relays, tolerance=options.tolerance, shown="all")
    origins = readable_origins(stored_origins, options.as_of)
    found = assess_measurand(
        [figure.evidence for figure in own.figures],
        evidence.for_arithmetic(origins),
        by=options.by,
        scope_stated=measurand.scope_id is not None,
    )
    records = {figure.id: figure for figure in own.figures}
    records |= {origin.id: origin for claims in origins.values() for claim in claims for origin in claim}
    against = _disputes(connection, measurand, own, options)
    return _written(loaded, own, found, records, against, _related(connection, loaded, own))


# Response ------------------------------------------------------------------------------------------------------------


def _written(
    loaded: Loaded,
    own: Readable,
    found: Assessment,
    records: Records,
    against: Sequence[str],
    others: Iterable[str],
) -> bytes:
    measurand, options, sides = loaded.measurand, loaded.options, found.comparison
    summary = Summary(**measurand.own_fields, **to_summary(found, measurand.unit, len(against))).model_dump_json()
    base, other = (_side(figures, records, measurand.unit) for figures in (sides.base, sides.other))
    by_basis = options.by == "basis"
    fields = {
        "settings": options.settings().model_dump_json(),
        "gap_without_one": _without_one(found, own.figures),
        "reported": base if by_basis else "null",
        "estimated": other if by_basis else "null",
        "first_party": "null" if by_basis else base,
        "third_party": "null" if by_basis else other,
        "beside": _list(f'{records[aside.figure.id].json[:-1]},"why":"{aside.why}"}}' for aside in sides.beside),
        "relays": _list(records[relay.id].json for relay in sides.relays),
        "drift": _list(drift_json(drift, records) for drift in found.drift),
        "related": _list(others),
        "disputes": _list(against),
        "excluded": Excluded(undated=own.undated, not_yet_readable=own.not_yet_readable).model_dump_json(),
    }
    rest = ",".join(f'"{name}":{value}' for name, value in fields.items())
    return f"{summary[:-1]},{rest}}}".encode()


def _list(items: Iterable[str]) -> str:
    return f"[{','.join(items)}]"


def _side(figures: Sequence[Evidence], records: Records, unit: str) -> str:
    hull = to_interval(side_hull(figures), unit, signed=any(figure.signed for figure in figures))
    interval = "null" if hull is None else hull.model_dump_json()
    claimants = len({figure.claimant_id for figure in figures})
    shown = _list(records[figure.id].json for figure in figures)
    return f'{{"count":{len(figures)},"claimant_count":{claimants},"interval":{interval},"figures":{shown}}}'


def drift_json(drift: DomainDrift, records: Records) -> str:
    """The JSON of a Drift."""
    origin = records[drift.origin.id].json if drift.origin else "null"
    rest = json.dumps(
        {
            "result": drift.result,
            "factor": to_number(drift.factor),
            "flags": list(drift.flags),
            "text": drift_text(drift),
        }
    )
    return f'{{"relay":{records[drift.relay.id].json},"origin":{origin},{rest[1:]}'


def _without_one(found: Assessment, figures: Sequence[FigureRecord]) -> str:
    without = found.comparison.disagreement.without_one
    if without is None:
        return "null"
    theirs = next(figure for figure in figures if figure.evidence.claimant_id == without.claimant_id)
    claimant = json.loads(theirs.json)["claimant"]
    return json.dumps({"gap": to_number(without.gap), "claimant": claimant})


# Disputes and related scopes -----------------------------------------------------------------------------------------


def _disputes(
    connection: Connection, measurand: MeasurandRecord, own: Readable, options: ComparisonOptions
) -> list[str]:
    """The active disputes about the displayed figures; with `as_of`, those that may have been opened by then."""
    day = options.as_of
    disputed = {figure.claim_id for figure in own.figures if figure.row.is_disputed}
    found = disputes.of_measurand(connection, measurand.id, disputed)
    return [one.json for one in found if day is None or one.opened_earliest is None or one.opened_earliest <= day]


def _related(connection: Connection, loaded: Loaded, own: Readable) -> Iterable[str]:
    measurand, day = loaded.measurand, loaded.options.as_of
    shown = ((other, readable(loaded.figures[other.id], day)) for other in loaded.related)
    others = [_scoped(other, theirs) for other, theirs in shown if theirs.figures]
    if not others:
        return []
    wholes = measurands.scope_wholes(connection, [measurand.scope_id, *(other.scope_id for other in others)])
    found = related(_scoped(measurand, own), others, wholes, measurand.unit, signed=measurand.row.signed)
    return [one.model_dump_json() for one in found]


def _scoped(measurand: MeasurandRecord, shown: Readable) -> Scoped:
    return Scoped(measurand.id, measurand.key, measurand.scope, standing([figure.evidence for figure in shown.figures]))
