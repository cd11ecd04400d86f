"""Draws a chart as PNG. The font is that of a package: those of the system differ from machine to machine."""

from functools import cache
from importlib.resources import files

from resvg_py import svg_to_bytes

_FONT = "Source Sans Pro"
_FILES = ("SourceSansPro-Regular.ttf", "SourceSansPro-Semibold.ttf")
_MOST_PIXELS = 16_000_000
_LAST_LETTER = 0x052F  # of the Latin, Greek and Cyrillic letters, which the font has
_SIGNS = {0x2068: None, 0x2069: None, 0x21B3: "»"}  # which the font does not have
NOTE = "Letters of some scripts are missing in this picture; the SVG has them."


@cache
def _fonts() -> list[str]:
    folder = files("font_source_sans_pro") / "files"
    return [str(folder / name) for name in _FILES]


def is_drawn(text: str) -> bool:
    """Whether the font has all letters of the text."""
    return all(ord(character) <= _LAST_LETTER or not character.isalnum() for character in text)


def png(svg: str, width: int, height: int) -> bytes:
    """Draws the SVG, `width` pixels wide; less wide if it would have too many pixels."""
    if width * height > _MOST_PIXELS:
        width = max(int(width * (_MOST_PIXELS / (width * height)) ** 0.5), 1)
    return svg_to_bytes(
        svg_string=svg.translate(_SIGNS),
        width=width,
        skip_system_fonts=True,
        font_files=_fonts(),
        font_family=_FONT,
        sans_serif_family=_FONT,
    )
