"""Webhooks from end to end: a subscription over HTTP, a receiver on loopback, the verifier of Standard Webhooks."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from standardwebhooks import Webhook

from service.db.models import SubscriptionRow
from service.domain.vocabulary import Role
from service.outbound.client import OutboundClient
from service.outbound.deliverer import Deliverer
from service.store.operations import keys, leases, subscriptions
from service.store.records import record_writes
from tests.api.test_access import key_of
from tests.outbound.receiver import Receiver, receiving
from tests.support import ADMIN, Api, WriterAuth, claim, figure, pointers, seed

LOOPBACK = OutboundClient(["127.0.0.0/8"])


@pytest.fixture(autouse=True)
def allowed(live: Any) -> Iterator[None]:
    before, live.app.state.outbound = live.app.state.outbound, LOOPBACK
    yield
    live.app.state.outbound = before


@pytest.fixture
def delivering(api: Api) -> Iterator[Deliverer]:
    deliverer = Deliverer(api.database, LOOPBACK)
    deliverer.start()
    yield deliverer
    deliverer.stop()


def subscribe(api: Api, receiver: Receiver, **filters: Any) -> dict[str, Any]:
    made: dict[str, Any] = api.post("/subscriptions", {"url": receiver.url, **filters})
    return made


def read(api: Api, subscription: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {ADMIN}"}
    return api.client.get(f"/v1/subscriptions/{subscription['id']}", headers=headers).json()


def changes(api: Api, after: int) -> Any:
    params: dict[str, Any] = {"after": after, "limit": 200}
    params |= {"kind": ["claim", "figure", "comparison"]} if after else {}
    return api.client.get("/v1/changes", params=params, headers={"Authorization": f"Bearer {ADMIN}"}).json()["items"]


def deliveries(api: Api, subscription: dict[str, Any]) -> Any:
    path = f"/v1/subscriptions/{subscription['id']}/deliveries"
    return api.client.get(path, headers={"Authorization": f"Bearer {ADMIN}"}).json()["items"]


def hurry(api: Api) -> None:
    """Makes what waits for another attempt due now."""
    now = update(SubscriptionRow).values(next_attempt_at=record_writes.now())
    api.database.write(lambda connection: connection.execute(now))


def slowly(handler: Any) -> None:
    time.sleep(1)
    handler.send_response(204)
    handler.end_headers()


def until(condition: Any, seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_events_arrive_in_order_signed_and_once(api: Api, delivering: Deliverer) -> None:
    seed(api)
    after = changes(api, 0)[-1]["seq"]
    with receiving() as receiver:
        made = subscribe(api, receiver)
        api.post("/claims", claim("lab", figure("5", scope="full")))
        api.post("/claims", claim("analyst", figure("7", scope="full")))
        feed = changes(api, after)
        receiver.wait_for(len(feed))
        time.sleep(0.7)
        assert receiver.ids == [f"evt_{one['seq']}" for one in feed]
        for (headers, body), change in zip(receiver.received, feed, strict=True):
            event = Webhook(made["secret"]).verify(body, headers)
            assert event["type"] == f"{change['kind']}.{change['operation']}"
            assert event["timestamp"] == change["at"]
            assert event["data"] == change
        assert read(api, made)["last_event"] == receiver.ids[-1]


@pytest.mark.parametrize(
    ("filters", "types"),
    [
        ({"kinds": ["comparison"]}, ["comparison.update"]),
        ({"kinds": ["claim"], "subjects": ["model"]}, ["claim.create", "claim.create"]),
        ({"subjects": ["other"]}, ["claim.create", "figure.create"]),
        ({"metrics": ["time"]}, ["claim.create", "figure.create"]),
        ({"comparison": "model.cost.full"}, ["figure.create", "figure.create", "comparison.update"]),
        ({"kinds": ["dispute"], "subjects": ["model"]}, ["dispute.create"]),
    ],
    ids=str,
)
def test_filters_choose_what_is_sent(
    api: Api, delivering: Deliverer, filters: dict[str, Any], types: list[str]
) -> None:
    seed(api)
    api.post("/entities", {"key": "other", "kind": "model", "name": "Other"})
    api.post("/metrics", {"key": "time", "name": "Time", "unit": "hour"})
    api.post("/claims", claim("third", figure("6", scope="full"), key="first"))
    api.withdraw("/claims/first")
    with receiving() as receiver:
        subscribe(api, receiver, **filters)
        api.post("/claims", claim("lab", figure("5", scope="full"), key="low"))
        api.post("/claims", claim("lab", figure("5", metric="time", unit="hour"), subject="other"))
        api.post("/claims", claim("analyst", figure("7", scope="full")))
        dispute = {"disputed_claim": "low", "type": "method", "raised_by": "third", "rationale": "no"}
        api.post("/disputes", dispute)
        receiver.wait_for(len(types))
        time.sleep(0.7)
        assert sorted(json.loads(body)["type"] for _, body in receiver.received) == sorted(types)


def test_a_failed_event_comes_again_and_nothing_overtakes_it(api: Api, delivering: Deliverer) -> None:
    seed(api)
    with receiving(500, 302) as receiver:
        made = subscribe(api, receiver, kinds=["claim"])
        for number in range(3):
            api.post("/claims", claim("lab", statement=f"{number}"))
        receiver.wait_for(1)
        for number in (2, 3):
            until(lambda: read(api, made)["attempts"] == number - 1)  # noqa: B023 - it is called here
            hurry(api)
            receiver.wait_for(number)
        receiver.wait_for(5)
        first = receiver.ids[0]
        assert receiver.ids[:3] == [first] * 3
        assert len(set(receiver.ids)) == 3
        until(lambda: len(deliveries(api, made)) == 5)
        tried = deliveries(api, made)[::-1]
        assert [(one["attempt"], one["status"]) for one in tried] == [(1, 500), (2, 302), (3, 204), (1, 204), (1, 204)]
        assert tried[1]["error"] == "redirects are not followed"


def test_what_cannot_be_delivered_for_72_hours_is_disabled_and_nothing_is_lost(api: Api, delivering: Deliverer) -> None:
    seed(api)
    with receiving(500, 500) as receiver:
        made = subscribe(api, receiver, kinds=["claim"])
        api.post("/claims", claim("lab", statement="one"))
        until(lambda: read(api, made)["attempts"] == 1)
        long_ago = record_writes.now() - timedelta(hours=72)
        old = update(SubscriptionRow).values(first_attempt_at=long_ago, next_attempt_at=record_writes.now())
        api.database.write(lambda connection: connection.execute(old))
        until(lambda: read(api, made)["status"] == "disabled")
        assert "72 hours" in read(api, made)["disabled_because"]
        api.post("/claims", claim("lab", statement="two"))
        assert api.post(f"/subscriptions/{made['id']}/enable", None, 200)["status"] == "active"
        receiver.wait_for(4)
        assert receiver.ids[0] == receiver.ids[1] == receiver.ids[2] != receiver.ids[3]


def test_a_receiver_that_is_gone_disables_at_once(api: Api, delivering: Deliverer) -> None:
    seed(api)
    with receiving(410) as receiver:
        made = subscribe(api, receiver, kinds=["claim"])
        api.post("/claims", claim("lab"))
        until(lambda: read(api, made)["status"] == "disabled")


def test_a_slow_receiver_holds_up_nobody_else(api: Api, delivering: Deliverer) -> None:
    seed(api)
    with receiving(lambda _: time.sleep(9)) as slow, receiving() as quick:
        subscribe(api, slow, kinds=["claim"])
        subscribe(api, quick, kinds=["claim"])
        for number in range(5):
            api.post("/claims", claim("lab", statement=f"{number}"))
        quick.wait_for(5, seconds=8.5)
        assert len(slow.received) == 1


def test_a_delivery_is_sent_again_on_request(api: Api, delivering: Deliverer) -> None:
    seed(api)
    with receiving() as receiver:
        made = subscribe(api, receiver, kinds=["claim"])
        api.post("/claims", claim("lab", statement="one"))
        api.post("/claims", claim("lab", statement="two"))
        receiver.wait_for(2)
        until(lambda: len(deliveries(api, made)) == 2)
        first = deliveries(api, made)[-1]
        api.post(f"/subscriptions/{made['id']}/deliveries/{first['id']}/resend", None, 202)
        receiver.wait_for(3)
        assert receiver.ids[2] == receiver.ids[0] == first["event"]
        until(lambda: len(deliveries(api, made)) == 3)
        assert deliveries(api, made)[0]["attempt"] == 0
        assert read(api, made)["last_event"] == receiver.ids[1]


def test_every_event_that_is_asked_for_again_is_sent_again(api: Api, delivering: Deliverer) -> None:
    seed(api)
    with receiving() as receiver:
        made = subscribe(api, receiver, kinds=["claim"])
        for number in range(3):
            api.post("/claims", claim("lab", statement=f"{number}"))
        until(lambda: len(deliveries(api, made)) == 3)
        receiver.answers = [slowly]
        for one in deliveries(api, made):
            api.post(f"/subscriptions/{made['id']}/deliveries/{one['id']}/resend", None, 202)
            time.sleep(0.4)
        receiver.wait_for(6)
        assert sorted(receiver.ids[3:]) == sorted(receiver.ids[:3])


def test_what_leaves_a_filter_is_told(api: Api, delivering: Deliverer) -> None:
    seed(api)
    api.post("/metrics", {"key": "price", "name": "Price", "unit": "USD"})
    stated = api.post("/claims", claim("lab", figure("5")))["figures"][0]["id"]
    with receiving() as receiver:
        subscribe(api, receiver, kinds=["figure"], metrics=["cost"])
        api.patch(f"/figures/{stated}", {"metric": "price"})
        receiver.wait_for(1)
        assert json.loads(receiver.received[0][1])["data"]["snapshot"]["metric"]["key"] == "price"


def test_a_revoked_key_ends_what_waits(api: Api, delivering: Deliverer) -> None:
    seed(api)
    token = key_of(api, Role.CONTRIBUTOR)
    with receiving(*[slowly] * 6) as receiver:
        headers = {"Authorization": f"Bearer {token}"}
        api.client.post("/v1/subscriptions", json={"url": receiver.url, "kinds": ["claim"]}, headers=headers)
        for number in range(6):
            api.post("/claims", claim("lab", statement=f"{number}"))
        receiver.wait_for(1)
        api.database.write(lambda connection: keys.revoke(connection, token.id))
        time.sleep(3)
        assert len(receiver.received) <= 2


def test_one_key_does_not_have_all_turns(api: Api, delivering: Deliverer) -> None:
    seed(api)
    other = key_of(api, Role.CONTRIBUTOR)
    with receiving(*[lambda _: time.sleep(9)] * 8) as slow, receiving() as quick:
        for _ in range(8):
            subscribe(api, slow, kinds=["claim"])
        body = {"url": quick.url, "kinds": ["claim"]}
        api.client.post("/v1/subscriptions", json=body, headers={"Authorization": f"Bearer {other}"})
        api.post("/claims", claim("lab"))
        quick.wait_for(1, seconds=8.5)


def test_a_rotated_secret_signs_beside_the_one_before(api: Api, delivering: Deliverer) -> None:
    seed(api)
    with receiving() as receiver:
        made = subscribe(api, receiver, kinds=["claim"])
        new = api.post(f"/subscriptions/{made['id']}/secret", None, 200)["secret"]
        api.post("/claims", claim("lab"))
        receiver.wait_for(1)
        headers, body = receiver.received[0]
        for secret in (made["secret"], new):
            Webhook(secret).verify(body, headers)
        assert "secret" not in json.dumps(read(api, made))


def test_a_subscription_ends_with_its_key(api: Api, delivering: Deliverer) -> None:
    seed(api)
    token = key_of(api, Role.CONTRIBUTOR)
    with receiving() as receiver, httpx.Client(base_url=api.client.base_url, auth=WriterAuth(token)) as client:
        body = {"url": receiver.url, "kinds": ["claim"]}
        assert client.post("/v1/subscriptions", json=body).status_code == 201
        api.database.write(lambda connection: keys.revoke(connection, token.id))
        api.post("/claims", claim("lab"))
        time.sleep(1.5)
        assert receiver.received == []


def test_others_see_nothing_of_a_subscription(api: Api) -> None:
    owner, other = (key_of(api, Role.CONTRIBUTOR, name) for name in ("owner", "other"))
    with receiving() as receiver:
        made = api.client.post(
            "/v1/subscriptions", json={"url": receiver.url}, headers={"Authorization": f"Bearer {owner}"}
        ).json()
        path = f"/v1/subscriptions/{made['id']}"
        for token, status, listed in ((owner, 200, 1), (other, 404, 0), (ADMIN, 200, 1)):
            headers = {"Authorization": f"Bearer {token}"}
            assert api.client.get(path, headers=headers).status_code == status
            assert len(api.client.get("/v1/subscriptions", headers=headers).json()["items"]) == listed
        refused = {"Authorization": f"Bearer {other}"}
        assert api.client.delete(path, headers=refused).status_code == 404
        assert api.client.delete(path, headers={"Authorization": f"Bearer {owner}"}).status_code == 204
        assert api.client.get(path, headers={"Authorization": f"Bearer {owner}"}).status_code == 404


def test_what_is_no_id_is_not_found(api: Api) -> None:
    with receiving() as receiver:
        made = subscribe(api, receiver)
    for path in ("/subscriptions/0/enable", f"/subscriptions/{made['id']}/deliveries/0/resend"):
        assert api.post(path, None, 404)["code"] == "not_found"


def test_a_subscription_is_neither_in_the_history_nor_in_exports(api: Api) -> None:
    before = len(api.get("/changes", limit=200)["items"])
    with receiving() as receiver:
        made = subscribe(api, receiver)
    assert len(api.get("/changes", limit=200)["items"]) == before
    assert made["id"] not in api.client.get("/v1/export.jsonl").text


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "https://10.0.0.1/hook"}, "/url"),
        ({"url": "http://93.184.216.34/hook"}, "/url"),
        ({"url": "ftp://example.org"}, "/url"),
        ({"url": "https://127.0.0.1/", "subjects": ["nobody"]}, "/subjects/0"),
        ({"url": "https://127.0.0.1/", "comparison": "no.such"}, "/comparison"),
        ({"url": "https://127.0.0.1/", "kinds": ["key"]}, "/kinds/0"),
    ],
    ids=str,
)
def test_what_cannot_be_subscribed_to_is_refused(api: Api, body: dict[str, Any], pointer: str) -> None:
    answer = api.client.post("/v1/subscriptions", json=body)
    assert answer.status_code in (404, 422)
    assert pointers(answer.json()) == [pointer]


def test_only_the_holder_of_the_lease_delivers(api: Api) -> None:
    database = api.database
    one, other = (f"0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e0{number}" for number in (1, 2))
    assert database.write(lambda connection: leases.take(connection, "webhooks", one))
    assert not database.write(lambda connection: leases.take(connection, "webhooks", other))
    seed(api)
    with receiving() as receiver:
        subscribe(api, receiver, kinds=["claim"])
        api.post("/claims", claim("lab"))
        second = Deliverer(database, LOOPBACK)
        second.start()
        time.sleep(1.5)
        assert receiver.received == []
        database.write(lambda connection: leases.give_back(connection, "webhooks", one))
        receiver.wait_for(1)
        second.stop()


def test_old_deliveries_are_forgotten(api: Api, delivering: Deliverer, monkeypatch: pytest.MonkeyPatch) -> None:
    seed(api)
    monkeypatch.setattr(subscriptions, "_KEPT", timedelta(seconds=0))
    with receiving() as receiver:
        made = subscribe(api, receiver, kinds=["claim"])
        for number in range(3):
            api.post("/claims", claim("lab", statement=f"{number}"))
        receiver.wait_for(3)
        until(lambda: len(deliveries(api, made)) == 1)
