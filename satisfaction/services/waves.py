"""Waves from the plan to the end: planned, changed, opened, closed (SAT-01, SAT-04)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.display import listed
from core.errors import Refused
from regions.models import OrgUnit
from regions.policies import policy
from satisfaction.models import Questionnaire, QuestionnaireVersion, SurveyLink, Wave, WaveState
from satisfaction.services.questionnaires import freeze_version
from satisfaction.services.rights import held_wave, may_run

ADD = "satisfaction.add_wave"
CODE = re.compile(r"\w[\w.-]*")
# What the unit's policies say of a new wave that says nothing itself.
FROM_POLICIES = ("excluded_days", "expected_response", "reserve_share", "reminder_days")
SETTINGS = (
    *("title", "opens_on", "closes_on", "is_anonymous", "excludes_open_cases"),
    *FROM_POLICIES,
)
# What may still change once people are asked, and once they are drawn.
WHILE_OPEN = frozenset({"title", "closes_on", "reminder_days"})
AFTER_DRAW = WHILE_OPEN | {"opens_on"}


@transaction.atomic
def plan_wave(
    *, code: str, unit: OrgUnit, version: QuestionnaireVersion, by: Any, **settings: Any
) -> Wave:
    """Plan a wave of a unit; `settings` are fields of SETTINGS, those left out follow the rules
    of the unit. Raises Refused out of reach, for a code that is taken or no code, and for days in
    the wrong order."""
    if not may_run(unit, by, ADD):
        raise Refused(_("You may not run surveys of {unit}.").format(unit=unit.name))
    if not CODE.fullmatch(code) or code == "new":
        raise Refused(_("Please use letters, digits, dots and hyphens for the code."))
    _refuse_days(settings.get("opens_on"), settings.get("closes_on"))
    given = _by_rules(dict.fromkeys(FROM_POLICIES) | _known(settings), unit)
    try:
        with transaction.atomic():
            wave = Wave.objects.create(
                code=code, unit=unit, version=version, created_by=by, **given
            )
    except IntegrityError:
        raise Refused(
            _("There is a wave with the code {code} already.").format(code=code)
        ) from None
    record("satisfaction.wave_created", by=by, subject=wave, code=code)
    return wave


@transaction.atomic
def change_wave(
    wave: Wave,
    *,
    by: Any,
    version: QuestionnaireVersion | None = None,
    unit: OrgUnit | None = None,
    **settings: Any,
) -> Wave:
    """Change a wave: everything while it is planned, less once it is drawn, only title, end and
    reminders while it is open. Raises Refused for more, for a closed wave, and as `plan_wave`."""
    held = held_wave(wave, by)
    wanted = _by_rules(_known(settings), unit or held.unit) | (
        {"version": version} if version else {}
    )
    wanted |= {"unit": unit} if unit else {}
    fields = [name for name, value in wanted.items() if getattr(held, name) != value]
    _refuse_fields(held, fields)
    if "unit" in fields and unit is not None and not may_run(unit, by):
        raise Refused(_("You may not run surveys of {unit}.").format(unit=unit.name))
    for name in fields:
        setattr(held, name, wanted[name])
    _refuse_days(held.opens_on, held.closes_on)
    if fields:
        held.save(update_fields=fields)
        if "unit" in fields:
            held.quotas.all().delete()
        if "closes_on" in fields:
            _links_until(held)
        names = _titles(fields)
        record("satisfaction.wave_changed", by=by, subject=held, code=held.code, fields=names)
    return held


@transaction.atomic
def open_wave(wave: Wave, *, by: Any, today: date | None = None) -> Wave:
    """People may answer from now on; the questions are frozen. Raises Refused out of reach, for a
    wave that is not planned, and for one without questions."""
    day = today or timezone.localdate()
    held = held_wave(wave, by)
    if held.state != WaveState.PLANNED:
        raise Refused(_("This wave was opened already."))
    if held.closes_on is not None and held.closes_on < day:
        raise Refused(_("The last day of this wave has passed. Please change it first."))
    freeze_version(held.version, by=by)
    held.state = WaveState.OPEN
    if held.opens_on is None or held.opens_on > day:
        held.opens_on = day
    held.save(update_fields=["state", "opens_on"])
    record("satisfaction.wave_opened", by=by, subject=held, code=held.code)
    return held


@transaction.atomic
def close_wave(wave: Wave, *, by: Any, today: date | None = None) -> Wave:
    """Nobody is asked any more and links end. Raises Refused out of reach and for a wave that is
    not open, or that takes ratings for ever."""
    day = today or timezone.localdate()
    held = held_wave(wave, by)
    if held.is_standing:
        raise Refused(_("This wave takes ratings all the time and is never closed."))
    if held.state != WaveState.OPEN:
        raise Refused(_("This wave is not open."))
    held.state = WaveState.CLOSED
    if held.closes_on is None or held.closes_on > day:
        held.closes_on = max(day, held.opens_on or day)
    held.save(update_fields=["state", "closes_on"])
    SurveyLink.objects.filter(sample__wave=held, used_at=None).update(expires_at=timezone.now())
    record("satisfaction.wave_closed", by=by, subject=held, code=held.code)
    return held


@dataclass
class Turned:
    """What the day brought."""

    opened: int = 0
    closed: int = 0


def open_and_close(today: date | None = None) -> Turned:
    """Open drawn waves whose first day has come, close open ones whose last day has passed. A
    wave without a sample waits for somebody to draw it or to open it by hand."""
    day, done = today or timezone.localdate(), Turned()
    due = Wave.objects.filter(is_standing=False)
    late = due.filter(state=WaveState.OPEN, closes_on__lt=day)
    for wave in late.order_by("pk"):
        done.closed += _quietly(close_wave, wave, day)
    ready = due.filter(state=WaveState.PLANNED, opens_on__lte=day, drawn_at__isnull=False)
    for wave in ready.order_by("pk"):
        done.opened += _quietly(open_wave, wave, day)
    return done


def _quietly(act: Any, wave: Wave, day: date) -> int:
    """1 when the act was done; 0 when somebody was quicker or something is missing."""
    try:
        act(wave, by=None, today=day)
    except Refused:
        return 0
    return 1


def newest_version(questionnaire: Questionnaire) -> QuestionnaireVersion:
    """What a new wave asks. Raises Refused while the questionnaire has no questions."""
    version = questionnaire.versions.filter(items__isnull=False).order_by("-number").first()
    if version is None:
        raise Refused(_("The questionnaire of this wave has no questions yet."))
    return version


def links_end(wave: Wave) -> datetime:
    """Until when a link made now is valid: the end of the wave's last day."""
    last = wave.closes_on or (
        timezone.localdate() + timedelta(days=policy("satisfaction.link_days", unit=wave.unit))
    )
    return timezone.make_aware(datetime.combine(last + timedelta(days=1), time.min))


def _links_until(wave: Wave) -> None:
    links = SurveyLink.objects.filter(sample__wave=wave, used_at=None)
    links.update(expires_at=links_end(wave))


def _known(settings: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(settings) - set(SETTINGS):
        raise TypeError(f"a wave has no settings {sorted(unknown)}")
    return dict(settings)


def _by_rules(settings: dict[str, Any], unit: OrgUnit) -> dict[str, Any]:
    """What the unit's rules say where nobody said anything."""
    return {
        name: policy(f"satisfaction.{name}", unit=unit)
        if value is None and name in FROM_POLICIES
        else value
        for name, value in settings.items()
    }


def _refuse_days(opens_on: date | None, closes_on: date | None) -> None:
    if closes_on and not opens_on:
        raise Refused(_("Please give the first day, too."))
    if opens_on and closes_on and closes_on < opens_on:
        raise Refused(_("The last day lies before the first."))


def _titles(names: Iterable[str]) -> list[str]:
    """Fields as people call them."""
    meta: Any = Wave._meta
    return [str(meta.get_field(name).verbose_name) for name in names]


def _refuse_fields(wave: Wave, fields: list[str]) -> None:
    """Say why these fields may not change any more."""
    if wave.state == WaveState.CLOSED:
        raise Refused(_("This wave is closed and does not change any more."))
    late = set(fields) - (WHILE_OPEN if wave.state == WaveState.OPEN else AFTER_DRAW)
    if not late:
        return
    names = listed(_titles(sorted(late)))
    if wave.state == WaveState.OPEN:
        raise Refused(_("The wave is open: {names} cannot change any more.").format(names=names))
    if wave.drawn_at is not None:
        sentence = _("The sample is drawn: {names} cannot change any more.")
        if late - {"version"}:
            raise Refused(sentence.format(names=names))
