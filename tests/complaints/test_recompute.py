"""Rules and calendars change: the limits of open cases are worked out anew by a job."""

import datetime as dt
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from complaints.models import CaseEntry, Deadline, EscalationStep
from complaints.services import make_move, recompute
from complaints.services.recompute import JOB
from core import faults, jobs
from core.faults import Fault
from core.models import Job, JobState
from regions.calendars import CalendarChange
from regions.policies import PolicyChange, find, on_policy_change
from regions.policies.changes import RECEIVERS
from regions.policies.types import Span, rows
from regions.selectors.policies import preview
from regions.services.calendars import add_exception
from regions.services.policies import reset_policy
from tests.complaints.cases import fresh, local, stand
from tests.factories import make_case, say

pytestmark = pytest.mark.django_db
MONDAY = local("2026-11-23T09:00")
TODAY = dt.date(2026, 11, 23)


@pytest.fixture
def monday(world, time_machine):
    time_machine.move_to(MONDAY, tick=False)
    return world


def asked() -> list[Job]:
    return list(Job.objects.filter(kind=JOB).order_by("pk"))


def do_all() -> None:
    for job in asked():
        jobs.work(job.pk)
        job.refresh_from_db()
        assert job.state == JobState.DONE, job.failure


def due(case, kind="resolution"):
    return Deadline.objects.get(case=case, kind=kind).due_at


def test_a_rule_of_today_moves_the_open_cases_of_its_branch(monday):
    here, there = (make_case(unit=unit, assign=False) for unit in (monday.n1a, monday.s1a))
    before = due(there)
    closed = stand(make_case(unit=monday.n1a, assign=False), "closed", monday.north_clerk)
    met = Deadline.objects.filter(case=closed).values()
    kept = list(met)

    say(monday.north, "complaints.handling", Span(4, "hours"))
    assert due(here) != MONDAY + dt.timedelta(hours=4)  # the job has not run yet
    do_all()

    assert due(here) == fresh(here).next_due_at == MONDAY + dt.timedelta(hours=4)
    assert fresh(here).next_due_kind == "resolution"
    assert due(there) == before
    assert list(met.all()) == kept
    steps = EscalationStep.objects.filter(case=here, deadline__kind="resolution", side="after")
    assert steps.order_by("at")[0].at == MONDAY + dt.timedelta(hours=4)
    assert asked()[0].message


def test_cases_of_earlier_days_keep_the_rules_of_their_day(monday):
    earlier = make_case(unit=monday.n1a, assign=False, taken_in_at=local("2026-11-20T10:00"))
    kept = due(earlier)
    say(monday.group, "complaints.handling", Span(4, "hours"))
    assert asked() == []  # nothing came in today
    make_case(unit=monday.n1a, assign=False)
    reset_policy(
        key="complaints.handling", unit=monday.group, effective_from=MONDAY.date(), reason="撤回",
        by=None,
    )  # fmt: skip
    do_all()
    assert due(earlier) == kept

    say(monday.group, "complaints.handling", Span(5, "hours"), since=dt.date(2026, 11, 20))
    do_all()
    # A rule of Friday is in force until that of Monday: the case of Friday follows it.
    assert due(earlier) == local("2026-11-20T15:00")


def test_rules_of_later_days_and_other_rules_ask_for_nothing(monday):
    make_case(unit=monday.n1a, assign=False)
    say(monday.group, "complaints.handling", Span(4, "hours"), since=dt.date(2026, 11, 24))
    say(monday.group, "complaints.call_backs", 2)
    assert asked() == []


def test_another_ladder_moves_the_steps_that_wait(monday):
    case = make_case(unit=monday.n1a, assign=False)
    ladder = rows([
        {"level": "", "limit": "resolution", "side": "after", "span": Span(0, "hours"),
         "relation": "region_head"},
    ])  # fmt: skip
    say(monday.group, "complaints.ladder", ladder)
    do_all()

    steps = EscalationStep.objects.filter(case=case).values_list("relation", "at")
    assert list(steps) == [("region_head", due(case))]


def test_a_calendar_moves_the_limits_that_cross_its_days(monday):
    here, there = (make_case(unit=unit, assign=False) for unit in (monday.n1a, monday.s1a))
    was = due(here)
    assert was == local("2026-11-25T18:00")

    add_exception(
        first_day=dt.date(2026, 11, 24), last_day=dt.date(2026, 11, 24), reason="停电", by=None,
        unit=monday.north,
    )  # fmt: skip
    assert len(asked()) == 1
    do_all()

    assert due(here) == local("2026-11-26T18:00")
    assert due(there) == was


def test_a_job_per_change_however_many_wait(monday):
    """A job that runs already may have passed the case that the second change touches."""
    case = make_case(unit=monday.n1a, assign=False)
    for hours in (4, 5):
        say(monday.group if hours == 4 else monday.n1, "complaints.handling", Span(hours, "hours"))
    assert len(asked()) == 2
    do_all()
    assert due(case) == MONDAY + dt.timedelta(hours=5)


def test_waiting_cases_stay_without_an_instant(monday):
    case = stand(make_case(unit=monday.n1a, assign=False), "waiting_owner", monday.north_clerk)
    say(monday.group, "complaints.handling", Span(4, "hours"))
    do_all()
    assert due(case) is None
    make_move(case, "resume", by=None)
    assert due(case) == MONDAY + dt.timedelta(hours=4)


def test_a_job_that_dies_between_batches_ends_where_it_should(monday, monkeypatch):
    cases = [make_case(unit=monday.n1a, assign=False) for _number in range(5)]
    say(monday.group, "complaints.handling", Span(4, "hours"))
    monkeypatch.setattr(recompute, "BATCH", 2)
    monkeypatch.setenv(faults.VARIABLE, "complaints.recompute_batch:2:raise")
    monkeypatch.setattr(faults, "_passed", Counter())
    (job,) = asked()

    with pytest.raises(Fault):
        jobs.work(job.pk)
    moved = [due(case) == MONDAY + dt.timedelta(hours=4) for case in cases]
    assert moved == [True, True, False, False, False]

    Job.objects.filter(pk=job.pk).update(not_before=None)
    do_all()
    assert {due(case) for case in cases} == {MONDAY + dt.timedelta(hours=4)}
    job.refresh_from_db()
    assert (job.done, job.total) == (5, 5)
    assert not CaseEntry.objects.filter(kind="classed").exists()


def test_fifty_cases_take_as_many_statements_as_five(monday):
    def statements(count: int) -> int:
        for _number in range(count):
            make_case(unit=monday.n1a, assign=False)
        keys = list(Deadline.objects.values_list("case", flat=True).distinct())
        with CaptureQueriesContext(
            connection,
        ) as queries:
            recompute._recompute(keys)
        return len(queries)

    assert statements(5) == statements(45)


def test_the_preview_of_a_rule_counts_the_cases_it_would_move(monday):
    make_case(unit=monday.n1a, assign=False)
    make_case(unit=monday.s1a, assign=False)
    make_case(unit=monday.n1a, assign=False, taken_in_at=local("2026-11-20T10:00"))
    stand(make_case(unit=monday.n1a, assign=False), "closed", monday.north_clerk)

    def counts(key, value, on=TODAY):
        look = preview(find(key), monday.north, value, on=on, reader=monday.admin)
        return [touch.count for touch in look.touches]

    assert counts("complaints.handling", Span(4, "hours")) == [1]
    assert counts("complaints.handling", Span(4, "hours"), dt.date(2026, 11, 20)) == [2]
    assert counts("complaints.handling", Span(4, "hours"), dt.date(2026, 11, 24)) == []
    assert counts("complaints.call_backs", 2) == []


# --- the hook itself ------------------------------------------------------------------------------


def test_receivers_of_rules_are_told_once_in_the_transaction_of_the_change(world):
    told: list[PolicyChange] = []
    on_policy_change("complaints.*")(told.append)
    on_policy_change("customers.*")(told.append)
    try:
        say(world.north, "complaints.handling", Span(4, "hours"), since=dt.date(2026, 1, 1))
    finally:
        RECEIVERS[:] = [one for one in RECEIVERS if one[1] != told.append]
    assert told == [PolicyChange("complaints.handling", world.north.pk, dt.date(2026, 1, 1))]
    assert told[0].payload() == {
        "rule": "complaints.handling", "unit": world.north.pk, "since": "2026-01-01",
    }  # fmt: skip


def test_a_change_of_a_unit_that_is_gone_since_ends_quietly(monday):
    make_case(unit=monday.n1a, assign=False)
    recompute.after_calendar_change(CalendarChange(None))
    Job.objects.update(payload={"unit": 0})
    do_all()
    assert Job.objects.get().done == 0
