"""Pydantic's validation errors in the service's words: with JSON pointers, and nothing echoed but names of fields."""

from collections.abc import Iterable
from typing import Any

from service.errors import Fault, Place

_MAX_NAME = 100
_PLACES: dict[str, Place] = {"body": "body", "query": "query", "path": "path", "header": "header"}
_MESSAGES = {
    "missing": "This is required.",
    "extra_forbidden": "There is no such field.",
    "json_invalid": "The body is not valid JSON.",
    "model_attributes_type": "Expected a JSON object.",
    "model_type": "Expected a JSON object.",
    "dict_type": "Expected a JSON object.",
    "list_type": "Expected a list.",
    "string_type": "Expected a string.",
    "int_type": "Expected a whole number.",
    "bool_type": "Expected true or false.",
}


def faults_of(errors: Iterable[Any]) -> list[Fault]:
    """Pydantic's errors, told with pointers. An error that repeats for each part of a union is told once."""
    faults: dict[tuple[str, str], Fault] = {}
    for error in errors:
        place, *path = error["loc"] or ("body",)
        pointer = "".join(f"/{_name(step)}" for step in path if not _is_union_branch(step))
        detail = _MESSAGES.get(error["type"]) or str(error["msg"])
        fault = Fault(pointer, detail, place=_PLACES.get(str(place), "body"))
        faults.setdefault((fault.place, pointer), fault)
    return list(faults.values())


def _is_union_branch(step: str | int) -> bool:
    """Pydantic puts the branch of a union into the path, as in `('value', 'nullable[…]')`."""
    return isinstance(step, str) and ("[" in step or step == "missing-sentinel")


def _name(step: str | int) -> str:
    return str(step)[:_MAX_NAME].replace("~", "~0").replace("/", "~1")
