"""Visit plans and attendance, collected and checked (ACT-06)."""

import datetime as dt

import pytest
from django.utils import timezone

from compliance.models import Absence, LogInDay
from customers.models import Activity
from reports.metrics.periods import read_period
from reports.models import CommentaryState
from reports.standard.answers import answer
from reports.standard.base import Question
from reports.standard.commentaries import submit_commentary, write_commentary
from reports.standard.visit_plans import REPORT
from tests.access.small import fresh
from tests.factories import make_activity, make_customer

pytestmark = pytest.mark.django_db


def at(day, hour=10, month=10):
    return dt.datetime(2026, month, day, hour, tzinfo=timezone.get_default_timezone())


def visit(world, day, noted, *, by=None, unit=None, **more):
    """A visit of a day in October, noted on another one."""
    by, unit = by or world.north_clerk, unit or world.n1a
    customer = make_customer(unit=unit, keeper=by)
    one = make_activity(customer=customer, by=by, at=at(day), kind="visit", **more)
    Activity.objects.filter(pk=one.pk).update(created_at=noted)
    return one


def read(world, reader, unit, today=dt.date(2026, 11, 23)):
    return answer(REPORT, Question(fresh(reader), unit, read_period("2026-10", today)))


def test_visits_and_attendance_by_hand(world):
    """Four planned: one held, one cancelled, two open; one held that was noted the same day."""
    visit(world, 5, at(1))
    visit(world, 6, at(5, 23), state="cancelled")
    visit(world, 7, at(1), state="planned")
    visit(world, 31, at(1), state="planned")
    visit(world, 8, at(8, 1))
    visit(world, 9, at(1), by=world.south_clerk, unit=world.s1a)
    make_activity(
        customer=make_customer(unit=world.n1a), by=world.north_clerk, at=at(9), kind="call"
    )
    visit(world, 1, at(1, month=9)).__class__.objects.filter(at=at(1)).update(at=at(1, month=11))
    for kind, first, last in (("trip", (9, 28), (10, 2)), ("leave", (10, 20), (10, 21))):
        row = Absence(
            person=world.north_clerk, kind=kind, state="approved", source="request",
            first_day=dt.date(2026, *first), last_day=dt.date(2026, *last),
        )  # fmt: skip
        row.place_in(world.n1a)
        row.save()
    LogInDay.objects.bulk_create(
        LogInDay(
            person=world.north_clerk, day=dt.date(2026, 10, day), unit=world.n1a, reason=reason,
            working=True, log_ins=1, needed=1,
        )
        for day, reason in ((8, "met"), (9, "met"), (12, "missed"), (13, "leave"))
    )  # fmt: skip
    found = read(world, world.north_head, world.north)
    [row] = found.rows["people"]
    assert row[:2] == (world.north_clerk.name, world.north_clerk.employee_no)
    assert row[3:] == (4, 1, 1, 2, 1, 2, 2, 3, 2)
    assert found.facts == {"planned": 4, "held": 1, "open": 2, "unplanned": 1}
    assert [line[0].day for line in found.rows["plans"]] == [5, 6, 7, 31]


def test_whoever_keeps_customers_and_visits_nobody_stands_there_too(world):
    today = timezone.localdate()
    asked = Question(fresh(world.north_head), world.north, read_period("", today))
    [row] = answer(REPORT, asked).rows["people"]
    assert row[1] == world.north_clerk.employee_no
    assert row[3:8] == (0, 0, 0, 0, 0)


def test_the_archive_post_writes_what_it_found_and_submits_it(world):
    head = fresh(world.north_head)
    row = write_commentary(
        standard=REPORT, unit=world.n1a, period="2026-10", text="已核对，两次拜访未完成。", by=head
    )
    assert submit_commentary(row, by=head).state == CommentaryState.SUBMITTED
    assert row.get_absolute_url().startswith("/reports/standard/visit-plans/")
