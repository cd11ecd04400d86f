"""What the numbers of a metric mean, so that it is known which arithmetic they allow."""

from dataclasses import dataclass

from service.domain.units import parse_unit
from service.domain.vocabulary import Additive, OverTime, Scale

_NOT_ADDITIVE_DIMENSIONS = {"time", "temperature"}


@dataclass(frozen=True, slots=True)
class MetricProperties:
    """`has_scopes` says whether figures can state which part of the metric they count."""

    unit: str
    scale: Scale = Scale.RATIO
    signed: bool = False
    additive: Additive = Additive.PARTS
    over_time: OverTime = OverTime.FIXED
    has_scopes: bool = False

    @property
    def is_total(self) -> bool:
        return self.over_time is OverTime.RUNNING_TOTAL

    @property
    def is_ratio(self) -> bool:
        return self.scale is Scale.RATIO

    @property
    def parts_add_up(self) -> bool:
        """Whether a part cannot exceed its whole."""
        return self.additive is not Additive.NONE and not self.signed and self.scale is not Scale.ORDINAL

    @property
    def periods_add_up(self) -> bool:
        """Whether the amount of a period cannot exceed that of a longer one that contains it."""
        return self.parts_add_up and self.additive is Additive.PARTS_AND_TIME


def default_additive(unit: str) -> Additive:
    """Whether parts of an amount in this unit add up, if nobody says so: not for shares, durations and rates."""
    parsed = parse_unit(unit)
    dimensions = {name for name, _ in parsed.dimensions}
    if not dimensions or "/" in unit or dimensions <= _NOT_ADDITIVE_DIMENSIONS:
        return Additive.NONE
    return Additive.PARTS
