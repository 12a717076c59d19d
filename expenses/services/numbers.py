"""Numbers of applications: FY, the month, and a number from a sequence of the database."""

from collections.abc import Sequence
from datetime import date

from django.db import connection

from expenses.models import Application


def next_number(day: date) -> str:
    """A number nobody has: FY2026110231. Numbers go up; a refused form leaves a gap."""
    return next_numbers([day])[0]


def next_numbers(days: Sequence[date]) -> list[str]:
    """A number for each day. Files bring numbers of other systems that may look alike: those are
    passed over."""
    found: list[str] = []
    while len(found) < len(days):
        left = days[len(found) :]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval('expenses_application_number') FROM generate_series(1, %s)",
                [len(left)],
            )
            drawn = [row[0] for row in cursor.fetchall()]
        numbers = [f"FY{day:%Y%m}{number:04d}" for day, number in zip(left, drawn, strict=True)]
        taken = set(Application.objects.filter(number__in=numbers).values_list("number", flat=True))
        # A day whose number was taken comes again with the next draw, and those behind it too.
        for number in numbers:
            if number in taken:
                break
            found.append(number)
    return found
