"""The case sheet: one case on paper, for the file of the unit or for the owner."""

import base64
import io
from typing import Any
from urllib.parse import urlencode

import qrcode
from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from qrcode.image.svg import SvgPathImage

from audit.services import record
from complaints.models import Case
from complaints.selectors.detail import clock_rows, complainants_of, entries_of, names_of
from complaints.states import VIEW
from complaints.views.common import case_crumbs, case_or_404, state_badge, subject_of
from complaints.views.detail import people_in, told
from core.access import requires
from core.pdf import NoPdf, render_pdf
from regions.models import Kind, OrgUnit

ENTRIES = 300
OWNER = "owner"


@requires(VIEW)
@require_safe
def case_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet as a page to look at and print; `?copy=owner` leaves out what is internal."""
    return _page(request, case_or_404(request, pk))


@requires(VIEW)
@require_safe
def case_sheet_file(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The sheet as a PDF file. Whoever takes it away is on the record."""
    case = case_or_404(request, pk)
    context = sheet_of(request, case)
    try:
        pdf = render_pdf("complaints/sheet_paper.html", context)
    except NoPdf as refusal:
        return _page(request, case, str(refusal), status=503)
    record("case.sheet_taken", by=request.user, subject=case)
    name = _("Case {number}.pdf").format(number=case.number)
    return FileResponse(io.BytesIO(pdf), as_attachment=True, filename=name)


def _page(request: HttpRequest, case: Case, problem: str = "", status: int = 200) -> HttpResponse:
    context = sheet_of(request, case)
    query = f"?{urlencode({'copy': OWNER})}"
    context |= {
        "problem": problem,
        "here": reverse("complaints:sheet", args=[case.pk]),
        "file": reverse("complaints:sheet-file", args=[case.pk])
        + (query if context["for_owner"] else ""),
        "owner_query": query,
        "crumbs": case_crumbs(case, (_("Case sheet"), "")),
    }
    return render(request, "complaints/sheet.html", context, status=status)


def sheet_of(request: HttpRequest, case: Case) -> dict[str, Any]:
    """What stands on the sheet. The owner's copy has neither limits nor internal entries.

    `photos` is the appendix: pairs of a `data:` address and a caption.
    """
    for_owner = request.GET.get("copy") == OWNER
    now = timezone.now()
    found = entries_of(case, ENTRIES)
    entries = [one for one in reversed(found[:ENTRIES]) if not (for_owner and one.internal)]
    names = names_of(people_in(entries))
    address = f"{settings.CRM_URL}{case.get_absolute_url()}"
    return {
        "case": case,
        "for_owner": for_owner,
        "group": OrgUnit.objects.filter(kind=Kind.GROUP).values_list("name", flat=True).first(),
        "subject": subject_of(case),
        "state": state_badge(case),
        "complainants": complainants_of(case),
        "clocks": [] if for_owner else clock_rows(case, now),
        "entries": [told(entry, names) for entry in entries],
        "more": len(found) > ENTRIES,
        "address": address,
        "code": "" if for_owner else code_of(address),
        "photos": [],
        "printed_at": now,
        "printed_by": request.user,
    }


def code_of(address: str) -> str:
    """A QR code of an address, as a `data:` address."""
    drawn = io.BytesIO()
    qrcode.make(address, image_factory=SvgPathImage, border=0).save(drawn)
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.getvalue()).decode()}"
