"""Ratings of fact checks: only one that agrees makes no dispute."""

import pytest

from service.domain.ratings import Rating, dispute_type
from service.domain.vocabulary import DisputeType


@pytest.mark.parametrize("text", ["True", "TRUE!", "✅ Correct", "Verdadero", "صحيح", "属实", "सत्य", "C'est vrai"])
def test_a_rating_that_says_true_agrees(text: str) -> None:
    assert dispute_type(Rating(text)) is None


@pytest.mark.parametrize("text", ["False", "Not misleading", "Pants on Fire", "假", "कोरी अफ़वाह", "Not true", "Falso"])
def test_any_other_words_contradict(text: str) -> None:
    assert dispute_type(Rating(text)) is DisputeType.CONTRADICTS


def test_words_say_of_which_type_the_dispute_is() -> None:
    assert dispute_type(Rating("Missing context")) is DisputeType.CONTEXT
    assert dispute_type(Rating("Misleading")) is DisputeType.CONTEXT
    assert dispute_type(Rating("Mostly true")) is DisputeType.CONTEXT
    assert dispute_type(Rating("Unproven")) is DisputeType.CONTEXT
    assert dispute_type(Rating("Outdated")) is DisputeType.OUTDATED


def test_numbers_decide_where_words_are_not_known() -> None:
    assert dispute_type(Rating(None, 5, 5, 1)) is None
    assert dispute_type(Rating(None, 5)) is None
    assert dispute_type(Rating("Zutreffend", 5, 5, 1)) is None
    assert dispute_type(Rating(None, 1, 5, 1)) is DisputeType.CONTRADICTS
    assert dispute_type(Rating(None, 1, 1, 1)) is DisputeType.CONTRADICTS
    assert dispute_type(Rating("False", 5, 5, 1)) is DisputeType.CONTRADICTS


def test_nothing_is_disputed_without_a_rating() -> None:
    assert dispute_type(Rating(None)) is None
