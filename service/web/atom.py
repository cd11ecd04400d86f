"""Atom feeds of changes: of all records, of what is said about an entity, and of one comparison (RFC 4287)."""

from collections.abc import Sequence
from decimal import Decimal
from xml.etree import ElementTree

from fastapi import Request, Response

from service.api import addresses
from service.api.dependencies import Db, SeesNames
from service.charts.svg import in_xml
from service.domain.compact import exact_stated
from service.schemas.history import Change
from service.schemas.types import format_time
from service.store.audit import history
from service.store.comparisons import measurands
from service.store.records import entities
from service.store.records.figure_intervals import stated_of
from service.web.route import pages

routes = pages()
_NAMESPACE = "http://www.w3.org/2005/Atom"
_ENTRIES, _READ = 50, 200  # entries of a feed, and changes that are looked at for them
_NUMBERS = ("value", "lower", "upper", "precision")
_DONE = {"create": "added", "update": "changed", "withdraw": "withdrawn", "restore": "restored"}
_NAMES = ("statement", "title", "name", "reason", "text")
_PATHS = {
    "comparison": "comparisons",
    "source": "sources",
    "entity": "entities",
    "claim": "claims",
    "metric": "quantities",
}
ElementTree.register_namespace("", _NAMESPACE)


@routes.get("/changes.atom")
def read_changes_feed(request: Request, db: Db, names: SeesNames) -> Response:
    with db.read() as connection:
        found = history.latest(connection, None, _ENTRIES, names=names)
    return _feed(request, "Changes of all records", "/changes", found)


@routes.get("/entities/{ref}/changes.atom")
def read_entity_feed(ref: str, request: Request, db: Db, names: SeesNames) -> Response:
    """The changes of figures about an entity."""
    with db.snapshot() as connection:
        entity = entities.PROJECTION.read(connection, ref)
        found = history.latest_figures(connection, entity.id, None, _ENTRIES, names=names)
    return _feed(request, f"What is said about {entity.name}", f"/entities/{entity.key}", found)


@routes.get("/comparisons/{ref}/changes.atom")
def read_comparison_feed(ref: str, request: Request, db: Db, names: SeesNames) -> Response:
    """The changes of the figures of one comparison."""
    with db.snapshot() as connection:
        row = measurands.read(connection, ref).row
        found = history.latest_figures(connection, row.subject_id, row.metric_id, _READ, names=names)
    own = [change for change in found if row.id in (change.record_id, _measurand_of(change))]
    title = f"{row.subject_name}: {row.metric_name}"
    return _feed(request, title, f"/comparisons/{row.key}", own[:_ENTRIES])


def _measurand_of(change: Change) -> str | None:
    measurand = (change.snapshot or {}).get("measurand")
    return measurand["id"] if measurand else None


def _feed(request: Request, title: str, path: str, changes: Sequence[Change]) -> Response:
    base = addresses.base(request)
    feed = ElementTree.Element(_tag("feed"))
    _add(feed, "id", f"{base}{path}")
    _add(feed, "title", f"{title} — Counterclaim")
    _add(feed, "updated", format_time(changes[0].at) if changes else "1970-01-01T00:00:00Z")
    _link(feed, "self", f"{base}{request.url.path}")
    _link(feed, "alternate", f"{base}{path}")
    author = ElementTree.SubElement(feed, _tag("author"))
    _add(author, "name", "Counterclaim")
    for change in changes:
        feed.append(_entry(base, change))
    body = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return Response(body, media_type="application/atom+xml")


def _entry(base: str, change: Change) -> ElementTree.Element:
    entry = ElementTree.Element(_tag("entry"))
    snapshot = change.snapshot or {}
    claim = snapshot.get("claim") or snapshot.get("disputed_claim") or {}
    name = next((str(snapshot[one]) for one in _NAMES if snapshot.get(one)), "")
    if change.kind == "figure":
        numbers = {name: Decimal(snapshot[name]) if snapshot.get(name) else None for name in _NUMBERS}
        name = f"{snapshot['metric']['name']}: {exact_stated(stated_of(snapshot | numbers), snapshot['unit'])}"
    path = f"/{_PATHS[change.kind]}/{change.record_id}" if change.kind in _PATHS else "/changes"
    path = f"/claims/{claim['id']}" if claim else path
    _add(entry, "id", f"{base}/changes#{change.seq}")
    _add(entry, "title", f"{change.kind} {_DONE[change.operation]}: {name[:200]}")
    _add(entry, "updated", format_time(change.at))
    _link(entry, "alternate", f"{base}{path}")
    author = ElementTree.SubElement(entry, _tag("author"))
    _add(author, "name", (change.actor.name if change.actor else None) or "unnamed")
    _add(entry, "summary", str(claim.get("statement") or ", ".join(change.changed) or name)[:500])
    return entry


def _tag(name: str) -> str:
    return f"{{{_NAMESPACE}}}{name}"


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, _tag(name)).text = in_xml(text)


def _link(parent: ElementTree.Element, relation: str, address: str) -> None:
    ElementTree.SubElement(parent, _tag("link"), rel=relation, href=address)
