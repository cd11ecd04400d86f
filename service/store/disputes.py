"""Disputes: reading and changing them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, select
from sqlalchemy.orm import aliased

from service.db.engine import Database
from service.db.json_rows import JsonRows
from service.db.tables import ClaimRow, DisputeRow, EntityRow, FigureRow
from service.domain.access import overstep
from service.domain.period import parse_period
from service.errors import Fault, Forbidden, Invalid
from service.schemas.disputes import Dispute, DisputeCreate, DisputePage, DisputePatch
from service.schemas.queries import DisputeQuery
from service.store import measurands, rows, versions
from service.store.pages import fetch_json_page, fetch_page
from service.store.rows import Values
from service.store.versions import Created, Versions

_DISPUTED, _DISPUTING = aliased(ClaimRow, name="disputed"), aliased(ClaimRow, name="disputing")
_RAISER = aliased(EntityRow, name="raiser")
_FIELDS = ["key", "type", "rationale", "status", "opened", "closed", "resolution"]
_REFS = {"disputed_claim": ClaimRow, "disputed_figure": FigureRow, "disputing_claim": ClaimRow, "raised_by": EntityRow}
_COLUMNS = [f"{name}_id" for name in _REFS]
SELECT: Select[*tuple[Any, ...]] = (
    select(
        *rows.head(DisputeRow),
        *(getattr(DisputeRow, name) for name in _FIELDS),
        *rows.embed("disputed_claim", _DISPUTED, "id", "key", "statement"),
        DisputeRow.disputed_figure_id.label("disputed_figure.id"),
        *rows.embed("disputing_claim", _DISPUTING, "id", "key", "statement"),
        *rows.embed("raised_by", _RAISER, "id", "key", "name"),
    )
    .join(_DISPUTED, _DISPUTED.id == DisputeRow.disputed_claim_id)
    .outerjoin(_DISPUTING, _DISPUTING.id == DisputeRow.disputing_claim_id)
    .join(_RAISER, _RAISER.id == DisputeRow.raised_by_id)
)
_SORTS = {name: getattr(DisputeRow, name) for name in ("created_at", "updated_at")}
JSON = JsonRows(list(SELECT.selected_columns), list(Dispute.model_fields))


def read(connection: Connection, ref: str) -> Dispute:
    return Dispute.model_validate(rows.one(connection, DisputeRow, SELECT, ref))


def read_json(where: Database | Connection, ref: str) -> bytes:
    """The same as JSON, written by the database."""
    return rows.one_json(where, DisputeRow, JSON, SELECT, ref)


def by_ids(connection: Connection, ids: Collection[str]) -> list[Dispute]:
    return [Dispute.model_validate(row) for row in rows.fetch(connection, SELECT.where(DisputeRow.id.in_(ids)))]


def page(connection: Connection, query: DisputeQuery) -> DisputePage:
    statement = SELECT.where(*_conditions(connection, query))
    found, cursor = fetch_page(connection, statement, _SORTS, DisputeRow.id, query, query.sort)
    return DisputePage(items=[Dispute.model_validate(row) for row in found], next_cursor=cursor)


def json_page(database: Database, query: DisputeQuery) -> bytes:
    """The same as JSON, written by the database."""
    return fetch_json_page(
        database, JSON, SELECT, _conditions, _SORTS, DisputeRow.id, query, query.sort, ("type", "status")
    )


def about(connection: Connection, claim_id: str) -> list[Dispute]:
    """The standing disputes about a claim or one of its figures, oldest first."""
    statement = SELECT.where(
        DisputeRow.disputed_claim_id == claim_id,
        DisputeRow.withdrawn_at.is_(None),
        DisputeRow.status.in_(measurands.STANDING),
    )
    found = rows.fetch(connection, statement.order_by(DisputeRow.created_at, DisputeRow.id))
    return [Dispute.model_validate(row) for row in found]


def raised_in(connection: Connection, claim_id: str) -> list[Dispute]:
    """The disputes that a claim raises, oldest first."""
    statement = SELECT.where(DisputeRow.disputing_claim_id == claim_id, DisputeRow.withdrawn_at.is_(None))
    found = rows.fetch(connection, statement.order_by(DisputeRow.created_at, DisputeRow.id).limit(100))
    return [Dispute.model_validate(row) for row in found]


def ids_about(which: Any) -> Select[Any]:
    """The standing disputes about figures that `which` picks: found from these, not by a walk through all disputes,
    as it would be were the statement tied to one around it.
    """
    return select(DisputeRow.id).where(*measurands.disputes_about(which)).correlate(None)


_ABOUT = ids_about(FigureRow.measurand_id.in_(rows.IDS)).where(ClaimRow.id.in_(bindparam("claims", expanding=True)))
_OF_MEASURAND = (
    SELECT.add_columns(DisputeRow.opened_earliest)
    .where(DisputeRow.id.in_(_ABOUT))
    .order_by(DisputeRow.created_at, DisputeRow.id)
)


def of_measurand(connection: Connection, measurand_id: str, claim_ids: Collection[str]) -> list[tuple[Dispute, Any]]:
    """The standing disputes about a measurand's figures in these claims, each with the first day it may have begun."""
    values = {"ids": [measurand_id], "claims": list(claim_ids)}
    found = rows.fetch(connection, _OF_MEASURAND, values) if claim_ids else []
    return [(Dispute.model_validate(row), opened) for row in found for opened in [row.pop("opened_earliest")]]


def of_measurands(connection: Connection, ids: Collection[str]) -> dict[str, list[tuple[Any, ...]]]:
    """The standing disputes about each measurand's figures: the id of the dispute, of the claim that it is about, and
    the first day on which it may have been opened.
    """
    statement = select(FigureRow.measurand_id, DisputeRow.id, FigureRow.claim_id, DisputeRow.opened_earliest)
    found: dict[str, list[tuple[Any, ...]]] = {}
    about = measurands.disputes_about(FigureRow.measurand_id.in_(ids))
    for row in connection.execute(statement.where(*about).distinct()):
        found.setdefault(str(row.measurand_id), []).append((row.id, row.claim_id, row.opened_earliest))
    return found


def _conditions(connection: Connection, query: DisputeQuery) -> list[Any]:
    found = rows.basic_conditions(DisputeRow, query)
    refs = (
        (query.claim, ClaimRow, DisputeRow.disputed_claim_id, "claim"),
        (query.raised_by, EntityRow, DisputeRow.raised_by_id, "raised_by"),
    )
    found += [rows.any_of(c, rows.filter_ids(connection, t, given, name)) for given, t, c, name in refs if given]
    if query.type:
        found.append(rows.any_of(DisputeRow.type, query.type))
    if query.status:
        found.append(rows.any_of(DisputeRow.status, query.status))
    return found


def create(connection: Connection, body: DisputeCreate) -> Created:
    values = body.model_dump(exclude=set(_REFS))
    values |= rows.resolve_refs(connection, body, _REFS, versions.stored(connection, DisputeRow, values))
    if values["raised_by_id"] is None and values["disputing_claim_id"] is not None:
        values["raised_by_id"] = _claimant(connection, values["disputing_claim_id"])
    _check(connection, values)
    _refuse_overstep(connection, values, None)
    _touch(connection, values["disputed_claim_id"])
    return versions.create(connection, DisputeRow, _derive(values))


def amend(connection: Connection, ref: str, patch: DisputePatch, expected: Versions) -> Dispute:
    row = versions.lock(connection, DisputeRow, ref, expected)
    refs = {name: table for name, table in _REFS.items() if name != "disputed_claim"}
    changes = patch.model_dump(exclude=set(refs)) | rows.resolve_refs(connection, patch, refs, row)
    content = rows.content(row, [*_FIELDS, *_COLUMNS]) | changes
    _check(connection, content)
    _refuse_overstep(connection, content, row)
    _touch(connection, row["disputed_claim_id"])
    versions.amend(connection, DisputeRow, row, _derive(content))
    return read(connection, row["id"])


def withdraw(connection: Connection, ref: str, reason: str, expected: Versions) -> Dispute:
    row = versions.lock(connection, DisputeRow, ref, expected)
    _touch(connection, row["disputed_claim_id"])
    versions.withdraw(connection, DisputeRow, row, reason)
    return read(connection, row["id"])


def restore(connection: Connection, ref: str, expected: Versions) -> Dispute:
    row = versions.lock(connection, DisputeRow, ref, expected)
    _touch(connection, row["disputed_claim_id"])
    versions.restore(connection, DisputeRow, row)
    return read(connection, row["id"])


def _touch(connection: Connection, claim_id: str) -> None:
    """Keeps the disputed claim as it is until this transaction ends, and touches the measurands of its figures."""
    connection.execute(select(ClaimRow.id).where(ClaimRow.id == claim_id).with_for_update(read=True)).all()
    found = select(FigureRow.measurand_id).where(FigureRow.claim_id == claim_id).distinct()
    measurands.touch(connection, connection.execute(found).scalars())


def _claimant(connection: Connection, claim_id: str) -> str:
    return str(connection.execute(select(ClaimRow.claimant_id).where(ClaimRow.id == claim_id)).scalar_one())


def _check(connection: Connection, values: Values) -> None:
    """What must hold between the fields of a dispute. Raises Invalid with a pointer to each that does not."""
    faults = []
    if values["disputing_claim_id"] is None and values["rationale"] is None:
        faults.append(Fault("/rationale", "Without a disputing claim, say why: a rationale is required."))
    if values["raised_by_id"] is None:
        faults.append(Fault("/raised_by", "Without a disputing claim, say who raises the dispute."))
    if values["disputing_claim_id"] == values["disputed_claim_id"]:
        faults.append(Fault("/disputing_claim", "A claim does not dispute itself."))
    if values["status"] == "resolved" and values["resolution"] is None:
        faults.append(Fault("/resolution", "A resolved dispute says how: a resolution is required."))
    if values["disputed_figure_id"] is not None:
        of = connection.execute(select(FigureRow.claim_id).where(FigureRow.id == values["disputed_figure_id"]))
        if of.scalar() != values["disputed_claim_id"]:
            faults.append(Fault("/disputed_figure", "The figure is not one of the disputed claim."))
    opened, closed = (parse_period(values[name]) if values[name] else None for name in ("opened", "closed"))
    if opened and closed and closed.latest < opened.earliest:
        faults.append(Fault("/closed", "The dispute would close before it opens."))
    if faults:
        raise Invalid(faults[0].detail, faults)


def _refuse_overstep(connection: Connection, values: Values, before: RowMapping | None) -> None:
    """Raises Forbidden for what another than the dispute's author decides."""
    role = versions.author(connection).role
    given = {name: values[name] for name in (*_FIELDS, *_COLUMNS)}
    field = overstep(role, given, dict(before) if before else None) if role is not None else None
    if field is not None:
        detail = "You may take your own open dispute back (taken_back); what else becomes of it, a curator says."
        raise Forbidden.at("/" + field.removesuffix("_id"), detail)


def _derive(values: Values) -> Values:
    return {**values, "opened_earliest": parse_period(values["opened"]).earliest if values["opened"] else None}
