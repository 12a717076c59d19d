"""Roles held in sections (ACC-06): one grant for each span in which a unit is in the section."""

from datetime import date

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Role, SectionGrant, User
from audit.services import record
from core.errors import Refused, Stale
from regions.models import Section, SectionUnit

# A role in a section reaches a unit while both hold: the grant and the membership.
FOLLOW = """
WITH wanted AS (
    SELECT g.id AS section_grant_id, g.user_id, g.role_id, g.given_by_id, m.unit_id,
           GREATEST(g.valid_from, m.valid_from) AS valid_from,
           LEAST(g.valid_until, m.valid_until) AS valid_until
    FROM accounts_sectiongrant g JOIN regions_sectionunit m USING (section_id)
    WHERE GREATEST(g.valid_from, m.valid_from)
          < COALESCE(LEAST(g.valid_until, m.valid_until), 'infinity'::date)
), gone AS (
    DELETE FROM accounts_rolegrant r WHERE r.section_grant_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM wanted w WHERE w.section_grant_id = r.section_grant_id
        AND w.unit_id = r.unit_id AND w.valid_from = r.valid_from
        AND w.valid_until IS NOT DISTINCT FROM r.valid_until)
)
INSERT INTO accounts_rolegrant
    (user_id, unit_id, role_id, valid_from, valid_until, from_file, given_by_id, given_at,
     section_grant_id)
SELECT w.user_id, w.unit_id, w.role_id, w.valid_from, w.valid_until, FALSE, w.given_by_id, now(),
       w.section_grant_id
FROM wanted w WHERE NOT EXISTS (
    SELECT 1 FROM accounts_rolegrant r WHERE r.section_grant_id = w.section_grant_id
    AND r.unit_id = w.unit_id AND r.valid_from = w.valid_from
    AND r.valid_until IS NOT DISTINCT FROM w.valid_until)
"""


def follow_sections() -> None:
    """Bring the grants derived from sections in step with grants and memberships."""
    with connection.cursor() as cursor:
        cursor.execute(FOLLOW)


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
    from accounts.services.people import check_may_give

    person = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    members = SectionUnit.objects.on(timezone.localdate()).filter(section=section)
    units = [member.unit for member in members.select_related("unit")]
    if not units:
        raise Refused(_("This section has no units yet. Add some first."))
    if role.reach == "group":
        raise Refused(_("A role that reaches the whole group cannot be held in a section."))
    for unit in units:
        check_may_give(by, to=person, role=role, unit=unit)
    running = SectionGrant.objects.filter(user=person, role=role, section=section)
    if running.filter(valid_until=None).exists():
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
    """End a role in a section today."""
    from accounts.services.people import check_may_give

    held = SectionGrant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    today = timezone.localdate()
    if held.valid_until is not None and held.valid_until <= today:
        raise Stale(_("This grant has ended already."))
    for member in SectionUnit.objects.on(today).filter(section=held.section).select_related("unit"):
        check_may_give(by, to=held.user, role=held.role, unit=member.unit)
    held.valid_until = max(today, held.valid_from) if held.valid_from else today
    held.save(update_fields=["valid_until"])
    follow_sections()
    _record("section.role_ended", held, by)
    return held


def _record(action: str, grant: SectionGrant, by: User | None) -> None:
    record(
        action,
        by=by,
        subject=grant.user,
        employee_no=grant.user.employee_no,
        role=grant.role.name,
        section=grant.section.name,
    )
