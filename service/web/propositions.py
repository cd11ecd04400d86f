"""Pages of propositions: who supports one, who denies it, with which words, and where."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.analysis.stances import proposition_stances
from service.api.dependencies import Db
from service.schemas.pages import CheckPageQuery, PropositionListPageQuery
from service.schemas.queries import AsOfQuery, PropositionQuery, RankingQuery
from service.store.audit import recorded
from service.store.audit.recorded import snapshot
from service.store.lists import contested_propositions
from service.store.records import propositions
from service.web.filters import as_list
from service.web.html import page
from service.web.route import pages

routes = pages()
_SHOWN = 40


@routes.get("/propositions")
def show_propositions(request: Request, query: Annotated[PropositionListPageQuery, Query()], db: Db) -> Response:
    """Lists propositions: the contested ones, or all."""
    subject = as_list(query.subject)
    with db.read() as connection:
        if query.which == "contested":
            ranked = RankingQuery(limit=_SHOWN, cursor=query.cursor, subject=subject)
            order = contested_propositions.MOST_CONTESTED_FIRST
            contested = contested_propositions.LIST.page(connection, ranked, order)
            items, cursor = list(contested.items), contested.next_cursor
        else:
            wanted = PropositionQuery(limit=_SHOWN, cursor=query.cursor, subject=subject, text=query.text)
            found = propositions.LIST.page(connection, wanted)
            items, cursor = list(found.items), found.next_cursor  # type: ignore[arg-type]
    return page(request, "propositions.html", query=query, items=items, next_cursor=cursor)


@routes.get("/propositions/{ref}")
def show_proposition(ref: str, request: Request, query: Annotated[CheckPageQuery, Query()], db: Db) -> Response:
    """Shows who takes which stance on a proposition."""
    asked = AsOfQuery(as_of=query.as_of, recorded_as_of=query.recorded_as_of)
    with snapshot(db, query.recorded_as_of, recorded.proposition(ref)) as (connection, moment):
        found = proposition_stances(connection, ref, asked)
    return page(request, "proposition.html", moment=moment, query=query, found=found)
