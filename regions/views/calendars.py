"""Pages of working calendars that everybody reads. Changing: `calendar_changes`."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.access import signed_in
from core.errors import Refused
from core.scope import scope_of
from regions import calendars
from regions.calendars.loading import compiled, line_of, worktime_of
from regions.calendars.rules import Line
from regions.calendars.worktime import FIRST_YEAR, LAST_YEAR, WorkTime
from regions.forms.calendars import (
    ExplainForm,
)
from regions.models import (
    OrgUnit,
    WorkingCalendar,
)
from regions.selectors import calendars as reading

CHANGE = "regions.change_workingcalendar"
LIST = "regions:calendars"


@signed_in
@require_safe
def calendar_list(request: HttpRequest) -> HttpResponse:
    """Every calendar with its hours and who uses it; years that are missing; today."""
    today = timezone.localdate()
    context = {
        "calendars": reading.calendars_for(request.user),
        "missing": calendars.missing_years(today),
        "removable": _removable(request),
        "may_change_all": reaches_all(request),
        "may_change": request.user.has_perm(CHANGE),
        "unit": _own_unit(request),
        "exceptions": reading.exceptions_in_reach(request.user, "regions.view_orgunit")
        .filter(last_day__gte=today)
        .select_related("unit", "calendar", "by")[:50],
        "crumbs": crumbs(),
    }
    return render(request, "regions/calendars.html", context)


def _removable(request: HttpRequest) -> set[int]:
    """Keys of the exceptions that the reader may remove; he sees those above him too."""
    return set(reading.exceptions_in_reach(request.user).values_list("pk", flat=True))


@signed_in
@require_safe
def calendar_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One calendar: a year by months, weekly hours, exceptions."""
    calendar = get_object_or_404(WorkingCalendar.objects.prefetch_related("weeks"), pk=pk)
    year = year_asked_for(request)
    weeks = [(week, reading.week_rows(week)) for week in calendar.weeks.all()]  # type: ignore[attr-defined]
    context = {
        "calendar": calendar,
        "title": calendar.name,
        "weeks": weeks,
        "exceptions": reading.exceptions_of_year(year, calendar=calendar),
        "removable": _removable(request),
        **_grid(request, _worktime_of_calendar(calendar), year),
        "may_change_all": reaches_all(request),
        "crumbs": crumbs((calendar.name, "")),
    }
    return render(request, "regions/calendar.html", context)


@signed_in
@require_safe
def unit_calendar(request: HttpRequest, code: str) -> HttpResponse:
    """Working time as it holds for a unit: its calendars and every exception above it."""
    unit = get_object_or_404(OrgUnit.objects.visible_to(request.user), code=code)
    year = year_asked_for(request)
    context = {
        "unit": unit,
        "title": unit.name,
        "uses": list(reading.uses_of_line(unit)),
        "line": line_of(unit).calendar(timezone.localdate()).name,
        "exceptions": reading.exceptions_of_year(year, unit=unit),
        "removable": _removable(request),
        **_grid(request, worktime_of(unit), year),
        "may_change_unit": OrgUnit.objects.visible_to(request.user, CHANGE)
        .filter(pk=unit.pk)
        .exists(),
        "crumbs": crumbs((unit.name, "")),
    }
    return render(request, "regions/calendar.html", context)


@signed_in
@require_safe
def explain_span(request: HttpRequest) -> HttpResponse:
    """Which stretches count between two instants, or when so many hours of work have passed."""
    asked = "start" in request.GET
    form = ExplainForm(request.GET if asked else None, user=request.user, initial=_example(request))
    context: dict[str, Any] = {"form": form, "crumbs": crumbs((_("Explain a span"), ""))}
    status = 200
    if asked:
        status = 200 if form.is_valid() and _explain(form, context) else 422
    return render(request, "regions/calendar_explain.html", context, status=status)


def _explain(form: ExplainForm, context: dict[str, Any]) -> bool:
    """Put the answer into the context; a refusal becomes an error of the form."""
    data = form.cleaned_data
    unit, start, end = data["unit"], data["start"], data["end"]
    try:
        if end is None:
            end = calendars.add_working_time(start, data["hours"], unit=unit)
        stretches = calendars.explain(start, end, unit)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return False
    minutes = sum(one.minutes for one in stretches)
    context |= {
        "stretches": stretches,
        "start": start,
        "end": end,
        "minutes": minutes,
        "duration": calendars.duration(minutes),
        "unit": unit,
    }
    return True


# --- helpers


def crumbs(*tail: tuple[str, str]) -> list[tuple[str, str]]:
    """The way to a page of working calendars."""
    return [(_("Working calendars"), reverse(LIST) if tail else ""), *tail]


def reaches_all(request: HttpRequest) -> bool:
    """Whether the reader may change what holds for the whole group."""
    return scope_of(request.user, CHANGE).everything


def year_asked_for(request: HttpRequest) -> int:
    """The year asked for, else this one."""
    text = request.GET.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0
    return year if FIRST_YEAR < year < LAST_YEAR else timezone.localdate().year


def _grid(request: HttpRequest, worktime: WorkTime, year: int) -> dict[str, Any]:
    """What the months of a year need."""
    known = worktime.day(date(year, 1, 1)).known
    return {
        "year": year,
        "previous": year - 1,
        "next": year + 1,
        "months": reading.year_grid(worktime, year),
        "known": known,
        "may_change": request.user.has_perm(CHANGE),
    }


def _worktime_of_calendar(calendar: WorkingCalendar) -> WorkTime:
    """A calendar by itself, without any unit."""
    book = compiled().book
    fact = book.calendars[calendar.pk]
    line = Line(0, ((date.min, fact),), (), book.public, book.years)
    return WorkTime(line.day)


def _own_unit(request: HttpRequest) -> OrgUnit | None:
    """The reader's own unit, when he may see it."""
    unit_id: int | None = getattr(request.user, "unit_id", None)
    if unit_id is None:
        return None
    return OrgUnit.objects.visible_to(request.user).filter(pk=unit_id).first()


def _example(request: HttpRequest) -> dict[str, Any]:
    """A useful beginning: the reader's unit, this morning, one day of work."""
    now = timezone.localtime()
    unit = _own_unit(request)
    start: datetime = now.replace(hour=9, minute=0, second=0, microsecond=0)
    return {"unit": unit.code if unit else "", "start": start, "hours": "24"}
