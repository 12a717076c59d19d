"""Stand-ins: one's own under the settings, and those of people in reach for their heads."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms.stand_ins import StandInForm
from accounts.models import StandIn, User
from accounts.selectors.stand_ins import colleagues, stand_ins_of, stands_in_for
from accounts.services.stand_ins import RIGHT, appoint_stand_in, end_stand_in
from accounts.views.hand_over import person_or_404
from accounts.visitors import person_of
from core.access import requires, signed_in
from core.errors import Refused

REFUSED_FORM = 422


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def own_stand_in(request: HttpRequest) -> HttpResponse:
    """Name who does one's work while one is away."""
    crumbs = [(_("My settings"), reverse("accounts:settings")), (_("Stand-in"), "")]
    return _page(request, person_of(request), crumbs, "accounts:stand-in")


@requires(RIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def person_stand_in(request: HttpRequest, employee_no: str) -> HttpResponse:
    """Name who does the work of somebody in reach while he is away."""
    person = person_or_404(request, employee_no, RIGHT)
    crumbs = [
        (_("People and access"), reverse("accounts:people")),
        (person.name, person.get_absolute_url()),
        (_("Stand-in"), ""),
    ]
    return _page(request, person, crumbs, "accounts:person-stand-in", employee_no)


def _page(
    request: HttpRequest, person: User, crumbs: list[tuple[str, str]], route: str, *args: str
) -> HttpResponse:
    by, now = person_of(request), timezone.now()
    form = StandInForm(request.POST or None, people=colleagues(person, by))
    if request.method == "POST" and form.is_valid():
        try:
            row = appoint_stand_in(person, by=by, **form.facts())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            said = _("{deputy} stands in for {name}.")
            messages.success(request, said.format(deputy=row.deputy.name, name=person.name))
            return redirect(route, *args)
    context: dict[str, Any] = {
        "person": person,
        "own": person.pk == by.pk,
        "rows": stand_ins_of(person, now),
        "others": stands_in_for(person, now),
        "now": now,
        "form": form,
        "crumbs": crumbs,
    }
    status = REFUSED_FORM if request.method == "POST" else 200
    return render(request, "accounts/stand_in.html", context, status=status)


@signed_in
@require_POST
def stand_in_end(request: HttpRequest, pk: int) -> HttpResponse:
    """The person is back, or stays after all."""
    by = person_of(request)
    mine = StandIn.objects.filter(person=by)
    people = User.objects.visible_to(by, RIGHT)
    rows = mine | StandIn.objects.filter(person__in=people)
    row = get_object_or_404(rows.select_related("person", "deputy"), pk=pk)
    try:
        end_stand_in(row, by=by)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        said = _("{deputy} no longer stands in for {name}.")
        messages.success(request, said.format(deputy=row.deputy.name, name=row.person.name))
    if row.person_id == by.pk:
        return redirect("accounts:stand-in")
    return redirect("accounts:person-stand-in", row.person.employee_no)
