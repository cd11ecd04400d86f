"""A pytest plugin that runs the tests on Python's own sqlite3 module instead of pysqlite3.

pytest -p tests.standard_sqlite -k "not postgres" tests/store
"""

import sqlite3
import sys

sys.modules["pysqlite3"] = None  # type: ignore[assignment] # its import fails, as where it has no wheel


def pytest_report_header() -> str:
    from service.db.dialects.sqlite import sqlite_driver  # noqa: PLC0415 - only after the line above

    assert sqlite_driver() is sqlite3
    return f"SQLite {sqlite3.sqlite_version}, of Python's own module"
