"""People, posts and roles in changes of the organisation."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Post, Role, RoleGrant, User, UserState
from accounts.staffing import breaches
from regions.takes_part import (
    AFTERWARDS,
    HOLDINGS,
    WARNINGS,
    Holding,
    Participant,
    Warning_,
    takes_part,
)

RUNNING = "(t.valid_until IS NULL OR t.valid_until > %s)"


@takes_part(User)
class People(Participant):
    """Everybody who works in the unit goes along; who has left stays in its history."""

    title = _("people")
    light = True

    def current(self, units: Iterable[int]) -> int:
        """People who have not left."""
        return User.objects.filter(unit__in=list(units)).exclude(state=UserState.LEFT).count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """Give them the other unit."""
        where = "t.unit_id = %s AND t.state <> %s"
        args = [source, UserState.LEFT]
        journal.rewrite("accounts_user", {"unit_id": "%s::int"}, [target], where=where, args=args)


class Dated(Participant):
    """Rows with a span: those that have ended stay where they were; a second one of the same kind
    in the other unit ends instead of being moved."""

    light = True
    same: str
    extra = ""

    def current(self, units: Iterable[int]) -> int:
        """Rows that have not ended."""
        today = timezone.localdate()
        ends = Q(valid_until__isnull=True) | Q(valid_until__gt=today)
        return self.model._base_manager.filter(ends, unit__in=list(units)).count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """End what the other unit has too, and move the rest."""
        table = self.model._meta.db_table
        twin = f"""t.valid_until IS NULL AND EXISTS (SELECT 1 FROM {table} o WHERE o.unit_id = %s
            AND o.valid_until IS NULL AND o.user_id = t.user_id AND o.{self.same} = t.{self.same}
            {self.extra.replace("t.", "o.")})"""  # noqa: S608  no user text
        journal.rewrite(
            table,
            {"valid_until": "GREATEST(%s::date, t.valid_from)"},
            [day],
            where=f"t.unit_id = %s {self.extra} AND {twin}",
            args=[source, target],
        )
        journal.rewrite(
            table,
            {"unit_id": "%s::int"},
            [target],
            where=f"t.unit_id = %s {self.extra} AND {RUNNING}",
            args=[source, day],
        )


@takes_part(Post)
class Posts(Dated):
    title = _("posts")
    same = "function_id"


@takes_part(RoleGrant)
class Grants(Dated):
    """Roles given by hand or file; those held in a section follow the section's units."""

    title = _("roles granted")
    same = "role_id"
    extra = "AND t.section_grant_id IS NULL"


def roles_held() -> list[Holding]:
    """All roles in force today of people who may log in."""
    rights: dict[int, frozenset[str]] = {
        role.pk: frozenset(
            f"{right.content_type.app_label}.{right.codename}" for right in role.permissions.all()
        )
        for role in Role.objects.prefetch_related("permissions__content_type")
    }
    grants = RoleGrant.objects.now().filter(user__state=UserState.ACTIVE)
    return [
        Holding(
            grant.user_id,
            grant.user.employee_no,
            grant.user.name,
            grant.unit_id,
            grant.role.reach,
            rights[grant.role_id],
        )
        for grant in grants.select_related("user", "role")
    ]


def unstaffed(day: date, units: set[int]) -> list[Warning_]:
    """What the units break of the rules on departments and staff (ORG-02…ORG-10)."""
    return [
        Warning_(breach.rule, breach.unit.pk, str(breach.message))
        for breach in breaches(max(day, timezone.localdate()))
        if breach.unit.pk in units
    ]


def sections_follow() -> None:
    """Roles held in sections reach the units that their sections have now."""
    from accounts.services.sections import follow_sections

    follow_sections()


HOLDINGS.append(roles_held)
WARNINGS.append(unstaffed)
AFTERWARDS.append(sections_follow)
