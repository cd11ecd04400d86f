"""API models for facets: the values that can be filtered by."""

from typing import Literal

from pydantic import Field

from service.schemas.base import View
from service.schemas.queries import Refs
from service.schemas.table_queries import DashboardQuery
from service.schemas.types import Bool

FacetField = Literal[
    "subject", "metric", "scope", "measurand", "claimant", "source", "basis", "qualifier", "unit", "claimant_role",
    "claim_status", "subject_kind", "source_kind", "publisher", "agreement", "verdict", "comparability",
]  # fmt: skip


class FacetQuery(DashboardQuery):
    field: FacetField
    subject: Refs = []
    metric: Refs = []
    limit: int = Field(100, ge=1, le=1_000)
    shape: Literal["facets", "grafana"] = Field(
        "facets", description="`grafana`: a bare list of `__text` and `__value`, for its variables."
    )


class Facet(View):
    value: str = Field(description="What to filter by: a key, or the word itself.")
    label: str
    count: int


class Facets(View):
    field: FacetField
    of: Literal["figures", "comparisons"] = Field(description="What is counted.")
    values: list[Facet] = Field(description="The most frequent first.")
    is_exact: Bool = Field(
        description="False: only the first 100,000 figures were counted, so that there are more than `count` of each."
    )


class GrafanaOption(View):
    text: str = Field(alias="__text")
    value: str = Field(alias="__value")
