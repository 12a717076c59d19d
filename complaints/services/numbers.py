"""Case numbers: TS, the day, and a number from a sequence of the database."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.utils import timezone

from complaints.models import Case


def next_number(at: datetime) -> str:
    """A number nobody has: TS202611220004. Numbers go up; a refused form leaves a gap."""
    return next_numbers([at])[0]


def next_numbers(moments: Sequence[datetime]) -> list[str]:
    """A number for each moment. Files bring numbers of other systems that may look alike: those
    are passed over."""
    found: list[str] = []
    while len(found) < len(moments):
        left = moments[len(found) :]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval('complaints_case_number') FROM generate_series(1, %s)", [len(left)]
            )
            drawn = [row[0] for row in cursor.fetchall()]
        numbers = [
            f"TS{timezone.localdate(at):%Y%m%d}{number:05d}"
            for at, number in zip(left, drawn, strict=True)
        ]
        taken = set(Case.objects.filter(number__in=numbers).values_list("number", flat=True))
        # A moment whose number was taken comes again with the next draw, and those behind it too.
        for number in numbers:
            if number in taken:
                break
            found.append(number)
    return found
