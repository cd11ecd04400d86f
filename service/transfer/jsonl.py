"""JSON lines: one record of any kind per line, with or without its id. The format of the demo bundle and of exports."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, model_validator

from service.domain.scopes import wholes
from service.domain.vocabulary import ImportFormat, OverTime
from service.errors import Fault, Invalid, ServiceError
from service.schemas.claims import ClaimCreate
from service.schemas.disputes import DisputeCreate
from service.schemas.entities import EntityCreate
from service.schemas.equations import EquationCreate
from service.schemas.faults import validated
from service.schemas.figures import FigureCreate
from service.schemas.metrics import MetricCreate
from service.schemas.propositions import PropositionCreate
from service.schemas.scopes import ScopeLine
from service.schemas.sources import SourceCreate
from service.schemas.strict_json import parse_json
from service.schemas.types import Edtf, refuse
from service.store.records import scopes
from service.store.records.claim_idempotency import Given
from service.transfer.entries import Entry
from service.transfer.import_writer import ImportWriter, Stated
from service.transfer.lines import File, lines


class ClaimLine(ClaimCreate):
    """A claim in a file. It may have been retracted since it was created."""

    status: Literal["active", "retracted"] = "active"
    retracted_on: Edtf | None = None


_STATE = {"status", "retracted_on"}


class MetricLine(MetricCreate):
    """A metric in a file. Files of earlier versions have `periodic` instead of `over_time`."""

    @model_validator(mode="before")
    @classmethod
    def _read_periodic(cls, fields: Any) -> Any:
        if not isinstance(fields, dict) or "periodic" not in fields or "over_time" in fields:
            return fields
        rest = {name: value for name, value in fields.items() if name != "periodic"}
        if not isinstance(fields["periodic"], bool):
            raise refuse("periodic is true or false; or write over_time.")
        return rest | {"over_time": OverTime.BY_PERIOD if fields["periodic"] else OverTime.FIXED}


MODELS: dict[str, type[BaseModel]] = {
    "source": SourceCreate,
    "entity": EntityCreate,
    "metric": MetricLine,
    "scope": ScopeLine,
    "equation": EquationCreate,
    "proposition": PropositionCreate,
    "claim": ClaimLine,
    "figure": FigureCreate,
    "dispute": DisputeCreate,
}


class Record(NamedTuple):
    kind: str
    body: Any


class JsonLines:
    name = ImportFormat.JSONL
    layout = None
    given: Given = "some"  # further figures of a claim may follow on separate lines

    def check(self, file: File) -> int:
        return sum(1 for line in lines(file) if line.strip())

    def read(self, file: File) -> Iterator[Entry]:
        for number, line in enumerate(lines(file), 1):
            if line.strip():
                yield _entry(number, line)

    def look_up(self, loading: ImportWriter, entries: Sequence[Entry]) -> None:
        """Does nothing: ids and keys are looked up when the records are written."""

    def place(self, fault: Fault) -> Fault:
        return fault

    def put(self, loading: ImportWriter, content: Record) -> None:
        kind, body = content
        if kind == "claim":
            fields = {name: value for name, value in dict(body).items() if name not in _STATE}
            plain = ClaimCreate.model_construct(body.model_fields_set - _STATE, **fields)
            loading.put_claim(plain, _status_of(body))
        elif kind == "source" and body.id is None and body.key is None and (body.url or body.doi):
            before = loading.tally.total()
            loading.source(body)
            loading.count("source", "unchanged", int(loading.tally.total() == before))
        elif kind == "metric":
            self._put_metric(loading, body)
        else:
            loading.put(kind, body)

    def _put_metric(self, loading: ImportWriter, body: MetricCreate) -> None:
        """Also reads the older form, in which a metric holds its scopes."""
        scopes.check_tree(body.scopes)
        loading.put("metric", body.model_copy(update={"scopes": []}))
        part_of = {scope.key: scope.part_of for scope in body.scopes}
        for scope in sorted(body.scopes, key=lambda one: len(list(wholes(one.key, part_of)))):  # wholes first
            fields = {name: getattr(scope, name) for name in scope.model_fields_set}
            loading.put("scope", ScopeLine(metric=body.key, **fields))


def _status_of(body: ClaimLine) -> Stated | None:
    if not _STATE.intersection(body.model_fields_set):
        return None
    if body.retracted_on is not None and body.status != "retracted":
        raise Invalid.at("/retracted_on", "The claim is not retracted: its status is active.")
    return Stated(body.status, body.retracted_on)


def _entry(number: int, line: str) -> Entry:
    kind = "unknown"
    try:
        record = parse_json(line.encode())
        found = record.pop("type", None) if isinstance(record, dict) else None
        if not isinstance(found, str) or found not in MODELS:
            raise Invalid.at("/type", f"Each line is an object whose type is one of {', '.join(MODELS)}.")
        kind = found
        if kind == "dispute" and "type" not in record and "dispute_type" in record:
            record["type"] = record.pop("dispute_type")
        _refuse_unknown(record, MODELS[kind])
        body = validated(MODELS[kind], record)
        return Entry(number, kind, Record(kind, body), 1 + len(getattr(body, "figures", ())), len(line))
    except ServiceError as error:
        return Entry(number, kind, error, size=len(line))


def _refuse_unknown(record: dict[str, Any], model: type[BaseModel]) -> None:
    """Raises Invalid for an unknown field, and suggests the closest known one."""
    for name in record:
        if name not in model.model_fields and (model, name) != (MetricLine, "periodic"):
            near = difflib.get_close_matches(name, model.model_fields, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise Invalid.at(f"/{name[:100]}", f"Unknown field.{hint}")
