"""Comparisons as they were on record at a moment.

The records that a comparison reads are taken from the history as they stood, and written to an SQLite database in
memory. From there the comparison is computed as always: there is no second way to compute one. Names, scopes and the
properties of metrics are those of then. Exchange rates and price indices are the ones that are loaded now, since the
history has only their versions; amounts of past days keep their rates.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, bindparam, create_engine, func, insert, select, tuple_, update
from sqlalchemy.schema import CreateTable

from service.db.dialects.sqlite import raw, sqlite_driver
from service.db.engine import Author
from service.db.models import (
    ChangeRow,
    ClaimRow,
    DisputeRow,
    EntityRow,
    ExchangeRateRow,
    FigureRow,
    MeasurandRow,
    MetricRow,
    PriceIndexRow,
    ScopeRow,
    SeriesVersionRow,
    SourceRow,
    metadata,
)
from service.db.types import Day, UtcTime
from service.domain.key import Measurand
from service.domain.metric import default_additive
from service.domain.period import parse_period
from service.domain.units import parse_unit
from service.errors import Invalid, NotFound
from service.store import rows
from service.store.comparisons import measurands
from service.store.comparisons.measurands import MeasurandRecord, NamedMeasurand
from service.store.comparisons.summary import mark_stale, refresh_summaries
from service.store.records import figures
from service.store.records.chains import MAX_CHAIN
from service.store.records.figure_validation import ClaimContext, check_figures
from service.store.records.figures import NewFigure
from service.store.rows import Values

_MOST_CLAIMS = 5_000
_TABLES: Mapping[str, Any] = {
    "source": SourceRow, "entity": EntityRow, "metric": MetricRow, "scope": ScopeRow, "claim": ClaimRow,
    "dispute": DisputeRow,
}  # fmt: skip
_PEOPLE = ("subject", "claimant", "voice", "speaks_for")
_NUMBERS = ("value", "lower", "upper", "precision")
_DATES = ("asserted", "published", "opened")  # columns `_earliest` and `_latest`


@contextmanager
def as_recorded(connection: Connection, ref: str, moment: datetime | None) -> Iterator[Connection]:
    """Yields a connection on which the comparison of this measurand is as it was on record at the moment; without a
    moment, the same connection. Raises NotFound if the measurand did not exist yet, and Invalid if it has too many
    claims.
    """
    if moment is None:
        yield connection
        return
    asked = measurands.read(connection, ref)
    if asked.row.created_at > moment:
        raise NotFound.at("/recorded_as_of", "The comparison was not on record at that moment.", "query")
    past = _Past(connection, moment)
    past.collect(asked)
    with _memory().connect() as memory:
        raw(memory).executescript(_schema())
        options: dict[str, Any] = {"touched": {}, "stale": set(), "stale_parts": set(), "author": Author()}
        memory.execution_options(**options)
        past.write_to(memory, asked)
        yield memory


@cache
def _memory() -> Engine:
    """Each connection is a new database, which ends with it. The engine is kept for its compiled statements."""
    return create_engine("sqlite://", module=sqlite_driver(), poolclass=NullPool, hide_parameters=True)


@cache
def _schema() -> str:
    """The tables, without indexes: what is read is little."""
    return ";".join(str(CreateTable(table).compile(_memory())) for table in metadata.sorted_tables)


Place = tuple[str, str]  # kind and id


@dataclass(slots=True)
class _Past:
    """The records of a comparison as they stood: their snapshots by kind and id."""

    connection: Connection
    moment: datetime
    records: dict[Place, Values]
    newest: datetime | None

    def __init__(self, connection: Connection, moment: datetime) -> None:
        self.connection, self.moment, self.records, self.newest = connection, moment, {}, None

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
                self.newest = at if self.newest is None else max(at, self.newest)
                found.append(snapshot)
        return found

    def collect(self, asked: MeasurandRecord) -> None:
        """Reads all that the comparison depends on."""
        self._claims(asked)
        claims = self.of("claim")
        self.take("source", [one["source"]["id"] for one in claims])
        people = [
            one[name]["id"] for one in claims for name in ("subject", "claimant", "voice", "speaks_for") if one[name]
        ]
        self.take("entity", [asked.row.subject_id, *people])
        self.take("metric", [asked.row.metric_id])
        self.take("scope", self._ids(select(ScopeRow.id).where(ScopeRow.metric_id == asked.row.metric_id)))
        for part in rows.chunks([one["id"] for one in claims], rows.MOST_IDS):
            self.take("dispute", self._ids(select(DisputeRow.id).where(DisputeRow.disputed_claim_id.in_(part))))
        self.take("entity", [one["raised_by"]["id"] for one in self.of("dispute")])

    def _claims(self, asked: MeasurandRecord) -> None:
        """The claims that had such figures, all that they derive from, and those that replaced them."""
        had = ChangeRow.subject_id == asked.row.subject_id, ChangeRow.metric_id == asked.row.metric_id
        figure_ids = self._ids(select(ChangeRow.record_id).where(*had, ChangeRow.at <= self.moment).distinct())
        known = self.take("figure", figure_ids)
        wanted = {one["claim"]["id"] for one in known}
        if len(wanted) > _MOST_CLAIMS:
            detail = f"More than {_MOST_CLAIMS:,} claims are about this: that is too much to compute as of a moment."
            raise Invalid.at("/recorded_as_of", detail, "query")
        for _ in range(MAX_CHAIN):
            new = self.take("claim", wanted)
            if not new:
                break
            wanted = {one["derived_from"]["id"] for one in new if one["derived_from"]}
        ids = [one["id"] for one in self.of("claim")]
        for part in rows.chunks(ids, rows.MOST_IDS):
            self.take("claim", self._ids(select(ClaimRow.id).where(ClaimRow.supersedes_id.in_(part))))

    def _ids(self, statement: Any) -> list[str]:
        return list(self.connection.execute(statement).scalars())

    # Writing the database in memory ----------------------------------------------------------------------------------

    def write_to(self, memory: Connection, asked: MeasurandRecord) -> None:
        for kind, table in _TABLES.items():
            values = [_row(table, snapshot) for snapshot in self.of(kind)]
            if values:
                memory.execute(insert(table), values)
        self._write_series(memory, asked)
        self._write_figures(memory, asked)
        row = asked.row
        own = Measurand(row.subject_id, row.metric_id, row.scope_id, row.period_earliest, row.period_latest)
        named = NamedMeasurand(own, row.subject_key, row.metric_key, row.scope_key, row.unit)
        measurands.ensure(memory, [named])
        mark_stale(memory, memory.execute(select(MeasurandRow.id)).scalars())
        refresh_summaries(memory)
        changed = self.newest or asked.row.created_at
        memory.execute(update(MeasurandRow).values(updated_at=changed))

    def _write_figures(self, memory: Connection, asked: MeasurandRecord) -> None:
        stated = [
            (figure, claim, place)
            for claim in self.of("claim")
            for place, figure in enumerate(claim["figures"], 1)
            if figure["metric"]["id"] == asked.row.metric_id
        ]
        stated.sort(key=lambda one: (one[0]["created_at"], one[2]))
        contexts = [
            ClaimContext(claim["subject"]["id"], claim["subject"]["key"], claim["derived_from"] is not None)
            for _, claim, _ in stated
        ]
        checked = check_figures(memory, contexts, [_fields(figure) for figure, _, _ in stated], [""] * len(stated))
        new = [NewFigure(claim["id"], place, figure) for (_, claim, place), figure in zip(stated, checked, strict=True)]
        figures.insert_all(memory, new)
        if stated:
            memory.execute(_SET_VERSION, [{"stood": figure["version"], "of": figure["id"]} for figure, _, _ in stated])

    def _write_series(self, memory: Connection, asked: MeasurandRecord) -> None:
        """The rates of the currencies that occur, and the version that was loaded at the moment."""
        units = {figure["unit"] for claim in self.of("claim") for figure in claim["figures"]} | {asked.row.unit}
        currencies = {currency for unit in units if (currency := parse_unit(unit).currency) is not None}
        if len(currencies) > 1:
            wanted = select(ExchangeRateRow).where(ExchangeRateRow.currency.in_(currencies))
            _copy(self.connection, memory, ExchangeRateRow, wanted)
        then = select(SeriesVersionRow).where(SeriesVersionRow.loaded_at <= self.moment)
        _copy(self.connection, memory, SeriesVersionRow, then)
        _copy(self.connection, memory, PriceIndexRow, select(PriceIndexRow))


_SET_VERSION = update(FigureRow).where(FigureRow.id == bindparam("of")).values(version=bindparam("stood"))


def _copy(connection: Connection, memory: Connection, table: Any, statement: Any) -> None:
    names = [column.key for column in table.__table__.columns]
    found = connection.execute(statement.with_only_columns(*(getattr(table, name) for name in names)))
    values = [dict(row._mapping) for row in found]
    if values:
        memory.execute(insert(table), values)


def _fields(figure: Values) -> Values:
    """The fields of a figure as `check_figures` takes them."""
    numbers = {name: None if figure[name] is None else Decimal(figure[name]) for name in _NUMBERS}
    refs = {"metric": figure["metric"]["id"], "scope": figure["scope"]["id"] if figure["scope"] else None}
    return figure | numbers | refs


def _row(table: Any, snapshot: Values) -> Values:
    """The columns of a record from its snapshot."""
    withdrawn = snapshot["withdrawn"] or {"at": None, "reason": None}
    given = snapshot | {"withdrawn_at": withdrawn["at"], "withdrawn_reason": withdrawn["reason"]} | _derived(snapshot)
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
