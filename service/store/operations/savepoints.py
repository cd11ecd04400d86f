"""A part of a transaction that can fail alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from service.db.driver_errors import as_service_error, is_collision


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Undoes all that the block did if it fails. What the database refuses is raised as a ServiceError, but for a
    collision, which ends the whole transaction.
    """
    options = connection.get_execution_options()
    touched, stale = options["touched"], [options["stale"], options["stale_parts"]]
    before, stale_before = len(touched), [set(ids) for ids in stale]
    try:
        with connection.begin_nested():
            yield
    except BaseException as error:
        while len(touched) > before:
            touched.popitem()  # the last that was noted
        for ids, ids_before in zip(stale, stale_before, strict=True):
            ids.intersection_update(ids_before)
        if isinstance(error, SQLAlchemyError) and not is_collision(error):
            raise as_service_error(error) from error
        raise
