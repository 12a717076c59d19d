"""Time limits of open cases worked out anew when a rule or the working calendar has changed.

Who changes a rule or a calendar leaves a job in his transaction; the job walks through the open
cases of the branch in batches. It goes on where it stood when its worker dies, and doing a batch
twice changes nothing.
"""

from datetime import date, datetime, time
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from complaints.limits import GENERAL
from complaints.models import Case, Deadline
from complaints.services.clocks import recompute_many
from complaints.states import OPEN
from core.display import capped, thousands
from core.faults import fault_point
from core.jobs import Running, enqueue, handles
from core.locking import lock
from core.models import Job, JobState
from regions.calendars import CalendarChange, on_calendar_change
from regions.models import OrgUnit
from regions.policies import PolicyChange, on_policy_change
from regions.policies.touches import Change, Touch, touches

JOB = "complaints.recompute_deadlines"
BATCH = 200
COUNTED = 10_000
# The rules from which time limits and their ladders follow.
RULES = frozenset(
    {
        *GENERAL.values(),
        "complaints.enquiry_reply",
        "complaints.serious_first_response",
        "complaints.limit_exceptions",
        "complaints.ladder",
    }
)


@on_policy_change("complaints.*")
def after_policy_change(change: PolicyChange) -> None:
    """Cases follow the rules of the day they came in on: a rule of later days touches none."""
    if change.key in RULES and change.since <= timezone.localdate():
        _ask(change.payload())


@on_calendar_change
def after_calendar_change(change: CalendarChange) -> None:
    """Working time before or after the changed days counts as it did; only open cases matter."""
    _ask({"unit": change.unit_id})


def _ask(payload: dict[str, Any]) -> None:
    """A job of its own for each change: one that runs already may be past what this one touches."""
    if touched_by(payload).exists():
        enqueue(JOB, key=f"{JOB}:{uuid4()}", by=None, payload=payload)


def class_changed(*, level: int | None = None, category: int | None = None) -> None:
    """A level or category, by its key, has another name or weight: rules name them.

    One job that waits already does for several changes; it is held until this one is committed,
    so that it cannot begin before and miss it.
    """
    payload = {"level": level} if level is not None else {"category": category}
    queued = Job.objects.filter(kind=JOB, state=JobState.QUEUED, payload=payload)
    if queued.select_for_update(no_key=True).first() is None:
        _ask(payload)


def touched_by(payload: dict[str, Any]) -> QuerySet[Case]:
    """Open cases with a limit that still runs, in the branch and since the day of a change."""
    running = Deadline.objects.filter(case=OuterRef("pk"), met_at=None, dropped=False)
    cases = Case.objects.open().filter(Exists(running))
    if payload.get("unit") is not None:
        unit = OrgUnit.objects.filter(pk=payload["unit"]).first()
        if unit is None:
            return cases.none()
        cases = cases.filter(unit__in=OrgUnit.objects.below(unit))
    if payload.get("level"):
        cases = cases.filter(level=payload["level"])
    if payload.get("category"):
        bears = Q(category=payload["category"]) | Q(top_category=payload["category"])
        cases = cases.filter(bears)
    if payload.get("since"):
        cases = cases.filter(taken_in_at__gte=_midnight(date.fromisoformat(payload["since"])))
    return cases


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@handles(JOB, title=_("Work out time limits of open cases anew"))
def recompute_deadlines(running: Running) -> str:
    """Walk through the cases that a change touches, a batch a transaction."""
    cases = touched_by(running.payload)
    total, done, last = cases.count(), 0, 0
    while keys := list(
        cases.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]
    ):
        with transaction.atomic():
            running.hold()
            _recompute(keys)
            fault_point("complaints.recompute_batch")
        done, last = done + len(keys), keys[-1]
        running.progress(done, max(total, done))
    sentence = ngettext(
        "The time limits of {count} case were worked out anew.",
        "The time limits of {count} cases were worked out anew.",
        done,
    )
    return sentence.format(count=thousands(done))


def _recompute(keys: list[int]) -> None:
    """Locked in the order of their keys, as everybody who locks several cases does."""
    # Classed otherwise while we wait, a case would come with its key and without its category.
    held = lock(Case.objects.filter(pk__in=keys), no_key=True).filter(state__in=sorted(OPEN))
    recompute_many(list(held.select_related("level", "category", "top_category")))


@touches("complaints.*")
def open_cases_touched(change: Change) -> Touch | None:
    """Open cases whose time limits a change of a rule would move: those that came in since."""
    if change.rule.key not in RULES:
        return None
    cases = touched_by({"since": change.on.isoformat()}).filter(unit__in=change.unit_ids)
    found = len(cases.order_by().values_list("pk", flat=True)[: 2 * COUNTED])
    if not found:
        return None
    words = ngettext(
        "The time limits of {count} open case are worked out anew.",
        "The time limits of {count} open cases are worked out anew.",
        found,
    )
    return Touch(words.format(count=capped(found, COUNTED)), found)
