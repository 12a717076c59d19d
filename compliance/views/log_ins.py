"""The log-in duty: units by month, people of a unit, days of a person (LOG-01, LOG-05, LOG-07)."""

import datetime as dt
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.scopes import narrow
from audit.services import record
from compliance.forms.duties import LogInFilter
from compliance.months import month_end, months_before
from compliance.selectors import log_in_figures as figures
from compliance.selectors.log_in_figures import SEE, PersonSums, Sums
from compliance.selectors.reach import whole_units
from compliance.shown_days import person_days
from compliance.views.common import Crumbs, release_needed
from core.access import requires, signed_in
from core.display import share
from core.files.writer import SheetColumn, SheetWriter
from core.scope import scope_of
from regions.models import OrgUnit

MONTHS = 12
MOST_PEOPLE = 100
HEIGHT, TOP, BOTTOM = 176, 14, 150  # pixels of the chart
LEFT, RIGHT = 10, 96  # percent of its width


def _crumbs(*more: tuple[str, str]) -> Crumbs:
    return [(_("Log-in compliance"), reverse("compliance:log-ins") if more else ""), *more]


def _asked(request: HttpRequest) -> tuple[OrgUnit, LogInFilter]:
    """The unit and the month of the address; the topmost in reach where it names none. Raises
    Http404 for a unit out of reach."""
    reached = whole_units(request.user, SEE)
    form = LogInFilter(request.GET, units=reached, today=timezone.localdate())
    form.is_valid()
    unit = form.cleaned_data.get("unit") or reached.in_tree_order().first()
    if unit is None or (request.GET.get("unit") and not form.cleaned_data.get("unit")):
        raise Http404("unit")
    # The form says what is shown, also where the address left it open.
    shown = {"unit": unit.code, "month": f"{form.chosen():%Y-%m}"}
    form = LogInFilter(shown, units=reached, today=timezone.localdate())
    form.is_valid()
    return unit, form


def _months(request: HttpRequest, unit: OrgUnit, month: dt.date) -> list[tuple[dt.date, Sums]]:
    """The twelve months up to one, oldest first; those without stored days are left out."""
    months = months_before(month, MONTHS)
    scope = narrow(scope_of(request.user, SEE), unit, below=True)
    found = figures.by_month(scope, months[0], month)
    return [(one, found[one]) for one in months if one in found]


@requires(SEE)
@require_safe
def log_ins(request: HttpRequest) -> HttpResponse:
    """A unit in a month: its parts, its months, its own people."""
    unit, form = _asked(request)
    month = form.chosen()
    months = _months(request, unit, month)
    below = list(whole_units(request.user, SEE).active().filter(parent=unit).in_tree_order())
    sums = figures.by_unit(below, month)
    people = figures.people_of(unit, month, MOST_PEOPLE + 1)
    total = dict(months).get(month, Sums())
    context = {
        "form": form,
        "unit": unit,
        "month": month,
        "phase": figures.phase_of(total.adoption, month_end(month)),
        "state": figures.month_state(month),
        "total": total,
        "units": [(one, sums.get(one.pk, Sums())) for one in below],
        "months": months,
        "chart": _chart(months),
        "people": people[:MOST_PEOPLE],
        "more_people": len(people) > MOST_PEOPLE,
        "query": f"unit={unit.code}&month={month:%Y-%m}",
        "up": whole_units(request.user, SEE).filter(pk=unit.parent_id).first(),
        "crumbs": _crumbs((unit.name, "")),
    }
    return render(request, "compliance/log_ins.html", context)


def _chart(months: list[tuple[dt.date, Sums]]) -> dict[str, Any]:
    """Where the marks of the adoption rate and of the log-in rate stand: x in percent of the
    width, y in pixels."""
    step = (RIGHT - LEFT) / max(1, len(months) - 1)
    lines: dict[str, list[dict[str, Any]]] = {"adoption": [], "rate": []}
    for number, (_month, sums) in enumerate(months):
        for name, points in lines.items():
            value = getattr(sums, name)
            if value is not None:
                y = round(BOTTOM - (BOTTOM - TOP) * value, 1)
                points.append({"x": f"{LEFT + step * number:.1f}", "y": y})
    return {
        "height": HEIGHT,
        "ticks": [
            {"y": round(BOTTOM - (BOTTOM - TOP) * part / 100), "label": f"{part}%"}
            for part in (0, 50, 100)
        ],
        "names": [
            {"x": f"{LEFT + step * number:.1f}", "label": f"{one:%m}"}
            for number, (one, _sums) in enumerate(months)
        ],
        "lines": [
            (name, points, list(zip(points, points[1:], strict=False)))
            for name, points in lines.items()
        ],
    }


@signed_in
@require_safe
def log_in_days(request: HttpRequest, employee_no: str) -> HttpResponse:
    """The days of one person in a month, each with its reason. Whoever lacks the right and opens
    his own is led to his duties, where they stand too."""
    reader: Any = request.user
    if not reader.has_perm(SEE):
        if reader.employee_no != employee_no:
            raise PermissionDenied
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        return redirect(f"{reverse('compliance:me')}{query}")
    people = User.objects.filter(unit__in=whole_units(request.user, SEE))
    who = people.filter(employee_no=employee_no).select_related("unit").first()
    if who is None:
        raise Http404("person")
    form = LogInFilter(request.GET, units=OrgUnit.objects.none(), today=timezone.localdate())
    del form.fields["unit"]
    month = form.chosen()
    unit: Any = who.unit
    back = f"{reverse('compliance:log-ins')}?unit={unit.code}&month={month:%Y-%m}"
    context = {
        "person": who,
        "form": form,
        "month": month,
        "values": person_days(who, month, month_end(month)),
        "crumbs": _crumbs((unit.name, back), (who.name, "")),
    }
    return render(request, "compliance/log_in_days.html", context)


@requires(SEE)
@require_safe
def log_ins_workbook(request: HttpRequest) -> HttpResponse | FileResponse:
    """The month of a unit as a workbook: units, months, and everybody below."""
    unit, form = _asked(request)
    month = form.chosen()
    below = list(whole_units(request.user, SEE).active().filter(path__startswith=unit.path))
    sums = figures.by_unit(below, month)
    units = [(one, sums.get(one.pk, Sums())) for one in sorted(below, key=lambda one: one.path)]
    people = figures.people_below(unit, month)
    held = release_needed(request, len(people))
    if held is not None:
        return held
    record(
        "compliance.log_ins_taken",
        by=request.user,
        subject=unit,
        unit=unit.code,
        month=f"{month:%Y-%m}",
        count=len(people),
    )
    content = BytesIO(_workbook(units, _months(request, unit, month), people))
    name = _("Log-in compliance {unit} {month}").format(unit=unit.name, month=f"{month:%Y-%m}")
    return FileResponse(content, as_attachment=True, filename=f"{name}.xlsx")


def _workbook(
    units: list[tuple[OrgUnit, Sums]],
    months: list[tuple[dt.date, Sums]],
    people: list[PersonSums],
) -> bytes:
    heads = [
        SheetColumn(_("Expected days"), "integer"),
        SheetColumn(_("Days met"), "integer"),
        SheetColumn(_("Log-in rate")),
        SheetColumn(_("People"), "integer"),
        SheetColumn(_("Logged in this month"), "integer"),
        SheetColumn(_("Adoption rate")),
    ]
    with TemporaryDirectory() as place:
        path = Path(place) / "log-ins.xlsx"
        with SheetWriter(path) as book:
            columns = [SheetColumn(_("Code")), SheetColumn(_("Unit"), width=30), *heads]
            rows = [(one.code, one.name, *_cells(sums)) for one, sums in units]
            book.write_sheet(_("Units"), columns, rows)
            by_month = [(f"{month:%Y-%m}", *_cells(sums)) for month, sums in months]
            book.write_sheet(_("Months"), [SheetColumn(_("Month")), *heads], by_month)
            book.write_sheet(_("People"), _person_heads(), [_person(one) for one in people])
        return path.read_bytes()


def _cells(sums: Sums) -> tuple[Any, ...]:
    rates = share(sums.rate), share(sums.adoption)
    return sums.expected, sums.met, rates[0], sums.people, sums.users, rates[1]


def _person_heads() -> list[SheetColumn]:
    return [
        SheetColumn(_("Employee number")),
        SheetColumn(_("Name")),
        SheetColumn(_("Unit"), width=30),
        SheetColumn(_("Expected days"), "integer"),
        SheetColumn(_("Days met"), "integer"),
        SheetColumn(_("Log-in rate")),
        SheetColumn(_("Weeks of trips"), "integer"),
        SheetColumn(_("Weeks met"), "integer"),
    ]


def _person(one: PersonSums) -> tuple[Any, ...]:
    person = one.person
    unit = person.unit.name if person.unit else ""
    return (
        *(person.employee_no, person.name, unit, one.expected, one.met, share(one.rate)),
        *(one.weeks, one.weeks_met),
    )
