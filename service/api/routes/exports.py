"""Records out: everything as JSON lines, lists as CSV, a claim as linked data."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

from anyio import CancelScope
from fastapi import Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from typing_extensions import TypeAliasType

from service.api import responses
from service.api.dependencies import Db
from service.api.route import router
from service.db.engine import Connection, Database
from service.errors import Unavailable
from service.schemas.queries import ClaimExportQuery, DisputeExportQuery, FigureExportQuery, SourceExportQuery
from service.transfer import exports, jsonld

routes = router("exports")
LinkedData = TypeAliasType("LinkedData", dict[str, Any])
AT_ONCE = 4  # each holds a connection for as long as its client takes to read


class LinkedDataResponse(JSONResponse):
    media_type = "application/ld+json"


def _content(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "The file.", "content": {media_type: {"schema": {"type": "string"}}}}}


_JSON_LINES = _content("text/plain")  # JSON lines have no type of their own that clients know
_CSV = _content("text/csv")


@routes.get("/export.jsonl", response_class=Response, responses=_JSON_LINES | responses.LIST)
def export_records(request: Request, db: Db) -> Response:
    """Every record, one a line, each after those that it refers to: an empty database imports the file, and exports the
    same bytes. Withdrawn records are left out, and so are history and keys: a backup has those.
    """
    return _stream(request, db, exports.json_lines, "counterclaim.jsonl", "text/plain")


@routes.get("/export.csv", response_class=Response, responses=_CSV | responses.LIST)
def export_figures(query: Annotated[FigureExportQuery, Query()], request: Request, db: Db) -> Response:
    """Figures with what their claims and sources say, in the columns of an import."""
    return _stream(request, db, lambda c: exports.figures_csv(c, query), "figures.csv", "text/csv")


@routes.get("/claims/export.csv", response_class=Response, responses=_CSV | responses.LIST)
def export_claims(query: Annotated[ClaimExportQuery, Query()], request: Request, db: Db) -> Response:
    """Claims as a table, without their figures."""
    return _stream(request, db, lambda c: exports.claims_csv(c, query), "claims.csv", "text/csv")


@routes.get("/sources/export.csv", response_class=Response, responses=_CSV | responses.LIST)
def export_sources(query: Annotated[SourceExportQuery, Query()], request: Request, db: Db) -> Response:
    """Sources as a table."""
    return _stream(request, db, lambda c: exports.sources_csv(c, query), "sources.csv", "text/csv")


@routes.get("/disputes/export.csv", response_class=Response, responses=_CSV | responses.LIST)
def export_disputes(query: Annotated[DisputeExportQuery, Query()], request: Request, db: Db) -> Response:
    """Disputes as a table."""
    return _stream(request, db, lambda c: exports.disputes_csv(c, query), "disputes.csv", "text/csv")


@routes.get("/claims/{ref}/jsonld", response_class=LinkedDataResponse, responses=responses.problems(404))
def read_claim_as_linked_data(ref: str, db: Db) -> LinkedData:
    """schema.org: the Claim with its figures as QuantitativeValue; a ClaimReview for each claim that contests it."""
    with db.snapshot() as connection:
        return jsonld.of_claim(connection, ref)


def _stream(
    request: Request, db: Database, export: Callable[[Connection], Iterator[str]], name: str, media_type: str
) -> Response:
    """Sends pieces as they are made; the first is made before the status is sent, so that what fails then is told."""
    pieces = _pieces(db, export, request.app.state.exports)
    first = next(pieces, "")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_sent(first, pieces), headers=headers, media_type=f"{media_type}; charset=utf-8")


def _pieces(db: Database, export: Callable[[Connection], Iterator[str]], slots: Any) -> Iterator[str]:
    if not slots.acquire(blocking=False):
        raise Unavailable("Too many exports at once. Try again in a moment.")
    try:
        with db.unhurried() as connection:
            yield from export(connection)
    finally:
        slots.release()


async def _sent(first: str, pieces: Iterator[str]) -> AsyncIterator[str]:
    try:
        async for piece in iterate_in_threadpool(itertools.chain([first], pieces)):
            yield piece
    finally:
        # also when the client has gone: the snapshot ends, and the connection is free again
        with CancelScope(shield=True):
            await run_in_threadpool(pieces.close)  # type: ignore[attr-defined]
