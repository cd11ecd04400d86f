"""Text that is valid, quickly composed, and visible."""

import time

import pytest

from service.domain.names import fold_name
from service.domain.text import composed, has_visible
from service.errors import Invalid


@pytest.mark.parametrize("text", ["a\u0345\u0300" * 10, "e\u0301", "Ελληνικά", "ក្ដី", "한국어", "z" + "\u0300" * 30])
def test_writing_is_composed(text: str) -> None:
    assert composed(composed(text)) == composed(text)


@pytest.mark.parametrize("make", [composed, fold_name], ids=lambda function: function.__name__)
def test_a_heap_of_marks_is_refused_at_once(make: object) -> None:
    began = time.process_time()
    with pytest.raises(Invalid, match="combining marks"):
        make("a" + "\u0345" * 50_000 + "\u0300" * 50_000)  # type: ignore[operator]
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("text", ["\x00", "a\ud800"])
def test_what_cannot_be_stored_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        composed(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\u200b",
        "\u2065",
        "\ufff0",
        "\U000e0080",
        "\U0001d159",
        "\U00013441",
        "\u202e\u2065",
        "\u3164",
        "\u0301",
    ],
)
def test_a_text_without_anything_to_see_has_nothing_visible(text: str) -> None:
    assert not has_visible(text)
    assert has_visible(f"{text}a")
