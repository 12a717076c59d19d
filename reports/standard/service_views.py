"""The page on which a unit enters a measure of its service."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import requires
from core.saving import saved, status_of
from reports.models import ServiceMeasure
from reports.models.service import ENTER
from reports.standard.common import crumbs, standard_or_404
from reports.standard.forms import ServiceForm, StandardFilter
from reports.standard.service import KEY
from reports.standard.service_entries import enter_measure, may_enter
from reports.standard.service_items import ENTERED, ITEMS


@requires(ENTER)
@require_http_methods(["GET", "HEAD", "POST"])
def service_enter(request: HttpRequest, item: str) -> HttpResponse:
    """Enter one measure (?unit=, ?period=); an empty value takes it away."""
    standard = standard_or_404(request, KEY)
    today = timezone.localdate()
    asking = StandardFilter(request.GET, user=request.user, standard=standard, today=today)
    asked = asking.question
    named = request.GET.get("unit", "")
    if item not in ENTERED or asked is None or named not in ("", asked.unit.code):
        raise Http404("measure")
    if not may_enter(request.user, asked.unit):
        raise Http404("unit")
    period = asked.period.key
    rows = ServiceMeasure.objects.visible_to(request.user)
    row = rows.filter(unit=asked.unit, period=period, item=item).first()
    form = ServiceForm(request.POST or None, item=ITEMS[item], row=row, today=today)

    def save(data: dict[str, Any]) -> bool:
        enter_measure(unit=asked.unit, period=period, item=item, by=request.user, **data)
        return True

    query = urlencode({"unit": asked.unit.code, "period": period})
    back = f"{reverse('reports:standard-report', args=[KEY])}?{query}"
    if saved(request, form, save, _("The measure is saved.")):
        return redirect(back)
    context = {
        "form": form,
        "title": ITEMS[item].title,
        "question": f"{asked.unit.name} · {asked.period.words}",
        "back": back,
        "crumbs": crumbs((str(standard.title), back), (str(ITEMS[item].title), "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))
