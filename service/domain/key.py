"""Keys and refs: how people name records and measurands."""

import re
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from service.domain.period import Period, canonical_period, parse_period
from service.domain.vocabulary import OverTime
from service.errors import Invalid

MAX_KEY = 100
KEY_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_KEY = re.compile(KEY_PATTERN)
UUID_PATTERN = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_UUID = re.compile(UUID_PATTERN)
IDENTIFIER_PATTERN = r"^[a-z][a-z0-9-]{0,30}:[!-~]{1,200}$"
_IDENTIFIER = re.compile(IDENTIFIER_PATTERN)
_MEASURANDS = UUID("6f0c1d1e-58c3-5d7f-9a43-3f3f0f4a7c21")
_CONSISTENCY = UUID("b0a4f5a2-6f43-5a0b-8d57-2f6d2c1d9e35")


def is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def is_key(text: str) -> bool:
    """Whether the text is lower-case kebab-case, at most 100 characters, and not a UUID."""
    return len(text) <= MAX_KEY and _KEY.fullmatch(text) is not None and not is_uuid(text)


def split_identifier(ref: str) -> tuple[str, str] | None:
    """The scheme and the value of an identifier such as `wikidata:Q2112`; None for any other ref."""
    if _IDENTIFIER.fullmatch(ref) is None:
        return None
    scheme, _, value = ref.partition(":")
    return scheme, value


@dataclass(frozen=True, slots=True, order=True)
class Measurand:
    """The quantity intended to be measured. Figures of one measurand answer the same question."""

    subject_id: str
    metric_id: str
    scope_id: str | None
    earliest: date | None
    latest: date | None

    @property
    def id(self) -> str:
        """Equal for the same quantity, in every database that has these records."""
        period = f"{self.earliest}/{self.latest}" if self.earliest else ""
        return str(uuid5(_MEASURANDS, f"{self.subject_id} {self.metric_id} {self.scope_id or ''} {period}"))


def consistency_id(
    equation_id: str, subject_id: str, scope_id: str | None, earliest: date | None, latest: date | None
) -> str:
    """The id of the checks of an equation for a subject, a scope of its output and a period."""
    period = f"{earliest}/{latest}" if earliest else ""
    return str(uuid5(_CONSISTENCY, f"{subject_id} {equation_id} {scope_id or ''} {period}"))


def measurand_period(period: Period | None, over_time: OverTime) -> tuple[date | None, date | None]:
    """The days of a figure's period that identify its measurand: none, unless amounts differ by period."""
    if period is None or over_time is not OverTime.BY_PERIOD:
        return None, None
    return period.earliest, period.latest


def measurand_key(subject: str, metric: str, scope: str | None, earliest: date | None, latest: date | None) -> str:
    """`subject.metric[.scope][@period]`, with `_` for `/` in the period."""
    key = f"{subject}.{metric}" + (f".{scope}" if scope else "")
    if earliest is None or latest is None:
        return key
    return f"{key}@{canonical_period(earliest, latest).replace('/', '_')}"


def normal_measurand_key(text: str) -> str:
    """The key as stored, however its period is written (`@2023-01-01_2023-12-31` is `@2023`).

    Raises Invalid if the text is not a key, or its period is invalid.
    """
    name, at, period = text.partition("@")
    if not (2 <= name.count(".") + 1 <= 3 and all(map(is_key, name.split(".")))):
        raise Invalid.at("", "A measurand's key is subject.metric[.scope][@period].")
    if not at:
        return name
    parsed = parse_period(period.replace("_", "/"))
    return f"{name}@{canonical_period(parsed.earliest, parsed.latest).replace('/', '_')}"
