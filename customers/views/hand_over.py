"""Giving many customers to a colleague at once."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.access import requires
from core.errors import Refused
from customers.forms import HandOverForm
from customers.models import CustomerUnit
from customers.selectors.lists import place_keys
from customers.services import hand_over
from customers.services.customers import HAND_OVER_AT_ONCE
from customers.views.common import crumbs
from customers.views.lists import filter_of

RIGHT = "customers.hand_over_customer"


def _chosen(request: HttpRequest) -> list[int]:
    """Keys of the ticked places, or of all that match the filter, within reach of the right.

    Raises Refused when all that match are more than one act may move.
    """
    if request.POST.get("all"):
        _form, query = filter_of(request, QueryDict(request.POST.get("filter", "")))
        limit = HAND_OVER_AT_ONCE
        keys = place_keys(request.user, query, size=limit + 1, permission=RIGHT)
        if len(keys) > limit:
            sentence = _("At most {count} customers at once. Please narrow the filter.")
            raise Refused(sentence.format(count=f"{limit:,}"))
        return [key.pk for key in keys]
    picked = [int(key) for key in request.POST.getlist("pick") if key.isdigit()][:HAND_OVER_AT_ONCE]
    rows = CustomerUnit.objects.visible_to(request.user, RIGHT).filter(pk__in=picked)
    return list(rows.values_list("pk", flat=True))


@requires(RIGHT)
def hand_over_page(request: HttpRequest) -> HttpResponse:
    """Ask to whom, then do it: the list posts its ticks here, this page posts them again."""
    places, problem = [], ""
    if request.method == "POST":
        try:
            places = _chosen(request)
        except Refused as refusal:
            problem = str(refusal)
    asked = "to" in request.POST
    form = HandOverForm(request.POST if asked else None, user=request.user)
    if asked and places and form.is_valid():
        try:
            count = hand_over(places, to=form.cleaned_data["to"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _told(count, form.cleaned_data["to"].name))
            return redirect(f"{reverse('customers:list')}?{request.POST.get('filter', '')}")
    context = {
        "form": form,
        "places": places,
        "problem": problem,
        "all": request.POST.get("all", ""),
        "filter": request.POST.get("filter", ""),
        "count_sentence": _counted(len(places)),
        "crumbs": crumbs((_("Hand over"), "")),
    }
    status = 422 if asked or problem else 200
    return render(request, "customers/hand_over.html", context, status=status)


def _counted(count: int) -> str:
    sentence = ngettext("{count} customer is chosen.", "{count} customers are chosen.", count)
    return sentence.format(count=f"{count:,}")


def _told(count: int, person: str) -> str:
    sentence = ngettext(
        "{count} customer was handed over to {person}.",
        "{count} customers were handed over to {person}.",
        count,
    )
    return sentence.format(count=f"{count:,}", person=person)
