"""Subscriptions: changes of the database, sent to an address."""

from typing import Annotated

from fastapi import Query, Request, Response

from service.api import responses
from service.api.dependencies import Primary, Write
from service.api.route import router
from service.db.engine import Connection
from service.outbound.client import OutboundClient
from service.schemas.subscriptions import (
    DeliveryPage,
    DeliveryQuery,
    Subscription,
    SubscriptionCreate,
    SubscriptionCreated,
    SubscriptionPage,
    SubscriptionQuery,
    SubscriptionSecret,
)
from service.store.operations import subscriptions

routes = router("subscriptions", body_bytes=65_536)
_WRITTEN = responses.problems(404, 408, 409, 413, 507)


@routes.get("/subscriptions", responses=responses.LIST)
def list_subscriptions(
    query: Annotated[SubscriptionQuery, Query()], request: Request, response: Response, db: Primary
) -> SubscriptionPage:
    """Returns your subscriptions, newest first; to an admin, all of them. Secrets are never returned."""
    with db.read() as connection:
        found = subscriptions.page(connection, query, request.state.caller)
    response.headers.update(responses.links(request, next_cursor=found.next_cursor))
    return found


@routes.post(
    "/subscriptions", status_code=201, responses=responses.problems(408, 409, 413, 415, 507) | responses.LOCATED
)
def create_subscription(
    body: SubscriptionCreate, request: Request, write: Write, response: Response
) -> SubscriptionCreated:
    """Subscribes an address to what changes from now on. Each event is a POST in the Standard Webhooks scheme: the
    headers `webhook-id`, `webhook-timestamp` and `webhook-signature`, and a body with `type`, `timestamp` and the
    change as `data`. Events arrive in order, one at a time; the next one is sent when any 2xx was answered, within
    15 seconds. Otherwise the event is sent again, later and later, for 72 hours; then the subscription is disabled. An
    event can arrive more than once, always under the same id. The secret is returned in this response only. A
    subscription ends with the key that made it.
    """
    client: OutboundClient = request.app.state.outbound
    client.check(body.url)
    made, secret = write(lambda connection: subscriptions.create(connection, body, write.author))
    response.headers["Location"] = f"/v1/subscriptions/{made.id}"
    return SubscriptionCreated(**made.model_dump(), secret=secret)


@routes.get("/subscriptions/{id}", responses=responses.problems(404))
def read_subscription(id: str, request: Request, db: Primary) -> Subscription:
    """Returns a subscription, and how its delivery goes."""
    with db.read() as connection:
        return subscriptions.read(connection, id, request.state.caller)


@routes.delete("/subscriptions/{id}", status_code=204, responses=_WRITTEN)
def delete_subscription(id: str, write: Write) -> None:
    """Ends a subscription. What is being sent at this moment may still arrive."""
    write(lambda connection: subscriptions.end(connection, id, write.author))


@routes.post("/subscriptions/{id}/enable", responses=_WRITTEN)
def enable_subscription(id: str, write: Write) -> Subscription:
    """Enables a subscription that was disabled. It goes on with the event that could not be delivered, so nothing is
    left out.
    """
    return write(lambda connection: subscriptions.enable(connection, id, write.author))


@routes.post("/subscriptions/{id}/secret", responses=_WRITTEN)
def rotate_subscription_secret(id: str, write: Write) -> SubscriptionSecret:
    """Makes a new secret. For 24 hours, events carry a signature of the one before as well."""
    return SubscriptionSecret(
        secret=write(lambda connection: subscriptions.rotate_secret(connection, id, write.author))
    )


@routes.get("/subscriptions/{id}/deliveries", responses=responses.LIST | responses.problems(404))
def list_deliveries(
    id: str, query: Annotated[DeliveryQuery, Query()], request: Request, response: Response, db: Primary
) -> DeliveryPage:
    """Returns the attempts of the last 30 days to deliver events, newest first."""
    with db.read() as connection:
        found = subscriptions.deliveries(connection, id, query, request.state.caller)
    response.headers.update(responses.links(request, next_cursor=found.next_cursor))
    return found


@routes.post("/subscriptions/{id}/deliveries/{delivery}/resend", status_code=202, responses=_WRITTEN)
def resend_delivery(id: str, delivery: str, write: Write) -> Subscription:
    """Sends the event of a delivery once more, ahead of what waits. It has the same id as before."""

    def work(connection: Connection) -> Subscription:
        subscriptions.resend(connection, id, delivery, write.author)
        return subscriptions.read(connection, id, write.author)

    return write(work)
