"""The log-in rule: single cases by hand, then anything at all against the slow reference."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Function, LoginKind
from compliance.models import AbsenceState, FormerLogIn
from compliance.selectors.log_ins import check
from core.errors import Refused
from regions.models import WEEK
from regions.services import calendars as verbs
from tests.compliance import reference
from tests.compliance.duties import at, day, log_in, send_away
from tests.compliance.reference import Fellow, Numbers
from tests.factories import make_post, make_unit, make_user, say

pytestmark = pytest.mark.django_db
FIRST, LAST = dt.date(2026, 9, 1), dt.date(2026, 10, 31)
OPEN = set(range(9 * 60, 12 * 60)) | set(range(13 * 60 + 30, 18 * 60))


def result_of(person, first=FIRST, last=LAST):
    [found] = check(first, last, people=[person.pk]).people
    return found


def figures(person, first=FIRST, last=LAST):
    found = result_of(person, first, last)
    return found.expected, found.met, found.trip_weeks, found.trip_weeks_met


def runs(person, first=FIRST, last=LAST):
    return [(run.first, run.last, run.days) for run in result_of(person, first, last).lapses]


# --- days


def test_days_are_those_of_the_calendar_and_of_employment(world):
    person = make_user(unit=world.n1a, hired_on=day("09-03"), left_on=day("10-09"))

    # Weekdays, those of the holidays off, the Sunday made up for; 9 October is worked.
    expected = 27 - 6 + 1
    assert figures(person)[0] == expected
    assert figures(person, day("09-03"), day("09-03"))[0] == 1
    assert figures(person, day("10-09"), day("10-09"))[0] == 1
    assert check(day("10-10"), LAST, people=[person.pk]).people == []
    assert check(FIRST, day("09-02"), people=[person.pk]).people == []


def test_any_log_in_of_the_day_in_china_meets_it(world):
    person = world.north_clerk
    log_in(person, at("09-01 00:00"), at("09-02 23:59:59"))
    log_in(person, at("09-03 12:30"), kind=LoginKind.DAY)
    for kind in (LoginKind.FAILED, LoginKind.LOGOUT, LoginKind.REFUSED, LoginKind.AGAIN):
        log_in(person, at("09-04 09:00"), kind=kind)
    FormerLogIn.objects.create(user=person, at=at("09-07 09:00"))

    assert figures(person, day("09-01"), day("09-07"))[:2] == (5, 4)


def test_a_log_in_on_a_free_day_meets_nothing(world):
    log_in(world.north_clerk, at("09-05 10:00"), at("09-06 10:00"))

    assert figures(world.north_clerk, day("09-05"), day("09-08"))[:2] == (2, 0)


def test_days_away_are_not_expected_however_often_he_logs_in(world):
    person = world.north_clerk
    send_away(person, "leave", day("09-01"), day("09-02"))
    send_away(person, "trip", day("09-03"), day("09-03"))
    send_away(person, "leave", day("09-04"), day("09-04"), state=AbsenceState.IN_APPROVAL)
    log_in(person, at("09-01 09:00"), at("09-04 09:00"))

    assert figures(person, day("09-01"), day("09-04"))[:2] == (1, 1)


# --- weeks of trips


@pytest.mark.parametrize(
    ("first", "last", "log_ins", "expected"),
    [
        ("09-07", "09-11", ["09-07", "09-09"], (1, 1)),
        ("09-07", "09-11", ["09-07", "09-07"], (1, 0)),  # two on one day
        ("09-11", "09-11", ["09-11"], (1, 1)),  # a single working day needs one
        ("09-11", "09-13", ["09-12"], (1, 1)),  # one working day, used on the Saturday
        ("09-11", "09-13", [], (1, 0)),
        ("09-12", "09-13", [], (0, 0)),  # no working day
        ("09-10", "09-15", ["09-10", "09-11", "09-14"], (2, 1)),
        ("09-10", "09-15", ["09-10", "09-11", "09-14", "09-15"], (2, 2)),
        ("09-10", "09-11", ["09-07", "09-09"], (1, 0)),  # not on days of the trip
    ],
)
def test_a_week_of_a_trip(world, first, last, log_ins, expected):
    send_away(world.north_clerk, "trip", day(first), day(last))
    log_in(world.north_clerk, *(at(f"{one} 09:00") for one in log_ins))

    assert figures(world.north_clerk)[2:] == expected


def test_two_trips_of_one_week_are_one_week_and_the_span_cuts_it(world):
    person = world.north_clerk
    send_away(person, "trip", day("09-07"), day("09-07"))
    send_away(person, "trip", day("09-10"), day("09-11"))
    log_in(person, at("09-07 09:00"), at("09-11 09:00"))

    assert figures(person)[2:] == (1, 1)
    assert figures(person, day("09-10"), day("09-13"))[2:] == (1, 0)
    assert figures(person, day("09-11"), day("09-13"))[2:] == (1, 1)


# --- lapses


def test_fourteen_days_without_are_a_lapse_and_thirteen_none(world):
    person = world.north_clerk
    log_in(person, at("09-01 09:00"), at("09-15 09:00"), at("09-30 09:00"), at("10-31 09:00"))

    assert runs(person) == [
        (day("09-16"), day("09-29"), 14),
        (day("10-01"), day("10-30"), 30),
    ]
    assert [str(run.dated) for run in result_of(person).lapses] == ["2026-09-29", "2026-10-14"]


def test_leave_neither_counts_nor_breaks_a_run_but_a_log_in_on_it_ends_it(world):
    person = world.north_clerk
    log_in(person, at("09-01 09:00"))
    send_away(person, "leave", day("09-08"), day("09-20"))

    assert runs(person, FIRST, day("09-27")) == []  # six and seven days
    assert runs(person, FIRST, day("09-28")) == [(day("09-02"), day("09-28"), 14)]
    assert runs(person, FIRST, day("09-29")) == [(day("09-02"), day("09-29"), 15)]
    log_in(person, at("09-12 20:00"))
    assert runs(person, FIRST, day("10-03")) == []
    assert runs(person, FIRST, day("10-04")) == [(day("09-21"), day("10-04"), 14)]


def test_leave_at_the_ends_of_a_run_lies_outside_it(world):
    person = world.north_clerk
    send_away(person, "leave", day("09-01"), day("09-03"))
    send_away(person, "leave", day("09-18"), day("10-31"))

    assert runs(person) == [(day("09-04"), day("09-17"), 14)]


def test_days_of_a_trip_count_and_runs_end_with_employment(world):
    person = make_user(unit=world.n1a, hired_on=day("09-05"), left_on=day("09-18"))
    send_away(person, "trip", day("09-01"), day("09-30"))

    assert runs(person) == [(day("09-05"), day("09-18"), 14)]
    assert runs(person, day("09-06"), LAST) == []


# --- policies


def test_numbers_are_those_of_the_unit_on_the_day(world):
    say(world.north, "compliance.log_ins_a_working_day", 2, since=day("09-03"))
    say(world.n1, "compliance.weeks_without_log_in", 1, since=day("10-01"))
    say(world.south, "compliance.log_ins_a_working_day", 0, since=day("09-01"))
    log_in(world.north_clerk, at("09-02 09:00"), at("09-03 09:00"))
    log_in(world.north_clerk, at("09-04 09:00"), at("09-04 10:00"))
    log_in(world.south_clerk, at("09-02 09:00"))

    assert figures(world.north_clerk, day("09-01"), day("09-04"))[:2] == (4, 2)
    assert figures(world.south_clerk, day("09-01"), day("09-04"))[:2] == (0, 0)
    # With one week since October; the run that began in September is dated by the first day on
    # which it was long enough.
    log_in(world.north_clerk, at("09-26 09:00"), at("10-08 09:00"))
    [run] = result_of(world.north_clerk, day("09-26"), day("10-08")).lapses
    assert (str(run.first), run.days, str(run.dated)) == ("2026-09-27", 11, "2026-10-03")


def test_only_working_time_counts_where_the_group_says_so(world):
    say(world.n1, "compliance.log_ins_in_working_time", True, since=day("01-01"))
    for person in (world.north_clerk, world.south_clerk):
        log_in(person, at("09-01 08:59"), at("09-02 09:00"), at("09-03 12:30"), at("09-04 18:00"))

    assert figures(world.north_clerk, day("09-01"), day("09-04"))[:2] == (4, 1)
    assert figures(world.south_clerk, day("09-01"), day("09-04"))[:2] == (4, 4)


def test_only_named_functions_are_held_to_it(world):
    clerk = str(Function.objects.get(name="客户专员").pk)
    say(world.group, "compliance.log_in_functions", (clerk,), since=day("01-01"))
    late = make_user(unit=world.n1a)
    make_post(user=late, unit=world.n1a, function="客户专员", valid_from=day("09-03"))

    assert figures(world.north_clerk, day("09-01"), day("09-04"))[0] == 4
    assert figures(world.north_head, day("09-01"), day("09-04"))[0] == 0
    assert figures(late, day("09-01"), day("09-04"))[0] == 2
    assert runs(world.north_head) == []


# --- sums and the command


def output(*arguments):
    out = StringIO()
    call_command("check_logins", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_command_says_it_all(world):
    log_in(world.north_clerk, at("09-01 09:00"))
    make_unit(kind="region", code="E", name="空区域", parent=world.group)
    found = output("--from", "2026-09-01", "--to", "2026-09-02", "--unit", "n")

    assert found["people"] == [
        {
            "employee_no": no,
            "expected": 2,
            "met": met,
            "trip_weeks": 0,
            "trip_weeks_met": 0,
            "lapses": [],
        }
        for no, met in (("N-CLERK", 1), ("N-HEAD", 0), ("N-KEEPER", 0))
    ]
    assert found["units"] == [
        {"code": "N", "expected": 6, "met": 1, "rate": round(1 / 6, 6)},
        {"code": "N1", "expected": 2, "met": 1, "rate": 0.5},
        {"code": "N1A", "expected": 2, "met": 1, "rate": 0.5},
    ]
    weekend = output("--from", "2026/9/5", "--to", "2026年9月6日")
    assert [unit["code"] for unit in weekend["units"]] == "G N N1 N1A S S1 S1A".split()
    assert {unit["rate"] for unit in weekend["units"]} == {None}
    assert len(weekend["people"]) == 9
    lapsed = output("--from", "2026-09-02", "--to", "2026-09-16")["people"]
    assert lapsed[-1]["lapses"] == [{"from": "2026-09-02", "to": "2026-09-16", "days": 15}]


@pytest.mark.parametrize(
    "arguments",
    [
        ("2026-09-02", "2026-09-01"),
        ("2026-02-30", "2026-09-01"),
        ("2010-01-01", "2026-09-01"),
        ("1999-01-01", "1999-02-01"),
        ("2026-09-01", "2026-09-02", "--unit", "NOWHERE"),
    ],
)
def test_the_command_refuses_with_a_sentence(world, arguments):
    first, last, *more = arguments
    with pytest.raises(CommandError) as refusal:
        call_command("check_logins", "--from", first, "--to", last, *more)
    assert refusal.value.returncode == 2


def test_a_span_that_is_upside_down_is_refused(world):
    with pytest.raises(Refused):
        check(LAST, FIRST)


# --- anything at all

DAYS = st.integers(0, 41).map(lambda n: dt.date(2026, 9, 14) + dt.timedelta(days=n))
SPANS = st.tuples(DAYS, DAYS).map(sorted)
MOMENTS = st.tuples(
    DAYS, st.sampled_from(["00:00", "08:59", "09:00", "12:10", "17:59", "18:00", "23:59"])
)
NUMBERS = st.builds(
    Numbers,
    daily=st.sampled_from([1, 1, 1, 2, 0]),
    weekly=st.sampled_from([2, 2, 3, 0]),
    lapse=st.sampled_from([14, 14, 7]),
    in_work=st.sampled_from([False, False, True]),
    functions=st.sampled_from([frozenset(), frozenset(), frozenset({"客户专员"})]),
)
FELLOWS = st.fixed_dictionaries(
    {
        "place": st.sampled_from(["n1a", "n1b", "s1a"]),
        "hired": st.none() | DAYS,
        "stays": st.none() | st.integers(0, 41),
        "away": st.lists(st.tuples(st.sampled_from(["trip", "leave"]), SPANS), max_size=4),
        "log_ins": st.lists(MOMENTS, max_size=12),
        "post": st.none() | SPANS,
    }
)
SCENES = st.fixed_dictionaries(
    {
        "fellows": st.lists(FELLOWS, min_size=1, max_size=5),
        "closed": st.lists(SPANS, max_size=2),  # days on which the north does not work
        "saturdays": st.booleans(),  # whether the north's second project works on Saturdays
        "north": st.none() | NUMBERS,
        "later": st.none() | st.tuples(DAYS, NUMBERS),  # what it says from a day on
        "span": SPANS,
    }
)
HOLIDAYS = {day(f"09-{n}") for n in (25, 26, 27)} | {day(f"10-0{n}") for n in range(1, 8)}
MADE_UP = {day("09-20"), day("10-10")}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(scene=SCENES)
def test_any_calendar_employment_and_trip_gives_what_the_reference_gives(world, scene):
    with transaction.atomic():
        people = [(_stored(world, one), one) for one in scene["fellows"]]
        _settle(world, scene)
        first, last = scene["span"]
        found = {
            one.person: one
            for one in check(first, last, people=[person.pk for person, _one in people]).people
        }
        for person, one in people:
            fellow = _fellow(scene, one)
            if not any(fellow.employed(on) for on in reference.days(first, last)):
                assert person.pk not in found
                continue
            mine = found[person.pk]
            assert (mine.expected, mine.met) == reference.expected_and_met(fellow, first, last)
            trips = (mine.trip_weeks, mine.trip_weeks_met)
            assert trips == reference.weeks_of_trips(fellow, first, last)
            lapses = [(run.first, run.last, run.days) for run in mine.lapses]
            assert lapses == reference.lapses(fellow, first, last)
        transaction.set_rollback(True)


def _left(one):
    if one["stays"] is None:
        return None
    return (one["hired"] or dt.date(2026, 9, 14)) + dt.timedelta(days=one["stays"])


def _apart(away):
    """The absences that do not share a day with an earlier one."""
    kept = []
    for kind, (first, last) in away:
        if all(last < other[1] or first > other[2] for other in kept):
            kept.append((kind, first, last))
    return kept


def _stored(world, one):
    person = make_user(
        unit=getattr(world, one["place"]), role=None, hired_on=one["hired"], left_on=_left(one)
    )
    for kind, first, last in _apart(one["away"]):
        send_away(person, kind, first, last)
    moments = [at(f"{on:%m-%d} {clock}") for on, clock in one["log_ins"]]
    log_in(person, *moments[::2])
    FormerLogIn.objects.bulk_create(
        [FormerLogIn(user=person, at=moment) for moment in moments[1::2]], ignore_conflicts=True
    )
    if one["post"]:
        since, until = one["post"]
        make_post(
            user=person,
            unit=person.unit,
            function="客户专员",
            valid_from=since,
            valid_until=until,
        )
    return person


def _settle(world, scene):
    """Calendars and numbers of the north."""
    for first, last in scene["closed"]:
        verbs.add_exception(
            first_day=first, last_day=last, hours="", reason="停工", unit=world.north, by=None
        )
    if scene["saturdays"]:
        six = verbs.create_calendar(
            name="六天", hours=dict.fromkeys(WEEK[:6], "09:00-12:00 13:30-18:00"), by=None
        )
        verbs.use_calendar(world.n1b, calendar=six, valid_from=day("01-01"), by=None)
    if scene["north"]:
        _say(world.north, scene["north"], day("01-01"))
    if scene["later"]:
        since, numbers = scene["later"]
        _say(world.north, numbers, since, before=scene["north"])


def _say(unit, numbers, since, before=None):
    """What a unit says; to say again what it said before is refused, so that is left out."""
    said = _values(before) if before else {}
    for key, value in _values(numbers).items():
        if key not in said or said[key] != value:
            say(unit, f"compliance.{key}", value, since=since)


def _values(numbers):
    functions = sorted(numbers.functions)
    keys = [str(Function.objects.get(name=name).pk) for name in functions]
    return {
        "log_ins_a_working_day": numbers.daily,
        "log_ins_a_week_travelling": numbers.weekly,
        "weeks_without_log_in": numbers.lapse // 7,
        "log_ins_in_working_time": numbers.in_work,
        "log_in_functions": tuple(keys),
    }


def _fellow(scene, one):
    north = one["place"].startswith("n")

    def open_minutes(on):
        if north and any(first <= on <= last for first, last in scene["closed"]):
            return set()
        if on in HOLIDAYS:
            return set()
        free = {6} if one["place"] == "n1b" and scene["saturdays"] else {5, 6}
        return OPEN if on in MADE_UP or on.weekday() not in free else set()

    def numbers(on):
        if not north:
            return Numbers()
        if scene["later"] and on >= scene["later"][0]:
            return scene["later"][1]
        return scene["north"] or Numbers()

    moments = [at(f"{on:%m-%d} {clock}") for on, clock in one["log_ins"]]
    # A file cannot tell the same moment twice.
    once = [*moments[::2], *dict.fromkeys(moments[1::2])]
    return Fellow(
        open_minutes=open_minutes,
        numbers=numbers,
        hired=one["hired"],
        left=_left(one),
        away=_apart(one["away"]),
        log_ins=once,
        functions=[("客户专员", *one["post"])] if one["post"] else [],
    )
