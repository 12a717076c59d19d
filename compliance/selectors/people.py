"""Whom a unit may name as leader: people in reach, and those with a post in the units above."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Post, User
from core.scope import scope_of
from regions.models import OrgUnit


def units_above(user: Any, right: str) -> set[int]:
    """The units above the branches a reader reaches with a right."""
    scope = scope_of(user, right)
    keys = [one.unit_id for one in scope.branches | scope.own if one.unit_id is not None]
    above: set[int] = set()
    for unit in OrgUnit.objects.filter(pk__in=keys):
        above |= set(unit.ancestor_ids()[:-1])
    return above


def leaders_for(user: Any, right: str) -> QuerySet[User]:
    """Active people in reach of a right, and those with a post in a unit above, as leaders."""
    if scope_of(user, right).everything:
        return User.objects.active()
    posts = Post.objects.now().filter(user=OuterRef("pk"), unit__in=units_above(user, right))
    reached = User.objects.visible_to(user, right).values("pk")
    return User.objects.active().filter(Q(pk__in=reached) | Q(Exists(posts)))
