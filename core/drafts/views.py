"""Saving and throwing away one's own drafts, and their files; all of it for the page's scripts.

Drafts are their user's alone: those of others do not exist here, whatever somebody's role.
"""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.access import page_of, signed_in
from core.attachments import send
from core.drafts import services
from core.drafts.page import FORM, KEY, VERSION, DraftPage, known_form, take_uploads, typed, uuid_of
from core.errors import Refused
from core.htmx import wants_rows
from core.models import Draft, DraftFile


def _opened(request: HttpRequest) -> DraftPage:
    """The draft that a request of a page is about. Raises Http404, PermissionDenied."""
    form, key = request.POST.get(FORM, ""), uuid_of(request.POST.get(KEY, ""))
    known_form(request, form)
    if key is None:
        raise Http404("draft")
    row = services.find_draft(user=request.user, form=form, key=key)
    return DraftPage(form, key, row)


@signed_in
@require_POST
def draft_save(request: HttpRequest) -> HttpResponse:
    """Keep what is typed; answers with the state that the next saving starts from."""
    page = _opened(request)
    version = request.POST.get(VERSION, "")
    context: dict[str, Any] = {"draft": page}
    try:
        page.row = services.save_draft(
            user=request.user,
            form=page.form,
            key=page.key,
            version=int(version) if version.isdecimal() else 0,
            body=typed(request.POST),
        )
    except Refused as refusal:
        context["problem"] = str(refusal)
    else:
        context["saved"] = page.row is not None
        if page.row is not None:
            page.key = page.row.key
    return render(request, "components/draft_state.html", context)


@signed_in
@require_POST
def draft_drop(request: HttpRequest, key: UUID) -> HttpResponse:
    """Throw a draft away."""
    draft = Draft.objects.filter(user=request.user.pk, key=key).first()
    if draft is not None:
        services.drop_draft(draft)
    return HttpResponse() if wants_rows(request) else redirect(page_of(request))


@signed_in
@require_POST
def draft_files(request: HttpRequest) -> HttpResponse:
    """Put uploads into the draft; answers with all files of it."""
    page = _opened(request)
    take_uploads(request, page)
    return render(request, "components/draft_files.html", {"draft": page})


def _file_or_404(request: HttpRequest, pk: int) -> DraftFile:
    rows = DraftFile.objects.filter(draft__user=request.user.pk, pk=pk)
    file: DraftFile | None = rows.select_related("draft").first()
    if file is None:
        raise Http404("file")
    return file


@signed_in
@require_safe
def draft_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A file of one's own draft; with ?thumb its thumbnail."""
    return send(request, _file_or_404(request, pk), thumb="thumb" in request.GET)


@signed_in
@require_POST
def draft_file_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file out of the draft; answers with the others."""
    file = _file_or_404(request, pk)
    services.remove_draft_file(file)
    if not wants_rows(request):
        return redirect(page_of(request))
    page = DraftPage(file.draft.form, file.draft.key, file.draft)
    return render(request, "components/draft_files.html", {"draft": page})
