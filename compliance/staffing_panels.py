"""What findings and account changes add to the page of a unit and to everybody's own page."""

import datetime as dt
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from compliance.checks import sentence
from compliance.models import AccountChange, Finding, InspectionPoint, PointState
from compliance.panels import (
    OwnPanel,
    OwnQuestion,
    Question,
    Tile,
    UnitPanel,
    register_own_panel,
    register_unit_panel,
)
from compliance.selectors.staffing import (
    CHANGES,
    FINDINGS,
    changes_on,
    excepted_on,
    findings_on,
)
from compliance.states import FINDING_OPEN, ChangeState, Severity
from compliance.views.staffing import FINDING_TONES, SEVERITY_TONES, toned
from core.display import thousands

MONTHS = 12
SHOWN = 10


def _of(question: Question, rows: QuerySet[Any], right: str) -> QuerySet[Any]:
    rows = rows.visible_to(question.reader, right)  # type: ignore[attr-defined]
    if question.below:
        return rows.filter(unit__path__startswith=question.unit.path)
    return rows.filter(unit=question.unit)


def _month_ends(last: dt.date) -> list[dt.date]:
    """Last days of the twelve months up to that of `last`, oldest first; the latest is `last`."""
    ends = [last]
    while len(ends) < MONTHS:
        ends.append(ends[-1].replace(day=1) - dt.timedelta(days=1))
    return ends[::-1]


def _standing(
    rows: QuerySet[Any], ends: list[dt.date], begun: str, ended: str
) -> tuple[float, ...]:
    """How many rows had begun and not ended at the end of each day, in one query; `begun` and
    `ended` name the days in a row."""
    counts = {
        f"n{number}": Count("pk", filter=Q(**{f"{begun}__lte": day}) & ~Q(**{f"{ended}__lte": day}))
        for number, day in enumerate(ends)
    }
    found = rows.aggregate(**counts)
    return tuple(float(found[name]) for name in counts)


def _day(question: Question) -> dt.date:
    """The day of which figures speak: the last of a month that ended, today in this month."""
    return min(question.last, timezone.localdate())


def finding_tile(question: Question) -> Tile | None:
    """Findings by gravity at the end of the month, without excepted ones, and the same number at
    the end of each month before."""
    if not question.reader.has_perm(FINDINGS):
        return None
    rows = _of(question, Finding.objects.all(), FINDINGS)
    day = _day(question)
    by = dict(findings_on(rows, day).order_by().values_list("severity").annotate(n=Count("pk")))
    detail = " ".join(f"{Severity(one).label} {by[one]}" for one in Severity.values if by.get(one))
    number, earlier = sum(by.values()), _month_ends(question.last)[:-1]
    stood = _standing(rows, earlier, "opened_on", "closed_on")
    past = [all - borne for all, borne in zip(stood, excepted_on(rows, earlier), strict=True)]
    return Tile(
        label=_("Findings"),
        value=thousands(number),
        detail=detail,
        before=_("last month {count}").format(count=thousands(int(past[-1]))),
        url=_address("compliance:findings", question, on=day.isoformat()),
        alarm=bool(by.get(Severity.HIGH)),
        trend=(*past, float(number)),
    )


def _address(name: str, question: Question, **more: str) -> str:
    only = {} if question.below else {"only": "on"}
    return f"{reverse(name)}?{urlencode({'unit': question.unit.code} | only | more)}"


def finding_context(question: Question) -> dict[str, Any]:
    """The gravest findings of the unit at the end of the month: rows of the tile."""
    rows = findings_on(_of(question, Finding.objects.all(), FINDINGS), _day(question))
    found = rows.select_related("unit", "owner").order_by("rank", "opened_on", "pk")[:SHOWN]
    return {"findings": [_shown(one) for one in found]}


def _shown(one: Finding) -> dict[str, Any]:
    return {
        "finding": one,
        "words": sentence(one.rule, one.evidence, one.message),
        "severity": toned(one.severity, SEVERITY_TONES),
        "state": toned(one.state, FINDING_TONES),
    }


def change_tile(question: Question) -> Tile | None:
    """Account changes open at the end of the month, and how many of them were late."""
    if not question.reader.has_perm(CHANGES):
        return None
    rows = _of(question, AccountChange.objects.all(), CHANGES)
    day = _day(question)
    found = changes_on(rows, day).aggregate(
        open=Count("pk"), late=Count("pk", filter=Q(due_on__lt=day))
    )
    past = _standing(
        rows.exclude(state__in=(ChangeState.REJECTED, ChangeState.WITHDRAWN)),
        _month_ends(question.last)[:-1],
        "event_on",
        "done_at__date",
    )
    words = ngettext("{count} late", "{count} late", found["late"])
    return Tile(
        label=_("Account changes"),
        value=thousands(found["open"]),
        detail=words.format(count=found["late"]) if found["late"] else "",
        before=_("last month {count}").format(count=thousands(int(past[-1]))),
        url=_address("compliance:account-changes", question, on=day.isoformat()),
        alarm=bool(found["late"]),
        trend=(*past, float(found["open"])),
    )


def own_clause(asked: OwnQuestion) -> str:
    """How much waits for a person to mend."""
    count = _mine(asked).count() + _points(asked).count()
    if not count:
        return ""
    words = ngettext("{count} finding to mend", "{count} findings to mend", count)
    return words.format(count=count)


def own_context(asked: OwnQuestion) -> dict[str, Any]:
    """What a person has to mend: findings given to him, points of inspections."""
    found = _mine(asked).select_related("unit", "owner").order_by("due_on", "rank", "pk")[:SHOWN]
    points = _points(asked).select_related("inspection__unit").order_by("due_on", "pk")[:SHOWN]
    return {"findings": [_shown(one) for one in found], "points": list(points)}


def _mine(asked: OwnQuestion) -> QuerySet[Finding]:
    # Whoever holds an exception has nothing to mend until it ends.
    return asked.seen(Finding.objects.filter(owner=asked.person, state__in=FINDING_OPEN))


def _points(asked: OwnQuestion) -> QuerySet[InspectionPoint]:
    rows = InspectionPoint.objects.filter(owner=asked.person, state=PointState.OPEN)
    return asked.seen(rows)


register_unit_panel(
    UnitPanel(
        key="findings",
        order=30,
        tile=finding_tile,
        template="compliance/_unit_findings.html",
        context=finding_context,
    )
)
register_unit_panel(UnitPanel(key="account_changes", order=50, tile=change_tile))
register_own_panel(
    OwnPanel(
        key="findings",
        order=40,
        clause=own_clause,
        template="compliance/_own_findings.html",
        context=own_context,
    )
)
