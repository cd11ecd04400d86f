"""One tokeniser for both databases: neither finds 训练 inside a Chinese sentence, and Postgres splits GPT-4 in two.

Text is folded (compatibility forms, case). A word with inner hyphens is written without them, a number without the
commas between its thousands; other inner marks stay. The parts of a word are indexed as well: `GPT-4` is found as
GPT-4, gpt4, gpt and 4, and `294,000` as 294000. Text without spaces (Chinese, Japanese, Thai …) is cut into
overlapping pairs of characters. Symbols such as emoji are separate words.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

MAX_TOKEN = 100
Span = tuple[int, int]  # start and end (exclusive)

_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"[{_UNSPACED}]+")
_WORD = re.compile(r"[^\W_]+(?:[-.,'’][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_DROPPED = "-,"  # from words and numbers


def tokens(text: str) -> list[str]:
    """The tokens under which the text is indexed, in order, without repeats."""
    folded = _fold(text)
    found = _plain_tokens(folded) if folded.isascii() else (token for token, _, _ in _tokens(folded, parts=True))
    return list(dict.fromkeys(found))


def query_tokens(text: str) -> list[str]:
    """The tokens of a query, all of which must match. The last may be the beginning of a word."""
    return list(dict.fromkeys(token for token, _, _ in _tokens(_fold(text), parts=False)))


def index_text(parts: Iterable[str | None]) -> str:
    """The tokens of a record's texts, separated by spaces."""
    return " ".join(tokens("\n".join(part for part in parts if part)))


def spans(text: str, asked: Sequence[str]) -> list[Span]:
    """Where the tokens of a query occur in a text, in order, in code points of the unfolded text."""
    folded, places = _fold_in_place(text)
    found: list[Span] = []
    for token, start, end in _tokens(folded, parts=True):
        for wanted in asked:
            begins = wanted == asked[-1] and token.startswith(wanted)
            if token == wanted or begins:
                stop = end if token == wanted else _end_of(len(wanted), folded, start, end)
                found.append((places[start], places[stop - 1] + 1))
    return _merged(found)


def _end_of(length: int, folded: str, start: int, end: int) -> int:
    """Where the first `length` characters of a token end in the text, in which it may have hyphens and commas."""
    for place in range(start, end):
        length -= folded[place] not in _DROPPED
        if length == 0:
            return place + 1
    return end


def _merged(found: Iterable[Span]) -> list[Span]:
    """Merges spans that touch or overlap."""
    whole: list[Span] = []
    for start, end in sorted(found):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole


def score(fields: Iterable[tuple[float, str]], asked: Sequence[str]) -> float:
    """How well weighted texts match a query: the best weight of each word, and a bonus if a text begins with it."""
    best = dict.fromkeys(asked, 0.0)
    whole = 0.0
    for weight, text in fields:
        found = tokens(text)
        words = query_tokens(text)
        for wanted in asked:
            if wanted in found:
                best[wanted] = max(best[wanted], weight)
            elif wanted == asked[-1] and any(token.startswith(wanted) for token in found):
                best[wanted] = max(best[wanted], weight * 0.7)
        if words == list(asked):
            whole = max(whole, weight * 3)
        elif words[: len(asked)] == list(asked):
            whole = max(whole, weight)
    return sum(best.values()) / max(len(best), 1) + whole


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _fold_in_place(text: str) -> tuple[str, list[int]]:
    """The text folded character by character, and for each folded character the index of its original."""
    pieces = [_fold(character) for character in text]
    return "".join(pieces), [place for place, piece in enumerate(pieces) for _ in piece]


def _plain_tokens(folded: str) -> Iterator[str]:
    """The tokens of an ASCII text, the usual case: no unspaced runs or symbols. Each distinct word is split once."""
    for word in dict.fromkeys(_WORD.findall(folded)):
        yield _plain(word)[:MAX_TOKEN]
        if _has_parts(word):
            yield from (part[:MAX_TOKEN] for part in _PART.findall(word))


def _plain(word: str) -> str:
    """The word as it is indexed: without hyphens, unless it consists of numbers only, and without the commas of
    thousands.
    """
    if word.isalnum():
        return word
    if _THOUSANDS.fullmatch(word):
        return word.replace(",", "")
    return word.replace("-", "") if any(character.isalpha() for character in word) else word


def _has_parts(word: str) -> bool:
    return not word.isalnum() and not _THOUSANDS.fullmatch(word)


def _tokens(folded: str, *, parts: bool) -> Iterator[tuple[str, int, int]]:
    """Each token with its start and end in the folded text."""
    for run in _RUN.finditer(folded):
        start, end = run.span()
        for place in range(start, max(end - 1, start + 1)):
            yield _token(folded, place, min(place + 2, end))
        if parts and end - start > 1:
            yield _token(folded, end - 1, end)
    spaced = _RUN.sub(lambda run: " " * len(run[0]), folded)
    for word in _WORD.finditer(spaced):
        yield _plain(word[0])[:MAX_TOKEN], *word.span()
        if parts and _has_parts(word[0]):
            for part in _PART.finditer(word[0]):
                yield _token(folded, word.start() + part.start(), word.start() + part.end())
    for place, character in enumerate("" if folded.isascii() else folded):  # ASCII has no such symbols
        if unicodedata.category(character) == "So":
            yield _token(folded, place, place + 1)


def _token(folded: str, start: int, end: int) -> tuple[str, int, int]:
    return folded[start:end][:MAX_TOKEN], start, end
