"""Compliance notice: how the rules of log-in and organisation were kept in a month."""

from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from compliance.checks.registry import sentence
from compliance.models import Circular, CircularState, Finding, Lapse
from compliance.selectors import log_in_figures as figures
from compliance.selectors.circulars import VIEW as CIRCULARS
from compliance.selectors.log_in_figures import SEE, Sums
from compliance.selectors.reach import whole_units
from reports.metrics.definitions import SEE_FINDINGS
from reports.metrics.registry import midnight
from reports.standard.base import MOST_ROWS, Column, Found, Question, Standard, Table

MOST_PEOPLE = 200
COUNTS = (
    Column("people", _("People"), "integer"),
    Column("expected", _("Days expected"), "integer"),
    Column("met", _("Days met"), "integer"),
    Column("rate", _("Log-in rate"), "percent"),
    Column("adoption", _("Adoption rate"), "percent"),
)
TABLES = (
    Table(
        "units",
        _("By unit"),
        (Column("name", _("Unit"), width=22), Column("code", _("Code"), "id", 12), *COUNTS),
        _("The units right below, each with all below it."),
    ),
    Table(
        "missed",
        _("People who missed days"),
        (
            Column("name", pgettext_lazy("person", "Name"), width=14),
            Column("employee_no", _("Employee number"), "id", 16),
            Column("unit", _("Unit"), width=22),
            Column("expected", _("Days expected"), "integer"),
            Column("met", _("Days met"), "integer"),
            Column("missed", _("Days missed"), "integer"),
        ),
        _("Whoever missed most stands first; at most 200 people."),
    ),
    Table(
        "lapses",
        _("Two weeks without log-in"),
        (
            Column("name", pgettext_lazy("person", "Name"), width=14),
            Column("employee_no", _("Employee number"), "id", 16),
            Column("unit", _("Unit"), width=22),
            Column("first_day", _("First day"), "date"),
            Column("last_day", _("Last day"), "date"),
            Column("days", _("Days"), "integer"),
        ),
        _("Lapses that are dated within the month."),
    ),
    Table(
        "notices",
        _("Published notices"),
        (
            Column("title", pgettext_lazy("circular", "Title"), width=40),
            Column("unit", _("Unit"), width=22),
            Column("published_at", _("Published at"), "datetime"),
            Column("named", _("People named"), "integer"),
        ),
    ),
    Table(
        "findings",
        _("Findings of the checks"),
        (
            Column("rule", pgettext_lazy("finding", "Rule"), "id", 12),
            Column("sentence", pgettext_lazy("finding", "Finding"), width=50),
            Column("unit", _("Unit"), width=22),
            Column("severity", _("Severity"), width=10),
            Column("opened_on", _("Found on"), "date"),
            Column("closed_on", _("Gone since"), "date"),
        ),
        _("Breaches of the organisation's rules that lasted on a day of the month."),
    ),
)


def _read(asked: Question) -> Found:
    found = Found()
    month = asked.first
    scope = asked.reach(SEE)
    total = figures.by_month(scope, month, month).get(month, Sums())
    page = reverse("compliance:log-ins")
    _put_counts(found, total, f"{page}?{_query(asked.unit.code, asked)}")
    below = list(whole_units(asked.reader, SEE).active().filter(parent=asked.unit).in_tree_order())
    sums = figures.by_unit(below, month)
    found.put(
        "units",
        [(one.name, one.code, *_values(sums.get(one.pk, Sums()))) for one in below],
        [f"{page}?{_query(one.code, asked)}" for one in below],
    )
    people = figures.missed_in(whole_units(scope, SEE), month, most=MOST_PEOPLE)
    found.put(
        "missed",
        [
            (
                *(one.person.name, one.person.employee_no),
                one.person.unit.name if one.person.unit else None,
                *(one.expected, one.met, one.missed),
            )
            for one in people
        ],
        [reverse("compliance:log-in-days", args=[one.person.employee_no]) for one in people],
    )
    state = figures.month_state(month)
    if state is not None and state.frozen_at is not None:
        found.notes.append(str(_("The month is closed: its figures are frozen.")))
    _put_lapses(asked, found)
    if asked.may(CIRCULARS):
        _put_notices(asked, found)
    if asked.may(SEE_FINDINGS):
        _put_findings(asked, found)
    return found


def _query(code: str, asked: Question) -> str:
    return urlencode({"unit": code, "month": f"{asked.first:%Y-%m}"})


def _values(sums: Sums) -> list[Any]:
    return [getattr(sums, column.key) for column in COUNTS]


def _put_counts(found: Found, total: Sums, url: str) -> None:
    for column in COUNTS:
        found.facts[column.key] = getattr(total, column.key)
        found.fact_links[column.key] = url


def _put_lapses(asked: Question, found: Found) -> None:
    rows = Lapse.objects.visible_to(asked.reach(SEE)).filter(
        dated_on__range=(asked.first, asked.period.last)
    )
    lapses = rows.select_related("person", "unit").order_by("-dated_on", "-pk")[: MOST_ROWS + 1]
    found.put(
        "lapses",
        [
            (
                *(one.person.name, one.person.employee_no, one.unit.name),
                *(one.first_day, one.last_day, one.days),
            )
            for one in lapses
        ],
    )


def _put_notices(asked: Question, found: Found) -> None:
    rows = Circular.objects.visible_to(asked.reach(CIRCULARS)).filter(
        state=CircularState.PUBLISHED,
        published_at__gte=midnight(asked.first),
        published_at__lt=midnight(asked.after),
    )
    named = Count("lines", filter=Q(lines__left_out=""))
    notices = list(rows.select_related("unit").annotate(named=named).order_by("-published_at"))
    found.put(
        "notices",
        [(one.title, one.unit.name, one.published_at, one.named) for one in notices],
        [one.get_absolute_url() for one in notices],
    )


def _put_findings(asked: Question, found: Found) -> None:
    rows = Finding.objects.visible_to(asked.reach(SEE_FINDINGS)).filter(
        opened_on__lte=asked.period.last
    )
    lasted = rows.exclude(closed_on__lt=asked.first)
    findings = list(
        lasted.select_related("unit").order_by("rank", "rule", "unit__path", "pk")[: MOST_ROWS + 1]
    )
    found.put(
        "findings",
        [
            (
                *(one.rule, sentence(one.rule, one.evidence, one.message), one.unit.name),
                *(one.get_severity_display(), one.opened_on, one.closed_on),
            )
            for one in findings
        ],
        [one.get_absolute_url() for one in findings],
    )


REPORT = Standard(
    key="compliance-notice",
    title=_("Compliance notice"),
    sentence=_(
        "Who logged in as often as the rules ask, who did not for two weeks, and which rules "
        "of the organisation were broken."
    ),
    source=_("Group CRM-system rules, Art 3(3)"),
    right=SEE,
    taking=SEE,
    facts=COUNTS,
    tables=TABLES,
    read=_read,
    whole=True,
)
