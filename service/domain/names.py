"""Names as people write them: when two are equal, the key of a new record, and ids derived from content."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from service.domain.key import MAX_KEY, is_key
from service.domain.text import composed

_CONTENTS = UUID("0b6b3a52-5c0f-5e55-8d0c-1c6f0e7d9a3b")
_OUTER_PUNCTUATION = re.compile(r"^[\W_]+|[\W_]+$")
_NOT_IN_KEYS = re.compile(r"[^a-z0-9]+")


def fold_name(text: str) -> str:
    """The same text for names that differ only in case, Unicode composition or spaces. Raises Invalid for text that
    cannot be stored.
    """
    return " ".join(unicodedata.normalize("NFC", composed(text).casefold()).split())


def fold_statement(text: str) -> str:
    """The same text for statements that differ only in compatible characters, case, spaces and outer punctuation."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return _OUTER_PUNCTUATION.sub("", folded) or folded


def key_for(name: str, kind: str) -> str:
    """A key from the letters and digits of a name, without accents; with a digest if letters are lost or missing."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = _NOT_IN_KEYS.sub("-", plain)[:MAX_KEY].strip("-")
    if is_key(key) and not _lost_letters(name):
        return key
    digest = hashlib.sha256(fold_name(name).encode()).hexdigest()[:10]
    return f"{key[:60].strip('-') or kind}-{digest}"


def _lost_letters(name: str) -> bool:
    """Whether the key would lose non-Latin letters, or signs that distinguish names, as in C++."""
    return any(
        character in "+#"
        or (character.isalnum() and not unicodedata.normalize("NFKD", character).encode("ascii", "ignore"))
        for character in name
    )


def content_id(kind: str, content: Mapping[str, Any]) -> str:
    """The id of a record that is sent without one. The same content has the same id, so it is stored once."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return str(uuid5(_CONTENTS, f"{kind} {text}"))
