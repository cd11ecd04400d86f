"""Claims with their figures: reading and changing them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, exists, select
from sqlalchemy.orm import aliased

from service.db.tables import ClaimRow, EntityRow, FigureRow, MetricRow, ScopeRow, SourceRow
from service.domain.period import parse_period
from service.domain.vocabulary import ClaimStatus
from service.errors import Conflict
from service.schemas.claims import Claim, ClaimCreate, ClaimPage, ClaimPatch
from service.schemas.queries import ClaimQuery
from service.store import figures, graph, measurands, rows, search, versions
from service.store.pages import fetch_page
from service.store.rows import Values
from service.store.stating import STATED, Prepared, prepare, subject_of
from service.store.versions import Created, Versions

_CLAIMANT, _SUBJECT = aliased(EntityRow), aliased(EntityRow)
_ORIGIN, _OLDER, _NEWER = aliased(ClaimRow), aliased(ClaimRow), aliased(ClaimRow)
_FIELDS = ["key", "claimant_role", "statement", "quote", "locator", "asserted", "status", "notes"]
_REFS = {
    "source": SourceRow,
    "claimant": EntityRow,
    "subject": EntityRow,
    "derived_from": ClaimRow,
    "supersedes": ClaimRow,
}
_CLAIM_REF = ("id", "key", "statement")
SELECT: Select[*tuple[Any, ...]] = (
    select(
        *rows.head(ClaimRow),
        *(getattr(ClaimRow, name) for name in _FIELDS),
        *rows.embed("source", SourceRow, "id", "key", "title"),
        *rows.embed("claimant", _CLAIMANT, "id", "key", "name"),
        *rows.embed("subject", _SUBJECT, "id", "key", "name"),
        *rows.embed("derived_from", _ORIGIN, *_CLAIM_REF),
        *rows.embed("supersedes", _OLDER, *_CLAIM_REF),
        *rows.embed("superseded_by", _NEWER, *_CLAIM_REF),
    )
    .join(SourceRow, SourceRow.id == ClaimRow.source_id)
    .join(_CLAIMANT, _CLAIMANT.id == ClaimRow.claimant_id)
    .join(_SUBJECT, _SUBJECT.id == ClaimRow.subject_id)
    .outerjoin(_ORIGIN, _ORIGIN.id == ClaimRow.derived_from_id)
    .outerjoin(_OLDER, _OLDER.id == ClaimRow.supersedes_id)
    .outerjoin(_NEWER, _NEWER.id == ClaimRow.superseded_by_id)
)
SORTS = {name: getattr(ClaimRow, name) for name in ("created_at", "updated_at")}


# Reading -------------------------------------------------------------------------------------------------------------


def read(connection: Connection, ref: str) -> Claim:
    return with_figures(connection, [rows.one(connection, ClaimRow, SELECT, ref)])[0]


def by_ids(connection: Connection, ids: Collection[str]) -> list[Claim]:
    return with_figures(connection, rows.fetch(connection, SELECT.where(ClaimRow.id.in_(ids))))


def page(connection: Connection, query: ClaimQuery) -> ClaimPage:
    statement = SELECT.where(*_conditions(connection, query))
    found, cursor = fetch_page(connection, statement, SORTS, ClaimRow.id, query, query.sort)
    return ClaimPage(items=with_figures(connection, found), next_cursor=cursor)


def with_figures(connection: Connection, found: list[Values]) -> list[Claim]:
    by_claim = figures.of_claims(connection, [row["id"] for row in found])
    return [Claim.model_validate({**row, "figures": by_claim[row["id"]]}) for row in found]


def _conditions(connection: Connection, query: ClaimQuery) -> list[Any]:
    found = rows.basic_conditions(ClaimRow, query)
    refs = (
        (query.subject, EntityRow, ClaimRow.subject_id, "subject"),
        (query.claimant, EntityRow, ClaimRow.claimant_id, "claimant"),
        (query.source, SourceRow, ClaimRow.source_id, "source"),
        (query.derived_from, ClaimRow, ClaimRow.derived_from_id, "derived_from"),
    )
    found += [rows.any_of(c, rows.filter_ids(connection, t, given, name)) for given, t, c, name in refs if given]
    if "all" not in query.status:
        found.append(rows.any_of(ClaimRow.status, query.status))
    if query.claimant_role:
        found.append(rows.any_of(ClaimRow.claimant_role, query.claimant_role))
    if query.asserted_from:
        found.append(ClaimRow.asserted_latest >= query.asserted_from)
    if query.asserted_to:
        found.append(ClaimRow.asserted_earliest <= query.asserted_to)
    if query.text:
        found.append(search.has_words(connection, ClaimRow, query.text))
    return found + _figure_conditions(connection, query)


def _figure_conditions(connection: Connection, query: ClaimQuery) -> list[Any]:
    """The claim has one figure, not withdrawn, that meets all of these."""
    found: list[Any] = []
    if query.metric:
        ids = rows.filter_ids(connection, MetricRow, query.metric, "metric")
        found.append(rows.any_of(FigureRow.metric_id, ids))
    if query.scope:
        found.append(rows.any_of(FigureRow.scope_id, rows.filter_ids(connection, ScopeRow, query.scope, "scope")))
    if query.basis:
        found.append(rows.any_of(FigureRow.basis, query.basis))
    if not found:
        return []
    return [exists().where(FigureRow.claim_id == ClaimRow.id, FigureRow.withdrawn_at.is_(None), *found)]


# Writing -------------------------------------------------------------------------------------------------------------


def create(connection: Connection, body: ClaimCreate) -> Created:
    values = body.model_dump(exclude={*_REFS, "figures"})
    stored = versions.stored(connection, ClaimRow, values)
    links = rows.resolve_refs(connection, body, _REFS, stored)
    values |= links
    ids = [figure.id for figure in body.figures]
    pointers = [f"/figures/{index}" for index in range(len(body.figures))]
    stated = prepare(
        connection,
        subject_of(connection, links["subject_id"]),
        [figure.model_dump() for figure in body.figures],
        pointers,
    )
    measurands.lock_origins(connection, links["derived_from_id"])
    older = _lock_superseded(connection, links["supersedes_id"], links["claimant_id"])
    _refuse_foreign_superseded(connection, older)
    if stored is None:
        _refuse_second_successor(connection, links["supersedes_id"], None)
    made = versions.create(connection, ClaimRow, _derive(values), {"status": str(ClaimStatus.ACTIVE)})
    if not made.is_new:
        _refuse_other_figures(connection, made.id, ids, stated)
        return made
    _index(connection, made.id, values)
    figures.check_new(connection, ids, stated, pointers)
    measurands.ensure(connection, [figure.named for figure in stated])
    touched = {figure.named.measurand.id for figure in stated} | measurands.touched_by(connection, older)
    measurands.lock(connection, touched)
    figures.insert_into(connection, made.id, ids, stated)
    _mark_superseded(connection, older)
    measurands.refresh(connection, touched)
    return made


def amend(connection: Connection, ref: str, patch: ClaimPatch, expected: Versions) -> Claim:
    given = patch.model_fields_set
    if given & {"derived_from", "supersedes"}:
        graph.lock_links(connection)
    row = versions.lock(connection, ClaimRow, ref, expected)
    links = rows.resolve_refs(connection, patch, _REFS, row)
    for column in ("derived_from_id", "supersedes_id"):
        parent, pointer = links.get(column), "/" + column.removesuffix("_id")
        graph.refuse_cycle(connection, ClaimRow.id, getattr(ClaimRow, column), row["id"], parent, pointer)
    measurands.lock_origins(connection, links.get("derived_from_id", row["derived_from_id"]))
    claimant = links.get("claimant_id", row["claimant_id"])
    pointer = "/supersedes" if "supersedes" in given else "/claimant"
    older = _lock_superseded(connection, links.get("supersedes_id", row["supersedes_id"]), claimant, pointer)
    _refuse_foreign_superseded(connection, older - {row["supersedes_id"]})
    older |= {row["supersedes_id"]} - {None}
    if claimant != row["claimant_id"]:
        _refuse_if_superseded_by_other(connection, row["id"])
    changes = patch.model_dump(exclude=set(_REFS)) | links
    stands_again = row["status"] == ClaimStatus.RETRACTED and changes.get("status") == ClaimStatus.ACTIVE
    if "supersedes" in given or stands_again:
        _refuse_second_successor(connection, links.get("supersedes_id", row["supersedes_id"]), row["id"])
    if changes.get("status") == ClaimStatus.ACTIVE and _successor(connection, row["id"]) is not None:
        changes["status"] = ClaimStatus.SUPERSEDED  # taking a retraction back does not undo what came after
    touched = measurands.touched_by(connection, [row["id"], *older])
    moved = _move_figures(connection, row, links.get("subject_id", row["subject_id"]))
    touched |= {figure.named.measurand.id for _, figure in moved}
    measurands.lock(connection, touched)
    values = _derive({**rows.content(row, _FIELDS), **changes})
    if versions.amend(connection, ClaimRow, row, values):
        _index(connection, row["id"], values)
        for figure_row, figure in moved:
            versions.save(connection, FigureRow, figure_row, figure.values)
        _mark_superseded(connection, older | {row["id"]})
        measurands.refresh(connection, touched)
    return read(connection, row["id"])


def withdraw(connection: Connection, ref: str, reason: str, expected: Versions) -> Claim:
    row = versions.lock(connection, ClaimRow, ref, expected)
    older, touched = _reach(connection, row)
    versions.withdraw(connection, ClaimRow, row, reason)
    _mark_superseded(connection, older)
    measurands.refresh(connection, touched)
    return read(connection, row["id"])


def restore(connection: Connection, ref: str, expected: Versions) -> Claim:
    row = versions.lock(connection, ClaimRow, ref, expected)
    older, touched = _reach(connection, row)
    _refuse_second_successor(connection, row["supersedes_id"], row["id"])
    versions.restore(connection, ClaimRow, row)
    _mark_superseded(connection, older)
    measurands.refresh(connection, touched)
    return read(connection, row["id"])


def _reach(connection: Connection, row: RowMapping) -> tuple[set[str], set[str]]:
    """What a claim's coming or going touches, locked: the claim it supersedes, and measurands."""
    measurands.lock_origins(connection, row["derived_from_id"])
    older = _lock_superseded(connection, row["supersedes_id"], row["claimant_id"])
    touched = measurands.touched_by(connection, [row["id"], *older])
    measurands.lock(connection, touched)
    return older, touched


def _derive(values: Values) -> Values:
    period = parse_period(values["asserted"]) if values["asserted"] else None
    return {
        **values,
        "asserted_earliest": period.earliest if period else None,
        "asserted_latest": period.latest if period else None,
    }


def _index(connection: Connection, claim_id: str, values: Values) -> None:
    search.index(connection, ClaimRow, claim_id, [values["statement"], values["quote"]])


def _refuse_other_figures(connection: Connection, claim_id: str, ids: list[str | None], stated: list[Prepared]) -> None:
    """Raises Conflict unless the stored claim has just these figures, with these ids where ids are given."""
    statement = select(*FigureRow.__table__.columns).where(FigureRow.claim_id == claim_id)
    live = statement.where(FigureRow.withdrawn_at.is_(None)).order_by(FigureRow.position)
    stored = connection.execute(live).mappings().all()
    same = len(stored) == len(stated) and not any(map(Prepared.differing, stated, stored))
    if not same or any(given not in (None, row["id"]) for given, row in zip(ids, stored, strict=True)):
        raise versions.already_stored(ClaimRow, ["figures"])


def _move_figures(connection: Connection, row: RowMapping, subject_id: str) -> list[tuple[RowMapping, Prepared]]:
    """The claim's figures as they are about another subject; none if that is the same. Their measurands are ensured."""
    if subject_id == row["subject_id"]:
        return []
    statement = select(*FigureRow.__table__.columns).where(FigureRow.claim_id == row["id"])
    stored = connection.execute(statement).mappings().all()
    fields = [{n: f[n] for n in STATED} | {"metric": f["metric_id"], "scope": f["scope_id"]} for f in stored]
    prepared = prepare(connection, subject_of(connection, subject_id), fields, ["" for _ in fields])
    measurands.ensure(connection, [figure.named for figure in prepared])
    return list(zip(stored, prepared, strict=True))


# Relays and superseding ----------------------------------------------------------------------------------------------


def _lock_superseded(
    connection: Connection, claim_id: str | None, claimant_id: str, pointer: str = "/supersedes"
) -> set[str]:
    """Locks the claim that is superseded. Raises Conflict if another claimant made it."""
    if claim_id is None:
        return set()
    statement = select(ClaimRow.claimant_id).where(ClaimRow.id == claim_id).with_for_update()
    if connection.execute(statement).scalar_one() != claimant_id:
        raise Conflict.at(pointer, "A claim is superseded by the same claimant only; others may dispute it.")
    return {claim_id}


def _refuse_foreign_superseded(connection: Connection, claim_ids: set[str]) -> None:
    """What is superseded leaves every aggregate, so to supersede is to change. Raises Forbidden for others' claims."""
    for row in connection.execute(select(ClaimRow.created_by).where(ClaimRow.id.in_(claim_ids))).mappings():
        versions.refuse_foreign(connection, ClaimRow, row, "/supersedes")


def _refuse_second_successor(connection: Connection, superseded: str | None, own: str | None) -> None:
    """A claim has one standing successor, so that what stood on a given day can be told."""
    successor = _successor(connection, superseded) if superseded is not None else None
    if successor not in (None, own):
        raise Conflict.at("/supersedes", "That claim is superseded already; supersede the one that replaced it.")


def _refuse_if_superseded_by_other(connection: Connection, claim_id: str) -> None:
    if connection.execute(select(ClaimRow.id).where(ClaimRow.supersedes_id == claim_id).limit(1)).first():
        raise Conflict.at("/claimant", "A later claim of this claimant supersedes this one; change that one first.")


def _successor(connection: Connection, claim_id: str) -> str | None:
    """The latest standing claim that supersedes this one."""
    standing = select(ClaimRow.id).where(
        ClaimRow.supersedes_id == claim_id, ClaimRow.withdrawn_at.is_(None), ClaimRow.status != ClaimStatus.RETRACTED
    )
    return connection.execute(standing.order_by(ClaimRow.created_at.desc(), ClaimRow.id.desc()).limit(1)).scalar()


def _mark_superseded(connection: Connection, claim_ids: set[str]) -> None:
    """Sets status and superseded_by of claims by what now stands: the latest claim that supersedes each, if any."""
    for claim_id in sorted(claim_ids):
        row = versions.lock(connection, ClaimRow, claim_id, None)
        newer = _successor(connection, claim_id)
        status = row["status"]
        if status != ClaimStatus.RETRACTED:
            status = ClaimStatus.SUPERSEDED if newer else ClaimStatus.ACTIVE
        versions.save(connection, ClaimRow, row, {"superseded_by_id": newer, "status": str(status)})
