"""The pages on which people add, change, withdraw and restore records.

Each form is sent at least twice. The first time it is only previewed: the change runs in a transaction that is rolled
back, and the page shows what would be. The second time it is saved, once: new records have the ids that the form came
with, and a change names the version that it was made to.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from service.api.dependencies import Db, Write
from service.api.form_fields import Fields
from service.api.problems import status_of
from service.db.engine import Connection, Database
from service.db.last_change import last_change
from service.domain.vocabulary import Basis, EntityKind, SourceKind
from service.errors import Invalid, NotFound, PreconditionFailed, ServiceError, TookTooLong
from service.schemas.claims import Claim
from service.schemas.disputes import DisputeCreate
from service.schemas.entities import EntityCreate
from service.schemas.equations import EquationCreate
from service.schemas.facets import FacetQuery
from service.schemas.faults import validated
from service.schemas.figures import FigureCreate
from service.schemas.metrics import MetricCreate
from service.schemas.pages import NewClaimQuery, NewRecordQuery
from service.schemas.propositions import PropositionCreate
from service.schemas.scopes import ScopeCreate
from service.schemas.sources import SourceCreate
from service.store.audit import history, undo
from service.store.lists import facets
from service.store.records import (
    claims,
    disputes,
    duplicates,
    entities,
    equations,
    figures,
    metrics,
    propositions,
    scopes,
    sources,
)
from service.store.records.editing import EDITABLE
from service.store.records.record_writes import new_id
from service.web.html import may_write, page
from service.web.route import FormRoute, pages
from service.web.sign_in import is_own_path
from service.web.write import claim_form
from service.web.write.fields import FIELDS, FormField, given, shown
from service.web.write.preview import Preview, rehearse

routes = pages(FormRoute)
_SUGGESTED = 100  # names of each field
_TITLES = {
    "source": "source", "entity": "person, organization or thing", "metric": "quantity", "scope": "part of a quantity",
    "claim": "claim", "figure": "figure", "dispute": "dispute", "equation": "equation", "proposition": "proposition",
}  # fmt: skip
_PATHS = {
    "source": "sources", "entity": "entities", "metric": "quantities", "claim": "claims", "equation": "equations",
    "proposition": "propositions",
}  # fmt: skip


def _or_empty(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """For templates, which ask for each field whether it has a value."""
    return defaultdict(str, values)


def _is_save(fields: Mapping[str, str]) -> bool:
    return fields.get("do") == "save"


def _saved(request: Request, path: str, before: int, **query: str) -> Response:
    """Leads to where the change is seen, and can be undone."""
    with request.app.state.database.read() as connection:
        made = undo.of_request(connection, request.state.request_id, before)
    asked = query | ({"saved": f"{made[0]}-{made[1]}"} if made else {})
    return RedirectResponse(f"{path}?{urlencode(asked)}" if asked else path, 303)


# Claims --------------------------------------------------------------------------------------------------------------


@routes.get("/write/claim")
def show_claim_form(request: Request, query: Annotated[NewClaimQuery, Query()], db: Db) -> Response:
    """An empty form, or one that is filled for a comparison, a source, or a copy of a claim."""
    with db.snapshot() as connection:
        fields = claim_form.prefilled(connection, query.model_dump())
        return _claim_page(request, connection, claim_form.Reading(fields))


@routes.post("/write/claim")
def submit_claim(request: Request, fields: Fields, db: Db, write: Write) -> Response:
    with db.read() as connection:
        reading = claim_form.read(connection, fields)
    body = reading.body()
    if body is None:
        return _reading_page(request, db, reading, 422)
    alike = _alike(db, reading, body)
    if not may_write(request.state.caller):
        return _reading_page(request, db, reading, 200, Preview(None, duplicates=alike))
    if not _is_save(fields):
        try:
            found = rehearse(write.database, write.author, lambda c: _created(c, reading, body))
        except ServiceError as error:
            reading.take(error)
            return _reading_page(request, db, reading, status_of(error), is_slow=isinstance(error, TookTooLong))
        return _reading_page(request, db, reading, 200, Preview(found.record, found.effects, found.others, alike))
    before = last_change(write.database).seq
    try:
        claim_id = write(lambda connection: claim_form.save(connection, reading, body))
    except ServiceError as error:
        reading.take(error)
        return _reading_page(request, db, reading, status_of(error))
    with write.database.read() as connection:
        claim = claims.PROJECTION.read(connection, claim_id)
    path = f"/comparisons/{claim.figures[0].measurand.key}" if claim.figures else f"/claims/{claim.key or claim.id}"
    return _saved(request, path, before, new=claim_id)


def _created(connection: Connection, reading: claim_form.Reading, body: Any) -> Callable[[], Any]:
    claim_id = claim_form.save(connection, reading, body)
    return lambda: claims.PROJECTION.read(connection, claim_id)


def _alike(db: Database, reading: claim_form.Reading, body: Any) -> list[Any]:
    """Claims and sources that may be the same. Only what is named already can have any."""
    new = {str(one.id) for _, one in reading.new}
    found: list[Any] = []
    with db.read() as connection:
        if not {body.subject, body.claimant} & new:
            for figure in body.figures:
                numbers = figure.model_dump()
                found += duplicates.of_claim(connection, body.subject, body.claimant, numbers, str(body.id))
        for kind, own in reading.new:
            if kind == "source":
                found += duplicates.of_source(connection, own.url, str(own.id))
    return found


def _reading_page(
    request: Request,
    db: Database,
    reading: claim_form.Reading,
    status: int,
    preview: Preview | None = None,
    *,
    is_slow: bool = False,
) -> Response:
    with db.snapshot() as connection:
        return _claim_page(request, connection, reading, status, preview, is_slow=is_slow)


def _claim_page(
    request: Request,
    connection: Connection,
    reading: claim_form.Reading,
    status: int = 200,
    preview: Preview | None = None,
    *,
    is_slow: bool = False,
) -> Response:
    origin = _origin(connection, reading.fields.get("derived_from"))
    suggested = {
        name: [one.label for one in facets.count(connection, FacetQuery(field=name, limit=_SUGGESTED)).values]
        for name in ("subject", "claimant", "metric")
    }
    return page(
        request,
        "write_claim.html",
        status,
        has_form=True,
        reading=reading,
        fields=_or_empty(reading.fields),
        problems=_or_empty(reading.problems),
        choices=_or_empty(reading.choices),
        preview=preview,
        suggested=suggested,
        origin=origin,
        bases=list(Basis),
        entity_kinds=list(EntityKind),
        source_kinds=list(SourceKind),
        is_slow=is_slow,
    )


def _origin(connection: Connection, ref: str | None) -> Claim | None:
    """The claim that this one repeats, to be shown beside it."""
    try:
        return claims.PROJECTION.read(connection, ref) if ref else None
    except NotFound:
        return None


# Other new records ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewKind:
    """How a record of a kind is created. `owner` is the field that names what it belongs to, given by the address."""

    body: type[BaseModel]
    create: Callable[[Connection, str | None, Any], Any]
    owner: str | None = None
    owned_in_body: bool = False


_NEW: dict[str, NewKind] = {
    "source": NewKind(SourceCreate, lambda c, _owner, body: sources.create(c, body)),
    "entity": NewKind(EntityCreate, lambda c, _owner, body: entities.create(c, body)),
    "metric": NewKind(MetricCreate, lambda c, _owner, body: metrics.create(c, body)),
    "scope": NewKind(ScopeCreate, lambda c, owner, body: scopes.create(c, owner or "", body), "metric"),
    "equation": NewKind(EquationCreate, lambda c, _owner, body: equations.create(c, body)),
    "proposition": NewKind(PropositionCreate, lambda c, _owner, body: propositions.create(c, body)),
    "figure": NewKind(FigureCreate, lambda c, _owner, body: figures.create(c, body), "claim", owned_in_body=True),
    "dispute": NewKind(
        DisputeCreate, lambda c, _owner, body: disputes.create(c, body), "disputed_claim", owned_in_body=True
    ),
}


def _new_kind(kind: str, owner: str | None) -> NewKind:
    found = _NEW.get(kind)
    if found is None or (found.owner is None) != (owner is None):
        raise NotFound("There is no form for this. Open it from the page of the record that it belongs to.")
    return found


@routes.get("/write/{kind}")
def show_new(kind: str, request: Request, query: Annotated[NewRecordQuery, Query()]) -> Response:
    _new_kind(kind, query.of)
    return _form_page(request, kind, {"id": new_id()}, owner=query.of)


@routes.post("/write/{kind}")
def submit_new(
    kind: str, request: Request, query: Annotated[NewRecordQuery, Query()], fields: Fields, write: Write
) -> Response:
    new = _new_kind(kind, query.of)
    content = {field.name: given(field, fields[field.name]) for field in FIELDS[kind] if field.name in fields}
    content["id"] = fields.get("id")
    if new.owned_in_body:
        content[str(new.owner)] = query.of
    failed: ServiceError | None = None
    found = None
    try:
        body = validated(new.body, content)
        if may_write(request.state.caller):
            if _is_save(fields):
                before = last_change(write.database).seq
                record = write(lambda connection: _made(connection, kind, new, query.of, body)())
                return _saved(request, _place(write.database, kind, record.id), before)
            found = rehearse(write.database, write.author, lambda c: _made(c, kind, new, query.of, body))
        else:
            found = Preview(None)
    except ServiceError as error:
        failed = error
    return _form_page(request, kind, fields, owner=query.of, preview=found, failed=failed)


def _made(connection: Connection, kind: str, new: NewKind, owner: str | None, body: Any) -> Callable[[], Any]:
    made = new.create(connection, owner, body)
    claim_form.refuse_withdrawn(connection, kind, made.id)
    return lambda: EDITABLE[kind].projection.read(connection, made.id)


# Changes -------------------------------------------------------------------------------------------------------------


@routes.get("/write/{kind}/{ref}")
def show_edit(kind: str, ref: str, request: Request, db: Db) -> Response:
    with db.read() as connection:
        record = _editable(connection, kind, ref)
    now = _shown(kind, record.model_dump())
    return _form_page(request, kind, now | {"version": str(record.version)}, record=record)


@routes.post("/write/{kind}/{ref}")
def submit_edit(kind: str, ref: str, request: Request, fields: Fields, write: Write) -> Response:
    """Changes the fields that differ from the version that the form showed. If somebody was faster, shows theirs."""
    database = write.database
    with database.read() as connection:
        record = _editable(connection, kind, ref)
        seen = _version_of(fields, record.version)
        base = record.model_dump() if seen == record.version else history.version(connection, kind, record.id, seen)
    was, now = _shown(kind, base), _shown(kind, record.model_dump())
    own = _fields_of(kind, record)
    mine = {field.name: fields.get(field.name, "") for field in own}
    changed = [name for name in mine if mine[name].strip() != was[name].strip()]
    if now == was:
        seen = record.version  # what has changed since is not in the form: nothing unseen is overwritten
    if seen != record.version:
        merged = {name: mine[name] if name in changed else now[name] for name in mine}
        theirs = [(field.label, was[field.name], now[field.name], merged[field.name])
                  for field in own if now[field.name] != was[field.name]]  # fmt: skip
        version = {"version": str(record.version)}
        return _form_page(request, kind, merged | version, 409, record=record, theirs=theirs)
    content = {field.name: given(field, mine[field.name]) for field in own if field.name in changed}
    failed: ServiceError | None = None
    found = None
    try:
        patch = validated(EDITABLE[kind].patch, content)
        if may_write(request.state.caller):
            versions = frozenset([seen])
            amend = EDITABLE[kind].module.amend
            if _is_save(fields):
                before = last_change(database).seq
                write(lambda connection: amend(connection, record.id, patch, versions))
                return _saved(request, _place(database, kind, record.id), before)
            found = rehearse(database, write.author, lambda c: _amended(c, kind, record.id, patch, versions))
        else:
            found = Preview(None)
    except PreconditionFailed:
        return submit_edit(kind, ref, request, fields, write)  # somebody was faster by a moment: shows theirs
    except ServiceError as error:
        failed = error
    sent = fields | mine | {"version": str(seen)}
    return _form_page(request, kind, sent, record=record, preview=found, failed=failed)


def _amended(connection: Connection, kind: str, record_id: str, patch: Any, versions: Any) -> Callable[[], Any]:
    EDITABLE[kind].module.amend(connection, record_id, patch, versions)
    return lambda: EDITABLE[kind].projection.read(connection, record_id)


def _editable(connection: Connection, kind: str, ref: str) -> Any:
    if kind not in EDITABLE:
        raise NotFound("There is no form for this.")
    return EDITABLE[kind].projection.read(connection, ref)


def _version_of(fields: Mapping[str, str], newest: int) -> int:
    text = fields.get("version", "")
    version = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= version <= newest:
        raise Invalid("This form names no version of the record. Open it again.")
    return version


def _fields_of(kind: str, record: Any) -> list[FormField]:
    """The fields of the form. Of a stored record, those that can change: a key that is set already cannot."""
    if record is None:
        return list(FIELDS[kind])
    known = EDITABLE[kind].patch.model_fields
    return [one for one in FIELDS[kind] if one.name in known and (one.name != "key" or record.key is None)]


def _shown(kind: str, record: Mapping[str, Any]) -> dict[str, str]:
    """The fields as the form shows them. Of a claim, only what its author sets."""
    if kind == "claim":
        status = "retracted" if record["status"] == "retracted" else "active"
        role = None if record["claimant_role_inferred"] else record["claimant_role"]
        record = {**record, "status": status, "claimant_role": role}
    return {field.name: shown(field, record.get(field.name)) for field in FIELDS[kind]}


# Withdrawing, restoring, undoing -------------------------------------------------------------------------------------


@routes.get("/write/{kind}/{ref}/{act}")
def show_withdrawal(kind: str, ref: str, act: str, request: Request, db: Db) -> Response:
    _check(act)
    with db.read() as connection:
        record = _editable(connection, kind, ref)
    return _withdrawal_page(request, kind, act, record, {"version": str(record.version)})


@routes.post("/write/{kind}/{ref}/{act}")
def submit_withdrawal(kind: str, ref: str, act: str, request: Request, fields: Fields, write: Write) -> Response:
    _check(act)
    with write.database.read() as connection:
        record = _editable(connection, kind, ref)
    seen, module = frozenset([_version_of(fields, record.version)]), EDITABLE[kind].module
    reason = fields.get("reason", "").strip()
    if act == "withdraw" and not reason:
        return _withdrawal_page(request, kind, act, record, fields, problem="Say why: it stays on record.")

    def change(connection: Connection) -> Callable[[], Any]:
        if act == "withdraw":
            module.withdraw(connection, record.id, reason[:1000], seen)
        else:
            module.restore(connection, record.id, seen)
        return lambda: EDITABLE[kind].projection.read(connection, record.id)

    found: Preview | None = None
    try:
        if may_write(request.state.caller):
            if _is_save(fields):
                before = last_change(write.database).seq
                write(change)
                return _saved(request, _place(write.database, kind, record.id), before)
            found = rehearse(write.database, write.author, change)
        else:
            found = Preview(None)
    except PreconditionFailed as error:
        fields = fields | {"version": str(record.version)}
        detail = f"{error.detail} It is shown as it is now: send the form again if you still want to."
        return _withdrawal_page(request, kind, act, record, fields, problem=detail, status=409)
    except ServiceError as error:
        is_slow = isinstance(error, TookTooLong)
        status = status_of(error)
        return _withdrawal_page(
            request, kind, act, record, fields, problem=error.detail, status=status, is_slow=is_slow
        )
    return _withdrawal_page(request, kind, act, record, fields, preview=found)


def _withdrawal_page(
    request: Request,
    kind: str,
    act: str,
    record: Any,
    fields: Mapping[str, str],
    preview: Preview | None = None,
    problem: str | None = None,
    status: int | None = None,
    *,
    is_slow: bool = False,
) -> Response:
    return page(
        request,
        "write_withdrawal.html",
        status or (422 if problem else 200),
        has_form=True,
        kind=kind,
        noun=_TITLES[kind],
        act=act,
        name=_name(record),
        fields=_or_empty(fields),
        preview=preview,
        problem=problem,
        is_slow=is_slow,
    )


def _check(act: str) -> None:
    if act not in ("withdraw", "restore"):
        raise NotFound("There is no form for this.")


def _name(record: Any) -> str:
    names = (getattr(record, field, None) for field in ("statement", "title", "name", "stated_as", "rationale"))
    return str(next(filter(None, names), record.id))


@routes.post("/undo")
def undo_save(request: Request, fields: Fields, write: Write) -> Response:
    """Undoes one save of the caller's."""
    first, _, last = fields.get("saved", "").partition("-")
    if not (first.isascii() and first.isdigit() and last.isascii() and last.isdigit() and len(first + last) < 37):
        raise NotFound("There is no save of this number.")
    write(lambda connection: undo.undo(connection, int(first), int(last)))
    back = fields.get("back", "/")
    return page(request, "undone.html", has_form=True, back=back if is_own_path(back) else "/")


# Pages ---------------------------------------------------------------------------------------------------------------


def _place(database: Database, kind: str, record_id: str) -> str:
    """The page on which a record is seen."""
    with database.read() as connection:
        record = EDITABLE[kind].projection.read(connection, record_id)
    if kind in _PATHS:
        return f"/{_PATHS[kind]}/{record.key or record.id}"
    if kind == "figure":
        return f"/comparisons/{record.measurand.key}"
    if kind == "scope":
        return f"/quantities/{record.metric.key}"
    return f"/claims/{record.disputed_claim.key or record.disputed_claim.id}"


def _problems(kind: str, error: ServiceError) -> dict[str, str]:
    """What is wrong, by field; by the empty name what is wrong with none of them."""
    known = {field.name for field in FIELDS[kind]}
    found: dict[str, str] = {}
    for fault in error.faults:
        name = fault.pointer.split("/")[1] if "/" in fault.pointer else ""
        found.setdefault(name if name in known else "", fault.detail)
    return found or {"": error.detail}


def _form_page(
    request: Request,
    kind: str,
    fields: Mapping[str, str],
    status: int = 200,
    *,
    record: Any = None,
    owner: str | None = None,
    preview: Preview | None = None,
    failed: ServiceError | None = None,
    theirs: list[tuple[str, str, str, str]] | None = None,
) -> Response:
    return page(
        request,
        "write_record.html",
        status if failed is None else status_of(failed),
        has_form=True,
        kind=kind,
        noun=_TITLES[kind],
        form_fields=_fields_of(kind, record),
        fields=_or_empty(fields),
        record=record,
        owner=owner,
        preview=preview,
        problems=_or_empty({} if failed is None else _problems(kind, failed)),
        is_slow=isinstance(failed, TookTooLong),
        theirs=theirs or [],
    )
