"""Open tasks as work that people hold: registered for the hand-over of accounts (ACC-16)."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import handover
from accounts.models import User
from compliance.models import Assignment


def open_tasks() -> QuerySet[Assignment]:
    """Tasks that are still to be done."""
    return Assignment.objects.open()


def takers(people: Collection[User], units: Collection[int], by: Any = None) -> dict[int, set[int]]:
    """Whoever can log in can do a task: it needs no right."""
    return {person.pk: set(units) if person.is_active else set() for person in people}


handover.register(
    handover.Work(
        key="compliance.task",
        title=_("Tasks"),
        rows=open_tasks,
        holder="to",
        takers=takers,
        right="accounts.hand_over_work",
        list_url="/tasks/",
    )
)
