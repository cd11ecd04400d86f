"""All checks of an equation for one subject, scope and period, with the figures of each term."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from service.analysis.options import Readable, readable, tolerance_of
from service.db.engine import Connection
from service.db.models import ScopeRow
from service.domain.assessment import RULES_VERSION
from service.domain.consistency import Check, Term, check_all, most_severe
from service.domain.consistency_text import consistency_text, unit_of
from service.domain.vocabulary import CheckedBy
from service.schemas.base import MetricRef, ScopeRef
from service.schemas.comparisons import Compared, Excluded
from service.schemas.equations import CheckedTerm, ConsistencyCheck, ConsistencyDetail, ConsistencySettings, Equation
from service.schemas.queries import CheckQuery
from service.schemas.views import to_interval
from service.store.comparisons import consistency, evidence
from service.store.comparisons.consistency import CheckedPlace, EquationRecord
from service.store.comparisons.evidence import FigureRecord
from service.store.records import equations, references

MOST_CHECKS = 100  # in one answer
MOST_TERMS = 100  # of one check
MOST_SHOWN = 20  # figures of one term
_NOTHING = "No figures are on record that the equation could be checked by."


def consistency_detail(connection: Connection, check_id: str, query: CheckQuery) -> ConsistencyDetail:
    """Raises NotFound for an id of no check."""
    place = consistency.place_of(connection, check_id)
    record = consistency.read_equations(connection, [place.equation_id])[place.equation_id]
    found = _readable(connection, record, place, query)
    figures = [figure.evidence for figure in found.figures]
    pairing = consistency.scopes_of(connection, record.equation, figures)
    every = {} if record.withdrawn else check_all(record.equation, figures, pairing)
    checks = every.get(place.place, [])
    severe = most_severe(checks) if checks else None
    equation = equations.PROJECTION.read(connection, place.equation_id)
    written = _Writer(connection, record, equation, found.figures, checks[:MOST_CHECKS])
    return ConsistencyDetail(
        id=place.id,
        settings=ConsistencySettings(
            about_tolerance=float(query.about_tolerance),
            as_of=query.as_of,
            recorded_as_of=query.recorded_as_of,
            rules_version=RULES_VERSION,
        ),
        equation=equation,
        subject=place.subject,
        scope=place.scope,
        period=place.period,
        verdict=severe.verdict if severe else None,
        text=consistency_text(record.equation, severe, record.units) if severe else _NOTHING,
        checks=[written.check(check) for check in checks[:MOST_CHECKS]],
        check_count=len(checks),
        excluded=Excluded(undated=found.undated, not_yet_readable=found.not_yet_readable),
    )


def _readable(connection: Connection, record: EquationRecord, place: CheckedPlace, query: CheckQuery) -> Readable:
    """The figures of the subject that the equation needs, as they could be read on the day that is asked for."""
    tolerance = tolerance_of(query.about_tolerance)
    by_subject = consistency.measurands_of(connection, record.equation, [place.subject.id], present=query.as_of is None)
    every = evidence.of_measurands(connection, by_subject.get(place.subject.id, []), tolerance=tolerance)
    stated = [figure for found in every.values() for figure in found]
    lineage = evidence.lineage(connection, stated, tolerance=tolerance, day=query.as_of)
    parts = [readable(found, lineage) for found in every.values()]
    return Readable(
        [figure for part in parts for figure in part.figures],
        sum(part.undated for part in parts),
        sum(part.not_yet_readable for part in parts),
    )


@dataclass(frozen=True)
class _Writer:
    """Writes checks as they are served. Of each term, the first figures are shown."""

    connection: Connection
    record: EquationRecord
    equation: Equation
    figures: Sequence[FigureRecord]
    checks: Sequence[Check]
    shown: dict[str, Compared] = field(default_factory=dict)
    metrics: dict[str, MetricRef] = field(default_factory=dict)
    scopes: dict[str, ScopeRef] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wanted = {figure.id for check in self.checks for term in _terms(check) for figure in term.figures[:MOST_SHOWN]}
        records = [figure for figure in self.figures if figure.id in wanted]
        items = evidence.items(self.connection, records)
        self.shown.update({one: evidence.to_compared(item) for one, item in items.items()})
        self.metrics.update({one.id: one for one in (self.equation.metric, *(f.metric for f in self.equation.factors))})
        ids = {
            term.scope_id
            for check in self.checks
            for term in (*_terms(check), *([check.missing] if check.missing else []))
            if term.scope_id is not None
        }
        self.scopes.update(references.refs_of(self.connection, ScopeRow, ScopeRef, ids))

    def check(self, check: Check) -> ConsistencyCheck:
        first = next(self.shown[figure.id] for figure in check.figures if figure.id in self.shown)
        missing = check.missing
        return ConsistencyCheck(
            verdict=check.verdict,
            checked_by=check.by,
            claimant=None if check.by is CheckedBy.ACROSS else first.voice,
            source=first.source if check.by is CheckedBy.RELAYED else None,
            output=self._term(check, check.output),
            inputs=[self._term(check, term) for term in check.inputs[:MOST_TERMS]],
            input_count=len(check.inputs),
            missing_metric=self.metrics[missing.metric_id] if missing else None,
            missing_scope=self._scope(missing) if missing else None,
            missing_count=check.missing_count,
            **consistency.findings(self.record, check),
        )

    def _scope(self, term: Term) -> ScopeRef | None:
        return self.scopes.get(term.scope_id or "")

    def _term(self, check: Check, term: Term) -> CheckedTerm:
        unit = unit_of(check, term.metric_id, self.record.units)
        signed = term.metric_id in self.record.signed
        return CheckedTerm(
            metric=self.metrics[term.metric_id],
            scope=self._scope(term),
            exponent=term.exponent,
            scope_fits=term.fits,
            interval=to_interval(term.interval, unit, signed=signed),
            figure_count=len(term.figures),
            figures=[self.shown[figure.id] for figure in term.figures[:MOST_SHOWN]],
        )


def _terms(check: Check) -> tuple[Term, ...]:
    return (check.output, *check.inputs[:MOST_TERMS])
