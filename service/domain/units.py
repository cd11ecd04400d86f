"""Units of measurement: a closed table of exact factors, ISO 4217 currencies and count nouns.

A unit is written as components joined by `.`, with at most one `/` before those of the denominator:
`GPU.hour`, `USD/GPU.hour` (dollars per GPU-hour), `{cars}`. A count noun in braces (after UCUM) converts only to
itself, except for people, who are persons. Factors are exact fractions, so that no conversion loses a digit.

A temperature means a point on a scale where the metric has an interval scale: 0 °C is 273.15 K. On a ratio scale it can
only be a difference: 1 °C is 9/5 °F, and neither converts to K, since 1 K may be meant as a point there.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import NamedTuple

from babel.core import get_global

from service.domain.vocabulary import Scale
from service.errors import Invalid

MAX_UNIT_LENGTH = 60
# two units within these bounds convert any number without leaving the range of a double
_LARGEST, _SMALLEST = Fraction(10) ** 60, Fraction(1, 10**60)
_NOUN = re.compile(r"\{[a-z0-9]+(?:[ _-][a-z0-9]+)*\}")
_PERSONS = ("{people}", "{person}", "{persons}")

_THOUSANDTHS = {"m": 3, "u": 6, "n": 9, "p": 12}
_THOUSANDS = {"k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18, "Z": 21}

# symbol: (dimension, factor to the dimension's base, name)
TABLE: dict[str, tuple[str, Fraction, str]] = {
    "1": ("", Fraction(1), "a pure number"),
    "%": ("", Fraction(1, 100), "percent"),
    "permille": ("", Fraction(1, 1_000), "thousandth"),
    "bp": ("", Fraction(1, 10_000), "basis point: a hundredth of a percent"),
    "per100k": ("", Fraction(1, 100_000), "one in 100,000"),
    "ppm": ("", Fraction(1, 10**6), "part per million"),
    "ppb": ("", Fraction(1, 10**9), "part per billion"),
    "second": ("time", Fraction(1), "second"),
    "minute": ("time", Fraction(60), "minute"),
    "hour": ("time", Fraction(3600), "hour"),
    "day": ("time", Fraction(86400), "day of 24 hours"),
    "week": ("time", Fraction(7 * 86400), "week"),
    "month": ("time", Fraction(31557600, 12), "a twelfth of a year"),
    "year": ("time", Fraction(31557600), "Julian year of 365.25 days"),
    "GPU": ("gpu", Fraction(1), "graphics processor used as an accelerator"),
    "TPU": ("tpu", Fraction(1), "tensor processor"),
    "chip": ("chip", Fraction(1), "accelerator of any kind"),
    "H100e": ("h100e", Fraction(1), "computing capacity of one Nvidia H100"),
    "server": ("server", Fraction(1), "server"),
    "parameter": ("parameter", Fraction(1), "parameter of a model"),
    "token": ("token", Fraction(1), "token of text"),
    "query": ("query", Fraction(1), "query answered by a model"),
    "person": ("person", Fraction(1), "person"),
    "FLOP": ("flop", Fraction(1), "floating-point operation"),
    "J": ("energy", Fraction(1), "joule"),
    "g": ("mass", Fraction(1), "gram"),
    "t": ("mass", Fraction(10**6), "tonne"),
    "lb": ("mass", Fraction("453.59237"), "international avoirdupois pound"),
    "gCO2e": ("co2e", Fraction(1), "gram of CO2 equivalent"),
    "tCO2e": ("co2e", Fraction(10**6), "tonne of CO2 equivalent"),
    "gCO2": ("co2", Fraction(1), "gram of CO2"),
    "tCO2": ("co2", Fraction(10**6), "tonne of CO2"),
    "L": ("volume", Fraction(1), "litre"),
    "m3": ("volume", Fraction(1000), "cubic metre"),
    "barrel": ("volume", Fraction("158.987294928"), "barrel of 42 US gallons"),
    "m": ("length", Fraction(1), "metre"),
    "km": ("length", Fraction(1000), "kilometre"),
    "mile": ("length", Fraction("1609.344"), "international mile"),
    "m2": ("area", Fraction(1), "square metre"),
    "ha": ("area", Fraction(10**4), "hectare"),
    "km2": ("area", Fraction(10**6), "square kilometre"),
    "B": ("data", Fraction(1), "byte"),
    "K": ("temperature", Fraction(1), "kelvin"),
    "°C": ("temperature", Fraction(1), "degree Celsius"),
    "°F": ("temperature", Fraction(5, 9), "degree Fahrenheit"),
}
_ZERO_POINTS = {"°C": Fraction("273.15"), "°F": Fraction("459.67") * Fraction(5, 9)}  # in kelvin
for _symbol, _dimension, _factor, _name, _prefixes in (
    ("Wh", "energy", Fraction(3600), "watt-hour", "kMGTP"),
    ("J", "energy", Fraction(1), "joule", "kMGTPE"),
    ("FLOP", "flop", Fraction(1), "floating-point operation", "GTPEZ"),
    ("token", "token", Fraction(1), "token of text", "kMGT"),
    ("parameter", "parameter", Fraction(1), "parameter of a model", "MGT"),
    ("B", "data", Fraction(1), "byte", "kMGTPE"),
    ("g", "mass", Fraction(1), "gram", "k"),
    ("gCO2e", "co2e", Fraction(1), "gram of CO2 equivalent", "k"),
    ("tCO2e", "co2e", Fraction(10**6), "tonne of CO2 equivalent", "kMG"),
    ("gCO2", "co2", Fraction(1), "gram of CO2", "k"),
    ("tCO2", "co2", Fraction(10**6), "tonne of CO2", "kMG"),
    ("t", "mass", Fraction(10**6), "tonne", "kMG"),
    ("L", "volume", Fraction(1), "litre", "M"),
):
    TABLE.setdefault(_symbol, (_dimension, _factor, _name))
    for _prefix in _prefixes:
        _power = _THOUSANDS[_prefix]
        TABLE[_prefix + _symbol] = (_dimension, _factor * 10**_power, f"10^{_power} {_name}s")

for _prefix, _power in _THOUSANDTHS.items():
    TABLE[f"{_prefix}s"] = ("time", Fraction(1, 10**_power), f"10^-{_power} seconds")

# what is not of one dimension with exponent 1: a watt is a joule per second, a hertz one per second
_DERIVED: dict[str, tuple[dict[str, int], Fraction, str]] = {}
for _symbol, _exponents, _name, _names, _prefixes in (
    ("W", {"energy": 1, "time": -1}, "watt", "watts", "kMGTP"),
    ("Hz", {"time": -1}, "hertz", "hertz", "kMGT"),
):
    _DERIVED[_symbol] = _exponents, Fraction(1), _name
    for _prefix in _prefixes:
        _power = _THOUSANDS[_prefix]
        _DERIVED[_prefix + _symbol] = _exponents, Fraction(10**_power), f"{10**_power:,} {_names}"


@dataclass(frozen=True, slots=True)
class Unit:
    """A parsed unit: exponents by dimension (a currency is a dimension of its own) and the factor to the bases.

    `zero_point` is the amount of the base at which the unit's scale begins: 273.15 K for °C. `currency` is that among
    the dimensions.
    """

    dimensions: tuple[tuple[str, int], ...]
    factor: Fraction
    zero_point: Fraction = Fraction(0)

    currency: str | None = None

    def without_currency(self) -> tuple[tuple[str, int], ...]:
        return tuple(("$" if name.startswith("$") else name, power) for name, power in self.dimensions)


@cache
def currencies() -> frozenset[str]:
    """The ISO 4217 codes that are or were legal tender somewhere: old sources use old currencies, and a unit that was
    accepted once stays readable permanently.
    """
    listed = get_global("territory_currencies").values()
    return frozenset(code for territory in listed for code, _, _, tender in territory if tender)


def _component(text: str) -> tuple[dict[str, int], Fraction]:
    if not text:
        raise Invalid.at("", "A unit is missing before or after '.' or '/'.")
    if text in _DERIVED:
        exponents, factor, _ = _DERIVED[text]
        return exponents, factor
    if text in _PERSONS:
        text = "person"
    if text in TABLE:
        dimension, factor, _ = TABLE[text]
        return ({dimension: 1} if dimension else {}), factor
    if text in currencies():
        return {"$" + text: 1}, Fraction(1)
    if _NOUN.fullmatch(text):
        return {text: 1}, Fraction(1)
    shown = text if text.isprintable() and len(text) <= 20 else "this component"
    near = next((known for known in (*TABLE, *currencies()) if known.casefold() == text.casefold()), None)
    meant = f" Did you mean {near}?" if near else ""
    raise Invalid.at(
        "",
        f"Unknown unit: {shown}.{meant} Use a unit of the table at /v1, an ISO 4217 currency, or a noun in braces "
        "such as {people}, joined by '.' and at most one '/'.",
    )


@lru_cache(maxsize=4_096)  # units are written by anybody, so their number is bounded
def _parse(text: str) -> Unit:
    numerator, *denominator = text.split("/")
    if len(denominator) > 1:
        raise Invalid.at("", "A unit has at most one '/'; all that follows it is the denominator.")
    dimensions: dict[str, int] = {}
    factor = Fraction(1)
    for sign, part in ((1, numerator), *((-1, d) for d in denominator)):
        for component in part.split("."):
            powers, component_factor = _component(component)
            factor *= component_factor**sign
            for name, power in powers.items():
                dimensions[name] = dimensions.get(name, 0) + sign * power
    named = tuple(sorted((name, power) for name, power in dimensions.items() if power))
    if sum(name.startswith("$") for name, _ in named) > 1:
        raise Invalid.at("", "A unit names at most one currency.")
    if not _SMALLEST <= factor <= _LARGEST:
        raise Invalid.at("", "The unit is too large or too small to be of anything.")
    currency = next((name[1:] for name, _ in named if name.startswith("$")), None)
    return Unit(named, factor, _ZERO_POINTS.get(text, Fraction(0)), currency)


def parse_unit(text: str) -> Unit:
    """Raises Invalid (pointer "") for text that is not a unit."""
    if not 0 < len(text) <= MAX_UNIT_LENGTH:
        raise Invalid.at("", f"A unit has 1 to {MAX_UNIT_LENGTH} characters.")
    return _parse(text)


class Conversion(NamedTuple):
    """An amount times `factor`, plus `offset`, is the amount in the other unit."""

    factor: Fraction = Fraction(1)
    offset: Fraction = Fraction(0)

    def of(self, amount: Decimal | Fraction) -> Fraction:
        return Fraction(amount) * self.factor + self.offset

    @property
    def zero(self) -> Fraction:
        """The amount that is 0 in the other unit."""
        return -self.offset / self.factor


SAME = Conversion()


def conversion(unit: Unit, target: Unit, scale: Scale) -> Conversion:
    """Converts amounts in `unit` to `target`, apart from their currencies. Raises Invalid if the units do not measure
    the same thing.
    """
    if unit.without_currency() != target.without_currency():
        raise Invalid.at("", "The unit does not convert to the metric's unit.")
    factor = unit.factor / target.factor
    if unit.zero_point == target.zero_point:
        return Conversion(factor)
    if scale is Scale.INTERVAL:
        return Conversion(factor, (unit.zero_point - target.zero_point) / target.factor)
    if unit.zero_point and target.zero_point:
        return Conversion(factor)  # as differences
    raise Invalid.at("", "A temperature converts to K only where the metric's scale is interval.")


@lru_cache(maxsize=4_096)
def convert(unit: str, target: str, scale: Scale) -> tuple[Conversion, str | None]:
    """`conversion` of units as they are written, and the currency of `unit`."""
    parsed = parse_unit(unit)
    return conversion(parsed, parse_unit(target), scale), parsed.currency


def in_currency(unit: str, currency: str) -> str:
    """The unit with another currency in place of its own."""
    parts = re.split(r"([./])", unit)
    return "".join(currency if part in currencies() else part for part in parts)


def unit_words() -> dict[str, str]:
    """Each single unit of the table with its meaning, for forms."""
    return dict(sorted((symbol, name) for symbol, (_, _, name) in [*TABLE.items(), *_DERIVED.items()]))
