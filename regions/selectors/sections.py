"""Sections for pages: units, companies, people and customers, counted."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from regions.models import Company, OrgUnit, Section, SectionUnit
from regions.takes_part import PARTICIPANTS

VIEW = "regions.view_section"


@dataclass(slots=True)
class SectionLine:
    """A section with what belongs to it today."""

    section: Section
    members: list[SectionUnit]
    companies: list[Company]
    unit_count: int


def sections_for(reader: Any) -> list[SectionLine]:
    """The sections a reader sees, with those of their units of today that he reaches, counted as
    far as he reaches. A fixed number of queries."""
    sections = list(Section.objects.visible_to(reader).prefetch_related("companies"))
    held = _reached(reader).on(timezone.localdate()).filter(section__in=sections)
    members: dict[int, list[SectionUnit]] = {section.pk: [] for section in sections}
    for member in held.select_related("unit").order_by("unit__path"):
        members[member.section_id].append(member)
    seen = OrgUnit.objects.visible_to(reader, VIEW).active()
    paths = list(seen.values_list("path", flat=True))
    return [
        SectionLine(
            section,
            members[section.pk],
            list(section.companies.all()),
            _count(paths, members[section.pk]),
        )
        for section in sections
    ]


def section_names(reader: Any) -> list[tuple[str, str]]:
    """Code and name of the sections a reader sees, for filters; no query without the right."""
    if not reader.has_perm(VIEW):
        return []
    return list(Section.objects.visible_to(reader).values_list("code", "name"))


def units_of_section(code: str) -> tuple[OrgUnit, ...]:
    """The units that are in a section today; all below them belong to it as well."""
    members = SectionUnit.objects.on(timezone.localdate()).filter(section__code=code)
    return tuple(one.unit for one in members.select_related("unit").order_by("unit__path"))


def _reached(reader: Any) -> Any:
    """Memberships, former ones too, of units that a reader reaches."""
    return SectionUnit.objects.filter(unit__in=OrgUnit.objects.visible_to(reader, VIEW))


def members_for(section: Section, reader: Any) -> Any:
    """Units of a section that a reader reaches, whenever they belong to it."""
    rows = _reached(reader).filter(section=section).select_related("unit")
    return rows.order_by("unit__path", "valid_from")


def reaches_whole(section: Section, reader: Any) -> bool:
    """Whether a reader reaches every unit that is in a section or is to join it."""
    rows = SectionUnit.objects.filter(section=section)
    rows = rows.exclude(valid_until__lte=timezone.localdate())
    return not rows.exclude(pk__in=_reached(reader).values("pk")).exists()


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
    counted = [one for one in PARTICIPANTS if one.model is not SectionUnit]
    return [(str(one.title), one.current(units)) for one in counted]
