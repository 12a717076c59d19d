"""Questionnaires: the list, the library, one questionnaire with its versions, the preview."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.access import requires
from core.htmx import page_or_rows
from satisfaction.forms.questionnaires import QuestionnaireForm, TextsForm, TitleForm
from satisfaction.models import Indicator, Item, Questionnaire, QuestionnaireVersion
from satisfaction.selectors.questionnaires import (
    all_pages,
    lacks_overall,
    only_after,
    questionnaire_rows,
)
from satisfaction.services import library
from satisfaction.services import questionnaires as verbs
from satisfaction.views.asking import dialog, question

SEND = require_http_methods(["GET", "HEAD", "POST"])
SEE, ADD, CHANGE = (f"satisfaction.{act}_questionnaire" for act in ("view", "add", "change"))
HOME = "satisfaction:questionnaires"


@requires(SEE, whole_group=True)
@require_safe
def questionnaire_list(request: HttpRequest) -> HttpResponse:
    """All questionnaires, and the ready ones of the library."""
    context = {
        "rows": questionnaire_rows(),
        "ready": library.ready_ones(),
        "may_add": request.user.has_perm(ADD),
        "crumbs": [(_("Questionnaires"), "")],
    }
    return render(request, "satisfaction/questionnaires.html", context)


@requires(ADD, whole_group=True)
@SEND
def questionnaire_new(request: HttpRequest) -> HttpResponse:
    """An empty questionnaire."""
    form = QuestionnaireForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row = verbs.create_questionnaire(by=request.user, **form.cleaned_data)
        return redirect("satisfaction:questionnaire", pk=row.pk)
    context = {
        "form": form,
        "title": _("New questionnaire"),
        "question": _("It starts empty. You can also start from one of the library."),
        "verb": _("Create questionnaire"),
        "back": reverse(HOME),
        "crumbs": crumbs((_("New questionnaire"), "")),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "components/plain_form.html", context, status=status)


@requires(ADD, whole_group=True)
@SEND
def questionnaire_from_library(request: HttpRequest, code: str) -> HttpResponse:
    """A ready questionnaire, read through before it becomes the group's own."""
    if code not in library.CODES:
        raise Http404("library")
    if request.method == "POST":
        row = library.create_from_library(code, by=request.user)
        return redirect("satisfaction:questionnaire", pk=row.pk)
    ready = library.ready_one(code)
    context = {"ready": ready, "crumbs": crumbs((ready.title, ""))}
    return render(request, "satisfaction/library.html", context)


@requires(SEE, whole_group=True)
@require_safe
def questionnaire_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One questionnaire: what a version asks, and its other versions."""
    version = version_or_404(request, pk)
    return questions_page(request, version)


@requires(CHANGE, whole_group=True)
@SEND
def questionnaire_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Titles, and whether new waves may use it."""
    row = get_object_or_404(Questionnaire, pk=pk)

    def save(data: dict[str, Any]) -> None:
        verbs.change_questionnaire(row, by=request.user, **data)

    return dialog(
        request,
        TitleForm(request.POST or None, instance=row),
        save,
        title=_("Title and use"),
        verb=_("Save"),
        done=_("Saved."),
        back=address(row.pk),
        reload=True,
    )


@requires(CHANGE, whole_group=True)
@SEND
def version_new(request: HttpRequest, pk: int) -> HttpResponse:
    """A new version, copied from the last one."""
    row = get_object_or_404(Questionnaire, pk=pk)
    return question(
        request,
        lambda: verbs.new_version(row, by=request.user),
        title=_("Make a new version?"),
        effect=_("It starts as a copy of the last one. Waves that use another keep theirs."),
        verb=_("New version"),
        done=_("The new version is open."),
        back=address(row.pk),
        reload=True,
    )


@requires(CHANGE, whole_group=True)
@SEND
def version_texts(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands before and behind the questions of the open version."""
    version = open_or_404(pk)

    def save(data: dict[str, Any]) -> None:
        verbs.change_texts(version, by=request.user, **data)

    return dialog(
        request,
        TextsForm(request.POST or None, instance=version),
        save,
        title=_("Introduction and thanks"),
        verb=_("Save"),
        done=_("Saved."),
        back=address(pk),
        reload=True,
    )


def questions_page(
    request: HttpRequest, version: QuestionnaireVersion, refused: str = ""
) -> HttpResponse:
    """The page of a version; for htmx what it asks, after something was changed."""
    row = version.questionnaire
    pages = all_pages(version)
    paths = Indicator.objects.select_related("parent").in_bulk(
        {item.indicator_id for page in pages for item in page.items if item.indicator_id}
    )
    context = {
        "questionnaire": row,
        "version": version,
        "versions": row.versions.order_by("-number"),
        "pages": [
            {"section": page.section, "rows": [_item_row(item, paths) for item in page.items]}
            for page in pages
        ],
        "count": sum(len(page.items) for page in pages),
        "lacks_overall": lacks_overall(version, pages),
        "is_open": version.frozen_at is None,
        "may_change": request.user.has_perm(CHANGE),
        "refused": refused,
        "crumbs": crumbs((row.shown_title, "")),
    }
    status = 422 if refused else 200
    page, part = "satisfaction/questionnaire.html", "satisfaction/_questions_built.html"
    return page_or_rows(request, page, part, context, status)


def _item_row(item: Item, indicators: dict[int, Indicator]) -> dict[str, Any]:
    return {
        "item": item,
        "indicator": indicators.get(item.indicator_id) if item.indicator_id else None,
        "only": only_after(item),
    }


def version_or_404(request: HttpRequest, pk: int) -> QuestionnaireVersion:
    """The version that the address names by ?version=, else the newest."""
    rows = QuestionnaireVersion.objects.filter(questionnaire=pk).select_related("questionnaire")
    number = request.GET.get("version", "")
    if number.isdecimal() and len(number) < 5:
        return get_object_or_404(rows, number=int(number))
    newest = rows.order_by("-number").first()
    if newest is None:
        raise Http404("questionnaire")
    return newest


def open_or_404(pk: int) -> QuestionnaireVersion:
    """The newest version, the only one that may be open; the service says when it is frozen."""
    rows = QuestionnaireVersion.objects.filter(questionnaire=pk).select_related("questionnaire")
    version = rows.order_by("-number").first()
    if version is None:
        raise Http404("questionnaire")
    return version


def address(pk: int) -> str:
    """The page of a questionnaire."""
    return reverse("satisfaction:questionnaire", args=[pk])


def crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    """Questionnaires › …"""
    return [(_("Questionnaires"), reverse(HOME)), *more]
