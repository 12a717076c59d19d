"""The closed loop: a low answer becomes a case, and its owner is asked again (CUS-06).

One answer leads to one case ever, whoever runs this and however often: the row of the follow-up is
written first, in the transaction of the case, under the lock of the answer, and is unique. A run
that is killed has followed up whole answers and goes on with the others.

Of an anonymous wave the case names nobody, and nobody is asked again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit.services import record
from complaints.models import Case, Category, Channel
from complaints.services.happenings import happening
from complaints.services.intake import register_case
from core.errors import Refused
from core.faults import fault_point
from core.locking import lock
from core.models import ImportRun
from core.notices import announce, notify
from regions.policies import one_reading, policy
from satisfaction.models import Cause, Recovery, Remark, Response, TouchPoint
from satisfaction.selectors.low import Signal, overall_points, signals

OPEN_BY_HAND = "complaints.add_case"
# What a touch point's cases are classed by, where the group kept the categories it began with.
CATEGORIES = {
    TouchPoint.SALES: "销售服务",
    TouchPoint.SIGNING: "销售服务",
    TouchPoint.DESIGN: "规划设计",
    TouchPoint.QUALITY: "工程质量",
    TouchPoint.HAND_OVER: "交付办证",
    TouchPoint.REPAIR: "维修服务",
    TouchPoint.PROPERTY_SERVICE: "物业服务",
}


@dataclass
class Followed:
    """What one run did."""

    opened: int = 0
    held_back: int = 0


def follow_up(now: datetime | None = None) -> Followed:
    """Open a case for every new low answer or alarming remark; of a file only so many."""
    done = Followed()
    with one_reading():
        found = signals(now or timezone.now())
        runs = _runs_of(found)
        most = policy("satisfaction.loop_cap")
        opened = _opened_by(set(runs.values()))
        for one in _shuffled(found):
            run = runs.get(one.response)
            if run is not None and opened.get(run, 0) >= most:
                done.held_back += _hold_back(one)
                continue
            try:
                row = _open(one)
            except Refused:  # no case can be opened there: it waits in the list for a person
                done.held_back += _hold_back(one)
                continue
            if row is not None:
                done.opened += 1
                if run is not None:
                    opened[run] = opened.get(run, 0) + 1
    _tell_importers(set(runs.values()))
    return done


def _runs_of(found: Sequence[Signal]) -> dict[int, int]:
    """Key of an answer → the import that brought it; answers of our own forms have none."""
    keys = [one.response for one in found]
    rows = Response.objects.filter(pk__in=keys, import_run__isnull=False)
    return dict(rows.values_list("pk", "import_run_id"))


def _opened_by(runs: Iterable[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    rows = Recovery.objects.filter(response__import_run__in=runs, held_back=False)
    for key in rows.values_list("response__import_run_id", flat=True):
        counts[key] = counts.get(key, 0) + 1
    return counts


def _shuffled(found: Sequence[Signal]) -> list[Signal]:
    """Anonymous answers in no order: the numbers of their cases must not tell that of the answers.
    Others as they come, the most urgent first."""
    keys = [one.response for one in found]
    rows = Response.objects.filter(pk__in=keys, is_anonymous=True)
    nameless = set(rows.values_list("pk", flat=True))
    hidden = [one for one in found if one.response in nameless]
    SystemRandom().shuffle(hidden)
    return [one for one in found if one.response not in nameless] + hidden


# --- one answer -----------------------------------------------------------------------------------


@transaction.atomic
def _open(signal: Signal) -> Recovery | None:
    """Follow one answer up; None when somebody else does, or did."""
    held = _held(signal)
    if held is None:
        return None
    row = _row(held, signal)
    row.save(force_insert=True)
    fault_point("loop.written")
    row.case = _register(held, signal, by=None)
    row.save(update_fields=["case"])
    record("satisfaction.followed_up", by=None, subject=row.case, cause=row.cause)
    return row


@transaction.atomic
def _hold_back(signal: Signal) -> int:
    held = _held(signal)
    if held is None:
        return 0
    row = _row(held, signal)
    row.held_back = True
    row.save(force_insert=True)
    return 1


def _held(signal: Signal) -> Response | None:
    """The answer, locked, while nobody else follows it up."""
    rows = Response.objects.counted().filter(pk=signal.response)
    found = lock(rows, skip_locked=True).filter(recovery=None)
    response: Response | None = found.select_related("unit", "wave", "customer").first()
    return response


def _row(response: Response, signal: Signal) -> Recovery:
    row = Recovery(
        response=response,
        cause=signal.cause,
        item_id=signal.item,
        points=signal.points,
        word=signal.word,
    )
    row.place_in(response.unit)
    return row


@transaction.atomic
def open_by_hand(recovery: Recovery, *, by: Any) -> Case:
    """Open the case of a low answer that a file held back.

    Raises Refused when it has one, and for somebody who may not register cases of the unit.
    """
    row = lock(Recovery.objects.filter(pk=recovery.pk)).select_related("response").get()
    if row.case_id is not None:
        raise Refused(_("This answer has its case already."))
    response = Response.objects.select_related("unit", "wave", "customer").get(pk=row.response_id)
    if response.voided_at is not None:
        raise Refused(_("This answer was voided; nobody follows it up."))
    point = row.item.indicator.touch_point if row.item and row.item.indicator else ""
    signal = Signal(response.pk, Cause(row.cause), row.item_id, row.points, row.word, point)
    row.case, row.held_back = _register(response, signal, by=by), False
    row.save(update_fields=["case", "held_back"])
    record("satisfaction.followed_up", by=by, subject=row.case, cause=row.cause)
    return row.case


def _register(response: Response, signal: Signal, *, by: Any) -> Case:
    with translation.override(settings.LANGUAGE_CODE):
        case = register_case(
            unit=response.unit,
            by=by,
            content=_content(response, signal),
            channel=Channel.SURVEY,
            category=_category(signal.touch_point),
            customer=response.customer,
            name="" if response.customer_id else _nobody(response),
        )
    announce(happening("case.low_answer", case, "low_answer", cause=str(signal.cause)))
    return case


def _nobody(response: Response) -> str:
    """Who complains, where the answer bears no person: nobody, or a number of the agency's."""
    if response.is_anonymous or not response.sample_no:
        return _("Anonymous answer")
    return _("Sample {number}").format(number=response.sample_no)[:60]


def _content(response: Response, signal: Signal) -> str:
    """What came in by the survey, in words, with what the owner wrote."""
    lines = [_("From the satisfaction survey “{wave}”.").format(wave=response.wave)]
    item = response.wave.version.items.filter(pk=signal.item).first() if signal.item else None
    if signal.points is not None and item is not None:
        sentence = _("{item}: {points} points of 5.")
        lines.append(
            sentence.format(item=item.name, points=f"{signal.points:f}".rstrip("0").rstrip("."))
        )
    if signal.word:
        lines.append(_("The remark has the word “{word}”.").format(word=signal.word))
    remarks = Remark.objects.filter(response=response).order_by("pk")
    lines += [
        _("Remark: {text}").format(text=text) for text in remarks.values_list("text", flat=True)
    ]
    return "\n".join(lines)[:5000]


def _category(touch_point: str) -> Category | None:
    """The category of the first level that a touch point's cases belong to."""
    name = CATEGORIES.get(TouchPoint(touch_point)) if touch_point else None
    return Category.objects.filter(parent=None, name=name, is_offered=True).first()


def _tell_importers(runs: Iterable[int]) -> None:
    """Tell once who brought a file that more low answers came with it than open cases."""
    rows = Recovery.objects.filter(response__import_run__in=runs, held_back=True)
    counts: dict[int, int] = {}
    for run in rows.values_list("response__import_run_id", flat=True):
        counts[run] = counts.get(run, 0) + 1
    for brought in ImportRun.objects.filter(pk__in=counts, actor__isnull=False):
        notify(
            [brought.actor_id],
            "satisfaction.held_back",
            key=f"loop-held-back:{brought.pk}",
            url=f"{reverse('satisfaction:loop')}?state=held_back",
            count=counts[brought.pk],
            file=brought.file_name,
        )


# --- asked again ----------------------------------------------------------------------------------


@transaction.atomic
def settle() -> int:
    """Write down of everybody who answered when he was asked again whether he is recovered; take
    it back where that answer was voided. Returns how many were decided."""
    voided = Recovery.objects.filter(again__voided_at__isnull=False)
    voided.update(again=None, recovered=None)
    answered = Response.objects.counted().filter(
        sample__asks_again__recovery__recovered=None, sample__asks_again__recovery__isnull=False
    )
    pairs = dict(answered.values_list("pk", "sample__asks_again_id"))
    points = overall_points(pairs)
    count = 0
    with one_reading():
        rows = Recovery.objects.filter(response__in=pairs.values(), recovered=None)
        known = {row.response_id: row for row in lock(rows)}
        for key, value in points.items():
            row = known.get(pairs[key])
            if row is not None:
                row.again_id = key
                row.recovered = value >= policy("satisfaction.recovered_at", unit=row.unit_id)
                row.save(update_fields=["again", "recovered"])
                count += 1
    return count
