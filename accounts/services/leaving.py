"""Closing the account of somebody who leaves: after his work went to others, or by the night once
his last day has passed (ACC-07, ACC-16)."""

from datetime import date
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.handover import hold_what_precedes
from accounts.models import HandOver, HandOverState, User, UserState
from accounts.selectors import administrators
from accounts.services.following import hold_sections
from accounts.services.hand_over import find_work_left, open_work
from accounts.services.people import end_all_of, keeping_an_administrator, leave
from accounts.staff_events import StaffEvent, StaffEventKind, tell
from core.clock import database_now
from core.errors import Refused
from core.notices import notify

#: One account in so many closes by itself in a night, and always one: a wrong clock, or a wrong
#: column of a staff file, must not shut out the house.
CAP: Final = 50


@transaction.atomic
def close_leaver(user: User, *, by: User | None, on: date | None = None) -> User:
    """Close the account in one go: log-in, posts, grants, shares. Data stays where it is.

    Raises Refused while the person still holds open work anywhere, whoever reaches it, so that
    nobody who left keeps a customer; else as `leave` does.
    """
    hold_what_precedes([user])
    hold_sections()
    person = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    count = sum(sum(units.values()) for units in open_work(person).values())
    if count:
        sentence = ngettext(
            "{name} still holds {count} piece of work. Hand it over first.",
            "{name} still holds {count} pieces of work. Hand them over first.",
            count,
        )
        raise Refused(sentence.format(name=person.name, count=f"{count:,}"))
    _keep_with_stand_ins(person)
    return leave(person, by=by, on=on)


def _keep_with_stand_ins(person: User) -> None:
    # Work that a stand-in holds would come back to nobody: it stays where it is, for good.
    HandOver.objects.filter(giver=person, state=HandOverState.DONE).update(until=None)


# --- by the night -------------------------------------------------------------------------------


def past_last_day(day: date | None = None) -> QuerySet[User]:
    """Accounts that stand although the last day of their person lies before `day` (today by the
    clock of the database), the longest overdue first."""
    today = day or timezone.localdate(database_now())
    rows = User.objects.filter(left_on__lt=today).exclude(state=UserState.LEFT)
    return rows.order_by("left_on", "pk")


def close_past_last_day(*, unbounded: bool = False) -> int:
    """Close every account whose last day has passed, as recording the leaving would. Returns how
    many. Open work stays and is listed to be handed over; the form of the leaver opens with it.

    None at all, and administrators are told, when it were more than one active account in fifty;
    `unbounded` is the operator who has looked. Never the last administrator. Safe to run twice.
    """
    due = list(past_last_day())
    if not unbounded and len(due) > max(1, User.objects.active().count() // CAP):
        sentence = _(
            "The last day of {count} people has passed. That is more than 2 % of all accounts, so "
            "none was closed. Please check the clock and the staff file; then close the accounts "
            "by hand, or run close_leavers."
        )
        _tell_administrators("cap", sentence.format(count=len(due)))
        return 0
    closed = [person for person in due if _close_in_time(person)]
    for person in closed:
        find_work_left(person)
    return len(closed)


def _close_in_time(person: User) -> bool:
    """Close one account in a transaction of its own; False when somebody was faster, and for the
    last administrator, of whom the others are told."""
    try:
        with transaction.atomic():
            hold_what_precedes([person])
            hold_sections()
            held = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
            if not past_last_day().filter(pk=held.pk).exists():
                return False
            with keeping_an_administrator():
                _close_now(held)
    except Refused as refusal:
        _tell_administrators(person.employee_no, f"{person.name}: {refusal}")
        return False
    return True


def _close_now(person: User) -> None:
    _keep_with_stand_ins(person)
    person.state = UserState.LEFT
    person.save(update_fields=["state"])
    end_all_of([person], by=None)
    if person.unit is not None and person.left_on is not None:
        tell([StaffEvent(person, StaffEventKind.LEFT, person.left_on, person.unit)], by=None)


def _tell_administrators(what: str, sentence: str) -> None:
    """Once a day."""
    notify(
        administrators(),
        "accounts.leavers_stay",
        key=f"leavers:{what}:{timezone.localdate()}",
        url="/system/health/",
        why=sentence,
    )
