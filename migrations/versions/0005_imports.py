"""Names to find entities and metrics by, and the addresses that sources are known by."""

import sqlalchemy as sa
from alembic import op

from service.db import types
from service.domain.names import fold_name

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    name = op.create_table(
        "name",
        sa.Column("kind", types.String(), nullable=False),
        sa.Column("folded", types.String(), nullable=False),
        sa.Column("record_id", types.Id(), nullable=False),
        sa.Column("is_alias", types.Flag(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "folded", "record_id", name="pk_name"),
        sqlite_strict=True,
    )
    op.create_index("ix_name_kind_record_id", "name", ["kind", "record_id"])
    op.create_index("ix_source_url", "source", ["url"], postgresql_using="hash")
    op.create_index("ix_source_doi", "source", ["doi"], postgresql_using="hash")
    connection = op.get_bind()
    for kind, rows in (("entity", _entities(connection)), ("metric", _metrics(connection))):
        found: dict[tuple[str, str], bool] = {}
        for record_id, own, aliases in rows:
            for alias in aliases:
                found[fold_name(alias), record_id] = True
            found[fold_name(own), record_id] = False
        values = [{"kind": kind, "folded": f, "record_id": i, "is_alias": a} for (f, i), a in found.items()]
        if values:
            connection.execute(name.insert(), values)


def _entities(connection: sa.Connection) -> list[tuple[str, str, list[str]]]:
    entity = sa.table(
        "entity", sa.column("id", types.Id()), sa.column("name", types.String()), sa.column("aliases", types.Document())
    )
    return [(row.id, row.name, row.aliases) for row in connection.execute(sa.select(entity))]


def _metrics(connection: sa.Connection) -> list[tuple[str, str, list[str]]]:
    metric = sa.table("metric", sa.column("id", types.Id()), sa.column("name", types.String()))
    return [(row.id, row.name, []) for row in connection.execute(sa.select(metric))]


def downgrade() -> None:
    op.drop_index("ix_source_doi", "source")
    op.drop_index("ix_source_url", "source")
    op.drop_table("name")
