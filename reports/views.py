"""The home page ("what must I do today") and the activity report."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from core.access import requires, signed_in
from core.keys import backup_is_due
from customers.models import CustomerUnit
from customers.selectors.detail import is_overdue, my_tasks
from regions.policies import values_once
from regions.selectors.calendars import word_of_the_day
from reports.forms import SpanFilter
from reports.home_customers import customer_tiles
from reports.home_figures import months_of
from reports.home_work import beginnings, menu_items, waiting_tiles
from reports.metrics.definitions import judged_once
from reports.selectors import activity_report

LOG = "customers.log_activity"


@signed_in
@values_once()
@judged_once()
def home(request: HttpRequest) -> HttpResponse:
    """What waits for this person today; every number is a link to exactly its rows. What is shown
    follows from rights: who keeps no customers sees where his own work begins instead."""
    user: Any = request.user
    today = timezone.localdate()
    sees, keeps = user.has_perm("customers.view_customer"), user.has_perm(LOG)
    tasks = my_tasks(user) if sees else []
    overdue = [task for task in tasks if is_overdue(task)]
    due_today = [t for t in tasks if t not in overdue and timezone.localdate(t.at) == today]
    items = menu_items(request)
    waiting = waiting_tiles(user, items)
    context = {
        "today": today,
        "waiting": waiting,
        "keeps": keeps or bool(tasks),
        "beginnings": [] if keeps else beginnings(items),
        "overdue": overdue,
        "due_today": due_today,
        "later": [task for task in tasks if task not in overdue and task not in due_today],
        "tiles": customer_tiles(user) if sees else [],
        "months": months_of(user),
        "answer": _answer(len(overdue), len(due_today))
        if keeps or tasks
        else _answer_without_customers(waiting),
        "day_word": word_of_the_day(today, user.unit_id),
        "due_places": _due_places(user) if sees else [],
        "can_add": user.has_perm("customers.add_customer"),
        "key_backup_due": user.is_staff and backup_is_due(),
    }
    return render(request, "reports/home.html", context)


def _answer(overdue: int, due: int) -> str:
    """The sentence under the title."""
    if not overdue and not due:
        return _("You have no planned activities for today.")
    total = ngettext("{count} task waits for you", "{count} tasks wait for you", overdue + due)
    late = ngettext("{count} is overdue.", "{count} are overdue.", overdue)
    total, late = total.format(count=overdue + due), late.format(count=overdue)
    return (
        _("{total}: {late}").format(total=total, late=late)
        if overdue
        else _("{total}.").format(total=total)
    )


def _answer_without_customers(waiting: list[dict[str, Any]]) -> str:
    """The sentence for whoever keeps no customers."""
    if not waiting:
        return _("Nothing waits for you today.")
    count = len(waiting)
    words = ngettext(
        "{count} kind of work waits for you.", "{count} kinds of work wait for you.", count
    )
    return words.format(count=count)


def _due_places(user: Any) -> list[CustomerUnit]:
    """The reader's own customers whose next contact is due, longest overdue first."""
    return list(
        CustomerUnit.objects.visible_to(user)
        .filter(keeper=user, next_contact_on__lte=timezone.localdate())
        .select_related("customer", "unit")
        .order_by("next_contact_on", "pk")[:10]
    )


@requires("customers.view_customer")
@require_safe
def activity(request: HttpRequest) -> HttpResponse:
    """Activities done and customers in touch with in a span, by the tree of its last day."""
    today = timezone.localdate()
    form = SpanFilter(request.GET, first=today.replace(day=1), last=today)
    context: dict[str, Any] = {"form": form, "crumbs": [(_("Activity report"), "")]}
    if form.is_valid():
        first, last = form.cleaned_data["first"], form.cleaned_data["last"]
        context |= {
            "lines": activity_report(request.user, first, last),
            "first": first,
            "last": last,
        }
    return render(request, "reports/activity.html", context)
