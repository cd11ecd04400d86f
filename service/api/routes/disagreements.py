"""Disagreements between sources, and contested claims."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.api import responses
from service.api.dependencies import Db
from service.api.route import router
from service.domain.vocabulary import DisagreementKind
from service.errors import Fault, Invalid
from service.schemas.comparisons import ContestedPage
from service.schemas.disagreements import AnyDisagreementPage
from service.schemas.queries import ContestedQuery, DisagreementQuery
from service.store.audit import recorded
from service.store.audit.recorded import snapshot
from service.store.comparisons import ranking
from service.store.lists import consistency, contested, contested_propositions

routes = router("disagreements", cache_seconds=0)


@routes.get("/disagreements", response_model=AnyDisagreementPage, responses=responses.LIST)
def list_disagreements(query: Annotated[DisagreementQuery, Query()], request: Request, db: Db) -> Response:
    """Returns measurands whose figures exclude each other, widest first, with the lowest (`least`) and the highest
    (`most`) figure. With `recorded_as_of`, the filters may leave at most 1,000 measurands. With `kind=inconsistency`:
    checks of equations whose amounts exclude each other. With `kind=contested`: propositions that one voice supports
    and another denies.
    """
    if query.kind is DisagreementKind.INCONSISTENCY:
        _refuse_filters(query, {"id", "subject", "metric"})
        with snapshot(db, query.recorded_as_of, recorded.checked(query)) as found:
            page = consistency.INCONSISTENCIES.json(found.connection, query, consistency.WIDEST_FIRST)
            return responses.page_response(request, page, found.moment)
    if query.kind is DisagreementKind.CONTESTED:
        _refuse_filters(query, {"id", "subject"})
        with snapshot(db, query.recorded_as_of, recorded.contested(query)) as found:
            page = contested_propositions.LIST.json(
                found.connection, query, contested_propositions.MOST_CONTESTED_FIRST
            )
            return responses.page_response(request, page, found.moment)
    with snapshot(db, query.recorded_as_of, recorded.filtered(query)) as found:
        page = ranking.DISAGREEMENTS[query.kind].json(found.connection, query, ranking.WIDEST_FIRST)
        return responses.page_response(request, page, found.moment)


def _refuse_filters(query: DisagreementQuery, known: set[str]) -> None:
    """Raises Invalid for filters that do not apply to this kind."""
    given = query.model_fields_set - known - {"kind", "limit", "cursor", "recorded_as_of"}
    if given:
        detail = f"Not a filter of the kind {query.kind}."
        faults = [Fault(f"/{name}", detail, place="query") for name in sorted(given)]
        raise Invalid(faults[0].detail, faults)


@routes.get("/disagreements/claims", response_model=ContestedPage, responses=responses.LIST)
def list_contested_claims(query: Annotated[ContestedQuery, Query()], request: Request, db: Db) -> Response:
    """Returns claims that are disputed, with or without numbers."""
    with db.snapshot() as connection:
        return responses.page_response(request, contested.contested_page(connection, query))
