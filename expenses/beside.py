"""What expenses add to the pages of customers and cases, and to the menu."""

from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from complaints.models import Case
from complaints.parts import add_part
from core.menu_counts import count_beside
from customers.models import Customer
from customers.tabs import Tab, add_tab
from expenses.models import Application
from expenses.selectors.lists import PaperQuery, count_papers, unproved_count
from expenses.states import GRANTED, VIEW

ADD = "expenses.add_application"


def _count(user: Any, customer: Customer) -> int:
    return count_papers(user, PaperQuery(customer=customer))[0]


def _context(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    from expenses.views.lists import listing  # pages are not loaded before the apps are ready

    return listing(request, PaperQuery(customer=customer)) | {
        "customer": customer,
        "may_add": request.user.has_perm(ADD),
    }


def _case_part(request: HttpRequest, case: Case) -> tuple[str, dict[str, Any]] | None:
    """What a case cost, for who may see expenses, and the way to ask for more."""
    user: Any = request.user
    if not user.has_perm(VIEW):
        return None
    papers = Application.objects.visible_to(user).filter(case=case)
    found = list(papers.select_related("category", "unit", "applicant").order_by("-pk"))
    may_add = user.has_perm(ADD) and case.is_open
    if not found and not may_add:
        return None
    from expenses.views.lists import row_of  # pages are not loaded before the apps are ready

    granted = papers.filter(state__in=sorted(GRANTED)).aggregate(total=Sum("approved_amount"))
    return "expenses/_case_part.html", {
        "rows": [row_of(one) for one in found],
        "total": granted["total"] or Decimal("0.00"),
        "case": case,
        "may_add": may_add,
    }


add_part(_case_part)
add_tab(Tab("expenses", _("Expenses"), VIEW, _count, _context, "expenses/_customer_papers.html"))
count_beside("expenses:evidence", unproved_count)
