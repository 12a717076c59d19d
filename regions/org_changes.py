"""Sections in changes of the organisation: what a unit takes along of its section (ACC-06).

Roles held in the section follow by themselves, after the units.
"""

from collections.abc import Iterable
from datetime import date

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import WebhookTarget
from regions.models import SectionUnit
from regions.takes_part import Chosen, Journal, Participant, takes_part

TABLE = "regions_sectionunit"
COLUMNS = "section_id, unit_id, valid_from, valid_until"
RUNNING = "COALESCE(t.valid_until, 'infinity'::date) > %s"
# A membership `o` of the other unit, or of one above or below it, at the time of `t`.
COVERED = """EXISTS (
    SELECT FROM regions_sectionunit o JOIN regions_orgunit ou ON ou.id = o.unit_id,
        regions_orgunit target
    WHERE target.id = %s AND o.id <> t.id
      AND (starts_with(target.path, ou.path) OR starts_with(ou.path, target.path))
      AND COALESCE(o.valid_until, 'infinity'::date) > GREATEST(t.valid_from, %s::date)
      AND o.valid_from < COALESCE(t.valid_until, 'infinity'::date))"""


@takes_part(SectionUnit)
class Memberships(Participant):
    """The section of a unit goes along to whoever takes its place, unless he has one."""

    title = _("memberships in sections")
    light = True

    def current(self, units: Iterable[int]) -> int:
        """Memberships that have not ended."""
        ends = Q(valid_until__isnull=True) | Q(valid_until__gt=timezone.localdate())
        return SectionUnit.objects.filter(ends, unit__in=list(units)).count()

    def move(self, journal: Journal, source: int, target: int, day: date) -> None:
        """Begin the membership anew at the other unit, and end it here on the day."""
        journal.insert(
            TABLE,
            COLUMNS,
            f"""SELECT t.section_id, %s::int, GREATEST(t.valid_from, %s::date), t.valid_until
                FROM {TABLE} t WHERE t.unit_id = %s AND {RUNNING} AND NOT {COVERED}""",  # noqa: S608  no user text
            [target, day, source, day, target, day],
        )
        begun = "t.unit_id = %s AND t.valid_from < %s AND " + RUNNING
        args = [source, day, day]
        journal.rewrite(TABLE, {"valid_until": "%s::date"}, [day], where=begun, args=args)
        later = "t.unit_id = %s AND t.valid_from >= %s"
        journal.delete(TABLE, where=later, args=[source, day])

    def split(self, journal: Journal, source: int, target: int, chosen: Chosen) -> None:
        """What is split off stays in the section of what it was a part of, as long as that."""
        journal.insert(
            TABLE,
            COLUMNS,
            f"""SELECT t.section_id, %s::int, GREATEST(t.valid_from, v.valid_from), t.valid_until
                FROM {TABLE} t, regions_orgunit u, LATERAL (
                    SELECT COALESCE(u.opened_on, CURRENT_DATE) AS valid_from) v
                WHERE t.unit_id = %s AND u.id = %s
                  AND COALESCE(t.valid_until, 'infinity'::date) > v.valid_from""",  # noqa: S608
            [target, source, target],
        )


@takes_part(WebhookTarget)
class Webhooks(Participant):
    """Webhooks that are told of one unit are told of the one that takes its place."""

    title = _("webhooks of the unit")
