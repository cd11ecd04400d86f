"""The search index: the tokens of each record that can be searched, one row a record.

On Postgres a GIN index reads the tokens as a tsvector, on SQLite triggers keep a full-text table beside them
(`db/objects.py`). The number is there for SQLite, whose full-text table refers to rows by it.
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
