"""A strict JSON parser: numbers never become floats, and ambiguous input is refused."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from service.errors import Invalid

_MAX_DEPTH = 32  # far more than any valid body has
_MAX_NAMES = 1_000  # of one object
_MAX_NUMBER = 400  # characters; no number within the bounds is longer


class Outsized:
    """Replaces a number that is too long in a parsed body: no field accepts it, and nothing expands it."""


def _integer(text: str) -> int | Outsized:
    return int(text) if len(text) <= _MAX_NUMBER else Outsized()


def _decimal(text: str) -> int | Decimal | Outsized:
    if len(text) > _MAX_NUMBER:
        return Outsized()
    number = Decimal(text)
    exponent = number.adjusted()
    if not -_MAX_NUMBER < exponent < _MAX_NUMBER:
        return Outsized()
    # 2023.0 is a whole number in JSON
    return int(number) if exponent < 18 and number == number.to_integral_value() else number


def _constant(name: str) -> Any:
    raise Invalid.at("", f"{name} is not JSON. Numbers must be finite.")


def parse_json(content: bytes, most_names: int | None = None) -> Any:
    """Raises Invalid unless the content is strict UTF-8 JSON of at most `_MAX_DEPTH` levels, `_MAX_NAMES` names in each
    object, and `most_names` in all objects together.
    """
    names = 0

    def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal names
        names += len(pairs)
        if len(pairs) > _MAX_NAMES:
            raise Invalid.at("", f"An object of the body has more than {_MAX_NAMES:,} names.")
        if most_names is not None and names > most_names:
            raise Invalid.at("", f"The objects of the body have more than {most_names:,} names together.")
        found = dict(pairs)
        if len(found) < len(pairs):
            raise Invalid.at("", "An object of the body has the same name twice.")
        return found

    try:
        parsed = json.loads(
            content.decode("utf-8"),
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_constant,
            object_pairs_hook=read_object,
        )
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError as error:
        raise Invalid.at("", f"The body is not UTF-8 (at byte {error.start}).") from None
    except json.JSONDecodeError as error:
        detail = f"The body is not valid JSON (at line {error.lineno}, column {error.colno})."
        raise Invalid.at("", detail) from None
    if content.count(b"[") + content.count(b"{") > _MAX_DEPTH and _is_deeper(parsed, _MAX_DEPTH):
        raise _too_deep()
    return parsed


def _is_deeper(parsed: Any, most: int) -> bool:
    layer = [parsed]
    for _ in range(most):
        layer = [inner for outer in layer if isinstance(outer, (dict, list)) for inner in _inside(outer)]
    return any(isinstance(inner, (dict, list)) for inner in layer)


def _inside(outer: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return outer.values() if isinstance(outer, dict) else outer


def _too_deep() -> Invalid:
    return Invalid.at("", f"The body is nested too deep: at most {_MAX_DEPTH} levels.")
