"""The contact sheet and the duty roster (CCH-06)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Function, Post
from complaints.models import ContactSheet, DutyShift, Relation
from complaints.selectors.relations import COMPLAINTS, Relations
from complaints.selectors.roster import covers, on_duty, sheet_of
from complaints.services.roster import add_shift, remove_shift, save_sheet
from core.errors import Refused
from tests.factories import make_case, make_user

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_who_is_on_duty_now(world):
    now = timezone.now()
    shift = add_shift(
        world.n1a, user=world.north_clerk, starts_at=now - HOUR, ends_at=now + HOUR, by=None
    )

    assert on_duty(now, [world.n1a.pk]) == {world.n1a.pk: [world.north_clerk.pk]}
    assert on_duty(shift.ends_at) == {}
    remove_shift(shift, by=None)
    assert on_duty(now, [world.n1a.pk]) == {}


def test_nobody_is_on_duty_twice_at_a_time(world):
    now = timezone.now()
    given = {"user": world.north_clerk, "by": None}
    add_shift(world.n1a, starts_at=now, ends_at=now + 2 * HOUR, **given)
    with pytest.raises(Refused):
        add_shift(world.n1a, starts_at=now + HOUR, ends_at=now + 3 * HOUR, **given)
    add_shift(world.n1a, starts_at=now + 2 * HOUR, ends_at=now + 3 * HOUR, **given)
    assert DutyShift.objects.count() == 2


@pytest.mark.parametrize("hours", [0, -1, 24 * 40])
def test_spans_that_are_refused(world, hours):
    now = timezone.now()
    with pytest.raises(Refused):
        add_shift(
            world.n1a,
            user=world.north_clerk,
            starts_at=now,
            ends_at=now + timedelta(hours=hours),
            by=None,
        )


def test_a_sibling_branch_plans_nothing_here(world, client):
    with pytest.raises(Refused):
        save_sheet(world.n1a, by=world.south_head, phone="400-1")
    now = timezone.now()
    shift = add_shift(world.n1a, user=world.north_clerk, starts_at=now, ends_at=now + HOUR, by=None)
    client.force_login(world.south_head)

    assert client.post(reverse("complaints:shift-remove", args=[shift.pk])).status_code == 404
    assert client.get(reverse("complaints:roster") + f"?unit={world.n1a.code}").status_code == 404


def test_a_project_without_a_sheet_is_reached_through_the_unit_above(world):
    save_sheet(world.n1, by=None, phone="027-1")
    assert sheet_of(world.n1a).phone == "027-1"
    save_sheet(world.n1a, by=None, phone="027-2")
    assert sheet_of(world.n1a).phone == "027-2"


def test_the_page_takes_both(world, client):
    client.force_login(world.north_head)
    address = reverse("complaints:roster") + f"?unit={world.n1a.code}"

    answer = client.post(address, {"act": "sheet", "phone": "027-8888"})
    assert answer.status_code == 302
    answer = client.post(
        address,
        {
            "act": "shift",
            "user": world.north_clerk.employee_no,
            "starts_at": "2026-01-05 09:00",
            "ends_at": "2026-01-06 09:00",
        },
    )
    assert answer.status_code == 302
    page = client.get(address + "&first=2026-01-05").content.decode()
    assert ContactSheet.objects.get().phone in page
    assert world.north_clerk.name in page
    again = client.post(
        address,
        {
            "act": "shift",
            "user": world.north_clerk.employee_no,
            "starts_at": "2026-01-05 12:00",
            "ends_at": "2026-01-05 13:00",
        },
    )
    assert again.status_code == 422
    assert "2026-01-05 12:00" in again.content.decode().replace("T", " ")


@given(st.lists(st.tuples(st.integers(0, 23), st.integers(1, 10)), max_size=8))
def test_gaps_are_seen_hour_by_hour(raw):
    start = datetime(2026, 1, 5, tzinfo=UTC)
    spans = [(start + HOUR * begin, start + HOUR * (begin + length)) for begin, length in raw]
    slow = all(
        any(begin <= start + HOUR * hour < end for begin, end in spans) for hour in range(24)
    )
    assert covers(spans, start, start + 24 * HOUR) == slow


def test_whoever_is_on_duty_is_assigned_and_told_first(world):
    """Two people hold the complaint function; the one with more cases is on duty."""
    busy, idle = (make_user(unit=world.n1a) for _n in range(2))
    for person in (busy, idle):
        Post.objects.create(
            user=person, unit=world.n1a, function=Function.objects.get(number=COMPLAINTS)
        )
    case = make_case(unit=world.n1a, handler=busy)
    now = timezone.now()
    assert make_case(unit=world.n1a).handler == idle
    assert Relations(now).addressee(case, Relation.COMPLAINT_POST).people == (busy.pk, idle.pk)

    add_shift(world.n1a, user=busy, starts_at=now - HOUR, ends_at=now + HOUR, by=None)

    assert make_case(unit=world.n1a).handler == busy
    assert Relations(now).addressee(case, Relation.COMPLAINT_POST).people == (busy.pk,)


def test_the_duty_of_the_group_is_who_is_on_duty_there(world):
    case = make_case(unit=world.n1a, assign=False)
    now = timezone.now()
    add_shift(world.group, user=world.reader, starts_at=now - HOUR, ends_at=now + HOUR, by=None)

    assert Relations(now).addressee(case, Relation.GROUP_DUTY).people == (world.reader.pk,)
    assert Relations(now + 2 * HOUR).addressee(case, Relation.GROUP_DUTY).people == ()
