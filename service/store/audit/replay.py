"""A database in memory with records as they stood at a moment.

The records on which some comparisons depend are taken from the history as they stood, and written to an SQLite database
in memory. From there everything is computed as always: there is no second way to compute anything. Names, scopes, the
properties of metrics, exchange rates and price indices are those of then.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    NullPool,
    bindparam,
    create_engine,
    func,
    insert,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.schema import CreateIndex, CreateTable

from service.db.dialects.sqlite import raw, sqlite_driver
from service.db.engine import Author, noted
from service.db.models import (
    ChangeRow,
    ClaimRow,
    ConsistencyRow,
    DisputeRow,
    EntityRow,
    EquationRow,
    ExchangeRateRow,
    FigureRow,
    IdentifierRow,
    MeasurandRow,
    MetricRow,
    PriceIndexRow,
    PropositionRow,
    ReplacedSeriesRow,
    ScopeRow,
    SeriesVersionRow,
    SourceRow,
    metadata,
)
from service.db.types import Day, UtcTime
from service.domain.metric import default_additive
from service.domain.period import parse_period
from service.domain.units import parse_unit
from service.errors import Invalid
from service.store import rows
from service.store.comparisons import exchange_rates, measurands
from service.store.comparisons.measurands import NamedMeasurand
from service.store.comparisons.summary import mark_stale, refresh_summaries
from service.store.records import equations, figures, stances, voices
from service.store.records.chains import MAX_CHAIN
from service.store.records.figure_validation import ClaimContext, check_figures
from service.store.records.figures import NewFigure
from service.store.records.stances import CheckedStance
from service.store.rows import Values

_MOST_CLAIMS = 5_000
_MOST_FIGURES = 20_000
_MOST_PAIRS = 400  # in one condition, with two bound values each
_TABLES: Mapping[str, Any] = {
    "source": SourceRow, "entity": EntityRow, "metric": MetricRow, "scope": ScopeRow, "equation": EquationRow,
    "proposition": PropositionRow, "claim": ClaimRow, "dispute": DisputeRow,
}  # fmt: skip
_NUMBERS = ("value", "lower", "upper", "precision")
_DATES = ("asserted", "published", "opened", "period")  # columns `_earliest` and `_latest`

Series = tuple[str, str]  # the ids of a subject and a metric
Place = tuple[str, str]  # the kind and the id of a record


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be as it stood: all figures of some series, records besides those that these need, and measurands that
    are there even without figures.
    """

    series: frozenset[Series]
    records: frozenset[Place] = frozenset()
    named: tuple[NamedMeasurand, ...] = field(default=())


@contextmanager
def as_it_stood(connection: Connection, wanted: Wanted, moment: datetime) -> Iterator[Connection]:
    """Yields a connection to a database in memory, which ends with it. Raises Invalid for too many claims."""
    past = _Past(connection, moment)
    past.collect(wanted)
    with _memory().connect() as memory:
        raw(memory).executescript(_schema())
        memory.execution_options(**noted(Author()))
        past.write_to(memory, wanted)
        yield memory


@cache
def _memory() -> Engine:
    """Each connection is a new database, which ends with it. The engine is kept for its compiled statements."""
    return create_engine("sqlite://", module=sqlite_driver(), poolclass=NullPool, hide_parameters=True)


@cache
def _schema() -> str:
    """The tables, with the indexes by which their rows are found."""
    tables = [str(CreateTable(table).compile(_memory())) for table in metadata.sorted_tables]
    indexes = [
        str(CreateIndex(index).compile(_memory()))
        for table in metadata.sorted_tables
        if table.name in ("figure", "claim", "dispute", "measurand", "scope")
        for index in table.indexes
    ]
    return ";".join([*tables, *indexes])


class _Past:
    """The records as they stood: their snapshots by kind and id, and when each of these versions was recorded."""

    def __init__(self, connection: Connection, moment: datetime) -> None:
        self.connection, self.moment = connection, moment
        self.records: dict[Place, Values] = {}
        self.at: dict[Place, datetime] = {}

    def of(self, kind: str) -> list[Values]:
        found = [snapshot for (its_kind, _), snapshot in self.records.items() if its_kind == kind]
        return sorted(found, key=lambda one: (one["created_at"], one["id"]))

    def take(self, kind: str, ids: Collection[str]) -> list[Values]:
        """Reads records that are not known yet, as they stood; those that did not exist yet are left out."""
        wanted = [one for one in dict.fromkeys(ids) if (kind, one) not in self.records]
        found = []
        for part in rows.chunks(wanted, rows.MOST_IDS):
            last = (
                select(func.max(ChangeRow.version).label("version"), ChangeRow.record_id)
                .where(ChangeRow.kind == kind, ChangeRow.record_id.in_(part), ChangeRow.at <= self.moment)
                .group_by(ChangeRow.record_id)
                .subquery("last")
            )
            place = tuple_(ChangeRow.record_id, ChangeRow.version) == tuple_(last.c.record_id, last.c.version)
            statement = select(ChangeRow.at, ChangeRow.snapshot).join(last, place).where(ChangeRow.kind == kind)
            for at, snapshot in self.connection.execute(statement):
                self.records[kind, snapshot["id"]] = snapshot
                self.at[kind, snapshot["id"]] = at
                found.append(snapshot)
        return found

    def collect(self, wanted: Wanted) -> None:
        """Reads all that the series depend on."""
        named: dict[str, list[str]] = defaultdict(list)
        for kind, record_id in wanted.records:
            named[kind].append(record_id)
        self._claims(wanted.series, named.pop("claim", []))
        for kind, ids in named.items():
            self.take(kind, ids)
        self.take("proposition", [one["part_of"]["id"] for one in self.of("proposition") if one["part_of"]])
        claims = self.of("claim")
        self.take("source", [one["source"]["id"] for one in claims])
        people = [
            one[name]["id"] for one in claims for name in ("subject", "claimant", "voice", "speaks_for") if one[name]
        ]
        self.take("entity", [*(subject for subject, _ in wanted.series), *people])
        stated = {figure["metric"]["id"] for claim in claims for figure in claim["figures"]}
        metrics = sorted(stated | {metric for _, metric in wanted.series})
        self.take("metric", metrics)
        for equation in self.of("equation"):
            self.take("metric", [one["metric"]["id"] for one in (equation, *equation["factors"])])
        for part in rows.chunks([one["id"] for one in self.of("metric")], rows.MOST_IDS):
            self.take("scope", self._ids(select(ScopeRow.id).where(ScopeRow.metric_id.in_(part))))
        self.take("entity", [one["subject"]["id"] for one in self.of("proposition")])
        for part in rows.chunks([one["id"] for one in claims], rows.MOST_IDS):
            self.take("dispute", self._ids(select(DisputeRow.id).where(DisputeRow.disputed_claim_id.in_(part))))
        self.take("entity", [one["raised_by"]["id"] for one in self.of("dispute")])
        parents = [one["part_of"]["id"] for one in self.of("entity") if one.get("part_of")]
        self._take_chains("entity", parents, "part_of")

    def _claims(self, series: Collection[Series], named: Collection[str]) -> None:
        """These claims and those that had such figures, all that they derive from, and those that replaced them."""
        wanted = set(named)
        pair = tuple_(ChangeRow.subject_id, ChangeRow.metric_id)
        for part in rows.chunks(sorted(series), _MOST_PAIRS):
            had = select(ChangeRow.record_id).where(
                pair.in_(part), ChangeRow.kind == "figure", ChangeRow.at <= self.moment
            )
            wanted |= {one["claim"]["id"] for one in self.take("figure", self._ids(had.distinct()))}
        self._refuse_more("claims", len(wanted), _MOST_CLAIMS)
        self._take_chains("claim", wanted, "derived_from")
        later = {one["superseded_by"]["id"] for one in self.of("claim") if one["superseded_by"]}
        self._take_chains("claim", later, "derived_from")

    def _take_chains(self, kind: str, ids: Collection[str], link: str) -> None:
        """Reads records, and all that they lead to by the link."""
        for _ in range(MAX_CHAIN):
            new = self.take(kind, ids)
            if not new:
                break
            ids = {one[link]["id"] for one in new if one[link]}

    def _refuse_more(self, what: str, number: int, most: int) -> None:
        if number > most:
            detail = f"More than {most:,} {what} are about this: that is too much to compute as of a moment."
            raise Invalid.at("/recorded_as_of", f"{detail} Ask for some: add subject or metric.", "query")

    def _ids(self, statement: Any) -> list[str]:
        return list(self.connection.execute(statement).scalars())

    # Writing the database in memory ----------------------------------------------------------------------------------

    def write_to(self, memory: Connection, wanted: Wanted) -> None:
        for kind, table in _TABLES.items():
            values = [_row(table, snapshot) for snapshot in self.of(kind)]
            if values:
                memory.execute(insert(table), values)
        _insert_identifiers(memory, self.of("entity"))
        voices.derive(memory, true())  # they depend on what entities were part of, which makes no version of a claim
        self._write_series(memory)
        self._write_figures(memory)
        self._write_inputs(memory)
        self._write_stances(memory)
        measurands.ensure(memory, wanted.named)
        mark_stale(memory, memory.execute(select(MeasurandRow.id)).scalars())
        refresh_summaries(memory)
        self._date_measurands(memory)
        self._date_checks(memory)

    def _write_inputs(self, memory: Connection) -> None:
        for equation in self.of("equation"):
            equations.write_inputs(memory, equation["id"], equations.inputs_of(equation))

    def _write_stances(self, memory: Connection) -> None:
        taken = {claim["id"]: claim.get("stances", ()) for claim in self.of("claim")}
        stances.insert_all(
            memory,
            {
                claim: [CheckedStance(one["proposition"]["id"], one["stance"], one["hedge"]) for one in own]
                for claim, own in taken.items()
            },
        )

    def _write_figures(self, memory: Connection) -> None:
        claims = {claim["id"]: claim for claim in self.of("claim")}
        stated = [
            (figure, claim, place) for claim in claims.values() for place, figure in enumerate(claim["figures"], 1)
        ]
        withdrawn = [figure for figure in self.of("figure") if figure["withdrawn"] is not None]
        stated += [
            (one, claims[one["claim"]["id"]], place)
            for place, one in enumerate(withdrawn, _AFTER_OTHERS)
            if one["claim"]["id"] in claims
        ]
        self._refuse_more("figures", len(stated), _MOST_FIGURES)
        if not stated:
            return
        stated.sort(key=lambda one: (one[0]["created_at"], one[2]))
        contexts = [
            ClaimContext(claim["subject"]["id"], claim["subject"]["key"], claim["derived_from"] is not None)
            for _, claim, _ in stated
        ]
        checked = check_figures(memory, contexts, [_fields(figure) for figure, _, _ in stated], [""] * len(stated))
        new = [NewFigure(claim["id"], place, figure) for (_, claim, place), figure in zip(stated, checked, strict=True)]
        figures.insert_all(memory, new)
        memory.execute(_SET_HEAD, [{"of": figure["id"], **_head(figure)} for figure, _, _ in stated])

    def _write_series(self, memory: Connection) -> None:
        """The rates of the currencies that occur and the price indices, each as it was loaded at the moment."""
        versions = self._series_versions()
        if versions:
            memory.execute(insert(SeriesVersionRow), versions)
        units = {figure["unit"] for claim in self.of("claim") for figure in claim["figures"]}
        units |= {metric["unit"] for metric in self.of("metric")}
        currencies = {currency for unit in units if (currency := parse_unit(unit).currency) is not None}
        if len(currencies) > 1:
            wanted = select(ExchangeRateRow.currency, ExchangeRateRow.year, ExchangeRateRow.rates)
            found = self.connection.execute(wanted.where(ExchangeRateRow.currency.in_(currencies)))
            replaced = self._replaced(exchange_rates.SERIES)
            years = [
                {"currency": currency, "year": year, "rates": replaced.get(f"{currency} {year}", rates)}
                for currency, year, rates in found
            ]
            if years:
                memory.execute(insert(ExchangeRateRow), years)
        for series, levels in self.connection.execute(select(PriceIndexRow.series, PriceIndexRow.levels)):
            then = self._replaced(series).get("", levels)
            if then:
                memory.execute(insert(PriceIndexRow), {"series": series, "levels": then})

    def _series_versions(self) -> list[Values]:
        """The version of each series that was loaded, as the history has it."""
        last = select(func.max(ChangeRow.seq)).where(ChangeRow.kind == "series", ChangeRow.at <= self.moment)
        newest = last.group_by(ChangeRow.record_id)
        found = self.connection.execute(select(ChangeRow.snapshot).where(ChangeRow.seq.in_(newest))).scalars()
        columns = SeriesVersionRow.__table__.columns
        return [{column.key: _typed(column.type, one[column.key]) for column in columns} for one in found]

    def _replaced(self, series: str) -> dict[str, Values]:
        """The parts of a series that were replaced after the moment, with their content at it."""
        later = select(ReplacedSeriesRow.part, ReplacedSeriesRow.content).where(
            ReplacedSeriesRow.series == series, ReplacedSeriesRow.replaced_at > self.moment
        )
        newest_first = later.order_by(ReplacedSeriesRow.replaced_at.desc())
        return {part: content for part, content in self.connection.execute(newest_first)}  # noqa: C416

    def _date_measurands(self, memory: Connection) -> None:
        """A measurand is as old as it is in the database, and was changed when a record behind its figures was."""
        changed: dict[str, list[datetime]] = defaultdict(list)
        disputed: dict[str, list[datetime]] = defaultdict(list)
        for dispute in self.of("dispute"):
            disputed[dispute["disputed_claim"]["id"]].append(self.at["dispute", dispute["id"]])
        for figure_id, claim_id, measurand_id in memory.execute(_PLACES_OF_FIGURES):
            claim = self.records["claim", claim_id]
            behind = [("figure", figure_id), ("claim", claim_id), ("source", claim["source"]["id"])]
            behind += [("entity", claim[name]["id"]) for name in ("subject", "claimant")]
            changed[measurand_id] += [self.at[place] for place in behind if place in self.at] + disputed[claim_id]
        ids = list(memory.execute(select(MeasurandRow.id)).scalars())
        born: dict[str, datetime] = {}
        for part in rows.chunks(ids, rows.MOST_IDS):
            stored = select(MeasurandRow.id, MeasurandRow.created_at).where(MeasurandRow.id.in_(part))
            born |= {row.id: row.created_at for row in self.connection.execute(stored)}
        born = {one: born.get(one, self.moment) for one in ids}
        dates = [{"of": one, "born": born[one], "changed": max(changed[one], default=born[one])} for one in ids]
        if dates:
            memory.execute(_SET_DATES, dates)

    def _date_checks(self, memory: Connection) -> None:
        """A check was changed when its equation was, or the figures of its subject."""
        changed = {(subject, metric): at for subject, metric, at in memory.execute(_DATED)}
        metrics = {
            equation["id"]: {equation["metric"]["id"], *(one["metric"]["id"] for one in equation["factors"])}
            for equation in self.of("equation")
        }
        dates = [
            {
                "of": check_id,
                "changed": max(
                    self.at["equation", equation_id],
                    *(changed[subject, metric] for metric in metrics[equation_id] if (subject, metric) in changed),
                ),
            }
            for check_id, equation_id, subject in memory.execute(_CHECKS)
        ]
        if dates:
            memory.execute(_SET_DATE, dates)


_AFTER_OTHERS = 1_000  # the first place in their claims of withdrawn figures
_CHECKS = select(ConsistencyRow.id, ConsistencyRow.equation_id, ConsistencyRow.subject_id)
_DATED = select(MeasurandRow.subject_id, MeasurandRow.metric_id, func.max(MeasurandRow.updated_at)).group_by(
    MeasurandRow.subject_id, MeasurandRow.metric_id
)
_SET_DATE = update(ConsistencyRow).where(ConsistencyRow.id == bindparam("of")).values(updated_at=bindparam("changed"))
_HEAD = ("version", "created_at", "updated_at", "created_by", "withdrawn_at", "withdrawn_reason")
_SET_HEAD = (
    update(FigureRow).where(FigureRow.id == bindparam("of")).values({name: bindparam(f"its_{name}") for name in _HEAD})
)
_SET_DATES = (
    update(MeasurandRow)
    .where(MeasurandRow.id == bindparam("of"))
    .values(created_at=bindparam("born"), updated_at=bindparam("changed"))
)
_PLACES_OF_FIGURES = select(FigureRow.id, FigureRow.claim_id, FigureRow.measurand_id)


def _head(figure: Values) -> Values:
    given, columns = figure | _withdrawal(figure), FigureRow.__table__.columns
    return {f"its_{name}": _typed(columns[name].type, given[name]) for name in _HEAD}


def _withdrawal(snapshot: Values) -> Values:
    withdrawn = snapshot["withdrawn"] or {"at": None, "reason": None}
    return {"withdrawn_at": withdrawn["at"], "withdrawn_reason": withdrawn["reason"]}


def _insert_identifiers(memory: Connection, entities: Collection[Values]) -> None:
    given = [
        {"scheme": scheme, "value": value, "entity_id": entity["id"]}
        for entity in entities
        for scheme, value in entity.get("identifiers", {}).items()
    ]
    if given:
        memory.execute(insert(IdentifierRow), given)


def _fields(figure: Values) -> Values:
    """The fields of a figure as `check_figures` takes them."""
    numbers = {name: None if figure[name] is None else Decimal(figure[name]) for name in _NUMBERS}
    refs = {"metric": figure["metric"]["id"], "scope": figure["scope"]["id"] if figure["scope"] else None}
    return figure | numbers | refs


def _row(table: Any, snapshot: Values) -> Values:
    """The columns of a record from its snapshot."""
    given = snapshot | _withdrawal(snapshot) | _derived(snapshot)
    values: Values = {}
    for column in table.__table__.columns:
        name = column.key
        value = given[name] if name in given else _referred(given, name)
        values[name] = _typed(column.type, value) if value is not None else _DEFAULTS.get((table, name), _none)(given)
    return values


def _none(_snapshot: Values) -> None:
    return None


# of columns that earlier versions of the service did not have
_DEFAULTS: dict[tuple[Any, str], Callable[[Values], Any]] = {
    (MetricRow, "scale"): lambda _: "ratio",
    (MetricRow, "signed"): lambda _: False,
    (MetricRow, "additive"): lambda metric: default_additive(metric["unit"]),
    (MetricRow, "over_time"): lambda _: "fixed",
    (MetricRow, "over_time_inferred"): lambda _: False,
    (EntityRow, "identifiers"): lambda _: {},
    (ClaimRow, "voice_id"): lambda claim: claim["claimant"]["id"],
    **{(PropositionRow, name): lambda _: 0 for name in ("supports", "denies", "neutral", "contested")},
}


def _referred(given: Values, name: str) -> Any:
    """The id of another record, for the column `name_id`."""
    other = given.get(name.removesuffix("_id")) if name.endswith("_id") else None
    return other["id"] if isinstance(other, dict) else None


def _derived(snapshot: Values) -> Values:
    """The columns that are computed from others, as when the record is written."""
    found: Values = {}
    for name in _DATES:
        period = parse_period(snapshot[name]) if snapshot.get(name) else None
        found |= {f"{name}_earliest": period and period.earliest, f"{name}_latest": period and period.latest}
    retracted = snapshot.get("retracted_on")
    found["retracted_latest"] = parse_period(retracted).latest if retracted else None
    if "claimant_role" in snapshot:
        is_inferred = snapshot.get("claimant_role_inferred", False)
        found["effective_role"] = snapshot["claimant_role"]
        found["claimant_role"] = None if is_inferred else snapshot["claimant_role"]
    return found


def _typed(kind: Any, value: Any) -> Any:
    if isinstance(kind, UtcTime) and isinstance(value, str):
        return datetime.fromisoformat(value)
    if isinstance(kind, Day) and isinstance(value, str):
        return date.fromisoformat(value)
    return value
