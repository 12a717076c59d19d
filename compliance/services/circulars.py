"""Notices: those about lapses drafted by the night, both kinds published by a person (LOG-03,
LOG-08)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from compliance.models import (
    Circular,
    CircularKind,
    CircularLine,
    CircularState,
    Lapse,
    Sanction,
)
from compliance.selectors.circulars import (
    PUBLISH,
    lines_of,
    next_step,
    publishers,
    why_left_out,
    why_not_named,
)
from compliance.selectors.rewards import subsidiary_of
from compliance.services.bulletins import publish
from compliance.services.commendations import give, pass_over
from compliance.services.drafts import FRESH, draft_of
from compliance.services.log_in_days import HOLD
from core.errors import Refused, Stale
from core.locking import lock
from core.notices import notify
from core.scope import scope_of
from regions.calendars import add_working_days
from regions.models import OrgUnit
from regions.policies import policy


@transaction.atomic
def draft_circulars(today: dt.date | None = None) -> int:
    """Put every lapse that stands in no notice into the draft of its subsidiary, and tell those who
    may publish it. Returns how many people were named. Safe to run twice and at once.

    Whoever cannot log in any more is not named: his line says why. People like that alone make no
    draft.
    """
    day = today or timezone.localdate()
    with connection.cursor() as cursor:
        cursor.execute(HOLD)
    fresh = (
        Lapse.objects.filter(line=None, noticed_on=None, dated_on__gte=day - FRESH)
        .select_related("unit", "person")
        .order_by("person__employee_no", "pk")
    )
    by_unit: dict[int, list[Lapse]] = defaultdict(list)
    for lapse in fresh:
        by_unit[subsidiary_of(lapse.unit)].append(lapse)
    units = OrgUnit.objects.in_bulk(by_unit)
    number = 0
    for key, lapses in by_unit.items():
        named = sum(not why_not_named(one.person, day) for one in lapses)
        if not named:
            continue
        number += named
        circular = draft_of(units[key], day, CircularKind.LAPSE)
        CircularLine.objects.bulk_create(
            CircularLine(circular=circular, lapse=one, days=one.days) for one in lapses
        )
        notify(
            publishers(circular.unit),
            "compliance.circular_drafted",
            key=f"circular:{circular.pk}:{day}",
            url=circular.get_absolute_url(),
            unit=circular.unit.name,
            count=named,
        )
    return number


@transaction.atomic
def publish_circular(
    circular: Circular,
    *,
    by: User,
    version: int,
    title: str = "",
    opening: str = "",
    left_out: Mapping[int, str] | None = None,
) -> Circular:
    """Publish a draft on the board of its unit. Whoever it names gets the next step of the ladder,
    with read receipts; or his commendation.

    `left_out` says for keys of lines why somebody is left out. Raises Refused without the right,
    for whoever stands in the notice himself (`stands_in`) and where nobody is left; Stale when it
    changed since.
    """
    row = _hold(circular, by, version)
    row.title, row.opening = title.strip() or row.title, opening.strip() or row.opening
    lines = _sort_out(row, left_out or {})
    if not lines:
        raise Refused(_("Nobody is left in this notice. Please drop it instead."))
    about_lapses = row.kind == CircularKind.LAPSE
    row.bulletin = publish(
        title=row.title,
        body=body_of(row, lines),
        by=by,
        units=[row.unit],
        unit=row.unit,
        must_confirm=about_lapses,
    )
    row.state, row.published_at, row.published_by = CircularState.PUBLISHED, timezone.now(), by
    row.version += 1
    row.save()
    if about_lapses:
        Lapse.objects.filter(line__in=lines).update(noticed_on=timezone.localdate())
    for line in lines:
        if line.lapse:
            _impose(row, line, line.lapse, by)
        elif line.commendation:
            give(line.commendation, by=by)
    pass_over(row)
    record(f"{_deed(row)}.published", by=by, subject=row, unit=row.unit.code, count=len(lines))
    return row


def _deed(row: Circular) -> str:
    return "circular" if row.kind == CircularKind.LAPSE else "praise"


@transaction.atomic
def drop_circular(circular: Circular, *, by: User, version: int, reason: str) -> Circular:
    """Publish nothing: the draft goes with a reason; what it tells of stands in no later one."""
    row = _hold(circular, by, version)
    if not reason.strip():
        raise Refused(_("Please give a reason."))
    row.state, row.dropped_reason = CircularState.DROPPED, reason.strip()
    row.version += 1
    row.save()
    pass_over(row)
    deed, why = f"{_deed(row)}.dropped", row.dropped_reason
    record(deed, by=by, subject=row, unit=row.unit.code, reason=why)
    return row


def body_of(circular: Circular, lines: list[CircularLine]) -> str:
    """The text of a notice in the language of the group."""
    with translation.override(settings.LANGUAGE_CODE):
        rows = [_said(line) for line in lines]
    return "\n".join([circular.opening, "", *rows])


def _said(line: CircularLine) -> str:
    """What a notice says of one person."""
    about = line.about
    facts = {
        "name": about.person.name,
        "no": about.person.employee_no,
        "unit": about.unit.name,
        "first": about.first_day,
        "last": about.last_day,
        "days": line.days,
    }
    if line.commendation is None:
        return _("{name} ({no}, {unit}): {first} to {last}, {days} days").format(**facts)
    words = _("{name} ({no}, {unit}): {first} to {last}, {days} days met, none missed; {measure}")
    measure = str(line.commendation.get_measure_display())
    return words.format(measure=measure, **facts)


def _hold(circular: Circular, by: User, version: int) -> Circular:
    row = lock(Circular.objects.filter(pk=circular.pk)).select_related("unit").get()
    if not Circular.objects.visible_to(by, PUBLISH).filter(pk=row.pk).exists():
        raise Refused(_("You may not publish the notice of this unit."))
    if row.state != CircularState.DRAFT or row.version != version:
        raise Stale(_("This notice was changed or published meanwhile. Please look again."))
    if stands_in(row, by):
        raise Refused(_("You stand in this notice yourself; somebody else publishes it."))
    return row


def stands_in(circular: Circular, reader: User) -> bool:
    """Whether a draft is about somebody himself. He neither publishes it nor drops it, nor leaves
    himself out of it: that is for whoever publishes notices beside or above him."""
    lines = lines_of(circular)
    gone = why_left_out(lines, timezone.localdate())
    return any(one.about.person_id == reader.pk and one.pk not in gone for one in lines)


def _sort_out(row: Circular, left_out: Mapping[int, str]) -> list[CircularLine]:
    """Write why people are left out, and what the others' lapses came to by now."""
    lines, kept = lines_of(row), []
    with translation.override(settings.LANGUAGE_CODE):
        # Whoever lost his account since the draft was made is named no more than who had before.
        gone = {key: str(why) for key, why in why_left_out(lines, timezone.localdate()).items()}
    for line in lines:
        line.left_out = gone.get(line.pk, "") or left_out.get(line.pk, "").strip()[:200]
        line.days = line.about.days
        if line.pk in left_out and not line.left_out:
            sentence = _("Please say why {name} is left out.")
            raise Refused(sentence.format(name=line.about.person.name))
        line.save()
        if not line.left_out:
            kept.append(line)
    return kept


def _impose(row: Circular, line: CircularLine, lapse: Lapse, by: User) -> None:
    """The next step of the ladder for one person, and tell him."""
    step = next_step(lapse.person, row.unit)
    if step is None:
        return
    days = policy("compliance.appeal_days", unit=row.unit)
    sanction = Sanction(
        person=lapse.person,
        circular=row,
        lapse=lapse,
        measure=step[0],
        amount=step[1],
        imposed_by=by,
        appeal_until=add_working_days(timezone.localdate(), days, unit=lapse.unit),
    )
    sanction.place_in(lapse.unit)
    sanction.save()
    record(
        "sanction.imposed",
        by=by,
        subject=sanction,
        employee_no=lapse.person.employee_no,
        measure=str(sanction.get_measure_display()),
        amount=str(sanction.amount),
    )
    notify(
        [lapse.person_id],
        "compliance.sanctioned",
        key=f"sanction:{sanction.pk}",
        url=sanction.get_absolute_url(),
        days=line.days,
        until=sanction.appeal_until,
    )


def may_publish(circular: Circular, reader: User) -> bool:
    """Whether somebody may publish or drop this notice."""
    if scope_of(reader, PUBLISH).nothing:
        return False
    return Circular.objects.visible_to(reader, PUBLISH).filter(pk=circular.pk).exists()
