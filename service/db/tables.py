"""All tables, imported once so that the metadata is whole."""

from service.db.base import metadata
from service.db.claims import ClaimRow
from service.db.disputes import DisputeRow
from service.db.entities import EntityRow
from service.db.figures import FigureRow
from service.db.history import ChangeRow
from service.db.idempotency import AnswerRow
from service.db.keys import KeyRow
from service.db.measurands import MeasurandRow
from service.db.metrics import MetricRow, ScopeRow
from service.db.names import NameRow
from service.db.search import SearchRow
from service.db.sources import SourceRow

__all__ = [
    "AnswerRow",
    "ChangeRow",
    "ClaimRow",
    "DisputeRow",
    "EntityRow",
    "FigureRow",
    "KeyRow",
    "MeasurandRow",
    "MetricRow",
    "NameRow",
    "ScopeRow",
    "SearchRow",
    "SourceRow",
    "metadata",
]
