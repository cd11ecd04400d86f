"""A measurand in detail: its sides, the figures on neither side, relays and their drift, disputes, and related scopes.

All settings take the same path: run a fixed set of statements, apply the domain's arithmetic to all figures, and
assemble the JSON response from those that it shows: at most `MOST_SHOWN` in each list.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from service.analysis.options import ComparisonOptions, Readable, price_index, readable
from service.analysis.related import WHOLES, Place, related
from service.db.engine import Connection
from service.domain.assessment import Assessment, assess_measurand
from service.domain.comparison import side_interval
from service.domain.drift import Drift as DomainDrift
from service.domain.evidence import Evidence, in_common_currency, sharing_rates
from service.domain.price_index import PriceIndex
from service.domain.sentences import drift_text
from service.domain.standing import extent, standing
from service.schemas.comparisons import Comparison, Counts, Excluded, Related, Summary, WithoutOne
from service.schemas.views import to_interval, to_number, to_summary
from service.store.comparisons import evidence, measurands
from service.store.comparisons.evidence import FigureRecord, Items, Lineage
from service.store.comparisons.measurands import MeasurandRecord
from service.store.records import disputes

MOST_SHOWN = 500  # items of each list of an answer


@dataclass(frozen=True, slots=True)
class Loaded:
    """A measurand, the other measurands that it is related to, and the figures of all of them, by measurand.

    `scopes` has at most `MOST_SHOWN` of the other scopes that have figures; `scope_count` says how many there are.
    `periods` has those of overlapping periods.
    """

    measurand: MeasurandRecord
    scopes: list[MeasurandRecord]
    scope_count: int
    periods: list[MeasurandRecord]
    figures: Mapping[str, list[FigureRecord]]
    lineage: Lineage
    options: ComparisonOptions
    prices: PriceIndex | None


def load(connection: Connection, ref: str, options: ComparisonOptions) -> Loaded:
    """Raises NotFound."""
    measurand, *others = measurands.read_with_related(connection, ref)
    day = options.as_of
    if day is None:  # as of a day, only their figures say which had any
        others = [other for other in others if other.has_figures]
    read = others if day is not None else others[: MOST_SHOWN + measurands.MOST_PERIODS]
    ids = [measurand.id, *(other.id for other in read)]
    prices = price_index(connection, options)
    figures = evidence.of_measurands(connection, ids, tolerance=options.tolerance)
    if day is not None:
        others = [other for other in others if any(figure.could_be_read(day) for figure in figures[other.id])]
    every = [figure for own in figures.values() for figure in own]
    lineage = evidence.lineage(connection, every, tolerance=options.tolerance, day=day)
    scopes = [other for other in others if other.days == measurand.days]
    periods = [other for other in others if other.days != measurand.days]
    return Loaded(measurand, scopes[:MOST_SHOWN], len(scopes), periods, figures, lineage, options, prices)


def comparison_json(connection: Connection, ref: str, options: ComparisonOptions) -> bytes:
    """The JSON of a Comparison. Raises NotFound."""
    return compared_json(connection, load(connection, ref, options))


def compared(connection: Connection, loaded: Loaded) -> Comparison:
    """The Comparison as a model, for callers in Python."""
    return Comparison.model_validate_json(compared_json(connection, loaded))


def compared_json(connection: Connection, loaded: Loaded) -> bytes:
    measurand, lineage = loaded.measurand, loaded.lineage
    own = readable(loaded.figures[measurand.id], lineage, loaded.prices)
    found = assess_measurand(
        [figure.evidence for figure in own.figures],
        lineage.copied(own.figures),
        sides=loaded.options.sides,
        scope_stated=measurand.scope_id is not None,
    )
    records = {origin.id: origin for origin in lineage.records()} | {figure.id: figure for figure in own.figures}
    shown = [records[one] for one in _shown(found, own.figures)]
    items = evidence.items(connection, shown, {measurand.id: found.comparison.currency})
    origin = measurands.keys_of(connection, {"own": lineage.origin_of(own.figures)}).get("own")
    answer = _Answer(loaded, own, found, items, origin)
    return _written(answer, _disputes(connection, loaded, own), *_related(connection, loaded, own))


# Response ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cut:
    """The items of a list that an answer shows, as JSON, and how many there are."""

    items: list[str]
    count: int


@dataclass(frozen=True, slots=True)
class _Answer:
    """What an answer is written from. `origin` is the id and the key of the measurand that its copies come from."""

    loaded: Loaded
    own: Readable
    found: Assessment
    items: Items
    origin: tuple[str, str] | None


def _shown(found: Assessment, figures: Sequence[FigureRecord]) -> set[str]:
    """The ids of the figures that the answer shows."""
    sides = found.comparison
    beside = [aside.figure for aside in sides.beside]
    shown = {figure.id for part in (sides.base, sides.other, beside, sides.relays) for figure in part[:MOST_SHOWN]}
    traced = found.drift[:MOST_SHOWN]
    shown |= {drift.relay.id for drift in traced} | {drift.origin.id for drift in traced if drift.origin is not None}
    without = sides.disagreement.without_one
    return shown if without is None else shown | {_one_of(without.voice, figures)}


def _one_of(voice: str, figures: Sequence[FigureRecord]) -> str:
    return next(figure.id for figure in figures if figure.evidence.voice == voice)


def _written(answer: _Answer, disputes: Cut, related: Sequence[Related], related_count: int) -> bytes:
    found, items, own, loaded = answer.found, answer.items, answer.own, answer.loaded
    measurand, sides = loaded.measurand, found.comparison
    computed = to_summary(found, measurand.unit, disputes.count, answer.origin)
    within = [one.within_rounding for one in related if one.part_exceeds_whole and one.relation in WHOLES]
    summary = Summary(**measurand.own_fields, **computed, part_within_rounding=bool(within) and all(within))
    fields = {
        "settings": loaded.options.settings(loaded.prices).model_dump_json(),
        "gap_without_one": _without_one(found, own.figures, items),
        **_sides(answer, computed["unit"]),
        "beside": _list(f'{items[aside.figure.id][:-1]},"why":"{aside.why}"}}' for aside in sides.beside[:MOST_SHOWN]),
        "relays": _list(items[relay.id] for relay in sides.relays[:MOST_SHOWN]),
        "drift": _list(drift_json(drift, items, measurand.unit) for drift in found.drift[:MOST_SHOWN]),
        "related": _list(one.model_dump_json() for one in related),
        "disputes": _list(disputes.items),
        "counts": Counts(
            beside=len(sides.beside),
            relays=len(sides.relays),
            drift=len(found.drift),
            related=related_count,
            disputes=disputes.count,
        ).model_dump_json(),
        "figures_url": json.dumps(figures_url(measurand)),
        "excluded": Excluded(undated=own.undated, not_yet_readable=own.not_yet_readable).model_dump_json(),
    }
    rest = ",".join(f'"{name}":{value}' for name, value in fields.items())
    return f"{summary.model_dump_json()[:-1]},{rest}}}".encode()


def _sides(answer: _Answer, unit: str) -> dict[str, str]:
    """The two sides, under the names of the choice."""
    sides = answer.found.comparison
    base, other = (_side(figures, answer.items, unit) for figures in (sides.base, sides.other))
    named = dict.fromkeys(("reported", "estimated", "first_party", "third_party", "sides"), "null")
    if sides.sides.by == "party":
        return named | {"first_party": base, "third_party": other}
    if sides.sides.is_usual:
        return named | {"reported": base, "estimated": other}
    return named | {"sides": f"[{base},{other}]"}


def figures_url(measurand: MeasurandRecord) -> str:
    """The address of all figures of a measurand, page by page."""
    return f"/v1/figures?measurand={quote(measurand.key, safe='')}"


def _list(items: Iterable[str]) -> str:
    return f"[{','.join(items)}]"


def _side(figures: Sequence[Evidence], items: Items, unit: str) -> str:
    hull = to_interval(side_interval(figures), unit, signed=any(figure.metric.signed for figure in figures))
    interval = "null" if hull is None else hull.model_dump_json()
    claimants = len({figure.voice for figure in figures})
    shown = _list(items[figure.id] for figure in figures[:MOST_SHOWN])
    return f'{{"count":{len(figures)},"claimant_count":{claimants},"interval":{interval},"figures":{shown}}}'


def drift_json(drift: DomainDrift, items: Items, unit: str) -> str:
    """The JSON of a Drift. `unit` is the metric's."""
    origin = items[drift.origin.id] if drift.origin else "null"
    rest = json.dumps(
        {
            "result": drift.result,
            "factor": to_number(drift.factor),
            "difference": to_number(drift.difference),
            "flags": list(drift.flags),
            "text": drift_text(drift, unit),
        }
    )
    return f'{{"relay":{items[drift.relay.id]},"origin":{origin},{rest[1:]}'


def _without_one(found: Assessment, figures: Sequence[FigureRecord], items: Items) -> str:
    without = found.comparison.disagreement.without_one
    if without is None:
        return "null"
    apart = without.conflict
    return WithoutOne(
        claimant=json.loads(items[_one_of(without.voice, figures)])["voice"],
        agreement=without.agreement,
        gap=to_number(apart.gap) if apart else None,
        difference=to_number(apart.difference) if apart else None,
    ).model_dump_json()


# Disputes and related scopes -----------------------------------------------------------------------------------------


def _disputes(connection: Connection, loaded: Loaded, own: Readable) -> Cut:
    """The active disputes about the figures that count here; with `as_of`, those that may have been opened by then."""
    measurand, day = loaded.measurand.id, loaded.options.as_of
    disputed = {figure.claim_id for figure in own.figures if figure.row.is_disputed}
    active = disputes.of_measurands(connection, [measurand] if disputed else []).get(measurand, ())
    ids = [one.id for one in active if one.claim_id in disputed and one.may_be_open(day)]
    by_id = disputes.PROJECTION.json_by_id(connection, ids[:MOST_SHOWN])
    return Cut([by_id[one] for one in ids[:MOST_SHOWN]], len(ids))


def _related(connection: Connection, loaded: Loaded, own: Readable) -> tuple[list[Related], int]:
    """The related measurands that are shown, and how many there are."""
    measurand = loaded.measurand
    both = (*loaded.scopes, *loaded.periods)
    shown = ((other, readable(loaded.figures[other.id], loaded.lineage, loaded.prices)) for other in both)
    others = [_place(other, theirs) for other, theirs in shown if theirs.figures]
    if not others:
        return [], 0
    part_of = measurands.part_of(connection, [measurand.scope_id, *(other.scope_id for other in others)])
    found = related(_place(measurand, own), others, part_of, measurand.properties)
    return found, len(found) + loaded.scope_count - len(loaded.scopes)


def _place(measurand: MeasurandRecord, shown: Readable) -> Place:
    figures = [figure.evidence for figure in shown.figures]
    found = standing(figures)
    converted = found if found.currency is None else standing(figures, converted=True)
    days = None if measurand.days[0] is None else measurand.days
    own_extent = extent(sharing_rates(in_common_currency(figures)[0]), found.currency)
    return Place(measurand.id, measurand.key, measurand.scope, measurand.row.period, days, found, converted, own_extent)
