"""Phrases of numbers as people write them: `about $5.6 million`, `50,000 Hopper GPUs`, `3–5 %`, `500+`.

A reading has only what the text says: no bound that it lacks, and no precision that its digits do not show. What can
mean two things is refused. The work is linear in the length of the text.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from enum import StrEnum
from functools import cache

from service.domain.number import canonical, parse_number, stated_precision
from service.domain.unit_spellings import canonical_unit, is_same_unit
from service.domain.units import currencies
from service.domain.vocabulary import Qualifier
from service.errors import Invalid

MAX_PHRASE = 200


class Doubt(StrEnum):
    """Why a text is not read as a number."""

    NO_NUMBER = "no_number"
    AMBIGUOUS_NUMBER = "ambiguous_number"
    AMBIGUOUS_CURRENCY = "ambiguous_currency"
    SEVERAL_NUMBERS = "several_numbers"
    BOUNDS_REVERSED = "bounds_reversed"
    OUT_OF_BOUNDS = "out_of_bounds"


class Unreadable(ValueError):
    """The text has no reading, or more than one. `detail` says which."""

    def __init__(self, doubt: Doubt, detail: str) -> None:
        super().__init__(detail)
        self.doubt, self.detail = doubt, detail


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a phrase says. `unit` is a unit of the table or a currency; `noun` is what is counted, in its own words."""

    qualifier: Qualifier
    value: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    precision: Decimal | None = None
    unit: str | None = None
    noun: str | None = None


# Words ---------------------------------------------------------------------------------------------------------------

_SCALES: Mapping[str, int] = {
    "hundred": 2, "thousand": 3, "tsd": 3, "tsd.": 3, "lakh": 5, "million": 6, "millions": 6, "millionen": 6,
    "mn": 6, "mio": 6, "mio.": 6, "crore": 7,
    "billion": 9, "billions": 9, "bn": 9, "mrd": 9, "mrd.": 9, "milliarden": 9,
    "trillion": 12, "trillions": 12, "tn": 12,
}  # fmt: skip
_ATTACHED: Mapping[str, int] = {"k": 3, "K": 3, "m": 6, "M": 6, "b": 9, "B": 9}  # only right behind the digits
_WORDS: Mapping[str, str] = {
    "half a million": "500000", "half a billion": "500000000", "half a trillion": "500000000000",
    "a quarter of a million": "250000", "a quarter of a billion": "250000000",
    "a hundred": "100", "a thousand": "1000", "a million": "1000000", "a billion": "1000000000",
    "a trillion": "1000000000000", "a dozen": "12", "two dozen": "24",
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip
_BEFORE: Mapping[Qualifier, str] = {
    Qualifier.ABOUT: r"about|around|roughly|approximately|approx\.?|circa|ca\.?|c\.|nearly|almost|close to|some|~|≈",
    Qualifier.AT_LEAST: r"at least|(?:a )?minimum(?: of)?|min\.?|no less than|not less than|no fewer than|≥|>=",
    Qualifier.AT_MOST: r"at most|up to|(?:a )?maximum(?: of)?|max\.?|no more than|not more than|≤|<=",
    Qualifier.MORE_THAN: r"(?:well |much |far )?(?:more than|over|above|greater than)|in excess of|exceeding|north of"
    r"|upwards of|>",
    Qualifier.LESS_THAN: r"(?:well |much |far )?(?:less than|under|below|fewer than)|<",
}
_AFTER: Mapping[Qualifier, str] = {
    Qualifier.AT_LEAST: r"\+|or more|and up",
    Qualifier.AT_MOST: r"or less|or fewer",
    Qualifier.ABOUT: r"or so",
}
_END = r"(?: |$|(?=\W))"
_VAGUE = (
    r"(?:(?:a few|several|many|some) )?(?:(?:dozens|tens|10s|100s|hundreds|thousands|millions|billions|trillions)"
    rf"(?: of)?{_END})+"
    rf"|(?:a few|several|many) (?:dozen|hundred|thousand|million|billion|trillion){_END}"
    rf"|a (?:significant|large|small) number(?: of)?{_END}"
    rf"|a lot(?: of)?{_END}"
).replace(" ", " +")
_CURRENCIES: Mapping[str, str] = {
    "$": "USD", "us$": "USD", "€": "EUR", "£": "GBP", "dollar": "USD", "dollars": "USD", "us dollars": "USD",
    "euro": "EUR", "euros": "EUR", "pound": "GBP", "pounds": "GBP",
}  # fmt: skip
_CURRENCY_SIGN = r"us\$|[$€£]"
_SHARES = r"%|percentage points?|per ?cent"
# units of which there are only whole ones, so that three digits after a point may be thousands
_COUNTED = {"person", "GPU", "TPU", "chip", "server", "parameter", "token", "query"}

# Behind a number, these make it another one: three dozen, two thirds, one in five, half.
_NUMBER_WORDS = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|score|hundreds?|thousands?|millions?"
    r"|billions?|trillions?|half|halves|thirds?|quarters?|fifths?|tenths?)\b",
    re.IGNORECASE,
)
_EXACT = Context(prec=200)  # more digits than two numbers within the bounds can have between them

# Reading -------------------------------------------------------------------------------------------------------------

_GROUP = " '’"  # between groups of three digits, beside the comma or the point
_DIGITS = rf"\d{{1,3}}(?:[{_GROUP}]\d{{3}})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*"
_WRITTEN_OUT = 1_000
_YEARS = re.compile(r"(?:1[5-9]\d\d|20\d\d)(?: ?[-–] ?(?:1[5-9]\d\d|20\d\d))?")
_THOUSANDS_OR_DECIMALS = re.compile(r"[1-9]\d{0,2}\.\d{3}")


@dataclass(frozen=True, slots=True)
class _Amount:
    """One number of a phrase. `digits` is None for a number in words; `number` does not include the scale."""

    number: Decimal
    digits: str | None
    scale: int | None
    currency: str | None
    may_be_thousands: bool

    @property
    def scaled(self) -> Decimal:
        return _within_bounds(_EXACT.scaleb(self.number, self.scale or 0))

    @property
    def precision(self) -> Decimal | None:
        unit = stated_precision(self.digits) if self.digits is not None else None
        return None if unit is None else _within_bounds(_EXACT.scaleb(unit, self.scale or 0))


def _within_bounds(number: Decimal) -> Decimal:
    try:
        return canonical(number)
    except Invalid as error:
        raise Unreadable(Doubt.OUT_OF_BOUNDS, error.detail) from None


class Cursor:
    """A position in the text, which the pattern that it is asked for moves on."""

    def __init__(self, text: str, place: int = 0) -> None:
        self.text, self.place, self.end = text, place, place

    def take(self, pattern: str) -> str | None:
        """What the pattern matches here, without the spaces around it. `end` is where it ends."""
        found = _compiled(pattern).match(self.text, self.place)
        if found is None:
            return None
        self.place, self.end = found.end(), found.start() + len(found.group().rstrip())
        while self.place < len(self.text) and self.text[self.place] == " ":
            self.place += 1
        return found.group().strip()

    @property
    def rest(self) -> str:
        return self.text[self.place :]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _word(words: str) -> str:
    """The pattern for any of these words, with any spaces between, if no letter or digit follows."""
    return rf"(?:{words})(?:(?<=\W)|(?!\w))".replace(" ", r" +")


def _any_of(words: Iterable[str]) -> str:
    """The pattern for any of these words, the longest first."""
    return _word("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))


_NUMBER_IN_WORDS, _SCALE, _CURRENCY = _any_of(_WORDS), _any_of(_SCALES), _any_of(_CURRENCIES)


def read_phrase(text: str, decimal: str | None = None) -> Phrase:
    """Reads a whole phrase. Without a `decimal` sign it is a point, unless that may stand between thousands. Raises
    Unreadable.
    """
    if len(text) > MAX_PHRASE:
        raise Unreadable(Doubt.NO_NUMBER, f"A phrase has at most {MAX_PHRASE} characters.")
    return read_at(Cursor(_plain(text)), decimal, lambda cursor: cursor.rest)


def read_at(cursor: Cursor, decimal: str | None, take_rest: Callable[[Cursor], str]) -> Phrase:
    """Reads the phrase that begins at the cursor. `take_rest` returns the words behind the numbers that belong to it.
    Raises Unreadable.
    """
    start = cursor.place
    if vague := _read_vague(cursor, take_rest):
        return vague
    qualifier = _qualifier(cursor, _BEFORE)
    ranged = cursor.take(_word("between|from"))
    first = _read_amount(cursor, decimal)
    if first is None:
        raise Unreadable(Doubt.NO_NUMBER, "There is no amount at the beginning of the text.")
    joint, second = _read_second(cursor, ranged, decimal)
    behind = _qualifier(cursor, _AFTER)
    rest, late = _without_suffix(take_rest(cursor))
    unit, noun = _unit_of(rest, first, second)
    qualifier = _agreeing(qualifier, behind or late)
    _refuse_other_readings(cursor.text[start : cursor.end], rest, unit, noun, first, second, qualifier)
    if second is None:
        return _single(first, qualifier or Qualifier.EXACT, unit, noun)
    if qualifier not in (None, Qualifier.ABOUT):
        raise Unreadable(Doubt.SEVERAL_NUMBERS, "A range cannot be bounded at one end as well.")
    return _pair(*_sharing(first, second), joint, unit, noun)


def _agreeing(before: Qualifier | None, behind: Qualifier | None) -> Qualifier | None:
    """The qualifier of a number that may have one on either side. Raises Unreadable if they contradict each other."""
    if Qualifier.ABOUT in (before, behind):
        other = behind if before is Qualifier.ABOUT else before
        return other or Qualifier.ABOUT
    if before is not None and behind is not None and before is not behind:
        raise Unreadable(Doubt.SEVERAL_NUMBERS, f"The words say {before} and {behind} of one number.")
    return before or behind


def _plain(text: str) -> str:
    """One kind of space, minus and dash, without spaces at the ends."""
    dashes = text.replace("\u2212", "-").replace("—", "–")
    return " ".join(unicodedata.normalize("NFC", dashes).split())


def _read_vague(cursor: Cursor, take_rest: Callable[[Cursor], str]) -> Phrase | None:
    start = cursor.place
    currency = cursor.take(_CURRENCY_SIGN)
    if cursor.take(_VAGUE) is None:
        cursor.place = start
        return None
    unit, noun = _named(take_rest(cursor))
    return Phrase(Qualifier.VAGUE, unit=_CURRENCIES[currency.casefold()] if currency else unit, noun=noun)


def _qualifier(cursor: Cursor, words: Mapping[Qualifier, str]) -> Qualifier | None:
    return next((qualifier for qualifier, pattern in words.items() if cursor.take(_word(pattern))), None)


def _read_amount(cursor: Cursor, decimal: str | None) -> _Amount | None:
    start = cursor.place
    negative = cursor.take(r"-|minus ")
    currency = _currency_before(cursor)
    negative = negative or cursor.take(r"-")
    digits = cursor.take(_DIGITS)
    if digits is not None:
        return _in_digits(cursor, digits, currency, decimal, negative=negative is not None)
    word = cursor.take(_NUMBER_IN_WORDS)
    if word is None:
        cursor.place = start
        return None
    number = Decimal(_WORDS[word.casefold()])
    return _Amount(-number if negative else number, None, _scale(cursor), currency, may_be_thousands=False)


def _ambiguous_currency(sign: str) -> Unreadable:
    return Unreadable(Doubt.AMBIGUOUS_CURRENCY, f"Several currencies use {sign}. Write the code of one.")


def _currency_before(cursor: Cursor) -> str | None:
    sign = cursor.take(_CURRENCY_SIGN)
    if sign is not None:
        return _CURRENCIES[sign.casefold()]
    start = cursor.place
    code = cursor.take(r"¥|kr\b\.?|[a-z]{3}(?= ?\d)")
    if code is None:
        return None
    if code.casefold() in ("¥", "kr", "kr."):
        raise _ambiguous_currency(code)
    if code in currencies():
        return code
    cursor.place = start
    return None


def _in_digits(cursor: Cursor, digits: str, currency: str | None, decimal: str | None, *, negative: bool) -> _Amount:
    plain = _without_groups(digits, decimal or ".")
    behind = cursor.text[cursor.place - 1] if cursor.place else ""
    exponent = cursor.take(r"e[+-]?\d{1,3}(?!\w)") if behind != " " else None
    attached = cursor.take(r"[kmb](?![\w²³])") if behind != " " and exponent is None else None
    scale = _ATTACHED.get(attached) if attached else None
    if attached and scale is None:
        cursor.place -= len(attached)
    written = plain + (exponent or "")
    try:
        number = parse_number(written)
    except Invalid as error:
        raise Unreadable(Doubt.OUT_OF_BOUNDS, error.detail) from None
    return _Amount(
        -number if negative else number,
        written,
        scale if scale is not None else _scale(cursor),
        currency,
        may_be_thousands=decimal is None and _THOUSANDS_OR_DECIMALS.fullmatch(digits) is not None,
    )


def _without_groups(digits: str, decimal: str) -> str:
    """The digits with a point for the decimal sign. Raises Unreadable for what could be read otherwise."""
    group = "," if decimal == "." else "."
    whole, sign, decimals = digits.partition(decimal)
    parts = re.split(rf"[{re.escape(_GROUP + group)}]", whole)
    is_grouped = len(parts) == 1 or (len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:]))
    if not is_grouped or (decimals and not decimals.isdigit()):
        raise Unreadable(
            Doubt.AMBIGUOUS_NUMBER, f"{digits} can be read in several ways, where {decimal!r} is the decimal sign."
        )
    return "".join(parts) + (f".{decimals}" if sign else "")


def _scale(cursor: Cursor) -> int | None:
    word = cursor.take(_SCALE)
    return _SCALES[word.casefold()] if word else None


def _read_second(cursor: Cursor, ranged: str | None, decimal: str | None) -> tuple[str, _Amount | None]:
    """What joins a second number to the first, and that number."""
    start, end = cursor.place, cursor.end
    joint = cursor.take(r"±|\+/-|–|-|to\b" + (r"|and\b" if ranged else ""))
    second = _read_amount(cursor, decimal) if joint else None
    if second is None:
        cursor.place, cursor.end = start, end
        return "", None
    return joint or "", second


def _without_suffix(rest: str) -> tuple[str, Qualifier | None]:
    """`people or more` without its qualifier, and that."""
    for qualifier, pattern in _AFTER.items():
        found = _compiled(rf" (?:{pattern})$").search(rest)
        if found:
            return rest[: found.start()], qualifier
    return rest, None


# Units and nouns -----------------------------------------------------------------------------------------------------


def _is_counted(unit: str) -> bool:
    return unit.startswith("{") or unit in _COUNTED


def counts_noun(noun: str, unit: str) -> bool:
    """Whether the words behind a number name its unit: `Hopper GPUs` of GPU. Of what is not counted, all words do."""
    last = noun.rpartition(" ")[2] if _is_counted(unit) else noun
    if is_same_unit(noun, unit) or is_same_unit(last, unit):
        return True
    return last.casefold().rstrip("s") == unit.strip("{}").casefold().rstrip("s")


def may_have_thousands(digits: str, unit: str) -> bool:
    """Whether three digits after a point may be thousands: `1.500` of what there are only whole ones."""
    digits = digits.lstrip("≥≤~≈<>=+-\u2212 ")
    return _is_counted(unit) and _THOUSANDS_OR_DECIMALS.fullmatch(digits) is not None


def _unit_of(rest: str, first: _Amount, second: _Amount | None) -> tuple[str | None, str | None]:
    currency = first.currency or (second.currency if second else None)
    unit, noun = _named(rest)
    if currency is None:
        return unit, noun
    if rest.startswith(("per ", "/")):  # $2 per GPU-hour
        try:
            return canonical_unit(f"{currency} {rest}"), None
        except Invalid:
            return currency, rest
    return currency, rest if unit is not None and unit != currency else noun


def _named(rest: str) -> tuple[str | None, str | None]:
    """The unit that a text begins with or is, and the rest of it, in its own words."""
    if not rest:
        return None, None
    if _compiled(r"¥|kr\b").match(rest):
        raise _ambiguous_currency(rest)
    cursor = Cursor(rest)
    if cursor.take(_word(_SHARES)):
        return "%", cursor.rest or None
    money = cursor.take(_CURRENCY)
    if money:
        return _CURRENCIES[money.casefold()], cursor.rest or None
    code = cursor.take(r"[a-z]{3}\b")
    if code in currencies():
        return code, cursor.rest or None
    try:
        return canonical_unit(rest), None
    except Invalid:
        return None, rest


# Phrases -------------------------------------------------------------------------------------------------------------


def _refuse_other_readings(
    text: str,
    rest: str,
    unit: str | None,
    noun: str | None,
    first: _Amount,
    second: _Amount | None,
    qualifier: Qualifier | None,
) -> None:
    if _NUMBER_WORDS.search(rest) or any(map(_is_number, re.finditer(r"\d+", rest))):
        raise Unreadable(Doubt.SEVERAL_NUMBERS, "The text has several numbers. Give one at a time.")
    if not rest and qualifier is None and _YEARS.fullmatch(text):
        raise Unreadable(Doubt.NO_NUMBER, f"{text} alone may be years. Say what it counts.")
    counts = noun is not None or unit is None or unit in _COUNTED
    for amount in (first, second):
        if amount is not None and amount.may_be_thousands and amount.scale is None and counts and not amount.currency:
            as_thousands = (amount.digits or "").replace(".", ",")
            raise Unreadable(
                Doubt.AMBIGUOUS_NUMBER,
                f"{amount.digits} may have thousands or decimals. Write {as_thousands}, or name the decimal sign.",
            )


def _is_number(digits: re.Match[str]) -> bool:
    """Whether digits in the words behind a number are another number: not in H800 and GPT-4, but in kg-10."""
    before = digits.string[: digits.start()]
    if before.endswith("-"):
        word = re.search(r"[^\W\d_]+$", before[:-1])
        return word is None or _is_unit(word.group())
    return not (before and (before[-1].isalnum() or before[-1] == "_"))


def _is_unit(word: str) -> bool:
    try:
        canonical_unit(word)
    except Invalid:
        return False
    return True


def _single(amount: _Amount, qualifier: Qualifier, unit: str | None, noun: str | None) -> Phrase:
    if qualifier in (Qualifier.AT_LEAST, Qualifier.MORE_THAN):
        return Phrase(qualifier, lower=amount.scaled, unit=unit, noun=noun)
    if qualifier in (Qualifier.AT_MOST, Qualifier.LESS_THAN):
        return Phrase(qualifier, upper=amount.scaled, unit=unit, noun=noun)
    return Phrase(qualifier, value=amount.scaled, precision=amount.precision, unit=unit, noun=noun)


def _sharing(first: _Amount, second: _Amount) -> tuple[_Amount, _Amount]:
    """A scale that is written once holds for both, unless the first number is written out: 500,000 to 1 million."""
    if first.scale is None and second.scale is not None and abs(first.number) < _WRITTEN_OUT:
        return replace(first, scale=second.scale), second
    if second.scale is None and first.scale is not None:
        return first, replace(second, scale=first.scale)
    return first, second


def _pair(first: _Amount, second: _Amount, joint: str, unit: str | None, noun: str | None) -> Phrase:
    one, other = first.scaled, second.scaled
    if joint in ("±", "+/-"):
        if other < 0:
            raise Unreadable(Doubt.BOUNDS_REVERSED, "What follows ± is not negative.")
        lower, upper = (_within_bounds(bound) for bound in (_EXACT.subtract(one, other), _EXACT.add(one, other)))
        return Phrase(Qualifier.EXACT, one, lower, upper, first.precision, unit, noun)
    if one > other:
        raise Unreadable(Doubt.BOUNDS_REVERSED, f"The range ends below its beginning: {one:f} to {other:f}.")
    return Phrase(Qualifier.BETWEEN, lower=one, upper=other, unit=unit, noun=noun)


# In a text -----------------------------------------------------------------------------------------------------------


@cache
def number_start() -> re.Pattern[str]:
    """The beginning of a phrase within a text: qualifiers, then `number`. A number from one to twelve in words is none,
    because `one` is rarely an amount there.
    """
    before = "|".join(pattern.replace(" ", " +") for pattern in _BEFORE.values())
    words = "|".join(word.replace(" ", " +") for word in sorted(_WORDS, key=len, reverse=True) if " " in word)
    return re.compile(
        rf"(?<![\w.,/-])(?:(?:{before}) *)?(?:(?:between|from) +)?"
        rf"(?P<number>(?:{_VAGUE})|(?:us\$|[$€£¥]|(?-i:[A-Z]{{3}}) ?(?=\d)|kr\.? ?(?=\d))? ?-?\d|(?:{words})(?!\w))",
        re.IGNORECASE,
    )
