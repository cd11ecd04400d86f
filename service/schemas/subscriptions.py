"""API models for subscriptions: changes of the database, sent to an address (webhooks)."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from service.domain.vocabulary import Operation
from service.schemas.base import Body, Page, View
from service.schemas.history import Change
from service.schemas.queries import PageQuery
from service.schemas.types import Id, Ref, Time, Url

MAX_REFS = 100
SubscribedKind = TypeAliasType(
    "SubscribedKind",
    Literal[
        "source",
        "entity",
        "metric",
        "scope",
        "equation",
        "proposition",
        "claim",
        "figure",
        "dispute",
        "comparison",
    ],
)
SubscriptionStatus = TypeAliasType("SubscriptionStatus", Literal["active", "disabled"])
Refs = Annotated[list[Ref], Field(max_length=MAX_REFS)]


class SubscriptionCreate(Body):
    """What is sent where. Each filter that is given must be met; a list is met by any of its items."""

    url: Url = Field(description="Where events are sent, by POST. It begins with https and is publicly reachable.")
    kinds: list[SubscribedKind] = Field(
        [],
        max_length=20,
        description="Kinds of records whose changes are sent. `comparison` means verdict changes: the agreement,"
        " the verdict or the widest pair has changed, or a drift was found. Empty: all.",
    )
    subjects: Refs = Field([], description="Only what is about these entities, or these entities themselves.")
    metrics: Refs = Field([], description="Only what is of these metrics, or these metrics themselves.")
    comparison: str | None = Field(
        None, max_length=400, description="Only the figures and the verdict of this measurand (id or key)."
    )


class Subscription(View):
    id: Id
    url: Url
    kinds: list[SubscribedKind] = Field(description="Kinds of records whose changes are sent. Empty: all.")
    subjects: list[Id] = Field(description="The ids of the entities.")
    metrics: list[Id] = Field(description="The ids of the metrics.")
    comparison: Id | None = Field(description="The id of the measurand.")
    created_at: Time
    status: SubscriptionStatus = Field(description="`disabled`: nothing is sent until it is enabled again.")
    disabled_because: str | None = Field(description="Why it was disabled.")
    last_event: str | None = Field(description="The last event that is done with: `evt_` and the `seq` of its change.")
    attempts: int = Field(description="How often the event that is next was sent in vain.")
    next_attempt_at: Time | None = Field(description="When it is sent again; null if it was not sent in vain.")


class SubscriptionCreated(Subscription):
    secret: str = Field(description="Signs the events (Standard Webhooks). It is shown this once.")


class SubscriptionSecret(View):
    secret: str = Field(description="Signs the events from now on. The one before does so too, for 24 hours.")


class SubscriptionPage(Page[Subscription]):
    pass


class SubscriptionQuery(PageQuery):
    pass


class Delivery(View):
    id: Id
    event: str = Field(description="`evt_` and the `seq` of its change. It is the same in every attempt.")
    type: str = Field(description="The kind of the record and what was done, such as `claim.create`.")
    at: Time = Field(description="When it was sent.")
    attempt: int = Field(description="Counts from 1; 0 for an event that was sent again on request.")
    status: int | None = Field(description="The HTTP status of the answer; null if there was none.")
    error: str | None = Field(description="Why there was no answer, or why it does not count.")
    milliseconds: int = Field(description="How long it took.")


class DeliveryPage(Page[Delivery]):
    pass


class DeliveryQuery(PageQuery):
    pass


class Event(View):
    """What is sent to the address of a subscription."""

    type: str = Field(description="The kind of the record and what was done, such as `claim.create`.")
    timestamp: Time = Field(description="When the change was made.")
    data: Change


def event_type(kind: str, operation: Operation | str) -> str:
    return f"{kind}.{operation}"
