"""The converted amounts of figures in another currency than their metric's, as columns of the figure.

They follow from the rates, the period of the figure and the days on which it was said. All that changes these marks
summaries as stale, so conversions are brought up to date where summaries are.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from sqlalchemy import Connection, UpdateBase

from service.db import bulk
from service.db.models import FigureRow
from service.domain.evidence import Evidence
from service.domain.exchange_rates import RateRange, days_of
from service.domain.units import parse_unit
from service.domain.vocabulary import NotComputed
from service.store.comparisons.exchange_rates import ExchangeRates
from service.store.rows import Values

CONVERSION = (
    "converted_low", "converted_high", "rate_low", "rate_high", "rate_first", "rate_last", "rate_day_assumed",
    "not_computed",
)  # fmt: skip


def stored_rates(row: Any) -> RateRange | None:
    if row.rate_low is None:
        return None
    return RateRange(Fraction(row.rate_low), Fraction(row.rate_high), row.rate_first, row.rate_last)


def update(connection: Connection, rates: ExchangeRates, figures: Sequence[tuple[Evidence, Any]]) -> dict[str, Values]:
    """Converts these figures, each with its row. Returns the columns of those that differed, by id."""
    changed: dict[str, Values] = {}
    for figure, row in figures:
        columns = _columns(figure, row.metric_unit, rates)
        if any(getattr(row, name) != value for name, value in columns.items()):
            changed[figure.id] = columns
    if changed:
        statement = _update(connection.dialect.name)
        bulk.write(connection, statement, [{bulk.WHICH: one, **columns} for one, columns in changed.items()])
    return changed


@cache
def _update(dialect: str) -> UpdateBase:
    return bulk.changing(dialect, FigureRow, (bulk.WHICH, *CONVERSION))


def _columns(figure: Evidence, metric_unit: str, rates: ExchangeRates) -> Values:
    target = parse_unit(metric_unit).currency
    days = days_of(figure.period, figure.said)
    found = None
    if figure.is_foreign and figure.currency is not None and target is not None and figure.own_interval is not None:
        found = rates.range(figure.currency, target, days)
        power = next(power for name, power in parse_unit(metric_unit).dimensions if name.startswith("$"))
        if found is not None and power != 1:
            found = found.inverse if power == -1 else None  # so much for one unit of money, or nothing that we know of
    if found is None or figure.own_interval is None or days is None:
        why = NotComputed.VAGUE if figure.own_interval is None else NotComputed.NO_EXCHANGE_RATE
        is_computed = figure.own_interval is not None and not figure.is_foreign
        return dict.fromkeys(CONVERSION) | {"not_computed": None if is_computed else str(why)}
    converted = found.converted(figure.own_interval)
    return {
        "converted_low": None if converted.low is None else float(converted.low),
        "converted_high": None if converted.high is None else float(converted.high),
        "rate_low": str(found.low),
        "rate_high": str(found.high),
        "rate_first": found.first,
        "rate_last": found.last,
        "rate_day_assumed": days.is_assumed,
        "not_computed": None,
    }
