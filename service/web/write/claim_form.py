"""The form that adds a claim with a figure: the source's words first, then one sentence that says what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from pydantic import TypeAdapter, ValidationError

from service.db.engine import Connection
from service.db.models import EntityRow, MetricRow
from service.domain.compact import exact_stated
from service.domain.drafts import drafts
from service.domain.figure import Stated
from service.domain.key import is_uuid
from service.domain.names import fold_name, key_for
from service.domain.phrase import Unreadable, read_phrase
from service.domain.vocabulary import EntityKind
from service.errors import Conflict, Invalid, ServiceError
from service.schemas.claims import ClaimCreate
from service.schemas.entities import EntityCreate
from service.schemas.faults import validated
from service.schemas.scopes import ScopeCreate
from service.schemas.sources import SourceCreate
from service.schemas.types import MAX_TEXT, Edtf
from service.store.records import claims, entities, metrics, names, scopes, sources
from service.store.records.editing import EDITABLE
from service.store.records.names import Known
from service.store.records.record_writes import new_id
from service.web.write.fields import Values

NEW = "new"  # the choice "none such: create"
_MOST_DRAFTS = 8
_SUGGESTED = ("source", "claimant", "subject", "metric", "scope", "amount")
_POINTERS = {  # of a claim, by the beginning; the field of the form that each is about
    "/figures/0/stated_as": "amount",
    "/figures/0/unit": "amount",
    "/figures/0/basis": "basis",
    "/figures/0/period": "period",
    "/figures/0/scope": "scope",
    "/figures/0/metric": "metric",
    "/figures": "amount",
    "/statement": "statement",
    "/quote": "quote",
    "/locator": "locator",
    "/asserted": "asserted",
    "/claimant": "claimant",
    "/subject": "subject",
    "/source": "source",
    "/derived_from": "derived_from",
    "/supersedes": "supersedes",
}


@dataclass(slots=True)
class Reading:
    """What a form says. `problems` and `choices` are by field; `new` holds what has to be created first."""

    fields: dict[str, str]
    problems: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    amount: str | None = None
    new: list[tuple[str, Any]] = field(default_factory=list)
    figures: list[dict[str, Any]] = field(default_factory=list)
    content: dict[str, Any] = field(default_factory=dict)

    def find_problem(self, name: str, detail: str) -> None:
        self.problems.setdefault(name, detail)

    def body(self) -> ClaimCreate | None:
        """The claim as the API takes it; None if something is wrong with it."""
        if self.problems:
            return None
        try:
            body: ClaimCreate = validated(ClaimCreate, self.content | {"figures": self.figures})
        except Invalid as error:
            self.take(error)
            return None
        return body

    def take(self, error: ServiceError) -> None:
        """Notes an error at the field that it is about."""
        for fault in error.faults:
            found = (name for pointer, name in _POINTERS.items() if fault.pointer.startswith(pointer))
            self.find_problem(next(found, ""), fault.detail)
        if not error.faults:
            self.find_problem("", error.detail)


def read(connection: Connection, fields: Values) -> Reading:
    """Reads the form: who and what is named, and the number. Writes nothing."""
    claim_id = fields.get("id", "")
    claim_id = claim_id.lower() if is_uuid(claim_id) else new_id()
    reading = Reading({**fields, "id": claim_id})
    given = reading.fields
    for name in _SUGGESTED:  # what was chosen of the suggestions goes into the field
        if picked := given.pop(f"{name}_pick", None):
            given[name] = picked
    reading.content = {
        "id": claim_id,
        "source": _source(connection, reading),
        "claimant": _entity(connection, reading, "claimant", EntityKind.ORGANIZATION),
        "subject": _entity(connection, reading, "subject", EntityKind.MODEL),
        **{
            name: given[name]
            for name in ("quote", "locator", "asserted", "derived_from", "supersedes")
            if name in given
        },
    }
    for name in ("period", "asserted"):
        _check_date(reading, name)
    metric = _metric(connection, reading)
    scope = _scope(connection, reading, metric)
    phrase = _amount(reading)
    if "basis" not in given:
        reading.find_problem("basis", "Choose how the number was made.")
    if metric is not None and phrase is not None:
        unit = None if read_phrase(phrase).unit is not None else metrics.PROJECTION.read(connection, metric.id).unit
        reading.figures = [
            {
                "id": str(uuid5(UUID(claim_id), "figure")),
                "metric": metric.id,
                "basis": given.get("basis"),
                "stated_as": phrase,
                **({"unit": unit} if unit is not None else {}),
                **({"scope": scope} if scope is not None else {}),
                **({"period": given["period"]} if "period" in given else {}),
                **({"method": given["method"]} if "method" in given else {}),
            }
        ]
    reading.content["statement"] = given.get("statement") or _statement(given, metric)
    return reading


def save(connection: Connection, reading: Reading, body: ClaimCreate) -> str:
    """Creates the claim, and before it what it needs. Returns its id. The same form again changes nothing."""
    for kind, own in reading.new:
        try:
            if kind == "entity":
                entities.create(connection, own)
            elif kind == "source":
                sources.create(connection, own)
            else:
                scopes.create(connection, reading.figures[0]["metric"], own)
        except ServiceError as error:
            raise type(error)(f"The new {kind} cannot be created: {error.detail}") from error
    made = claims.create(connection, body)
    refuse_withdrawn(connection, "claim", made.id)
    return made.id


def refuse_withdrawn(connection: Connection, kind: str, record_id: str) -> None:
    """Raises Conflict if the record that a form has created before was withdrawn since."""
    if EDITABLE[kind].projection.read(connection, record_id).withdrawn is not None:
        raise Conflict(f"This {kind} was saved before and is withdrawn. Restore it, or open a new form.")


# Reading the fields --------------------------------------------------------------------------------------------------


def _id_of(reading: Reading, name: str) -> str:
    """The id of what the form creates: the same each time it is sent."""
    return str(uuid5(UUID(reading.fields["id"]), name))


def _entity(connection: Connection, reading: Reading, name: str, kind: EntityKind) -> str | None:
    given = reading.fields
    text = given.get(name, "").strip()
    if not text:
        reading.find_problem(name, "This is required.")
        return None
    found = names.find(connection, EntityRow, [text]).get(text)
    if isinstance(found, Known):
        given[name] = found.name if _is_only(connection, found.name) else found.key
        return found.id
    if isinstance(found, Invalid):
        reading.find_problem(name, found.detail)
        return None
    if given.get(f"{name}_is") == NEW:
        try:
            body = {"name": text, "key": key_for(text, "entity"), "kind": given.get(f"{name}_kind", kind)}
            own = validated(EntityCreate, body | {"id": _id_of(reading, fold_name(text))})
        except Invalid as error:
            reading.find_problem(name, error.detail)
            return None
        if all(one.id != own.id for _, one in reading.new):  # who speaks about oneself is one
            reading.new.append(("entity", own))
        return str(own.id)
    near = names.near(connection, EntityRow, text) if len(fold_name(text)) > 1 else []
    reading.choices[name] = [(one, one) for one in near]
    reading.find_problem(name, "Nobody and nothing of this name is on record. Choose, or create it.")
    return None


def _is_only(connection: Connection, name: str) -> bool:
    return isinstance(names.find(connection, EntityRow, [name]).get(name), Known)


def _source(connection: Connection, reading: Reading) -> str | None:
    given = reading.fields
    text = given.get("source", "").strip()
    if not text:
        reading.find_problem("source", "Say where it was published.")
        return None
    found = sources.named(connection, text)
    if len(found) == 1:
        return found[0].id
    if len(found) > 1:
        reading.choices["source"] = [(one.key or one.id, one.title) for one in found]
        reading.find_problem("source", "Several sources have this title. Choose one.")
        return None
    if given.get("source_is") != NEW:
        reading.find_problem("source", "No source of this title or key is on record. Create it, or correct it.")
        return None
    parts = {
        "kind": "source_kind",
        "url": "source_url",
        "publisher": "source_publisher",
        "published": "source_published",
    }
    fields = {own: given[name] for own, name in parts.items() if name in given}
    try:
        body = validated(SourceCreate, {"id": _id_of(reading, "source"), "title": text, **fields})
    except Invalid as error:
        for fault in error.faults:
            reading.find_problem(parts.get(fault.pointer.removeprefix("/"), "source"), fault.detail)
        return None
    reading.new.append(("source", body))
    return str(body.id)


def _metric(connection: Connection, reading: Reading) -> Known | None:
    text = reading.fields.get("metric", "").strip()
    if not text:
        reading.find_problem("metric", "Say what is counted.")
        return None
    found = names.find(connection, MetricRow, [text]).get(text)
    if isinstance(found, Known):
        reading.fields["metric"] = found.name
        return found
    if isinstance(found, Invalid):
        reading.find_problem("metric", found.detail)
    else:
        reading.choices["metric"] = [(one, one) for one in names.near(connection, MetricRow, text)]
        reading.find_problem("metric", "No quantity of this name is on record. Choose one, or create it first.")
    return None


def _scope(connection: Connection, reading: Reading, metric: Known | None) -> str | None:
    text = reading.fields.get("scope", "").strip()
    if not text or metric is None:
        return None
    known = scopes.names_of(connection, metric.id)
    folded = fold_name(text)
    found = [one for one in known if text in (one.key, one.id)] or [
        one for one in known if fold_name(one.name) == folded
    ]
    if found:
        reading.fields["scope"] = found[0].name
        return found[0].id
    if reading.fields.get("scope_is") == NEW:
        body = {"id": _id_of(reading, f"scope {folded}"), "name": text, "key": key_for(text, "scope")}
        try:
            own = validated(ScopeCreate, body)
        except Invalid as error:
            reading.find_problem("scope", error.detail)
            return None
        reading.new.append(("scope", own))
        return str(own.id)
    reading.choices["scope"] = [(one.name, one.name) for one in known[:_MOST_DRAFTS]]
    reading.find_problem("scope", "The quantity has no part of this name. Choose one, or create it.")
    return None


def _amount(reading: Reading) -> str | None:
    """The phrase of the number: as it was written, or the only one in the source's words."""
    given = reading.fields
    text = given.get("amount", "").strip()
    if not text:
        if len(given.get("quote", "")) > MAX_TEXT:
            reading.find_problem("quote", f"A quote has at most {MAX_TEXT:,} characters.")
            return None
        found = [one for one in drafts(given.get("quote", "")) if one.phrase is not None]
        phrases = [given["quote"][one.start : one.end].strip() for one in found]
        if len(phrases) != 1:
            reading.choices["amount"] = [(one, one) for one in dict.fromkeys(phrases[:_MOST_DRAFTS])]
            detail = (
                "Which of these numbers is it?" if phrases else "Write the amount as it is said: about $5.6 million."
            )
            reading.find_problem("amount", detail)
            return None
        text = given["amount"] = phrases[0]
    try:
        read = read_phrase(text)
    except Unreadable as error:
        reading.find_problem("amount", error.detail)
        return None
    numbers = Stated(read.qualifier, read.value, read.lower, read.upper, None, text)
    reading.amount = exact_stated(numbers, read.unit or "1")
    return text


def _check_date(reading: Reading, name: str) -> None:
    """Notes a date that cannot be read at once, and not only after all else is right."""
    if name in reading.fields:
        try:
            TypeAdapter(Edtf).validate_python(reading.fields[name])
        except ValidationError as error:
            reading.find_problem(name, str(error.errors()[0]["msg"]))


def _statement(given: Mapping[str, str], metric: Known | None) -> str:
    """A sentence from the parts of the form, for a claim without one of its own."""
    part = f" ({given['scope']})" if "scope" in given else ""
    period = f" in {given['period']}" if "period" in given else ""
    quantity = metric.name if metric else given.get("metric", "")
    return f"{given.get('subject', '')}: {quantity}{part}{period} is {given.get('amount', '')}."


# Filling the form ----------------------------------------------------------------------------------------------------


def prefilled(connection: Connection, query: Mapping[str, str | None]) -> dict[str, str]:
    """The fields of a new form: about a comparison, in a source, or repeating a claim."""
    filled: dict[str, str] = {"id": new_id()}
    if ref := query.get("derived_from"):
        origin = claims.PROJECTION.read(connection, ref)
        filled |= {"derived_from": origin.key or origin.id, "subject": origin.subject.name}
        if origin.figures:
            first = origin.figures[0]
            filled |= {"metric": first.metric.name, "basis": first.basis}
            filled |= {"scope": first.scope.name} if first.scope else {}
            filled |= {"period": first.period} if first.period else {}
    if ref := query.get("source"):
        source = sources.PROJECTION.read(connection, ref)
        filled["source"] = source.key or source.id
    for name in ("subject", "metric", "scope", "period"):
        if query.get(name):
            filled[name] = str(query[name])
    return filled
