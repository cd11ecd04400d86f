"""Whether two claimants agree on a question: on an amount by their hulls, on a proposition by their stances."""

from service.domain.hull import Hull
from service.domain.interval import lies_above, some_pair_overlaps
from service.domain.vocabulary import Stance


def amounts_conflict(one: Hull, other: Hull) -> bool:
    """Whether all that one says lies above all that the other says."""
    return lies_above(one.interval, other.interval) or lies_above(other.interval, one.interval)


def amounts_agree(one: Hull, other: Hull) -> bool:
    """Whether one value is held by a figure of each."""
    return some_pair_overlaps(one.intervals, other.intervals)


def stances_conflict(one: Stance, other: Stance) -> bool:
    return {one, other} == {Stance.SUPPORTS, Stance.DENIES}


def stances_agree(one: Stance, other: Stance) -> bool:
    return one is other and one is not Stance.NEUTRAL
