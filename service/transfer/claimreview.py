"""Fact checks: schema.org ClaimReview as JSON-LD, and responses of the Google Fact Check Tools API (`claims:search`).

The reviewed statement becomes a claim in the source where it first appeared, the review a claim of the reviewer in a
separate source. A dispute links the two unless the rating agrees. The words of the rating are kept unchanged. The
statement also becomes a proposition: its author supports it, and the review supports it, denies it or takes no side.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from service.domain.date_phrase import read_date
from service.domain.names import content_id, fold_statement
from service.domain.ratings import Rating, dispute_type, review_stance
from service.domain.text import composed
from service.domain.vocabulary import DateOrder, ImportFormat, Stance
from service.errors import Fault, Invalid, ServiceError
from service.schemas.claims import ClaimCreate
from service.schemas.disputes import DisputeCreate
from service.schemas.faults import validated
from service.schemas.propositions import PropositionCreate, StanceFields
from service.schemas.sources import SourceCreate
from service.schemas.strict_json import parse_json
from service.schemas.types import MAX_TEXT
from service.schemas.urls import check_url, host_of
from service.store.records.claim_idempotency import Given
from service.store.records.names import Known
from service.transfer.entries import Entry, Note
from service.transfer.import_writer import ImportWriter
from service.transfer.lines import File, refused

MAX_BYTES = 33_554_432
_MOST_VALUES = 2_000_000  # in a file; parsed, each takes some hundred bytes
_MOST_REFERENCES = 10  # values of one property of a node
_NOBODY = "Claimant not stated"
_NOTHING = "Subject not stated"
_SHOWN = 300
_MEDIA = object()  # in place of a function that reads a review of media


@dataclass(frozen=True, slots=True)
class Page:
    """Where something was published: a URL, or at least a title."""

    url: str | None = None
    title: str | None = None
    publisher: str | None = None
    published: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """One review of one statement, from either format."""

    statement: str
    about: str | None
    claimant: str | None
    asserted: str | None
    appearance: Page | None
    reviewer: str
    page: Page
    language: str | None
    rating: Rating


class ClaimReviews:
    name = ImportFormat.CLAIMREVIEW
    layout = None
    given: Given = "some"

    def __init__(self, date_order: DateOrder | None = None) -> None:
        self.date_order = date_order

    def check(self, file: File) -> int:
        return len(_reviews(file).found)

    def read(self, file: File) -> Iterator[Entry]:
        reviews = _reviews(file)
        for number, (pointer, read, found) in enumerate(reviews.found, 1):
            file.watch()
            notes = Notes(self.date_order)
            if number == 1 and reviews.media:
                notes.add("", "skipped", f"{reviews.media:,} reviews of media (MediaReview) were skipped.")
            try:
                yield Entry(number, "claim", read(found, notes), notes=notes.under(pointer))
            except ServiceError as error:
                yield Entry(number, "claim", error.under(pointer))

    def look_up(self, loading: ImportWriter, entries: Sequence[Entry]) -> None:
        reviews: list[Review] = [entry.content for entry in entries]
        names = {name for review in reviews for name in (_claimant(review), review.about, review.reviewer)}
        loading.names.look_up("entity", [name for name in names if name is not None])

    def place(self, fault: Fault) -> Fault:
        return fault

    def put(self, loading: ImportWriter, content: Review) -> None:
        put(loading, content)


# Reading -------------------------------------------------------------------------------------------------------------


class Notes:
    """What was left out of a review, and the order of days and months in its dates."""

    def __init__(self, date_order: DateOrder | None) -> None:
        self.date_order = date_order
        self._notes: list[Note] = []

    def add(self, pointer: str, code: str, detail: str) -> None:
        self._notes.append(Note(pointer, code, detail))

    def under(self, pointer: str) -> list[Note]:
        return [note._replace(pointer=pointer + note.pointer) for note in self._notes]


class Reviews(NamedTuple):
    """Each review with its pointer and the function that reads it, and the number of reviews of media."""

    found: list[tuple[str, Any, dict[str, Any]]]
    media: int


def _reviews(file: File) -> Reviews:
    """Raises Invalid for a document without reviews."""
    file.seek(0)
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise refused(f"A file of reviews has at most {MAX_BYTES} bytes.")
    if content.count(b",") + content.count(b"[") + content.count(b"{") > _MOST_VALUES:
        raise refused(f"The file has more than {_MOST_VALUES:,} values.")
    file.watch()
    try:
        document = parse_json(content.removeprefix(b"\xef\xbb\xbf"))
    except Invalid as error:
        raise refused(error.detail) from None
    every = list(_found(document, "", Graph(document, file)))
    found = [one for one in every if one[1] is not _MEDIA]
    if not found:
        media = " It has reviews of media (MediaReview), which are not read." if every else ""
        detail = (
            f"This file has no review of a claim.{media} Expected schema.org ClaimReview as JSON-LD, or an answer of"
        )
        raise refused(f"{detail} claims:search, which has claims with claimReview.")
    return Reviews(found, len(every) - len(found))


class Graph:
    """The nodes of a document by `@id`, which other nodes use to refer to them."""

    def __init__(self, document: Any, file: File) -> None:
        nodes = [document, *(_many(document.get("@graph")) if isinstance(document, dict) else _many(document))]
        self._named = {
            node["@id"]: node for node in nodes if isinstance(node, dict) and isinstance(node.get("@id"), str)
        }
        self._file = file

    def resolved(self, node: dict[str, Any], depth: int = 2) -> dict[str, Any]:
        """A node with its references resolved, down to the author and publisher of the page where it appeared. Of each
        list, only the first values are: none has as many.
        """
        self._file.watch()
        whole = dict(node)
        for name in ("itemReviewed", "claimReviewed", "author", "creator", "publisher", "about", "appearance",
                     "firstAppearance"):  # fmt: skip
            if name in whole:
                values = [self._named_by(value) for value in _many(whole[name])[:_MOST_REFERENCES]]
                whole[name] = [self.resolved(v, depth - 1) if depth and isinstance(v, dict) else v for v in values]
        return whole

    def _named_by(self, value: Any) -> Any:
        is_reference = isinstance(value, dict) and set(value) == {"@id"} and isinstance(value["@id"], str)
        return self._named.get(value["@id"], value) if is_reference else value


def _found(node: Any, pointer: str, named: Graph) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    if isinstance(node, list):
        for index, inner in enumerate(node):
            yield from _found(inner, f"{pointer}/{index}", named)
    elif isinstance(node, dict):
        kinds = {_kind(kind) for kind in _many(node.get("@type"))}
        if "ClaimReview" in kinds:
            yield pointer, _read_schema_org, named.resolved(node)
        elif "MediaReview" in kinds:
            yield pointer, _MEDIA, node
        elif isinstance(node.get("claims"), list):
            for index, claim in enumerate(node["claims"]):
                reviews = claim.get("claimReview") if isinstance(claim, dict) else None
                for place, review in enumerate(_many(reviews) or [None]):
                    found = {"claim": claim, "review": review, "at": f"/claimReview/{place}"}
                    yield f"{pointer}/claims/{index}", _read_google, found
        else:
            for name in ("@graph", "itemListElement", "dataFeedElement", "item", "mainEntity", "hasPart", "review"):
                if name in node:
                    yield from _found(node[name], f"{pointer}/{name}", named)


def _kind(kind: object) -> str | None:
    """The bare name of a type, which may have a prefix or be a URL."""
    return re.split("[/:#]", kind)[-1] if isinstance(kind, str) else None


def _read_schema_org(node: dict[str, Any], notes: Notes) -> Review:
    items = [*_many(node.get("itemReviewed")), *_many(node.get("claimReviewed"))]
    item = next((i for i in items if isinstance(i, dict) and "@value" not in i), {})
    statement = _text(node, "claimReviewed") or _text(item, "text", "name", "description")
    if statement is None:
        raise Invalid.at("/claimReviewed", "A review says which claim it is of.")
    places = [*_many(item.get("firstAppearance")), *_many(item.get("appearance")), *_many(item.get("sameAs"))]
    rating = node.get("reviewRating")
    page = _page(node) or Page()
    return Review(
        statement=statement,
        about=_name(item.get("about")),
        claimant=_names(item.get("author")) or _names(item.get("creator")),
        asserted=_date(item, "datePublished", "/itemReviewed/datePublished", notes),
        appearance=next((page for page in map(_page, places) if page is not None), None),
        reviewer=_reviewer(_reviewer_named(node), page.url, "/author"),
        page=Page(page.url, page.title, page.publisher, _date(node, "datePublished", "/datePublished", notes)),
        language=_text(node, "inLanguage"),
        rating=_rating(rating if isinstance(rating, dict) else {"alternateName": rating}),
    )


def _read_google(found: dict[str, Any], notes: Notes) -> Review:
    claim, review, at = found["claim"], found["review"], found["at"]
    if not isinstance(claim, dict) or (statement := _text(claim, "text")) is None:
        raise Invalid.at("/text", "A claim has a text.")
    if not isinstance(review, dict):
        raise Invalid.at("/claimReview", "A claim has at least one review.")
    url = _url(review.get("url"))
    publisher = review.get("publisher")
    site = _text(publisher, "site") if isinstance(publisher, dict) else None
    return Review(
        statement=statement,
        about=None,
        claimant=_text(claim, "claimant"),
        asserted=_date(claim, "claimDate", "/claimDate", notes),
        appearance=None,
        reviewer=_reviewer(_name(publisher) or site, url, f"{at}/publisher"),
        page=Page(
            url, _text(review, "title"), _name(publisher), _date(review, "reviewDate", f"{at}/reviewDate", notes)
        ),
        language=_text(review, "languageCode"),
        rating=_rating({"alternateName": review.get("textualRating")}),
    )


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(node: Any, *names: str) -> str | None:
    """The first of these fields that is a text, which may be tagged with a language (`@value`)."""
    for name in names:
        for value in _many(node.get(name)):
            text = value
            if isinstance(value, dict):
                text = next((value[key] for key in ("@value", "text", "name") if key in value), None)
            if isinstance(text, str) and text.strip():
                return _checked(text.strip())
    return None


def _checked(text: str) -> str:
    """Raises Invalid for a text that cannot be stored, or that is longer than any field."""
    if len(text) > MAX_TEXT:
        raise Invalid.at("", f"A text has at most {MAX_TEXT:,} characters.")
    return composed(text)


def _name(node: Any) -> str | None:
    """The name of a person, an organisation or a thing."""
    for value in _many(node):
        if isinstance(value, str) and value.strip():
            return _checked(value.strip())
        if isinstance(value, dict) and (found := _text(value, "name", "alternateName")) is not None:
            return found
    return None


def _names(node: Any) -> str | None:
    """The names of several people or organisations as one, or the only one."""
    found = list(dict.fromkeys(name for value in _many(node) if (name := _name(value)) is not None))
    return _checked(" and ".join(filter(None, [", ".join(found[:-1]), *found[-1:]]))) if found else None


def _reviewer_named(node: dict[str, Any]) -> str | None:
    """The author; if there are several, the publisher for whom they write, if it is named."""
    authors, publisher = _many(node.get("author")), _name(node.get("publisher"))
    return (publisher if len(authors) > 1 else None) or _names(authors) or publisher


def _url(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return check_url(value.strip())
    except Invalid:
        return None


def _page(node: Any) -> Page | None:
    if isinstance(node, str):
        return Page(_url(node)) if _url(node) else None
    if not isinstance(node, dict):
        return None
    url = _url(node.get("url")) or _url(node.get("@id"))
    title = _text(node, "headline", "name")
    publisher = _name(node.get("publisher")) or _name(node.get("author"))
    return Page(url, title, publisher) if url or title else None


def _date(node: dict[str, Any], name: str, pointer: str, notes: Notes) -> str | None:
    """The date as EDTF; None, with a note, for one that cannot be read, or can be read in two ways."""
    text = _text(node, name)
    if text is None or text.startswith("0001-01-01"):  # some publishers' value for an unknown date
        return None
    try:
        return read_date(text, notes.date_order)
    except Invalid as error:
        notes.add(pointer, "date_left_out", error.detail)
        return None


def _reviewer(name: str | None, url: str | None, pointer: str) -> str:
    found = name or (host_of(url) if url else None)
    if found is None:
        raise Invalid.at(pointer, "A review says whose it is.")
    return found


def _rating(node: dict[str, Any]) -> Rating:
    numbers = [_number(node.get(name)) for name in ("ratingValue", "bestRating", "worstRating")]
    return Rating(_text(node, "alternateName", "name", "ratingExplanation"), *numbers)


def _number(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, (str, int, float)) or hasattr(value, "as_tuple") else None
    except (ValueError, OverflowError):
        return None


# Writing -------------------------------------------------------------------------------------------------------------


def _claimant(review: Review) -> str:
    return review.claimant or (review.appearance.publisher if review.appearance else None) or _NOBODY


def put(loading: ImportWriter, review: Review) -> None:
    """Writes the claim, the review's own claim, and the dispute between them. Raises ServiceError."""
    claimant = loading.names.entity(_claimant(review), "/itemReviewed/author")
    reviewer = loading.names.entity(review.reviewer, "/author", "organization")
    subject = loading.names.entity(review.about or _NOTHING, "/itemReviewed/about")
    page = _source(loading, review.page, review.statement, review.reviewer, review.language)
    appeared = _source(loading, review.appearance, review.statement, None, None) if review.appearance else page
    plain = {"subject": subject.key, "claimant_role": "unknown"}
    proposition = _proposition(loading, review, subject)
    reviewed = loading.put_claim(
        validated(
            ClaimCreate,
            {
                **plain,
                "source": appeared,
                "claimant": claimant.key,
                "statement": review.statement,
                "asserted": review.asserted,
            },
        ),
        new_stances=[StanceFields(proposition=proposition, stance=Stance.SUPPORTS)],
    )
    said = review.rating.text or review.rating.numbers
    judged = loading.put_claim(
        validated(
            ClaimCreate,
            {
                **plain,
                "source": page,
                "claimant": reviewer.key,
                "claimant_role": "third_party",
                "statement": f"{said or 'A review'}: {review.statement}"[:20_000],
                "quote": review.rating.text,
                "asserted": review.page.published,
            },
        ),
        new_stances=[StanceFields(proposition=proposition, stance=review_stance(review.rating))],
    )
    kind = dispute_type(review.rating)
    if kind is not None:
        dispute = {"disputed_claim": reviewed, "disputing_claim": judged, "type": kind, "rationale": said}
        loading.put("dispute", validated(DisputeCreate, dispute | {"opened": review.page.published}))


def _proposition(loading: ImportWriter, review: Review, subject: Known) -> str:
    """The id of the statement as a proposition: the same for the same text, language, subject and date of the claim."""
    same = {
        "text": fold_statement(review.statement),
        "language": review.language and review.language.casefold(),
        "subject": subject.id,
        "asserted": review.asserted,
    }
    made = {"id": content_id("proposition", same), "text": review.statement, "language": review.language}
    loading.put_proposition(validated(PropositionCreate, made | {"subject": subject.id}))
    return str(made["id"])


def _source(loading: ImportWriter, page: Page, statement: str, publisher: str | None, language: str | None) -> str:
    """The id of the source. Reviews only mention pages, so a stored source is matched by its URL alone."""
    title = " ".join((page.title or page.url or statement).split())[:_SHOWN]
    given = {"url": page.url, "publisher": page.publisher or publisher, "published": page.published}
    made = validated(SourceCreate, {"kind": "web_page", "title": title, "language": language, **given})
    made.model_fields_set.clear()
    return loading.source(made)
