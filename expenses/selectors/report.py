"""Sums over the expenses of a year, for operators and checks of imports."""

from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils import translation

from accounts.scopes import narrow
from core.scope import EVERYTHING
from expenses.models import Application
from expenses.states import State
from regions.models import OrgUnit

ZERO = Decimal("0.00")


def expense_report(year: int, unit: OrgUnit | None = None) -> dict[str, Any]:
    """The papers applied for in a year, of a branch (of the group without one); drafts left out.

    Sums are yuan as text with two decimals. Categories by name, units by code, states in Chinese
    with how many papers are in them; no empty or zero keys.
    """
    scope = narrow(EVERYTHING, unit, below=True) if unit else EVERYTHING
    papers = (
        Application.objects.visible_to(scope)
        .filter(applied_on__year=year)
        .exclude(state=State.DRAFT)
    )
    total = papers.aggregate(total=Sum("paid_amount"))["total"] or ZERO
    return {
        "rows": papers.count(),
        "paid_total": text(total),
        "paid_by_category": _paid_by(papers, "category__name"),
        "paid_by_unit": _paid_by(papers, "unit__code"),
        "by_status": _by_status(papers),
    }


def text(amount: Decimal) -> str:
    """Yuan as text with two decimals: 7516458.16."""
    return f"{amount:.2f}"


def _paid_by(papers: QuerySet[Application], column: str) -> dict[str, str]:
    rows = papers.order_by().values_list(column).annotate(paid=Sum("paid_amount"))
    return {key: text(paid) for key, paid in sorted(rows) if paid}


def _by_status(papers: QuerySet[Application]) -> dict[str, int]:
    with translation.override("zh-hans"):
        words = {state.value: str(state.label) for state in State}
    rows = papers.order_by().values_list("state").annotate(n=Count("pk"))
    return {words[state]: count for state, count in sorted(rows)}
