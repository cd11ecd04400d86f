"""What most people write: FastAPI, mapped classes with relationships, and Pydantic models read off them."""

import os
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, relationship, selectinload

from service.db import models
from service.db.engine import Database

DATABASE = Database(os.environ["BENCH_DATABASE"])


class Base(DeclarativeBase):
    metadata = models.metadata


def table(row: Any) -> Any:
    return row.__table__


class Entity(Base):
    __table__ = table(models.EntityRow)


class Source(Base):
    __table__ = table(models.SourceRow)


class Metric(Base):
    __table__ = table(models.MetricRow)


class Scope(Base):
    __table__ = table(models.ScopeRow)


class Measurand(Base):
    __table__ = table(models.MeasurandRow)


class Figure(Base):
    __table__ = table(models.FigureRow)
    metric: Mapped[Metric] = relationship(primaryjoin="foreign(Figure.metric_id) == Metric.id", viewonly=True)
    scope: Mapped[Scope | None] = relationship(primaryjoin="foreign(Figure.scope_id) == Scope.id", viewonly=True)
    measurand: Mapped[Measurand] = relationship(
        primaryjoin="foreign(Figure.measurand_id) == Measurand.id", viewonly=True
    )
    claim: Mapped["Claim"] = relationship(primaryjoin="foreign(Figure.claim_id) == Claim.id", viewonly=True)
    subject: Mapped[Entity] = relationship(primaryjoin="foreign(Figure.subject_id) == Entity.id", viewonly=True)

    @property
    def source(self) -> Source:
        return self.claim.source

    @property
    def claimant(self) -> Entity:
        return self.claim.claimant


class Claim(Base):
    __table__ = table(models.ClaimRow)
    source: Mapped[Source] = relationship(primaryjoin="foreign(Claim.source_id) == Source.id", viewonly=True)
    claimant: Mapped[Entity] = relationship(primaryjoin="foreign(Claim.claimant_id) == Entity.id", viewonly=True)
    subject: Mapped[Entity] = relationship(primaryjoin="foreign(Claim.subject_id) == Entity.id", viewonly=True)
    derived_from: Mapped["Claim | None"] = relationship(
        primaryjoin="foreign(Claim.derived_from_id) == remote(Claim.id)", viewonly=True
    )
    figures: Mapped[list[Figure]] = relationship(
        primaryjoin="Claim.id == foreign(Figure.claim_id)", order_by="Figure.position", viewonly=True
    )


class View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class EntityRef(View):
    id: str
    key: str
    name: str


class SourceRef(View):
    id: str
    key: str | None
    title: str


class MetricRef(EntityRef):
    unit: str


class MeasurandRef(View):
    id: str
    key: str


class ClaimRef(View):
    id: str
    key: str | None
    statement: str


class FigureView(View):
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    metric: MetricRef
    scope: EntityRef | None
    measurand: MeasurandRef
    basis: str
    method: str | None
    qualifier: str
    value: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    interval_kind: str | None
    unit: str
    price_year: int | None
    period: str | None
    stated_as: str | None
    interval_low: float | None
    interval_high: float | None
    interval_text: str | None
    not_computed: str | None


class ClaimView(View):
    id: str
    key: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    source: SourceRef
    claimant: EntityRef
    claimant_role: str | None
    subject: EntityRef
    statement: str
    quote: str | None
    locator: str | None
    asserted: str | None
    derived_from: ClaimRef | None
    status: str
    notes: str | None
    figures: list[FigureView]


class ClaimPage(View):
    items: list[ClaimView]


class FigureAlone(FigureView):
    claim: ClaimRef
    subject: EntityRef


class FigurePage(View):
    items: list[FigureAlone]


class ComparedView(FigureView):
    claim: ClaimRef
    source: SourceRef
    claimant: EntityRef


class ComparisonView(View):
    """What is needed to see that one side is higher: the figures, their extremes, and a ratio."""

    key: str
    reported: list[ComparedView]
    estimated: list[ComparedView]
    ratio_low: float | None
    ratio_high: float | None


app = FastAPI()


def session() -> Iterator[Session]:
    with Session(DATABASE.reader) as opened:
        yield opened


Opened = Annotated[Session, Depends(session)]
LOADED = (
    selectinload(Claim.source),
    selectinload(Claim.claimant),
    selectinload(Claim.subject),
    selectinload(Claim.derived_from),
    selectinload(Claim.figures).options(
        selectinload(Figure.metric), selectinload(Figure.scope), selectinload(Figure.measurand)
    ),
)
FIGURE_LOADED = (
    selectinload(Figure.metric),
    selectinload(Figure.scope),
    selectinload(Figure.measurand),
    selectinload(Figure.subject),
    selectinload(Figure.claim).options(selectinload(Claim.source), selectinload(Claim.claimant)),
)
BASES = ("reported", "estimated")


@app.get("/v1/claims", response_model=ClaimPage)
def list_claims(opened: Opened, limit: int = 50) -> Any:
    rows = Claim.__table__.c
    statement = select(Claim).options(*LOADED).where(rows.withdrawn_at.is_(None), rows.status == "active")
    found = opened.scalars(statement.order_by(rows.created_at.desc(), rows.id.desc()).limit(limit)).all()
    return {"items": found}


@app.get("/v1/claims/{key}", response_model=ClaimView)
def read_claim(key: str, opened: Opened) -> Any:
    found = opened.scalars(select(Claim).options(*LOADED).where(Claim.__table__.c.key == key)).first()
    if found is None:
        raise HTTPException(404)
    return found


@app.get("/v1/figures", response_model=FigurePage)
def list_figures(opened: Opened, metric: str, basis: str, limit: int = 50) -> Any:
    rows = Figure.__table__.c
    statement = select(Figure).options(*FIGURE_LOADED).join(Figure.metric).join(Figure.claim)
    statement = statement.where(Metric.__table__.c.key == metric, rows.basis == basis, rows.withdrawn_at.is_(None))
    found = opened.scalars(statement.order_by(rows.created_at.desc(), rows.id.desc()).limit(limit)).all()
    return {"items": found}


@app.get("/v1/comparisons/{key}", response_model=ComparisonView)
def read_comparison(key: str, opened: Opened) -> Any:
    measurand = opened.scalars(select(Measurand).where(Measurand.__table__.c.key == key)).first()
    if measurand is None:
        raise HTTPException(404)
    statement = select(Figure).options(*FIGURE_LOADED).join(Figure.measurand)
    found = opened.scalars(statement.where(Measurand.__table__.c.key == key)).all()
    sides = {basis: [figure for figure in found if figure.__dict__["basis"] == basis] for basis in BASES}
    ends = {basis: _ends(figures) for basis, figures in sides.items()}
    (low, high), (base_low, base_high) = ends["estimated"], ends["reported"]
    return {
        "key": key,
        **sides,
        "ratio_low": low / base_high if low is not None and base_high else None,
        "ratio_high": high / base_low if high is not None and base_low else None,
    }


def _ends(figures: list[Figure]) -> tuple[float | None, float | None]:
    lows = [figure.__dict__["interval_low"] for figure in figures if figure.__dict__["interval_low"] is not None]
    highs = [figure.__dict__["interval_high"] for figure in figures if figure.__dict__["interval_high"] is not None]
    return min(lows, default=None), max(highs, default=None)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["BENCH_PORT"]), access_log=False, log_level="warning")
