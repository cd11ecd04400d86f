"""Where the sources disagree, and which claims are contested."""

from typing import Annotated

from fastapi import Query, Response

from service.analysis import disagreements as analysis
from service.api import answers
from service.api.deps import Db
from service.api.router import router
from service.domain.vocabulary import DisagreementKind
from service.schemas.comparisons import ContestedPage, DisagreementPage
from service.schemas.queries import ContestedQuery, DisagreementQuery
from service.store import disagreements

routes = router("disagreements", cache_seconds=0)


@routes.get("/disagreements", response_model=DisagreementPage, responses=answers.LIST)
def list_disagreements(query: Annotated[DisagreementQuery, Query()], db: Db) -> Response:
    """Measurands whose figures exclude each other, widest first, with the figures that say least and most."""
    if query.kind is DisagreementKind.CONFLICT:
        return answers.written(disagreements.json_page(db, query))
    with db.snapshot() as connection:
        return answers.written(analysis.page(connection, query).model_dump_json().encode())


@routes.get("/disagreements/claims", responses=answers.LIST)
def list_contested_claims(query: Annotated[ContestedQuery, Query()], db: Db) -> ContestedPage:
    """Claims with disputes against them, with numbers or without."""
    with db.snapshot() as connection:
        return disagreements.contested(connection, query)
