"""Who is sent a report, on the day of sending and as the form of a schedule tells beforehand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Role, RoleGrant, User
from core.display import listed
from regions.calendars import is_working_day
from regions.models import OrgUnit
from reports.builder.rhythm import dues
from reports.models import ReportSchedule
from reports.models.saved import VIEW

SHOWN: Final = 20
NEXT: Final = 3


def people_of(
    owner: Any, people: Iterable[int], roles: Sequence[tuple[Role | int, OrgUnit]]
) -> QuerySet[User]:
    """Active people whom the owner may name: those named by key, and who holds a role today in a
    unit or below it."""
    found = set(people)
    for role, unit in roles:
        units = OrgUnit.objects.below(unit.home())
        grants = RoleGrant.objects.now().filter(role=role, unit__in=units)
        found |= set(grants.values_list("user", flat=True))
    return User.objects.active().visible_to(owner).filter(pk__in=found)


@dataclass(slots=True)
class Outlook:
    """What a schedule would do: when it is due next, to how many it goes, the first of them by
    name, who of them may not see the report, and who has no address for mails."""

    dues: list[datetime] = field(default_factory=list)
    total: int = 0
    people: list[User] = field(default_factory=list)
    unable: list[User] = field(default_factory=list)
    unreached: list[User] = field(default_factory=list)

    @property
    def said(self) -> str:
        """The receivers that are named, each with his unit."""
        return listed(f"{one.name} {one.unit.name if one.unit else ''}" for one in self.people)

    @property
    def unable_said(self) -> str:
        return listed(one.name for one in self.unable)

    @property
    def unreached_said(self) -> str:
        return listed(one.name for one in self.unreached)

    @property
    def more(self) -> int:
        return self.total - len(self.people)


def outlook(
    schedule: ReportSchedule, people: Iterable[User], role: Role | None, unit: OrgUnit | None,
    right: str,
) -> Outlook:  # fmt: skip
    """The outlook of a schedule that is being filled in, about what asks for a right."""
    working = partial(is_working_day, unit=schedule.owner.unit_id)
    found = Outlook(list(islice(dues(schedule, timezone.now(), working), NEXT)))
    roles = [(role, unit)] if role and unit else []
    rows = people_of(schedule.owner, [one.pk for one in people], roles)
    everybody = list(rows.select_related("unit").order_by("unit__path", "name", "pk"))
    able = _with_right(everybody, VIEW) & _with_right(everybody, right)
    found.total, found.people = len(everybody), everybody[:SHOWN]
    found.unable = [one for one in everybody if one.pk not in able and not one.is_superuser]
    found.unreached = [one for one in everybody if not one.email]
    return found


def _with_right(people: Sequence[User], right: str) -> set[int]:
    """Who of these people holds a right anywhere today."""
    app, _dot, codename = right.partition(".")
    grants = RoleGrant.objects.now().filter(
        user__in=people,
        role__permissions__codename=codename,
        role__permissions__content_type__app_label=app,
    )
    return set(grants.values_list("user", flat=True))
