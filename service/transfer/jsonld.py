"""A claim as linked data: schema.org's Claim with its figures, and the reviews that dispute it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from service.db.engine import Connection
from service.domain.number import format_number
from service.schemas.claims import Claim
from service.schemas.disputes import Dispute
from service.schemas.entities import Entity
from service.schemas.figures import ClaimFigure
from service.schemas.sources import Source
from service.store.records import claims, disputes, entities, sources

_AGENTS = {"person": "Person", "organization": "Organization", "group": "Organization"}
_WORKS = {
    "paper": "ScholarlyArticle",
    "preprint": "ScholarlyArticle",
    "news_article": "NewsArticle",
    "analyst_report": "Report",
    "filing": "Report",
    "dataset": "Dataset",
    "web_page": "WebPage",
    "social_post": "SocialMediaPosting",
    "book": "Book",
}
_EXACT = 2**53


def of_claim(connection: Connection, ref: str) -> dict[str, Any]:
    """Raises NotFound."""
    claim = claims.PROJECTION.read(connection, ref)
    found = [(d, d.disputing_claim.id) for d in disputes.about(connection, claim.id) if d.disputing_claim is not None]
    by_id = {one.id: one for one in claims.PROJECTION.by_ids(connection, [claim_id for _, claim_id in found])}
    pages = {
        s.id: s
        for s in sources.PROJECTION.by_ids(connection, {claim.source.id, *(one.source.id for one in by_id.values())})
    }
    agents = {claim.claimant.id, claim.subject.id, *(dispute.raised_by.id for dispute, _ in found)}
    named = {entity.id: entity for entity in entities.PROJECTION.by_ids(connection, agents)}
    reviews = [(dispute, by_id[judged], pages[by_id[judged].source.id]) for dispute, judged in found]
    return _linked(claim, pages[claim.source.id], named, reviews)


def _linked(
    claim: Claim,
    source: Source,
    agents: dict[str, Entity],
    reviews: Sequence[tuple[Dispute, Claim, Source]],
) -> dict[str, Any]:
    """`agents` are the entities mentioned, by id. `reviews` are disputes, each with its disputing claim and source."""
    own = _plain(
        {
            "@type": "Claim",
            "@id": f"urn:uuid:{claim.id}",
            "text": claim.statement,
            "author": _agent(agents[claim.claimant.id]),
            "about": _thing(agents[claim.subject.id]),
            "appearance": _work(source),
            "datePublished": claim.asserted or source.published,
            "isBasedOn": f"urn:uuid:{claim.derived_from.id}" if claim.derived_from else None,
            "mentions": [_quantity(figure) for figure in claim.figures],
        }
    )
    graph = [own, *(_review(claim, agents, *review) for review in reviews)]
    return {"@context": "https://schema.org", **(own if len(graph) == 1 else {"@graph": graph})}


def _review(claim: Claim, agents: dict[str, Entity], dispute: Dispute, judged: Claim, page: Source) -> dict[str, Any]:
    return _plain(
        {
            "@type": "ClaimReview",
            "@id": f"urn:uuid:{dispute.id}",
            "url": page.url,
            "name": page.title,
            "claimReviewed": claim.statement,
            "itemReviewed": {"@id": f"urn:uuid:{claim.id}"},
            "author": _agent(agents[dispute.raised_by.id]),
            "datePublished": dispute.opened or judged.asserted or page.published,
            "reviewRating": {"@type": "Rating", "alternateName": judged.quote or dispute.type},
            "reviewBody": dispute.rationale or judged.statement,
        }
    )


def _agent(entity: Entity) -> dict[str, Any]:
    return _plain({"@type": _AGENTS.get(entity.kind, "Thing"), "name": entity.name, "sameAs": entity.same_as})


def _thing(entity: Entity) -> dict[str, Any]:
    return _plain({"@type": "Thing", "name": entity.name, "sameAs": entity.same_as})


def _work(source: Source) -> dict[str, Any]:
    return _plain(
        {
            "@type": _WORKS.get(source.kind, "CreativeWork"),
            "name": source.title,
            "url": source.url,
            "sameAs": f"https://doi.org/{source.doi}" if source.doi else None,
            "author": [{"@type": "Person", "name": name} for name in source.authors],
            "publisher": {"@type": "Organization", "name": source.publisher} if source.publisher else None,
            "datePublished": source.published,
            "inLanguage": source.language,
        }
    )


def _quantity(figure: ClaimFigure) -> dict[str, Any]:
    scope = f" ({figure.scope.name})" if figure.scope else ""
    return _plain(
        {
            "@type": "QuantitativeValue",
            "@id": f"urn:uuid:{figure.id}",
            "name": f"{figure.metric.name}{scope}",
            "value": _number(figure.value),
            "minValue": _number(figure.lower),
            "maxValue": _number(figure.upper),
            "unitText": figure.unit,
            "description": figure.stated_as,
            "additionalProperty": [
                {"@type": "PropertyValue", "name": name, "value": str(value)}
                for name in ("qualifier", "basis", "interval_kind", "method", "period", "price_year")
                if (value := getattr(figure, name)) is not None
            ],
        }
    )


def _number(value: Decimal | None) -> int | float | str | None:
    """A JSON number if it is exact, else text."""
    if value is None:
        return None
    if value == value.to_integral_value() and abs(value) < _EXACT:
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else format_number(value)


def _plain(node: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node.items() if value not in (None, [])}
