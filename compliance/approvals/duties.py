"""What of compliance can be approved: trips and leave; and who is away, for whoever decides."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals.absences import register_absence
from approvals.subjects import Facts, FieldSpec, Handlers, Subject, register
from compliance.models import Absence, AbsenceKind
from compliance.selectors.absences import absent
from compliance.services import absences

ONE_DAY = dt.timedelta(days=1)


def absence_facts(absence: Absence) -> Facts:
    """What flows and approvers see of a trip or leave."""
    return Facts(
        title=f"{absence.get_kind_display()} · {absence.person.name}",
        unit=absence.unit,
        fields={
            "kind": absence.kind,
            "days": absence.days,
            "after_the_fact": absence.first_day < timezone.localdate(absence.created_at),
        },
        snapshot={
            "person": absence.person.employee_no,
            "kind": absence.kind,
            "first_day": absence.first_day,
            "last_day": absence.last_day,
            "destination": absence.destination,
            "reason": absence.reason,
            "deputy": absence.deputy.employee_no if absence.deputy else None,
            "corrects": absence.corrected_of_id,
        },
        url=absence.get_absolute_url(),
    )


def _own(absence: Absence, by: Any) -> bool:
    return by is not None and by.pk == absence.person_id


register(
    Subject(
        kind=absences.KIND,
        label=_("Trip or leave"),
        model=Absence,
        facts=absence_facts,
        template="compliance/_absence_subject.html",
        may_submit=_own,
        fields=(
            FieldSpec("kind", _("Kind"), "choice", AbsenceKind.choices),
            FieldSpec("days", _("Calendar days"), "number"),
            FieldSpec("after_the_fact", _("Entered after the fact"), "yes_no"),
        ),
        on=Handlers(
            submitted=absences.submitted,
            approved=absences.approved,
            rejected=absences.rejected,
            sent_back=absences.reopened,
            withdrawn=absences.withdrawn,
            voided=absences.reopened,
        ),
    )
)


@register_absence
def away(people: Collection[int], moment: dt.datetime) -> dict[int, dt.datetime]:
    """Those who are on an approved trip or leave, and the morning after its last day."""
    found = absent(people, timezone.localdate(moment))
    return {
        person: timezone.make_aware(dt.datetime.combine(row.last_day + ONE_DAY, dt.time()))
        for person, row in found.items()
    }
