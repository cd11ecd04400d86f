"""Stated numbers: exact decimals within fixed bounds, and their canonical text.

At most 38 significant digits, below 10^38 in size, at most 18 decimals (NUMERIC(56,18) in the database).
Nothing here passes through a float, and digits are bounded before anything is expanded or formatted.
"""

import re
from decimal import Decimal

from service.errors import Invalid

MAX_DIGITS = 38
MAX_DECIMALS = 18
_MAX_TEXT = 120  # longer than any number within the bounds, exponent and padding zeros included
_FORM = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,12})?")

BOUNDS = f"at most {MAX_DIGITS} significant digits, less than 10^38 in size, at most {MAX_DECIMALS} decimals"


def parse_number(raw: object) -> Decimal:
    """A decimal from a JSON string or number, without trailing zeros and without −0.

    Raises Invalid (pointer "") for anything that is not a number or is out of bounds.
    """
    if isinstance(raw, str):
        if len(raw) > _MAX_TEXT or not _FORM.fullmatch(raw):
            raise Invalid.at("", f'Write the number as a decimal string such as "294000" or "5.576e6": {BOUNDS}.')
        raw = Decimal(raw)
    elif isinstance(raw, bool) or not isinstance(raw, (int, Decimal)):
        raise Invalid.at("", 'Expected a decimal string such as "294000", or a JSON number.')
    elif isinstance(raw, int):
        if raw.bit_length() > 200:
            raise Invalid.at("", f"The number is out of bounds: {BOUNDS}.")
        raw = Decimal(raw)
    return canonical(raw)


def canonical(number: Decimal) -> Decimal:
    """The same number without trailing zeros, after checking the bounds. Raises Invalid."""
    if not number.is_finite():
        raise Invalid.at("", "The number must be finite.")
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    end = len(digits)
    while end > 0 and digits[end - 1] == 0:
        end -= 1
    exponent += len(digits) - end
    start = 0
    while start < end and digits[start] == 0:
        start += 1
    significant = digits[start:end]
    if not significant:
        return Decimal(0)
    if len(significant) > MAX_DIGITS or len(significant) + exponent > 38 or -exponent > MAX_DECIMALS:
        raise Invalid.at("", f"The number is out of bounds: {BOUNDS}.")
    # whole numbers are written out, so that equal numbers have equal representations
    if exponent > 0:
        significant, exponent = significant + (0,) * exponent, 0
    return Decimal((sign, significant, exponent))


def format_number(number: Decimal) -> str:
    """Canonical text: no exponent, no trailing zero, no −0. `number` is within the bounds."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def stated_precision(raw: object) -> Decimal | None:
    """One unit of the last stated digit of a number as it was written; None for anything that is not a number.

    `2.00` has 0.01. The zeros that end a whole number say nothing: `294000` has 1000. Digits before an exponent do:
    `5.60e6` has 10000. A JSON number arrives parsed, and of its decimals only those that it kept count.
    """
    try:
        number = parse_number(raw)
    except Invalid:
        return None
    if not isinstance(raw, str):
        return last_digit_unit(number if isinstance(raw, int) else Decimal(str(raw)))
    return last_digit_unit(Decimal(raw), has_exponent="e" in raw.lower())


def last_digit_unit(number: Decimal, *, has_exponent: bool = False) -> Decimal:
    """One unit of the last digit: 0.01 for 2.00; without an exponent, that of the last one before the zeros that end a
    whole number: 100000 for 5500000, 1 for 0.
    """
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    if exponent >= 0 and not has_exponent and any(digits):
        written = "".join(map(str, digits))
        exponent += len(written) - len(written.rstrip("0"))
    return Decimal((0, (1,), max(min(exponent, MAX_DIGITS - 1), -MAX_DECIMALS)))
