"""The schema of version 0.2.0, and the objects that Alembic does not model.

Rules of this tree:
- One tree for both databases; types come from service.db.types, every constraint has a name.
- SQLite rebuilds tables in batch mode: no foreign key is enforced meanwhile, and env.py checks them all afterwards.
- A revision goes down as well as up, on a database that holds data (tests/migrations).
- The views select the columns of the newest revision, so only that one creates them.
"""

import sqlalchemy as sa
from alembic import op

from service.db import objects, types

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "change",
        sa.Column("seq", types.Whole, nullable=False),
        sa.Column("at", types.UtcTime(), nullable=False),
        sa.Column("actor_id", types.Id(), nullable=True),
        sa.Column("actor_name", types.String(), nullable=True),
        sa.Column("request_id", types.String(), nullable=True),
        sa.Column("operation", types.String(), nullable=False),
        sa.Column("kind", types.String(), nullable=False),
        sa.Column("record_id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed", types.Document(), nullable=False),
        sa.Column("snapshot", types.Document(), nullable=False),
        sa.CheckConstraint("operation IN ('create', 'update', 'withdraw', 'restore')", name="ck_change_operation"),
        sa.CheckConstraint("version >= 1", name="ck_change_version"),
        sa.PrimaryKeyConstraint("seq", name="pk_change"),
        sa.UniqueConstraint("kind", "record_id", "version", name="uq_change_kind_record_id_version"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_change_events",
        "change",
        ["seq"],
        postgresql_where=sa.text("operation <> 'create'"),
        sqlite_where=sa.text("operation <> 'create'"),
    )
    op.create_index("ix_change_kind_record_id_seq", "change", ["kind", "record_id", "seq"])
    op.create_index("ix_change_kind_seq", "change", ["kind", "seq"])
    op.create_table(
        "entity",
        sa.Column("key", types.String(), nullable=False),
        sa.Column("kind", types.String(), nullable=False),
        sa.Column("name", types.String(), nullable=False),
        sa.Column("aliases", types.Document(), nullable=False),
        sa.Column("same_as", types.Document(), nullable=False),
        sa.Column("part_of_id", types.Id(), nullable=True),
        sa.Column("description", types.String(), nullable=True),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("updated_at", types.UtcTime(), nullable=False),
        sa.Column("created_by", types.Id(), nullable=True),
        sa.Column("withdrawn_at", types.UtcTime(), nullable=True),
        sa.Column("withdrawn_reason", types.String(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('organization', 'person', 'group', 'model', 'product', 'event', 'place', 'other')",
            name="ck_entity_kind",
        ),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="ck_entity_withdrawn"),
        sa.CheckConstraint("part_of_id <> id", name="ck_entity_part_of"),
        sa.CheckConstraint("version >= 1", name="ck_entity_version"),
        sa.ForeignKeyConstraint(["part_of_id"], ["entity.id"], name="fk_entity_part_of_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_entity"),
        sa.UniqueConstraint("key", name="uq_entity_key"),
        sqlite_strict=True,
    )
    op.create_index("ix_entity_created_at_id", "entity", ["created_at", "id"])
    op.create_index("ix_entity_kind_created_at_id", "entity", ["kind", "created_at", "id"])
    op.create_index("ix_entity_name_id", "entity", ["name", "id"])
    op.create_index("ix_entity_part_of_id_created_at_id", "entity", ["part_of_id", "created_at", "id"])
    op.create_index("ix_entity_updated_at_id", "entity", ["updated_at", "id"])
    op.create_table(
        "idempotency",
        sa.Column("principal", types.String(), nullable=False),
        sa.Column("method", types.String(), nullable=False),
        sa.Column("route", types.String(), nullable=False),
        sa.Column("key", types.String(), nullable=False),
        sa.Column("body_hash", types.String(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", types.String(), nullable=True),
        sa.Column("body", types.String(), nullable=True),
        sa.PrimaryKeyConstraint("principal", "method", "route", "key", name="pk_idempotency"),
        sqlite_strict=True,
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"])
    op.create_table(
        "key",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("updated_at", types.UtcTime(), nullable=False),
        sa.Column("name", types.String(), nullable=False),
        sa.Column("role", types.String(), nullable=False),
        sa.Column("digest", types.String(), nullable=False),
        sa.Column("expires_at", types.UtcTime(), nullable=True),
        sa.Column("revoked_at", types.UtcTime(), nullable=True),
        sa.Column("last_used_at", types.UtcTime(), nullable=True),
        sa.CheckConstraint("role IN ('reader', 'contributor', 'curator', 'admin')", name="ck_key_role"),
        sa.CheckConstraint("length(digest) = 64", name="ck_key_digest"),
        sa.CheckConstraint("version >= 1", name="ck_key_version"),
        sa.PrimaryKeyConstraint("id", name="pk_key"),
        sqlite_strict=True,
    )
    op.create_index("ix_key_created_at_id", "key", ["created_at", "id"])
    op.create_table(
        "metric",
        sa.Column("key", types.String(), nullable=False),
        sa.Column("name", types.String(), nullable=False),
        sa.Column("definition", types.String(), nullable=True),
        sa.Column("unit", types.String(), nullable=False),
        sa.Column("periodic", types.Flag(), nullable=False),
        sa.Column("signed", types.Flag(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("updated_at", types.UtcTime(), nullable=False),
        sa.Column("created_by", types.Id(), nullable=True),
        sa.Column("withdrawn_at", types.UtcTime(), nullable=True),
        sa.Column("withdrawn_reason", types.String(), nullable=True),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="ck_metric_withdrawn"),
        sa.CheckConstraint("version >= 1", name="ck_metric_version"),
        sa.PrimaryKeyConstraint("id", name="pk_metric"),
        sa.UniqueConstraint("key", name="uq_metric_key"),
        sqlite_strict=True,
    )
    op.create_index("ix_metric_created_at_id", "metric", ["created_at", "id"])
    op.create_index("ix_metric_name_id", "metric", ["name", "id"])
    op.create_index("ix_metric_updated_at_id", "metric", ["updated_at", "id"])
    op.create_table(
        "name",
        sa.Column("kind", types.String(), nullable=False),
        sa.Column("folded", types.String(), nullable=False),
        sa.Column("record_id", types.Id(), nullable=False),
        sa.Column("is_alias", types.Flag(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "folded", "record_id", name="pk_name"),
        sqlite_strict=True,
    )
    op.create_index("ix_name_kind_record_id", "name", ["kind", "record_id"])
    op.create_table(
        "search",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", types.String(), nullable=False),
        sa.Column("record_id", types.Id(), nullable=False),
        sa.Column("tokens", types.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_search"),
        sa.UniqueConstraint("kind", "record_id", name="uq_search_kind_record_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "source",
        sa.Column("key", types.String(), nullable=True),
        sa.Column("kind", types.String(), nullable=False),
        sa.Column("title", types.String(), nullable=False),
        sa.Column("authors", types.Document(), nullable=False),
        sa.Column("publisher", types.String(), nullable=True),
        sa.Column("url", types.String(), nullable=True),
        sa.Column("archived_url", types.String(), nullable=True),
        sa.Column("doi", types.String(), nullable=True),
        sa.Column("published", types.String(), nullable=True),
        sa.Column("published_earliest", types.Day(), nullable=True),
        sa.Column("published_latest", types.Day(), nullable=True),
        sa.Column("accessed_on", types.Day(), nullable=True),
        sa.Column("language", types.String(), nullable=True),
        sa.Column("peer_reviewed", types.Flag(), nullable=True),
        sa.Column("notes", types.String(), nullable=True),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("updated_at", types.UtcTime(), nullable=False),
        sa.Column("created_by", types.Id(), nullable=True),
        sa.Column("withdrawn_at", types.UtcTime(), nullable=True),
        sa.Column("withdrawn_reason", types.String(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('paper', 'preprint', 'news_article', 'analyst_report', 'filing', 'interview', 'speech', 'press_release', 'dataset', 'web_page', 'social_post', 'book', 'other')",
            name="ck_source_kind",
        ),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="ck_source_withdrawn"),
        sa.CheckConstraint("version >= 1", name="ck_source_version"),
        sa.PrimaryKeyConstraint("id", name="pk_source"),
        sa.UniqueConstraint("key", name="uq_source_key"),
        sqlite_strict=True,
    )
    op.create_index("ix_source_created_at_id", "source", ["created_at", "id"])
    op.create_index("ix_source_doi", "source", ["doi"], postgresql_using="hash")
    op.create_index("ix_source_kind_created_at_id", "source", ["kind", "created_at", "id"])
    op.create_index("ix_source_published_earliest", "source", ["published_earliest"])
    op.create_index("ix_source_published_latest", "source", ["published_latest"])
    op.create_index("ix_source_publisher_created_at_id", "source", ["publisher", "created_at", "id"])
    op.create_index("ix_source_title_id", "source", ["title", "id"])
    op.create_index("ix_source_updated_at_id", "source", ["updated_at", "id"])
    op.create_index("ix_source_url", "source", ["url"], postgresql_using="hash")
    op.create_table(
        "claim",
        sa.Column("key", types.String(), nullable=True),
        sa.Column("source_id", types.Id(), nullable=False),
        sa.Column("claimant_id", types.Id(), nullable=False),
        sa.Column("claimant_role", types.String(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("statement", types.String(), nullable=False),
        sa.Column("quote", types.String(), nullable=True),
        sa.Column("locator", types.String(), nullable=True),
        sa.Column("asserted", types.String(), nullable=True),
        sa.Column("asserted_earliest", types.Day(), nullable=True),
        sa.Column("asserted_latest", types.Day(), nullable=True),
        sa.Column("derived_from_id", types.Id(), nullable=True),
        sa.Column("supersedes_id", types.Id(), nullable=True),
        sa.Column("superseded_by_id", types.Id(), nullable=True),
        sa.Column("status", types.String(), nullable=False),
        sa.Column("notes", types.String(), nullable=True),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("updated_at", types.UtcTime(), nullable=False),
        sa.Column("created_by", types.Id(), nullable=True),
        sa.Column("withdrawn_at", types.UtcTime(), nullable=True),
        sa.Column("withdrawn_reason", types.String(), nullable=True),
        sa.CheckConstraint("claimant_role IN ('first_party', 'third_party', 'unknown')", name="ck_claim_claimant_role"),
        sa.CheckConstraint("status <> 'superseded' OR superseded_by_id IS NOT NULL", name="ck_claim_superseded_by"),
        sa.CheckConstraint("status IN ('active', 'superseded', 'retracted')", name="ck_claim_status"),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="ck_claim_withdrawn"),
        sa.CheckConstraint("derived_from_id <> id", name="ck_claim_derived_from"),
        sa.CheckConstraint("supersedes_id <> id", name="ck_claim_supersedes"),
        sa.CheckConstraint("version >= 1", name="ck_claim_version"),
        sa.ForeignKeyConstraint(["claimant_id"], ["entity.id"], name="fk_claim_claimant_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["derived_from_id"], ["claim.id"], name="fk_claim_derived_from_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_claim_source_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["subject_id"], ["entity.id"], name="fk_claim_subject_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"], ["claim.id"], name="fk_claim_superseded_by_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["supersedes_id"], ["claim.id"], name="fk_claim_supersedes_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_claim"),
        sa.UniqueConstraint("key", name="uq_claim_key"),
        sqlite_strict=True,
    )
    op.create_index("ix_claim_asserted_earliest", "claim", ["asserted_earliest"])
    op.create_index("ix_claim_asserted_latest", "claim", ["asserted_latest"])
    op.create_index("ix_claim_claimant_id_created_at_id", "claim", ["claimant_id", "created_at", "id"])
    op.create_index("ix_claim_claimant_role_created_at_id", "claim", ["claimant_role", "created_at", "id"])
    op.create_index("ix_claim_created_at_id", "claim", ["created_at", "id"])
    op.create_index("ix_claim_derived_from_id_created_at_id", "claim", ["derived_from_id", "created_at", "id"])
    op.create_index("ix_claim_source_id_created_at_id", "claim", ["source_id", "created_at", "id"])
    op.create_index("ix_claim_status_created_at_id", "claim", ["status", "created_at", "id"])
    op.create_index("ix_claim_subject_id_created_at_id", "claim", ["subject_id", "created_at", "id"])
    op.create_index("ix_claim_superseded_by_id", "claim", ["superseded_by_id"])
    op.create_index("ix_claim_supersedes_id", "claim", ["supersedes_id"])
    op.create_index("ix_claim_updated_at_id", "claim", ["updated_at", "id"])
    op.create_index(
        "ix_claim_withdrawn_at",
        "claim",
        ["withdrawn_at"],
        postgresql_where=sa.text("withdrawn_at IS NOT NULL"),
        sqlite_where=sa.text("withdrawn_at IS NOT NULL"),
    )
    op.create_table(
        "scope",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("updated_at", types.UtcTime(), nullable=False),
        sa.Column("created_by", types.Id(), nullable=True),
        sa.Column("withdrawn_at", types.UtcTime(), nullable=True),
        sa.Column("withdrawn_reason", types.String(), nullable=True),
        sa.Column("metric_id", types.Id(), nullable=False),
        sa.Column("key", types.String(), nullable=False),
        sa.Column("name", types.String(), nullable=False),
        sa.Column("definition", types.String(), nullable=True),
        sa.Column("part_of_id", types.Id(), nullable=True),
        sa.CheckConstraint("part_of_id <> id", name="ck_scope_part_of"),
        sa.CheckConstraint("version >= 1", name="ck_scope_version"),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="ck_scope_withdrawn"),
        sa.ForeignKeyConstraint(["metric_id"], ["metric.id"], name="fk_scope_metric_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["part_of_id", "metric_id"],
            ["scope.id", "scope.metric_id"],
            name="fk_scope_part_of_id_metric_id",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_scope"),
        sa.UniqueConstraint("id", "metric_id", name="uq_scope_id_metric_id"),
        sa.UniqueConstraint("metric_id", "key", name="uq_scope_metric_id_key"),
        sqlite_strict=True,
    )
    op.create_index("ix_scope_part_of_id_metric_id", "scope", ["part_of_id", "metric_id"])
    op.create_index("ix_scope_metric_id_created_at_id", "scope", ["metric_id", "created_at", "id"])
    op.create_table(
        "measurand",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("key", types.String(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("metric_id", types.Id(), nullable=False),
        sa.Column("scope_id", types.Id(), nullable=True),
        sa.Column("period", types.String(), nullable=True),
        sa.Column("period_earliest", types.Day(), nullable=True),
        sa.Column("period_latest", types.Day(), nullable=True),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("updated_at", types.UtcTime(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("present_count", sa.Integer(), nullable=False),
        sa.Column("verdict", types.String(), nullable=False),
        sa.Column("ratio_low", types.Real, nullable=True),
        sa.Column("ratio_high", types.Real, nullable=True),
        sa.Column("ratio_low_open", types.Flag(), nullable=True),
        sa.Column("ratio_high_open", types.Flag(), nullable=True),
        sa.Column("ratio_central", types.Real, nullable=True),
        sa.Column("ratio_text", types.String(), nullable=True),
        sa.Column("comparability", types.String(), nullable=False),
        sa.Column("reasons", types.String(), nullable=False),
        sa.Column("agreement", types.String(), nullable=False),
        sa.Column("gap", types.Real, nullable=True),
        sa.Column("gap_open", types.Flag(), nullable=False),
        sa.Column("difference", types.Real, nullable=True),
        sa.Column("text", types.String(), nullable=False),
        sa.Column("self_conflict", types.Flag(), nullable=False),
        sa.Column("within_rounding", types.Flag(), nullable=False),
        sa.Column("interval_basis", types.String(), nullable=False),
        sa.Column("agreeing", sa.Integer(), nullable=False),
        sa.Column("claimant_count", sa.Integer(), nullable=False),
        sa.Column("figure_count", sa.Integer(), nullable=False),
        sa.Column("relay_count", sa.Integer(), nullable=False),
        sa.Column("drift_count", sa.Integer(), nullable=False),
        sa.Column("dispute_count", sa.Integer(), nullable=False),
        sa.Column("reported_low", types.Real, nullable=True),
        sa.Column("reported_high", types.Real, nullable=True),
        sa.Column("reported_low_open", types.Flag(), nullable=True),
        sa.Column("reported_high_open", types.Flag(), nullable=True),
        sa.Column("reported_text", types.String(), nullable=True),
        sa.Column("estimated_low", types.Real, nullable=True),
        sa.Column("estimated_high", types.Real, nullable=True),
        sa.Column("estimated_low_open", types.Flag(), nullable=True),
        sa.Column("estimated_high_open", types.Flag(), nullable=True),
        sa.Column("estimated_text", types.String(), nullable=True),
        sa.Column("rank", types.Real, nullable=False),
        sa.Column("conflict_least_id", types.Id(), nullable=True),
        sa.Column("conflict_most_id", types.Id(), nullable=True),
        sa.Column("self_rank", types.Real, nullable=True),
        sa.Column("self_least_id", types.Id(), nullable=True),
        sa.Column("self_most_id", types.Id(), nullable=True),
        sa.Column("self_text", types.String(), nullable=True),
        sa.Column("drift_rank", types.Real, nullable=True),
        sa.Column("drift_least_id", types.Id(), nullable=True),
        sa.Column("drift_most_id", types.Id(), nullable=True),
        sa.Column("drift_text", types.String(), nullable=True),
        sa.Column("part_rank", types.Real, nullable=True),
        sa.Column("part_least_id", types.Id(), nullable=True),
        sa.Column("part_most_id", types.Id(), nullable=True),
        sa.Column("part_text", types.String(), nullable=True),
        sa.Column("max_low", types.String(), nullable=True),
        sa.Column("max_low_open", types.Flag(), nullable=True),
        sa.Column("max_low_id", types.Id(), nullable=True),
        sa.Column("min_high", types.String(), nullable=True),
        sa.Column("min_high_open", types.Flag(), nullable=True),
        sa.Column("min_high_id", types.Id(), nullable=True),
        sa.CheckConstraint("agreement IN ('none', 'single', 'agree', 'conflict')", name="ck_measurand_agreement"),
        sa.CheckConstraint(
            "comparability IN ('comparable', 'conditional', 'not_comparable')", name="ck_measurand_comparability"
        ),
        sa.CheckConstraint(
            "interval_basis IN ('stated_limits', 'probability_intervals')", name="ck_measurand_interval_basis"
        ),
        sa.CheckConstraint(
            "verdict IN ('estimates_higher', 'estimates_lower', 'third_party_higher', 'third_party_lower', 'consistent', 'mixed', 'reported_only', 'estimated_only', 'first_party_only', 'third_party_only', 'none')",
            name="ck_measurand_verdict",
        ),
        sa.CheckConstraint("(period_earliest IS NULL) = (period_latest IS NULL)", name="ck_measurand_period"),
        sa.ForeignKeyConstraint(["metric_id"], ["metric.id"], name="fk_measurand_metric_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["scope_id", "metric_id"],
            ["scope.id", "scope.metric_id"],
            name="fk_measurand_scope_id_metric_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["entity.id"], name="fk_measurand_subject_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_measurand"),
        sa.UniqueConstraint("key", name="uq_measurand_key"),
        sqlite_strict=True,
    )
    op.create_index("ix_measurand_agreement_created_at_id", "measurand", ["agreement", "created_at", "id"])
    op.create_index("ix_measurand_agreement_rank_id", "measurand", ["agreement", "rank", "id"])
    op.create_index("ix_measurand_comparability_created_at_id", "measurand", ["comparability", "created_at", "id"])
    op.create_index("ix_measurand_created_at_id", "measurand", ["created_at", "id"])
    op.create_index("ix_measurand_drift_rank_id", "measurand", ["drift_rank", "id"])
    op.create_index("ix_measurand_figure_count_id", "measurand", ["figure_count", "id"])
    op.create_index("ix_measurand_metric_id_created_at_id", "measurand", ["metric_id", "created_at", "id"])
    op.create_index("ix_measurand_part_rank_id", "measurand", ["part_rank", "id"])
    op.create_index("ix_measurand_rank_id", "measurand", ["rank", "id"])
    op.create_index("ix_measurand_rules_version_id", "measurand", ["rules_version", "id"])
    op.create_index("ix_measurand_scope_id_created_at_id", "measurand", ["scope_id", "created_at", "id"])
    op.create_index("ix_measurand_self_rank_id", "measurand", ["self_rank", "id"])
    op.create_index("ix_measurand_subject_id_created_at_id", "measurand", ["subject_id", "created_at", "id"])
    op.create_index(
        "ix_measurand_subject_id_metric_id_period_earliest_period_latest",
        "measurand",
        ["subject_id", "metric_id", "period_earliest", "period_latest"],
    )
    op.create_index("ix_measurand_updated_at_id", "measurand", ["updated_at", "id"])
    op.create_index("ix_measurand_verdict_created_at_id", "measurand", ["verdict", "created_at", "id"])
    op.create_index("ix_measurand_within_rounding_created_at_id", "measurand", ["within_rounding", "created_at", "id"])
    op.create_index("ix_measurand_within_rounding_rank_id", "measurand", ["within_rounding", "rank", "id"])
    op.create_table(
        "figure",
        sa.Column("claim_id", types.Id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("measurand_id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("metric_id", types.Id(), nullable=False),
        sa.Column("scope_id", types.Id(), nullable=True),
        sa.Column("basis", types.String(), nullable=False),
        sa.Column("method", types.String(), nullable=True),
        sa.Column("qualifier", types.String(), nullable=False),
        sa.Column("value", types.ExactDecimal(), nullable=True),
        sa.Column("lower", types.ExactDecimal(), nullable=True),
        sa.Column("upper", types.ExactDecimal(), nullable=True),
        sa.Column("interval_kind", types.String(), nullable=True),
        sa.Column("unit", types.String(), nullable=False),
        sa.Column("price_year", sa.Integer(), nullable=True),
        sa.Column("period", types.String(), nullable=True),
        sa.Column("period_earliest", types.Day(), nullable=True),
        sa.Column("period_latest", types.Day(), nullable=True),
        sa.Column("stated_as", types.String(), nullable=True),
        sa.Column("interval_low", types.Real, nullable=True),
        sa.Column("interval_high", types.Real, nullable=True),
        sa.Column("interval_low_open", types.Flag(), nullable=True),
        sa.Column("interval_high_open", types.Flag(), nullable=True),
        sa.Column("interval_text", types.String(), nullable=True),
        sa.Column("not_computed", types.String(), nullable=True),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("updated_at", types.UtcTime(), nullable=False),
        sa.Column("created_by", types.Id(), nullable=True),
        sa.Column("withdrawn_at", types.UtcTime(), nullable=True),
        sa.Column("withdrawn_reason", types.String(), nullable=True),
        sa.CheckConstraint(
            "basis IN ('reported', 'estimated', 'alleged', 'projected', 'assumed', 'unstated')", name="ck_figure_basis"
        ),
        sa.CheckConstraint(
            "interval_kind IN ('range', 'ci90', 'ci95', 'p5_p95', 'iqr', 'other')", name="ck_figure_interval_kind"
        ),
        sa.CheckConstraint(
            "interval_kind IS NULL OR qualifier IN ('exact', 'about', 'between') AND (lower IS NOT NULL OR upper IS NOT NULL)",
            name="ck_figure_interval_kind_bounds",
        ),
        sa.CheckConstraint("not_computed IN ('vague', 'no_exchange_rate')", name="ck_figure_not_computed"),
        sa.CheckConstraint(
            "qualifier IN ('exact', 'about') AND value IS NOT NULL OR qualifier = 'between' AND lower IS NOT NULL AND upper IS NOT NULL OR qualifier IN ('at_least', 'more_than') AND lower IS NOT NULL AND value IS NULL AND upper IS NULL OR qualifier IN ('at_most', 'less_than') AND upper IS NOT NULL AND value IS NULL AND lower IS NULL OR qualifier = 'vague' AND stated_as IS NOT NULL AND value IS NULL AND lower IS NULL AND upper IS NULL",
            name="ck_figure_shape",
        ),
        sa.CheckConstraint(
            "qualifier IN ('exact', 'about', 'between', 'at_least', 'more_than', 'at_most', 'less_than', 'vague')",
            name="ck_figure_qualifier",
        ),
        sa.CheckConstraint("value <> 'NaN' AND lower <> 'NaN' AND upper <> 'NaN'", name="ck_figure_numbers"),
        sa.CheckConstraint("(not_computed IS NULL) = (interval_text IS NOT NULL)", name="ck_figure_interval"),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="ck_figure_withdrawn"),
        sa.CheckConstraint(
            "CAST(lower AS DOUBLE PRECISION) <= CAST(upper AS DOUBLE PRECISION)", name="ck_figure_lower_upper"
        ),
        sa.CheckConstraint(
            "CAST(lower AS DOUBLE PRECISION) <= CAST(value AS DOUBLE PRECISION)", name="ck_figure_lower_value"
        ),
        sa.CheckConstraint(
            "CAST(value AS DOUBLE PRECISION) <= CAST(upper AS DOUBLE PRECISION)", name="ck_figure_value_upper"
        ),
        sa.CheckConstraint("interval_low <= interval_high", name="ck_figure_interval_order"),
        sa.CheckConstraint("price_year BETWEEN 1000 AND 9999", name="ck_figure_price_year"),
        sa.CheckConstraint("version >= 1", name="ck_figure_version"),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name="fk_figure_claim_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["measurand_id"], ["measurand.id"], name="fk_figure_measurand_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["metric_id"], ["metric.id"], name="fk_figure_metric_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["scope_id", "metric_id"],
            ["scope.id", "scope.metric_id"],
            name="fk_figure_scope_id_metric_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["entity.id"], name="fk_figure_subject_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_figure"),
        sa.UniqueConstraint("claim_id", "position", name="uq_figure_claim_id_position"),
        sa.UniqueConstraint("id", "claim_id", name="uq_figure_id_claim_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_figure_basis_created_at_id", "figure", ["basis", "created_at", "id"])
    op.create_index("ix_figure_claim_id_created_at_id", "figure", ["claim_id", "created_at", "id"])
    op.create_index("ix_figure_created_at_id", "figure", ["created_at", "id"])
    op.create_index("ix_figure_interval_high", "figure", ["interval_high"])
    op.create_index("ix_figure_interval_low", "figure", ["interval_low"])
    op.create_index("ix_figure_measurand_id_created_at_id", "figure", ["measurand_id", "created_at", "id"])
    op.create_index("ix_figure_metric_id_created_at_id", "figure", ["metric_id", "created_at", "id"])
    op.create_index("ix_figure_period_earliest", "figure", ["period_earliest"])
    op.create_index("ix_figure_period_latest", "figure", ["period_latest"])
    op.create_index("ix_figure_qualifier_created_at_id", "figure", ["qualifier", "created_at", "id"])
    op.create_index("ix_figure_scope_id_created_at_id", "figure", ["scope_id", "created_at", "id"])
    op.create_index("ix_figure_subject_id_created_at_id", "figure", ["subject_id", "created_at", "id"])
    op.create_index("ix_figure_unit_created_at_id", "figure", ["unit", "created_at", "id"])
    op.create_index("ix_figure_updated_at_id", "figure", ["updated_at", "id"])
    op.create_index(
        "ix_figure_withdrawn_at",
        "figure",
        ["withdrawn_at"],
        postgresql_where=sa.text("withdrawn_at IS NOT NULL"),
        sqlite_where=sa.text("withdrawn_at IS NOT NULL"),
    )
    op.create_table(
        "dispute",
        sa.Column("key", types.String(), nullable=True),
        sa.Column("disputed_claim_id", types.Id(), nullable=False),
        sa.Column("disputed_figure_id", types.Id(), nullable=True),
        sa.Column("disputing_claim_id", types.Id(), nullable=True),
        sa.Column("raised_by_id", types.Id(), nullable=False),
        sa.Column("type", types.String(), nullable=False),
        sa.Column("rationale", types.String(), nullable=True),
        sa.Column("status", types.String(), nullable=False),
        sa.Column("opened", types.String(), nullable=True),
        sa.Column("opened_earliest", types.Day(), nullable=True),
        sa.Column("closed", types.String(), nullable=True),
        sa.Column("resolution", types.String(), nullable=True),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("updated_at", types.UtcTime(), nullable=False),
        sa.Column("created_by", types.Id(), nullable=True),
        sa.Column("withdrawn_at", types.UtcTime(), nullable=True),
        sa.Column("withdrawn_reason", types.String(), nullable=True),
        sa.CheckConstraint("status <> 'resolved' OR resolution IS NOT NULL", name="ck_dispute_resolution"),
        sa.CheckConstraint(
            "status IN ('open', 'conceded', 'taken_back', 'superseded', 'resolved')", name="ck_dispute_status"
        ),
        sa.CheckConstraint(
            "type IN ('contradicts', 'scope', 'method', 'data', 'attribution', 'definition', 'context', 'outdated', 'correction')",
            name="ck_dispute_type",
        ),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="ck_dispute_withdrawn"),
        sa.CheckConstraint("disputing_claim_id <> disputed_claim_id", name="ck_dispute_disputing_claim"),
        sa.CheckConstraint("disputing_claim_id IS NOT NULL OR rationale IS NOT NULL", name="ck_dispute_rationale"),
        sa.CheckConstraint("version >= 1", name="ck_dispute_version"),
        sa.ForeignKeyConstraint(
            ["disputed_claim_id"], ["claim.id"], name="fk_dispute_disputed_claim_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["disputed_figure_id", "disputed_claim_id"],
            ["figure.id", "figure.claim_id"],
            name="fk_dispute_disputed_figure_id_disputed_claim_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["disputing_claim_id"], ["claim.id"], name="fk_dispute_disputing_claim_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["raised_by_id"], ["entity.id"], name="fk_dispute_raised_by_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_dispute"),
        sa.UniqueConstraint("key", name="uq_dispute_key"),
        sqlite_strict=True,
    )
    op.create_index("ix_dispute_created_at_id", "dispute", ["created_at", "id"])
    op.create_index("ix_dispute_disputed_claim_id_created_at_id", "dispute", ["disputed_claim_id", "created_at", "id"])
    op.create_index(
        "ix_dispute_disputed_figure_id_disputed_claim_id", "dispute", ["disputed_figure_id", "disputed_claim_id"]
    )
    op.create_index(
        "ix_dispute_disputing_claim_id_created_at_id", "dispute", ["disputing_claim_id", "created_at", "id"]
    )
    op.create_index("ix_dispute_raised_by_id_created_at_id", "dispute", ["raised_by_id", "created_at", "id"])
    op.create_index("ix_dispute_status_created_at_id", "dispute", ["status", "created_at", "id"])
    op.create_index("ix_dispute_type_created_at_id", "dispute", ["type", "created_at", "id"])
    op.create_index("ix_dispute_updated_at_id", "dispute", ["updated_at", "id"])
    for group in ("search", "history"):
        objects.create(op.get_bind(), group)


def downgrade() -> None:
    for group in ("views", "history", "search"):
        objects.drop(op.get_bind(), group)
    op.drop_table("dispute")
    op.drop_table("figure")
    op.drop_table("measurand")
    op.drop_table("scope")
    op.drop_table("claim")
    op.drop_table("source")
    op.drop_table("search")
    op.drop_table("name")
    op.drop_table("metric")
    op.drop_table("key")
    op.drop_table("idempotency")
    op.drop_table("entity")
    op.drop_table("change")
