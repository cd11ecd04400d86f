"""Imports a file into the database: all or nothing in one transaction, or all valid entries in batches.

Entries are written many at once. A batch that fails is halved until the failing entry is alone, so one bad line costs
little. A line is always accepted or rejected as a whole.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import BinaryIO, TypeVar

from service.db.engine import Connection, Database
from service.domain.metric import default_additive
from service.domain.vocabulary import ImportMode, OnExisting
from service.errors import (
    AlreadyStored,
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    NotFound,
    Raced,
    ServiceError,
    TookTooLong,
    TooSlow,
)
from service.schemas.imports import (
    ImportCounts,
    ImportOptions,
    ImportResult,
    InferredMetric,
    KindCounts,
    RejectedLine,
    Remark,
    WouldCreate,
)
from service.schemas.metrics import MetricCreate
from service.store import rows
from service.store.operations.savepoints import savepoint
from service.transfer.entries import Entry, Format
from service.transfer.import_writer import ImportWriter, Tally

T = TypeVar("T")
Write = Callable[[Callable[[Connection], T]], T]
Take = Callable[[Connection, list[Entry], "Report"], None]

_SHOWN = 1_000  # rejected lines in the report
MANY = 1_000  # entries after which the table statistics are updated
_MOST, _LEAST = 5_000, 20  # records in a batch
_BATCH_SIZE = 4_000_000  # characters
# Seconds for the records of a batch. Its end, above all the summaries of what it changed, takes as long for a few
# figures as for many: so the records may take longer than the end does, within the longest time of a batch. That is
# well below the time for which other writers wait for a lock.
_BATCH_SECONDS, _LONGEST_BATCH = 0.6, 2.2
_RECORDS_TO_END = 1.5
_TURN = 0.8  # seconds of writing, after which other writers get a turn
_REJECTED = (Invalid, Conflict, Forbidden, NotFound)  # errors caused by the line itself


def _to_nobody(_done: int, _of: int) -> None:
    pass


def _go_on() -> None:
    pass


class TimeIsUp(Exception):
    """The import reached its time limit."""


class WatchedFile:
    """A file that calls `watch` before each piece is read from it, so that reading can be stopped."""

    def __init__(self, file: BinaryIO, watch: Callable[[], None]) -> None:
        self.file = file
        self.watch = watch

    def seek(self, place: int, whence: int = 0, /) -> int:
        return self.file.seek(place, whence)

    def read(self, size: int = -1, /) -> bytes:
        self.watch()
        return self.file.read(size)


@dataclass
class Report:
    """The outcome of the entries so far."""

    tally: Tally = field(default_factory=Counter)
    inferred: dict[str, InferredMetric] = field(default_factory=dict)  # by key
    lines: int = 0
    rejected_total: int = 0
    rejected: list[RejectedLine] = field(default_factory=list)
    remarks_total: int = 0
    remarks: list[Remark] = field(default_factory=list)
    would_create: dict[tuple[str, str], WouldCreate] = field(default_factory=dict)  # by kind and name
    cut_off_at: int | None = None  # the first line that was not read, since the time was up

    def reject(self, entry: Entry, error: ServiceError, code: str) -> None:
        self.tally[entry.kind, "rejected"] += 1
        self.rejected_total += 1
        for fault in error.faults or [Fault("", error.detail)]:
            if len(self.rejected) < _SHOWN:
                line = RejectedLine(
                    line=entry.line, pointer=fault.pointer, code=fault.code or code, detail=fault.detail
                )
                self.rejected.append(line)

    def remark(self, entry: Entry) -> None:
        self.remarks_total += len(entry.notes)
        for note in entry.notes[: _SHOWN - len(self.remarks)]:
            self.remarks.append(Remark(line=entry.line, pointer=note.pointer, code=note.code, detail=note.detail))

    def keep_remarks_of_taken(self) -> None:
        """Drops the remarks on lines that were rejected."""
        rejected = {one.line for one in self.rejected}
        kept = [remark for remark in self.remarks if remark.line not in rejected]
        self.remarks_total -= len(self.remarks) - len(kept)
        self.remarks = kept

    def add(self, other: "Report") -> None:
        self.tally += other.tally
        self.inferred |= other.inferred
        self.lines += other.lines
        self.rejected_total += other.rejected_total
        self.rejected += other.rejected[: _SHOWN - len(self.rejected)]
        self.remarks_total += other.remarks_total
        self.remarks += other.remarks[: _SHOWN - len(self.remarks)]
        self.would_create |= other.would_create


class Import:
    """The import of one file.

    `progress` is called with the number of entries processed, and the total. `watch` is called with every piece of the
    file and before every batch; what it raises ends the import. So does the time limit (`seconds`). Batches that are
    written stay written.
    """

    def __init__(
        self,
        form: Format,
        file: BinaryIO,
        options: ImportOptions,
        progress: Callable[[int, int], None] = _to_nobody,
        watch: Callable[[], None] = _go_on,
        seconds: float = math.inf,
    ) -> None:
        self.form = form
        self.file = WatchedFile(file, self._watch)
        self.options = options
        self.progress = progress
        self.watch = watch
        self.seconds = seconds
        self.deadline = time.monotonic() + seconds
        self.size = _MOST  # of a batch
        self.line = 0  # the last one of the batches that are written
        self.turn_began = time.monotonic()  # since when no other writer had a turn
        self.records_written = 0.0  # when the records of the latest batch were written

    def _watch(self) -> None:
        self.watch()
        if time.monotonic() > self.deadline:
            raise TimeIsUp

    def run(self, write: Write[Report], *, most: int, pause: Callable[[], None]) -> ImportResult:
        """`write` runs a function in a transaction; `pause` lets other writers in between transactions.

        Raises Invalid if the file cannot be read, if it has more entries than `most`, the limit of one transaction, or,
        in atomic mode, if any entry is rejected; TooSlow if the time is up before anything is written.
        """
        try:
            total = self.form.check(self.file)
            whole = self.options.mode is ImportMode.ATOMIC or self.options.dry_run
            if whole and total > most:
                raise _too_many(most)
            report = self._at_once(write, total, most) if whole else self._in_batches(write, pause, total)
        except TimeIsUp:
            raise TooSlow(f"The import took longer than {self.seconds:g} seconds. Nothing was written.") from None
        if self.options.mode is ImportMode.ATOMIC and report.rejected_total:
            raise _refusal(report)
        return self._result(report)

    def _at_once(self, write: Write[Report], total: int, most: int) -> Report:
        batches: list[list[Entry]] = []
        weight = 0
        for batch in self._batches():  # before the transaction begins: reading takes no lock
            weight += sum(entry.weight for entry in batch)
            if weight > 2 * most:  # a line is one record, a claim with a figure is two
                raise _too_many(most)
            batches.append(batch)

        def work(connection: Connection) -> Report:
            report = Report()
            for batch in batches:
                self._watch()
                report.add(self._take(connection, batch, self._take_parts))
                self.progress(report.lines, total)
                if self.options.mode is ImportMode.ATOMIC and report.rejected_total >= _SHOWN:
                    break
            if self.options.dry_run or (self.options.mode is ImportMode.ATOMIC and report.rejected_total):
                raise _Undone(report)
            return report

        try:
            return write(work)
        except _Undone as undone:
            return undone.report

    def _in_batches(self, write: Write[Report], pause: Callable[[], None], total: int) -> Report:
        report = Report()
        self.size = 100
        self.turn_began = time.monotonic()
        batches = self._batches()
        while True:
            try:
                self._watch()
                batch = next(batches, None)
            except TimeIsUp:
                if not report.lines:
                    raise
                report.cut_off_at = self.line + 1
                break
            if batch is None:
                break
            began = time.monotonic()
            report.add(self._write_batch(write, pause, batch))
            self.line = batch[-1].line
            self.size = self._next_size(batch, began)
            self.progress(report.lines, total)
            self._let_others(pause)
        return report

    def _let_others(self, pause: Callable[[], None]) -> None:
        """Pauses if no other writer had a turn for some time."""
        if time.monotonic() - self.turn_began >= _TURN:
            pause()
            self.turn_began = time.monotonic()

    def _next_size(self, batch: list[Entry], began: float) -> int:
        end = time.monotonic() - self.records_written
        records = max(self.records_written - began, 0.001)
        wanted = min(max(_BATCH_SECONDS, _RECORDS_TO_END * end), max(_LONGEST_BATCH - end, _BATCH_SECONDS / 2))
        fitting = sum(entry.weight for entry in batch) * wanted / records
        return round(min(max(fitting, self.size / 2, _LEAST), self.size * 2, _MOST))

    def _write_batch(self, write: Write[Report], pause: Callable[[], None], batch: list[Entry]) -> Report:
        """Nearly every batch succeeds as a whole. One that fails, or takes too long, is halved. Each half is a
        transaction of its own, so that other writers get a turn however many lines fail.
        """
        try:
            return write(partial(self._take, batch=batch, take=self._take_whole))
        except (*_REJECTED, Raced, TookTooLong):
            if len(batch) == 1:
                return write(partial(self._take, batch=batch, take=self._take_parts))
        report = Report()
        middle = len(batch) // 2
        for half in (batch[:middle], batch[middle:]):
            self._let_others(pause)
            self.watch()  # not the time limit: a batch that has begun is finished
            report.add(self._write_batch(write, pause, half))
        return report

    def _batches(self) -> Iterator[list[Entry]]:
        batch: list[Entry] = []
        characters = weight = 0
        for entry in self.form.read(self.file):
            batch.append(entry)
            characters += entry.size
            weight += entry.weight
            if weight >= self.size or characters >= _BATCH_SIZE:
                yield batch
                batch, characters, weight = [], 0, 0
        if batch:
            yield batch

    def _take(self, connection: Connection, batch: list[Entry], take: Take) -> Report:
        report = Report(lines=len(batch))
        readable = []
        for entry in batch:
            if isinstance(entry.content, ServiceError):
                report.reject(entry, entry.content, "invalid")  # its faults have a place already
            else:
                report.remark(entry)
                readable.append(entry)
        take(connection, readable, report)
        self.records_written = time.monotonic()
        report.rejected.sort(key=lambda rejected: rejected.line)
        report.keep_remarks_of_taken()
        return report

    def _take_parts(self, connection: Connection, entries: list[Entry], report: Report) -> None:
        """Writes all valid entries of these."""
        if not entries:
            return
        try:
            with savepoint(connection):
                self._take_whole(connection, entries, report)
        except (*_REJECTED, Raced) as error:
            if len(entries) > 1:
                middle = len(entries) // 2
                self._take_parts(connection, entries[:middle], report)
                self._take_parts(connection, entries[middle:], report)
            elif isinstance(error, Raced):
                raise  # not caused by the line
            else:
                self._reject(report, entries[0], error)

    def _take_whole(self, connection: Connection, entries: list[Entry], report: Report) -> None:
        """Writes these entries, and rejects those that fail before they write anything. Raises any other error."""
        loading = ImportWriter(connection, self.options.on_existing, self.form.given)
        alone: list[tuple[Entry, ServiceError]] = []
        self.form.look_up(loading, entries)
        for entry in entries:
            before = loading.writes, len(loading.waiting), len(loading.entities)
            try:
                self.form.put(loading, entry.content)
            except _REJECTED as error:
                now = loading.writes, len(loading.waiting), len(loading.entities)
                if now != before or len(entries) == 1:
                    raise
                alone.append((entry, error))
        loading.flush()
        for entry, reason in alone:
            self._reject(report, entry, reason)
        report.tally += loading.tally
        if self.options.dry_run:
            report.would_create |= loading.names.would_create()
        report.inferred |= {metric.key: _inferred(metric) for metric in loading.inferred}

    def _reject(self, report: Report, entry: Entry, error: ServiceError) -> None:
        error.faults = [self.form.place(fault) for fault in error.faults]
        if isinstance(error, AlreadyStored) and self.options.on_existing is OnExisting.REJECT:
            hint = "The stored value is another; on_existing=update would change it to this, and keep would leave it."
            error.faults = [replace(fault, detail=hint) for fault in error.faults]
        report.reject(entry, error, _code(error))

    def _result(self, report: Report) -> ImportResult:
        counts = {
            kind: KindCounts(
                **{
                    outcome: report.tally[kind, outcome]  # type: ignore[index]
                    for outcome in KindCounts.model_fields
                }
            )
            for kind in ImportCounts.model_fields
        }
        return ImportResult(
            format=self.form.name,
            mode=self.options.mode,
            dry_run=self.options.dry_run,
            committed=not self.options.dry_run,
            lines=report.lines,
            layout=self.form.layout,
            would_create=list(report.would_create.values()),
            remarks=report.remarks,
            remarks_total=report.remarks_total,
            counts=ImportCounts(**counts),
            inferred=list(report.inferred.values()),
            rejected_total=report.rejected_total,
            rejected=report.rejected,
            cut_off_at=report.cut_off_at,
        )


def _inferred(metric: MetricCreate) -> InferredMetric:
    return InferredMetric(
        metric=metric.key,
        unit=metric.unit,
        scale=metric.scale,
        signed=metric.signed,
        additive=metric.additive or default_additive(metric.unit),
        over_time=metric.over_time,
    )


def load_file(
    database: Database,
    file: BinaryIO,
    form: Format,
    options: ImportOptions,
    progress: Callable[[int, int], None] = _to_nobody,
) -> ImportResult:
    """Imports a file as the operator, who has all permissions and is not recorded as an actor."""
    work = Import(form, file, options, progress)
    result = work.run(database.write, most=database.max_import_rows, pause=database.yield_write_lock)
    if result.lines >= MANY:
        database.analyze_tables(result.lines)
    return result


def is_empty(database: Database) -> bool:
    """Whether no record of any kind is stored."""
    with database.read() as connection:
        return rows.is_empty(connection)


def _too_many(most: int) -> Invalid:
    detail = f"This is more than one transaction may write without keeping others waiting: {most} lines and figures."
    hint = "Import it with mode=partial; loading the file again completes what was broken off."
    return Invalid.at("/mode", f"{detail} {hint}", "query")


class _Undone(Exception):
    """Rolls back the transaction, and carries the report of what it would have done."""

    def __init__(self, report: Report) -> None:
        self.report = report


def _code(error: ServiceError) -> str:
    if isinstance(error, Conflict):
        return "conflict"
    if isinstance(error, Forbidden):
        return "forbidden"
    return "not_found" if isinstance(error, NotFound) else "invalid"


def _refusal(report: Report) -> Invalid:
    """The error for a file that was refused because some of its lines were rejected."""
    lines = "line" if report.rejected_total == 1 else "lines"
    faults = [Fault(r.pointer, r.detail, r.code, "file", r.line) for r in report.rejected]
    return Invalid(f"{report.rejected_total} {lines} cannot be taken, so nothing was.", faults)
