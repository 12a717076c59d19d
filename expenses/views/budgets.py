"""Budgets: what a unit has, where it went, how long it lasts; allot, hand down, ask for more."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_safe

from core.access import requires
from core.display import listed, money, share
from core.errors import Refused
from core.htmx import ask, leave, page_or_rows
from core.paging import asked_page, page_of
from core.saving import saved, status_of
from expenses.forms.budgets import (
    SUM_WORDS,
    AllotForm,
    AskForm,
    EntryFilter,
    HandDownForm,
    PeriodForm,
)
from expenses.models import Budget, BudgetChange, BudgetMove, ChangeState
from expenses.selectors import budget_pages as reading
from expenses.selectors.budget_pages import ALLOT, ASK, SUMS, VIEW
from expenses.selectors.budgets import BudgetRow, movements, period_words, table
from expenses.services import budgets as verbs
from expenses.services.changes import ask_change
from regions.models import OrgUnit
from regions.policies import policy

SEND = require_http_methods(["GET", "HEAD", "POST"])
# What changed the allotment, for the short history on the page.
GIVING = (
    BudgetMove.ALLOT,
    BudgetMove.HAND_DOWN,
    BudgetMove.TRANSFER,
    BudgetMove.SUPPLEMENT,
    BudgetMove.CARRY_OVER,
)
RECENT = 8
NEARLY_GONE = 0.9  # the used share from which a budget is marked
# state of a change → tone and icon of its badge
CHANGE_TONES = {
    ChangeState.DRAFT: ("off", "edit"),
    ChangeState.IN_APPROVAL: ("info", "progress"),
    ChangeState.SENT_BACK: ("warn", "arrow-back-up"),
    ChangeState.APPROVED: ("ok", "circle-check"),
    ChangeState.REJECTED: ("bad", "circle-x"),
    ChangeState.WITHDRAWN: ("off", "arrow-back-up"),
    ChangeState.VOID: ("off", "ban"),
}
MOST_NAMED = 2  # categories named in the sentence on what runs out


def budget_url(unit: OrgUnit, year: int) -> str:
    """The page of a unit's budgets of a year."""
    return reverse("expenses:budget-unit", args=[unit.code, year])


def _crumbs(unit: OrgUnit, year: int, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [
        (_("Budgets"), reverse("expenses:budgets")),
        (f"{unit.name} {year}", budget_url(unit, year) if more else ""),
        *more,
    ]


def _unit_or_404(request: HttpRequest, code: str, year: int) -> OrgUnit:
    unit = reading.units_with_budgets(request.user).filter(code=code).first()
    if unit is None or not 2000 <= year <= 2100:
        raise Http404("budget")
    return unit


def _budget_or_404(request: HttpRequest, pk: int, right: str) -> Budget:
    """A budget in reach. Raises PermissionDenied for who sees it and has not the right there."""
    rows = Budget.objects.select_related("unit", "category")
    found: Budget | None = rows.visible_to(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404("budget")
    if not rows.visible_to(request.user, right).filter(pk=pk).exists():
        raise PermissionDenied(right)
    return found


@requires(VIEW)
@require_safe
def budgets(request: HttpRequest) -> HttpResponse:
    """Where the reader's budgets begin: the topmost unit, this year, or what the form chose."""
    today = timezone.localdate()
    form = _period_form(request, today, request.GET or None)
    if form.is_bound and form.is_valid():
        return redirect(budget_url(form.cleaned_data["unit"], form.cleaned_data["year"]))
    unit = reading.first_unit(request.user, today.year)
    if unit is None:
        raise Http404("unit")
    return redirect(budget_url(unit, today.year))


def _period_form(request: HttpRequest, today: date, data: Any) -> PeriodForm:
    units = reading.units_with_budgets(request.user)
    return PeriodForm(data, units=units, years=reading.years_known(request.user, today))


@requires(VIEW)
@require_safe
def budget_unit(request: HttpRequest, code: str, year: int) -> HttpResponse:
    """The budgets of a unit in a year (W15)."""
    unit = _unit_or_404(request, code, year)
    today = timezone.localdate()
    rows, total = table(request.user, unit, year)
    form = _period_form(request, today, {"unit": unit.code, "year": year})
    form.is_valid()
    held = [row.budget for row in rows if row.budget is not None]
    above = reading.unit_above(request.user, unit, year)
    below = reading.units_below(request.user, unit, year)
    context = {
        "unit": unit,
        "year": year,
        "period_form": form,
        "rows": [_line(unit, year, row) for row in rows],
        "total": _line(unit, year, total),
        "sentence": summary(rows, total, today) if rows else "",
        "has_shares": any(row.handed_down for row in rows),
        "legend": _legend(total),
        "above": above,
        "above_url": budget_url(above.unit, year) if above else "",
        "below": [(one, budget_url(one.unit, year)) for one in below],
        "waiting": reading.waiting_changes(request.user, unit, year),
        "recent": _recent(held),
        "entries_url": _entries_url(unit, year),
        **_rights(request, unit, year, rows, today),
        "crumbs": _crumbs(unit, year),
    }
    return render(request, "expenses/budgets.html", context)


def _legend(total: BudgetRow) -> list[tuple[str, Any]]:
    """The parts of the bars that the page shows, in the order they are drawn."""
    names = ["spent", "committed", "reserved"]
    if total.handed_down:
        names.append("handed_down")
    return [*((name, SUM_WORDS[name]) for name in names), ("left", pgettext("budget", "Left"))]


def _rights(
    request: HttpRequest, unit: OrgUnit, year: int, rows: list[BudgetRow], today: date
) -> dict[str, Any]:
    """What the reader may do here."""
    user = request.user
    allots = user.has_perm(ALLOT) and reading.may_allot(user, unit)
    carries = policy("expenses.carry_over", unit.pk) == verbs.CARRY and year <= today.year
    return {
        "may_allot": allots and all(row.budget.parent_id is None for row in rows if row.budget),
        "may_carry": allots and carries and any(row.left > 0 for row in rows),
        "may_hand_down": user.has_perm(ALLOT) and reading.in_reach(user, ALLOT, unit),
        "may_ask": user.has_perm(ASK) and reading.in_reach(user, ASK, unit),
    }


def _entries_url(unit: OrgUnit, year: int, **query: Any) -> str:
    page = reverse("expenses:budget-entries", args=[unit.code, year])
    given = {key: str(value) for key, value in query.items() if value}
    return f"{page}?{urlencode(given)}" if given else page


def _line(unit: OrgUnit, year: int, row: BudgetRow) -> dict[str, Any]:
    """A row of the table, each sum with the address of its movements."""
    code = row.category.code if row.category else ""
    quarter = row.budget.quarter if row.budget else None
    return {
        "row": row,
        "quarter": quarter,
        "cells": [
            {
                "name": name,
                "label": SUM_WORDS[name],
                "value": getattr(row, name),
                "url": _entries_url(unit, year, category=code, quarter=quarter, sum=name),
            }
            for name in SUMS
        ],
        "is_short": row.used_share is not None and row.used_share >= NEARLY_GONE,
    }


def summary(rows: list[BudgetRow], total: BudgetRow, today: date) -> str:
    """One sentence: what is left, and what will not last at the pace so far."""
    left = _("{left} left.").format(left=money(total.left))
    if total.allotted > 0:
        words = _("{left} left ({share}).")
        left = words.format(left=money(total.left), share=share(total.left / total.allotted))
    ending = reading.runs_out(rows, today)
    if not ending:
        return left
    gone = [str(one.category) for one in ending if one.on <= today]
    if gone:
        return left + _("{names} is used up.").format(names=listed(gone[:MOST_NAMED]))
    first = ending[0]
    words = _("At this pace {category} will be used up in {month}.")
    return left + words.format(category=first.category, month=date_format(first.on, "F"))


def _recent(held: list[Budget]) -> list[Any]:
    """The latest movements that gave or took money, newest first."""
    return [one for one in movements(held, most=RECENT * 6) if one.kind in GIVING][:RECENT]


@requires(VIEW)
@require_safe
def budget_entries(request: HttpRequest, code: str, year: int) -> HttpResponse:
    """The movements behind the sums of a unit's budgets."""
    unit = _unit_or_404(request, code, year)
    form = EntryFilter(request.GET)
    query = form.query(unit, year)
    page = page_of(
        [query.rows(request.user)], reading.NEWEST, reading.entry_rows, **asked_page(request)
    )
    context = {
        "unit": unit,
        "year": year,
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "query": query,
        "page": page,
        "rows": [_entry(one, query.sum) for one in page.rows],
        "total": reading.entry_total(request.user, query),
        "sum_word": SUM_WORDS.get(query.sum, ""),
        "crumbs": _crumbs(unit, year, (_("Movements"), "")),
    }
    return page_or_rows(
        request, "expenses/budget_entries.html", "expenses/_budget_entry_rows.html", context
    )


def _entry(entry: Any, only: str) -> dict[str, Any]:
    """A movement: the columns it changed, by how much."""
    names = (only,) if only else SUMS
    changes = [(SUM_WORDS[name], getattr(entry, name)) for name in names if getattr(entry, name)]
    return {"entry": entry, "changes": changes}


# --- acts -----------------------------------------------------------------------------------------


@requires(ALLOT)
@SEND
def budget_allot(request: HttpRequest, code: str, year: int) -> HttpResponse:
    """Give a unit money for a category from outside."""
    unit = _unit_or_404(request, code, year)
    if not reading.may_allot(request.user, unit):
        raise PermissionDenied(ALLOT)
    form = AllotForm(request.POST or None, initial={"category": request.GET.get("category")})
    done = saved(
        request,
        form,
        lambda data: verbs.allot(
            unit,
            category=data["category"],
            year=year,
            quarter=data["quarter"],
            amount=form.signed(),
            reason=data["reason"],
            by=request.user,
        ),
        _("The budget is allotted."),
    )
    if done is not None:
        return redirect(budget_url(unit, year))
    question = _("{unit}, {year}").format(unit=unit.name, year=year)
    return _form(request, unit, year, form, _("Allot a budget"), question, _("Allot"))


@requires(ALLOT)
@SEND
def budget_hand_down(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a part of a budget to a unit below, or take it back."""
    budget = _budget_or_404(request, pk, ALLOT)
    form = HandDownForm(request.POST or None, user=request.user, budget=budget)
    done = saved(
        request,
        form,
        lambda data: verbs.hand_down(
            budget, to=data["to"], amount=form.signed(), reason=data["reason"], by=request.user
        ),
        _("The budget is handed down."),
    )
    if done is not None:
        return redirect(budget_url(budget.unit, budget.year))
    return _form(
        *(request, budget.unit, budget.year, form, _("Hand a budget down")),
        *(budget_words(budget), _("Hand down")),
    )


@requires(ASK)
@SEND
def budget_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a transfer or for more money; an approval decides."""
    budget = _budget_or_404(request, pk, ASK)
    kind = request.GET.get("kind", "transfer")
    form = AskForm(request.POST or None, user=request.user, target=budget, initial={"kind": kind})
    done = saved(
        request,
        form,
        lambda data: ask_change(target=budget, by=request.user, **data),
        _("Your request is submitted for approval."),
    )
    if done is not None:
        return redirect(budget_url(budget.unit, budget.year))
    return _form(
        *(request, budget.unit, budget.year, form, _("Ask for a transfer or more budget")),
        *(budget_words(budget), _("Submit for approval")),
    )


def budget_words(budget: Budget) -> str:
    """Which budget it is about and what is left of it."""
    words = _("{unit} · {category} · {period} · {left} left")
    return words.format(
        unit=budget.unit.name,
        category=budget.category.name,
        period=period_words(budget.year, budget.quarter),
        left=money(budget.left),
    )


def _form(
    request: HttpRequest, unit: OrgUnit, year: int, form: Any, title: str, question: str, verb: str
) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "question": question,
        "verb": verb,
        "back": budget_url(unit, year),
        "crumbs": _crumbs(unit, year, (title, "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))


@requires(ALLOT)
@SEND
def budget_carry_over(request: HttpRequest, code: str, year: int) -> HttpResponse:
    """Carry what is left of a branch's budgets into the next year, after a question."""
    unit = _unit_or_404(request, code, year)
    if not reading.may_allot(request.user, unit):
        raise PermissionDenied(ALLOT)
    form = forms.Form(request.POST if request.method == "POST" else None)
    count = None
    if form.is_bound and form.is_valid():
        try:
            count = verbs.carry_over(year, unit=unit, by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    if count is not None:
        messages.success(request, _carried(count))
        return leave(request, budget_url(unit, year + 1 if count else year))
    context = {
        "title": _("Carry over what is left?"),
        "effect": _(
            "What is left of the {year} budgets of {unit} and the units below goes into the same "
            "budgets of {next}, where the rules of the units allow it."
        ).format(year=year, unit=unit.name, next=year + 1),
        "action": request.path,
        "verb": _("Carry over"),
        "refused": form.non_field_errors() if form.is_bound else [],
        "cancel_url": budget_url(unit, year),
        "crumbs": _crumbs(unit, year, (_("Carry over"), "")),
    }
    return ask(request, context, status_of(request))


def _carried(count: int) -> str:
    if not count:
        return _("Nothing was left to carry over.")
    words = ngettext(
        "{count} budget was carried over.", "{count} budgets were carried over.", count
    )
    return words.format(count=count)


@requires(VIEW)
@require_safe
def budget_change(request: HttpRequest, pk: int) -> HttpResponse:
    """A transfer or supplement that somebody asked for, and how its approval stands."""
    rows = BudgetChange.objects.visible_to(request.user).select_related(
        "unit", "target__unit", "target__category", "source__unit", "source__category", "asked_by"
    )
    change = rows.filter(pk=pk).first()
    if change is None:
        raise Http404("change")
    approval = reading.approval_of(request.user, change)
    context = {
        "change": change,
        "state": dict(zip(("tone", "icon"), CHANGE_TONES[ChangeState(change.state)], strict=True)),
        "approval_url": approval.get_absolute_url() if approval else "",
        "crumbs": _crumbs(change.target.unit, change.target.year, (change.get_kind_display(), "")),
    }
    return render(request, "expenses/budget_change.html", context)
