"""What the night does about the log-in duty: store the day, find lapses, draft notices and
commendations, warn, freeze.

Nobody loses his account to a wrong clock: a run that would freeze more than one in fifty of all
active accounts freezes none and tells the administrators (reliability).
"""

import datetime as dt
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.selectors.people import administrators
from accounts.services import freeze
from compliance.models import Lapse
from compliance.months import month_end
from compliance.selectors.log_in_figures import stored_through
from compliance.selectors.log_in_rules import ONE_DAY
from compliance.services.circulars import draft_circulars
from compliance.services.commendations import draft_commendations
from compliance.services.lapses import find_lapses
from compliance.services.log_in_days import Stored, check_is_over, store_days, store_through
from compliance.services.warnings import warn_gaps
from core.errors import Refused
from core.notices import notify
from regions.policies import policy

CAP: Final = 50  # at most one account in so many


def judge_yesterday() -> str:
    """Bring everything about log-ins up to yesterday. Safe to run twice and at once."""
    try:
        stored = store_days()
    except Refused as refusal:
        _alarm("store", str(refusal))
        raise
    made, gone = find_lapses()
    drafted = draft_circulars()
    praised = draft_commendations()
    warned = warn_gaps()
    frozen = freeze_dormant()
    said = _summary(stored, made, gone, drafted, warned, frozen)
    words = ngettext(
        "{count} person is to be commended.", "{count} people are to be commended.", praised
    )
    return f"{said} {words.format(count=praised)}" if praised else said


def close_gap(through: dt.date) -> str:
    """What the nights of a long gap did not do: store the days through one of them and find the
    lapses, month by month. Notices are left to the next night. Safe to run again after a kill.

    Raises Refused for a day that is not over.
    """
    check_is_over(through)
    written = made = gone = 0
    stored = Stored()
    for last in _month_ends(through):
        stored = store_through(last)
        new, old = find_lapses()
        written, made, gone = written + stored.written, made + new, gone + old
    sentence = _("Stored {written} days through {day}; {made} new lapses, {gone} gone.")
    return sentence.format(written=written, day=stored.through, made=made, gone=gone)


def _month_ends(through: dt.date) -> list[dt.date]:
    """The last days of the months that are not stored whole, and `through` itself: lapses are
    looked for in the three months before the newest day."""
    since = stored_through()
    ends = []
    while since is not None and month_end(since) < through:
        ends.append(month_end(since))
        since = ends[-1] + ONE_DAY
    return [*ends, through]


def freeze_dormant() -> int:
    """Freeze accounts without log-in for as long as the policy says. Returns how many.

    None at all when it were more than one active account in fifty; never the last administrator.
    """
    weeks = policy("compliance.freeze_after_weeks")
    if not weeks:
        return 0
    lapses = Lapse.objects.lasting().filter(days__gte=weeks * 7)
    people = User.objects.active().filter(pk__in=lapses.values("person")).order_by("pk")
    found = list(people)
    if len(found) > User.objects.active().count() // CAP:
        sentence = _(
            "{count} accounts had no log-in for {weeks} weeks. That is more than 2 % of all, so "
            "none was frozen. Please check the clock, then freeze accounts by hand."
        )
        _alarm("cap", sentence.format(count=len(found), weeks=weeks))
        return 0
    return sum(_freeze(person, weeks) for person in found)


def _freeze(person: User, weeks: int) -> int:
    reason = _("No log-in for {weeks} weeks.").format(weeks=weeks)
    try:
        with transaction.atomic():
            freeze(person, by=None, reason=reason)
    except Refused:  # the last administrator, or somebody was faster
        return 0
    return 1


def _alarm(what: str, sentence: str) -> None:
    """Tell the administrators, once a day."""
    notify(
        administrators(),
        "compliance.log_ins_stopped",
        key=f"log-ins:{what}:{timezone.localdate()}",
        url="/system/health/",
        why=sentence,
    )


def _summary(stored: Stored, made: int, gone: int, drafted: int, warned: int, frozen: int) -> str:
    sentence = _(
        "Stored {written} days through {day}; {made} new lapses, {gone} gone, {drafted} drafted, "
        "{warned} people warned, {frozen} accounts frozen."
    )
    return sentence.format(
        written=stored.written,
        day=stored.through,
        made=made,
        gone=gone,
        drafted=drafted,
        warned=warned,
        frozen=frozen,
    )
