"""Mappings: how the columns of another spreadsheet become ours, in TOML.

    date_order = "mdy"                      # options of tables

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

    [metric."Training cost"]                # properties of a metric that is created
    unit = "USD"

    [scope."Training cost"."pre-training"]  # which scope a new one is a part of
    part_of = "full run"

A figure is left out if the row has no number for it. Doubled braces give a single brace.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable
from collections.abc import Mapping as MappingOf
from functools import partial
from itertools import compress
from typing import Annotated, Any

from pydantic import Field

from service.domain.names import fold_name
from service.domain.vocabulary import Additive, OverTime, Scale
from service.errors import Fault, Invalid
from service.schemas.base import Body
from service.schemas.faults import validated
from service.schemas.imports import TableOptions
from service.schemas.types import Bool, Key, Line, Text, UnitText
from service.transfer.columns import COLUMNS, NUMBERS

_LONGEST = 25_000  # characters
_MOST_FAULTS, _MOST_COMPARED = 20, 200  # finding the closest name takes long
_LONGEST_CHAIN = 50  # of scopes
_MOST_PLACEHOLDERS = 1_000  # each is filled for each row of the file
_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")
# A dotted key of many parts: the parser takes quadratic time for it. It begins a part only where no part goes on, so
# that the search itself is linear.
_PART = r"""(?:(?<![\w-])[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_DEEP = re.compile(rf"(?:{_PART}[ \t]*+\.[ \t]*+){{8}}")


IsMissing = Callable[[str, str], bool]


def _is_empty(_column: str, text: str) -> bool:
    return not text


class Template:
    """A text with column names in braces, parsed once."""

    def __init__(self, text: str) -> None:
        self.parts: list[tuple[str, str | None]] = []  # a literal text, and the column after it
        literal, place = "", 0
        for found in _FIELD.finditer(text):
            literal += text[place : found.start()]
            place = found.end()
            if found[1] is None:
                literal += found[0][0]
            else:
                self.parts.append((literal, found[1]))
                literal = ""
        self.parts.append((literal + text[place:], None))
        self.columns = [column for _, column in self.parts if column is not None]

    def fill(self, cells: MappingOf[str, str], is_missing: Callable[[str], bool], *, whole: bool = False) -> str:
        """The text with column names replaced by their cells; empty if all those cells are empty, or if `whole` and any
        of them is. `is_missing` says which texts mean that a cell is empty.
        """
        given = {name: "" if is_missing(cells.get(name, "")) else cells[name] for name in self.columns}
        if self.columns and not (all if whole else any)(given.values()):
            return ""
        filled = []
        size = 0
        for literal, column in self.parts:
            filled += [literal, given[column] if column is not None else ""]
            size += len(filled[-1]) + len(literal)
            if size > _LONGEST:  # longer than any field allows, so validation refuses it
                break
        return "".join(filled)[: _LONGEST + 1].strip()


class MetricProperties(Body):
    """What a metric is created with, if the rows create it. What is not given follows from them."""

    key: Key | None = None
    definition: Text | None = None
    unit: UnitText | None = None
    scale: Scale | None = None
    signed: Bool | None = None
    additive: Additive | None = None
    over_time: OverTime | None = None


class ScopeProperties(Body):
    part_of: Line = Field(description="The key or name of a scope of the same metric, created if it does not exist.")


class Properties:
    """Properties of new metrics and scopes, by their folded names."""

    def __init__(self, file: "MappingFile | None" = None) -> None:
        self._metrics = {fold_name(name): given for name, given in (file.metric if file else {}).items()}
        self._wholes: dict[str, dict[str, str]] = {}  # by metric and scope
        for metric, scopes in (file.scope if file else {}).items():
            wholes = {fold_name(scope): given.part_of for scope, given in scopes.items()}
            for scope in wholes:
                _refuse_circle(metric, scope, wholes)
            self._wholes[fold_name(metric)] = wholes

    def of_metric(self, name: str) -> dict[str, Any]:
        given = self._metrics.get(fold_name(name))
        return given.model_dump(exclude_none=True) if given else {}

    def whole_of(self, metric: str, scope: str) -> str | None:
        """The scope of which a new one is a part."""
        return self._wholes.get(fold_name(metric), {}).get(fold_name(scope))


def _refuse_circle(metric: str, scope: str, wholes: MappingOf[str, str]) -> None:
    """Raises Invalid if a scope is a part of itself, or at the end of too long a chain."""
    chain = [scope]
    while (whole := wholes.get(chain[-1])) is not None:
        chain.append(fold_name(whole))
        if len(chain) > _LONGEST_CHAIN or chain[-1] == scope:
            detail = f"A scope is a part of itself, or deeper than {_LONGEST_CHAIN}."
            raise Invalid.at(f"/mapping/scope/{metric[:100]}/{scope[:100]}", detail, "query")


class MappingFile(TableOptions):
    """A mapping as written in its file: how the table is read, and what its columns become."""

    row: dict[str, str] = {}
    figure: list[dict[str, str]] = Field([], max_length=50)
    words: dict[str, dict[str, str]] = {}
    metric: dict[str, MetricProperties] = Field({}, max_length=1_000)
    scope: dict[str, Annotated[dict[str, ScopeProperties], Field(max_length=1_000)]] = Field({}, max_length=1_000)


class Mapping:
    """A mapping whose texts are parsed."""

    def __init__(self, file: MappingFile) -> None:
        self.options = file.table
        self.words = file.words
        self.properties = Properties(file)
        self._row = {name: Template(text) for name, text in file.row.items()}
        self._figures = [{name: Template(text) for name, text in one.items()} for one in file.figure or [{}]]

    @property
    def placeholders(self) -> list[str]:
        """The columns that the texts name, each as often as it is named."""
        return [column for part in (self._row, *self._figures) for text in part.values() for column in text.columns]

    def columns_used(self) -> set[str]:
        return set(self.placeholders)

    def rows(
        self, cells: MappingOf[str, str], is_missing: IsMissing = _is_empty
    ) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        """Our rows, one per figure, from one of theirs; and those that are left out, since they have no number.
        `is_missing` says for one of our columns whether a text means that there is nothing.
        """
        common = self._filled(self._row, cells, is_missing)  # once, however many figures a row has
        made = [self._one(common | self._filled(figure, cells, is_missing)) for figure in self._figures]
        has_number = [any(row.get(name) for name in (*NUMBERS, "stated_as")) for row in made]
        if not any(has_number):
            return made[:1], []  # whose validation reports what is missing
        return list(compress(made, has_number)), [row for row, has in zip(made, has_number, strict=True) if not has]

    def _filled(
        self, texts: MappingOf[str, Template], cells: MappingOf[str, str], is_missing: IsMissing
    ) -> dict[str, str]:
        filled = {
            name: text.fill(cells, partial(is_missing, name), whole=name.endswith("_identifier"))
            for name, text in texts.items()
        }
        return {name: self.words.get(name, {}).get(text, text) for name, text in filled.items()}

    @staticmethod
    def _one(row: dict[str, str]) -> dict[str, str]:
        if not (row.get("lower") or row.get("upper")):
            row.pop("interval_kind", None)  # the mapping sets it for all rows, and this one has no bounds
        return row


def parse_mapping(text: str) -> Mapping:
    """Raises Invalid if the text is not a valid mapping."""
    if _DEEP.search(text):
        raise Invalid.at("/mapping", "The mapping is nested too deep: a key has at most seven parts.", "query")
    try:
        found: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Invalid.at("/mapping", f"The mapping is not TOML: {str(error)[:200]}.", "query") from None
    except ValueError:
        raise Invalid.at("/mapping", "The mapping is not TOML: a number has thousands of digits.", "query") from None
    try:
        file: MappingFile = validated(MappingFile, found)
    except Invalid as error:
        raise error.under("/mapping") from None
    parts: dict[str, Iterable[str]] = {"row": file.row, "words": file.words}
    parts |= {f"figure/{index}": part for index, part in enumerate(file.figure)}
    for where, part in parts.items():
        refuse_unknown(part, COLUMNS, f"/mapping/{where}/", "our columns")
    mapping = Mapping(file)
    if len(mapping.placeholders) > _MOST_PLACEHOLDERS:
        detail = f"The mapping names columns {len(mapping.placeholders):,} times; at most {_MOST_PLACEHOLDERS:,}."
        raise Invalid.at("/mapping", detail, "query")
    return mapping


def refuse_unknown(names: Iterable[str], known: Iterable[str], pointer: str, whose: str) -> None:
    """Raises Invalid for the first unknown names, each with the closest known one."""
    listed = list(dict.fromkeys(known))
    given = set(listed)
    unknown = [name for name in names if name not in given][:_MOST_FAULTS]
    faults = []
    for name in unknown:
        shown = name[:100]
        near = difflib.get_close_matches(shown, [one[:100] for one in listed[:_MOST_COMPARED]], 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        faults.append(Fault(f"{pointer}{shown}", f"{shown!r} is none of {whose}.{hint}", place="file"))
    if faults:
        raise Invalid(faults[0].detail, faults)
