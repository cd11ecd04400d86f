"""Figures that give only their words, and the numbers of a text."""

import pytest

from tests.support import Api, Json, claim, figure, pointers, seed


def worded(words: str, **fields: object) -> Json:
    return {"metric": "cost", "basis": "reported", "stated_as": words} | fields


def test_a_figure_is_read_from_its_words(api: Api) -> None:
    seed(api)
    (made,) = api.post("/claims", claim("lab", worded("about $5.6 million")))["figures"]
    read = {name: made[name] for name in ("qualifier", "value", "precision", "unit", "stated_as")}
    assert read == {
        "qualifier": "about",
        "value": "5600000",
        "precision": "100000",
        "unit": "USD",
        "stated_as": "about $5.6 million",
    }


def test_a_number_in_words_has_no_precision(api: Api) -> None:
    seed(api)
    (made,) = api.post("/claims", claim("lab", worded("about half a million dollars")))["figures"]
    assert (made["value"], made["precision"]) == ("500000", None)
    assert made["interval"]["text"] == "$450,000 to $550,000"


@pytest.mark.parametrize(
    ("words", "fields", "pointer"),
    [
        ("a lot of ¥500", {}, "/figures/0/stated_as"),
        ("nothing", {}, "/figures/0/stated_as"),
        ("5 to 3 million", {"unit": "USD"}, "/figures/0/stated_as"),
        ("$5 million", {"unit": "EUR"}, "/figures/0/unit"),
        ("5 million", {}, "/figures/0/unit"),
    ],
)
def test_what_has_no_single_reading_is_refused(api: Api, words: str, fields: dict[str, object], pointer: str) -> None:
    seed(api)
    problem = api.post("/claims", claim("lab", worded(words, **fields)), status=422)
    assert pointers(problem) == [pointer]


def test_words_beside_numbers_are_kept_and_not_read(api: Api) -> None:
    seed(api)
    (made,) = api.post("/claims", claim("lab", figure("7", stated_as="about $5.6 million")))["figures"]
    assert (made["qualifier"], made["value"]) == ("exact", "7")
    patched = api.patch(f"/figures/{made['id']}", {"stated_as": "about $9 million"})
    assert (patched["qualifier"], patched["value"]) == ("exact", "7")


def test_a_rate_and_a_vague_amount_are_read(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "price", "name": "Price", "unit": "USD/GPU.hour"})
    rate = worded("$2 per GPU-hour", metric="price")
    vague = worded("tens of millions of dollars")
    first, second = api.post("/claims", claim("lab", rate, vague))["figures"]
    assert (first["unit"], first["value"]) == ("USD/GPU.hour", "2")
    assert (second["qualifier"], second["unit"], second["interval"]) == ("vague", "USD", None)
