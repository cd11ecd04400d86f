"""How text is folded, so that it is found however it was typed."""

import unicodedata
from collections.abc import Iterable


def fold(text: str) -> str:
    """Compatibility forms, case and runs of white space made one."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def searchable(parts: Iterable[str | None]) -> str:
    """The folded text of a record, its parts kept apart by line ends."""
    return "\n".join(fold(part) for part in parts if part)


def words(query: str) -> list[str]:
    """What a query asks for: all of these, anywhere."""
    return list(dict.fromkeys(fold(query).split()))
