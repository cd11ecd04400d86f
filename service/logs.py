"""Logs: one JSON object per line, on standard error. No secrets, no bodies, no query strings.

An exception is logged with its type and stack, but without its message: drivers and parsers repeat input in theirs.
"""

import logging
import sys
import traceback
from types import TracebackType

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger


def configure(level: int = logging.INFO) -> None:
    """Sends structlog, and the standard library's loggers of all dependencies, to standard error as JSON."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_messages,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for quiet in ("uvicorn", "uvicorn.error", "alembic", "sqlalchemy"):
        logging.getLogger(quiet).handlers = []
        logging.getLogger(quiet).setLevel(logging.WARNING)


def _without_messages(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    found = event.pop("exc_info", None)
    found = sys.exc_info() if found is True else found
    if isinstance(found, BaseException):
        event.update(_describe(type(found), found.__traceback__))
    elif isinstance(found, tuple) and found[0] is not None:
        event.update(_describe(found[0], found[2]))
    return event


def _describe(kind: type[BaseException], trace: TracebackType | None) -> EventDict:
    frames = traceback.extract_tb(trace)
    stack = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return {"exception": f"{kind.__module__}.{kind.__qualname__}", "stack": stack}
