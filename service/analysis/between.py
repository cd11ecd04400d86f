"""Compares two measurands or two figures: ratio = right ÷ left."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from service.analysis.compare import MOST_SHOWN, figures_url
from service.analysis.options import ComparisonOptions, readable
from service.db.engine import Connection
from service.domain.comparability import NO_RATIO, Comparability, comparability, price_years_differ
from service.domain.display import amount, ratio_text, rounded
from service.domain.evidence import Evidence
from service.domain.key import is_uuid
from service.domain.ratio import Ratio, ratio, side_hull
from service.domain.standing import lacks_exchange_rate, standing_side
from service.domain.units import Unit, conversion, parse_unit
from service.domain.vocabulary import Basis, Reason
from service.errors import Invalid, NotFound
from service.schemas.base import MeasurandRef
from service.schemas.comparisons import Between, BetweenSettings, Operand
from service.schemas.queries import ChosenSide
from service.schemas.views import to_comparability, to_interval, to_ratio
from service.store.comparisons import evidence, measurands
from service.store.comparisons.evidence import FigureRecord
from service.store.comparisons.measurands import MeasurandRecord


@dataclass(frozen=True, slots=True)
class _Side:
    """One operand: the figures that represent it, in the unit of its metric."""

    measurand: MeasurandRecord
    figures: list[FigureRecord]
    name: Literal["reported", "estimated", "all", "figure"]
    figure_id: str | None = None

    @property
    def counted(self) -> list[Evidence]:
        return [f.evidence for f in self.figures if f.evidence.interval is not None]

    @property
    def unit(self) -> Unit:
        return parse_unit(self.measurand.unit)


def between(
    connection: Connection,
    left: str,
    right: str,
    options: ComparisonOptions,
    left_side: ChosenSide | None = None,
    right_side: ChosenSide | None = None,
) -> Between:
    """Each of `left` and `right` is a measurand (id or key) or a figure (id). Raises NotFound."""
    a = _operand(connection, left, left_side, options, "/left")
    b = _operand(connection, right, right_side, options, "/right")
    reasons, factor = _reasons(a, b)
    found = None
    if not NO_RATIO.intersection(reasons.reasons):
        found = _scaled(ratio(b.counted, a.counted), factor)
    return Between(
        settings=BetweenSettings(about_tolerance=float(options.tolerance), as_of=options.as_of),
        left=_shown(connection, a),
        right=_shown(connection, b),
        ratio=to_ratio(found),
        comparability=to_comparability(reasons),
        text=ratio_text(found) if found else _text_without_ratio(a, b, reasons, factor),
    )


def _operand(
    connection: Connection, ref: str, side: ChosenSide | None, options: ComparisonOptions, pointer: str
) -> _Side:
    if is_uuid(ref):
        figure = evidence.of_figures(connection, [ref.lower()], tolerance=options.tolerance).get(ref.lower())
        if figure is not None:
            if side is not None:
                raise Invalid.at(f"{pointer}_side", "A figure has no sides; leave this out.", "query")
            measurand = measurands.read(connection, figure.row.measurand_id)
            # a figure requested by id is shown even if its claimant has replaced it since
            shown = [figure] if options.as_of is None else readable([figure], options.as_of).figures
            return _Side(measurand, shown, "figure", figure.id)
    try:
        measurand = measurands.read(connection, ref, pointer, "query")
    except NotFound as error:
        if not is_uuid(ref):
            raise
        detail = "No measurand and no figure has this id, or the figure or its claim is withdrawn."
        raise NotFound.at(pointer, detail, "query") from error
    figures = evidence.of_measurands(connection, [measurand.id], tolerance=options.tolerance)
    return _choose(measurand, readable(figures[measurand.id], options.as_of).figures, side)


def _choose(measurand: MeasurandRecord, figures: Sequence[FigureRecord], side: ChosenSide | None) -> _Side:
    """The figures of one side, including those in another currency, which cannot be computed with."""
    stated = [figure for figure in figures if figure.evidence.takes_a_side]
    if side == "all":
        return _Side(measurand, stated, "all")
    if side is None:
        standing = standing_side([figure.evidence for figure in stated])
        side = "reported" if standing and standing[0].basis is Basis.REPORTED else "estimated"
    return _Side(measurand, [figure for figure in stated if figure.evidence.basis == side], side)


def _reasons(a: _Side, b: _Side) -> tuple[Comparability, Fraction]:
    """Why the two may not be compared, and the factor that converts b's unit to a's."""
    left, right = a.measurand.row, b.measurand.row
    reasons = []
    if left.subject_id != right.subject_id:
        reasons.append(Reason.SUBJECTS_DIFFER)
    if left.metric_id != right.metric_id:
        reasons.append(Reason.METRICS_DIFFER)
    if None in (left.scope_id, right.scope_id):
        reasons.append(Reason.SCOPE_NOT_STATED)
    elif left.scope_id != right.scope_id:
        reasons.append(Reason.SCOPES_DIFFER)
    if a.measurand.days != b.measurand.days:
        reasons.append(Reason.PERIODS_DIFFER)
    if any(f.period_approximate for f in (*a.counted, *b.counted)):
        reasons.append(Reason.PERIOD_APPROXIMATE)
    if price_years_differ((f.price_year for f in a.counted), (f.price_year for f in b.counted)):
        reasons.append(Reason.PRICE_YEARS_DIFFER)
    factor = Fraction(1)
    try:
        converts = conversion(b.unit, a.unit)
        if converts is None:
            reasons.append(Reason.NO_EXCHANGE_RATE)
        else:
            factor = converts
    except Invalid:
        reasons.append(Reason.UNITS_DIFFER)
    if any(lacks_exchange_rate([f.evidence for f in side.figures]) for side in (a, b)):
        reasons.append(Reason.NO_EXCHANGE_RATE)
    bottom = side_hull(a.counted)
    if bottom is not None and bottom.low == bottom.high == 0:
        reasons.append(Reason.DENOMINATOR_ZERO)
    return comparability(reasons), factor


def _scaled(found: Ratio | None, factor: Fraction) -> Ratio | None:
    """The ratio after converting the numerator's unit to the denominator's."""
    if found is None or factor == 1:
        return found
    return Ratio(found.interval.scaled(factor), None if found.central is None else found.central * factor)


_NO_RATIO_TEXTS = {
    Reason.UNITS_DIFFER: "The units do not convert into each other.",
    Reason.NO_EXCHANGE_RATE: "The amounts are in different currencies, and there is no exchange rate.",
    Reason.DENOMINATOR_ZERO: "The left side is zero.",
}


def _text_without_ratio(a: _Side, b: _Side, reasons: Comparability, factor: Fraction) -> str:
    for reason in reasons.reasons:
        if reason in _NO_RATIO_TEXTS:
            return _NO_RATIO_TEXTS[reason]
    left, right = side_hull(a.counted), side_hull(b.counted)
    if left is None or right is None:
        which = "left" if left is None else "right"
        return f"The {which} side has no figure that can be computed with."
    if None in (left.low, left.high, right.low, right.high):
        return "The amounts may be negative, so no ratio is formed."
    assert left.low is not None
    assert left.high is not None
    assert right.low is not None
    assert right.high is not None
    least = rounded(right.low * factor - left.high, "ROUND_FLOOR")
    most = rounded(right.high * factor - left.low, "ROUND_CEILING")
    unit = a.measurand.unit
    span = amount(least, unit) if least == most else f"{amount(least, unit)} to {amount(most, unit)}"
    return f"The amounts may be negative, so no ratio is formed; right minus left is {span}."


def _shown(connection: Connection, side: _Side) -> Operand:
    measurand = side.measurand
    shown = side.figures[:MOST_SHOWN]
    items = evidence.items(connection, shown)
    return Operand.model_validate(
        {
            "figure_id": side.figure_id,
            "measurand": MeasurandRef(id=measurand.id, key=measurand.key),
            "side": side.name,
            "subject": measurand.subject,
            "metric": measurand.metric,
            "scope": measurand.scope,
            "period": measurand.row.period,
            "interval": to_interval(side_hull(side.counted), measurand.unit, signed=measurand.row.signed),
            "count": len(side.figures),
            "figures": [evidence.to_compared(items[figure.id]) for figure in shown],
            "figures_url": figures_url(measurand),
        }
    )
