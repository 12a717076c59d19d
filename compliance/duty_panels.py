"""What log-ins, lapses, sanctions and commendations add to the page of a unit and to one's own."""

import datetime as dt
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.scopes import narrow
from compliance.models import Commendation, CommendationState, Lapse, Sanction, SanctionState
from compliance.months import month_of, months_before
from compliance.panels import (
    OwnPanel,
    OwnQuestion,
    Question,
    Sheet,
    Tile,
    UnitPanel,
    register_own_panel,
    register_unit_panel,
)
from compliance.selectors import log_in_figures as figures
from compliance.selectors.log_in_figures import SEE, PersonSums, Sums
from compliance.selectors.reach import whole_units
from compliance.shown_days import person_days
from compliance.views.duties import COMMENDATION_TONES, SANCTION_TONES, badge
from core.display import share
from core.scope import Scope, scope_of

MONTHS = 12
SHOWN = 10


def _scope(question: Question) -> Scope:
    return narrow(scope_of(question.reader, SEE), question.unit, below=question.below)


def _months(question: Question) -> list[dt.date]:
    return months_before(month_of(question.first), MONTHS)


def log_in_tile(question: Question) -> Tile | None:
    """The log-in rate with its trend; it leads to the page of log-ins."""
    scope = _scope(question)
    if not scope.branches:
        return None
    months = _months(question)
    found = figures.by_month(scope, months[0], months[-1])
    now, before = (found.get(month, Sums()) for month in (months[-1], months[-2]))
    query = urlencode({"unit": question.unit.code, "month": f"{months[-1]:%Y-%m}"})
    words = _("{met} of {expected} days")
    return Tile(
        label=_("Log-in rate"),
        value=share(now.rate),
        detail=words.format(met=f"{now.met:,}", expected=f"{now.expected:,}"),
        before=_("last month {count}").format(count=share(before.rate)),
        url=f"{reverse('compliance:log-ins')}?{query}",
        trend=tuple(found[month].rate if month in found else None for month in months),
    )


def _missed(question: Question, most: int) -> list[PersonSums]:
    """Those who missed most, of the branches that the reader sees whole."""
    reached = whole_units(_scope(question), SEE)
    return figures.missed_in(reached, question.first, most=most)


def log_in_context(question: Question) -> dict[str, Any]:
    """Whoever missed most."""
    rows = _missed(question, SHOWN + 1)
    return {
        "missed": rows[:SHOWN],
        "more_missed": len(rows) > SHOWN,
        "month": f"{question.first:%Y-%m}",
    }


def log_in_sheet(question: Question) -> Sheet | None:
    """The same people for the workbook of the month."""
    return Sheet(
        _("Log-ins missed"),
        (_("Unit"), _("Person"), _("Employee number"), _("Expected days"), _("Days met")),
        [
            (
                *(one.person.unit.name if one.person.unit else "", one.person.name),
                *(one.person.employee_no, one.expected, one.met),
            )
            for one in _missed(question, 5000)
        ],
    )


def lapse_tile(question: Question) -> Tile | None:
    """People who came to two weeks without log-in in the month."""
    scope = _scope(question)
    if not scope.branches:
        return None
    months = _months(question)
    rows = Lapse.objects.filter(scope.q(()), dated_on__range=(months[0], question.last))
    by = rows.annotate(month=TruncMonth("dated_on")).values_list("month").order_by()
    found = dict(by.annotate(n=Count("pk")))
    number = found.get(months[-1], 0)
    asked = {"unit": question.unit.code, "show": "all", "month": f"{months[-1]:%Y-%m}"}
    query = urlencode(asked if question.below else asked | {"only": "on"})
    return Tile(
        label=_("Lapses"),
        value=f"{number:,}",
        before=_("last month {count}").format(count=found.get(months[-2], 0)),
        url=f"{reverse('compliance:lapses')}?{query}",
        alarm=number > 0,
        trend=tuple(float(found.get(month, 0)) for month in months),
    )


def own_days(asked: OwnQuestion) -> dict[str, Any]:
    """The days of the month: they are about nobody but the person himself."""
    return person_days(asked.person, asked.first, asked.last)


def own_clause(asked: OwnQuestion) -> str:
    """How many days were expected and met, and weeks of trips."""
    values = own_days(asked)
    if not values["expected"] and not values["trip_weeks"]:
        return ""
    words = ngettext(
        "{count} day expected, {met} met", "{count} days expected, {met} met", values["expected"]
    )
    said = words.format(count=values["expected"], met=values["met"])
    weeks = values["trip_weeks"]
    if not weeks:
        return said
    kept = sum(week.met for week in weeks)
    more = ngettext(
        "{count} week of trips, {met} met", "{count} weeks of trips, {met} met", len(weeks)
    )
    return f"{said} · {more.format(count=len(weeks), met=kept)}"


def own_sanctions(asked: OwnQuestion) -> dict[str, Any]:
    """A person's sanctions, void ones too, the latest first."""
    rows = asked.seen(Sanction.objects.filter(person=asked.person))
    rows = rows.order_by("-imposed_at")[:SHOWN]
    return {
        "sanctions": [{"sanction": one, "state": badge(one.state, SANCTION_TONES)} for one in rows]
    }


def sanction_clause(asked: OwnQuestion) -> str:
    """How many sanctions may still be appealed against."""
    rows = Sanction.objects.filter(person=asked.person, state=SanctionState.IN_FORCE)
    count = asked.seen(rows).count()
    return (
        ngettext("{count} sanction", "{count} sanctions", count).format(count=count)
        if count
        else ""
    )


def own_commendations(asked: OwnQuestion) -> dict[str, Any]:
    """A person's commendations, void ones too, the latest first."""
    rows = asked.seen(Commendation.objects.given().filter(person=asked.person))
    rows = rows.order_by("-given_at")[:SHOWN]
    return {
        "commendations": [
            {"row": one, "state": badge(one.state, COMMENDATION_TONES)} for one in rows
        ]
    }


def commendation_clause(asked: OwnQuestion) -> str:
    """How many commendations were given in the month."""
    rows = Commendation.objects.filter(person=asked.person, state=CommendationState.GIVEN)
    rows = rows.filter(given_at__date__range=(asked.first, asked.last))
    count = asked.seen(rows).count()
    words = ngettext("{count} commendation", "{count} commendations", count)
    return words.format(count=count) if count else ""


register_unit_panel(
    UnitPanel(
        key="log_ins",
        order=10,
        tile=log_in_tile,
        template="compliance/_unit_log_ins.html",
        context=log_in_context,
        sheet=log_in_sheet,
    )
)
register_unit_panel(UnitPanel(key="lapses", order=20, tile=lapse_tile))
register_own_panel(
    OwnPanel(
        key="log_ins",
        order=10,
        clause=own_clause,
        template="compliance/_own_log_ins.html",
        context=own_days,
    )
)
register_own_panel(
    OwnPanel(
        key="sanctions",
        order=20,
        clause=sanction_clause,
        template="compliance/_own_sanctions.html",
        context=own_sanctions,
    )
)
register_own_panel(
    OwnPanel(
        key="commendations",
        order=21,
        clause=commendation_clause,
        template="compliance/_own_commendations.html",
        context=own_commendations,
    )
)
