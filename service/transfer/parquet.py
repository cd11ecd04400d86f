"""Tables as Parquet files, with exact numbers. Needs the extra `parquet`.

Each number stands twice: as decimal128 with 18 decimals, null where it does not fit, and as text with all its digits.
DuckDB reads the wider decimal256 as floating point, so it is not used.
"""

import importlib.util
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Context, Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from service.errors import Unimplemented
from service.schemas.tables import Column
from service.schemas.types import format_time

_AT_ONCE = 10_000
_STATED = ("value", "lower", "upper")  # stand in the table as exact text, too
_DECIMALS = Decimal("1e-18")
_FITS = Decimal(10) ** 20  # decimal128(38, 18) has twenty digits before its decimals
_EXACTLY = Context(prec=80)


def require() -> None:
    """Raises Unimplemented without the extra."""
    if importlib.util.find_spec("arro3") is None:
        raise Unimplemented("This service was installed without Parquet: pip install 'counterclaim[parquet]'.")


def write(path: Path, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes the rows to a file."""
    from arro3.core import RecordBatchReader, Schema  # noqa: PLC0415 - an extra
    from arro3.io import write_parquet  # noqa: PLC0415

    written = list(_written(columns))
    empty = _batch(written, [])
    schema: Any = Schema(list(empty.schema))
    left = iter(rows)
    batches = [_batch(written, part) for part in iter(lambda: list(islice(left, _AT_ONCE)), [])]
    write_parquet(RecordBatchReader.from_batches(schema, batches or [empty]), path)


def _written(columns: Sequence[Column]) -> Iterator[tuple[str, str, str]]:
    """The columns of the file: name, type, and the column of the table that it is read from."""
    names = {column.name for column in columns}
    for column in columns:
        has_text = column.name in _STATED and f"{column.name}_text" in names
        yield column.name, column.type, f"{column.name}_text" if has_text else column.name
        if column.type == "number" and not has_text:
            yield f"{column.name}_text", "exact", column.name


def _batch(written: Sequence[tuple[str, str, str]], rows: Sequence[Mapping[str, Any]]) -> Any:
    from arro3.core import RecordBatch  # noqa: PLC0415

    return RecordBatch.from_pydict({name: _array(kind, [row[of] for row in rows]) for name, kind, of in written})


def _array(kind: str, values: Sequence[Any]) -> Any:
    from arro3.core import Array, DataType  # noqa: PLC0415

    if kind == "integer":
        return Array(list(values), type=DataType.int64())
    if kind == "boolean":
        return Array(list(values), type=DataType.bool())
    texts = Array([None if one is None else _text(kind, one) for one in values], type=DataType.string())
    if kind == "number":
        return texts.cast(DataType.decimal128(38, 18))
    if kind == "date":
        return texts.cast(DataType.date32())
    return texts.cast(DataType.timestamp("us", tz="UTC")) if kind == "date-time" else texts


def _text(kind: str, value: Any) -> str | None:
    if kind in ("number", "exact"):
        exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if kind == "exact":
            return format(exact, "f")
        return format(exact.quantize(_DECIMALS, context=_EXACTLY), "f") if abs(exact) < _FITS else None
    if isinstance(value, datetime):
        return format_time(value)
    return value.isoformat() if isinstance(value, date) else str(value)
