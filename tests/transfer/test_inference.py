"""What an import infers of metrics that it creates, from all rows of the file, and that the order of loading is the
same to it.
"""

import pytest

from service.db.engine import Database
from service.schemas.metrics import Metric
from service.schemas.queries import ComparisonQuery, MetricQuery
from service.store.comparisons.ranking import LIST
from service.store.records import metrics
from service.transfer.spreadsheet import Spreadsheet
from tests.support import Api
from tests.transfer.files import PLAIN, table, take

POPULATION = {
    "metric": "population", "unit": "{people}", "claimant": "Almanac", "source_title": "An almanac",
}  # fmt: skip
ONE = table({**POPULATION, "subject": "Lowland", "value": "1000"})
YEARS = table(
    {**POPULATION, "subject": "Highland", "value": "1000", "claimant": "Bureau X", "period": "1990"},
    {**POPULATION, "subject": "Highland", "value": "2000", "claimant": "Bureau Y", "period": "2020"},
)
Found = tuple[str, str, bool]


def the_metric(database: Database) -> Metric:
    with database.snapshot() as connection:
        (found,) = metrics.LIST.page(connection, MetricQuery()).items
    return found


def every(database: Database) -> set[Found]:
    with database.snapshot() as connection:
        found = LIST.page(connection, ComparisonQuery()).items
    return {(one.key, str(one.agreement), bool(one.conflict_reasons)) for one in found}


@pytest.mark.parametrize("files", [(ONE, YEARS), (YEARS, ONE)], ids=["without periods first", "with periods first"])
def test_two_years_are_no_conflict_in_either_order(database: Database, files: tuple[bytes, bytes]) -> None:
    for content in files:
        take(database, content, Spreadsheet())
    assert every(database) == {
        ("lowland.population", "single", False),
        ("highland.population@1990", "single", False),
        ("highland.population@2020", "single", False),
    }
    assert (the_metric(database).over_time, the_metric(database).over_time_inferred) == ("by_period", True)


def test_what_somebody_set_stays_and_the_comparison_says_that_periods_differ(api: Api) -> None:
    take(api.database, ONE, Spreadsheet())
    api.patch("/metrics/population", {"over_time": "fixed"})
    take(api.database, YEARS, Spreadsheet())
    found = api.get("/comparisons/highland.population")
    assert (found["gap"], found["conflict_reasons"]) == (2, ["periods_differ"])
    assert "for different periods" in found["text"]


def test_a_figure_with_a_period_that_a_client_writes_counts_as_a_row(api: Api) -> None:
    take(api.database, ONE, Spreadsheet())
    said = api.get("/claims")["items"][0]
    new = {"metric": "population", "value": "900", "unit": "{people}", "basis": "reported", "qualifier": "exact"}
    api.post("/figures", {"claim": said["id"], "period": "1990"} | new)
    assert the_metric(api.database).over_time == "by_period"
    assert {key for key, _, _ in every(api.database)} == {"lowland.population", "lowland.population@1990"}


def test_the_result_says_what_was_inferred(database: Database) -> None:
    rows = table({**PLAIN, "period": "2024"}, {**PLAIN, "metric": "Change", "unit": "%", "value": "-5"})
    found = {one.metric: one for one in take(database, rows, Spreadsheet()).inferred}
    cost, change = found["training-cost"], found["change"]
    assert (cost.scale, cost.signed, cost.additive, cost.over_time) == ("ratio", False, "parts", "by_period")
    assert (change.signed, change.additive, change.over_time) == (True, "none", "fixed")


def test_a_negative_cell_does_not_turn_ratios_off(database: Database) -> None:
    rows = [{**PLAIN, "value": value, "claimant": f"Lab {value}"} for value in ("100", "300")]
    take(database, table(*rows, {**PLAIN, "subject": "Another", "value": "-999"}), Spreadsheet())
    with database.snapshot() as connection:
        found = {one.subject.key: one for one in LIST.page(connection, ComparisonQuery()).items}
    assert (the_metric(database).scale, the_metric(database).signed) == ("ratio", True)
    assert found["r1"].gap == 3


def test_figures_without_a_basis_are_in_conflict_and_can_be_compared(api: Api) -> None:
    plain = {"metric": "capacity", "unit": "MW"}
    rows = [
        {**plain, "subject": subject, "value": value, "claimant": f"Agency {agency}", "source_title": agency}
        for subject, value, agency in (("Dam A", "100", "A"), ("Dam A", "300", "B"), ("Dam B", "50", "A"))
    ]
    take(api.database, table(*rows), Spreadsheet())
    found = api.get("/comparisons/dam-a.capacity")
    assert (found["agreement"], found["gap"], found["verdict"]) == ("conflict", 3, "none")
    assert found["text"] == "Agency A gave 100 MW, and Agency B gave 300 MW: 3 times apart."
    between = api.get("/comparisons/between", left="dam-b.capacity", right="dam-a.capacity")
    assert (between["left"]["side"], between["right"]["side"]) == ("all", "all")
    assert (between["ratio"]["low"], between["ratio"]["high"]) == (2, 6)


def test_the_difference_of_two_shares_is_in_percentage_points(api: Api) -> None:
    plain = {"subject": "Vaccine A", "metric": "efficacy", "unit": "%", "interval_kind": "ci95"}
    rows = [
        {**plain, "value": "95", "lower": "90.3", "upper": "97.6", "claimant": "Maker", "source_title": "1"},
        {**plain, "value": "20", "lower": "-70", "upper": "60", "claimant": "Hospital", "source_title": "2"},
    ]
    take(api.database, table(*rows), Spreadsheet())
    assert api.get("/comparisons/vaccine-a.efficacy")["text"] == (
        "Hospital gave 20% (−70% to 60%), and Maker gave 95% (90.3% to 97.6%): 30.3 percentage points or more apart. "
        "Maker's and Hospital's intervals may miss the truth."
    )
