"""The statements of the limit: each makes a whole answer.

The object of a row is the one that the service writes, so that both send the same; what is around it is by hand.
"""

from service.store import claims

_ROWS = """
    FROM claim
    JOIN source ON source.id = claim.source_id
    JOIN entity AS claimant ON claimant.id = claim.claimant_id
    JOIN entity AS subject ON subject.id = claim.subject_id
    LEFT JOIN claim AS origin ON origin.id = claim.derived_from_id
    LEFT JOIN claim AS older ON older.id = claim.supersedes_id
    LEFT JOIN claim AS newer ON newer.id = claim.superseded_by_id
"""
_SQLITE, _POSTGRES = claims.JSON.written["sqlite"], claims.JSON.written["postgresql"]
_NEWEST = """
    WHERE claim.withdrawn_at IS NULL AND claim.status = 'active'
    ORDER BY claim.created_at DESC, claim.id DESC LIMIT 50
"""

CLAIMS = {
    "sqlite": f"""SELECT json_object('items', json_group_array(json(item)), 'next_cursor', NULL)
        FROM (SELECT {_SQLITE} AS item {_ROWS} {_NEWEST})""",
    "postgresql": f"""SELECT CAST(json_build_object('items', json_agg(item), 'next_cursor', NULL) AS TEXT)
        FROM (SELECT {_POSTGRES} AS item {_ROWS} {_NEWEST}) AS page""",
}
CLAIM = {
    "sqlite": f"SELECT {_SQLITE} {_ROWS} WHERE claim.key = ?",
    "postgresql": f"SELECT CAST({_POSTGRES} AS TEXT) {_ROWS} WHERE claim.key = %s",
}
