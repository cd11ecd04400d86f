"""Numbers that are found in a text: those of the article, and what any text is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.drafts import drafts
from service.domain.phrase import Doubt, Unreadable, read_phrase

ARTICLE = (
    "The startup said the model was trained for $294,000 using 512 Nvidia H800 chips, a cost far below estimates. "
    "The reported $294,000 training cost stands in contrast. OpenAI's chief said in 2023 that training its models cost "
    '"much more" than $100 million. The R1 model was trained on a 512-chip cluster of Nvidia H800s, beside A100 units. '
    "It has access to roughly 50,000 Nvidia Hopper GPUs, including 10,000 H800s and 10,000 H100s. The widely cited "
    "$5.5 million pre-training figure is a narrow portion. It invested about $1.6 billion in servers, incurred roughly "
    "$944 million in operating costs, and spent more than $500 million specifically on GPUs. Its data included "
    '"a significant number" of responses. Published on 2025-09-19, one of a few.'
)


def found(text: str) -> list[tuple[str, str, str | None]]:
    """What each draft covers, its qualifier, and its unit or noun."""
    return [
        (text[one.start : one.end], str(one.phrase.qualifier), one.phrase.unit or one.phrase.noun)
        for one in drafts(text)
        if one.phrase is not None
    ]


def test_every_number_of_an_article_is_found() -> None:
    assert found(ARTICLE) == [
        ("$294,000", "exact", "USD"),
        ("512 Nvidia H800 chips", "exact", "Nvidia H800 chips"),
        ("$294,000 training cost stands", "exact", "USD"),
        ('much more" than $100 million', "more_than", "USD"),
        ("512-chip cluster", "exact", "chip cluster"),
        ("roughly 50,000 Nvidia Hopper GPUs", "about", "Nvidia Hopper GPUs"),
        ("10,000 H800s", "exact", "H800s"),
        ("10,000 H100s", "exact", "H100s"),
        ("$5.5 million pre-training figure", "exact", "USD"),
        ("about $1.6 billion", "about", "USD"),
        ("roughly $944 million", "about", "USD"),
        ("more than $500 million", "more_than", "USD"),
        ('a significant number" of responses', "vague", "responses"),
    ]


def test_what_cannot_be_read_says_why() -> None:
    text = "It cost ¥500, and 1.500 people came."
    assert [(text[one.start : one.end], one.doubt and str(one.doubt.doubt)) for one in drafts(text)] == [
        ("¥500", "ambiguous_currency"),
        ("1.500 people came", "ambiguous_number"),
    ]


@pytest.mark.parametrize("text", ["", "GPT-4 and R1", "in 2024", "on 2025-09-19 at 12:30", "an A100, one of many"])
def test_a_text_without_amounts_has_no_drafts(text: str) -> None:
    assert list(drafts(text)) == []


@given(st.text(max_size=500) | st.text(alphabet="0123456789.,'- –kmb$€%±+eE to\n\"", max_size=500))
def test_drafts_are_in_order_and_do_not_overlap(text: str) -> None:
    place = 0
    for one in drafts(text):
        assert place <= one.start < one.end <= len(text)
        assert (one.phrase is None) != (one.doubt is None)
        place = one.end


@given(
    st.sampled_from(
        ["about $5.6 million", "50,000 Hopper GPUs", "3 to 5 hours", "at least 12%", "half a million people"]
    )
)
def test_a_phrase_in_a_sentence_is_read_as_it_is_alone(phrase: str) -> None:
    (one,) = drafts(f"They said {phrase}, or so it seems.")
    assert one.phrase == read_phrase(phrase)


@pytest.mark.parametrize(
    "text",
    ["1 " * 50_000, "1,000 GPUs " * 9_000, "a few " * 16_000, "$" * 100_000, "9" * 100_000, "1." * 50_000,
     "a-" * 50_000, "more than " * 10_000, "between " * 12_000, "1'111" * 20_000, " " * 100_000, "x " * 50_000],
)  # fmt: skip
def test_a_long_text_takes_time_that_grows_with_its_length(text: str) -> None:
    def seconds(part: str) -> float:
        began = time.process_time()
        for _ in drafts(part):
            pass
        return time.process_time() - began

    assert seconds(text) < 3
    assert seconds(text) < 30 * max(seconds(text[: len(text) // 10]), 0.005)


def test_refusals_are_raised_by_phrases_alone() -> None:
    with pytest.raises(Unreadable):
        read_phrase("1.500 people")


def test_numbers_out_of_bounds_are_doubted_in_linear_time() -> None:
    began = time.process_time()
    (found,) = drafts("111 " * 20_000)
    assert time.process_time() - began < 2
    assert found.doubt is not None
    assert found.doubt.doubt is Doubt.OUT_OF_BOUNDS
    (sum_,) = drafts("9e37 ± 9e37 USD")
    assert sum_.doubt is not None


def test_a_word_that_could_join_a_second_number_is_not_part_of_the_first() -> None:
    text = "it cost about $1.3 million to train, and 5 and more"
    assert text[next(drafts(text)).start : next(drafts(text)).end] == "about $1.3 million"
