"""API models for the numbers of a text."""

from typing import Annotated

from pydantic import Field

from service.domain.phrase import Doubt
from service.domain.vocabulary import Qualifier
from service.schemas.base import Body, View
from service.schemas.types import DecimalSign, DecimalText, UnitText

MAX_TEXT = 100_000


class DraftsRequest(Body):
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
    decimal: DecimalSign | None = Field(
        None, description="The decimal sign of the text. By default a point, and `1.500 people` is a doubt."
    )


class DraftDoubt(View):
    """Why a number was not read."""

    code: Doubt
    detail: str


class Draft(View):
    """A number of the text, as fields of a figure. With doubts, it was not read."""

    start: int = Field(description="Where it begins in the text, in code points.")
    end: int = Field(description="Where it ends.")
    text: str
    qualifier: Qualifier | None
    value: DecimalText | None
    lower: DecimalText | None
    upper: DecimalText | None
    precision: DecimalText | None
    unit: UnitText | None = Field(description="A currency or a unit of the table.")
    noun: str | None = Field(description="What is counted, in the words of the text, if that is no unit.")
    doubts: list[DraftDoubt]


class Drafts(View):
    drafts: list[Draft]
