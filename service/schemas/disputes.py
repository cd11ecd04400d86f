"""API models for disputes."""

from pydantic import MISSING, Field

from service.domain.vocabulary import DisputeStatus, DisputeType
from service.schemas.base import Body, ClaimRef, EntityRef, FigureRef, Head, Page
from service.schemas.types import Edtf, Id, Key, Ref, Text


class DisputeCreate(Body):
    id: Id | None = None
    key: Key | None = None
    disputed_claim: Ref
    disputed_figure: Id | None = Field(None, description="The figure of the disputed claim that is meant.")
    disputing_claim: Ref | None = None
    raised_by: Ref | None = Field(None, description="By default the disputing claim's claimant.")
    type: DisputeType
    rationale: Text | None = Field(None, description="Required without a disputing claim.")
    status: DisputeStatus = DisputeStatus.OPEN
    opened: Edtf | None = None
    closed: Edtf | None = None
    resolution: Text | None = Field(None, description="Required when resolved.")


class DisputePatch(Body):
    """The disputed claim cannot be changed."""

    key: Key | None | MISSING = MISSING
    disputed_figure: Id | None | MISSING = MISSING
    disputing_claim: Ref | None | MISSING = MISSING
    raised_by: Ref | MISSING = MISSING
    type: DisputeType | MISSING = MISSING
    rationale: Text | None | MISSING = MISSING
    status: DisputeStatus | MISSING = MISSING
    opened: Edtf | None | MISSING = MISSING
    closed: Edtf | None | MISSING = MISSING
    resolution: Text | None | MISSING = MISSING


class Dispute(Head):
    disputed_claim: ClaimRef
    disputed_figure: FigureRef | None
    disputing_claim: ClaimRef | None
    raised_by: EntityRef
    type: DisputeType
    rationale: Text | None
    status: DisputeStatus
    opened: Edtf | None
    closed: Edtf | None
    resolution: Text | None


class DisputePage(Page[Dispute]):
    pass
