"""The yearly assessment of specialists and contact leaders: marked, confirmed, opened again."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from audit.services import record
from compliance.models import Assessment
from compliance.selectors.assessments import ROLES, held_in
from compliance.selectors.rounds import group_unit
from compliance.services.rounds import weighed
from core.errors import Refused
from core.locking import lock
from core.notices import notify
from regions.policies import policy

CRITERIA = "compliance.specialist_criteria"
SHARE = "compliance.excellent_share"


@transaction.atomic
def assess(
    person: User,
    *,
    by: Any,
    year: int,
    role: str,
    marks: Mapping[str, Decimal],
    notes: Mapping[str, str] | None = None,
    excellent: bool = False,
    remark: str = "",
    confirm: bool = False,
) -> Assessment:
    """Mark how somebody ran strategic customers in a year, by the group's criteria (0…100 each);
    with `confirm` it stands and he is told (KPI-01).

    Raises Refused for oneself, for a year to come or without such a customer, once confirmed, for
    marks out of range, for a missing mark where it is confirmed or called excellent, and for more
    excellent people than the share allows.
    """
    _refuse_wrong(person, year, role, by)
    # All of the year: the share of excellent people is counted over them.
    rows = lock(Assessment.objects.filter(year=year))
    row = rows.filter(person=person, role=role).first()
    row = row or Assessment(year=year, person=person, role=role)
    if row.confirmed_at is not None:
        raise Refused(_("This assessment is confirmed already."))
    row.sheet, row.mark = weighed(policy(CRITERIA, unit=group_unit()), marks)
    for line in row.sheet:
        line["note"] = (notes or {}).get(line["word"], "").strip()
    if row.mark is None and (excellent or confirm):
        raise Refused(_("Please mark every criterion first."))
    row.excellent, row.remark = excellent, remark.strip()
    row.by, row.at = by, timezone.now()
    row.confirmed_at = row.at if confirm else None
    row.place_in(person.unit)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as clash:
        raise Refused(_("Somebody else has just written this assessment.")) from clash
    _refuse_too_many(row)
    said = {"employee_no": person.employee_no, "year": str(year)}
    record("assessment.confirmed" if confirm else "assessment.saved", by=by, subject=row, **said)
    if confirm:
        _tell(row)
    return row


def _refuse_wrong(person: User, year: int, role: str, by: Any) -> None:
    if by is not None and by.pk == person.pk:
        raise Refused(_("Somebody else assesses you."))
    if year > timezone.localdate().year:
        raise Refused(_("This year is still to come."))
    if person.unit is None:
        raise Refused(_("{person} belongs to no unit.").format(person=person))
    if not any(one.person == person.pk and ROLES[one.role] == role for one in held_in(year)):
        sentence = _("{person} ran no strategic customer in {year}.")
        raise Refused(sentence.format(person=person, year=year))


def _refuse_too_many(row: Assessment) -> None:
    """Of those with a mark at most the policy's share, rounded down, is excellent. Whoever is not
    and has a mark can make it no worse."""
    rows = Assessment.objects.filter(year=row.year)
    assessed = rows.filter(mark__isnull=False).count()
    share = policy(SHARE, unit=group_unit())
    most = assessed * share // 100
    if rows.filter(excellent=True).count() <= most or (not row.excellent and row.mark is not None):
        return
    sentence = ngettext(
        "Of {assessed} assessed for {year} at most {most} may be excellent.",
        "Of {assessed} assessed for {year} at most {most} may be excellent.",
        most,
    )
    raise Refused(sentence.format(assessed=assessed, year=row.year, most=most))


def _tell(row: Assessment) -> None:
    at: Any = row.confirmed_at
    notify(
        [row.person_id],
        "compliance.assessed",
        key=f"assessment:{row.pk}:{at.isoformat()}",
        url=f"{reverse('compliance:me')}#assessments",
        year=str(row.year),
    )


@transaction.atomic
def reopen_assessment(assessment: Assessment, *, by: Any, reason: str) -> Assessment:
    """Take a confirmation back, to mend the assessment; the person no longer sees it. Raises
    Refused for one's own, for one that is not confirmed, and without a reason."""
    row = lock(Assessment.objects.filter(pk=assessment.pk)).select_related("person").get()
    if by is not None and by.pk == row.person_id:
        raise Refused(_("Somebody else assesses you."))
    if row.confirmed_at is None:
        raise Refused(_("This assessment is not confirmed."))
    if not reason.strip():
        raise Refused(_("Please give a reason."))
    row.confirmed_at = None
    row.save()
    record(
        "assessment.reopened",
        by=by,
        subject=row,
        employee_no=row.person.employee_no,
        year=str(row.year),
        reason=reason.strip()[:200],
    )
    return row
