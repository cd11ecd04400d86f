"""Finds records by the names that people use, and creates those that do not exist."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

from service.db.engine import Connection
from service.db.models import EntityRow, MetricRow
from service.domain.key import split_identifier
from service.domain.names import fold_name, key_for
from service.errors import AlreadyStored, Conflict, Forbidden, Invalid
from service.schemas.entities import Entity, EntityCreate, EntityPatch
from service.schemas.faults import validated
from service.schemas.imports import WouldCreate
from service.schemas.metrics import Metric, MetricCreate
from service.schemas.scopes import ScopeCreate
from service.store.records import entities, metrics, names, scopes
from service.store.records.names import Known

_TABLES = {"entity": EntityRow, "metric": MetricRow}
NamedKind = Literal["entity", "metric", "scope"]
_MOST_COMPARED = 200  # new names of a batch that are compared with stored ones: each takes some milliseconds
WholeOf = Callable[[str, str], str | None]
Outcome = Literal["created", "updated", "unchanged", "rejected"]


class Scopes:
    """The scopes of one metric, by key and by name."""

    def __init__(self) -> None:
        self.by_key: dict[str, Known] = {}
        self.by_name: dict[str, list[Known]] = {}

    def add(self, scope: Known) -> None:
        self.by_key[scope.key] = scope
        self.by_name.setdefault(fold_name(scope.name), []).append(scope)


class Naming:
    """The names known in one transaction. `on_record` is called for each record that is created or changed."""

    def __init__(self, connection: Connection, on_record: Callable[[str, Outcome], None]) -> None:
        self.connection = connection
        self.on_record = on_record
        self.known: dict[tuple[str, str], Known | Invalid] = {}
        self.absent: set[tuple[str, str]] = set()  # folded
        self.metrics: dict[str, Metric] = {}
        self.scopes: dict[str, Scopes] = {}  # by metric
        # what was created: its kind, id and name, and of a scope the metric's id
        self.made: list[tuple[NamedKind, str, str, str | None]] = []

    def would_create(self) -> dict[tuple[str, str], WouldCreate]:
        """What was created, by kind and name, with stored names that are nearly the same. For a dry run."""
        new = {record_id for _, record_id, _, _ in self.made}
        found: dict[tuple[str, str], WouldCreate] = {}
        for number, (kind, _, name, metric) in enumerate(self.made):
            near: list[str] = []
            if metric is not None:
                near = names.alike(name, [one.name for one in self._scopes_named(metric) if one.id not in new])
            elif number < _MOST_COMPARED:
                near = names.near(self.connection, _TABLES[kind], name, new)
            found[kind, name] = WouldCreate(kind=kind, name=name, near=near)
        return found

    def _scopes_named(self, metric: str) -> list[Known]:
        return list(self.scopes[metric].by_key.values())

    def look_up(self, kind: str, texts: Iterable[str]) -> None:
        """Looks up many names at once instead of one by one."""
        wanted = {
            text for text in texts if (kind, text) not in self.known and (kind, fold_name(text)) not in self.absent
        }
        found = names.find(self.connection, _TABLES[kind], wanted)
        self.known |= {(kind, text): record for text, record in found.items()}
        self.absent |= {(kind, fold_name(text)) for text in wanted - found.keys()}

    def find(self, kind: str, text: str, pointer: str) -> Known | None:
        """The record of this name; None if it does not exist. Raises Invalid if there are several."""
        self.look_up(kind, [text])
        found = self.known.get((kind, text))
        if isinstance(found, Invalid):
            raise Invalid.at(pointer, found.detail, "file")
        return found

    def entity(self, text: str, pointer: str, kind: str = "other", identifier: str | None = None) -> Known:
        """The entity of this identifier, if one is given, else of this name, created if it does not exist."""
        if identifier is not None and (found := self._identified(identifier, f"{pointer}_identifier")) is not None:
            return found
        found = self.find("entity", text, pointer)
        scheme, _, value = (identifier or "").partition(":")
        if found is None:
            given = {"identifiers": {scheme: value}} if identifier is not None else {}
            body = _body(EntityCreate, {"key": key_for(text, "entity"), "kind": kind, "name": text} | given, pointer)
            found = self._make("entity", text, body, entities.create, pointer)
            if identifier is not None:
                self.known["entity", identifier] = found
        elif identifier is not None:
            known = entities.PROJECTION.read(self.connection, found.id)
            other = known.identifiers.get(scheme)
            if other is None:
                self._identify(known, scheme, value, pointer)
                self.known["entity", identifier] = found
            else:
                detail = f"The entity called so, {found.key!r}, has {scheme}:{other}."
                raise Invalid.at(pointer, f"{detail} Write the key of the one that is meant.", "file")
        return found

    def _identify(self, entity: Entity, scheme: str, value: str, pointer: str) -> None:
        """Adds an identifier to an entity that was found by its name, unless somebody else is to keep it."""
        patch = EntityPatch.model_validate({"identifiers": entity.identifiers | {scheme: value}})
        try:
            entities.amend(self.connection, entity.id, patch, frozenset([entity.version]))
        except Forbidden:
            return
        except Conflict as error:
            raise Conflict.at(f"{pointer}_identifier", error.detail) from None
        self.on_record("entity", "updated")

    def _identified(self, identifier: str, pointer: str) -> Known | None:
        if split_identifier(identifier) is None:
            raise Invalid.at(pointer, "Write an identifier as scheme:value, such as wikidata:Q2112.", "file")
        return self.find("entity", identifier, pointer)

    def metric(self, text: str, pointer: str, otherwise: Callable[[], MetricCreate]) -> Metric:
        """The metric of this name; if it does not exist, it is created from `otherwise`."""
        found = self.find("metric", text, pointer)
        if found is None:
            found = self._make("metric", text, otherwise(), metrics.create, pointer)
        return self.metric_of(found)

    def metric_of(self, known: Known) -> Metric:
        if known.id not in self.metrics:
            self.metrics[known.id] = metrics.PROJECTION.read(self.connection, known.id)
        return self.metrics[known.id]

    def scope(self, metric: Metric, text: str, pointer: str, whole_of: WholeOf) -> Known:
        """The scope of this key or name, added to the metric if it does not exist, under the scope that `whole_of`
        gives for the names of the metric and of the scope.
        """
        of_metric = self._scopes_of(metric)
        same = of_metric.by_key.get(text)
        if same is not None:
            return same
        called = of_metric.by_name.get(fold_name(text), [])
        if len(called) > 1:
            raise Invalid.at(pointer, f"{len(called)} scopes of the metric are called so. Write the key of one.")
        return called[0] if called else self._add_scope(metric, text, pointer, whole_of)

    def _scopes_of(self, metric: Metric) -> Scopes:
        if metric.id not in self.scopes:
            self.scopes[metric.id] = Scopes()
            for scope in scopes.names_of(self.connection, metric.id):
                self.scopes[metric.id].add(scope)
        return self.scopes[metric.id]

    def _add_scope(self, metric: Metric, text: str, pointer: str, whole_of: WholeOf) -> Known:
        key = key_for(text, "scope")
        whole = whole_of(metric.name, text)
        part_of = {"part_of": self.scope(metric, whole, pointer, whole_of).key} if whole is not None else {}
        if key in self._scopes_of(metric).by_key:
            raise Invalid.at(pointer, f"No scope of the metric is called so, and the key {key} is another's.")
        body: ScopeCreate = _body(ScopeCreate, {"key": key, "name": text} | part_of, pointer)
        self.on_record("scope", "created")
        try:
            made = scopes.create(self.connection, metric.id, body)
        except Conflict as error:
            raise Conflict.at(pointer, error.detail) from None
        self.made.append(("scope", made.id, text, metric.id))
        added = Known(made.id, key, text)
        self._scopes_of(metric).add(added)
        return added

    def _make(self, kind: str, text: str, body: Any, create: Callable[[Connection, Any], Any], pointer: str) -> Known:
        self.on_record(kind, "created")
        try:
            made = create(self.connection, body)
        except AlreadyStored as stored:
            (other,) = names.by_id(self.connection, _TABLES[kind], [stored.record_id])
            detail = f"No {kind} is called so, and the key that it would get, {body.key}, is that of {other.name!r}."
            hint = "Write the key of the one that is meant, or create this one with a key of its own."
            raise Invalid.at(pointer, f"{detail} {hint}") from None
        self.made.append(("entity" if kind == "entity" else "metric", made.id, body.name, None))
        self.absent -= {(kind, fold_name(body.name)), (kind, body.key)}
        known = Known(made.id, body.key, body.name)
        self.known[kind, text] = known
        return known


def _body(model: Any, fields: Any, pointer: str) -> Any:
    """Raises Invalid with the pointer to the invalid name."""
    try:
        return validated(model, fields)
    except Invalid as error:
        raise Invalid.at(pointer, error.detail) from None
