"""Amounts in other currencies, and in prices of other years."""

import json
from fractions import Fraction
from typing import Any

import pytest

from service.cli.reference_series import load_carried
from service.store.operations.reference_series import load_rates
from service.transfer.reference_files import RatesFile, carried_rates, read_rates
from tests.support import Api, claim, figure, pointers, seed


def rates_file() -> RatesFile:
    path = carried_rates()
    assert path is not None
    return read_rates(path)


def load(api: Api, file: RatesFile) -> None:
    load_rates(api.database, file.version, file.rates, (file.first_day, file.last_day), lambda _n, _of: None)


@pytest.fixture
def money(api: Api) -> Api:
    seed_money(api)
    load_carried(api.database)
    return api


def extremes(currency: str, year: int) -> tuple[Fraction, Fraction]:
    """The lowest and the highest rate of the year: units of the currency for one euro."""
    rates = [Fraction(rate) for rate in rates_file().rates[currency, year].values()]
    return min(rates), max(rates)


def said(claimant: str, amount: str, unit: str, **fields: Any) -> dict[str, Any]:
    return claim(claimant, figure(amount, metric="price", unit=unit, **fields))


def seed_money(api: Api, **fields: Any) -> None:
    seed(api)
    api.post("/metrics", {"key": "price", "name": "Price", "unit": "USD", "over_time": "by_period"} | fields)


def test_an_amount_is_converted_at_the_lowest_and_the_highest_rate_of_its_period(money: Api) -> None:
    money.post("/claims", said("lab", "100", "EUR", period="2022"))
    (stored,) = money.get("/figures")["items"]
    low, high = extremes("USD", 2022)
    assert (stored["interval"]["low"], stored["interval"]["unit"]) == (100, "EUR")
    assert stored["not_computed"] is None
    assert stored["converted"] == {
        "low": float(100 * low), "high": float(100 * high), "unit": "USD", "series": "ecb",
        "first_day": "2022-01-01", "last_day": "2022-12-31", "day_assumed": False,
    }  # fmt: skip


def test_a_comparison_converts_and_says_so(money: Api) -> None:
    money.patch("/metrics/price", {"over_time": "fixed"})
    money.post("/claims", said("lab", "294000", "USD"))
    bound = figure(
        metric="price", qualifier="more_than", lower="900000000", unit="EUR", basis="estimated", period="2025"
    )
    money.post("/claims", claim("analyst", bound))
    found = money.get("/comparisons/model.price")
    low, _ = extremes("USD", 2025)
    assert found["verdict"] == "estimates_higher"
    assert found["ratio"]["low"] == float(900_000_000 * low / 294_000)
    assert "converted" in found["comparability"]["reasons"]
    assert found["comparability"]["status"] == "conditional"
    assert "more than €900 million" in found["text"]
    assert "converted at the exchange rates of their days" in found["text"]
    assert found["rates_version"] == rates_file().version


def test_where_no_period_is_stated_the_days_of_the_claim_are_taken_and_said_so(money: Api) -> None:
    money.post("/claims", said("lab", "100", "USD"))
    money.post("/claims", {**said("analyst", "100", "GBP", basis="estimated"), "asserted": "2024-06-05"})
    reasons = money.get("/comparisons/model.price")["comparability"]["reasons"]
    assert {"converted", "rate_day_assumed"} <= set(reasons)


def test_sources_in_one_other_currency_are_also_compared_in_it(money: Api) -> None:
    for key, amount, unit in (("lab", "100000000", "EUR"), ("analyst", "115000000", "EUR")):
        money.post("/claims", said(key, amount, unit, period="2022"))
    money.post("/entities", {"key": "press", "kind": "organization", "name": "Press"})
    money.post("/claims", said("press", "110000000", "USD", period="2022"))
    found = money.get("/comparisons/model.price@2022")
    assert (found["agreement"], found["gap"]) == ("conflict", 1.15)
    assert (found["unit"], found["conflict_unit"], found["difference"]) == ("USD", "EUR", 15_000_000)


def test_all_in_one_other_currency_are_computed_in_it(money: Api) -> None:
    money.post("/claims", said("lab", "35000000", "EUR", period="2022"))
    money.post("/claims", said("analyst", "350000000", "EUR", period="2022"))
    found = money.get("/comparisons/model.price@2022")
    assert (found["unit"], found["gap"], found["conflict_unit"]) == ("EUR", 10, "EUR")


@pytest.mark.parametrize(
    ("unit", "period"),
    [("HRK", "2023"), ("RUB", "2022"), ("TRL", "2005"), ("ISK", "2010"), ("EUR", "1998"), ("EUR", "2100"),
     ("EUR", "2020/..")],
)  # fmt: skip
def test_nothing_is_extrapolated(money: Api, unit: str, period: str) -> None:
    money.post("/claims", said("lab", "100", unit, period=period))
    (stored,) = money.get("/figures")["items"]
    assert (stored["converted"], stored["not_computed"]) == (None, "no_exchange_rate")


def test_a_conversion_follows_the_days_when_the_source_is_corrected(money: Api) -> None:
    money.post("/claims", said("lab", "100", "EUR"))
    money.post("/claims", said("analyst", "100", "USD"))
    money.patch("/sources/paper", {"published": "2022-09-28"})
    first = money.get("/figures", unit="EUR")["items"][0]["converted"]
    money.patch("/sources/paper", {"published": "2024-06-05"})
    second = money.get("/figures", unit="EUR")["items"][0]["converted"]
    assert (first["first_day"], second["first_day"]) == ("2022-09-28", "2024-06-05")
    assert first["low"] < second["low"]


def test_a_figure_is_answered_as_converted_when_it_is_created(money: Api) -> None:
    (made,) = money.post("/claims", said("lab", "100", "EUR", period="2022"))["figures"]
    assert made["converted"] is not None
    changed = money.patch(f"/figures/{made['id']}", {"unit": "USD"})
    assert (changed["converted"], changed["not_computed"]) == (None, None)


def test_a_relay_in_another_currency_is_a_conversion_if_it_meets_the_rates(money: Api) -> None:
    origin = money.post("/claims", said("lab", "350", "EUR", period="2022-09-28"))
    money.post("/claims", {**said("analyst", "335", "USD", period="2022-09-28"), "derived_from": origin["id"]})
    (drift,) = money.get("/comparisons/model.price@2022-09-28")["drift"]
    assert (drift["result"], drift["flags"]) == ("converted", ["currency_changed"])
    assert money.get("/disagreements", kind="drift")["items"] == []


def test_an_origin_in_the_metrics_currency_is_converted_to_that_of_the_relay(money: Api) -> None:
    origin = money.post("/claims", said("lab", "350", "USD", period="2022-09-28"))
    money.post("/claims", {**said("analyst", "350", "EUR", period="2022-09-28"), "derived_from": origin["id"]})
    (drift,) = money.get("/comparisons/model.price@2022-09-28")["drift"]
    assert (drift["result"], drift["factor"]) == ("drift", None)


def test_two_measurands_in_different_currencies_are_compared_by_the_rates(money: Api) -> None:
    money.post("/claims", said("lab", "100", "EUR", period="2022"))
    money.post("/claims", said("lab", "100", "USD", period="2023"))
    found = money.get("/comparisons/between", left="model.price@2022", right="model.price@2023")
    low, high = extremes("USD", 2022)
    assert (found["ratio"]["low"], found["ratio"]["high"]) == (float(1 / high), float(1 / low))
    assert "converted" in found["comparability"]["reasons"]


def test_without_rates_the_answers_are_those_without_conversion(api: Api) -> None:
    seed_money(api)
    api.post("/claims", said("lab", "100", "USD", period="2022"))
    api.post("/claims", said("analyst", "100", "EUR", basis="estimated", period="2022"))
    found = api.get("/comparisons/model.price@2022")
    assert (found["ratio"], found["comparability"]["reasons"], found["rates_version"]) == (
        None,
        ["no_exchange_rate"],
        "",
    )


def test_loading_rates_brings_all_answers_up_to_date_and_is_on_record(api: Api) -> None:
    seed_money(api)
    api.post("/claims", said("lab", "100", "USD", period="2022"))
    api.post("/claims", said("analyst", "100", "EUR", basis="estimated", period="2022"))
    before = api.get("/comparisons")["items"][0]
    load(api, rates_file())
    after = api.get("/comparisons")["items"][0]
    assert (before["ratio"], after["ratio"]["central"]) == (None, None)
    assert after["ratio"]["low"] < 1 < after["ratio"]["high"]
    changes = [change for change in api.get("/changes", limit=200)["items"] if change["kind"] == "series"]
    assert changes[0]["snapshot"]["source"] == "European Central Bank"
    load(api, rates_file())  # the same again
    assert api.get("/comparisons")["items"][0] == after


def test_rates_cost_a_list_nothing(api: Api) -> None:
    seed_money(api)
    api.post("/claims", said("lab", "100", "EUR", period="2022"))
    api.post("/claims", said("analyst", "100", "USD", period="2022"))
    with api.counting() as before:
        api.get("/figures")
        api.get("/comparisons")
    load(api, rates_file())
    with api.counting() as after:
        api.get("/figures", limit=51)
        api.get("/comparisons", limit=51)
    assert len(after) == len(before)


def test_amounts_are_restated_in_prices_of_a_year_on_request_only(money: Api) -> None:
    money.post("/claims", said("lab", "100", "USD", price_year=2000))
    money.post("/claims", said("analyst", "180", "USD", basis="estimated", price_year=2024))
    plain = money.get("/comparisons/model.price")
    assert (plain["ratio"]["central"], plain["settings"]["prices"]) == (1.8, None)
    assert plain["comparability"]["reasons"] == ["price_years_differ"]
    restated = money.get("/comparisons/model.price", prices="2024:us-cpi-u")
    levels = {2000: Fraction("172.2"), 2024: Fraction("313.689")}
    assert restated["ratio"]["central"] == float(180 / (100 * levels[2024] / levels[2000]))
    assert restated["comparability"]["reasons"] == []
    assert (restated["settings"]["prices"]["series"], restated["settings"]["prices"]["year"]) == ("us-cpi-u", 2024)


@pytest.mark.parametrize(
    ("prices", "status"),
    [("2024:nowhere", 404), ("1850:us-cpi-u", 404), ("2024", 422), ("us-cpi-u", 422), ("24:us-cpi-u", 422)],
)
def test_prices_that_are_not_there_are_refused(money: Api, prices: str, status: int) -> None:
    money.post("/claims", said("lab", "100", "USD", price_year=2000))
    answer = money.client.get("/v1/comparisons/model.price", params={"prices": prices})
    assert (answer.status_code, pointers(json.loads(answer.text))) == (status, ["/prices"])
