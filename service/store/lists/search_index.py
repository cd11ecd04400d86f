"""The index of words: which texts of a record are searched, keeping them, and matching them.

Each transaction indexes the records that it has changed (`refresh`). A claim is also found by the numbers of its
figures, written in plain digits.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, UpdateBase, select, text

from service.db import bulk
from service.db.models import (
    ClaimRow,
    EntityRow,
    FigureRow,
    MetricRow,
    PropositionRow,
    ScopeRow,
    SearchRow,
    SourceRow,
)
from service.domain.number import format_number
from service.domain.search import index_text
from service.store import rows


class Searched(NamedTuple):
    """A kind of record that is found by words: its table, its title, its texts with their weights, and columns by which
    it is found as well.
    """

    table: Any
    title: str
    weights: dict[str, float]
    also: tuple[str, ...] = ()


SEARCHED: dict[str, Searched] = {
    "claim": Searched(ClaimRow, "statement", {"statement": 2, "quote": 1}),
    "source": Searched(SourceRow, "title", {"title": 3, "publisher": 1, "authors": 1}),
    "entity": Searched(EntityRow, "name", {"name": 3, "aliases": 2.5}, ("key", "identifiers")),
    "metric": Searched(MetricRow, "name", {"name": 3}, ("key",)),
    "scope": Searched(ScopeRow, "name", {"name": 1}),
    "proposition": Searched(PropositionRow, "text", {"text": 2, "scope_text": 1}, ("key",)),
}
_FTS = "search_fts MATCH :words"  # of the table that SQLite searches
_ON_POSTGRESQL = "array_to_tsvector(string_to_array(tokens, ' ')) @@ CAST(:words AS tsquery)"
# a search stops at the first matches and joins them; a filter needs all of them
FIND = {"sqlite": _FTS, "postgresql": _ON_POSTGRESQL}
_MATCH = {"sqlite": f"number IN (SELECT rowid FROM search_fts WHERE {_FTS})", "postgresql": _ON_POSTGRESQL}

# Keeping -------------------------------------------------------------------------------------------------------------


def refresh(connection: Connection) -> None:
    """Indexes what this transaction has written. Called right before the commit."""
    changed: dict[str, list[str]] = {}
    for kind, record_id in connection.get_execution_options()["touched"]:
        if kind in SEARCHED:
            changed.setdefault(kind, []).append(record_id)
    for kind, ids in changed.items():
        for part in rows.chunks(ids, rows.MOST_IDS):
            index(connection, kind, part)


def index(connection: Connection, kind: str, ids: Sequence[str]) -> None:
    """Indexes records under their stored texts."""
    found = connection.execute(_stored(kind), {"ids": list(ids)}).mappings().all()
    numbers = _numbers(connection, ids) if kind == "claim" else {}
    fields = _fields(kind)
    tokens = [
        {
            "kind": kind,
            "record_id": row["id"],
            "tokens": f"{_kind_token(kind)} {index_text([*_texts(row, fields), *numbers.get(row['id'], ())])}",
        }
        for row in found
    ]
    if tokens:
        bulk.write(connection, _replace(connection.dialect.name), tokens)


def _fields(kind: str) -> list[str]:
    return [*SEARCHED[kind].weights, *SEARCHED[kind].also]


def _texts(row: RowMapping, fields: Iterable[str]) -> Iterator[str]:
    for name in fields:
        value = row[name]
        if isinstance(value, dict):
            yield from value.values()
        elif isinstance(value, list):
            yield from value
        elif value is not None:
            yield value


@cache
def _stored(kind: str) -> Any:
    table = SEARCHED[kind].table
    return select(table.id, *(getattr(table, name) for name in _fields(kind))).where(table.id.in_(rows.IDS))


_NUMBERS = select(FigureRow.claim_id, FigureRow.value, FigureRow.lower, FigureRow.upper).where(
    FigureRow.claim_id.in_(rows.IDS), FigureRow.withdrawn_at.is_(None)
)
_MOST_DIGITS = 40  # of a number that somebody would type


def _numbers(connection: Connection, claim_ids: Sequence[str]) -> Mapping[str, list[str]]:
    """The numbers of the claims' figures."""
    found: dict[str, list[str]] = {}
    for claim_id, *numbers in connection.execute(_NUMBERS, {"ids": list(claim_ids)}):
        written = [format_number(number) for number in numbers if number is not None]
        found.setdefault(claim_id, []).extend(one for one in written if len(one) <= _MOST_DIGITS)
    return found


@cache
def _replace(dialect: str) -> UpdateBase:
    statement = bulk.insertion(dialect, SearchRow, ("kind", "record_id", "tokens"))
    return statement.on_conflict_do_update(
        index_elements=["kind", "record_id"],
        set_={"tokens": statement.excluded.tokens},
        where=SearchRow.tokens != statement.excluded.tokens,
    )


def unindexed(connection: Connection, kind: str, after: str | None, most: int) -> list[str]:
    """Returns the ids of records, in order, that are not indexed: a migration has emptied the index."""
    table = SEARCHED[kind].table
    known = select(SearchRow.number).where(SearchRow.kind == kind, SearchRow.record_id == table.id)
    missing = select(table.id).where(~known.exists()).order_by(table.id).limit(most)
    return list(connection.execute(missing if after is None else missing.where(table.id > after)).scalars())


# Matching ------------------------------------------------------------------------------------------------------------


def has_words(table: Any, parameter: str, dialect: str) -> Any:
    """The condition that a record matches the `expression` bound as `parameter`."""
    matching = text(_MATCH[dialect].replace(":words", f":{parameter}"))
    return table.id.in_(select(SearchRow.record_id).where(SearchRow.kind == rows.noun(table), matching))


def _kind_token(kind: str) -> str:
    """A token that all records of a kind have, and no text: so the index itself distinguishes the kinds."""
    return f"kind={kind}"


def expression(kind: str, asked: Sequence[str], dialect: str, *, is_last: bool = True) -> str:
    """All the words asked for, the last one as a prefix if it `is_last` of the query, in records of one kind, in the
    database's query syntax; each word is quoted.
    """
    every = [_kind_token(kind), *asked]
    if dialect == "sqlite":
        return " ".join('"' + token.replace('"', '""') + '"' for token in every) + ("*" if is_last else "")
    quoted = ["'" + token.replace("\\", "\\\\").replace("'", "''") + "'" for token in every]
    return " & ".join(quoted) + (":*" if is_last else "")
