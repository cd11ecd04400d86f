"""API models for the history of records."""

from typing import Any, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from service.domain.vocabulary import Operation
from service.schemas.base import Body, Page, View
from service.schemas.queries import PageQuery
from service.schemas.types import Id, Time

RecordKind = Literal[
    "source",
    "entity",
    "metric",
    "scope",
    "equation",
    "proposition",
    "claim",
    "figure",
    "dispute",
    "key",
    "series",
    "comparison",
]


Snapshot = TypeAliasType("Snapshot", dict[str, Any])


class Actor(View):
    id: Id
    name: str | None = Field(description="Null for callers who may not see the names of keys.")


class Change(View):
    seq: int = Field(description="Rises in the order in which changes were committed.")
    at: Time
    actor: Actor | None
    request_id: str | None
    operation: Operation
    kind: RecordKind
    record_id: Id
    version: int
    changed: list[str] = Field(
        description="The fields that differ from the version before; none for a new record. Of a comparison what is"
        " new: agreement, verdict, widest (another pair conflicts most) or drift."
    )
    snapshot: Snapshot | None = Field(description="The record as it was answered then.")


class ChangePage(Page[Change]):
    pass


class ChangeFeed(View):
    items: list[Change]
    next_after: int = Field(description="Pass it as `after` for what comes next; the same again when nothing has come.")


class HistoryQuery(PageQuery):
    pass


class StreamQuery(Body):
    after: int | None = Field(None, ge=0, le=2**62, description="Begin after this change; by default with what comes.")
    kind: list[RecordKind] = []


class FeedQuery(Body):
    limit: int = Field(50, ge=1, le=200)
    after: int = Field(0, ge=0, le=2**62, description="The seq of the last change that you have seen.")
    kind: list[RecordKind] = []
