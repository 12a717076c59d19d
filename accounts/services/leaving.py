"""Closing the account of somebody who leaves, after his work went to others (ACC-07, ACC-16)."""

from datetime import date

from django.db import transaction
from django.utils.translation import ngettext

from accounts.handover import hold_what_precedes
from accounts.models import HandOver, HandOverState, User
from accounts.services.following import hold_sections
from accounts.services.hand_over import open_work
from accounts.services.people import leave
from core.errors import Refused


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
    # Work that a stand-in holds would come back to nobody: it stays where it is, for good.
    HandOver.objects.filter(giver=person, state=HandOverState.DONE).update(until=None)
    return leave(person, by=by, on=on)
