"""The commands as people and containers run them: processes of their own, on both databases."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from typer.testing import CliRunner

from service.cli.main import cli
from service.config import AppSettings
from service.store.operations.database_setup import open_database
from service.store.records import metrics, scopes
from tests.commands import COUNTERCLAIM, ROOT, run
from tests.databases import Templates
from tests.support import ADMIN
from tests.transfer.test_backup import POSTGRES_BIN

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(*arguments: str, **environment: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A served process, ready; ended at last, whatever happens."""
    port = free_port()
    env = {**os.environ, "COUNTERCLAIM_PORT": str(port), **environment}
    process = subprocess.Popen(
        [COUNTERCLAIM, "serve", *arguments],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    address = f"http://127.0.0.1:{env['COUNTERCLAIM_PORT']}"
    try:
        for _ in range(200):
            try:
                if httpx.get(f"{address}/health/ready", timeout=5).status_code == 200:
                    break
            except httpx.TransportError:
                assert process.poll() is None, process.communicate()[0]
                time.sleep(0.05)
        yield address, process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


@pytest.fixture
def bare_url(kind: str, templates: Templates, tmp_path: Path) -> str:
    """A database without tables."""
    return f"sqlite:///{tmp_path / 'new' / 'bare.db'}" if kind == "sqlite" else templates.bare()


def test_the_demo_is_served_kept_and_ended_cleanly(bare_url: str) -> None:
    settings = {"COUNTERCLAIM_DATABASE_URL": bare_url}
    with serving("--demo", **settings) as (address, process):
        source = {"key": "kept", "kind": "other", "title": "Kept"}
        assert httpx.post(f"{address}/v1/sources", json=source).status_code == 401
        made = run("key", "create", "--name", "me", "--role", "contributor", **settings)
        authorized = {"Authorization": f"Bearer {made.stdout.strip()}"}
        assert httpx.post(f"{address}/v1/sources", json=source, headers=authorized).status_code == 201
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
    assert process.returncode in (0, 130), output
    assert "Loaded the demo bundle" in output
    assert "Traceback" not in output
    assert len(re.findall(r"^  ccl_[0-9a-f]{32}_[0-9a-f]{64}$", output, re.MULTILINE)) == 1
    with serving("--demo", **settings) as (address, process):
        assert httpx.get(f"{address}/v1/sources/kept").status_code == 200
        assert httpx.get(f"{address}/v1/comparisons/gpt-4.training-cost").status_code == 200
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
    assert "Loaded" not in output
    assert "ccl_" not in output


def test_an_empty_database_can_be_served(bare_url: str) -> None:
    with serving("--migrate", COUNTERCLAIM_DATABASE_URL=bare_url) as (address, _):
        assert httpx.get(f"{address}/v1/claims").json() == {"items": [], "next_cursor": None}


def test_migrations_at_once_wait_for_each_other(bare_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: run("migrate", COUNTERCLAIM_DATABASE_URL=bare_url), range(4)))
    assert [answer.returncode for answer in answers] == [0] * 4, answers
    assert len({answer.stderr for answer in answers}) == 1


def test_a_database_that_was_not_migrated_is_not_served(bare_url: str) -> None:
    answer = run("serve", COUNTERCLAIM_DATABASE_URL=bare_url)
    assert answer.returncode == 1
    assert "counterclaim migrate" in answer.stderr


@pytest.mark.parametrize(
    "url",
    [
        "mysql://a/b",
        "sqlite://",
        "garbage",
        "postgresql://nobody@127.0.0.1:1/none",
        "postgresql://nobody@127.0.0.1:99x/none",
        "sqlite:////tmp",
        f"sqlite:///{ROOT / 'README.md'}",
    ],
)
def test_a_database_that_cannot_be_had_is_told_in_words(url: str) -> None:
    for command in ("serve", "migrate"):
        answer = run(command, COUNTERCLAIM_DATABASE_URL=url)
        assert (answer.returncode, "Traceback" in answer.stderr) == (1, False), answer.stderr
        assert answer.stderr.startswith("counterclaim: ")


def test_the_first_key_may_come_from_a_file(bare_url: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{ADMIN}\n")
    settings = {"COUNTERCLAIM_DATABASE_URL": bare_url, "COUNTERCLAIM_BOOTSTRAP_KEY_FILE": str(file)}
    for _ in range(2):  # it is known the second time
        with serving("--migrate", **settings) as (address, process):
            answer = httpx.get(f"{address}/v1/me", headers={"Authorization": f"Bearer {ADMIN}"})
            assert answer.json()["role"] == "admin"
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=20)
            assert ADMIN.secret not in output
    file.write_text("ccl_nothing")
    refused = run("serve", **settings)
    assert (refused.returncode, str(file) in refused.stderr) == (1, True)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_keys_are_made_listed_and_revoked(bare_url: str) -> None:
    settings = {"COUNTERCLAIM_DATABASE_URL": bare_url}
    run("migrate", **settings)
    made = run("key", "create", "--name", "Importer", "--expires", "2031-01-01", **settings)
    assert re.fullmatch(r"ccl_[0-9a-f]{32}_[0-9a-f]{64}\n", made.stdout)
    listed = run("key", "list", **settings).stdout
    assert re.search(r"Importer +contributor +\d{4}-\d\d-\d\d \d\d:\d\d +2031-01-01 00:00 +- +-", listed)
    assert made.stdout.strip() not in listed
    assert run("key", "revoke", "Importer", **settings).returncode == 0
    assert "no standing key named 'Importer'" in run("key", "revoke", "Importer", **settings).stderr
    assert run("key", "create", "--name", "x", "--role", "owner", **settings).returncode == 2


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_key_of_any_name_can_be_listed(bare_url: str) -> None:
    settings = {"COUNTERCLAIM_DATABASE_URL": bare_url}
    run("migrate", **settings)
    assert run("key", "create", "--name", "ops [/prod] \u202e[31m", **settings).returncode == 0
    listed = run("key", "list", **settings)
    assert (listed.returncode, "ops [/prod]" in listed.stdout, "\u202e" in listed.stdout) == (0, True, False)
    refused = run("key", "create", "--name", "ops \x1b[31m", **settings)
    assert (refused.returncode, "control character U+001B" in refused.stderr) == (1, True)
    refused = run("key", "create", "--name", "", **settings)
    assert (refused.returncode, "--name" in refused.stderr) == (1, True)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_setting_that_is_none_is_told(bare_url: str) -> None:
    output = run("migrate", COUNTERCLAIM_DATABASE_URL=bare_url, COUNTERCLAIM_PUBLIC_READ="false").stderr
    assert "COUNTERCLAIM_PUBLIC_READ is not a setting; did you mean COUNTERCLAIM_PUBLIC_READS?" in output


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_database_of_a_newer_version_is_told_as_such(bare_url: str) -> None:
    settings = {"COUNTERCLAIM_DATABASE_URL": bare_url}
    run("migrate", **settings)
    database = open_database(bare_url)
    with database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    assert "newer version" in run("serve", **settings).stderr
    refused = run("migrate", **settings)
    assert (refused.returncode, "Traceback" in refused.stderr, "9999" in refused.stderr) == (1, False, True)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_port_that_is_taken_is_told_before_a_key_is_made(bare_url: str) -> None:
    settings = {"COUNTERCLAIM_DATABASE_URL": bare_url}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = run("serve", "--migrate", "--port", port, **settings)
    assert (refused.returncode, "ccl_" in refused.stderr, port in refused.stderr) == (1, False, True)


def test_a_setting_that_makes_no_sense_is_told_in_words() -> None:
    refused = run("serve", COUNTERCLAIM_PORT="many", COUNTERCLAIM_FAILED_LOGINS="often")
    assert (refused.returncode, "Traceback" in refused.stderr) == (1, False)
    assert "COUNTERCLAIM_PORT" in refused.stderr
    assert "COUNTERCLAIM_FAILED_LOGINS" in refused.stderr


def test_a_backup_is_made_and_restored(bare_url: str, kind: str, templates: Templates, tmp_path: Path) -> None:
    settings = {"COUNTERCLAIM_DATABASE_URL": bare_url, "COUNTERCLAIM_POSTGRES_BIN": str(POSTGRES_BIN)}
    run("migrate", **settings)
    run("load", "fixtures/ai-training-costs.jsonl", **settings)
    file = tmp_path / "backup"
    assert "verified" in run("backup", str(file), **settings).stderr
    other = f"sqlite:///{tmp_path / 'restored.db'}" if kind == "sqlite" else templates.bare()
    assert "restored and verified" in run("restore", str(file), "--database-url", other, **settings).stderr
    again = run("load", "fixtures/ai-training-costs.jsonl", "--database-url", other, **settings)
    assert "0 created, 89 unchanged" in again.stderr


def test_migrate_and_load(bare_url: str, tmp_path: Path) -> None:
    settings = {"COUNTERCLAIM_DATABASE_URL": bare_url}
    assert run("migrate", **settings).returncode == 0
    assert "newest" in run("migrate", **settings).stderr
    bundle = "fixtures/ai-training-costs.jsonl"
    assert "89 created, 0 unchanged" in run("load", bundle, **settings).stderr
    assert "0 created, 89 unchanged" in run("load", bundle, **settings).stderr
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"type": "source", "kind": "paper"}\n')
    refused = run("load", str(bad), **settings)
    assert refused.returncode == 1
    assert "line 1, /title" in refused.stderr


def test_a_record_is_amended_on_the_server(bare_url: str) -> None:
    database = {"COUNTERCLAIM_DATABASE_URL": bare_url}
    run("migrate", **database)
    run("load", "fixtures/ai-training-costs.jsonl", **database)
    change = {"over_time": "by_period", "scopes": [{"key": "extra", "name": "Extra", "part_of": "full"}]}
    changed = run("amend", "metric", "training-cost", json.dumps(change), **database)
    assert changed.returncode == 0, changed.stderr
    opened = open_database(bare_url)
    with opened.snapshot() as connection:
        metric = metrics.PROJECTION.read(connection, "training-cost")
        assert "extra" in [scope.key for scope in scopes.names_of(connection, metric.id)]
    opened.close()
    assert metric.over_time == "by_period"
    for patch, message in (("{", "JSON"), ('{"over_time": "now"}', "/over_time"), ("[]", "JSON object")):
        refused = run("amend", "metric", "training-cost", patch, **database)
        assert refused.returncode == 1
        assert message in refused.stderr


def test_help_tells_what_each_command_does() -> None:
    told = CliRunner().invoke(cli, ["--help"]).stdout
    for command in ("serve", "migrate", "load", "backup", "restore"):
        assert command in told
        assert "--database-url" in CliRunner().invoke(cli, [command, "--help"], env={"COLUMNS": "200"}).stdout


# Containers ----------------------------------------------------------------------------------------------------------


def test_the_compose_file_is_valid() -> None:
    check = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", "vendor.compose-spec"]
    found = subprocess.run([*check, "docker-compose.yml"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_every_setting_named_for_containers_exists() -> None:
    known = {f"COUNTERCLAIM_{name.upper()}" for name in AppSettings.model_fields}
    for service in COMPOSE["services"].values():
        named = {name for name in service.get("environment", {}) if name.startswith("COUNTERCLAIM_")}
        assert named <= known
    for name in re.findall(r"COUNTERCLAIM_\w+", (ROOT / "Dockerfile").read_text("utf-8")):
        assert name in known


def test_every_file_that_the_image_copies_is_there() -> None:
    for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for name in line.split()[1:-1]:
                assert (ROOT / name).exists(), name


def test_every_file_that_a_container_mounts_is_there() -> None:
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).is_file(), source


def test_every_container_may_do_no_more_than_it_must() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert name == "migrate" or service["healthcheck"], name
        assert not any(
            "PASSWORD" in variable and not variable.endswith("_FILE") for variable in service.get("environment", {})
        )
    assert "\nUSER counterclaim\n" in (ROOT / "Dockerfile").read_text("utf-8")
    assert {
        service.get("user") for service in COMPOSE["services"].values() if "postgres" in str(service.get("image"))
    } == {"postgres"}


def test_the_proxy_gives_requests_the_time_that_the_service_gives_them() -> None:
    """A little more, so that the service's own answer is the one that clients get."""
    text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    known = {name: field.default for name, field in AppSettings.model_fields.items()}
    for name in ("client_header_timeout", "client_body_timeout"):
        (seconds,) = re.findall(rf"^ *{name} ([0-9]+)s;", text, re.MULTILINE)
        assert known["request_seconds"] < int(seconds) < 2 * known["request_seconds"]
    (most,) = re.findall(r"client_max_body_size ([0-9]{3})m;", text)
    assert known["max_import_bytes"] < int(most) * 2**20 < 1.1 * known["max_import_bytes"]
    assert "server service:8000 " in text
    assert COMPOSE["services"]["service"]["environment"]["COUNTERCLAIM_PORT"] == "8000"
    (port,) = re.findall(r"listen ([0-9]+);", text)
    assert COMPOSE["services"]["proxy"]["ports"] == [f"127.0.0.1:8000:{port}"]


@pytest.mark.parametrize("kind", ["postgres"])
def test_the_containers_commands_run_as_written(bare_url: str, tmp_path: Path) -> None:
    services = COMPOSE["services"]
    environment = services["service"]["environment"]
    secrets = {"database_password": "not asked for here", "bootstrap_key": str(ADMIN)}
    assert set(services["service"]["secrets"]) == set(secrets) == set(COMPOSE["secrets"])
    for name, content in secrets.items():
        (tmp_path / name).write_text(content)
    settings = {name: value.replace("/run/secrets", str(tmp_path)) for name, value in environment.items()} | {
        "COUNTERCLAIM_DATABASE_URL": bare_url,
        "COUNTERCLAIM_DATABASE_READ_URL": environment["COUNTERCLAIM_DATABASE_READ_URL"].partition(":-")[2].strip("}"),
        "COUNTERCLAIM_HOST": "127.0.0.1",
        "COUNTERCLAIM_PORT": str(free_port()),
    }
    assert run(*services["migrate"]["command"], **settings).returncode == 0
    command, *rest = services["service"]["command"]
    assert command == "serve"
    with serving(*rest, **settings) as (address, _):
        assert httpx.get(f"{address}/health/ready").json()["status"] == "ok"
        check = [
            word.replace("http://127.0.0.1:8000", address) for word in services["service"]["healthcheck"]["test"][1:]
        ]
        check[0] = sys.executable
        assert subprocess.run(check, check=False, timeout=10).returncode == 0
