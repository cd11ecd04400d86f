"""Expressions that the two databases write differently."""

from typing import Any

from sqlalchemy import literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from service.db.types import String, UtcTime


class _Inside(FunctionElement[Any]):
    """The value at a path, such as `ratio.low` or `conflict.0`, in a JSON document; null if there is none. The path `.`
    is the document itself. Paths must not come from clients, because they become part of the statement.
    """

    inherit_cache = True

    def __init__(self, document: Any, path: str) -> None:
        super().__init__(document, literal_column(path))  # a clause, so that the cache distinguishes statements by it


class text_inside(_Inside):  # noqa: N801 - all of these are used as functions
    inherit_cache = True
    type: TypeEngine[Any] = String()


class words_inside(_Inside):  # noqa: N801
    """A list of words as one text, `a, b`; null if there are none."""

    inherit_cache = True
    type: TypeEngine[Any] = String()


class exact_text(FunctionElement[Any]):  # noqa: N801
    """A stated number as its canonical decimal text."""

    inherit_cache = True
    type: TypeEngine[Any] = String()


class day_start(FunctionElement[Any]):  # noqa: N801
    """The first moment of a day, in UTC."""

    inherit_cache = True
    type: TypeEngine[Any] = UtcTime()


def _parts(element: _Inside, compiler: Any, options: Any) -> tuple[str, list[str]]:
    document, path = element.clauses
    return compiler.process(document, **options), [step for step in path.name.split(".") if step]


@compiles(_Inside, "postgresql")
def _inside_on_postgresql(element: _Inside, compiler: Any, **options: Any) -> str:
    document, steps = _parts(element, compiler, options)
    return f"({document} #>> '{{{','.join(steps)}}}')"


@compiles(_Inside, "sqlite")
def _inside_on_sqlite(element: _Inside, compiler: Any, **options: Any) -> str:
    document, steps = _parts(element, compiler, options)
    return f"json_extract({document}, '{_sqlite_path(steps)}')"


@compiles(words_inside, "postgresql")
def _words_on_postgresql(element: words_inside, compiler: Any, **options: Any) -> str:
    document, steps = _parts(element, compiler, options)
    found = f"{document} #> '{{{','.join(steps)}}}'"
    return f"(SELECT string_agg(word, ', ') FROM jsonb_array_elements_text({found}) AS word)"


@compiles(words_inside, "sqlite")
def _words_on_sqlite(element: words_inside, compiler: Any, **options: Any) -> str:
    document, steps = _parts(element, compiler, options)
    return f"(SELECT group_concat(value, ', ') FROM json_each({document}, '{_sqlite_path(steps)}'))"


def _sqlite_path(steps: list[str]) -> str:
    return "$" + "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in steps)


@compiles(exact_text, "postgresql")
def _exact_on_postgresql(element: exact_text, compiler: Any, **options: Any) -> str:
    return f"CAST(trim_scale({compiler.process(element.clauses, **options)}) AS TEXT)"


@compiles(exact_text, "sqlite")
def _exact_on_sqlite(element: exact_text, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(day_start, "postgresql")
def _start_on_postgresql(element: day_start, compiler: Any, **options: Any) -> str:
    return f"(CAST({compiler.process(element.clauses, **options)} AS TIMESTAMP) AT TIME ZONE 'UTC')"


@compiles(day_start, "sqlite")
def _start_on_sqlite(element: day_start, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} || 'T00:00:00.000000Z')"
