"""The sales targets of units: of products, of everything, to single customers (VAL-06, VAL-07)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from core.access import requires
from core.formfields import MoneyField
from core.htmx import ask, leave, page_or_rows
from core.keyset import Order
from core.paging import asked_page, page_of_rows
from core.saving import saved, status_of
from customers.forms import UnitChoiceField
from customers.models import Customer, SalesTarget
from customers.models.targets import CHANGE
from customers.models.value import FIRST_YEAR, LAST_YEAR
from customers.selectors.codes import by_code
from customers.services import drop_target, set_target
from regions.models import OrgUnit

VIEW = "customers.view_customer"
SEND = require_http_methods(["GET", "HEAD", "POST"])
NEWEST = Order("newest", "pk", descending=True)


class TargetFilter(forms.Form):
    """Which targets are listed."""

    year = forms.IntegerField(
        label=gettext_lazy("Year"), required=False, min_value=FIRST_YEAR, max_value=LAST_YEAR
    )
    unit = UnitChoiceField(VIEW, required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units: Any = self.fields["unit"]
        units.queryset = OrgUnit.objects.visible_to(user, VIEW).in_tree_order()


class TargetForm(forms.Form):
    """What a unit is to sell in a year: of a product, of everything, or to a customer."""

    unit = UnitChoiceField(CHANGE)
    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=FIRST_YEAR, max_value=LAST_YEAR)
    product = forms.CharField(
        label=gettext_lazy("Product"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Written as in the purchases. Empty: everything."),
    )
    customer = forms.CharField(
        label=gettext_lazy("Customer code"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("For the target of a single customer; then leave the product out."),
    )
    amount = MoneyField(label=gettext_lazy("Target of the year (yuan)"))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        units: Any = self.fields["unit"]
        units.queryset = OrgUnit.objects.visible_to(user, CHANGE).in_tree_order()

    def clean_customer(self) -> Customer | None:
        """A customer in reach; one elsewhere does not exist here."""
        code = self.cleaned_data["customer"].strip()
        if not code:
            return None
        found = by_code(Customer.objects.visible_to(self.user, VIEW), code)
        if found is None:
            raise forms.ValidationError(_("There is no customer with this code in your scope."))
        return found


@requires(VIEW)
@require_safe
def target_list(request: HttpRequest) -> HttpResponse:
    """The sales targets of units in reach, those of this year unless asked otherwise."""
    given = request.GET.copy()
    given.setdefault("year", str(timezone.localdate().year))
    form = TargetFilter(given, user=request.user)
    rows = SalesTarget.objects.visible_to(request.user)
    if form.is_valid():
        if form.cleaned_data["year"]:
            rows = rows.filter(year=form.cleaned_data["year"])
        if form.cleaned_data["unit"]:
            rows = rows.filter(unit=form.cleaned_data["unit"])
    rows = rows.select_related("unit", "customer", "by")
    context = {
        "filter_form": form,
        "page": page_of_rows(rows, NEWEST, **asked_page(request)),
        "may_set": request.user.has_perm(CHANGE),
        "crumbs": [(_("Sales targets"), "")],
    }
    return page_or_rows(request, "customers/targets.html", "customers/_target_rows.html", context)


def _back(year: int) -> str:
    return f"{reverse('customers:targets')}?{urlencode({'year': year})}"


@requires(CHANGE)
@SEND
def target_new(request: HttpRequest) -> HttpResponse:
    """Set a target; one that stands there already is replaced."""
    asked = {name: request.GET.get(name, "") for name in ("unit", "product", "customer")}
    year = request.GET.get("year", "")
    initial = asked | {"year": year if year.isdecimal() else timezone.localdate().year}
    form = TargetForm(
        request.POST if request.method == "POST" else None, user=request.user, initial=initial
    )

    def save(data: dict[str, Any]) -> Any:
        return set_target(data.pop("unit"), by=request.user, **data)

    done = saved(request, form, save, _("The target was saved."))
    if done is not None:
        return redirect(_back(done.year))
    title = _("Set a sales target")
    context = {
        "form": form,
        "title": title,
        "back": reverse("customers:targets"),
        "crumbs": [(_("Sales targets"), reverse("customers:targets")), (title, "")],
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))


@requires(CHANGE)
@SEND
def target_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then delete a target."""
    rows = SalesTarget.objects.visible_to(request.user, CHANGE)
    row = rows.select_related("unit", "customer").filter(pk=pk).first()
    if row is None:
        raise Http404("target")
    back = _back(row.year)
    if request.method == "POST":
        drop_target(row, by=request.user)
        messages.success(request, _("The target was deleted."))
        return leave(request, back)
    title = _("Delete the sales target of {year}?").format(year=row.year)
    context = {
        "title": title,
        "effect": _("The analysis measures by this target no more."),
        "action": request.path,
        "verb": _("Delete"),
        "danger": True,
        "cancel_url": back,
        "crumbs": [(_("Sales targets"), back), (title, "")],
    }
    return ask(request, context)
