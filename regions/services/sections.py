"""Verbs of sections (版块): name them, map them to companies, put units in and take them out."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused, Stale
from core.scope import scope_of
from regions.models import Company, Kind, OrgUnit, Section, SectionCompany, SectionUnit
from regions.services.rehearsal import lock
from regions.takes_part import AFTERWARDS

CHANGE = "regions.change_section"


def check_whole_group(by: Any) -> None:
    """Sections cut across the tree, so only who administers the whole group changes them."""
    if by is not None and not scope_of(by, CHANGE).everything:
        raise Refused(_("Sections are changed by administrators of the whole group."))


@transaction.atomic
def save_section(
    section: Section | None,
    *,
    by: Any,
    code: str,
    name: str,
    number: int | None = None,
    companies: Iterable[Company] = (),
) -> Section:
    """Make a section or change it, with the companies it belongs to. Raises ValidationError for a
    code, name or number that is taken."""
    check_whole_group(by)
    section = section or Section()
    section.code, section.name, section.number = code.strip(), name.strip(), number
    section.full_clean()
    section.save()
    SectionCompany.objects.filter(section=section).delete()
    SectionCompany.objects.bulk_create(
        SectionCompany(section=section, company=company) for company in companies
    )
    record("section.saved", by=by, subject=section, code=section.code, name=section.name)
    return section


@transaction.atomic
def save_company(*, by: Any, code: str, name: str) -> Company:
    """A company of the group, or another name for one."""
    check_whole_group(by)
    company = Company.objects.filter(code=code.strip()).first() or Company(code=code.strip())
    company.name = name.strip()
    company.full_clean()
    company.save()
    return company


@transaction.atomic
def add_unit(
    section: Section, unit: OrgUnit, *, by: Any, valid_from: date | None = None
) -> SectionUnit:
    """Put a unit, with all below it, into a section from a day on. Roles held in the section
    reach it from then on. Raises Refused when it, or a unit above or below, is in one already."""
    check_whole_group(by)
    lock()
    unit.refresh_from_db(fields=["path"])
    if unit.kind == Kind.GROUP:
        raise Refused(_("The whole group cannot be a section."))
    day = valid_from or timezone.localdate()
    related = OrgUnit.objects.below(unit).values_list("pk", flat=True)
    near = SectionUnit.objects.exclude(valid_until__lte=day)
    near = near.filter(unit__in=[*related, *unit.ancestor_ids()])
    if held := near.select_related("unit", "section").first():
        sentence = _("{unit} belongs to the section {section} already.")
        raise Refused(sentence.format(unit=held.unit.name, section=held.section.name))
    try:
        with transaction.atomic():
            member = SectionUnit.objects.create(section=section, unit=unit, valid_from=day)
    except IntegrityError as error:
        raise Refused(
            _("{unit} belongs to a section on that day.").format(unit=unit.name)
        ) from error
    _follow()
    record("section.unit_added", by=by, subject=section, unit=unit.code, name=section.name)
    return member


@transaction.atomic
def remove_unit(member: SectionUnit, *, by: Any, on: date | None = None) -> None:
    """Take a unit out of its section; what it was until then stays in the record.

    Raises Refused when it has left already.
    """
    check_whole_group(by)
    day = on or timezone.localdate()
    rows = SectionUnit.objects.select_for_update(of=("self",)).select_related("unit", "section")
    held = rows.filter(pk=member.pk).exclude(valid_until__lte=day).first()
    if held is None:
        raise Stale(_("{unit} has left this section already.").format(unit=member.unit.name))
    section, code = held.section, held.unit.code
    if held.valid_from >= day:
        held.delete()
    else:
        held.valid_until = day
        held.save(update_fields=["valid_until"])
    _follow()
    record("section.unit_removed", by=by, subject=section, unit=code, name=section.name)


def _follow() -> None:
    for follow in AFTERWARDS:
        follow()
