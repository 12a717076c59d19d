"""Small random worlds, and who sees what in them by the plain definition.

Nothing here is quick or clever: grants are read one by one, rows are looked at one by one.
"""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Reach, Role, RoleGrant, User
from customers.models import Customer, CustomerUnit
from customers.selectors.lists import ListQuery
from regions.models import OrgUnit
from tests.factories import (
    give,
    make_activity,
    make_customer,
    make_ownership,
    make_place,
    make_property,
    make_share,
    make_unit,
    make_user,
)

ROLES = ("staff", "desk", "section-head")


def fresh(user: User) -> User:
    """The user as the next request reads him."""
    return User.objects.get(pk=user.pk)


def make_desk() -> Role:
    """A role of reach "this unit only" with the rights of a head."""
    role = Role.objects.create(code="desk", name="前台", reach=Reach.UNIT)
    role.permissions.set(Role.objects.get(code="section-head").permissions.all())
    return role


@dataclass
class Small:
    """Units, people with random grants, customers with random places, all of one seed."""

    units: list[OrgUnit]
    people: list[User]
    rng: random.Random


def tree(group: OrgUnit, rng: random.Random) -> list[OrgUnit]:
    """Two regions of two cities of one or two projects."""
    units = [group]
    for region_code in "XY":
        region = make_unit(kind="region", code=region_code, name=region_code, parent=group)
        units.append(region)
        for city_code in (f"{region_code}1", f"{region_code}2"):
            city = make_unit(kind="city", code=city_code, name=city_code, parent=region)
            units.append(city)
            for letter in "ab"[: rng.randint(1, 2)]:
                code = f"{city_code}{letter}"
                units.append(make_unit(kind="project", code=code, name=code, parent=city))
    return units


def small_world(seed: int) -> Small:
    """Twelve customers in one to three places each, four people with up to three grants each."""
    rng = random.Random(seed)
    make_desk()
    units = tree(make_unit(kind="group", code="G", name="集团"), rng)
    people = [make_user(unit=rng.choice(units), role=None) for _ in range(4)]
    for user in people:
        some = rng.sample(units, 2)  # so few that roles meet in one unit
        for role, unit in sorted({(rng.choice(ROLES), rng.randrange(2)) for _ in range(4)}):
            give(user, role, some[unit])
    for number in range(12):
        _customer(number, units, people, rng)
    for _ in range(4):
        to, by = rng.sample(people, 2)
        until = timezone.localdate() + rng.choice([-1, 0, 9]) * timedelta(days=1)
        make_share(customer=rng.choice(Customer.objects.all()), to=to, by=by, until=until)
    return Small(units, people, rng)


def _customer(number: int, units: list[OrgUnit], people: list[User], rng: random.Random) -> None:
    homes = rng.sample(units, rng.randint(1, 3))
    name = rng.choice("李单仇王") + rng.choice("平安岚") + str(number)
    keepers = [*people, None, None]
    customer = make_customer(
        unit=homes[0], keeper=rng.choice(keepers), by=rng.choice(keepers), name=name,
        level=rng.choice(["A", "B", ""]),
    )  # fmt: skip
    for unit in homes[1:]:
        make_place(customer=customer, unit=unit, keeper=rng.choice(keepers))
    for unit in homes:
        at = timezone.now() - timedelta(hours=rng.randint(0, 5))  # ties happen
        CustomerUnit.objects.filter(customer=customer, unit=unit).update(last_contact_at=at)
        make_activity(customer=customer, unit=unit, by=rng.choice(people))
        if unit.kind == "project":
            make_ownership(customer=customer, flat=make_property(unit=unit))


def reached(user: User, unit: OrgUnit) -> set[str]:
    """The plain definition: "all" or "own" of a unit's rows, from the grants, by the tree."""
    found = set()
    for grant in RoleGrant.objects.filter(user=user).select_related("role", "unit"):
        reach = grant.role.reach
        inside = grant.unit_id in unit.ancestor_ids()
        if reach == Reach.UNIT and grant.unit_id == unit.pk:
            found.add("all")
        if reach == Reach.SUBTREE and inside:
            found.add("all")
        if reach == Reach.OWN and inside:
            found.add("own")
    return found


def sees_place(user: User, place: CustomerUnit) -> bool:
    how = reached(user, place.unit)
    return "all" in how or ("own" in how and user.pk in (place.keeper_id, place.entered_by_id))


def sees_share(user: User, customer: Customer) -> bool:
    return any(
        share.user_id == user.pk and (share.until is None or share.until >= timezone.localdate())
        for share in customer.shares.all()
    )


def places_plainly(user: User) -> list[CustomerUnit]:
    places = CustomerUnit.objects.select_related("unit", "customer").order_by("pk")
    return [place for place in places if sees_place(user, place)]


def list_plainly(user: User, query: ListQuery) -> list[int]:
    """The keys of the places in the list: for each customer in reach the first place in order."""
    order = query.order

    def key(place: CustomerUnit) -> tuple[Any, int]:
        return getattr(place, order.column), place.pk

    def first(places: list[CustomerUnit]) -> CustomerUnit:
        return max(places, key=key) if order.descending else min(places, key=key)

    matching = set(query.refine(CustomerUnit.objects.all()).values_list("pk", flat=True))
    if query.unit is not None:
        ids = [unit.pk for unit in OrgUnit.objects.all()
               if unit.pk == query.unit.pk
               or (query.below and query.unit.pk in unit.ancestor_ids())]  # fmt: skip
    places: dict[int, list[CustomerUnit]] = {}
    shared: dict[int, list[CustomerUnit]] = {}
    for place in CustomerUnit.objects.select_related("unit", "customer"):
        if place.pk not in matching or (query.unit is not None and place.unit_id not in ids):
            continue
        if sees_place(user, place):
            places.setdefault(place.customer_id, []).append(place)
        elif query.unit is None and sees_share(user, place.customer):
            shared.setdefault(place.customer_id, []).append(place)
    for customer, theirs in shared.items():
        places.setdefault(customer, theirs)
    chosen = [first(theirs) for theirs in places.values()]
    return [place.pk for place in sorted(chosen, key=key, reverse=order.descending)]
