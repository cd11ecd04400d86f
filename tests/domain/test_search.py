import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.search import query_tokens, score, spans, tokens


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("GPT-4", ["gpt4", "gpt", "4"]),
        ("The $5.5 million", ["the", "5.5", "5", "million"]),
        ("$294,000 in 2024-25", ["294000", "in", "2024-25", "2024", "25"]),
        ("1,5 and 1,234,567.8", ["1,5", "1", "5", "and", "1234567.8"]),
        ("Ｆｕｌｌ STRASSE straße", ["full", "strasse"]),
        ("模型训练", ["模型", "型训", "训练", "练"]),
        ("用GPT-4训练", ["用", "训练", "练", "gpt4", "gpt", "4"]),
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
    assert query_tokens("GPT-4 训练成") == ["训练", "练成", "gpt4"]


@given(st.text(max_size=200))
def test_no_text_breaks_the_tokeniser_and_every_query_finds_its_own_text(text: str) -> None:
    found = tokens(text)
    assert set(query_tokens(text)) <= set(found)
    assert all(token and " " not in token and len(token) <= 100 for token in found)


@given(st.text(st.sampled_from("ab4 .-,'_$"), max_size=60))
def test_plain_text_is_cut_alike_alone_and_beside_another_script(text: str) -> None:
    assert tokens(f"{text} é") == [*tokens(text), "é"]


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("The cost of GPT-4", "gpt-4", ["GPT-4"]),
        ("The cost of GPT-4", "gpt", ["GPT"]),
        ("The cost of GPT-4", "gpt4", ["GPT-4"]),
        ("The cost of GPT-4o", "gpt4", ["GPT-4"]),
        ("The cost of GPT4", "gpt-4", ["GPT4"]),
        ("It cost $294,000", "294000", ["294,000"]),
        ("It cost $294,000", "294,000", ["294,000"]),
        ("The cost of training", "cost trai", ["cost", "trai"]),
        ("用GPT-4训练模型", "训练模", ["训练模"]),
        ("Straße und STRASSE", "strasse", ["Straße", "STRASSE"]),
        ("ﬁne ligatures", "fine", ["ﬁne"]),
        ("a 🐋 in the sea", "🐋", ["🐋"]),
        ("تكلفة تدريب النماذج", "تدريب", ["تدريب"]),
        ("nothing of this", "else", []),
    ],
)
def test_the_places_of_a_query_are_those_of_the_text_as_it_is(text: str, query: str, found: list[str]) -> None:
    places = spans(text, query_tokens(query))
    assert [text[start:end] for start, end in places] == found


@given(st.text(max_size=100), st.text(max_size=20))
def test_places_lie_in_the_text_and_never_overlap(text: str, query: str) -> None:
    places = spans(text, query_tokens(query) or ["x"])
    ends = [end for place in places for end in place]
    assert ends == sorted(set(ends))
    assert all(0 <= start < end <= len(text) for start, end in places)


def test_what_is_the_query_ranks_before_what_begins_with_it_before_what_holds_it() -> None:
    asked = query_tokens("deepseek r1")
    texts = ["DeepSeek R1", "DeepSeek R1 is a model", "What R1 of DeepSeek cost", "R1"]
    scores = [score([(1, text)], asked) for text in texts]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 4
