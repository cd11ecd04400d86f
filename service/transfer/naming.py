"""Finds records by the names that people use, and creates those that do not exist."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

from service.db.engine import Connection
from service.db.models import EntityRow, MetricRow
from service.domain.names import fold_name, key_for
from service.errors import AlreadyStored, Conflict, Invalid
from service.schemas.entities import EntityCreate
from service.schemas.faults import validated
from service.schemas.metrics import Metric, MetricCreate
from service.schemas.scopes import ScopeCreate
from service.store.records import entities, metrics, names, scopes
from service.store.records.names import Known

_TABLES = {"entity": EntityRow, "metric": MetricRow}
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

    def entity(self, text: str, pointer: str, kind: str = "other") -> Known:
        """The entity of this name, created if it does not exist."""
        found = self.find("entity", text, pointer)
        if found is None:
            body = _body(EntityCreate, {"key": key_for(text, "entity"), "kind": kind, "name": text}, pointer)
            found = self._make("entity", text, body, entities.create, pointer)
        return found

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

    def scope(self, metric: Metric, text: str, pointer: str) -> Known:
        """The scope of this key or name, added to the metric if it does not exist."""
        of_metric = self._scopes_of(metric)
        same = of_metric.by_key.get(text)
        if same is not None:
            return same
        called = of_metric.by_name.get(fold_name(text), [])
        if len(called) > 1:
            raise Invalid.at(pointer, f"{len(called)} scopes of the metric are called so. Write the key of one.")
        return called[0] if called else self._add_scope(metric, text, pointer)

    def _scopes_of(self, metric: Metric) -> Scopes:
        if metric.id not in self.scopes:
            self.scopes[metric.id] = Scopes()
            for scope in scopes.names_of(self.connection, metric.id):
                self.scopes[metric.id].add(scope)
        return self.scopes[metric.id]

    def _add_scope(self, metric: Metric, text: str, pointer: str) -> Known:
        key = key_for(text, "scope")
        if key in self._scopes_of(metric).by_key:
            raise Invalid.at(pointer, f"No scope of the metric is called so, and the key {key} is another's.")
        body: ScopeCreate = _body(ScopeCreate, {"key": key, "name": text}, pointer)
        self.on_record("scope", "created")
        try:
            made = scopes.create(self.connection, metric.id, body)
        except Conflict as error:
            raise Conflict.at(pointer, error.detail) from None
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
