"""API models for who takes which stance on a proposition."""

from typing import Literal

from service.domain.vocabulary import ClaimantRole, DisagreementKind, Hedge, Stance
from service.schemas.base import ClaimRef, EntityRef, Page, SourceRef, View
from service.schemas.comparisons import Excluded
from service.schemas.disputes import Dispute
from service.schemas.propositions import Proposition, PropositionRef
from service.schemas.types import Bool, Day, Edtf, Text, Time


class ContestedProposition(Proposition):
    kind: Literal[DisagreementKind.CONTESTED]
    supports: int
    denies: int
    neutral: int


class ContestedPropositionPage(Page[ContestedProposition]):
    pass


class TakenStance(View):
    stance: Stance
    hedge: Hedge | None
    claim: ClaimRef
    claim_version: int
    source: SourceRef
    claimant: EntityRef
    claimant_role: ClaimantRole
    asserted: Edtf | None
    published: Edtf | None
    quote: Text | None


class VoiceStance(TakenStance):
    voice: EntityRef
    earlier: list[TakenStance]
    earlier_count: int
    relays: list[TakenStance]
    relay_count: int


class StanceSide(View):
    count: int
    first_party: int
    third_party: int
    unknown: int
    voices: list[VoiceStance]


class StanceCount(View):
    day: Day
    supports: int
    denies: int
    neutral: int


class PropositionPart(View):
    proposition: PropositionRef
    text: str
    contested: Bool
    supports: StanceSide
    denies: StanceSide
    neutral: StanceSide


class PropositionStances(View):
    proposition: Proposition
    as_of: Day | None
    recorded_as_of: Time | None
    text: str
    contested: Bool
    supports: StanceSide
    denies: StanceSide
    neutral: StanceSide
    over_time: list[StanceCount]
    parts: list[PropositionPart]
    disputes: list[Dispute]
    dispute_count: int
    excluded: Excluded
