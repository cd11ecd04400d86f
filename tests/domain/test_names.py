"""Names: which are the same, and the keys and ids that follow from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.key import is_key, is_uuid
from service.domain.names import content_id, fold_name, key_for


@pytest.mark.parametrize(
    ("one", "other"),
    [("DeepSeek-R1", "deepseek-r1"), ("Epoch  AI ", "epoch ai"), ("Cafe\u0301", "Café"), ("STRASSE", "straße")],
)
def test_case_spaces_and_composition_make_no_difference(one: str, other: str) -> None:
    assert fold_name(one) == fold_name(other)


@pytest.mark.parametrize(
    ("name", "key"),
    [("DeepSeek-R1", "deepseek-r1"), ("Epoch AI", "epoch-ai"), ("Café Noir", "cafe-noir"), ("  GPT 4.5 ", "gpt-4-5")],
)
def test_a_latin_name_makes_its_own_key(name: str, key: str) -> None:
    assert key_for(name, "entity") == key


def test_names_in_other_scripts_get_keys_that_differ() -> None:
    keys = {key_for(name, "entity") for name in ("深度求索", "幻方量化", "Лаборатория", "…", "R1 深", "R1 求")}
    assert len(keys) == 6
    assert all(key.startswith(("entity-", "r1-")) for key in keys)


def test_signs_that_make_another_name_make_another_key() -> None:
    assert len({key_for(name, "entity") for name in ("C", "C++", "C#", "Google", "Google+")}) == 5


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), min_size=1, max_size=300))
def test_any_name_makes_a_key(name: str) -> None:
    assert is_key(key_for(name, "entity"))


def test_the_same_content_has_the_same_id_whatever_the_order_of_its_fields() -> None:
    first, second = content_id("claim", {"a": 1, "b": None}), content_id("claim", {"b": None, "a": 1})
    assert first == second
    assert is_uuid(first)
    assert len({first, content_id("claim", {"a": 2, "b": None}), content_id("figure", {"a": 1, "b": None})}) == 3
