"""The assessment of one measurand: its comparison, and the drift of its relayed figures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.domain.comparison import REPORTED_AND_ESTIMATED, Comparison, SideChoice, compare
from service.domain.drift import Drift, Origin, trace_all
from service.domain.evidence import Evidence
from service.domain.vocabulary import DriftFlag

# Increment with every change to the values or texts computed for a measurand. Stored summaries of another version are
# then recomputed (`counterclaim recompute`).
RULES_VERSION = 3


@dataclass(frozen=True, slots=True)
class Copied:
    """The figures of one relay, and a claim that it repeats: its parent, or the root of its chain. All share metric and
    period.
    """

    relays: Sequence[Evidence]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Assessment:
    comparison: Comparison
    drift: tuple[Drift, ...]

    @property
    def listed(self) -> list[Drift]:
        return [drift for drift in self.drift if drift.is_listed]

    @property
    def crosses_currencies(self) -> bool:
        """Whether a relay is in another currency than its origin, so that exchange rates decide."""
        return any(DriftFlag.CURRENCY_CHANGED in drift.flags for drift in self.drift)

    @property
    def drift_count(self) -> int:
        """How many relayed figures changed on the way from their parent, or from the root of their chain."""
        return len({drift.relay.id for drift in self.listed})

    @property
    def widest_drift(self) -> Drift | None:
        return max(self.listed, key=lambda drift: (drift.size, drift.difference or 0), default=None)


def assess_measurand(
    figures: Sequence[Evidence],
    copied: Iterable[Copied],
    *,
    sides: SideChoice = REPORTED_AND_ESTIMATED,
    scope_stated: bool,
) -> Assessment:
    """`copied` has the relays among the figures with what they are compared with, and may have more."""
    comparison = compare(figures, sides=sides, scope_stated=scope_stated)
    found: dict[str, list[Drift]] = {figure.id: [] for figure in figures if figure.is_relay}
    for pair in copied:
        for relay_id, drift in trace_all(pair.relays, pair.origin).items():
            if relay_id in found:
                found[relay_id].append(drift)
    return Assessment(comparison, tuple(drift for figure in figures for drift in found.get(figure.id, ())))
