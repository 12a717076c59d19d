"""What a person has to do with approvals: to decide, decided, asked for, read for knowledge.

Each part comes ordered by nothing: lists page by key (core.keyset) with the orders below, each of
which an index serves.
"""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from approvals.absences import persons_of
from approvals.models import Approval, Copy, Decision, Task, TaskState
from core.keyset import Order
from core.menu_counts import COUNTED, count_beside

WAITING = Order("opened", "opened_at", kind="time")
DONE = Order("closed", "at", descending=True, kind="time")
STARTED = Order("started", "started_at", descending=True, kind="time")
COPIED = Order("copied", "given_at", descending=True, kind="time")

LOADED = ("step__approval__applicant", "step__approval__unit", "step__approval__flow_version__flow")


def waiting(user: Any) -> QuerySet[Task]:
    """What a person may decide now, also for those for whom he acts."""
    people = persons_of(user.pk) | {user.pk}
    tasks = Task.objects.filter(person__in=people, state=TaskState.OPEN)
    # What he asked for himself he does not decide for somebody else either.
    own = tasks.exclude(person=user).filter(step__approval__applicant=user)
    if len(people) > 1:
        tasks = tasks.exclude(pk__in=own.values("pk"))
    return tasks.select_related("person", *LOADED)


def done(user: Any) -> QuerySet[Decision]:
    """The newest act of a person on each approval of others."""
    mine = Decision.objects.filter(by=user).exclude(approval__applicant=user)
    later = Decision.objects.filter(by=user, approval=OuterRef("approval"), pk__gt=OuterRef("pk"))
    return mine.filter(~Exists(later)).select_related(
        "approval__applicant", "approval__unit", "approval__flow_version__flow"
    )


def started(user: Any) -> QuerySet[Approval]:
    """What a person asked for."""
    rows = Approval.objects.filter(applicant=user)
    return rows.select_related("unit", "flow_version__flow")


def copied(user: Any) -> QuerySet[Copy]:
    """What a person may read for knowledge."""
    rows = Copy.objects.filter(person=user)
    return rows.select_related("approval__applicant", "approval__unit")


def waiting_count(user: Any) -> int:
    """How many papers wait for a person's decision, up to COUNTED."""
    rows = waiting(user).select_related(None).order_by().values_list("pk", flat=True)
    return len(rows[:COUNTED])


count_beside("approvals:inbox", waiting_count)
