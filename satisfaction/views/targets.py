"""Targets per unit and year, and how far off (SAT-09)."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.access import requires
from core.errors import Refused
from satisfaction.forms.reports import TargetFilter, TargetForm
from satisfaction.models import Figure, Target
from satisfaction.selectors.sight import VIEW, lines_of, units_to_read, waves_to_read
from satisfaction.selectors.targets import aims_of
from satisfaction.services.targets import CHANGE, set_target, settable
from satisfaction.wording import reading_text, target_words


@requires(VIEW)
@require_safe
def target_list(request: HttpRequest) -> HttpResponse:
    """Targets of a unit and those below it, beside the latest figures of the year."""
    form = TargetFilter(request.GET, user=request.user)
    context: dict[str, Any] = {"form": form, "crumbs": [(_("Targets"), "")]}
    if form.is_valid() and form.cleaned_data["unit"]:
        context |= _table(request, form.cleaned_data)
    return render(request, "satisfaction/targets.html", context)


def _table(request: HttpRequest, asked: dict[str, Any]) -> dict[str, Any]:
    unit, year, figure = asked["unit"], asked["year"], asked["figure"]
    units = list(
        units_to_read(request.user).filter(Q(pk=unit.pk) | Q(parent=unit)).order_by("path")
    )
    aims = aims_of(request.user, units, year, figure)
    within = Q(closes_on__year=year) | Q(closes_on=None, opens_on__year=year)
    wave = waves_to_read(request.user).filter(within, is_standing=False).first()
    lines = {}
    if wave is not None and wave.run_id is not None:
        found = lines_of([wave.run_id], request.user, Q(unit__in=units))
        lines = {line.unit.pk: line for line in found}
    mine = settable(request.user, units)
    rows = []
    for one in units:
        aim, line = aims.get((one.pk, figure)), lines.get(one.pk)
        reading = line.reading(figure) if line else None
        query = urlencode({"year": str(year), "figure": str(figure)})
        address = reverse("satisfaction:target", args=[one.code])
        rows.append(
            {
                "unit": one,
                "is_whole": one.pk == unit.pk,
                "target": target_words(figure, aim, reading) if aim else None,
                "figure": reading_text(figure, reading) if reading else "",
                "n": line.n if line else None,
                "is_hidden": line is not None and bool(line.hidden),
                "set_url": f"{address}?{query}" if one.pk in mine else "",
            }
        )
    return {
        "rows": rows,
        "wave": wave,
        "unit": unit,
        "year": year,
        "figure_label": Figure(figure).label,
        "has_targets": bool(aims),
    }


@requires(CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def target_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Set or take back one target."""
    unit = get_object_or_404(units_to_read(request.user), code=code)
    year, figure = _asked(request)
    known = Target.objects.filter(unit=unit, year=year, figure=figure).first()
    initial = None if known is None else known.value.normalize()
    if initial is not None and figure == Figure.TOP2:
        initial = (initial * 100).normalize()
    shown = None if initial is None else f"{initial:f}"
    form = TargetForm(request.POST or None, initial={"value": shown}, figure=figure)
    back = f"{reverse('satisfaction:targets')}?{urlencode({'year': str(year), 'figure': figure})}"
    if request.method == "POST" and form.is_valid():
        try:
            value = form.cleaned_data["value"]
            set_target(unit, year=year, figure=figure, value=value, by=request.user)
        except Refused as refusal:
            form.add_error("value", str(refusal))
        else:
            messages.success(request, _("The target is saved."))
            above = unit.parent.code if unit.parent else unit.code
            return redirect(f"{back}&{urlencode({'unit': above})}")
    context = {
        "form": form,
        "title": _("Set a target"),
        "question": _("{unit}, {year}, {figure}").format(
            unit=unit.name, year=year, figure=Figure(figure).label
        ),
        "back": back,
        "crumbs": [(_("Targets"), reverse("satisfaction:targets")), (_("Set a target"), "")],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "components/plain_form.html", context, status=status)


def _asked(request: HttpRequest) -> tuple[int, str]:
    year, figure = request.GET.get("year", ""), request.GET.get("figure", "")
    if not (year.isdecimal() and 2000 <= int(year) <= 2100) or figure not in Figure.values:
        raise Http404("target")
    return int(year), figure
