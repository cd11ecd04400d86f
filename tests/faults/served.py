"""The service as a process of its own, to be loaded, killed and started again."""

import contextlib
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.commands import COUNTERCLAIM, ROOT
from tests.support import ADMIN

AUTHORIZED = {"Authorization": f"Bearer {ADMIN}"}


@dataclass(frozen=True)
class Amount:
    long: bool

    def __call__(self, short: int, full: int) -> int:
        return full if self.long else short


@dataclass
class Served:
    """`counterclaim serve` on a migrated database that knows the key ADMIN, on a port that it found itself."""

    database_url: str
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Served":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> float:
        """Starts it and waits until it is ready; says how many seconds that took."""
        environment = {
            **os.environ,
            "COUNTERCLAIM_DATABASE_URL": self.database_url,
            "COUNTERCLAIM_PORT": str(self.port),
            "COUNTERCLAIM_RATE_LIMITS": "false",
            "COUNTERCLAIM_ACCESS_LOG": "false",
            **self.settings,
        }
        began = time.monotonic()
        with (self.folder / "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                [COUNTERCLAIM, "serve"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=log
            )
        while self.port == 0:
            self._expect_within(began)
            self.port = self._port_in_log()
        while not self.is_ready():
            self._expect_within(began)
        return time.monotonic() - began

    def _expect_within(self, began: float) -> None:
        assert self.process is not None
        assert self.process.poll() is None, self.log
        assert time.monotonic() - began < 30, self.log
        time.sleep(0.02)

    def is_ready(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/health/ready", timeout=2).status_code == 200
        return False

    def _port_in_log(self) -> int:
        lines = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
        return next((int(line["port"]) for line in lines if line["event"] == "listening"), 0)

    @property
    def log(self) -> str:
        return (self.folder / "service.log").read_text()

    def kill(self) -> None:
        """At once, as a power failure would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def terminate(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(**{"base_url": self.url, "headers": AUTHORIZED, "timeout": 30, **options})

    def every(self, path: str, **params: Any) -> list[Any]:
        """The items of all pages of a list."""
        items: list[Any] = []
        with self.client() as client:
            while True:
                page = client.get(path, params={"limit": 200, **params}).json()
                items += page["items"]
                if page["next_cursor"] is None:
                    return items
                params["cursor"] = page["next_cursor"]

    def count(self, metric: str) -> float:
        """A number that the service says of itself at /metrics."""
        lines = httpx.get(f"{self.url}/metrics", timeout=10).text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(metric))
