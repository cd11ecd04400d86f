"""Full-text search of records."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, UpdateBase, column, func, join, select, text
from sqlalchemy import table as sql_table

from service.db import bulk
from service.db.models import ClaimRow, EntityRow, SearchRow, SourceRow
from service.domain.search import Span, index_text, query_tokens, score, spans
from service.schemas.search import SearchHit, SearchMatch, SearchQuery, SearchResults
from service.store import rows

_MATCH = {
    "sqlite": "number IN (SELECT rowid FROM search_fts WHERE search_fts MATCH :words)",
    "postgresql": "array_to_tsvector(string_to_array(tokens, ' ')) @@ CAST(:words AS tsquery)",
}


# for a search, which stops at the first matches; a filter needs all of them
_FTS = sql_table("search_fts", column("rowid"))
_SEARCHED_FROM: dict[str, Any] = {
    "sqlite": join(_FTS, SearchRow.__table__, SearchRow.number == _FTS.c.rowid),
    "postgresql": SearchRow.__table__,
}
_FIND = {"sqlite": "search_fts MATCH :words", "postgresql": _MATCH["postgresql"]}


def index(connection: Connection, table: type[Any], texts: Mapping[str, Iterable[str | None]]) -> None:
    """Indexes records, by id, under these texts, replacing earlier ones."""
    kind = rows.noun(table)
    found_by = [
        {"kind": kind, "record_id": record, "tokens": f"{_kind_token(kind)} {index_text(own)}"}
        for record, own in texts.items()
    ]
    bulk.write(connection, _replace(connection.dialect.name), found_by)


@cache
def _replace(dialect: str) -> UpdateBase:
    statement = bulk.insertion(dialect, SearchRow, ("kind", "record_id", "tokens"))
    return statement.on_conflict_do_update(
        index_elements=["kind", "record_id"],
        set_={"tokens": statement.excluded.tokens},
        where=SearchRow.tokens != statement.excluded.tokens,
    )


def has_words(table: Any, parameter: str, dialect: str) -> Any:
    """The condition that a record matches the `expression` bound as `parameter`."""
    matching = text(_MATCH[dialect].replace(":words", f":{parameter}"))
    return table.id.in_(select(SearchRow.record_id).where(SearchRow.kind == rows.noun(table), matching))


def _kind_token(kind: str) -> str:
    """A token that all records of a kind have, and no text: so the index itself distinguishes the kinds."""
    return f"kind={kind}"


def expression(table: Any, asked: list[str], dialect: str) -> str:
    """All the words asked for, the last one as a prefix, in records of one kind, in the database's query syntax; each
    word is quoted.
    """
    every = [_kind_token(rows.noun(table)), *asked]
    if dialect == "sqlite":
        return " ".join('"' + token.replace('"', '""') + '"' for token in every) + "*"
    quoted = ["'" + token.replace("\\", "\\\\").replace("'", "''") + "'" for token in every]
    return " & ".join(quoted) + ":*"


# Searching -----------------------------------------------------------------------------------------------------------


class Searched(NamedTuple):
    """A kind of record that can be searched: its table, its title, and its fields with their weights."""

    table: Any
    title: str
    weights: dict[str, float]


SEARCHED: dict[str, Searched] = {
    "claim": Searched(ClaimRow, "statement", {"statement": 2, "quote": 1}),
    "source": Searched(SourceRow, "title", {"title": 3, "publisher": 1, "authors": 1}),
    "entity": Searched(EntityRow, "name", {"name": 3, "aliases": 2.5}),
}
_COUNTED = 1_000  # matches per kind: of more, which are found first depends on the database
_CANDIDATES = 100  # of these, shortest texts first: they contain the least other text
_SCORED = 2_000  # characters of each text that count for its rank
_BEFORE, _AFTER = 60, 240  # characters shown around the first match


def search(connection: Connection, query: SearchQuery) -> SearchResults:
    """Returns records that contain all words, ranked alike on both databases while there are no more of a kind than are
    counted. Withdrawn ones are left out.
    """
    asked = query_tokens(query.q)
    ranked = []
    total, is_exact = 0, True
    for kind in dict.fromkeys(query.kind or SEARCHED) if asked else ():
        kept = SEARCHED[kind]
        found = connection.execute(_candidates(connection, kept, asked)).mappings().all()
        matched = found[0]["matched"] if found else 0
        total, is_exact = total + min(matched, _COUNTED), is_exact and matched <= _COUNTED
        for row in found:
            fields = list(_fields(row, kept.weights))
            ranked.append((-score([(weight, text[:_SCORED]) for _, weight, text in fields], asked), kind, row, fields))
    ranked.sort(key=lambda entry: (entry[0], len(entry[2]["heading"]), entry[2]["id"]))
    hits = [_hit(kind, row, fields, asked) for _, kind, row, fields in ranked[: query.limit]]
    return SearchResults(items=hits, total=total, total_is_exact=is_exact)


def _candidates(connection: Connection, kept: Searched, asked: list[str]) -> Any:
    table = kept.table
    columns = [getattr(table, name) for name in dict.fromkeys(["id", "key", *kept.weights])]
    status = [ClaimRow.status] if table is ClaimRow else []
    dialect = connection.dialect.name
    found = (
        select(SearchRow.record_id, SearchRow.number, func.length(SearchRow.tokens).label("length"))
        .select_from(_SEARCHED_FROM[dialect])
        .join(table, (SearchRow.kind == rows.noun(table)) & (SearchRow.record_id == table.id))
        .where(table.withdrawn_at.is_(None), text(_FIND[dialect]))
        .limit(_COUNTED + 1)
        .subquery("found")
    )
    return (
        select(*columns, *status, getattr(table, kept.title).label("heading"), func.count().over().label("matched"))
        .join(found, found.c.record_id == table.id)
        .order_by(found.c.length, found.c.number.desc())
        .limit(_CANDIDATES)
        .params(words=expression(table, asked, dialect))
    )


def _fields(row: RowMapping, weights: dict[str, float]) -> Iterator[tuple[str, float, str]]:
    """Yields each text of a record, with its pointer and its weight."""
    for name, weight in weights.items():
        if isinstance(row[name], list):
            yield from ((f"/{name}/{index}", weight, text) for index, text in enumerate(row[name]))
        elif row[name] is not None:
            yield f"/{name}", weight, row[name]


def _hit(kind: str, row: RowMapping, fields: list[tuple[str, float, str]], asked: list[str]) -> SearchHit:
    found = [(pointer, text, spans(text, asked)) for pointer, _, text in fields]
    shown = {"kind": kind, "id": row["id"], "key": row["key"], "title": row["heading"], "status": row.get("status")}
    return SearchHit(**shown, matches=[_match(pointer, text, places) for pointer, text, places in found if places])


def _match(pointer: str, text: str, places: list[Span]) -> SearchMatch:
    start = max(places[0][0] - _BEFORE, 0)
    part = text[start : places[0][0] + _AFTER]
    offsets = [(s - start, min(e - start, len(part))) for s, e in places if s - start < len(part)]
    return SearchMatch(pointer=pointer, text=part, start=start, offsets=offsets)
