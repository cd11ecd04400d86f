"""Mappings: how the columns of another spreadsheet become ours, in TOML.

    date_order = "mdy"

    [row]                                   # our column = a text with {their columns} in it
    subject = "{Owner}"
    period = "{Start date} to {End date}"
    source_title = "AI chip owners"

    [[figure]]                              # one or more figures of each row
    metric = "compute-owned"
    unit = "H100e"
    value = "{H100e (median)}"

    [words.basis]                           # from their words to ours
    "Company disclosure" = "reported"

A figure is left out if the row has no number for it. Doubled braces give a single brace.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from typing import Any

from pydantic import Field

from service.domain.vocabulary import DateOrder
from service.errors import Fault, Invalid
from service.schemas.base import Body
from service.schemas.faults import validated
from service.transfer.columns import COLUMNS, NUMBERS

_LONGEST = 25_000  # characters
_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")


class Mapping(Body):
    """A mapping as written in the file."""

    date_order: DateOrder | None = None
    row: dict[str, str] = {}
    figure: list[dict[str, str]] = Field([], max_length=50)
    words: dict[str, dict[str, str]] = {}

    def columns_used(self) -> set[str]:
        texts = [text for part in (self.row, *self.figure) for text in part.values()]
        return {found[1] for text in texts for found in _FIELD.finditer(text) if found[1]}

    def rows(self, cells: MappingOf[str, str]) -> list[dict[str, str]]:
        """Our rows, one per figure, from one of theirs."""
        made = [self._row(self.row | figure, cells) for figure in self.figure or [{}]]
        with_numbers = [row for row in made if any(row.get(name) for name in (*NUMBERS, "stated_as"))]
        return with_numbers or made[:1]  # whose validation reports what is missing

    def _row(self, texts: MappingOf[str, str], cells: MappingOf[str, str]) -> dict[str, str]:
        filled = {name: _fill(text, cells) for name, text in texts.items()}
        row = {name: self.words.get(name, {}).get(text, text) for name, text in filled.items()}
        if not (row.get("lower") or row.get("upper")):
            row.pop("interval_kind", None)  # the mapping sets it for all rows, and this one has no bounds
        return row


def _fill(text: str, cells: MappingOf[str, str]) -> str:
    """The text with column names replaced by their cells; empty if all those cells are empty."""
    names = [found[1] for found in _FIELD.finditer(text) if found[1]]
    if names and not any(cells.get(name) for name in names):
        return ""
    filled, place = "", 0
    for found in _FIELD.finditer(text):
        filled += text[place : found.start()] + (cells.get(found[1], "") if found[1] else found[0][0])
        place = found.end()
        if len(filled) > _LONGEST:
            return filled[: _LONGEST + 1]  # longer than any field allows, so validation refuses it
    return (filled + text[place:]).strip()


def parse_mapping(text: str) -> Mapping:
    """Raises Invalid if the text is not a valid mapping."""
    try:
        found: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Invalid.at("/mapping", f"The mapping is not TOML: {str(error)[:200]}.", "query") from None
    try:
        mapping: Mapping = validated(Mapping, found)
    except Invalid as error:
        raise error.under("/mapping") from None
    parts: dict[str, Iterable[str]] = {"row": mapping.row, "words": mapping.words}
    parts |= {f"figure/{index}": part for index, part in enumerate(mapping.figure)}
    for where, part in parts.items():
        refuse_unknown(part, COLUMNS, f"/mapping/{where}/", "our columns")
    return mapping


def refuse_unknown(names: Iterable[str], known: Iterable[str], pointer: str, whose: str) -> None:
    """Raises Invalid for unknown names, each with the closest known one."""
    known = list(known)
    faults = []
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            faults.append(Fault(f"{pointer}{name[:100]}", f"{name[:100]!r} is none of {whose}.{hint}", place="file"))
    if faults:
        raise Invalid(faults[0].detail, faults)
