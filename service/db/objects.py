"""Database objects that Alembic does not model: full-text indexes, triggers and views, by dialect.

A revision that rebuilds a table on SQLite drops its triggers silently, and fails if a view reads the table: call `drop`
before it and `create` after it.
"""

from typing import Literal

from sqlalchemy import Connection, text

from service.db.views import VIEWS

Group = Literal["search", "history", "views"]

# Tokens are separated by spaces already, so these characters are part of them.
_TOKENIZER = "unicode61 remove_diacritics 0 categories 'L* N* M* S* Co' tokenchars '-.,''’'"

_CREATE: dict[tuple[Group, str], tuple[str, ...]] = {
    ("search", "sqlite"): (
        f"""CREATE VIRTUAL TABLE search_fts USING fts5(
            tokens, content='search', content_rowid='number', prefix='2 3', tokenize="{_TOKENIZER}")""",
        "INSERT INTO search_fts(search_fts) VALUES ('rebuild')",
        """CREATE TRIGGER search_inserted AFTER INSERT ON search BEGIN
            INSERT INTO search_fts(rowid, tokens) VALUES (new.number, new.tokens); END""",
        """CREATE TRIGGER search_deleted AFTER DELETE ON search BEGIN
            INSERT INTO search_fts(search_fts, rowid, tokens) VALUES ('delete', old.number, old.tokens); END""",
        """CREATE TRIGGER search_updated AFTER UPDATE ON search BEGIN
            INSERT INTO search_fts(search_fts, rowid, tokens) VALUES ('delete', old.number, old.tokens);
            INSERT INTO search_fts(rowid, tokens) VALUES (new.number, new.tokens); END""",
    ),
    ("search", "postgresql"): (
        "CREATE INDEX ix_search_tokens ON search USING gin (array_to_tsvector(string_to_array(tokens, ' ')))",
    ),
    ("history", "sqlite"): (
        """CREATE TRIGGER change_kept BEFORE UPDATE ON change BEGIN
            SELECT RAISE(ABORT, 'history is append-only'); END""",
        """CREATE TRIGGER change_stays BEFORE DELETE ON change BEGIN
            SELECT RAISE(ABORT, 'history is append-only'); END""",
    ),
    ("history", "postgresql"): (
        """CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'history is append-only' USING ERRCODE = '23001'; END $$""",
        """CREATE TRIGGER change_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON change
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    ),
}
_DROP: dict[tuple[Group, str], tuple[str, ...]] = {
    ("search", "sqlite"): (
        "DROP TRIGGER IF EXISTS search_inserted",
        "DROP TRIGGER IF EXISTS search_deleted",
        "DROP TRIGGER IF EXISTS search_updated",
        "DROP TABLE IF EXISTS search_fts",
    ),
    ("search", "postgresql"): ("DROP INDEX IF EXISTS ix_search_tokens",),
    ("views", "sqlite"): tuple(f"DROP VIEW IF EXISTS {name}" for name in VIEWS),
    ("views", "postgresql"): tuple(f"DROP VIEW IF EXISTS {name}" for name in VIEWS),
    ("history", "sqlite"): ("DROP TRIGGER IF EXISTS change_kept", "DROP TRIGGER IF EXISTS change_stays"),
    ("history", "postgresql"): (
        "DROP TRIGGER IF EXISTS change_kept ON change",
        "DROP FUNCTION IF EXISTS refuse_change()",
    ),
}


def create(connection: Connection, group: Group) -> None:
    if group == "views":
        _create_views(connection)
        return
    for statement in _CREATE[group, connection.dialect.name]:
        connection.execute(text(statement.replace(":", r"\:")))


def _create_views(connection: Connection) -> None:
    for name, statement in VIEWS.items():
        written = statement.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {written}")


def drop(connection: Connection, group: Group) -> None:
    for statement in _DROP[group, connection.dialect.name]:
        connection.execute(text(statement))


def is_ours(name: str | None) -> bool:
    """Whether a table or index is one of these, which Alembic must ignore."""
    return name is not None and name.startswith(("search_fts", "ix_search_tokens"))
