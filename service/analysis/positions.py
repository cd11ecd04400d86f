"""Who agrees with whom: counts over comparisons and propositions. A claimant is a voice."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import combinations

from service.db.engine import Connection
from service.db.models import EntityRow, MetricRow
from service.domain.comparison import REPORTED_AND_ESTIMATED, compare
from service.domain.hull import Hull, hulls
from service.domain.positions import amounts_agree, amounts_conflict, stances_agree, stances_conflict
from service.domain.stances import tally
from service.domain.units import in_currency
from service.domain.vocabulary import Stance
from service.errors import Invalid
from service.schemas.base import EntityRef
from service.schemas.positions import (
    EntityPositions,
    Position,
    PositionCell,
    PositionColumn,
    PositionCounts,
    PositionMatrix,
    PositionPair,
)
from service.schemas.queries import PositionMatrixQuery, PositionQuery
from service.schemas.views import to_interval
from service.store.comparisons import evidence, positions, stance_counts
from service.store.comparisons.evidence import FigureRecord
from service.store.records import entities, references

MOST_CLAIMANTS = 50
MOST_COLUMNS = 200
MOST_QUESTIONS = 1_000  # of one entity
_MOST_FIGURES = 20_000
_ADD_SUBJECT = "Name fewer subjects, or one: add subject."


@dataclass(frozen=True, slots=True)
class Amount:
    """What a claimant says of a comparison, in the unit in which it is computed."""

    hull: Hull
    unit: str
    signed: bool


@dataclass(frozen=True, slots=True)
class Questions:
    """What each claimant says, by comparison and by proposition."""

    amounts: Mapping[str, Mapping[str, Amount]]
    stances: Mapping[str, Mapping[str, Stance]]


def entity_positions(connection: Connection, ref: str, query: PositionQuery) -> EntityPositions:
    """Raises NotFound for an unknown entity, and Invalid if it has said too much to compare at once."""
    own = entities.PROJECTION.read(connection, ref)
    subjects = references.filter_ids(connection, EntityRow, query.subject, "subject")
    measurands = positions.measurands_of_voices(connection, [own.id], subjects, [], MOST_QUESTIONS)
    propositions = positions.propositions_of_voices(connection, [own.id], subjects, MOST_QUESTIONS)
    if max(len(measurands), len(propositions)) > MOST_QUESTIONS:
        raise Invalid.at(
            "/subject", f"The entity has said more than {MOST_QUESTIONS:,} things. {_ADD_SUBJECT}", "query"
        )
    found = _questions(connection, measurands, propositions)
    amounts = {one: said for one, said in found.amounts.items() if own.id in said}
    stances = {one: said for one, said in found.stances.items() if own.id in said}
    pairs: dict[str, Pair] = defaultdict(Pair)
    for said in amounts.values():
        for other in said.keys() - {own.id}:
            pairs[other].add(_related(said, {}, own.id, other), is_amount=True)
    for taken in stances.values():
        for other in taken.keys() - {own.id}:
            pairs[other].add(_related({}, taken, own.id, other), is_amount=False)
    named = references.refs_of(connection, EntityRow, EntityRef, {own.id, *pairs})
    ordered = sorted(pairs, key=lambda other: (-pairs[other].total, named[other].key))
    return EntityPositions(
        entity=named[own.id],
        comparison_count=len(amounts),
        proposition_count=len(stances),
        alone=PositionCounts(
            comparisons=sum(len(said) == 1 for said in amounts.values()),
            propositions=sum(len(taken) == 1 for taken in stances.values()),
        ),
        positions=[Position(claimant=named[other], **pairs[other].counts()) for other in ordered[: query.limit]],
        position_count=len(ordered),
    )


def position_matrix(connection: Connection, query: PositionMatrixQuery) -> PositionMatrix:
    """Raises Invalid without a filter, and if it leaves too many claimants or columns."""
    if not (query.subject or query.metric or query.claimant):
        raise Invalid.at("", "Name a subject, a metric or claimants: the matrix of all is too large.", "query")
    voices, subjects = (
        references.filter_ids(connection, EntityRow, given, name)
        for name, given in (("claimant", query.claimant), ("subject", query.subject))
    )
    metrics = references.filter_ids(connection, MetricRow, query.metric, "metric")
    measurands = positions.measurands_of_voices(connection, voices, subjects, metrics, MOST_COLUMNS)
    propositions = [] if metrics else positions.propositions_of_voices(connection, voices, subjects, MOST_COLUMNS)
    if len(measurands) + len(propositions) > MOST_COLUMNS:
        detail = f"More than {MOST_COLUMNS} comparisons and propositions meet the filters. {_ADD_SUBJECT}"
        raise Invalid.at("", detail, "query")
    found = _questions(connection, measurands, propositions)
    said = Counter(voice for own in (*found.amounts.values(), *found.stances.values()) for voice in own)
    rows = [voice for voice in said if not voices or voice in voices]
    if len(rows) > MOST_CLAIMANTS:
        detail = f"More than {MOST_CLAIMANTS} claimants have said something there. Name some: add claimant."
        raise Invalid.at("/claimant", detail, "query")
    named = references.refs_of(connection, EntityRow, EntityRef, rows)
    rows.sort(key=lambda voice: (-said[voice], named[voice].key))
    return _matrix(connection, found, [*measurands, *propositions], rows, named)


def _matrix(
    connection: Connection,
    found: Questions,
    columns: Sequence[str],
    rows: Sequence[str],
    named: Mapping[str, EntityRef],
) -> PositionMatrix:
    words = positions.named(connection, list(found.amounts), list(found.stances))
    place = {voice: number for number, voice in enumerate(rows)}
    pairs: dict[tuple[int, int], Pair] = defaultdict(Pair)
    cells = []
    for column, one in enumerate(columns):
        amounts, stances = found.amounts.get(one, {}), found.stances.get(one, {})
        said = sorted((voice for voice in (*amounts, *stances) if voice in place), key=place.__getitem__)
        agree, conflict = Counter[str](), Counter[str]()
        for first, second in combinations(said, 2):
            relation = _related(amounts, stances, first, second)
            pairs[place[first], place[second]].add(relation, is_amount=one in found.amounts)
            agree.update((first, second) if relation is Relation.AGREE else ())
            conflict.update((first, second) if relation is Relation.CONFLICT else ())
        for voice in said:
            amount = amounts.get(voice)
            interval = amount and to_interval(amount.hull.interval, amount.unit, signed=amount.signed)
            cells.append(
                PositionCell(
                    claimant=place[voice],
                    column=column,
                    stance=stances.get(voice),
                    interval=interval,
                    agree=agree[voice],
                    conflict=conflict[voice],
                )
            )
    return PositionMatrix(
        claimants=[named[voice] for voice in rows],
        columns=[
            PositionColumn(
                kind="comparison" if one in found.amounts else "proposition",
                id=one,
                key=words[one].key,
                text=words[one].text,
            )
            for one in columns
        ],
        cells=cells,
        pairs=[
            PositionPair(first=first, second=second, **pair.counts()) for (first, second), pair in sorted(pairs.items())
        ],
    )


# Comparing -----------------------------------------------------------------------------------------------------------


class Relation(Enum):
    AGREE = "agree"
    CONFLICT = "conflict"
    NEITHER = "neither"


@dataclass(slots=True)
class Pair:
    """How often two claimants agree and conflict, of all that both have said something about."""

    found: Counter[tuple[Relation, bool]] = field(default_factory=Counter)

    def add(self, relation: Relation, *, is_amount: bool) -> None:
        self.found[relation, is_amount] += 1

    @property
    def total(self) -> int:
        return self.found.total()

    def counts(self) -> dict[str, PositionCounts]:
        every = [self._counts(relation) for relation in Relation]
        return {
            "agree": self._counts(Relation.AGREE),
            "conflict": self._counts(Relation.CONFLICT),
            "in_common": PositionCounts(
                comparisons=sum(one.comparisons for one in every), propositions=sum(one.propositions for one in every)
            ),
        }

    def _counts(self, relation: Relation) -> PositionCounts:
        return PositionCounts(comparisons=self.found[relation, True], propositions=self.found[relation, False])


def _related(amounts: Mapping[str, Amount], stances: Mapping[str, Stance], first: str, second: str) -> Relation:
    """How two claimants relate on one question, on which both have said something."""
    if first in amounts:
        one, other = amounts[first].hull, amounts[second].hull
        agree, conflict = amounts_agree(one, other), amounts_conflict(one, other)
    else:
        agree = stances_agree(stances[first], stances[second])
        conflict = stances_conflict(stances[first], stances[second])
    return Relation.AGREE if agree else Relation.CONFLICT if conflict else Relation.NEITHER


def _questions(connection: Connection, measurands: Sequence[str], propositions: Sequence[str]) -> Questions:
    positions.refuse_too_many_figures(connection, measurands, _MOST_FIGURES)
    every = evidence.of_measurands(connection, measurands)
    present = {one: [figure for figure in found if figure.stands(None)] for one, found in every.items()}
    lineage = evidence.lineage(connection, [figure for found in present.values() for figure in found])
    amounts = {one: _amounts(lineage.with_stand_ins(present[one])) for one in measurands}
    taken = stance_counts.taken(connection, propositions)
    stances = {
        one: {voice.latest.voice: voice.latest.stance for voice in tally(taken[one].stances).voices}
        for one in propositions
    }
    return Questions(amounts, stances)


def _amounts(figures: Sequence[FigureRecord]) -> dict[str, Amount]:
    """What each claimant says in all of one measurand."""
    if not figures:
        return {}
    compared = compare([figure.evidence for figure in figures], sides=REPORTED_AND_ESTIMATED, scope_stated=True)
    metric = figures[0].evidence.metric
    unit = in_currency(metric.unit, compared.currency) if compared.currency else metric.unit
    counted = [figure for figure in compared.counted if figure.interval is not None]
    return {one.voice: Amount(one, unit, metric.signed) for one in hulls(counted)}
