"""API models for the dashboard tables: pages of rows, and descriptions of their columns."""

from functools import cache
from typing import Any, Generic, Literal, TypeVar

from pydantic import Field
from typing_extensions import TypeAliasType

from service.schemas import descriptions
from service.schemas.base import View
from service.schemas.table_rows import (
    AnnotationRow,
    ComparisonTableRow,
    ConsistencyTableRow,
    DisagreementTableRow,
    FigureTableRow,
    TimeSeriesRow,
    WideTimeSeriesRow,
)
from service.schemas.types import Bool, Day, Time

SelectedRow = TypeAliasType("SelectedRow", dict[str, Any])
R = TypeVar("R")
ColumnType = Literal["string", "number", "integer", "boolean", "date", "date-time"]


class Column(View):
    name: str
    type: ColumnType
    nullable: Bool
    description: str | None


class TableColumn(View):
    name: str
    type: ColumnType


class Table(View, Generic[R]):
    columns: list[TableColumn]
    rows: list[R]
    total: int | None = Field(description="How many rows the filters let through; null above 100,000.")
    next_cursor: str | None
    is_complete: Bool = Field(description="Whether these are all rows that the filters let through.")
    left_out: int | None = Field(
        description="Of a time series: how many figures have no known day; null of other tables, or above 100,000."
    )
    as_of: Day | None
    recorded_as_of: Time | None


class SelectedTable(Table[SelectedRow]):
    """With `columns` or `group_by`: rows with just these columns."""


class FigureTable(Table[FigureTableRow]):
    pass


class ComparisonTable(Table[ComparisonTableRow]):
    pass


class DisagreementTable(Table[DisagreementTableRow]):
    pass


class TimeSeriesTable(Table[TimeSeriesRow]):
    pass


class WideTimeSeriesTable(Table[WideTimeSeriesRow]):
    pass


class AnnotationTable(Table[AnnotationRow]):
    pass


class ConsistencyTable(Table[ConsistencyTableRow]):
    pass


TableName = Literal["figures", "comparisons", "disagreements", "consistency", "timeseries", "annotations"]


class TableInfo(View):
    name: TableName
    description: str
    json_url: str
    csv_url: str
    parquet_url: str
    schema_url: str


class TableIndex(View):
    items: list[TableInfo]


class TableSchema(View):
    table: TableName
    columns: list[Column]


@cache
def columns_of(model: type[View]) -> list[Column]:
    """The columns of a table, derived from the fields of its rows."""
    schema: dict[str, Any] = model.model_json_schema(mode="serialization")
    shared = schema.get("$defs", {})
    return [_column(model.__name__, name, field, shared) for name, field in schema["properties"].items()]


def _column(model: str, name: str, field: dict[str, Any], shared: dict[str, Any]) -> Column:
    branches = [_resolved(branch, shared) for branch in field.get("anyOf", [field])]
    (kind,) = [branch for branch in branches if branch.get("type") != "null"]
    about = field.get("description") or descriptions.of_field(model, name)
    shown = kind["format"] if kind.get("format") in ("date", "date-time") else kind["type"]
    return Column(name=name, type=shown, nullable=len(branches) > 1, description=about)


def _resolved(branch: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    return shared[branch["$ref"].rsplit("/", 1)[-1]] if "$ref" in branch else branch
