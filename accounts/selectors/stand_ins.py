"""Who stands in for whom at a moment: for one person, for many, and whom one could name."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import Reach, RoleGrant, StandIn, User, UserState
from regions.models import OrgUnit

MOST = 200


class StandIns:
    """Everybody who is away at a moment and who stands in for him: one query for a whole run.

    Somebody whose deputy can no longer log in is away without a deputy.
    """

    def __init__(self, moment: datetime | None = None) -> None:
        rows = StandIn.objects.at(moment).values_list("person_id", "deputy_id", "deputy__state")
        self._deputies: dict[int, int | None] = {
            person: deputy if state == UserState.ACTIVE else None for person, deputy, state in rows
        }

    def is_away(self, person: int) -> bool:
        """Whether a person, by his key, is away."""
        return person in self._deputies

    def deputy_of(self, person: int) -> int | None:
        """Key of whoever stands in for a person; None when he is there or has nobody."""
        return self._deputies.get(person)

    def with_deputies(self, people: Iterable[int]) -> list[int]:
        """These people, each followed by his deputy; nobody twice."""
        found: list[int | None] = []
        for person in people:
            found += [person, self.deputy_of(person)]
        return [one for one in dict.fromkeys(found) if one is not None]


def stand_in_for(user: User, at: datetime | None = None) -> User | None:
    """Who stands in for a person at a moment, now unless said otherwise; None when he is there."""
    rows = StandIn.objects.at(at).filter(person=user, deputy__state=UserState.ACTIVE)
    row = rows.select_related("deputy").first()
    return row.deputy if row else None


def absent_for(user: Any, at: datetime | None = None) -> set[int]:
    """Keys of the people for whom somebody stands in."""
    return set(StandIn.objects.absent_for(user, at).values_list("person", flat=True))


def acts_for(user: Any, person: int | None, at: datetime | None = None) -> bool:
    """Whether somebody is a person, by his key, or stands in for him."""
    return person is not None and (person == user.pk or acts_for_any(user, [person], at))


def acts_for_any(user: Any, people: Collection[int], at: datetime | None = None) -> bool:
    """Whether somebody stands in for one of these people, by their keys."""
    return StandIn.objects.at(at).filter(deputy=user, person__in=people).exists()


def stand_ins_of(person: User, since: datetime) -> list[StandIn]:
    """Who stands in for a person, now and later, the nearest first."""
    rows = StandIn.objects.filter(person=person, ends_at__gt=since)
    return list(rows.select_related("person", "deputy", "given_by"))


def stands_in_for(person: User, since: datetime) -> list[StandIn]:
    """For whom a person stands in, now and later, the nearest first."""
    rows = StandIn.objects.filter(deputy=person, ends_at__gt=since)
    return list(rows.select_related("person", "deputy", "given_by"))


def may_stand_in(person: User, candidates: Collection[User]) -> set[int]:
    """Keys of those whose roles reach every unit in which a person holds a role today.

    Somebody without a role anywhere has no work to stand in for.
    """
    wanted = _units_of(person)
    if not wanted:
        return set()
    reached: dict[int, set[int]] = defaultdict(set)
    grants = RoleGrant.objects.now().filter(user__in=[one.pk for one in candidates])
    for grant in grants.select_related("role"):
        for unit in wanted:
            if _reaches(grant, unit):
                reached[grant.user_id].add(unit.pk)
    everywhere = {unit.pk for unit in wanted}
    return {one.pk for one in candidates if reached[one.pk] == everywhere}


def _units_of(person: User) -> list[OrgUnit]:
    held = RoleGrant.objects.now().filter(user=person)
    return list(OrgUnit.objects.filter(pk__in=held.values("unit")))


def _reaches(grant: RoleGrant, unit: OrgUnit) -> bool:
    if grant.role.reach == Reach.GROUP or grant.unit_id == unit.pk:
        return True
    return grant.role.reach != Reach.UNIT and grant.unit_id in unit.ancestor_ids()


def colleagues(person: User, reader: User) -> list[User]:
    """Whom a reader may name as stand-in of a person: active people he sees whose roles reach,
    those of the person's own unit first."""
    wanted = _units_of(person)
    reach = Q(role__reach=Reach.GROUP)
    for unit in wanted:
        reach |= Q(unit__in=unit.ancestor_ids())
    near = RoleGrant.objects.now().filter(reach).values("user")
    seen = User.objects.active().visible_to(reader).filter(pk__in=near).exclude(pk=person.pk)
    people = list(seen.order_by("name", "employee_no"))
    able = may_stand_in(person, people)
    found = [one for one in people if one.pk in able]
    return sorted(found, key=lambda one: one.unit_id != person.unit_id)[:MOST]
