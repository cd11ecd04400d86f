"""Propositions that at least one voice supports and at least one denies: most evenly contested first."""

from sqlalchemy import literal_column

from service.db.json_select import JsonSelect, JsonSql
from service.db.models import EntityRow, PropositionRow
from service.domain.vocabulary import DisagreementKind
from service.schemas.stances import ContestedProposition, ContestedPropositionPage
from service.store.lists.filters import AnyOf, RefTo
from service.store.lists.pagination import RecordList, record_list
from service.store.records import propositions

MOST_CONTESTED_FIRST = "-contested"
_KIND: JsonSql = dict.fromkeys(("sqlite", "postgresql"), f"'{DisagreementKind.CONTESTED}'")
_COUNTED = propositions.SELECT.add_columns(PropositionRow.supports, PropositionRow.denies, PropositionRow.neutral)
_CONTESTED = _COUNTED.where(PropositionRow.contested > literal_column("0"), PropositionRow.withdrawn_at.is_(None))
LIST: RecordList[ContestedPropositionPage] = record_list(
    ContestedPropositionPage,
    JsonSelect(_CONTESTED, list(ContestedProposition.model_fields), {"kind": _KIND}),
    {"id": AnyOf(PropositionRow.id), "subject": RefTo(EntityRow, PropositionRow.subject_id)},
    {"contested": PropositionRow.contested},
    PropositionRow.id,
)
