"""Calendars of the database: which one holds, what is remembered, and the answers for many rows."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import Entry
from core.errors import Refused, Stale
from core.values.dates import CHINA
from regions import calendars
from regions.calendars import (
    CalendarChange,
    add_working_days,
    add_working_time,
    calendar_gaps,
    due_instants,
    explain,
    is_working_day,
    missing_years,
    refresh_lines,
    working_day_share,
    working_days_between,
    working_days_of_units,
    working_time_between,
)
from regions.calendars.changes import RECEIVERS
from regions.models import (
    WEEK,
    CalendarLine,
    CalendarSpan,
    CalendarState,
    CalendarUse,
    PublicDay,
    WorkingCalendar,
)
from regions.seeds import seed_calendars
from regions.services import calendars as verbs
from tests.factories import make_unit

OFFICE = "09:00-12:00 13:30-18:00"
MAKE_UP_SATURDAY = dt.date(2026, 2, 14)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=CHINA)


def week(text: str = OFFICE, *, days: int = 5) -> dict[str, str]:
    return dict.fromkeys(WEEK[:days], text)


def service_desk(by=None, **more) -> WorkingCalendar:
    return verbs.create_calendar(
        name="400热线", hours=week("08:00-20:00", days=7), keeps_public_days=False, by=by, **more
    )


# --- what the State Council gave and took


@pytest.mark.parametrize(
    ("day", "share"),
    [
        ("2025-01-26", 1),  # the Sunday before Spring Festival
        ("2025-01-28", 0),
        ("2025-02-08", 1),
        ("2025-10-11", 1),
        ("2026-01-04", 1),
        ("2026-02-13", 1),
        ("2026-02-14", 1),
        ("2026-02-15", 0),
        ("2026-02-23", 0),
        ("2026-02-24", 1),
        ("2026-02-28", 1),
        ("2026-03-01", 0),
        ("2026-10-10", 1),
    ],
)
def test_days_of_2025_and_2026(db, day, share):
    assert working_day_share(dt.date.fromisoformat(day)) == share
    assert is_working_day(dt.date.fromisoformat(day)) is bool(share)


def test_a_day_of_work_over_spring_festival(db):
    """From Saturday 14 February, which is worked, the next day of work is the 24th."""
    assert add_working_time(at("2026-02-14T17:00"), 120) == at("2026-02-24T10:00")
    assert working_time_between(at("2026-02-14T00:00"), at("2026-02-25T00:00")) == 2 * 450
    assert add_working_days(dt.date(2026, 2, 13), 2) == dt.date(2026, 2, 24)
    assert working_days_between(dt.date(2026, 2, 1), dt.date(2026, 2, 28)) == 16


def test_a_make_up_day_works_the_hours_of_the_weekday_whose_day_off_was_taken(db, world):
    short_fridays = week() | {"friday": "09:00-12:00"}
    calendar = verbs.create_calendar(name="短周五", hours=short_fridays, by=None)
    verbs.use_calendar(world.north, calendar=calendar, valid_from=dt.date(2026, 1, 1), by=None)
    day = PublicDay.objects.get(pk=MAKE_UP_SATURDAY)
    assert day.hours_as == 4

    assert working_day_share(MAKE_UP_SATURDAY, unit=world.n1a) == Decimal("0.5")
    verbs.enter_public_days(
        [PublicDay(day=day.day, kind=day.kind, name=day.name, hours_as=0)], by=None
    )
    assert working_day_share(MAKE_UP_SATURDAY, unit=world.n1a) == 1


# --- which calendar holds


def test_units_below_inherit_and_their_own_prevails(world):
    desk = service_desk()
    verbs.use_calendar(world.north, calendar=desk, valid_from=dt.date(2026, 5, 1), by=None)
    sunday, before = dt.date(2026, 6, 7), dt.date(2026, 4, 26)

    for unit in (world.north, world.n1, world.n1a, world.n1a.pk):
        assert is_working_day(sunday, unit=unit)
        assert not is_working_day(before, unit=unit)
    assert not is_working_day(sunday, unit=world.s1a)
    assert not is_working_day(sunday)
    assert is_working_day(dt.date(2026, 10, 1), unit=world.n1a)  # works on public holidays
    standard = WorkingCalendar.objects.get(is_standard=True)
    verbs.use_calendar(world.n1a, calendar=standard, valid_from=dt.date(2026, 6, 1), by=None)
    assert not is_working_day(sunday, unit=world.n1a)
    assert is_working_day(dt.date(2026, 5, 31), unit=world.n1a)
    assert is_working_day(sunday, unit=world.n1b)
    # again what the unit above uses, whatever that is then
    verbs.use_calendar(world.n1a, calendar=None, valid_from=dt.date(2026, 8, 1), by=None)
    assert is_working_day(dt.date(2026, 8, 2), unit=world.n1a)
    verbs.use_calendar(world.north, calendar=standard, valid_from=dt.date(2026, 9, 1), by=None)
    assert not is_working_day(dt.date(2026, 9, 6), unit=world.n1a)


def test_the_nearest_exception_prevails_and_the_last_entered_of_equals(world):
    day = dt.date(2026, 11, 25)

    def except_(hours, **owner):
        verbs.add_exception(
            first_day=day, last_day=day, hours=hours, reason="台风", by=None, **owner
        )

    standard = WorkingCalendar.objects.get(is_standard=True)
    except_("", calendar=standard)
    assert working_day_share(day, unit=world.s1a) == 0
    except_("09:00-12:00", unit=world.north)
    assert working_day_share(day, unit=world.n1a) == Decimal("0.5")
    except_(OFFICE, unit=world.n1a)
    assert working_day_share(day, unit=world.n1a) == 1
    except_("09:00-10:00", unit=world.n1a)
    assert (
        working_time_between(at("2026-11-25T00:00"), at("2026-11-26T00:00"), unit=world.n1a) == 60
    )
    assert working_day_share(day, unit=world.n1b) == Decimal("0.5")
    assert working_day_share(day, unit=world.s1a) == 0


def test_summer_hours_leave_the_past_alone(world):
    standard = WorkingCalendar.objects.get(is_standard=True)
    verbs.set_weekly_hours(
        standard, hours=week("08:00-12:00"), valid_from=dt.date(2026, 7, 1), by=None
    )

    assert working_time_between(at("2026-06-30T00:00"), at("2026-07-01T00:00")) == 450
    assert working_time_between(at("2026-07-01T00:00"), at("2026-07-02T00:00")) == 240


# --- what is remembered


def test_a_change_by_any_way_is_noticed_at_once(world, django_assert_num_queries):
    day = dt.date(2026, 11, 26)
    assert is_working_day(day, unit=world.n1a)
    with django_assert_num_queries(1):  # the version
        assert is_working_day(day, unit=world.n1a)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO regions_publicday (day, kind, name) VALUES (%s, 'holiday', '放假')", [day]
        )
    assert not is_working_day(day, unit=world.n1a)


def test_what_was_rolled_back_is_forgotten(world):
    day = dt.date(2026, 11, 26)
    with transaction.atomic():
        PublicDay.objects.create(day=day, kind="holiday", name="放假")
        assert not is_working_day(day)
        transaction.set_rollback(True)
    assert is_working_day(day)
    PublicDay.objects.create(day=dt.date(2026, 11, 27), kind="holiday", name="放假")
    assert is_working_day(day)


def test_a_request_asks_the_version_once(client, world, django_assert_max_num_queries):
    client.force_login(world.admin)
    client.get("/working-calendars/")
    with django_assert_max_num_queries(25) as captured:
        client.get(f"/working-calendars/units/{world.n1a.code}/")
    asked = [q for q in captured.captured_queries if "regions_calendarstate" in q["sql"]]
    assert len(asked) == 1


def test_moving_a_unit_renews_the_version(world):
    from regions.models import OrgUnit

    # A test that empties the tables takes the one row along; triggers make it again.
    before = CalendarState.objects.get_or_create(pk=1)[0].version
    OrgUnit.objects.filter(pk=world.n1a.pk).update(name="新名")
    assert CalendarState.objects.get().version == before
    OrgUnit.objects.filter(pk=world.n1a.pk).update(path=f"{world.s1.path}{world.n1a.pk}/")
    assert CalendarState.objects.get().version != before


# --- many rows at once


def scene(world):
    """Every kind of calendar in one tree."""
    desk = service_desk()
    shifts = verbs.create_calendar(
        name="两班", hours=week("00:00-02:15 07:30-11:00 20:00-24:00", days=6), by=None
    )
    verbs.use_calendar(world.north, calendar=desk, valid_from=dt.date(2026, 2, 10), by=None)
    verbs.use_calendar(world.n1a, calendar=shifts, valid_from=dt.date(2026, 2, 20), by=None)
    verbs.add_exception(
        first_day=dt.date(2026, 2, 25),
        last_day=dt.date(2026, 2, 27),
        hours="10:00-11:30",
        reason="装修",
        unit=world.s1,
        by=None,
    )
    return [world.group, world.north, world.n1, world.n1a, world.n1b, world.s1a, world.south]


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_sql_gives_what_python_gives(world, data):
    with transaction.atomic():
        if not WorkingCalendar.objects.filter(name="400热线").exists():
            scene(world)
    units = [world.group, world.north, world.n1, world.n1a, world.n1b, world.s1a, world.south]
    rows = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from(range(len(units))),
                st.datetimes(
                    dt.datetime.fromisoformat("2026-02-01"),
                    dt.datetime.fromisoformat("2026-03-15"),
                    timezones=st.just(dt.UTC),
                ),
                st.integers(-9000, 9000) | st.just(0),
            ),
            min_size=1,
            max_size=40,
        )
    )
    source = (
        "SELECT * FROM unnest(%s::int[], %s::int[], %s::timestamptz[], %s::int[])"
        " AS t(key, unit_id, start, minutes)"
    )
    columns = [
        list(range(len(rows))),
        [units[unit].pk for unit, _start, _minutes in rows],
        [start for _unit, start, _minutes in rows],
        [minutes for _unit, _start, minutes in rows],
    ]

    found = dict(due_instants(source, columns))

    expected = {
        key: add_working_time(start, minutes, unit=units[unit])
        for key, (unit, start, minutes) in enumerate(rows)
    }
    assert found == expected


def test_working_days_of_many_units_equal_those_of_one(world):
    units = scene(world)
    spans = [
        ("2026-02-01", "2026-03-15"),
        ("2026-02-25", "2026-02-25"),
        ("2026-02-10", "2026-02-09"),
    ]
    for first, last in spans:
        span = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
        found = working_days_of_units(units, *span)
        assert {key: one.days for key, one in found.items()} == {
            unit.pk: working_days_between(*span, unit=unit) for unit in units
        }
        length = (span[1] - span[0]).days + 1
        assert {key: one.share for key, one in found.items()} == {
            unit.pk: sum(
                working_day_share(span[0] + dt.timedelta(days=n), unit=unit)
                for n in range(max(length, 0))
            )
            for unit in units
        }


def test_the_tables_are_rewritten_only_where_something_changed(world):
    refresh_lines()
    assert refresh_lines() == 0
    units = scene(world)
    assert refresh_lines() == 3
    assert set(CalendarLine.objects.values_list("line", flat=True)) == {
        0,
        *(unit.pk for unit in (world.north, world.n1a, world.s1)),
    }
    verbs.set_weekly_hours(
        WorkingCalendar.objects.get(name="两班"), hours=week("06:00-07:00"), by=None
    )
    assert refresh_lines() == 1
    world.n1a.calendar_uses.all().delete()
    refresh_lines()
    assert due_of(units[3], "2026-02-25T10:00", 60) == add_working_time(
        at("2026-02-25T10:00"), 60, unit=units[3]
    )


def due_of(unit, start, minutes):
    source = "SELECT 1 AS key, %s::int AS unit_id, %s::timestamptz AS start, %s::int AS minutes"
    return dict(due_instants(source, [unit.pk, at(start), minutes]))[1]


def test_spans_lie_end_to_end_in_minutes(world):
    refresh_lines()
    spans = list(CalendarSpan.objects.filter(line=0).order_by("starts_at")[:1000])
    for one, two in zip(spans, spans[1:], strict=False):
        assert two.before - one.before == (one.ends_at - one.starts_at).total_seconds() / 60
        assert one.ends_at <= two.starts_at


@pytest.mark.parametrize(
    ("start", "minutes"),
    [("2003-06-01T10:00", 60), ("2004-01-02T09:00", -9000), ("2036-12-31T10:00", 900_000)],
)
def test_outside_the_tables_there_is_no_answer(world, start, minutes):
    assert due_of(world.n1a, start, minutes) is None


# --- explain, gaps, verbs


def test_an_explanation_names_each_stretch(world):
    found = explain(at("2026-02-13T17:00"), at("2026-02-24T09:30"))

    assert [(one.kind, one.minutes, str(one.first), str(one.last)) for one in found] == [
        ("work", 60, "2026-02-13", "2026-02-13"),
        ("off", 0, "2026-02-13", "2026-02-14"),
        ("work", 180, "2026-02-14", "2026-02-14"),
        ("break", 0, "2026-02-14", "2026-02-14"),
        ("work", 270, "2026-02-14", "2026-02-14"),
        ("off", 0, "2026-02-14", "2026-02-14"),
        ("holiday", 0, "2026-02-15", "2026-02-23"),
        ("off", 0, "2026-02-24", "2026-02-24"),
        ("work", 30, "2026-02-24", "2026-02-24"),
    ]
    assert "春节" in found[6].words
    assert "02-15" in found[6].words
    assert "02-23" in found[6].words


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.datetimes(
        dt.datetime.fromisoformat("2026-02-01"),
        dt.datetime.fromisoformat("2026-03-15"),
        timezones=st.just(dt.UTC),
    ),
    st.integers(0, 20_000),
)
def test_an_explanation_has_no_gaps_and_adds_up(world, start, minutes):
    end = start + dt.timedelta(minutes=minutes)
    found = explain(start, end)

    assert sum(one.minutes for one in found) == working_time_between(start, end)
    assert all(one.ends_at == two.starts_at for one, two in zip(found, found[1:], strict=False))
    assert all(one.words for one in found)


def test_a_span_turned_round_or_too_long_is_refused(db):
    with pytest.raises(Refused):
        explain(at("2026-02-13T17:00"), at("2026-02-13T16:59"))
    with pytest.raises(Refused):
        explain(at("2020-02-13T17:00"), at("2026-02-13T16:59"))


def test_a_year_without_data_warns_and_falls_back_on_the_week(db):
    assert calendar_gaps(dt.date(2026, 9, 30), months=3) == []
    assert calendar_gaps(dt.date(2026, 10, 1), months=3) == [2027]
    assert calendar_gaps(dt.date(2026, 12, 1), months=14) == [2027, 2028]
    assert missing_years(dt.date(2026, 11, 22)) == [2027]
    assert is_working_day(dt.date(2027, 1, 1))
    assert "2027" in explain(at("2027-01-01T09:00"), at("2027-01-01T10:00"))[0].words
    verbs.enter_public_days(
        [PublicDay(day=dt.date(2027, 1, 1), kind="holiday", name="元旦")], by=None
    )
    assert missing_years(dt.date(2026, 11, 22)) == []
    assert not is_working_day(dt.date(2027, 1, 1))


def test_seeding_again_overwrites_nothing(db):
    PublicDay.objects.filter(pk=dt.date(2026, 10, 1)).delete()
    WorkingCalendar.objects.update(name="总部日历")
    count = PublicDay.objects.count()

    seed_calendars()

    assert PublicDay.objects.count() == count
    assert [one.name for one in WorkingCalendar.objects.all()] == ["总部日历"]


def test_every_verb_tells_and_records(world):
    told: list[CalendarChange] = []
    receiver = calendars.on_calendar_change(told.append)
    try:
        desk = service_desk(by=world.admin)
        day = dt.date(2026, 12, 1)
        verbs.change_calendar(desk, name="热线", by=world.admin)
        verbs.set_weekly_hours(desk, hours=week(), valid_from=day, by=world.admin)
        use = verbs.use_calendar(world.n1, calendar=desk, valid_from=day, by=world.admin)
        exception = verbs.add_exception(
            first_day=day, last_day=day, reason="年会", unit=world.n1, by=world.admin
        )
        verbs.remove_exception(exception, by=world.admin)
        verbs.drop_weekly_hours(desk.weeks.get(valid_from=day), by=world.admin)
        verbs.drop_use(use, by=world.admin)
        public = PublicDay(day=day, kind="holiday", name="放假")
        assert verbs.enter_public_days([public], by=world.admin) == (1, 0)
        assert verbs.enter_public_days([public], by=world.admin) == (0, 0)
        verbs.remove_public_day(public, by=world.admin)
        verbs.delete_calendar(desk, by=world.admin)
    finally:
        RECEIVERS.remove(receiver)

    assert told == [
        CalendarChange(None),
        CalendarChange(None, day),
        CalendarChange(world.n1.pk, day),
        CalendarChange(world.n1.pk, day, day),
        CalendarChange(world.n1.pk, day, day),
        CalendarChange(world.n1.pk, day),
        CalendarChange(world.n1.pk, day),
        CalendarChange(None, day, day),
        CalendarChange(None, day, day),
    ]
    assert sorted(
        Entry.objects.filter(by=world.admin, action__startswith="calendar.").values_list(
            "action", flat=True
        )
    ) == sorted(
        f"calendar.{act}"
        for act in (
            "created changed hours_set used exception_added exception_removed hours_dropped"
            " use_dropped public_days public_day_removed deleted"
        ).split()
    )


def test_what_cannot_be_is_refused(world):
    standard = WorkingCalendar.objects.get(is_standard=True)
    day = dt.date(2026, 12, 1)
    with pytest.raises(Refused):
        verbs.delete_calendar(standard, by=None)
    with pytest.raises(Refused):
        verbs.drop_weekly_hours(standard.weeks.get(), by=None)
    verbs.use_calendar(world.n1, calendar=service_desk(), valid_from=day, by=None)
    with pytest.raises(Refused):
        verbs.delete_calendar(WorkingCalendar.objects.get(name="400热线"), by=None)
    for bad in (
        lambda: verbs.create_calendar(name="空", hours={}, by=None),
        lambda: verbs.create_calendar(name="夜", hours={"monday": "22:00-06:00"}, by=None),
        lambda: service_desk(),  # the name is taken
        lambda: verbs.add_exception(first_day=day, last_day=day, reason="?", by=None),
        lambda: verbs.add_exception(
            first_day=day, last_day=dt.date(2026, 11, 1), reason="?", unit=world.n1, by=None
        ),
        lambda: verbs.add_exception(
            first_day=day, last_day=dt.date(2036, 12, 1), reason="?", unit=world.n1, by=None
        ),
        lambda: verbs.enter_public_days(
            [PublicDay(day=day, kind="holiday", name="?", hours_as=3)], by=None
        ),
    ):
        with pytest.raises(ValidationError), transaction.atomic():
            bad()


def test_every_verb_asks_for_the_reach_itself(world):
    """Pages and administration ask too; what they all call must not depend on it."""
    keeper, day = world.north_keeper, dt.date(2026, 12, 1)
    desk = service_desk()
    use = verbs.use_calendar(world.s1, calendar=desk, valid_from=day, by=None)
    span = {"first_day": day, "last_day": day, "reason": "停电"}
    foreign = verbs.add_exception(unit=world.s1, by=None, **span)
    general = verbs.add_exception(calendar=desk, by=None, **span)
    public = PublicDay(day=dt.date(2027, 3, 1), kind="holiday", name="节")
    verbs.enter_public_days([public], by=None)
    for forbidden in (
        lambda: verbs.create_calendar(name="乙", hours=week(), by=keeper),
        lambda: verbs.change_calendar(desk, name="乙", by=keeper),
        lambda: verbs.delete_calendar(desk, by=keeper),
        lambda: verbs.set_weekly_hours(desk, hours=week(), valid_from=day, by=keeper),
        lambda: verbs.drop_weekly_hours(desk.weeks.get(), by=keeper),
        lambda: verbs.use_calendar(world.s1, calendar=None, valid_from=day, by=keeper),
        lambda: verbs.drop_use(use, by=keeper),
        lambda: verbs.add_exception(unit=world.s1a, by=keeper, **span),
        lambda: verbs.add_exception(calendar=desk, by=keeper, **span),
        lambda: verbs.remove_exception(foreign, by=keeper),
        lambda: verbs.remove_exception(general, by=keeper),
        lambda: verbs.enter_public_days([public], by=keeper),
        lambda: verbs.remove_public_day(public, by=keeper),
    ):
        with pytest.raises(Refused, match="范围|整个集团"):
            forbidden()
    assert not Entry.objects.filter(by=keeper).exists()
    verbs.drop_use(
        verbs.use_calendar(world.n1, calendar=desk, valid_from=day, by=keeper), by=keeper
    )
    verbs.remove_exception(verbs.add_exception(unit=world.n1a, by=keeper, **span), by=keeper)


# --- two at once


class Meanwhile(threading.Thread):
    """Does something in a connection of its own and keeps how it ended."""

    def __init__(self, act) -> None:
        super().__init__(daemon=True)
        self.act, self.outcome = act, "running"
        self.start()

    def run(self) -> None:
        try:
            self.outcome = self.act()
        except Exception as problem:  # noqa: BLE001  which it is, is what the test asks
            self.outcome = type(problem).__name__
        finally:
            connection.close()


DAY = dt.date(2027, 3, 1)
TWICE = {
    "calendar": (lambda world: bool(service_desk()), "ValidationError"),
    "public days": (
        lambda world: verbs.enter_public_days(
            [PublicDay(day=DAY, kind="holiday", name="节")], by=None
        ),
        (0, 0),
    ),
    "use": (
        lambda world: (
            verbs.use_calendar(world.n1, calendar=None, valid_from=DAY, by=None).unit.code
        ),
        "N1",
    ),
    "hours": (
        lambda world: (
            verbs.set_weekly_hours(
                WorkingCalendar.objects.get(is_standard=True), hours=week(), valid_from=DAY, by=None
            ).monday
        ),
        OFFICE,
    ),
}


def at_once(act, world):
    """Two do the same, the second before the first is through; how the second ended."""
    CalendarState.objects.get_or_create(pk=1)
    seed_calendars()
    with transaction.atomic():
        act(world)
        other = Meanwhile(lambda: act(world))
        other.join(0.4)
        assert other.outcome == "running"  # he waits
    other.join(60)
    return other.outcome


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", TWICE)
def test_who_comes_second_finds_what_the_first_wrote(world, deed):
    act, outcome = TWICE[deed]
    assert at_once(act, world) == outcome


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", TWICE)
def test_without_the_lock_the_second_meets_a_constraint(world, deed, monkeypatch):
    monkeypatch.setattr(verbs, "_begin", lambda by, unit=None, of=None: None)
    assert at_once(TWICE[deed][0], world) == "IntegrityError"


def test_what_somebody_removed_meanwhile_is_not_removed_again(world):
    use = verbs.use_calendar(world.n1, calendar=None, valid_from=DAY, by=None)
    twin = CalendarUse.objects.get(pk=use.pk)
    verbs.drop_use(use, by=None)
    with pytest.raises(Stale):
        verbs.drop_use(twin, by=None)
    assert Entry.objects.filter(action="calendar.use_dropped").count() == 1


def test_a_new_unit_works_as_the_one_above_it(world):
    verbs.use_calendar(world.n1, calendar=service_desk(), valid_from=dt.date(2026, 1, 1), by=None)
    fresh = make_unit(kind="project", code="N1C", name="北方新城", parent=world.n1)

    assert is_working_day(dt.date(2026, 6, 7), unit=fresh.pk)
    assert (
        working_days_of_units([fresh], dt.date(2026, 6, 1), dt.date(2026, 6, 7))[fresh.pk].days == 7
    )
