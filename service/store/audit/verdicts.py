"""Verdict changes: the agreement, the verdict, the widest pair or the drift of a comparison has changed.

They are rows of the history beside the changes of records, written in the transaction that caused them. Recomputing
summaries after an upgrade or with new rates records no verdict change.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from service.db.models import ChangeRow, MeasurandRow
from service.db.views import RANKING
from service.domain.vocabulary import Agreement, DisagreementKind, Operation
from service.store import rows
from service.store.comparisons import ranking
from service.store.rows import Values

KIND = "comparison"
_CONFLICT, _DRIFT = RANKING[DisagreementKind.CONFLICT], RANKING[DisagreementKind.DRIFT]
_WIDEST = (_CONFLICT.least_id.key, _CONFLICT.most_id.key)
_FOUND_DRIFT = (_DRIFT.least_id.key, _DRIFT.most_id.key)
_BETWEEN_SEVERAL = {Agreement.AGREE, Agreement.MIXED, Agreement.CONFLICT}

Columns = Mapping[str, Any]


def changes(connection: Connection, assessed: Mapping[str, tuple[Columns, Columns]]) -> list[Values]:
    """The rows of the history for these measurands, of which the columns before and after the transaction are given."""
    changed = {one: new for one, (before, after) in assessed.items() if (new := changed_in(before, after))}
    found = []
    for part in rows.chunks(sorted(changed), rows.MOST_IDS):
        versions = _versions(connection, part)
        statement = ranking.EVERY_ROW.rows[connection.dialect.name].add_columns(MeasurandRow.id.label("its_id"))
        for row in connection.execute(statement.where(MeasurandRow.id.in_(part))):
            _, after = assessed[row.its_id]
            ends = {"least_figure_id": after[_WIDEST[0]], "most_figure_id": after[_WIDEST[1]]}
            found.append(
                {
                    "operation": str(Operation.UPDATE),
                    "kind": KIND,
                    "record_id": row.its_id,
                    "version": versions.get(row.its_id, 0) + 1,
                    "changed": changed[row.its_id],
                    "snapshot": json.loads(row.item) | ends,
                    "subject_id": after["subject_id"],
                    "metric_id": after["metric_id"],
                }
            )
    return found


def changed_in(before: Columns, after: Columns) -> list[str]:
    """What is new: `agreement` (between several claimants), `verdict` (where there are two sides), `widest` (another
    pair conflicts most) and `drift` (a relay was found to differ, or another one most).
    """
    said = {before["agreement"], after["agreement"]}
    sides = [one["agreement"] != Agreement.NONE and not one["verdict"].endswith("_only") for one in (before, after)]
    new = {
        "agreement": len(said) == 2 and bool(said & _BETWEEN_SEVERAL),
        "verdict": before["verdict"] != after["verdict"] and any(sides),
        "widest": _pair(after, _WIDEST) not in (None, _pair(before, _WIDEST)) and _pair(before, _WIDEST) is not None,
        "drift": _pair(after, _FOUND_DRIFT) not in (None, _pair(before, _FOUND_DRIFT)),
    }
    return [name for name, is_new in new.items() if is_new]


def _pair(columns: Columns, names: tuple[str, str]) -> tuple[str, str] | None:
    least, most = (columns[name] for name in names)
    return None if least is None else (least, most)


def _versions(connection: Connection, ids: Any) -> dict[str, int]:
    last = select(ChangeRow.record_id, func.max(ChangeRow.version).label("version")).where(
        ChangeRow.kind == KIND, ChangeRow.record_id.in_(ids)
    )
    return {row.record_id: row.version for row in connection.execute(last.group_by(ChangeRow.record_id))}
