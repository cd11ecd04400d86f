"""Identifiers of entities in public schemes, such as `wikidata:Q2112`: each names one entity."""

from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.db.models.base import STRICT, Base
from service.db.types import Id, String


class IdentifierRow(Base):
    """Derived from `entity.identifiers`, so that an index finds the entity and none is given twice."""

    __tablename__ = "identifier"
    __table_args__: Any = (Index(None, "entity_id"), STRICT)

    scheme: Mapped[str] = mapped_column(String, primary_key=True)
    value: Mapped[str] = mapped_column(String, primary_key=True)
    entity_id: Mapped[str] = mapped_column(Id, ForeignKey("entity.id", ondelete="RESTRICT"))
