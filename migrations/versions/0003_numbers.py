"""Identifiers of entities, exchange rates and price indices, converted amounts, and 99% intervals."""

import sqlalchemy as sa
from alembic import op

from service.db import objects, types
from service.db.table_changes import Change, apply, empty, new

revision = "0003_numbers"
down_revision = "0002_rules"
branch_labels = None
depends_on = None

_KINDS = "interval_kind IN ('range', 'ci90', 'ci95', {}'p5_p95', 'iqr', 'other')"
_CONVERTED = (
    "converted_low", "converted_high", "rate_low", "rate_high", "rate_first", "rate_last", "rate_day_assumed",
)  # fmt: skip

UP = [
    Change("entity", add=[new("identifiers", types.Document(), "'{}'")]),
    Change(
        "figure",
        add=[
            *empty(types.Real, "converted_low", "converted_high"),
            *empty(types.String(), "rate_low", "rate_high"),
            *empty(types.Day(), "rate_first", "rate_last"),
            *empty(types.Flag(), "rate_day_assumed"),
        ],
        checks={
            "interval_kind": _KINDS.format("'ci99', "),
            "rates": "(rate_low IS NULL) = (rate_high IS NULL)",
        },
        drop_checks=["interval_kind"],
    ),
    Change(
        "measurand",
        add=empty(types.String(), "rates_version", "conflict_unit"),
        values={"rules_version": "0"},  # so that all summaries are computed again
        indexes=[["rates_version", "id"]],
    ),
]
DOWN = [
    Change(
        "measurand",
        drop=["rates_version", "conflict_unit"],
        drop_indexes=[["rates_version", "id"]],
        values={"rules_version": "0"},
    ),
    Change(
        "figure",
        drop=[*_CONVERTED],
        values={
            "interval_kind": "CASE WHEN interval_kind = 'ci99' THEN 'other' ELSE interval_kind END",
            "not_computed": "CASE WHEN rate_low IS NOT NULL THEN 'no_exchange_rate' ELSE not_computed END",
        },
        checks={"interval_kind": _KINDS.format("")},
        drop_checks=["interval_kind", "rates"],
    ),
    Change("entity", drop=["identifiers"]),
]


def upgrade() -> None:
    objects.drop(op.get_bind(), "views")
    op.create_table(
        "identifier",
        sa.Column("scheme", types.String(), nullable=False),
        sa.Column("value", types.String(), nullable=False),
        sa.Column("entity_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name="fk_identifier_entity_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("scheme", "value", name="pk_identifier"),
        sqlite_strict=True,
    )
    op.create_index("ix_identifier_entity_id", "identifier", ["entity_id"])
    op.create_table(
        "series_version",
        *(sa.Column(name, types.String(), nullable=False) for name in ("series", "version")),
        sa.Column("loaded_at", types.UtcTime(), nullable=False),
        *(sa.Column(name, types.String(), nullable=False) for name in ("name", "source", "unit")),
        *(sa.Column(name, types.Day(), nullable=False) for name in ("first_day", "last_day")),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "version", name="pk_series_version"),
        sqlite_strict=True,
    )
    op.create_table(
        "exchange_rate",
        sa.Column("currency", types.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("rates", types.Document(), nullable=False),
        sa.PrimaryKeyConstraint("currency", "year", name="pk_exchange_rate"),
        sqlite_strict=True,
    )
    op.create_table(
        "price_index",
        sa.Column("series", types.String(), nullable=False),
        sa.Column("levels", types.Document(), nullable=False),
        sa.PrimaryKeyConstraint("series", name="pk_price_index"),
        sqlite_strict=True,
    )
    for change in UP:
        apply(change)
    objects.create(op.get_bind(), "views")


def downgrade() -> None:
    objects.drop(op.get_bind(), "views")
    for change in DOWN:
        apply(change)
    for table in ("price_index", "exchange_rate", "series_version", "identifier"):
        op.drop_table(table)
