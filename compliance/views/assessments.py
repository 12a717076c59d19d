"""The yearly assessment of marketing specialists and contact leaders (KPI-01, ORG-17)."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from compliance.forms.assessments import AssessmentForm, ReasonForm
from compliance.models import AssessedRole, Assessment
from compliance.models.rounds import RUN, VIEW
from compliance.selectors.assessments import (
    assessed_in,
    assessments_for,
    facts_of,
    may_assess,
    people_in_reach,
)
from compliance.selectors.rounds import group_unit
from compliance.services import assessments as verbs
from compliance.shown import assessment_badge
from compliance.views.strategic import crumbs
from core.access import requires
from core.errors import Refused
from core.htmx import ask, leave
from core.saving import saved, status_of
from regions.policies import policy

SEND = require_http_methods(["GET", "HEAD", "POST"])
TITLE = gettext_lazy("Yearly assessment")
PAGE_SIZE, FIRST_YEAR, DECEMBER = 50, 2000, 12


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return crumbs((_("Yearly rounds"), reverse("compliance:rounds")), *more)


def _list_of(year: int, role: str = "") -> str:
    address = reverse("compliance:assessments", args=[year])
    return f"{address}?role={role}" if role == AssessedRole.LEADER else address


def _checked(year: int) -> int:
    if not FIRST_YEAR <= year <= timezone.localdate().year:
        raise Http404("year")
    return year


@requires(VIEW)
@require_safe
def assessments_now(request: HttpRequest) -> HttpResponse:
    """To the year that is being assessed: this one from December on, else the last one."""
    today = timezone.localdate()
    return redirect(_list_of(today.year - (today.month < DECEMBER)))


@requires(VIEW)
@require_safe
def assessment_list(request: HttpRequest, year: int) -> HttpResponse:
    """Who was specialist or contact leader in a year, and how he was assessed."""
    _checked(year)
    asked = request.GET.get("role", "")
    role = asked if asked in AssessedRole.values else str(AssessedRole.SPECIALIST)
    found = assessed_in(year, request.user)
    page = Paginator(found[role], PAGE_SIZE).get_page(request.GET.get("page"))
    confirmed = [
        row.assessment
        for rows in found.values()
        for row in rows
        if row.assessment and row.assessment.confirmed_at
    ]
    context = {
        "year": year,
        "page": page,
        "rows": [(row, assessment_badge(row.assessment), _address(year, row)) for row in page],
        "tabs": [
            (label, _list_of(year, key), len(found[key]), key == role)
            for key, label in AssessedRole.choices
        ],
        "people": sum(map(len, found.values())),
        "confirmed": len(confirmed),
        "excellent": sum(row.excellent for row in confirmed),
        "share": policy(verbs.SHARE, unit=group_unit()),
        "earlier": _list_of(year - 1, role) if year > FIRST_YEAR else "",
        "later": _list_of(year + 1, role) if year < timezone.localdate().year else "",
        "crumbs": _crumbs((f"{TITLE} {year}", "")),
    }
    return render(request, "compliance/strategic/assessments.html", context)


def _address(year: int, row: Any) -> str:
    return reverse("compliance:assessment", args=[year, row.role, row.person.employee_no])


def _found(
    request: HttpRequest, year: int, role: str, employee_no: str
) -> tuple[User, Assessment | None]:
    """The person in reach and his assessment. Raises Http404 for anybody else, and for whoever had
    no such role in the year."""
    user: Any = request.user
    if role not in AssessedRole.values:
        raise Http404("role")
    rows = assessments_for(user, _checked(year)).filter(role=role)
    row = rows.filter(person__employee_no=employee_no).first()
    if row is not None:
        return row.person, row
    people = people_in_reach(user).filter(employee_no=employee_no)
    person = people.select_related("unit").first()
    if person is None:
        raise Http404("person")
    return person, None


@requires(VIEW)
@SEND
def assessment(request: HttpRequest, year: int, role: str, employee_no: str) -> HttpResponse:
    """One person's sheet beside the facts of his year; the office marks and confirms it."""
    user: Any = request.user
    person, row = _found(request, year, role, employee_no)
    facts = facts_of(year, [person.pk]).get((person.pk, role))
    if row is None and facts is None:
        raise Http404("assessment")
    may_write = may_assess(user) and person != user and facts is not None
    form = None
    if may_write and not (row and row.confirmed_at):
        form = _form(request, row)
        done = _saved(request, form, person, year, role)
        if done is not None:
            return redirect(_list_of(year, role) if done.confirmed_at else done)
    elif request.method == "POST":
        raise Http404("assessment")
    context = {
        "year": year,
        "person": person,
        "role": AssessedRole(role).label,
        "is_specialist": role == AssessedRole.SPECIALIST,
        "row": row,
        "badge": assessment_badge(row),
        "facts": facts,
        "form": form,
        "may_reopen": bool(may_write and row and row.confirmed_at),
        "crumbs": _crumbs((f"{TITLE} {year}", _list_of(year, role)), (person.name, "")),
    }
    template = "compliance/strategic/assessment.html"
    return render(request, template, context, status=status_of(request))


def _form(request: HttpRequest, row: Assessment | None) -> AssessmentForm:
    return AssessmentForm(
        request.POST or None,
        criteria=list(policy(verbs.CRITERIA, unit=group_unit())),
        sheet=row.sheet if row else [],
        initial={"excellent": row.excellent, "remark": row.remark} if row else {},
    )


def _saved(
    request: HttpRequest, form: AssessmentForm, person: User, year: int, role: str
) -> Assessment | None:
    confirm = bool(request.POST.get("submit"))
    done: Assessment | None = saved(
        request,
        form,
        lambda _data: verbs.assess(
            person, by=request.user, year=year, role=role, confirm=confirm, **form.facts()
        ),
        _("The assessment is confirmed.") if confirm else _("The assessment is saved."),
    )
    return done


@requires(RUN, whole_group=True)
@SEND
def assessment_reopen(request: HttpRequest, year: int, role: str, employee_no: str) -> HttpResponse:
    """Take a confirmation back, after a question with a reason."""
    person, row = _found(request, year, role, employee_no)
    if row is None or person == request.user:
        raise Http404("assessment")
    form = ReasonForm(request.POST or None)
    refused: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            verbs.reopen_assessment(row, by=request.user, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            refused = [str(refusal)]
        else:
            messages.success(request, _("The assessment is open again."))
            return leave(request, row.get_absolute_url())
    title = _("Open the assessment again?")
    context = {
        "title": title,
        "effect": _("{name} no longer sees it until it is confirmed anew.").format(
            name=person.name
        ),
        "action": request.path,
        "verb": _("Open again"),
        "cancel_url": row.get_absolute_url(),
        "form": form,
        "refused": refused,
        "crumbs": _crumbs((f"{TITLE} {year}", _list_of(year, role)), (title, "")),
    }
    return ask(request, context, status_of(request))
