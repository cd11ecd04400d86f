"""Exports: all records as JSON lines, and lists as CSV. Text is streamed from one snapshot, in constant memory."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, get_args

from pydantic import BaseModel

from service.db.engine import Connection
from service.domain.number import format_number
from service.domain.spreadsheet_cells import guard
from service.schemas.claims import Claim
from service.schemas.disputes import Dispute, DisputeCreate
from service.schemas.entities import EntityCreate
from service.schemas.equations import EquationCreate, FactorFields, ScopePair
from service.schemas.figures import ClaimFigure, FigureCreate, FigureFields
from service.schemas.metrics import MetricCreate
from service.schemas.propositions import PropositionCreate, StanceFields
from service.schemas.queries import (
    ClaimExportQuery,
    ClaimQuery,
    DisputeExportQuery,
    DisputeQuery,
    FigureExportQuery,
    FigureQuery,
    SourceExportQuery,
    SourceQuery,
)
from service.schemas.scopes import ScopeLine
from service.schemas.sources import Source, SourceCreate
from service.schemas.types import format_time
from service.store.lists import exports
from service.store.lists.pagination import RecordList
from service.store.records import claims, disputes, sources
from service.store.rows import Values
from service.transfer.columns import EXPORTED
from service.transfer.jsonl import ClaimLine

_AT_ONCE = 200
_LARGE = 500_000  # characters of figures in one line
_MOST_INSIDE = 100  # figures that a claim can be created with


# JSON lines ----------------------------------------------------------------------------------------------------------


def json_lines(connection: Connection) -> Iterator[str]:
    """Every record, so that an empty database can import them line by line and then export the same bytes."""
    for rows in (_entities, _metrics, _equations, _propositions, _sources, _claims, _disputes):
        yield from _pieces(rows(connection))


def _pieces(lines: Iterable[str]) -> Iterator[str]:
    held: list[str] = []
    for line in lines:
        held.append(line)
        if len(held) >= _AT_ONCE:
            yield "".join(held)
            held = []
    if held:
        yield "".join(held)


def _entities(connection: Connection) -> Iterator[str]:
    for entity in exports.every_entity(connection):
        yield _line("entity", EntityCreate, dict(entity))


def _metrics(connection: Connection) -> Iterator[str]:
    for metric in exports.every_metric(connection):
        yield _line("metric", MetricCreate, {**dict(metric), "scopes": []})
        for scope in exports.every_scope(connection, metric.id):
            yield _line("scope", ScopeLine, dict(scope))


def _equations(connection: Connection) -> Iterator[str]:
    for equation in exports.every_equation(connection):
        factors = [
            FactorFields.model_construct(
                metric=factor.metric.key,
                exponent=factor.exponent,
                scopes=[ScopePair(output=_ref(pair.output), input=_ref(pair.input)) for pair in factor.scopes],
            )
            for factor in equation.factors
        ]
        own = {"factors": factors, "parts": [part.key for part in equation.parts]}
        yield _line("equation", EquationCreate, {**dict(equation), **own})


def _propositions(connection: Connection) -> Iterator[str]:
    for proposition in exports.every_proposition(connection):
        yield _line("proposition", PropositionCreate, dict(proposition))


def _sources(connection: Connection) -> Iterator[str]:
    for source in exports.every_source(connection):
        yield _line("source", SourceCreate, dict(source))


def _claims(connection: Connection) -> Iterator[str]:
    for claim in exports.every_claim(connection):
        stated = [_figure(figure) for figure in claim.figures]
        inside = _inside(stated)
        own: Values = {
            "status": "retracted" if claim.status == "retracted" else "active",
            "figures": stated[:inside],
            "stances": [
                StanceFields(proposition=_ref(one.proposition), stance=one.stance, hedge=one.hedge)
                for one in claim.stances
            ],
        }
        if claim.claimant_role_inferred:
            own["claimant_role"] = None
        yield _line("claim", ClaimLine, {**dict(claim), **own})
        for figure in stated[inside:]:
            yield _line("figure", FigureCreate, {**dict(figure), "claim": claim.id})


def _inside(stated: list[FigureFields]) -> int:
    """How many of its figures are written with the claim; the rest follow on separate lines."""
    size = 0
    for index, figure in enumerate(stated):
        size += len(figure.model_dump_json(exclude_defaults=True, warnings=False))
        if size > _LARGE or index == _MOST_INSIDE:
            return index
    return len(stated)


def _figure(figure: ClaimFigure) -> FigureFields:
    """The fields of a figure as given."""
    fields = {name: getattr(figure, name) for name in FigureFields.model_fields if hasattr(figure, name)}
    return FigureFields.model_construct(**(fields | {"metric": figure.metric.key, "scope": _ref(figure.scope)}))


def _disputes(connection: Connection) -> Iterator[str]:
    for dispute in exports.every_dispute(connection):
        fields = json.loads(_json(DisputeCreate, dict(dispute)))
        fields["dispute_type"] = fields.pop("type")  # `type` is the record type of the line
        yield json.dumps({"type": "dispute", **fields}, ensure_ascii=False, separators=(",", ":")) + "\n"


def _line(kind: str, model: type[BaseModel], row: Values) -> str:
    return f'{{"type":"{kind}",{_json(model, row)[1:]}\n'


def _json(model: type[BaseModel], row: Values) -> str:
    """The JSON that a client would send to create the record. Refs are keys if they exist, else ids."""
    fields = {name: _ref(row[name]) if isinstance(row[name], BaseModel) else row[name] for name in model.model_fields}
    text = model.model_construct(**fields).model_dump_json(exclude_defaults=True, warnings=False)
    stated = [row] if "precision" in model.model_fields else [dict(figure) for figure in row.get("figures", ())]
    if any(figure["value"] is not None and figure["precision"] is None for figure in stated):
        return _with_unknown_precision(text)
    return text


def _with_unknown_precision(text: str) -> str:
    """Says that the precision of a value is not known, which is not the default: that is read from its digits."""
    fields = json.loads(text)
    for figure in fields.get("figures", [fields]):
        if "value" in figure:
            figure.setdefault("precision", None)
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _ref(embedded: Any) -> Any:
    return embedded and (getattr(embedded, "key", None) or embedded.id)


# CSV -----------------------------------------------------------------------------------------------------------------


def figures_csv(connection: Connection, filters: FigureExportQuery) -> Iterator[str]:
    """Figures, in the columns of an import."""
    columns = [name if name != "figure_id" else "id" for name in EXPORTED]

    def page(connection: Connection, query: FigureQuery) -> tuple[Sequence[Any], str | None]:
        found = exports.figure_rows(connection, query)
        return [row._mapping for row in found.rows], found.next_cursor

    pages = _every_page(connection, page, FigureQuery, filters)
    yield from _under(EXPORTED, ([[_cell(row[name]) for name in columns] for row in rows] for rows in pages))


def sources_csv(connection: Connection, filters: SourceExportQuery) -> Iterator[str]:
    return _pages_csv(connection, Source, sources.LIST, SourceQuery, filters)


def claims_csv(connection: Connection, filters: ClaimExportQuery) -> Iterator[str]:
    """Claims without their figures, which are exported separately."""
    return _pages_csv(connection, Claim, claims.LIST, ClaimQuery, filters)


def disputes_csv(connection: Connection, filters: DisputeExportQuery) -> Iterator[str]:
    return _pages_csv(connection, Dispute, disputes.LIST, DisputeQuery, filters)


def _pages_csv(
    connection: Connection,
    model: type[BaseModel],
    records: RecordList[Any],
    query_model: type[BaseModel],
    filters: BaseModel,
) -> Iterator[str]:
    columns = list(_columns(model))

    def page(connection: Connection, query: BaseModel) -> tuple[Sequence[Any], str | None]:
        found = records.page(connection, query)
        return found.items, found.next_cursor

    pages = _every_page(connection, page, query_model, filters)
    rows = ([[_cell(_at(item, path)) for _, path in columns] for item in items] for items in pages)
    yield from _under([name for name, _ in columns], rows)


def _under(header: list[str], parts: Iterable[list[list[str]]]) -> Iterator[str]:
    """Sends the header with the first rows, so that an error in them is raised before anything is sent."""
    for part in parts:
        yield _csv([header, *part] if header else part)
        header = []


def _every_page(
    connection: Connection,
    page: Callable[[Connection, Any], tuple[Sequence[Any], str | None]],
    query_model: type[BaseModel],
    filters: BaseModel,
) -> Iterator[Sequence[Any]]:
    query = query_model.model_construct(**dict(filters), limit=_AT_ONCE, cursor=None)
    while True:
        items, cursor = page(connection, query)
        yield items
        if cursor is None:
            return
        query = query.model_copy(update={"cursor": cursor})


def _columns(model: type[BaseModel], before: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The name of each column, and the path to its value. Embedded models are flattened."""
    for name, field in model.model_fields.items():
        if name in ("figures", "stances"):
            continue
        annotation = field.annotation
        embedded = next((t for t in (annotation, *get_args(annotation)) if _is_model(t)), None)
        if embedded is not None:
            yield from _columns(embedded, (*before, name))
        else:
            yield "_".join((*before, name)), (*before, name)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _at(item: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        item = getattr(item, name, None)
    return item


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return format_number(value)
    if isinstance(value, list):
        return guard("; ".join(map(str, value)))
    if hasattr(value, "tzinfo"):
        return format_time(value)
    return guard(str(value)) if isinstance(value, str) else str(value)


def _csv(rows: Iterable[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
