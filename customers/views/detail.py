"""One customer: facts left, timeline right, flats and contacts as tabs; revealing a number."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.access import fresh, page_of, requires
from core.errors import QuotaExceeded, Refused
from core.htmx import page_or_rows, wants_rows
from core.personal_data import mask
from customers.forms import REASONS, FurtherRevealsForm, RevealForm
from customers.models import Activity, ActivityState, Contact, Customer, CustomerMerge
from customers.models.merging import MERGE
from customers.panels import file_panels, panel_annotations
from customers.selectors.detail import (
    CustomerFile,
    Timeline,
    customer_file,
    is_overdue,
    timeline,
)
from customers.selectors.duplicates import survivor_of
from customers.selectors.history import Event, events
from customers.selectors.risks import risk_service
from customers.services import reveal
from customers.services.reveal import FIELDS, ask_for_further_reveals, further_reveals
from customers.tabs import Tab, tabs_for
from customers.views.common import (
    crumbs,
    customer_crumbs,
    customer_or_404,
    may,
    may_act_on,
    may_edit,
    may_share_file,
)

RIGHTS = (
    "customers.change_customer",
    "customers.log_activity",
    "customers.reveal_customer",
    "customers.hand_over_customer",
)
ICONS = {
    "call": "phone",
    "visit": "home",
    "message": "mail",
    "meeting": "users",
    "care": "star",
    "survey": "list",
    "note": "note",
}
SHOWN_SECONDS = 60
MERGED = CustomerMerge.objects.filter(survivor=OuterRef("pk"))


def entry(activity: Activity, request: HttpRequest) -> dict[str, Any]:
    """An activity as components/timeline_entry.html reads it."""
    planned = activity.state == ActivityState.PLANNED
    facts = []
    if activity.contact:
        facts.append((_("With"), activity.contact.name))
    if activity.result:
        facts.append((_("Result"), activity.result))
    if activity.state == ActivityState.CANCELLED:
        facts.insert(0, (_("State"), activity.get_state_display()))
    links = []
    if planned and request.user.has_perm("customers.log_activity"):
        links = [
            (_("Complete"), reverse("customers:activity-complete", args=[activity.pk])),
            (_("Cancel the plan"), reverse("customers:activity-cancel", args=[activity.pk])),
        ]
    return {
        "id": activity.pk,
        "kind": activity.get_kind_display(),
        "icon": ICONS.get(activity.kind, "note"),
        "at": activity.at,
        "day": timezone.localtime(activity.at).date(),
        "who": activity.by.name,
        "text": activity.content,
        "facts": facts,
        "links": links,
        "state": "planned" if planned else "",
        "overdue": is_overdue(activity),
    }


def event_entry(event: Event) -> dict[str, Any]:
    """A hand-over or share as components/timeline_entry.html reads it."""
    return {
        "id": event.key,
        "kind": event.kind,
        "icon": event.icon,
        "at": event.at,
        "day": timezone.localtime(event.at).date(),
        "who": event.who,
        "text": event.text,
        "facts": event.facts,
        "links": event.links,
        "state": "system",
    }


def entries_of(request: HttpRequest, customer: Customer, found: Timeline) -> list[dict[str, Any]]:
    """A stretch of activities with what happened to the file in between, newest first."""
    told = [entry(activity, request) for activity in found.activities]
    between = events(request.user, customer, before=found.before, after=found.after)
    told += [event_entry(event) for event in between]
    return sorted(told, key=lambda one: one["at"], reverse=True)


@requires("customers.view_customer")
def customer_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one customer that the reader may see. The address of a record that was
    merged leads to the customer it became."""
    try:
        annotations = panel_annotations(request.user)
        customer = customer_or_404(request, pk, has_merges=Exists(MERGED), **annotations)
    except Http404:
        merge = survivor_of(request.user, pk)
        if merge is None:
            raise
        return redirect(merge.survivor)
    mine = request.GET.get("who") == "me"
    further = {tab.key: tab for tab in tabs_for(request.user)}
    if request.GET.get("tab") in further:
        return _further_tab(request, customer, further, further[request.GET["tab"]])
    found = timeline(request.user, customer, after=request.GET.get("after", ""), mine=mine)
    context: dict[str, Any] = {
        "customer": customer,
        "entries": [entry(activity, request) for activity in found.activities]
        if mine
        else entries_of(request, customer, found),
        "more_url": _more_url(customer, found.next, mine),
        "mine": mine,
    }
    if wants_rows(request) and request.GET.get("after"):
        return render(request, "customers/_timeline_more.html", context)
    context |= _page(request, customer, further)
    return render(request, "customers/detail.html", context)


def _further_tab(
    request: HttpRequest, customer: Customer, further: dict[str, Tab], tab: Tab
) -> HttpResponse:
    """A tab of another app; the timeline is not read for it."""
    context = {"customer": customer} | tab.context(request, customer)
    context |= _page(request, customer, further) | {"tab_template": tab.template}
    return render(request, "customers/detail.html", context)


def _page(request: HttpRequest, customer: Customer, further: dict[str, Tab]) -> dict[str, Any]:
    """What stands around every tab."""
    file = customer_file(request.user, customer)
    return {
        "file": file,
        "panels": file_panels(request, customer, file),
        "stage": file.place.stage() if file.place else None,
        "today": timezone.localdate(),
        "risk_service": risk_service(customer),
        "may": may(request, *RIGHTS),
        "can_log": may_act_on(request, customer, file, "customers.log_activity"),
        "can_edit": may_edit(request, customer, file),
        "can_lose": request.user.has_perm("customers.change_customer")
        and may_act_on(request, customer, file, "customers.change_customer"),
        "can_merge": all(
            request.user.has_perm(right) and may_act_on(request, customer, file, right)
            for right in (MERGE, "customers.change_customer")
        ),
        "can_share": may_share_file(request, customer, file),
        "can_see_access": request.user.has_perm("accounts.review_grants")
        and may_act_on(request, customer, file, "accounts.review_grants"),
        "crumbs": customer_crumbs(customer),
        "tab": request.GET.get("tab", "timeline"),
        "tabs": _tabs(file)
        + [
            (one.key, str(one.title), one.count(request.user, customer) if one.count else None)
            for one in further.values()
        ],
    }


def _more_url(customer: Customer, cursor: str, mine: bool) -> str:
    if not cursor:
        return ""
    who = "&who=me" if mine else ""
    return f"{customer.get_absolute_url()}?after={cursor}{who}"


def _tabs(file: CustomerFile) -> list[tuple[str, str, int | None]]:
    tabs: list[tuple[str, str, int | None]] = [("timeline", _("Timeline"), None)]
    if file.customer.is_person:
        tabs.append(("properties", _("Properties"), len(file.ownerships)))
    else:
        tabs.append(("contacts", _("Contacts"), len(file.contacts)))
    tabs.append(("places", _("Units"), len(file.places)))
    return tabs


def reason_key() -> str:
    """The session key under which today's reason for reveals is kept."""
    return f"reveal-reason-{timezone.localdate().isoformat()}"


@requires("customers.reveal_customer")
@require_POST
def customer_reveal(request: HttpRequest, pk: int, field: str) -> HttpResponse:
    """Show a masked number of a customer for a minute, recorded with its reason."""
    customer = customer_or_404(request, pk, "customers.reveal_customer")
    return reveal_answer(request, customer, field, reverse("customers:reveal", args=[pk, field]))


@requires("customers.reveal_customer")
@require_POST
def contact_reveal(request: HttpRequest, pk: int, contact_pk: int, field: str) -> HttpResponse:
    """Show a masked number of a contact for a minute, recorded with its reason."""
    customer = customer_or_404(request, pk, "customers.reveal_customer")
    contact = customer.contacts.select_related("subject").filter(pk=contact_pk).first()
    if contact is None:
        return HttpResponse(status=404)
    action = reverse("customers:contact-reveal", args=[pk, contact_pk, field])
    return reveal_answer(request, contact, field, action)


def reveal_answer(
    request: HttpRequest, subject: Customer | Contact | Any, field: str, action: str
) -> HttpResponse:
    """The clear value of a record of customers.services.reveal.FIELDS, or the question why. The
    caller has checked reach and right."""
    if field not in FIELDS[type(subject)]:
        return HttpResponse(status=404)
    masked = getattr(subject, f"{field}_masked")
    reason = request.session.get(reason_key(), "")
    form = RevealForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        request.session[reason_key()] = reason
    if not reason:
        # The day's first reveal asks why; the answer is remembered until midnight.
        context = {"value": masked, "label": _("Show"), "action": action, "reasons": REASONS}
        return _answer(request, "components/masked_value.html", context)
    try:
        value = reveal(subject, field=field, by=request.user, reason=reason)
    except Refused as refusal:
        context = {"masked": masked, "reason": str(refusal)}
        status = 429 if isinstance(refusal, QuotaExceeded) else 200
        if status == 429 and further_reveals(request.user):
            query = urlencode({"next": page_of(request)})
            context["more_url"] = f"{reverse('customers:further-reveals')}?{query}"
        return _answer(request, "components/masked_refused.html", context, status)
    context = {
        "value": value,
        "masked": masked or mask(value),
        "label": _("Show again"),
        "action": action,
        "seconds": SHOWN_SECONDS,
    }
    return _answer(request, "components/masked_shown.html", context)


@fresh
@requires("customers.reveal_customer")
@require_http_methods(["GET", "HEAD", "POST"])
def further_reveals_page(request: HttpRequest) -> HttpResponse:
    """Ask for a further batch of numbers with a reason, having just proved who one is."""
    target = _target(request)
    form = FurtherRevealsForm(request.POST or None)
    refused: list[str] = []
    if form.is_valid():
        try:
            count = ask_for_further_reveals(by=request.user, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            refused.append(str(refusal))
        else:
            sentence = _("You can see {count} more numbers today.").format(count=count)
            messages.success(request, sentence)
            return _leave_for(request, target)
    context = {
        "title": _("See further numbers today?"),
        "effect": _("Today's numbers are used up. A further batch is given once, and recorded."),
        "verb": _("Give me the numbers"),
        "action": f"{request.path}?{urlencode({'next': target})}",
        "form": form,
        "refused": refused,
        "cancel_url": target,
        "crumbs": crumbs((_("See further numbers today?"), "")),
    }
    status = 422 if form.is_bound else 200
    page, rows = "components/confirm_page.html", "components/confirm.html"
    return page_or_rows(request, page, rows, context, status)


def _leave_for(request: HttpRequest, target: str) -> HttpResponse:
    """Open another page, also from inside a form that htmx sends."""
    if not wants_rows(request):
        return redirect(target)
    answer = HttpResponse(status=204)
    answer["HX-Redirect"] = target
    return answer


def _target(request: HttpRequest) -> str:
    """Where the reader came from, within this site."""
    target = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else reverse("customers:list")


def _answer(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """The fragment for htmx; without script a page of its own around it."""
    page = template if wants_rows(request) else "customers/revealed.html"
    response = render(request, page, context | {"fragment": template}, status=status)
    response["Cache-Control"] = "no-store, private"
    return response
