"""Sections for pages: units, companies, people and customers, counted."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from regions.models import Company, OrgUnit, Section, SectionUnit
from regions.takes_part import PARTICIPANTS


@dataclass(slots=True)
class SectionLine:
    """A section with what belongs to it today."""

    section: Section
    members: list[SectionUnit]
    companies: list[Company]
    unit_count: int


def sections_for(reader: Any) -> list[SectionLine]:
    """The sections a reader sees, with their units of today. A fixed number of queries."""
    sections = list(Section.objects.visible_to(reader).prefetch_related("companies"))
    held = SectionUnit.objects.on(timezone.localdate()).filter(section__in=sections)
    members: dict[int, list[SectionUnit]] = {section.pk: [] for section in sections}
    for member in held.select_related("unit").order_by("unit__path"):
        members[member.section_id].append(member)
    paths = list(OrgUnit.objects.active().values_list("path", flat=True))
    return [
        SectionLine(
            section,
            members[section.pk],
            list(section.companies.all()),
            _count(paths, members[section.pk]),
        )
        for section in sections
    ]


def _count(paths: list[str], members: list[SectionUnit]) -> int:
    roots = tuple(member.unit.path for member in members)
    return sum(path.startswith(roots) for path in paths) if roots else 0


def units_of(section: Section, reader: Any) -> list[int]:
    """Keys of the units in a section today, those below included, as far as a reader sees them."""
    members = SectionUnit.objects.on(timezone.localdate()).filter(section=section)
    found: set[int] = set()
    for member in members.select_related("unit"):
        below = OrgUnit.objects.visible_to(reader).below(member.unit)
        found |= set(below.values_list("pk", flat=True))
    return sorted(found)


def counts_of(section: Section, reader: Any) -> list[tuple[str, int]]:
    """What a section holds today within a reader's reach, each kind counted."""
    units = units_of(section, reader)
    return [(str(one.title), one.current(units)) for one in PARTICIPANTS]
