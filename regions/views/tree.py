"""The tree on any day."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from core.access import requires
from core.htmx import page_or_rows
from regions.forms import TreeFilter
from regions.selectors import PastUnit, tree_on, units_seen


@requires("regions.view_orgunit")
@require_safe
def tree_page(request: HttpRequest) -> HttpResponse:
    """All units in reach as they were on a day, what has changed since being marked.

    Reach is today's: who sees a unit now sees what it was.
    """
    today = timezone.localdate()
    data = {"on": request.GET.get("on") or today, "closed": request.GET.get("closed")}
    form = TreeFilter(data)
    day = (form.is_valid() and form.cleaned_data["on"]) or today
    units = units_shown(request, day, closed=bool(form.cleaned_data.get("closed")))
    context = {
        "form": form,
        "day": day,
        "is_today": day == today,
        "units": units,
        "changed": sum(unit.is_changed for unit in units),
        "crumbs": [
            (pgettext("menu", "Organisation"), reverse("regions:units")),
            (_("Tree as of a date"), ""),
        ],
    }
    return page_or_rows(request, "regions/tree.html", "regions/_tree_rows.html", context)


def units_shown(request: HttpRequest, day: date, *, closed: bool) -> list[PastUnit]:
    """The part of the tree of a day that the reader sees."""
    seen = units_seen(request.user)
    units = [unit for unit in tree_on(day) if unit.pk in seen]
    return [unit for unit in units if closed or unit.is_active]
