"""Interprets fact-checkers' ratings: whether they agree with a claim, and if not, the type of the dispute.

Ratings have no common vocabulary. Words decide first, in the languages that most reviews are written in. If they are
unknown, the numbers of schema.org's Rating decide: the best one means that the claim is true.
"""

import re
import unicodedata
from dataclasses import dataclass

from service.domain.vocabulary import DisputeType, Stance

_TRUE = {
    "true", "correct", "accurate", "right", "confirmed", "verified", "fact", "wahr", "richtig", "stimmt", "vrai",
    "exact", "verdadero", "cierto", "verdad", "verdadeiro", "fato", "vero", "prawda", "waar", "sant", "sandt", "doğru",
    "benar", "fakta", "this is true", "c'est vrai", "es cierto", "सत्य",
    "правда", "истина", "सही", "सच", "সত্য", "உண்மை", "صحيح", "درست", "真实", "属实", "屬實",
    "正确", "正確", "사실", "đúng",
}  # fmt: skip
_FALSE = {
    "false", "fake", "incorrect", "inaccurate", "wrong", "not true", "untrue", "hoax", "falsch", "faux", "falso",
    "falsa", "mentira", "bohong", "salah", "fałsz", "onwaar", "yanlış", "ложь",
    "неправда", "झूठ", "गलत", "फर्जी", "মিথ্যা", "خطأ",
    "زائف", "كاذب", "假", "虚假", "错误", "不實", "거짓", "sai",
}  # fmt: skip
_CONTEXT = (
    "context", "misleading", "kontext", "irreführend", "trompeur", "engañoso", "enganoso", "fuorviante", "вводит",
    "भ्रामक", "مضلل", "误导", "誤導", "ミスリード",
)  # fmt: skip
_BEST, _WORST = 5.0, 1.0  # the defaults of schema.org
_MIXED = (
    "mostly", "half", "partly", "partially", "partiell", "mixture", "mixed", "exaggerat", "größtenteils", "teilweise",
    "überwiegend", "en partie", "plutôt", "a medias", "unproven", "in progress", "unsupported", "needs",
)  # fmt: skip
_OUTDATED = ("outdated", "old video", "old photo", "old image", "veraltet")


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating as the reviewer gave it: in words, in numbers, or both."""

    text: str | None
    value: float | None = None
    best: float | None = None
    worst: float | None = None

    @property
    def numbers(self) -> str | None:
        if self.value is None:
            return None
        return f"{self.value:g}" + (f" of {self.best:g}" if self.best is not None else "")


def dispute_type(rating: Rating) -> DisputeType | None:
    """None if the rating agrees with the claim, or is empty."""
    words = _plain(rating.text or "")
    if words in _TRUE:
        return None
    if words in _FALSE:
        return DisputeType.CONTRADICTS
    if any(part in words for part in _CONTEXT + _MIXED) and not words.startswith("not "):
        return DisputeType.CONTEXT
    if any(part in words for part in _OUTDATED):
        return DisputeType.OUTDATED
    if rating.value is None:
        return DisputeType.CONTRADICTS if words else None
    best = _BEST if rating.best is None else rating.best
    return None if rating.value == best != rating.worst else DisputeType.CONTRADICTS


def review_stance(rating: Rating) -> Stance:
    """What a review says of the reviewed statement: it supports what it rates true, denies what it rates false, and
    takes no side with any other rating.
    """
    words = _plain(rating.text or "")
    if words in _TRUE:
        return Stance.SUPPORTS
    if words in _FALSE:
        return Stance.DENIES
    is_in_between = any(part in words for part in _CONTEXT + _MIXED + _OUTDATED)
    if is_in_between or rating.value is None:
        return Stance.NEUTRAL
    best = _BEST if rating.best is None else rating.best
    worst = _WORST if rating.worst is None else rating.worst
    if best == worst:
        return Stance.NEUTRAL
    return {best: Stance.SUPPORTS, worst: Stance.DENIES}.get(rating.value, Stance.NEUTRAL)


def _plain(text: str) -> str:
    """Case-folded, without punctuation and emoji around the words."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"^[\W_]+|[\W_]+$", "", folded)
