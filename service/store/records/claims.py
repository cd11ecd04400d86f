"""Claims with their figures: reading and changing them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, Select, literal, select
from sqlalchemy.orm import aliased

from service.db.json_select import JsonSelect, json_list
from service.db.models import ClaimRow, EntityRow, FigureRow, MetricRow, ScopeRow, SourceRow
from service.db.types import Day
from service.domain.period import parse_period
from service.domain.vocabulary import ClaimStatus
from service.errors import Invalid
from service.schemas.claims import Claim, ClaimCreate, ClaimPage, ClaimPatch
from service.store import rows
from service.store.comparisons import summary
from service.store.lists.as_of import stood_on
from service.store.lists.filters import AnyOf, Filter, HasOne, HasWords, RefTo, Value, withdrawn
from service.store.lists.pagination import record_list
from service.store.records import (
    chains,
    claim_idempotency,
    claim_succession,
    figures,
    record_writes,
    references,
    stances,
    voices,
)
from service.store.records.claim_creation import REFS, Draft, derive, drafts_of
from service.store.records.claim_idempotency import Given, Repeated
from service.store.records.figure_intervals import STATED
from service.store.records.figure_validation import CheckedFigure, check_figures, context_of
from service.store.records.figures import NewFigure
from service.store.records.projection import Projection
from service.store.records.record_writes import Versions
from service.store.records.role_columns import role_columns
from service.store.rows import Values

_CLAIMANT, _SUBJECT = aliased(EntityRow, name="claimant"), aliased(EntityRow, name="subject")
_SPOKEN_FOR, _VOICE = aliased(EntityRow, name="spoken_for"), aliased(EntityRow, name="voice")
_ORIGIN, OLDER, NEWER = (aliased(ClaimRow, name=name) for name in ("origin", "older", "newer"))
_FIELDS = ["key", "claimant_role", "statement", "quote", "locator", "asserted", "status", "retracted_on", "notes"]

_CLAIM_REF = ("id", "key", "statement")
SELECT: Select[*tuple[Any, ...]] = (
    select(
        *rows.head(ClaimRow),
        *(getattr(ClaimRow, name) for name in _FIELDS if name != "claimant_role"),
        *role_columns(ClaimRow),
        *rows.embed("source", SourceRow, "id", "key", "title"),
        *rows.embed("claimant", _CLAIMANT, "id", "key", "name"),
        *rows.embed("speaks_for", _SPOKEN_FOR, "id", "key", "name"),
        *rows.embed("voice", _VOICE, "id", "key", "name"),
        *rows.embed("subject", _SUBJECT, "id", "key", "name"),
        *rows.embed("derived_from", _ORIGIN, *_CLAIM_REF),
        *rows.embed("supersedes", OLDER, *_CLAIM_REF),
        *rows.embed("superseded_by", NEWER, *_CLAIM_REF),
    )
    .join(SourceRow, SourceRow.id == ClaimRow.source_id)
    .join(_CLAIMANT, _CLAIMANT.id == ClaimRow.claimant_id)
    .join(_SUBJECT, _SUBJECT.id == ClaimRow.subject_id)
    .join(_VOICE, _VOICE.id == ClaimRow.voice_id)
    .outerjoin(_SPOKEN_FOR, _SPOKEN_FOR.id == ClaimRow.speaks_for_id)
    .outerjoin(_ORIGIN, _ORIGIN.id == ClaimRow.derived_from_id)
    .outerjoin(OLDER, OLDER.id == ClaimRow.supersedes_id)
    .outerjoin(NEWER, NEWER.id == ClaimRow.superseded_by_id)
)
_STATED_HERE = "figure.claim_id = claim.id AND figure.withdrawn_at IS NULL"
ROWS = JsonSelect(
    SELECT,
    list(Claim.model_fields),
    {
        "figures": json_list(figures.IN_CLAIM, figures.with_refs, FigureRow.position, _STATED_HERE),
        "stances": stances.IN_CLAIM,
    },
)
PROJECTION = Projection(ClaimRow, Claim, ROWS)
SORTS = {name: getattr(ClaimRow, name) for name in ("created_at", "updated_at")}
FILTERS: dict[str, Filter] = {
    "id": AnyOf(ClaimRow.id),
    "withdrawn": withdrawn(ClaimRow),
    "subject": RefTo(EntityRow, ClaimRow.subject_id),
    "claimant": RefTo(EntityRow, ClaimRow.claimant_id),
    "source": RefTo(SourceRow, ClaimRow.source_id),
    "derived_from": RefTo(ClaimRow, ClaimRow.derived_from_id),
    "claimant_role": AnyOf(ClaimRow.effective_role, in_parts=True),
    "status": AnyOf(ClaimRow.status, in_parts=True),
    "asserted_from": Value(Day(), lambda day: ClaimRow.asserted_latest >= day),
    "asserted_to": Value(Day(), lambda day: ClaimRow.asserted_earliest <= day),
    "text": HasWords(ClaimRow),
    "figure": HasOne(
        [FigureRow.claim_id == ClaimRow.id, FigureRow.withdrawn_at.is_(None)],
        {
            "metric": RefTo(MetricRow, FigureRow.metric_id),
            "scope": RefTo(ScopeRow, FigureRow.scope_id),
            "basis": AnyOf(FigureRow.basis),
        },
    ),
    "as_of": Value(Day(), stood_on),
}
LIST = record_list(ClaimPage, ROWS, FILTERS, SORTS, ClaimRow.id)


def statuses(connection: Connection, refs: Collection[str]) -> dict[str, tuple[str, str | None]]:
    """Returns the status of claims, and the day of their retraction, by each id and key."""
    columns = ClaimRow.id, ClaimRow.key, ClaimRow.status, ClaimRow.retracted_on
    statement = references.rows_named(ClaimRow).with_only_columns(*columns)
    found = connection.execute(statement, references.named(refs)).all() if refs else []
    return {ref: (row.status, row.retracted_on) for row in found for ref in (row.id, row.key)}


# Writing -------------------------------------------------------------------------------------------------------------


_NOTHING_RETRACTED: Mapping[int, str | None] = {}


class CreatedClaim(NamedTuple):
    """`figures_new` is the number of given figures that were not stored before."""

    id: str
    is_new: bool
    figures_new: int


def create(connection: Connection, body: ClaimCreate) -> CreatedClaim:
    return create_all(connection, [body])[0]


def create_all(
    connection: Connection,
    bodies: Sequence[ClaimCreate],
    given: Given = "all",
    retracted: Mapping[int, str | None] = _NOTHING_RETRACTED,
) -> list[CreatedClaim]:
    """Creates claims, no two of which may be the same.

    No claim may refer to another one of the batch, except that a relay may derive from an earlier one that is not a
    relay. The number of statements does not grow with the number of claims, only with the number of relays of stored
    claims and of superseding claims.

    `given` says how the given figures relate to those of a stored claim. With "more", only the fields that are set are
    compared with it. `retracted` holds the places of claims that are new and retracted already, as in an export, with
    the day if it is known: they succeed no other claim.
    """
    drafts = drafts_of(connection, bodies)
    own = {draft.values["id"] for draft in drafts if draft.stored is None}
    replaced = {
        older
        for place, draft in enumerate(drafts)
        for older in _lock_links(connection, draft, own, stands=place not in retracted)
    }
    contents = [draft.set_columns() if given == "more" and draft.stored else derive(draft.values) for draft in drafts]
    stored = [draft.stored for draft in drafts]
    derived = voices.derived(connection, [draft.values for draft in drafts])
    statuses = [_first_status(place, retracted) | columns for place, columns in enumerate(derived)]
    made = record_writes.create_all(connection, ClaimRow, contents, stored, statuses)
    pairs = list(zip(made, drafts, strict=True))
    repeated = [Repeated(one.id, d.body.figures, d.figures) for one, d in pairs if not one.is_new]
    added = claim_idempotency.compare(connection, repeated, given)
    _refuse_other_stances(connection, [(one.id, draft) for one, draft in pairs if not one.is_new], given)
    new = [(one.id, draft) for one, draft in pairs if one.is_new]
    if new:
        added_figures = [
            NewFigure(claim_id, position, figure)
            for claim_id, draft in new
            for position, figure in enumerate(draft.figures, 1)
        ]
        at = [f"/figures/{one.position - 1}" for one in added_figures]
        figures.check_new(connection, [one.figure for one in added_figures], at)
        figures.insert_all(connection, added_figures)
        stances.insert_all(connection, {claim_id: draft.stances for claim_id, draft in new})
        claim_succession.mark(connection, replaced)
        summary.mark_claims_stale(connection, replaced)
    return [CreatedClaim(*one, len(draft.figures) if one.is_new else added[one.id]) for one, draft in pairs]


def _refuse_other_stances(connection: Connection, repeated: Sequence[tuple[str, Draft]], given: Given) -> None:
    stored = stances.of_claims(connection, [claim_id for claim_id, _ in repeated]) if repeated else {}
    for claim_id, draft in repeated:
        is_compared = given == "all" or "stances" in draft.body.model_fields_set
        if is_compared and stored[claim_id] != draft.stances:
            raise record_writes.already_stored(ClaimRow, claim_id, ["stances"])


def _first_status(place: int, retracted: Mapping[int, str | None]) -> Values:
    status = ClaimStatus.RETRACTED if place in retracted else ClaimStatus.ACTIVE
    return {"status": str(status), **_retraction(retracted.get(place))}


def _retraction(day: str | None) -> Values:
    return {"retracted_on": day, "retracted_latest": parse_period(day).latest if day else None}


def _lock_links(connection: Connection, draft: Draft, own: Collection[str], *, stands: bool) -> set[str]:
    """Locks the claims that this one relays and supersedes. Returns the superseded one if this claim is new.

    `own` holds the ids of new claims of the same batch, which no other transaction sees yet.
    """
    if draft.values["derived_from_id"] not in own:
        summary.lock_origins(connection, draft.values["derived_from_id"])
    older = claim_succession.lock(connection, draft.values["supersedes_id"], draft.values["claimant_id"])
    claim_succession.refuse_foreign(connection, older)
    if draft.stored is not None:
        return set()
    if stands:
        claim_succession.refuse_second(connection, draft.values["supersedes_id"], None)
    claim_succession.refuse_long(connection, draft.values["supersedes_id"])
    return older


def amend(connection: Connection, ref: str, patch: ClaimPatch, expected: Versions) -> str:
    given = patch.model_fields_set
    if given & {"derived_from", "supersedes"}:
        chains.lock_links(connection)
    row = record_writes.lock(connection, ClaimRow, ref, expected)
    links = references.resolve(connection, patch, REFS, row)
    for column, longest in (("derived_from_id", chains.MAX_CHAIN), ("supersedes_id", chains.MAX_VERSIONS)):
        parent, pointer = links.get(column), "/" + column.removesuffix("_id")
        chains.refuse_cycle(connection, ClaimRow.id, getattr(ClaimRow, column), row["id"], parent, pointer, longest)
        claim_succession.refuse_mixed_circle(connection, row["id"], parent, pointer)
    summary.lock_origins(connection, links.get("derived_from_id", row["derived_from_id"]))
    claimant = links.get("claimant_id", row["claimant_id"])
    pointer = "/supersedes" if "supersedes" in given else "/claimant"
    older = claim_succession.lock(connection, links.get("supersedes_id", row["supersedes_id"]), claimant, pointer)
    claim_succession.refuse_foreign(connection, older - {row["supersedes_id"]})
    older |= {row["supersedes_id"]} - {None}
    if claimant != row["claimant_id"]:
        claim_succession.refuse_if_superseded_by_other(connection, row["id"])
    changes = patch.model_dump(exclude={*REFS, "stances"}) | links
    changes |= _changed_retraction(connection, row, changes)
    stands_again = row["status"] == ClaimStatus.RETRACTED and changes.get("status") == ClaimStatus.ACTIVE
    if stands_again:
        record_writes.refuse_foreign_decision(connection, ClaimRow, row["id"], "status")
    if "supersedes" in given or stands_again:
        claim_succession.refuse_second(connection, links.get("supersedes_id", row["supersedes_id"]), row["id"])
    if changes.get("status") == ClaimStatus.ACTIVE and claim_succession.successor_of(connection, row["id"]) is not None:
        changes["status"] = ClaimStatus.SUPERSEDED  # undoing a retraction does not undo a later supersession
    values = derive({**rows.content(row, [*_FIELDS, *(f"{name}_id" for name in REFS)]), **changes})
    (derived,) = voices.derived(connection, [values])
    values |= derived
    moved = _move_figures(connection, row, values)
    if _replace_stances(connection, row, patch) and all(row[name] == value for name, value in values.items()):
        record_writes.bump(connection, ClaimRow, row, {})
    elif record_writes.amend(connection, ClaimRow, row, values):
        for figure_row, figure in moved:
            record_writes.save(connection, FigureRow, figure_row, figure.columns)
            summary.mark_stale(connection, [figure_row["measurand_id"]])  # the one that it moved from
        claim_succession.mark(connection, older | {row["id"]})
        summary.mark_claims_stale(connection, {row["id"], *older})
    return str(row["id"])


def _replace_stances(connection: Connection, row: RowMapping, patch: ClaimPatch) -> bool:
    """Whether the patch changes the stances."""
    if "stances" not in patch.model_fields_set:
        return False
    record_writes.refuse_withdrawn(ClaimRow, row)
    (checked,) = stances.check(connection, [patch.stances], [row["id"]])  # type: ignore[list-item]
    return stances.replace(connection, row["id"], checked)


def withdraw(connection: Connection, ref: str, reason: str, expected: Versions) -> str:
    row = record_writes.lock(connection, ClaimRow, ref, expected)
    older = _reach(connection, row)
    record_writes.withdraw(connection, ClaimRow, row, reason)
    claim_succession.mark(connection, older)
    return str(row["id"])


def restore(connection: Connection, ref: str, expected: Versions) -> str:
    row = record_writes.lock(connection, ClaimRow, ref, expected)
    older = _reach(connection, row)
    if row["status"] != ClaimStatus.RETRACTED:
        claim_succession.refuse_second(connection, row["supersedes_id"], row["id"])
    record_writes.restore(connection, ClaimRow, row)
    claim_succession.mark(connection, older)
    return str(row["id"])


def _reach(connection: Connection, row: RowMapping) -> set[str]:
    """Locks the claims that a withdrawal or restoration affects, and marks summaries stale. Returns the superseded
    claim.
    """
    summary.lock_origins(connection, row["derived_from_id"])
    older = claim_succession.lock(connection, row["supersedes_id"], row["claimant_id"])
    summary.mark_claims_stale(connection, {row["id"], *older})
    return older


def _changed_retraction(connection: Connection, row: RowMapping, changes: Values) -> Values:
    """The columns of the day of a retraction, which is known of retracted claims only."""
    status = changes.get("status", row["status"])
    if status != ClaimStatus.RETRACTED:
        if changes.get("retracted_on") is not None:
            raise Invalid.at("/retracted_on", "The claim is not retracted. Set its status to retracted, too.")
        return _retraction(None)
    day = changes.get("retracted_on", row["retracted_on"])
    if row["retracted_on"] not in (None, day):
        record_writes.refuse_foreign_decision(connection, ClaimRow, row["id"], "retracted_on")
    return _retraction(day)


_RELAYED = (
    select(FigureRow.id)
    .where(FigureRow.relayed == literal(value=True, type_=FigureRow.relayed.type), FigureRow.withdrawn_at.is_(None))
    .limit(1)
)


def _move_figures(connection: Connection, row: RowMapping, values: Values) -> list[tuple[RowMapping, CheckedFigure]]:
    """Recomputes the claim's figures for another subject and ensures their measurands. Empty if the subject is the
    same. Raises Invalid if figures are relayed, but the changed claim repeats no other one.
    """
    stops_relaying = values["derived_from_id"] is None and row["derived_from_id"] is not None
    if stops_relaying and connection.execute(_RELAYED.where(FigureRow.claim_id == row["id"])).first() is not None:
        raise Invalid.at("/derived_from", "The claim has figures with relayed: true. Change these first.")
    if values["subject_id"] == row["subject_id"]:
        return []
    statement = select(*FigureRow.__table__.columns).where(FigureRow.claim_id == row["id"])
    stored = connection.execute(statement).mappings().all()
    fields = [{n: f[n] for n in STATED} | {"metric": f["metric_id"], "scope": f["scope_id"]} for f in stored]
    context = context_of(connection, values)
    checked = check_figures(connection, [context] * len(fields), fields, [""] * len(fields))
    summary.ensure_measurands(connection, [figure.measurand for figure in checked])
    return list(zip(stored, checked, strict=True))
