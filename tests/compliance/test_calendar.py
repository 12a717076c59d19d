"""The calendar, moving in it, and the private feed (CAL-01…03)."""

import datetime as dt
from itertools import pairwise

import pytest
import vobject
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from compliance import agenda
from compliance.agenda import Entry, entries, midnight, register_entries
from compliance.models import Appointment, CalendarFeed
from compliance.services import calendars as verbs
from compliance.services.assignments import assign
from core.errors import QuotaExceeded, Refused, Stale
from customers.models import Activity
from customers.services import plan_activity
from tests.factories import make_customer, make_user, place_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
HOUR = dt.timedelta(hours=1)


def tomorrow(hour=10):
    day = timezone.localdate() + dt.timedelta(days=1)
    return midnight(day) + dt.timedelta(hours=hour)


def note(who, **more):
    given = {"title": "部门例会", "starts_at": tomorrow(), "ends_at": tomorrow(11)} | more
    return verbs.save_appointment(by=who, **given)


def plan(world, name="陈志远", who=None):
    clerk = who or world.north_clerk
    customer = make_customer(unit=clerk.unit, by=clerk, keeper=clerk, name=name)
    return plan_activity(
        place_of(customer), by=clerk, kind="visit", content="上门", at=tomorrow(14)
    )


def span():
    today = timezone.localdate()
    return today, today + dt.timedelta(days=7)


@pytest.fixture
def trips():
    """A source that another part registers, taken out again."""

    def provider(people, reader, first, last):
        for person in people:
            begin = midnight(timezone.localdate() + dt.timedelta(days=2))
            end = begin + dt.timedelta(days=2)
            yield Entry(person, begin, end, True, "出差 郑州 13800001234", "/x/", "trip")

    register_entries(provider)
    yield
    agenda.PROVIDERS.remove(provider)


def test_a_calendar_shows_what_its_reader_may_see(world):
    """A head sees the visit with the customer; a colleague who may not see him sees nothing, and
    of a private appointment nobody else sees the words."""
    plan(world)
    note(world.north_clerk)
    note(world.north_clerk, title="体检", is_private=True)
    assign(to=world.north_clerk, by=world.north_head, title="核对", due_at=tomorrow(18))
    people = [world.north_clerk.pk]

    def titles(reader):
        return sorted(one.title for one in entries(people, reader, *span()))

    visit = "陈志远"
    assert titles(world.north_clerk) == sorted([visit, "部门例会", "体检", "核对"])
    assert titles(world.north_head) == sorted([visit, "部门例会", "Busy", "核对"])
    colleague = make_user(unit=world.n1a)
    assert titles(colleague) == sorted(["部门例会", "Busy"])
    assert titles(world.south_head) == ["Busy"]


def test_pages_show_people_in_reach_only(client, world):
    note(world.south_clerk, title="赣州会议")
    client.force_login(world.north_head)
    address = reverse("compliance:calendar")
    for query in (
        f"?person={world.south_clerk.employee_no}",
        "?unit=S",
        "?view=week",
        "?view=list",
    ):
        page = client.get(address + query)
        assert page.status_code == 200
        assert "赣州会议" not in page.content.decode()
    client.force_login(world.boss)
    assert "赣州会议" in client.get(address + "?unit=S&view=list").content.decode()


def test_who_may_moves_an_entry(world):
    activity, appointment = plan(world), note(world.north_clerk)
    task = assign(to=world.north_clerk, by=world.north_head, title="核对", due_at=tomorrow(18))
    day = timezone.localdate() + dt.timedelta(days=4)

    def move(who, kind, row, **more):
        client = Client()
        client.force_login(who)
        address = reverse("compliance:calendar-move", args=[kind, row.pk])
        version = getattr(row, "version", "")
        return client.post(address, {"day": day, "version": version} | more).status_code

    for kind, row in (("activity", activity), ("appointment", appointment), ("task", task)):
        assert move(world.south_head, kind, row) == 404
    assert move(world.north_clerk, "task", task) == 403
    assert move(world.north_head, "appointment", appointment) == 403
    assert move(world.north_head, "task", task) == 302
    assert move(world.north_clerk, "appointment", appointment) == 302
    assert move(world.north_clerk, "activity", activity, time="09:30") == 302
    assert move(world.north_clerk, "appointment", appointment) == 422
    for row in (activity, appointment, task):
        row.refresh_from_db()
    assert timezone.localtime(activity.at).isoformat()[:16] == f"{day}T09:30"
    assert appointment.ends_at - appointment.starts_at == HOUR
    assert timezone.localdate(appointment.starts_at) == day
    assert timezone.localdate(task.due_at) <= day


def test_an_activity_is_not_moved_into_the_past(client, world):
    activity = plan(world)
    client.force_login(world.north_clerk)
    address = reverse("compliance:calendar-move", args=["activity", activity.pk])
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    assert client.post(address, {"day": yesterday}).status_code == 422
    assert Activity.objects.get(pk=activity.pk).at == activity.at


def test_an_appointment_is_its_persons_alone(world):
    row = note(world.north_clerk)
    with pytest.raises(Refused):
        verbs.drop_appointment(row, by=world.north_head)
    with pytest.raises(Stale):
        verbs.move_appointment(row, by=world.north_clerk, starts_at=tomorrow(), version=7)
    for wrong in (
        {"title": " "},
        {"ends_at": tomorrow(9)},
        {"ends_at": tomorrow() + dt.timedelta(days=61)},
    ):
        with pytest.raises(Refused):
            note(world.north_clerk, **wrong)
    verbs.drop_appointment(row, by=world.north_clerk)
    assert not Appointment.objects.exists()


# --- the feed -------------------------------------------------------------------------------------


def feed(client, token, **headers):
    return client.get(reverse("compliance:calendar-file", args=[token]), headers=headers)


def test_two_readers_understand_the_feed(client, world, trips):
    """Two libraries that know nothing of one another read the same, as calendar programs do."""
    plan(world)
    note(world.north_clerk)
    assign(to=world.north_clerk, by=world.north_head, title="核对", due_at=tomorrow(18))
    begin = midnight(timezone.localdate() + dt.timedelta(days=3))
    note(
        world.north_clerk, title="培训", all_day=True, starts_at=begin,
        ends_at=begin + dt.timedelta(days=1),
    )  # fmt: skip
    world.north_clerk.language = "en"
    world.north_clerk.save()
    token = verbs.open_feed(by=world.north_clerk)
    answer = feed(client, token)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    content = answer.content
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))

    ours = Calendar.from_ical(content)
    zones = [one["TZID"] for one in ours.walk("VTIMEZONE")]
    assert zones == ["Asia/Shanghai"]
    events = {str(one["SUMMARY"]): one for one in ours.walk("VEVENT")}
    visit = events["Visit: 陈志远"]
    assert visit["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert visit["DTSTART"].dt == tomorrow(14)
    training = events["Appointment: 培训"]
    first = timezone.localdate(begin)
    days = (training["DTSTART"].dt, training["DTEND"].dt)
    assert days == (first, first + dt.timedelta(days=1))
    assert "DTEND" not in events["Task: 核对"]

    theirs = vobject.readOne(content.decode())
    assert {one.summary.value for one in theirs.vevent_list} == set(events)
    for one in theirs.vevent_list:
        said = events[one.summary.value]
        assert one.uid.value == str(said["UID"])
        start = one.dtstart.value
        assert start == said["DTSTART"].dt
        if isinstance(start, dt.datetime):
            assert start.utcoffset() == dt.timedelta(hours=8)
    uids = [str(one["UID"]) for one in ours.walk("VEVENT")]
    assert len(set(uids)) == len(uids)


def test_the_feed_holds_no_telephone_number(client, world, trips):
    token = verbs.open_feed(by=world.north_clerk)
    content = feed(client, token).content.decode()
    assert "出差" in content
    assert "13800001234" not in content


def test_the_same_calendar_is_the_same_bytes(client, world):
    plan(world)
    token = verbs.open_feed(by=world.north_clerk)
    first = feed(client, token)
    assert feed(client, token).content == first.content
    unchanged = feed(client, token, if_none_match=first["ETag"])
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    before = {str(one["UID"]) for one in Calendar.from_ical(first.content).walk("VEVENT")}
    Activity.objects.update(at=tomorrow(16))
    after = feed(client, token, if_none_match=first["ETag"])
    assert after.status_code == 200
    assert {str(one["UID"]) for one in Calendar.from_ical(after.content).walk("VEVENT")} == before


def test_a_feed_ends_when_it_is_revoked_or_its_person_leaves(client, world):
    assert feed(client, "wrong").status_code == 404
    first = verbs.open_feed(by=world.north_clerk)
    other = verbs.open_feed(by=world.north_head)
    plan(world)
    assert feed(client, first).status_code == 200
    second = verbs.open_feed(by=world.north_clerk)
    assert feed(client, first).status_code == 404
    assert feed(client, second).status_code == 200
    assert "陈志远" not in feed(client, other).content.decode()
    verbs.close_feed(by=world.north_clerk)
    assert feed(client, second).status_code == 404
    third = verbs.open_feed(by=world.north_clerk)
    world.north_clerk.state = "frozen"
    world.north_clerk.save()
    assert feed(client, third).status_code == 404
    assert not CalendarFeed.objects.filter(token_hash__in=[first, second, third]).exists()


def test_a_feed_follows_the_rights_of_today(client, world):
    customer = make_customer(unit=world.n1a, by=world.north_clerk, keeper=world.north_clerk)
    plan_activity(
        place_of(customer), by=world.north_head, kind="visit", content="x", at=tomorrow(14)
    )
    token = verbs.open_feed(by=world.north_head)
    assert customer.name in feed(client, token).content.decode()
    world.north_head.grants.all().delete()
    assert customer.name not in feed(client, token).content.decode()


def test_a_feed_is_not_asked_for_without_end(client, world):
    token = verbs.open_feed(by=world.north_clerk)
    CalendarFeed.objects.update(hits=verbs.MOST_HITS - 1)
    assert [feed(client, token).status_code for _n in range(3)] == [200, 429, 429]
    with pytest.raises(QuotaExceeded):
        verbs.feed_of(token)
    CalendarFeed.objects.update(hits_since=timezone.now() - verbs.WINDOW)
    assert feed(client, token).status_code == 200


def test_the_secret_is_shown_once(client, world):
    client.force_login(world.north_clerk)
    made = client.post(reverse("compliance:calendar-feed-open"))
    assert made.status_code == 200
    shown = made.context["address"]
    assert client.get(shown[shown.index("/calendar/") :]).status_code == 200
    assert shown not in client.get(reverse("compliance:calendar-feed")).content.decode()


def test_entries_stand_in_order(world):
    for hour in (15, 9, 12):
        note(world.north_clerk, starts_at=tomorrow(hour), ends_at=tomorrow(hour))
    found = entries([world.north_clerk.pk], world.north_clerk, *span())
    assert all(one.starts <= two.starts for one, two in pairwise(found))
