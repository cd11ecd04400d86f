"""The limit: a bare Starlette handler that answers the same JSON from one SQL statement, written by hand."""

import os
import threading
from typing import Any

import psycopg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.statements import CLAIM, CLAIMS
from service.db.sqlite import sqlite_driver

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


def _answer(body: str) -> Response:
    return Response(body, media_type="application/json")


def one(statement: str, *values: Any) -> str:
    return str(_connection().execute(statement, values).fetchone()[0])


def claims(_request: Request) -> Response:
    return _answer(one(CLAIMS[DIALECT]))


def claim(request: Request) -> Response:
    return _answer(one(CLAIM[DIALECT], request.path_params["ref"]))


app = Starlette(routes=[Route("/v1/claims", claims), Route("/v1/claims/{ref}", claim)])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["BENCH_PORT"]), access_log=False, log_level="warning")
