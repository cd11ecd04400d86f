"""Finding records by their words."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, select, text
from sqlalchemy.dialects import postgresql, sqlite

from service.db.tables import SearchRow
from service.domain.search import index_text, query_tokens
from service.store import rows

_MATCH = {
    "sqlite": "number IN (SELECT rowid FROM search_fts WHERE search_fts MATCH :words)",
    "postgresql": "array_to_tsvector(string_to_array(tokens, ' ')) @@ CAST(:words AS tsquery)",
}


def index(connection: Connection, table: type[Any], record_id: str, texts: Iterable[str | None]) -> None:
    """Makes a record be found by these texts, and no longer by earlier ones."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(SearchRow).values(kind=rows.noun(table), record_id=record_id, tokens=index_text(texts))
    replace = statement.on_conflict_do_update(
        index_elements=["kind", "record_id"],
        set_={"tokens": statement.excluded.tokens},
        where=SearchRow.tokens != statement.excluded.tokens,
    )
    connection.execute(replace)


def has_words(connection: Connection, table: Any, query: str) -> Any:
    """The condition that a record holds all the words asked for, the last of them perhaps only begun."""
    asked = query_tokens(query)
    if not asked:
        return table.id.in_([])  # nothing but punctuation: no record is found by that
    dialect = connection.dialect.name
    matching = text(_MATCH[dialect]).bindparams(bindparam("words", _expression(asked, dialect)))
    return table.id.in_(select(SearchRow.record_id).where(SearchRow.kind == rows.noun(table), matching))


def _expression(asked: list[str], dialect: str) -> str:
    """The query in the database's own language, each token quoted."""
    if dialect == "sqlite":
        return " ".join('"' + token.replace('"', '""') + '"' for token in asked) + "*"
    quoted = ["'" + token.replace("\\", "\\\\").replace("'", "''") + "'" for token in asked]
    return " & ".join(quoted) + ":*"
