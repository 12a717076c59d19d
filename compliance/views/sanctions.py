"""Sanctions: the list, one of them, the appeal, its decision, declaring void (LOG-08)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe

from compliance.forms.duties import AppealForm, DecideForm, ReasonForm, SanctionFilter
from compliance.models import Appeal, Sanction, SanctionState
from compliance.selectors import circulars as reading
from compliance.selectors.circulars import PUBLISH, VIEW
from compliance.services import sanctions as verbs
from compliance.services.voiding import may_judge
from compliance.views.common import SEND, Crumbs, below_notices, plain_form, question
from compliance.views.duties import OUTCOME_TONES, SANCTION_TONES, badge
from core.access import requires, signed_in
from core.htmx import leave, page_or_rows
from core.paging import asked_page, count_of, page_of
from core.saving import saved


def _crumbs(request: HttpRequest, *more: tuple[str, str]) -> Crumbs:
    here = (_("Sanctions"), reverse("compliance:sanctions") if more else "")
    return below_notices(request, here, *more)


@signed_in
@require_safe
def sanctions(request: HttpRequest) -> HttpResponse:
    """One's own sanctions and those in reach, the latest first."""
    form = SanctionFilter(request.GET, user=request.user)
    parts = form.query().parts(request.user)
    page = page_of(parts, reading.LATEST_SANCTION, reading.sanction_rows, **asked_page(request))
    number, capped = count_of(parts)
    words = (
        _("{count}+ sanctions")
        if capped
        else ngettext("{count} sanction", "{count} sanctions", number)
    )
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "rows": [{"sanction": one, "state": badge(one.state, SANCTION_TONES)} for one in page.rows],
        "count": words.format(count=f"{number:,}"),
        "tab": "sanctions" if request.user.has_perm(VIEW) else "",
        "crumbs": _crumbs(request),
    }
    return page_or_rows(
        request, "compliance/sanctions.html", "compliance/_sanction_rows.html", context
    )


def _sanction_or_404(request: HttpRequest, pk: int) -> Sanction:
    found = reading.sanction_in_reach(request.user, pk)
    if found is None:
        raise Http404("sanction")
    return found


def _appeal_of(one: Sanction) -> Appeal | None:
    return getattr(one, "appeal", None)


@signed_in
@require_safe
def sanction(request: HttpRequest, pk: int) -> HttpResponse:
    """One sanction: what it is, why, the appeal and what became of it."""
    one = _sanction_or_404(request, pk)
    user: Any = request.user
    found = _appeal_of(one)
    judges = may_judge(one, user)
    appealed = one.state == SanctionState.APPEALED
    own = one.person_id == user.pk
    context = {
        "sanction": one,
        "own": own,
        "state": badge(one.state, SANCTION_TONES),
        "appeal": found,
        "outcome": badge(found.outcome, OUTCOME_TONES) if found and found.outcome else None,
        "may_appeal": own
        and one.state == SanctionState.IN_FORCE
        and found is None
        and timezone.localdate() <= one.appeal_until,
        "may_decide": judges and appealed and one.imposed_by_id != user.pk,
        "may_void": judges and not appealed and one.state != SanctionState.VOID,
        "sees_circular": reading.circular_in_reach(user, one.circular_id) is not None,
        "crumbs": _crumbs(request, (str(one), "")),
    }
    return render(request, "compliance/sanction.html", context)


@signed_in
@SEND
def sanction_appeal(request: HttpRequest, pk: int) -> HttpResponse:
    """Object to one's own sanction."""
    user: Any = request.user
    one = _sanction_or_404(request, pk)
    if one.person_id != user.pk:
        raise PermissionDenied("own")
    form = AppealForm(request.POST or None)
    done = saved(
        request,
        form,
        lambda data: verbs.appeal(one, by=user, **data),
        _("Your appeal was handed in."),
    )
    back = one.get_absolute_url()
    if done is not None:
        return redirect(back)
    title = _("Appeal")
    return plain_form(
        request,
        form,
        title=title,
        back=back,
        crumbs=_crumbs(request, (str(one), back), (title, "")),
        question=_("{sanction}. Appeals are taken until {day}.").format(
            sanction=one, day=one.appeal_until
        ),
        verb=_("Hand in the appeal"),
    )


def _judged(request: HttpRequest, pk: int) -> Sanction:
    """A sanction that the reader may decide on. Raises Http404 for one out of his reach."""
    found = reading.sanction_in_reach(request.user, pk, PUBLISH)
    if found is None:
        raise Http404("sanction")
    return found


@requires(PUBLISH)
@SEND
def sanction_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide on an appeal."""
    user: Any = request.user
    one = _judged(request, pk)
    form = DecideForm(request.POST or None)
    done = saved(
        request,
        form,
        lambda data: verbs.decide_appeal(one, by=user, **data),
        _("The appeal is decided."),
    )
    back = one.get_absolute_url()
    if done is not None:
        return redirect(back)
    title = _("Decide on the appeal")
    found = _appeal_of(one)
    said = _("{name} appeals: {text}")
    return plain_form(
        request,
        form,
        title=title,
        back=back,
        crumbs=_crumbs(request, (str(one), back), (title, "")),
        question=said.format(name=one.person.name, text=found.text) if found else "",
        verb=pgettext("appeal", "Decide"),
    )


@requires(PUBLISH)
@SEND
def sanction_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Declare a sanction void, after a question."""
    user: Any = request.user
    one = _judged(request, pk)
    form = ReasonForm(request.POST or None)
    done = saved(
        request,
        form,
        lambda data: verbs.void_sanction(one, by=user, **data),
        _("The sanction is void."),
    )
    back = one.get_absolute_url()
    if done is not None:
        return leave(request, back)
    return question(
        request,
        form,
        title=_("Declare this sanction void?"),
        effect=_("It counts no more; the person is told with your reason."),
        verb=_("Declare void"),
        back=back,
        crumbs=_crumbs(request, (str(one), back), (_("Declare void"), "")),
        danger=True,
    )
