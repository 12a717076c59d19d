"""The telephone desk: the next number, the interview, what came of the call (SAT-04)."""

import time
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.access import requires
from core.errors import QuotaExceeded, Refused
from core.htmx import wants_rows
from core.personal_data import mask
from regions.models import OrgUnit
from satisfaction.forms.answers import CallForm
from satisfaction.models import CallResult, QuestionnaireVersion, Sample, Wave
from satisfaction.privacy import NOTICE_VERSION
from satisfaction.selectors.calling import (
    RIGHT,
    Cell,
    called_waves,
    calls_of,
    cells_of,
    later,
    waiting,
)
from satisfaction.selectors.questionnaires import FormPage
from satisfaction.services.answering import Kept, answers_of, missing, read_post
from satisfaction.services.calls import (
    answer_call,
    held_sample,
    next_sample,
    note_call,
    show_number,
)
from satisfaction.services.submitting import How
from satisfaction.views.pages import items_of, pages_of
from satisfaction.views.questions import only_words, question_rows

SEND = require_http_methods(["GET", "HEAD", "POST"])
SHOWN_SECONDS = 60
LATER = 20
INTERVIEWED = (CallResult.ANSWERED, CallResult.PARTIAL)


@requires(RIGHT)
@SEND
def phone(request: HttpRequest) -> HttpResponse:
    """How many wait, how far the quotas are, and one button: the next number."""
    user: Any = request.user
    if request.method == "POST":
        sample = next_sample(by=user)
        if sample is not None:
            return redirect("satisfaction:call", sample.pk)
        messages.warning(request, _("No owner waits for a call now."))
        return redirect("satisfaction:phone")
    units = OrgUnit.objects.visible_to(user, RIGHT)
    context = {
        "waves": [_progress(wave, cells_of(wave, units)) for wave in called_waves(user)],
        "waiting": waiting(user).count(),
        "held": held_sample(user),
        "later": list(later(user).select_related("unit", "customer")[:LATER]),
        "crumbs": [(_("Phone desk"), "")],
    }
    return render(request, "satisfaction/phone.html", context)


def _progress(wave: Wave, cells: list[Cell]) -> dict[str, Any]:
    """How far the quotas of a wave are, in sum and one by one."""
    return {
        "wave": wave,
        "cells": cells,
        "have": sum(min(cell.have, cell.wanted) for cell in cells),
        "wanted": sum(cell.wanted for cell in cells),
        "full": sum(cell.is_full for cell in cells),
    }


@requires(RIGHT)
@SEND
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """One call: the script, the questions, and what came of it."""
    sample = _held_or_404(request, pk)
    form = CallForm(request.POST or None)
    pages = _pages(sample.wave.version)
    kept: Kept = {}
    problems: dict[int, str] = {}
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            if data["result"] not in INTERVIEWED:
                note_call(sample, by=request.user, **data)
                return _noted(request)
            read = read_post(items_of(pages), request.POST)
            kept, problems = read.entries, dict(read.problems)
            if data["result"] == CallResult.ANSWERED:
                problems |= missing(items_of(pages), kept)
            if not problems:
                _interviewed(request, sample, kept, data)
                return _noted(request)
            form.add_error(None, _("Some questions need attention. Everything else is kept."))
        except Refused as refusal:
            form.add_error(None, str(refusal))
    if request.method == "POST" and not kept:
        kept = read_post(items_of(pages), request.POST).entries
    return _call_page(request, sample, form, kept, problems)


def _pages(version: QuestionnaireVersion) -> list[FormPage]:
    return pages_of(version.pk, is_frozen=version.frozen_at is not None)


def _interviewed(request: HttpRequest, sample: Sample, kept: Kept, data: dict[str, Any]) -> None:
    items = items_of(_pages(sample.wave.version))
    started = request.POST.get("began", "")
    seconds = _since(int(started)) if started.isascii() and started.isdecimal() else None
    how = How(
        NOTICE_VERSION,
        translation.get_language() or "",
        seconds,
        is_partial=data["result"] == CallResult.PARTIAL,
        by=request.user,
    )
    by_key = {item.pk: item for item in items}
    answer_call(sample, answers_of(items, kept), by_key, how, note=data["note"])


def _since(moment: int) -> int:
    return int(time.time()) - moment


def _call_page(
    request: HttpRequest, sample: Sample, form: CallForm, kept: Kept, problems: dict[int, str]
) -> HttpResponse:
    version = sample.wave.version
    kind = version.questionnaire.kind
    sections = [
        {
            "title": page.section.shown_title if page.section else "",
            "rows": [
                row | {"only": only_words(item)}
                for item, row in zip(
                    page.items, question_rows(page.items, kept, problems, kind), strict=True
                )
            ],
        }
        for page in _pages(version)
    ]
    context = {
        "sample": sample,
        "form": form,
        "sections": sections,
        "calls": calls_of(sample),
        "began": request.POST.get("began") or int(time.time()),
        "crumbs": [
            (_("Phone desk"), reverse("satisfaction:phone")),
            (_("Call"), ""),
        ],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "satisfaction/call.html", context, status=status)


def _noted(request: HttpRequest) -> HttpResponse:
    messages.success(request, _("The call is noted."))
    return redirect("satisfaction:phone")


@requires(RIGHT)
@require_POST
def number(request: HttpRequest, pk: int, field: str) -> HttpResponse:
    """Show the number that is being called for a minute; recorded before it leaves."""
    sample = _held_or_404(request, pk)
    customer: Any = sample.customer
    masked = getattr(customer, f"{field}_masked", "")
    template, status = "components/masked_shown.html", 200
    context: dict[str, Any] = {"masked": masked, "label": _("Show again"), "action": request.path}
    try:
        context["value"] = show_number(sample, field=field, by=request.user)
        context["masked"] = masked or mask(context["value"])
        context["seconds"] = SHOWN_SECONDS
    except LookupError:
        raise Http404("field") from None
    except Refused as refusal:
        template = "components/masked_refused.html"
        context["reason"] = str(refusal)
        status = 429 if isinstance(refusal, QuotaExceeded) else 200
    page = template if wants_rows(request) else "satisfaction/number.html"
    context |= {"fragment": template, "sample": sample}
    response = render(request, page, context, status=status)
    response["Cache-Control"] = "no-store, private"
    return response


def _held_or_404(request: HttpRequest, pk: int) -> Sample:
    """The person an interviewer is calling. Whom somebody else holds, or nobody, is not there."""
    rows = Sample.objects.visible_to(request.user, RIGHT).select_related(
        "wave__version__questionnaire", "unit", "customer__subject"
    )
    sample = rows.filter(pk=pk, held_by=request.user.pk, wave__is_anonymous=False).first()
    if sample is None:
        raise Http404("call")
    return sample
