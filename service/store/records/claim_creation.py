"""Prepares new claims for the database: resolves refs, validates figures and computes columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection, RowMapping

from service.db.models import ClaimRow, EntityRow, SourceRow
from service.domain.period import parse_period
from service.schemas.claims import ClaimCreate
from service.store.records import record_writes, references, stances
from service.store.records.figure_validation import CheckedFigure, ClaimContext, check_figures
from service.store.records.stances import CheckedStance
from service.store.rows import Values

REFS = {
    "source": SourceRow,
    "claimant": EntityRow,
    "subject": EntityRow,
    "speaks_for": EntityRow,
    "derived_from": ClaimRow,
    "supersedes": ClaimRow,
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A claim to be created: its columns, the stored claim that it repeats, if any, its figures and its stances."""

    body: ClaimCreate
    values: Values
    stored: RowMapping | None
    figures: list[CheckedFigure]
    stances: list[CheckedStance]

    def set_columns(self) -> Values:
        names = {f"{name}_id" if name in REFS else name for name in self.body.model_fields_set}
        return {name: value for name, value in self.values.items() if name in names}


def drafts_of(connection: Connection, bodies: Sequence[ClaimCreate]) -> list[Draft]:
    """Prepares claims. Raises ServiceError for invalid refs and figures. A relay may refer to an earlier claim of the
    batch that is no relay.
    """
    contents = [body.model_dump(exclude={*REFS, "figures", "stances"}) for body in bodies]
    wanted = references.wanted_by(bodies, REFS)
    own = {ref for body in bodies for ref in (body.id, body.key) if ref is not None}
    wanted[ClaimRow] |= own
    referred = references.find(connection, wanted)
    is_repeated = not own.isdisjoint(referred[ClaimRow])
    stored = record_writes.stored_of(connection, ClaimRow, contents) if is_repeated else [None] * len(bodies)
    origins = _name_origins(bodies, contents, stored)
    others = [b.model_copy(update={"derived_from": None}) if o else b for b, o in zip(bodies, origins, strict=True)]
    links = references.links(others, REFS, stored, referred)
    for link, origin in zip(links, origins, strict=True):
        link["derived_from_id"] = origin or link["derived_from_id"]
    subjects = [referred[EntityRow][body.subject] for body in bodies]
    stated = check_figures(
        connection,
        [
            ClaimContext(one.id, one.key or "", body.derived_from is not None)
            for body, one in zip(bodies, subjects, strict=True)
            for _ in body.figures
        ],
        [figure.model_dump() for body in bodies for figure in body.figures],
        [f"/figures/{index}" for body in bodies for index in range(len(body.figures))],
    )
    rest = iter(stated)
    taken = stances.check(connection, [body.stances for body in bodies], [one["id"] if one else None for one in stored])
    return [
        Draft(body, content | link, known, list(islice(rest, len(body.figures))), own)
        for body, content, link, known, own in zip(bodies, contents, links, stored, taken, strict=True)
    ]


def _name_origins(
    bodies: Sequence[ClaimCreate], contents: Sequence[Values], stored: Sequence[RowMapping | None]
) -> list[str | None]:
    """For each claim, the id of the earlier new claim of the batch that it relays, if any. Assigns these ids."""
    relayed = {body.derived_from for body in bodies} - {None}
    ids: dict[str | None, str | None] = {}
    origins = []
    for body, content, known in zip(bodies, contents, stored, strict=True):
        origins.append(ids.get(body.derived_from))
        own = relayed & {body.id, body.key} if known is None and body.derived_from is None else set()
        if own:
            content["id"] = content["id"] or record_writes.new_id()
            ids |= dict.fromkeys(own, content["id"])
    return origins


def derive(values: Values) -> Values:
    period = parse_period(values["asserted"]) if values["asserted"] else None
    return {
        **values,
        "asserted_earliest": period.earliest if period else None,
        "asserted_latest": period.latest if period else None,
    }
