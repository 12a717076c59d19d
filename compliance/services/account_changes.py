"""The form 《信息系统用户管理及权限变更审批表》, from the staff event to the deed (ACC-07…ACC-11).

The time limit runs from the staff event, whoever enters it and when. A leaver whose account was
closed in the guided step has his line done by that very step.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.handover import when_carried_out, when_left
from accounts.models import HandOver, User, UserState
from accounts.services import freeze, open_work
from accounts.staff_events import StaffEvent, StaffEventKind, on_staff_event
from approvals import services as approvals
from audit.services import record
from compliance.checks.responsible import heads_above, who_carry_out, who_files
from compliance.models import AccountChange, ChangeLine
from compliance.selectors.staffing import roles_of
from compliance.states import CHANGE_OPEN, ChangeCause, ChangeKind, ChangeState
from core.display import listed
from core.errors import Refused
from core.faults import fault_point
from core.locking import lock
from core.notices import Letter, notify, notify_each
from customers.selectors.rhythm import add_months
from regions.models import OrgUnit
from regions.policies import policy
from regions.services.deadlines import last_day

KIND = "compliance.account_change"
NAMED = 3  # people named in a notice
REMEMBERED = 12  # months back that a staff event is still filed for


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody on the form: a person with an account, or one who is to get one."""

    employee_no: str
    name: str
    person: User | None = None

    @classmethod
    def of(cls, person: User) -> "Named":
        """A person who is there."""
        return cls(person.employee_no, person.name, person)


def due_on(event_on: dt.date, unit: OrgUnit) -> dt.date:
    """The last day in time for a staff event: one working day after it, or what the rule of the
    unit said on that day."""
    return last_day(policy("compliance.account_change", unit=unit, on=event_on), event_on, unit)


# --- noted by the system --------------------------------------------------------------------------

NOTED = {
    StaffEventKind.HIRED: (ChangeKind.OPEN, ChangeCause.HIRE),
    StaffEventKind.LEFT: (ChangeKind.CLOSE, ChangeCause.LEAVE),
    StaffEventKind.MOVED: (ChangeKind.CHANGE, ChangeCause.TRANSFER),
}


@on_staff_event
@transaction.atomic
def note(events: Sequence[StaffEvent], by: Any) -> list[AccountChange]:
    """Open an account change for each staff event that has none, and tell those who may file it
    of what is left to do. A leaver with nothing left to hand over is done with at once, and the
    record says so."""
    people = lock(User.objects.filter(pk__in=[event.person.pk for event in events]))
    current = {person.pk: person for person in people.select_related("unit")}
    made = []
    for event in events:
        person = current[event.person.pk]
        kind, cause = NOTED[event.kind]
        if _noted_already(person, cause, event.on):
            continue
        change = AccountChange(
            kind=kind, cause=cause, event_on=event.on, due_on=due_on(event.on, event.unit)
        )
        change.place_in(person.unit or event.unit)
        change.save()
        _write_lines(change, [Named.of(person)])
        record("accountchange.noted", by=by, subject=change, kind=kind, people=person.employee_no)
        if kind == ChangeKind.CLOSE:
            _finish_closed(person, by)
        made.append(change)
    _tell_noted(made)
    return made


def _tell_noted(changes: Sequence[AccountChange]) -> None:
    """One notice for each of those who may file, however many changes one file brought."""
    left = AccountChange.objects.filter(
        pk__in=[change.pk for change in changes], state=ChangeState.NOTED
    )
    mine: dict[int, list[AccountChange]] = defaultdict(list)
    filing = who_files()
    for change in left.select_related("unit").prefetch_related("lines").order_by("due_on", "pk"):
        for key in filing(change.unit):
            mine[key].append(change)
    notify_each("compliance.account_change_noted", [_noted_letter(*one) for one in mine.items()])


def _noted_letter(user: int, changes: Sequence[AccountChange]) -> Letter:
    first = changes[0]
    names = [line.name for change in changes for line in change.lines.all()]
    people = ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
    facts = {"count": len(changes), "people": people, "due_on": first.due_on.isoformat()}
    one = len(changes) == 1
    url = first.get_absolute_url() if one else reverse("compliance:account-changes")
    return Letter(user, f"accountchange:{first.pk}:noted", url, facts)


def _noted_already(person: User, cause: str, on: dt.date) -> bool:
    # A form for somebody who is yet to come was filed before he had an account.
    named = Q(person=person) | Q(person=None, employee_no=person.employee_no)
    lines = ChangeLine.objects.filter(named, change__cause=cause)
    same_day = lines.filter(change__event_on=on)
    return same_day.exists() or lines.filter(change__state__in=CHANGE_OPEN).exists()


def _write_lines(change: AccountChange, people: Sequence[Named]) -> None:
    ChangeLine.objects.bulk_create(
        [
            ChangeLine(
                change=change,
                person=one.person,
                employee_no=one.employee_no.strip().upper(),
                name=one.name.strip(),
            )
            for one in people
        ]
    )


# --- filed by people ------------------------------------------------------------------------------


@transaction.atomic
def file_change(
    *,
    kind: str,
    cause: str,
    event_on: dt.date,
    unit: OrgUnit,
    people: Sequence[Named],
    reason: str,
    treatment: str,
    by: User,
    request_key: str = "",
) -> AccountChange:
    """Fill in the form and submit it for approval. Raises Refused for nobody, for no reason, for a
    day that the staff event cannot have (check_event), and for somebody who stands on an open form
    of the same kind."""
    if not people:
        raise Refused(_("Please name at least one person."))
    _check_words(reason, treatment)
    check_event(event_on, people)
    _check_people(kind, people)
    change = AccountChange(
        kind=kind,
        cause=cause,
        event_on=event_on,
        due_on=due_on(event_on, unit),
        reason=reason.strip(),
        treatment=treatment.strip(),
        asked_by=by,
    )
    change.place_in(unit)
    change.save()
    _write_lines(change, people)
    return _submit(change, by, request_key)


@transaction.atomic
def file_noted(
    change: AccountChange, *, reason: str, treatment: str, by: User, request_key: str = ""
) -> AccountChange:
    """Complete a form that the system opened, or one that was sent back, and submit it."""
    approvals.hold(change, KIND)
    held = _hold(change)
    if held.state != ChangeState.NOTED:
        raise Refused(_("This form was filed already."))
    _check_words(reason, treatment)
    held.reason, held.treatment, held.asked_by = reason.strip(), treatment.strip(), by
    held.save(update_fields=["reason", "treatment", "asked_by"])
    return _submit(held, by, request_key)


def _submit(change: AccountChange, by: User, request_key: str) -> AccountChange:
    approvals.submit(change, kind=KIND, by=by, request_key=request_key)
    change.refresh_from_db()
    numbers = ", ".join(change.lines.values_list("employee_no", flat=True))
    record("accountchange.filed", by=by, subject=change, kind=change.kind, people=numbers)
    return change


def _check_words(reason: str, treatment: str) -> None:
    if not reason.strip():
        raise Refused(_("Please say why."))
    if not treatment.strip():
        raise Refused(_("Please say what shall be done."))


def check_event(event_on: dt.date, people: Sequence[Named]) -> None:
    """Raise Refused for a day on which nothing can have happened to these people that is filed
    today: before one of them was hired, or more than a year ago. The time limit runs from this day
    (ACC-07), so a slip of the pen makes a form late by years."""
    for one in people:
        hired_on = one.person.hired_on if one.person else None
        if hired_on and event_on < hired_on:
            sentence = _("{person} was hired on {day}; the staff event cannot lie before that day.")
            raise Refused(sentence.format(person=one.name, day=hired_on.isoformat()))
    if event_on < add_months(timezone.localdate(), -REMEMBERED):
        raise Refused(_("The staff event lies more than a year back. Please check the day."))


def _check_people(kind: str, people: Sequence[Named]) -> None:
    numbers = [one.employee_no.strip().upper() for one in people]
    if len(set(numbers)) < len(numbers):
        raise Refused(_("Somebody is named twice."))
    # Two people file for the same colleague at the same moment: the second one waits here.
    list(lock(User.objects.filter(pk__in=[one.person.pk for one in people if one.person])))
    filed = ChangeLine.objects.filter(
        employee_no__in=numbers, change__kind=kind, change__state__in=CHANGE_OPEN
    ).first()
    if filed is not None:
        sentence = _("{person} stands on an open form of this kind already.")
        raise Refused(sentence.format(person=filed.name))


# --- what follows from the decision ---------------------------------------------------------------


def follow(state: ChangeState) -> Any:
    """A handler of approvals.subjects that lets the form take a state."""

    def handler(change: AccountChange, approval: Any, *, by: Any) -> None:
        row = _hold(change)
        if row.state == ChangeState.DONE:  # the guided step was quicker than the approver
            return
        row.state = state
        row.save(update_fields=["state"])
        record("accountchange.decided", by=by, subject=row, kind=row.kind, state=str(state))

    return handler


# --- carried out ----------------------------------------------------------------------------------


@transaction.atomic
def carry_out(change: AccountChange, *, by: User, reason: str = "") -> AccountChange:
    """Do what was approved, or see that it was done. Freezing shuts the accounts at once; closing
    needs the guided step for each person, opening an account that is there, and a change that no
    role is left outside the person's unit, unless `reason` says why.

    Raises Refused with the name of the person for whom something is missing.
    """
    held = _hold(change)
    if held.state != ChangeState.APPROVED:
        raise Refused(_("Only what was approved is carried out."))
    if held.kind == ChangeKind.CHANGE:
        _check_roles(held, by, reason.strip())
    for line in held.lines.filter(done_at=None).select_related("person"):
        _do(held, line, by)
        line.done_at = timezone.now()
        line.save(update_fields=["person", "done_at"])
        fault_point("accountchange.line")
    return _finish(held, by)


def _check_roles(change: AccountChange, by: User, reason: str) -> None:
    """Raise Refused for roles that somebody kept where he does not work any more; with a reason
    they stay, and the record names them."""
    for roles in roles_of(change).values():
        left = [str(role) for role in roles if role.outside]
        if not left:
            continue
        person = roles[0].grant.user
        if not reason:
            sentence = _(
                "{person} still holds roles outside the new unit: {roles}. Please end them, or say "
                "why they stay."
            )
            raise Refused(sentence.format(person=person.name, roles=listed(left)))
        record(
            "accountchange.roles_kept",
            by=by,
            subject=change,
            people=person.employee_no,
            roles=listed(left),
            reason=reason,
        )


def _do(change: AccountChange, line: ChangeLine, by: User) -> None:
    person = line.person
    if change.kind == ChangeKind.OPEN:
        person = User.objects.filter(employee_no=line.employee_no).first()
        if person is None or not person.is_active:
            raise Refused(_("Please create the account of {person} first.").format(person=line))
        line.person = person
    elif person is None:
        raise Refused(_("{person} has no account.").format(person=line))
    elif change.kind == ChangeKind.CLOSE and person.state != UserState.LEFT:
        raise Refused(_("Please close the account of {person} first.").format(person=line))
    elif change.kind == ChangeKind.FREEZE and person.state == UserState.ACTIVE:
        freeze(person, by=by, reason=change.reason)


def _finish(change: AccountChange, by: Any) -> AccountChange:
    if not change.lines.filter(done_at=None).exists():
        change.state = ChangeState.DONE
        change.done_at, change.done_by = timezone.now(), by
        change.save(update_fields=["state", "done_at", "done_by"])
        record("accountchange.done", by=by, subject=change, kind=change.kind)
    return change


@when_left
def close_lines(person: User, by: Any) -> None:
    """Closing an account settles the forms that ask for it."""
    _finish_closed(person, by)


@when_carried_out
def close_lines_of_giver(hand_over: HandOver) -> None:
    """Once the work of somebody whose account a file closed is handed over, his form is done."""
    if hand_over.giver is not None and hand_over.giver.state == UserState.LEFT:
        _finish_closed(hand_over.giver, hand_over.by)


def _finish_closed(person: User, by: Any) -> None:
    """Settle the lines of a leaver who holds nothing any more."""
    if person.state != UserState.LEFT or open_work(person):
        return
    lines = ChangeLine.objects.filter(
        person=person, done_at=None, change__kind=ChangeKind.CLOSE, change__state__in=CHANGE_OPEN
    )
    changes = lock(AccountChange.objects.filter(pk__in=lines.values("change")))
    for change in changes:
        change.lines.filter(person=person, done_at=None).update(done_at=timezone.now())
        _finish(change, by)


# --- late -----------------------------------------------------------------------------------------


@transaction.atomic
def escalate(day: dt.date | None = None) -> int:
    """Tell those who carry out, and those who answer for the unit, of changes beyond their limit;
    each change once. Returns how many changes were escalated."""
    today = day or timezone.localdate()
    late = AccountChange.objects.filter(state__in=CHANGE_OPEN, due_on__lt=today, escalated_at=None)
    rows = list(lock(late).select_related("unit").prefetch_related("lines"))
    if not rows:
        return 0
    reached = _responsible()
    for change in rows:
        notify(
            reached(change),
            "compliance.account_change_late",
            key=f"accountchange:{change.pk}:late",
            url=change.get_absolute_url(),
            what=change.kind,
            people=", ".join(line.name for line in change.lines.all()),
            unit=change.unit.name,
            due_on=change.due_on.isoformat(),
        )
    AccountChange.objects.filter(pk__in=[row.pk for row in rows]).update(
        escalated_at=timezone.now()
    )
    return len(rows)


def _responsible() -> Any:
    """A function of a change: keys of who carries it out and of heads of its unit and above."""
    doing, heads = who_carry_out(), heads_above()
    return lambda change: doing | heads(change.unit)


def _hold(change: AccountChange) -> AccountChange:
    return lock(AccountChange.objects.filter(pk=change.pk)).select_related("unit").get()
