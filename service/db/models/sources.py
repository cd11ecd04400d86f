"""Sources: the documents and recorded occasions in which claims are found."""

from datetime import date
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base, Head, head_checks, one_of
from service.db.types import Day, Document, Flag, String
from service.domain.vocabulary import SourceKind


class SourceRow(Head, Base):
    __tablename__ = "source"
    __table_args__: Any = (
        *head_checks(),
        one_of("kind", SourceKind),
        UniqueConstraint("key"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "title", "id"),
        Index(None, "kind", "created_at", "id"),
        Index(None, "publisher", "created_at", "id"),
        Index(None, "published_earliest"),
        Index(None, "published_latest"),
        Index(None, "url", postgresql_using="hash"),  # URLs may be longer than a B-tree index accepts
        Index(None, "doi", postgresql_using="hash"),
        STRICT,
    )

    key: Mapped[str | None] = mapped_column(String)
    kind: Mapped[str] = mapped_column(String)
    title: Mapped[str] = mapped_column(String)
    authors: Mapped[list[str]] = mapped_column(Document)
    publisher: Mapped[str | None] = mapped_column(String)
    url: Mapped[str | None] = mapped_column(String)
    archived_url: Mapped[str | None] = mapped_column(String)
    doi: Mapped[str | None] = mapped_column(String)
    published: Mapped[str | None] = mapped_column(String)
    published_earliest: Mapped[date | None] = mapped_column(Day)
    published_latest: Mapped[date | None] = mapped_column(Day)
    accessed_on: Mapped[date | None] = mapped_column(Day)
    language: Mapped[str | None] = mapped_column(String)
    peer_reviewed: Mapped[bool | None] = mapped_column(Flag)
    notes: Mapped[str | None] = mapped_column(String)
