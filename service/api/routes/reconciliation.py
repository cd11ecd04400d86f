"""Reconciliation of names in spreadsheets, as OpenRefine asks for it (protocol 0.2)."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Query, Request, Response
from pydantic_core import to_json

from service.api import addresses, responses
from service.api.dependencies import Db
from service.api.form_fields import Fields
from service.api.route import router
from service.db.engine import Connection, Database
from service.domain.text import composed
from service.domain.vocabulary import EntityKind, SourceKind
from service.errors import Invalid
from service.schemas.faults import validated
from service.schemas.reconciliation import (
    MOST_QUERIES,
    Candidate,
    Candidates,
    ReconciliationQuery,
    ReconciliationResults,
    ReconciliationService,
    ReconciliationType,
    ReconciliationView,
)
from service.schemas.strict_json import parse_json
from service.store.lists import reconciliation
from service.store.lists.reconciliation import Found

routes = router("reconciliation", body_bytes=262_144)
Find = Callable[[Connection, str, str | None, int], list[Found]]
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["queries"],
                    "properties": {
                        "queries": {
                            "type": "string",
                            "description": 'Queries by name, as JSON: {"q0": {"query": "OpenAI", "limit": 3}}.',
                        }
                    },
                }
            }
        },
    }
}
_WRONG = responses.problems(408, 413, 415)
Queries = Annotated[str | None, Query(max_length=10_000, description="As in the form of a POST.")]
_EITHER: Any = ReconciliationService | ReconciliationResults


@routes.get("/reconcile/entities", response_model=_EITHER, responses=responses.problems())
def describe_entity_reconciliation(request: Request, db: Db, queries: Queries = None) -> Response:
    """Returns what OpenRefine needs to know of this service: add this address to it. With `queries`, the candidates."""
    return _described(request, db, "entities", EntityKind, reconciliation.entities, queries)


@routes.post("/reconcile/entities", response_model=ReconciliationResults, responses=_WRONG, openapi_extra=_FORM)
def reconcile_entities(fields: Fields, db: Db) -> Response:
    """Finds candidates for names of entities, by their names and aliases. A candidate is a match if it alone is called
    just so.
    """
    return _results(db, reconciliation.entities, fields.get("queries"))


@routes.get("/reconcile/sources", response_model=_EITHER, responses=responses.problems())
def describe_source_reconciliation(request: Request, db: Db, queries: Queries = None) -> Response:
    """Returns what OpenRefine needs to know of this service: add this address to it. With `queries`, the candidates."""
    return _described(request, db, "sources", SourceKind, reconciliation.records_of_sources, queries)


@routes.post("/reconcile/sources", response_model=ReconciliationResults, responses=_WRONG, openapi_extra=_FORM)
def reconcile_sources(fields: Fields, db: Db) -> Response:
    """Finds candidates for sources, by title, DOI or address."""
    return _results(db, reconciliation.records_of_sources, fields.get("queries"))


def _described(request: Request, db: Database, noun: str, kinds: Any, find: Find, queries: str | None) -> Response:
    if queries is not None:
        return _results(db, find, queries)
    base = addresses.base(request)
    described = ReconciliationService(
        versions=["0.2"],
        name=f"Counterclaim: {noun}",
        identifierSpace=f"{base}/{noun}/",
        schemaSpace=f"{base}/v1",
        defaultTypes=[_type(kind) for kind in kinds],
        view=ReconciliationView(url=f"{base}/{noun}/{{{{id}}}}"),
    )
    return Response(described.model_dump_json(), media_type="application/json")


def _results(db: Database, find: Find, queries: str | None) -> Response:
    asked = parse_json(queries.encode(), 10_000) if queries else None
    if not isinstance(asked, dict) or not 0 < len(asked) <= MOST_QUERIES:
        detail = f"Send `queries`: an object of at most {MOST_QUERIES} queries, as JSON."
        raise Invalid.at("/queries", detail)
    found = {}
    with db.snapshot() as connection:
        for name, one in asked.items():
            composed(name)  # refuses what cannot be written in an answer
            query = validated(ReconciliationQuery, one if isinstance(one, dict) else {"query": one})
            found[name] = Candidates(
                result=[_candidate(c) for c in find(connection, query.query, query.type, query.limit)]
            )
    return Response(to_json(found), media_type="application/json")


def _candidate(found: Found) -> Candidate:
    return Candidate(
        id=found.ref,
        name=found.name,
        description=found.description,
        type=[_type(found.kind)],
        score=found.score,
        match=found.is_only,
    )


def _type(kind: str) -> ReconciliationType:
    return ReconciliationType(id=str(kind), name=str(kind).replace("_", " "))
