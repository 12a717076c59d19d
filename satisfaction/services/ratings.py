"""Ratings after a case: who is asked, when, and until when (SAT-04, CUS-06).

Every closed case of the kinds that are rated is asked about once in each of its rounds; where a
unit asks only a share, a number made from the case decides, so that a second run decides alike. An
owner whose low answer led to the case is always asked, and his answer says whether he is recovered.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from complaints.limits import due_at
from complaints.models import Case
from complaints.states import State
from core.faults import fault_point
from customers.models import CustomerUnit
from regions.calendars import worktimes_of
from regions.models import Kind, OrgUnit
from regions.policies import one_reading, policy
from satisfaction.models import (
    Recovery,
    Sample,
    SampleState,
    SurveyLink,
    Wave,
    WaveState,
)
from satisfaction.services.invitations import invite
from satisfaction.services.library import ensure_from_library
from satisfaction.services.questionnaires import freeze_version

# Cases that ended longer ago are not asked about any more, however long nothing ran.
LOOK_BACK = timedelta(days=45)
BATCH = 500
QUESTIONS = "after-case"
WAITING = (SampleState.DRAWN, SampleState.INVITED, SampleState.OPENED)


@dataclass
class Asked:
    """What one run did."""

    rated: int = 0
    again: int = 0
    expired: int = 0


def ask_after_cases(now: datetime | None = None) -> Asked:
    """Put everybody whose time has come onto the list of the year's standing wave, and take off it
    who did not answer in time. Safe to run twice, also at once."""
    now, done = now or timezone.now(), Asked()
    with one_reading():
        for chunk in _chunks(_to_rate(now)):
            done.rated += _ask(_drawn(chunk), now)
        for chunk in _chunks(_to_ask_again(now)):
            done.again += _ask(chunk, now)
        done.expired = expire(now)
    if done.rated or done.again:
        # Whoever has an e-mail is asked at once; the others by message or telephone, as in any
        # wave. What a killed run left over goes out with the day's reminders.
        invite(standing_wave(timezone.localdate(now).year), by=None)
    return done


def standing_wave(year: int) -> Wave:
    """The wave that takes the ratings of a year, made when it is first needed."""
    code = f"{QUESTIONS}-{year}"
    wave = Wave.objects.filter(code=code).first()
    return wave or _new_wave(code, year)


@transaction.atomic
def _new_wave(code: str, year: int) -> Wave:
    version = ensure_from_library(QUESTIONS)
    freeze_version(version)
    with translation.override(settings.LANGUAGE_CODE):
        title = _("Ratings after cases {year}").format(year=year)
    wave, _made = Wave.objects.get_or_create(
        code=code,
        defaults={
            "title": title,
            "unit": OrgUnit.objects.get(kind=Kind.GROUP),
            "version": version,
            "state": WaveState.OPEN,
            "opens_on": timezone.localdate(),
            "is_standing": True,
            "excludes_open_cases": False,
            "drawn_at": timezone.now(),
        },
    )
    return wave


def is_drawn(case: Case, share: int) -> bool:
    """Whether the round of a case falls into a share of so many of a hundred: always the same."""
    mark = f"{case.pk}:{case.round}".encode()
    digest = hashlib.blake2b(mark, digest_size=8, person=b"after-case").digest()
    return int.from_bytes(digest) * 100 < share << 64


# --- who ------------------------------------------------------------------------------------------


def _closed(now: datetime) -> QuerySet[Case]:
    """Closed cases of known owners of which the round was not asked about."""
    asked = Sample.objects.filter(case=OuterRef("pk"), case_round=OuterRef("round"))
    return Case.objects.filter(
        ~Exists(asked),
        state=State.CLOSED,
        customer__isnull=False,
        import_run=None,
        closed_at__gt=now - LOOK_BACK,
        closed_at__lte=now,
    ).select_related("unit")


def _to_rate(now: datetime) -> QuerySet[Case]:
    """Cases that did not come from the loop."""
    return _closed(now).filter(recovery=None)


def _to_ask_again(now: datetime) -> QuerySet[Case]:
    """Cases of low answers whose owner is known and was not asked again. No anonymous answer has
    a customer."""
    known = Sample.objects.filter(asks_again=OuterRef("recovery__response"))
    return _closed(now).filter(
        ~Exists(known), recovery__isnull=False, recovery__response__customer=F("customer")
    )


def _drawn(cases: Iterable[Case]) -> list[Case]:
    return [
        case
        for case in cases
        if case.kind in policy("satisfaction.rated_kinds", unit=case.unit_id)
        and is_drawn(case, policy("satisfaction.rating_share", unit=case.unit_id))
    ]


def _chunks(cases: QuerySet[Case]) -> Iterable[list[Case]]:
    last = 0
    while found := list(cases.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = found[-1].pk
        yield found


def _due(cases: Sequence[Case], now: datetime) -> dict[int, datetime]:
    """Key of a case → from when its owner is asked, of those whose time has come."""
    clocks = worktimes_of({case.unit for case in cases})
    found = {}
    for case in cases:
        delay = policy("satisfaction.rating_delay", unit=case.unit_id)
        at = due_at(case.closed_at or now, delay, clocks[case.unit_id], [])
        if at is not None and at <= now:
            found[case.pk] = at
    return found


# --- onto the list --------------------------------------------------------------------------------


@transaction.atomic
def _ask(cases: Sequence[Case], now: datetime) -> int:
    """Those whose time has come onto the list. Two runs write the same rows once."""
    due = _due(cases, now)
    if not due:
        return 0
    wave = standing_wave(timezone.localdate(now).year)
    chosen = [case for case in cases if case.pk in due]
    stages = _stages(chosen)
    low = dict(Recovery.objects.filter(case__in=due).values_list("case_id", "response_id"))
    rows = [
        Sample(
            wave=wave,
            unit_id=case.unit_id,
            region_id=case.region_id,
            city_id=case.city_id,
            project_id=case.project_id,
            customer_id=case.customer_id,
            stage=stages.get((case.customer_id, case.unit_id), ""),
            case=case,
            case_round=case.round,
            asks_again_id=low.get(case.pk),
            due_at=due[case.pk],
        )
        for case in chosen
    ]
    Sample.objects.bulk_create(rows, ignore_conflicts=True)
    fault_point("ratings.asked")
    return len(rows)


def _stages(cases: Sequence[Case]) -> dict[tuple[int | None, int], str]:
    places = CustomerUnit.objects.filter(
        customer__in={case.customer_id for case in cases}, unit__in={case.unit_id for case in cases}
    )
    return {(place.customer_id, place.unit_id): str(place.stage() or "") for place in places}


def expire(now: datetime) -> int:
    """Whoever did not answer within the days of his unit is asked no more. Returns how many."""
    waiting = Sample.objects.filter(
        wave__is_standing=True, state__in=WAITING, due_at__isnull=False, case__isnull=False
    )
    count = 0
    for unit in list(waiting.order_by().values_list("unit", flat=True).distinct()):
        since = now - timedelta(days=policy("satisfaction.rating_days", unit=unit))
        late = waiting.filter(unit=unit, due_at__lt=since)
        SurveyLink.objects.filter(sample__in=late, used_at=None).update(expires_at=now)
        count += late.update(state=SampleState.UNREACHED, held_by=None, held_until=None)
    return count
