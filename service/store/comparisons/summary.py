"""The stored summary of each measurand, updated in every transaction that changes its inputs.

A write inserts the measurands that it needs, writes its figures, and calls `mark_stale`. Before the transaction
commits, `refresh_summaries` locks the stale measurands, with the others of their quantities, in the order of their ids,
and computes them from their figures. Without the lock, two writers would each miss the other's figure; with it, the
second one reads what the first has committed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    UpdateBase,
    and_,
    func,
    literal_column,
    select,
    text,
    union,
    union_all,
    update,
)

from service.db import bulk
from service.db.models import ClaimRow, DisputeRow, FigureRow, MeasurandRow, MetricRow, ScopeRow, StanceRow
from service.db.types import String
from service.domain.assessment import RULES_VERSION, assess_measurand
from service.domain.vocabulary import ACTIVE_DISPUTE_STATUSES
from service.errors import Invalid
from service.store import rows
from service.store.comparisons import (
    consistency,
    conversions,
    evidence,
    exchange_rates,
    measurands,
    stance_counts,
)
from service.store.comparisons.evidence import FigureRecord
from service.store.comparisons.exchange_rates import ExchangeRates
from service.store.comparisons.measurands import NamedMeasurand
from service.store.comparisons.summary_columns import columns_of, extent_of
from service.store.records import chains, record_writes
from service.store.rows import Values

# Marking stale summaries ---------------------------------------------------------------------------------------------


def ensure_measurands(connection: Connection, wanted: Iterable[NamedMeasurand]) -> None:
    """Inserts the measurands that do not exist yet."""
    measurands.ensure(connection, wanted)


def mark_stale(connection: Connection, ids: Iterable[str]) -> None:
    """Notes that the inputs of these measurands' summaries changed in this transaction."""
    connection.get_execution_options()["stale"].update(ids)


# the claims bound as `ids` and all that relay them
_RELAYS = select(ClaimRow.id).where(ClaimRow.id.in_(rows.IDS)).cte("relays", recursive=True)
_RELAYS = _RELAYS.union(select(ClaimRow.id).join(_RELAYS, ClaimRow.derived_from_id == _RELAYS.c.id))
_DEPENDING: Any = union(
    select(FigureRow.measurand_id.label("id"), literal_column("'stale'").label("what")).join(
        _RELAYS, FigureRow.claim_id == _RELAYS.c.id
    ),
    select(StanceRow.proposition_id, literal_column("'propositions'")).join(
        _RELAYS, StanceRow.claim_id == _RELAYS.c.id
    ),
)


def mark_claims_stale(connection: Connection, claim_ids: Collection[str]) -> None:
    """Marks the measurands of these claims' figures, and the propositions on which they take a stance, with those of
    all that relay them: their drift, and who counts as a voice, depend on them.
    """
    options = connection.get_execution_options()
    for part in rows.chunks(list(claim_ids), rows.MOST_IDS):
        for row in connection.execute(_DEPENDING, {"ids": list(part)}):
            options[row.what].add(row.id)


def mark_scopes_stale(connection: Connection, scope_id: str) -> None:
    """Marks the measurands of a scope that has become a part of another one, and of its own parts: whether they exceed
    a whole depends on it.
    """
    tree = chains.descendants(ScopeRow.id, ScopeRow.part_of_id, scope_id)
    statement = select(MeasurandRow.id).where(MeasurandRow.scope_id.in_(select(tree.c.id)))
    connection.get_execution_options()["stale_parts"].update(connection.execute(statement).scalars())


_ORIGINS = chains.chain_of(ClaimRow.id, ClaimRow.derived_from_id)
_ORIGIN_CLAIMS = (
    select(ClaimRow.id).where(ClaimRow.id.in_(select(_ORIGINS.c.id))).order_by(ClaimRow.id).with_for_update(read=True)
)


def lock_origins(connection: Connection, derived_from: str | None) -> None:
    """Share-locks the chain that a relay derives from until this transaction ends, so that its drift is computed from
    what is stored then. Raises Invalid if the chain is too long.
    """
    if derived_from is None:
        return
    if len(connection.execute(_ORIGIN_CLAIMS, {"ids": [derived_from]}).all()) >= chains.MAX_CHAIN:
        raise Invalid.at("/derived_from", f"The chain would be longer than {chains.MAX_CHAIN} records.")


# Refreshing ----------------------------------------------------------------------------------------------------------


def refresh_summaries(connection: Connection) -> None:
    """Updates the summaries of all stale measurands, and notes what those that change were before the transaction.
    Called right before the commit.
    """
    options = connection.get_execution_options()
    stale, stale_parts = options["stale"], options["stale_parts"]
    if stale or stale_parts:
        _refresh(connection, stale, stale_parts)
    consistency.refresh(connection, stale)
    stance_counts.refresh(connection)
    stale.clear()
    stale_parts.clear()


def _refresh(connection: Connection, stale: Collection[str], stale_parts: Collection[str]) -> None:
    assessed = connection.get_execution_options()["assessed"]
    stored = _lock(connection, sorted({*stale, *stale_parts}))
    changes = []
    for measurand_id, computed in compute(connection, stored, stale).items():
        before = stored[measurand_id]
        differing = differing_columns(before, computed)
        if differing:
            first, _ = assessed.get(measurand_id, (before, None))
            assessed[measurand_id] = (first, {**before, **computed})
            at = before["updated_at"] if differing == ["rules_version"] else record_writes.now()
            changes.append({bulk.WHICH: measurand_id, "updated_at": at, **computed})
    # measurands with only the part columns computed have fewer columns
    for columns in {tuple(change) for change in changes}:
        alike = [change for change in changes if tuple(change) == columns]
        bulk.write(connection, _update(connection.dialect.name, columns), alike)


def differing_columns(stored: Any, computed: Values) -> list[str]:
    """The names of columns that differ from `STORED`, which has the unit of the metric under that name."""
    return [name for name, value in computed.items() if stored["computed_unit" if name == "unit" else name] != value]


# each quantity once, however many of its measurands are stale
_STALE = (
    select(MeasurandRow.subject_id, MeasurandRow.metric_id, MeasurandRow.period_earliest, MeasurandRow.period_latest)
    .where(MeasurandRow.id.in_(rows.IDS))
    .distinct()
    .subquery("stale")
)
_QUANTITIES = (
    select(MeasurandRow.id)
    .join(MetricRow, MetricRow.id == MeasurandRow.metric_id)
    .join(_STALE, and_(*measurands.may_be_parts(_STALE.c, MeasurandRow, MetricRow)))
)
# Locks without the key, to which figures just written refer, here and in other transactions.
STORED = select(
    *(column for column in MeasurandRow.__table__.columns if column.key != "unit"),
    MeasurandRow.unit.label("computed_unit"),
    *(getattr(MetricRow, name) for name in ("unit", "scale", "signed", "additive", "over_time")),
).join(MetricRow, MetricRow.id == MeasurandRow.metric_id)
_LOCKED = (
    STORED.where(MeasurandRow.id.in_(_QUANTITIES))
    .order_by(MeasurandRow.id)
    .with_for_update(key_share=True, of=MeasurandRow)
)
# A part is compared with its whole, and either may be new: other transactions do not see it, and no row lock covers it.
# So the first transaction to write either one locks the quantity. Some quantities share a lock.
_QUANTITY_LOCKS = text(
    """
    SELECT pg_advisory_xact_lock(:space, number) FROM (
        SELECT DISTINCT abs(hashtext(concat(
            subject_id, metric_id,
            CASE WHEN additive <> 'parts_and_time' THEN concat(period_earliest, period_latest) END
        ))) % 1024 AS number
        FROM measurand JOIN metric ON metric.id = metric_id
        WHERE measurand.id IN :ids AND (scope_id IS NOT NULL OR additive = 'parts_and_time') ORDER BY 1
    ) AS quantity
    """
).bindparams(rows.IDS)
_QUANTITY_SPACE = 0x436C6A  # not used by any other advisory lock of this database


def _lock(connection: Connection, ids: Sequence[str]) -> dict[str, Any]:
    """Locks the measurands and the others of their quantities. Returns the columns needed to compute them."""
    found: dict[str, Any] = {}
    for part in rows.chunks(ids, rows.MOST_IDS):
        if connection.dialect.name == "postgresql":
            connection.execute(_QUANTITY_LOCKS, {"ids": list(part), "space": _QUANTITY_SPACE})
        found |= {row["id"]: row for row in connection.execute(_LOCKED, {"ids": list(part)}).mappings()}
    return found


@cache
def _update(dialect: str, names: tuple[str, ...]) -> UpdateBase:
    return bulk.changing(dialect, MeasurandRow, names)


def compute(connection: Connection, stored: Mapping[str, Any], stale: Collection[str]) -> dict[str, Values]:
    """Returns the summary columns of the stale measurands, and of the other stored ones the columns that say whether
    they exceed a whole. `stored` has complete quantities, with the properties of their metrics.
    """
    computed = _summaries(connection, {one: stored[one] for one in stored if one in stale})
    extents = {one: extent_of(computed.get(one) or row) for one, row in stored.items()}
    for measurand_id, columns in measurands.exceeded_columns(connection, stored, extents).items():
        computed[measurand_id] = computed.get(measurand_id, {}) | columns
    return computed


def _summaries(connection: Connection, stale: Mapping[str, Any]) -> dict[str, Values]:
    every, rates_versions = _with_rates(connection, evidence.of_measurands(connection, stale))
    present = {one: [figure for figure in found if figure.stands(None)] for one, found in every.items()}
    lineage = evidence.lineage(connection, [figure for found in present.values() for figure in found])
    figures = {one: lineage.with_stand_ins(found) for one, found in present.items()}
    disputed = [one for one in stale if any(figure.row.is_disputed for figure in figures[one])]
    disputes = _dispute_counts(connection, disputed)
    origins = measurands.keys_of(connection, {one: lineage.origin_of(found) for one, found in figures.items()})
    assessed = {
        one: assess_measurand(
            [figure.evidence for figure in figures[one]],
            lineage.copied(figures[one]),
            scope_stated=row["scope_id"] is not None,
        )
        for one, row in stale.items()
    }
    crossing = [one for one, found in assessed.items() if found.crosses_currencies]
    rates_versions |= dict.fromkeys(crossing, exchange_rates.version(connection)) if crossing else {}
    return {
        one: columns_of(
            assessed[one],
            unit=row["unit"],
            rates_version=rates_versions.get(one),
            present_count=len(figures[one]),
            dispute_count=disputes.get(one, 0),
            origin=origins.get(one),
        )
        for one, row in stale.items()
    }


def _with_rates(
    connection: Connection, every: Mapping[str, list[FigureRecord]]
) -> tuple[Mapping[str, list[FigureRecord]], dict[str, str]]:
    """The figures with their conversions brought up to date, and by measurand with other currencies the version of the
    rates.
    """
    foreign = [figure for found in every.values() for figure in found if figure.evidence.is_foreign]
    converted = [figure for found in every.values() for figure in found if figure.row.rate_low is not None]
    if not foreign and not converted:
        return every, {}
    rates = ExchangeRates(connection)
    either = {figure.id: figure for figure in (*foreign, *converted)}
    changed = conversions.update(connection, rates, [(figure.evidence, figure.row) for figure in either.values()])
    if changed:
        ids = {one.row.measurand_id for one in either.values() if one.id in changed}
        every = {**every, **evidence.of_measurands(connection, ids)}
    return every, dict.fromkeys((figure.row.measurand_id for figure in foreign), rates.version)


def _active_disputes() -> Any:
    """Selects the active disputes about figures of the measurands bound as `ids`, each once: measurand_id, dispute_id,
    claim_id and claim_status. A dispute of a whole claim is joined with its measurands, not with each of its figures.
    """
    # as literals, so that PostgreSQL keeps one plan
    statuses = [literal_column(f"'{status}'", String()) for status in ACTIVE_DISPUTE_STATUSES]
    active = DisputeRow.withdrawn_at.is_(None), DisputeRow.status.in_(statuses)
    standing = FigureRow.measurand_id.in_(rows.IDS), FigureRow.withdrawn_at.is_(None)
    claims = select(FigureRow.measurand_id, FigureRow.claim_id).where(*standing).distinct().subquery("claims")
    columns = DisputeRow.id.label("dispute_id"), ClaimRow.id.label("claim_id"), ClaimRow.status.label("claim_status")
    whole = (
        select(claims.c.measurand_id, *columns)
        .join(ClaimRow, ClaimRow.id == claims.c.claim_id)
        .join(DisputeRow, DisputeRow.disputed_claim_id == ClaimRow.id)
        .where(DisputeRow.disputed_figure_id.is_(None), ClaimRow.withdrawn_at.is_(None), *active)
    )
    single = (
        select(FigureRow.measurand_id, *columns)
        .join(ClaimRow, ClaimRow.id == FigureRow.claim_id)
        .join(DisputeRow, DisputeRow.disputed_figure_id == FigureRow.id)
        .where(ClaimRow.withdrawn_at.is_(None), *standing, *active)
    )
    return union_all(whole, single).subquery("active")


ACTIVE_DISPUTES = _active_disputes()
_DISPUTES = (
    select(ACTIVE_DISPUTES.c.measurand_id, func.count().label("disputes"))
    .where(ACTIVE_DISPUTES.c.claim_status == literal_column("'active'", String()))
    .group_by(ACTIVE_DISPUTES.c.measurand_id)
)


def _dispute_counts(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    found = connection.execute(_DISPUTES, {"ids": list(ids)}) if ids else ()
    return {row.measurand_id: row.disputes for row in found}


# Outdated rules ------------------------------------------------------------------------------------------------------


def _outdated(connection: Connection, most: int | None = None) -> Select[Any]:
    """Selects the summaries of other rules or rates, by ranges of indexes: most have the present ones."""
    rates = exchange_rates.version(connection)
    rules_column, rates_column = MeasurandRow.rules_version, MeasurandRow.rates_version
    conditions = (
        rules_column < RULES_VERSION, rules_column > RULES_VERSION, rates_column < rates, rates_column > rates,
    )  # fmt: skip
    parts = [select(select(MeasurandRow.id).where(one).limit(most).subquery().c.id) for one in conditions]
    return select(union(*parts).subquery().c.id).limit(most)


def count_outdated(connection: Connection) -> int:
    """Returns how many summaries were computed under other rules or rates than the present ones."""
    return connection.execute(select(func.count()).select_from(_outdated(connection).subquery())).scalar_one()


def has_outdated(connection: Connection) -> bool:
    return connection.execute(_outdated(connection, 1)).first() is not None


def forget_all(connection: Connection) -> None:
    """Makes all summaries outdated, for `mark_outdated`."""
    connection.execute(update(MeasurandRow).values(rules_version=0))


def mark_outdated(connection: Connection, most: int) -> int:
    """Marks at most `most` outdated summaries as stale; returns how many."""
    ids = connection.execute(_outdated(connection, most)).scalars().all()
    mark_stale(connection, ids)
    return len(ids)
