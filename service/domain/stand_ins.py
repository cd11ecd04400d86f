"""Relays that count in place of an origin that cannot: one that was withdrawn, or never gave a figure of the metric."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.domain.evidence import Evidence, exclusion_reason


@dataclass(frozen=True, slots=True)
class Orphan:
    """A relayed figure none of whose origins has a figure of its metric. `root` is the end of its chain."""

    figure: Evidence
    root: str
    root_subject: str
    readable_from: date | None


def standing_in(orphans: Iterable[Orphan]) -> set[str]:
    """The ids of the figures that count: of each root, metric, scope and period, those of the claim that could be read
    first. A number that was moved to another subject is no evidence.
    """
    groups: dict[Any, list[Orphan]] = {}
    for one in orphans:
        figure = one.figure
        if one.root_subject == figure.subject_id and _would_count(figure):
            key = (one.root, figure.subject_id, figure.metric_id, figure.scope_id, figure.period)
            groups.setdefault(key, []).append(one)
    chosen = set()
    for group in groups.values():
        first = min(group, key=_place).figure.claim_id
        chosen |= {one.figure.id for one in group if one.figure.claim_id == first}
    return chosen


def _would_count(figure: Evidence) -> bool:
    return exclusion_reason(figure.basis, figure.not_computed, is_relay=False) in (None, "no_exchange_rate")


def _place(one: Orphan) -> tuple[Any, ...]:
    claim_key = one.figure.keys[2]
    return one.readable_from is None, one.readable_from or date.min, claim_key, one.figure.order
