"""Candidates for names in a spreadsheet: entities and sources, by how alike their names are."""

import difflib
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, or_, select

from service.db.models import EntityRow, NameRow, SourceRow
from service.domain.names import fold_name
from service.errors import Invalid
from service.schemas.faults import validated
from service.schemas.search import SearchQuery
from service.store.lists.search import search
from service.store.records import names, sources

_LONGEST = 200  # characters that are compared
_MOST_FOUND = 30


class Found(NamedTuple):
    """A record and how alike its name is, from 0 to 100. `is_only`: no other is called just so."""

    ref: str
    name: str
    description: str | None
    kind: str
    score: float
    is_only: bool


def entities(connection: Connection, text: str, kind: str | None, most: int) -> list[Found]:
    exact = names.find(connection, EntityRow, [text]).get(text)
    only = exact.id if isinstance(exact, names.Known) else None
    ids = {*([only] if only else []), *_searched(connection, text, "entity"), *_same_or_near(connection, text)}
    chosen = select(
        EntityRow.id, EntityRow.key, EntityRow.name, EntityRow.kind, EntityRow.description, EntityRow.aliases
    )
    rows = connection.execute(chosen.where(EntityRow.id.in_(ids), EntityRow.withdrawn_at.is_(None))).all()
    found = [
        Found(
            row.key,
            row.name,
            row.description,
            row.kind,
            100.0 if row.id == only else _score(text, [row.name, *row.aliases, row.key]),
            row.id == only,
        )
        for row in rows
        if kind is None or row.kind == kind
    ]
    return _best(found, most)


def records_of_sources(connection: Connection, text: str, kind: str | None, most: int) -> list[Found]:
    """By title, DOI or address."""
    same = or_(SourceRow.title == text, SourceRow.doi == text, SourceRow.url == text, SourceRow.key == text)
    exact = set(
        connection.execute(select(SourceRow.id).where(same, SourceRow.withdrawn_at.is_(None)).limit(5)).scalars()
    )
    known = sources.PROJECTION.by_ids(connection, exact | set(_searched(connection, text, "source")))
    found = [
        Found(
            one.key or one.id,
            one.title,
            ", ".join(filter(None, [one.publisher, one.published])) or None,
            one.kind,
            100.0 if one.id in exact else _score(text, [one.title]),
            exact == {one.id},
        )
        for one in known
        if one.withdrawn is None and (kind is None or one.kind == kind)
    ]
    return _best(found, most)


def _searched(connection: Connection, text: str, kind: str) -> list[str]:
    try:
        query = validated(SearchQuery, {"q": text[:_LONGEST], "kind": [kind], "limit": _MOST_FOUND})
        return [hit.id for hit in search(connection, query).items]
    except Invalid:  # a text without any word
        return []


def _same_or_near(connection: Connection, text: str) -> list[str]:
    """The entities of these names, also where several are called so, and of names that differ by a few letters."""
    folded = {fold_name(text), *(fold_name(one) for one in names.near(connection, EntityRow, text))}
    called = select(NameRow.record_id).where(NameRow.kind == "entity", NameRow.folded.in_(folded))
    return list(connection.execute(called.limit(_MOST_FOUND)).scalars())


def _score(text: str, others: Iterable[Any]) -> float:
    own = fold_name(text)[:_LONGEST]
    ratios = [difflib.SequenceMatcher(None, own, fold_name(str(one))[:_LONGEST]).ratio() for one in others]
    return round(min(max(ratios), 0.99) * 100, 1)


def _best(found: list[Found], most: int) -> list[Found]:
    return sorted(found, key=lambda one: (-one.score, one.ref))[:most]
