"""A process dies while it reserves, approves or pays: everything happened or nothing."""

import subprocess
import sys
from decimal import Decimal

import pytest
from django.conf import settings

from approvals.services import approve
from expenses.models import Application, LedgerEntry
from expenses.selectors.invariants import differences
from expenses.services import applications, payments
from tests.expenses.papers import cast_of, columns, give_budget, steps_taken, tasks, write
from tests.worker import environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]

SUBMIT = """
from expenses.models import Application
from expenses.services.applications import submit
paper = Application.objects.get()
submit(paper, by=paper.applicant)
"""
APPROVE = """
from approvals.models import Task
from approvals.services import approve
task = Task.objects.get(state="open")
approve(task, by=task.person)
"""
PAY = """
from decimal import Decimal
from expenses.models import Application
from expenses.services.payments import pay
pay(Application.objects.get(), amount=Decimal("100.00"), by=None)
"""


def die(script: str, point: str) -> None:
    """Run a script in a process that is killed at a point."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", script],
        cwd=settings.BASE_DIR,
        env=environment() | {"CRM_FAULTS": f"{point}:1:kill"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == -9, done.stdout + done.stderr


def test_a_killed_process_leaves_everything_or_nothing(world):
    cast = cast_of(world)
    budget = give_budget(world)
    paper = write(world, "100.00")

    die(SUBMIT, "expenses.submitted")
    assert (Application.objects.get().state, columns(budget)[2]) == ("draft", "0.00")

    applications.submit(paper, by=world.north_clerk)
    while tasks(paper)[0].step.key != "finance":
        task = tasks(paper)[0]
        approve(task, by=task.person)
    die(APPROVE, "expenses.approved")
    assert (Application.objects.get().state, LedgerEntry.objects.count()) == ("in_approval", 0)

    assert steps_taken(paper) == ["finance"]
    die(PAY, "expenses.paid")
    assert Application.objects.get().paid_amount == 0

    payments.pay(paper, amount=Decimal("100.00"), by=cast.finance)
    assert columns(budget)[3:5] == ("0.00", "100.00")
    assert differences() == []
