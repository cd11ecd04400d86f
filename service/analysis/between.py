"""Compares two measurands or two figures: ratio = right ÷ left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from service.analysis.compare import MOST_SHOWN, figures_url
from service.analysis.options import ComparisonOptions, price_index, prices_used, readable, restated
from service.analysis.related import standing_reasons
from service.db.engine import Connection
from service.domain.assessment import RULES_VERSION
from service.domain.comparability import NO_RATIO, Comparability, comparability
from service.domain.comparison import representing
from service.domain.evidence import Evidence, computed_in, in_common_currency, sharing_rates
from service.domain.key import is_uuid
from service.domain.price_index import PriceIndex
from service.domain.ratio import Ratio, ratio, side_hull
from service.domain.sentences import between_text
from service.domain.standing import lacks_exchange_rate, standing_side
from service.domain.units import convert, in_currency, parse_unit
from service.domain.vocabulary import Reason, Scale
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
    """One operand: the figures that represent it, and how they are computed with."""

    measurand: MeasurandRecord
    figures: list[FigureRecord]
    name: Literal["reported", "estimated", "all", "figure"]
    computed: list[Evidence]
    currency: str | None
    figure_id: str | None = None

    @property
    def counted(self) -> list[Evidence]:
        """Those that can be computed with; of running totals the latest."""
        return representing([figure for figure in self.computed if figure.interval is not None])

    @property
    def unit(self) -> str:
        return in_currency(self.measurand.unit, self.currency) if self.currency else self.measurand.unit


def _side_of(
    measurand: MeasurandRecord,
    figures: list[FigureRecord],
    name: Literal["reported", "estimated", "all", "figure"],
    figure_id: str | None = None,
) -> _Side:
    computed, currency = in_common_currency([figure.evidence for figure in figures])
    computed = sharing_rates(computed)
    if name == "figure" and currency is None and len(computed) == 1 and computed[0].is_foreign:
        currency = computed[0].currency  # one that counts for nothing, such as a relay
        computed = computed_in(computed, currency)
    return _Side(measurand, figures, name, computed, currency, figure_id)


def _in_one_currency(a: _Side, b: _Side) -> tuple[_Side, _Side]:
    """If one side is computed in another currency than its metric's and the other is not in that one, both as converted
    to their metrics' currencies, where rates allow it.
    """
    if parse_unit(a.unit).currency == parse_unit(b.unit).currency:
        return a, b
    return _converted(a), _converted(b)


def _converted(side: _Side) -> _Side:
    computed = sharing_rates([figure.evidence for figure in side.figures])
    if side.currency is None or not any(figure.is_converted for figure in computed):
        return side
    return replace(side, computed=computed, currency=None)


def between(
    connection: Connection,
    left: str,
    right: str,
    options: ComparisonOptions,
    left_side: ChosenSide | None = None,
    right_side: ChosenSide | None = None,
) -> Between:
    """Each of `left` and `right` is a measurand (id or key) or a figure (id). Raises NotFound."""
    index = price_index(connection, options)
    a = _operand(connection, left, left_side, options, index, "/left")
    b = _operand(connection, right, right_side, options, index, "/right")
    a, b = _in_one_currency(a, b)
    reasons, factor = _reasons(a, b)
    has_both = bool(a.figures and b.figures)
    found = None
    if has_both and not NO_RATIO.intersection(reasons.reasons):
        found = _scaled(ratio(b.counted, a.counted), factor)
    return Between(
        settings=BetweenSettings(
            about_tolerance=float(options.tolerance),
            as_of=options.as_of,
            recorded_as_of=options.recorded_as_of,
            prices=prices_used(index),
            rules_version=RULES_VERSION,
        ),
        left=_shown(connection, a),
        right=_shown(connection, b),
        ratio=to_ratio(found),
        comparability=to_comparability(reasons) if has_both else None,
        text=between_text(a.counted, b.counted, a.unit, b.unit, found, reasons.reasons),
    )


def _operand(
    connection: Connection,
    ref: str,
    side: ChosenSide | None,
    options: ComparisonOptions,
    index: PriceIndex | None,
    pointer: str,
) -> _Side:
    day = options.as_of
    if is_uuid(ref):
        figure = evidence.of_figures(connection, [ref.lower()], tolerance=options.tolerance).get(ref.lower())
        if figure is not None:
            (figure,) = restated([figure], index)
            if side is not None:
                raise Invalid.at(f"{pointer}_side", "A figure has no sides; leave this out.", "query")
            measurand = measurands.read(connection, figure.row.measurand_id)
            # a figure requested by id is shown even if its claimant has replaced it since
            shown = (
                [figure] if day is None else readable([figure], evidence.lineage(connection, [figure], day=day)).figures
            )
            return _side_of(measurand, shown, "figure", figure.id)
    try:
        measurand = measurands.read(connection, ref, pointer, "query")
    except NotFound as error:
        if not is_uuid(ref):
            raise
        detail = "No measurand and no figure has this id, or the figure or its claim is withdrawn."
        raise NotFound.at(pointer, detail, "query") from error
    figures = evidence.of_measurands(connection, [measurand.id], tolerance=options.tolerance)[measurand.id]
    lineage = evidence.lineage(connection, figures, tolerance=options.tolerance, day=day)
    return _choose(measurand, readable(figures, lineage, index).figures, side)


def _choose(measurand: MeasurandRecord, figures: Sequence[FigureRecord], side: ChosenSide | None) -> _Side:
    """The figures of one side, including those in another currency, which cannot be computed with."""
    stated = [figure for figure in figures if figure.evidence.takes_a_side]
    if side is None:
        represented = {figure.basis for figure in standing_side([figure.evidence for figure in stated])}
        side = "all"
        for basis in _ONE_BASIS:
            side = basis if represented == {basis} else side
    chosen = stated if side == "all" else [figure for figure in stated if figure.evidence.basis == side]
    return _side_of(measurand, chosen, side)


_ONE_BASIS: tuple[ChosenSide, ...] = ("reported", "estimated")


def _reasons(a: _Side, b: _Side) -> tuple[Comparability, Fraction]:
    """Why the two may not be compared, and the factor that converts b's unit to a's."""
    left, right = a.measurand.row, b.measurand.row
    reasons = set()
    if left.subject_id != right.subject_id:
        reasons.add(Reason.SUBJECTS_DIFFER)
    if left.metric_id != right.metric_id:
        reasons.add(Reason.METRICS_DIFFER)
    if any(_leaves_scope_unsaid(side) for side in (a, b)):
        reasons.add(Reason.SCOPE_NOT_STATED)
    elif left.metric_id == right.metric_id and left.scope_id != right.scope_id:
        reasons.add(Reason.SCOPES_DIFFER)
    if a.measurand.days != b.measurand.days:
        reasons.add(Reason.PERIODS_DIFFER)
    if a.counted and b.counted:
        reasons |= standing_reasons(a.counted, b.counted)
    factor = Fraction(1)
    try:
        scale = Scale(left.scale) if left.scale == right.scale else Scale.RATIO
        converts, currency = convert(b.unit, a.unit, scale)
        if currency == parse_unit(a.unit).currency:
            factor = converts.factor
        else:
            reasons.add(Reason.NO_EXCHANGE_RATE)
    except Invalid:
        reasons.add(Reason.UNITS_DIFFER)
    if any(lacks_exchange_rate(side.computed) for side in (a, b)):
        reasons.add(Reason.NO_EXCHANGE_RATE)
    return comparability(reasons), factor


def _leaves_scope_unsaid(side: _Side) -> bool:
    has_scopes = any(figure.metric.has_scopes for figure in side.computed)
    return has_scopes and side.measurand.scope_id is None


def _scaled(found: Ratio | None, factor: Fraction) -> Ratio | None:
    """The ratio after converting the numerator's unit to the denominator's."""
    if found is None or factor == 1:
        return found
    return Ratio(found.interval.scaled(factor), None if found.central is None else found.central * factor)


def _shown(connection: Connection, side: _Side) -> Operand:
    measurand = side.measurand
    shown = side.figures[:MOST_SHOWN]
    items = evidence.items(connection, shown, {measurand.id: side.currency})
    return Operand.model_validate(
        {
            "figure_id": side.figure_id,
            "measurand": MeasurandRef(id=measurand.id, key=measurand.key),
            "side": side.name,
            "subject": measurand.subject,
            "metric": measurand.metric,
            "scope": measurand.scope,
            "period": measurand.row.period,
            "unit": side.unit,
            "interval": to_interval(side_hull(side.counted), side.unit, signed=measurand.row.signed),
            "count": len(side.figures),
            "figures": [evidence.to_compared(items[figure.id]) for figure in shown],
            "figures_url": figures_url(measurand),
        }
    )
