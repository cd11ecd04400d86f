"""The fields of the forms for each kind of record: how they are shown, and how they are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from service.domain.vocabulary import (
    Additive,
    Basis,
    ClaimantRole,
    DisputeStatus,
    DisputeType,
    EntityKind,
    EquationKind,
    IntervalKind,
    OverTime,
    Qualifier,
    Scale,
    SourceKind,
    Word,
)

Values = Mapping[str, str]  # of a form, by field; without the empty ones
_DATE = "2025-09-17, 2025-09, 2025 or Q3 2025"
_REF = "its key or id"
_FACTORS = "one a line: gpu-hours, or ÷ gpu-hours; then pairs of parts: full = full; pre-training = -"
_UNSTATED = "-"  # a scope that is not stated


class _Standing(Word):
    """The states of a claim that an author sets."""

    ACTIVE = "active", "it stands"
    RETRACTED = "retracted", "the claimant has taken it back"


@dataclass(frozen=True, slots=True)
class FormField:
    """`choices` are the words to choose from; `hint` says how to write it."""

    name: str
    label: str
    widget: Literal[
        "line", "text", "lines", "pairs", "choice", "flag", "number", "ref", "refs", "factors", "stances"
    ] = "line"
    choices: Sequence[Word] = ()
    hint: str = ""
    is_required: bool = False


def _choice(name: str, label: str, choices: type[Word], *, is_required: bool = False) -> FormField:
    return FormField(name, label, "choice", list(choices), is_required=is_required)


_KEY = FormField("key", "Key", hint="short, in lower case, with hyphens; it cannot be changed later")
_NAME = FormField("name", "Name", is_required=True)
_DEFINITION = FormField("definition", "Definition", "text")
_NOTES = FormField("notes", "Notes", "text")

FIELDS: Mapping[str, Sequence[FormField]] = {
    "source": (
        FormField("title", "Title", is_required=True),
        _choice("kind", "Kind", SourceKind, is_required=True),
        FormField("publisher", "Publisher"),
        FormField("authors", "Authors", "lines", hint="one a line"),
        FormField("url", "Address (URL)"),
        FormField("archived_url", "Archived at (URL)"),
        FormField("doi", "DOI"),
        FormField("published", "Published", hint=_DATE),
        FormField("accessed_on", "Read on", hint="2025-09-17"),
        FormField("language", "Language", hint="en, de, zh"),
        FormField("peer_reviewed", "Peer reviewed", "flag"),
        _NOTES,
        _KEY,
    ),
    "entity": (
        _NAME,
        _choice("kind", "Kind", EntityKind, is_required=True),
        FormField("aliases", "Other names", "lines", hint="one a line"),
        FormField("part_of", "Part of", "ref", hint=_REF),
        FormField("same_as", "The same as (URLs)", "lines", hint="one a line"),
        FormField("identifiers", "Identifiers", "pairs", hint="one a line: wikidata: Q2112"),
        FormField("description", "Description", "text"),
        _KEY,
    ),
    "metric": (
        _NAME,
        FormField("unit", "Unit", hint="USD, hours, GPUs, 1 for plain numbers", is_required=True),
        _DEFINITION,
        _choice("scale", "Scale", Scale),
        FormField("signed", "May be negative", "flag"),
        _choice("additive", "Do parts add up?", Additive),
        _choice("over_time", "Over time", OverTime),
        _KEY,
    ),
    "scope": (
        _NAME,
        _DEFINITION,
        FormField("part_of", "Part of the scope", "ref", hint=_REF),
        _KEY,
    ),
    "claim": (
        FormField("statement", "What is claimed", "text", is_required=True),
        FormField("quote", "The source's words", "text"),
        FormField("source", "Source", "ref", hint=_REF, is_required=True),
        FormField("locator", "Where in it", hint="page 12, paragraph 3"),
        FormField("claimant", "Who says it", "ref", hint=_REF, is_required=True),
        _choice("claimant_role", "Their role", ClaimantRole),
        FormField("speaks_for", "On behalf of", "ref", hint=_REF),
        FormField("subject", "About", "ref", hint=_REF, is_required=True),
        FormField("asserted", "Said on", hint=_DATE),
        FormField("derived_from", "Repeats the claim", "ref", hint=_REF),
        FormField("supersedes", "Replaces the claim", "ref", hint=_REF),
        FormField("stances", "Stances on propositions", "stances", hint="one a line: key: supports, likely"),
        _choice("status", "Status", _Standing),
        FormField("retracted_on", "Retracted on", hint=_DATE),
        _NOTES,
        _KEY,
    ),
    "figure": (
        FormField("stated_as", "As stated", hint="about $5.6 million"),
        _choice("qualifier", "Qualifier", Qualifier, is_required=True),
        FormField("value", "Value"),
        FormField("lower", "Lower end"),
        FormField("upper", "Upper end"),
        _choice("interval_kind", "Kind of interval", IntervalKind),
        FormField("precision", "Precision", hint="the unit of the last stated digit"),
        FormField("unit", "Unit", is_required=True),
        FormField("metric", "Quantity", "ref", hint=_REF, is_required=True),
        FormField("scope", "Part that is counted", "ref", hint=_REF),
        _choice("basis", "Basis", Basis, is_required=True),
        FormField("method", "Method", "text"),
        FormField("period", "Period", hint=_DATE),
        FormField("price_year", "In prices of the year", "number"),
        FormField("relayed", "Repeats the claim's origin", "flag"),
    ),
    "dispute": (
        _choice("type", "What is wrong", DisputeType, is_required=True),
        FormField("rationale", "Why", "text", hint="needed unless another claim disputes it"),
        FormField("raised_by", "Who disputes it", "ref", hint=_REF),
        FormField("disputing_claim", "The claim that disputes it", "ref", hint=_REF),
        FormField("opened", "Since", hint=_DATE),
        _choice("status", "Status", DisputeStatus),
        FormField("closed", "Until", hint=_DATE),
        FormField("resolution", "Resolution", "text"),
        _KEY,
    ),
    "equation": (
        _NAME,
        _choice("kind", "Kind", EquationKind, is_required=True),
        FormField("metric", "Quantity that is computed", "ref", hint=_REF, is_required=True),
        FormField("factors", "Factors of a product", "factors", hint=_FACTORS),
        FormField("scope", "Part that is a sum", "ref", hint="for a sum: the key of the part"),
        FormField("parts", "Its parts", "refs", hint="for a sum: one key a line"),
        FormField("complete", "The parts are all of it", "flag"),
        _DEFINITION,
        _KEY,
    ),
    "proposition": (
        FormField("text", "The statement", "text", is_required=True),
        FormField("subject", "About", "ref", hint=_REF, is_required=True),
        FormField("scope_text", "What is meant, and what is not"),
        FormField("period", "Period", hint=_DATE),
        FormField("part_of", "A part of the proposition", "ref", hint=_REF),
        FormField("language", "Language", hint="en, de, zh"),
        _KEY,
    ),
}


def shown(field: FormField, value: Any) -> str:
    """The value of a record's field as its form shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "\n".join(_line(field, one) for one in value)
    if field.widget == "pairs":
        return "\n".join(f"{name}: {text}" for name, text in value.items())
    if isinstance(value, dict):  # another record
        return str(value.get("key") or value["id"])
    return str(value)


def _line(field: FormField, value: Any) -> str:
    """One value of a list, as a line of its form's field."""
    if field.widget == "stances":
        hedge = f", {value['hedge']}" if value["hedge"] else ""
        return f"{_ref(value['proposition'])}: {value['stance']}{hedge}"
    if field.widget == "factors":
        sign = "÷ " if value["exponent"] < 0 else ""
        pairs = "; ".join(f"{_ref(pair['output'])} = {_ref(pair['input'])}" for pair in value["scopes"])
        return f"{sign}{_ref(value['metric'])}{': ' + pairs if pairs else ''}"
    return _ref(value) if field.widget == "refs" else str(value)


def _ref(value: Mapping[str, Any] | None) -> str:
    return _UNSTATED if value is None else str(value.get("key") or value["id"])


def _read_stance(line: str) -> dict[str, Any]:
    ref, _, rest = line.partition(":")
    stance, _, hedge = rest.partition(",")
    return {"proposition": ref.strip(), "stance": stance.strip(), "hedge": hedge.strip() or None}


def _read_factor(line: str) -> dict[str, Any]:
    named, _, rest = line.partition(":")
    metric = named.strip()
    pairs = [pair.partition("=") for pair in rest.split(";") if pair.strip()]
    return {
        "metric": metric.removeprefix("÷").strip(),
        "exponent": -1 if metric.startswith("÷") else 1,
        "scopes": [{"output": _read_scope(output), "input": _read_scope(own)} for output, _, own in pairs],
    }


def _read_scope(text: str) -> str | None:
    return None if text.strip() in ("", _UNSTATED) else text.strip()


def given(field: FormField, text: str) -> Any:
    """What was written in a form's field, as the API takes it. An empty field is null, or an empty list."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if field.widget in ("lines", "refs"):
        return lines
    if field.widget == "stances":
        return [_read_stance(line) for line in lines]
    if field.widget == "factors":
        return [_read_factor(line) for line in lines]
    if field.widget == "pairs":
        pairs = (line.partition(":") for line in text.split("\n") if line.strip())
        return {name.strip(): value.strip() for name, _, value in pairs}
    if not text.strip():
        return None
    if field.widget == "flag":
        return {"true": True, "false": False}.get(text, text)
    if field.widget == "number":
        return int(text) if text.strip().isascii() and text.strip().isdigit() and len(text) < 10 else text
    return text.strip()
