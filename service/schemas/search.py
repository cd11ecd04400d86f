"""API models for search."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from service.domain.vocabulary import ClaimStatus
from service.schemas.base import Body, EntityRef, View
from service.schemas.queries import CURSOR
from service.schemas.types import Bool, Edtf, Id, Line, Text, clean_text

# two numbers; the document says so without `prefixItems`, which many generators do not know
Span = Annotated[
    tuple[int, int],
    WithJsonSchema({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}),
]
SearchedKind = Literal["comparison", "metric", "claim", "source", "entity", "proposition"]


class SearchQuery(Body):
    q: Annotated[
        str,
        Field(
            min_length=1, max_length=200, description="Words; the last may be only begun. Records that hold them all."
        ),
        AfterValidator(clean_text),
    ]
    kind: list[SearchedKind] = []
    cursor: str | None = Field(None, max_length=1000, description=CURSOR)
    limit: int = Field(20, ge=1, le=100)


class SearchMatch(View):
    """The matches in one field. The text is the part of the field around the first match."""

    pointer: str = Field(
        description="The field, as a JSON pointer into the record: /statement, /authors/0. Of a comparison: /title."
    )
    text: str
    start: int = Field(description="Where the text begins in the field, in code points.")
    offsets: list[Span] = Field(description="From and up to, in code points of the text.")


class SearchHit(View):
    kind: SearchedKind
    id: Id
    key: str | None
    title: Line | Text = Field(
        description="The text of a claim or proposition, the title of a source, the name of an entity or a metric, or "
        "what is compared."
    )
    status: ClaimStatus | None = Field(description="Of a claim.")
    claimant: EntityRef | None = Field(description="Of a claim.")
    asserted: Edtf | None = Field(description="Of a claim: when it was said.")
    figures: list[str] = Field(description="Of a claim: its first three figures, in short, each with its metric.")
    text: str | None = Field(description="Of a comparison: what follows from its figures.")
    matches: list[SearchMatch]


class SearchResults(View):
    items: list[SearchHit] = Field(description="Best first.")
    next_cursor: str | None = Field(description="For the next page. At most 100 of each kind are listed.")
    total: int = Field(description="How many records match; at most 1,000 of each kind are counted.")
    total_is_exact: Bool = Field(description="False: there are more than `total`.")
