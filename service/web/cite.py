"""Downloads of citations: CSL-JSON and BibTeX, of sources and comparisons."""

import json
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Query, Request, Response

from service.analysis.compare import compared, load
from service.analysis.options import ComparisonOptions
from service.api.addresses import of_comparison
from service.api.dependencies import Db
from service.domain.figure import DEFAULT_TOLERANCE
from service.schemas.pages import DayQuery
from service.store.records import sources
from service.transfer import citations
from service.transfer.citations import Csl
from service.web.route import pages

routes = pages()
Form = Literal["json", "bib"]
_MEDIA_TYPES: dict[Form, str] = {
    "json": "application/vnd.citationstyles.csl+json",
    "bib": "application/x-bibtex; charset=utf-8",
}


@routes.get("/sources/{ref}/citation.{form}")
def cite_source(ref: str, form: Form, db: Db) -> Response:
    with db.read() as connection:
        item = citations.csl_of_source(sources.PROJECTION.read(connection, ref))
    return _written(item, form)


@routes.get("/comparisons/{ref}/citation.{form}")
def cite_comparison(ref: str, form: Form, request: Request, query: Annotated[DayQuery, Query()], db: Db) -> Response:
    with db.snapshot() as connection:
        options = ComparisonOptions(DEFAULT_TOLERANCE, query.as_of)
        comparison = compared(connection, load(connection, ref, options))
    address = of_comparison(request, comparison.key, query.as_of)
    return _written(citations.csl_of_comparison(comparison, address, datetime.now(UTC).date()), form)


def _written(item: Csl, form: Form) -> Response:
    text = citations.bibtex(item) if form == "bib" else json.dumps([item], ensure_ascii=False)
    headers = {"Content-Disposition": f'attachment; filename="citation.{form}"'}
    return Response(text, headers=headers, media_type=_MEDIA_TYPES[form])
