"""Downloads of citations: CSL-JSON and BibTeX, of sources and comparisons."""

import json
from datetime import UTC, datetime
from typing import Literal

from fastapi import Request, Response

from service.analysis.compare import compared, load
from service.analysis.options import ComparisonOptions
from service.api.dependencies import Db
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
def cite_comparison(ref: str, form: Form, request: Request, db: Db) -> Response:
    with db.snapshot() as connection:
        comparison = compared(connection, load(connection, ref, ComparisonOptions()))
    return _written(citations.csl_of_comparison(comparison, page_of(request), datetime.now(UTC).date()), form)


def page_of(request: Request) -> str:
    """The address of the page that a citation is of."""
    return str(request.url.replace(path=request.url.path.partition("/citation.")[0], query=""))


def _written(item: Csl, form: Form) -> Response:
    text = citations.bibtex(item) if form == "bib" else json.dumps([item], ensure_ascii=False)
    headers = {"Content-Disposition": f'attachment; filename="citation.{form}"'}
    return Response(text, headers=headers, media_type=_MEDIA_TYPES[form])
