"""The list of answers with their flags, one answer, voiding, the workbook (SAT-04)."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import fresh, requires
from core.errors import Refused
from core.exports import pages
from core.htmx import ask, leave, page_or_rows
from core.paging import asked_page, count_of, page_of, without_page
from satisfaction.answer_files import ANSWERS, stage_words
from satisfaction.forms.answers import AnswerFilter, VoidForm
from satisfaction.models import Flag, Response, Wave
from satisfaction.selectors.answers import (
    NEWEST,
    VIEW,
    answer_in_reach,
    answer_parts,
    answer_rows,
    hidden_projects,
    person_of,
    said_in,
)
from satisfaction.services import voiding
from satisfaction.views.on_site import wave_or_404
from satisfaction.views.waves import wave_crumbs

SEND = require_http_methods(["GET", "HEAD", "POST"])


def _row(response: Response) -> dict[str, Any]:
    """An answer as list and page show it."""
    return {
        "response": response,
        "flags": [Flag(flag).label for flag in response.flags],
        "stage": "" if response.is_anonymous else stage_words(response.stage),
    }


def _crumbs(wave: Wave, *more: tuple[str, str]) -> list[tuple[str, str]]:
    address = reverse("satisfaction:answers", args=[wave.code]) if more else ""
    return wave_crumbs(wave, (pgettext("survey", "Answers"), address), *more)


def _count_sentence(number: int, capped: bool) -> str:
    if capped:
        return _("{count}+ answers").format(count=f"{number:,}")
    return ngettext("{count} answer", "{count} answers", number).format(count=f"{number:,}")


@requires(VIEW)
@require_safe
def answer_list(request: HttpRequest, code: str) -> HttpResponse:
    """The answers of a wave in reach, the newest first."""
    wave = wave_or_404(request, code, VIEW)
    form = AnswerFilter(request.GET, user=request.user)
    query = form.query(wave)
    parts = answer_parts(request.user, query)
    page = page_of(parts, NEWEST, answer_rows, **asked_page(request))
    context = {
        "wave": wave,
        "filter_form": form,
        "query": query,
        "page": page,
        "rows": [_row(response) for response in page.rows],
        "count": _count_sentence(*count_of(parts)),
        "is_filtered": form.is_filtered(),
        "hides": bool(hidden_projects(wave)),
        "filter_query": without_page(request),
        "crumbs": _crumbs(wave),
    }
    return page_or_rows(
        request, "satisfaction/answers.html", "satisfaction/_answer_rows.html", context
    )


def _answer_or_404(request: HttpRequest, code: str, pk: int) -> Response:
    wave = wave_or_404(request, code, VIEW)
    response = answer_in_reach(request.user, wave, pk)
    if response is None:
        raise Http404("answer")
    response.wave = wave
    return response


@requires(VIEW)
@require_safe
def answer(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Everything one answer says, and who gave it for whoever may know."""
    response = _answer_or_404(request, code, pk)
    may_void = Response.objects.visible_to(request.user, voiding.RIGHT).filter(pk=pk).exists()
    context = {
        **_row(response),
        "wave": response.wave,
        "said": said_in(response),
        "person": person_of(request.user, response),
        "may_void": may_void,
        "crumbs": _crumbs(response.wave, (str(response), "")),
    }
    return render(request, "satisfaction/answer.html", context)


@requires(voiding.RIGHT)
@SEND
def void(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take an answer out of the figures, with the reason."""
    return _change(
        request,
        _answer_or_404(request, code, pk),
        voiding.void_response,
        {
            "title": _("Void this answer?"),
            "effect": _("It stays in the list but enters no figure that is computed from now on."),
            "verb": _("Void the answer"),
            "danger": True,
        },
        _("The answer is void."),
    )


@requires(voiding.RIGHT)
@SEND
def unvoid(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Let an answer count again, with the reason."""
    return _change(
        request,
        _answer_or_404(request, code, pk),
        voiding.unvoid_response,
        {
            "title": _("Count this answer again?"),
            "effect": _("It enters all figures that are computed from now on."),
            "verb": _("Count it again"),
        },
        _("The answer counts again."),
    )


def _change(
    request: HttpRequest, response: Response, verb: Any, words: dict[str, Any], done: str
) -> HttpResponse:
    address = reverse("satisfaction:answer", args=[response.wave.code, response.pk])
    form = VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            verb(response, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, done)
            return leave(request, address)
    context = {"form": form, "action": request.path, "cancel_url": address, **words}
    return ask(request, context, 422 if request.method == "POST" else 200)


# --- the workbook ---------------------------------------------------------------------------------


@fresh
@requires(ANSWERS.right)
@require_POST
def export_new(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the export of the filtered list, then show its progress."""
    wave = wave_or_404(request, code, VIEW)
    crumbs = _crumbs(wave, (_("Export"), ""))
    return pages.asking(request, ANSWERS, crumbs=crumbs, wave=wave.pk)


def _export_crumbs() -> list[tuple[str, str]]:
    return [(_("Waves"), reverse("satisfaction:waves")), (_("Export"), "")]


@requires(ANSWERS.right)
@require_safe
def export_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the export is, and the file once it is written."""
    return pages.progress(request, ANSWERS, pk, crumbs=_export_crumbs())


@requires(ANSWERS.right)
@require_safe
def export_file(request: HttpRequest, pk: int) -> FileResponse:
    """The workbook, for whoever asked for it and still may export."""
    return pages.file(request, ANSWERS, pk)
