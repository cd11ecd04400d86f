"""API models for scopes: which part of a metric is counted."""

from typing import Annotated

from pydantic import MISSING, Field

from service.schemas.base import Body, Head, MetricRef, Page, ScopeRef
from service.schemas.types import Id, Key, Line, Ref, Text


class ScopeCreate(Body):
    id: Id | None = None
    key: Key
    name: Line
    definition: Text | None = None
    part_of: Ref | None = Field(None, description="A scope of the same metric, of which this one is a part.")


class ScopeLine(ScopeCreate):
    """A scope in a file, where no address names its metric."""

    metric: Ref


Scopes = Annotated[list[ScopeCreate], Field(max_length=200)]


class ScopePatch(Body):
    key: Key | MISSING = MISSING
    name: Line | MISSING = MISSING
    definition: Text | None | MISSING = MISSING
    part_of: Ref | None | MISSING = MISSING


class Scope(Head):
    metric: MetricRef
    key: Key
    name: Line
    definition: Text | None
    part_of: ScopeRef | None


class ScopePage(Page[Scope]):
    pass
