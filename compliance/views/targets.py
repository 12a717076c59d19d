"""Monthly targets: what people and units are to reach, and how far they are (CAL-04)."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from compliance.actuals import METRICS
from compliance.forms.targets import TargetFilter, TargetForm
from compliance.models import Target
from compliance.months import month_of, read_month
from compliance.selectors import targets as reading
from compliance.selectors.targets import CHANGE, VIEW
from compliance.services.targets import set_targets
from compliance.views.common import SEND, plain_form
from core.access import requires
from core.saving import saved
from regions.models import OrgUnit


@requires(VIEW)
@require_safe
def targets(request: HttpRequest) -> HttpResponse:
    """The targets of a unit, the units below it and its people in a month."""
    user: Any = request.user
    today = timezone.localdate()
    form = TargetFilter(request.GET, user=user, today=today)
    asked = form.asked()
    context: dict[str, Any] = {"form": form, "crumbs": [(_("Monthly targets"), "")]}
    if asked is not None:
        unit, month = asked
        lines = reading.lines_of(user, unit, month)
        changeable = OrgUnit.objects.visible_to(user, CHANGE).filter(pk=unit.pk).exists()
        context |= {
            "unit": unit,
            "month": month,
            "lines": lines,
            "metrics": list(METRICS.values()),
            "missed": sum(cell.missed for line in lines for cell in line.cells),
            "may_change": changeable and month >= month_of(today),
        }
    return render(request, "compliance/targets.html", context)


@requires(CHANGE)
@SEND
def target_set(request: HttpRequest) -> HttpResponse:
    """Set the targets of a unit (?unit=) or of a person (?person=) in a month."""
    month = read_month(request.GET.get("month", "")) or month_of(timezone.localdate())
    person = None
    units = OrgUnit.objects.visible_to(request.user, CHANGE)
    if "person" in request.GET:
        people = User.objects.active().visible_to(request.user, CHANGE)
        person = people.filter(employee_no=request.GET["person"]).first()
        unit = units.filter(pk=person.unit_id).first() if person else None
    else:
        unit = units.filter(code=request.GET.get("unit", "")).first()
    if unit is None:
        raise Http404("unit")
    rows = Target.objects.filter(unit=unit, person=person, month=month)
    form = TargetForm(request.POST or None, values=dict(rows.values_list("metric", "value")))
    done = saved(
        request,
        form,
        lambda data: (
            set_targets(
                unit=unit, person=person, month=month, values=form.values(), by=request.user
            )
            or True
        ),
        _("The targets are saved."),
    )
    query = urlencode({"unit": unit.code, "month": f"{month:%Y-%m}"})
    back = f"{reverse('compliance:targets')}?{query}"
    if done is not None:
        return redirect(back)
    whose = person.name if person else unit.name
    title = _("Targets of {name}, {month}").format(name=whose, month=f"{month:%Y-%m}")
    crumbs = [(_("Monthly targets"), back), (title, "")]
    return plain_form(request, form, title=title, back=back, crumbs=crumbs)
