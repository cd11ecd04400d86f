"""API models for sources."""

from typing import Annotated, Self

from pydantic import MISSING, Field, model_validator

from service.domain.vocabulary import SourceKind
from service.schemas.base import Body, Head, Page, View
from service.schemas.types import Bool, Day, Doi, Edtf, Id, Key, Language, Line, Names, Text, Url, refuse


class SourceCreate(Body):
    id: Id | None = None
    key: Key | None = None
    kind: SourceKind
    title: Line
    authors: Names = []
    publisher: Line | None = None
    url: Url | None = None
    archived_url: Url | None = None
    doi: Doi | None = None
    published: Edtf | None = None
    accessed_on: Day | None = None
    language: Language | None = None
    peer_reviewed: Bool | None = None
    notes: Text | None = None


class SourcePatch(Body):
    key: Key | None | MISSING = MISSING
    kind: SourceKind | MISSING = MISSING
    title: Line | MISSING = MISSING
    authors: Names | MISSING = MISSING
    publisher: Line | None | MISSING = MISSING
    url: Url | None | MISSING = MISSING
    archived_url: Url | None | MISSING = MISSING
    doi: Doi | None | MISSING = MISSING
    published: Edtf | None | MISSING = MISSING
    accessed_on: Day | None | MISSING = MISSING
    language: Language | None | MISSING = MISSING
    peer_reviewed: Bool | None | MISSING = MISSING
    notes: Text | None | MISSING = MISSING


class Source(Head):
    kind: SourceKind
    title: Line
    authors: Names
    publisher: Line | None
    url: Url | None
    archived_url: Url | None
    doi: Doi | None
    published: Edtf | None
    accessed_on: Day | None
    language: Language | None
    peer_reviewed: Bool | None
    notes: Text | None


class SourcePage(Page[Source]):
    pass


class SourceLookup(Body):
    """One of the three."""

    doi: Doi | None = Field(None, description="Is looked up at Crossref.")
    isbn: Annotated[str, Field(pattern=r"^[0-9]{9}([0-9]{3})?[0-9Xx]$")] | None = Field(
        None, description="Without hyphens. Is looked up at Open Library."
    )
    url: Url | None = Field(None, description="The page itself is read.")

    @model_validator(mode="after")
    def _just_one(self) -> Self:
        if sum(one is not None for one in (self.doi, self.isbn, self.url)) != 1:
            raise refuse("Give one of doi, isbn and url.")
        return self


class SourceDraft(View):
    """What was found; fields of which nothing is known are null. Check it, then create a source of it."""

    kind: SourceKind | None = None
    title: Line | None = None
    authors: Names = []
    publisher: Line | None = None
    published: Edtf | None = None
    doi: Doi | None = None
    url: Url | None = None
    language: Language | None = None
