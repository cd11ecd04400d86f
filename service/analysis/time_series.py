"""Figures as rows of a time series, by the day on which they were stated, in the metric's unit."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from service.db.engine import Connection
from service.domain.units import convert, parse_unit
from service.domain.vocabulary import Scale
from service.schemas.table_queries import TimeSeriesQuery
from service.schemas.table_rows import TimeSeriesRow, WideTimeSeriesRow
from service.store.lists import tables
from service.store.lists.tables import TablePage
from service.store.rows import Values


def page(connection: Connection, query: TimeSeriesQuery) -> TablePage:
    """Figures by the day on which they were stated, in the metric's unit."""
    found = tables.time_series_page(connection, query)
    wide = query.layout == "wide"
    return found._replace(rows=[_said(row, wide=wide) for row in found.rows])


def _said(row: Mapping[str, Any], *, wide: bool) -> Values:
    model = WideTimeSeriesRow if wide else TimeSeriesRow
    shown = dict.fromkeys(model.model_fields) | {name: row[name] for name in model.model_fields if name in row}
    numbers = {"value": _value(row), "low": row["low"], "high": row["high"]}
    shown |= {
        "time": datetime.combine(row["said_on"], time(), UTC),
        "unit": row["metric_unit"],
        "figure_id": row["id"],
        "text": row["interval"] or row["stated_as"],
    }
    if not wide:
        return shown | numbers | {"series": f"{row['claimant']} ({row['basis']})"}
    by_basis = {"value": row["basis"], "low": f"{row['basis']}_low", "high": f"{row['basis']}_high"}
    return shown | {by_basis[name]: number for name, number in numbers.items()}


def _value(row: Mapping[str, Any]) -> float | None:
    """The value in the metric's unit; None if there is no value or it cannot be converted."""
    if row["value_text"] is None:
        return None
    conversion, currency = convert(row["unit"], row["metric_unit"], Scale(row["scale"]))
    is_foreign = currency != parse_unit(row["metric_unit"]).currency
    return None if is_foreign else float(conversion.of(Decimal(row["value_text"])))
