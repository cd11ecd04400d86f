"""Converts Pydantic's validation errors to faults with JSON pointers. Only field names are echoed."""

import difflib
import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from service.errors import Fault, Invalid, Place

_MAX_NAME = 100
_PLACES: dict[str, Place] = {"body": "body", "query": "query", "path": "path", "header": "header"}
_MESSAGES = {
    "missing": "This is required.",
    "extra_forbidden": "Unknown field.",
    "json_invalid": "The body is not valid JSON.",
    "model_attributes_type": "Expected a JSON object.",
    "model_type": "Expected a JSON object.",
    "dict_type": "Expected a JSON object.",
    "list_type": "Expected a list.",
    "string_type": "Expected a string.",
    "string_unicode": "The text holds half of a surrogate pair. Send valid Unicode.",
    "int_type": "Expected a whole number.",
    "int_parsing": "Expected a whole number.",
    "int_parsing_size": "The number is out of bounds.",
    "int_from_float": "Expected a whole number.",
    "bool_type": "Expected true or false.",
    "bool_parsing": "Expected true or false.",
}
# filled with the values in the error's context
_TEMPLATES = {
    "string_too_short": "Expected at least {min_length} characters.",
    "string_too_long": "Expected at most {max_length} characters.",
    "too_short": "Expected at least {min_length} items.",
    "too_long": "Expected at most {max_length} items.",
    "greater_than_equal": "Expected {ge} or more.",
    "less_than_equal": "Expected {le} or less.",
    "literal_error": "Expected {expected}.",
    "enum": "Expected {expected}.",
}


def faults_of(errors: Iterable[Any]) -> list[Fault]:
    """Pydantic's errors as faults with pointers. An error repeated for each branch of a union is reported once."""
    faults: dict[tuple[str, str], Fault] = {}
    for error in errors:
        place, *path = error["loc"] or ("body",)
        # for a repeated query parameter, only its name is reported
        steps: list[str | int] = path[:1] if place == "query" else path
        pointer = "".join(f"/{_name(step)}" for step in steps if not _is_union_branch(step))
        detail = _detail(error)
        fault = Fault(pointer, detail, place=_PLACES.get(str(place), "body"))
        faults.setdefault((fault.place, pointer), fault)
    return list(faults.values())


def validated(model: type[BaseModel], fields: Any) -> Any:
    """The validated model. Raises Invalid with a pointer to each invalid field."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        # unlike FastAPI's, Pydantic's locations have no leading place
        faults = faults_of({**e, "loc": ("body", *e["loc"])} for e in error.errors(include_url=False))
        raise Invalid(faults[0].detail, faults) from None


def _detail(error: Any) -> str:
    template = _TEMPLATES.get(error["type"])
    if template is not None:
        return template.format(**error["ctx"]) + _nearest(error)
    return _MESSAGES.get(error["type"]) or str(error["msg"])


def _nearest(error: Any) -> str:
    """A hint with the expected word closest to the input, if any."""
    words = re.findall("'([^']+)'", str(error["ctx"].get("expected", "")))
    given = error["input"]
    if not words or not isinstance(given, str) or len(given) > _MAX_NAME:
        return ""
    near = difflib.get_close_matches("_".join(given.casefold().replace("-", " ").split()), words, 1)
    return f" Did you mean '{near[0]}'?" if near else ""


def _is_union_branch(step: str | int) -> bool:
    """Pydantic puts the branch of a union into the path, as in `('value', 'nullable[…]')`."""
    return isinstance(step, str) and ("[" in step or step == "missing-sentinel")


def _name(step: str | int) -> str:
    return str(step)[:_MAX_NAME].replace("~", "~0").replace("/", "~1")
