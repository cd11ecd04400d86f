"""API models for who agrees with whom."""

from typing import Literal

from service.domain.vocabulary import Stance
from service.schemas.base import EntityRef, View
from service.schemas.figures import Interval
from service.schemas.types import Id


class PositionCounts(View):
    comparisons: int
    propositions: int


class Position(View):
    claimant: EntityRef
    agree: PositionCounts
    conflict: PositionCounts
    in_common: PositionCounts


class EntityPositions(View):
    entity: EntityRef
    comparison_count: int
    proposition_count: int
    alone: PositionCounts
    positions: list[Position]
    position_count: int


class PositionColumn(View):
    kind: Literal["comparison", "proposition"]
    id: Id
    key: str | None
    text: str


class PositionCell(View):
    claimant: int
    column: int
    stance: Stance | None
    interval: Interval | None
    agree: int
    conflict: int


class PositionPair(View):
    first: int
    second: int
    agree: PositionCounts
    conflict: PositionCounts
    in_common: PositionCounts


class PositionMatrix(View):
    claimants: list[EntityRef]
    columns: list[PositionColumn]
    cells: list[PositionCell]
    pairs: list[PositionPair]
