"""What every format of import has in common: entries, each of which is taken or rejected as a whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from service.domain.vocabulary import ImportFormat
from service.errors import Fault
from service.store.records.claim_idempotency import Given
from service.transfer.import_writer import ImportWriter


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a file, or one review. `content` is the format's own, or what is wrong with it already."""

    line: int
    kind: str  # of the record that it is counted as when it is rejected
    content: Any
    weight: int = 1  # how many records it writes, about
    size: int = 0  # how far into the file it ends, in the unit of `Format.check`


class Format(Protocol):
    """How a kind of file is read, and what its entries say."""

    name: ImportFormat
    given: Given  # what the figures of an entry are of those that its claim has

    def check(self, file: BinaryIO) -> int:
        """How many entries the file has. Raises Invalid where the whole file cannot be read, before anything is
        written.
        """
        ...

    def read(self, file: BinaryIO) -> Iterator[Entry]: ...

    def look_up(self, loading: ImportWriter, entries: Sequence[Entry]) -> None:
        """Looks up at once what the entries name."""
        ...

    def put(self, loading: ImportWriter, content: Any) -> None:
        """Puts the records of one entry. Raises ServiceError for what cannot be taken."""
        ...

    def place(self, fault: Fault) -> Fault:
        """Where in the file a fault of the records stands."""
        ...
