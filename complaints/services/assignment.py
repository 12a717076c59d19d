"""Whose turn it is: people of the responsible function in a unit, the least loaded first."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Function, Post, User, UserState
from accounts.selectors.stand_ins import StandIns
from complaints.models import Case
from complaints.selectors.roster import on_duty
from complaints.services.telling import tell
from complaints.states import HANDLE, OPEN
from core.errors import Refused

COMPLAINTS = 3  # number of the core function 投诉管理及舆情对接 (ORG-08)


def responsible_function(case: Case) -> Function | None:
    """The function that the case's category names, its own or that of the nearest above."""
    category = case.category
    while category is not None:
        if category.function_id is not None:
            return category.function
        category = category.parent
    return None


def candidates(case: Case, on: date) -> list[User]:
    """People who may take a case, by whose turn it is.

    Those with the responsible function in the case's unit; where nobody holds it those with the
    complaint function, then who leads the project or heads the department, then who keeps
    customers there; then the same one unit higher. Each must hold a role with the right to handle;
    whoever is on duty in the unit goes first. Whoever is away is passed over; where all are away
    their stand-ins take the case.
    """
    function = responsible_function(case)
    wishes = [Q(function=function)] if function is not None else []
    wishes += [
        Q(function__number=COMPLAINTS),
        Q(function__is_project_lead=True) | Q(function__is_head=True),
        Q(function__keeps_customers=True),
    ]
    away = StandIns()
    duty = on_duty(timezone.now(), case.unit.ancestor_ids())
    for unit in reversed(case.unit.ancestor_ids()):
        posts = Post.objects.on(on).filter(unit=unit, user__state=UserState.ACTIVE)
        for wish in wishes:
            people = User.objects.filter(pk__in=posts.filter(wish).values("user"))
            able = [person for person in in_turn(people) if may_handle(person, case)]
            found = [person for person in _at_work(able, away) if may_handle(person, case)]
            if found:
                return sorted(found, key=lambda person: person.pk not in duty[unit])
    return []


def _at_work(people: list[User], away: StandIns) -> list[User]:
    """Those who are there, else the stand-ins of those who are not, in the same order."""
    there = [person for person in people if not away.is_away(person.pk)]
    if there:
        return there
    keys = [away.deputy_of(person.pk) for person in people]
    deputies = User.objects.active().in_bulk([key for key in keys if key is not None])
    return [deputies[key] for key in dict.fromkeys(keys) if key in deputies]


def in_turn(people: Any) -> list[User]:
    """The least loaded first; of equals the one whose last case is oldest."""
    load = Count("cases", filter=Q(cases__state__in=OPEN))
    ranked = people.annotate(load=load, last=Max("cases__assigned_at"))
    return sorted(ranked, key=lambda one: (one.load, one.last is not None, one.last, one.pk))


def may_handle(person: User, case: Case) -> bool:
    """Whether a person's role lets him work on a case of this unit."""
    scope = person.scope(HANDLE)
    columns = dict(
        zip(("region_id", "city_id", "project_id"), case.unit.scope_columns(), strict=True)
    )
    columns["unit_id"] = case.unit_id
    return any(
        branch.column is None or columns[branch.column] == branch.unit_id
        for branch in scope.branches | scope.own
    )


def refuse_handler(person: User, case: Case) -> None:
    """Raise Refused when somebody may not work on a case of this unit, or cannot log in."""
    if not person.is_active or not may_handle(person, case):
        raise Refused(
            _("{person} may not handle cases of {unit}.").format(
                person=person.name, unit=case.unit.name
            )
        )


def tell_handler(case: Case) -> None:
    """Tell the handler, if there is one, and his stand-in that the case is his."""
    key = f"case:{case.pk}:assigned:{case.version}"
    tell([case.handler_id], "complaints.assigned", case, key=key)


def next_handler(case: Case) -> User | None:
    """Whose turn it is, or None: then the case waits for somebody who assigns it."""
    found = candidates(case, timezone.localdate(case.created_at))
    return found[0] if found else None


def loads(people: Iterable[User]) -> dict[int, int]:
    """Open cases of each person."""
    keys = [person.pk for person in people]
    rows = (
        Case.objects.open()
        .filter(handler__in=keys)
        .values_list("handler")
        .annotate(count=Count("pk"))
    )
    return dict.fromkeys(keys, 0) | dict(rows)
