"""Commendations: the list, one of them, declaring void (LOG-08)."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe

from compliance.forms.duties import CommendationFilter, ReasonForm
from compliance.models import CommendationState
from compliance.selectors import circulars as reading
from compliance.selectors.circulars import PUBLISH, VIEW
from compliance.services import commendations as verbs
from compliance.services.voiding import may_judge
from compliance.views.common import SEND, Crumbs, below_notices, question
from compliance.views.duties import COMMENDATION_TONES, badge
from core.access import requires, signed_in
from core.htmx import leave, page_or_rows
from core.paging import asked_page, count_of, page_of
from core.saving import saved


def _crumbs(request: HttpRequest, *more: tuple[str, str]) -> Crumbs:
    here = (_("Commendations"), reverse("compliance:commendations") if more else "")
    return below_notices(request, here, *more)


@signed_in
@require_safe
def commendations(request: HttpRequest) -> HttpResponse:
    """One's own commendations and those in reach, the latest first."""
    form = CommendationFilter(request.GET, user=request.user)
    parts = form.query().parts(request.user)
    page = page_of(parts, reading.LATEST_GIVEN, reading.commendation_rows, **asked_page(request))
    number, capped = count_of(parts)
    words = (
        _("{count}+ commendations")
        if capped
        else ngettext("{count} commendation", "{count} commendations", number)
    )
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "rows": [{"row": one, "state": badge(one.state, COMMENDATION_TONES)} for one in page.rows],
        "count": words.format(count=f"{number:,}"),
        "tab": "commendations" if request.user.has_perm(VIEW) else "",
        "crumbs": _crumbs(request),
    }
    return page_or_rows(
        request, "compliance/commendations.html", "compliance/_commendation_rows.html", context
    )


@signed_in
@require_safe
def commendation(request: HttpRequest, pk: int) -> HttpResponse:
    """One commendation: what it is, and for which months."""
    user: Any = request.user
    one = reading.commendation_in_reach(user, pk)
    if one is None:
        raise Http404("commendation")
    context = {
        "commendation": one,
        "own": one.person_id == user.pk,
        "state": badge(one.state, COMMENDATION_TONES),
        "may_void": one.state == CommendationState.GIVEN and may_judge(one, user),
        "sees_circular": reading.circular_in_reach(user, one.line.circular_id) is not None,
        "crumbs": _crumbs(request, (str(one), "")),
    }
    return render(request, "compliance/commendation.html", context)


@requires(PUBLISH)
@SEND
def commendation_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Declare a commendation void, after a question."""
    user: Any = request.user
    one = reading.commendation_in_reach(user, pk, PUBLISH)
    if one is None:
        raise Http404("commendation")
    form = ReasonForm(request.POST or None)
    done = saved(
        request,
        form,
        lambda data: verbs.void_commendation(one, by=user, **data),
        _("The commendation is void."),
    )
    back = one.get_absolute_url()
    if done is not None:
        return leave(request, back)
    return question(
        request,
        form,
        title=_("Declare this commendation void?"),
        effect=_(
            "The person is told with your reason. The bulletin stays, and these months count for "
            "no other commendation."
        ),
        verb=pgettext("commendation", "Declare void"),
        back=back,
        crumbs=_crumbs(request, (str(one), back), (pgettext("commendation", "Declare void"), "")),
        danger=True,
    )
