"""Commands for developers. A fresh machine needs only Python 3.11 and pip.

    python3 dev.py run     serve the demo on an embedded database
    python3 dev.py test    run lint, type checks, import contracts and tests, on SQLite and on a PostgreSQL of its own
    python3 dev.py bench   compare with the limit of the stack and with other services, on the same data
    python3 dev.py contract    check the OpenAPI document and its generated clients: needs Node, and Java for the third

Only the standard library is used here: this file creates the environment that everything else runs in.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
DEMO_DATABASE = "sqlite:///" + (ROOT / "var" / "demo.db").as_posix()


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - a clear message before anything fails
        print("Counterclaim needs Python 3.11 or newer; this is", sys.version.split()[0])
        return 1
    parser = argparse.ArgumentParser(prog="dev.py", description="Develop Counterclaim.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("run", help="serve the demo on an embedded SQLite database")
    serve.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1 (default 8000)")
    serve.add_argument("--database-url", default=DEMO_DATABASE, help="another database (default var/demo.db)")
    serve.add_argument("--empty", action="store_true", help="load no demo data")
    check = commands.add_parser("test", help="run all checks; further arguments go to pytest")
    check.add_argument("--long", action="store_true", help="also what takes longer than CI should")
    contract = commands.add_parser("contract", help="check the document, and generate clients and drive them")
    contract.add_argument("--base", help="what the document is compared with; by default that of the last tag")
    commands.add_parser("bench", help="measure; --figures, --database, --quick, --against, --folder go to bench/run.py")
    arguments, rest = parser.parse_known_args()
    if rest and arguments.command not in ("test", "bench"):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if arguments.command == "contract":
        return check_contract(arguments.base)
    if arguments.command == "bench":
        install("dev.txt")
        return subprocess.run([str(BIN / "python"), "-m", "bench.run", *rest], cwd=ROOT, check=False).returncode
    if arguments.command == "run":
        return run(arguments.port, arguments.database_url, empty=arguments.empty)
    return test(["--long", *rest] if arguments.long else rest)


def install(lock: str) -> None:
    """Creates .venv and installs a lock file into it, unless that exact one was installed before."""
    requirements = ROOT / "requirements" / lock
    wanted = hashlib.sha256(requirements.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    stamp = VENV / f"installed-{lock}"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    if not (VENV / "pyvenv.cfg").is_file():
        print("Making .venv ...", flush=True)
        venv.create(VENV, with_pip=True)
    print(f"Installing requirements/{lock} ...", flush=True)
    pip = [str(BIN / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(requirements)], check=True, cwd=ROOT)
    subprocess.run([*pip, "--no-build-isolation", "--no-deps", "--editable", "."], check=True, cwd=ROOT)
    stamp.write_text(wanted)


def run(port: int, database_url: str, *, empty: bool) -> int:
    install("runtime.txt")
    address = f"http://127.0.0.1:{port}"
    key = "deepseek-r1.training-cost.on-top-of-base"
    print(f"\nCounterclaim on {address} (Ctrl-C ends it)")
    print(f"  explorer     {address}/")
    print(f"  reference    {address}/docs")
    print(f"  first look   curl -s {address}/v1/comparisons/{key} | python3 -m json.tool")
    print(f"  disagreeing  curl -s {address}/v1/disagreements | python3 -m json.tool\n", flush=True)
    serve = [str(BIN / "counterclaim"), "serve", "--host", "127.0.0.1", "--port", str(port)]
    # for one local user: no rate limits, and no access log between the printed lines
    environment = {"COUNTERCLAIM_RATE_LIMITS": "false", "COUNTERCLAIM_ACCESS_LOG": "false", **os.environ}
    how = ["--database-url", database_url, "--migrate" if empty else "--demo"]
    process = subprocess.Popen([*serve, *how], cwd=ROOT, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the service received the signal too, and ends by itself


def check_contract(base: str | None) -> int:
    """Runs the contract tests that need extra tools, then reports what has changed since the last release."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            print(f"{program} is not installed here.")
            return 1
    install("contract.txt")
    tests = [str(ROOT / "tests" / "contract"), "-k", "client or openapi or typescript or java or linter"]
    if code := subprocess.run([str(BIN / "pytest"), "-n", "auto", *tests], cwd=ROOT, check=False).returncode:
        return code
    return compare(base or last_tag())


def last_tag() -> str | None:
    described = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return described.stdout.strip() or None


def compare(base: str | None) -> int:
    """Compares the OpenAPI document with that of a revision. Breaking changes fail."""
    if base is None:
        print("Nothing was released yet (there is no tag), so the document is compared with nothing.")
        return 0
    shown = subprocess.run(["git", "show", f"{base}:openapi.json"], cwd=ROOT, capture_output=True, check=False)
    if shown.returncode:
        print(f"There is no openapi.json at {base}.")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / "before.json"
        before.write_bytes(shown.stdout)
        packages = Path(folder) / "typescript"
        shutil.copytree(ROOT / "tests" / "contract" / "typescript", packages)
        subprocess.run([shutil.which("npm") or "npm", "ci", "--silent"], cwd=packages, check=True)
        redocly = packages / "node_modules" / ".bin" / "redocly"
        return subprocess.run([str(redocly), "diff", str(before), str(ROOT / "openapi.json")], check=False).returncode


def test(arguments: list[str]) -> int:
    install("dev.txt")
    # one more than cores, since many tests wait; worksteal redistributes the tests left at the end
    pytest = ["pytest", "-n", str((os.cpu_count() or 1) + 1), "--dist", "worksteal"]
    checks = [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"], [*pytest, *arguments]]
    if all(argument.startswith("-") for argument in arguments):  # all tests, not only some
        lists = ["tests/store", "tests/api/test_lists.py"]
        checks.append([*pytest, "-p", "tests.standard_sqlite", "-k", "not postgres", *lists])
    for check in checks:
        print("$", *check, flush=True)
        if code := subprocess.run([str(BIN / check[0]), *check[1:]], cwd=ROOT, check=False).returncode:
            print(f"{check[0]} failed")
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
