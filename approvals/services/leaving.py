"""What becomes of papers on the desk of somebody who leaves or hands his work over (ACC-16)."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import handover
from accounts.models import User
from approvals.models import Origin, Task, TaskState
from approvals.services.timing import reroute_left

TASKS = "approvals.task"


def to_hand_over() -> QuerySet[Task]:
    """What somebody is to decide now. A turn that has not come, or a wait for others, stays: it is
    given to others by the rule of the flow once the person has left."""
    return Task.objects.filter(state=TaskState.OPEN).exclude(origin=Origin.DELEGATION)


def task_takers(
    people: Collection[User], units: Collection[int], by: Any = None
) -> dict[int, set[int]]:
    """In which of these units each person may take approvals: person's key → keys of units.

    Nobody gets his own paper, nor a second vote in a step in which he decides already; so a unit
    in which somebody has either just now is left out for him.
    """
    keys = [person.pk for person in people]
    barred: dict[int, set[int]] = defaultdict(set)
    waiting = Task.objects.unfinished().filter(unit__in=units)
    own = waiting.filter(step__approval__applicant__in=keys)
    for person, unit in own.values_list("step__approval__applicant", "unit"):
        barred[person].add(unit)
    here = Task.objects.filter(unit__in=units, step__state="open", person__in=keys).exclude(
        state=TaskState.CANCELLED
    )
    for person, unit in here.values_list("person", "unit"):
        barred[person].add(unit)
    return {
        person.pk: set(units) - barred[person.pk] if person.is_active else set()
        for person in people
    }


handover.register(
    handover.Work(
        key=TASKS,
        title=_("Approvals to decide"),
        rows=to_hand_over,
        holder="person",
        takers=task_takers,
        right="accounts.hand_over_work",
        list_url="/approvals/inbox/",
    )
)


@handover.when_left
def reroute(person: User, by: Any) -> None:
    """Whatever somebody who leaves was to decide goes to others by the rules of its flows."""
    reroute_left(timezone.now(), person, by)
