"""Snapshots of the database, as it is or as it was on record at a moment.

Each finder says which records an answer needs. It is asked only for a moment in the past; the live database has all.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from service.db.engine import Database
from service.db.models import (
    ChangeRow,
    ClaimRow,
    DisputeRow,
    EntityRow,
    EquationRow,
    MeasurandRow,
    MetricRow,
    PropositionRow,
    ScopeRow,
    SourceRow,
)
from service.domain.key import Measurand, is_uuid
from service.errors import Invalid, NotFound
from service.store import rows
from service.store.audit import history
from service.store.audit.replay import Series, Wanted, as_it_stood
from service.store.comparisons import consistency, measurands, stance_counts
from service.store.comparisons.measurands import MeasurandRecord, NamedMeasurand
from service.store.lists.filters import measurand_ids
from service.store.records import propositions, references, stances

MOST_MEASURANDS = 1_000  # in one answer
_REFS = {
    "subject": ("entity", EntityRow),
    "claimant": ("entity", EntityRow),
    "metric": ("metric", MetricRow),
    "scope": ("scope", ScopeRow),
    "claim": ("claim", ClaimRow),
    "source": ("source", SourceRow),
}
Find = Callable[[Connection, datetime], Wanted]


class Snapshot(NamedTuple):
    """One state of the database. `moment` is that of the last change in it; None before the first change."""

    connection: Connection
    moment: datetime | None


@contextmanager
def snapshot(
    database: Database, recorded_as_of: datetime | None, find: Find, *, unhurried: bool = False
) -> Iterator[Snapshot]:
    """Yields the database as it is or, with `recorded_as_of`, a database with what `find` wants as it was on record.
    `unhurried` lifts the time limits, for what is streamed.

    Raises what `find` raises, and Invalid if too much would have to be computed.
    """
    with database.unhurried() if unhurried else database.snapshot() as now:
        last = history.last_moment(now)
        if recorded_as_of is None or last is None:
            yield Snapshot(now, last)
            return
        moment = min(recorded_as_of, last)
        with as_it_stood(now, find(now, moment), moment) as memory:
            yield Snapshot(memory, moment)


def measurand(ref: str) -> Find:
    """For a comparison. Raises NotFound if it was not on record yet."""

    def find(connection: Connection, moment: datetime) -> Wanted:
        asked = measurands.read(connection, ref)
        if asked.row.created_at > moment:
            raise NotFound.at("/recorded_as_of", "The comparison was not on record at that moment.", "query")
        return _of_measurands([asked])

    return find


def entity(ref: str) -> Find:
    """For all that an entity is about and says."""

    def find(connection: Connection, _moment: datetime) -> Wanted:
        found = references.ids(connection, EntityRow, [ref]).get(ref)
        if found is None:
            raise rows.no_such(EntityRow, ref)
        series = _series(connection, [MeasurandRow.subject_id == found], None)
        own = select(ClaimRow.id).where((ClaimRow.subject_id == found) | (ClaimRow.claimant_id == found))
        raised = select(DisputeRow.disputed_claim_id).where(DisputeRow.raised_by_id == found)
        claims = [*connection.execute(own).scalars(), *connection.execute(raised).scalars()]
        return Wanted(frozenset(series), frozenset({("entity", found), *(("claim", one) for one in claims)}))

    return find


def operands(left: str, right: str) -> Find:
    """For two measurands or figures."""

    def find(connection: Connection, moment: datetime) -> Wanted:
        known: list[MeasurandRecord] = []
        series: set[Series] = set()
        for ref, pointer in ((left, "/left"), (right, "/right")):
            of_figure = _series_of_figures(connection, [ref.lower()], moment) if is_uuid(ref) else set()
            series |= of_figure
            if not of_figure:
                known.append(measurands.read(connection, ref, pointer, "query"))
        found = _of_measurands([one for one in known if one.row.created_at <= moment])
        return Wanted(found.series | series, named=found.named)

    return find


def proposition(ref: str) -> Find:
    """For the stances on a proposition and its parts. Raises NotFound for an unknown one."""

    def find(connection: Connection, _moment: datetime) -> Wanted:
        own = propositions.PROJECTION.stored(connection, ref).id
        parts = stance_counts.parts_of(connection, own, MOST_MEASURANDS, withdrawn=True)
        return _of_propositions(connection, [own, *parts])

    return find


def contested(query: Any) -> Find:
    """For propositions about the subjects of a query. Raises Invalid if there are too many."""

    def find(connection: Connection, _moment: datetime) -> Wanted:
        statement = select(PropositionRow.id)
        if query.subject:
            about = references.filter_ids(connection, EntityRow, query.subject, "subject")
            statement = statement.where(PropositionRow.subject_id.in_(about))
        ids = list(connection.execute(statement.limit(MOST_MEASURANDS + 1)).scalars())
        if len(ids) > MOST_MEASURANDS:
            detail = f"As of a moment, the stances on at most {MOST_MEASURANDS:,} propositions are counted at once."
            raise Invalid.at("/recorded_as_of", f"{detail} Ask for some: add subject.", "query")
        return _of_propositions(connection, ids)

    return find


def _of_propositions(connection: Connection, ids: Sequence[str]) -> Wanted:
    claims = {("claim", one) for one in stances.of_claim_ids(connection, ids)}
    return Wanted(frozenset(), frozenset({("proposition", one) for one in ids} | claims))


def check(check_id: str) -> Find:
    """For one check of an equation. Raises NotFound for an unknown one."""

    def find(connection: Connection, _moment: datetime) -> Wanted:
        place = consistency.place_of(connection, check_id)
        return _of_equations(connection, [place.equation_id], {place.subject.id})

    return find


def checked(query: Any) -> Find:
    """For the consistency of some subjects, which the query has to name. Raises Invalid if it does not."""

    def find(connection: Connection, _moment: datetime) -> Wanted:
        if not query.subject:
            raise Invalid.at("/recorded_as_of", "As of a moment, name the subjects: add subject.", "query")
        subjects = set(references.filter_ids(connection, EntityRow, query.subject, "subject"))
        metrics = references.filter_ids(connection, MetricRow, query.metric, "metric")
        statement = select(EquationRow.id)
        wanted = getattr(query, "equation", None)
        if wanted:
            statement = statement.where(
                EquationRow.id.in_(references.filter_ids(connection, EquationRow, wanted, "equation"))
            )
        if metrics:
            statement = statement.where(EquationRow.metric_id.in_(metrics))
        found = _of_equations(connection, list(connection.execute(statement).scalars()), subjects)
        named = {("entity", one) for one in subjects} | {("metric", one) for one in metrics}
        return Wanted(found.series, found.records | named)

    return find


def _of_equations(connection: Connection, ids: Sequence[str], subjects: Collection[str]) -> Wanted:
    """All figures of these subjects of the metrics that the equations use now or once used."""
    metrics = history.metrics_of_equations(connection, ids)
    series = frozenset((subject, metric) for subject in subjects for metric in metrics)
    return Wanted(series, frozenset(("equation", one) for one in ids))


def filtered(query: Any) -> Find:
    """For a list with filters. Raises Invalid if they leave too many measurands."""

    def find(connection: Connection, _moment: datetime) -> Wanted:
        given = {name: list(getattr(query, name, None) or ()) for name in (*_REFS, "measurand")}
        ids = {
            name: references.filter_ids(connection, table, given[name], name)
            for name, (_, table) in _REFS.items()
            if given[name]
        }
        conditions: list[ColumnElement[bool]] = [
            column.in_(ids[name])
            for name, column in (("subject", MeasurandRow.subject_id), ("metric", MeasurandRow.metric_id))
            if name in ids
        ]
        if "scope" in ids:
            of_scopes = select(ScopeRow.metric_id).where(ScopeRow.id.in_(ids["scope"]))
            conditions.append(MeasurandRow.metric_id.in_(of_scopes))
        named = measurand_ids(connection, "measurand", given["measurand"]) if given["measurand"] else []
        series = _series(connection, conditions, named or None)
        records = {(_REFS[name][0], one) for name, found in ids.items() for one in found}
        return Wanted(frozenset(series), frozenset(records))

    return find


def _of_measurands(found: Sequence[MeasurandRecord]) -> Wanted:
    return Wanted(
        frozenset((str(one.row.subject_id), str(one.row.metric_id)) for one in found),
        named=tuple(
            NamedMeasurand(
                Measurand(
                    one.row.subject_id, one.row.metric_id, one.scope_id, one.row.period_earliest, one.row.period_latest
                ),
                one.row.subject_key,
                one.row.metric_key,
                one.row.scope_key,
                one.unit,
            )
            for one in found
        ),
    )


def _series(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], named: Collection[str] | None
) -> set[Series]:
    """The series of the measurands that meet the conditions: those of then are among them, since none is deleted."""
    own = select(MeasurandRow.subject_id, MeasurandRow.metric_id, func.count().label("number")).where(*conditions)
    if named is not None:
        of_named = select(MeasurandRow.subject_id, MeasurandRow.metric_id).where(MeasurandRow.id.in_(named))
        pairs = {(row.subject_id, row.metric_id) for row in connection.execute(of_named)}
        subjects, metrics = {subject for subject, _ in pairs}, {metric for _, metric in pairs}
        own = own.where(MeasurandRow.subject_id.in_(subjects), MeasurandRow.metric_id.in_(metrics))
    grouped = own.group_by(MeasurandRow.subject_id, MeasurandRow.metric_id).limit(MOST_MEASURANDS + 1)
    found = connection.execute(grouped).all()
    if sum(row.number for row in found) > MOST_MEASURANDS:
        detail = f"As of a moment, at most {MOST_MEASURANDS:,} measurands are computed at once, and these are more."
        raise Invalid.at("/recorded_as_of", f"{detail} Ask for some: add subject or metric.", "query")
    return {(row.subject_id, row.metric_id) for row in found}


def _series_of_figures(connection: Connection, ids: Collection[str], moment: datetime) -> set[Series]:
    changes = select(ChangeRow.subject_id, ChangeRow.metric_id).where(
        ChangeRow.kind == "figure", ChangeRow.record_id.in_(ids), ChangeRow.at <= moment
    )
    return {(row.subject_id, row.metric_id) for row in connection.execute(changes)}
