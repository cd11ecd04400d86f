"""Where the sources disagree, and which claims are contested."""

from typing import Annotated

from fastapi import Query

from service.analysis import disagreements as analysis
from service.api import answers
from service.api.deps import Db
from service.api.router import router
from service.schemas.comparisons import ContestedPage, DisagreementPage
from service.schemas.queries import ContestedQuery, DisagreementQuery
from service.store import comparisons

routes = router("disagreements", kept=0)


@routes.get("/disagreements", responses=answers.LIST)
def list_disagreements(query: Annotated[DisagreementQuery, Query()], db: Db) -> DisagreementPage:
    """Measurands whose figures exclude each other, widest first, with the figures that say least and most."""
    with db.snapshot() as connection:
        return analysis.page(connection, query)


@routes.get("/disagreements/claims", responses=answers.LIST)
def list_contested_claims(query: Annotated[ContestedQuery, Query()], db: Db) -> ContestedPage:
    """Claims with disputes against them, with numbers or without."""
    with db.snapshot() as connection:
        return comparisons.contested(connection, query)
