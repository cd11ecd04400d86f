"""Restates amounts in prices of one year by a price index, such as the consumer prices of the United States."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from service.domain.evidence import Evidence
from service.domain.units import Conversion


@dataclass(frozen=True, slots=True)
class PriceIndex:
    """`levels` has the index by year; `year` is the one whose prices are asked for."""

    series: str
    version: str
    currency: str
    year: int
    levels: Mapping[int, Fraction]

    def restated(self, figure: Evidence) -> Evidence:
        """The figure in prices of `year`, if it states a price year that the index covers, in the index's currency;
        else as it is.
        """
        level = None if figure.price_year is None else self.levels.get(figure.price_year)
        if figure.currency != self.currency or level is None or figure.own_interval is None:
            return figure
        factor = self.levels[self.year] / level
        return replace(
            figure,
            price_year=self.year,
            conversion=Conversion(figure.conversion.factor * factor),
            own_interval=figure.own_interval.scaled(factor),
        )
