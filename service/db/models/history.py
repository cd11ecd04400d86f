"""History: one append-only row for each version of each record. Triggers refuse to change or delete them."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base, one_of
from service.db.types import Document, Id, String, UtcTime, Whole
from service.domain.vocabulary import Operation

EVENTS = text("operation <> 'create'")  # few compared with creations, so that queries for them need not read all


class ChangeRow(Base):
    """`seq` increases in commit order. `snapshot` is the record as it was served at that version. The change of a
    figure, or of the verdict of a comparison, names its subject and its metric of then.
    """

    __tablename__ = "change"
    __table_args__: Any = (
        one_of("operation", Operation),
        CheckConstraint("version >= 1", name="version"),
        UniqueConstraint("kind", "record_id", "version"),
        Index(None, "kind", "seq"),
        Index(None, "kind", "record_id", "seq"),
        Index(None, "subject_id", "metric_id", "seq"),
        Index("ix_change_events", "seq", postgresql_where=EVENTS, sqlite_where=EVENTS),
        STRICT,
    )

    seq: Mapped[int] = mapped_column(Whole, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    actor_id: Mapped[str | None] = mapped_column(Id)
    actor_name: Mapped[str | None] = mapped_column(String)
    request_id: Mapped[str | None] = mapped_column(String)
    operation: Mapped[str] = mapped_column(String)
    kind: Mapped[str] = mapped_column(String)
    record_id: Mapped[str] = mapped_column(Id)
    version: Mapped[int]
    changed: Mapped[list[str]] = mapped_column(Document)
    snapshot: Mapped[dict[str, Any]] = mapped_column(Document)
    subject_id: Mapped[str | None] = mapped_column(Id)
    metric_id: Mapped[str | None] = mapped_column(Id)
