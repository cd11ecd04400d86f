"""Names of entities and metrics, folded, so that an index finds them however they are written."""

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base
from service.db.types import Flag, Id, String


class NameRow(Base):
    """`is_alias` distinguishes aliases from a record's own name."""

    __tablename__ = "name"
    __table_args__: Any = (Index(None, "kind", "record_id"), STRICT)

    kind: Mapped[str] = mapped_column(String, primary_key=True)
    folded: Mapped[str] = mapped_column(String, primary_key=True)
    record_id: Mapped[str] = mapped_column(Id, primary_key=True)
    is_alias: Mapped[bool] = mapped_column(Flag)
