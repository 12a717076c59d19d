"""Roles held in sections (ACC-06): one grant for each span in which a unit is in the section."""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Reach, Role, SectionGrant, User, UserState
from accounts.services.following import follow_sections, hold_sections
from accounts.services.people import check_may_give, keeping_an_administrator, reaches
from audit.services import record
from core.errors import Refused, Stale
from regions.models import OrgUnit, Section, SectionUnit


@transaction.atomic
def give_section_role(
    user: User,
    *,
    role: Role,
    section: Section,
    by: User | None,
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> SectionGrant:
    """Let a person hold a role in a section. Raises Refused like `give_role` for each of its
    units, and for a section that has none yet."""
    hold_sections()
    person = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if person.state != UserState.ACTIVE:
        raise Refused(_("{name} is not active.").format(name=person.name))
    units = _units(section)
    if not units:
        raise Refused(_("This section has no units yet. Add some first."))
    if role.reach == Reach.GROUP:
        raise Refused(_("A role that reaches the whole group cannot be held in a section."))
    for unit in units:
        check_may_give(by, to=person, role=role, unit=unit)
    running = SectionGrant.objects.filter(user=person, role=role, section=section)
    if running.exclude(valid_until__lte=timezone.localdate()).exists():
        raise Refused(_("{name} holds this role in the section already.").format(name=person.name))
    grant = SectionGrant(
        user=person,
        role=role,
        section=section,
        given_by=by,
        valid_from=valid_from or timezone.localdate(),
        valid_until=valid_until,
    )
    grant.full_clean()
    grant.save()
    follow_sections()
    _record("section.role_given", grant, by)
    return grant


@transaction.atomic
def end_section_role(grant: SectionGrant, *, by: User | None) -> SectionGrant:
    """End a role in a section today, as `end_grant` does in each of its units.

    Raises Refused for who does not administer grants in all of them, and for the last role that
    opens the administration.
    """
    hold_sections()
    held = SectionGrant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    today = timezone.localdate()
    if held.valid_until is not None and held.valid_until <= today:
        raise Stale(_("This grant has ended already."))
    if by is not None and not _administers(by, held):
        raise Refused(_("This grant reaches further than you may administer."))
    held.valid_until = max(today, held.valid_from) if held.valid_from else today
    with keeping_an_administrator():
        held.save(update_fields=["valid_until"])
        follow_sections()
    _record("section.role_ended", held, by)
    return held


def _units(section: Section) -> list[OrgUnit]:
    """The units of a section now and those that are to join it."""
    members = SectionUnit.objects.filter(section=section)
    members = members.exclude(valid_until__lte=timezone.localdate())
    return [member.unit for member in members.select_related("unit")]


def _administers(by: User, grant: SectionGrant) -> bool:
    """Whether a person may change grants wherever one in a section reaches; one in a section
    without units is left to who administers the whole group."""
    scope = by.scope("accounts.change_rolegrant")
    units = _units(grant.section)
    if not units:
        return scope.everything
    return all(reaches(scope, unit, Reach(grant.role.reach)) for unit in units)


def _record(action: str, grant: SectionGrant, by: User | None) -> None:
    record(
        action,
        by=by,
        subject=grant.user,
        employee_no=grant.user.employee_no,
        role=grant.role.name,
        section=grant.section.name,
    )
