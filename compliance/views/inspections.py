"""Inspections: rounds and supervision with points, photographs and follow-up (KPI-13)."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from compliance.forms.staffing import InspectionFilter, InspectionForm, PointForm, TextForm
from compliance.models import Inspection, InspectionFile, InspectionPoint, PointState
from compliance.selectors import staffing as reading
from compliance.selectors.staffing import INSPECT, INSPECTIONS
from compliance.services import inspections as verbs
from compliance.views.common import SEND, plain_form
from compliance.views.staffing import SEVERITY_TONES, reached, toned
from core.access import requires
from core.attachments.serving import send
from core.errors import Refused
from core.htmx import page_or_rows
from core.paging import asked_page, count_of, page_of
from core.saving import saved
from expenses.services.papers import MOST_BYTES

POINT_TONES = {
    PointState.OPEN: ("warn", "clock"),
    PointState.MENDED: ("info", "check"),
    PointState.CHECKED: ("ok", "circle-check"),
}


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Inspections"), reverse("compliance:inspections") if more else ""), *more]


@requires(INSPECTIONS)
@require_safe
def inspection_list(request: HttpRequest) -> HttpResponse:
    """Inspections in reach, the newest first."""
    form = InspectionFilter(request.GET, user=request.user)
    parts = reading.inspection_parts(request.user, form.query())
    page = page_of(parts, reading.NEWEST, reading.inspection_rows, **asked_page(request))
    number, capped = count_of(parts)
    words = (
        _("{count}+ inspections")
        if capped
        else ngettext("{count} inspection", "{count} inspections", number)
    )
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "rows": page.rows,
        "count": words.format(count=f"{number:,}"),
        "may_inspect": request.user.has_perm(INSPECT),
        "crumbs": _crumbs(),
    }
    return page_or_rows(
        request, "compliance/inspections.html", "compliance/_inspection_rows.html", context
    )


@requires(INSPECTIONS)
@require_safe
def inspection_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One inspection: what was seen, what is to be mended by whom, photographs."""
    one = reached(request, reading.inspection_in_reach, pk, INSPECTIONS)
    may_inspect = reading.inspection_in_reach(request.user, pk, INSPECT) is not None
    points = one.points.select_related("owner", "checked_by")
    context = {
        "inspection": one,
        "points": [_shown(point, request.user, may_inspect) for point in points],
        "files": list(one.files.order_by("pk")),
        "may_inspect": may_inspect,
        "most_bytes": MOST_BYTES,
        "crumbs": _crumbs((f"{one.unit.name} {one.inspected_on}", "")),
    }
    return render(request, "compliance/inspection.html", context)


def _shown(point: InspectionPoint, reader: Any, may_inspect: bool) -> dict[str, Any]:
    mine = point.owner_id == reader.pk
    return {
        "point": point,
        "state": toned(point.state, POINT_TONES),
        "severity": toned(point.severity, SEVERITY_TONES),
        "late": point.state == PointState.OPEN and point.due_on < timezone.localdate(),
        "may_mend": point.state == PointState.OPEN and (mine or may_inspect),
        "may_check": point.state == PointState.MENDED
        and may_inspect
        and verbs.may_check(point, reader),
    }


@requires(INSPECT)
@SEND
def inspection_new(request: HttpRequest) -> HttpResponse:
    """Record an inspection."""
    user: Any = request.user
    initial = {"inspected_on": timezone.localdate(), "kind": "round"}
    form = InspectionForm(request.POST or None, user=user, initial=initial)
    made = saved(
        request,
        form,
        lambda data: verbs.record_inspection(data.pop("unit"), by=user, **data),
        _("The inspection is recorded; add what was found and photographs."),
    )
    if made is not None:
        return redirect(made)
    title = _("New inspection")
    back = reverse("compliance:inspections")
    return plain_form(request, form, title=title, back=back, crumbs=_crumbs((title, "")))


@requires(INSPECT)
@SEND
def point_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what was found."""
    user: Any = request.user
    one = reached(request, reading.inspection_in_reach, pk, INSPECTIONS, INSPECT)
    form = PointForm(request.POST or None, user=user)
    done = saved(
        request,
        form,
        lambda data: verbs.add_point(one, by=user, **data),
        _("Written down; whoever mends it is told."),
    )
    if done is not None:
        return redirect(one)
    return _form(request, form, one, _("Add a point"))


@requires(INSPECTIONS)
@SEND
def point_mend(request: HttpRequest, pk: int, point_pk: int) -> HttpResponse:
    """Say how a point was mended: its owner, or who records inspections here."""
    user: Any = request.user
    one = reached(request, reading.inspection_in_reach, pk, INSPECTIONS)
    point = _point_or_404(one, point_pk)
    if point.owner_id != user.pk and (reading.inspection_in_reach(user, pk, INSPECT) is None):
        raise PermissionDenied(INSPECT)
    form = TextForm(request.POST or None, label=_("What was done"))
    done = saved(
        request,
        form,
        lambda data: verbs.mend_point(point, by=user, result=data["text"]),
        _("Reported as mended; somebody else checks it."),
    )
    if done is not None:
        return redirect(one)
    return _form(request, form, one, _("Report as mended"), point.text)


@requires(INSPECT)
@require_POST
def point_check(request: HttpRequest, pk: int, point_pk: int) -> HttpResponse:
    """Confirm that a point is mended, or open it again (`good=no`)."""
    user: Any = request.user
    one = reached(request, reading.inspection_in_reach, pk, INSPECTIONS, INSPECT)
    point = _point_or_404(one, point_pk)
    try:
        verbs.check_point(point, good=request.POST.get("good") != "no", by=user)
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Saved."))
    return redirect(one)


def _point_or_404(one: Inspection, pk: int) -> InspectionPoint:
    point: InspectionPoint | None = one.points.filter(pk=pk).first()
    if point is None:
        raise Http404("point")
    return point


def _form(
    request: HttpRequest, form: Any, one: Inspection, title: str, question: str = ""
) -> HttpResponse:
    back = one.get_absolute_url()
    crumbs = _crumbs((f"{one.unit.name} {one.inspected_on}", back), (title, ""))
    return plain_form(
        request, form, title=title, back=back, crumbs=crumbs, question=question or one.unit.name
    )


# --- photographs ----------------------------------------------------------------------------------


@requires(INSPECT)
@require_POST
def photo_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Photographs are added."""
    user: Any = request.user
    one = reached(request, reading.inspection_in_reach, pk, INSPECTIONS, INSPECT)
    files = request.FILES.getlist("files")
    if not files:
        messages.error(request, _("Please choose a file."))
    for upload in files:
        try:
            verbs.attach(one, upload, upload.name or "", by=user)
        except Refused as refusal:
            messages.error(request, f"{upload.name}: {refusal}")
    return redirect(one)


def _file_or_404(request: HttpRequest, pk: int, file_pk: int) -> InspectionFile:
    one = reached(request, reading.inspection_in_reach, pk, INSPECTIONS)
    found: InspectionFile | None = one.files.filter(pk=file_pk).first()
    if found is None:
        raise Http404("file")
    return found


@requires(INSPECTIONS)
@require_safe
def photo(request: HttpRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """A photograph itself."""
    return send(request, _file_or_404(request, pk, file_pk))


@requires(INSPECTIONS)
@require_safe
def photo_thumb(request: HttpRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """Its thumbnail."""
    return send(request, _file_or_404(request, pk, file_pk), thumb=True)


@requires(INSPECT)
@require_POST
def photo_remove(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """Remove a photograph that one uploaded."""
    user: Any = request.user
    one = reached(request, reading.inspection_in_reach, pk, INSPECTIONS, INSPECT)
    file = _file_or_404(request, pk, file_pk)
    try:
        verbs.detach(file, by=user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("{file} was removed.").format(file=file.name))
    return redirect(one)
