"""Closing the account of somebody who leaves."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import services
from accounts.forms.access import LeaveForm
from accounts.models import User, UserState
from accounts.selectors.hand_over import work_table
from accounts.views.hand_over import person_or_404
from accounts.visitors import person_of
from core.access import fresh, requires
from core.errors import Refused

RIGHT = "accounts.close_account"
REFUSED_FORM = 422


@fresh
@requires(RIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def person_leave(request: HttpRequest, employee_no: str) -> HttpResponse:
    """First what must be handed over, then account, posts, roles and shares end in one go."""
    person, by = person_or_404(request, employee_no, RIGHT), person_of(request)
    form = LeaveForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            services.close_leaver(person, by=by, on=form.cleaned_data["on"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, _("The account of {name} was closed.").format(name=person.name)
            )
            return redirect(person)
    table = work_table(person, by=by)
    context = {
        "person": person,
        "steps": _steps(handed_over=not (table.count or table.outside), left=_has_left(person)),
        "has_left": _has_left(person),
        "table": table,
        "form": form,
        "crumbs": [
            (_("People and access"), reverse("accounts:people")),
            (person.name, person.get_absolute_url()),
            (_("Close a leaver's account"), ""),
        ],
    }
    status = REFUSED_FORM if form.is_bound else 200
    return render(request, "accounts/leave.html", context, status=status)


def _has_left(person: User) -> bool:
    return person.state == UserState.LEFT


def _steps(*, handed_over: bool, left: bool) -> list[dict[str, str]]:
    """The two steps of leaving as the stepper shows them."""
    second = "done" if left else "current" if handed_over else "todo"
    return [
        {"label": _("Hand over the work"), "state": "done" if handed_over else "current"},
        {"label": _("Close the account"), "state": second},
    ]
