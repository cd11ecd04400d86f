"""The numbers of a text, as drafts of figures. Nothing is stored."""

from fastapi import Request

from service.api import responses
from service.api.route import router
from service.domain.drafts import Draft as FoundDraft
from service.domain.drafts import drafts
from service.outbound.citation_lookup import CitationLookup
from service.schemas.drafts import Draft, DraftDoubt, Drafts, DraftsRequest
from service.schemas.sources import SourceDraft, SourceLookup

routes = router("drafts")


@routes.post("/drafts")
def read_drafts(body: DraftsRequest) -> Drafts:
    """Finds the numbers of a text and reads each as a figure: `about $5.6 million`. Saves nothing. Names such as H800,
    dates and years are no numbers. What can be read in two ways has `doubts` instead of numbers.
    """
    return Drafts(drafts=[_draft(body.text, found) for found in drafts(body.text, body.decimal)])


@routes.post("/drafts/source", responses=responses.problems(404, 501))
def draft_source(body: SourceLookup, request: Request) -> SourceDraft:
    """Looks a source up by its DOI (Crossref), its ISBN (Open Library) or its address (the page itself), and returns
    what was found, to be checked. Saves nothing. The operator switches lookups on.
    """
    lookup: CitationLookup = request.app.state.citation_lookup
    return lookup.find(body)


def _draft(text: str, found: FoundDraft) -> Draft:
    read, doubt = found.phrase, found.doubt
    return Draft(
        start=found.start,
        end=found.end,
        text=text[found.start : found.end],
        qualifier=read and read.qualifier,
        value=read and read.value,
        lower=read and read.lower,
        upper=read and read.upper,
        precision=read and read.precision,
        unit=read and read.unit,
        noun=read and read.noun,
        doubts=[] if doubt is None else [DraftDoubt(code=doubt.doubt, detail=doubt.detail)],
    )
