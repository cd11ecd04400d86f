"""Matches the figures of a file with stored figures."""

from collections.abc import Sequence

from service.schemas.figures import ClaimFigure, FigureFields
from service.store.records.figure_intervals import STATED


def matched(given: Sequence[FigureFields], stored: Sequence[ClaimFigure]) -> list[tuple[FigureFields, str | None]]:
    """Each figure with the id of its stored figure: its own; else that of the same content; else that of the next one
    with the same metric, scope and period. None for a new figure.
    """
    left = [figure for figure in stored if figure.id not in {figure.id for figure in given}]
    found: dict[int, str | None] = {index: figure.id for index, figure in enumerate(given)}
    for is_it in (is_same, _measures_same):
        for index, figure in enumerate(given):
            same = next((other for other in left if is_it(figure, other)), None) if found[index] is None else None
            if same is not None:
                left.remove(same)
                found[index] = same.id
    return [(figure, found[index]) for index, figure in enumerate(given)]


def _measures_same(figure: FigureFields, stored: ClaimFigure) -> bool:
    metric, scope = stored.metric, stored.scope
    if figure.metric not in (metric.id, metric.key) or (figure.scope is None) != (scope is None):
        return False
    return figure.period == stored.period and (scope is None or figure.scope in (scope.id, scope.key))


def is_same(figure: FigureFields, stored: ClaimFigure) -> bool:
    """Whether both state the same."""
    return _measures_same(figure, stored) and all(getattr(figure, n) == getattr(stored, n) for n in STATED)
