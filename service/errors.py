"""What can go wrong, in the service's own words. No HTTP in here; `api/problems.py` gives each its status.

ServiceError
├── Invalid               the request can never succeed as it is
├── Unauthenticated       who asks is not known
├── Forbidden             who asks is known, and may not
├── NotFound              no such record
├── Conflict              the request contradicts what is stored
│   └── AlreadyStored     a record of this identity is stored, with other content
├── PreconditionRequired  a change without saying which version it changes
├── PreconditionFailed    the record has changed since it was read
├── RateLimited           too much in too short a time
├── TooLarge              more than is read
├── TooSlow               the request did not arrive in time
├── Unavailable           try again later
│   └── Raced             somebody else was creating one of the same records
└── StorageFull           the database has no room left
"""

from dataclasses import dataclass, field, replace
from typing import Literal, Self

Place = Literal["body", "query", "path", "header", "file"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong at one place. `pointer` is a JSON pointer into the body, or `/name` of a parameter."""

    pointer: str
    detail: str
    code: str | None = None  # where it is another than the whole error's
    place: Place = "body"
    line: int | None = None


@dataclass(eq=False)
class ServiceError(Exception):
    """Base of all: a sentence for the person who reads it, and the places it speaks of."""

    detail: str
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def at(cls, pointer: str, detail: str, place: Place = "body") -> Self:
        return cls(detail, [Fault(pointer, detail, place=place)])

    def under(self, prefix: str) -> Self:
        """The same error, seen from a document in which this one stands at `prefix`."""
        self.faults = [replace(f, pointer=prefix + f.pointer) for f in self.faults]
        return self

    def __str__(self) -> str:
        return self.detail


class Invalid(ServiceError):
    pass


class Unauthenticated(ServiceError):
    pass


class Forbidden(ServiceError):
    pass


class NotFound(ServiceError):
    pass


class Conflict(ServiceError):
    pass


@dataclass(eq=False)
class AlreadyStored(Conflict):
    """`record_id`: of what is stored."""

    record_id: str = ""


class PreconditionRequired(ServiceError):
    pass


class PreconditionFailed(ServiceError):
    pass


@dataclass(eq=False)
class RateLimited(ServiceError):
    """`wait`: the seconds after which it is worth trying again."""

    wait: int = 1


class TooLarge(ServiceError):
    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than what is read here: {limit} bytes.")


class TooSlow(ServiceError):
    pass


class Unavailable(ServiceError):
    pass


class Raced(Unavailable):
    pass


class StorageFull(ServiceError):
    pass
