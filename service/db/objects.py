"""What Alembic does not model: full-text indexes and the triggers that feed them, by dialect.

A revision that rebuilds a table on SQLite drops its triggers silently: call `drop` before it and `create` after it.
"""

from sqlalchemy import Connection, text

# Tokens are separated by spaces already, so these characters belong to them.
_TOKENIZER = "unicode61 remove_diacritics 0 categories 'L* N* M* S* Co' tokenchars '-.,''’'"

_CREATE = {
    "sqlite": (
        f"""CREATE VIRTUAL TABLE search_fts USING fts5(
            tokens, content='search', content_rowid='number', tokenize="{_TOKENIZER}")""",
        "INSERT INTO search_fts(search_fts) VALUES ('rebuild')",
        """CREATE TRIGGER search_inserted AFTER INSERT ON search BEGIN
            INSERT INTO search_fts(rowid, tokens) VALUES (new.number, new.tokens); END""",
        """CREATE TRIGGER search_deleted AFTER DELETE ON search BEGIN
            INSERT INTO search_fts(search_fts, rowid, tokens) VALUES ('delete', old.number, old.tokens); END""",
        """CREATE TRIGGER search_updated AFTER UPDATE ON search BEGIN
            INSERT INTO search_fts(search_fts, rowid, tokens) VALUES ('delete', old.number, old.tokens);
            INSERT INTO search_fts(rowid, tokens) VALUES (new.number, new.tokens); END""",
    ),
    "postgresql": (
        "CREATE INDEX ix_search_tokens ON search USING gin (array_to_tsvector(string_to_array(tokens, ' ')))",
    ),
}
_DROP = {
    "sqlite": (
        "DROP TRIGGER IF EXISTS search_inserted",
        "DROP TRIGGER IF EXISTS search_deleted",
        "DROP TRIGGER IF EXISTS search_updated",
        "DROP TABLE IF EXISTS search_fts",
    ),
    "postgresql": ("DROP INDEX IF EXISTS ix_search_tokens",),
}


def create(connection: Connection) -> None:
    for statement in _CREATE[connection.dialect.name]:
        connection.execute(text(statement.replace(":", r"\:")))


def drop(connection: Connection) -> None:
    for statement in _DROP[connection.dialect.name]:
        connection.execute(text(statement))


def is_ours(name: str | None) -> bool:
    """Whether a table or index in the database is one of these, for Alembic to leave alone."""
    return name is not None and name.startswith(("search_fts", "ix_search_tokens"))
