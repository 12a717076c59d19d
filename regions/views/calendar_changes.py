"""Changing working calendars: administrators, within their reach."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import requires
from core.errors import Refused
from core.htmx import ask, leave
from regions import calendars
from regions.forms.calendars import (
    CalendarForm,
    ExceptionForm,
    NameForm,
    PublicDaysForm,
    UseForm,
    WeekForm,
)
from regions.models import (
    CalendarException,
    CalendarUse,
    CalendarWeek,
    OrgUnit,
    PublicDay,
    WorkingCalendar,
)
from regions.selectors import calendars as reading
from regions.services import calendars as verbs
from regions.views.calendars import CHANGE, LIST, crumbs, year_asked_for

Save = Callable[[], Any]


# --- changing: calendars and public days belong to the whole group


@requires(CHANGE, whole_group=True)
def calendar_new(request: HttpRequest) -> HttpResponse:
    """A new calendar."""
    form = CalendarForm(request.POST or None, week=_standard_week())

    def save() -> WorkingCalendar:
        return verbs.create_calendar(
            name=form.cleaned_data["name"],
            keeps_public_days=form.cleaned_data["keeps_public_days"],
            hours=form.hours(),
            by=request.user,
        )

    return _form_page(request, form, save, title=_("New calendar"), done=_("Calendar saved."))


@requires(CHANGE, whole_group=True)
def calendar_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Name and manners of a calendar."""
    calendar = get_object_or_404(WorkingCalendar, pk=pk)
    form = NameForm(request.POST or None, instance=calendar)

    def save() -> WorkingCalendar:
        return verbs.change_calendar(calendar, by=request.user, **form.cleaned_data)

    return _form_page(
        request,
        form,
        save,
        title=_("Change the calendar"),
        done=_("Calendar saved."),
        back=calendar.get_absolute_url(),
    )


@requires(CHANGE, whole_group=True)
def calendar_hours(request: HttpRequest, pk: int) -> HttpResponse:
    """Weekly hours from a day on."""
    calendar = get_object_or_404(WorkingCalendar, pk=pk)
    week = reading.week_on(calendar, timezone.localdate())
    initial = {"valid_from": timezone.localdate()}
    form = WeekForm(request.POST or None, week=week, initial=initial)

    def save() -> WorkingCalendar:
        verbs.set_weekly_hours(
            calendar,
            hours=form.hours(),
            valid_from=form.cleaned_data["valid_from"],
            by=request.user,
        )
        return calendar

    return _form_page(
        request,
        form,
        save,
        title=_("Change the weekly hours"),
        question=calendar.name,
        done=_("Weekly hours saved. Open deadlines are worked out anew."),
        back=calendar.get_absolute_url(),
    )


@requires(CHANGE, whole_group=True)
def calendar_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a calendar that is not used."""
    calendar = get_object_or_404(WorkingCalendar, pk=pk)
    return _confirm(
        request,
        lambda: verbs.delete_calendar(calendar, by=request.user),
        title=_("Delete the calendar {name}?").format(name=calendar.name),
        verb=_("Delete"),
        done=_("Calendar deleted."),
        back=calendar.get_absolute_url(),
        after=reverse(LIST),
    )


@requires(CHANGE, whole_group=True)
def week_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take weekly hours back."""
    week = get_object_or_404(CalendarWeek.objects.select_related("calendar"), pk=pk)
    return _confirm(
        request,
        lambda: verbs.drop_weekly_hours(week, by=request.user),
        title=_("Take these weekly hours back?"),
        effect=_("The hours before them go on. Open deadlines are worked out anew."),
        verb=_("Take back"),
        done=_("Weekly hours taken back."),
        back=week.calendar.get_absolute_url(),
    )


@requires(CHANGE, whole_group=True)
def public_days(request: HttpRequest) -> HttpResponse:
    """Enter the public days of a year by pasting them, looking first; and see those of a year."""
    form = PublicDaysForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "missing": calendars.missing_years()}
    status = 200

    def save() -> None:
        fresh, changed = verbs.enter_public_days(form.cleaned_data["lines"], by=request.user)
        sentence = _("Public days saved: {fresh} new, {changed} changed.")
        messages.success(request, sentence.format(fresh=fresh, changed=changed))

    if "preview" in request.POST and form.is_valid():
        context["preview"] = reading.effect_of_public_days(form.cleaned_data["lines"])
    elif request.method == "POST":
        if "preview" not in request.POST and _saved(form, save):
            last = max(one.day for one in form.cleaned_data["lines"])
            return redirect(f"{request.path}?year={last.year}")
        status = 422
    year = year_asked_for(request)
    context |= {
        "year": year,
        "days": PublicDay.objects.filter(day__year=year),
        "crumbs": crumbs((_("Public days"), "")),
    }
    return render(request, "regions/public_days.html", context, status=status)


@requires(CHANGE, whole_group=True)
def public_day_remove(request: HttpRequest, day: date) -> HttpResponse:
    """Make a public day an ordinary one again."""
    public_day = get_object_or_404(PublicDay, pk=day)
    return _confirm(
        request,
        lambda: verbs.remove_public_day(public_day, by=request.user),
        title=_("Remove {day} {name}?").format(day=day.isoformat(), name=public_day.name),
        effect=_("The weekly hours hold on this day again. Open deadlines are worked out anew."),
        verb=_("Remove"),
        done=_("Public day removed."),
        back=f"{reverse('regions:public-days')}?year={day.year}",
    )


# --- changing: what units use, within reach


@requires(CHANGE)
def use_new(request: HttpRequest) -> HttpResponse:
    """Give a unit its calendar from a day on."""
    initial = {"unit": _named_unit(request), "calendar": request.GET.get("calendar")}
    form = UseForm(request.POST or None, user=request.user, initial=initial)

    def save() -> OrgUnit:
        data = form.cleaned_data
        verbs.use_calendar(
            data["unit"],
            calendar=data["calendar"],
            valid_from=data["valid_from"],
            by=request.user,
        )
        return data["unit"]

    return _form_page(
        request,
        form,
        save,
        title=_("Give a unit its calendar"),
        done=_("The calendar of the unit was saved. Open deadlines are worked out anew."),
        target=_unit_url,
    )


@requires(CHANGE)
def use_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back that a unit uses a calendar."""
    units = OrgUnit.objects.visible_to(request.user, CHANGE)
    rows = CalendarUse.objects.select_related("unit", "calendar").filter(unit__in=units)
    use = get_object_or_404(rows, pk=pk)
    return _confirm(
        request,
        lambda: verbs.drop_use(use, by=request.user),
        title=_("Take this calendar from {unit}?").format(unit=use.unit.name),
        effect=_("What held before holds again. Open deadlines are worked out anew."),
        verb=_("Take back"),
        done=_("Taken back."),
        back=_unit_url(use.unit),
    )


@requires(CHANGE)
def exception_new(request: HttpRequest) -> HttpResponse:
    """Other hours on some days."""
    initial = {"unit": _named_unit(request), "calendar": request.GET.get("calendar")}
    form = ExceptionForm(request.POST or None, user=request.user, initial=initial)

    def save() -> Any:
        data = form.cleaned_data
        return verbs.add_exception(by=request.user, **data)

    def target(exception: Any) -> str:
        return f"{_owner_url(exception)}?year={exception.first_day.year}"

    return _form_page(
        request,
        form,
        save,
        title=_("Add an exception"),
        done=_("Exception saved. Open deadlines are worked out anew."),
        target=target,
    )


@requires(CHANGE)
def exception_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an exception back."""
    rows = reading.exceptions_in_reach(request.user).select_related("unit", "calendar")
    exception = get_object_or_404(rows, pk=pk)
    return _confirm(
        request,
        lambda: verbs.remove_exception(exception, by=request.user),
        title=_("Remove the exception {reason}?").format(reason=exception.reason),
        effect=_("Ordinary hours hold on these days again. Open deadlines are worked out anew."),
        verb=_("Remove"),
        done=_("Exception removed."),
        back=_owner_url(exception),
    )


# --- helpers


def _form_page(
    request: HttpRequest,
    form: forms.BaseForm,
    save: Save,
    *,
    title: str,
    done: str,
    question: str = "",
    back: str = "",
    target: Callable[[Any], str] | None = None,
) -> HttpResponse:
    """A form as a page; saved, it leads to the thing saved."""
    if request.method == "POST":
        result = _saved(form, save)
        if result:
            messages.success(request, done)
            return redirect(target(result[0]) if target else result[0].get_absolute_url())
    context = {
        "form": form,
        "title": title,
        "question": question,
        "back": back or reverse(LIST),
        "crumbs": crumbs((title, "")),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "regions/calendar_form.html", context, status=status)


def _saved(form: forms.BaseForm, save: Save) -> tuple[Any] | None:
    """What was saved, in a tuple; None when the form or a rule of the model refuses."""
    if not form.is_valid():
        return None
    try:
        return (save(),)
    except ValidationError as error:
        fields = error.message_dict if hasattr(error, "error_dict") else {}
        for name, sentences in fields.items() or [("", error.messages)]:
            form.add_error(name if name in form.fields else None, sentences)
    except Refused as refusal:
        form.add_error(None, str(refusal))
    return None


def _confirm(
    request: HttpRequest,
    act: Save,
    *,
    title: str,
    verb: str,
    done: str,
    back: str,
    effect: str = "",
    after: str = "",
) -> HttpResponse:
    """A question before something is taken away; as a dialog for htmx, else as a page."""
    refused: list[str] = []
    if request.method == "POST":
        try:
            act()
        except Refused as refusal:
            refused = [str(refusal)]
        else:
            messages.success(request, done)
            return leave(request, after or back)
    context = {
        "title": title,
        "effect": effect,
        "action": request.path,
        "verb": verb,
        "cancel_url": back,
        "danger": True,
        "refused": refused,
        "crumbs": crumbs((title, "")),
    }
    return ask(request, context, status=422 if refused else 200)


def _standard_week() -> CalendarWeek | None:
    standard = WorkingCalendar.objects.filter(is_standard=True).first()
    return reading.week_on(standard, timezone.localdate()) if standard else None


def _named_unit(request: HttpRequest) -> str:
    """The code of a unit in the address; the form refuses what is out of reach."""
    code = request.GET.get("unit", "")[:30]
    units = OrgUnit.objects.visible_to(request.user, CHANGE)
    return code if units.filter(code=code).exists() else ""


def _owner_url(exception: CalendarException) -> str:
    """The year of what an exception belongs to."""
    if exception.calendar is not None:
        return exception.calendar.get_absolute_url()
    assert exception.unit is not None  # noqa: S101  a constraint of the table
    return _unit_url(exception.unit)


def _unit_url(unit: OrgUnit) -> str:
    return reverse("regions:unit-calendar", args=[unit.code])
