from fractions import Fraction

import pytest

from service.domain.unit_spellings import canonical_unit
from service.domain.units import Conversion, convert, currencies, parse_unit, unit_words
from service.domain.vocabulary import Scale
from service.errors import Invalid


@pytest.mark.parametrize(
    ("unit", "target", "factor"),
    [
        ("hour", "hour", 1),
        ("day", "hour", 24),
        ("minute", "hour", Fraction(1, 60)),
        ("GPU.day", "GPU.hour", 24),
        ("USD/GPU.day", "USD/GPU.hour", Fraction(1, 24)),
        ("MW.hour", "MWh", 1),
        ("kWh", "J", 3600000),
        ("PFLOP", "FLOP", 10**15),
        ("Mtoken", "token", 10**6),
        ("ktCO2e", "tCO2e", 1000),
        ("%", "1", Fraction(1, 100)),
        ("{people}", "{people}", 1),
        ("hour.GPU", "GPU.hour", 1),
        ("{people}", "person", 1),
        ("km2", "ha", 100),
        ("mile", "m", Fraction("1609.344")),
        ("lb", "kg", Fraction("0.45359237")),
        ("barrel", "L", Fraction("158.987294928")),
        ("month", "year", Fraction(1, 12)),
        ("ms", "second", Fraction(1, 1000)),
        ("GHz", "Hz", 10**9),
        ("Hz.second", "1", 1),
        ("ppm", "ppb", 1000),
        ("bp", "%", Fraction(1, 100)),
        ("permille", "%", Fraction(1, 10)),
        ("per100k", "1", Fraction(1, 100_000)),
        ("Mt", "t", 10**6),
        ("GtCO2e", "tCO2e", 10**9),
        ("MtCO2", "kgCO2", 10**9),
        ("PFLOP/second", "FLOP/second", 10**15),
        ("USD", "EUR", 1),
        ("EUR/GPU.hour", "USD/GPU.second", Fraction(1, 3600)),
        ("°F", "°C", Fraction(5, 9)),
        ("W/K", "W/°C", 1),
    ],
)
def test_units_convert_by_exact_factors(unit: str, target: str, factor: int | Fraction) -> None:
    assert convert(unit, target, Scale.RATIO)[0] == Conversion(Fraction(factor))


@pytest.mark.parametrize(
    ("unit", "target"),
    [
        ("hour", "GPU"),
        ("{people}", "{cars}"),
        ("tCO2", "tCO2e"),
        ("Hz", "hour"),
        ("USD", "hour"),
        ("USD/GPU", "EUR"),
        ("°C", "K"),
        ("K", "°F"),
    ],
)
def test_units_of_different_things_do_not_convert(unit: str, target: str) -> None:
    with pytest.raises(Invalid):
        convert(unit, target, Scale.RATIO)


@pytest.mark.parametrize(
    ("amount", "unit", "target", "there"),
    [("0", "°C", "K", "273.15"), ("100", "°C", "°F", "212"), ("-40", "°F", "°C", "-40"), ("0", "K", "°F", "-459.67"),
     ("32", "°F", "K", "273.15"), ("20", "°C", "°C", "20")],
)  # fmt: skip
def test_on_an_interval_scale_a_temperature_is_a_point(amount: str, unit: str, target: str, there: str) -> None:
    there_and_back = convert(unit, target, Scale.INTERVAL)[0], convert(target, unit, Scale.INTERVAL)[0]
    assert there_and_back[0].of(Fraction(amount)) == Fraction(there)
    assert there_and_back[1].of(Fraction(there)) == Fraction(amount)


def test_currencies_are_not_converted_by_a_factor() -> None:
    assert convert("EUR", "USD", Scale.RATIO) == (Conversion(), "EUR")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GPU-hour",
        "GPU**99999999",
        "GPU/hour/day",
        "furlong",
        "USD.EUR",
        "XXX",
        "{}",
        "{People}",
        ".",
        "a" * 61,
        "usd",
    ],
)
def test_what_is_no_unit_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_unit(text)


def test_currencies_are_those_that_are_or_were_in_use() -> None:
    assert {"USD", "EUR", "CNY", "JPY", "DEM"} <= currencies()
    assert not {"XAU", "XXX", "XTS"} & currencies()


def test_every_listed_unit_can_be_parsed() -> None:
    for symbol in unit_words():
        parse_unit(symbol)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("hours", "hour"),
        ("h", "hour"),
        ("GPU-hours", "GPU.hour"),
        ("GPU hours", "GPU.hour"),
        ("USD per GPU hour", "USD/GPU.hour"),
        ("$/GPU-hour", "USD/GPU.hour"),
        ("people", "person"),
        ("km²", "km2"),
        ("m^3", "m3"),
        ("[mi_i]", "mile"),
        ("[lb_av]", "lb"),
        ("tonnes per year", "t/year"),
        ("FLOP/s", "FLOP/second"),
        ("per 100,000", "per100k"),
        ("1/100000", "per100k"),
        ("basis points", "bp"),
        ("Percent", "%"),
        ("‰", "permille"),
        ("{large-cars} per year", "{large-cars}/year"),
    ],
)
def test_other_spellings_are_read_as_one(text: str, unit: str) -> None:
    assert canonical_unit(text) == unit
    assert canonical_unit(unit) == unit


def test_what_is_a_unit_keeps_its_spelling() -> None:
    for symbol in [*unit_words(), "{people}", "hour.GPU", "EUR/MWh"]:
        assert canonical_unit(symbol) == symbol


@pytest.mark.parametrize("text", ["", "furlong", "GPU-", "pounds", "H800 hours", "a" * 61, "per", "tons"])
def test_what_has_no_certain_meaning_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        canonical_unit(text)
