"""Disagreements of every kind."""

from service.schemas.base import Page
from service.schemas.comparisons import Disagreement
from service.schemas.equations import Inconsistency
from service.schemas.stances import ContestedProposition


class AnyDisagreementPage(Page[Disagreement | Inconsistency | ContestedProposition]):
    """All items are of the kind that was asked for."""
