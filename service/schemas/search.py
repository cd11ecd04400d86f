"""API models for search."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from service.domain.vocabulary import ClaimStatus
from service.schemas.base import Body, View
from service.schemas.types import Bool, Id, Key, Line, Text, clean_text

SearchedKind = Literal["claim", "source", "entity"]


class SearchQuery(Body):
    q: Annotated[
        str,
        Field(
            min_length=1, max_length=200, description="Words; the last may be only begun. Records that hold them all."
        ),
        AfterValidator(clean_text),
    ]
    kind: list[SearchedKind] = []
    limit: int = Field(20, ge=1, le=100)


class SearchMatch(View):
    """The matches in one field. The text is the part of the field around the first match."""

    pointer: str = Field(description="The field, as a JSON pointer into the record: /statement, /authors/0.")
    text: str
    start: int = Field(description="Where the text begins in the field, in code points.")
    offsets: list[tuple[int, int]] = Field(description="From and up to, in code points of the text.")


class SearchHit(View):
    kind: SearchedKind
    id: Id
    key: Key | None
    title: Line | Text = Field(description="A claim's statement, a source's title, an entity's name.")
    status: ClaimStatus | None = Field(description="Of a claim.")
    matches: list[SearchMatch]


class SearchResults(View):
    items: list[SearchHit] = Field(description="Best first.")
    total: int = Field(description="How many records match; at most 1,000 of each kind are counted.")
    total_is_exact: Bool = Field(description="False: there are more than `total`.")
