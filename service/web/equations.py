"""Pages of equations and of the consistency of figures with them."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.analysis.consistency import consistency_detail
from service.api.dependencies import Db
from service.domain.vocabulary import Consistency
from service.schemas.pages import CheckPageQuery, ConsistencyListPageQuery, ListPageQuery
from service.schemas.queries import CheckQuery, ConsistencyQuery, EquationQuery
from service.store.audit import recorded
from service.store.audit.recorded import snapshot
from service.store.lists import consistency
from service.store.records import equations
from service.web.filters import as_list
from service.web.html import page
from service.web.route import pages

routes = pages()
_SHOWN = 40


@routes.get("/equations")
def show_equations(request: Request, query: Annotated[ListPageQuery, Query()], db: Db) -> Response:
    """Lists the equations by which figures are checked."""
    with db.read() as connection:
        found = equations.LIST.page(connection, EquationQuery(limit=_SHOWN, cursor=query.cursor, sort="created_at"))
    return page(request, "equations.html", query=query, found=found)


@routes.get("/equations/{ref}")
def show_equation(ref: str, request: Request, query: Annotated[ListPageQuery, Query()], db: Db) -> Response:
    """Shows an equation, and where figures fit it or not."""
    with db.snapshot() as connection:
        equation = equations.PROJECTION.read(connection, ref)
        wanted = ConsistencyQuery(equation=[equation.id], limit=_SHOWN, cursor=query.cursor)
        found = consistency.LIST.page(connection, wanted, consistency.WIDEST_FIRST)
    return page(request, "equation.html", query=query, equation=equation, found=found)


@routes.get("/consistency")
def show_checks(request: Request, query: Annotated[ConsistencyListPageQuery, Query()], db: Db) -> Response:
    """Lists where figures fit equations or not, widest first."""
    with db.snapshot() as connection:
        wanted = ConsistencyQuery(
            limit=_SHOWN,
            cursor=query.cursor,
            subject=as_list(query.subject),
            verdict=as_list(query.verdict),
        )
        found = consistency.LIST.page(connection, wanted, consistency.WIDEST_FIRST)
    return page(request, "checks.html", query=query, found=found, verdicts=list(Consistency))


@routes.get("/consistency/{id}")
def show_check(id: str, request: Request, query: Annotated[CheckPageQuery, Query()], db: Db) -> Response:
    """Shows the checks of an equation for one subject, with their figures."""
    asked = CheckQuery(as_of=query.as_of, recorded_as_of=query.recorded_as_of)
    with snapshot(db, query.recorded_as_of, recorded.check(id)) as (connection, moment):
        found = consistency_detail(connection, id, asked)
    return page(request, "check.html", moment=moment, query=query, found=found)
