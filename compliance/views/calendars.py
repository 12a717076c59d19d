"""The calendar: month, week, list; appointments; moving entries; the private feed."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from compliance.agenda import KINDS
from compliance.feeds import etag_of, feed_for
from compliance.forms.calendars import AppointmentForm, MoveForm, WhoseForm, initial_of
from compliance.models import Appointment, Assignment
from compliance.selectors import calendars as reading
from compliance.selectors.agenda_entries import ACT
from compliance.selectors.calendars import LIST, MONTH, VIEWS, WEEK
from compliance.selectors.tasks import may_manage
from compliance.services import assignments
from compliance.services import calendars as verbs
from compliance.views.common import SEND, Crumbs, plain_form, question
from core.access import fresh, public, signed_in
from core.errors import QuotaExceeded
from core.htmx import leave
from core.saving import saved
from customers.models import Activity
from customers.services import move_activity


def _crumbs(*more: tuple[str, str]) -> Crumbs:
    return [(_("Calendar"), reverse("compliance:calendar") if more else ""), *more]


def _day(request: HttpRequest) -> dt.date:
    """The day around which a view stands, today unless the address says another."""
    try:
        return dt.date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return timezone.localdate()


@signed_in
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """The reader's own calendar, or that of somebody or of a team in reach."""
    user: Any = request.user
    view = request.GET.get("view", MONTH)
    view = view if view in VIEWS else MONTH
    day = _day(request)
    form = WhoseForm(request.GET, user=user) if reading.may_see_teams(user) else None
    person = unit = None
    if form is not None and form.is_valid():
        person, unit = form.cleaned_data["person"], form.cleaned_data["unit"]
    people = [person or user]
    if unit is not None and person is None:
        people = list(reading.team_of(user, unit)[: reading.MOST_PEOPLE + 1])
    crowded = len(people) > reading.MOST_PEOPLE
    people = people[: reading.MOST_PEOPLE]
    days = reading.days_of(user, people, view, day, unit or (person or user).unit)
    span = reading.span_of(view, day)
    kept: dict[str, Any] = {
        name: request.GET[name] for name in ("person", "unit") if request.GET.get(name)
    }
    context = {
        "view": view,
        "day": day,
        "days": days,
        "weeks": [days[start : start + 7] for start in range(0, len(days), 7)],
        "busy": [one for one in days if one.entries and one.inside],
        "form": form,
        "whose": person or unit,
        "crowded": crowded,
        "kinds": list(KINDS.values()),
        "views": [
            (label, f"?{urlencode({'view': name, 'day': day, **kept})}", name == view)
            for name, label in (
                (MONTH, pgettext("calendar", "Month")),
                (WEEK, pgettext("calendar", "Week")),
                (LIST, pgettext("calendar", "List")),
            )
        ],
        "previous": f"?{urlencode({'view': view, 'day': span.previous, **kept})}",
        "next": f"?{urlencode({'view': view, 'day': span.next, **kept})}",
        "here": f"?{urlencode({'view': view, **kept})}",
        "day_url": f"?{urlencode({'view': LIST, **kept})}",
        "crumbs": _crumbs(),
    }
    return render(request, "compliance/calendar.html", context)


# --- appointments ---------------------------------------------------------------------------------


def _own_or_404(request: HttpRequest, pk: int) -> Appointment:
    """An own appointment. Raises PermissionDenied for one of somebody else in reach."""
    row = Appointment.objects.visible_to(request.user).filter(pk=pk).first()
    if row is None:
        raise Http404("appointment")
    if row.person_id != request.user.pk:
        raise PermissionDenied("appointment")
    return row


@signed_in
@require_safe
def appointment(request: HttpRequest, pk: int) -> HttpResponse:
    """One appointment, an own one or one of somebody in reach."""
    rows = Appointment.objects.visible_to(request.user).select_related("person")
    one = rows.filter(pk=pk).first()
    if one is None:
        raise Http404("appointment")
    last = one.ends_at - dt.timedelta(minutes=1) if one.all_day else one.ends_at
    context = {
        "appointment": one,
        "last": last,
        "own": one.person_id == request.user.pk,
        "crumbs": _crumbs((one.title, "")),
    }
    return render(request, "compliance/appointment.html", context)


@signed_in
@SEND
def appointment_new(request: HttpRequest) -> HttpResponse:
    """Note an appointment."""
    start = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    start = dt.datetime.combine(_day(request), start.timetz()) + dt.timedelta(hours=1)
    initial = {"starts_at": start, "ends_at": start + dt.timedelta(hours=1)}
    form = AppointmentForm(request.POST or None, initial=initial)
    return _save(request, form, _("New appointment"), reverse("compliance:calendar"), None)


@signed_in
@SEND
def appointment_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an own appointment."""
    one = _own_or_404(request, pk)
    form = AppointmentForm(request.POST or None, initial=initial_of(one))
    return _save(request, form, _("Change the appointment"), one_url(one), one)


def one_url(one: Appointment) -> str:
    """Where an appointment stands."""
    return reverse("compliance:appointment", args=[one.pk])


def _save(
    request: HttpRequest, form: AppointmentForm, title: str, back: str, one: Appointment | None
) -> HttpResponse:
    def save(data: dict[str, Any]) -> Appointment:
        return verbs.save_appointment(by=request.user, appointment=one, **form.facts())

    made = saved(request, form, save, _("The appointment is saved."))
    if made is not None:
        day = timezone.localdate(made.starts_at)
        return redirect(f"{reverse('compliance:calendar')}?day={day}")
    return plain_form(request, form, title=title, back=back, crumbs=_crumbs((title, "")))


@signed_in
@SEND
def appointment_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete an own appointment, after a question."""
    one = _own_or_404(request, pk)
    form = forms.Form(request.POST if request.method == "POST" else None)
    done = saved(
        request,
        form,
        lambda data: verbs.drop_appointment(one, by=request.user) or True,
        _("The appointment is deleted."),
    )
    if done is not None:
        return leave(request, reverse("compliance:calendar"))
    return question(
        request,
        form,
        title=_("Delete this appointment?"),
        effect=one.title,
        verb=_("Delete the appointment"),
        back=one_url(one),
        crumbs=_crumbs((one.title, one_url(one)), (_("Delete the appointment"), "")),
        danger=True,
    )


# --- moving ---------------------------------------------------------------------------------------

Move = tuple[str, dt.datetime, Callable[[MoveForm], Any]]


def _appointment_move(request: HttpRequest, pk: int) -> Move:
    row = _own_or_404(request, pk)

    def act(form: MoveForm) -> Any:
        moment, version = form.moment(row.starts_at), form.cleaned_data["version"]
        return verbs.move_appointment(row, by=request.user, starts_at=moment, version=version)

    return row.title, row.starts_at, act


def _task_move(request: HttpRequest, pk: int) -> Move:
    row: Any = (
        Assignment.objects.visible_to(request.user).filter(pk=pk, due_at__isnull=False).first()
    )
    if row is None:
        raise Http404("task")
    if not may_manage(request.user, row):
        raise PermissionDenied("task")

    def act(form: MoveForm) -> Any:
        day, time = form.cleaned_data["day"], form.cleaned_data["time"]
        end = assignments.end_of_work(day, unit=row.unit)
        moment = form.moment(end) if time else end
        version = form.cleaned_data["version"]
        return assignments.move(row, by=request.user, due_at=moment, version=version)

    return row.title, row.due_at, act


def _activity_move(request: HttpRequest, pk: int) -> Move:
    seen = Activity.objects.visible_to(request.user).planned().filter(pk=pk)
    row = seen.select_related("customer").first()
    if row is None:
        raise Http404("activity")
    if not Activity.objects.visible_to(request.user, ACT).filter(pk=pk).exists():
        raise PermissionDenied(ACT)

    def act(form: MoveForm) -> Any:
        return move_activity(row, by=request.user, at=form.moment(row.at))

    return f"{row.get_kind_display()} {row.customer.name}", row.at, act


MOVES = {"appointment": _appointment_move, "task": _task_move, "activity": _activity_move}


@signed_in
@SEND
def calendar_move(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Another day or time for an entry: what dragging does, as a form."""
    if kind not in MOVES:
        raise Http404("kind")
    title, before, act = MOVES[kind](request, pk)
    moment = timezone.localtime(before)
    version = request.GET.get("version", "")
    initial = {"day": moment.date(), "time": moment.time(), "version": version}
    form = MoveForm(request.POST or None, initial=initial)
    done = saved(request, form, lambda data: act(form) or True, _("The entry is moved."))
    if done is not None:
        day, view = form.cleaned_data["day"], request.POST.get("view", MONTH)
        query = urlencode({"day": day, "view": view if view in VIEWS else MONTH})
        return leave(request, f"{reverse('compliance:calendar')}?{query}")
    words = _("Move {title}").format(title=title)
    return plain_form(
        request,
        form,
        title=words,
        verb=pgettext("calendar", "Move"),
        back=reverse("compliance:calendar"),
        crumbs=_crumbs((words, "")),
    )


# --- the feed -------------------------------------------------------------------------------------


@signed_in
@require_safe
def feed_settings(request: HttpRequest) -> HttpResponse:
    """Whether the reader has a private address for programs, and when it was last used."""
    return _feed_page(request, "")


def _feed_page(request: HttpRequest, token: str) -> HttpResponse:
    path = reverse("compliance:calendar-file", args=[token]) if token else ""
    context = {
        "feed": verbs.living_feed(request.user),
        "address": f"{settings.CRM_URL}{path}" if token else "",
        "crumbs": _crumbs((_("Use in calendar programs"), "")),
    }
    return render(request, "compliance/feed.html", context)


@fresh
@signed_in
@require_POST
def feed_open(request: HttpRequest) -> HttpResponse:
    """A new private address; it is shown this once, and the one before ends."""
    return _feed_page(request, verbs.open_feed(by=request.user))


@signed_in
@require_POST
def feed_close(request: HttpRequest) -> HttpResponse:
    """End the private address."""
    verbs.close_feed(by=request.user)
    return redirect("compliance:calendar-feed")


@public
@require_safe
def feed_file(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of whoever has this secret address, under his own rights of today."""
    try:
        feed = verbs.feed_of(token)
    except QuotaExceeded as refusal:
        return HttpResponse(
            str(refusal), status=429, content_type="text/plain", headers={"Retry-After": "600"}
        )
    if feed is None:
        raise Http404("feed")
    with translation.override(feed.person.language or settings.LANGUAGE_CODE):
        content = feed_for(feed.person, timezone.localdate())
    etag = etag_of(content)
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
        answer["Content-Disposition"] = 'inline; filename="calendar.ics"'
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, max-age=300"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer
