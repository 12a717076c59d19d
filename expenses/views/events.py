"""Customer events: planned with guests, held with minutes and photographs, with or without money
(CAR-04)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import requires
from core.attachments.serving import send
from core.attachments.store import clean_name
from core.errors import Refused
from core.htmx import ask, leave, page_or_rows, wants_rows
from core.paging import asked_page, count_of, page_of
from core.saving import saved, status_of
from expenses.forms.events import EventFilter, EventForm, HeldForm, initial_of
from expenses.models import Event, EventFile, EventState
from expenses.powers import ADD
from expenses.selectors import events as reading
from expenses.selectors.events import CHANGE, VIEW
from expenses.services import events as verbs
from expenses.services.papers import MOST_BYTES

SEND = require_http_methods(["GET", "HEAD", "POST"])
TONES = {
    EventState.PLANNED: ("info", "calendar"),
    EventState.HELD: ("ok", "circle-check"),
    EventState.CANCELLED: ("off", "ban"),
}


def event_badge(event: Event) -> dict[str, str]:
    """Label, tone and icon of an event's state."""
    tone, icon = TONES[EventState(event.state)]
    return {"label": event.get_state_display(), "tone": tone, "icon": icon}


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Customer events"), reverse("expenses:events") if more else ""), *more]


def _event_or_404(request: HttpRequest, pk: int, right: str = VIEW) -> Event:
    """An event in reach. Raises PermissionDenied for who sees it and has not the right there."""
    found = reading.event_in_reach(request.user, pk)
    if found is None:
        raise Http404("event")
    if right != VIEW and reading.event_in_reach(request.user, pk, right) is None:
        raise PermissionDenied(right)
    return found


@requires(VIEW)
@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """Events in reach, the newest first."""
    form = EventFilter(request.GET, user=request.user)
    parts = reading.event_parts(request.user, form.query())
    page = page_of(parts, reading.NEWEST, reading.event_rows, **asked_page(request))
    number, capped = count_of(parts)
    words = _("{count}+ events") if capped else ngettext("{count} event", "{count} events", number)
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "rows": [{"event": one, "state": event_badge(one)} for one in page.rows],
        "count": words.format(count=f"{number:,}"),
        "may_change": request.user.has_perm(CHANGE),
        "crumbs": _crumbs(),
    }
    return page_or_rows(request, "expenses/events.html", "expenses/_event_rows.html", context)


@requires(VIEW)
@require_safe
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """One event: plan, guests, minutes, photographs, money."""
    one = _event_or_404(request, pk)
    may_change = reading.event_in_reach(request.user, pk, CHANGE) is not None
    planned = one.state == EventState.PLANNED
    context = {
        "event": one,
        "state": event_badge(one),
        "guests": list(one.customers.select_related("customer", "contact")),
        "staff": list(one.staff.order_by("name", "pk")),
        "files": list(one.files.order_by("pk")),
        "papers": reading.papers_of_event(request.user, one),
        "may_change": may_change,
        "may_plan": may_change and planned,
        "may_hold": may_change and planned and one.starts_at <= timezone.now(),
        "may_apply": request.user.has_perm(ADD) and one.state != EventState.CANCELLED,
        "most_bytes": MOST_BYTES,
        "crumbs": _crumbs((one.title, "")),
    }
    return render(request, "expenses/event.html", context)


@requires(CHANGE)
@SEND
def event_new(request: HttpRequest) -> HttpResponse:
    """Plan an event."""
    user: Any = request.user
    form = EventForm(request.POST or None, user=user, initial={"organiser": user.employee_no})
    made = saved(
        request,
        form,
        lambda data: verbs.save(by=user, **form.facts()),
        _("The event is planned."),
    )
    if made is not None:
        return redirect(made)
    return _form(request, form, _("New event"), reverse("expenses:events"))


@requires(CHANGE)
@SEND
def event_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the plan of an event."""
    one = _event_or_404(request, pk, CHANGE)
    initial = initial_of(one) if request.method != "POST" else None
    form = EventForm(request.POST or None, user=request.user, initial=initial)
    done = saved(
        request,
        form,
        lambda data: verbs.save(event=one, by=request.user, **form.facts()),
        _("The event is saved."),
    )
    if done is not None:
        return redirect(one)
    return _form(request, form, _("Change the event"), one.get_absolute_url())


@requires(CHANGE)
@SEND
def event_hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that an event was held: minutes, and who came."""
    one = _event_or_404(request, pk, CHANGE)
    initial = {"people": one.people}
    form = HeldForm(request.POST or None, event=one, initial=initial)
    done = saved(
        request,
        form,
        lambda data: verbs.hold(
            one,
            by=request.user,
            minutes=data["minutes"],
            came=form.keys(),
            people=data["people"],
        ),
        _("The minutes are saved; the event stands in the history of who came."),
    )
    if done is not None:
        return redirect(one)
    return _form(request, form, _("Record the minutes"), one.get_absolute_url())


def _form(request: HttpRequest, form: Any, title: str, back: str) -> HttpResponse:
    context = {"form": form, "title": title, "back": back, "crumbs": _crumbs((title, ""))}
    return render(request, "components/plain_form.html", context, status=status_of(request))


@requires(CHANGE)
@SEND
def event_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """The event does not take place, after a question."""
    one = _event_or_404(request, pk, CHANGE)
    form = forms.Form(request.POST if request.method == "POST" else None)
    done = saved(
        request,
        form,
        lambda data: verbs.cancel(one, by=request.user),
        _("The event is cancelled."),
    )
    if done is not None:
        return leave(request, one.get_absolute_url())
    context = {
        "title": _("Cancel this event?"),
        "effect": _("It stays in the list as cancelled. Applications for it are not changed."),
        "action": request.path,
        "verb": _("Cancel the event"),
        "danger": True,
        "cancel": pgettext("event", "Keep it"),
        "refused": form.non_field_errors() if form.is_bound else [],
        "cancel_url": one.get_absolute_url(),
        "crumbs": _crumbs((one.title, one.get_absolute_url()), (_("Cancel the event"), "")),
    }
    return ask(request, context, status_of(request))


# --- photographs and papers -----------------------------------------------------------------------


@requires(CHANGE)
@require_POST
def event_attach(request: HttpRequest, pk: int) -> HttpResponse:
    """Photographs and papers are added."""
    one = _event_or_404(request, pk, CHANGE)
    uploads = request.FILES.getlist("files")
    refused = [] if uploads else [_("Please choose a file.")]
    for upload in uploads:
        name = clean_name(upload.name or "")
        try:
            verbs.attach(one, upload, name, by=request.user)
        except Refused as refusal:
            refused.append(_("{file}: {problem}").format(file=name, problem=refusal.message))
    if wants_rows(request):
        files = list(one.files.order_by("pk"))
        context = {"event": one, "files": files, "may_change": True, "refused": refused}
        return render(request, "expenses/_event_files.html", context)
    for sentence in refused:
        messages.error(request, sentence)
    return redirect(one)


def _file_or_404(request: HttpRequest, pk: int, file_pk: int) -> EventFile:
    one = _event_or_404(request, pk)
    found: EventFile | None = one.files.filter(pk=file_pk).select_related("event").first()
    if found is None:
        raise Http404("file")
    return found


@requires(VIEW)
@require_safe
def event_file(request: HttpRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """A file itself: shown if it is a picture or a PDF, downloaded otherwise."""
    return send(request, _file_or_404(request, pk, file_pk))


@requires(VIEW)
@require_safe
def event_thumb(request: HttpRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """The thumbnail of a picture."""
    return send(request, _file_or_404(request, pk, file_pk), thumb=True)


@requires(CHANGE)
@require_POST
def event_detach(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """Remove a file that one uploaded."""
    _event_or_404(request, pk, CHANGE)
    file = _file_or_404(request, pk, file_pk)
    try:
        verbs.detach(file, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("{file} was removed.").format(file=file.name))
    return redirect("expenses:event", pk)
