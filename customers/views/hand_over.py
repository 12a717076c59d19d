"""Giving many customers to colleagues at once.

The list posts its ticks, which are kept as a draft; everything after that is opened by GET, so
that the browser's "back" never asks to send a form again.
"""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import HandOver, HandOverState
from accounts.visitors import person_of
from core.access import fresh_if, requires
from core.errors import Refused, Stale
from customers.forms import HandOverForm
from customers.models import CustomerUnit
from customers.selectors.keepers import keepers_for, keepers_somewhere
from customers.selectors.lists import place_keys
from customers.services.customers import HAND_OVER_AT_ONCE
from customers.services.work import PLACES
from customers.services.work import hand_over_selection as give_selection
from customers.views.common import crumbs
from customers.views.lists import filter_of
from regions.models import OrgUnit

RIGHT = "customers.hand_over_customer"
SHOWN = 30
REFUSED_FORM = 422


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
    picked = [int(key) for key in request.POST.getlist("pick") if key.isdecimal()]
    picked = picked[:HAND_OVER_AT_ONCE]
    rows = CustomerUnit.objects.visible_to(request.user, RIGHT).filter(pk__in=picked)
    return list(rows.values_list("pk", flat=True))


@requires(RIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over_page(request: HttpRequest) -> HttpResponse:
    """Keep the ticks of the list as a draft and ask to whom, at an address of its own."""
    if request.method == "POST":
        try:
            places = _chosen(request)
        except Refused as refusal:
            return _nothing(request, str(refusal), status=REFUSED_FORM)
        if places:
            draft = HandOver.objects.create(
                by=person_of(request),
                plan={
                    "to": [],
                    "units": {},
                    "pick": {PLACES: places},
                    "filter": request.POST.get("filter", ""),
                },
            )
            return redirect("customers:hand-over-selection", draft.pk)
    return _nothing(request, "")


def _nothing(request: HttpRequest, problem: str, status: int = 200) -> HttpResponse:
    context = {"problem": problem, "crumbs": crumbs((_("Hand over"), ""))}
    return render(request, "customers/hand_over.html", context, status=status)


def _draft_or_404(request: HttpRequest, pk: int) -> HandOver:
    """One's own ticks, kept when the list posted them."""
    draft = HandOver.objects.filter(pk=pk, by=request.user.pk, giver=None).first()
    if draft is None or (draft.state == HandOverState.DRAFT and "pick" not in draft.plan):
        raise Http404("selection")
    return draft


def _units(request: HttpRequest, draft: HandOver) -> list[OrgUnit]:
    rows = CustomerUnit.objects.visible_to(request.user, RIGHT)
    rows = rows.filter(pk__in=draft.plan["pick"][PLACES])
    return list(OrgUnit.objects.filter(pk__in=rows.values("unit")))


@fresh_if(lambda request, **arguments: request.method == "POST")
@requires(RIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over_selection(request: HttpRequest, pk: int) -> HttpResponse:
    """To whom the ticked customers go; then back to the list, with a way to undo."""
    draft = _draft_or_404(request, pk)
    if draft.state != HandOverState.DRAFT:
        return redirect(draft)  # "back" after it was done leads to what was done
    query = draft.plan.get("filter", "")
    form = HandOverForm(request.POST or None, selection=str(pk))
    if form.is_bound and form.is_valid():
        try:
            done = give_selection(
                draft,
                to=list(form.cleaned_data["to"]),
                by=draft.by,
                reason=form.cleaned_data["reason"],
            )
        except Stale:
            return redirect(draft)  # sent twice: the first one did it
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            undo = reverse("accounts:hand-over-undo", args=[done.pk])
            messages.success(request, _told(done, form), extra_tags=f"undo={undo}")
            return redirect(f"{reverse('customers:list')}?{query}")
    places = CustomerUnit.objects.visible_to(request.user, RIGHT)
    count = places.filter(pk__in=draft.plan["pick"][PLACES]).count()
    context = {
        "form": form,
        "filter": query,
        "count": count,
        "count_sentence": _counted(count),
        "crumbs": crumbs((_("Hand over"), "")),
    }
    status = REFUSED_FORM if form.is_bound else 200
    return render(request, "customers/hand_over.html", context, status=status)


@requires(RIGHT)
@require_safe
def selection_keepers(request: HttpRequest, pk: int) -> JsonResponse:
    """People who may keep all the ticked customers, by name or number."""
    draft = _draft_or_404(request, pk)
    units = _units(request, draft) if "pick" in draft.plan else []
    return _people(request, units)


@requires("customers.add_customer")
@require_safe
def keeper_choices(request: HttpRequest) -> JsonResponse:
    """People who may keep customers in a unit in reach, `?unit=` its code."""
    units = OrgUnit.objects.visible_to(request.user, "customers.add_customer")
    return _people(request, list(units.filter(code=request.GET.get("unit", ""))))


@requires("customers.import_customer")
@require_safe
def import_keepers(request: HttpRequest) -> JsonResponse:
    """People who may be named as keeper of imported customers."""
    text = request.GET.get("q", "").strip()[:40]
    people = keepers_somewhere(request.user, "customers.import_customer")
    if text:
        people = people.filter(Q(name__contains=text) | Q(employee_no__istartswith=text))
    return JsonResponse(
        [
            {"value": person.employee_no, "text": f"{person.name} {person.employee_no}"}
            for person in people.order_by("name", "employee_no")[:SHOWN]
        ],
        safe=False,
    )


def _people(request: HttpRequest, units: list[OrgUnit]) -> JsonResponse:
    text = request.GET.get("q", "").strip()[:40]
    found = []
    for person in keepers_for(request.user, units, text=text):
        found.append({"value": person.employee_no, "text": f"{person.name} {person.employee_no}"})
        if len(found) == SHOWN:
            break
    return JsonResponse(found, safe=False)


def _counted(count: int) -> str:
    sentence = ngettext("{count} customer is chosen.", "{count} customers are chosen.", count)
    return sentence.format(count=f"{count:,}")


def _told(done: HandOver, form: HandOverForm) -> str:
    count = done.items.filter(kind=PLACES).count()
    people = list(form.cleaned_data["to"])
    if len(people) > 1:
        sentence = ngettext(
            "{count} customer was handed over to {people} people in turn.",
            "{count} customers were handed over to {people} people in turn.",
            count,
        )
        return sentence.format(count=f"{count:,}", people=len(people))
    sentence = ngettext(
        "{count} customer was handed over to {person}.",
        "{count} customers were handed over to {person}.",
        count,
    )
    return sentence.format(count=f"{count:,}", person=people[0].name)
