"""The ranking of disagreements: its filters, and one row for each series."""

import pytest

from tests.support import Api, claim, figure, seed

YEARS = range(2020, 2024)


@pytest.fixture
def ranked(api: Api) -> Api:
    """Sales of four years, further apart each year, and one conflict of costs between them."""
    seed(api)
    api.post("/metrics", {"key": "sales", "name": "Sales", "unit": "USD", "over_time": "by_period"})
    for number, year in enumerate(YEARS, 2):
        for claimant, value in (("lab", "1"), ("analyst", str(10 * number))):
            stated = figure(value, metric="sales", period=str(year))
            api.post("/claims", claim(claimant, stated, statement=f"{claimant} {year}", asserted="2024"))
    for claimant, value in (("lab", "1"), ("third", "33")):
        api.post("/claims", claim(claimant, figure(value), statement=f"{claimant} cost", asserted="2024"))
    return api


def shown(api: Api, **params: str) -> list[tuple[str, int | None]]:
    return [(item["key"], item["group_count"]) for item in api.pages("/disagreements", **params)]


def test_each_series_is_shown_once_with_the_number_of_its_rows(ranked: Api) -> None:
    every = shown(ranked)
    assert [key for key, _ in every] == [
        "model.sales@2023", "model.sales@2022", "model.cost", "model.sales@2021", "model.sales@2020"
    ]  # fmt: skip
    assert {count for _, count in every} == {None}
    grouped = [("model.sales@2023", 4), ("model.cost", 1)]
    assert shown(ranked, group_by="series") == grouped
    assert shown(ranked, group_by="series", limit="1") == grouped
    assert shown(ranked, group_by="series", period_to="2021-12-31") == [("model.sales@2021", 2)]
    assert shown(ranked, group_by="series", verdict=["none", "reported_only"]) == grouped  # type: ignore[arg-type]


def test_a_series_is_shown_once_on_the_first_page_of_the_explorer(ranked: Api) -> None:
    for query in ("", "?as_of=2999-01-01"):
        page = ranked.client.get(f"{ranked.client.base_url}/{query}").text
        table = page[page.index("<tbody") : page.index("</tbody>")]
        assert table.count("/comparisons/model.sales") == 1, query
        assert "the widest of 4 of this subject and metric" in table


@pytest.mark.parametrize("as_of", [{}, {"as_of": "2999-01-01"}], ids=["live", "as of a day"])
def test_the_ranking_is_filtered(ranked: Api, as_of: dict[str, str]) -> None:
    def keys(**params: str) -> list[str]:
        return [row["key"] for row in ranked.get("/tables/disagreements.json", **params, **as_of)["rows"]]

    assert keys(claimant="third") == ["model.cost"]
    assert keys(period_from="2022-06-01", period_to="2022-12-31") == ["model.sales@2022"]
    assert keys(period_from="2023-01-01") == ["model.sales@2023"]
    assert keys(self_conflict="true") == []
    assert len(keys(self_conflict="false")) == 5
    assert keys(interval_basis="probability_intervals") == []
    assert len(keys(interval_basis="stated_limits")) == 5


def test_comparisons_are_filtered_likewise(ranked: Api) -> None:
    assert [item["key"] for item in ranked.pages("/comparisons", claimant="third")] == ["model.cost"]
    assert len(list(ranked.pages("/comparisons", period_from="2022-01-01"))) == 2
