"""The written part of standard reports: writing it, what units submitted, accepting it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import requires
from core.errors import Refused
from core.saving import saved, status_of
from reports.models import Commentary, CommentaryState
from reports.models.commentaries import RECEIVE, WRITE
from reports.models.saved import VIEW
from reports.standard import commentaries as verbs
from reports.standard.base import Question, Standard
from reports.standard.common import crumbs, standard_or_404
from reports.standard.forms import CommentaryForm, ReceiveForm, StandardFilter

TONES = {
    CommentaryState.DRAFT: ("off", "edit"),
    CommentaryState.SUBMITTED: ("info", "progress"),
    CommentaryState.RETURNED: ("warn", "arrow-back-up"),
    CommentaryState.ACCEPTED: ("ok", "circle-check"),
}


def state_badge(row: Commentary | None) -> dict[str, str]:
    """Label, tone and icon of the state of an analysis."""
    if row is None:
        return {"label": _("Not written yet"), "tone": "off", "icon": "clock"}
    tone, icon = TONES[CommentaryState(row.state)]
    return {"label": str(row.get_state_display()), "tone": tone, "icon": icon}


def _written_or_404(request: HttpRequest, key: str) -> tuple[Standard, StandardFilter]:
    """A report about which units write, and what the address asks of it."""
    standard = standard_or_404(request, key)
    if not standard.written:
        raise Http404(key)
    today = timezone.localdate()
    form = StandardFilter(request.GET, user=request.user, standard=standard, today=today)
    if form.question is None or request.GET.get("unit", "") not in ("", form.data["unit"]):
        raise Http404("unit")
    return standard, form


def _question(form: StandardFilter) -> Question:
    asked = form.question
    assert asked is not None  # noqa: S101 - refused before
    return asked


def _report_url(standard: Standard, unit: str, period: str) -> str:
    query = urlencode({"unit": unit, "period": period})
    return f"{reverse('reports:standard-report', args=[standard.key])}?{query}"


def commentary_context(request: HttpRequest, standard: Standard, asked: Question) -> dict[str, Any]:
    """What the page of a report shows of its written part."""
    row = verbs.commentary_of(asked, standard)
    waits = row is not None and row.state == CommentaryState.SUBMITTED
    may_receive = (
        waits
        and row is not None
        and row.submitted_by_id != request.user.pk
        and verbs.may_receive(request.user, asked.unit)
    )
    return {
        "commentary": row,
        "commentary_state": state_badge(row),
        "may_write": (row is None or row.is_writable) and verbs.may_write(request.user, asked.unit),
        "receive": ReceiveForm() if may_receive else None,
    }


@requires(WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def commentary(request: HttpRequest, key: str) -> HttpResponse:
    """Write the analysis of a unit and a period; submit it."""
    standard, asking = _written_or_404(request, key)
    asked = _question(asking)
    if not verbs.may_write(request.user, asked.unit):
        raise Http404("unit")
    row = verbs.commentary_of(asked, standard)
    if row is not None and not row.is_writable:
        return redirect(row)
    form = CommentaryForm(request.POST or None, initial={"text": row.text if row else ""})
    submits = "submit" in request.POST
    back = _report_url(standard, asked.unit.code, asked.period.key)

    def save(data: dict[str, Any]) -> Commentary:
        user: Any = request.user
        written = verbs.write_commentary(
            standard=standard, unit=asked.unit, period=asked.period.key, text=data["text"], by=user
        )
        return verbs.submit_commentary(written, by=user) if submits else written

    done = _("The analysis was submitted.") if submits else _("The analysis is saved.")
    if saved(request, form, save, done):
        return redirect(back)
    context = {
        "standard": standard,
        "asked": asked,
        "form": form,
        "row": row,
        "back": back,
        "crumbs": crumbs((str(standard.title), back), (_("Written analysis"), "")),
    }
    status = status_of(request)
    return render(request, "reports/standard/commentary.html", context, status=status)


@requires(VIEW)
@require_safe
def commentary_list(request: HttpRequest, key: str) -> HttpResponse:
    """Which of a unit and those right below it have submitted their analysis of a period."""
    standard, form = _written_or_404(request, key)
    asked = _question(form)
    found = verbs.near(asked, standard)
    rows = [
        {
            "unit": unit,
            "row": row,
            "state": state_badge(row),
            "url": _report_url(standard, unit.code, asked.period.key),
        }
        for unit, row in found
    ]
    back = _report_url(standard, asked.unit.code, asked.period.key)
    context = {
        "standard": standard,
        "asked": asked,
        "form": form,
        "rows": rows,
        "submitted": sum(row is not None and not row.is_writable for _unit, row in found),
        "crumbs": crumbs((str(standard.title), back), (_("Submitted analyses"), "")),
    }
    return render(request, "reports/standard/commentaries.html", context)


@requires(RECEIVE)
@require_POST
def commentary_receive(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept an analysis or send it back."""
    rows = Commentary.objects.visible_to(request.user, RECEIVE).select_related("unit")
    row = get_object_or_404(rows, pk=pk)
    form = ReceiveForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please write at most 1,000 characters."))
        return redirect(row)
    user: Any = request.user
    accept = "send_back" not in request.POST
    try:
        verbs.receive_commentary(row, by=user, accept=accept, note=form.cleaned_data["note"])
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        done = _("The analysis was accepted.") if accept else _("The analysis was sent back.")
        messages.success(request, done)
    return redirect(row)
