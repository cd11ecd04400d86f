"""The numbers of a figure, and the interval that follows from them: in the metric's unit, with its own currency."""

from collections.abc import Mapping
from typing import Any

from service.domain.display import interval_text
from service.domain.evidence import metric_interval
from service.domain.figure import Stated, check_stated
from service.domain.units import convert, in_currency
from service.domain.vocabulary import IntervalKind, NotComputed, Qualifier, Scale
from service.errors import Invalid
from service.schemas.views import to_number
from service.store.rows import Values

# what a figure's source states; columns and fields have the same names
STATED = (
    "basis",
    "method",
    "qualifier",
    "value",
    "lower",
    "upper",
    "interval_kind",
    "precision",
    "unit",
    "price_year",
    "period",
    "stated_as",
    "relayed",
)


def check_figure(figure: Mapping[str, Any], unit: str, scale: Scale, *, signed: bool) -> Stated:
    """Returns the figure's numbers. Raises Invalid if the figure does not fit its metric."""
    try:
        conversion, _ = convert(figure["unit"], unit, scale)
    except Invalid:
        on_scale = "" if scale is Scale.INTERVAL else f" on a scale of the kind {scale}"
        raise Invalid.at("/unit", f"The unit does not convert to the metric's, which is {unit}{on_scale}.") from None
    stated = stated_of(figure)
    check_stated(stated, signed=signed, zero=conversion.zero)
    return stated


def interval_columns(stated: Stated, unit: str, metric_unit: str, scale: Scale, *, signed: bool) -> Values:
    conversion, currency = convert(unit, metric_unit, scale)
    shown_unit = in_currency(metric_unit, currency) if currency else metric_unit
    interval = metric_interval(stated, signed=signed, conversion=conversion)
    not_computed = NotComputed.NO_EXCHANGE_RATE if shown_unit != metric_unit else None
    return {
        "interval_low": to_number(interval.low) if interval else None,
        "interval_high": to_number(interval.high) if interval else None,
        "interval_low_open": interval.low_open if interval else None,
        "interval_high_open": interval.high_open if interval else None,
        "interval_text": interval_text(interval, shown_unit, signed=signed) if interval else None,
        "interval_unit": shown_unit if interval else None,
        "not_computed": not_computed if interval else NotComputed.VAGUE,
    }


def stated_of(figure: Any) -> Stated:
    """The numbers of a figure, from a mapping of its fields or columns."""
    kind = figure["interval_kind"]
    return Stated(
        Qualifier(figure["qualifier"]),
        figure["value"],
        figure["lower"],
        figure["upper"],
        IntervalKind(kind) if kind else None,
        figure["stated_as"],
        figure["precision"],
    )
