"""Query parameters of the lists. Refs may be repeated to match any of them. Unknown parameters are refused."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from typing_extensions import TypeAliasType

from service.domain.vocabulary import (
    Agreement,
    Basis,
    CheckedBy,
    ClaimantRole,
    ComparabilityStatus,
    Consistency,
    DisagreementKind,
    DisputeStatus,
    DisputeType,
    EntityKind,
    EquationKind,
    IntervalBasis,
    Qualifier,
    SourceKind,
    Verdict,
)
from service.schemas.base import Body
from service.schemas.types import Bool, Day, DecimalText, GivenTime, Id, Line, Ref, UnitText, clean_text, refuse

MAX_REPEATS = 100
CURSOR = "What `next_cursor` of the page before says. It holds for the same filters and sort only."


def _flag(raw: object) -> object:
    if isinstance(raw, str):
        if raw not in ("true", "false"):
            raise refuse("Expected true or false.")
        return raw == "true"
    return raw


QueryFlag = Annotated[Bool, BeforeValidator(_flag)]
Refs = Annotated[list[Ref], Field(max_length=MAX_REPEATS)]
Ids = Annotated[list[Id], Field(max_length=MAX_REPEATS)]
Lines = Annotated[list[Line], Field(max_length=MAX_REPEATS)]
MeasurandRefs = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=400), AfterValidator(clean_text)]],
    Field(max_length=MAX_REPEATS, description="Ids or keys (subject.metric[.scope][@period])."),
]
TextFilter = Annotated[
    str,
    Field(min_length=1, max_length=200, description="Records that hold all these words, whatever their case."),
    AfterValidator(clean_text),
]
BasicSort = Literal["created_at", "-created_at", "updated_at", "-updated_at"]


class PageQuery(Body):
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=1000, description=CURSOR)


class Recorded(Body):
    recorded_as_of: GivenTime | None = Field(
        None,
        description="Answer as it was on record then: 2025-09-17T12:00:00Z. Later writes do not change it.",
    )


class ListFilters(Body):
    id: Ids = []
    withdrawn: Literal["false", "true", "all"] = "false"


class ListQuery(PageQuery, ListFilters):
    pass


class SourceFilters(ListFilters):
    sort: Literal[BasicSort, "title", "-title"] = "-created_at"
    kind: list[SourceKind] = []
    publisher: Lines = []
    published_from: Day | None = None
    published_to: Day | None = None
    text: TextFilter | None = None


class SourceQuery(PageQuery, SourceFilters):
    pass


class EntityQuery(ListQuery):
    sort: Literal[BasicSort, "key", "-key", "name", "-name"] = "-created_at"
    kind: list[EntityKind] = []
    part_of: Refs = []
    text: TextFilter | None = None


class MetricQuery(ListQuery):
    sort: Literal[BasicSort, "key", "-key", "name", "-name"] = "-created_at"


class ScopeQuery(ListQuery):
    sort: BasicSort = "created_at"
    part_of: Refs = []


class ClaimFilters(ListFilters):
    sort: BasicSort = "-created_at"
    subject: Refs = []
    claimant: Refs = []
    source: Refs = []
    metric: Refs = []
    scope: Refs = []
    basis: list[Basis] = []
    claimant_role: list[ClaimantRole] = []
    status: list[Literal["active", "superseded", "retracted", "all"]] = ["active"]
    asserted_from: Day | None = None
    asserted_to: Day | None = None
    derived_from: Refs = []
    text: TextFilter | None = None


class ClaimQuery(PageQuery, ClaimFilters):
    pass


class FigureFilters(ListFilters):
    sort: BasicSort = "-created_at"
    claim: Refs = []
    subject: Refs = []
    metric: Refs = []
    scope: Refs = []
    measurand: MeasurandRefs = []
    basis: list[Basis] = []
    qualifier: list[Qualifier] = []
    unit: Annotated[list[UnitText], Field(max_length=MAX_REPEATS)] = []
    value_min: DecimalText | None = Field(None, description="In the metric's unit: the interval reaches this or more.")
    value_max: DecimalText | None = Field(None, description="In the metric's unit: the interval reaches this or less.")
    period_from: Day | None = None
    period_to: Day | None = None


class FigureQuery(PageQuery, FigureFilters):
    pass


class DisputeFilters(ListFilters):
    sort: BasicSort = "-created_at"
    claim: Refs = []
    type: list[DisputeType] = []
    status: list[DisputeStatus] = []
    raised_by: Refs = []


class DisputeQuery(PageQuery, DisputeFilters):
    pass


# Exports are in creation order, so that records come before those that refer to them.


class SourceExportQuery(SourceFilters):
    sort: Literal[BasicSort, "title", "-title"] = "created_at"


class ClaimExportQuery(ClaimFilters):
    sort: BasicSort = "created_at"


class FigureExportQuery(FigureFilters):
    sort: BasicSort = "created_at"


class DisputeExportQuery(DisputeFilters):
    sort: BasicSort = "created_at"


class MeasurandFilters(Body):
    id: Ids = []
    subject: Refs = []
    metric: Refs = []
    scope: Refs = []
    entity_kind: list[EntityKind] = []
    agreement: list[Agreement] = []
    verdict: list[Verdict] = []
    comparability: list[ComparabilityStatus] = []
    claimant: Refs = Field([], description="Comparisons in which one of these has a figure.")
    interval_basis: list[IntervalBasis] = []
    self_conflict: QueryFlag | None = None
    within_rounding: QueryFlag | None = None
    period_from: Day | None = Field(None, description="Of a period that ends on this day or later.")
    period_to: Day | None = Field(None, description="Of a period that begins on this day or earlier.")
    gap_min: DecimalText | None = Field(
        None, description="The sources differ by this factor at least, or one of two amounts is zero."
    )


Empty = Annotated[
    QueryFlag | None, Field(description="Whether to include measurands of which only copies are on file.")
]


class ComparisonQuery(PageQuery, MeasurandFilters, Recorded):
    empty: Empty = None
    sort: Literal[BasicSort, "gap", "-gap", "figure_count", "-figure_count"] = "-created_at"


# the kinds of disagreement between figures of one measurand, or of a part and its whole
ComparedKind = TypeAliasType(
    "ComparedKind",
    Literal[
        DisagreementKind.CONFLICT,
        DisagreementKind.SELF_CONFLICT,
        DisagreementKind.DRIFT,
        DisagreementKind.PART_EXCEEDS_WHOLE,
    ],
)


class RankingQuery(PageQuery, MeasurandFilters, Recorded):
    kind: ComparedKind = DisagreementKind.CONFLICT
    group_by: Literal["series"] | None = Field(
        None, description="`series`: only the widest row of each subject and metric, with `group_count`."
    )


class DisagreementQuery(PageQuery, MeasurandFilters, Recorded):
    kind: DisagreementKind = Field(
        DisagreementKind.CONFLICT,
        description="With inconsistency, only id, subject and metric filter; with contested, only id and subject.",
    )
    group_by: Literal["series"] | None = Field(
        None, description="`series`: only the widest row of each subject and metric, with `group_count`."
    )


Tolerance = Annotated[
    DecimalText,
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^0(\.([0-4][0-9]{0,17}|50{0,17}))?$",
            "description": "What `about` means: value ± this share of it. 0 to 0.5.",
        }
    ),
]


class EquationQuery(ListQuery):
    sort: BasicSort = "-created_at"
    kind: list[EquationKind] = []
    metric: Refs = Field([], description="The metric of the output.")


class PropositionQuery(ListQuery):
    sort: BasicSort = "-created_at"
    subject: Refs = []
    part_of: Refs = []
    text: TextFilter | None = None


class ConsistencyQuery(PageQuery, Recorded):
    id: Ids = []
    subject: Refs = []
    metric: Refs = Field([], description="The metric of the equation's output.")
    equation: Refs = []
    verdict: list[Consistency] = []
    checked_by: list[CheckedBy] = []


class AsOfQuery(Recorded):
    as_of: Day | None = Field(
        None, description="Only claims that could be read by this day: published and asserted by then."
    )


class CheckQuery(AsOfQuery):
    about_tolerance: Tolerance = Field("0.1", validate_default=True)


class PositionQuery(Body):
    limit: int = Field(200, ge=1, le=1_000)
    subject: Refs = []


class PositionMatrixQuery(Body):
    claimant: Refs = []
    subject: Refs = []
    metric: Refs = []


class ContestedQuery(ListQuery):
    sort: BasicSort = "-created_at"
    subject: Refs = []
    claimant: Refs = []
    source: Refs = []
    type: list[DisputeType] = []
    status: list[DisputeStatus] = Field([], description="Of the dispute; by default open, conceded or resolved.")


Prices = TypeAliasType(
    "Prices",
    Annotated[
        str,
        Field(
            pattern=r"^[1-9][0-9]{3}:[a-z0-9]+(-[a-z0-9]+)*$",
            max_length=105,
            description="Restates amounts that have a price year in prices of this year, by a loaded price index.",
            examples=["2024:us-cpi-u"],
        ),
    ],
)


class ComputeQuery(Body):
    """How to compute a comparison; echoed in its settings."""

    about_tolerance: Tolerance = Field("0.1", validate_default=True)
    as_of: Day | None = Field(
        None, description="Only claims that could be read by this day: published and asserted by then."
    )
    prices: Prices | None = None


# for the document: a pattern without look-ahead cannot say "two different ones" in a shorter way
_PAIRS = "|".join(f"{first}:({'|'.join(other for other in Basis if other != first)})" for first in Basis)


def _two_bases(text: str) -> str:
    first, _, second = text.partition(":")
    if first == second or not {first, second} <= set(Basis):
        raise refuse(f"Name two different bases: projected:reported. There are {', '.join(Basis)}.")
    return text


Sides = TypeAliasType(
    "Sides",
    Annotated[
        str,
        AfterValidator(_two_bases),
        Field(
            json_schema_extra={"pattern": f"^({_PAIRS})$"},
            description="Compare two different bases: `projected:reported`. Only with by=basis.",
        ),
    ],
)


class ComparisonSettingsQuery(ComputeQuery):
    by: Literal["basis", "party"] = Field("basis", description="Reported vs. estimated, or first vs. third party.")
    sides: Sides | None = None


class RecordedSettingsQuery(ComparisonSettingsQuery, Recorded):
    pass


PictureTheme = TypeAliasType("PictureTheme", Literal["light", "dark"])


class PictureQuery(RecordedSettingsQuery):
    theme: PictureTheme | None = Field(None, description="Colours. By default those that the reader prefers.")
    width: int = Field(960, ge=320, le=2400, description="Width of the picture in pixels.")


ChosenSide = TypeAliasType("ChosenSide", Literal["reported", "estimated", "all"])


class BetweenQuery(ComputeQuery, Recorded):
    left: str = Field(max_length=400, description="A measurand (id or key) or the id of a figure.")
    right: str = Field(max_length=400, description="A measurand (id or key) or the id of a figure.")
    left_side: ChosenSide | None = None
    right_side: ChosenSide | None = None
