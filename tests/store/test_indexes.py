"""Every filter and every sort has an index that begins with its column."""

from typing import Any

import pytest
from sqlalchemy import event

from service.db.models import ClaimRow, DisputeRow, EntityRow, FigureRow, MeasurandRow, MetricRow, SourceRow
from service.store.comparisons import ranking
from service.store.records import claims, disputes, entities, figures, metrics, sources
from tests.support import Api

FILTERS = [
    (SourceRow, ["kind", "publisher", "published_earliest", "published_latest"]),
    (EntityRow, ["kind", "part_of_id"]),
    (ClaimRow, ["subject_id", "claimant_id", "source_id", "derived_from_id", "effective_role", "status",
                "asserted_earliest", "asserted_latest"]),
    (FigureRow, ["claim_id", "subject_id", "metric_id", "scope_id", "basis", "qualifier", "unit", "measurand_id",
                 "interval_low", "interval_high", "period_earliest", "period_latest"]),
    (DisputeRow, ["disputed_claim_id", "raised_by_id", "type", "status"]),
    (MeasurandRow, ["subject_id", "metric_id", "scope_id", "agreement", "verdict", "comparability", "within_rounding",
                    "rank", "self_rank", "drift_rank"]),
]  # fmt: skip
SORTS = [
    (SourceRow, sources.SORTS),
    (EntityRow, entities.SORTS),
    (MetricRow, metrics.SORTS),
    (ClaimRow, claims.SORTS),
    (FigureRow, figures.SORTS),
    (DisputeRow, disputes.SORTS),
    (MeasurandRow, ranking.SORTS),
]


def indexes(table: type) -> list[list[str]]:
    """The columns of each index, unique ones included."""
    found = table.__table__  # type: ignore[attr-defined]
    unique = [c for c in found.constraints if type(c).__name__ == "UniqueConstraint"]
    return [[column.name for column in index.columns] for index in [*found.indexes, *unique]]


@pytest.mark.parametrize(("table", "columns"), FILTERS, ids=lambda value: getattr(value, "__tablename__", ""))
def test_every_filter_has_an_index(table: type, columns: list[str]) -> None:
    leading = {names[0] for names in indexes(table)}
    assert set(columns) <= leading


@pytest.mark.parametrize(("table", "sorts"), SORTS, ids=lambda value: getattr(value, "__tablename__", ""))
def test_every_sort_has_an_index_with_its_tie_break(table: type, sorts: dict[str, object]) -> None:
    for column in sorts.values():
        name = column.key  # type: ignore[attr-defined]
        assert [name, "id"] in indexes(table) or [name] in indexes(table), name
        assert not table.__table__.columns[name].nullable, name  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_figures_of_a_measurand_are_found_by_their_index(demo: Api) -> None:
    """Without statistics SQLite is easily led to walk through everything: by a sort, or by a filter that most meet."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT figure.id") and "figure.measurand_id IN" in statement:
            found.append((statement, parameters))

    event.listen(demo.database.reader, "before_cursor_execute", note)
    demo.get("/comparisons/deepseek-r1.training-cost.on-top-of-base", about_tolerance="0.2")
    event.remove(demo.database.reader, "before_cursor_execute", note)
    assert found
    with demo.database.read() as connection:
        for statement, parameters in found:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            steps = [row[3] for row in plan]
            assert steps[0].startswith("SEARCH figure USING INDEX ix_figure_measurand_id"), steps
            assert not any(step.startswith("SCAN") for step in steps), steps


@pytest.mark.parametrize("kind", ["postgres"])
def test_creating_a_claim_reads_no_whole_table(demo: Api) -> None:
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            found.append((statement, parameters))

    event.listen(demo.database.writer, "before_cursor_execute", note)
    said = {"metric": "training-cost", "basis": "estimated", "qualifier": "exact", "value": "1", "unit": "USD"}
    claim = {"key": "new", "source": "techspot-2025-09-19", "claimant": "deepseek", "subject": "deepseek-r1"}
    demo.post("/claims", claim | {"statement": "One dollar.", "figures": [said]})
    event.remove(demo.database.writer, "before_cursor_execute", note)
    assert len(found) > 5
    with demo.database.writer.connect() as connection:
        connection.exec_driver_sql("ANALYZE")  # so that the plans do not depend on when the server does so itself
        connection.commit()
    with demo.database.snapshot() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # so few rows are read whole even with an index
        connection.exec_driver_sql("SET LOCAL seq_page_cost = 1000000")  # also for a subquery that could be hashed
        for statement, parameters in found:
            plan = connection.exec_driver_sql(f"EXPLAIN {statement.partition(' FOR ')[0]}", parameters).scalars().all()
            assert not any("Seq Scan" in step for step in plan), "\n".join([statement, *plan])
