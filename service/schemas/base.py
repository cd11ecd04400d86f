"""Base models of the API: request bodies, responses, the head of a record, refs to embedded records, and pages."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from service.domain.vocabulary import Scale
from service.schemas.types import Id, Key, Line, Text, Time, UnitText

T = TypeVar("T")


class Body(BaseModel):
    """Input from a client. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class View(BaseModel):
    """A response of the service. Every field is always present."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Withdrawal(View):
    at: Time
    reason: Text


class Head(View):
    id: Id
    key: Key | None
    version: int = Field(description="1 when created, one more with every change.")
    created_at: Time
    updated_at: Time
    created_by: Id | None
    withdrawn: Withdrawal | None


class EntityRef(View):
    id: Id
    key: Key
    name: Line


class MetricRef(View):
    id: Id
    key: Key
    name: Line
    unit: UnitText
    scale: Scale


class ScopeRef(View):
    id: Id
    key: Key
    name: Line


class SourceRef(View):
    id: Id
    key: Key | None
    title: Line


class ClaimRef(View):
    id: Id
    key: Key | None
    statement: Text


class MeasurandRef(View):
    id: Id
    key: str = Field(description="subject.metric[.scope][@period]")


class FigureRef(View):
    id: Id


class Page(View, Generic[T]):
    items: list[T]
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")
