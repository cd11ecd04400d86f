"""Metric properties, voices, precision, and the summaries of the second rules.

SQLite cannot alter constraints, so tables are created again from their own statement, edited line by line: SQLAlchemy
writes one column or constraint a line. PostgreSQL alters them in place. Summaries are recomputed by `recompute`.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from alembic import op

from service.db import objects, types
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


@dataclass(frozen=True)
class Change:
    """What a table gains and loses. `add` has columns with the SQL of their values in existing rows."""

    table: str
    add: list[tuple[sa.Column[Any], str]] = field(default_factory=list)
    drop: list[str] = field(default_factory=list)
    checks: dict[str, str] = field(default_factory=dict)
    drop_checks: list[str] = field(default_factory=list)
    foreign_keys: dict[str, str] = field(default_factory=dict)  # column: table
    indexes: list[list[str]] = field(default_factory=list)
    drop_indexes: list[list[str]] = field(default_factory=list)
    nullable: list[str] = field(default_factory=list)
    required: dict[str, str] = field(default_factory=dict)  # column: the SQL of its value where it was null
    values: dict[str, str] = field(default_factory=dict)  # column: the SQL of its value


def _new(name: str, kind: Any, value: str, nullable: bool = False) -> tuple[sa.Column[Any], str]:
    return sa.Column(name, kind, nullable=nullable), value


def _empty(kind: Any, *names: str) -> list[tuple[sa.Column[Any], str]]:
    return [_new(name, kind, "NULL", nullable=True) for name in names]


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
            _new("scale", types.String(), "'ratio'"),
            _new("additive", types.String(), "'parts'"),
            _new("over_time", types.String(), "CASE WHEN periodic THEN 'by_period' ELSE 'fixed' END"),
            _new("over_time_inferred", types.Flag(), "false"),
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
            _new("effective_role", types.String(), "claimant_role"),
            _new("speaks_for_id", types.Id(), "NULL", nullable=True),
            _new("voice_id", types.Id(), "claimant_id"),
            *_empty(types.String(), "retracted_on"),
            *_empty(types.Day(), "retracted_latest"),
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
            *_empty(types.ExactDecimal(), "precision"),
            *_empty(types.Flag(), "relayed"),
            _new("interval_unit", types.String(), "CASE WHEN qualifier <> 'vague' THEN '' END", nullable=True),
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
            _new("copies_only", types.Flag(), "false"),
            _new("unit", types.String(), "(SELECT unit FROM metric WHERE metric.id = measurand.metric_id)"),
            _new("conflict_reasons", types.String(), "''"),
            _new("self_conflict_within_rounding", types.Flag(), "false"),
            _new("part_within_rounding", types.Flag(), "false"),
            *_empty(types.Id(), "origin_measurand_id", "least_id", "most_id"),
            *_empty(types.Real, "relative_difference", *(f"{kind}_gap" for kind in _RANKS)),
            *_empty(types.String(), *_ENDS),
            *_empty(types.Day(), "total_first", "total_last", "total_start"),
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
            column for name in _OLD_ENDS for column in _empty(types.Flag() if "open" in name else types.String(), name)
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
        add=[_new("periodic", types.Flag(), "CASE WHEN over_time = 'by_period' THEN true ELSE false END")],
        drop=["scale", "additive", "over_time", "over_time_inferred"],
        drop_checks=["scale", "additive", "over_time"],
    ),
]


def upgrade() -> None:
    objects.drop(op.get_bind(), "views")
    for change in UP:
        _apply(change)
    _infer_additive()
    _infer_voices()
    _compute_intervals()
    objects.create(op.get_bind(), "views")


def downgrade() -> None:
    objects.drop(op.get_bind(), "views")
    for change in DOWN:
        _apply(change)


# Altering tables -----------------------------------------------------------------------------------------------------


def _apply(change: Change) -> None:
    for columns in change.drop_indexes:
        op.drop_index(f"ix_{change.table}_{'_'.join(columns)}", change.table)
    if op.get_bind().dialect.name == "sqlite":
        _create_again(change)
    else:
        _alter(change)
    for columns in change.indexes:
        op.create_index(f"ix_{change.table}_{'_'.join(columns)}", change.table, columns)


def _alter(change: Change) -> None:
    table = change.table
    for column, value in change.add:
        op.add_column(table, sa.Column(column.name, column.type, nullable=True))
        if value != "NULL":
            op.execute(f"UPDATE {table} SET {column.name} = {value}")
    for name in change.drop_checks:
        for known in sa.inspect(op.get_bind()).get_check_constraints(table):
            if known["name"] in _names_of_check(table, name):
                op.drop_constraint(sa.schema.conv(str(known["name"])), table, type_="check")
    for name, value in change.values.items():
        op.execute(f"UPDATE {table} SET {name} = {value}")
    for name, value in change.required.items():
        op.execute(f"UPDATE {table} SET {name} = {value} WHERE {name} IS NULL")
        op.alter_column(table, name, nullable=False)
    for name in change.nullable:
        op.alter_column(table, name, nullable=True)
    for column, _ in change.add:
        if not column.nullable:
            op.alter_column(table, column.name, nullable=False)
    for name in change.drop:
        op.drop_column(table, name)
    for name, condition in change.checks.items():
        op.create_check_constraint(sa.schema.conv(f"ck_{table}_{name}"), table, condition)
    for name, other in change.foreign_keys.items():
        op.create_foreign_key(f"fk_{table}_{name}", table, other, [name], ["id"], ondelete="RESTRICT")


def _names_of_check(table: str, name: str) -> tuple[str, str]:
    """The first revision's checks were named twice by the naming convention."""
    return f"ck_{table}_{name}", f"ck_{table}_ck_{table}_{name}"


def _create_again(change: Change) -> None:
    """Creates a table of SQLite from its own statement, edited, and moves its rows and indexes to it."""
    connection, table, beside = op.get_bind(), change.table, f"new_{change.table}"
    statement = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
    ).scalar_one()
    _, *lines = statement.splitlines()
    end = max(number for number, line in enumerate(lines) if line.strip() == ")")
    lines, foot = [line.strip().removesuffix(",").strip() for line in lines[:end]], "\n".join(lines[end:])
    gone = {*change.drop, *(one for name in change.drop_checks for one in _names_of_check(table, name))}
    gone |= {f"fk_{table}_{name}" for name in change.drop}
    columns, constraints = [], []
    for line in filter(None, lines):
        words = line.split()
        name = (words[1] if words[0] == "CONSTRAINT" else words[0]).strip('"')
        if name in gone:
            continue
        if words[0] == "CONSTRAINT":
            constraints.append(line)
            continue
        text = line.replace(" NOT NULL", "") if name in change.nullable else line
        columns.append((name, f"{text} NOT NULL" if name in change.required else text))
    for column, _ in change.add:
        kind = column.type.compile(dialect=connection.dialect)
        columns.append((column.name, f"{column.name} {kind}{'' if column.nullable else ' NOT NULL'}"))
    constraints += [f"CONSTRAINT ck_{table}_{name} CHECK ({check})" for name, check in change.checks.items()]
    constraints += [
        f"CONSTRAINT fk_{table}_{name} FOREIGN KEY({name}) REFERENCES {other} (id) ON DELETE RESTRICT"
        for name, other in change.foreign_keys.items()
    ]
    body = ", \n\t".join([*(text for _, text in columns), *constraints])
    connection.exec_driver_sql(f"CREATE TABLE {beside} (\n\t{body}\n{foot}")
    given = {column.name: value for column, value in change.add} | change.values
    given |= {name: f"coalesce({name}, {value})" for name, value in change.required.items()}
    names = [name for name, _ in columns]
    selected = ", ".join(given.get(name, name) for name in names)
    connection.exec_driver_sql(f"INSERT INTO {beside} ({', '.join(names)}) SELECT {selected} FROM {table}")
    indexes = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
    ).scalars()
    kept = [sql for sql in indexes if not gone.intersection(re.findall(r"\w+", sql.partition("(")[2]))]
    connection.exec_driver_sql(f"DROP TABLE {table}")
    connection.exec_driver_sql(f"ALTER TABLE {beside} RENAME TO {table}")
    for sql in kept:
        connection.exec_driver_sql(sql)


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
