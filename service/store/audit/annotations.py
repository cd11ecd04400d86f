"""Events on a timeline: disputes, and withdrawals, restorations and revisions of records."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, Select, and_, case, cast, func, literal, null, or_, select, union_all
from sqlalchemy.orm import aliased

from service.db.dialects.expressions import day_start, text_inside, words_inside
from service.db.models import ChangeRow, ClaimRow, DisputeRow, EntityRow, FigureRow
from service.db.models.history import EVENTS
from service.db.types import Document, Id, String, UtcTime
from service.db.views import SHOWN
from service.domain.period import parse_period
from service.domain.vocabulary import Operation
from service.schemas.table_queries import AnnotationQuery
from service.store.lists.filters import AnyOf, Bound, Form, RefTo, Value
from service.store.lists.pagination import Listing
from service.store.lists.tables import TablePage, table_page

_OPERATIONS = {
    Operation.WITHDRAW: "withdrawal",
    Operation.RESTORE: "restoration",
    Operation.UPDATE: "revision",
}
_EVENTS = {operation: literal(event, String()) for operation, event in _OPERATIONS.items()}
_PAST = {
    Operation.WITHDRAW: literal("withdrawn", String()),
    Operation.RESTORE: literal("restored", String()),
    Operation.UPDATE: literal("revised", String()),
}
_KINDS = ("source", "claim", "figure", "dispute")
_OTHERS = ("entity", "metric", "scope", "equation", "proposition", "key", "series", "comparison")
_ONLY_FIGURES = ["figures"]  # a figure's change in its claim; reported for the figure only
_OF_DISPUTE = aliased(ClaimRow)


def page_of_events(connection: Connection, query: AnnotationQuery) -> TablePage:
    """Returns a page of events, newest first."""
    found = table_page(connection, _LISTING, query, "-time")
    return found._replace(rows=[dict(row) | {"time_end": _end(row["time_end"])} for row in found.rows])


def _end_of_day(day: date) -> datetime:
    return datetime.combine(day, time.max, UTC)


def _end(closed: str | None) -> datetime | None:
    """The last moment of the day by which a dispute was closed."""
    last = parse_period(closed).latest if closed is not None else None
    return _end_of_day(last) if last is not None else None


@dataclass(frozen=True, slots=True)
class OfDisputes:
    """Filters disputes by their status; other events always match."""

    column: Any

    def bind(self, connection: Connection, name: str, given: Mapping[str, Any]) -> Bound | None:
        return AnyOf(self.column).bind(connection, name, given)

    def condition(self, name: str, form: Form, dialect: str) -> Any:
        return or_(self.column.is_(None), AnyOf(self.column).condition(name, form, dialect))


def _word(text: str) -> Any:
    return literal(text, String())


def _shown(text: Any) -> Any:
    return func.substr(text, 1, SHOWN, type_=String())


def _disputes() -> Select[Any]:
    """Dispute events, at the first day on which the dispute may have been opened, else at its creation time."""
    opened = func.coalesce(day_start(DisputeRow.opened_earliest), DisputeRow.created_at, type_=UtcTime())
    return (
        select(
            (_word("dispute-") + cast(DisputeRow.id, String)).label("id"),
            opened.label("time"),
            DisputeRow.closed.label("time_end"),
            _word("dispute").label("event"),
            (_word("Disputed by ") + EntityRow.name).label("title"),
            func.substr(func.coalesce(DisputeRow.rationale, ClaimRow.statement), 1, SHOWN, type_=String()).label(
                "text"
            ),
            (DisputeRow.type + _word(", ") + DisputeRow.status).label("tags"),
            _word("dispute").label("record_kind"),
            DisputeRow.id.label("record_id"),
            DisputeRow.version,
            DisputeRow.disputed_claim_id.label("claim_id"),
            ClaimRow.subject_id,
            DisputeRow.status,
        )
        .join(ClaimRow, ClaimRow.id == DisputeRow.disputed_claim_id)
        .join(EntityRow, EntityRow.id == DisputeRow.raised_by_id)
        .where(DisputeRow.withdrawn_at.is_(None))
    )


def _changes() -> Select[Any]:
    """Events from the history: changes of existing records."""
    is_of = {kind: ChangeRow.kind == kind for kind in _KINDS}
    subject = func.coalesce(ClaimRow.subject_id, FigureRow.subject_id, _OF_DISPUTE.subject_id, type_=Id())
    return (
        select(
            (_word("change-") + func.substr(cast(ChangeRow.seq + 10**18, String), 2)).label("id"),
            ChangeRow.at.label("time"),
            cast(null(), String).label("time_end"),
            case(_EVENTS, value=ChangeRow.operation).label("event"),
            (ChangeRow.kind + _word(" ") + case(_PAST, value=ChangeRow.operation)).label("title"),
            _shown(
                func.coalesce(
                    text_inside(ChangeRow.snapshot, "withdrawn.reason"),
                    text_inside(ChangeRow.snapshot, "statement"),
                    text_inside(ChangeRow.snapshot, "title"),
                    text_inside(ChangeRow.snapshot, "claim.statement"),
                    text_inside(ChangeRow.snapshot, "rationale"),
                )
            ).label("text"),
            func.coalesce(words_inside(ChangeRow.changed, "."), "", type_=String()).label("tags"),
            ChangeRow.kind.label("record_kind"),
            ChangeRow.record_id,
            ChangeRow.version,
            func.coalesce(ClaimRow.id, FigureRow.claim_id, _OF_DISPUTE.id, type_=Id()).label("claim_id"),
            subject.label("subject_id"),
            cast(null(), String).label("status"),
        )
        .outerjoin(ClaimRow, and_(is_of["claim"], ClaimRow.id == ChangeRow.record_id))
        .outerjoin(FigureRow, and_(is_of["figure"], FigureRow.id == ChangeRow.record_id))
        .outerjoin(DisputeRow, and_(is_of["dispute"], DisputeRow.id == ChangeRow.record_id))
        .outerjoin(_OF_DISPUTE, _OF_DISPUTE.id == DisputeRow.disputed_claim_id)
        # excludes kinds rather than listing them, so that SQLite uses the index of events, not of kinds
        .where(EVENTS, ChangeRow.kind.not_in(_OTHERS), ChangeRow.operation.in_(_OPERATIONS))
        .where(or_(ChangeRow.operation != Operation.UPDATE, ChangeRow.changed != literal(_ONLY_FIGURES, Document())))
    )


_EVERY = union_all(_disputes(), _changes()).subquery("events")
_LISTING = Listing(
    dict.fromkeys(
        ("sqlite", "postgresql"),
        select(*_EVERY.c, EntityRow.key.label("subject_key"), EntityRow.name.label("subject")).outerjoin(
            EntityRow, EntityRow.id == _EVERY.c.subject_id
        ),
    ),
    {
        "event": AnyOf(_EVERY.c.event),
        "subject": RefTo(EntityRow, _EVERY.c.subject_id),
        "status": OfDisputes(_EVERY.c.status),
        "time_from": Value(UtcTime(), lambda moment: _EVERY.c.time >= moment),
        "time_to": Value(UtcTime(), lambda moment: _EVERY.c.time <= moment),
        "as_of": Value(UtcTime(), lambda moment: _EVERY.c.time <= moment, _end_of_day),
    },
    {"time": _EVERY.c.time},
    _EVERY.c.id,
)
