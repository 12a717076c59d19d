"""Files of cases: attaching, looking at, removing. The case's reader is the file's reader."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from complaints.models import Case, CaseFile, FileRole
from complaints.services.files import attach_file, remove_file
from complaints.states import VIEW
from complaints.views.common import case_or_404
from core.access import requires
from core.attachments import send
from core.attachments.store import clean_name
from core.errors import Refused


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
@require_POST
def case_file_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Attach the files of a form; each refused one has its sentence, the others are kept."""
    case = case_or_404(request, pk)
    refused = attach_all(request, case)
    for sentence in refused:
        messages.error(request, sentence)
    return redirect(case.get_absolute_url())


def attach_all(request: HttpRequest, case: Case) -> list[str]:
    """Attach what a form brings; the sentences of what was refused, each with its file."""
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
            attach_file(case, upload, name, **facts)
        except Refused as refusal:
            refused.append(
                _("{file}: {problem}").format(file=clean_name(name), problem=refusal.message)
            )
    return refused


@requires(VIEW)
@require_POST
def case_file_remove(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """Remove a file."""
    file = file_or_404(request, pk, file_pk)
    try:
        remove_file(file, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("{file} was removed.").format(file=file.name))
    return redirect(file.case.get_absolute_url())
