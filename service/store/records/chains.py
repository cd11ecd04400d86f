"""Chains of references between records of one kind (parts and wholes, relays and origins), without cycles."""

from typing import Any

from sqlalchemy import CTE, Connection, func, literal, literal_column, select

from service.errors import Invalid
from service.store import locks
from service.store.locks import Lock
from service.store.rows import IDS

MAX_CHAIN = 50  # records that are parts of each other, or relay each other
MAX_VERSIONS = 1_000  # claims that supersede each other: a number may be revised every week
CIRCLE = "This would close a circle: the record named here leads back to this one."


def lock_links(connection: Connection) -> None:
    """Lets one transaction at a time change links, so that two changes cannot close a cycle together.

    New records need no lock: nothing refers to them yet.
    """
    locks.acquire(connection, Lock.LINKS)


def chain_of(id_column: Any, parent_column: Any, longest: int = MAX_CHAIN) -> CTE:
    """The records bound as `ids` and all their ancestors: columns start, id and depth (0 for the record itself). For
    statements that are built once.
    """
    first = select(id_column.label("start"), id_column.label("id"), literal_column("0").label("depth"))
    chain = first.where(id_column.in_(IDS)).cte("chain", recursive=True)
    one: Any = literal_column("1")
    most: Any = literal_column(str(longest))
    above = select(chain.c.start, parent_column, chain.c.depth + one).join(chain, id_column == chain.c.id)
    return chain.union_all(above.where(parent_column.is_not(None), chain.c.depth < most))


def links_above(id_column: Any, parent_column: Any) -> Any:
    """Selects id and parent of the records bound as `ids` and of all their ancestors, each once, however many of them
    share an ancestor. For statements that are built once.
    """
    links = select(id_column.label("id"), parent_column.label("parent")).where(id_column.in_(IDS))
    above = links.cte("above", recursive=True)
    above = above.union(select(id_column, parent_column).join(above, id_column == above.c.parent))
    return select(above.c.id, above.c.parent)


def descendants(id_column: Any, parent_column: Any, start: str, longest: int = MAX_CHAIN) -> CTE:
    """`start` and all its descendants: columns id and depth (0 for `start`)."""
    first = select(id_column.label("id"), literal(0).label("depth")).where(id_column == start)
    tree = first.cte("tree", recursive=True)
    return tree.union_all(
        select(id_column, tree.c.depth + 1).join(tree, parent_column == tree.c.id).where(tree.c.depth < longest)
    )


def refuse_long(
    connection: Connection, id_column: Any, parent_column: Any, parent: str | None, pointer: str, longest: int
) -> None:
    """Raises Invalid if a new record that refers to `parent` would make the chain too long."""
    if parent is None:
        return
    chain = chain_of(id_column, parent_column, longest)
    depth = connection.execute(select(func.count()).select_from(chain), {"ids": [parent]}).scalar_one()
    if depth >= longest:
        raise Invalid.at(pointer, _too_long(longest))


def _too_long(longest: int) -> str:
    return f"The chain would be longer than {longest:,} records."


def refuse_cycle(
    connection: Connection,
    id_column: Any,
    parent_column: Any,
    child: str,
    parent: str | None,
    pointer: str,
    longest: int = MAX_CHAIN,
) -> None:
    """Raises Invalid if linking `child` to `parent` would close a cycle or make the chain too long."""
    if parent is None:
        return
    chain = chain_of(id_column, parent_column, longest)
    found = connection.execute(select(chain.c.id), {"ids": [parent]}).scalars().all()
    if child in found:
        raise Invalid.at(pointer, CIRCLE)
    below = descendants(id_column, parent_column, child, longest)
    depth = connection.execute(select(func.max(below.c.depth))).scalar_one()
    if len(found) + 1 + depth > longest:
        raise Invalid.at(pointer, _too_long(longest))
