"""Who takes which stance on propositions, and the stored counts, updated in every transaction that changes them."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update
from sqlalchemy.orm import aliased

from service.db.json_select import JsonSelect
from service.db.models import ClaimRow, EntityRow, PropositionRow, SourceRow, StanceRow
from service.domain.period import parse_period
from service.domain.stances import TakenStance, tally
from service.domain.vocabulary import ClaimantRole, Hedge, Stance
from service.store import rows
from service.store.lists.as_of import could_be_read, readable_from, replacement_days, stands
from service.store.records.chains import MAX_CHAIN, links_above
from service.store.rows import Values

_VOICE = aliased(EntityRow, name="voice")
_TAKEN = (
    select(
        StanceRow.proposition_id,
        StanceRow.stance,
        StanceRow.hedge,
        ClaimRow.id,
        ClaimRow.key,
        ClaimRow.voice_id,
        ClaimRow.effective_role,
        ClaimRow.derived_from_id,
        ClaimRow.status,
        ClaimRow.retracted_latest,
        ClaimRow.asserted,
        SourceRow.published,
        SourceRow.key.label("source_key"),
        _VOICE.key.label("voice_key"),
        readable_from(SourceRow, ClaimRow).label("readable_from"),
        *replacement_days(),
    )
    .join(ClaimRow, ClaimRow.id == StanceRow.claim_id)
    .join(SourceRow, SourceRow.id == ClaimRow.source_id)
    .join(_VOICE, _VOICE.id == ClaimRow.voice_id)
    .where(StanceRow.proposition_id.in_(rows.IDS), StanceRow.position.is_not(None), ClaimRow.withdrawn_at.is_(None))
)


@dataclass(frozen=True, slots=True)
class Taken:
    """The stances that count on a day, and how many were left out because nobody could have read them by then."""

    stances: list[TakenStance]
    undated: int = 0
    not_yet_readable: int = 0


def taken(connection: Connection, proposition_ids: Collection[str], day: date | None = None) -> dict[str, Taken]:
    """The stances of active claims on each proposition; with a day, of those that could be read and stood then."""
    found: dict[str, list[Row[Any]]] = {one: [] for one in proposition_ids}
    for part in rows.chunks(sorted(proposition_ids), rows.MOST_IDS):
        of_part: Sequence[Any] = connection.execute(_TAKEN, {"ids": list(part)}).all()
        for row in of_part:
            found[row.proposition_id].append(row)
    relays = {row.id for own in found.values() for row in own if row.derived_from_id is not None}
    parents = _parents(connection, sorted(relays))
    return {one: _taken(own, parents, day) for one, own in found.items()}


def _taken(found: Sequence[Row[Any]], parents: Mapping[str, str | None], day: date | None) -> Taken:
    standing = [row for row in found if stands(row, day)]
    readable = [row for row in standing if could_be_read(row.readable_from, day)]
    undated = sum(row.readable_from is None for row in standing) if day is not None else 0
    on_file = {row.id for row in found if could_be_read(row.readable_from, day)}
    stances = [_stance(row, parents, on_file) for row in readable]
    return Taken(stances, undated, len(standing) - len(readable) - undated)


def _stance(row: Row[Any], parents: Mapping[str, str | None], on_file: Collection[str]) -> TakenStance:
    chain = _chain(row.id, parents) if row.derived_from_id is not None else []
    said = row.asserted or row.published
    return TakenStance(
        claim_id=row.id,
        voice=row.voice_id,
        role=ClaimantRole(row.effective_role),
        stance=Stance(row.stance),
        hedge=None if row.hedge is None else Hedge(row.hedge),
        said=parse_period(said) if said else None,
        readable_from=row.readable_from,
        keys=(row.voice_key, row.source_key or "", row.key or ""),
        root=chain[-1] if chain else None,
        origin=next((claim for claim in chain if claim in on_file), None),
    )


_ABOVE = links_above(ClaimRow.id, ClaimRow.derived_from_id)


def _parents(connection: Connection, claim_ids: Sequence[str]) -> dict[str, str | None]:
    """For these claims, and all that they derive from, the claim that each one derives from."""
    return {
        row.id: row.parent
        for part in rows.chunks(claim_ids, rows.MOST_IDS)
        for row in connection.execute(_ABOVE, {"ids": list(part)})
    }


def _chain(claim_id: str, parents: Mapping[str, str | None]) -> list[str]:
    """The claims that this one repeats, the nearest first."""
    chain: list[str] = []
    parent = parents[claim_id]
    while parent is not None and len(chain) <= MAX_CHAIN:
        chain.append(parent)
        parent = parents[parent]
    return chain


# Claims as they are shown --------------------------------------------------------------------------------------------

_CLAIMANT = aliased(EntityRow, name="claimant")
_CLAIMS = JsonSelect(
    select(
        ClaimRow.version.label("claim_version"),
        ClaimRow.effective_role.label("claimant_role"),
        ClaimRow.asserted,
        SourceRow.published,
        ClaimRow.quote,
        *rows.embed("claim", ClaimRow, "id", "key", "statement"),
        *rows.embed("source", SourceRow, "id", "key", "title"),
        *rows.embed("claimant", _CLAIMANT, "id", "key", "name"),
        *rows.embed("voice", _VOICE, "id", "key", "name"),
    )
    .join(SourceRow, SourceRow.id == ClaimRow.source_id)
    .join(_CLAIMANT, _CLAIMANT.id == ClaimRow.claimant_id)
    .join(_VOICE, _VOICE.id == ClaimRow.voice_id),
    ["claim", "claim_version", "source", "claimant", "claimant_role", "asserted", "published", "quote", "voice"],
)


def claims_shown(connection: Connection, claim_ids: Collection[str]) -> dict[str, Values]:
    """The fields of claims as an answer about stances shows them, by id."""
    statement = _CLAIMS.rows[connection.dialect.name].add_columns(ClaimRow.id.label("its_id"))
    return {
        row.its_id: json.loads(row.item)
        for part in rows.chunks(sorted(claim_ids), rows.MOST_IDS)
        for row in connection.execute(statement.where(ClaimRow.id.in_(part)))
    }


_PARTS = (
    select(PropositionRow.id)
    .where(PropositionRow.part_of_id == bindparam("whole", type_=PropositionRow.id.type))
    .order_by(PropositionRow.created_at, PropositionRow.id)
)


def parts_of(connection: Connection, proposition_id: str, most: int, *, withdrawn: bool = False) -> list[str]:
    """The first propositions that are parts of this one, with `withdrawn` also those that no longer stand."""
    parts = _PARTS if withdrawn else _PARTS.where(PropositionRow.withdrawn_at.is_(None))
    return list(connection.execute(parts.limit(most), {"whole": proposition_id}).scalars())


# Stored counts -------------------------------------------------------------------------------------------------------

_COUNTS = ("supports", "denies", "neutral", "contested")
_LOCKED = (
    select(PropositionRow.id, *(getattr(PropositionRow, name) for name in _COUNTS))
    .where(PropositionRow.id.in_(rows.IDS))
    .order_by(PropositionRow.id)
    .with_for_update(key_share=True)
)
_CHANGE = (
    update(PropositionRow)
    .where(PropositionRow.id == bindparam("which", type_=PropositionRow.id.type))
    .values({name: bindparam(f"new_{name}") for name in _COUNTS})
)


def refresh(connection: Connection) -> None:
    """Counts the voices again of all propositions on which a stance has changed in this transaction."""
    stale: set[str] = connection.get_execution_options()["propositions"]
    if not stale:
        return
    changes = []
    for part in rows.chunks(sorted(stale), rows.MOST_IDS):
        stored = {row.id: row for row in connection.execute(_LOCKED, {"ids": list(part)})}
        for one, found in taken(connection, list(stored)).items():
            counts = tally(found.stances).counts
            new = {name: getattr(counts, name) for name in _COUNTS}
            if any(getattr(stored[one], name) != value for name, value in new.items()):
                changes.append({"which": one} | {f"new_{name}": value for name, value in new.items()})
    if changes:
        connection.execute(_CHANGE, changes)
    stale.clear()
