"""Filters of pages, which have one value at most, as those of lists, which have any number."""

from typing import TypeVar

_Value = TypeVar("_Value")


def as_list(value: _Value | None) -> list[_Value]:
    """An empty list for a filter that is not given, or is empty."""
    return [value] if value else []
