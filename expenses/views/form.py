"""Applying for money (W13): choose what for, fill in, keep as a draft, submit."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints.models import Case
from complaints.selectors.lists import CaseQuery, case_page
from complaints.selectors.terms import understand_case
from core.access import requires
from core.display import when
from core.drafts.page import DraftPage, open_draft
from core.errors import Refused, Stale
from customers.models import Customer
from customers.selectors.lists import BY_NAME, ListQuery, place_keys, rows_of
from customers.selectors.terms import understand
from expenses.forms.apply import ADD, GIFTS, LINES, Sheet
from expenses.models import Application, Category, Event, KeyDate
from expenses.selectors.ways import flows_by_category
from expenses.services import applications as verbs
from expenses.services import files, key_dates
from expenses.services.papers import MOST_BYTES
from expenses.views.common import application_or_404, crumbs, paper_crumbs
from expenses.views.panel import panel_of

SHOWN = 20
PARTS = {"sheet": "expenses/_sheet.html", "panel": "expenses/_panel.html"}
ONE_MORE = {LINES, GIFTS}


def _with_one_more(data: QueryDict, prefix: str) -> QueryDict:
    """The form with one more empty row of a kind."""
    more = data.copy()
    name = f"{prefix}-TOTAL_FORMS"
    count = more.get(name, "0")
    more[name] = str(int(count) + 1 if count.isdecimal() else 1)
    return more


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What the address says of a new application: category, unit, customer, case, event."""
    user: Any = request.user
    wanted = request.GET
    initial: dict[str, Any] = {"category": wanted.get("category", "")}
    case = Case.objects.visible_to(user).filter(number=wanted.get("case", "")).first()
    if case is not None:
        initial |= {"case": case, "unit": case.unit, "title": case.number}
        if case.customer_id:
            initial["customers"] = [case.customer_id]
    if wanted.get("customer", "").isdecimal():
        mine = Customer.objects.visible_to(user).filter(pk=wanted["customer"])
        initial["customers"] = list(mine.values_list("pk", flat=True))
    if wanted.get("event", "").isdecimal():
        event = Event.objects.visible_to(user).filter(pk=wanted["event"]).first()
        if event is not None:
            initial |= {
                "event": event,
                "unit": event.unit,
                "title": event.title,
                "people": event.people,
                "event_on": timezone.localdate(event.starts_at),
                "customers": list(event.customers.values_list("customer", flat=True)),
            }
    if "unit" not in initial and user.unit is not None:
        initial["unit"] = user.unit
    if "unit" in initial:
        initial["unit"] = initial["unit"].code
    return initial


def _from_given(given: verbs.Given) -> dict[str, Any]:
    """Arguments of Sheet for what a service filled in."""
    return {
        "initial": {
            "category": given.category.code,
            "unit": given.unit.code,
            "title": given.title,
            "reason": given.reason,
            "event_on": given.event_on,
            "people": given.people,
            "customers": [customer.pk for customer, _contact in given.customers],
            "case": given.case,
            "event": given.event,
            "beneficiary_name": given.beneficiary_name,
            "beneficiary_bank": given.beneficiary_bank,
        },
        "lines": [
            {"text": one.text, "quantity": one.quantity, "price": one.price} for one in given.lines
        ],
        "contacts": {customer.pk: contact for customer, contact in given.customers},
        "key_date": given.key_date,
    }


def _from_application(paper: Application) -> dict[str, Any]:
    """Arguments of Sheet for an application that is written on."""
    names = (
        "title", "reason", "one_off", "event_on", "people", "case", "event",
        "beneficiary_name", "beneficiary_bank",
    )  # fmt: skip
    customers = list(paper.customers.all())
    return {
        "initial": {
            "category": paper.category.code,
            "unit": paper.unit.code,
            "customers": [one.customer_id for one in customers],
            **{name: getattr(paper, name) for name in names},
            **{f"value_{key}": value for key, value in paper.values.items()},
        },
        "lines": list(paper.lines.values("text", "quantity", "price")),
        "gifts": list(paper.gift_lines.values("gift", "quantity")),
        "contacts": {one.customer_id: one.contact for one in customers},
        "key_date": paper.key_date,
        "application": paper,
    }


def _key_date(request: HttpRequest) -> KeyDate | None:
    wanted = request.GET.get("key_date", "")
    if not wanted.isdecimal():
        return None
    return KeyDate.objects.visible_to(request.user).filter(pk=wanted).first()


@requires(ADD)
@require_http_methods(["GET", "HEAD", "POST"])
def application_new(request: HttpRequest) -> HttpResponse:
    """Apply for money. Without a category, what money is given for stands to choose."""
    draft = open_draft(request, files.FORM.name)
    dated = _key_date(request)
    source: dict[str, Any] = {"initial": _initial(request)}
    given = key_dates.application_from(dated) if dated is not None else None
    if given is not None:
        source = _from_given(given)
    if request.method == "POST":
        return _sent(request, draft, source | {"initial": {}})
    if draft.restored is not None:
        sheet = Sheet(request.user, draft.restored, **{**source, "initial": {}})
    else:
        sheet = Sheet(request.user, **source)
    if sheet.head.chosen_category is None:
        return _choose(request, draft)
    return _page(request, sheet, draft)


def _choose(request: HttpRequest, draft: DraftPage) -> HttpResponse:
    """The categories to begin with."""
    user: Any = request.user
    offered = Category.objects.filter(is_offered=True)
    flows = flows_by_category(offered, user.unit) if user.unit is not None else {}
    context = {
        "categories": [(one, flows.get(one.code, [])) for one in offered],
        "draft": draft,
        "crumbs": crumbs((_("Apply for money"), "")),
    }
    return render(request, "expenses/choose.html", context)


@requires(ADD)
@require_http_methods(["GET", "HEAD", "POST"])
def application_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on writing in a draft, or in what was sent back."""
    paper = application_or_404(request, pk)
    if not files.may_attach(paper, request.user):
        context = {"message": _("This application cannot be changed any more.")}
        return render(request, "409.html", context, status=409)
    draft = open_draft(request, f"{files.FORM.name}:{pk}")
    source = _from_application(paper)
    if request.method == "POST":
        return _sent(request, draft, source | {"initial": {}})
    if draft.restored is not None:
        return _page(request, Sheet(request.user, draft.restored, **source), draft)
    return _page(request, Sheet(request.user, **source), draft)


def _sent(request: HttpRequest, draft: DraftPage, source: dict[str, Any]) -> HttpResponse:
    """A posted form: one more row, saved as a draft, or submitted."""
    more = request.POST.get("add", "")
    if more in ONE_MORE:
        sheet = Sheet(request.user, _with_one_more(request.POST, more), **source)
        for form in [sheet.head, *sheet.lines, *sheet.gifts]:
            form.errors.clear()
        return _page(request, sheet, draft)
    sheet = Sheet(request.user, request.POST, **source)
    if not sheet.is_valid():
        return _page(request, sheet, draft, status=422)
    given = sheet.given()
    if given is None:
        raise Http404("category")
    submit = "submit" in request.POST
    if not given.title:
        given = replace(given, title=_untitled(given))
    try:
        with transaction.atomic():
            paper = verbs.save(
                given,
                by=request.user,
                application=sheet.application,
                version=_version(request, sheet),
            )
            files.adopt(paper, draft.row, by=request.user)
            if submit:
                key = request.POST.get("draft", "")
                paper = verbs.submit(paper, by=request.user, request_key=key)
    except Refused as refusal:
        sheet.head.add_error(None, str(refusal))
        status = 409 if isinstance(refusal, Stale) else 422
        return _page(request, sheet, draft, status=status)
    messages.success(request, _done(paper, submit))
    return redirect(paper)


def _untitled(given: verbs.Given) -> str:
    """What a draft is called that nobody gave a name yet."""
    sentence = _("Untitled application · {category} · {day}")
    return sentence.format(category=given.category.name, day=when(timezone.localdate()))


def _done(paper: Application, submitted: bool) -> str:
    if submitted:
        return _("{number} was submitted for approval.").format(number=paper.number)
    return _("{number} was saved as a draft.").format(number=paper.number)


def _version(request: HttpRequest, sheet: Sheet) -> int | None:
    """The version the form was opened with."""
    text = request.POST.get("version", "")
    return int(text) if sheet.application is not None and text.isdecimal() else None


def _page(request: HttpRequest, sheet: Sheet, draft: DraftPage, status: int = 200) -> HttpResponse:
    paper = sheet.application
    title = _("Apply for money")
    trail = paper_crumbs(paper, (_("Edit"), "")) if paper else crumbs((title, ""))
    context = _context(sheet) | {
        "title": title,
        "draft": draft,
        "most_bytes": MOST_BYTES,
        "files": paper.files.all() if paper else [],
        "crumbs": trail,
        "back": paper.get_absolute_url() if paper else reverse("expenses:applications"),
    }
    return render(request, "expenses/form.html", context, status=status)


def _context(sheet: Sheet) -> dict[str, Any]:
    panel = panel_of(sheet)
    return {
        "sheet": sheet,
        "form": sheet.head,
        "paper": sheet.application,
        "panel": panel,
        "lines": list(zip(sheet.lines, panel.sums, strict=True)),
        "gifts": list(zip(sheet.gifts, panel.gift_sums, strict=True)),
    }


@requires(ADD)
@require_POST
def form_part(request: HttpRequest, part: str) -> HttpResponse:
    """A part of the form for what it says so far: the fields of another category or unit with one
    more row, or the panel beside it; for htmx. Nothing is saved."""
    if part not in PARTS:
        raise Http404("part")
    user: Any = request.user
    source: dict[str, Any] = {}
    paper_key = request.POST.get("paper", "")
    if paper_key.isdecimal():
        paper = application_or_404(request, int(paper_key))
        source = {"application": paper}
    more = request.POST.get("add", "")
    data = _with_one_more(request.POST, more) if more in ONE_MORE else request.POST
    sheet = Sheet(user, data, **source)
    context = _context(sheet) | {"swapped": True}
    for form in [sheet.head, *sheet.lines, *sheet.gifts]:
        form.errors.clear()
    return render(request, PARTS[part], context)


@requires(ADD)
@require_safe
def customer_choices(request: HttpRequest) -> JsonResponse:
    """Customers in reach for what was typed: name, project and masked telephone number."""
    term = understand(request.GET.get("q", "").strip()[:40])
    query = ListQuery(term=term, order=BY_NAME)
    if term.problem:
        return JsonResponse([], safe=False)
    places = rows_of(request.user, place_keys(request.user, query, size=SHOWN))
    found = {place.customer_id: f"{place.customer.name} {place.unit.name}" for place in places}
    return JsonResponse([{"value": pk, "text": text} for pk, text in found.items()], safe=False)


@requires(ADD)
@require_safe
def case_choices(request: HttpRequest) -> JsonResponse:
    """Cases in reach for what was typed: number, complainant, room."""
    term = understand_case(request.GET.get("q", "").strip()[:40])
    if term.problem:
        return JsonResponse([], safe=False)
    page = case_page(request.user, CaseQuery(term=term), size=SHOWN)
    found = [
        {"value": case.pk, "text": f"{case.number} {case.complainant_name} {case.room}".strip()}
        for case in page.rows
    ]
    return JsonResponse(found, safe=False)
