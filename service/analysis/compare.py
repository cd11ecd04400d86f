"""A measurand in detail: its sides, the figures on neither side, relays and their drift, disputes, and related scopes.

All settings take the same path: run a fixed set of statements, apply the domain's arithmetic to all figures, and
assemble the JSON response from those that it shows: at most `MOST_SHOWN` in each list.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from service.analysis.options import ComparisonOptions, Readable, readable
from service.analysis.related import Scoped, related
from service.db.engine import Connection
from service.domain.assessment import Assessment, assess_measurand
from service.domain.display import drift_text
from service.domain.drift import Drift as DomainDrift
from service.domain.evidence import Evidence
from service.domain.ratio import side_hull
from service.domain.standing import standing
from service.schemas.comparisons import Comparison, Counts, Excluded, Summary
from service.schemas.views import to_interval, to_number, to_summary
from service.store.comparisons import evidence, measurands
from service.store.comparisons.evidence import FigureRecord, Items
from service.store.comparisons.measurands import MeasurandRecord
from service.store.records import disputes

MOST_SHOWN = 500  # items of each list of an answer


@dataclass(frozen=True, slots=True)
class Loaded:
    """A measurand, the other measurands of its quantity, and the figures of all of them, by measurand.

    `related` has at most `MOST_SHOWN` of the others that have figures; `related_count` says how many there are.
    """

    measurand: MeasurandRecord
    related: list[MeasurandRecord]
    related_count: int
    figures: Mapping[str, list[FigureRecord]]
    options: ComparisonOptions


def load(connection: Connection, ref: str, options: ComparisonOptions) -> Loaded:
    """Raises NotFound."""
    measurand, *others = measurands.read_with_related(connection, ref)
    day = options.as_of
    if day is None:  # as of a day, only their figures say which had any
        others = [other for other in others if other.has_figures]
    read = others if day is not None else others[:MOST_SHOWN]
    ids = [measurand.id, *(other.id for other in read)]
    figures = evidence.of_measurands(connection, ids, tolerance=options.tolerance)
    if day is not None:
        others = [other for other in others if any(figure.could_be_read(day) for figure in figures[other.id])]
    return Loaded(measurand, others[:MOST_SHOWN], len(others), figures, options)


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
    origins = evidence.origins(connection, relays, tolerance=options.tolerance).could_be_read(options.as_of)
    found = assess_measurand(
        [figure.evidence for figure in own.figures],
        origins.for_arithmetic(relays),
        by=options.by,
        scope_stated=measurand.scope_id is not None,
    )
    records = {figure.id: figure for figure in own.figures}
    records |= {origin.id: origin for origin in origins.records()}
    items = evidence.items(connection, [records[one] for one in _shown(found, own.figures)])
    return _written(loaded, own, found, items, _disputes(connection, loaded, own), _related(connection, loaded, own))


# Response ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cut:
    """The items of a list that an answer shows, as JSON, and how many there are."""

    items: list[str]
    count: int


def _shown(found: Assessment, figures: Sequence[FigureRecord]) -> set[str]:
    """The ids of the figures that the answer shows."""
    sides = found.comparison
    beside = [aside.figure for aside in sides.beside]
    shown = {figure.id for part in (sides.base, sides.other, beside, sides.relays) for figure in part[:MOST_SHOWN]}
    traced = found.drift[:MOST_SHOWN]
    shown |= {drift.relay.id for drift in traced} | {drift.origin.id for drift in traced if drift.origin is not None}
    without = sides.disagreement.without_one
    return shown if without is None else shown | {_one_of(without.claimant_id, figures)}


def _one_of(claimant_id: str, figures: Sequence[FigureRecord]) -> str:
    return next(figure.id for figure in figures if figure.evidence.claimant_id == claimant_id)


def _written(loaded: Loaded, own: Readable, found: Assessment, items: Items, disputes: Cut, related: Cut) -> bytes:
    measurand, options, sides = loaded.measurand, loaded.options, found.comparison
    summary = Summary(**measurand.own_fields, **to_summary(found, measurand.unit, disputes.count)).model_dump_json()
    base, other = (_side(figures, items, measurand.unit) for figures in (sides.base, sides.other))
    by_basis = options.by == "basis"
    fields = {
        "settings": options.settings().model_dump_json(),
        "gap_without_one": _without_one(found, own.figures, items),
        "reported": base if by_basis else "null",
        "estimated": other if by_basis else "null",
        "first_party": "null" if by_basis else base,
        "third_party": "null" if by_basis else other,
        "beside": _list(f'{items[aside.figure.id][:-1]},"why":"{aside.why}"}}' for aside in sides.beside[:MOST_SHOWN]),
        "relays": _list(items[relay.id] for relay in sides.relays[:MOST_SHOWN]),
        "drift": _list(drift_json(drift, items) for drift in found.drift[:MOST_SHOWN]),
        "related": _list(related.items),
        "disputes": _list(disputes.items),
        "counts": Counts(
            beside=len(sides.beside),
            relays=len(sides.relays),
            drift=len(found.drift),
            related=related.count,
            disputes=disputes.count,
        ).model_dump_json(),
        "figures_url": json.dumps(figures_url(measurand)),
        "excluded": Excluded(undated=own.undated, not_yet_readable=own.not_yet_readable).model_dump_json(),
    }
    rest = ",".join(f'"{name}":{value}' for name, value in fields.items())
    return f"{summary[:-1]},{rest}}}".encode()


def figures_url(measurand: MeasurandRecord) -> str:
    """The address of all figures of a measurand, page by page."""
    return f"/v1/figures?measurand={quote(measurand.key, safe='')}"


def _list(items: Iterable[str]) -> str:
    return f"[{','.join(items)}]"


def _side(figures: Sequence[Evidence], items: Items, unit: str) -> str:
    hull = to_interval(side_hull(figures), unit, signed=any(figure.signed for figure in figures))
    interval = "null" if hull is None else hull.model_dump_json()
    claimants = len({figure.claimant_id for figure in figures})
    shown = _list(items[figure.id] for figure in figures[:MOST_SHOWN])
    return f'{{"count":{len(figures)},"claimant_count":{claimants},"interval":{interval},"figures":{shown}}}'


def drift_json(drift: DomainDrift, items: Items) -> str:
    """The JSON of a Drift."""
    origin = items[drift.origin.id] if drift.origin else "null"
    rest = json.dumps(
        {
            "result": drift.result,
            "factor": to_number(drift.factor),
            "flags": list(drift.flags),
            "text": drift_text(drift),
        }
    )
    return f'{{"relay":{items[drift.relay.id]},"origin":{origin},{rest[1:]}'


def _without_one(found: Assessment, figures: Sequence[FigureRecord], items: Items) -> str:
    without = found.comparison.disagreement.without_one
    if without is None:
        return "null"
    claimant = json.loads(items[_one_of(without.claimant_id, figures)])["claimant"]
    return json.dumps({"gap": to_number(without.gap), "claimant": claimant})


# Disputes and related scopes -----------------------------------------------------------------------------------------


def _disputes(connection: Connection, loaded: Loaded, own: Readable) -> Cut:
    """The active disputes about the figures that count here; with `as_of`, those that may have been opened by then."""
    measurand, day = loaded.measurand.id, loaded.options.as_of
    disputed = {figure.claim_id for figure in own.figures if figure.row.is_disputed}
    active = disputes.of_measurands(connection, [measurand] if disputed else []).get(measurand, ())
    ids = [one.id for one in active if one.claim_id in disputed and one.may_be_open(day)]
    by_id = disputes.PROJECTION.json_by_id(connection, ids[:MOST_SHOWN])
    return Cut([by_id[one] for one in ids[:MOST_SHOWN]], len(ids))


def _related(connection: Connection, loaded: Loaded, own: Readable) -> Cut:
    measurand, day = loaded.measurand, loaded.options.as_of
    shown = ((other, readable(loaded.figures[other.id], day)) for other in loaded.related)
    others = [_scoped(other, theirs) for other, theirs in shown if theirs.figures]
    if not others:
        return Cut([], 0)
    part_of = measurands.part_of(connection, [measurand.scope_id, *(other.scope_id for other in others)])
    found = related(_scoped(measurand, own), others, part_of, measurand.unit, signed=measurand.row.signed)
    is_cut = loaded.related_count > len(loaded.related)
    return Cut([one.model_dump_json() for one in found], loaded.related_count if is_cut else len(found))


def _scoped(measurand: MeasurandRecord, shown: Readable) -> Scoped:
    return Scoped(measurand.id, measurand.key, measurand.scope, standing([figure.evidence for figure in shown.figures]))
