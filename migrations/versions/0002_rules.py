"""Metric properties, voices, precision, and the summaries of the second rules.

SQLite cannot alter constraints, so tables are created again from their own statement, edited line by line: SQLAlchemy
writes one column or constraint a line. PostgreSQL alters them in place. Summaries are recomputed by `recompute`.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from service.db import objects, types
from service.db.table_changes import Change, apply, empty, new
from service.domain.display import interval_text
from service.domain.evidence import metric_interval
from service.domain.figure import Stated
from service.domain.metric import default_additive
from service.domain.number import last_digit_unit
from service.domain.units import convert, in_currency
from service.domain.vocabulary import ClaimantRole, EntityKind, IntervalKind, Qualifier, Scale
from service.domain.voice import Party, inferred_role, voice_of

revision = "0002_rules"
down_revision = "0001_initial"
branch_labels = None
depends_on = None

_BATCH = 5_000


_AGREEMENTS = "agreement IN ('none', 'single', 'agree', 'conflict')"
_VERDICTS = (
    "verdict IN ('estimates_higher', 'estimates_lower', 'third_party_higher', 'third_party_lower', 'consistent', "
    "'mixed', 'reported_only', 'estimated_only', 'first_party_only', 'third_party_only', {}'none')"
)
_OLD_INTERVAL = "(not_computed IS NULL) = (interval_text IS NOT NULL)"
_RANKS = ("self", "drift", "part")
_ENDS = [f"{end}{reading}" for end in ("least", "most") for reading in ("", "_rounded", "_truncated")]
_OLD_ENDS = ["max_low", "max_low_open", "max_low_id", "min_high", "min_high_open", "min_high_id"]

UP = [
    Change(
        "metric",
        add=[
            new("scale", types.String(), "'ratio'"),
            new("additive", types.String(), "'parts'"),
            new("over_time", types.String(), "CASE WHEN periodic THEN 'by_period' ELSE 'fixed' END"),
            new("over_time_inferred", types.Flag(), "false"),
        ],
        drop=["periodic"],
        checks={
            "scale": "scale IN ('ratio', 'interval', 'ordinal')",
            "additive": "additive IN ('none', 'parts', 'parts_and_time')",
            "over_time": "over_time IN ('fixed', 'by_period', 'running_total')",
        },
    ),
    Change(
        "claim",
        add=[
            new("effective_role", types.String(), "claimant_role"),
            new("speaks_for_id", types.Id(), "NULL", nullable=True),
            new("voice_id", types.Id(), "claimant_id"),
            *empty(types.String(), "retracted_on"),
            *empty(types.Day(), "retracted_latest"),
        ],
        checks={
            "effective_role": "effective_role IN ('first_party', 'third_party', 'unknown')",
            "retracted_on": "retracted_on IS NULL OR status = 'retracted'",
        },
        foreign_keys={"speaks_for_id": "entity", "voice_id": "entity"},
        drop_indexes=[["claimant_role", "created_at", "id"]],
        indexes=[["speaks_for_id"], ["voice_id"], ["effective_role", "created_at", "id"]],
        nullable=["claimant_role"],
    ),
    Change(
        "figure",
        add=[
            *empty(types.ExactDecimal(), "precision"),
            *empty(types.Flag(), "relayed"),
            new("interval_unit", types.String(), "CASE WHEN qualifier <> 'vague' THEN '' END", nullable=True),
        ],
        values={"interval_text": "CASE WHEN qualifier <> 'vague' THEN coalesce(interval_text, '') END"},
        checks={
            "precision": "precision IS NULL OR value IS NOT NULL",
            "interval": "(qualifier = 'vague') = (interval_text IS NULL)",
            "interval_unit": "(interval_unit IS NULL) = (interval_text IS NULL)",
        },
        drop_checks=["interval"],
    ),
    Change(
        "measurand",
        add=[
            new("copies_only", types.Flag(), "false"),
            new("unit", types.String(), "(SELECT unit FROM metric WHERE metric.id = measurand.metric_id)"),
            new("conflict_reasons", types.String(), "''"),
            new("self_conflict_within_rounding", types.Flag(), "false"),
            new("part_within_rounding", types.Flag(), "false"),
            *empty(types.Id(), "origin_measurand_id", "least_id", "most_id"),
            *empty(types.Real, "relative_difference", *(f"{kind}_gap" for kind in _RANKS)),
            *empty(types.String(), *_ENDS),
            *empty(types.Day(), "total_first", "total_last", "total_start"),
        ],
        drop=_OLD_ENDS,
        values={"rules_version": "0"},
        checks={
            "agreement": "agreement IN ('none', 'single', 'agree', 'mixed', 'conflict')",
            "verdict": _VERDICTS.format("'second_higher', 'second_lower', 'first_only', 'second_only', "),
        },
        drop_checks=["agreement", "verdict"],
        foreign_keys={"origin_measurand_id": "measurand"},
        indexes=[["origin_measurand_id"]],
        nullable=["comparability", "reasons", "agreeing"],
    ),
]
DOWN = [
    Change(
        "measurand",
        add=[
            column for name in _OLD_ENDS for column in empty(types.Flag() if "open" in name else types.String(), name)
        ],
        drop=[column.name for column, _ in UP[3].add],
        values={
            "rules_version": "0",
            "agreement": "CASE WHEN agreement = 'mixed' THEN 'agree' ELSE agreement END",
        },
        checks={"agreement": _AGREEMENTS, "verdict": _VERDICTS.format("")},
        drop_checks=["agreement", "verdict"],
        required={"comparability": "'comparable'", "reasons": "''", "agreeing": "0"},
    ),
    Change(
        "figure",
        drop=["precision", "relayed", "interval_unit"],
        values={
            name: f"CASE WHEN not_computed IS NULL THEN {name} END"
            for name in (
                "interval_low",
                "interval_high",
                "interval_low_open",
                "interval_high_open",
                "interval_text",
            )
        },
        checks={"interval": _OLD_INTERVAL},
        drop_checks=["interval", "interval_unit", "precision"],
    ),
    Change(
        "claim",
        drop=["effective_role", "speaks_for_id", "voice_id", "retracted_on", "retracted_latest"],
        required={"claimant_role": "'unknown'"},
        drop_checks=["effective_role", "retracted_on"],
        indexes=[["claimant_role", "created_at", "id"]],
    ),
    Change(
        "metric",
        add=[new("periodic", types.Flag(), "CASE WHEN over_time = 'by_period' THEN true ELSE false END")],
        drop=["scale", "additive", "over_time", "over_time_inferred"],
        drop_checks=["scale", "additive", "over_time"],
    ),
]


def upgrade() -> None:
    objects.drop(op.get_bind(), "views")
    for change in UP:
        apply(change)
    _infer_additive()
    _infer_voices()
    _compute_intervals()


def downgrade() -> None:
    objects.drop(op.get_bind(), "views")
    for change in DOWN:
        apply(change)


# Values --------------------------------------------------------------------------------------------------------------

_METRIC = sa.table("metric", sa.column("id", types.Id()), sa.column("unit", types.String()), sa.column("additive"))
_ENTITY = sa.table("entity", sa.column("id", types.Id()), sa.column("kind"), sa.column("part_of_id", types.Id()))
_CLAIM = sa.table(
    "claim",
    *(sa.column(name, types.Id()) for name in ("id", "claimant_id", "subject_id", "voice_id")),
    sa.column("claimant_role", types.String()),
    sa.column("effective_role", types.String()),
)
_FIGURE = sa.table(
    "figure",
    *(sa.column(name, types.Id()) for name in ("id", "metric_id")),
    *(sa.column(name, types.ExactDecimal()) for name in ("value", "lower", "upper", "precision")),
    *(sa.column(name, types.String()) for name in ("qualifier", "interval_kind", "unit", "stated_as")),
    *(sa.column(f"interval_{name}", types.Real) for name in ("low", "high")),
    *(sa.column(f"interval_{name}_open", types.Flag()) for name in ("low", "high")),
    *(sa.column(f"interval_{name}", types.String()) for name in ("text", "unit")),
)
_SIGNED = sa.table("metric", sa.column("id", types.Id()), sa.column("unit"), sa.column("signed", types.Flag()))


def _infer_additive() -> None:
    connection = op.get_bind()
    for metric in connection.execute(sa.select(_METRIC.c.id, _METRIC.c.unit)).all():
        additive = str(default_additive(metric.unit))
        if additive != "parts":
            connection.execute(sa.update(_METRIC).where(_METRIC.c.id == metric.id).values(additive=additive))


def _infer_voices() -> None:
    connection = op.get_bind()
    op.execute("UPDATE claim SET claimant_role = NULL WHERE claimant_role = 'unknown'")
    entities = connection.execute(sa.select(_ENTITY.c.id, _ENTITY.c.kind, _ENTITY.c.part_of_id)).all()
    parties = {row.id: Party(row.id, EntityKind(row.kind), row.part_of_id) for row in entities}
    claims = connection.execute(
        sa.select(_CLAIM.c.id, _CLAIM.c.claimant_id, _CLAIM.c.subject_id, _CLAIM.c.claimant_role)
    ).all()
    changed = []
    for claim in claims:
        role = ClaimantRole(claim.claimant_role or inferred_role(claim.claimant_id, claim.subject_id, parties))
        voice = voice_of(claim.claimant_id, role, None, parties)
        changed.append({"which": claim.id, "role": str(role), "voice": voice})
    statement = (
        sa.update(_CLAIM)
        .where(_CLAIM.c.id == sa.bindparam("which", type_=types.Id()))
        .values(effective_role=sa.bindparam("role"), voice_id=sa.bindparam("voice", type_=types.Id()))
    )
    for start in range(0, len(changed), _BATCH):
        connection.execute(statement, changed[start : start + _BATCH])


def _compute_intervals() -> None:
    connection = op.get_bind()
    metrics = {
        row.id: row for row in connection.execute(sa.select(_SIGNED.c.id, _SIGNED.c.unit, _SIGNED.c.signed)).all()
    }
    set_names = [
        "precision",
        *(
            name
            for name in (column.name for column in _FIGURE.c)
            if name.startswith("interval_") and "kind" not in name
        ),
    ]
    statement = (
        sa.update(_FIGURE)
        .where(_FIGURE.c.id == sa.bindparam("which", type_=types.Id()))
        .values({name: sa.bindparam(f"new_{name}", type_=_FIGURE.c[name].type) for name in set_names})
    )
    last = ""
    while True:
        page = sa.select(_FIGURE).order_by(_FIGURE.c.id).limit(_BATCH)
        rows = connection.execute(page.where(_FIGURE.c.id > last) if last else page).all()
        if not rows:
            return
        last = rows[-1].id
        connection.execute(statement, [_derived(row, metrics[row.metric_id]) for row in rows])


def _derived(row: Any, metric: Any) -> dict[str, Any]:
    precision = None if row.value is None else last_digit_unit(row.value)
    stated = Stated(
        Qualifier(row.qualifier),
        row.value,
        row.lower,
        row.upper,
        IntervalKind(row.interval_kind) if row.interval_kind else None,
        row.stated_as,
        precision,
    )
    conversion, currency = convert(row.unit, metric.unit, Scale.RATIO)  # there were no temperatures
    interval = metric_interval(stated, signed=metric.signed, conversion=conversion)
    unit = in_currency(metric.unit, currency) if currency else metric.unit
    return {
        "which": row.id,
        "new_precision": precision,
        "new_interval_low": None if interval is None or interval.low is None else float(interval.low),
        "new_interval_high": None if interval is None or interval.high is None else float(interval.high),
        "new_interval_low_open": interval and interval.low_open,
        "new_interval_high_open": interval and interval.high_open,
        "new_interval_text": interval and interval_text(interval, unit, signed=metric.signed),
        "new_interval_unit": interval and unit,
    }
