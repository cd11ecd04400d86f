"""The filters of lists: they turn the parameters of a query into conditions with bound values.

The given values decide a filter's *form*, for example one value or several. The condition depends on the form only. So
the forms of all filters of a query define its statement, which is built once (`pagination.py`).
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection, bindparam, exists, false, select, true
from sqlalchemy.types import TypeEngine

from service.db.models import MeasurandRow
from service.domain.key import is_uuid, normal_measurand_key
from service.domain.search import query_tokens
from service.errors import Invalid
from service.store import rows
from service.store.lists import search_index
from service.store.records import references

Form = Hashable
Given = Mapping[str, Any]  # the parameters of a query, by name
_MAX_PARTS = 8


class Bound(NamedTuple):
    """A filter that is in use: its form and the values to bind."""

    form: Form
    values: dict[str, Any]


class Filter(Protocol):
    def bind(self, connection: Connection, name: str, given: Given) -> Bound | None:
        """Returns None if the parameters do not use the filter. Raises Invalid for a record that does not exist."""

    def condition(self, name: str, form: Form, dialect: str) -> Any:
        """Returns the condition on the rows. Its parameters have names that begin with `name`."""


@dataclass(frozen=True, slots=True)
class Each:
    """The form of several values, for each of which a page is fetched (`pagination.py`)."""

    count: int


@dataclass(frozen=True, slots=True)
class Part:
    """The form of one of the values of `Each`."""

    number: int


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Matches any of the given values; `all` among them disables the filter. `in_parts` is for values that many rows
    have.
    """

    column: Any
    in_parts: bool = False

    def bind(self, connection: Connection, name: str, given: Given) -> Bound | None:  # noqa: ARG002
        values = list(dict.fromkeys(given.get(name) or ()))
        if not values or "all" in values:
            return None
        return _any_of(name, values, in_parts=self.in_parts)

    def condition(self, name: str, form: Form, dialect: str) -> Any:  # noqa: ARG002
        kind = self.column.type
        if form == "many":
            return self.column.in_(bindparam(name, type_=kind, expanding=True))
        if isinstance(form, Each):  # where another filter is split into parts, or rows are only counted
            return self.column.in_([bindparam(f"{name}__{number}", type_=kind) for number in range(form.count)])
        # an equality for a single value, because that keeps the order of an index
        return self.column == bindparam(f"{name}__{form.number}" if isinstance(form, Part) else name, type_=kind)


def _any_of(name: str, values: Sequence[Any], *, in_parts: bool) -> Bound:
    if len(values) == 1:
        return Bound("one", {name: values[0]})
    if in_parts and len(values) <= _MAX_PARTS:
        return Bound(Each(len(values)), {f"{name}__{number}": value for number, value in enumerate(values)})
    return Bound("many", {name: list(values)})


@dataclass(frozen=True, slots=True)
class CopiesToo:
    """Leaves out measurands with copies only, unless they are asked for."""

    copies_only: Any

    def bind(self, connection: Connection, name: str, given: Given) -> Bound | None:  # noqa: ARG002
        return None if given.get(name) else Bound("without", {})

    def condition(self, name: str, form: Form, dialect: str) -> Any:  # noqa: ARG002
        return rows.is_false(self.copies_only)


@dataclass(frozen=True, slots=True)
class RefTo:
    """Matches rows that refer to any of the records given by id or key. One key can name several scopes."""

    table: Any
    column: Any

    def bind(self, connection: Connection, name: str, given: Given) -> Bound | None:
        refs = given.get(name)
        if not refs:
            return None
        return _any_of(name, references.filter_ids(connection, self.table, refs, name), in_parts=True)

    def condition(self, name: str, form: Form, dialect: str) -> Any:
        return AnyOf(self.column).condition(name, form, dialect)


@dataclass(frozen=True, slots=True)
class RefToMeasurand:
    """Like `RefTo`, for measurands, whose keys have several notations."""

    column: Any

    def bind(self, connection: Connection, name: str, given: Given) -> Bound | None:
        refs = given.get(name)
        return _any_of(name, measurand_ids(connection, name, refs), in_parts=True) if refs else None

    def condition(self, name: str, form: Form, dialect: str) -> Any:
        return AnyOf(self.column).condition(name, form, dialect)


_MEASURANDS = select(MeasurandRow.id, MeasurandRow.key)


def measurand_ids(connection: Connection, name: str, refs: Sequence[str]) -> list[str]:
    ids = [ref.lower() for ref in refs if is_uuid(ref)]
    try:
        keys = [normal_measurand_key(ref) for ref in refs if not is_uuid(ref)]
    except Invalid as error:
        raise Invalid.at(f"/{name}", f"This names no measurand. {error.detail}", "query") from None
    found = connection.execute(_MEASURANDS.where(MeasurandRow.id.in_(ids) | MeasurandRow.key.in_(keys))).all()
    if {*ids, *keys} - {named for row in found for named in row}:
        raise Invalid.at(f"/{name}", "Unknown measurand.", "query")
    return [row.id for row in found]


@dataclass(frozen=True, slots=True)
class Value:
    """A condition on a single given value."""

    type: TypeEngine[Any]
    build: Callable[[Any], Any]
    convert: Callable[[Any], Any] = lambda value: value

    def bind(self, connection: Connection, name: str, given: Given) -> Bound | None:  # noqa: ARG002
        value = given.get(name)
        return None if value is None else Bound("one", {name: self.convert(value)})

    def condition(self, name: str, form: Form, dialect: str) -> Any:  # noqa: ARG002
        return self.build(bindparam(name, type_=self.type))


@dataclass(frozen=True, slots=True)
class Choice:
    """A fixed condition for each of a few values; other values disable the filter."""

    conditions: Mapping[Any, Any]

    def bind(self, connection: Connection, name: str, given: Given) -> Bound | None:  # noqa: ARG002
        value = given.get(name)
        return Bound(value, {}) if value in self.conditions else None

    def condition(self, name: str, form: Form, dialect: str) -> Any:  # noqa: ARG002
        return self.conditions[form]


@dataclass(frozen=True, slots=True)
class GroupBy:
    """Keeps the first row of each group, in the order of the list. The list itself does so (`pagination.py`)."""

    groups: Mapping[str, Sequence[Any]]  # the columns of a group, by value of the parameter

    def bind(self, connection: Connection, name: str, given: Given) -> Bound | None:  # noqa: ARG002
        return Bound(given[name], {}) if given.get(name) else None

    def condition(self, name: str, form: Form, dialect: str) -> Any:  # noqa: ARG002
        return true()


@dataclass(frozen=True, slots=True)
class HasWords:
    """Matches records that contain all the words; the last one may be a prefix (`store/lists/search_index.py`)."""

    table: Any

    def bind(self, connection: Connection, name: str, given: Given) -> Bound | None:
        if given.get(name) is None:
            return None
        asked = query_tokens(given[name])
        if not asked:
            return Bound("nothing", {})  # only punctuation, which matches no record
        return Bound("words", {name: search_index.expression(rows.noun(self.table), asked, connection.dialect.name)})

    def condition(self, name: str, form: Form, dialect: str) -> Any:
        return false() if form == "nothing" else search_index.has_words(self.table, name, dialect)


@dataclass(frozen=True, slots=True)
class HasOne:
    """Matches rows with a related row in another table that meets all of `filters`, each of which reads a parameter."""

    tie: Sequence[Any]
    filters: Mapping[str, Filter]

    def bind(self, connection: Connection, name: str, given: Given) -> Bound | None:  # noqa: ARG002
        bound = {inner: one.bind(connection, inner, given) for inner, one in self.filters.items()}
        used = {inner: one for inner, one in bound.items() if one is not None}
        if not used:
            return None
        values = {key: value for one in used.values() for key, value in one.values.items()}
        return Bound(tuple((inner, one.form) for inner, one in used.items()), values)

    def condition(self, name: str, form: Any, dialect: str) -> Any:  # noqa: ARG002
        return exists().where(*self.tie, *(self.filters[inner].condition(inner, own, dialect) for inner, own in form))


def withdrawn(table: Any, *others: Any) -> Choice:
    """With "false", lists records that are not withdrawn and whose owners, `others`, are not; with "true", withdrawn
    ones.
    """
    here = [one.withdrawn_at.is_(None) for one in (table, *others)]
    return Choice({"false": _all(here), "true": table.withdrawn_at.is_not(None)})


def _all(conditions: Sequence[Any]) -> Any:
    whole = conditions[0]
    for one in conditions[1:]:
        whole &= one
    return whole
