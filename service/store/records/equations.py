"""Equations: reading and changing them. Each change checks the figures of their metrics again."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, or_, select
from sqlalchemy.orm import aliased

from service.db.json_select import JsonSelect, json_list, json_object
from service.db.models import EquationRow, EquationScopeRow, EquationTermRow, FigureRow, MetricRow, ScopeRow
from service.domain.equation import overlap, product_scale
from service.domain.vocabulary import Additive, EquationKind, OverTime, Scale
from service.errors import Conflict, Fault, Invalid
from service.schemas.equations import Equation, EquationCreate, EquationPage, EquationPatch, FactorFields
from service.store import rows
from service.store.comparisons import consistency, measurands
from service.store.lists.filters import AnyOf, Filter, RefTo, withdrawn
from service.store.lists.pagination import record_list
from service.store.records import record_writes, references, scopes
from service.store.records.bounds import MOST_FIGURES
from service.store.records.projection import Projection
from service.store.records.record_writes import Created, Versions
from service.store.rows import Values

MOST_EQUATIONS = 100  # that use one metric
_FIELDS = ["key", "name", "definition", "kind", "complete"]
_METRIC, _SCOPE = aliased(MetricRow, name="factor_metric"), aliased(ScopeRow, name="part")
_OUTPUT, _INPUT = aliased(ScopeRow, name="output_scope"), aliased(ScopeRow, name="input_scope")
SELECT: Select[*tuple[Any, ...]] = (
    select(
        *rows.head(EquationRow),
        *(getattr(EquationRow, name) for name in _FIELDS),
        *rows.embed("metric", MetricRow, "id", "key", "name", "unit", "scale"),
        *rows.embed("scope", ScopeRow, "id", "key", "name"),
    )
    .join(MetricRow, MetricRow.id == EquationRow.metric_id)
    .outerjoin(ScopeRow, ScopeRow.id == EquationRow.scope_id)
)
_OF_EQUATION = "equation_term.equation_id = equation.id AND equation_term.scope_id IS"
_PAIRS = json_list(
    json_object(
        [*rows.embed("output", _OUTPUT, "id", "key", "name"), *rows.embed("input", _INPUT, "id", "key", "name")],
        ["output", "input"],
    ),
    lambda found: found.outerjoin(_OUTPUT, _OUTPUT.id == EquationScopeRow.output_scope_id).outerjoin(
        _INPUT, _INPUT.id == EquationScopeRow.input_scope_id
    ),
    EquationScopeRow.number,
    "equation_scope.equation_id = equation_term.equation_id AND equation_scope.position = equation_term.position",
)
_FACTORS = json_list(
    json_object(
        [*rows.embed("metric", _METRIC, "id", "key", "name", "unit", "scale"), EquationTermRow.exponent],
        ["metric", "exponent", "scopes"],
        {"scopes": _PAIRS},
    ),
    lambda found: found.join(_METRIC, _METRIC.id == EquationTermRow.metric_id),
    EquationTermRow.position,
    f"{_OF_EQUATION} NULL",
)
_PARTS = json_list(
    json_object([_SCOPE.id, _SCOPE.key, _SCOPE.name], ["id", "key", "name"]),
    lambda found: found.join(_SCOPE, _SCOPE.id == EquationTermRow.scope_id),
    EquationTermRow.position,
    f"{_OF_EQUATION} NOT NULL",
)
ROWS = JsonSelect(SELECT, list(Equation.model_fields), {"factors": _FACTORS, "parts": _PARTS})
PROJECTION = Projection(EquationRow, Equation, ROWS)
FILTERS: dict[str, Filter] = {
    "id": AnyOf(EquationRow.id),
    "withdrawn": withdrawn(EquationRow),
    "kind": AnyOf(EquationRow.kind),
    "metric": RefTo(MetricRow, EquationRow.metric_id),
}
SORTS = {name: getattr(EquationRow, name) for name in ("created_at", "updated_at")}
LIST = record_list(EquationPage, ROWS, FILTERS, SORTS, EquationRow.id)


# Writing -------------------------------------------------------------------------------------------------------------


class _Input(NamedTuple):
    """A factor or a part, with the pairs of scopes that the equation states."""

    metric_id: str
    scope_id: str | None
    exponent: int
    pairs: tuple[tuple[str | None, str | None], ...] = ()


def create(connection: Connection, body: EquationCreate, most: int | None = MOST_FIGURES) -> Created:
    """Raises Conflict if more than `most` figures would have to be checked; None means no bound."""
    refs = [body.metric, *(factor.metric for factor in body.factors)]
    _lock_metrics(connection, references.ids(connection, MetricRow, refs).values())
    output = _metric(connection, body.metric, "/metric")
    values = body.model_dump(include={"id", *_FIELDS}) | {"metric_id": output["id"], "scope_id": None}
    if body.scope is not None:
        values["scope_id"] = scopes.ids_of(connection, output["id"], [body.scope], "/scope")[body.scope]
    _refuse_other_kind(values, bool(body.factors), bool(body.parts))
    inputs = _inputs(connection, values, output, body.factors, body.parts)
    known = record_writes.stored(connection, EquationRow, values)
    if known is not None:
        record_writes.refuse_other_content(EquationRow, known, values)
        if _stored_inputs(connection, known["id"]) != inputs:
            raise record_writes.already_stored(EquationRow, known["id"], [_input_field(values)])
        return Created(known["id"], is_new=False)
    _refuse_withdrawn_metrics(connection, _metrics_of(values, inputs))
    _refuse_too_many(connection, values, inputs, most)
    made = record_writes.create(connection, EquationRow, values)
    if made.is_new:
        write_inputs(connection, made.id, inputs)
        consistency.mark_equation(connection, made.id)
    return made


def amend(
    connection: Connection, ref: str, patch: EquationPatch, expected: Versions | None, most: int | None = MOST_FIGURES
) -> str:
    given, changes = patch.model_fields_set, patch.model_dump(include=set(_FIELDS))
    factors: Any = patch.factors if "factors" in given else []
    parts: Any = patch.parts if "parts" in given else []
    row = _lock(connection, ref, expected, [factor.metric for factor in factors])
    values = {"id": row["id"]} | rows.content(row, [*_FIELDS, "metric_id", "scope_id"]) | changes
    inputs = before = _stored_inputs(connection, row["id"])
    if given & {"factors", "parts", "complete"}:
        output = _metric(connection, row["metric_id"], "/metric")
        _refuse_other_kind(values, "factors" in given, "parts" in given)
        if given & {"factors", "parts"}:
            inputs = _inputs(connection, values, output, factors, parts)
        else:
            _refuse_unfit_sum(output, values)
    if inputs == before and values["complete"] == row["complete"]:
        record_writes.amend(connection, EquationRow, row, changes)
        return str(row["id"])
    record_writes.refuse_changes(connection, EquationRow, row, changes)
    _refuse_withdrawn_metrics(connection, _metrics_of(values, inputs) - _metrics_of(values, before))
    _refuse_too_many(connection, values, [*before, *inputs], most)
    if inputs != before:
        _delete_inputs(connection, row["id"])
        write_inputs(connection, row["id"], inputs)
    record_writes.bump(connection, EquationRow, row, changes)
    consistency.mark_equation(connection, row["id"])
    return str(row["id"])


def withdraw(connection: Connection, ref: str, reason: str, expected: Versions) -> str:
    row = _lock(connection, ref, expected)
    record_writes.withdraw(connection, EquationRow, row, reason)
    consistency.mark_equation(connection, row["id"])
    return str(row["id"])


def restore(connection: Connection, ref: str, expected: Versions) -> str:
    row = _lock(connection, ref, expected)
    inputs = _stored_inputs(connection, row["id"])
    _refuse_withdrawn_metrics(connection, _metrics_of(row, inputs))
    _refuse_too_many(connection, row, inputs, MOST_FIGURES)
    try:
        _refuse_stored_misfit(connection, row, inputs)
    except Invalid as error:
        raise Conflict(f"The equation does not fit its metrics any more. {error.detail}") from None
    record_writes.restore(connection, EquationRow, row)
    consistency.mark_equation(connection, row["id"])
    return str(row["id"])


def _lock(connection: Connection, ref: str, expected: Versions | None, refs: Collection[str] = ()) -> RowMapping:
    """Locks the metrics of an equation, with those of these refs, and then the equation."""
    of_equation = consistency.metrics_of(connection, references.ids(connection, EquationRow, [ref]).get(ref))
    _lock_metrics(connection, {*of_equation, *references.ids(connection, MetricRow, refs).values()})
    return record_writes.lock(connection, EquationRow, ref, expected)


def _refuse_stored_misfit(connection: Connection, values: Any, inputs: Sequence[_Input]) -> None:
    """Raises Invalid if metrics and scopes have changed so that the equation would be refused now."""
    metrics = {one: _metric(connection, one, "/metric") for one in _metrics_of(values, inputs)}
    output = metrics[values["metric_id"]]
    if values["kind"] == EquationKind.SUM:
        _refuse_unfit_sum(output, dict(values))
        _refuse_overlap(connection, values["scope_id"], [str(one.scope_id) for one in inputs])
        return
    for metric in metrics.values():
        _refuse_unfit(metric, "/metric")
    product_scale(output["unit"], [(metrics[one.metric_id]["unit"], one.exponent) for one in inputs])


def _metrics_of(values: Any, inputs: Sequence[_Input]) -> set[str]:
    return {values["metric_id"], *(one.metric_id for one in inputs)}


def _metric(connection: Connection, ref: str, pointer: str) -> RowMapping:
    found = connection.execute(references.rows_named(MetricRow), references.named([ref])).mappings().first()
    if found is None:
        raise Invalid.at(pointer, f"There is no metric {ref!r}.")
    return found


def _input_field(values: Values) -> str:
    return "factors" if values["kind"] == EquationKind.PRODUCT else "parts"


def _refuse_other_kind(values: Values, has_factors: bool, has_parts: bool) -> None:
    """Raises Invalid for fields of the other kind of equation, and for fields that are missing."""
    is_sum = values["kind"] == EquationKind.SUM
    faults = []
    if is_sum and has_factors:
        faults.append(Fault("/factors", "A sum has parts, not factors."))
    if not is_sum and has_parts:
        faults.append(Fault("/parts", "A product has factors, not parts."))
    if is_sum and values["scope_id"] is None:
        faults.append(Fault("/scope", "Name the scope that is the sum of the parts."))
    if not is_sum and values["scope_id"] is not None:
        faults.append(Fault("/scope", "A product is of a metric; pair scopes in its factors."))
    if is_sum and values["complete"] is None:
        faults.append(Fault("/complete", "Say whether the parts are all of the scope."))
    if not is_sum and values["complete"] is not None:
        faults.append(Fault("/complete", "Only the parts of a sum are complete or not."))
    if faults:
        raise Invalid(faults[0].detail, faults)


def _inputs(
    connection: Connection, values: Values, output: RowMapping, factors: Sequence[FactorFields], parts: Sequence[str]
) -> list[_Input]:
    """The inputs of the equation. Raises Invalid for those that no equation may have."""
    if values["kind"] == EquationKind.SUM:
        _refuse_unfit_sum(output, values)
        return _parts(connection, values, parts)
    return _factors(connection, output, factors)


def _factors(connection: Connection, output: RowMapping, factors: Sequence[FactorFields]) -> list[_Input]:
    if len(factors) < 2:
        raise Invalid.at("/factors", "A product has at least two factors.")
    metrics = [_metric(connection, one.metric, f"/factors/{place}/metric") for place, one in enumerate(factors)]
    seen = {output["id"]}
    for place, metric in enumerate(metrics):
        pointer = f"/factors/{place}/metric"
        if metric["id"] in seen:
            raise Invalid.at(pointer, "Each metric occurs once, so that bounds are exact.")
        seen.add(metric["id"])
        _refuse_unfit(metric, pointer)
    _refuse_unfit(output, "/metric")
    product_scale(output["unit"], [(m["unit"], f.exponent) for m, f in zip(metrics, factors, strict=True)])
    return [
        _Input(metric["id"], None, one.exponent, _pairs(connection, output, metric, one, f"/factors/{place}/scopes"))
        for place, (metric, one) in enumerate(zip(metrics, factors, strict=True))
    ]


def _pairs(
    connection: Connection, output: RowMapping, metric: RowMapping, factor: FactorFields, pointer: str
) -> tuple[tuple[str | None, str | None], ...]:
    outputs = scopes.ids_of(connection, output["id"], _stated(pair.output for pair in factor.scopes), pointer)
    inputs = scopes.ids_of(connection, metric["id"], _stated(pair.input for pair in factor.scopes), pointer)
    pairs = tuple((outputs.get(pair.output or ""), inputs.get(pair.input or "")) for pair in factor.scopes)
    if len({own for own, _ in pairs}) < len(pairs):
        raise Invalid.at(pointer, "A scope of the output is paired twice.")
    return pairs


def _stated(refs: Iterable[str | None]) -> list[str]:
    return [ref for ref in refs if ref is not None]


def _parts(connection: Connection, values: Values, parts: Sequence[str]) -> list[_Input]:
    if len(parts) < 2:
        raise Invalid.at("/parts", "A sum has at least two parts.")
    found = scopes.ids_of(connection, values["metric_id"], parts, "/parts")
    ids = [found[ref] for ref in parts]
    if len(set(ids)) < len(ids) or values["scope_id"] in ids:
        raise Invalid.at("/parts", "Each scope occurs once, so that bounds are exact.")
    _refuse_overlap(connection, values["scope_id"], ids)
    return [_Input(values["metric_id"], scope, 1) for scope in ids]


def _refuse_overlap(connection: Connection, whole: str, parts: Sequence[str]) -> None:
    found = overlap(whole, parts, measurands.part_of(connection, [*parts, whole]))
    if found is not None:
        raise Invalid.at(f"/parts/{found.place}", found.detail)


# Which metrics fit ---------------------------------------------------------------------------------------------------


def _refuse_unfit(metric: Any, pointer: str) -> None:
    if metric["scale"] != Scale.RATIO:
        raise Invalid.at(pointer, f"The metric {metric['key']} has no ratio scale, so its amounts are not multiplied.")
    if metric["over_time"] == OverTime.RUNNING_TOTAL:
        detail = f"The metric {metric['key']} is a running total: its amounts are of different days."
        raise Invalid.at(pointer, detail)


def _refuse_unfit_sum(metric: Any, values: Values) -> None:
    _refuse_unfit(metric, "/metric")
    if metric["additive"] == Additive.NONE:
        raise Invalid.at("/metric", f"Parts of {metric['key']} do not add up: its additive is none.")
    if metric["signed"] and not values["complete"]:
        raise Invalid.at("/complete", "Amounts may be negative, so nothing follows from some of the parts.")


def refuse_unfit_metric(connection: Connection, metric: Any) -> None:
    """Raises Conflict if a metric, as it is to be, does not fit an equation that uses it."""
    for equation in _of_metric(connection, metric["id"]):
        try:
            if equation["kind"] == EquationKind.SUM:
                _refuse_unfit_sum(metric, dict(equation))
            else:
                _refuse_unfit(metric, "")
        except Invalid as error:
            detail = f"The equation {equation['key']} uses the metric. {error.detail} Withdraw it first."
            raise Conflict(detail) from None


def using(connection: Connection, metric_id: str) -> str | None:
    """The key of an equation that uses the metric."""
    return next((str(equation["key"]) for equation in _of_metric(connection, metric_id)), None)


def _of_metric(connection: Connection, metric_id: str) -> Sequence[RowMapping]:
    uses = select(EquationTermRow.equation_id).where(EquationTermRow.metric_id == metric_id)
    own = or_(EquationRow.metric_id == metric_id, EquationRow.id.in_(uses))
    found = select(*EquationRow.__table__.columns).where(EquationRow.withdrawn_at.is_(None), own)
    return connection.execute(found.order_by(EquationRow.key)).mappings().all()


# Rows ----------------------------------------------------------------------------------------------------------------


def inputs_of(equation: Values) -> list[_Input]:
    """The inputs of an equation as it is served."""
    if equation["kind"] == EquationKind.SUM:
        return [_Input(equation["metric"]["id"], part["id"], 1) for part in equation["parts"]]
    return [
        _Input(
            factor["metric"]["id"],
            None,
            factor["exponent"],
            tuple((_id(pair["output"]), _id(pair["input"])) for pair in factor["scopes"]),
        )
        for factor in equation["factors"]
    ]


def _id(ref: Values | None) -> str | None:
    return None if ref is None else str(ref["id"])


def _lock_metrics(connection: Connection, ids: Iterable[str]) -> None:
    """Waits for writers of figures of these metrics, who do not see the change yet, and lets others wait."""
    statement = select(MetricRow.id).where(MetricRow.id.in_(sorted(ids))).order_by(MetricRow.id)
    connection.execute(statement.with_for_update()).all()


def _refuse_withdrawn_metrics(connection: Connection, ids: Iterable[str]) -> None:
    gone = select(MetricRow.key).where(MetricRow.id.in_(sorted(ids)), MetricRow.withdrawn_at.is_not(None))
    key = connection.execute(gone).scalar()
    if key is not None:
        raise Conflict(f"The metric {key} is withdrawn; restore it first.")


def _refuse_too_many(connection: Connection, values: Any, inputs: Sequence[_Input], most: int | None) -> None:
    """Raises Conflict for too many equations of a metric, each of which is checked when a figure changes, and for too
    many figures.
    """
    ids = _metrics_of(values, inputs)
    for metric_id in sorted(ids):
        others = [one["key"] for one in _of_metric(connection, metric_id) if one["id"] != values.get("id")]
        if len(others) >= MOST_EQUATIONS:
            raise Conflict(f"At most {MOST_EQUATIONS} equations use one metric. Withdraw one of them first.")
    if most is None:
        return
    some = select(FigureRow.id).where(FigureRow.metric_id.in_(ids)).limit(most + 1).subquery()
    if connection.execute(select(func.count()).select_from(some)).scalar_one() > most:
        raise Conflict(
            f"More than {most:,} figures are of these metrics, too many to check in one request. Add equations before "
            f"the figures, or change one on the server: counterclaim amend equation {values['key']} '{{…}}'"
        )


def write_inputs(connection: Connection, equation_id: str, inputs: Sequence[_Input]) -> None:
    terms = [
        {
            "equation_id": equation_id,
            "position": position,
            "metric_id": one.metric_id,
            "scope_id": one.scope_id,
            "exponent": one.exponent,
        }
        for position, one in enumerate(inputs, 1)
    ]
    connection.execute(insert(EquationTermRow), terms)
    pairs = [
        {
            "equation_id": equation_id,
            "position": position,
            "number": number,
            "output_scope_id": output,
            "input_scope_id": own,
        }
        for position, one in enumerate(inputs, 1)
        for number, (output, own) in enumerate(one.pairs, 1)
    ]
    if pairs:
        connection.execute(insert(EquationScopeRow), pairs)


def _delete_inputs(connection: Connection, equation_id: str) -> None:
    for table in (EquationScopeRow, EquationTermRow):
        connection.execute(delete(table).where(table.equation_id == equation_id))


def _stored_inputs(connection: Connection, equation_id: str) -> list[_Input]:
    scope = select(*EquationScopeRow.__table__.columns).where(EquationScopeRow.equation_id == equation_id)
    pairs: dict[int, list[tuple[str | None, str | None]]] = {}
    for row in connection.execute(scope.order_by(EquationScopeRow.position, EquationScopeRow.number)):
        pairs.setdefault(row.position, []).append((row.output_scope_id, row.input_scope_id))
    term = select(*EquationTermRow.__table__.columns).where(EquationTermRow.equation_id == equation_id)
    return [
        _Input(row.metric_id, row.scope_id, row.exponent, tuple(pairs.get(row.position, ())))
        for row in connection.execute(term.order_by(EquationTermRow.position))
    ]
