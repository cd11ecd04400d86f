from hypothesis import given
from hypothesis import strategies as st

from service.domain.topological_order import parents_first


@given(st.lists(st.lists(st.integers(0, 30), max_size=3), max_size=30), st.permutations(range(30)))
def test_each_record_follows_its_parents(links: list[list[int]], names: list[int]) -> None:
    """Records are numbered by creation and refer to earlier ones; their names are in any order."""
    parents = {
        f"{names[number]:02}": [f"{names[other]:02}" for other in of if other < number]
        for number, of in enumerate(links)
    }
    ordered = parents_first(parents)
    assert sorted(ordered) == sorted(parents)
    place = {one: index for index, one in enumerate(ordered)}
    assert all(place[parent] < place[one] for one, of in parents.items() for parent in of)
    assert parents_first(dict(reversed(parents.items()))) == ordered


def test_records_in_a_circle_come_last() -> None:
    assert parents_first({"b": ["c"], "c": ["b"], "a": [], "d": ["a", "gone"]}) == ["a", "d", "b", "c"]
