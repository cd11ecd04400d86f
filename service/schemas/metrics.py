"""API models for metrics."""

from pydantic import MISSING, Field

from service.schemas.base import Body, Head, Page
from service.schemas.scopes import Scopes
from service.schemas.types import Bool, Id, Key, Line, Text, UnitText


class MetricCreate(Body):
    id: Id | None = None
    key: Key
    name: Line
    definition: Text | None = None
    unit: UnitText
    periodic: Bool = Field(False, description="Whether figures are for a period or a day each, and differ by it.")
    signed: Bool = Field(False, description="Whether amounts may be negative. Then no ratios are formed.")
    scopes: Scopes = Field([], description="Scopes to create with it, each a part of another one of these or of none.")


class MetricPatch(Body):
    """Unit, periodic and signed cannot change once the metric has figures."""

    key: Key | MISSING = MISSING
    name: Line | MISSING = MISSING
    definition: Text | None | MISSING = MISSING
    unit: UnitText | MISSING = MISSING
    periodic: Bool | MISSING = MISSING
    signed: Bool | MISSING = MISSING


class Metric(Head):
    key: Key
    name: Line
    definition: Text | None
    unit: UnitText
    periodic: Bool
    signed: Bool
    scope_count: int = Field(description="How many scopes it has that are not withdrawn.")


class MetricPage(Page[Metric]):
    pass
