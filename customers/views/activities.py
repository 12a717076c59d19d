"""Logging, planning, completing and cancelling activities."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from core.access import requires
from core.errors import Refused
from customers.forms import ActivityForm, CancelForm, CompleteForm
from customers.models import Activity, ActivityState
from customers.services import cancel_activity, complete_activity, log_activity, plan_activity
from customers.views.common import customer_crumbs, customer_or_404
from customers.visits import visit_hints

RIGHT = "customers.log_activity"


@requires(RIGHT)
def activity_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Record something that was done with a customer, or plan it."""
    customer = customer_or_404(request, pk, RIGHT)
    initial = {"kind": request.GET.get("kind", "call")}
    form = ActivityForm(request.POST or None, customer=customer, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            activity = _save(form, request)
        except Refused as refusal:
            form.add_error("at", str(refusal))
        else:
            messages.success(request, _("The activity was saved."))
            _hint(request, visit_hints(activity, form.cleaned_data["place"]))
            return redirect(customer.get_absolute_url())
    context = {
        "form": form,
        "customer": customer,
        "crumbs": customer_crumbs(customer, (_("Log an activity"), "")),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "customers/activity_form.html", context, status=status)


def _hint(request: HttpRequest, hints: list[str]) -> None:
    """Say in one message what does not fit about a visit that was planned all the same (ACT-05)."""
    if hints:
        words = _("The visit is planned. Please check whether somebody else should go: {hints}")
        messages.warning(request, words.format(hints=" ".join(hints)))


def _save(form: ActivityForm, request: HttpRequest) -> Activity:
    data = form.cleaned_data
    common = {
        "by": request.user,
        "kind": data["kind"],
        "content": data["content"],
        "at": data["at"],
        "contact": data.get("contact"),
    }
    if data["what"] == "planned":
        return plan_activity(data["place"], **common)
    return log_activity(
        data["place"], next_on=data.get("next_on"), result=data.get("result", ""), **common
    )


def _planned_or_404(request: HttpRequest, pk: int) -> Activity:
    rows = Activity.objects.visible_to(request.user, RIGHT).select_related("customer", "by")
    activity = rows.filter(pk=pk).first()
    if activity is None:
        raise Http404("activity")
    return activity


@requires(RIGHT)
def activity_complete(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a planned activity with its result."""
    activity = _planned_or_404(request, pk)
    form = CompleteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            complete_activity(activity, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The activity was completed."))
            return redirect(_back(request, activity))
    return _close_page(request, activity, form, _("Complete the activity"))


@requires(RIGHT)
def activity_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a planned activity with a reason."""
    activity = _planned_or_404(request, pk)
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            cancel_activity(activity, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The plan was cancelled."))
            return redirect(_back(request, activity))
    return _close_page(request, activity, form, _("Cancel the plan"))


def _back(request: HttpRequest, activity: Activity) -> str:
    """The page the visitor came from, if it said so and is ours; else the customer."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    ours = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if ours else activity.customer.get_absolute_url()


def _close_page(
    request: HttpRequest, activity: Activity, form: CompleteForm | CancelForm, title: str
) -> HttpResponse:
    context = {
        "form": form,
        "activity": activity,
        "customer": activity.customer,
        "title": title,
        "back": _back(request, activity),
        "is_open": activity.state == ActivityState.PLANNED,
        "crumbs": customer_crumbs(activity.customer, (title, "")),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "customers/activity_close.html", context, status=status)
