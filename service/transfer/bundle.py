"""Bundles: JSON lines, one record a line, each in the shape of its Create model with a `type`.

Since `type` names the kind of record, a dispute's own type is written `dispute_type` here.

A record may refer to any that stands before it, by key or id. Identity is the id, else the key: loading a bundle twice
changes nothing, and a known record with other content is refused.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import BaseModel, ValidationError

from service.db.engine import Database
from service.errors import Fault, Invalid, ServiceError
from service.schemas.claims import ClaimCreate
from service.schemas.disputes import DisputeCreate
from service.schemas.entities import EntityCreate
from service.schemas.faults import faults_of
from service.schemas.figures import FigureCreate
from service.schemas.metrics import MetricCreate
from service.schemas.sources import SourceCreate
from service.schemas.strict_json import parse_json
from service.store import claims, disputes, entities, figures, metrics, rows, sources
from service.store.versions import Created

MAX_LINE = 1_048_576

_KINDS: dict[str, tuple[type[BaseModel], Callable[[Any, Any], Created]]] = {
    "source": (SourceCreate, sources.create),
    "entity": (EntityCreate, entities.create),
    "metric": (MetricCreate, metrics.create),
    "claim": (ClaimCreate, claims.create),
    "figure": (FigureCreate, figures.create),
    "dispute": (DisputeCreate, disputes.create),
}


@dataclass(frozen=True, slots=True)
class Count:
    created: int = 0
    unchanged: int = 0


def load_file(database: Database, path: Path) -> dict[str, Count]:
    """Loads a bundle, all or nothing; says for each kind of record how many were new.

    Raises ServiceError, whose faults name the line, for the first record that cannot be taken.
    """
    with path.open("rb") as file:
        lines = list(_lines(file))

    def work(connection: Any) -> dict[str, Count]:
        counts: dict[str, Count] = {}
        for number, line in lines:
            try:
                kind, is_new = _load_line(connection, line)
            except ServiceError as error:
                error.faults = [replace(f, line=number, place="file") for f in error.faults or [_fault(error)]]
                raise
            before = counts.get(kind, Count())
            counts[kind] = Count(before.created + is_new, before.unchanged + (not is_new))
        return counts

    return database.write(work)


def is_empty(database: Database) -> bool:
    """Whether no record of any kind is stored."""
    with database.read() as connection:
        return rows.is_empty(connection)


def _fault(error: ServiceError) -> Fault:
    return Fault("", error.detail)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, numbered from 1. Raises Invalid for one that is too long."""
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            detail = f"The line is longer than {MAX_LINE} bytes."
            raise Invalid(detail, [Fault("", detail, place="file", line=number)])
        if line.strip():
            yield number, line


def _load_line(connection: Any, line: bytes) -> tuple[str, bool]:
    record = parse_json(line)
    kind = record.pop("type", None) if isinstance(record, dict) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise Invalid.at("/type", f"Each line is an object whose type is one of {', '.join(_KINDS)}.")
    if kind == "dispute" and "type" not in record and "dispute_type" in record:
        record["type"] = record.pop("dispute_type")
    model, create = _KINDS[kind]
    try:
        body = model.model_validate(record)
    except ValidationError as error:
        # Pydantic's locations have no leading place as FastAPI's do
        faults = faults_of({**e, "loc": ("body", *e["loc"])} for e in error.errors(include_url=False))
        raise Invalid(faults[0].detail, faults) from None
    return kind, create(connection, body).is_new
