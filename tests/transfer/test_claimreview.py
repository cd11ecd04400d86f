"""Fact checks, as JSON-LD and as the Fact Check Tools API answers them."""

import json
from typing import Any

import pytest
from sqlalchemy import delete, select

from service.db.engine import Database
from service.db.models import PropositionRow, StanceRow
from service.domain.names import fold_statement
from service.domain.vocabulary import DateOrder
from service.schemas.claims import Claim
from service.schemas.disputes import Dispute
from service.schemas.queries import ClaimQuery, DisputeQuery, RankingQuery
from service.store.lists import contested_propositions
from service.store.records import claims, disputes
from service.transfer.claimreview import ClaimReviews
from tests.transfer.files import PARTIAL, made, refusal, take, unchanged

REVIEW: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "ClaimReview",
    "url": "https://checks.example/r1",
    "headline": "No, R1 did not cost $29.4 million",
    "datePublished": "2025-09-20T10:00:00Z",
    "author": {"@type": "Organization", "name": "Example Checks"},
    "claimReviewed": "Training R1 cost $29.4 million.",
    "itemReviewed": {
        "@type": "Claim",
        "author": {"@type": "Person", "name": "A Blogger"},
        "datePublished": "2025-09-18",
        "firstAppearance": {"@type": "SocialMediaPosting", "url": "https://posts.example/1", "headline": "A post"},
    },
    "reviewRating": {
        "@type": "Rating",
        "ratingValue": 1,
        "bestRating": 5,
        "worstRating": 1,
        "alternateName": "False 🚫",
    },
}
ANSWER = {
    "claims": [
        {
            "text": "深度求索训练 R1 花了 2940 万美元",
            "claimant": "某博主",
            "claimDate": "2025-09-18T00:00:00Z",
            "claimReview": [
                {
                    "publisher": {"name": "तथ्य जाँच", "site": "tathya.example"},
                    "url": "https://tathya.example/r1",
                    "title": "\u200fتحقق: هل هذا صحيح؟",
                    "reviewDate": "2025-09-20T00:00:00Z",
                    "textualRating": "कोरी अफ़वाह 🙅🏽\u200d♀️",
                    "languageCode": "hi",
                }
            ],
        }
    ],
    "nextPageToken": "x",
}


def stored(database: Database) -> tuple[list[Claim], list[Dispute]]:
    with database.snapshot() as connection:
        return (
            claims.LIST.page(connection, ClaimQuery(sort="created_at")).items,
            disputes.LIST.page(connection, DisputeQuery()).items,
        )


def review(**fields: Any) -> dict[str, Any]:
    return {**REVIEW, **fields}


def test_a_review_is_two_claims_and_a_dispute(database: Database) -> None:
    result = take(database, json.dumps(REVIEW).encode(), ClaimReviews())
    assert made(result) == {"source": 2, "entity": 3, "proposition": 1, "claim": 2, "dispute": 1}
    (reviewed, judged), (dispute,) = stored(database)
    assert reviewed.statement == "Training R1 cost $29.4 million."
    assert (reviewed.claimant.name, reviewed.source.title, reviewed.asserted) == ("A Blogger", "A post", "2025-09-18")
    assert (judged.claimant.name, judged.claimant_role, judged.quote) == ("Example Checks", "third_party", "False 🚫")
    assert judged.source.title == "No, R1 did not cost $29.4 million"
    assert (dispute.disputed_claim.id, dispute.type, dispute.rationale) == (reviewed.id, "contradicts", "False 🚫")
    assert dispute.disputing_claim is not None
    assert (dispute.disputing_claim.id, dispute.raised_by.name) == (judged.id, "Example Checks")
    assert dispute.opened == "2025-09-20"


@pytest.mark.parametrize(
    "document",
    [
        REVIEW, [REVIEW], {"@graph": [{"@type": "WebPage"}, REVIEW]}, [[REVIEW], [REVIEW]],
        review(**{"@type": ["Review", "https://schema.org/ClaimReview"]}),
    ],
    ids=["object", "array", "graph", "twice", "types"],
)  # fmt: skip
def test_every_form_is_read_and_repeats_collapse(database: Database, document: Any) -> None:
    take(database, json.dumps(document).encode(), ClaimReviews())
    again = take(database, json.dumps(REVIEW).encode(), ClaimReviews(), **PARTIAL)
    assert (made(again), unchanged(again)) == ({}, {"proposition": 1, "claim": 2, "dispute": 1})
    assert [len(found) for found in stored(database)] == [2, 1]


def test_an_answer_of_the_api_keeps_every_script(database: Database) -> None:
    take(database, json.dumps(ANSWER, ensure_ascii=False).encode(), ClaimReviews())
    (reviewed, judged), (dispute,) = stored(database)
    assert reviewed.statement == "深度求索训练 R1 花了 2940 万美元"
    assert reviewed.claimant.name == "某博主"
    assert reviewed.source == judged.source  # where it first appeared is not said, so it is known from the review
    assert judged.source.title == "\u200fتحقق: هل هذا صحيح؟"
    assert judged.claimant.name == "तथ्य जाँच"
    assert judged.quote == dispute.rationale == "कोरी अफ़वाह 🙅🏽\u200d♀️"


def test_a_rating_that_agrees_makes_no_dispute(database: Database) -> None:
    true = {"@type": "Rating", "ratingValue": 5, "bestRating": 5, "alternateName": "True"}
    take(database, json.dumps(review(reviewRating=true)).encode(), ClaimReviews())
    found, disputed = stored(database)
    assert (len(found), disputed) == (2, [])


def test_two_reviews_of_one_claim_meet_in_it(database: Database) -> None:
    other = review(url="https://other.example/r1", author={"name": "Other Checks"}, headline=None)
    result = take(database, json.dumps([REVIEW, other]).encode(), ClaimReviews())
    assert made(result)["claim"] == 3
    assert len({dispute.disputed_claim.id for dispute in stored(database)[1]}) == 1


def test_what_a_graph_refers_to_is_read_where_it_stands(database: Database) -> None:
    graph = [
        {"@type": "ClaimReview", "@id": "#review", "itemReviewed": {"@id": "#claim"}, "author": {"@id": "#checks"},
         "claimReviewed": "The moon is cheese.", "reviewRating": {"alternateName": "False"}},
        {"@type": "Claim", "@id": "#claim", "author": {"@id": "#blogger"}, "appearance": {"@id": "#claim"}},
        {"@type": "Person", "@id": "#blogger", "name": "A Blogger"},
        {"@type": "Organization", "@id": "#checks", "name": "Example Checks"},
    ]  # fmt: skip
    take(database, json.dumps({"@graph": graph}).encode(), ClaimReviews())
    reviewed, judged = stored(database)[0]
    assert (reviewed.claimant.name, judged.claimant.name) == ("A Blogger", "Example Checks")


def test_what_a_review_lacks_is_told_with_its_place(database: Database) -> None:
    nobody = review(author=None, url=None)
    nothing = review(claimReviewed=" ")
    sometime = review(datePublished="last week")
    content = json.dumps({"@graph": [REVIEW, nobody, nothing, sometime]}).encode()
    assert refusal(database, content, ClaimReviews()) == [
        (2, "/@graph/1/author"), (3, "/@graph/2/claimReviewed"),
    ]  # fmt: skip
    result = take(database, content, ClaimReviews(), **PARTIAL)
    assert (result.lines, result.rejected_total, made(result)["claim"]) == (4, 2, 3)
    assert [(one.line, one.pointer, one.code) for one in result.remarks] == [
        (4, "/@graph/3/datePublished", "date_left_out")
    ]


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"5", b'{"claims": []}', b'{"@type": "Article"}', b"{"])
@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_file_without_a_review_is_refused(database: Database, content: bytes) -> None:
    assert refusal(database, content, ClaimReviews()) == [(None, "")]


def test_a_date_that_can_be_read_in_two_ways_is_left_out_and_reported(database: Database) -> None:
    content = json.dumps(review(datePublished="01/02/2020")).encode()
    result = take(database, content, ClaimReviews())
    assert (made(result)["claim"], [one.pointer for one in result.remarks]) == (2, ["/datePublished"])
    assert stored(database)[0][1].asserted is None


def test_an_order_of_dates_can_be_given_for_reviews(database: Database) -> None:
    content = json.dumps(review(datePublished="01/02/2020")).encode()
    result = take(database, content, ClaimReviews(DateOrder.DMY))
    assert (result.remarks_total, stored(database)[0][1].asserted) == (0, "2020-02-01")


def test_a_claim_that_is_an_object_is_read(database: Database) -> None:
    claim = {"@type": "Claim", "text": "The bridge cost 3 billion.", "author": {"name": "A Mayor"}}
    take(database, json.dumps(review(claimReviewed=claim, itemReviewed=None)).encode(), ClaimReviews())
    reviewed = stored(database)[0][0]
    assert (reviewed.statement, reviewed.claimant.name) == ("The bridge cost 3 billion.", "A Mayor")


def test_several_authors_are_named_together(database: Database) -> None:
    people = [{"@type": "Person", "name": name} for name in ("Ann", "Ben", "Cid")]
    item = {"@type": "Claim", "author": people[:2]}
    take(database, json.dumps(review(itemReviewed=item, author=people)).encode(), ClaimReviews())
    reviewed, judged = stored(database)[0]
    assert (reviewed.claimant.name, judged.claimant.name) == ("Ann and Ben", "Ann, Ben and Cid")
    checks = {"publisher": {"@type": "Organization", "name": "Checks"}, "claimReviewed": "Another.", "url": None}
    take(database, json.dumps(review(itemReviewed=item, author=people, **checks)).encode(), ClaimReviews())
    assert "Checks" in {claim.claimant.name for claim in stored(database)[0]}


def test_reviews_of_media_are_skipped_and_counted(database: Database) -> None:
    media = {"@type": "MediaReview", "url": "https://checks.example/m"}
    result = take(database, json.dumps({"@graph": [media, REVIEW, media]}).encode(), ClaimReviews())
    assert (result.lines, result.rejected_total) == (1, 0)
    assert [(one.code, one.detail[:20]) for one in result.remarks] == [("skipped", "2 reviews of media (")]
    assert refusal(database, json.dumps([media]).encode(), ClaimReviews()) == [(None, "")]


def _many_reviews(number: int) -> list[dict[str, Any]]:
    """Reviews of which a third are of statements that others review too, in other spellings of the same text."""
    ratings = ["True", "False", "Mostly false", "Misleading", "Pants on fire", "Correct"]
    spellings = ["R1 cost {0} million dollars.", "r1 cost  {0} million DOLLARS", "“R1 cost {0} million dollars!”"]
    reviews = []
    for place in range(number):
        shared = place % 3 == 0
        statement = spellings[place // 3 % 3].format(place // 3 % 100 if shared else 10_000 + place)
        reviews.append(
            REVIEW
            | {
                "url": f"https://checks.example/{place}",
                "claimReviewed": statement,
                "author": {"@type": "Organization", "name": f"Checker {place % 40}"},
                "datePublished": f"2025-0{place % 9 + 1}-10",
                "reviewRating": {"@type": "Rating", "alternateName": ratings[place * 7 % len(ratings)]},
                "itemReviewed": {
                    "@type": "Claim",
                    "author": {"@type": "Person", "name": f"Blogger {place // 3 % 100 if shared else place}"},
                    "datePublished": "2025-01-05",
                },
            }
        )
    return reviews


_STANCES = {"True": "supports", "Correct": "supports", "False": "denies"}


def _counted_by_hand(reviews: list[dict[str, Any]]) -> dict[str, tuple[int, int, int]]:
    """For each statement, as its words say, how many voices support it, deny it and take no side."""
    said: dict[str, dict[str, tuple[str, int, str]]] = {}
    for place, review in enumerate(reviews):
        same = " ".join(review["claimReviewed"].casefold().split()).strip("“”.!")
        voices = said.setdefault(same, {})
        author = review["itemReviewed"]["author"]["name"]
        voices.setdefault(author, ("2025-01-05", -1, "supports"))
        stance = _STANCES.get(review["reviewRating"]["alternateName"], "neutral")
        checker, own = review["author"]["name"], (review["datePublished"], place, stance)
        voices[checker] = max(voices.get(checker, ("", -1, "")), own)
    counted = {}
    for same, voices in said.items():
        stances = [stance for _, _, stance in voices.values()]
        counted[same] = (stances.count("supports"), stances.count("denies"), stances.count("neutral"))
    return counted


def test_the_propositions_of_a_thousand_reviews_are_those_counted_by_hand(database: Database) -> None:
    reviews = _many_reviews(1_000)
    expected = _counted_by_hand(reviews)
    result = take(database, json.dumps(reviews).encode(), ClaimReviews(), **PARTIAL)
    assert result.rejected_total == 0
    assert made(result)["proposition"] == len(expected)
    with database.snapshot() as connection:
        found = connection.execute(
            select(PropositionRow.text, PropositionRow.supports, PropositionRow.denies, PropositionRow.neutral)
        ).all()
        query = RankingQuery(limit=200)
        contested = set()
        while True:
            page = contested_propositions.LIST.page(connection, query, contested_propositions.MOST_CONTESTED_FIRST)
            contested |= {fold_statement(one.text) for one in page.items}
            if page.next_cursor is None:
                break
            query = query.model_copy(update={"cursor": page.next_cursor})
    assert {fold_statement(row.text): (row.supports, row.denies, row.neutral) for row in found} == expected
    assert contested == {same for same, (supports, denies, _) in expected.items() if supports and denies}
    assert len(contested) > 20


def test_a_review_that_was_imported_before_it_made_propositions_stays_as_it_was(database: Database) -> None:
    take(database, json.dumps(REVIEW).encode(), ClaimReviews())
    with database.writer.begin() as connection:  # as an earlier version of the service has left its claims
        connection.execute(delete(StanceRow))
    again = take(database, json.dumps(REVIEW).encode(), ClaimReviews())
    assert (made(again), unchanged(again)) == ({}, {"proposition": 1, "claim": 2, "dispute": 1})
    with database.read() as connection:
        assert connection.execute(select(StanceRow.claim_id)).all() == []
