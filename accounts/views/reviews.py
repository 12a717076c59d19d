"""The monthly review of grants."""

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts import services
from accounts.forms.access import ReviewFilter
from accounts.models import GrantDecision
from accounts.selectors.access import source_of
from accounts.selectors.reviews import grants_to_review, is_neglected, month_of, review_state
from accounts.services.reviews import Decision
from accounts.visitors import person_of
from audit.services import record
from core.access import fresh_if, requires
from core.errors import Refused
from core.files.writer import SheetColumn, SheetWriter
from core.htmx import page_or_rows

RIGHT = "accounts.review_grants"
PAGE_SIZE = 25
REFUSED_FORM = 422

COLUMNS = (
    SheetColumn(gettext_lazy("Employee number"), "id", 14),
    SheetColumn(gettext_lazy("Name")),
    SheetColumn(gettext_lazy("Unit of the person"), width=20),
    SheetColumn(gettext_lazy("Role")),
    SheetColumn(gettext_lazy("Holds in"), width=20),
    SheetColumn(gettext_lazy("Reach")),
    SheetColumn(gettext_lazy("From"), "date"),
    SheetColumn(gettext_lazy("Until"), "date"),
    SheetColumn(gettext_lazy("Source"), width=20),
    SheetColumn(gettext_lazy("Decision of this month")),
    SheetColumn(gettext_lazy("Reason"), width=24),
    SheetColumn(gettext_lazy("Reviewed by")),
    SheetColumn(gettext_lazy("Reviewed at"), "datetime"),
    SheetColumn(gettext_lazy("Not reviewed for two months")),
)


def _grants(request: HttpRequest, form: ReviewFilter) -> Any:
    found = form.cleaned_data if form.is_valid() else {}
    month = month_of(timezone.localdate())
    return grants_to_review(
        person_of(request), month, unit=found.get("unit"), waiting=bool(found.get("waiting"))
    )


def _ends_grants(request: HttpRequest) -> bool:
    """Whether the sent form takes a grant away; keeping grants needs no further proof."""
    return any(one.decision == GrantDecision.END for one in _decisions(request))


@fresh_if(_ends_grants)
@requires(RIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def grant_review(request: HttpRequest) -> HttpResponse:
    """Each grant in reach: keep it, or end it with a reason."""
    reader, problem = person_of(request), ""
    if request.method == "POST":
        decisions = _decisions(request)
        try:
            count = services.review_grants(decisions, by=reader)
        except Refused as refusal:
            problem = str(refusal)
        else:
            sentence = ngettext(
                "{count} grant was reviewed.", "{count} grants were reviewed.", count
            )
            messages.success(request, sentence.format(count=count))
            return redirect(request.get_full_path())
    form = ReviewFilter(request.GET, reader=reader)
    page = Paginator(_grants(request, form), PAGE_SIZE).get_page(request.GET.get("page"))
    state = review_state(reader)
    for grant in page:
        _dress(grant, state.month, request)
    context = {
        "page": page,
        "filter_form": form,
        "state": state,
        "problem": problem,
        "propose": request.GET.get("propose") == "keep",
        "crumbs": [
            (_("People and access"), reverse("accounts:people")),
            (_("Grant review"), ""),
        ],
    }
    status = REFUSED_FORM if problem else 200
    return page_or_rows(
        request,
        "accounts/grant_review.html",
        "accounts/_grant_review_rows.html",
        context,
        status,
    )


def _dress(grant: Any, month: Any, request: HttpRequest) -> None:
    """What the page says about a grant, and what was typed when a post was refused."""
    grant.review = next(iter(grant.this_month), None)
    grant.neglected = grant.review is None and is_neglected(grant, month)
    grant.source = source_of(grant)
    grant.typed = request.POST.get(f"decision-{grant.pk}", "")
    grant.typed_reason = request.POST.get(f"reason-{grant.pk}", "")


def _decisions(request: HttpRequest) -> list[Decision]:
    """The rows for which something was chosen."""
    found = []
    for name, value in request.POST.items():
        head, _dash, key = name.partition("-")
        if head == "decision" and key.isdecimal() and value in GrantDecision.values:
            reason = request.POST.get(f"reason-{key}", "")[:200]
            found.append(Decision(int(key), value, reason))
    return found


@requires(RIGHT)
@require_safe
def grant_review_export(request: HttpRequest) -> FileResponse:
    """The filtered grants as a workbook."""
    form = ReviewFilter(request.GET, reader=person_of(request))
    month = month_of(timezone.localdate())
    grants = list(_grants(request, form))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "grants.xlsx"
        with SheetWriter(target) as book:
            book.write_sheet(_("Grant review"), COLUMNS, (_row(one, month) for one in grants))
        stream = target.open("rb")  # the file stays readable after its name is gone
    record("grant.exported", by=request.user, rows=len(grants))
    name = _("Grant review {month}.xlsx").format(month=f"{month:%Y-%m}")
    return FileResponse(stream, as_attachment=True, filename=name)


def _row(grant: Any, month: Any) -> tuple[Any, ...]:
    review = next(iter(grant.this_month), None)
    neglected = review is None and is_neglected(grant, month)
    return (
        grant.user.employee_no,
        grant.user.name,
        grant.user.unit.name if grant.user.unit else "",
        grant.role.name,
        grant.unit.name,
        grant.role.get_reach_display(),
        grant.valid_from,
        grant.valid_until,
        source_of(grant),
        review.get_decision_display() if review else "",
        review.reason if review else "",
        review.by.name if review else "",
        timezone.localtime(review.at) if review else None,
        _("Yes") if neglected else "",
    )
