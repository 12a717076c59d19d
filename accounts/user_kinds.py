"""Kinds of users (ACC-09): the tier on which somebody works, and whether he leads the unit, its
department, or neither.

The kind is derived, never entered: it follows transfers and posts by itself. Which positions lead a
unit says the rule `accounts.leading_positions`.
"""

from collections.abc import Collection, Iterable
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Function, User
from core.values.text import words_of
from regions.models import Kind
from regions.policies import policy

LEADING: Final = "accounts.leading_positions"
LEADER, HEAD, EMPLOYEE = "leader", "head", "employee"
KINDS: Final[dict[tuple[str, str], str | Promise]] = {
    (Kind.GROUP, LEADER): _("Leader of the group"),
    (Kind.GROUP, HEAD): _("Head of a department of the group"),
    (Kind.GROUP, EMPLOYEE): _("Employee of the group"),
    (Kind.REGION, LEADER): _("Leader of a region"),
    (Kind.REGION, HEAD): _("Head of a department of a region"),
    (Kind.REGION, EMPLOYEE): _("Employee of a region"),
    (Kind.CITY, LEADER): _("Leader of a city company"),
    (Kind.CITY, HEAD): _("Head of a department of a city company"),
    (Kind.CITY, EMPLOYEE): _("Employee of a city company"),
    (Kind.PROJECT, LEADER): _("Leader of a project"),
    (Kind.PROJECT, EMPLOYEE): _("Employee of a project"),
}


def leading_positions() -> frozenset[str]:
    """The names of positions and functions that lead a unit."""
    return frozenset(words_of(policy(LEADING)))


def kind_of(
    person: User, functions: Iterable[Function], leading: Collection[str]
) -> str | Promise | None:
    """The kind of a user in words, by the functions of the posts that he holds today; None for
    somebody without a unit. A project has no departments: who heads anything there leads it."""
    if person.unit is None:
        return None
    held = list(functions)
    rank = EMPLOYEE
    if person.position in leading or any(one.name in leading for one in held):
        rank = LEADER
    elif any(one.is_head or one.is_project_lead for one in held):
        rank = LEADER if person.unit.kind == Kind.PROJECT else HEAD
    return KINDS[person.unit.kind, rank]
