"""Changes of figures name their subject and metric, so that a comparison can be computed as it was on record."""

from alembic import op

from service.db import objects, types
from service.db.table_changes import Change, apply, new

revision = "0006_recorded"
down_revision = "0005_sessions"
branch_labels = None
depends_on = None

_INDEX = ["subject_id", "metric_id", "seq"]
_NAMES = ("subject", "metric")
_READ = {
    "sqlite": "CASE WHEN kind IN ('figure', 'comparison') THEN json_extract(snapshot, '$.{}.id') END",
    "postgresql": "CASE WHEN kind IN ('figure', 'comparison') THEN CAST(snapshot -> '{}' ->> 'id' AS uuid) END",
}


def upgrade() -> None:
    connection = op.get_bind()
    objects.drop(connection, "views")
    objects.drop(connection, "history")  # which refuses changes
    read = _READ[connection.dialect.name]
    columns = [new(f"{name}_id", types.Id(), read.format(name), nullable=True) for name in _NAMES]
    apply(Change("change", add=columns, indexes=[_INDEX]))
    objects.create(connection, "history")
    objects.create(connection, "views")


def downgrade() -> None:
    connection = op.get_bind()
    objects.drop(connection, "views")
    objects.drop(connection, "history")
    apply(Change("change", drop=[f"{name}_id" for name in _NAMES], drop_indexes=[_INDEX]))
    objects.create(connection, "history")
    objects.create(connection, "views")
