"""Naming who stands in for somebody who is away, and ending it.

Unlike a hand-over nothing moves: whoever assigns work, tells people or asks who may act looks up
`accounts.selectors.stand_ins`. docs/adr/0025-stand-ins.md has the rules.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import StandIn, User, may_reach
from accounts.selectors.stand_ins import may_stand_in
from audit.services import record
from core.display import when
from core.errors import Refused, Stale
from core.notices import notify

# The right of whoever moves work from one person of his branch to another.
RIGHT = "accounts.hand_over_work"
LONGEST = timedelta(days=366)
# Two that name each other at the same moment would each miss what the other has not committed.
HOLD = "SELECT pg_advisory_xact_lock(hashtext('accounts.stand_ins'))"


@transaction.atomic
def appoint_stand_in(
    person: User,
    *,
    deputy: User,
    starts_at: datetime,
    ends_at: datetime,
    by: User | None,
    reason: str = "",
) -> StandIn:
    """Let somebody do the work of a person while he is away, and tell him.

    The person himself may, and whoever may hand over his work; `by` None is the operator. Raises
    Refused for a wrong span, for a deputy whose roles do not reach the person's units, and where
    one of the two is away or stands in for the other in that time already.
    """
    _hold()
    _check_by(person, by)
    _check_span(starts_at, ends_at)
    _check_people(person, deputy)
    _check_others(person, deputy, starts_at, ends_at)
    row = StandIn.objects.create(
        person=person,
        deputy=deputy,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason.strip(),
        given_by=by,
    )
    _record("stand_in.appointed", row, by)
    notify(
        {deputy.pk, person.pk} - {by.pk if by else None},
        "accounts.stand_in_named",
        key=f"stand-in:{row.pk}",
        url="/account/stand-in/",
        person=person.name,
        deputy=deputy.name,
        since=starts_at,
        until=ends_at,
    )
    return row


@transaction.atomic
def end_stand_in(row: StandIn, *, by: User | None) -> None:
    """The person is back: a stand-in that has begun ends now, one that has not is taken away.

    Raises Refused for whoever may not name one, Stale when it has ended already.
    """
    _hold()
    held = StandIn.objects.select_related("person", "deputy").filter(pk=row.pk).first()
    now = timezone.now()
    if held is None or held.ends_at <= now:
        raise Stale(_("This has ended already."))
    _check_by(held.person, by)
    _record("stand_in.ended", held, by)
    if held.starts_at >= now:
        held.delete()
        return
    held.ends_at = now
    held.save(update_fields=["ends_at"])


def _hold() -> None:
    with connection.cursor() as cursor:
        cursor.execute(HOLD)


def _check_by(person: User, by: User | None) -> None:
    if by is None or by.pk == person.pk or may_reach(by, RIGHT, person):
        return
    raise Refused(_("You may not name who stands in for {name}.").format(name=person.name))


def _check_span(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise Refused(_("The end must lie after the beginning."))
    if ends_at <= timezone.now():
        raise Refused(_("This time lies in the past already."))
    if ends_at - starts_at > LONGEST:
        raise Refused(_("Please enter at most a year at once."))


def _check_people(person: User, deputy: User) -> None:
    if person.pk == deputy.pk:
        raise Refused(_("Nobody stands in for himself. Please choose a colleague."))
    for one in (person, deputy):
        if not one.is_active:
            raise Refused(_("{name} is not active.").format(name=one.name))
    if deputy.pk not in may_stand_in(person, [deputy]):
        raise Refused(
            _("The roles of {deputy} do not reach every unit in which {name} works.").format(
                deputy=deputy.name, name=person.name
            )
        )


def _check_others(person: User, deputy: User, starts_at: datetime, ends_at: datetime) -> None:
    """No second deputy at a time, no deputy who is away, none who has somebody to stand in for
    him: a line of deputies could run in a circle."""
    others = StandIn.objects.overlapping(starts_at, ends_at).select_related("person", "deputy")
    for other in others.filter(person__in=(person, deputy)):
        if other.person_id == person.pk:
            sentence = _("{deputy} stands in for {name} already, until {until}.")
        else:
            sentence = _("{name} is away until {until} himself; {deputy} stands in for him.")
        raise Refused(_fill(sentence, other))
    served = others.filter(deputy=person).first()
    if served is not None:
        sentence = _(
            "{deputy} stands in for {name} until {until}. Please name somebody else there first."
        )
        raise Refused(_fill(sentence, served))


def _fill(sentence: str, row: StandIn) -> str:
    return sentence.format(name=row.person.name, deputy=row.deputy.name, until=when(row.ends_at))


def _record(action: str, row: StandIn, by: Any) -> None:
    record(
        action,
        by=by,
        subject=row.person,
        employee_no=row.person.employee_no,
        deputy=row.deputy.employee_no,
    )
