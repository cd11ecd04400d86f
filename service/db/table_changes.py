"""Changes of tables in migrations. SQLite cannot alter most of a table, so there it is created again from its own
statement.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from alembic import op


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


def new(name: str, kind: Any, value: str, nullable: bool = False) -> tuple[sa.Column[Any], str]:
    return sa.Column(name, kind, nullable=nullable), value


def empty(kind: Any, *names: str) -> list[tuple[sa.Column[Any], str]]:
    return [new(name, kind, "NULL", nullable=True) for name in names]


def apply(change: Change) -> None:
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
    _drop_checks(table, change.drop_checks)
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


def _drop_checks(table: str, names: list[str]) -> None:
    for name in names:
        for known in sa.inspect(op.get_bind()).get_check_constraints(table):
            if known["name"] in _names_of_check(table, name):
                op.drop_constraint(sa.schema.conv(str(known["name"])), table, type_="check")


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
