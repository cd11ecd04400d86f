"""Exports all records from one snapshot, each after those that it refers to.

Left out are withdrawn records, except sources, entities and metrics that others refer to; claims that relay a withdrawn
one, because without it they would count as independent; and disputes about or by claims that are left out.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import CTE, Connection, Select, case, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from service.db.models import ClaimRow, DisputeRow, EntityRow, FigureRow, MetricRow, ScopeRow, SourceRow
from service.schemas.claims import Claim
from service.schemas.disputes import Dispute
from service.schemas.entities import Entity
from service.schemas.metrics import Metric
from service.schemas.queries import FigureQuery
from service.schemas.sources import Source
from service.store.lists.pagination import Listing, Rows, fetch_page
from service.store.records import claims, disputes, entities, figures, metrics, sources
from service.store.records.chains import MAX_CHAIN
from service.store.records.projection import Projection

M = TypeVar("M", bound=BaseModel)
_AT_ONCE = 500
_DEEPEST = 2 * MAX_CHAIN  # relays and successors may form a cycle together, which no check refuses
_CLAIMANT, _SUBJECT, _OTHER = aliased(EntityRow), aliased(EntityRow), aliased(EntityRow)


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
    tree = tree.union_all(parts.where(tree.c.depth < MAX_CHAIN))
    named = (
        exists().where(_OTHER.part_of_id == EntityRow.id),
        exists().where(or_(ClaimRow.subject_id == EntityRow.id, ClaimRow.claimant_id == EntityRow.id)),
        exists().where(DisputeRow.raised_by_id == EntityRow.id),
    )
    statement = _rows(connection, entities.PROJECTION).join(tree, tree.c.id == EntityRow.id)
    statement = statement.where(_present(EntityRow, *named)).order_by(tree.c.depth, EntityRow.id)
    return _read(connection, entities.PROJECTION, statement)


def every_metric(connection: Connection) -> Iterator[Metric]:
    used = exists().where(FigureRow.metric_id == MetricRow.id)
    statement = _rows(connection, metrics.PROJECTION).where(_present(MetricRow, used)).order_by(MetricRow.id)
    return _read(connection, metrics.PROJECTION, statement)


def every_source(connection: Connection) -> Iterator[Source]:
    used = exists().where(ClaimRow.source_id == SourceRow.id)
    statement = _rows(connection, sources.PROJECTION).where(_present(SourceRow, used)).order_by(SourceRow.id)
    return _read(connection, sources.PROJECTION, statement)


def every_claim(connection: Connection) -> Iterator[Claim]:
    """Yields the claims with their figures. Relayed and superseded claims come first."""
    links = or_(ClaimRow.derived_from_id.is_not(None), ClaimRow.supersedes_id.is_not(None))
    own = select(ClaimRow.id, literal(0).label("depth")).where(links)
    chain = own.cte("chain", recursive=True)
    later = or_(ClaimRow.derived_from_id == chain.c.id, ClaimRow.supersedes_id == chain.c.id)
    # UNION removes duplicates: a claim may be reached by several paths
    chain = chain.union(select(ClaimRow.id, chain.c.depth + 1).join(chain, later).where(chain.c.depth < _DEEPEST))
    depths = select(chain.c.id, func.max(chain.c.depth).label("depth")).group_by(chain.c.id).subquery()
    gone = select(_gone().c.id)
    older_stands = claims.OLDER.id.not_in(gone).label("older_stands")
    every = _rows(connection, claims.PROJECTION).where(ClaimRow.id.not_in(gone)).add_columns(older_stands)
    # retracted claims come before the others: a claim has one successor that is not retracted
    order = (depths.c.depth, case((ClaimRow.status == "retracted", 0), else_=1), ClaimRow.id)
    first = every.where(~links).order_by(ClaimRow.id)
    then = every.join(depths, depths.c.id == ClaimRow.id).order_by(*order)
    for statement in (first, then):
        for row in _stream(connection, statement):
            claim = Claim.model_validate_json(row.item)
            yield claim if row.older_stands else claim.model_copy(update={"supersedes": None})


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
            for name in ("value", "lower", "upper", "interval_kind", "qualifier", "unit", "basis", "method", "period")
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
