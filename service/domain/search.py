"""One tokeniser for both databases: neither finds 训练 inside a Chinese sentence, and Postgres splits GPT-4 in two.

Text is folded (compatibility forms, case). A word keeps its inner hyphens, dots, commas and apostrophes, and stands for
its parts as well: `GPT-4` is found as gpt-4, gpt and 4. Writing without spaces (Chinese, Japanese, Thai …) is cut into
overlapping pairs of characters. Symbols such as emoji are words of their own.
"""

import re
import unicodedata
from collections.abc import Iterable

MAX_TOKEN = 100

_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"[{_UNSPACED}]+")
_WORD = re.compile(r"[^\W_]+(?:[-.,'’][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")


def tokens(text: str) -> list[str]:
    """What the text is found by, in order, without repeats."""
    return list(dict.fromkeys(token[:MAX_TOKEN] for token in _tokens(text, parts=True)))


def query_tokens(text: str) -> list[str]:
    """What a query asks for: all of these. The last may be the beginning of a word."""
    return list(dict.fromkeys(token[:MAX_TOKEN] for token in _tokens(text, parts=False)))


def index_text(parts: Iterable[str | None]) -> str:
    """The tokens of a record's texts, separated by spaces."""
    return " ".join(tokens("\n".join(part for part in parts if part)))


def _tokens(text: str, *, parts: bool) -> Iterable[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    for run in _RUN.findall(folded):
        yield from (run[i : i + 2] for i in range(max(len(run) - 1, 1)))
        if parts and len(run) > 1:
            yield run[-1]
    for word in _WORD.findall(_RUN.sub(" ", folded)):
        yield word
        if parts and not word.isalnum():
            yield from _PART.findall(word)
    yield from (character for character in folded if unicodedata.category(character) == "So")
