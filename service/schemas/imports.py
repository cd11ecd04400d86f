"""API models for imports."""

from pydantic import Field

from service.domain.vocabulary import Additive, DateOrder, ImportFormat, ImportMode, OnExisting, OverTime, Scale
from service.schemas.base import Body, View
from service.schemas.types import Bool, Key, UnitText


class ImportOptions(Body):
    mode: ImportMode = Field(
        ImportMode.ATOMIC, description="All or nothing in one transaction, or in batches all that can be taken."
    )
    dry_run: bool = Field(False, description="Say what would become of each line, and write nothing.")
    on_existing: OnExisting = Field(
        OnExisting.REJECT, description="What becomes of a line whose record is stored with other content."
    )


class ImportQuery(ImportOptions):
    format: ImportFormat
    mapping: str | None = Field(
        None, max_length=20_000, description="For csv: how other columns become ours, in TOML (see docs/clients.md)."
    )
    date_order: DateOrder | None = Field(None, description="For csv: how dates such as 1/31/2022 are to be read.")


class KindCounts(View):
    created: int
    updated: int
    unchanged: int
    rejected: int


class ImportCounts(View):
    """Counts by kind of record. A record that a line only refers to is counted only if it was created."""

    source: KindCounts
    entity: KindCounts
    metric: KindCounts
    scope: KindCounts
    claim: KindCounts
    figure: KindCounts
    dispute: KindCounts
    unknown: KindCounts = Field(description="Lines whose kind is unknown.")


class RejectedLine(View):
    line: int
    pointer: str = Field(description="The field or column, as a JSON pointer.")
    code: str
    detail: str


class InferredMetric(View):
    """A metric that the import created, with the properties that it inferred. PATCH the metric to change them."""

    metric: Key
    unit: UnitText
    scale: Scale
    signed: Bool
    additive: Additive
    over_time: OverTime


class ImportResult(View):
    format: ImportFormat
    mode: ImportMode
    dry_run: bool
    committed: bool = Field(description="Whether anything that could be taken was kept.")
    lines: int
    counts: ImportCounts
    inferred: list[InferredMetric] = Field(description="Of metrics that were created from the rows of a table.")
    rejected_total: int
    rejected: list[RejectedLine] = Field(description="The first 1,000.")
    cut_off_at: int | None = Field(
        description="The first line that was not read, because the time limit was reached. The lines before it are"
        " done; import the file again to go on. Null if the whole file was read."
    )
