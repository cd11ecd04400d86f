"""Exports: all records as JSON lines, lists as CSV, a claim as linked data."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import JSONResponse, Response
from typing_extensions import TypeAliasType

from service.api import responses
from service.api.dependencies import Db
from service.api.route import router
from service.api.streaming import streamed
from service.db.engine import Connection, Database
from service.schemas.queries import ClaimExportQuery, DisputeExportQuery, FigureExportQuery, SourceExportQuery
from service.transfer import exports, jsonld

routes = router("exports")
LinkedData = TypeAliasType("LinkedData", dict[str, Any])


class LinkedDataResponse(JSONResponse):
    media_type = "application/ld+json"


def _content(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "The file.", "content": {media_type: {"schema": {"type": "string"}}}}}


_JSON_LINES = _content("text/plain")  # clients know no media type for JSON lines
_CSV = _content("text/csv")


@routes.get("/export.jsonl", response_class=Response, responses=_JSON_LINES | responses.problems())
def export_records(request: Request, db: Db) -> Response:
    """Exports every record, one per line, each after the records that it refers to. An empty database that imports the
    file exports the same bytes. Withdrawn records, history and keys are left out; a backup contains them.
    """
    return _exported(request, db, exports.json_lines, "counterclaim.jsonl", "text/plain")


@routes.get("/export.csv", response_class=Response, responses=_CSV | responses.problems())
def export_figures(query: Annotated[FigureExportQuery, Query()], request: Request, db: Db) -> Response:
    """Exports figures with the data of their claims and sources, in the columns of an import."""
    return _exported(request, db, lambda c: exports.figures_csv(c, query), "figures.csv", "text/csv")


@routes.get("/claims/export.csv", response_class=Response, responses=_CSV | responses.problems())
def export_claims(query: Annotated[ClaimExportQuery, Query()], request: Request, db: Db) -> Response:
    """Exports claims as CSV, without their figures."""
    return _exported(request, db, lambda c: exports.claims_csv(c, query), "claims.csv", "text/csv")


@routes.get("/sources/export.csv", response_class=Response, responses=_CSV | responses.problems())
def export_sources(query: Annotated[SourceExportQuery, Query()], request: Request, db: Db) -> Response:
    """Exports sources as CSV."""
    return _exported(request, db, lambda c: exports.sources_csv(c, query), "sources.csv", "text/csv")


@routes.get("/disputes/export.csv", response_class=Response, responses=_CSV | responses.problems())
def export_disputes(query: Annotated[DisputeExportQuery, Query()], request: Request, db: Db) -> Response:
    """Exports disputes as CSV."""
    return _exported(request, db, lambda c: exports.disputes_csv(c, query), "disputes.csv", "text/csv")


@routes.get("/claims/{ref}/jsonld", response_class=LinkedDataResponse, responses=responses.problems(404))
def read_claim_as_linked_data(ref: str, db: Db) -> LinkedData:
    """Returns a claim in schema.org terms: a Claim with its figures as QuantitativeValue, and a ClaimReview for each
    claim that contests it.
    """
    with db.snapshot() as connection:
        return jsonld.of_claim(connection, ref)


def _exported(
    request: Request, db: Database, export: Callable[[Connection], Iterator[str]], name: str, media_type: str
) -> Response:
    def pieces() -> Iterator[str]:
        with db.unhurried() as connection:
            yield from export(connection)

    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return streamed(request, pieces, f"{media_type}; charset=utf-8", lambda: headers)
