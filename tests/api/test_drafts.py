"""The numbers of a text over HTTP: what is answered, who may ask, and how often."""

import httpx

from service.api.rate_limits import RateLimits
from tests.conftest import LiveServer
from tests.support import Api, pointers

TEXT = "It cost about $5.6 million on 512 H800 chips – ¥500 aside."


def test_the_numbers_of_a_text_are_read_with_their_places(api: Api) -> None:
    cost, chips, aside = api.post("/drafts", {"text": TEXT}, status=200)["drafts"]
    assert [TEXT[one["start"] : one["end"]] == one["text"] for one in (cost, chips, aside)] == [True] * 3
    numbers = [cost[name] for name in ("text", "qualifier", "value", "precision", "unit", "noun", "doubts")]
    assert numbers == ["about $5.6 million", "about", "5600000", "100000", "USD", None, []]
    assert (chips["value"], chips["unit"], chips["noun"]) == ("512", None, "H800 chips")
    assert (aside["qualifier"], [doubt["code"] for doubt in aside["doubts"]]) == (None, ["ambiguous_currency"])


def test_the_decimal_sign_is_a_choice(api: Api) -> None:
    (one,) = api.post("/drafts", {"text": "1,5 Mio. €", "decimal": ","}, status=200)["drafts"]
    assert (one["value"], one["unit"]) == ("1500000", "EUR")
    assert pointers(api.post("/drafts", {"text": "1", "decimal": ";"}, status=422)) == ["/decimal"]
    assert pointers(api.post("/drafts", {"text": "x" * 100_001}, status=422)) == ["/text"]


def test_a_reader_may_ask_and_nothing_is_stored(api: Api) -> None:
    before = api.get("/changes")
    with httpx.Client(base_url=api.client.base_url) as public:
        assert public.post("/v1/drafts", json={"text": TEXT}).status_code == 200
    assert api.get("/changes") == before


def test_an_address_may_ask_so_often(live: LiveServer, api: Api) -> None:
    access = live.app.state.access
    usual, access.limits = access.limits, RateLimits(None, None, "2/minute")
    try:
        answers = [api.client.post("/v1/drafts", json={"text": "5 GPUs"}).status_code for _ in range(3)]
    finally:
        access.limits = usual
    assert answers == [200, 200, 429]
