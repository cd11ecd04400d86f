"""The search index: the tokens of each searchable record, one row per record.

On PostgreSQL, a GIN index reads the tokens as a tsvector. On SQLite, triggers maintain a full-text table
(`db/objects.py`), which refers to rows by `number`.
"""

from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base
from service.db.types import Id, String


class SearchRow(Base):
    __tablename__ = "search"
    __table_args__: Any = (UniqueConstraint("kind", "record_id"), STRICT)

    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String)
    record_id: Mapped[str] = mapped_column(Id)
    tokens: Mapped[str] = mapped_column(String)
