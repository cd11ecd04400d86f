"""The `counterclaim` command as a process of its own, with a folder, an environment and streams of its own.

To import what the command is made of takes a hundred times as long as most commands do, so a process that has imported
it is kept, and forked for each of them.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
COUNTERCLAIM = str(Path(sys.executable).with_name("counterclaim"))
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["service.cli.main", "service.app", "service.db.migrate"])


def run(*arguments: str, **environment: str) -> CompletedProcess[str]:
    return run_in(ROOT, *arguments, **environment)


def run_in(place: Path, *arguments: str, **environment: str) -> CompletedProcess[str]:
    with TemporaryDirectory() as folder:
        process = _FORKS.Process(target=_main, args=(arguments, place, {**os.environ, **environment}, folder))
        process.start()
        process.join(300)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(arguments)
        told = [Path(folder, stream).read_text("utf-8") for stream in ("stdout", "stderr")]
    return CompletedProcess(arguments, process.exitcode, *told)


def _main(arguments: tuple[str, ...], place: Path, environment: Mapping[str, str], folder: str) -> None:
    from service.cli.main import main  # noqa: PLC0415 - imported where this is forked from

    nothing, end = os.pipe()
    os.close(end)
    os.dup2(nothing, 0)
    for stream in (sys.stdout, sys.stderr):
        file = os.open(Path(folder, stream.name.strip("<>")), os.O_CREAT | os.O_WRONLY)
        os.dup2(file, stream.fileno())
    os.chdir(place)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["counterclaim", *arguments]
    main()
