"""The contact sheet and the duty roster of a unit."""

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST

from complaints.forms.roster import RosterFilter, SheetForm, ShiftForm
from complaints.models import ContactSheet, DutyShift
from complaints.selectors.roster import roster_of, sheet_of
from complaints.services import roster as verbs
from complaints.states import ASSIGN, VIEW
from core.access import requires
from core.saving import saved, status_of
from regions.models import OrgUnit


@requires(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def roster(request: HttpRequest) -> HttpResponse:
    """Two weeks of a unit from a day on, its contact sheet, and for its heads the forms."""
    unit = _unit(request)
    may_plan = OrgUnit.objects.visible_to(request.user, ASSIGN).filter(pk=unit.pk).exists()
    if request.method == "POST" and not may_plan:
        raise PermissionDenied(ASSIGN)
    act = request.POST.get("act")
    sheet = ContactSheet.objects.filter(unit=unit).first()
    sheet_form = SheetForm(request.POST if act == "sheet" else None, instance=sheet)
    shift_form = ShiftForm(request.POST if act == "shift" else None, user=request.user)
    done = None
    if act == "sheet":
        done = saved(
            request,
            sheet_form,
            lambda data: verbs.save_sheet(unit, by=request.user, **data),
            _("The contact sheet is saved."),
        )
    elif act == "shift":
        done = saved(
            request,
            shift_form,
            lambda data: verbs.add_shift(unit, by=request.user, **data),
            _("The duty is entered."),
        )
    if done is not None:
        return redirect(f"{reverse('complaints:roster')}?unit={unit.code}")
    first = _first_day(request)
    context: dict[str, Any] = {
        "unit": unit,
        "filter_form": RosterFilter(initial={"unit": unit.code, "first": first}, user=request.user),
        "sheet": sheet_of(unit),
        "days": roster_of(unit, first),
        "sheet_form": sheet_form if may_plan else None,
        "shift_form": shift_form if may_plan else None,
        "crumbs": [
            (pgettext("menu", "Complaints"), reverse("complaints:list")),
            (_("Duty roster"), ""),
        ],
    }
    return render(request, "complaints/roster.html", context, status=status_of(request))


def _unit(request: HttpRequest) -> OrgUnit:
    """The unit asked for, else the reader's own, else the first in reach."""
    units = OrgUnit.objects.visible_to(request.user, VIEW)
    code = request.GET.get("unit", "")
    if code:
        return get_object_or_404(units, code=code)
    home = getattr(request.user, "unit_id", None)
    own = units.filter(pk=home).first() if home else None
    return own or get_object_or_404(units.order_by("path")[:1])


def _first_day(request: HttpRequest) -> date:
    try:
        asked = parse_date(request.GET.get("first", ""))
    except ValueError:
        asked = None
    return asked if asked and 2000 <= asked.year <= 2100 else timezone.localdate()


@requires(ASSIGN)
@require_POST
def shift_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a duty out."""
    units = OrgUnit.objects.visible_to(request.user, ASSIGN)
    shift = get_object_or_404(
        DutyShift.objects.select_related("unit", "user").filter(unit__in=units), pk=pk
    )
    verbs.remove_shift(shift, by=request.user)
    return redirect(f"{reverse('complaints:roster')}?unit={shift.unit.code}")
