"""API models for metrics and their scopes."""

from typing import Annotated

from pydantic import MISSING, Field

from service.schemas.base import Body, Head, Page, ScopeRef, View
from service.schemas.types import Bool, Id, Key, Line, Text, UnitText


class ScopeFields(Body):
    id: Id | None = None
    key: Key
    name: Line
    definition: Text | None = None
    part_of: Key | None = Field(None, description="The key of a scope of the same metric.")


class Scope(View):
    id: Id
    key: Key
    name: Line
    definition: Text | None
    part_of: ScopeRef | None


Scopes = Annotated[list[ScopeFields], Field(max_length=200)]


class MetricCreate(Body):
    id: Id | None = None
    key: Key
    name: Line
    definition: Text | None = None
    unit: UnitText
    periodic: Bool = Field(False, description="Whether figures are for a period or a day each, and differ by it.")
    signed: Bool = Field(False, description="Whether amounts may be negative. Then no ratios are formed.")
    scopes: Scopes = []


class MetricPatch(Body):
    """Unit, periodic and signed cannot change once the metric has figures; a scope in use cannot be removed."""

    key: Key | MISSING = MISSING
    name: Line | MISSING = MISSING
    definition: Text | None | MISSING = MISSING
    unit: UnitText | MISSING = MISSING
    periodic: Bool | MISSING = MISSING
    signed: Bool | MISSING = MISSING
    scopes: Scopes | MISSING = MISSING


class Metric(Head):
    key: Key
    name: Line
    definition: Text | None
    unit: UnitText
    periodic: Bool
    signed: Bool
    scopes: list[Scope]


class MetricPage(Page[Metric]):
    pass
