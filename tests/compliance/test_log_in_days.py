"""Stored days: what they say, when they change and when no longer, and what the night finds."""

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from threading import Barrier

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from accounts.models import User, UserState
from compliance.models import Lapse, LogInDay, LogInMonth, LogInSum
from compliance.selectors.log_ins import check
from compliance.services import log_in_days, nightly
from compliance.services.lapses import find_lapses
from compliance.services.log_in_days import store_again, store_days
from core.errors import Refused
from core.models import Job, Notice
from regions.services import calendars as verbs
from tests.compliance.duties import at, day, log_in, send_away
from tests.factories import make_user, say

pytestmark = pytest.mark.django_db
FIRST = day("09-01")


def reasons(person, first="09-01", last="10-31"):
    rows = LogInDay.objects.filter(person=person, day__range=(day(first), day(last)))
    return dict(rows.values_list("day", "reason"))


def busy(world):
    """Everybody logs in on the first of September: there the first run begins."""
    for person in world.people.values():
        log_in(person, at("09-01 09:00"))


def spans(person):
    rows = Lapse.objects.filter(person=person).order_by("first_day")
    return list(rows.values_list("first_day", "last_day", "days", "dated_on", "ended_on"))


# --- days


def test_each_day_has_its_reason(world):
    clerk = world.north_clerk
    log_in(clerk, at("09-01 09:00"), at("09-07 09:00"), at("09-07 10:00"))
    send_away(clerk, "trip", day("09-08"), day("09-09"))
    send_away(clerk, "leave", day("09-10"), day("09-10"))
    say(world.south, "compliance.log_ins_a_working_day", 0, since=FIRST)
    store_days(day("09-11"))

    assert reasons(clerk) == {
        day(f"09-{number:02}"): reason
        for number, reason in enumerate(
            "met missed missed missed free free met trip trip leave missed".split(), start=1
        )
    }
    row = LogInDay.objects.get(person=clerk, day=day("09-07"))
    assert (row.unit, row.working, row.log_ins, row.needed) == (world.n1a, True, 2, 1)
    assert set(reasons(world.south_clerk).values()) == {"no_duty", "free"}
    for name in ("n1a", "north"):
        found = check(FIRST, day("09-11"), unit=getattr(world, name))
        stored = LogInDay.objects.filter(unit__path__startswith=getattr(world, name).path)
        assert sum(one.expected for one in found.people) == (
            stored.filter(reason__in=("met", "missed")).count()
        )
    sums = LogInSum.objects.get(unit=world.n1a)
    assert (sums.expected, sums.met, sums.people, sums.users) == (6, 2, 1, 1)
    assert (sums.region, sums.city, sums.project) == (world.north, world.n1, world.n1a)


def test_a_run_again_writes_nothing_and_a_change_only_what_it_touches(world):
    busy(world)
    assert store_days(day("09-11")).written == 9 * 11
    assert store_days(day("09-11")).written == 0
    assert store_days(day("09-12")).written == 9

    send_away(world.north_clerk, "leave", day("09-03"), day("09-04"))
    assert store_again().written == 2
    User.objects.filter(pk=world.south_clerk.pk).update(left_on=day("09-10"))
    assert store_again().written == 2
    verbs.add_exception(
        first_day=day("09-02"),
        last_day=day("09-02"),
        hours="",
        reason="台风",
        unit=world.north,
        by=None,
    )
    assert store_again().written == 3
    say(world.south, "compliance.log_ins_a_working_day", 2, since=day("09-11"))
    assert store_again().written == 2


def test_calendar_rules_and_absences_ask_for_a_run(world):
    busy(world)
    store_days(day("09-11"))

    def asked():
        found = Job.objects.filter(kind=log_in_days.JOB).count()
        Job.objects.filter(kind=log_in_days.JOB).delete()
        return found

    verbs.add_exception(
        first_day=day("09-02"),
        last_day=day("09-02"),
        hours="",
        reason="台风",
        unit=world.north,
        by=None,
    )
    assert asked() == 1
    say(world.south, "compliance.log_ins_a_working_day", 2, since=day("09-11"))
    say(world.south, "compliance.log_ins_a_week_travelling", 1, since=day("09-11"))
    assert asked() == 1
    say(world.south, "compliance.confirm_reading", 9, since=day("09-11"))
    say(world.south, "compliance.log_ins_a_working_day", 3, since=day("09-12"))
    assert asked() == 0


# --- months


def test_a_frozen_month_stays_frozen(world):
    busy(world)
    assert store_days(day("10-02")).frozen == (FIRST,)
    before = list(LogInDay.objects.filter(day__lt=day("10-01")).order_by("person", "day").values())
    sums = list(LogInSum.objects.filter(month=FIRST).order_by("unit").values())

    send_away(world.north_clerk, "leave", day("09-20"), day("10-01"))
    log_in(world.south_clerk, *(at(f"09-{n:02} 09:00") for n in range(2, 31)))
    User.objects.filter(pk=world.north_head.pk).update(hired_on=day("09-15"))
    say(world.south, "compliance.log_ins_a_working_day", 2, since=FIRST)
    store_again()
    store_days(day("10-03"))

    after = LogInDay.objects.filter(day__lt=day("10-01")).order_by("person", "day")
    assert list(after.values()) == before
    assert list(LogInSum.objects.filter(month=FIRST).order_by("unit").values()) == sums
    assert reasons(world.north_clerk, "10-01", "10-01") == {day("10-01"): "leave"}
    month = LogInMonth.objects.get(month=FIRST)
    assert (month.stored_through, month.frozen_at is not None) == (day("09-30"), True)


def test_a_schedule_that_was_dead_for_two_days_makes_up_for_them(world, time_machine):
    busy(world)
    time_machine.move_to(at("09-11 01:20"))
    nightly.judge_yesterday()
    time_machine.move_to(at("09-14 09:00"))
    nightly.judge_yesterday()

    stored = LogInDay.objects.values("day").annotate(n=Count("person")).order_by("day")
    assert [(row["day"], row["n"]) for row in stored] == [
        (FIRST + dt.timedelta(days=n), 9) for n in range(13)
    ]


def test_a_clock_that_runs_three_months_ahead_judges_nobody(world, time_machine):
    busy(world)
    time_machine.move_to(at("09-11 01:20"))
    nightly.judge_yesterday()
    time_machine.move_to(at("12-10 01:20"))
    with pytest.raises(Refused):
        nightly.judge_yesterday()

    assert LogInDay.objects.filter(day__gt=day("09-10")).count() == 0
    assert Lapse.objects.count() == 0
    told = Notice.objects.filter(kind="compliance.log_ins_stopped")
    assert [row.user for row in told] == [world.admin]


def stored_days():
    """How many days are stored, and through which one."""
    rows = LogInDay.objects.order_by("day")
    return rows.values("day").distinct().count(), getattr(rows.last(), "day", None)


def all_stored():
    """The days, and every month and lapse, whole."""
    months, lapses = LogInMonth.objects.order_by("month"), Lapse.objects.order_by("pk")
    return stored_days(), list(months.values()), list(lapses.values())


def test_a_clock_twenty_days_ahead_stores_and_freezes_nothing(world, time_machine):
    """Less than the gap that is refused anyway, and enough to freeze the month for good."""
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    for person in world.people.values():
        log_in(person, timezone.now() - dt.timedelta(days=9))
    nightly.judge_yesterday()
    before = all_stored()
    assert before[0][1] == yesterday
    time_machine.move_to(timezone.now() + dt.timedelta(days=20))

    with pytest.raises(Refused):
        nightly.judge_yesterday()

    assert all_stored() == before
    told = Notice.objects.filter(kind="compliance.log_ins_stopped")
    assert [row.user for row in told] == [world.admin]
    time_machine.move_to(timezone.now() - dt.timedelta(days=20))
    nightly.judge_yesterday()
    assert stored_days() == before[0]


def test_the_operator_closes_a_gap_that_the_night_refuses(world, time_machine):
    busy(world)
    store_days(day("09-10"))
    time_machine.move_to(at("11-15 01:20"))
    with pytest.raises(Refused, match="store_log_ins --through 2026-11-14"):
        nightly.judge_yesterday()

    out = StringIO()
    call_command("store_log_ins", "--through", "2026-11-14", "--json", stdout=out)

    assert json.loads(out.getvalue())["through"] == "2026-11-14"
    assert stored_days() == (75, day("11-14"))
    frozen = LogInMonth.objects.exclude(frozen_at=None).order_by("month")
    assert list(frozen.values_list("month", flat=True)) == [FIRST, day("10-01")]
    assert spans(world.north_clerk) == [(day("09-02"), day("11-14"), 74, day("09-15"), None)]
    call_command("store_log_ins", "--through", "2026-11-14", stdout=StringIO())
    assert stored_days() == (75, day("11-14"))
    time_machine.move_to(at("11-16 01:20"))
    nightly.judge_yesterday()
    assert stored_days() == (76, day("11-15"))


def test_a_lapse_early_in_a_long_gap_is_found(world):
    busy(world)
    store_days(day("03-31"))
    log_in(world.north_clerk, *(at(f"05-{number:02} 09:00") for number in range(1, 31)))

    nightly.close_gap(day("11-14"))

    assert spans(world.north_clerk)[0][:2] == (day("03-01"), day("04-30"))


def test_a_day_that_is_not_over_is_refused_to_the_operator_too(world):
    busy(world)
    store_days(day("09-10"))
    for ahead in (0, 5):
        asked = timezone.localdate() + dt.timedelta(days=ahead)
        with pytest.raises(CommandError) as refused:
            call_command("store_log_ins", "--through", asked.isoformat(), stdout=StringIO())
        assert refused.value.returncode == 2
    with pytest.raises(CommandError):
        call_command("store_log_ins", "--through", "soon", stdout=StringIO())

    assert stored_days() == (10, day("09-10"))


# --- lapses


def test_lapses_grow_end_and_go(world):
    clerk = world.north_clerk
    busy(world)
    store_days(day("09-15"))
    assert (find_lapses(), spans(clerk)) == ((9, 0), [
        (day("09-02"), day("09-15"), 14, day("09-15"), None)
    ])  # fmt: skip
    log_in(clerk, at("09-18 09:00"))
    store_days(day("09-20"))
    assert find_lapses() == (0, 0)
    assert spans(clerk) == [(day("09-02"), day("09-17"), 16, day("09-15"), day("09-18"))]
    send_away(clerk, "leave", day("09-08"), day("09-11"))
    store_again()
    assert find_lapses() == (0, 1)
    assert spans(clerk) == []


def test_a_lapse_that_began_before_the_window_keeps_its_beginning(world):
    busy(world)
    for last in ("09-30", "10-31", "11-30", "12-31"):
        store_days(day(last))
        find_lapses()
    store_days(dt.date(2027, 1, 20))
    find_lapses()

    assert spans(world.north_clerk) == [
        (day("09-02"), dt.date(2027, 1, 20), 141, day("09-15"), None)
    ]
    log_in(world.north_clerk, at("12-01 09:00").replace(year=2027, month=1, day=5))
    store_again()
    find_lapses()
    assert [span[:3] for span in spans(world.north_clerk)] == [
        (day("09-02"), dt.date(2027, 1, 4), 125),
        (dt.date(2027, 1, 6), dt.date(2027, 1, 20), 15),
    ]


def test_stored_lapses_are_those_of_the_check(world):
    moments = {
        "north_clerk": ["09-01", "09-16", "10-03"],
        "north_head": ["09-10"],
        "south_clerk": ["09-01", "09-15", "10-01", "10-12"],
    }
    for name, days in moments.items():
        log_in(getattr(world, name), *(at(f"{one} 09:00") for one in days))
    send_away(world.north_head, "leave", day("09-20"), day("10-05"))
    send_away(world.south_head, "trip", day("09-20"), day("10-05"))
    store_days(day("10-20"))
    find_lapses()

    for person in check(FIRST, day("10-20")).people:
        stored = Lapse.objects.filter(person=person.person).order_by("first_day")
        assert list(stored.values_list("first_day", "last_day", "days", "dated_on")) == [
            (run.first, run.last, run.days, run.dated) for run in person.lapses
        ]


# --- accounts


def lapsed_people(world, count, active):
    """So many people without log-in among so many active ones."""
    people = User.objects.bulk_create(
        User(employee_no=f"M{n:03}", name=f"员工{n}", unit=world.s1a) for n in range(active - 9)
    )
    for person in people[:count]:
        lapse = Lapse(
            person=person,
            first_day=FIRST,
            last_day=day("10-05"),
            days=35,
            dated_on=day("09-14"),
        )
        lapse.place_in(person.unit)
        lapse.save()
    return people


def frozen():
    return User.objects.filter(state=UserState.FROZEN).count()


def test_nobody_is_frozen_unless_the_group_says_so(world):
    lapsed_people(world, 1, 100)

    assert (nightly.freeze_dormant(), frozen()) == (0, 0)


@pytest.mark.parametrize(("count", "active", "gone"), [(2, 100, 2), (3, 100, 0), (1, 49, 0)])
def test_at_most_one_in_fifty_is_frozen_else_nobody(world, count, active, gone):
    say(world.group, "compliance.freeze_after_weeks", 5)
    lapsed_people(world, count, active)

    assert (nightly.freeze_dormant(), frozen()) == (gone, gone)
    assert Notice.objects.filter(kind="compliance.log_ins_stopped").exists() == (not gone)


def test_the_cap_is_what_holds(world, monkeypatch):
    """The twin without the cap freezes everybody the wrong clock names."""
    say(world.group, "compliance.freeze_after_weeks", 5)
    lapsed_people(world, 60, 100)
    monkeypatch.setattr(nightly, "CAP", 1)

    assert nightly.freeze_dormant() == 60


def test_the_last_administrator_is_never_frozen(world):
    say(world.group, "compliance.freeze_after_weeks", 5)
    lapsed_people(world, 1, 120)
    lapse = Lapse(
        person=world.admin, first_day=FIRST, last_day=day("10-05"), days=35, dated_on=day("09-14")
    )
    lapse.place_in(world.group)
    lapse.save()

    assert nightly.freeze_dormant() == 1
    assert User.objects.get(pk=world.admin.pk).state == UserState.ACTIVE


def test_people_who_logged_in_since_are_not_frozen(world):
    say(world.group, "compliance.freeze_after_weeks", 5)
    lapsed_people(world, 2, 120)
    Lapse.objects.update(ended_on=day("10-06"))

    assert nightly.freeze_dormant() == 0


def test_people_whose_lapse_a_later_leave_explained_are_not_frozen(world):
    say(world.group, "compliance.freeze_after_weeks", 5)
    lapsed_people(world, 2, 120)
    Lapse.objects.update(noticed_on=day("10-06"), explained_on=day("10-07"))

    assert nightly.freeze_dormant() == 0


# --- at once


def together(*acts):
    start = Barrier(len(acts))

    def run(act):
        try:
            connection.ensure_connection()
            start.wait(timeout=60)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(timeout=120) for future in [pool.submit(run, act) for act in acts]]


def night():
    store_days(day("10-02"))
    return find_lapses()


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_do_it_once(world):
    make_user(unit=world.n1a)
    busy(world)

    found = together(night, night)

    assert sorted(made for made, _gone in found) == [0, 10]
    assert Lapse.objects.count() == 10
    assert LogInDay.objects.filter(day__lt=day("10-03")).count() == 10 * 32
    assert LogInSum.objects.filter(unit=world.n1a).count() == 2
