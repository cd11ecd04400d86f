"""The declarative base, and the columns common to all records."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, MetaData, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.db.types import Id, String, UtcTime
from service.domain.vocabulary import Word

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class Base(DeclarativeBase):
    metadata = metadata


class Head:
    """Identity, version and lifecycle of a record. Records are withdrawn, never deleted."""

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[str | None] = mapped_column(Id)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcTime)
    withdrawn_reason: Mapped[str | None] = mapped_column(String)


def head_checks() -> tuple[CheckConstraint, ...]:
    return (
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawn"),
    )


def withdrawn_ones() -> Index:
    """A partial index on the few withdrawn rows."""
    withdrawn = text("withdrawn_at IS NOT NULL")
    return Index(None, "withdrawn_at", postgresql_where=withdrawn, sqlite_where=withdrawn)


def one_of(column: str, vocabulary: type[Word]) -> CheckConstraint:
    """Checks that the column holds a word of the vocabulary (or null, if it is nullable)."""
    words = ", ".join(f"'{word}'" for word in vocabulary)
    return CheckConstraint(f"{column} IN ({words})", name=column)


STRICT = {"sqlite_strict": True}
