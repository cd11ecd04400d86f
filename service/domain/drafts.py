"""Finds the numbers in a text: where each phrase begins and ends, and what it says.

Names that hold digits (`H800`, `GPT-4`), dates and bare years are no amounts. The nouns behind a number are taken up to
the next word that cannot belong to them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from service.domain.phrase import Cursor, Doubt, Phrase, Unreadable, number_start, read_at

_QUOTES = str.maketrans(dict.fromkeys('"“”„«»', " ") | {"\u2212": "-", "—": "–", "\n": " ", "\t": " ", "\r": " "})
_NOUN_WORDS = 4
# words that end the noun behind a number: `50,000 Hopper GPUs, including`, `80 hours on a cluster`
_STOP = re.compile(
    r"(?:a|an|and|are|as|at|be|been|but|by|for|from|had|has|have|if|in|including|into|is|it|its|not|of|on|or|over|per"
    r"|said|so|such|than|that|the|their|them|then|there|these|they|this|those|through|to|under|until|up|used|using|was"
    r"|were|when|where|which|while|who|whose|will|with|without|would|after|against|before|between|during|each|every"
    r"|more|less|most|about|around|only|specifically)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}-\d\d(?:-\d\d)?(?!\d)|\d{1,2}/\d{1,2}/\d{2,4}(?!\d)|\d{1,2}:\d\d")
_DIGITS = re.compile(r"(?:[.,]?\d)*")  # the rest of a number that was not read; never fails
_WORD = re.compile(r" *(-?[^\W_](?:[\w'’]|[-./](?=\w))*%?|%|\+)")
_SIGN = re.compile(r" *([%$€£¥]|per ?cent\b|percentage points?\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """A number found in a text, with offsets in code points. `phrase` is None if it cannot be read, for `doubt`."""

    start: int
    end: int
    phrase: Phrase | None
    doubt: Unreadable | None


def drafts(text: str, decimal: str | None = None) -> Iterator[Draft]:
    """The numbers of a text, in order. The work is linear in its length."""
    plain = text.translate(_QUOTES)
    place = 0
    start = number_start()
    while found := start.search(plain, place):
        place = found.end()
        if date := _DATE.match(plain, found.start("number")):
            place = date.end()
            continue
        cursor = Cursor(plain, found.start())
        try:
            phrase = read_at(cursor, decimal, _noun)
        except Unreadable as doubt:
            if doubt.doubt is not Doubt.NO_NUMBER:
                place = _DIGITS.match(plain, max(cursor.end, place)).end()  # type: ignore[union-attr]
                yield Draft(found.start(), place, None, doubt)
            continue
        yield Draft(found.start(), cursor.end, phrase, None)
        place = max(place, cursor.end)


def _noun(cursor: Cursor) -> str:
    """Takes the words behind a number that can be its noun or its unit."""
    begin, words = cursor.place, 0
    if sign := _SIGN.match(cursor.text, cursor.place):
        cursor.place = cursor.end = sign.end()
        return sign.group(1)
    while words < _NOUN_WORDS and (word := _WORD.match(cursor.text, cursor.place)):
        bare = word.group(1)
        if _STOP.fullmatch(bare) or bare.lstrip("-")[:1].isdigit():
            break
        cursor.place = cursor.end = word.end()
        words += 1
    return cursor.text[begin : cursor.end].strip().removeprefix("-") if words else ""
