"""The statements of the limit: each makes a whole answer, and works nothing out that is not stored.

The object of a row is the one that the service writes, so that both send the same; what is around it is by hand.
"""

from dataclasses import dataclass

from service.db.json_select import json_object
from service.db.models import ClaimRow, FigureRow, SourceRow
from service.schemas.comparisons import Compared
from service.store.comparisons import evidence, ranking
from service.store.records import claims, figures

_ENDS = [
    getattr(FigureRow, f"interval_{name}").label(f"interval.{name}")
    for name in ("low", "high", "low_open", "high_open", "unit", "text")
]
_SHOWN = evidence.compared_columns(FigureRow, ClaimRow, SourceRow, evidence.CLAIMANT, evidence.VOICE)
_COMPARED = json_object([*_SHOWN, *_ENDS, FigureRow.not_computed], list(Compared.model_fields))
_CLAIMS = """
    FROM claim
    JOIN source ON source.id = claim.source_id
    JOIN entity AS claimant ON claimant.id = claim.claimant_id
    JOIN entity AS subject ON subject.id = claim.subject_id
    JOIN entity AS voice ON voice.id = claim.voice_id
    LEFT JOIN entity AS spoken_for ON spoken_for.id = claim.speaks_for_id
    LEFT JOIN claim AS origin ON origin.id = claim.derived_from_id
    LEFT JOIN claim AS older ON older.id = claim.supersedes_id
    LEFT JOIN claim AS newer ON newer.id = claim.superseded_by_id
"""
_FIGURES = """
    FROM figure
    JOIN claim ON claim.id = figure.claim_id
    JOIN source ON source.id = claim.source_id
    JOIN entity AS claimant ON claimant.id = claim.claimant_id
    JOIN entity AS subject ON subject.id = figure.subject_id
    JOIN entity AS voice ON voice.id = claim.voice_id
    JOIN metric ON metric.id = figure.metric_id
    JOIN measurand ON measurand.id = figure.measurand_id
    LEFT JOIN scope ON scope.id = figure.scope_id
"""
_MEASURANDS = """
    FROM measurand
    JOIN entity ON entity.id = measurand.subject_id
    JOIN metric ON metric.id = measurand.metric_id
    LEFT JOIN scope ON scope.id = measurand.scope_id
    LEFT JOIN measurand AS origin_measurand ON origin_measurand.id = measurand.origin_measurand_id
"""
# the figures of a measurand around them, whose metric is another row of the same table
_INNER = _FIGURES.replace("JOIN measurand ON measurand.id = figure.measurand_id", "")
_HERE = "claim.withdrawn_at IS NULL AND figure.withdrawn_at IS NULL"


@dataclass(frozen=True, slots=True)
class _Words:
    """How one database writes JSON."""

    object: str
    array: str
    value: str  # how an item of an array is put into it
    text: str  # how the whole is handed over
    parameter: str


_IN = {
    "sqlite": _Words("json_object", "json_group_array", "json({})", "{}", "?"),
    "postgresql": _Words("json_build_object", "json_agg", "{}", "CAST({} AS TEXT)", "%s"),
}


def statements(dialect: str) -> dict[str, str]:
    """By the path that is asked for; a part in braces is the parameter."""
    words = _IN[dialect]
    claim, figure, compared = claims.ROWS.sql[dialect], figures.ROWS.sql[dialect], _COMPARED[dialect]

    def items(rows: str) -> str:
        listed = f"{words.array}({words.value.format('item')})"
        whole = words.text.format(f"{words.object}('items', {listed}, 'next_cursor', NULL)")
        return f"SELECT {whole} FROM ({rows}) AS page"

    def figure_named(column: str) -> str:
        return words.value.format(f"(SELECT {compared} {_INNER} WHERE figure.id = measurand.{column})")

    summary = words.value.format(ranking.ROWS.sql[dialect])
    rows = f"SELECT {compared} AS item {_INNER} WHERE figure.measurand_id = measurand.id AND {_HERE}"
    listed = f"(SELECT {words.array}({words.value.format('item')}) FROM ({rows}) AS page)"
    whole = f"{words.object}('summary', {summary}, 'figures', {words.value.format(listed)})"
    least, most = figure_named("conflict_least_id"), figure_named("conflict_most_id")
    pair = f"{words.object}('summary', {summary}, 'least', {least}, 'most', {most})"
    facet = f"{words.object}('value', basis, 'count', number)"
    return {
        "/v1/claims": items(
            f"SELECT {claim} AS item {_CLAIMS} WHERE claim.withdrawn_at IS NULL AND claim.status = 'active'"
            " ORDER BY claim.created_at DESC, claim.id DESC LIMIT 50"
        ),
        "/v1/claims/{ref}": f"SELECT {words.text.format(claim)} {_CLAIMS} WHERE claim.key = {words.parameter}",
        "/v1/figures": items(
            f"SELECT {figure} AS item {_FIGURES}"
            f" WHERE {_HERE} AND figure.metric_id = (SELECT id FROM metric WHERE key = 'cost')"
            " AND figure.basis = 'reported' ORDER BY figure.created_at DESC, figure.id DESC LIMIT 50"
        ),
        "/v1/comparisons/{ref}": (
            f"SELECT {words.text.format(whole)} {_MEASURANDS} WHERE measurand.key = {words.parameter}"
        ),
        "/v1/disagreements": items(
            f"SELECT {pair} AS item {_MEASURANDS} WHERE measurand.agreement = 'conflict'"
            " ORDER BY measurand.rank DESC, measurand.id DESC LIMIT 50"
        ),
        "/v1/facets": items(
            f"SELECT {facet} AS item FROM (SELECT basis, count(*) AS number FROM figure"
            f" JOIN claim ON claim.id = figure.claim_id WHERE {_HERE} AND claim.status = 'active'"
            " GROUP BY basis ORDER BY number DESC) AS counted"
        ),
    }
