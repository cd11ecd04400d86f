"""Kinds of intervals as tables name them: `95% CI`, `90% CrI`, `IQR`, `SE`."""

import re

from service.domain.vocabulary import IntervalKind
from service.errors import Invalid

_OF = r"(?:ci|cri|ui|pi|hdi|hpdi?|(?:confidence|credible|uncertainty|prediction|posterior) (?:interval|limit))"
_SHARE = re.compile(rf"(?:(?P<before>\d{{2}}) ?% ?{_OF}s?|{_OF}s?,? ?\(?(?P<behind>\d{{2}}) ?%\)?)", re.IGNORECASE)
_BY_SHARE = {"90": IntervalKind.CI90, "95": IntervalKind.CI95, "99": IntervalKind.CI99}
_WORDS = {
    "iqr": IntervalKind.IQR, "interquartile range": IntervalKind.IQR, "25th to 75th percentile": IntervalKind.IQR,
    "p5-p95": IntervalKind.P5_P95, "p5 to p95": IntervalKind.P5_P95, "5th to 95th percentile": IntervalKind.P5_P95,
    "5-95%": IntervalKind.P5_P95, "min-max": IntervalKind.RANGE, "limits": IntervalKind.RANGE,
    # one of them to either side
    "se": IntervalKind.OTHER, "sem": IntervalKind.OTHER, "sd": IntervalKind.OTHER,
    "standard error": IntervalKind.OTHER, "standard deviation": IntervalKind.OTHER,
}  # fmt: skip
_HINT = "Write ci90, ci95, ci99, p5_p95, iqr, range or other, or words such as 95% CI, 90% CrI, IQR, SE and SD."


def read_interval_kind(text: str) -> IntervalKind:
    """Raises Invalid (pointer "") for words that name no kind of interval."""
    words = " ".join(text.replace("–", "-").replace("±", "").split()).casefold().removeprefix("1 ")
    if words in list(IntervalKind):
        return IntervalKind(words)
    if words in _WORDS:
        return _WORDS[words]
    if share := _SHARE.fullmatch(words):
        return _BY_SHARE.get(share["before"] or share["behind"], IntervalKind.OTHER)
    raise Invalid.at("", f"These words name no kind of interval. {_HINT}")
