"""Tasks and bulletins on the pages of units and people."""

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.scopes import narrow
from compliance.models import Assignment, Bulletin
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
from compliance.selectors import reading_duty, task_figures
from compliance.selectors.bulletins import PUBLISH
from compliance.selectors.tasks import LATE, TEAM, VIEW
from core.display import when
from core.scope import EVERYTHING, Scope, scope_of

SHOWN, TAKEN = 20, 5000
MONTHS = 12


def _scope(question: Question, right: str) -> Scope:
    return narrow(scope_of(question.reader, right), question.unit, below=question.below)


def _answers_for(question: Question, right: str) -> bool:
    """Whether the reader reaches all that is asked for with a right, not only parts of it."""
    scope = _scope(question, right)
    column = question.unit.scope_column() if question.below else "unit_id"
    return any(
        one.column is None or (one.column == column and one.unit_id == question.unit.pk)
        for one in scope.branches
    )


def _months(question: Question) -> list[dt.date]:
    """First days of the twelve months up to the one asked for."""
    return months_before(month_of(question.first), MONTHS)


# --- tasks ----------------------------------------------------------------------------------------


def _tasks_tile(question: Question) -> Tile | None:
    scope = _scope(question, VIEW)
    if not scope.branches:
        return None
    months = _months(question)
    found = task_figures.late_by_month(scope, months[0], question.last)
    late, all_due = found.get(months[-1], (0, 0))
    asked = {"tab": TEAM, "state": LATE, "unit": question.unit.code}
    asked["month"] = f"{months[-1]:%Y-%m}"
    query = urlencode(asked if question.below else asked | {"only": "on"})
    return Tile(
        label=_("Tasks late"),
        value=f"{late:,}",
        detail=_("of {count} due").format(count=f"{all_due:,}"),
        before=_("last month {count}").format(count=found.get(months[-2], (0, 0))[0]),
        url=f"{reverse('compliance:tasks')}?{query}",
        alarm=late > 0,
        trend=tuple(float(found.get(month, (0, 0))[0]) for month in months),
    )


def _tasks_rows(question: Question) -> dict[str, Any]:
    scope = _scope(question, VIEW)
    rows = task_figures.late_rows(scope, question.first, question.last, SHOWN + 1)
    return {"tasks": rows[:SHOWN], "more_tasks": len(rows) > SHOWN}


def _tasks_sheet(question: Question) -> Sheet | None:
    scope = _scope(question, VIEW)
    rows = task_figures.late_rows(scope, question.first, question.last, TAKEN)
    return Sheet(
        _("Tasks late"),
        (_("Unit"), _("Staff member"), _("Task"), _("Due"), _("Done on")),
        [
            (
                *(row.unit.name, row.to.name, row.title, when(row.due_at, "short")),
                when(row.finished_at, "short") if row.finished_at else "",
            )
            for row in rows
        ],
    )


register_unit_panel(
    UnitPanel(
        key="tasks",
        order=60,
        tile=_tasks_tile,
        template="compliance/_panel_tasks.html",
        context=_tasks_rows,
        sheet=_tasks_sheet,
    )
)


# --- bulletins ------------------------------------------------------------------------------------


def _bulletins_tile(question: Question) -> Tile | None:
    if not _answers_for(question, PUBLISH):
        return None
    months = _months(question)
    found = reading_duty.late_by_month(
        question.unit, months[0], question.last, timezone.localdate(), below=question.below
    )
    late = found.get(months[-1], 0)
    return Tile(
        label=_("Bulletins not confirmed in time"),
        value=f"{late:,}",
        before=_("last month {count}").format(count=found.get(months[-2], 0)),
        url="#bulletins",
        alarm=late > 0,
        trend=tuple(float(found.get(month, 0)) for month in months),
    )


def _late(question: Question, most: int) -> list[reading_duty.Unconfirmed]:
    if not _answers_for(question, PUBLISH):
        return []
    span = (question.first, question.last, timezone.localdate())
    return reading_duty.late_rows(question.unit, *span, below=question.below, most=most)


def _bulletins_rows(question: Question) -> dict[str, Any]:
    rows = _late(question, SHOWN + 1)
    return {"unconfirmed": rows[:SHOWN], "more_unconfirmed": len(rows) > SHOWN}


def _bulletins_sheet(question: Question) -> Sheet | None:
    return Sheet(
        _("Bulletins not confirmed in time"),
        (_("Unit"), _("Staff member"), _("Bulletin"), _("Confirm by"), _("Reading confirmed")),
        [
            (row.unit, row.name, row.title, row.confirm_by, row.confirmed)
            for row in _late(question, TAKEN)
        ],
    )


register_unit_panel(
    UnitPanel(
        key="bulletins",
        order=70,
        tile=_bulletins_tile,
        template="compliance/_panel_bulletins.html",
        context=_bulletins_rows,
        sheet=_bulletins_sheet,
    )
)


# --- one's own ------------------------------------------------------------------------------------


def _own_tasks(asked: OwnQuestion) -> list[Assignment]:
    rows = task_figures.due_in(EVERYTHING, asked.first, asked.last).filter(to=asked.person)
    return list(asked.seen(rows).order_by("due_at", "pk")[:TAKEN])


def _own_clause(asked: OwnQuestion) -> str:
    rows = _own_tasks(asked)
    late = sum(_is_late(row) for row in rows)
    if not rows:
        return ""
    if not late:
        return ngettext(
            "{count} task due, none late", "{count} tasks due, none late", len(rows)
        ).format(count=len(rows))
    return ngettext(
        "{count} task due, {late} late", "{count} tasks due, {late} late", len(rows)
    ).format(count=len(rows), late=late)


def _is_late(row: Assignment) -> bool:
    done = row.finished_at is not None and row.due_at is not None and row.finished_at > row.due_at
    return row.is_overdue or done


def _own_rows(asked: OwnQuestion) -> dict[str, Any]:
    return {"own_tasks": [{"task": row, "late": _is_late(row)} for row in _own_tasks(asked)]}


register_own_panel(
    OwnPanel(
        key="tasks",
        order=60,
        clause=_own_clause,
        template="compliance/_own_tasks.html",
        context=_own_rows,
    )
)


def _own_bulletins(asked: OwnQuestion) -> list[Bulletin]:
    rows = Bulletin.objects.unconfirmed_by(asked.person).filter(confirm_by__lte=asked.last)
    return list(asked.seen(rows).order_by("confirm_by", "pk"))


def _bulletin_clause(asked: OwnQuestion) -> str:
    count = len(_own_bulletins(asked))
    if not count:
        return ""
    return ngettext("{count} bulletin to confirm", "{count} bulletins to confirm", count).format(
        count=count
    )


def _bulletin_rows(asked: OwnQuestion) -> dict[str, Any]:
    return {
        "to_confirm": _own_bulletins(asked),
        "today": timezone.localdate(),
    }


register_own_panel(
    OwnPanel(
        key="bulletins",
        order=70,
        clause=_bulletin_clause,
        template="compliance/_own_bulletins.html",
        context=_bulletin_rows,
    )
)
