"""Files of cases: attaching, looking at, removing. The case's reader is the file's reader."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints.forms.files import FileForm
from complaints.models import Case, CaseFile, FileRole
from complaints.selectors.files import album_of, neighbours
from complaints.selectors.powers import Powers
from complaints.services.files import (
    attach_file,
    change_file,
    may_attach,
    may_remove,
    most_bytes,
    remove_file,
    takes_files,
)
from complaints.states import VIEW
from complaints.views.common import case_crumbs, case_or_404
from core.access import requires
from core.attachments import send
from core.attachments.store import clean_name
from core.errors import Refused
from core.htmx import ask, leave, page_or_rows, wants_rows
from core.saving import saved, status_of


def file_or_404(request: HttpRequest, pk: int, file_pk: int) -> CaseFile:
    """The file in reach, through its case. Foreign and missing ones look the same: 404."""
    rows = CaseFile.objects.visible_to(request.user, VIEW).filter(case=pk, pk=file_pk)
    file: CaseFile | None = rows.select_related("case").first()
    if file is None:
        raise Http404("file")
    return file


@requires(VIEW)
@require_safe
def case_file(request: HttpRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """The file itself: shown if it is a picture or a PDF, downloaded otherwise."""
    return send(request, file_or_404(request, pk, file_pk))


@requires(VIEW)
@require_safe
def case_file_thumb(request: HttpRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """The thumbnail of a picture."""
    return send(request, file_or_404(request, pk, file_pk), thumb=True)


@requires(VIEW)
@require_safe
def case_file_preview(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """One file large, with its neighbours: in the dialog, or as a page."""
    file = file_or_404(request, pk, file_pk)
    earlier, later, place, count = neighbours(album_of(file.case), file)
    context = {
        "case": file.case,
        "file": file,
        "earlier": earlier,
        "later": later,
        "place": place,
        "count": count,
        "may_remove": may_remove(file, request.user),
        "may_edit": may_attach(file.case, request.user),
        "crumbs": case_crumbs(file.case, (file.name, "")),
    }
    page, part = "complaints/file.html", "complaints/_file.html"
    return page_or_rows(request, page, part, context)


@requires(VIEW)
@require_POST
def case_file_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Attach the files of a form; each refused one has its sentence, the others are kept."""
    case = case_or_404(request, pk)
    if not may_attach(case, request.user):
        raise PermissionDenied("file")
    refused = attach_all(request, case)
    if wants_rows(request):
        powers = Powers(request.user, [case])
        context = files_context(case, powers) | {"case": case, "refused": refused}
        return render(request, "complaints/_files.html", context)
    for sentence in refused:
        messages.error(request, sentence)
    return redirect(case.get_absolute_url())


def files_context(case: Case, powers: Powers) -> dict[str, Any]:
    """What the card of files needs."""
    return {
        "album": album_of(case),
        "may_attach": takes_files(case, powers),
        "roles": FileRole.choices,
        "most_bytes": most_bytes(case),
    }


def attach_all(request: HttpRequest, case: Case, **links: Any) -> list[str]:
    """Attach what a form brings; the sentences of what was refused, each with its file. `links`
    as for attach_file."""
    role = request.POST.get("role", "")
    facts: dict[str, Any] = {
        "by": request.user,
        "role": role if role in FileRole.values else FileRole.GENERAL,
        "caption": request.POST.get("caption", ""),
    }
    refused = []
    for upload in request.FILES.getlist("files"):
        name = upload.name or ""
        try:
            attach_file(case, upload, name, **facts, **links)
        except Refused as refusal:
            refused.append(
                _("{file}: {problem}").format(file=clean_name(name), problem=refusal.message)
            )
    return refused


@requires(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def case_file_edit(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """Caption a file anew and say what it shows."""
    file = file_or_404(request, pk, file_pk)
    if not may_attach(file.case, request.user):
        raise PermissionDenied("file")
    form = FileForm(request.POST or None, initial={"role": file.role, "caption": file.caption})
    done = saved(
        request,
        form,
        lambda data: change_file(file, by=request.user, **data),
        _("The file is described anew."),
    )
    back = reverse("complaints:file-preview", args=[pk, file_pk])
    if done is not None:
        return redirect(back)
    context = {
        "form": form,
        "title": _("What the file shows"),
        "question": file.name,
        "back": back,
        "crumbs": case_crumbs(file.case, (file.name, back), (_("What the file shows"), "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))


@requires(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def case_file_remove(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """Remove a file after a question."""
    file = file_or_404(request, pk, file_pk)
    if not may_remove(file, request.user):
        raise PermissionDenied("file")
    if request.method == "POST":
        remove_file(file, by=request.user)
        messages.success(request, _("{file} was removed.").format(file=file.name))
        return leave(request, file.case.get_absolute_url())
    context = {
        "title": _("Remove {file}?").format(file=file.name),
        "effect": _("The file is deleted. The log of the case keeps its name and yours."),
        "action": request.path,
        "verb": _("Remove"),
        "danger": True,
        "cancel_url": file.case.get_absolute_url(),
    }
    return ask(request, context)
