"""Tasks as lists and pages show them, and to whom somebody may give one (ACT-01)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from accounts.scopes import narrow
from compliance.models import Assignment, AssignmentState
from compliance.months import month_end
from compliance.selectors.task_figures import due_between, late
from core.keyset import Key, Order
from core.menu_counts import COUNTED, count_beside
from core.scope import scope_of
from regions.models import OrgUnit

VIEW = "compliance.view_assignment"
ASSIGN = "compliance.assign_task"
MINE, GIVEN, TEAM = "mine", "given", "team"
OVERDUE = "overdue"
LATE = "late"  # open after its time, or done after it
NEWEST = Order("-created", "created_at", descending=True, kind="time")
SOONEST = Order("due", "sooner", kind="time")
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """A filtered list: the reader's own, those he gave, or those of people in his branches.
    `month` (its first day) asks for those due in it, `below` whether units below the unit count."""

    tab: str = MINE
    state: str = AssignmentState.OPEN
    unit: OrgUnit | None = None
    person: Any = None
    text: str = ""
    month: date | None = None
    below: bool = True

    @property
    def order(self) -> Order:
        """What is open of one person by its time, everything else the newest first."""
        return SOONEST if self.state in (AssignmentState.OPEN, OVERDUE) else NEWEST

    def parts(self, user: Any) -> list[QuerySet[Assignment]]:
        """Querysets whose union is the list."""
        if self.tab == TEAM:
            scope = scope_of(user, VIEW)
            if self.unit:
                scope = narrow(scope, self.unit, below=self.below)
            found = list(Assignment.objects.all().branches_of(scope, VIEW))
        elif self.tab == GIVEN:
            found = [Assignment.objects.filter(by=user).exclude(to=user)]
        else:
            found = [Assignment.objects.filter(to=user)]
        return [self.refine(part) for part in found]

    def refine(self, rows: Any) -> Any:
        """The conditions beside scope."""
        rows = rows.annotate(sooner=Coalesce("due_at", Value(NEVER)))
        if self.state == OVERDUE:
            rows = rows.filter(state=AssignmentState.OPEN, due_at__lt=timezone.now())
        elif self.state == LATE:
            rows = rows.filter(late())
        elif self.state:
            rows = rows.filter(state=self.state)
        if self.month:
            rows = due_between(rows, self.month, month_end(self.month))
        if self.person:
            rows = rows.filter(to=self.person)
        return rows.filter(title__icontains=self.text) if self.text else rows


def task_rows(keys: Iterable[Key]) -> list[Assignment]:
    """The tasks of these keys with all that a row shows, in one query."""
    wanted = [key.pk for key in keys]
    found = Assignment.objects.select_related("to", "by", "unit").in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def task_in_reach(user: Any, pk: int) -> Assignment | None:
    """One task that the reader may see, with what its page shows, or None."""
    rows = Assignment.objects.visible_to(user).select_related("to__unit", "by", "unit")
    return rows.filter(pk=pk).first()


def may_manage(user: Any, task: Assignment) -> bool:
    """Whether somebody may change, hand on, cancel or open a task again: who gave it, and who may
    give tasks in its unit."""
    if task.by_id == user.pk:
        return True
    return Assignment.objects.visible_to(user, ASSIGN).filter(pk=task.pk).exists()


def may_finish(user: Any, task: Assignment) -> bool:
    """Whoever has it, and whoever manages it."""
    return task.to_id == user.pk or may_manage(user, task)


def people_for(user: Any) -> QuerySet[User]:
    """Whom somebody may give a task: himself, and people of the branches in which he may give
    tasks; group management anybody, heads of a section their own people (ACT-01)."""
    reached = User.objects.visible_to(user, ASSIGN).values("pk")
    return User.objects.active().filter(Q(pk=user.pk) | Q(pk__in=reached), unit__isnull=False)


def successors(user: Any) -> QuerySet[User]:
    """To whom somebody may hand a task on: those he may give one, and colleagues of his unit."""
    reached = User.objects.visible_to(user, ASSIGN).values("pk")
    return User.objects.active().filter(
        Q(pk__in=reached) | Q(unit=user.unit_id), unit__isnull=False
    )


def subjects_of(user: Any, task: Any) -> dict[str, Any]:
    """Customer and case of a task, each only if the reader may see it."""
    from complaints.models import Case
    from customers.models import Customer

    return {
        "customer": Customer.objects.visible_to(user).filter(pk=task.customer_id).first(),
        "case": Case.objects.visible_to(user).filter(pk=task.case_id).first(),
    }


def open_count(user: Any) -> int:
    """How many tasks wait for the reader, up to COUNTED."""
    return int(Assignment.objects.open().filter(to=user).order_by()[:COUNTED].count())


def overdue_in(units: Any) -> QuerySet[Assignment]:
    """Open tasks after their time in a queryset's units, the oldest first."""
    rows = Assignment.objects.open().filter(unit__in=units, due_at__lt=timezone.now())
    return rows.select_related("to", "unit").order_by(F("due_at"), "pk")


count_beside("compliance:tasks", open_count)
