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
        else as it is. So are relays, and amounts that are converted to another currency.
        """
        level = None if figure.price_year is None else self.levels.get(figure.price_year)
        is_relayed = figure.is_relay and not figure.stands_in  # drift is about what was said
        if figure.currency != self.currency or level is None or figure.own_interval is None:
            return figure
        if is_relayed or figure.is_foreign or figure.price_year == self.year:
            return figure
        factor = self.levels[self.year] / level
        return replace(
            figure,
            price_year=self.year,
            conversion=Conversion(figure.conversion.factor * factor),
            own_interval=figure.own_interval.scaled(factor),
            as_stated=figure,
        )
