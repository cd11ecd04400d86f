"""Leases: what only one process of a database does at a time. A process that dies loses its lease when it ends."""

from datetime import timedelta

from sqlalchemy import Connection, delete, or_, update

from service.db.models import LeaseRow
from service.store.records import record_writes

LIFE = timedelta(seconds=10)


def take(connection: Connection, name: str, holder: str) -> bool:
    """Takes or renews the lease. Returns False if another process holds it."""
    moment = record_writes.now()
    ends = {"holder": holder, "ends_at": moment + LIFE}
    if record_writes.insert_new(connection, LeaseRow, [{"name": name, **ends}]):
        return True
    free = or_(LeaseRow.holder == holder, LeaseRow.ends_at <= moment)
    return bool(connection.execute(update(LeaseRow).where(LeaseRow.name == name, free).values(ends)).rowcount)


def give_back(connection: Connection, name: str, holder: str) -> None:
    """Lets another process have it at once."""
    connection.execute(delete(LeaseRow).where(LeaseRow.name == name, LeaseRow.holder == holder))
