"""Text as it is stored: valid Unicode in composed form (NFC), without what makes composing it slow."""

import re
import unicodedata

from service.errors import Invalid

_SURROGATE = re.compile("[\ud800-\udfff]")
# UAX #15, section 13: no text needs more. Python's normalisation is quadratic in the length of such a run.
_MOST_MARKS = 30
_NON_ASCII_RUN = re.compile(rf"[^\x00-\x7f]{{{_MOST_MARKS + 1},}}")
_UNSEEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me", "Zs", "Zl", "Zp")
_BLANK = "\u115f\u1160\u2800\u3164\uffa0\U0001d159\U00013441\U00013442"  # letters and signs that are drawn as nothing


def composed(text: str) -> str:
    """The text in NFC. Raises Invalid for characters that the database cannot store, and for more combining marks in a
    row than any writing has.
    """
    if text.isascii() and "\x00" not in text:
        return text
    if "\x00" in text:
        raise Invalid.at("", "The text holds U+0000, which cannot be stored. Remove it.")
    if _SURROGATE.search(text):
        raise Invalid.at("", "The text holds half of a surrogate pair. Send valid Unicode.")
    if any(_has_many_marks(run[0]) for run in _NON_ASCII_RUN.finditer(text)):
        raise Invalid.at("", f"The text holds more than {_MOST_MARKS} combining marks in a row.")
    return unicodedata.normalize("NFC", text)


def _has_many_marks(text: str) -> bool:
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > _MOST_MARKS:
            return True
    return False


def has_visible(text: str) -> bool:
    """Whether any character of the text can be seen. A text of zero-width spaces alone has none."""
    return any(character not in _BLANK and unicodedata.category(character) not in _UNSEEN for character in text)
