"""The stored consistency of figures with equations, updated in every transaction that changes either.

For each equation and subject, all figures of its metrics are checked together. Before they are read, the pair is
locked, so that of two writers of different terms the second one reads what the first has committed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, Row, UpdateBase, and_, bindparam, or_, select, text, union

from service.db import bulk
from service.db.models import (
    ConsistencyRow,
    EntityRow,
    EquationRow,
    EquationScopeRow,
    EquationTermRow,
    MeasurandRow,
    MetricRow,
    ScopeRow,
)
from service.domain.consistency import SEVERITY, Check, Place, Scopes, check_all, most_severe
from service.domain.consistency_text import consistency_text, unit_of
from service.domain.equation import Equation, Factor, Product, Sum, overlap, product_scale
from service.domain.evidence import Evidence
from service.domain.key import consistency_id, is_uuid
from service.domain.period import canonical_period
from service.domain.vocabulary import Consistency, EquationKind
from service.errors import Conflict, NotFound
from service.schemas.base import EntityRef, ScopeRef
from service.schemas.views import to_interval, to_number
from service.store import rows
from service.store.comparisons import evidence, measurands
from service.store.comparisons.summary_columns import ends_columns
from service.store.records import record_writes
from service.store.rows import Values

MOST_NAMED = 100  # figures that a stored check names
_NO_RANK = -10.0


@dataclass(frozen=True, slots=True)
class EquationRecord:
    """A stored equation, with the units of its metrics, and those metrics whose amounts may be negative."""

    id: str
    key: str
    withdrawn: bool
    equation: Equation
    units: Mapping[str, str]
    signed: frozenset[str]


def mark_equation(connection: Connection, equation_id: str) -> None:
    """Notes that all figures have to be checked again by this equation."""
    connection.get_execution_options()["equations"].add(equation_id)


def mark_using(connection: Connection, metric_id: str) -> None:
    """Notes the same for all equations that use a metric, which has changed."""
    connection.get_execution_options()["equations"].update(connection.execute(_USING, {"metric": metric_id}).scalars())


def mark_paired(connection: Connection, metric_id: str, keys: Sequence[str]) -> None:
    """Marks the measurands of other metrics that a product pairs with new scopes of this one, by their keys."""
    for part in rows.chunks(keys, rows.MOST_IDS):
        found = connection.execute(_PAIRED, {"metric": metric_id, "keys": list(part)}).scalars()
        connection.get_execution_options()["stale"].update(found)


def metrics_of(connection: Connection, equation_id: str | None) -> list[str]:
    return list(connection.execute(_METRICS, {"equation": equation_id}).scalars())


def refuse_overlaps(connection: Connection, metric_id: str) -> None:
    """Raises Conflict if scopes of a metric that are parts of a sum have come to overlap."""
    using = sorted(connection.execute(_USING, {"metric": metric_id}).scalars())
    for record in read_equations(connection, using).values():
        if isinstance(record.equation, Sum):
            whole, parts = record.equation.whole, record.equation.parts
            found = overlap(whole, parts, measurands.part_of(connection, [*parts, whole]))
            if found is not None:
                detail = f"Parts of the equation {record.key} would overlap. Change or withdraw the equation first."
                raise Conflict.at("/part_of", detail)


def refresh(connection: Connection, changed: Collection[str]) -> None:
    """Checks all equations that use these measurands, whose figures have changed, and all that have changed."""
    marked: set[str] = connection.get_execution_options()["equations"]
    wanted: dict[str, set[str]] = defaultdict(set)
    for part in rows.chunks(sorted(changed), rows.MOST_IDS):
        for row in connection.execute(_USES, {"ids": list(part)}):
            wanted[row.equation_id].add(row.subject_id)
    for equation_id in sorted(marked):
        given = {"equation": equation_id}
        if connection.dialect.name == "postgresql":  # waits for writers who do not see the change of the equation yet
            connection.execute(_LOCKED, given).all()
        wanted[equation_id].update(connection.execute(_SUBJECTS, given).scalars())
    marked.clear()
    if not wanted:
        return
    _lock(connection, [(equation, subject) for equation, subjects in wanted.items() for subject in subjects])
    for record in read_equations(connection, sorted(wanted)).values():
        for part in rows.chunks(sorted(wanted[record.id]), rows.MOST_IDS):
            _refresh(connection, record, part)


def _uses(term: Any, *tie: Any) -> Any:
    """The equations whose output or input is tied to one of the measurands bound as `ids`, with the subjects of these.
    Each condition is one that an index answers: an OR of them would be tried for every pair.
    """
    found: Any = select(EquationRow.id.label("equation_id"), MeasurandRow.subject_id).select_from(MeasurandRow)
    found = found.join(term, and_(term.metric_id == MeasurandRow.metric_id, *tie))
    if term is not EquationRow:
        found = found.join(EquationRow, EquationRow.id == term.equation_id)
    return found.where(MeasurandRow.id.in_(rows.IDS), EquationRow.withdrawn_at.is_(None))


_USES: Any = union(
    _uses(EquationRow, EquationRow.scope_id.is_(None)),
    _uses(EquationRow, EquationRow.scope_id == MeasurandRow.scope_id),
    _uses(EquationRow, MeasurandRow.scope_id.is_(None)),
    _uses(EquationTermRow, EquationTermRow.scope_id.is_(None)),
    _uses(EquationTermRow, EquationTermRow.scope_id == MeasurandRow.scope_id),
)
_EQUATION: Any = bindparam("equation", type_=EquationRow.id.type)
_METRICS = union(
    select(EquationRow.metric_id).where(EquationRow.id == _EQUATION),
    select(EquationTermRow.metric_id).where(EquationTermRow.equation_id == _EQUATION),
)
_SUBJECTS = union(
    select(MeasurandRow.subject_id).where(MeasurandRow.metric_id.in_(_METRICS), MeasurandRow.present_count > 0),
    select(ConsistencyRow.subject_id).where(ConsistencyRow.equation_id == _EQUATION),
)
_LOCKED = (
    select(MeasurandRow.id)
    .where(MeasurandRow.metric_id.in_(_METRICS))
    .order_by(MeasurandRow.id)
    .with_for_update(key_share=True)
)
_METRIC: Any = bindparam("metric", type_=MetricRow.id.type)
_USING = union(
    select(EquationRow.id).where(EquationRow.metric_id == _METRIC, EquationRow.withdrawn_at.is_(None)),
    select(EquationRow.id)
    .join(EquationTermRow, EquationTermRow.equation_id == EquationRow.id)
    .where(EquationTermRow.metric_id == _METRIC, EquationRow.withdrawn_at.is_(None)),
)
_PAIRED = (
    select(MeasurandRow.id)
    .join(ScopeRow, ScopeRow.id == MeasurandRow.scope_id)
    .where(
        ScopeRow.key.in_(bindparam("keys", expanding=True)),
        ScopeRow.metric_id != _METRIC,
        or_(
            ScopeRow.metric_id.in_(select(EquationRow.metric_id).where(EquationRow.id.in_(_USING))),
            ScopeRow.metric_id.in_(
                select(EquationTermRow.metric_id).where(EquationTermRow.equation_id.in_(_USING)),
            ),
        ),
    )
)
_LOCKS = text(
    "SELECT pg_advisory_xact_lock(:space, number)"
    " FROM (SELECT DISTINCT unnest(CAST(:numbers AS integer[])) AS number ORDER BY 1) AS pair"
)
_SPACE = 0x436C6E  # not used by any other advisory lock of this database


def _lock(connection: Connection, pairs: Iterable[tuple[str, str]]) -> None:
    """Lets one transaction at a time check an equation for a subject. Some pairs share a lock."""
    if connection.dialect.name == "postgresql":
        numbers = sorted({crc32(f"{equation} {subject}".encode()) % 1024 for equation, subject in pairs})
        connection.execute(_LOCKS, {"space": _SPACE, "numbers": numbers})


# Equations -----------------------------------------------------------------------------------------------------------

_EQUATIONS = select(*EquationRow.__table__.columns).where(EquationRow.id.in_(rows.IDS))
_TERMS = (
    select(*EquationTermRow.__table__.columns)
    .where(EquationTermRow.equation_id.in_(rows.IDS))
    .order_by(EquationTermRow.position)
)
_PAIRS = select(*EquationScopeRow.__table__.columns).where(EquationScopeRow.equation_id.in_(rows.IDS))
_UNITS = select(MetricRow.id, MetricRow.unit, MetricRow.signed).where(MetricRow.id.in_(rows.IDS))


def read_equations(connection: Connection, ids: Sequence[str]) -> dict[str, EquationRecord]:
    given = {"ids": list(ids)}
    terms: dict[str, list[Row[Any]]] = defaultdict(list)
    for term in connection.execute(_TERMS, given):
        terms[term.equation_id].append(term)
    pairs: dict[tuple[str, int], dict[str | None, str | None]] = defaultdict(dict)
    for pair in connection.execute(_PAIRS, given):
        pairs[pair.equation_id, pair.position][pair.output_scope_id] = pair.input_scope_id
    found = connection.execute(_EQUATIONS, given).all()
    metrics = {row.metric_id for row in found} | {term.metric_id for own in terms.values() for term in own}
    known = {row.id: row for row in connection.execute(_UNITS, {"ids": sorted(metrics)})}
    units = {one: str(row.unit) for one, row in known.items()}
    signed = frozenset(one for one, row in known.items() if row.signed)
    equations = {row.id: _equation(row, terms[row.id], pairs, units, signed) for row in found}
    return {
        row.id: EquationRecord(row.id, row.key, row.withdrawn_at is not None, equations[row.id], units, signed)
        for row in found
    }


def _equation(
    row: Row[Any],
    terms: Sequence[Row[Any]],
    pairs: Mapping[tuple[str, int], Mapping[str | None, str | None]],
    units: Mapping[str, str],
    signed: Collection[str],
) -> Equation:
    if row.kind == EquationKind.SUM:
        parts = tuple(term.scope_id for term in terms)
        return Sum(row.metric_id, row.scope_id, parts, bool(row.complete), row.metric_id in signed)
    factors = tuple(
        Factor(term.metric_id, term.exponent, pairs.get((row.id, term.position), {}), term.metric_id in signed)
        for term in terms
    )
    if row.withdrawn_at is not None:  # nothing is computed with it, and its metrics may have other units by now
        return Product(row.metric_id, factors)
    scale = product_scale(units[row.metric_id], [(units[one.metric_id], one.exponent) for one in factors])
    return Product(row.metric_id, factors, scale)


@dataclass(frozen=True, slots=True)
class CheckedPlace:
    """What a stored check is about."""

    id: str
    equation_id: str
    subject: EntityRef
    scope: ScopeRef | None
    period: str | None
    place: Place


_PLACE = (
    select(
        ConsistencyRow.equation_id,
        ConsistencyRow.period,
        ConsistencyRow.period_earliest,
        ConsistencyRow.period_latest,
        EntityRow.id.label("subject_id"),
        EntityRow.key.label("subject_key"),
        EntityRow.name.label("subject_name"),
        ScopeRow.id.label("scope_id"),
        ScopeRow.key.label("scope_key"),
        ScopeRow.name.label("scope_name"),
    )
    .join(EntityRow, EntityRow.id == ConsistencyRow.subject_id)
    .outerjoin(ScopeRow, ScopeRow.id == ConsistencyRow.scope_id)
    .where(ConsistencyRow.id == bindparam("id", type_=ConsistencyRow.id.type))
)


def place_of(connection: Connection, check_id: str) -> CheckedPlace:
    """Raises NotFound."""
    row = connection.execute(_PLACE, {"id": check_id}).first() if is_uuid(check_id) else None
    if row is None:
        raise NotFound.at("/id", "There is no check of this id.")
    scope = None if row.scope_id is None else ScopeRef(id=row.scope_id, key=row.scope_key, name=row.scope_name)
    return CheckedPlace(
        check_id.lower(),
        row.equation_id,
        EntityRef(id=row.subject_id, key=row.subject_key, name=row.subject_name),
        scope,
        row.period,
        (row.scope_id, (row.period_earliest, row.period_latest)),
    )


# Checking ------------------------------------------------------------------------------------------------------------

_MEASURANDS = select(MeasurandRow.id, MeasurandRow.subject_id, MeasurandRow.scope_id).where(
    MeasurandRow.subject_id.in_(bindparam("subjects", expanding=True)),
    MeasurandRow.metric_id.in_(bindparam("metrics", expanding=True)),
)
_PRESENT = MeasurandRow.present_count > 0


def measurands_of(
    connection: Connection, equation: Equation, subjects: Sequence[str], *, present: bool
) -> dict[str, list[str]]:
    """The measurands of these subjects whose figures the equation needs, by subject."""
    scopes = {None, equation.whole, *equation.parts} if isinstance(equation, Sum) else None
    statement = _MEASURANDS.where(_PRESENT) if present else _MEASURANDS
    found: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(statement, {"subjects": list(subjects), "metrics": sorted(equation.metrics)}):
        if scopes is None or row.scope_id in scopes:
            found[row.subject_id].append(row.id)
    return found


def scopes_of(connection: Connection, equation: Equation, figures: Iterable[Evidence]) -> Scopes:
    """The scopes by which the terms of a product are paired."""
    if isinstance(equation, Sum):
        return Scopes(equation.metrics)
    metrics = sorted(equation.metrics)
    scoped = select(ScopeRow.metric_id).where(ScopeRow.metric_id.in_(metrics), ScopeRow.withdrawn_at.is_(None))
    stated = sorted({figure.scope_id for figure in figures if figure.scope_id is not None})
    keys: dict[str, str] = {}
    by_key: dict[tuple[str, str], str] = {}
    for part in rows.chunks(stated, rows.MOST_IDS):
        alike = select(ScopeRow.key).where(ScopeRow.id.in_(part))
        of_metrics = select(ScopeRow.id, ScopeRow.metric_id, ScopeRow.key).where(ScopeRow.metric_id.in_(metrics))
        for row in connection.execute(of_metrics.where(ScopeRow.key.in_(alike))):
            keys[row.id] = row.key
            by_key[row.metric_id, row.key] = row.id
    paired = sorted({one for factor in equation.factors for pair in factor.scopes.items() for one in pair if one})
    for part in rows.chunks(paired, rows.MOST_IDS):
        named = connection.execute(select(ScopeRow.id, ScopeRow.key).where(ScopeRow.id.in_(part)))
        keys |= {row.id: row.key for row in named}
    return Scopes(frozenset(connection.execute(scoped.distinct()).scalars()), keys, by_key)


def _refresh(connection: Connection, record: EquationRecord, subjects: Sequence[str]) -> None:
    stored: dict[str, dict[str, Row[Any]]] = defaultdict(dict)
    of_subjects = {"equation": record.id, "ids": list(subjects)}
    for row in connection.execute(_STORED, of_subjects):
        stored[row.subject_id][row.id] = row
    figures = {} if record.withdrawn else _figures(connection, record.equation, subjects)
    scopes = scopes_of(connection, record.equation, [one for own in figures.values() for one in own])
    changes: list[Values] = []
    new: list[Values] = []
    for subject in subjects:
        computed = {
            one["id"]: one
            for place, checks in check_all(record.equation, figures.get(subject, ()), scopes).items()
            for one in [_columns(record, subject, place, checks)]
        }
        for one, columns in computed.items():
            before = stored[subject].get(one)
            if before is None:
                new.append(columns)
            elif any(getattr(before, name) != value for name, value in columns.items()):
                changes.append({bulk.WHICH: one, **columns})
        gone = [one for one, row in stored[subject].items() if one not in computed and row.verdict is not None]
        changes += [{bulk.WHICH: one, "id": one, **_nothing(record)} for one in gone]
    _write(connection, new, changes)


_STORED = select(*ConsistencyRow.__table__.columns).where(
    ConsistencyRow.equation_id == _EQUATION, ConsistencyRow.subject_id.in_(rows.IDS)
)


def _figures(connection: Connection, equation: Equation, subjects: Sequence[str]) -> dict[str, list[Evidence]]:
    """The present figures of each subject that the equation needs."""
    by_subject = measurands_of(connection, equation, subjects, present=True)
    every = evidence.of_measurands(connection, [one for own in by_subject.values() for one in own])
    present = {one: [figure for figure in found if figure.stands(None)] for one, found in every.items()}
    lineage = evidence.lineage(connection, [figure for found in present.values() for figure in found])
    return {
        subject: [figure.evidence for one in own for figure in lineage.with_stand_ins(present[one])]
        for subject, own in by_subject.items()
    }


def _write(connection: Connection, new: list[Values], changes: list[Values]) -> None:
    now = record_writes.now()
    if new:
        born = [{**columns, "created_at": now, "updated_at": now} for columns in new]
        bulk.write(connection, _insert(connection.dialect.name, tuple(born[0])), born)
    for names in {tuple(change) for change in changes}:
        alike = [{**change, "updated_at": now} for change in changes if tuple(change) == names]
        bulk.write(connection, _update(connection.dialect.name, (*names, "updated_at")), alike)


@cache
def _insert(dialect: str, names: tuple[str, ...]) -> UpdateBase:
    return bulk.insertion(dialect, ConsistencyRow, names)


@cache
def _update(dialect: str, names: tuple[str, ...]) -> UpdateBase:
    return bulk.changing(dialect, ConsistencyRow, [name for name in names if name != "id"])


# Columns -------------------------------------------------------------------------------------------------------------


def _columns(record: EquationRecord, subject: str, place: Place, checks: Sequence[Check]) -> Values:
    scope, (earliest, latest) = place
    return {
        "id": consistency_id(record.id, subject, scope, earliest, latest),
        "equation_id": record.id,
        "subject_id": subject,
        "scope_id": scope,
        "period": canonical_period(earliest, latest) if earliest and latest else None,
        "period_earliest": earliest,
        "period_latest": latest,
        **_check_columns(record, most_severe(checks)),
        "check_count": len(checks),
    }


def _check_columns(record: EquationRecord, check: Check) -> Values:
    missing, found = check.missing, findings(record, check)
    intervals = {name: found.pop(name) for name in ("stated", "computed", "would_be")}
    columns: Values = {
        "verdict": str(check.verdict),
        "checked_by": str(check.by),
        "claimant_id": check.voice,
        "source_id": check.source_id,
        "missing_metric_id": missing.metric_id if missing is not None else None,
        "missing_scope_id": missing.scope_id if missing is not None else None,
        "would_be_unit": unit_of(check, missing.metric_id, record.units) if missing is not None else None,
        "rank": _rank(check),
        "figure_count": check.figure_count,
        "figures": ", ".join(figure.id for figure in islice(check.figures, MOST_NAMED)),
        **found,
    }
    for name, interval in intervals.items():
        columns |= ends_columns(name, interval)
    return columns


def _rank(check: Check) -> float | None:
    """Checks whose amounts are not apart come below those that are, the more severe first."""
    if check.rank is not None:
        return to_number(check.rank)
    return float(SEVERITY[Consistency.WITHIN_ROUNDING] - SEVERITY[check.verdict])


def findings(record: EquationRecord, check: Check) -> Values:
    """What a check found, in the units of the answer: the fields that its list and its detail share."""
    unit, missing = unit_of(check, check.output.metric_id, record.units), check.missing
    signed = check.output.metric_id in record.signed
    would_be = None
    if missing is not None:
        own = unit_of(check, missing.metric_id, record.units)
        would_be = to_interval(check.would_be, own, signed=missing.metric_id in record.signed)
    return {
        "unit": unit,
        "stated": to_interval(check.stated, unit, signed=signed),
        "computed": to_interval(check.computed, unit, signed=signed),
        "would_be": would_be,
        "gap": to_number(check.apart.gap) if check.apart else None,
        "difference": to_number(check.apart.difference) if check.apart else None,
        "relative_difference": to_number(check.rank),
        "text": consistency_text(record.equation, check, record.units),
    }


def _nothing(record: EquationRecord) -> Values:
    """The columns of a check whose figures are gone."""
    names = ("verdict", "checked_by", "claimant_id", "source_id", "missing_metric_id", "missing_scope_id", "gap",
             "difference", "relative_difference", "would_be_unit")  # fmt: skip
    return {
        **dict.fromkeys(names),
        **ends_columns("stated", None),
        **ends_columns("computed", None),
        **ends_columns("would_be", None),
        "unit": record.units[record.equation.metric_id],
        "rank": _NO_RANK,
        "text": "",
        "check_count": 0,
        "figure_count": 0,
        "figures": "",
    }
