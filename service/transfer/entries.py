"""The interface of import formats. A file consists of entries, each accepted or rejected as a whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from service.domain.vocabulary import ImportFormat
from service.errors import Fault
from service.schemas.imports import TableLayout
from service.store.records.claim_idempotency import Given
from service.transfer.import_writer import ImportWriter
from service.transfer.lines import File


class Note(NamedTuple):
    """A remark on an entry: what was done with it that its author may not expect."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a file, or one review. `content` is of the format's own type, or the error found while reading."""

    line: int
    kind: str  # the kind of record that it is counted as if rejected
    content: Any
    weight: int = 1  # the approximate number of records it writes
    size: int = 0  # in characters
    notes: list[Note] = field(default_factory=list)


class Format(Protocol):
    """How a file format is read, and how its entries are written."""

    name: ImportFormat
    given: Given  # whether an entry has all figures of its claim, some, or more

    @property
    def layout(self) -> TableLayout | None:
        """How a table was read, once it is checked."""
        ...

    def check(self, file: File) -> int:
        """The number of entries. Raises Invalid if the file cannot be read as a whole, before anything is written."""
        ...

    def read(self, file: File) -> Iterator[Entry]: ...

    def look_up(self, loading: ImportWriter, entries: Sequence[Entry]) -> None:
        """Looks up all names in the entries at once."""
        ...

    def put(self, loading: ImportWriter, content: Any) -> None:
        """Writes the records of one entry. Raises ServiceError if they are refused."""
        ...

    def place(self, fault: Fault) -> Fault:
        """Maps a fault of a record to its place in the file."""
        ...
