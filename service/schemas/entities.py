"""API models for entities."""

from pydantic import MISSING

from service.domain.vocabulary import EntityKind
from service.schemas.base import Body, EntityRef, Head, Page
from service.schemas.types import Id, Identifiers, Key, Line, Lines, Ref, Text, Urls


class EntityCreate(Body):
    id: Id | None = None
    key: Key
    kind: EntityKind
    name: Line
    aliases: Lines = []
    same_as: Urls = []
    identifiers: Identifiers = {}
    part_of: Ref | None = None
    description: Text | None = None


class EntityPatch(Body):
    key: Key | MISSING = MISSING
    kind: EntityKind | MISSING = MISSING
    name: Line | MISSING = MISSING
    aliases: Lines | MISSING = MISSING
    same_as: Urls | MISSING = MISSING
    identifiers: Identifiers | MISSING = MISSING
    part_of: Ref | None | MISSING = MISSING
    description: Text | None | MISSING = MISSING


class Entity(Head):
    key: Key
    kind: EntityKind
    name: Line
    aliases: Lines
    same_as: Urls
    identifiers: Identifiers
    part_of: EntityRef | None
    description: Text | None


class EntityPage(Page[Entity]):
    pass
