"""Who is on a case, what it is classed by, and the urges that wait for an answer."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints.forms.people import ClassForm, CollaboratorForm
from complaints.models import Case, CasePerson, PersonRole
from complaints.selectors.classes import offered_categories, offered_levels
from complaints.selectors.handlers import may_work_in
from complaints.selectors.urges import SIZE, urges_by
from complaints.services import people as verbs
from complaints.services.classes import change_class
from complaints.services.moves import works_on
from complaints.states import HANDLE, URGE, VIEW
from complaints.views.common import case_crumbs, case_or_404, crumbs, state_badge, subject_of
from core.access import requires
from core.errors import Refused, Stale


@requires(HANDLE)
@require_http_methods(["GET", "HEAD", "POST"])
def case_class(request: HttpRequest, pk: int) -> HttpResponse:
    """Another category or level. What was typed stays when somebody else was quicker (409)."""
    case = case_or_404(request, pk)
    form = ClassForm(
        request.POST or None,
        case=case,
        user=request.user,
        categories=offered_categories(),
        levels=offered_levels(),
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                change_class(case, by=request.user, **form.facts(), version=_version(form))
            except Refused as refusal:
                status = 409 if isinstance(refusal, Stale) else 422
                _begin_anew(form, case)
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("Category and level of the case are changed."))
                return redirect(case.get_absolute_url())
    context = _about(case, _("Change category or level")) | {
        "form": form,
        "may": works_on(case, request.user) and case.is_open,
    }
    return render(request, "complaints/class.html", context, status=status)


def _version(form: ClassForm) -> int:
    return form.cleaned_data["version"]


def _begin_anew(form: ClassForm, case: Case) -> None:
    """What was typed stays, the version is the present one: who has looked may send it again."""
    typed: Any = form.data
    data = typed.copy()
    data["version"] = str(case.version)
    form.data = data


def _about(case: Case, title: str) -> dict[str, Any]:
    """What the heads of these pages show of a case."""
    return {
        "case": case,
        "subject": subject_of(case),
        "state": state_badge(case),
        "title": title,
        "crumbs": case_crumbs(case, (title, "")),
    }


@requires(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def case_people(request: HttpRequest, pk: int) -> HttpResponse:
    """Who helps with a case and who follows it; whoever works on it pulls colleagues in."""
    case = case_or_404(request, pk)
    may = case.is_open and request.user.has_perm(HANDLE) and works_on(case, request.user)
    rows = list(case.people.select_related("user", "added_by").order_by("role", "pk"))
    there = {row.user_id for row in rows if row.role == PersonRole.COLLABORATOR}
    there.add(case.handler_id or 0)
    people = [one for one in may_work_in(case.unit) if one.pk not in there] if may else []
    form = CollaboratorForm(request.POST or None, people=people)
    if request.method == "POST" and form.is_valid():
        try:
            row = verbs.add_collaborator(case, by=request.user, **form.facts())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            said = _("{person} helps with the case now.").format(person=row.user.name)
            messages.success(request, said)
            return redirect("complaints:people", case.pk)
    context = _about(case, _("People on the case")) | {
        "rows": rows,
        "collaborator": PersonRole.COLLABORATOR,
        "form": form if may else None,
        "may_remove": may,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "complaints/people.html", context, status=status)


@requires(VIEW)
@require_POST
def case_person_remove(request: HttpRequest, pk: int, person_pk: int) -> HttpResponse:
    """Let somebody go; everybody may go by himself."""
    case = case_or_404(request, pk)
    row = get_object_or_404(CasePerson.objects.select_related("user"), case=case, pk=person_pk)
    if row.user_id != request.user.pk and not works_on(case, request.user):
        raise PermissionDenied(HANDLE)
    try:
        verbs.remove_person(row, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        said = _("{person} is no longer on the case.").format(person=row.user.name)
        messages.success(request, said)
    return _back(request, case, "complaints:people")


@requires(VIEW)
@require_POST
def case_watch(request: HttpRequest, pk: int) -> HttpResponse:
    """Follow a case, or no longer."""
    case, user = case_or_404(request, pk), request.user
    try:
        if "stop" in request.POST:
            verbs.unwatch(case, by=user)  # type: ignore[arg-type]
            messages.success(request, _("You no longer follow this case."))
        else:
            verbs.watch(case, by=user)  # type: ignore[arg-type]
            messages.success(request, _("You follow this case: its moves are told to you."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return _back(request, case, "complaints:detail")


def _back(request: HttpRequest, case: Case, route: str) -> HttpResponse:
    """To a page of the case, or to the list where it lies out of reach now."""
    seen = Case.objects.visible_to(request.user).filter(pk=case.pk).exists()
    return redirect(route, case.pk) if seen else redirect("complaints:list")


@requires(URGE)
@require_safe
def urge_list(request: HttpRequest) -> HttpResponse:
    """What the reader urged: first what nobody has answered in time, then what waits."""
    now = timezone.now()
    rows = urges_by(request.user, now)
    context = {
        "rows": rows,
        "full": len(rows) == SIZE,
        "late": sum(row.is_late for row in rows),
        "crumbs": crumbs((_("Urges"), "")),
        "overdue_url": reverse("complaints:overdue"),
    }
    return render(request, "complaints/urges.html", context)
