"""Pages of schedules: one's own, setting one up, what was sent, and a receiver's own word."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.access import requires, signed_in
from core.htmx import ask, leave
from core.models import OutboxMessage
from core.saving import saved, status_of
from reports.builder.receivers import Outlook, outlook
from reports.builder.registry import SUBJECTS
from reports.builder.schedule_forms import ScheduleForm
from reports.builder.schedules import (
    delete_schedule,
    save_schedule,
    subscribe,
    switch_schedule,
    unsubscribe,
)
from reports.builder.sending import name_of, url_of
from reports.builder.views import BUILD, SEND, report_or_404
from reports.models import Delivery, ReportSchedule
from reports.models.saved import VIEW
from reports.standard.catalogue import STANDARDS

SHOWN = 200


def crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    """Schedules › …; the last one has no address."""
    return [(_("Schedules"), reverse("reports:schedules") if more else ""), *more]


def schedule_or_404(request: HttpRequest, pk: int) -> ReportSchedule:
    """A schedule of the reader's own."""
    rows = ReportSchedule.objects.visible_to(request.user).select_related("report", "owner")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404("schedule")
    return found


@requires(BUILD)
@require_safe
def schedule_list(request: HttpRequest) -> HttpResponse:
    """One's own schedules."""
    rows = ReportSchedule.objects.visible_to(request.user).select_related("report")
    found = rows.order_by("-is_active", "next_at", "pk")[:SHOWN]
    context = {"schedules": [(one, name_of(one)) for one in found]}
    return render(request, "reports/builder/schedules.html", context | {"crumbs": crumbs()})


@requires(BUILD)
@SEND
def schedule_new(request: HttpRequest, report_pk: int) -> HttpResponse:
    """Say when a report goes to whom."""
    report = report_or_404(request, report_pk)
    return _edit(request, ReportSchedule(report=report, owner=_person(request)))


@requires(BUILD)
@SEND
def standard_schedule(request: HttpRequest, key: str) -> HttpResponse:
    """Say when a standard report goes to whom."""
    standard = STANDARDS.get(key)
    if standard is None or not standard.opens_to(request.user):
        raise Http404(key)
    return _edit(request, ReportSchedule(standard=key, owner=_person(request)))


@requires(BUILD)
@SEND
def schedule_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change when it goes to whom."""
    return _edit(request, schedule_or_404(request, pk))


def _person(request: HttpRequest) -> Any:
    return request.user


def _edit(request: HttpRequest, schedule: ReportSchedule) -> HttpResponse:
    """The form of a schedule, which may be a new one."""
    form = ScheduleForm(request.POST or None, user=request.user, instance=schedule)
    looking = "look" in request.POST
    done = None
    if not looking:
        done = saved(
            request,
            form,
            lambda data: save_schedule(
                by=request.user,
                report=schedule.report,
                standard=schedule.standard,
                facts=form.facts(),
                people=data["people"],
                role=data["role"],
                unit=data["unit"],
                schedule=schedule if schedule.pk else None,
            ),
            _("The schedule was saved."),
        )
    if done:
        return redirect("reports:schedule", done.pk)
    context = {
        "form": form,
        "outlook": _outlook(form, schedule),
        "title": _("Send {name}").format(name=name_of(schedule)),
        "back": url_of(schedule),
        "question": _question(schedule),
        "crumbs": crumbs((name_of(schedule), "")),
    }
    if looking and request.headers.get("HX-Request"):
        return render(request, "reports/builder/_outlook.html", context)
    status = 200 if looking else status_of(request)
    return render(request, "reports/builder/schedule_form.html", context, status=status)


def _outlook(form: ScheduleForm, schedule: ReportSchedule) -> Outlook | None:
    """When and to whom what is filled in would go, as soon as it says so."""
    if not form.is_bound and not schedule.pk:
        return None
    if not form.is_bound:
        named = list(schedule.receivers.select_related("user", "role", "unit"))
        role = next((one for one in named if one.role), None)
        people = [one.user for one in named if one.user]
        holders = (role.role, role.unit) if role else (None, None)
        return outlook(schedule, people, *holders, _right_of(schedule))
    if not form.is_valid():
        return None
    data = form.cleaned_data
    asked = ReportSchedule(owner=schedule.owner, **form.facts())
    return outlook(asked, data["people"], data["role"], data["unit"], _right_of(schedule))


def _right_of(schedule: ReportSchedule) -> str:
    """What a receiver must be allowed to see."""
    if schedule.report:
        subject = SUBJECTS.get(schedule.report.subject)
        return subject.right if subject else VIEW
    standard = STANDARDS.get(schedule.standard)
    return standard.right if standard else VIEW


def _question(schedule: ReportSchedule) -> str:
    if schedule.report:
        return _("Everybody gets the figures of his own branches, under his own rights.")
    return _(
        "Everybody gets the figures of the topmost unit he reaches, under his own rights: until "
        "the 20th those of the month before, then those of the running month."
    )


@requires(BUILD)
@require_safe
def schedule_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A schedule, its receivers, and what was sent to whom."""
    schedule = schedule_or_404(request, pk)
    rows = Delivery.objects.filter(run__schedule=schedule).select_related("run", "user")
    found = list(rows.order_by("-run__due_at", "user__name", "pk")[:SHOWN])
    context = {
        "schedule": schedule,
        "name": name_of(schedule),
        "report_url": url_of(schedule),
        "receivers": schedule.receivers.select_related("user", "role", "unit"),
        "deliveries": [(one, mails) for one, mails in _with_mails(found)],
        "problems": schedule.runs.exclude(problem="").order_by("-due_at")[:5],
        "crumbs": crumbs((name_of(schedule), "")),
    }
    return render(request, "reports/builder/schedule.html", context)


def _with_mails(found: list[Delivery]) -> list[tuple[Delivery, Any]]:
    """Deliveries with their mails, which may still wait or have failed on the way."""
    keys = {f"mail:report:{one.run_id}:{one.user_id}": one for one in found}
    mails = OutboxMessage.objects.defer("text", "html", "payload").filter(dedupe_key__in=keys)
    by_key = {mail.dedupe_key: mail for mail in mails}
    return [(one, by_key.get(key)) for key, one in keys.items()]


@requires(BUILD)
@require_POST
def schedule_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch it on or off."""
    schedule = schedule_or_404(request, pk)
    switch_schedule(by=request.user, schedule=schedule, active=not schedule.is_active)
    return redirect("reports:schedule", pk)


@requires(BUILD)
@SEND
def schedule_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then delete."""
    schedule = schedule_or_404(request, pk)
    if request.method == "POST":
        delete_schedule(by=request.user, schedule=schedule)
        messages.success(request, _("The schedule was deleted."))
        return leave(request, reverse("reports:schedules"))
    context = {
        "title": _("Delete this schedule?"),
        "effect": _("Nobody is sent the report any more; what was noted of its sendings goes too."),
        "action": request.get_full_path(),
        "verb": _("Delete"),
        "danger": True,
        "cancel_url": schedule.get_absolute_url(),
        "crumbs": crumbs((name_of(schedule), "")),
    }
    return ask(request, context)


@signed_in
@SEND
def schedule_unsubscribe(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever was sent a report stops its mails, or takes them up again."""
    sent = Delivery.objects.filter(user=request.user.pk, run__schedule=pk)
    schedule = ReportSchedule.objects.filter(pk=pk).select_related("report").first()
    if schedule is None or not sent.exists():
        raise Http404("schedule")
    stopped = schedule.unsubscriptions.filter(user=request.user.pk).exists()
    if request.method == "POST":
        if stopped:
            subscribe(by=request.user, schedule=schedule)
            messages.success(request, _("You will be sent this report again."))
        else:
            unsubscribe(by=request.user, schedule=schedule)
            messages.success(request, _("You will not be sent this report any more."))
        return leave(request, reverse("home"))
    title = _("Be sent “{name}” again?") if stopped else _("Stop being sent “{name}”?")
    context = {
        "title": title.format(name=name_of(schedule)),
        "effect": _("It concerns the mails to you alone."),
        "action": request.get_full_path(),
        "verb": _("Send again") if stopped else _("Stop the mails"),
        "cancel_url": reverse("home"),
        "crumbs": [(_("Schedules"), "")],
    }
    return ask(request, context)
