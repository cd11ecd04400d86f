"""Changes of a record on which too many figures depend for one request: the same change, without that bound.

A metric's patch may also have `scopes` to create, because the first scope of a metric changes all its summaries.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from service.db.engine import Database
from service.errors import Invalid
from service.schemas.entities import EntityPatch
from service.schemas.equations import EquationPatch
from service.schemas.faults import validated
from service.schemas.metrics import MetricPatch
from service.schemas.scopes import ScopeCreate
from service.schemas.sources import SourcePatch
from service.schemas.strict_json import parse_json
from service.store.records import entities, equations, metrics, scopes, sources


class Amendable(StrEnum):
    METRIC = "metric"
    ENTITY = "entity"
    SOURCE = "source"
    EQUATION = "equation"


def amend(database: Database, kind: Amendable, ref: str, patch: str) -> str:
    """Applies a merge patch, given as JSON, and returns the record's id. Raises ServiceError as a PATCH would."""
    changes = parse_json(patch.encode())
    if not isinstance(changes, dict):
        raise Invalid.at("", "Expected a JSON object with the fields to change.")
    try:
        return database.write(lambda connection: _amend(connection, kind, ref, changes))
    except Invalid as error:
        faults = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in error.faults)
        raise Invalid(faults or error.detail, error.faults) from error


def _amend(connection: Connection, kind: Amendable, ref: str, changes: dict[str, Any]) -> str:
    if kind is Amendable.METRIC:
        added = changes.pop("scopes", [])
        metric_id = metrics.amend(connection, ref, validated(MetricPatch, changes), None, most=None)
        for scope in added if isinstance(added, list) else [added]:
            scopes.create(connection, metric_id, validated(ScopeCreate, scope), most=None)
        return metric_id
    if kind is Amendable.SOURCE:
        return sources.amend(connection, ref, validated(SourcePatch, changes), None, most=None)
    if kind is Amendable.EQUATION:
        return equations.amend(connection, ref, validated(EquationPatch, changes), None, most=None)
    return entities.amend(connection, ref, validated(EntityPatch, changes), None, most=None)
