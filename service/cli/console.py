"""Shared by the commands: settings, opened databases, and messages to the user."""

import difflib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from service.config import AppSettings
from service.db.engine import Database, sqlite_file
from service.db.revisions import refusal
from service.store.operations.database_setup import open_database
from service.store.operations.health import outdated_summaries, revisions

_PREFIX = "COUNTERCLAIM_"
DatabaseUrl = Annotated[
    str | None,
    typer.Option(help="sqlite:///path/to/file.db or postgresql://user:password@host/database"),
]
stderr = Console(stderr=True, highlight=False, markup=False)


def notify(message: str) -> None:
    """Prints a message to the user on standard error. It is not wrapped, so that it can be searched."""
    stderr.print(message, soft_wrap=True)


def fail(message: str) -> typer.Exit:
    notify(f"counterclaim: {message}")
    return typer.Exit(1)


def reason_of(error: BaseException) -> str:
    """Returns the database driver's message for a failure. Show it to the operator only."""
    lines = str(getattr(error.__cause__, "orig", "") or "").strip().splitlines()
    return f" ({lines[0]})" if lines else ""


def settings(**given: object) -> AppSettings:
    """Returns the settings from the environment and the given options. Exits if they are invalid."""
    known = {_PREFIX + name.upper() for name in AppSettings.model_fields} | {_PREFIX + "KEY"}  # a client's, for `load`
    for name in sorted(os.environ):
        if name.startswith(_PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            notify(f"counterclaim: {name} is not a setting{f'; did you mean {near[0]}?' if near else ''}")
    try:
        return AppSettings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        wrong = "".join(f"\n  {_setting(e['loc'])}{e['msg']}" for e in error.errors())
        raise fail(f"these settings make no sense:{wrong}") from None


def _setting(place: tuple[int | str, ...]) -> str:
    """The setting that an error is about; empty if it is about several."""
    return f"{_PREFIX}{str(place[0]).upper()}: " if place else ""


def new_or_existing(chosen: AppSettings) -> Database:
    """Opens the database. Creates its folder if it does not exist."""
    file = sqlite_file(chosen.database_url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    return open_database(chosen.database_url)


def existing(chosen: AppSettings) -> Database:
    file = sqlite_file(chosen.database_url)
    if file is not None and not file.exists():
        raise fail(f"{file} does not exist; `counterclaim migrate` creates it{_demo_hint(file)}")
    return open_database(chosen.database_url, read_only=chosen.read_only)


def _demo_hint(file: Path) -> str:
    """Where the database of `dev.py run` is, if it is there."""
    demo = Path("var/demo.db")
    return f". The demo is in another one: --database-url sqlite:///{demo}" if demo.exists() and demo != file else ""


def require_head(database: Database) -> None:
    """Exits unless the database is at the newest migration and its summaries follow this version's rules."""
    revision, head = revisions(database)
    if revision == head:
        if not outdated_summaries(database):
            return
        database.close()
        raise fail("some stored summaries were computed by another version; run `counterclaim recompute` first")
    database.close()
    if revision is not None and (why := refusal(revision)) is not None:
        raise fail(why)
    raise fail(f"the database is at migration {revision or 'none'}; run `counterclaim migrate` first")


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


@contextmanager
def progress(name: str) -> Iterator[Callable[[int, int], None]]:
    """Shows a bar with the amount done, the rate and the time left, if standard error is a terminal. Yields a function
    that takes the number done and the total.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as bar:
        task = bar.add_task(printable(name), total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


@contextmanager
def opened(database_url: str | None, *, read_only: bool = False) -> Iterator[Database]:
    """Opens a database at the newest migration, and closes it at the end."""
    chosen = settings(database_url=database_url)
    database = existing(chosen.model_copy(update={"read_only": read_only or chosen.read_only}))
    require_head(database)
    try:
        yield database
    finally:
        database.close()


def printable(text: str) -> str:
    """Returns text for a terminal, without the control characters of untrusted input."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def new_file(path: Path) -> Path:
    if not path.resolve().parent.is_dir():
        raise fail(f"no such folder: {path.resolve().parent}")
    return path
