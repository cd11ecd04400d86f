"""The kinds of records that are edited alike: each module has `create`, `amend`, `withdraw` and `restore`."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from service.schemas.claims import ClaimPatch
from service.schemas.disputes import DisputePatch
from service.schemas.entities import EntityPatch
from service.schemas.equations import EquationPatch
from service.schemas.figures import FigurePatch
from service.schemas.metrics import MetricPatch
from service.schemas.propositions import PropositionPatch
from service.schemas.scopes import ScopePatch
from service.schemas.sources import SourcePatch
from service.store.records import (
    claims,
    disputes,
    entities,
    equations,
    figures,
    metrics,
    propositions,
    scopes,
    sources,
)
from service.store.records.projection import Projection
from service.store.rows import Values


@dataclass(frozen=True, slots=True)
class Editable:
    module: Any
    patch: type[BaseModel]

    @property
    def projection(self) -> Projection[Any]:
        found: Projection[Any] = self.module.PROJECTION
        return found


EDITABLE: dict[str, Editable] = {
    "source": Editable(sources, SourcePatch),
    "entity": Editable(entities, EntityPatch),
    "metric": Editable(metrics, MetricPatch),
    "scope": Editable(scopes, ScopePatch),
    "claim": Editable(claims, ClaimPatch),
    "figure": Editable(figures, FigurePatch),
    "dispute": Editable(disputes, DisputePatch),
    "equation": Editable(equations, EquationPatch),
    "proposition": Editable(propositions, PropositionPatch),
}


def _given(value: Any) -> Any:
    """A value as it is given in a patch: other records by their ids."""
    if isinstance(value, dict):
        return value["id"] if "id" in value else {name: _given(inner) for name, inner in value.items()}
    return [_given(inner) for inner in value] if isinstance(value, list) else value


def stated(kind: str, snapshot: Values) -> Values:
    """The fields of a record that a patch can set, each as it is given there: another record by its id. What was only
    inferred is not stated.
    """
    fields = {name: snapshot.get(name) for name in EDITABLE[kind].patch.model_fields}
    given = {name: _given(value) for name, value in fields.items()}
    if kind == "claim":
        given["status"] = "retracted" if given["status"] == "retracted" else "active"
        if snapshot.get("claimant_role_inferred"):
            given["claimant_role"] = None
    return given
