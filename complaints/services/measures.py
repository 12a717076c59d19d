"""Improvement measures: given to somebody, reported as done, checked by somebody else (CMP-18).

Owners are reminded by the bell three days before the day and when it has passed, each once.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from complaints.models import Case, Category, Measure, MeasureState
from complaints.services.log import log
from complaints.states import CLOSE, HANDLE
from core.errors import Refused
from core.locking import lock
from core.notices import notify
from regions.models import OrgUnit

SOON = timedelta(days=3)


@transaction.atomic
def give_measure(
    *,
    unit: OrgUnit,
    by: Any,
    text: str,
    owner: Any,
    due_on: date,
    cause: str = "",
    category: Category | None = None,
    cases: Iterable[Case] = (),
) -> Measure:
    """Write down what is to be improved, by whom, until which day; he is told.

    `cases` are those it came from, as far as `by` sees them. Raises Refused out of reach, without
    words, for a day that has passed, and for an owner who would not see it.
    """
    if by is not None and not OrgUnit.objects.visible_to(by, HANDLE).filter(pk=unit.pk).exists():
        raise Refused(_("You may not write measures for {unit}.").format(unit=unit.name))
    if not text.strip():
        raise Refused(_("Please write what is to be improved."))
    if due_on < timezone.localdate():
        raise Refused(_("Please choose a day that has not passed."))
    if not owner.is_active:
        raise Refused(_("{person} cannot log in and so cannot see to it.").format(person=owner))
    measure = Measure(
        text=text.strip(), owner=owner, due_on=due_on, cause=cause, category=category, entered_by=by
    )
    measure.place_in(unit)
    measure.save()
    if not Measure.objects.visible_to(owner).filter(pk=measure.pk).exists():
        sentence = _("{person} does not work on cases of {unit}: please choose somebody who does.")
        raise Refused(sentence.format(person=owner.name, unit=unit.name))
    _link(measure, cases, by)
    if by is None or owner.pk != by.pk:
        _tell(measure, "complaints.measure_given", f"measure:{measure.pk}:given")
    record("measure.given", by=by, subject=measure, employee_no=owner.employee_no)
    return measure


def _link(measure: Measure, cases: Iterable[Case], by: Any) -> None:
    for case in cases:
        measure.cases.add(case)
        log(case, "measure", by=by, at=timezone.now(), text=measure.text, measure=measure.pk)


@transaction.atomic
def report_done(measure: Measure, *, by: Any, result: str) -> Measure:
    """The measure is carried out. Raises Refused for somebody else than its owner and those above
    him, without a result, and when it is no longer open."""
    held = _hold(measure)
    if not may_report(held, by):
        raise Refused(_("Only {person} can report this as done.").format(person=held.owner.name))
    if held.state != MeasureState.OPEN:
        raise Refused(_("This measure was reported as done already."))
    if not result.strip():
        raise Refused(_("Please write what was done."))
    held.state, held.result = MeasureState.DONE, result.strip()
    held.done_at, held.done_by = timezone.now(), by
    held.save(update_fields=["state", "result", "done_at", "done_by"])
    record("measure.done", by=by, subject=held)
    return held


@transaction.atomic
def check_measure(measure: Measure, *, by: Any, effective: bool, note: str = "") -> Measure:
    """Somebody else looks whether it helped. Raises Refused for whoever carried it out, without
    the right to close cases there, before it is done, and for "not effective" without words."""
    held = _hold(measure)
    if held.state == MeasureState.OPEN:
        raise Refused(_("This measure is not reported as done yet."))
    if held.state == MeasureState.CHECKED:
        raise Refused(_("Somebody checked this measure already."))
    problem = why_no_check(held, by)
    if problem:
        raise Refused(problem)
    if not effective and not note.strip():
        raise Refused(_("Please write why it did not help."))
    held.state, held.effective, held.check_note = MeasureState.CHECKED, effective, note.strip()
    held.checked_at, held.checked_by = timezone.now(), by
    held.save(update_fields=["state", "effective", "check_note", "checked_at", "checked_by"])
    record("measure.checked", by=by, subject=held, effective=effective)
    return held


def may_report(measure: Measure, by: Any) -> bool:
    """Whether somebody may report a measure as done: its owner, or who closes cases there."""
    if by is None or measure.owner_id == by.pk:
        return True
    return Measure.objects.visible_to(by, CLOSE).filter(pk=measure.pk).exists()


def why_no_check(measure: Measure, by: Any) -> str:
    """Why somebody may not check a measure that is done; empty when he may."""
    if by is None:
        return ""
    if by.pk in (measure.owner_id, measure.done_by_id):
        return _("A second person checks this: you carried it out yourself.")
    if not Measure.objects.visible_to(by, CLOSE).filter(pk=measure.pk).exists():
        return _("Only whoever closes cases there may check this.")
    return ""


def _hold(measure: Measure) -> Measure:
    # A hand-over or a change of units may move it while we wait: see core.locking.
    return lock(Measure.objects.filter(pk=measure.pk)).select_related("owner", "unit").get()


def remind_owners(today: date | None = None) -> int:
    """Tell owners of open measures whose day is near or has passed, each once for each day that
    was set. Returns how many were told."""
    day = today or timezone.localdate()
    due = Measure.objects.filter(state=MeasureState.OPEN, due_on__lte=day + SOON)
    told = 0
    for measure in due.select_related("unit").order_by("pk").iterator():
        late = measure.due_on < day
        key = f"measure:{measure.pk}:{measure.due_on}:{'late' if late else 'soon'}"
        told += _tell(measure, "complaints.measure_due", key, late=late)
    return told


def _tell(measure: Measure, kind: str, key: str, **facts: Any) -> int:
    return notify(
        [measure.owner_id],
        kind,
        key=key,
        url=measure.get_absolute_url(),
        measure=measure.text[:100],
        unit=measure.unit.name,
        due_on=measure.due_on,
        **facts,
    )
