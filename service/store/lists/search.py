"""Full-text search of records, and of comparisons by the names of what they compare and by their numbers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, column, false, func, join, or_, select, text
from sqlalchemy import table as sql_table

from service.db import views
from service.db.models import ClaimRow, EntityRow, FigureRow, MeasurandRow, MetricRow, ScopeRow, SearchRow
from service.domain.compact import compact_stated
from service.domain.search import Span, query_tokens, score, spans
from service.schemas.claims import Claim
from service.schemas.comparisons import Summary
from service.schemas.queries import ComparisonQuery
from service.schemas.search import SearchedKind, SearchHit, SearchMatch, SearchQuery, SearchResults
from service.store.comparisons.ranking import LIST
from service.store.lists.pagination import read_offset, written_offset
from service.store.lists.search_index import FIND, SEARCHED, Searched, expression
from service.store.records import claims
from service.store.records.figure_intervals import stated_of

# a search stops at the first matches, unlike a filter, which needs all of them
_FTS = sql_table("search_fts", column("rowid"))
_SEARCHED_FROM: dict[str, Any] = {
    "sqlite": join(_FTS, SearchRow.__table__, SearchRow.number == _FTS.c.rowid),
    "postgresql": SearchRow.__table__,
}
KINDS: tuple[SearchedKind, ...] = ("comparison", "metric", "claim", "source", "entity", "proposition")
_COUNTED = 1_000  # matches per kind: of more, which are found first depends on the database
_CANDIDATES = 100  # of these, shortest texts first: they contain the least other text
_SCORED = 2_000  # characters of each text that count for its rank
_BEFORE, _AFTER = 60, 240  # characters shown around the first match
_FIGURES = 3  # shown of a claim
_NAMES = 500  # of each kind that one word names: the databases limit how many ids a statement takes
_NAMED_BY = 8  # words, each of which takes a few statements


@dataclass(frozen=True, slots=True)
class _Found:
    """A match, with its texts: the pointer, the weight and the text of each."""

    kind: SearchedKind
    id: str
    key: str | None
    title: str
    status: str | None
    texts: Sequence[tuple[str, float, str]]
    figures: int = 0  # that a comparison compares

    def order(self, asked: Sequence[str]) -> tuple[Any, ...]:
        """Best first. Among equals a comparison or a metric comes first: it leads to more than a single record does."""
        scored = [(weight, text[:_SCORED]) for _, weight, text in self.texts]
        return -score(scored, asked), KINDS.index(self.kind), -self.figures, len(self.title), self.id


def search(connection: Connection, query: SearchQuery) -> SearchResults:
    """Returns what contains all words, ranked alike on both databases while there are no more of a kind than are
    counted. Withdrawn records are left out. Raises Invalid for a cursor of another search.
    """
    asked = query_tokens(query.q)
    found: list[_Found] = []
    total, is_exact = 0, True
    for kind in dict.fromkeys(query.kind or KINDS) if asked else ():
        matched, best = _comparisons(connection, asked) if kind == "comparison" else _records(connection, kind, asked)
        total, is_exact = total + min(matched, _COUNTED), is_exact and matched <= _COUNTED
        found += best
    found.sort(key=lambda one: one.order(asked))
    first = read_offset(query, len(found))
    page = found[first : first + query.limit]
    more = first + query.limit < len(found)
    cursor = written_offset(query, first + query.limit) if more else None
    hits = _hits(connection, page, asked)
    return SearchResults(items=hits, total=total, total_is_exact=is_exact, next_cursor=cursor)


# Records -------------------------------------------------------------------------------------------------------------


def _records(connection: Connection, kind: SearchedKind, asked: list[str]) -> tuple[int, list[_Found]]:
    kept = SEARCHED[kind]
    found = connection.execute(_candidates(connection, kind, kept, asked)).mappings().all()
    best = [
        _Found(kind, row["id"], row["key"], row["heading"], row.get("status"), list(_fields(row, kept.weights)))
        for row in found
    ]
    return (found[0]["matched"] if found else 0), best


def _candidates(connection: Connection, kind: SearchedKind, kept: Searched, asked: list[str]) -> Any:
    table = kept.table
    columns = [getattr(table, name) for name in dict.fromkeys(["id", "key", *kept.weights])]
    status = [ClaimRow.status] if table is ClaimRow else []
    dialect = connection.dialect.name
    found = (
        select(SearchRow.record_id, SearchRow.number, func.length(SearchRow.tokens).label("length"))
        .select_from(_SEARCHED_FROM[dialect])
        .join(table, (SearchRow.kind == kind) & (SearchRow.record_id == table.id))
        .where(table.withdrawn_at.is_(None), text(FIND[dialect]))
        .limit(_COUNTED + 1)
        .subquery("found")
    )
    return (
        select(*columns, *status, getattr(table, kept.title).label("heading"), func.count().over().label("matched"))
        .join(found, found.c.record_id == table.id)
        .order_by(found.c.length, found.c.number.desc())
        .limit(_CANDIDATES)
        .params(words=expression(kind, asked, dialect))
    )


def _fields(row: RowMapping, weights: dict[str, float]) -> Iterator[tuple[str, float, str]]:
    """Yields each text of a record, with its pointer and its weight."""
    for name, weight in weights.items():
        if isinstance(row[name], list):
            yield from ((f"/{name}/{index}", weight, text) for index, text in enumerate(row[name]))
        elif row[name] is not None:
            yield f"/{name}", weight, row[name]


# Comparisons ---------------------------------------------------------------------------------------------------------


def _comparisons(connection: Connection, asked: list[str]) -> tuple[int, list[_Found]]:
    """Finds comparisons of which each word names the subject, the metric, the scope or the period, or is a number of a
    figure. Those with the most figures first; none for more words than names have.
    """
    if len(asked) > _NAMED_BY:
        return 0, []
    named = [_named(connection, asked, place) for place in range(len(asked))]
    conditions = and_(*(_is_about(asked[place], ids, place) for place, ids in enumerate(named)))
    bound = {f"{kind}_{place}": ids for place, by_kind in enumerate(named) for kind, ids in by_kind.items()}
    found = (
        select(MeasurandRow.id, MeasurandRow.key, MeasurandRow.period, MeasurandRow.figure_count)
        .add_columns(func.count().over().label("matched"))
        .add_columns(EntityRow.name.label("subject"), EntityRow.aliases)
        .add_columns(MetricRow.name.label("metric"), ScopeRow.name.label("scope"))
        .join(EntityRow, EntityRow.id == MeasurandRow.subject_id)
        .join(MetricRow, MetricRow.id == MeasurandRow.metric_id)
        .outerjoin(ScopeRow, ScopeRow.id == MeasurandRow.scope_id)
        .where(views.PRESENT, conditions)
        .order_by(MeasurandRow.figure_count.desc(), MeasurandRow.id)
        .limit(_CANDIDATES)
    )
    matches = connection.execute(found, bound).mappings().all()
    return (matches[0]["matched"] if matches else 0), [_comparison(row) for row in matches]


_NAMED = {"entity": MeasurandRow.subject_id, "metric": MeasurandRow.metric_id, "scope": MeasurandRow.scope_id}


def _named(connection: Connection, asked: Sequence[str], place: int) -> dict[str, list[str]]:
    """The records that the word at this place names, by kind: at most as many of each as are counted."""
    dialect = connection.dialect.name
    ids = select(SearchRow.record_id).select_from(_SEARCHED_FROM[dialect]).where(text(FIND[dialect])).limit(_NAMES)
    kinds = [*_NAMED, *(["claim"] if asked[place][0].isdigit() else [])]
    is_last = place == len(asked) - 1
    found = {}
    for kind in kinds:
        words = expression(kind, [asked[place]], dialect, is_last=is_last)
        found[kind] = list(connection.execute(ids, {"words": words}).scalars())
    return found


def _is_about(word: str, ids: Mapping[str, list[str]], place: int) -> Any:
    """The condition that a measurand is about one word of the query."""
    conditions: list[Any] = [
        own.in_(bindparam(f"{kind}_{place}", expanding=True)) for kind, own in _NAMED.items() if ids[kind]
    ]
    if ids.get("claim"):
        stated_in = FigureRow.claim_id.in_(bindparam(f"claim_{place}", expanding=True))
        number = select(FigureRow.measurand_id).where(stated_in, FigureRow.withdrawn_at.is_(None))
        conditions.append(MeasurandRow.id.in_(number))
    if word[0].isdigit():
        conditions.append(MeasurandRow.period.startswith(word, autoescape=True))
    return or_(*conditions) if conditions else false()


def _comparison(row: RowMapping) -> _Found:
    part = ", ".join(one for one in (row["scope"], row["period"]) if one)
    title = f"{row['subject']}: {row['metric']}" + (f" ({part})" if part else "")
    aliases = [("/subject/aliases", 2.5, alias) for alias in row["aliases"]]
    named = [("/title", 3.0, title), *aliases]
    return _Found("comparison", row["id"], row["key"], title, None, named, row["figure_count"])


# Answers -------------------------------------------------------------------------------------------------------------


def _hits(connection: Connection, page: Sequence[_Found], asked: list[str]) -> list[SearchHit]:
    of_claims = [one.id for one in page if one.kind == "claim"]
    of_comparisons = [one.id for one in page if one.kind == "comparison"]
    said = {one.id: one for one in claims.PROJECTION.by_ids(connection, of_claims)}
    listed = ComparisonQuery(id=of_comparisons, empty=True, limit=len(of_comparisons)) if of_comparisons else None
    follows = {one.id: one for one in LIST.page(connection, listed).items} if listed else {}
    return [_hit(one, asked, said.get(one.id), follows.get(one.id)) for one in page]


def _hit(one: _Found, asked: list[str], claim: Claim | None, summary: Summary | None) -> SearchHit:
    found = [(pointer, text, spans(text, asked)) for pointer, _, text in one.texts]
    figures = claim.figures[:_FIGURES] if claim else []
    return SearchHit(
        kind=one.kind,
        id=one.id,
        key=one.key,
        title=one.title,
        status=one.status,
        claimant=claim.claimant if claim else None,
        asserted=claim.asserted if claim else None,
        figures=[f"{figure.metric.name}: {compact_stated(stated_of(dict(figure)), figure.unit)}" for figure in figures],
        text=summary.text if summary else None,
        matches=[_match(pointer, text, places) for pointer, text, places in found if places],
    )


def _match(pointer: str, text: str, places: list[Span]) -> SearchMatch:
    start = max(places[0][0] - _BEFORE, 0)
    part = text[start : places[0][0] + _AFTER]
    offsets = [(s - start, min(e - start, len(part))) for s, e in places if s - start < len(part)]
    return SearchMatch(pointer=pointer, text=part, start=start, offsets=offsets)
