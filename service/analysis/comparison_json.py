"""A comparison as JSON, put together from what is stored. No figure is read as a number, so it takes a small part of
the time of `analysis/comparisons.py`, which says the same for any settings.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from service.analysis.related import Scoped, related
from service.analysis.settings import Settings
from service.db.engine import Database
from service.domain.comparison import place_of
from service.domain.evidence import why_aside
from service.domain.vocabulary import Basis, NotComputed
from service.schemas.comparisons import Excluded
from service.store import comparison_json, details
from service.store.comparison_json import Figure, Stored
from service.store.details import Detail
from service.store.rows import Values

_SETTINGS = Settings().on_wire().model_dump_json()
_EXCLUDED = Excluded(undated=0, not_yet_readable=0).model_dump_json()


def detail(database: Database, ref: str) -> bytes | None:
    """With the settings that nobody has to ask for. None where it has to be worked out, if there is one at all."""
    stored = comparison_json.read(database, ref)
    if stored is None:
        return None
    known = details.read(stored.detail)
    return _told(stored, known) if _is_whole(stored, known) else None


def _is_whole(stored: Stored, known: Detail) -> bool:
    """Whether all that is told of is there: an older version of the service may have taken an origin away."""
    origins = {drift["origin"] for drift in known.drift} - {None}
    return known.is_whole and origins <= stored.items.keys()


def _told(stored: Stored, known: Detail) -> bytes:
    sides: dict[str, list[Figure]] = {"base": [], "other": [], "relay": []}
    beside = []
    for figure in stored.figures:
        place = _place(figure.basis, figure.not_computed, is_relay=figure.origin is not None)
        if place in sides:
            sides[place].append(figure)
        else:
            beside.append(f'{figure.item[:-1]},"why":"{place}"}}')
    fields = {
        "settings": _SETTINGS,
        "gap_without_one": _without_one(known.without_one, stored.figures),
        "reported": _side(sides["base"], stored.reported),
        "estimated": _side(sides["other"], stored.estimated),
        "first_party": "null",
        "third_party": "null",
        "beside": _list(beside),
        "relays": _list(figure.item for figure in sides["relay"]),
        "drift": _list(_drift(drift, stored.items) for drift in known.drift),
        "related": _list(_related(stored, known) if stored.siblings else []),
        "disputes": _list(stored.disputes),
        "excluded": _EXCLUDED,
    }
    told = ",".join(f'"{name}":{value}' for name, value in fields.items())
    return f"{stored.summary[:-1]},{told}}}".encode()


@cache
def _place(basis: str, not_computed: str | None, *, is_relay: bool) -> str:
    why = why_aside(Basis(basis), NotComputed(not_computed) if not_computed else None, is_relay=is_relay)
    return place_of(why, Basis(basis), "basis")


def _list(items: Iterable[str]) -> str:
    return f"[{','.join(items)}]"


def _side(side: Sequence[Figure], interval: str) -> str:
    claimants = len({figure.claimant for figure in side})
    listed = _list(figure.item for figure in side)
    return f'{{"count":{len(side)},"claimant_count":{claimants},"interval":{interval},"figures":{listed}}}'


def _without_one(stored: Values | None, figures: Sequence[Figure]) -> str:
    if stored is None:
        return "null"
    theirs = next(figure.item for figure in figures if figure.claimant == stored["claimant"])
    return json.dumps({"gap": stored["gap"], "claimant": json.loads(theirs)["claimant"]})


def _drift(stored: Values, items: Mapping[str, str]) -> str:
    origin = items[stored["origin"]] if stored["origin"] else "null"
    rest = json.dumps({name: stored[name] for name in ("result", "factor", "flags", "text")})
    return f'{{"relay":{items[stored["relay"]]},"origin":{origin},{rest[1:]}'


def _related(stored: Stored, known: Detail) -> Iterable[str]:
    summary = json.loads(stored.summary)
    own = Scoped(summary["id"], summary["key"], summary["scope"], details.standing_of(known.stands_for))
    others = [
        Scoped(other["id"], other["key"], other["scope"], details.standing_of(other["stands_for"]))
        for other in stored.siblings
    ]
    found = related(own, others, stored.wholes(), summary["metric"]["unit"], signed=stored.signed)
    return (one.model_dump_json() for one in found)
