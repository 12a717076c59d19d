"""Two and twenty at once, double clicks, replays, and processes killed in the middle (F6, F25)."""

import signal
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from approvals.models import Approval, Decision, Task, Verb
from approvals.services import approve, held, reject, submit, withdraw
from core import faults
from core.errors import Refused
from core.models import Notice, OutboxMessage
from tests.approvals.flows import (
    KIND,
    a_step,
    any_task,
    deciders,
    fresh,
    hand_in,
    make_flow,
    make_paper,
    open_names,
    task_of,
    way,
)
from tests.worker import environment

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(acts) -> list[str]:
    """Do things at the same moment, each in a connection of its own; how each ended."""
    barrier = threading.Barrier(len(acts))

    def one(act) -> str:
        try:
            barrier.wait(30)
            return str(act().state)
        except Refused as problem:
            return f"{type(problem).__name__}: {problem}"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [done.result(60) for done in [pool.submit(one, act) for act in acts]]


def two_steps(world):
    one, two = deciders(world, "one", "two")
    make_flow(a_step("first", "P-ONE"), a_step("second", "P-TWO"))
    approval = hand_in(world)
    return approval, one, two


def mails() -> Counter:
    kinds = OutboxMessage.objects.filter(kind="approvals.to_decide")
    return Counter(kinds.values_list("user__employee_no", flat=True))


@pytest.mark.parametrize("count", [2, 20])
def test_of_many_who_decide_one_task_one_does(world, count, monkeypatch):
    """The approver and his stand-ins press at once, some yes and some no."""
    people = deciders(world, *(f"p{n:02}" for n in range(count)))
    make_flow(a_step("any", *(one.employee_no for one in people)), a_step("next", "G-BOSS"))
    approval = hand_in(world)
    tasks = [task_of(approval, one) for one in people]
    before = Notice.objects.count()

    ended = at_once(
        [
            lambda task=task, who=who: approve(task, by=who)
            for task, who in zip(tasks, people, strict=True)
        ]
    )

    assert Counter(one.partition(":")[0] for one in ended) == {"running": 1, "Conflict": count - 1}
    winner = people[[one == "running" for one in ended].index(True)]
    agreed = str(Verb.APPROVE.label)
    assert all(winner.name in one and agreed in one for one in ended if one != "running")
    assert Decision.objects.filter(verb="approve").count() == 1
    assert way(approval) == [("any", "done"), ("next", "open")]
    assert Notice.objects.count() == before + 1


def meet(task, first, other, second) -> str:
    """One has decided and not committed yet when another one decides. How the other's act ended."""

    def act() -> str:
        try:
            return str(approve(other, by=second).state)
        except Refused as problem:
            return f"{type(problem).__name__}: {problem}"
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            approve(task, by=first)
            late = pool.submit(act)
            wait([late], timeout=1.5)
            assert not late.done()
        return late.result(timeout=30)


@pytest.mark.parametrize(("locked", "decisions"), [(True, 1), (False, 2)])
def test_the_lock_is_what_keeps_the_second_one_out(world, monkeypatch, locked, decisions):
    """The broken twin reads the row without holding it, and both decide."""
    people = deciders(world, "a", "b")
    make_flow(a_step("any", "P-A", "P-B"), a_step("next", "G-BOSS"))
    approval = hand_in(world)
    tasks = [task_of(approval, one) for one in people]
    if not locked:
        monkeypatch.setattr(held, "lock", lambda rows: rows)

    ended = meet(tasks[0], people[0], tasks[1], people[1])

    assert (ended.startswith("Conflict") and people[0].name in ended) is locked
    assert Decision.objects.filter(verb="approve").count() == decisions


def test_a_double_click_is_one_decision(world):
    approval, one, _two = two_steps(world)
    task = task_of(approval, one)

    ended = at_once([lambda: approve(task, by=one, request_key="form-1")] * 5)

    assert ended == ["running"] * 5
    assert Decision.objects.filter(verb="approve").count() == 1
    assert open_names(approval) == ["P-TWO"]
    # The back button shows the old form: it is sent again, and answered as before.
    assert approve(task, by=one, request_key="form-1").pk == approval.pk
    with pytest.raises(Refused, match="P-ONE"):
        reject(any_task(approval, one), by=one, comment="不", request_key="form-2")


def test_the_key_of_a_request_is_unique_in_the_database(world):
    approval, one, _two = two_steps(world)
    rows = [
        Decision(approval=approval, verb="approve", by=one, snapshot_hash="x", request_key="k")
        for _time in range(2)
    ]
    with pytest.raises(IntegrityError):
        Decision.objects.bulk_create(rows)


def test_twenty_submissions_make_one_approval(world):
    """F27: a lock on a row that is not there protects nothing; the partial unique index does."""
    deciders(world, "one")
    make_flow(a_step("first", "P-ONE"))
    case = make_paper(world)

    ended = at_once([lambda: submit(case, kind=KIND, by=world.north_clerk)] * 20)

    assert Counter(one.partition(":")[0] for one in ended) == {"running": 1, "Conflict": 19}
    assert (Approval.objects.count(), Task.objects.count()) == (1, 1)


def test_a_decision_and_a_withdrawal_follow_each_other(world):
    approval, one, _two = two_steps(world)
    task = task_of(approval, one)

    ended = at_once(
        [lambda: approve(task, by=one), lambda: withdraw(approval, by=world.north_clerk)]
    )

    assert fresh(approval).state == "withdrawn"
    assert ended[1] == "withdrawn"
    assert Decision.objects.filter(verb="approve").count() == (ended[0] == "running")


# --- killed ---------------------------------------------------------------------------------------


def run(task: Task, who, key: str, fault: str = "") -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "tests.approvals.decide", str(task.pk), str(who.pk), key],
        cwd=settings.BASE_DIR,
        env=environment() | {faults.VARIABLE: fault},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.fault
def test_killed_anywhere_it_is_decided_once_or_still_pending(world):
    """F6: at each point of the decision the process dies; the same form is sent again."""
    one, two = deciders(world, "one", "two")
    type(two).objects.filter(pk=two.pk).update(email="two@example.cn")
    make_flow(a_step("first", "P-ONE"), a_step("second", "P-TWO"))
    for place in ("after_lock", "after_write", "before_notify", "after_commit"):
        approval = hand_in(world)
        task = task_of(approval, one)
        before = mails()

        killed = run(task, one, place, f"approval.{place}:1:kill")

        decided = place == "after_commit"
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert open_names(approval) == (["P-TWO"] if decided else ["P-ONE"])
        assert approve(task, by=one, request_key=place).state == "running"  # the form again
        assert Decision.objects.filter(approval=approval, verb="approve").count() == 1
        assert open_names(approval) == ["P-TWO"]
        assert mails() - before == {"P-TWO": 1}  # told once
        told = Notice.objects.filter(user=two, url=approval.get_absolute_url())
        assert told.count() == 1
