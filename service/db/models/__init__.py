"""All tables, imported here so that the metadata is complete."""

from service.db.models.base import metadata
from service.db.models.claims import ClaimRow
from service.db.models.disputes import DisputeRow
from service.db.models.entities import EntityRow
from service.db.models.equations import ConsistencyRow, EquationRow, EquationScopeRow, EquationTermRow
from service.db.models.figures import FigureRow
from service.db.models.history import ChangeRow
from service.db.models.idempotency import IdempotencyRow
from service.db.models.identifiers import IdentifierRow
from service.db.models.keys import KeyRow
from service.db.models.measurands import MeasurandRow
from service.db.models.metrics import MetricRow
from service.db.models.names import NameRow
from service.db.models.propositions import PropositionRow, StanceRow
from service.db.models.rates import ExchangeRateRow, PriceIndexRow, ReplacedSeriesRow, SeriesVersionRow
from service.db.models.scopes import ScopeRow
from service.db.models.search import SearchRow
from service.db.models.sessions import SessionRow
from service.db.models.sources import SourceRow
from service.db.models.subscriptions import DeliveryRow, LeaseRow, SubscriptionRow

__all__ = [
    "ChangeRow",
    "ClaimRow",
    "ConsistencyRow",
    "DeliveryRow",
    "DisputeRow",
    "EntityRow",
    "EquationRow",
    "EquationScopeRow",
    "EquationTermRow",
    "ExchangeRateRow",
    "FigureRow",
    "IdempotencyRow",
    "IdentifierRow",
    "KeyRow",
    "LeaseRow",
    "MeasurandRow",
    "MetricRow",
    "NameRow",
    "PriceIndexRow",
    "PropositionRow",
    "ReplacedSeriesRow",
    "ScopeRow",
    "SearchRow",
    "SeriesVersionRow",
    "SessionRow",
    "SourceRow",
    "StanceRow",
    "SubscriptionRow",
    "metadata",
]
