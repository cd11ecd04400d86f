from datetime import date

import pytest

from service.domain.key import Measurand, is_key, measurand_key, normal_measurand_key
from service.errors import Invalid


def test_keys_are_lower_case_kebab_and_no_uuid() -> None:
    assert all(map(is_key, ["deepseek-r1", "a", "4o", "a" * 100]))
    refused = ["", "A", "a--b", "-a", "a-", "a_b", "a.b", "é", "a" * 101, "0199b1c4-6d3e-7c1a-9f3e-2b7a5c1d4e8f", "a\n"]
    assert not any(map(is_key, refused))


def test_a_measurand_is_the_same_wherever_its_records_are() -> None:
    one = Measurand("s", "m", None, None, None)
    assert one.id == Measurand("s", "m", None, None, None).id
    others = [
        Measurand("s", "m", "c", None, None),
        Measurand("s", "m", None, date(2023, 1, 1), date(2023, 12, 31)),
        Measurand("s", "m", None, date(2023, 1, 1), date(2024, 12, 31)),
        Measurand("t", "m", None, None, None),
    ]
    assert len({one.id, *(other.id for other in others)}) == 5


def test_the_key_of_a_measurand_names_subject_metric_scope_and_period() -> None:
    assert measurand_key("r1", "cost", None, None, None) == "r1.cost"
    assert measurand_key("r1", "cost", "full", None, None) == "r1.cost.full"
    assert measurand_key("x", "sales", None, date(2023, 1, 1), date(2024, 12, 31)) == "x.sales@2023_2024"


@pytest.mark.parametrize(
    "key", ["x.sales@2023", "x.sales@2023~", "x.sales@2023-01-01_2023-12-31", "x.sales@2023-01_2023-12"]
)
def test_a_period_in_a_key_may_be_written_in_any_way(key: str) -> None:
    assert normal_measurand_key(key) == "x.sales@2023"


def test_a_key_without_period_is_left_alone() -> None:
    assert normal_measurand_key("x.sales.full") == "x.sales.full"


@pytest.mark.parametrize("key", ["x.sales@sometime", "x.sales@", "x", "x.y.z.w", "x..y", "X.y", "x.y\x00", ""])
def test_what_is_no_key_of_a_measurand_is_refused(key: str) -> None:
    with pytest.raises(Invalid):
        normal_measurand_key(key)
