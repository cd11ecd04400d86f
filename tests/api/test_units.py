"""Units as clients write them, and as they are stored."""

import pytest

from service.transfer.spreadsheet import Spreadsheet
from tests.support import Api, claim, figure, pointers, seed
from tests.transfer.files import table, take


def test_a_unit_is_stored_in_one_spelling(api: Api) -> None:
    seed(api)
    made = api.post("/metrics", {"key": "area", "name": "Area", "unit": "km²"})
    assert made["unit"] == "km2"
    stated = figure("25882", metric="area", unit="hectares")
    (found,) = api.post("/claims", claim("lab", stated))["figures"]
    assert (found["unit"], found["interval"]["low"]) == ("ha", 258.82)
    assert len(api.get("/figures", unit="hectare")["items"]) == 1


def test_people_and_persons_are_the_same(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "crowd", "name": "Crowd", "unit": "{people}"})
    for claimant, unit in (("lab", "people"), ("analyst", "{people}")):
        api.post("/claims", claim(claimant, figure("300", metric="crowd", unit=unit)))
    assert api.get("/comparisons/model.crowd")["agreement"] == "agree"


def test_a_unit_that_nobody_knows_is_refused_with_what_was_written(api: Api) -> None:
    problem = api.post("/metrics", {"key": "x", "name": "X", "unit": "furlongs per week"}, status=422)
    assert pointers(problem) == ["/unit"]
    assert "furlongs per week" in problem["detail"]


def test_units_of_a_table_are_read_and_kept_exact(api: Api) -> None:
    given = [
        ("area", "258.82", "km2"),
        ("speed", "1e15", "FLOP/s"),
        ("stay", "3", "month"),
        ("incidence", "12", "1/100000"),
        ("steel", "5", "Mt"),
    ]
    plain = {"subject": "Thing", "claimant": "W", "source_title": "W"}
    rows = [{**plain, "metric": metric, "value": value, "unit": unit} for metric, value, unit in given]
    take(api.database, table(*rows), Spreadsheet())
    units = {one["key"]: one["unit"] for one in api.get("/metrics")["items"]}
    assert units == {"area": "km2", "speed": "FLOP/second", "stay": "month", "incidence": "per100k", "steel": "Mt"}


def test_temperatures_are_points_on_an_interval_scale(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "heat", "name": "Heat", "unit": "°C", "scale": "interval", "signed": True})
    for claimant, value, unit in (("lab", "14", "fahrenheit"), ("analyst", "263.15", "K")):
        api.post("/claims", claim(claimant, figure(value, metric="heat", unit=unit)))
    found = api.get("/comparisons/model.heat")
    assert (found["agreement"], found["metric"]["scale"]) == ("agree", "interval")
    assert [row["value"] for row in api.get("/tables/timeseries.json", metric="heat")["rows"]] == [-10, -10]
    assert pointers(api.patch("/metrics/heat", {"scale": "ratio"}, status=409)) == ["/scale"]
    assert pointers(api.patch("/metrics/heat", {"signed": False}, status=409)) == ["/signed"]


def test_differences_of_temperature_convert_on_a_ratio_scale_and_never_to_kelvin(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "rise", "name": "Rise", "unit": "°C"})
    api.post("/claims", claim("lab", figure("9", metric="rise", unit="°F")))
    api.post("/claims", claim("analyst", figure("15", metric="rise", unit="°C")))
    assert api.get("/comparisons/model.rise")["gap"] == 3
    refused = api.post("/claims", claim("analyst", figure("280", metric="rise", unit="K")), status=422)
    assert pointers(refused) == ["/figures/0/unit"]
    api.patch("/metrics/rise", {"scale": "interval", "signed": True})
    assert api.get("/comparisons/model.rise")["difference"] == pytest.approx(15 - (9 - 32) * 5 / 9)


def test_an_unsigned_metric_has_its_own_zero(api: Api) -> None:
    seed(api)
    api.post("/metrics", {"key": "heat", "name": "Heat", "unit": "K", "scale": "interval"})
    bounded = figure(metric="heat", qualifier="at_most", upper="-3.15", unit="°C")
    (stored,) = api.post("/claims", claim("lab", bounded))["figures"]
    assert (stored["interval"]["low"], stored["interval"]["high"]) == (0, 270)
    colder = api.post("/claims", claim("analyst", figure("-300", metric="heat", unit="°C")), status=422)
    assert pointers(colder) == ["/figures/0/value"]
