"""Measurands in which the sources disagree, and claims that are contested."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, literal_column, select
from sqlalchemy.orm import aliased

from service.db import views
from service.db.engine import Database
from service.db.expressions import id_inside
from service.db.json_rows import JsonRows, Written
from service.db.tables import ClaimRow, DisputeRow, EntityRow, FigureRow, MeasurandRow, SourceRow
from service.domain.vocabulary import ClaimStatus, DisagreementKind
from service.schemas.comparisons import Compared, Contested, ContestedPage
from service.schemas.disputes import Dispute
from service.schemas.queries import ContestedQuery, DisagreementQuery
from service.store import claims, comparisons, disputes, evidence, figures, rows
from service.store.comparisons import Filed, conditions
from service.store.measurands import STANDING
from service.store.pages import fetch_json_page, fetch_page
from service.store.rows import Values

# written out: for a number that it does not know PostgreSQL plans anew each time, which takes longer than to read
_NONE: Any = literal_column(str(views.NO_RANK))


def page(connection: Connection, query: DisagreementQuery) -> tuple[list[Filed], str | None]:
    """Measurands with a disagreement of that kind, widest first."""
    rank = views.RANKS[query.kind]
    has_any = rank > _NONE if query.kind is DisagreementKind.CONFLICT else rank.is_not(None)
    statement = comparisons.SELECT.where(has_any, *conditions(connection, query, rank))
    found, cursor = fetch_page(connection, statement, {"rank": rank}, MeasurandRow.id, query, "-rank")
    return [Filed(row) for row in found], cursor


# Conflicts as JSON ---------------------------------------------------------------------------------------------------


def _holder(name: str, place: int) -> tuple[Written, Callable[[Select[Any]], Select[Any]]]:
    """The figure that stands at this place of a conflict's extremes as the database writes it, and what joins it."""
    figure, claim = aliased(FigureRow, name=f"{name}_figure"), aliased(ClaimRow, name=f"{name}_claim")
    source, claimant = aliased(SourceRow, name=f"{name}_source"), aliased(EntityRow, name=f"{name}_claimant")
    columns = [*evidence.compared_columns(figure, claim, source, claimant), *figures.interval_columns(figure)]

    def join(statement: Select[Any]) -> Select[Any]:
        return (
            statement.join(figure, figure.id == id_inside(MeasurandRow.extremes, f"conflict.{place}"))
            .join(claim, claim.id == figure.claim_id)
            .join(source, source.id == claim.source_id)
            .join(claimant, claimant.id == claim.claimant_id)
        )

    return JsonRows(columns, list(Compared.model_fields)).written, join


(_LEAST, _join_least), (_MOST, _join_most) = _holder("least", 0), _holder("most", 1)
_KIND = dict.fromkeys(_LEAST, f"'{DisagreementKind.CONFLICT}'")
_JSON = JsonRows(
    list(comparisons.SELECT.selected_columns),
    ["kind", "least", "most", *comparisons.OWN],
    {"kind": _KIND, "least": _LEAST, "most": _MOST},
    comparisons.TOLD,
)
_CONFLICTS = _join_most(_join_least(comparisons.SELECT)).where(MeasurandRow.rank > _NONE)


def json_page(database: Database, query: DisagreementQuery) -> bytes:
    """Conflicts, each with the figures that say least and most, written by the database. All that is told of one is
    stored; of another kind there is a sentence to be worked out.
    """
    return fetch_json_page(
        database, _JSON, _CONFLICTS, conditions, {"rank": MeasurandRow.rank}, MeasurandRow.id, query, "-rank"
    )


# Parts that exceed their wholes --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PartAndWhole:
    """Two measurands of which the first, a part, seems to exceed the second: to be checked exactly."""

    part: Filed
    whole_id: str
    whole_extremes: Values


def exceeding_parts(connection: Connection, query: DisagreementQuery) -> tuple[list[PartAndWhole], str | None]:
    """Parts whose max low reaches the min high of a whole, each with the whole that it exceeds most, widest first.

    Ends that are equal are left to the caller: the stored ends are floats, which keep the order but not the last digit.
    """
    pairs = views.pairs_of_parts_and_wholes().subquery("pairs")
    whole = aliased(MeasurandRow)
    statement = (
        comparisons.SELECT.add_columns(whole.id.label("whole_id"), whole.extremes.label("whole_extremes"))
        .join(pairs, pairs.c.part == MeasurandRow.id)
        .join(whole, whole.id == pairs.c.whole)
        .where(pairs.c.place == 1, *conditions(connection, query, pairs.c.ratio))
    )
    found, cursor = fetch_page(connection, statement, {"ratio": pairs.c.ratio}, MeasurandRow.id, query, "-ratio")
    return [PartAndWhole(Filed(row), row["whole_id"], row["whole_extremes"]) for row in found], cursor


# Contested claims ----------------------------------------------------------------------------------------------------


def contested(connection: Connection, query: ContestedQuery) -> ContestedPage:
    """Claims with disputes against them, and these disputes."""
    standing = [DisputeRow.withdrawn_at.is_(None), DisputeRow.status.in_(query.status or STANDING)]
    if query.type:
        standing.append(rows.any_of(DisputeRow.type, query.type))
    disputed = select(DisputeRow.id).where(DisputeRow.disputed_claim_id == ClaimRow.id, *standing).exists()
    conditions = [disputed, ClaimRow.status == ClaimStatus.ACTIVE, *rows.basic_conditions(ClaimRow, query)]
    refs = (
        (query.subject, EntityRow, ClaimRow.subject_id, "subject"),
        (query.claimant, EntityRow, ClaimRow.claimant_id, "claimant"),
        (query.source, SourceRow, ClaimRow.source_id, "source"),
    )
    conditions += [rows.any_of(c, rows.filter_ids(connection, t, given, n)) for given, t, c, n in refs if given]
    statement = claims.SELECT.where(*conditions)
    found, cursor = fetch_page(connection, statement, claims.SORTS, ClaimRow.id, query, query.sort)
    by_claim = _disputes_by_claim(connection, [row["id"] for row in found], standing)
    items = [Contested(claim=c, disputes=by_claim[c.id]) for c in claims.with_figures(connection, found)]
    return ContestedPage(items=items, next_cursor=cursor)


def _disputes_by_claim(
    connection: Connection, claim_ids: list[str], conditions: Iterable[Any]
) -> dict[str, list[Dispute]]:
    statement = disputes.SELECT.where(DisputeRow.disputed_claim_id.in_(claim_ids), *conditions)
    found: dict[str, list[Dispute]] = {claim_id: [] for claim_id in claim_ids}
    for row in rows.fetch(connection, statement.order_by(DisputeRow.created_at, DisputeRow.id)) if claim_ids else []:
        dispute = Dispute.model_validate(row)
        found[dispute.disputed_claim.id].append(dispute)
    return found
