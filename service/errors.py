"""The service's exceptions. They are independent of HTTP; `api/problems.py` maps each to a status.

ServiceError
├── Invalid               the request can never succeed as it is
├── Unauthenticated       the caller is not known
├── Forbidden             the caller is known, but not allowed
├── NotFound              no such record
├── Conflict              the request contradicts stored data
│   └── AlreadyStored     a record with this identity is stored with different content
├── PreconditionRequired  the change does not say which version it applies to
├── PreconditionFailed    the record has changed since it was read
├── RateLimited           too many attempts in too short a time
├── TooLarge              the body exceeds the limit
├── TooSlow               the request did not arrive in time
├── Unavailable           try again later
│   ├── Raced             another client was creating one of the same records
│   └── TookTooLong       the database ended a statement at its time limit
├── Unimplemented         this installation cannot do it
└── StorageFull           the database is out of space
"""

from dataclasses import dataclass, field, replace
from typing import Literal, Self

Place = Literal["body", "query", "path", "header", "file"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault at one place. `pointer` is a JSON pointer into the body, or `/name` of a parameter."""

    pointer: str
    detail: str
    code: str | None = None  # if it differs from the code of the whole error
    place: Place = "body"
    line: int | None = None


@dataclass(eq=False)
class ServiceError(Exception):
    """Base class: a message for people, and the faults that it refers to."""

    detail: str
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def at(cls, pointer: str, detail: str, place: Place = "body") -> Self:
        return cls(detail, [Fault(pointer, detail, place=place)])

    def under(self, prefix: str) -> Self:
        """Prepends `prefix` to all pointers, for a document that contains this one there. Returns the error."""
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
    """`record_id` is the id of the stored record."""

    record_id: str = ""


class PreconditionRequired(ServiceError):
    pass


class PreconditionFailed(ServiceError):
    pass


@dataclass(eq=False)
class RateLimited(ServiceError):
    """`wait` is the number of seconds after which to retry."""

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


class TookTooLong(Unavailable):
    pass


class Unimplemented(ServiceError):
    pass


class StorageFull(ServiceError):
    pass
