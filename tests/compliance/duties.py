"""People of tests log in and go away; days and moments of 2026 in China."""

import datetime as dt

from accounts.models import LoginKind, LoginRecord
from compliance.models import Absence, AbsenceState
from tests.compliance.reference import SHANGHAI


def day(text):
    return dt.date.fromisoformat(f"2026-{text}")


def at(text):
    """A moment of 2026 in China: "09-01 08:00"."""
    return dt.datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def log_in(person, *moments, kind=LoginKind.LOGIN):
    LoginRecord.objects.bulk_create(
        LoginRecord(user=person, employee_no=person.employee_no, kind=kind, at=moment)
        for moment in moments
    )


def send_away(person, kind, first, last, **more):
    """An approved absence unless said otherwise."""
    absence = Absence(
        person=person,
        kind=kind,
        first_day=first,
        last_day=last,
        **{"state": AbsenceState.APPROVED} | more,
    )
    absence.place_in(person.unit)
    absence.save()
    return absence
