"""Query parameters of the explorer's pages. Unknown ones are ignored, because links accumulate them."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from service.domain.vocabulary import Agreement, Basis, Consistency, DisagreementKind, EntityKind, SourceKind
from service.schemas.queries import ComparedKind, Tolerance
from service.schemas.search import SearchedKind
from service.schemas.types import Day, GivenTime, Key, Ref, clean_text


def _none_if_empty(raw: object) -> object:
    """None for an empty string, which a form sends for an empty field."""
    return None if raw == "" else raw


Day_ = Annotated[Day | None, BeforeValidator(_none_if_empty)]
Moment = Annotated[GivenTime | None, BeforeValidator(_none_if_empty)]
Word = Annotated[Annotated[str, Field(max_length=240)] | None, BeforeValidator(_none_if_empty)]
Cursor = Annotated[str | None, Field(max_length=1000)]
Words = Annotated[
    Annotated[str, Field(max_length=200), AfterValidator(clean_text)] | None, BeforeValidator(_none_if_empty)
]
Named = Annotated[Ref | None, BeforeValidator(_none_if_empty)]


class _PageQuery(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class RecordedPageQuery(_PageQuery):
    recorded_as_of: Moment = None


class HomeQuery(RecordedPageQuery):
    q: Words = None
    kind: ComparedKind = DisagreementKind.CONFLICT
    metric: Annotated[Key | None, BeforeValidator(_none_if_empty)] = None
    entity_kind: Annotated[EntityKind | None, BeforeValidator(_none_if_empty)] = None
    cursor: Cursor = None
    as_of: Day_ = None


class SearchPageQuery(_PageQuery):
    q: Words = None
    kind: Annotated[SearchedKind | None, BeforeValidator(_none_if_empty)] = None
    cursor: Cursor = None


class NewClaimQuery(_PageQuery):
    """What a new claim is about, as far as the page from which it was opened knows."""

    subject: Word = None
    metric: Word = None
    scope: Word = None
    period: Word = None
    source: Word = None
    derived_from: Word = None


class NewRecordQuery(_PageQuery):
    """`of` is what the new record belongs to: a metric, or a claim."""

    of: Word = None


class SignInQuery(_PageQuery):
    next: Annotated[str, Field(max_length=1000)] = "/"


class EntityPageQuery(RecordedPageQuery):
    as_of: Day_ = None
    cursor: Cursor = None


class ComparisonPageQuery(RecordedPageQuery):
    by: Literal["basis", "party"] = "basis"
    about_tolerance: Tolerance = Field("0.1", validate_default=True)
    as_of: Day_ = None
    order: Literal["basis", "value", "date"] = "basis"


class RecordPageQuery(RecordedPageQuery):
    cursor: Cursor = None


class ChangesPageQuery(_PageQuery):
    before: int | None = Field(None, ge=1, le=2**62)


class ComparisonListPageQuery(RecordedPageQuery):
    subject: Named = None
    metric: Named = None
    claimant: Named = None
    agreement: Annotated[Agreement | None, BeforeValidator(_none_if_empty)] = None
    sort: Literal["-gap", "-figure_count", "-updated_at", "-created_at"] = "-gap"
    cursor: Cursor = None


class ClaimListPageQuery(_PageQuery):
    subject: Named = None
    metric: Named = None
    claimant: Named = None
    basis: Annotated[Basis | None, BeforeValidator(_none_if_empty)] = None
    status: Literal["active", "superseded", "retracted", "all"] = "active"
    text: Words = None
    cursor: Cursor = None


class EntityListPageQuery(_PageQuery):
    kind: Annotated[EntityKind | None, BeforeValidator(_none_if_empty)] = None
    text: Words = None
    sort: Literal["name", "-created_at", "-updated_at"] = "name"
    cursor: Cursor = None


class SourceListPageQuery(_PageQuery):
    kind: Annotated[SourceKind | None, BeforeValidator(_none_if_empty)] = None
    text: Words = None
    sort: Literal["title", "-created_at", "-updated_at"] = "-created_at"
    cursor: Cursor = None


class QuantityListPageQuery(_PageQuery):
    sort: Literal["name", "-created_at"] = "name"
    cursor: Cursor = None


class QuantityPageQuery(RecordedPageQuery):
    scope: Word = None
    sort: Literal["-gap", "-figure_count", "-created_at"] = "-figure_count"
    cursor: Cursor = None


class DayQuery(_PageQuery):
    as_of: Day_ = None


class OEmbedQuery(_PageQuery):
    url: str = Field(max_length=2_000)
    format: str = Field("json", max_length=20)
    maxwidth: int | None = Field(None, ge=1, le=10_000)
    maxheight: int | None = Field(None, ge=1, le=10_000)


class ComparePageQuery(RecordedPageQuery):
    left: Word = None
    right: Word = None
    as_of: Day_ = None


class ListPageQuery(_PageQuery):
    cursor: Cursor = None


class CheckPageQuery(RecordedPageQuery):
    as_of: Day_ = None


class ConsistencyListPageQuery(ListPageQuery):
    subject: Named = None
    verdict: Annotated[Consistency | None, BeforeValidator(_none_if_empty)] = None


class PropositionListPageQuery(ListPageQuery):
    which: Literal["contested", "all"] = "contested"
    subject: Named = None
    text: Words = None


class PositionsPageQuery(_PageQuery):
    subject: Word = None
    metric: Word = None
