"""Lists: applications, the ledger, evidence that is due."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from core.access import requires
from core.htmx import page_or_rows
from core.paging import asked_page, count_of, without_page
from expenses.exports import PERMISSION as EXPORT
from expenses.forms.filters import LedgerFilter, PaperFilter, UnitFilter
from expenses.models import Application
from expenses.powers import ADD, PAY
from expenses.selectors.lists import (
    DUE,
    LEDGER,
    UNPROVED,
    PaperQuery,
    count_papers,
    ledger_page,
    ledger_parts,
    ledger_sums,
    paper_page,
)
from expenses.shown import evidence_badge, state_badge
from expenses.states import VIEW


def count_sentence(number: int, capped: bool) -> str:
    """ "1,000+ applications" when there are more than are counted."""
    if capped:
        return _("{count}+ applications").format(count=f"{number:,}")
    words = ngettext("{count} application", "{count} applications", number)
    return words.format(count=f"{number:,}")


def row_of(paper: Application) -> dict[str, Any]:
    """An application as lists show it."""
    return {"paper": paper, "state": state_badge(paper), "duty": evidence_badge(paper)}


def listing(request: HttpRequest, query: PaperQuery) -> dict[str, Any]:
    """A page of applications with its count."""
    page = paper_page(request.user, query, **asked_page(request))
    return {
        "query": query,
        "page": page,
        "rows": [row_of(one) for one in page.rows],
        "count": count_sentence(*count_papers(request.user, query)),
    }


@requires(VIEW)
@require_safe
def application_list(request: HttpRequest) -> HttpResponse:
    """Every application the reader may see, filtered, the newest first."""
    form = PaperFilter(request.GET, user=request.user)
    context = listing(request, form.query()) | {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "may_add": request.user.has_perm(ADD),
        "may_export": request.user.has_perm(EXPORT),
        "filter_query": without_page(request),
    }
    return page_or_rows(request, "expenses/list.html", "expenses/_rows.html", context)


@requires(VIEW)
@require_safe
def evidence_list(request: HttpRequest) -> HttpResponse:
    """Granted applications whose evidence is not there yet, the most urgent first."""
    form = UnitFilter(request.GET, user=request.user)
    found = form.found()
    query = PaperQuery(
        unit=found.get("unit"),
        applicant=request.user if found.get("mine") else None,
        state=UNPROVED,
        order=DUE,
    )
    context = listing(request, query) | {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "may_prove": request.user.has_perm(ADD) or request.user.has_perm(PAY),
    }
    return page_or_rows(request, "expenses/due.html", "expenses/_due_rows.html", context)


@requires(LEDGER)
@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """The ledger: lines are added, never changed; a wrong one is reversed by another."""
    form = LedgerFilter(request.GET, user=request.user)
    query = form.query()
    page = ledger_page(request.user, query, **asked_page(request))
    number, capped = count_of(ledger_parts(request.user, query))
    words = _("{count}+ lines") if capped else ngettext("{count} line", "{count} lines", number)
    approved, paid = ledger_sums(request.user, query)
    context = {
        "filter_form": form,
        "query": query,
        "page": page,
        "count": words.format(count=f"{number:,}"),
        "approved": approved,
        "paid": paid,
        "is_filtered": form.is_filtered(),
        "may_pay": request.user.has_perm(PAY),
        "may_export": request.user.has_perm(EXPORT),
        "filter_query": without_page(request),
    }
    return page_or_rows(request, "expenses/ledger.html", "expenses/_ledger_rows.html", context)
