"""Exports all records from one snapshot, each after those that it refers to.

Left out are withdrawn records, except sources, entities and metrics that others refer to; claims that relay a withdrawn
one, because without it they would count as independent; and disputes about or by claims that are left out.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import CTE, Connection, Select, and_, case, exists, literal, or_, select
from sqlalchemy.orm import aliased

from service.db.models import (
    ClaimRow,
    DisputeRow,
    EntityRow,
    EquationRow,
    EquationScopeRow,
    EquationTermRow,
    FigureRow,
    MetricRow,
    PropositionRow,
    ScopeRow,
    SourceRow,
    StanceRow,
)
from service.domain.topological_order import parents_first
from service.schemas.claims import Claim
from service.schemas.disputes import Dispute
from service.schemas.entities import Entity
from service.schemas.equations import Equation
from service.schemas.metrics import Metric
from service.schemas.propositions import Proposition
from service.schemas.queries import FigureQuery
from service.schemas.scopes import Scope
from service.schemas.sources import Source
from service.store import rows
from service.store.lists.pagination import Listing, Rows, fetch_page
from service.store.records import (
    claims,
    disputes,
    entities,
    equations,
    figures,
    metrics,
    propositions,
    scopes,
    sources,
)
from service.store.records.projection import Projection

M = TypeVar("M", bound=BaseModel)
_AT_ONCE = 500
_CLAIMANT, _SUBJECT, _OTHER = aliased(EntityRow), aliased(EntityRow), aliased(EntityRow)
_PART, _NARROWER = aliased(ScopeRow, name="part"), aliased(PropositionRow, name="narrower")


def _rows(connection: Connection, projection: Projection[Any]) -> Select[Any]:
    return projection.rows.rows[connection.dialect.name]


def _stream(connection: Connection, statement: Select[Any]) -> Iterator[Any]:
    """Yields the rows, holding one batch at a time."""
    found = connection.execute(statement, execution_options={"yield_per": _AT_ONCE})
    for part in found.partitions(_AT_ONCE):
        yield from part


def _read(connection: Connection, projection: Projection[M], statement: Select[Any]) -> Iterator[M]:
    return (projection.model.model_validate_json(row.item) for row in _stream(connection, statement))


def every_entity(connection: Connection) -> Iterator[Entity]:
    """Yields the entities, wholes before their parts."""
    own = select(EntityRow.id, literal(0).label("depth")).where(EntityRow.part_of_id.is_(None))
    tree = own.cte("tree", recursive=True)
    parts = select(EntityRow.id, tree.c.depth + 1).join(tree, EntityRow.part_of_id == tree.c.id)
    tree = tree.union_all(parts)  # at any depth: only paths from the top are followed, so that no circle is
    named = (
        exists().where(_OTHER.part_of_id == EntityRow.id),
        exists().where(or_(ClaimRow.subject_id == EntityRow.id, ClaimRow.claimant_id == EntityRow.id)),
        exists().where(DisputeRow.raised_by_id == EntityRow.id),
        exists().where(PropositionRow.subject_id == EntityRow.id),
    )
    statement = _rows(connection, entities.PROJECTION).join(tree, tree.c.id == EntityRow.id)
    statement = statement.where(_present(EntityRow, *named)).order_by(tree.c.depth, EntityRow.id)
    return _read(connection, entities.PROJECTION, statement)


def every_metric(connection: Connection) -> Iterator[Metric]:
    used = (
        exists().where(FigureRow.metric_id == MetricRow.id),
        exists().where(EquationRow.metric_id == MetricRow.id),
        exists().where(EquationTermRow.metric_id == MetricRow.id),
    )
    statement = _rows(connection, metrics.PROJECTION).where(_present(MetricRow, *used)).order_by(MetricRow.id)
    return _read(connection, metrics.PROJECTION, statement)


def every_scope(connection: Connection, metric_id: str) -> Iterator[Scope]:
    """Yields the scopes of a metric, wholes before their parts."""
    own = select(ScopeRow.id, literal(0).label("depth")).where(
        ScopeRow.metric_id == metric_id, ScopeRow.part_of_id.is_(None)
    )
    tree = own.cte("tree", recursive=True)
    tree = tree.union_all(select(ScopeRow.id, tree.c.depth + 1).join(tree, ScopeRow.part_of_id == tree.c.id))
    uses = (
        _PART.part_of_id, FigureRow.scope_id, EquationRow.scope_id, EquationTermRow.scope_id,
        EquationScopeRow.output_scope_id, EquationScopeRow.input_scope_id,
    )  # fmt: skip
    named = [exists().where(column == ScopeRow.id) for column in uses]
    statement = _rows(connection, scopes.PROJECTION).join(tree, tree.c.id == ScopeRow.id)
    statement = statement.where(_present(ScopeRow, *named)).order_by(tree.c.depth, ScopeRow.id)
    return _read(connection, scopes.PROJECTION, statement)


def every_equation(connection: Connection) -> Iterator[Equation]:
    statement = _rows(connection, equations.PROJECTION).where(EquationRow.withdrawn_at.is_(None))
    return _read(connection, equations.PROJECTION, statement.order_by(EquationRow.id))


def every_proposition(connection: Connection) -> Iterator[Proposition]:
    """Yields the propositions, wholes before their parts."""
    own = select(PropositionRow.id, literal(0).label("depth")).where(PropositionRow.part_of_id.is_(None))
    tree = own.cte("tree", recursive=True)
    parts = select(PropositionRow.id, tree.c.depth + 1).join(tree, PropositionRow.part_of_id == tree.c.id)
    tree = tree.union_all(parts)
    named = (
        exists().where(_NARROWER.part_of_id == PropositionRow.id),
        exists().where(StanceRow.proposition_id == PropositionRow.id, StanceRow.position.is_not(None)),
    )
    statement = _rows(connection, propositions.PROJECTION).join(tree, tree.c.id == PropositionRow.id)
    statement = statement.where(_present(PropositionRow, *named)).order_by(tree.c.depth, PropositionRow.id)
    return _read(connection, propositions.PROJECTION, statement)


def every_source(connection: Connection) -> Iterator[Source]:
    used = exists().where(ClaimRow.source_id == SourceRow.id)
    statement = _rows(connection, sources.PROJECTION).where(_present(SourceRow, used)).order_by(SourceRow.id)
    return _read(connection, sources.PROJECTION, statement)


def every_claim(connection: Connection) -> Iterator[Claim]:
    """Yields the claims with their figures. Relayed and superseded claims come first."""
    gone = select(_gone().c.id)
    present = ClaimRow.id.not_in(gone)
    supersedes = case((ClaimRow.supersedes_id.not_in(gone), ClaimRow.supersedes_id))  # null also if that one is gone
    is_alone = and_(ClaimRow.derived_from_id.is_(None), supersedes.is_(None))
    alone = _rows(connection, claims.PROJECTION).where(present, is_alone).order_by(ClaimRow.id)
    for claim in _read(connection, claims.PROJECTION, alone):
        yield claim.model_copy(update={"supersedes": None})
    links: Select[Any] = select(ClaimRow.id, ClaimRow.derived_from_id, supersedes.label("supersedes_id"))
    parents: dict[str, list[str]] = {}
    without_older = set()
    for row in _stream(connection, links.where(present, ~is_alone)):
        parents[row.id] = [parent for parent in (row.derived_from_id, row.supersedes_id) if parent is not None]
        if row.supersedes_id is None:
            without_older.add(row.id)
    for part in rows.chunks(parents_first(parents), _AT_ONCE):
        by_id = claims.PROJECTION.json_by_id(connection, part)
        for claim_id in part:
            claim = Claim.model_validate_json(by_id[claim_id])
            yield claim.model_copy(update={"supersedes": None}) if claim_id in without_older else claim


def every_dispute(connection: Connection) -> Iterator[Dispute]:
    gone = select(_gone().c.id)
    withdrawn_figures = select(FigureRow.id).where(FigureRow.withdrawn_at.is_not(None))
    statement = _rows(connection, disputes.PROJECTION).where(
        DisputeRow.withdrawn_at.is_(None),
        DisputeRow.disputed_claim_id.not_in(gone),
        or_(DisputeRow.disputing_claim_id.is_(None), DisputeRow.disputing_claim_id.not_in(gone)),
        or_(DisputeRow.disputed_figure_id.is_(None), DisputeRow.disputed_figure_id.not_in(withdrawn_figures)),
    )
    return _read(connection, disputes.PROJECTION, statement.order_by(DisputeRow.id))


def _present(table: Any, *named: Any) -> Any:
    return or_(table.withdrawn_at.is_(None), *named)


def _gone() -> CTE:
    """Withdrawn claims and all that relay them."""
    own = select(ClaimRow.id).where(ClaimRow.withdrawn_at.is_not(None)).cte("gone", recursive=True)
    return own.union(select(ClaimRow.id).join(own, ClaimRow.derived_from_id == own.c.id))


# Figures as rows of a table ------------------------------------------------------------------------------------------

_FIGURES = (
    select(
        FigureRow.id,
        _SUBJECT.key.label("subject"),
        MetricRow.key.label("metric"),
        ScopeRow.key.label("scope"),
        *(
            getattr(FigureRow, name)
            for name in (
                "value",
                "lower",
                "upper",
                "interval_kind",
                "precision",
                "qualifier",
                "unit",
                "basis",
                "method",
                "period",
                "relayed",
            )
        ),
        FigureRow.price_year,
        _CLAIMANT.key.label("claimant"),
        *(getattr(ClaimRow, name) for name in ("claimant_role", "statement", "quote", "locator", "asserted")),
        FigureRow.stated_as,
        SourceRow.title.label("source_title"),
        SourceRow.kind.label("source_kind"),
        SourceRow.url.label("source_url"),
        SourceRow.published.label("source_published"),
        SourceRow.publisher.label("source_publisher"),
        SourceRow.id.label("source_id"),
        ClaimRow.id.label("claim_id"),
        case((ClaimRow.status == "retracted", "retracted"), else_="active").label("claim_status"),
        ClaimRow.derived_from_id.label("derived_from"),
        ClaimRow.retracted_on,
        ClaimRow.speaks_for_id.label("speaks_for"),
        ClaimRow.supersedes_id.label("supersedes"),
    )
    .join(ClaimRow, ClaimRow.id == FigureRow.claim_id)
    .join(SourceRow, SourceRow.id == ClaimRow.source_id)
    .join(MetricRow, MetricRow.id == FigureRow.metric_id)
    .outerjoin(ScopeRow, ScopeRow.id == FigureRow.scope_id)
    .join(_CLAIMANT, _CLAIMANT.id == ClaimRow.claimant_id)
    .join(_SUBJECT, _SUBJECT.id == FigureRow.subject_id)
)
_LISTING = Listing(dict.fromkeys(("sqlite", "postgresql"), _FIGURES), figures.FILTERS, figures.SORTS, FigureRow.id)


def figure_rows(connection: Connection, query: FigureQuery) -> Rows:
    """Returns a page of figures with fields of their claims and sources, named like the columns of an import."""
    return fetch_page(connection, _LISTING, query, query.sort)
