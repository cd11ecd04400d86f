"""What is exported, record by record, from one snapshot: each after those that it refers to.

Left out are withdrawn records, unless they are sources, entities or metrics that others refer to; claims that repeat a
withdrawn one, which without it would count for themselves; and disputes about or by claims that are left out.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import CTE, Connection, Select, case, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from service.db.tables import ClaimRow, DisputeRow, EntityRow, FigureRow, MetricRow, ScopeRow, SourceRow
from service.schemas.base import Page
from service.schemas.queries import FigureQuery
from service.store import claims, disputes, entities, figures, metrics, rows, sources
from service.store.graph import MAX_CHAIN
from service.store.pages import fetch_page
from service.store.rows import Values

_AT_ONCE = 500
_DEEPEST = 2 * MAX_CHAIN  # relays and successors may form a circle together, which nothing refuses
_CLAIMANT, _SUBJECT, _OTHER = aliased(EntityRow), aliased(EntityRow), aliased(EntityRow)


def _stream(connection: Connection, statement: Select[Any]) -> Iterator[list[Values]]:
    """In pieces, of which one at a time is held."""
    found = connection.execute(statement, execution_options={"yield_per": _AT_ONCE})
    nest = rows.nesting(found.keys())
    for part in found.partitions(_AT_ONCE):
        yield [nest(row) for row in part]


def every_entity(connection: Connection) -> Iterator[Values]:
    """Wholes before their parts."""
    own = select(EntityRow.id, literal(0).label("depth")).where(EntityRow.part_of_id.is_(None))
    tree = own.cte("tree", recursive=True)
    parts = select(EntityRow.id, tree.c.depth + 1).join(tree, EntityRow.part_of_id == tree.c.id)
    tree = tree.union_all(parts.where(tree.c.depth < MAX_CHAIN))
    named = (
        exists().where(_OTHER.part_of_id == EntityRow.id),
        exists().where(or_(ClaimRow.subject_id == EntityRow.id, ClaimRow.claimant_id == EntityRow.id)),
        exists().where(DisputeRow.raised_by_id == EntityRow.id),
    )
    statement = entities.SELECT.join(tree, tree.c.id == EntityRow.id).where(_present(EntityRow, *named))
    for part in _stream(connection, statement.order_by(tree.c.depth, EntityRow.id)):
        yield from part


def every_metric(connection: Connection) -> Iterator[Values]:
    used = exists().where(FigureRow.metric_id == MetricRow.id)
    statement = metrics.SELECT.where(_present(MetricRow, used)).order_by(MetricRow.id)
    for part in _stream(connection, statement):
        yield from (metric.model_dump() for metric in metrics.with_scopes(connection, part))


def every_source(connection: Connection) -> Iterator[Values]:
    used = exists().where(ClaimRow.source_id == SourceRow.id)
    for part in _stream(connection, sources.SELECT.where(_present(SourceRow, used)).order_by(SourceRow.id)):
        yield from part


def every_claim(connection: Connection) -> Iterator[Values]:
    """With their figures, which have the refs of their metrics and scopes. What is repeated or replaced comes first."""
    links = or_(ClaimRow.derived_from_id.is_not(None), ClaimRow.supersedes_id.is_not(None))
    own = select(ClaimRow.id, literal(0).label("depth")).where(links)
    chain = own.cte("chain", recursive=True)
    later = or_(ClaimRow.derived_from_id == chain.c.id, ClaimRow.supersedes_id == chain.c.id)
    # distinct, for a claim may be reached in as many ways as there are paths
    chain = chain.union(select(ClaimRow.id, chain.c.depth + 1).join(chain, later).where(chain.c.depth < _DEEPEST))
    depths = select(chain.c.id, func.max(chain.c.depth).label("depth")).group_by(chain.c.id).subquery()
    gone = select(_gone().c.id)
    live = ClaimRow.id.not_in(gone)
    older_stands = claims.OLDER.id.not_in(gone).label("older_stands")
    # what was retracted comes before what stands: a claim has one standing successor
    order = (depths.c.depth, case((ClaimRow.status == "retracted", 0), else_=1), ClaimRow.id)
    first = claims.SELECT.where(live, ~links).order_by(ClaimRow.id)
    then = claims.SELECT.join(depths, depths.c.id == ClaimRow.id).where(live).order_by(*order)
    for statement in (first, then):
        for part in _stream(connection, statement.add_columns(older_stands)):
            by_claim = figures.of_claims(connection, [row["id"] for row in part])
            for row in part:
                supersedes = row["supersedes"] if row.pop("older_stands") else None
                yield {**row, "supersedes": supersedes, "figures": by_claim[row["id"]]}


def every_dispute(connection: Connection) -> Iterator[Values]:
    gone = select(_gone().c.id)
    withdrawn_figures = select(FigureRow.id).where(FigureRow.withdrawn_at.is_not(None))
    statement = disputes.SELECT.where(
        DisputeRow.withdrawn_at.is_(None),
        DisputeRow.disputed_claim_id.not_in(gone),
        or_(DisputeRow.disputing_claim_id.is_(None), DisputeRow.disputing_claim_id.not_in(gone)),
        or_(DisputeRow.disputed_figure_id.is_(None), DisputeRow.disputed_figure_id.not_in(withdrawn_figures)),
    )
    for part in _stream(connection, statement.order_by(DisputeRow.id)):
        yield from part


def _present(table: Any, *named: Any) -> Any:
    return or_(table.withdrawn_at.is_(None), *named)


def _gone() -> CTE:
    """Withdrawn claims, and all that repeat them."""
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
_SORTS = {name: getattr(FigureRow, name) for name in ("created_at", "updated_at")}


def figure_page(connection: Connection, query: FigureQuery) -> Page[Values]:
    """Figures with what their claims and sources say, by the names of an import's columns."""
    statement = _FIGURES.where(*figures.conditions(connection, query))
    found, cursor = fetch_page(connection, statement, _SORTS, FigureRow.id, query, query.sort)
    return Page[Values].model_construct(items=found, next_cursor=cursor)
