"""Case numbers: TS, the day, and a number from a sequence of the database."""

from datetime import datetime

from django.db import connection
from django.utils import timezone


def next_number(at: datetime) -> str:
    """A number nobody has: TS202611220004. Numbers go up; a refused form leaves a gap."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('complaints_case_number')")
        (number,) = cursor.fetchone()
    return f"TS{timezone.localdate(at):%Y%m%d}{number:05d}"
