"""Writes imported records in one transaction: matches them with stored records, and counts them.

A record is identified by its id, else its key, else (a source) its DOI or URL, else its content. A stored record with
the same content stays unchanged. If the content differs, the import is refused or updates the record.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from service.db.engine import Connection
from service.db.models import ClaimRow, EntityRow, MetricRow, PropositionRow, SourceRow
from service.domain.names import content_id
from service.domain.vocabulary import EquationKind, OnExisting
from service.errors import AlreadyStored
from service.schemas.claims import Claim, ClaimCreate, ClaimPatch
from service.schemas.disputes import DisputePatch
from service.schemas.entities import EntityCreate, EntityPatch
from service.schemas.equations import EquationCreate, EquationPatch
from service.schemas.faults import validated
from service.schemas.figures import Figure, FigureCreate, FigureFields, FigurePatch
from service.schemas.metrics import MetricCreate, MetricPatch
from service.schemas.propositions import PropositionCreate, PropositionPatch, StanceFields
from service.schemas.queries import FigureQuery
from service.schemas.scopes import ScopePatch
from service.schemas.sources import SourceCreate, SourcePatch
from service.store.operations.savepoints import savepoint
from service.store.records import (
    claims,
    disputes,
    entities,
    equations,
    figures,
    metrics,
    propositions,
    record_writes,
    references,
    scopes,
    sources,
)
from service.store.records.claim_idempotency import Given
from service.store.records.claims import CreatedClaim
from service.store.records.projection import Projection
from service.transfer.figure_matching import is_same, matched
from service.transfer.naming import Naming, Outcome

B = TypeVar("B", bound=BaseModel)
Tally = Counter[tuple[str, Outcome]]


class Stated(NamedTuple):
    """The status of a claim as a file states it: active or retracted, and since when."""

    status: str
    retracted_on: str | None = None


class Kind(NamedTuple):
    """The model and functions that write one kind of record."""

    patch: type[BaseModel]
    projection: Projection[Any]
    create: Callable[[Connection, Any], Any]
    amend: Callable[[Connection, str, Any, frozenset[int]], str]


KINDS = {
    "source": Kind(SourcePatch, sources.PROJECTION, sources.create, sources.amend),
    "entity": Kind(EntityPatch, entities.PROJECTION, entities.create, entities.amend),
    "metric": Kind(MetricPatch, metrics.PROJECTION, metrics.create, metrics.amend),
    "scope": Kind(ScopePatch, scopes.PROJECTION, scopes.create_line, scopes.amend),
    "equation": Kind(EquationPatch, equations.PROJECTION, equations.create, equations.amend),
    "proposition": Kind(PropositionPatch, propositions.PROJECTION, propositions.create, propositions.amend),
    "figure": Kind(FigurePatch, figures.PROJECTION, figures.create, figures.amend),
    "dispute": Kind(DisputePatch, disputes.PROJECTION, disputes.create, disputes.amend),
}
_REFS = {
    "source": SourceRow,
    **dict.fromkeys(("claimant", "speaks_for", "subject", "raised_by"), EntityRow),
    **dict.fromkeys(("claim", "derived_from", "supersedes", "disputed_claim", "disputing_claim"), ClaimRow),
    "metric": MetricRow,
    "proposition": PropositionRow,
}
_FLUSHING = ("scope", "figure", "dispute")  # claims are written before them


class ImportWriter:
    """`given`: whether the figures sent with a stored claim are all that it has, some of them, or more."""

    def __init__(self, connection: Connection, on_existing: OnExisting, given: Given) -> None:
        self.connection = connection
        self.on_existing = on_existing
        self.given: Given = given
        self.tally: Tally = Counter()
        self.writes = 0  # an entry that has written cannot be dropped alone
        self.waiting: dict[str, ClaimCreate] = {}
        self.waiting_keys: dict[str, str] = {}  # from key to ref, for waiting claims that have a key
        self.statuses: dict[str, Stated | None] = {}
        self.inferred: list[MetricCreate] = []  # metrics created from rows of a table
        self.named: set[str] = set()  # refs of the waiting claims, except to claims
        self.entities: dict[str, EntityCreate] = {}  # waiting entities, by key
        self.ids: dict[tuple[Any, str], str] = {}
        self.names = Naming(self.connection, self._note)
        self.sources: dict[str, str] = {}
        self.propositions: set[str] = set()  # ids of those that are stored

    # Records ---------------------------------------------------------------------------------------------------------

    def put(self, kind: str, body: Any) -> None:
        """Writes one record that is not a claim. Raises ServiceError if it is refused."""
        if kind in _FLUSHING or body.key in self.named or body.id in self.named:
            self.flush()  # a ref to a later record is refused, wherever a batch ends
        if kind == "proposition":
            self.flush_entities()
        if isinstance(body, EntityCreate):
            self._put_entity(body)
            return
        self.writes += 1
        self._create(kind, self._identified(kind, body))

    def _put_entity(self, body: EntityCreate) -> None:
        """Queues an entity to be written with others. One with an id or `part_of` is written at once."""
        if body.id is not None or body.key in self.entities or body.part_of is not None:
            self.flush_entities()
        self.entities[body.key] = body
        if body.id is not None or body.part_of is not None:
            self.flush_entities()

    def flush_entities(self) -> None:
        """Writes the waiting entities."""
        waiting, self.entities = list(self.entities.values()), {}
        if not waiting:
            return
        self.writes += 1
        try:
            with self._undoable():
                made = entities.create_all(self.connection, waiting)
        except AlreadyStored:
            if self.on_existing is OnExisting.REJECT:
                raise
            for body in waiting:
                self._create("entity", body)
        else:
            for one in made:
                self.count("entity", "created" if one.is_new else "unchanged")

    def _create(self, kind: str, body: Any) -> str:
        try:
            made = KINDS[kind].create(self.connection, body)
        except AlreadyStored as stored:
            if self.on_existing is OnExisting.REJECT:
                raise
            is_changed = False
            if self.on_existing is OnExisting.UPDATE:
                if not _can_follow(stored, KINDS[kind].patch):
                    raise
                is_changed = self._amend(kind, stored.record_id, body)
            self.count(kind, "updated" if is_changed else "unchanged")
            return stored.record_id
        self.count(kind, "created" if made.is_new else "unchanged")
        return str(made.id)

    def put_proposition(self, body: PropositionCreate) -> None:
        """Writes a proposition with an id, unless one with that id is stored."""
        if body.id not in self.propositions:
            if references.ids(self.connection, PropositionRow, [str(body.id)]):
                self.count("proposition", "unchanged")
            else:
                self.put("proposition", body)
            self.propositions.add(str(body.id))

    def put_claim(
        self, body: ClaimCreate, status: Stated | None = None, new_stances: Sequence[StanceFields] = ()
    ) -> str:
        """Queues a claim to be written with others. Returns its id or key. If it refers to a waiting claim, that one is
        written first, unless both can be written together.

        `status` is None if the file does not state it. `new_stances` are those of a claim that is not stored yet.
        """
        if self._waits(body.supersedes) or (self._waits(body.derived_from) and not self._can_relay_waiting(body)):
            self.flush()
        body = self._identified("claim", body)
        ref = body.id or body.key or ""
        if self.given == "more" and ref in self.waiting and self._joins(ref, body):
            return ref
        if self._waits(ref) or self._waits(body.key):
            self.flush()
        if new_stances and not references.ids(self.connection, ClaimRow, [ref]):
            body = body.model_copy(update={"stances": list(new_stances)})
        self.named |= {one.proposition for one in body.stances}
        self.waiting[ref] = body
        if body.key is not None:
            self.waiting_keys[body.key] = ref
        self.statuses[ref] = status
        self.named |= {body.source, body.claimant, body.subject, *(f.metric for f in body.figures)} - {None}
        if body.supersedes is not None:
            self.flush()  # a claim has one active successor: the next claim must see this one
        return ref

    def _identified(self, kind: str, body: B) -> B:
        """Adds an id derived from the content, with refs resolved to ids, if the body has neither id nor key."""
        if getattr(body, "id", None) is not None or getattr(body, "key", None) is not None:
            return body
        content = body.model_dump(mode="json", exclude={"id", "stances"})
        for name, table in _REFS.items():
            if isinstance(ref := content.get(name), str):
                content[name] = self._id_of(table, ref)
        for figure in content.get("figures", ()):
            figure["metric"] = self._id_of(MetricRow, figure["metric"])
        return body.model_copy(update={"id": content_id(kind, content)})

    def _id_of(self, table: Any, ref: str) -> str:
        if table is EntityRow and (ref in self.entities or ":" in ref):
            self.flush_entities()
        found = self.ids.get((table, ref)) or references.ids(self.connection, table, [ref]).get(ref)
        return ref if found is None else self.ids.setdefault((table, ref), found)  # a missing record may still follow

    def _waits(self, ref: str | None) -> bool:
        return ref in self.waiting or ref in self.waiting_keys

    def _can_relay_waiting(self, body: ClaimCreate) -> bool:
        """Whether the origin is not a relay itself, and its id is not needed yet."""
        ref = body.derived_from or ""
        origin = self.waiting[self.waiting_keys.get(ref, ref)]
        return origin.derived_from is None and (body.id or body.key) is not None

    def _joins(self, ref: str, body: ClaimCreate) -> bool:
        """Adds the figures to the same waiting claim. Returns False if the claims differ or it has 100 figures."""
        there = self.waiting[ref]
        plain: dict[str, Any] = {"figures": []}
        if there.model_copy(update=plain) != body.model_copy(update=plain) or len(there.figures) >= 100:
            return False
        held = {figure.id for figure in there.figures}
        more = [figure for figure in body.figures if figure.id not in held]
        self.count("figure", "unchanged", len(body.figures) - len(more))
        self.waiting[ref] = there.model_copy(update={"figures": [*there.figures, *more]})
        return True

    def flush(self) -> None:
        """Writes the waiting entities and claims."""
        self.flush_entities()
        waiting, statuses = self.waiting, self.statuses
        self.waiting, self.waiting_keys, self.statuses, self.named = {}, {}, {}, set()
        if not waiting:
            return
        self.writes += 1
        bodies = list(waiting.values())
        given = [statuses[ref] for ref in waiting]
        retracted = {place: one.retracted_on for place, one in enumerate(given) if one and one.status == "retracted"}
        new: set[str] = set()
        try:
            with self._undoable():
                made = claims.create_all(self.connection, bodies, given=self.given, retracted=retracted)
        except AlreadyStored:
            if self.on_existing is OnExisting.REJECT:
                raise
            for place, body in enumerate(bodies):
                self._create_or_update(body, {0: retracted[place]} if place in retracted else {})
        else:
            for one, (ref, body) in zip(made, waiting.items(), strict=True):
                self._count_claim(one, body)
                new |= {ref} if one.is_new else set()
        said = {ref: status for ref, status in statuses.items() if status is not None}
        stored = claims.statuses(self.connection, list(said))
        for ref, status in said.items():
            now, since = stored[ref]
            if (status.status == "retracted") != (now == "retracted") or status.retracted_on not in (None, since):
                self._set_status(ref, status, is_new=ref in new)

    def _undoable(self) -> AbstractContextManager[None]:
        """A savepoint for a write that is retried record by record, unless its failure fails the entries."""
        return nullcontext() if self.on_existing is OnExisting.REJECT else savepoint(self.connection)

    def _count_claim(self, made: CreatedClaim, body: ClaimCreate) -> None:
        self.count("claim", "created" if made.is_new else "unchanged")
        self.count("figure", "created", made.figures_new)
        self.count("figure", "unchanged", len(body.figures) - made.figures_new)

    def _note(self, kind: str, outcome: Outcome) -> None:
        self.writes += 1
        self.count(kind, outcome)

    def count(self, kind: str, outcome: Outcome, number: int = 1) -> None:
        if number:
            self.tally[kind, outcome] += number

    # Updates ---------------------------------------------------------------------------------------------------------

    def _amend(self, kind: str, record_id: str, body: BaseModel) -> bool:
        """Updates a record to match the body. Returns whether anything changed."""
        projection = KINDS[kind].projection
        before = projection.stored(self.connection, record_id).version
        patch = validated(KINDS[kind].patch, self._wanted(body, KINDS[kind].patch))
        KINDS[kind].amend(self.connection, record_id, patch, frozenset([before]))
        return projection.stored(self.connection, record_id).version != before

    def _wanted(self, body: BaseModel, patch: type[BaseModel]) -> dict[str, Any]:
        """The fields of a body that a patch has. Unset fields are included, unless the format has only some fields."""
        names = body.model_fields_set if self.given == "more" else type(body).model_fields
        fields = {name: getattr(body, name) for name in names if name in patch.model_fields}
        if isinstance(body, MetricCreate):
            if body.additive is None:
                fields.pop("additive", None)
            if body.over_time_inferred or "over_time" not in body.model_fields_set:  # nobody set it
                fields.pop("over_time", None)
        if isinstance(body, EquationCreate):
            for name in ("parts", "complete") if body.kind == EquationKind.PRODUCT else ("factors",):
                fields.pop(name, None)  # of the other kind
        return {name: value for name, value in fields.items() if name != "key" or value is not None}

    def _create_or_update(self, body: ClaimCreate, retracted: Mapping[int, str | None]) -> None:
        try:
            with savepoint(self.connection):
                (made,) = claims.create_all(self.connection, [body], given=self.given, retracted=retracted)
        except AlreadyStored as stored:
            claim_id = stored.record_id if not body.id else body.id
            self._update_claim(claim_id, body)
            return
        self._count_claim(made, body)

    def _update_claim(self, claim_id: str, body: ClaimCreate) -> None:
        """Figures that are not in the file stay: an import withdraws nothing."""
        stored = claims.PROJECTION.read(self.connection, claim_id)
        if self.on_existing is OnExisting.KEEP:
            self._add_figures(stored, body)
            return
        patch = ClaimPatch.model_validate(self._wanted(body, ClaimPatch))
        claims.amend(self.connection, claim_id, patch, frozenset([stored.version]))
        gone = self._withdrawn_figures(claim_id)
        for figure, there in matched(body.figures, stored.figures):
            if there is None and any(is_same(figure, other) for other in gone):
                self.count("figure", "unchanged")  # an import restores nothing
            else:
                self._put_figure(claim_id, figure, there)
        changed = claims.PROJECTION.read(self.connection, claim_id).version != stored.version
        self.count("claim", "updated" if changed else "unchanged")

    def _add_figures(self, stored: Claim, body: ClaimCreate) -> None:
        """Adds figures to a claim that stays as it is, if each line of the file is a figure."""
        if not _is_same_claim(body, stored):  # its figures are another claimant's, or of something else
            self.count("figure", "unchanged", len(body.figures))
            self.count("claim", "unchanged")
            return
        gone = self._withdrawn_figures(stored.id)
        known = {figure.id for figure in (*stored.figures, *gone)}
        for figure, there in matched(body.figures, stored.figures):
            is_new = there not in known and not any(is_same(figure, other) for other in gone)
            if self.given == "more" and is_new:
                self._put_figure(stored.id, figure, there)
            else:
                self.count("figure", "unchanged")
        self.count("claim", "unchanged")

    def _withdrawn_figures(self, claim_id: str) -> list[Figure]:
        asked = FigureQuery(claim=[claim_id], withdrawn="true", limit=200)
        return figures.LIST.page(self.connection, asked).items

    def _put_figure(self, claim_id: str, figure: FigureFields, figure_id: str | None) -> None:
        fields = dict(figure) | {"claim": claim_id, "id": figure_id}
        self._create("figure", FigureCreate.model_construct({*figure.model_fields_set, "claim", "id"}, **fields))

    def _set_status(self, ref: str, status: Stated, *, is_new: bool) -> None:
        claim = claims.PROJECTION.read(self.connection, ref)
        if not is_new and self.on_existing is OnExisting.KEEP:
            return
        if not is_new and self.on_existing is OnExisting.REJECT:
            raise record_writes.already_stored(ClaimRow, claim.id, ["status"])
        day = {} if status.retracted_on is None else {"retracted_on": status.retracted_on}
        patch = ClaimPatch.model_validate({"status": status.status} | day)
        claims.amend(self.connection, ref, patch, frozenset([claim.version]))

    # Sources ----------------------------------------------------------------------------------------------------------

    def source(self, body: SourceCreate) -> str:
        """The id of a source, created if needed. Only fields that are set are compared with the stored source. It is
        counted only if it is created or changed.
        """
        identity = f"{sorted(body.model_fields_set)} {body.model_dump_json()}"
        if identity not in self.sources:
            self.sources[identity] = self._source(body)
        return self.sources[identity]

    def _source(self, body: SourceCreate) -> str:
        known = self._identified("source", body)
        stored = sources.find(self.connection, body) or sources.find(self.connection, known)
        if stored is None:
            self.writes += 1
            made = sources.create(self.connection, known)
            self.count("source", "created", int(made.is_new))
            return made.id
        given = SourcePatch.model_validate(
            {name: getattr(body, name) for name in body.model_fields_set if name in SourcePatch.model_fields}
        )
        before = sources.PROJECTION.read(self.connection, stored)
        differing = [name for name in given.model_fields_set if getattr(before, name) != getattr(given, name)]
        if differing and self.on_existing is OnExisting.REJECT:
            raise record_writes.already_stored(SourceRow, stored, differing)
        if differing and self.on_existing is OnExisting.UPDATE:
            self.writes += 1
            sources.amend(self.connection, stored, given, frozenset([before.version]))
            self.count("source", "updated")
            self.sources.clear()  # another line may change it again
        return stored


def _is_same_claim(body: ClaimCreate, stored: Claim) -> bool:
    """Whether both are the same claimant's, about the same subject, in the same source."""
    named = ((body.claimant, stored.claimant), (body.subject, stored.subject), (body.source, stored.source))
    return all(given in (there.id, there.key) for given, there in named)


def _can_follow(stored: AlreadyStored, patch: type[BaseModel]) -> bool:
    """Whether all differing fields can be changed. A figure's claim and a dispute's disputed claim cannot."""
    return all(fault.pointer.removeprefix("/") in patch.model_fields for fault in stored.faults)
