"""Boring makers of rows, keyword-only, and the small world most tests play in."""

import itertools
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone

from accounts.models import Function, Post, Role, RoleGrant, User
from regions.models import Kind, OrgUnit, UnitParent

PASSWORD = "Correct-Horse-7-Battery"
_numbers = itertools.count(1)


def make_unit(*, kind: str, code: str, name: str, parent: OrgUnit | None = None, **more: Any) -> OrgUnit:
    unit = OrgUnit(kind=kind, code=code, name=name, parent=parent, **more)
    unit.save()
    UnitParent.objects.create(unit=unit, parent=parent, valid_from=date(2020, 1, 1))
    return unit


def make_user(
    *, unit: OrgUnit, role: str | None = "staff", no: str = "", name: str = "", **more: Any
) -> User:
    """A person; with a role he holds it in his unit."""
    no = no or f"T{next(_numbers):05d}"
    user = User.objects.create_user(no, PASSWORD, name=name or f"员工{no}", unit=unit, **more)
    User.objects.filter(pk=user.pk).update(password_changed_at=timezone.now())
    if role:
        give(user, role, unit)
    return user


def give(user: User, role: str, unit: OrgUnit, **dates: Any) -> RoleGrant:
    return RoleGrant.objects.create(
        user=user, unit=unit, role=Role.objects.get(code=role), **dates
    )


def make_post(*, user: User, unit: OrgUnit, function: str, **more: Any) -> Post:
    return Post.objects.create(
        user=user, unit=unit, function=Function.objects.get_or_create(name=function)[0], **more
    )


@dataclass
class World:
    """group → north (n1 → n1a, n1b) and south (s1 → s1a); people named role_branch."""

    units: dict[str, OrgUnit] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        for table in (self.__dict__["units"], self.__dict__["people"]):
            if name in table:
                return table[name]
        raise AttributeError(name)




def make_world() -> World:
    """Two sibling branches with a project each (the north has two) and people of every role."""
    world = World()
    units = world.units
    units["group"] = make_unit(kind=Kind.GROUP, code="G", name="测试集团")
    for side, word in (("north", "北方"), ("south", "南方")):
        letter = side[0]
        region = make_unit(
            kind=Kind.REGION,
            code=letter.upper(),
            name=f"{word}区域",
            parent=units["group"],
            department_name="客户关系中心",
            department_level="first",
        )
        city = make_unit(
            kind=Kind.CITY,
            code=f"{letter.upper()}1",
            name=f"{word}公司",
            parent=region,
            department_name="客户关系部",
        )
        units[side], units[f"{letter}1"] = region, city
        for tail, suffix in (("a", "花园"), ("b", "名邸")):
            units[f"{letter}1{tail}"] = make_unit(
                kind=Kind.PROJECT,
                code=f"{letter.upper()}1{tail.upper()}",
                name=f"{word}{suffix}",
                parent=city,
                department_name="客户关系部",
            )
        _people(world, side, letter)
    group = units["group"]
    for name, role in (
        ("boss", "group-management"),
        ("reader", "group-function"),
        ("admin", "system-administrator"),
    ):
        world.people[name] = make_user(unit=group, role=role, no=f"G-{name}".upper())
    return world


def _people(world: World, side: str, letter: str) -> None:
    project, region = world.units[f"{letter}1a"], world.units[side]
    clerk = make_user(unit=project, role="staff", no=f"{letter}-CLERK".upper())
    make_post(user=clerk, unit=project, function="客户专员")
    world.people[f"{side}_clerk"] = clerk
    world.people[f"{side}_head"] = make_user(
        unit=region, role="section-head", no=f"{letter}-HEAD".upper()
    )
    world.people[f"{side}_keeper"] = make_user(
        unit=region, role="section-administrator", no=f"{letter}-KEEPER".upper()
    )
