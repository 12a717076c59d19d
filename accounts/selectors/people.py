"""Queries about people made for pages and commands."""

from dataclasses import dataclass

from django.contrib.auth.models import Permission
from django.db.models import Prefetch, Q, QuerySet

from accounts.models import Post, RoleGrant, User
from core.keyset import Order, Page
from core.paging import page_of_rows
from regions.models import OrgUnit

BY_NUMBER = Order("number", "employee_no")
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class PeopleQuery:
    """What the list of people shows: a part of the name or number, a branch, a state."""

    text: str = ""
    unit: OrgUnit | None = None
    state: str = ""
    after: str = ""
    before: str = ""


def people_page(reader: User, query: PeopleQuery, *, size: int = PAGE_SIZE) -> Page:
    """One page of the people a reader may see, by employee number. Four queries at most."""
    people = _narrowed(User.objects.visible_to(reader), query)
    posts = Post.objects.now().select_related("function")
    people = people.select_related("unit").prefetch_related(Prefetch("posts", posts, "held_posts"))
    return page_of_rows(people, BY_NUMBER, after=query.after, before=query.before, size=size)


def _narrowed(people: QuerySet[User], query: PeopleQuery) -> QuerySet[User]:
    if query.text:
        people = people.filter(
            Q(name__icontains=query.text) | Q(employee_no__istartswith=query.text)
        )
    if query.unit is not None:
        people = people.filter(unit__path__startswith=query.unit.path)
    return people.filter(state=query.state) if query.state else people


def grants_shown(user: User) -> list[RoleGrant]:
    """Every grant of a person, those in force first, with role and unit."""
    grants = RoleGrant.objects.filter(user=user).select_related("role", "unit", "given_by")
    return sorted(grants, key=lambda grant: (not grant.is_in_force(), grant.pk))


def posts_shown(user: User) -> list[Post]:
    """Every post of a person, those held today first, with function and unit."""
    posts = Post.objects.filter(user=user).select_related("function", "unit")
    return sorted(posts, key=lambda post: (not post.is_in_force(), post.pk))


def holding(right: str) -> QuerySet[User]:
    """Active people with a role in force that has a right ("app.codename"), wherever it reaches."""
    app, _dot, codename = right.partition(".")
    rights = Permission.objects.filter(content_type__app_label=app, codename=codename)
    grants = RoleGrant.objects.now().filter(role__permissions__in=rights)
    return User.objects.active().filter(pk__in=grants.values("user"))


def administrators() -> QuerySet[User]:
    """Those who may open the administration."""
    return holding("accounts.use_admin")
