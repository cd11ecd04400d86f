"""Dates as clients write them, and as they are stored."""

import pytest

from tests.support import Api, claim, figure, pointers, seed


@pytest.mark.parametrize(
    ("written", "stored"),
    [("Q3 2024", "2024-35"), ("H1 2024", "2024-01/2024-06"), ("FY2024-09", "2023-10/2024-09"),
     ("summer 2024", "2024-06~/2024-08~"), ("April 3, 2023", "2023-04-03"), ("2024-35", "2024-35")],
)  # fmt: skip
def test_a_date_is_stored_as_edtf(api: Api, written: str, stored: str) -> None:
    seed(api)
    (found,) = api.post("/claims", claim("lab", figure("5", period=written)))["figures"]
    assert found["period"] == stored


@pytest.mark.parametrize(
    ("written", "hint"), [("FY2024", "FY2024-09"), ("winter 2024", "winter 2024/25"), ("1/2/2022", "2022-01-31")]
)
def test_a_date_that_can_be_read_in_two_ways_is_refused_with_a_hint(api: Api, written: str, hint: str) -> None:
    seed(api)
    problem = api.post("/claims", claim("lab", figure("5", period=written)), status=422)
    assert pointers(problem) == ["/figures/0/period"]
    assert hint in problem["detail"]
