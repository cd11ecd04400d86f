"""API models for imports."""

from typing import Annotated, Literal

from pydantic import Field

from service.domain.vocabulary import (
    Additive,
    DateOrder,
    Encoding,
    ImportFormat,
    ImportMode,
    OnExisting,
    OnUnreadable,
    OverTime,
    Percent,
    Scale,
)  # fmt: skip
from service.schemas.base import Body, View
from service.schemas.types import Bool, DecimalSign, Key, Line, UnitText

Delimiter = Annotated[str, Field(pattern=r"^(,|;|\||tab)$", examples=[";"])]
ThousandsSign = Annotated[str, Field(pattern=r"^[,. '_]$", examples=["."])]
Missing = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=100)]


class ImportOptions(Body):
    mode: ImportMode = Field(
        ImportMode.ATOMIC, description="All or nothing in one transaction, or in batches all that can be taken."
    )
    dry_run: bool = Field(False, description="Say what would become of each line, and write nothing.")
    on_existing: OnExisting = Field(
        OnExisting.REJECT, description="What becomes of a line whose record is stored with other content."
    )


class TableOptions(Body):
    """How a table is read. A mapping has the same keys; what is given beside it takes precedence."""

    date_order: DateOrder | None = Field(None, description="For tables: how dates such as 1/31/2022 are to be read.")
    delimiter: Delimiter | None = Field(
        None, description="For csv: what separates columns. By default the one that makes the columns fit."
    )
    decimal: DecimalSign | None = Field(
        None, description="For tables: the sign before decimals. By default a point, where nothing speaks against it."
    )
    thousands: ThousandsSign | None = Field(
        None, description="For tables: the sign between groups of three digits. A point makes the decimal sign a comma."
    )
    encoding: Encoding | None = Field(None, description="For csv: by default UTF-8, or UTF-16 if the file begins so.")
    missing: Missing | None = Field(
        None,
        description="For tables: words that mean an empty cell, in any column. By default the usual ones (NA, n/a, -,"
        " unspecified) in columns that may be empty.",
    )
    percent: Percent | None = Field(
        None,
        description="For tables: whether 15% is stored as 0.15 or as 15. A workbook does not say how it shows a"
        " number, so its numbers in % are refused without this.",
    )
    sheet: Line | None = Field(None, description="For workbooks: the sheet. Needed if several have cells.")
    header_row: int | None = Field(
        None, ge=1, le=1_000_000, description="For tables: the row that names the columns. By default it is found."
    )
    unreadable: OnUnreadable | None = Field(
        None, description="For tables: what becomes of a value that is no number. By default it is rejected."
    )
    read_stated_as: bool | None = Field(
        None, description="For tables: read the numbers of a row that has only stated_as. By default it is vague."
    )

    @property
    def table(self) -> "TableOptions":
        """These options alone, of a query or a mapping, which have more."""
        return TableOptions(**{name: getattr(self, name) for name in TableOptions.model_fields})

    def over(self, others: "TableOptions") -> "TableOptions":
        """These options, with those of the others where these are not given."""
        names = TableOptions.model_fields
        both = ((name, getattr(self, name), getattr(others, name)) for name in names)
        return TableOptions(**{name: other if own is None else own for name, own, other in both})


class ImportQuery(ImportOptions, TableOptions):
    format: ImportFormat
    mapping: str | None = Field(
        None, max_length=20_000, description="For tables: how other columns become ours, in TOML (see docs/clients.md)."
    )


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
    equation: KindCounts
    proposition: KindCounts
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


class Remark(View):
    """What was done with a line that was taken, and that its author may not expect."""

    line: int
    pointer: str = Field(description="The field or column, as a JSON pointer.")
    code: str
    detail: str


class WouldCreate(View):
    kind: Literal["entity", "metric", "scope"]
    name: Line
    near: list[Line] = Field(description="Names that are stored and nearly the same: perhaps one of them was meant.")


class TableLayout(View):
    """How a table was read."""

    delimiter: Delimiter | None
    encoding: Encoding | None
    sheet: str | None
    header_row: int


class ImportResult(View):
    format: ImportFormat
    mode: ImportMode
    dry_run: bool
    committed: bool = Field(description="Whether anything that could be taken was kept.")
    lines: int
    counts: ImportCounts
    layout: TableLayout | None = Field(description="Of tables.")
    would_create: list[WouldCreate] = Field(
        description="Of dry runs of tables: each entity, metric and scope that is not stored."
    )
    remarks: list[Remark] = Field(description="The first 1,000.")
    remarks_total: int
    inferred: list[InferredMetric] = Field(description="Of metrics that were created from the rows of a table.")
    rejected_total: int
    rejected: list[RejectedLine] = Field(description="The first 1,000.")
    cut_off_at: int | None = Field(
        description="The first line that was not read, because the time limit was reached. The lines before it are"
        " done; import the file again to go on. Null if the whole file was read."
    )
