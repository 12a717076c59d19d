"""Trips and leave: the list, asking, one of them, correcting and cancelling (LOG-02)."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe

from accounts.selectors.stand_ins import colleagues
from approvals import services as approvals
from compliance.forms.duties import CorrectForm, ReasonForm, TripFilter, TripForm
from compliance.models import Absence, AbsenceState
from compliance.selectors import absences as reading
from compliance.services import absences as verbs
from compliance.views.common import SEND, Crumbs, plain_form, question
from compliance.views.duties import ABSENCE_TONES, badge
from core.access import signed_in
from core.htmx import leave, page_or_rows
from core.paging import asked_page, count_of, page_of
from core.saving import saved


def _crumbs(*more: tuple[str, str]) -> Crumbs:
    return [(_("Trips and leave"), reverse("compliance:trips") if more else ""), *more]


@signed_in
@require_safe
def trips(request: HttpRequest) -> HttpResponse:
    """The reader's own trips and leave, or those of the people he answers for."""
    form = TripFilter(request.GET, user=request.user)
    query = form.query()
    parts = reading.absence_parts(request.user, query)
    page = page_of(parts, reading.LATEST, reading.absence_rows, **asked_page(request))
    number, capped = count_of(parts)
    words = (
        _("{count}+ trips and leave")
        if capped
        else ngettext("{count} trip or leave", "{count} trips and leave", number)
    )
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "rows": [{"trip": one, "state": badge(one.state, ABSENCE_TONES)} for one in page.rows],
        "count": words.format(count=f"{number:,}"),
        "team": query.show == reading.TEAM,
        "crumbs": _crumbs(),
    }
    return page_or_rows(request, "compliance/trips.html", "compliance/_trip_rows.html", context)


def _trip_or_404(request: HttpRequest, pk: int) -> Absence:
    found = reading.absence_in_reach(request.user, pk)
    if found is None:
        raise Http404("trip")
    return found


@signed_in
@require_safe
def trip(request: HttpRequest, pk: int) -> HttpResponse:
    """One trip or leave: its facts, its way, and what may be done with it."""
    one = _trip_or_404(request, pk)
    user: Any = request.user
    own = one.person_id == user.pk
    is_approved = one.state == AbsenceState.APPROVED
    answers = verbs.may_correct(one, user)
    context = {
        "trip": one,
        "own": own,
        "state": badge(one.state, ABSENCE_TONES),
        "approval": approvals.last_approval(one, verbs.KIND),
        "corrections": list(one.corrections.order_by("pk")),
        "may_correct": is_approved and (own or answers),
        "may_cancel": is_approved and (answers or (own and one.first_day > timezone.localdate())),
        "may_edit": own and one.state == AbsenceState.DRAFT,
        "crumbs": _crumbs((str(one), "")),
    }
    return render(request, "compliance/trip.html", context)


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What another page says of the trip to be entered: kind, first and last day."""
    today = timezone.localdate().isoformat()
    first = request.GET.get("first", today)
    return {
        "kind": request.GET.get("kind", "trip"),
        "first_day": first,
        "last_day": request.GET.get("last", first),
    }


def _initial_of(one: Absence) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "first_day": one.first_day,
        "last_day": one.last_day,
        "destination": one.destination,
        "deputy": one.deputy.employee_no if one.deputy else "",
    }


@signed_in
@SEND
def trip_new(request: HttpRequest) -> HttpResponse:
    """Ask for a trip or leave."""
    user: Any = request.user
    form = TripForm(
        request.POST or None,
        people=colleagues(user, user),
        must_explain=False,
        initial=_initial(request),
    )
    title = _("Ask for a trip or leave")
    return _asked(
        request,
        form,
        lambda data: verbs.ask_absence(by=user, **form.facts()),
        title,
        reverse("compliance:trips"),
        _crumbs((title, "")),
    )


@signed_in
@SEND
def trip_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a request that was sent back, and submit it again."""
    one = _trip_or_404(request, pk)
    user: Any = request.user
    if one.person_id != user.pk:
        raise PermissionDenied("own")
    form = TripForm(
        request.POST or None,
        people=colleagues(user, user),
        must_explain=one.corrected_of is not None,
        initial=_initial_of(one) | {"reason": one.reason},
    )
    title = _("Change and submit again")
    back = one.get_absolute_url()
    return _asked(
        request,
        form,
        lambda data: verbs.ask_again(one, by=user, **form.facts()),
        title,
        back,
        _crumbs((str(one), back), (title, "")),
    )


@signed_in
@SEND
def trip_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it as it really was: one's own is approved again, that of others holds at once."""
    one = _trip_or_404(request, pk)
    user: Any = request.user
    back, title = one.get_absolute_url(), _("Correct")
    crumbs = _crumbs((str(one), back), (title, ""))
    if one.person_id == user.pk:
        form = TripForm(
            request.POST or None,
            people=colleagues(user, user),
            must_explain=True,
            initial=_initial_of(one),
        )
        return _asked(
            request,
            form,
            lambda data: verbs.ask_absence(by=user, corrects=one, **form.facts()),
            title,
            back,
            crumbs,
        )
    _refuse_strangers(one, user)
    other = CorrectForm(request.POST or None, initial=_initial_of(one))
    made = saved(
        request,
        other,
        lambda data: verbs.correct_absence(one, by=user, **data),
        _("The correction holds."),
    )
    if made is not None:
        return redirect(made)
    return plain_form(
        request,
        other,
        title=title,
        back=back,
        crumbs=crumbs,
        question=_("It holds at once, without approval; months that are frozen stay as they are."),
    )


def _refuse_strangers(one: Absence, user: Any) -> None:
    """Raises PermissionDenied for whoever does not answer for the person."""
    if one.person_id != user.pk and not verbs.answers_for(one, user):
        raise PermissionDenied(verbs.CORRECT)


def _asked(
    request: HttpRequest,
    form: TripForm,
    save: Callable[[dict[str, Any]], Absence],
    title: str,
    back: str,
    crumbs: Crumbs,
) -> HttpResponse:
    """A request as a form; submitted it leads to the trip."""
    made = saved(request, form, save, _("The request was submitted for approval."))
    if made is not None:
        return redirect(made)
    return plain_form(request, form, title=title, back=back, crumbs=crumbs, verb=_("Submit"))


@signed_in
@SEND
def trip_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """It does not take place, after a question."""
    one = _trip_or_404(request, pk)
    user: Any = request.user
    _refuse_strangers(one, user)
    form = ReasonForm(request.POST or None)
    back = one.get_absolute_url()
    done = saved(
        request,
        form,
        lambda data: verbs.cancel_absence(one, by=user, **data),
        _("The trip or leave is cancelled."),
    )
    if done is not None:
        return leave(request, back)
    return question(
        request,
        form,
        title=_("Cancel this trip or leave?"),
        effect=_effect(one),
        verb=_("Cancel the trip or leave"),
        back=back,
        crumbs=_crumbs((str(one), back), (_("Cancel the trip or leave"), "")),
        danger=True,
        keep=pgettext("trip", "Keep it"),
    )


def _effect(one: Absence) -> str:
    days = _("The days are judged as any other; months that are frozen stay as they are.")
    today = timezone.localdate()
    acts = one.stand_in is not None and timezone.localdate(one.stand_in.ends_at) > today
    return f"{days} {_('The stand-in ends.')}" if acts else days
