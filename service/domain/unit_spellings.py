"""Other spellings of units: plurals, UCUM's codes and plain words, such as `GPU-hours`, `km²` and `[mi_i]`."""

import re
from functools import lru_cache

from service.domain.units import parse_unit
from service.errors import Invalid

# of a single component
_SPELLINGS = {
    "s": "second", "sec": "second", "min": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "d": "day",
    "wk": "week", "mo": "month", "a": "year", "yr": "year", "yrs": "year",
    "people": "person", "persons": "person",
    "gram": "g", "grams": "g", "kilogram": "kg", "kilograms": "kg", "tonne": "t", "tonnes": "t",
    "lbs": "lb", "[lb_av]": "lb",
    "metre": "m", "metres": "m", "meter": "m", "meters": "m", "kilometre": "km", "kilometres": "km",
    "kilometer": "km", "kilometers": "km", "miles": "mile", "mi": "mile", "[mi_i]": "mile",
    "m^2": "m2", "km^2": "km2", "hectare": "ha", "hectares": "ha", "har": "ha",
    "litre": "L", "litres": "L", "liter": "L", "liters": "L", "l": "L", "m^3": "m3",
    "barrels": "barrel", "bbl": "barrel", "[bbl_us]": "barrel",
    "byte": "B", "bytes": "B", "By": "B", "watt": "W", "watts": "W", "joule": "J", "joules": "J", "hertz": "Hz",
    "Cel": "°C", "[degF]": "°F", "celsius": "°C", "fahrenheit": "°F", "kelvin": "K", "kelvins": "K",
    "degC": "°C", "degF": "°F",
    "percent": "%", "pct": "%", "‰": "permille", "[ppth]": "permille", "[ppm]": "ppm", "[ppb]": "ppb",
    "gpu": "GPU", "gpus": "GPU", "tpu": "TPU", "tpus": "TPU", "queries": "query", "FLOPs": "FLOP", "FLOPS": "FLOP/s",
    "$": "USD", "€": "EUR", "£": "GBP",
}  # fmt: skip
_SPELLINGS |= {
    f"{word}s": word
    for word in ("second", "minute", "hour", "day", "week", "month", "year", "GPU", "TPU", "chip", "server",
                 "parameter", "token")
}  # fmt: skip
_PHRASES = {
    "per 100,000": "per100k", "per 100 000": "per100k", "1/100000": "per100k", "1/100,000": "per100k",
    "degree celsius": "°C", "degrees celsius": "°C", "degree fahrenheit": "°F", "degrees fahrenheit": "°F",
    "basis point": "bp", "basis points": "bp", "per mille": "permille", "per cent": "%",
}  # fmt: skip
_LONGEST_SYMBOL = 3
_BRACED = re.compile(r"(\{[^}]*\})")
_SUPERSCRIPTS = str.maketrans("²³", "23")


@lru_cache(maxsize=4_096)  # units are written by anybody, so their number is bounded
def canonical_unit(text: str) -> str:
    """The one spelling of a unit that is stored: `GPU.hour` for `GPU-hours`. Raises Invalid for what is no unit.

    Another spelling is only tried where the text is no unit as it stands, so no unit changes its meaning.
    """
    try:
        parse_unit(text)
    except Invalid:
        respelled = _respelled(text)
        try:
            parse_unit(respelled)
        except Invalid:
            parse_unit(text)  # so that the message is about what was written
        return respelled
    return text


def is_same_unit(one: str, other: str) -> bool:
    """Whether both are units, in any spelling, of which one is as much as the other."""
    try:
        return parse_unit(canonical_unit(one)) == parse_unit(canonical_unit(other))
    except Invalid:
        return False


def _respelled(text: str) -> str:
    plain = " ".join(text.translate(_SUPERSCRIPTS).split())
    if plain.casefold() in _PHRASES:
        return _PHRASES[plain.casefold()]
    pieces = [piece if _BRACED.fullmatch(piece) else _joined(piece) for piece in _BRACED.split(plain)]
    components = re.split(r"([./])", "".join(pieces))
    return "".join(_spelled(part) for part in components)


def _spelled(part: str) -> str:
    """Symbols are case-sensitive (A is not a year); words are not."""
    return _SPELLINGS.get(part) or (_SPELLINGS.get(part.casefold(), part) if len(part) > _LONGEST_SYMBOL else part)


def _joined(piece: str) -> str:
    """The same with `.` between components, and `/` for "per"."""
    divided = re.sub(r"\s*(?:/|\bper\b)\s*", "/", piece)
    return re.sub(r"(?<=[^\s./])[-\s·*](?=[^\s./])", ".", divided)
