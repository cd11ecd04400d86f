"""Web addresses, read as browsers read them (the WHATWG URL standard).

Other parsers read some addresses differently: `https://evil.example\\@good.example` leads a browser to evil.example. So
addresses with parts that can mislead are refused, and a host is shown as the browser will open it.
"""

import re
import unicodedata

from pydantic import ValidationError
from pydantic_core import Url

from service.errors import Invalid

MAX_URL = 2_000
_BEGINNING = re.compile(r"https?://[^/?#]+", re.IGNORECASE)
_UNSEEN = ("Cc", "Cf", "Cs", "Zs", "Zl", "Zp")  # control and format characters (bidi marks among them), and spaces
# Scripts that are written together. Any other mixture within a host can imitate another host.
_WRITTEN_WITH_LATIN = frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"})


def check_url(text: str) -> str:
    """Returns the address unchanged. Raises Invalid unless it is an absolute http or https URL that everybody reads
    alike: without user name, backslash, space, control character or direction mark.
    """
    host_of(text)
    return text


def host_of(text: str) -> str:
    """Returns the host that a browser opens, in Unicode if its letters are of one script, else in its ASCII form.
    Raises Invalid for an address that `check_url` refuses.
    """
    if len(text) > MAX_URL:
        raise Invalid.at("", f"A URL has at most {MAX_URL:,} characters.")
    beginning = _BEGINNING.match(text)
    if beginning is None:
        raise Invalid.at("", "Expected an absolute http or https URL.")
    if "\\" in text or any(unicodedata.category(character) in _UNSEEN for character in text):
        raise Invalid.at("", "The URL holds a backslash, a space or an invisible character. Write it percent-encoded.")
    if "@" in beginning[0]:
        raise Invalid.at("", "The URL names a user before its host. Leave out everything up to the @.")
    try:
        url = Url(text)
    except (ValidationError, ValueError):
        raise Invalid.at("", "Browsers cannot open this URL: its host or port is not valid.") from None
    if not url.host or ".." in url.host:
        raise Invalid.at("", "Browsers cannot open this URL: its host is not valid.")
    shown = url.unicode_host() or url.host
    return shown if _is_of_one_script(shown) else url.host


def _is_of_one_script(host: str) -> bool:
    others = [character for character in host if not (character.isalnum() or character in "-.[]:")]
    if others:  # some look like a slash, a colon or a dot
        return False
    scripts = {unicodedata.name(character, "").partition(" ")[0] for character in host if character.isalpha()}
    return len(scripts) <= 1 or scripts <= _WRITTEN_WITH_LATIN
