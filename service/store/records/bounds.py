"""How much of a database one request may recompute."""

from typing import Any

from sqlalchemy import Connection, func, select

from service.db.models import FigureRow
from service.errors import Conflict

MOST_FIGURES = 20_000


def refuse_too_many_figures(connection: Connection, claims: Any, most: int | None, noun: str, ref: str) -> None:
    """Raises Conflict if these claims (a select of their ids) have more than `most` figures; None means no bound."""
    if most is None:
        return
    _refuse(connection, FigureRow.claim_id.in_(claims), most, noun, ref)


def refuse_too_many_of_metric(
    connection: Connection, metric_id: str, most: int | None, ref: str, change: str = "{…}"
) -> None:
    if most is not None:
        _refuse(connection, FigureRow.metric_id == metric_id, most, "metric", ref, change)


def _refuse(connection: Connection, condition: Any, most: int, noun: str, ref: str, change: str = "{…}") -> None:
    some = select(FigureRow.id).where(condition).limit(most + 1).subquery()
    if connection.execute(select(func.count()).select_from(some)).scalar_one() > most:
        raise Conflict(
            f"More than {most:,} figures depend on this {noun}, too many to recompute in one request. "
            f"Make the change on the server: counterclaim amend {noun} {ref} '{change}'."
        )
