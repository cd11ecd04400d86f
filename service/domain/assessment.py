"""The assessment of one measurand: its comparison, and the drift of its relayed figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.domain.comparison import By, Comparison, compare
from service.domain.drift import Drift, Origin, trace
from service.domain.evidence import Evidence
from service.domain.vocabulary import DriftResult

# Increment with every change to the values or texts computed for a measurand. Stored summaries of another version are
# then recomputed (`counterclaim recompute`).
RULES_VERSION = 1


@dataclass(frozen=True, slots=True)
class Assessment:
    comparison: Comparison
    drift: tuple[Drift, ...]

    @property
    def drifted(self) -> list[Drift]:
        return [drift for drift in self.drift if drift.result is DriftResult.DRIFT]

    @property
    def drift_count(self) -> int:
        """How many relayed figures differ from their parent or from the root of their chain."""
        return len({drift.relay.id for drift in self.drifted})

    @property
    def widest_drift(self) -> Drift | None:
        return max(self.drifted, key=lambda drift: drift.size, default=None)


def assess_measurand(
    figures: Sequence[Evidence],
    origins: Mapping[str, Sequence[Origin]],
    *,
    by: By = "basis",
    scope_stated: bool,
) -> Assessment:
    """`origins` maps each relay's id to the figures of its parent and of its root that it can be compared with."""
    comparison = compare(figures, by=by, scope_stated=scope_stated)
    drift = [trace(relay, claim) for relay in comparison.relays for claim in origins.get(relay.id, ())]
    return Assessment(comparison, tuple(drift))
