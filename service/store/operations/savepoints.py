"""Savepoints: a part of a transaction that can fail on its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from service.db.driver_errors import as_service_error, is_collision


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Rolls back the block if it fails. Database errors are raised as ServiceError, except collisions, which end the
    whole transaction.
    """
    options = connection.get_execution_options()
    touched, stale = options["touched"], [options["stale"], options["stale_parts"]]
    before, stale_before = len(touched), [set(ids) for ids in stale]
    try:
        with connection.begin_nested():
            yield
    except BaseException as error:
        while len(touched) > before:
            touched.popitem()  # the latest entry
        for ids, ids_before in zip(stale, stale_before, strict=True):
            ids.intersection_update(ids_before)
        if isinstance(error, SQLAlchemyError) and not is_collision(error):
            raise as_service_error(error) from error
        raise
