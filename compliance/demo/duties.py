"""Trips, log-ins of some weeks, lapses, notices, sanctions, an appeal and commendations of the
demonstration.

Log-ins are told as those of a former system (FormerLogIn): the book of log-ins keeps only what
this system saw itself, and nobody's first visit looks like one on a strange device.
"""

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import StandIn, User
from approvals import services as approvals
from approvals.models import Approval, Task, TaskState
from compliance.models import (
    Absence,
    AbsenceKind,
    Appeal,
    Circular,
    CircularKind,
    CircularState,
    Commendation,
    FormerLogIn,
    Lapse,
    LogInDay,
    LogInMonth,
    LogInSum,
    Sanction,
)
from compliance.months import month_end
from compliance.selectors.circulars import lines_of, publishers, why_left_out
from compliance.selectors.rewards import subsidiary_of
from compliance.services import absences, circulars, sanctions
from compliance.services.commendations import draft_commendations
from compliance.services.lapses import find_lapses
from compliance.services.log_in_days import store_days
from customers.demo.histories import forget_history
from customers.demo.parts import Gone, Part, Scene, register
from expenses.demo.removal import _keys
from regions.calendars.tables import UNIT_LINES, refresh_lines
from regions.models import Kind, OrgUnit
from regions.services.policies import set_policy

TRACKED = (Absence, Circular, Sanction, Appeal, Commendation)
ONE_DAY = dt.timedelta(days=1)
NOTICED = 6  # days ago the older notice was published
FORMER = (21, 7)  # days ago: the silence that this notice tells of
LATELY = 17  # days ago: since when those of the draft are silent
REWARD = "公司制度：全月无漏登予以表扬"
APPEAL = "该期间住院治疗，请假单由科室代交，未及时录入系统，现补交住院证明，请予核实。"
# Of a hundred working days, each person logs in on between 84 and 99, the same at every load. In
# one of three projects some have not begun to, but nobody of whom a story is told.
_LOG_INS = """
WITH lines AS ({lines})
INSERT INTO compliance_formerlogin (user_id, at, import_run_id)
SELECT u.id, (c.day + time '07:50') AT TIME ZONE 'Asia/Shanghai'
    + abs(hashtext(u.employee_no || c.day)) %% 5400 * interval '1 second', %(run)s
FROM accounts_user u
JOIN regions_orgunit o ON o.id = u.unit_id
JOIN lines l ON l.unit_id = u.unit_id
JOIN regions_calendarday c ON c.line = l.line AND c.minutes > 0 AND c.day >= %(first)s
  AND c.day < %(today)s AND c.day >= u.hired_on
WHERE u.is_demo AND u.state = 'active'
  AND abs(hashtext(c.day || u.employee_no)) %% 100 < 84 + abs(hashtext(u.employee_no)) %% 16
  AND NOT (o.kind = 'project' AND abs(hashtext(o.code)) %% 3 = 0
    AND abs(hashtext(u.employee_no)) %% 4 = 0 AND u.id <> ALL(%(told)s))"""


def write_duties(cursor: Any, scene: Scene) -> dict[str, int]:
    """Two cities, that of the member of staff who is shown and that of the head: who is away, who
    was and who is without log-in, what was published about it and what waits to be."""
    clerk = User.objects.select_related("unit").get(pk=scene.chosen["staff"].key)
    head = User.objects.select_related("unit").get(pk=scene.chosen["section-head"].key)
    today = timezone.localdate()
    first = (today.replace(day=1) - ONE_DAY).replace(day=1)
    colleagues = _colleagues(clerk, head)
    # Without units nobody was judged yet; what was stored meanwhile tells of nobody.
    LogInMonth.objects.all().delete()
    refresh_lines()
    told = [one.key for one in scene.chosen.values()] + [one.pk for one in colleagues]
    values = {"run": scene.run, "first": first, "today": today, "told": told}
    cursor.execute(_LOG_INS.format(lines=UNIT_LINES), values)
    _reward({clerk.unit, head.unit}, [clerk, *colleagues], first)
    former, lately = [clerk, colleagues[0]], colleagues[1:3]
    _silence(former, *(today - dt.timedelta(days=days) for days in FORMER))
    _silence(lately, today - dt.timedelta(days=LATELY), today)
    _write_absences(clerk, colleagues[3:], today)
    noticed = today - dt.timedelta(days=NOTICED)
    store_days(noticed - ONE_DAY)
    find_lapses()
    _publish([person.pk for person in former], clerk, noticed)
    store_days(today - ONE_DAY)
    find_lapses()
    circulars.draft_circulars(today)
    draft_commendations(today)
    _commend()
    return {
        "absences": Absence.objects.count(),
        "log_ins": FormerLogIn.objects.count(),
        "circulars": Circular.objects.count(),
    }


def _colleagues(clerk: User, head: User) -> list[User]:
    """Five people who work below the head's city or beside the clerk, without leading anything."""
    city: Any = head.unit
    near = User.objects.active().filter(Q(unit__parent=city) | Q(unit=clerk.unit), is_demo=True)
    led = near.filter(grants__role__code="section-head")
    people = near.exclude(pk__in=(clerk.pk, head.pk)).exclude(pk__in=led.values("pk"))
    here = list(people.filter(unit__parent=city).order_by("pk")[:3])
    others = people.exclude(pk__in=[one.pk for one in here])
    return [*here, *others.select_related("unit").order_by("-pk")[:2]]


def _reward(units: Collection[OrgUnit | None], people: Collection[User], month: dt.date) -> None:
    """The cities of these units reward one month without a miss, which these people had: praise,
    and a bonus in the other one."""
    places = OrgUnit.objects.filter(pk__in={subsidiary_of(unit) for unit in units if unit})
    for number, place in enumerate(places.order_by("pk")):
        values: dict[str, Any] = {"reward": "praise", "reward_months": 1, "reward_least_days": 12}
        if number:
            values |= {"reward": "bonus", "reward_bonus": Decimal("200.00")}
        for name, value in values.items():
            set_policy(
                key=f"compliance.{name}", unit=place, value=value, effective_from=month,
                reason=REWARD, by=None, backdate=True,
            )  # fmt: skip
    marks = (month + dt.timedelta(days=number) for number in range(month_end(month).day))
    FormerLogIn.objects.bulk_create(
        FormerLogIn(user=person, at=timezone.make_aware(dt.datetime.combine(day, dt.time(8, 5))))
        for day in marks
        for person in people
    )


def _commend() -> None:
    """The first of the drafts of commendations is published, others wait."""
    row = Circular.objects.filter(kind=CircularKind.PRAISE, state=CircularState.DRAFT).first()
    if row is None:
        return
    named = list(row.lines.values_list("commendation__person", flat=True))
    by = _publisher(row.unit, named)
    if by is not None and len(why_left_out(lines_of(row), timezone.localdate())) < len(named):
        circulars.publish_circular(row, by=by, version=row.version)


def _silence(people: Collection[User], first: dt.date, last: dt.date) -> None:
    """Nobody of these logs in from `first` through `last`; each did the day before, and does the
    day after if that has passed."""
    begins, ends = (
        timezone.make_aware(dt.datetime.combine(day, dt.time())) for day in (first, last + ONE_DAY)
    )
    FormerLogIn.objects.filter(user__in=people, at__gte=begins, at__lt=ends).delete()
    marks = [begins - dt.timedelta(hours=14)]
    if ends + ONE_DAY <= timezone.now():
        marks.append(ends + dt.timedelta(hours=9))
    FormerLogIn.objects.bulk_create(
        FormerLogIn(user=person, at=mark + dt.timedelta(minutes=person.pk % 60))
        for person in people
        for mark in marks
    )


def _write_absences(clerk: User, others: list[User], today: dt.date) -> None:
    """The clerk was on a trip and asks for leave; of two colleagues one is on a trip now, the
    other on leave."""

    def day(number: int) -> dt.date:
        return today + dt.timedelta(days=number)

    trip, leave = AbsenceKind.TRIP, AbsenceKind.LEAVE
    _away(clerk, trip, day(-5), day(-4), "集团总部", "参加客户关系条线季度培训")
    absences.ask_absence(by=clerk, kind=leave, first_day=day(8), last_day=day(9), reason="年休假")
    for person, kind, place, reason in zip(
        others,
        (trip, leave),
        ("区域公司", ""),
        ("区域交付项目支援", "家中老人住院陪护"),
        strict=False,
    ):
        _away(person, kind, day(-2), day(4), place, reason)


def _away(
    person: User, kind: str, first: dt.date, last: dt.date, place: str, reason: str
) -> Absence:
    """Asked for and approved by everybody who has to."""
    row = absences.ask_absence(
        by=person, kind=kind, first_day=first, last_day=last, destination=place, reason=reason
    )
    for _step in range(10):
        task = Task.objects.filter(
            step__approval__subject_kind=absences.KIND,
            step__approval__subject_id=row.pk,
            state=TaskState.OPEN,
        ).first()
        if task is None:
            break
        approvals.approve(task, by=task.person, comment="同意。")
    return row


def _publish(people: list[int], clerk: User, day: dt.date) -> None:
    """The notices of a while ago, published from the region; one person appeals, the clerk still
    may. Lapses of others, if chance made some, wait for the next notice."""
    circulars.draft_circulars(day)
    for circular in Circular.objects.filter(lines__lapse__person__in=people).distinct():
        circular.lines.exclude(lapse__person__in=people).delete()
        by = _publisher(circular.unit, people)
        if by is None:
            continue
        row = circulars.publish_circular(circular, by=by, version=circular.version)
        _date_back(row, day)
    for sanction in Sanction.objects.exclude(person=clerk).select_related("person"):
        sanctions.appeal(sanction, by=sanction.person, text=APPEAL)
    Circular.objects.filter(state="draft", lines=None).delete()


def _publisher(unit: OrgUnit, people: list[int]) -> User | None:
    """Who may publish the notice of a city, from its region rather than from the city itself."""
    found = list(publishers(unit).exclude(pk__in=people).select_related("unit").order_by("pk"))
    above = [one for one in found if one.unit and one.unit.kind == Kind.REGION]
    return next(iter([*above, *found]), None)


def _date_back(circular: Circular, day: dt.date) -> None:
    """As if it had been published on that day."""
    moment = timezone.make_aware(dt.datetime.combine(day, dt.time(9, 30)))
    Circular.objects.filter(pk=circular.pk).update(published_at=moment)
    Lapse.objects.filter(line__circular=circular).update(noticed_on=day)
    Sanction.objects.filter(circular=circular).update(imposed_at=moment)
    bulletin: Any = circular.bulletin
    type(bulletin).objects.filter(pk=bulletin.pk).update(published_at=moment)


def remove_duties(cursor: Any, gone: Gone) -> dict[str, int]:
    """Everything in the units that go or about their people, with its history; a month in which
    nobody is left was never judged."""
    mine = Q(unit__in=gone.units) | Q(person__in=gone.people)
    away = _keys(Absence.objects.filter(mine))
    papers = Approval._base_manager.filter(subject_kind=absences.KIND, subject_id__in=away)
    papers.delete()
    stand_ins = Absence.objects.filter(pk__in=away, stand_in__isnull=False)
    keys = _keys(stand_ins, "stand_in")
    punished = _keys(Sanction.objects.filter(mine))
    tracked: dict[Any, list[int]] = {
        Appeal: _keys(Appeal.objects.filter(sanction__in=punished)),
        Sanction: punished,
        Commendation: _keys(Commendation.objects.filter(mine)),
        Circular: _keys(Circular.objects.filter(unit__in=gone.units)),
        Absence: away,
    }
    for table, rows in tracked.items():
        table._base_manager.filter(pk__in=rows).delete()
        forget_history(cursor, table, rows)
    StandIn.objects.filter(pk__in=keys).delete()
    Lapse.objects.filter(mine).delete()
    log_ins = FormerLogIn.objects.filter(user__in=gone.people)
    counts = {"absences": len(away), "log_ins": log_ins.count()}
    log_ins._raw_delete(using=log_ins.db)
    days = LogInDay.objects.filter(mine)
    days._raw_delete(using=days.db)
    LogInSum.objects.filter(unit__in=gone.units).delete()
    _forget_months()
    return counts | {"circulars": len(tracked[Circular])}


def _forget_months() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM compliance_loginmonth m WHERE NOT EXISTS (SELECT FROM compliance_loginday"
            " d WHERE d.day >= m.month AND d.day < m.month + interval '1 month')"
        )


register(
    Part(
        write_duties,
        remove_duties,
        {
            "absences": _("Trips and leave"),
            "log_ins": _("Log-ins"),
            "circulars": _("Notices about log-ins"),
        },
        (
            "approvals.Decision:immutable",
            *(
                name
                for model in TRACKED
                for name in (
                    f"compliance.{model.__name__}:delete_delete",
                    f"compliance.{model.__name__}Event:append_only",
                )
            ),
        ),
    )
)
