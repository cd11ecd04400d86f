"""API models for the entry point (links and vocabularies) and the health checks."""

from pydantic import Field

from service.schemas.base import View


class Term(View):
    value: str
    meaning: str


class Vocabularies(View):
    source_kind: list[Term]
    entity_kind: list[Term]
    claimant_role: list[Term]
    claim_status: list[Term]
    scale: list[Term]
    additive: list[Term]
    over_time: list[Term]
    basis: list[Term]
    qualifier: list[Term]
    interval_kind: list[Term]
    dispute_type: list[Term]
    dispute_status: list[Term]
    agreement: list[Term]
    verdict: list[Term]
    comparability: list[Term]
    comparability_reason: list[Term]
    interval_basis: list[Term]
    not_computed: list[Term]
    drift_result: list[Term]
    drift_flag: list[Term]
    relation: list[Term]
    disagreement_kind: list[Term]
    equation_kind: list[Term]
    consistency: list[Term]
    checked_by: list[Term]
    stance: list[Term]
    hedge: list[Term]
    operation: list[Term]
    role: list[Term]
    import_format: list[Term]
    import_mode: list[Term]
    on_existing: list[Term]
    date_order: list[Term]
    unit: list[Term] = Field(description="Single units; join them by '.' and at most one '/'.")
    currency: list[Term] = Field(description="ISO 4217 currencies, which are units too.")


class Links(View):
    sources: str
    entities: str
    metrics: str
    claims: str
    figures: str
    disputes: str
    comparisons: str
    between: str
    disagreements: str
    contested_claims: str
    equations: str
    consistency: str
    propositions: str
    positions: str
    tables: str
    facets: str
    changes: str
    changes_stream: str
    subscriptions: str
    search: str
    drafts: str
    reconcile_entities: str
    reconcile_sources: str
    imports: str
    import_template: str
    export: str
    export_figures: str
    keys: str
    me: str
    openapi: str
    docs: str


class Service(View):
    name: str
    version: str
    links: Links
    vocabularies: Vocabularies


class Health(View):
    status: str


class Readiness(View):
    status: str
    revision: str | None = Field(description="The migration of the database.")
