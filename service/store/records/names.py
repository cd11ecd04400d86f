"""Finds entities and metrics by their names and aliases."""

import difflib
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, UpdateBase, delete, select

from service.db import bulk
from service.db.models import NameRow
from service.domain.names import fold_name
from service.errors import Invalid
from service.store import rows
from service.store.records import identifiers, references

_ALIKE = 0.8  # of difflib; of names that share their beginning
_BEGINNING, _MOST_COMPARED, _MOST_NEAR, _LONGEST = 3, 100, 3, 60


class Known(NamedTuple):
    """A record that a name refers to."""

    id: str
    key: str
    name: str


def keep(connection: Connection, table: Any, record_id: str, name: str, aliases: Iterable[str] = ()) -> None:
    """Sets the names by which a record is found, replacing earlier ones."""
    forget = delete(NameRow).where(NameRow.kind == rows.noun(table), NameRow.record_id == record_id)
    connection.execute(forget)
    keep_new(connection, table, {record_id: (name, aliases)})


def keep_new(connection: Connection, table: Any, named: Mapping[str, tuple[str, Iterable[str]]]) -> None:
    """Sets the names of new records, each with its name and its aliases."""
    kind = rows.noun(table)
    values = []
    for record_id, (name, aliases) in named.items():
        found = {fold_name(alias): True for alias in aliases} | {fold_name(name): False}
        values += [{"kind": kind, "folded": f, "record_id": record_id, "is_alias": a} for f, a in found.items()]
    bulk.write(connection, _insert(connection.dialect.name), values)


@cache
def _insert(dialect: str) -> UpdateBase:
    return bulk.insertion(dialect, NameRow, ("kind", "folded", "record_id", "is_alias"))


def by_id(connection: Connection, table: Any, ids: Collection[str]) -> list[Known]:
    chosen = select(table.id, table.key, table.name).where(table.id.in_(ids))
    return [Known(*row) for row in connection.execute(chosen)]


def find(connection: Connection, table: Any, texts: Collection[str]) -> dict[str, Known | Invalid]:
    """Returns what each text refers to: the record with this key or id, else with this name, else with this alias.

    A text without a record is left out; one with several records gets an Invalid. Runs two statements for any number of
    texts.
    """
    if not texts:
        return {}
    columns = (table.id, table.key, table.name)
    refs = [text for text in texts if "\x00" not in text]
    statement = references.rows_named(table).with_only_columns(*columns)
    found_by_ref = connection.execute(statement, references.named(refs))
    by_ref = {ref: Known(*row) for row in found_by_ref for ref in (row.id, row.key)}
    folded = {text: fold_name(text) for text in refs if text not in by_ref}
    by_folded = select(NameRow.folded, NameRow.is_alias, *columns).join(table, table.id == NameRow.record_id)
    wanted = (NameRow.kind == rows.noun(table), NameRow.folded.in_(set(folded.values())), table.withdrawn_at.is_(None))
    by_name: dict[tuple[str, bool], list[Known]] = {}
    for name, is_alias, *known in connection.execute(by_folded.where(*wanted)) if folded else ():
        by_name.setdefault((name, is_alias), []).append(Known(*known))
    found: dict[str, Known | Invalid] = {text: by_ref[text] for text in texts if text in by_ref}
    found |= {ref: Known(*known) for ref, known in identifiers.find(connection, table, refs).items()}
    for text, name in folded.items():
        same = by_name.get((name, False)) or by_name.get((name, True)) or []
        if len(same) == 1:
            found[text] = same[0]
        elif same:
            keys = ", ".join(sorted(known.key for known in same)[:5])
            found[text] = Invalid(f"{len(same)} records are called so: {keys}. Write the key of the one that is meant.")
    return found


def near(connection: Connection, table: Any, text: str, without: Collection[str] = ()) -> list[str]:
    """Names that are stored, differ from this one by a few letters, and begin with the same three. Those of the records
    in `without` are left out.
    """
    folded = fold_name(text)
    beginning = folded[:_BEGINNING]
    end = beginning[:-1] + _next(beginning[-1])
    statement = (
        select(NameRow.folded, table.name)
        .join(table, table.id == NameRow.record_id)
        .where(NameRow.kind == rows.noun(table), NameRow.folded >= beginning, NameRow.folded < end)
        .where(table.withdrawn_at.is_(None), table.id.not_in(without))
        .order_by(NameRow.folded)
        .limit(_MOST_COMPARED)
    )
    named = {row.folded: row.name for row in connection.execute(statement) if row.folded != folded}
    return list(dict.fromkeys(named[one] for one in alike(folded, named)))


def _next(character: str) -> str:
    """The next character that a database can store."""
    following = ord(character) + 1
    return chr(0xE000 if 0xD800 <= following < 0xE000 else min(following, 0x10FFFF))


def alike(text: str, others: Iterable[str]) -> list[str]:
    """Those of the texts that differ from this one by a few letters, the nearest first."""
    return difflib.get_close_matches(
        text[:_LONGEST], [one for one in others if len(one) <= _LONGEST], _MOST_NEAR, _ALIKE
    )
