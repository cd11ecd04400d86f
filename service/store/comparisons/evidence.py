"""Figures as evidence: the data that comparisons are computed from, and the JSON of those that responses show."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select
from sqlalchemy.orm import aliased

from service.db.json_select import json_object, json_text
from service.db.models import ClaimRow, DisputeRow, EntityRow, FigureRow, MetricRow, ScopeRow, SourceRow
from service.domain.assessment import Copied
from service.domain.drift import Origin
from service.domain.evidence import Evidence, computed_in, metric_interval
from service.domain.exchange_rates import RateRange, days_of
from service.domain.figure import DEFAULT_TOLERANCE
from service.domain.metric import MetricProperties
from service.domain.period import parse_period
from service.domain.stand_ins import Orphan, standing_in
from service.domain.units import convert, in_currency, parse_unit
from service.domain.vocabulary import Additive, Basis, ClaimantRole, OverTime, Scale
from service.schemas.comparisons import Compared
from service.schemas.figures import Converted
from service.schemas.views import to_interval, to_number
from service.store import rows
from service.store.comparisons.conversions import CONVERSION, stored_rates
from service.store.comparisons.exchange_rates import SERIES, ExchangeRates
from service.store.lists.as_of import could_be_read, readable_from, replacement_days, stands
from service.store.records.chains import MAX_CHAIN, links_above
from service.store.records.figure_intervals import STATED, stated_of
from service.store.records.role_columns import role_columns

CLAIMANT, VOICE = aliased(EntityRow, name="claimant"), aliased(EntityRow, name="voice")
_STATED = tuple(name for name in STATED if name != "method")
# depend on the settings of a comparison, so Python appends them
_APPENDED = ("interval", "converted", "not_computed")
_NOTHING: Mapping[str, Any] = {}
_FIELDS = [name for name in Compared.model_fields if name not in _APPENDED]


def compared_columns(figure: Any, claim: Any, source: Any, claimant: Any, voice: Any) -> list[Any]:
    """The columns of a Compared, without `_APPENDED`."""
    return [
        figure.id,
        figure.version,
        *(getattr(figure, name) for name in _STATED),
        claim.version.label("claim_version"),
        *role_columns(claim),
        claim.asserted,
        *rows.embed("claim", claim, "id", "key", "statement"),
        *rows.embed("source", source, "id", "key", "title"),
        *rows.embed("claimant", claimant, "id", "key", "name"),
        *rows.embed("voice", voice, "id", "key", "name"),
    ]


_IS_DISPUTED = (
    select(DisputeRow.id)
    .where(DisputeRow.disputed_claim_id == ClaimRow.id, DisputeRow.withdrawn_at.is_(None))
    .correlate(ClaimRow)
    .exists()
)
_SCOPE = aliased(ScopeRow, name="some_scope")
_HAS_SCOPES = (
    select(_SCOPE.id)
    .where(_SCOPE.metric_id == MetricRow.id, _SCOPE.withdrawn_at.is_(None))
    .correlate(MetricRow)
    .exists()
)
_EVIDENCE = (
    select(
        FigureRow.id,
        *(getattr(FigureRow, name) for name in _STATED),
        FigureRow.created_at,
        FigureRow.position,
        FigureRow.measurand_id,
        FigureRow.subject_id,
        FigureRow.metric_id,
        FigureRow.scope_id,
        FigureRow.period_earliest,
        FigureRow.period_latest,
        FigureRow.claim_id,
        *(getattr(FigureRow, name) for name in CONVERSION),
        MetricRow.unit.label("metric_unit"),
        MetricRow.scale,
        MetricRow.signed,
        MetricRow.additive,
        MetricRow.over_time,
        _HAS_SCOPES.label("has_scopes"),
        ClaimRow.key.label("claim_key"),
        ClaimRow.claimant_id,
        ClaimRow.source_id,
        ClaimRow.effective_role,
        ClaimRow.voice_id,
        VOICE.key.label("voice_key"),
        VOICE.name.label("voice_name"),
        ClaimRow.derived_from_id,
        ClaimRow.status,
        ClaimRow.retracted_latest,
        ClaimRow.asserted,
        ClaimRow.asserted_earliest,
        SourceRow.key.label("source_key"),
        SourceRow.published,
        SourceRow.published_earliest,
        readable_from(SourceRow, ClaimRow).label("readable_from"),
        *replacement_days(),
        _IS_DISPUTED.label("is_disputed"),
    )
    .join(ClaimRow, ClaimRow.id == FigureRow.claim_id)
    .join(SourceRow, SourceRow.id == ClaimRow.source_id)
    .join(MetricRow, MetricRow.id == FigureRow.metric_id)
    .join(VOICE, VOICE.id == ClaimRow.voice_id)
    .where(FigureRow.withdrawn_at.is_(None), ClaimRow.withdrawn_at.is_(None))
)
_OF_MEASURANDS = _EVIDENCE.where(FigureRow.measurand_id.in_(rows.IDS))
_OF_FIGURES = _EVIDENCE.where(FigureRow.id.in_(rows.IDS))
_OF_CLAIMS = _EVIDENCE.where(
    FigureRow.claim_id.in_(rows.IDS), FigureRow.metric_id.in_(bindparam("metrics", expanding=True))
)
_COMPARED = json_object(compared_columns(FigureRow, ClaimRow, SourceRow, CLAIMANT, VOICE), _FIELDS)
_ITEMS = {
    dialect: select(FigureRow.id, json_text(_COMPARED, dialect).label("item"))
    .join(ClaimRow, ClaimRow.id == FigureRow.claim_id)
    .join(SourceRow, SourceRow.id == ClaimRow.source_id)
    .join(CLAIMANT, CLAIMANT.id == ClaimRow.claimant_id)
    .join(VOICE, VOICE.id == ClaimRow.voice_id)
    .where(FigureRow.id.in_(rows.IDS))
    for dialect in ("sqlite", "postgresql")
}
Items = Mapping[str, str]  # the JSON of figures, by id


@dataclass(frozen=True, slots=True)
class FigureRecord:
    """A stored figure: its evidence and the row that it was read from."""

    evidence: Evidence
    row: Row[Any]

    @property
    def id(self) -> str:
        return self.evidence.id

    @property
    def claim_id(self) -> str:
        return str(self.row.claim_id)

    @property
    def readable_from(self) -> date | None:
        found: date | None = self.row.readable_from
        return found

    def could_be_read(self, day: date | None) -> bool:
        """Whether it could certainly be read by that day; always true without a day."""
        return could_be_read(self.readable_from, day)

    def stands(self, day: date | None) -> bool:
        """Whether its claim was neither retracted nor replaced by that day; without a day, whether it is active now."""
        return stands(self.row, day)

    @property
    def relays_claim(self) -> str | None:
        """The claim that the figure repeats, if it is not the claimant's own number."""
        found: str | None = self.row.derived_from_id
        return found if self.evidence.is_relay else None

    def as_computed(self, currencies: Mapping[str, str | None]) -> str:
        """The fields of a Compared that depend on the settings, as JSON; see `items`."""
        currency = currencies.get(self.row.measurand_id)
        (figure,) = [self.evidence] if currency is None else computed_in([self.evidence], currency)
        unit = self.row.metric_unit if currency is None else in_currency(self.row.metric_unit, currency)
        converted = _converted(figure, unit)
        shown, shown_unit = figure.interval, unit
        if figure.is_converted and figure.currency is not None:
            shown, shown_unit = figure.own_interval, in_currency(unit, figure.currency)
        interval = to_interval(shown, shown_unit, signed=self.row.signed)
        parts = {
            "interval": "null" if interval is None else interval.model_dump_json(),
            "converted": "null" if converted is None else converted.model_dump_json(),
            "not_computed": f'"{figure.not_computed}"' if figure.not_computed else "null",
        }
        return ",".join(f'"{name}":{value}' for name, value in parts.items())


def _converted(figure: Evidence, unit: str) -> Converted | None:
    interval, rates = figure.interval, figure.rates
    if not figure.is_converted or interval is None or rates is None:
        return None
    return Converted(
        low=to_number(interval.low),
        high=to_number(interval.high),
        unit=unit,
        series=SERIES,
        first_day=rates.first,
        last_day=rates.last,
        day_assumed=figure.rate_day_assumed,
    )


def of_measurands(
    connection: Connection, ids: Collection[str], *, tolerance: Fraction = DEFAULT_TOLERANCE
) -> dict[str, list[FigureRecord]]:
    """Returns the figures of each measurand, with claims of any status, in order of creation."""
    by_measurand: dict[str, list[FigureRecord]] = {measurand_id: [] for measurand_id in ids}
    for record in _fetch(connection, _OF_MEASURANDS, ids, tolerance):
        by_measurand[record.row.measurand_id].append(record)
    return by_measurand


def of_figures(
    connection: Connection, ids: Collection[str], *, tolerance: Fraction = DEFAULT_TOLERANCE
) -> dict[str, FigureRecord]:
    """Returns the figures by id."""
    return {record.id: record for record in _fetch(connection, _OF_FIGURES, ids, tolerance)}


def items(
    connection: Connection, shown: Iterable[FigureRecord], currencies: Mapping[str, str | None] = _NOTHING
) -> dict[str, str]:
    """Returns the JSON of these figures as a Compared, by id. Only figures that a response shows need it.

    `currencies` has, by id, the measurands that are computed in another currency than their metric's.
    """
    by_id = {record.id: record for record in shown}
    statement = _ITEMS[connection.dialect.name]
    return {
        row.id: f"{row.item[:-1]},{by_id[row.id].as_computed(currencies)}}}"
        for part in rows.chunks(list(by_id), rows.MOST_IDS)
        for row in connection.execute(statement, {"ids": list(part)})
    }


def to_compared(item: str) -> Compared:
    return Compared.model_validate_json(item)


# Relays and their origins ---------------------------------------------------------------------------------------------

_Question = tuple[str, str, Any]  # a claim, a metric and, unless amounts are the same for all time, the days


def _question(figure: FigureRecord, claim_id: str) -> _Question:
    row = figure.row
    return claim_id, row.metric_id, (row.period_earliest, row.period_latest)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A claim of a chain of relays. `parent` is the one that it derives from."""

    parent: str | None
    subject_id: str
    withdrawn: bool
    readable_from: date | None

    def could_be_read(self, day: date | None) -> bool:
        return not self.withdrawn and could_be_read(self.readable_from, day)


@dataclass(frozen=True, slots=True)
class Lineage:
    """The chains of relays and the figures of their claims, by the question that they answer. `rates` convert amounts
    of an origin to the currency of a relay.

    Relays are compared with their origins whatever the status of these, because they repeated what those said; but not
    with withdrawn claims, nor with those that could not be read by `day`.
    """

    claims: Mapping[str, _Claim]
    figures: Mapping[_Question, Sequence[FigureRecord]]
    metrics_of_claim: Mapping[str, Collection[str]]
    day: date | None
    rates: ExchangeRates | None = None

    def _rate_of(self, origin: Evidence, currency: str) -> RateRange | None:
        if self.rates is None or origin.currency is None:
            return None
        return self.rates.range(origin.currency, currency, days_of(origin.period, origin.said))

    def _chain(self, claim_id: str) -> list[str]:
        """The claim and all that it derives from, the nearest first."""
        chain = [claim_id]
        while len(chain) <= MAX_CHAIN and (parent := self.claims[chain[-1]].parent) is not None:
            chain.append(parent)
        return chain

    def with_stand_ins(self, figures: Sequence[FigureRecord]) -> list[FigureRecord]:
        """The present figures of a measurand, of which those relays count that stand in for their origin."""
        chosen = standing_in(self._orphans(figures))
        if not chosen:
            return list(figures)
        return [
            replace(figure, evidence=replace(figure.evidence, stands_in=True)) if figure.id in chosen else figure
            for figure in figures
        ]

    def _orphans(self, figures: Iterable[FigureRecord]) -> Iterator[Orphan]:
        for figure in figures:
            if figure.relays_claim is None:
                continue
            chain = self._chain(figure.relays_claim)
            metric = figure.row.metric_id
            if not any(metric in self.metrics_of_claim.get(claim, ()) for claim in chain):
                root = chain[-1]
                yield Orphan(figure.evidence, root, self.claims[root].subject_id, figure.readable_from)

    def copied(self, figures: Iterable[FigureRecord]) -> list[Copied]:
        """What the relays among these figures are compared with: their parent claim, and the root of their chain."""
        made: dict[_Question, Origin] = {}
        pairs = {}
        for figure in figures:
            if figure.relays_claim is None:
                continue
            chain = self._chain(figure.relays_claim)
            for claim in dict.fromkeys((chain[0], chain[-1])):
                if not self.claims[claim].could_be_read(self.day):
                    continue
                asked, own = _question(figure, claim), _question(figure, figure.claim_id)
                if asked not in made:
                    made[asked] = Origin((one.evidence for one in self.figures.get(asked, ())), self._rate_of)
                if (own, asked) not in pairs:
                    relays = [one.evidence for one in self.figures[own] if one.relays_claim is not None]
                    pairs[own, asked] = Copied(relays, made[asked])
        return list(pairs.values())

    def records(self) -> Iterator[FigureRecord]:
        for found in self.figures.values():
            yield from found

    def origin_of(self, figures: Sequence[FigureRecord]) -> str | None:
        """The measurand that the figures of one come from, if all are copies: of several, the one of most."""
        counts: Counter[str] = Counter()
        for relay in figures:
            if relay.relays_claim is None or relay.evidence.stands_in:
                return None
            for claim in self._chain(relay.relays_claim):
                asked = self.figures.get(_question(relay, claim), ())
                found = [one for one in asked if one.row.measurand_id != relay.row.measurand_id]
                alike = [one for one in found if one.row.scope_id == relay.row.scope_id] or found
                if alike:
                    counts.update({one.row.measurand_id for one in alike})
                    break
        return min(counts, key=lambda one: (-counts[one], one), default=None)


_ABOVE = links_above(ClaimRow.id, ClaimRow.derived_from_id).subquery("above")
_CHAIN = (
    select(
        ClaimRow.id,
        ClaimRow.derived_from_id,
        ClaimRow.subject_id,
        ClaimRow.withdrawn_at.is_not(None).label("withdrawn"),
        readable_from(SourceRow, ClaimRow).label("readable_from"),
    )
    .join(_ABOVE, _ABOVE.c.id == ClaimRow.id)
    .join(SourceRow, SourceRow.id == ClaimRow.source_id)
)


def lineage(
    connection: Connection,
    figures: Iterable[FigureRecord],
    *,
    tolerance: Fraction = DEFAULT_TOLERANCE,
    day: date | None = None,
) -> Lineage:
    """Loads the chains of all relays among the figures."""
    relays = [figure for figure in figures if figure.relays_claim is not None]
    if not relays:
        return Lineage({}, {}, {}, day)
    starts = sorted({relay.claim_id for relay in relays})
    claims = {
        row.id: _Claim(row.derived_from_id, row.subject_id, row.withdrawn, row.readable_from)
        for part in rows.chunks(starts, rows.MOST_IDS)
        for row in connection.execute(_CHAIN, {"ids": list(part)})
    }
    by_question: dict[_Question, list[FigureRecord]] = {}
    metrics_of_claim: dict[str, set[str]] = {}
    metrics = {"metrics": sorted({relay.row.metric_id for relay in relays})}
    for record in _fetch(connection, _OF_CLAIMS, claims, tolerance, metrics):
        by_question.setdefault(_question(record, record.claim_id), []).append(record)
        metrics_of_claim.setdefault(record.claim_id, set()).add(record.row.metric_id)
    return Lineage(claims, by_question, metrics_of_claim, day, ExchangeRates(connection))


def _fetch(
    connection: Connection,
    statement: Select[Any],
    ids: Collection[str],
    tolerance: Fraction,
    others: Mapping[str, Any] = _NOTHING,
) -> list[FigureRecord]:
    """Returns figures in order of creation. Sorted here: with ORDER BY, SQLite scans all figures in that order instead
    of using the index.
    """
    found = [
        row
        for part in rows.chunks(list(ids), rows.MOST_IDS)
        for row in connection.execute(statement, {"ids": list(part), **others})
    ]
    ordered = sorted(found, key=lambda row: (row.created_at, row.position, row.id))
    return [FigureRecord(_evidence(row, tolerance), row) for row in ordered]


def _evidence(row: Row[Any], tolerance: Fraction) -> Evidence:
    stated = stated_of(row._mapping)
    metric = _properties(row.metric_unit, row.scale, row.signed, row.additive, row.over_time, row.has_scopes)
    conversion, currency = convert(row.unit, row.metric_unit, metric.scale)
    said = row.asserted or row.published
    return Evidence(
        id=row.id,
        claim_id=row.claim_id,
        voice=row.voice_id,
        name=row.voice_name,
        keys=(row.voice_key, row.source_key or "", row.claim_key or ""),
        basis=Basis(row.basis),
        role=ClaimantRole(row.effective_role),
        stated=stated,
        subject_id=row.subject_id,
        metric_id=row.metric_id,
        metric=metric,
        scope_id=row.scope_id,
        price_year=row.price_year,
        period=parse_period(row.period) if row.period else None,
        said=parse_period(said) if said else None,
        currency=currency,
        is_relay=row.derived_from_id is not None and row.relayed is not False,
        stands_in=False,
        is_foreign=currency != parse_unit(row.metric_unit).currency,
        conversion=conversion,
        own_interval=metric_interval(stated, signed=row.signed, conversion=conversion, tolerance=tolerance),
        rates=stored_rates(row),
        rate_day_assumed=bool(row.rate_day_assumed),
        source_id=row.source_id,
    )


@lru_cache(maxsize=1_024)  # figures of one metric share them
def _properties(
    unit: str, scale: str, signed: bool, additive: str, over_time: str, has_scopes: bool
) -> MetricProperties:
    return MetricProperties(unit, Scale(scale), bool(signed), Additive(additive), OverTime(over_time), bool(has_scopes))
