"""Strategic customers: the list, the file of one, and what is done in it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from compliance.forms.strategic import (
    AnswerForm,
    MinutesForm,
    OutcomeForm,
    PairForm,
    PlanForm,
    PriorityForm,
    ResourceForm,
    ReviewForm,
    SignalForm,
    StrategicFilter,
    SummaryForm,
    TalkForm,
)
from compliance.models import CustomerPlan, EarlySignal, PlanState, ResourceRequest, Talk, TalkState
from compliance.models.rounds import RUN, VIEW
from compliance.models.strategic import FOUR_C, WORK, strategic_in_reach
from compliance.selectors.matching import MISFITS
from compliance.selectors.owed import strategic
from compliance.selectors.people import leaders_for
from compliance.selectors.strategic import (
    requests_for_office,
    requests_to,
    strategic_customers,
    strategic_file,
    strategic_page,
)
from compliance.services import strategic as verbs
from compliance.shown import ROLES, plan_badge, resource_badge, talk_badge
from core.access import requires, signed_in
from core.errors import Refused
from core.htmx import ask, leave, page_or_rows
from core.keyset import Order
from core.paging import asked_page, page_of_rows
from core.saving import saved, status_of
from customers.models import Customer
from customers.selectors.lists import BY_NAME, ListQuery, place_keys, rows_of
from customers.selectors.terms import understand

REVIEW = "compliance.review_customerplan"
SEND = require_http_methods(["GET", "HEAD", "POST"])
SHOWN = 20
SOONEST = Order("needed", "needed_by", kind="date")


def customer_or_404(request: HttpRequest, pk: int, right: str = VIEW) -> Customer:
    """The strategic customer with a place in reach of a right. Others look missing: 404."""
    customer = strategic(strategic_in_reach(request.user, right)).filter(pk=pk).first()
    if customer is None:
        raise Http404("customer")
    return customer


def crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    """Strategic customers › …; the last one has no address."""
    home = reverse("compliance:strategic") if more else ""
    return [(_("Strategic customers"), home), *more]


def _of(customer: Customer, title: str) -> list[tuple[str, str]]:
    return crumbs((customer.name, _file_url(customer)), (title, ""))


def _file_url(customer: Customer) -> str:
    return reverse("compliance:strategic-customer", args=[customer.pk])


# --- list and file ------------------------------------------------------------------------------


@requires(VIEW)
@require_safe
def strategic_list(request: HttpRequest) -> HttpResponse:
    """Strategic customers in reach with their pair and what is owed to them."""
    form = StrategicFilter(request.GET, user=request.user)
    query = form.query()
    page = strategic_page(request.user, query, **asked_page(request))
    number = strategic_customers(request.user, query).count()
    words = ngettext("{count} strategic customer", "{count} strategic customers", number)
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "rows": page.rows,
        "roles": ROLES,
        "count": words.format(count=f"{number:,}"),
        "crumbs": crumbs(),
    }
    return page_or_rows(
        request, "compliance/strategic/list.html", "compliance/strategic/_rows.html", context
    )


@requires(VIEW)
@require_safe
def strategic_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The file of one customer: who runs him, who owes what by when, and what happened."""
    customer = customer_or_404(request, pk)
    user: Any = request.user
    file = strategic_file(user, customer, year=_year(request))
    may_work = _reaches(user, customer, WORK)
    context = {
        "file": file,
        "customer": customer,
        "roles": ROLES,
        "plan": plan_badge(file.plan) if file.plan else None,
        "answers": [(label, file.plan.answers.get(key)) for key, label in FOUR_C]
        if file.plan
        else [],
        "talks": [(one, talk_badge(one)) for one in file.talks],
        "requests": [(one, resource_badge(one)) for one in file.requests],
        "may_work": may_work,
        "may_sum_up": customer.specialist_id == user.pk,
        "may_pair": user.has_perm(RUN),
        "may_review": file.plan is not None
        and file.plan.state == PlanState.SUBMITTED
        and file.plan.by_id != user.pk
        and _reaches(user, customer, REVIEW),
        "years": [(year, file.plans.get(year)) for year in verbs.plan_years()],
        "crumbs": crumbs((customer.name, "")),
    }
    return render(request, "compliance/strategic/detail.html", context)


def _year(request: HttpRequest) -> int:
    """The year whose plan is asked for, this one unless it is last or the next."""
    asked = request.GET.get("year", "")
    years = {str(year): year for year in verbs.plan_years()}
    return years.get(asked, timezone.localdate().year)


def _reaches(user: Any, customer: Customer, right: str) -> bool:
    return bool(
        user.has_perm(right) and strategic_in_reach(user, right).filter(pk=customer.pk).exists()
    )


# --- forms about one customer -------------------------------------------------------------------


def _form(
    request: HttpRequest,
    customer: Customer,
    form: forms.Form,
    title: str,
    save: Callable[[dict[str, Any]], Any],
    done: str,
    **more: Any,
) -> HttpResponse:
    """One form about a customer: saved, back to his file."""
    if saved(request, form, save, done) is not None:
        return redirect(more.get("back") or _file_url(customer))
    context = {
        "form": form,
        "title": title,
        "question": customer.name,
        "back": _file_url(customer),
        "crumbs": _of(customer, title),
    } | more
    return render(request, "compliance/strategic/form.html", context, status=status_of(request))


@requires(RUN, whole_group=True)
@SEND
def pair(request: HttpRequest, pk: int) -> HttpResponse:
    """Appoint specialist and contact leader outside the round."""
    customer = customer_or_404(request, pk)
    initial = {
        name: getattr(customer, name).employee_no
        for name in ("specialist", "contact_leader")
        if getattr(customer, name) is not None
    }
    form = PairForm(request.POST or None, user=request.user, initial=initial)
    return _form(
        request,
        customer,
        form,
        _("Appoint the pair"),
        lambda data: verbs.change_pair(customer, by=request.user, **data),
        _("The pair is appointed."),
    )


@requires(RUN, whole_group=True)
@SEND
def priority(request: HttpRequest, pk: int) -> HttpResponse:
    """Let resources go to the customer first, or no more, with a reason (CUS-33)."""
    customer = customer_or_404(request, pk)
    form = PriorityForm(request.POST or None, initial={"on": True, "reason": customer.priority})
    return _form(
        request,
        customer,
        form,
        _("Priority of resources"),
        lambda data: verbs.set_priority(customer, by=request.user, **data),
        _("The priority was saved."),
    )


@requires(WORK)
@SEND
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the plan of a year and give it to the market head."""
    customer = customer_or_404(request, pk, WORK)
    year = _year(request)
    known = CustomerPlan.objects.filter(customer=customer, year=year).first()
    submit = "submit" in request.POST
    form = PlanForm(request.POST or None, plan=known, submit=submit)
    return _form(
        request,
        customer,
        form,
        _("Customer plan {year}").format(year=year),
        lambda data: verbs.save_plan(
            customer, by=request.user, year=year, submit=submit, **form.facts()
        ),
        _("The plan was submitted.") if submit else _("The plan is saved."),
        submit=_("Submit for review"),
        verb=_("Save the draft"),
        back=f"{_file_url(customer)}?year={year}",
    )


@requires(REVIEW)
@SEND
def plan_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Review the plan that was submitted."""
    customer = customer_or_404(request, pk, REVIEW)
    year = _year(request)
    known = CustomerPlan.objects.filter(customer=customer, year=year).first()
    if known is None:
        raise Http404("plan")
    form = ReviewForm(request.POST or None)
    return _form(
        request,
        customer,
        form,
        _("Review the plan"),
        lambda data: verbs.review_plan(
            known, by=request.user, advice=data["advice"], send_back=data["verdict"] == "back"
        ),
        _("The review is saved."),
        back=f"{_file_url(customer)}?year={year}",
    )


@requires(WORK)
@SEND
def signal_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down an early signal; the specialist gets a task."""
    customer = customer_or_404(request, pk, WORK)
    return _form(
        request,
        customer,
        SignalForm(request.POST or None),
        _("Note an early signal"),
        lambda data: verbs.note_signal(customer, by=request.user, **data),
        _("The signal is noted; the specialist has a task."),
    )


@requires(WORK)
@SEND
def signal_close(request: HttpRequest, pk: int, signal_pk: int) -> HttpResponse:
    """Write down what came of a signal."""
    customer = customer_or_404(request, pk, WORK)
    signal = EarlySignal.objects.filter(customer=customer, pk=signal_pk).first()
    if signal is None:
        raise Http404("signal")
    return _form(
        request,
        customer,
        OutcomeForm(request.POST or None),
        _("Close the signal"),
        lambda data: verbs.close_signal(signal, by=request.user, **data),
        _("The signal is closed."),
    )


@requires(WORK)
@SEND
def summary(request: HttpRequest, pk: int) -> HttpResponse:
    """Sum up a month for the contact leader."""
    customer = customer_or_404(request, pk, WORK)
    form = SummaryForm(request.POST or None, initial={"month": timezone.localdate()})
    return _form(
        request,
        customer,
        form,
        _("Month-end summary"),
        lambda data: verbs.save_summary(customer, by=request.user, **data),
        _("The summary is saved."),
    )


@requires(WORK)
@SEND
def resource_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a department for resources."""
    customer = customer_or_404(request, pk, WORK)
    return _form(
        request,
        customer,
        ResourceForm(
            request.POST or None,
            user=request.user,
            initial={"is_priority": customer.has_priority},
        ),
        _("Ask for resources"),
        lambda data: verbs.ask_resource(customer, by=request.user, **data),
        _("The department was asked."),
    )


@requires(WORK)
@require_POST
def resource_urge(request: HttpRequest, pk: int, resource_pk: int) -> HttpResponse:
    """Press for an answer."""
    customer = customer_or_404(request, pk, WORK)
    one = ResourceRequest.objects.filter(customer=customer, pk=resource_pk).first()
    if one is None:
        raise Http404("request")
    try:
        verbs.urge_resource(one, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("{person} was urged.").format(person=one.to))
    return redirect(_file_url(customer))


# --- what departments are asked for -------------------------------------------------------------


@signed_in
@require_safe
def resources(request: HttpRequest) -> HttpResponse:
    """What the reader is asked to provide for strategic customers; for the office also what is
    asked of anybody, the soonest first, so that it can urge."""
    person = _person(request)
    is_office = person.has_perm(RUN)
    of_all = is_office and request.GET.get("of") == "all"
    found = requests_for_office(person) if of_all else requests_to(person)
    page = page_of_rows(found, SOONEST, **asked_page(request))
    context = {
        "rows": [(one, resource_badge(one)) for one in page],
        "page": page,
        "is_office": is_office,
        "of_all": of_all,
        "crumbs": [(_("Requests for resources"), "")],
    }
    return page_or_rows(
        request,
        "compliance/strategic/resources.html",
        "compliance/strategic/_resource_rows.html",
        context,
    )


def _person(request: HttpRequest) -> Any:
    return request.user


@signed_in
@SEND
def resource_answer(request: HttpRequest, resource_pk: int) -> HttpResponse:
    """Answer what one was asked for."""
    rows = ResourceRequest.objects.filter(to=_person(request)).select_related("customer", "to")
    one = rows.filter(pk=resource_pk).first()
    if one is None:
        raise Http404("request")
    form = AnswerForm(request.POST or None)
    done = saved(
        request,
        form,
        lambda data: verbs.answer_resource(one, by=request.user, **data),
        _("The answer is saved."),
    )
    if done is not None:
        return redirect("compliance:resources")
    title = _("Answer the request")
    context = {
        "form": form,
        "title": title,
        "question": f"{one.customer.name} · {one.content}",
        "back": reverse("compliance:resources"),
        "crumbs": [(_("Requests for resources"), reverse("compliance:resources")), (title, "")],
    }
    return render(request, "compliance/strategic/form.html", context, status=status_of(request))


# --- high-level talks ---------------------------------------------------------------------------


@requires(WORK)
@SEND
def talk_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Prepare a meeting of leaders."""
    return _talk_form(request, customer_or_404(request, pk, WORK), None)


@requires(WORK)
@SEND
def talk_edit(request: HttpRequest, pk: int, talk_pk: int) -> HttpResponse:
    """Change the preparation of a meeting of leaders."""
    customer = customer_or_404(request, pk, WORK)
    return _talk_form(request, customer, _talk_or_404(customer, talk_pk))


def _talk_or_404(customer: Customer, pk: int) -> Talk:
    rows = Talk.objects.select_related("leader", "host", "place__unit", "by", "customer")
    one = rows.filter(customer=customer, pk=pk).first()
    if one is None:
        raise Http404("talk")
    return one


def _talk_form(request: HttpRequest, customer: Customer, one: Talk | None) -> HttpResponse:
    initial = (
        {
            "kind": one.kind,
            "place": one.place_id,
            "at": timezone.localtime(one.at),
            "leader": one.leader.employee_no,
            "host": one.host_id,
            "purpose": one.purpose,
            "override": one.override,
        }
        if one is not None
        else {"kind": request.GET.get("kind", "visit")}
    )
    form = TalkForm(request.POST or None, customer=customer, user=request.user, initial=initial)
    return _form(
        request,
        customer,
        form,
        _("Prepare a high-level talk"),
        lambda data: verbs.plan_talk(by=request.user, talk=one, **data),
        _("The talk is prepared."),
    )


@requires(VIEW)
@require_safe
def talk(request: HttpRequest, pk: int, talk_pk: int) -> HttpResponse:
    """One talk: preparation, check of rank and region, minutes."""
    customer = customer_or_404(request, pk)
    one = _talk_or_404(customer, talk_pk)
    context = {
        "talk": one,
        "customer": customer,
        "state": talk_badge(one),
        "misfits": [MISFITS[key] for key in one.misfit],
        "may_work": one.state == TalkState.PLANNED and _reaches(request.user, customer, WORK),
        "crumbs": _of(customer, _("High-level talk")),
    }
    return render(request, "compliance/strategic/talk.html", context)


@requires(WORK)
@SEND
def talk_hold(request: HttpRequest, pk: int, talk_pk: int) -> HttpResponse:
    """Write the minutes of a talk that was held."""
    customer = customer_or_404(request, pk, WORK)
    one = _talk_or_404(customer, talk_pk)
    initial = {"at": min(timezone.localtime(one.at), timezone.localtime())}
    return _form(
        request,
        customer,
        MinutesForm(request.POST or None, initial=initial),
        _("Write the minutes"),
        lambda data: verbs.hold_talk(one, by=request.user, **data),
        _("The minutes are saved."),
    )


@requires(WORK)
@SEND
def talk_cancel(request: HttpRequest, pk: int, talk_pk: int) -> HttpResponse:
    """Call a talk off, after a question."""
    customer = customer_or_404(request, pk, WORK)
    one = _talk_or_404(customer, talk_pk)
    refused: list[str] = []
    if request.method == "POST":
        try:
            verbs.cancel_talk(one, by=request.user)
        except Refused as refusal:
            refused = [str(refusal)]
        else:
            messages.success(request, _("The talk was called off."))
            return leave(request, _file_url(customer))
    context = {
        "title": _("Call the talk off?"),
        "effect": _("It stays in the file as cancelled."),
        "action": request.path,
        "verb": _("Call it off"),
        "cancel_url": one.get_absolute_url(),
        "danger": True,
        "refused": refused,
    }
    return ask(request, context, 422 if refused else 200)


# --- choices by typing --------------------------------------------------------------------------


@requires(VIEW)
@require_safe
def leader_choices(request: HttpRequest) -> JsonResponse:
    """Active people in reach, and people with a post in the units above."""
    text = request.GET.get("q", "").strip()[:40]
    people = leaders_for(request.user, "customers.view_customer")
    if text:
        people = people.filter(Q(name__contains=text) | Q(employee_no__istartswith=text))
    found = people.order_by("name", "employee_no")[:SHOWN]
    rows = [
        {"value": one.employee_no, "text": f"{one.name} {one.position} {one.employee_no}"}
        for one in found
    ]
    return JsonResponse(rows, safe=False)


@requires(VIEW)
@require_safe
def organisation_choices(request: HttpRequest) -> JsonResponse:
    """Organisations in reach for what was typed."""
    term = understand(request.GET.get("q", "").strip()[:40])
    if term.problem:
        return JsonResponse([], safe=False)
    query = ListQuery(term=term, kind="organisation", order=BY_NAME)
    places = rows_of(request.user, place_keys(request.user, query, size=SHOWN))
    found = {place.customer_id: f"{place.customer.name} {place.unit.name}" for place in places}
    return JsonResponse([{"value": pk, "text": text} for pk, text in found.items()], safe=False)
