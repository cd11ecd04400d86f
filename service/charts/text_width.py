"""How wide text is drawn, about, and text that fits a width.

A program that draws SVG chooses the font, so widths are estimates, and rather too wide: those of Helvetica by class of
letter, with a margin. Scripts that are written in squares take a whole em.
"""

import unicodedata
from collections.abc import Iterator

_MARGIN = 1.08
_NARROW, _SLIM, _USUAL, _CAPITAL, _BROAD, _SQUARE = 0.28, 0.36, 0.56, 0.70, 0.90, 1.05
_CLASSES = (
    dict.fromkeys("ijl|'’.,:;!·", _NARROW)
    | dict.fromkeys('frtI()[]{}-/\\ "*“”', _SLIM)
    | dict.fromkeys("mwMW@%—…→×", _BROAD)
)


def width_of(text: str, size: float) -> float:
    """The width in pixels at a font size in pixels."""
    return sum(map(_share, text)) * size * _MARGIN


def _share(character: str) -> float:
    known = _CLASSES.get(character)
    if known is not None:
        return known
    if character.isascii():
        return _CAPITAL if character.isupper() else _USUAL
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0.0
    if unicodedata.east_asian_width(character) in "WF" or unicodedata.category(character) == "So":
        return _SQUARE
    return _BROAD if character.isupper() else _CAPITAL


def cut(text: str, room: float, size: float) -> str:
    """The text, or its beginning with an ellipsis, in so many pixels."""
    if width_of(text, size) <= room:
        return text
    left = room - width_of("…", size)
    kept = ""
    for character in text:
        left -= width_of(character, size)
        if left < 0:
            break
        kept += character
    return f"{kept.rstrip()}…"


def wrapped(text: str, room: float, size: float, most: int) -> list[str]:
    """The text in at most `most` lines, broken between words; what does not fit is cut."""
    lines: list[str] = []
    rest = text
    while rest and len(lines) < most - 1:
        line, rest = _first_line(rest, room, size)
        lines.append(line)
    return [*lines, cut(rest, room, size)] if rest or not lines else lines


def _first_line(text: str, room: float, size: float) -> tuple[str, str]:
    if width_of(text, size) <= room:
        return text, ""
    end = 0
    for place in _breaks(text):
        if width_of(text[:place], size) > room:
            break
        end = place
    if end == 0:  # one long word, or a script without spaces
        end = max(len(cut(text, room, size)) - 1, 1)
    return text[:end].rstrip(), text[end:].lstrip()


def _breaks(text: str) -> Iterator[int]:
    return (place for place, character in enumerate(text) if character == " ")
