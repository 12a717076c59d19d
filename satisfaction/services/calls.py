"""The telephone desk: the next number, and what came of a call (SAT-04).

Whoever takes a number holds it for a while; nobody else gets it meanwhile. An interviewer has one
number at a time, and the next one only after saying what came of the last.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused, Stale
from core.values.dates import CHINA
from customers.services.reveal import reveal
from regions.models import OrgUnit
from regions.policies import policy
from satisfaction.models import Call, CallResult, Item, Sample, SampleState
from satisfaction.selectors.calling import ASKED, RIGHT, waiting
from satisfaction.services.answering import Answers
from satisfaction.services.drawing import drop
from satisfaction.services.submitting import How, submit

HOLD = timedelta(minutes=30)
ATTEMPTS = (CallResult.NO_ANSWER, CallResult.BUSY)
ENDS = {
    CallResult.REFUSED: SampleState.REFUSED,
    CallResult.WRONG_NUMBER: SampleState.UNREACHED,
}
FIELDS = ("phone", "other_phone")


def held_sample(by: Any) -> Sample | None:
    """The number an interviewer is calling, while nobody else has taken it."""
    rows = Sample.objects.visible_to(by, RIGHT).filter(
        held_by=by, state__in=ASKED, wave__state="open"
    )
    return rows.order_by("-held_until").first()


@transaction.atomic
def next_sample(*, by: Any) -> Sample | None:
    """The number to call now: the one that is still held, else the next. None when nobody waits.

    Rows that another interviewer is just taking are passed over, so two never get the same.
    """
    mine = held_sample(by)
    rows = Sample.objects.filter(pk=mine.pk) if mine else waiting(by)
    sample = rows.select_for_update(of=("self",), skip_locked=True).first()
    if sample is None:
        return None
    sample.held_by, sample.held_until = by, timezone.now() + HOLD
    sample.save(update_fields=["held_by", "held_until"])
    return sample


def show_number(sample: Sample, *, field: str, by: Any) -> str:
    """The number in clear, recorded and counted as everywhere (`customers.services.reveal`). Only
    of whom the interviewer holds. Raises Refused, QuotaExceeded, LookupError."""
    if field not in FIELDS or sample.customer is None:
        raise LookupError(field)
    if sample.held_by_id != by.pk:
        raise Refused(_("Please take the next number first."))
    reason = _("Telephone interview, wave {code}").format(code=sample.wave.code)
    return reveal(sample.customer, field=field, by=by, reason=reason)


@transaction.atomic
def note_call(
    sample: Sample,
    *,
    result: str,
    by: Any,
    call_back_at: datetime | None = None,
    note: str = "",
) -> Call:
    """What came of a call that brought no answers; the number is free again, or done with.

    After as many attempts as the policy allows an owner counts as not reached, and a reserve steps
    in. Raises Refused for a time that is past, Stale when somebody else has the number.
    """
    if result in (CallResult.ANSWERED, CallResult.PARTIAL):
        raise ValueError(result)
    held = _hold(sample, by)
    now = timezone.now()
    if result == CallResult.CALL_BACK and (call_back_at is None or call_back_at <= now):
        raise Refused(_("Please say when to call back; the time must be ahead."))
    call = Call.objects.create(
        sample=held,
        by=by,
        at=now,
        result=result,
        call_back_at=call_back_at if result == CallResult.CALL_BACK else None,
        note=note.strip(),
    )
    _after(held, call)
    return call


def calling_time(moment: datetime, unit: OrgUnit) -> datetime:
    """The moment, or the next at which owners of a unit may be called again: between the hours of
    `satisfaction.call_from` and `satisfaction.call_until`, on the clock of China."""
    first = policy("satisfaction.call_from", unit=unit)
    local = timezone.localtime(moment, CHINA)
    if local.hour < first:
        return local.replace(hour=first, minute=0, second=0, microsecond=0)
    if local.hour >= policy("satisfaction.call_until", unit=unit):
        next_day = local + timedelta(days=1)
        return next_day.replace(hour=first, minute=0, second=0, microsecond=0)
    return moment


def _after(sample: Sample, call: Call) -> None:
    """Where the person stands now."""
    attempts = sample.calls.filter(result__in=ATTEMPTS).count()
    end = ENDS.get(CallResult(call.result))
    if call.result in ATTEMPTS and attempts >= policy("satisfaction.call_attempts", sample.unit):
        end = SampleState.UNREACHED
    sample.held_by = sample.held_until = None
    sample.due_at = call.call_back_at
    if call.result in ATTEMPTS:
        hours = policy("satisfaction.call_again_hours", sample.unit)
        sample.due_at = calling_time(call.at + timedelta(hours=hours), sample.unit)
    sample.save(update_fields=["held_by", "held_until", "due_at"])
    if end is not None:
        drop(sample, end, by=call.by)


@transaction.atomic
def answer_call(
    sample: Sample, answers: Answers, items: dict[int, Item], how: How, *, note: str = ""
) -> None:
    """The interview took place, wholly or in part (`how.is_partial`)."""
    if not answers:
        raise Refused(_("Please answer at least one question."))
    _hold(sample, how.by)
    submit(answers, items, how, sample=sample)
    result = CallResult.PARTIAL if how.is_partial else CallResult.ANSWERED
    Call.objects.create(sample=sample, by=how.by, result=result, note=note.strip())


def _hold(sample: Sample, by: Any) -> Sample:
    """The row, locked, if the interviewer still has it."""
    rows = Sample.objects.select_related("wave", "unit").select_for_update(of=("self",))
    held = rows.get(pk=sample.pk)
    if held.held_by_id != by.pk or held.state not in ASKED:
        raise Stale(_("Somebody else has this number now. Please take the next one."))
    return held
