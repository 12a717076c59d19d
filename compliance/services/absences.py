"""Verbs of trips and leave: ask, decide, correct, cancel (LOG-02).

Whoever travels asks; approved, the days are excused, and his stand-in acts for him. Afterwards a
change is a correction with a reason: by the person himself it is approved as the first request
was, by whoever answers for him it holds at once. Days of frozen months stay judged as they were.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User, may_reach
from accounts.services import end_stand_in
from approvals import services as approvals
from audit.services import record
from compliance.models import Absence, AbsenceKind, AbsenceSource, AbsenceState
from compliance.services.log_in_days import ask_for_days
from core.errors import Refused, Stale
from core.locking import lock
from core.notices import notify
from regions.models import Kind, OrgUnit

KIND = "compliance.absence"
CORRECT = "compliance.correct_absence"
LONGEST = 366  # days of one absence
FARTHEST = dt.timedelta(days=366)  # ahead of today
HOLD = 'SELECT "id" FROM "accounts_user" WHERE "id" = ANY(%s) ORDER BY "id" FOR NO KEY UPDATE'
ONE_DAY = dt.timedelta(days=1)


def hold_people(people: Collection[int]) -> None:
    """Let nobody else change the absences of these people until the transaction ends: two that
    are written at once would each miss what the other has not committed."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [sorted(people)])


@transaction.atomic
def ask_absence(
    *,
    by: User,
    kind: str,
    first_day: dt.date,
    last_day: dt.date,
    destination: str = "",
    reason: str = "",
    deputy: User | None = None,
    corrects: Absence | None = None,
    request_key: str = "",
) -> Absence:
    """Ask for a trip or leave of one's own and submit it for approval.

    `corrects` is an approved one that this one takes the place of. Days that have passed, and
    corrections, need a reason; a trip needs its destination. Raises Refused, also where days are
    taken already.
    """
    row = Absence(
        person=by,
        kind=AbsenceKind(kind),
        first_day=first_day,
        last_day=last_day,
        destination=destination.strip(),
        reason=reason.strip(),
        deputy=deputy,
        corrected_of=corrects,
        source=AbsenceSource.CORRECTION if corrects else AbsenceSource.REQUEST,
        entered_by=by,
    )
    _check(row)
    if (first_day < timezone.localdate() or corrects) and not row.reason:
        raise Refused(_("Please say why."))
    if corrects is not None:
        _check_corrected(corrects, by)
    hold_people([by.pk])
    _refuse_overlap(row, _TAKEN, but=corrects)
    row.place_in(_home(by))
    row.save()
    approvals.submit(row, kind=KIND, by=by, request_key=request_key)
    row.refresh_from_db()
    return row


@transaction.atomic
def ask_again(absence: Absence, *, by: User, **values: Any) -> Absence:
    """Change a request that was sent back and submit it again. `values` are facts of `ask_absence`.

    By the person himself. Raises Refused as `ask_absence` does, Stale when it is no draft.
    """
    approvals.hold(absence, KIND)
    hold_people([absence.person_id])
    row = _held(absence)
    if row.person_id != by.pk:
        raise Refused(_("Only the person who asked may change this request."))
    if row.state != AbsenceState.DRAFT:
        raise Stale(_("This was changed meanwhile. Please look again."))
    for name in ("kind", "first_day", "last_day", "destination", "reason", "deputy"):
        if name in values:
            setattr(row, name, values[name])
    _check(row)
    if (row.first_day < timezone.localdate() or row.corrected_of) and not row.reason:
        raise Refused(_("Please say why."))
    if row.corrected_of is not None:
        _check_corrected(row.corrected_of, by)
    _refuse_overlap(row, _TAKEN, but=row.corrected_of)
    row.version += 1
    row.save()
    approvals.submit(row, kind=KIND, by=by)
    row.refresh_from_db()
    return row


_TAKEN = (AbsenceState.APPROVED, AbsenceState.IN_APPROVAL)


def _check(row: Absence) -> None:
    if row.last_day < row.first_day:
        raise Refused(_("The last day lies before the first."))
    if row.days > LONGEST or row.first_day > timezone.localdate() + FARTHEST:
        raise Refused(_("More than a year away: please check the dates."))
    if row.kind == AbsenceKind.TRIP and not row.destination:
        raise Refused(_("Please enter where the trip goes."))
    if row.deputy is not None and row.deputy.pk == row.person_id:
        raise Refused(_("Nobody stands in for himself. Please choose a colleague."))


def _check_corrected(absence: Absence, by: User) -> None:
    if absence.person_id != by.pk or absence.state != AbsenceState.APPROVED:
        raise Refused(_("Only a trip or leave of your own that was approved can be corrected."))


def _refuse_overlap(row: Absence, states: Collection[str], *, but: Absence | None) -> None:
    """No two share a day. Raises Refused with the other's days."""
    others = Absence.objects.filter(person=row.person_id, state__in=states)
    others = others.within(row.first_day, row.last_day).exclude(pk=row.pk)
    if but is not None:
        others = others.exclude(pk=but.pk)
    other = others.order_by("first_day").first()
    if other is not None:
        sentence = _("{first} to {last} is entered as {kind} already.")
        raise Refused(
            sentence.format(
                first=other.first_day, last=other.last_day, kind=other.get_kind_display()
            )
        )


def _home(person: User) -> OrgUnit:
    return person.unit or OrgUnit.objects.get(kind=Kind.GROUP)


# --- what follows from the decision --------------------------------------------------------------


def submitted(absence: Absence, approval: Any, *, by: Any) -> None:
    """It waits for its decision."""
    _go(absence, AbsenceState.IN_APPROVAL, by)


def rejected(absence: Absence, approval: Any, *, by: Any) -> None:
    """Nothing is excused."""
    _go(absence, AbsenceState.REJECTED, by)


def withdrawn(absence: Absence, approval: Any, *, by: Any) -> None:
    """The person took it back."""
    _go(absence, AbsenceState.WITHDRAWN, by)


def reopened(absence: Absence, approval: Any, *, by: Any) -> None:
    """It was sent back, or its approval became void: the person may submit it again."""
    _go(absence, AbsenceState.DRAFT, by)


def approved(absence: Absence, approval: Any, *, by: Any) -> None:
    """The days are excused and the stand-in acts. Raises Refused when days were taken meanwhile."""
    hold_people([absence.person_id])
    row = _held(absence)
    if row.corrected_of is not None:
        _cancel(row.corrected_of, by=by, reason=row.reason)
    _refuse_overlap(row, (AbsenceState.APPROVED,), but=None)
    _appoint(_go(row, AbsenceState.APPROVED, by))
    ask_for_days(row.first_day)


def _appoint(row: Absence) -> None:
    """Let the stand-in act from the first day, or from now on if it has come, until the morning
    after the last. Where that cannot be, the person is told and the trip is still approved."""
    if row.deputy is None or row.last_day < timezone.localdate():
        return
    starts, ends = (
        timezone.make_aware(dt.datetime.combine(day, dt.time()))
        for day in (row.first_day, row.last_day + ONE_DAY)
    )
    try:
        with transaction.atomic():
            row.stand_in = approvals.act_for(
                row.person, row.deputy, max(starts, timezone.now()), ends, str(row)[:200]
            )
            row.save(update_fields=["stand_in"])
    except Refused as refusal:
        notify(
            [row.person_id],
            "compliance.no_stand_in",
            key=f"absence:{row.pk}:stand-in",
            url=row.get_absolute_url(),
            deputy=row.deputy.name,
            why=str(refusal),
        )


# --- afterwards ----------------------------------------------------------------------------------


@transaction.atomic
def correct_absence(
    absence: Absence,
    *,
    by: User | None,
    reason: str,
    kind: str,
    first_day: dt.date,
    last_day: dt.date,
    destination: str = "",
) -> Absence:
    """Put another trip or leave in the place of an approved one, after the fact.

    By whoever answers for the person, not by himself; `by` None is the operator. The old one stays
    as cancelled. Raises Refused, also without a reason.
    """
    hold_people([absence.person_id])
    old = _held(absence)
    _check_may_correct(old, by)
    if not reason.strip():
        raise Refused(_("Please say why."))
    row = Absence(
        person=old.person,
        kind=AbsenceKind(kind),
        first_day=first_day,
        last_day=last_day,
        destination=destination.strip(),
        reason=old.reason,
        change_reason=reason.strip(),
        deputy=old.deputy,
        corrected_of=old,
        source=AbsenceSource.CORRECTION,
        state=AbsenceState.APPROVED,
        entered_by=by,
    )
    _check(row)
    _cancel(old, by=by, reason=reason.strip())
    _refuse_overlap(row, (AbsenceState.APPROVED,), but=None)
    row.place_in(_home(old.person))
    row.save()
    _record("absence.corrected", row, by)
    _appoint(row)
    ask_for_days(min(old.first_day, first_day))
    return row


@transaction.atomic
def cancel_absence(absence: Absence, *, by: User | None, reason: str) -> Absence:
    """Take an approved trip or leave back: it did not take place.

    The person himself before it begins, else whoever answers for him. Raises Refused.
    """
    hold_people([absence.person_id])
    old = _held(absence)
    own = by is not None and by.pk == old.person_id
    if not (own and old.first_day > timezone.localdate()):
        _check_may_correct(old, by)
    if not reason.strip():
        raise Refused(_("Please say why."))
    row = _cancel(old, by=by, reason=reason.strip())
    ask_for_days(row.first_day)
    return row


def may_correct(absence: Absence, by: User) -> bool:
    """Whether somebody answers for the person of an approved absence, who is not himself."""
    return absence.state == AbsenceState.APPROVED and answers_for(absence, by)


def answers_for(absence: Absence, by: User) -> bool:
    """Whether somebody may correct trips and leave of this person, who is not himself."""
    return absence.person_id != by.pk and may_reach(by, CORRECT, absence.person)


def _check_may_correct(absence: Absence, by: User | None) -> None:
    if absence.state != AbsenceState.APPROVED:
        raise Stale(_("This was changed meanwhile. Please look again."))
    if by is not None and not may_correct(absence, by):
        raise Refused(_("Please ask whoever answers for this person."))


def _cancel(absence: Absence, *, by: Any, reason: str) -> Absence:
    row = _held(absence)
    if row.state != AbsenceState.APPROVED:
        raise Stale(_("This was changed meanwhile. Please look again."))
    stand_in = row.stand_in
    row = _go(row, AbsenceState.CANCELLED, by, change_reason=reason)
    if stand_in is not None and stand_in.ends_at > timezone.now():
        end_stand_in(stand_in, by=None)
    return row


def _held(absence: Absence) -> Absence:
    return (
        lock(Absence.objects.filter(pk=absence.pk))
        .select_related("person__unit", "deputy", "corrected_of")
        .get()
    )


def _go(absence: Absence, state: str, by: Any, **values: Any) -> Absence:
    row = _held(absence)
    for name, value in {"state": state, **values}.items():
        setattr(row, name, value)
    row.version += 1
    row.save()
    _record("absence.state", row, by)
    return row


def _record(action: str, row: Absence, by: Any) -> None:
    record(
        action,
        by=by,
        subject=row,
        employee_no=row.person.employee_no,
        first=str(row.first_day),
        last=str(row.last_day),
        state=str(row.state),
    )
