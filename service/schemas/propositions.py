"""API models for propositions, and for the stances that claims take on them."""

from typing import Annotated

from pydantic import MISSING, Field

from service.domain.vocabulary import Hedge, Stance
from service.schemas.base import Body, EntityRef, Head, Page, View
from service.schemas.types import Edtf, Id, Key, Language, Line, Ref, Text

MOST_STANCES = 20


class PropositionRef(View):
    id: Id
    key: Key | None
    text: Text


class StanceFields(Body):
    proposition: Ref
    stance: Stance
    hedge: Hedge | None = Field(None, description="How sure the claimant says to be; null: they do not say.")


class ClaimStance(View):
    proposition: PropositionRef
    stance: Stance
    hedge: Hedge | None


Stances = Annotated[list[StanceFields], Field(max_length=MOST_STANCES)]


class PropositionCreate(Body):
    id: Id | None = None
    key: Key | None = None
    text: Text = Field(description="The statement, as a sentence that one can support or deny.")
    language: Language | None = Field(None, description="The language of the text.")
    subject: Ref
    scope_text: Line | None = Field(None, description="In words, what is meant and what is not.")
    period: Edtf | None = None
    part_of: Ref | None = Field(None, description="A wider proposition, of which this is one part.")


class PropositionPatch(Body):
    key: Key | None | MISSING = MISSING
    text: Text | MISSING = MISSING
    language: Language | None | MISSING = MISSING
    subject: Ref | MISSING = MISSING
    scope_text: Line | None | MISSING = MISSING
    period: Edtf | None | MISSING = MISSING
    part_of: Ref | None | MISSING = MISSING


class Proposition(Head):
    text: Text
    language: Language | None
    subject: EntityRef
    scope_text: Line | None
    period: Edtf | None
    part_of: PropositionRef | None


class PropositionPage(Page[Proposition]):
    pass
