import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.search import query_tokens, tokens


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("GPT-4", ["gpt-4", "gpt", "4"]),
        ("The $5.5 million", ["the", "5.5", "5", "million"]),
        ("Ｆｕｌｌ STRASSE straße", ["full", "strasse"]),
        ("模型训练", ["模型", "型训", "训练", "练"]),
        ("用GPT-4训练", ["用", "训练", "练", "gpt-4", "gpt", "4"]),
        ("🐋 whale", ["whale", "🐋"]),
        ("snake_case", ["snake", "case"]),
        ("تدريب النماذج", ["تدريب", "النماذج"]),
        ("", []),
        ("% _ \" ' - *", []),
    ],
)
def test_text_is_cut_into_what_it_is_found_by(text: str, found: list[str]) -> None:
    assert tokens(text) == found


def test_a_query_asks_for_whole_words() -> None:
    assert query_tokens("GPT-4 训练成") == ["训练", "练成", "gpt-4"]


@given(st.text(max_size=200))
def test_no_text_breaks_the_tokeniser_and_every_query_finds_its_own_text(text: str) -> None:
    found = tokens(text)
    assert set(query_tokens(text)) <= set(found)
    assert all(token and " " not in token and len(token) <= 100 for token in found)
