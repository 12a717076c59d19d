"""Money as work that people hold: registered for the hand-over of accounts (ACC-16).

Drafts and what is still to be paid, proved or settled go to the new applicant; papers in approval
are decided first. Key dates go to whoever reminds from now on.
"""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import handover
from accounts.models import User
from accounts.scopes import compute_scope
from expenses.models import Application, KeyDate
from expenses.states import State
from regions.models import OrgUnit

TO_DO = sorted({State.DRAFT, State.SENT_BACK, State.APPROVED, State.PAID})


def open_applications() -> QuerySet[Application]:
    """Papers on which the applicant still has something to do; former ones left out."""
    return Application.objects.filter(state__in=TO_DO, import_run=None)


def key_dates() -> QuerySet[KeyDate]:
    """Key dates of which somebody is told."""
    return KeyDate.objects.filter(is_active=True)


def _takers(right: str) -> Any:
    def takers(
        people: Collection[User], units: Collection[int], by: Any = None
    ) -> dict[int, set[int]]:
        """In which of these units each person holds the right: person's key → keys of units."""
        places = list(OrgUnit.objects.filter(pk__in=units))
        return {person.pk: _reached(person, right, places) for person in people}

    return takers


def _reached(person: User, right: str, places: list[OrgUnit]) -> set[int]:
    scope = compute_scope(person, right)
    branches = scope.branches | scope.own
    found = set()
    for unit in places:
        columns = dict(
            zip(("region_id", "city_id", "project_id"), unit.scope_columns(), strict=True)
        )
        columns["unit_id"] = unit.pk
        if any(one.column is None or columns[one.column] == one.unit_id for one in branches):
            found.add(unit.pk)
    return found


handover.register(
    handover.Work(
        key="expenses.application",
        title=_("Expense applications"),
        rows=open_applications,
        holder="applicant",
        takers=_takers("expenses.add_application"),
        right="expenses.review_application",
        list_url="/expenses/applications/",
    )
)
handover.register(
    handover.Work(
        key="expenses.key_date",
        title=_("Key dates"),
        rows=key_dates,
        holder="owner",
        takers=_takers("expenses.change_keydate"),
        right="expenses.review_application",
        list_url="/expenses/key-dates/",
    )
)
