"""Tasks: given, changed, handed on, finished, opened again, cancelled (ACT-01, CAL-02)."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from compliance.models import Assignment, AssignmentState, AssignmentStep, StepKind
from core.errors import Refused, Stale
from core.locking import lock
from core.notices import mark_read, notify
from regions.calendars import worktime_of
from regions.models import OrgUnit

MOST_ITEMS = 50


@transaction.atomic
def assign(
    *,
    to: Any,
    title: str,
    by: Any,
    due_at: datetime | None = None,
    body: str = "",
    unit: OrgUnit | None = None,
    customer: Any = None,
    case: Any = None,
    link: str = "",
    key: str = "",
    checklist: Iterable[str] = (),
) -> Assignment:
    """Give somebody a task; `by` is None for the product itself.

    `unit` is whose work it is, that of the person unless said otherwise. `link` is a page of ours.
    The same `key` gives the task that is there, whatever became of it. Raises Refused without a
    title, for somebody who is not active, belongs to no unit, and for more than `MOST_ITEMS` lines.
    """
    if not title.strip():
        raise Refused(_("Please name the task."))
    known = Assignment.objects.filter(key=key).first() if key else None
    if known is not None:
        return known
    _refuse_idle(to)
    row = Assignment(
        title=title.strip(),
        body=body.strip(),
        to=to,
        by=by,
        due_at=due_at,
        customer=customer,
        case=case,
        link=link,
        key=key or None,
        checklist=lines(checklist),
    )
    row.place_in(_home(unit, to))
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        if not key:
            raise
        return Assignment.objects.get(key=key)
    _step(row, StepKind.ASSIGNED, by=by)
    record("assignment.given", by=by, subject=row, employee_no=to.employee_no, title=row.title)
    _tell(row, by)
    return row


def lines(texts: Iterable[str]) -> list[dict[str, Any]]:
    """A checklist of texts, empty ones left out. Raises Refused for more than `MOST_ITEMS`."""
    found = [{"text": text.strip()[:120], "done": False} for text in texts if text.strip()]
    if len(found) > MOST_ITEMS:
        raise Refused(_("A checklist has at most {count} lines.").format(count=MOST_ITEMS))
    return found


def end_of_work(day: date, *, unit: OrgUnit) -> datetime:
    """When the work of a unit ends on a day; on a day off, when that of the working day before
    ends: what is due on a Sunday is done on Friday."""
    work = worktime_of(unit)
    spans = work.spans_on(day) or work.spans_on(work.add_working_days(day, -1))
    if spans:
        return spans[-1][1]
    return timezone.make_aware(datetime.combine(day, time(18)))


@transaction.atomic
def change(
    assignment: Assignment,
    *,
    by: Any,
    version: int,
    title: str,
    body: str,
    due_at: datetime | None,
    checklist: Iterable[str],
) -> Assignment:
    """Change what is to be done until when; lines that stay keep their tick. Raises Stale, Refused
    without a title and for a task that is not open."""
    row = _open(assignment)
    _refuse_stale(row, version)
    if not title.strip():
        raise Refused(_("Please name the task."))
    ticked = {item["text"] for item in row.checklist if item["done"]}
    row.title, row.body, row.due_at = title.strip(), body.strip(), due_at
    row.checklist = [item | {"done": item["text"] in ticked} for item in lines(checklist)]
    _save(row)
    _step(row, StepKind.CHANGED, by=by)
    record("assignment.changed", by=by, subject=row, title=row.title)
    return row


@transaction.atomic
def move(assignment: Assignment, *, by: Any, due_at: datetime, version: int) -> Assignment:
    """Put the time of an open task off or forward. Raises Stale and Refused."""
    row = _open(assignment)
    _refuse_stale(row, version)
    row.due_at = due_at
    _save(row)
    _step(row, StepKind.CHANGED, by=by)
    record("assignment.changed", by=by, subject=row, title=row.title)
    return row


@transaction.atomic
def tick(assignment: Assignment, *, by: Any, line: int, text: str, done: bool) -> Assignment:
    """Tick a line of the checklist, or take the tick back. `text` is the line as it was read:
    raises Stale when another line stands there by now, Refused for a task that is not open."""
    row = _open(assignment)
    if not 0 <= line < len(row.checklist) or row.checklist[line]["text"] != text:
        raise Stale(_("Somebody changed this task meanwhile. Please look again."))
    if row.checklist[line]["done"] != done:
        row.checklist[line]["done"] = done
        _save(row)
    return row


@transaction.atomic
def hand_on(assignment: Assignment, *, to: Any, by: Any, note: str = "") -> Assignment:
    """Give an open task to somebody else; it moves to his unit. Raises Refused for who has it
    already or is not active."""
    row = _open(assignment)
    if row.to_id == to.pk:
        raise Refused(_("{name} has this task already.").format(name=to.name))
    _refuse_idle(to)
    before = row.to
    row.to = to
    row.place_in(_home(None, to))
    _save(row)
    _step(row, StepKind.HANDED_ON, by=by, note=note)
    record("assignment.handed_on", by=by, subject=row, employee_no=to.employee_no, title=row.title)
    mark_read(before, keys=_names(row))
    _tell(row, by)
    return row


@transaction.atomic
def finish(assignment: Assignment, *, by: Any, result: str = "") -> Assignment:
    """Record that a task is done. Raises Refused while lines of its checklist are open, and a
    second time."""
    row = _open(assignment)
    left = sum(not item["done"] for item in row.checklist)
    if left:
        raise Refused(_("{count} lines of the checklist are still open.").format(count=left))
    _end(row, AssignmentState.DONE, result)
    _step(row, StepKind.DONE, by=by, note=result)
    record("assignment.finished", by=by, subject=row, title=row.title)
    if row.by_id is not None and row.by_id != getattr(by, "pk", None):
        notify(
            [row.by_id],
            "compliance.task_done",
            key=f"{_name(row)}:done:{row.version}",
            url=row.get_absolute_url(),
            title=row.title,
            name=row.to.name,
        )
    return row


@transaction.atomic
def cancel(assignment: Assignment, *, by: Any, reason: str) -> Assignment:
    """The task need not be done any more. Raises Refused without a reason and once it ended."""
    row = _open(assignment)
    if not reason.strip():
        raise Refused(_("Please give a reason."))
    _end(row, AssignmentState.CANCELLED, reason)
    _step(row, StepKind.CANCELLED, by=by, note=reason)
    record("assignment.cancelled", by=by, subject=row, title=row.title)
    return row


@transaction.atomic
def reopen(assignment: Assignment, *, by: Any, reason: str) -> Assignment:
    """Open a task that ended once more. Raises Refused without a reason, while it is open, and
    when who had it is no longer active."""
    row = _held(assignment)
    if row.is_open:
        raise Refused(_("This task is open."))
    if not reason.strip():
        raise Refused(_("Please give a reason."))
    _refuse_idle(row.to)
    row.state, row.finished_at, row.result = AssignmentState.OPEN, None, ""
    _save(row)
    _step(row, StepKind.REOPENED, by=by, note=reason)
    record("assignment.reopened", by=by, subject=row, title=row.title)
    _tell(row, by)
    return row


@transaction.atomic
def note(assignment: Assignment, *, by: Any, text: str) -> AssignmentStep:
    """Write a remark under a task, in whatever state. Raises Refused for an empty one."""
    if not text.strip():
        raise Refused(_("Please write something."))
    return _step(_held(assignment), StepKind.NOTE, by=by, note=text)


def _end(row: Assignment, state: AssignmentState, result: str) -> None:
    row.state, row.finished_at, row.result = state, timezone.now(), result.strip()[:500]
    _save(row)
    mark_read(row.to, keys=_names(row))


def _save(row: Assignment) -> None:
    row.version += 1
    row.save()


def _step(row: Assignment, kind: StepKind, *, by: Any, note: str = "") -> AssignmentStep:
    return AssignmentStep.objects.create(
        assignment=row, kind=kind, by=by, to=row.to, note=note.strip()[:500]
    )


def _name(row: Assignment) -> str:
    return f"assignment:{row.pk}"


def _names(row: Assignment) -> list[str]:
    """The keys under which somebody may have been told of a task."""
    return [f"{_name(row)}:{version}" for version in range(1, row.version + 1)]


def _tell(row: Assignment, by: Any) -> None:
    """Whoever has it now, unless he gave it to himself."""
    if row.to_id == getattr(by, "pk", None):
        return
    notify(
        [row.to_id],
        "compliance.task",
        key=f"{_name(row)}:{row.version}",
        url=row.get_absolute_url(),
        title=row.title,
        due_at=row.due_at,
        name=by.name if by is not None else "",
    )


def _home(unit: OrgUnit | None, to: Any) -> OrgUnit:
    home = unit or to.unit
    if home is None:
        raise Refused(_("{name} belongs to no unit.").format(name=to.name))
    return home


def _refuse_idle(to: Any) -> None:
    if not to.is_active:
        raise Refused(
            _("{name} is no longer active; please choose somebody else.").format(name=to.name)
        )


def _refuse_stale(row: Assignment, version: int) -> None:
    if row.version != version:
        raise Stale(_("Somebody changed this task meanwhile. Please look again."))


def _held(assignment: Assignment) -> Assignment:
    return lock(Assignment.objects.filter(pk=assignment.pk)).select_related("to__unit").get()


def _open(assignment: Assignment) -> Assignment:
    row = _held(assignment)
    if not row.is_open:
        raise Refused(_("This task has ended already."))
    return row
