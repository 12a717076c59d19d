"""The ladder: each step once, whoever runs it, however often, and whatever dies in between."""

import datetime as dt
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import UserState
from complaints.models import CaseEntry, Deadline, EscalationStep, Pause
from complaints.selectors.detail import ladder_of_case
from complaints.selectors.relations import Relations
from complaints.services import escalate, escalation, make_move
from complaints.services.moves import hold
from core import faults
from core.models import Notice
from customers.models import Customer
from regions.policies.types import Span, rows
from tests.complaints.cases import fresh, local, stand
from tests.factories import make_case, make_customer, make_post, make_user, say
from tests.worker import environment

MONDAY = local("2026-11-23T09:00")
TOLD = "complaints.escalated"


def row(relation, hours, *, side="after", limit="resolution", level="", unit="hours"):
    span = Span(hours, unit)
    return {"level": level, "limit": limit, "side": side, "span": span, "relation": relation}


LADDER = rows(
    [
        row("handler", 1, side="before"),
        row("project_head", 0),
        row("city_head", 1),
        row("group_duty", 4),
    ]
)


@pytest.fixture
def staffed(world, time_machine):
    """Monday morning; a limit of eight hours; heads of project, city and group hold posts."""
    time_machine.move_to(MONDAY, tick=False)
    say(world.group, "complaints.handling", Span(8, "hours"))
    say(world.group, "complaints.ladder", LADDER)
    for name, unit, function in (
        ("lead", world.n1a, "项目客户关系负责人"),
        ("city", world.n1, "客户关系中心(部)负责人"),
        ("region", world.north, "客户关系中心(部)负责人"),
        ("duty", world.group, "投诉管理及舆情对接"),
    ):
        world.people[name] = make_user(unit=unit, no=f"E-{name}".upper())
        make_post(user=world.people[name], unit=unit, function=function)
    return world


def due(hours: float = 0) -> dt.datetime:
    """So many hours after the limit of a case that came in on Monday at nine."""
    return MONDAY + dt.timedelta(hours=8 + hours)


def told() -> list[str]:
    """Who was told of single cases, in order."""
    rows_ = Notice.objects.filter(kind=TOLD).order_by("pk")
    return [notice.user.employee_no for notice in rows_.select_related("user")]


def entries() -> int:
    return CaseEntry.objects.filter(kind="escalated").count()


db = pytest.mark.django_db


@db
def test_each_step_is_taken_at_its_time_and_once(staffed):
    make_case(unit=staffed.n1a, handler=staffed.north_clerk)
    names = ["N-CLERK", "E-LEAD", "E-CITY", "E-DUTY"]
    for number, hours in enumerate((-1, 0, 1, 4)):
        early = due(hours) - dt.timedelta(seconds=1)
        assert escalate(early).steps == 0
        assert (escalate(due(hours)).told, told()) == (1, names[: number + 1])
        assert escalate(due(hours)).steps == 0
    assert escalate(due(1000)).steps == 0
    assert entries() == 4
    taken = EscalationStep.objects.exclude(taken_at=None).order_by("at")
    assert list(taken.values_list("taken_at", flat=True)) == [due(h) for h in (-1, 0, 1, 4)]


@db
def test_what_is_told_leads_to_the_case_and_stands_in_its_log(staffed):
    case = make_case(unit=staffed.n1a, handler=staffed.north_clerk)
    escalate(due(0))

    notice = Notice.objects.get(kind=TOLD)
    assert (notice.url, notice.context["side"]) == (case.get_absolute_url(), "after")
    entry = CaseEntry.objects.filter(case=case).first()
    assert (entry.kind, entry.by, entry.at) == ("escalated", None, due(0))
    assert entry.facts["told"] == [staffed.lead.pk]
    assert entry.facts["relation"] == "project_head"


# --- vacant posts ---------------------------------------------------------------------------------


@db
def test_vacant_posts_pass_on_to_the_next_above_and_are_named(staffed):
    case = make_case(unit=staffed.n1b, assign=False)  # nobody leads this project

    escalate(due(-1))

    step = EscalationStep.objects.get(relation="handler")
    assert step.passed_over == ["handler", "complaint_post", "project_head"]
    assert step.told == [staffed.city.pk]
    assert CaseEntry.objects.filter(case=case).first().facts["passed_over"] == step.passed_over
    assert told() == ["E-CITY"]


@db
def test_whoever_left_or_is_frozen_is_vacant(staffed):
    make_case(unit=staffed.n1a, handler=staffed.north_clerk)
    for person, state in ((staffed.north_clerk, UserState.LEFT), (staffed.lead, UserState.FROZEN)):
        type(person).objects.filter(pk=person.pk).update(state=state)

    escalate(due(-1))

    assert told() == ["E-CITY"]


@db
def test_a_contact_leader_who_left_is_vacant(staffed):
    say(staffed.group, "complaints.ladder", rows([row("contact_leader", 0)]))
    leader = make_user(unit=staffed.group)
    customer = make_customer(unit=staffed.n1a, kind="organisation")
    Customer.objects.filter(pk=customer.pk).update(contact_leader=leader)
    customer.refresh_from_db()
    cases = [make_case(unit=staffed.n1a, customer=customer, assign=False)]
    escalate(due(0))
    assert told() == [leader.employee_no]

    type(leader).objects.filter(pk=leader.pk).update(state=UserState.LEFT)
    cases.append(make_case(unit=staffed.n1a, customer=customer, assign=False))
    escalate(due(0))

    step = EscalationStep.objects.get(case=cases[1])
    assert (step.passed_over, step.told) == (["contact_leader"], [staffed.region.pk])


@db
def test_where_nobody_at_all_holds_a_post_the_step_says_so(world, time_machine):
    time_machine.move_to(MONDAY, tick=False)
    case = make_case(unit=world.n1a, assign=False)

    done = escalate(MONDAY + dt.timedelta(days=30))

    assert (done.told, done.nobody > 0) == (0, True)
    facts = CaseEntry.objects.filter(case=case).first().facts
    assert facts["told"] == []
    assert "group_duty" in facts["passed_over"]


# --- nothing is due -------------------------------------------------------------------------------


@db
def test_nobody_is_told_while_a_case_waits_and_the_steps_move_by_the_pause(staffed, time_machine):
    case = make_case(unit=staffed.n1a, handler=staffed.north_clerk)
    stand_from_assigned(case)
    time_machine.move_to(MONDAY + dt.timedelta(hours=2), tick=False)
    make_move(case, "wait_owner", by=None, reason="业主出差", until=due(100))

    assert escalate(due(90)).steps == 0
    assert told() == []

    time_machine.move_to(MONDAY + dt.timedelta(hours=12), tick=False)
    make_move(case, "resume", by=None)
    assert escalate(due(-1 + 10) - dt.timedelta(seconds=1)).steps == 0
    assert escalate(due(-1 + 10)).told == 1


@db
def test_a_pause_that_ran_out_ends_by_itself_at_its_limit(staffed, time_machine):
    case = make_case(unit=staffed.n1a, handler=staffed.north_clerk)
    stand_from_assigned(case)
    until = MONDAY + dt.timedelta(hours=3)
    make_move(case, "wait_owner", by=None, reason="业主出差", until=until)

    assert escalate(until - dt.timedelta(seconds=1)).resumed == 0
    done = escalate(until + dt.timedelta(hours=1))

    assert (done.resumed, fresh(case).state) == (1, "in_progress")
    assert Pause.objects.get().ended_at == until
    assert fresh(case).next_due_at == due(3)
    entry = CaseEntry.objects.filter(case=case).first()
    assert (entry.kind, entry.by) == ("resume", None)


@pytest.mark.django_db(transaction=True)
def test_a_second_pause_is_not_ended_for_the_first(staffed):
    """Between the look and the lock of the run somebody went on and began another pause."""
    case = make_case(unit=staffed.n1a, handler=staffed.north_clerk)
    stand_from_assigned(case)
    later = MONDAY + dt.timedelta(hours=1)
    make_move(case, "wait_owner", by=None, reason="业主出差", until=later)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            make_move(case, "resume", by=None)
            make_move(case, "wait_owner", by=None, reason="再次出差", until=due(20))
            run = pool.submit(in_a_connection_of_its_own, lambda: escalate(later).resumed)
            wait([run], timeout=2)
            assert not run.done()  # it waits for the case
        assert run.result(timeout=30) == 0

    assert fresh(case).state == "waiting_owner"


@db
def test_a_new_handler_is_warned_and_the_former_is_not(staffed):
    case = make_case(unit=staffed.n1a, handler=staffed.north_clerk)
    other = make_user(unit=staffed.n1a, no="E-OTHER")
    make_move(case, "assign", by=None, handler=other)

    escalate(due(-1))

    assert told() == ["E-OTHER"]
    assert EscalationStep.objects.filter(deadline__kind="resolution").count() == len(LADDER)


@db
@pytest.mark.parametrize("ending", ["resolved", "rejected", "merged"])
def test_steps_fall_away_with_their_limit(staffed, ending):
    case = make_case(unit=staffed.n1a, assign=False)
    stand(case, ending, staffed.north_clerk)

    assert not EscalationStep.objects.filter(case=case, taken_at=None).exists()
    escalate(due(1000))
    assert not CaseEntry.objects.filter(case=case, kind="escalated").exists()


# --- after a gap ----------------------------------------------------------------------------------


@db
def test_after_two_dead_hours_only_the_last_step_of_a_limit_is_told(staffed):
    make_case(unit=staffed.n1a, handler=staffed.north_clerk)

    done = escalate(due(1))

    assert (done.steps, done.superseded, done.told) == (3, 2, 1)
    assert told() == ["E-CITY"]
    assert entries() == 1
    silent = EscalationStep.objects.filter(taken_at=due(1), told=[])
    assert sorted(silent.values_list("relation", flat=True)) == ["handler", "project_head"]


@db
def test_steps_of_one_limit_stay_together_however_small_a_batch_is(staffed, monkeypatch):
    monkeypatch.setattr(escalation, "BATCH", 1)
    for _number in range(3):
        make_case(unit=staffed.n1a, handler=staffed.north_clerk)

    done = escalate(due(1))

    assert (done.steps, done.superseded, done.told) == (9, 6, 3)
    assert Counter(told()) == {"E-CITY": 3}


@db
def test_two_people_of_the_same_hour_are_both_told(staffed):
    ladder = rows([row("project_head", 0), row("city_head", 0)])
    say(staffed.group, "complaints.ladder", ladder)
    make_case(unit=staffed.n1a, assign=False)

    escalate(due(0))

    assert sorted(told()) == ["E-CITY", "E-LEAD"]


@db
def test_a_handler_who_is_the_head_too_is_told_once_and_the_head_s_step_passes_on(staffed):
    """By one step alone: the next one reaches whom the ladder names."""
    case = make_case(unit=staffed.n1a, handler=staffed.lead)

    escalate(due(-1))
    escalate(due(0))
    escalate(due(4))

    assert told() == ["E-LEAD", "E-CITY", "E-DUTY"]
    facts = CaseEntry.objects.filter(case=case, kind=TOLD.partition(".")[2]).order_by("pk")[1].facts
    assert (facts["told_before"], facts["passed_over"]) == (["project_head"], [])
    rungs = ladder_of_case(fresh(case), Relations(due(4), case.unit))
    assert [rung.people for rung in rungs][1] == (staffed.city.pk,)


@db
def test_many_cases_of_one_run_are_one_notice(staffed):
    for _number in range(escalation.SINGLY + 1):
        make_case(unit=staffed.n1a, handler=staffed.north_clerk)

    done = escalate(due(0))

    assert (len(done.cases), done.told, told()) == (escalation.SINGLY + 1, 1, [])
    notice = Notice.objects.get(kind="complaints.escalated_many")
    assert (notice.user, notice.context["count"]) == (staffed.lead, escalation.SINGLY + 1)
    assert entries() == escalation.SINGLY + 1


# --- two at once ----------------------------------------------------------------------------------


def in_a_connection_of_its_own(act):
    try:
        return act()
    finally:
        connection.close()


def two_runs(monkeypatch, at: dt.datetime) -> list[int]:
    """One run holds its steps for a while, another one comes in between. Steps each took."""
    monkeypatch.setenv(faults.VARIABLE, "escalation.held:1:sleep=2")
    monkeypatch.setattr(faults, "_passed", Counter())
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(in_a_connection_of_its_own, lambda: escalate(at).steps)
        while not faults._passed["escalation.held"]:
            time.sleep(0.01)
        second = pool.submit(in_a_connection_of_its_own, lambda: escalate(at).steps)
        return [first.result(), second.result()]


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_tell_nobody_twice(staffed, monkeypatch):
    for _number in range(8):
        make_case(unit=staffed.n1a, handler=staffed.north_clerk)
    make_case(unit=staffed.n1b, assign=False)

    assert two_runs(monkeypatch, due(0)) == [18, 0]

    assert entries() == 9
    assert Counter(Notice.objects.values_list("kind", flat=True)) == {
        "complaints.assigned": 8, "complaints.escalated_many": 1, TOLD: 1,
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_runs_take_the_same_steps(staffed, monkeypatch):
    """The broken twin."""
    make_case(unit=staffed.n1a, handler=staffed.north_clerk)
    unlocked, locks, _rest = escalation._HOLD.partition("FOR NO KEY UPDATE")
    assert locks
    monkeypatch.setattr(escalation, "_HOLD", unlocked)

    assert two_runs(monkeypatch, due(0)) == [2, 2]
    assert entries() == 2
    assert told() == ["E-LEAD"]  # the key of the notice is the second wall


@pytest.mark.django_db(transaction=True)
def test_a_case_that_somebody_moves_meanwhile_is_left_for_the_next_run(staffed):
    """Neither waits for the other, and who resolved in time is not told of."""
    case = make_case(unit=staffed.n1a, handler=staffed.north_clerk)
    stand_from_assigned(case)
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        hold(case)  # as a move begins; its steps are not touched yet
        run = pool.submit(in_a_connection_of_its_own, lambda: escalate(due(0)).steps)
        wait([run], timeout=10)
        assert run.done()
        make_move(case, "resolve", by=None, resolution="已修复")
    assert run.result(timeout=30) == 0

    assert escalate(due(0)).steps == 0
    assert entries() == 0


# --- killed ---------------------------------------------------------------------------------------


def run_command(at: dt.datetime, fault: str = "") -> subprocess.CompletedProcess:
    command = [sys.executable, "manage.py", "escalate", "--now", at.isoformat(), "--json"]
    return subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env=environment() | {faults.VARIABLE: fault},
        capture_output=True,
        text=True,
        check=False,
    )


@db
def test_a_run_over_many_cases_makes_a_fixed_number_of_queries(staffed, monkeypatch):
    """Each case with a notice of its own, in two units; the moments have no calendar between."""
    monkeypatch.setattr(escalation, "SINGLY", 1000)
    counts = []
    for number, hours in ((1, 0), (4, 1)):
        for _number in range(number):
            make_case(unit=staffed.n1a, handler=staffed.north_clerk)
            make_case(unit=staffed.n1b, assign=False)
        with CaptureQueriesContext(connection) as captured:
            done = escalate(due(hours))
        assert done.told == len(done.cases) == number * 2 + (2 if hours else 0)
        counts.append(len(captured))

    assert counts[1] == counts[0]


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_killed_in_the_middle_leaves_each_step_once(staffed):
    for _number in range(3):
        make_case(unit=staffed.n1a, handler=staffed.north_clerk)

    killed = run_command(due(0), "escalation.before_notices:1:kill")

    assert killed.returncode == -signal.SIGKILL
    assert (entries(), told(), EscalationStep.objects.exclude(taken_at=None).count()) == (0, [], 0)

    again = run_command(due(0))

    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["told"] == 3
    assert run_command(due(0)).stdout == run_command(due(0)).stdout
    assert (entries(), Counter(told())) == (3, {"E-LEAD": 3})


# --- the command ----------------------------------------------------------------------------------


@db
def test_the_command_names_its_moment_and_answers_in_json(staffed, capsys):
    make_case(unit=staffed.n1a, handler=staffed.north_clerk)

    call_command("escalate", "--now", "2026-11-23T18:00", "--json")

    assert json.loads(capsys.readouterr().out) == {
        "steps": 3, "cases": 1, "told": 1, "superseded": 2, "resumed": 0, "nobody": 0,
        "urges_late": 0,
    }  # fmt: skip
    call_command("escalate", "--now", due(1).astimezone(dt.UTC).isoformat())
    assert "0" in capsys.readouterr().out
    with pytest.raises(CommandError) as refusal:
        call_command("escalate", "--now", "morgen")
    assert refusal.value.returncode == 2


@db
def test_without_a_moment_it_is_now(staffed, time_machine, capsys):
    make_case(unit=staffed.n1a, handler=staffed.north_clerk)
    time_machine.move_to(due(0), tick=False)

    call_command("escalate", "--json")

    assert json.loads(capsys.readouterr().out)["told"] == 1
    assert timezone.now() == due(0)
    assert Deadline.objects.get(kind="resolution").due_at == due(0)


def stand_from_assigned(case) -> None:
    make_move(case, "accept", by=None)
    make_move(case, "start", by=None)
