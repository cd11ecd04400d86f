"""The limit: a bare Starlette handler that answers with the same JSON from one SQL statement, written by hand."""

import os
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.statements import statements
from service.db.dialects.sqlite import sqlite_driver

URL = os.environ["BENCH_DATABASE"]
DIALECT = "sqlite" if URL.startswith("sqlite") else "postgresql"
_own = threading.local()  # a connection for each thread, opened once


def _connection() -> Any:
    if not hasattr(_own, "connection"):
        if DIALECT == "sqlite":
            _own.connection = sqlite_driver().connect(URL.removeprefix("sqlite:///"))
        else:
            _own.connection = psycopg.connect(URL, autocommit=True)
    return _own.connection


def _handler(statement: str) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        values = tuple(request.path_params.values())
        found = _connection().execute(statement, values).fetchone()
        return Response(str(found[0]), media_type="application/json")

    return answer


app = Starlette(routes=[Route(path, _handler(statement)) for path, statement in statements(DIALECT).items()])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["BENCH_PORT"]), access_log=False, log_level="warning")
