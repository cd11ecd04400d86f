"""Amounts in other currencies, and in prices of other years."""

import json
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from service.cli.reference_series import load_carried
from service.db import migrate
from service.errors import Invalid
from service.store.comparisons.outdated_summaries import recompute
from service.store.operations.reference_series import load_rates
from service.transfer.reference_files import RatesFile, carried_rates, read_index, read_rates
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
    assert restated["comparability"]["reasons"] == ["restated"]
    assert restated["text"].startswith("Lab reported $100 in prices of 2000. Analyst estimated $180")
    assert (restated["settings"]["prices"]["series"], restated["settings"]["prices"]["year"]) == ("us-cpi-u", 2024)


@pytest.mark.parametrize(
    ("prices", "status"),
    [("2024:nowhere", 404), ("1850:us-cpi-u", 404), ("2024", 422), ("us-cpi-u", 422), ("24:us-cpi-u", 422)],
)
def test_prices_that_are_not_there_are_refused(money: Api, prices: str, status: int) -> None:
    money.post("/claims", said("lab", "100", "USD", price_year=2000))
    answer = money.client.get("/v1/comparisons/model.price", params={"prices": prices})
    assert (answer.status_code, pointers(json.loads(answer.text))) == (status, ["/prices"])


def money_of(api: Api, *entities: str, **metric: Any) -> None:
    for key in entities:
        api.post("/entities", {"key": key, "kind": "organization", "name": key.title()})
    if metric:
        api.patch("/metrics/price", metric)


def dated(who: str, amount: str, unit: str, day: str, **fields: Any) -> dict[str, Any]:
    return {**said(who, amount, unit, **fields), "asserted": day}


def test_no_rate_sets_equal_amounts_of_one_currency_apart(money: Api) -> None:
    money_of(money, "press", over_time="fixed")
    money.post("/claims", dated("lab", "100", "EUR", "2021-01-06"))
    money.post("/claims", dated("analyst", "100", "EUR", "2021-12-15", basis="estimated"))
    money.post("/claims", dated("press", "118", "USD", "2021-06-01", basis="alleged"))
    found = money.get("/comparisons/model.price")
    assert (found["verdict"], found["ratio"]["central"], found["comparability"]["reasons"]) == ("consistent", 1, [])
    assert (found["agreement"], found["self_conflict"]) == ("agree", False)


def test_sides_in_one_other_currency_are_compared_in_it(money: Api) -> None:
    money_of(money, "press", over_time="fixed")
    money.post("/claims", dated("lab", "100", "EUR", "2021-01-06"))
    money.post("/claims", dated("analyst", "105", "EUR", "2021-12-15", basis="estimated"))
    money.post("/claims", dated("press", "118", "USD", "2021-06-01", basis="alleged"))
    found = money.get("/comparisons/model.price")
    assert (found["verdict"], found["ratio"]["central"], found["conflict_unit"]) == ("estimates_higher", 1.05, "EUR")
    assert "1.05 times" in found["text"]


def test_a_total_in_one_currency_does_not_fall_by_the_rates(money: Api) -> None:
    money_of(money, "press", over_time="running_total")
    money.post("/claims", dated("lab", "100", "EUR", "2021-01-06"))
    money.post("/claims", dated("lab", "105", "EUR", "2022-09-28"))
    money.post("/claims", dated("press", "1", "USD", "2019-06-01"))
    assert money.get("/comparisons/model.price")["self_conflict"] is False


def test_without_one_looks_at_all_currencies(money: Api) -> None:
    money_of(money, "press", "maker", over_time="fixed")
    amounts = {"lab": ("100", "EUR"), "maker": ("100", "EUR"), "analyst": ("300", "EUR"), "press": ("200", "USD")}
    for who, (amount, unit) in amounts.items():
        money.post("/claims", dated(who, amount, unit, "2022-09-28"))
    found = money.get("/comparisons/model.price")
    assert found["gap_without_one"]["agreement"] == "conflict"
    assert found["agreeing"] == 2


def test_the_drift_of_a_relay_follows_the_rates_when_they_are_loaded(api: Api) -> None:
    seed_money(api, scopes=[{"key": "all", "name": "All"}])
    origin = api.post("/claims", said("lab", "350", "EUR", period="2022-09-28", scope="all"))
    api.post("/claims", {**said("analyst", "335", "USD", period="2022-09-28"), "derived_from": origin["id"]})
    assert len(api.get("/disagreements", kind="drift")["items"]) == 1
    load(api, rates_file())
    assert api.get("/disagreements", kind="drift")["items"] == []


def test_a_migration_down_and_up_leaves_conversions_to_be_made_again(money: Api) -> None:
    money.post("/claims", said("lab", "100", "EUR", period="2022"))
    before = money.get("/figures")["items"][0]["converted"]
    migrate.downgrade(money.database, "0002_rules")
    migrate.upgrade(money.database)
    recompute(money.database, lambda _n, _of: None)
    load_carried(money.database)
    assert money.get("/figures")["items"][0]["converted"] == before


def test_a_table_names_the_unit_of_the_difference(money: Api) -> None:
    money_of(money, "press", over_time="fixed")
    for who, amount, unit in (("lab", "100", "EUR"), ("analyst", "115", "EUR"), ("press", "100", "USD")):
        money.post("/claims", dated(who, amount, unit, "2022-09-28"))
    (row,) = money.get("/tables/disagreements.json")["rows"]
    assert (row["difference"], row["conflict_unit"], row["unit"]) == (15, "EUR", "USD")
    chart = money.client.get("/v1/disagreements/chart.svg").text
    assert "1.15×" in chart


def test_what_stands_beside_in_another_currency_is_converted(money: Api) -> None:
    money_of(money, over_time="fixed")
    money.post("/claims", dated("lab", "100", "EUR", "2022-09-28"))
    money.post("/claims", dated("analyst", "100", "USD", "2022-09-28", basis="projected"))
    found = money.get("/comparisons/model.price", sides="projected:reported")
    assert found["comparability"]["status"] == "conditional"
    assert 0.95 < found["ratio"]["central"] < 0.96


def test_a_changed_metric_leaves_no_half_of_a_conversion(money: Api) -> None:
    made = money.post("/claims", said("lab", "100", "EUR", period="2022"))
    money.withdraw(f"/claims/{made['id']}")
    money.patch("/metrics/price", {"signed": True})
    figure_id = made["figures"][0]["id"]
    stored = money.get(f"/figures/{figure_id}")
    assert (stored["converted"], stored["not_computed"]) == (None, "no_exchange_rate")
    money.restore(f"/claims/{made['id']}")
    assert money.get(f"/figures/{figure_id}")["converted"] is not None


def test_money_to_another_power_is_not_converted(money: Api) -> None:
    money.post("/metrics", {"key": "square", "name": "Square", "unit": "USD.USD"})
    squared = figure("100", metric="square", unit="EUR.EUR", period="2022")
    (made,) = money.post("/claims", claim("lab", squared))["figures"]
    assert (made["converted"], made["not_computed"]) == (None, "no_exchange_rate")


def test_many_long_periods_are_converted_in_seconds(money: Api) -> None:
    figures = [figure("100", metric="price", unit="GBP", period=f"1999-02/2022-{month:02}") for month in range(1, 13)]
    figures += [figure("100", metric="price", unit="GBP", period=f"2000-{month:02}/2023") for month in range(1, 13)]
    began = time.process_time()
    money.post("/claims", claim("lab", *figures))
    assert time.process_time() - began < 8


@pytest.mark.parametrize(
    "content",
    ["Date,USD\n2024-01-01,1,1\n", "Date,USD\n2024-01-01,1\n2024-01-01,2\n", "Date,EUR\n2024-01-01,1\n", "Date\n",
     "Date,USD\n2024-01-01,x\n", "year,index\n2000,1\n", "", "Date,USD\n2024-01-01,1e99\n",
     'Date,USD\n"' + "x" * 200_000],
)  # fmt: skip
def test_a_file_that_is_no_history_of_rates_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "rates.csv").write_text(content, "utf-8")
    with pytest.raises(Invalid):
        read_rates(tmp_path / "rates.csv")


@pytest.mark.parametrize(
    "content", ["year,index\n2000,1,234.5\n", "year,index\n0000,1\n", "year,index\n2000,1\n2000,2\n", "a,b\n1,2\n", ""]
)
def test_a_file_that_is_no_index_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "index.csv").write_text(content, "utf-8")
    with pytest.raises(Invalid):
        read_index(tmp_path / "index.csv")


def test_a_lasting_answer_keeps_the_rates_of_its_moment(money: Api) -> None:
    money.post("/claims", said("lab", "100", "EUR", period="2022"))
    money.post("/claims", said("analyst", "90", "USD", period="2022", basis="estimated"))
    path = "/comparisons/model.price@2022"
    before = money.client.get(f"/v1{path}")
    address = before.links["bookmark"]["url"]
    file = rates_file()
    changed = {key: ({day: str(2 * Fraction(rate)) for day, rate in rates.items()} if key == ("USD", 2022) else rates)
               for key, rates in file.rates.items()}  # fmt: skip
    then = money.client.get(address).content
    load_rates(money.database, "another", changed, (file.first_day, file.last_day), lambda _n, _of: None)
    assert money.get(path)["ratio"] != before.json()["ratio"]
    assert money.client.get(address).content == then
    assert money.client.get(address).json()["rates_version"] == before.json()["rates_version"] == file.version
