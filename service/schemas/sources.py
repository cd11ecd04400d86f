"""API models for sources."""

from pydantic import MISSING

from service.domain.vocabulary import SourceKind
from service.schemas.base import Body, Head, Page
from service.schemas.types import Bool, Day, Doi, Edtf, Id, Key, Language, Line, Names, Text, Url


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
