from fractions import Fraction

import pytest

from service.domain.units import conversion, currencies, parse_unit, unit_words
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
        ("USD", "EUR", None),
        ("EUR/GPU.hour", "USD/GPU.hour", None),
    ],
)
def test_units_convert_by_exact_factors(unit: str, target: str, factor: int | Fraction | None) -> None:
    assert conversion(parse_unit(unit), parse_unit(target)) == factor


@pytest.mark.parametrize(
    ("unit", "target"), [("hour", "GPU"), ("{people}", "{cars}"), ("USD", "hour"), ("USD/GPU", "EUR")]
)
def test_units_of_different_things_do_not_convert(unit: str, target: str) -> None:
    with pytest.raises(Invalid):
        conversion(parse_unit(unit), parse_unit(target))


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
