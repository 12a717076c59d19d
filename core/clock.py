"""The one clock of background work: the database's.

Hosts disagree by seconds, sometimes by an hour. Leases and periods are compared by processes on
several hosts, so they are written and compared by the clock that all of them share.
"""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The present instant as the database sees it, aware, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
