"""From lapses to a notice: drafted by the night, published by a person (LOG-03, LOG-08)."""

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
    CircularLine,
    CircularState,
    Lapse,
    Sanction,
)
from compliance.selectors.circulars import PUBLISH, next_step, publishers, why_not_named
from compliance.services.bulletins import publish
from compliance.services.log_in_days import HOLD
from core.errors import Refused, Stale
from core.locking import lock
from core.notices import notify
from core.scope import scope_of
from regions.calendars import add_working_days
from regions.models import Kind, OrgUnit
from regions.policies import policy

#: A lapse that is older when it is found stands in no notice: it tells of former times.
FRESH = dt.timedelta(days=62)


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
        by_unit[_subsidiary(lapse.unit)].append(lapse)
    units = OrgUnit.objects.in_bulk(by_unit)
    number = 0
    for key, lapses in by_unit.items():
        named = sum(not why_not_named(one.person, day) for one in lapses)
        if not named:
            continue
        number += named
        circular = _draft_of(units[key], day)
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


def _subsidiary(unit: OrgUnit) -> int:
    """The unit of the level that gets notices of its own, or the nearest above it."""
    region, city, _project = unit.scope_columns()
    if policy("compliance.circular_level") == Kind.CITY and city:
        return city
    return region or unit.pk


def _draft_of(unit: OrgUnit, day: dt.date) -> Circular:
    found = lock(Circular.objects.filter(unit=unit, state=CircularState.DRAFT)).first()
    if found is not None:  # whoever read it before has not seen the people who come to it now
        found.version += 1
        found.save(update_fields=["version"])
        return found
    with translation.override(settings.LANGUAGE_CODE):
        title = _("{unit}: people without log-in, {day}").format(unit=unit.name, day=day)
        opening = _(
            "The following people did not log in to the customer relationship system for two weeks "
            "in a row, days of leave not counted."
        )
    circular = Circular(title=title[:120], opening=opening, drafted_on=day)
    circular.place_in(unit)
    circular.save()
    return circular


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
    """Publish a draft on the board of its unit, with read receipts, and give each person named the
    next step of the ladder.

    `left_out` says for keys of lines why somebody is left out. Raises Refused without the right,
    for whoever stands in the notice himself and where nobody is left; Stale when it changed since.
    """
    row = _hold(circular, by)
    if row.state != CircularState.DRAFT or row.version != version:
        raise Stale(_("This notice was changed or published meanwhile. Please look again."))
    row.title, row.opening = title.strip() or row.title, opening.strip() or row.opening
    lines = _sort_out(row, left_out or {})
    if not lines:
        raise Refused(_("Nobody is left in this notice. Please drop it instead."))
    if any(line.lapse.person_id == by.pk for line in lines):
        raise Refused(_("You stand in this notice yourself; somebody else publishes it."))
    today = timezone.localdate()
    row.bulletin = publish(
        title=row.title,
        body=body_of(row, lines),
        by=by,
        units=[row.unit],
        unit=row.unit,
        must_confirm=True,
    )
    row.state, row.published_at, row.published_by = CircularState.PUBLISHED, timezone.now(), by
    row.version += 1
    row.save()
    Lapse.objects.filter(line__in=lines).update(noticed_on=today)
    for line in lines:
        _impose(row, line, by)
    record("circular.published", by=by, subject=row, unit=row.unit.code, count=len(lines))
    return row


@transaction.atomic
def drop_circular(circular: Circular, *, by: User, version: int, reason: str) -> Circular:
    """Publish nothing: the draft goes with a reason, and its lapses stand in no later notice."""
    row = _hold(circular, by)
    if row.state != CircularState.DRAFT or row.version != version:
        raise Stale(_("This notice was changed or published meanwhile. Please look again."))
    if not reason.strip():
        raise Refused(_("Please give a reason."))
    row.state, row.dropped_reason = CircularState.DROPPED, reason.strip()
    row.version += 1
    row.save()
    record("circular.dropped", by=by, subject=row, unit=row.unit.code, reason=row.dropped_reason)
    return row


def body_of(circular: Circular, lines: list[CircularLine]) -> str:
    """The text of a notice in the language of the group."""
    with translation.override(settings.LANGUAGE_CODE):
        sentence = _("{name} ({no}, {unit}): {first} to {last}, {days} days")
        rows = [
            sentence.format(
                name=line.lapse.person.name,
                no=line.lapse.person.employee_no,
                unit=line.lapse.unit.name,
                first=line.lapse.first_day,
                last=line.lapse.last_day,
                days=line.days,
            )
            for line in lines
        ]
    return "\n".join([circular.opening, "", *rows])


def _hold(circular: Circular, by: User) -> Circular:
    row = lock(Circular.objects.filter(pk=circular.pk)).select_related("unit").get()
    if not Circular.objects.visible_to(by, PUBLISH).filter(pk=row.pk).exists():
        raise Refused(_("You may not publish the notice of this unit."))
    return row


def _sort_out(row: Circular, left_out: Mapping[int, str]) -> list[CircularLine]:
    """Write why people are left out, and what the others' lapses came to by now."""
    kept = []
    today = timezone.localdate()
    for line in row.lines.select_related("lapse__person", "lapse__unit").order_by(
        "lapse__person__employee_no"
    ):
        # Whoever lost his account since the draft was made is named no more than who had before.
        with translation.override(settings.LANGUAGE_CODE):
            gone = why_not_named(line.lapse.person, today)
        line.left_out = gone or left_out.get(line.pk, "").strip()[:200]
        line.days = line.lapse.days
        if line.pk in left_out and not line.left_out:
            sentence = _("Please say why {name} is left out.")
            raise Refused(sentence.format(name=line.lapse.person.name))
        line.save()
        if not line.left_out:
            kept.append(line)
    return kept


def _impose(row: Circular, line: CircularLine, by: User) -> None:
    """The next step of the ladder for one person, and tell him."""
    lapse = line.lapse
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
