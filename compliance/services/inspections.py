"""Rounds at units: recorded with photographs, mended by the unit, checked by another (KPI-13)."""

import datetime as dt
from typing import IO, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from compliance.models import (
    ImplementationRule,
    Inspection,
    InspectionFile,
    InspectionKind,
    InspectionPoint,
    PointState,
)
from core.attachments.kinds import Group
from core.attachments.store import KeptFile
from core.errors import Refused
from core.locking import lock
from core.notices import notify
from expenses.services.papers import add_file, drop, refuse_full
from regions.models import OrgUnit


@transaction.atomic
def record_inspection(unit: OrgUnit, *, by: User, **values: Any) -> Inspection:
    """Record a round or a supervision. `values`: kind, rule, inspected_on, place, summary. Raises
    Refused for a day to come, and for rules that did not hold there on the day or are named by a
    round that supervised none (ORG-14)."""
    if values["inspected_on"] > timezone.localdate():
        raise Refused(_("The day lies in the future."))
    if (rule := values.get("rule")) is not None:
        _check_rule(rule, unit, values["kind"], values["inspected_on"])
    row = Inspection(by=by, **values)
    row.place_in(unit)
    row.full_clean()
    row.save()
    record("inspection.recorded", by=by, subject=row, unit=unit.code, on=str(row.inspected_on))
    return row


def _check_rule(rule: ImplementationRule, unit: OrgUnit, kind: str, day: dt.date) -> None:
    if kind != InspectionKind.SUPERVISION:
        raise Refused(_("Only a supervision names the rules whose keeping was looked at."))
    if not unit.path.startswith(rule.unit.path):
        raise Refused(_("These rules are those of another region."))
    if day < rule.effective_on or (rule.ended_on is not None and day > rule.ended_on):
        raise Refused(_("These rules were not in force on the day."))


@transaction.atomic
def add_point(
    inspection: Inspection, *, text: str, severity: str, owner: User, due_on: dt.date, by: User
) -> InspectionPoint:
    """Write down what was found, who mends it and until when; he is told."""
    held = _held(inspection)
    if not text.strip():
        raise Refused(_("Please say what was found."))
    if due_on < held.inspected_on:
        raise Refused(_("The day lies before the inspection."))
    if not owner.is_active:
        sentence = _("{person} cannot log in; please choose somebody else.")
        raise Refused(sentence.format(person=owner))
    point = InspectionPoint.objects.create(
        inspection=held, text=text.strip(), severity=severity, owner=owner, due_on=due_on
    )
    record("inspection.point", by=by, subject=held, unit=held.unit.code, to=owner.employee_no)
    if owner.pk != by.pk:
        notify(
            [owner],
            "compliance.inspection_point",
            key=f"inspection-point:{point.pk}",
            url=held.get_absolute_url(),
            unit=held.unit.name,
            text=point.text,
            due_on=due_on.isoformat(),
        )
    return point


@transaction.atomic
def mend_point(point: InspectionPoint, *, result: str, by: User) -> InspectionPoint:
    """The owner, or who records inspections, says how it was mended."""
    held = _held_point(point)
    if held.state != PointState.OPEN:
        raise Refused(_("This was reported as mended already."))
    if not result.strip():
        raise Refused(_("Please say what was done."))
    held.state, held.result = PointState.MENDED, result.strip()
    held.mended_at, held.mended_by = timezone.now(), by
    held.save(update_fields=["state", "result", "mended_at", "mended_by"])
    record("inspection.mended", by=by, subject=held.inspection, unit=held.inspection.unit.code)
    return held


@transaction.atomic
def check_point(point: InspectionPoint, *, good: bool, by: User) -> InspectionPoint:
    """Somebody else than the owner and whoever reported it looks whether it is mended; if not, it
    is open again. Raises Refused for those two, and where nothing was reported (KPI-13)."""
    held = _held_point(point)
    if held.state != PointState.MENDED:
        raise Refused(_("Nothing waits for a check here."))
    if not may_check(held, by):
        raise Refused(_("Whoever mended it does not check it himself."))
    if good:
        held.state, held.checked_at, held.checked_by = PointState.CHECKED, timezone.now(), by
    else:
        held.state, held.mended_at, held.mended_by = PointState.OPEN, None, None
    held.save(update_fields=["state", "mended_at", "mended_by", "checked_at", "checked_by"])
    record(
        "inspection.checked",
        by=by,
        subject=held.inspection,
        unit=held.inspection.unit.code,
        state=str(held.state),
    )
    return held


def may_check(point: InspectionPoint, person: User) -> bool:
    """Whether somebody had no part in the mending of a point."""
    return person.pk not in (point.owner_id, point.mended_by_id)


def attach(inspection: Inspection, file: IO[bytes], name: str, *, by: User) -> InspectionFile:
    """Attach a photograph; the same one again gives the row that is there. Raises Refused for what
    is no picture."""

    def write(kept: KeptFile) -> InspectionFile:
        if kept.kind.group is not Group.PICTURE:
            raise Refused(_("Please choose a photograph."))
        row = _held(inspection)
        known = row.files.filter(sha256=kept.sha256).first()
        if known is not None:
            return known
        refuse_full(row.files.count())
        record("inspection.photo", by=by, subject=row, unit=row.unit.code)
        return InspectionFile.objects.create(inspection=row, uploaded_by=by, **kept.columns())

    return add_file(file, name, write)


@transaction.atomic
def detach(file: InspectionFile, *, by: User) -> None:
    """Remove a photograph. Raises Refused for somebody else's."""
    row = _held(file.inspection)
    if file.uploaded_by_id != by.pk:
        raise Refused(_("Only who uploaded a file removes it."))
    drop(file)
    record("inspection.photo_removed", by=by, subject=row, unit=row.unit.code)


def _held(inspection: Inspection) -> Inspection:
    return lock(Inspection.objects.filter(pk=inspection.pk)).select_related("unit", "by").get()


def _held_point(point: InspectionPoint) -> InspectionPoint:
    rows = lock(InspectionPoint.objects.filter(pk=point.pk))
    return rows.select_related("inspection__unit", "owner").get()
