"""API models for claims and their figures."""

from typing import Annotated, Literal

from pydantic import MISSING, Field

from service.domain.vocabulary import ClaimantRole, ClaimStatus
from service.schemas.base import Body, ClaimRef, EntityRef, Head, Page, SourceRef
from service.schemas.figures import ClaimFigure, FigureFields
from service.schemas.propositions import ClaimStance, Stances
from service.schemas.types import Bool, Edtf, Id, Key, Line, Ref, Text


class ClaimCreate(Body):
    id: Id | None = None
    key: Key | None = None
    source: Ref
    claimant: Ref
    claimant_role: ClaimantRole | None = Field(None, description="Null: inferred from what is a part of what.")
    speaks_for: Ref | None = Field(
        None, description="For whom the claimant speaks: the claimant, or an organization. Null: inferred."
    )
    subject: Ref
    statement: Text
    quote: Text | None = None
    locator: Line | None = None
    asserted: Edtf | None = None
    derived_from: Ref | None = Field(
        None, description="The claim that this one repeats: a relay counts in no aggregate."
    )
    supersedes: Ref | None = Field(None, description="An earlier claim of the same claimant that this one replaces.")
    notes: Text | None = None
    figures: Annotated[list[FigureFields], Field(max_length=100)] = []
    stances: Stances = Field([], description="What the claim says of propositions.")


class ClaimPatch(Body):
    key: Key | None | MISSING = MISSING
    source: Ref | MISSING = MISSING
    claimant: Ref | MISSING = MISSING
    claimant_role: ClaimantRole | None | MISSING = MISSING
    speaks_for: Ref | None | MISSING = MISSING
    subject: Ref | MISSING = MISSING
    statement: Text | MISSING = MISSING
    quote: Text | None | MISSING = MISSING
    locator: Line | None | MISSING = MISSING
    asserted: Edtf | None | MISSING = MISSING
    derived_from: Ref | None | MISSING = MISSING
    supersedes: Ref | None | MISSING = MISSING
    notes: Text | None | MISSING = MISSING
    stances: Stances | MISSING = MISSING
    status: Literal["active", "retracted"] | MISSING = MISSING
    retracted_on: Edtf | None | MISSING = MISSING


class Claim(Head):
    source: SourceRef
    claimant: EntityRef
    claimant_role: ClaimantRole
    claimant_role_inferred: Bool
    speaks_for: EntityRef | None
    voice: EntityRef = Field(description="For whom the claim speaks; figures of one voice are not independent.")
    subject: EntityRef
    statement: Text
    quote: Text | None
    locator: Line | None
    asserted: Edtf | None
    derived_from: ClaimRef | None
    supersedes: ClaimRef | None
    superseded_by: ClaimRef | None
    status: ClaimStatus
    retracted_on: Edtf | None = Field(description="Comparisons as of an earlier day count the claim.")
    notes: Text | None
    figures: list[ClaimFigure] = Field(description="In creation order, without the withdrawn ones.")
    stances: list[ClaimStance]


class ClaimPage(Page[Claim]):
    pass
