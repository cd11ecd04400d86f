"""API models for metrics."""

from pydantic import MISSING, Field

from service.domain.vocabulary import Additive, OverTime, Scale
from service.schemas.base import Body, Head, Page
from service.schemas.scopes import Scopes
from service.schemas.types import Bool, Id, Key, Line, Text, UnitText


class MetricCreate(Body):
    id: Id | None = None
    key: Key
    name: Line
    definition: Text | None = None
    unit: UnitText
    scale: Scale = Field(Scale.RATIO, description="Whether ratios, only differences, or only the order mean something.")
    signed: Bool = Field(False, description="Whether amounts may be negative.")
    additive: Additive | None = Field(
        None,
        description="Whether parts add up to their whole. By default: parts, but none for 1, %, durations, "
        "temperatures and units with a slash.",
    )
    over_time: OverTime = Field(OverTime.FIXED, description="Whether amounts differ by period, or add up over time.")
    over_time_inferred: Bool = Field(
        False, description="Whether over_time is only inferred: a figure with a period then makes it by_period."
    )
    scopes: Scopes = Field([], description="Scopes to create with it, each a part of another one of these or of none.")


class MetricPatch(Body):
    """The unit cannot change once the metric has figures. With the other properties, all figures and comparisons of the
    metric are recomputed.
    """

    key: Key | MISSING = MISSING
    name: Line | MISSING = MISSING
    definition: Text | None | MISSING = MISSING
    unit: UnitText | MISSING = MISSING
    scale: Scale | MISSING = MISSING
    signed: Bool | MISSING = MISSING
    additive: Additive | MISSING = MISSING
    over_time: OverTime | MISSING = MISSING


class Metric(Head):
    key: Key
    name: Line
    definition: Text | None
    unit: UnitText
    scale: Scale
    signed: Bool
    additive: Additive
    over_time: OverTime
    over_time_inferred: Bool = Field(
        description="True until somebody sets over_time of a metric that an import created."
    )
    scope_count: int = Field(description="How many scopes it has that are not withdrawn.")


class MetricPage(Page[Metric]):
    pass
