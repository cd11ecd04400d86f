"""What a comparison tells beyond its summary and its figures, as it is stored. Exact numbers are text.
Worked out with the summary, so that there is next to no arithmetic when it is read (`analysis/comparison_json.py`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from service.domain.assessment import Assessment
from service.domain.display import drift_text
from service.domain.drift import Drift
from service.domain.evidence import Evidence
from service.domain.interval import Interval
from service.domain.standing import Standing, standing
from service.schemas.views import to_number
from service.store.rows import Values

_MOST_DRIFT = 100  # with more, a comparison is worked out when it is asked for


@dataclass(frozen=True, slots=True)
class Detail:
    """`without_one` and each `drift` are as they are served, with ids in place of claimants and figures. Where there is
    too much drift to be stored, there is none, and the detail is not whole.
    """

    without_one: Values | None
    drift: list[Values]
    is_whole: bool
    stands_for: Values


def write(found: Assessment, figures: Sequence[Evidence]) -> str:
    rest = found.comparison.disagreement.without_one
    is_whole = len(found.drift) <= _MOST_DRIFT
    detail = {
        "without_one": {"gap": to_number(rest.gap), "claimant": rest.claimant_id} if rest else None,
        "drift": [_drift(drift) for drift in found.drift if is_whole],
        "is_whole": is_whole,
        "stands_for": _standing(standing(figures)),
    }
    return json.dumps(detail, ensure_ascii=False, separators=(",", ":"))


def read(text: str) -> Detail:
    return Detail(**json.loads(text))


def standing_of(stored: Values) -> Standing:
    """Of what a detail has as `stands_for`."""
    return Standing(
        hull=_interval_of(stored["hull"]),
        value=_number_of(stored["value"]),
        price_years=frozenset(stored["price_years"]),
        period_approximate=stored["period_approximate"],
        lacks_exchange_rate=stored["lacks_exchange_rate"],
        max_low=_interval_of(stored["max_low"]),
        min_high=_interval_of(stored["min_high"]),
    )


def _drift(drift: Drift) -> Values:
    return {
        "relay": drift.relay.id,
        "origin": drift.origin.id if drift.origin else None,
        "result": drift.result,
        "factor": to_number(drift.factor),
        "flags": drift.flags,
        "text": drift_text(drift),
    }


def _standing(stands_for: Standing) -> Values:
    return {
        "hull": _interval(stands_for.hull),
        "value": _number(stands_for.value),
        "price_years": sorted(stands_for.price_years),
        "period_approximate": stands_for.period_approximate,
        "lacks_exchange_rate": stands_for.lacks_exchange_rate,
        "max_low": _interval(stands_for.max_low),
        "min_high": _interval(stands_for.min_high),
    }


def _interval(interval: Interval | None) -> list[Any] | None:
    if interval is None:
        return None
    return [_number(interval.low), _number(interval.high), interval.low_open, interval.high_open]


def _interval_of(stored: list[Any] | None) -> Interval | None:
    if stored is None:
        return None
    low, high, low_open, high_open = stored
    return Interval(_number_of(low), _number_of(high), low_open, high_open)


def _number(number: Fraction | None) -> str | None:
    return None if number is None else str(number)


def _number_of(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)
