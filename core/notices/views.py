"""Pages of one's own notices: the bell, the list, what is mailed."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import signed_in
from core.errors import Refused
from core.htmx import page_or_rows
from core.models import Notice
from core.notices import selectors
from core.notices.forms import NoticeFilter, PreferencesForm
from core.notices.preferences import save_preferences
from core.notices.services import is_local, mark_read

REFUSED_FORM = 422


@signed_in
@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """The reader's notices, the newest first."""
    form = NoticeFilter(request.GET)
    found: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    page = selectors.notices_page(
        request.user,
        state=found.get("state", ""),
        kind=found.get("kind", ""),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "page": page,
        "filter_form": form,
        "filtered": any(found.values()),
        "crumbs": [(_("Notifications"), "")],
    }
    return page_or_rows(request, "core/notices/list.html", "core/notices/_rows.html", context)


@signed_in
@require_safe
def bell_count(request: HttpRequest) -> HttpResponse:
    """The number in the bell; open pages ask each minute with the header X-Poll."""
    return render(request, "core/notices/_count.html")


@signed_in
@require_safe
def bell_latest(request: HttpRequest) -> HttpResponse:
    """The newest notices, put under the bell when it is opened."""
    context = {"latest": selectors.latest(request.user)}
    return render(request, "core/notices/_latest.html", context)


@signed_in
@require_safe
def notification_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notice as read and go where it leads, under the reader's present rights.

    A link and no button, so that it opens in a new tab like every other; marking one's own
    notice as read is no deed that a stranger's link could abuse.
    """
    notice = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    if request.method == "GET":
        mark_read(request.user, pks=[notice.pk])
    target = notice.url if is_local(notice.url) else reverse("core:notifications")
    return HttpResponseRedirect(target)


@signed_in
@require_POST
def notification_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one notice as read without opening it."""
    notice = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    mark_read(request.user, pks=[notice.pk])
    return redirect("core:notifications")


@signed_in
@require_POST
def notifications_read(request: HttpRequest) -> HttpResponse:
    """Mark all notices as read."""
    count = mark_read(request.user)
    words = ngettext(
        "{count} notification was marked as read.",
        "{count} notifications were marked as read.",
        count,
    )
    messages.success(request, words.format(count=count))
    return redirect("core:notifications")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """What is mailed to the reader, and when."""
    form = PreferencesForm(request.POST or None, user=request.user)
    if form.is_valid():
        times = {field.name: form.cleaned_data[field.name] for field in form.time_fields()}
        try:
            save_preferences(request.user, choices=form.choices(), **times)
        except Refused as refusal:
            form.add_error("quiet_until", str(refusal))
        else:
            messages.success(request, _("Your choices were saved."))
            return redirect("core:notification-preferences")
    context = {
        "form": form,
        "crumbs": [
            (_("Notifications"), reverse("core:notifications")),
            (_("Mails and quiet time"), ""),
        ],
    }
    status = REFUSED_FORM if form.is_bound else 200
    return render(request, "core/notices/preferences.html", context, status=status)
