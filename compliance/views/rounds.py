"""The yearly round of strategic customers and the committee's meetings."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from compliance.forms.strategic import (
    EvaluationForm,
    IssueForm,
    MeetingForm,
    NominationForm,
    ReopenForm,
)
from compliance.models import Decision, Meeting, Nomination, Round, RoundState
from compliance.models.rounds import COMMITTEE, NOMINATE, RUN, VIEW
from compliance.models.strategic import strategic_in_reach
from compliance.selectors.classes import FLAGS, STRATEGIC
from compliance.selectors.rounds import (
    committee,
    group_unit,
    left_over,
    may_nominate,
    nominations_of,
    proposal_of,
    steps_of,
)
from compliance.services import rounds as verbs
from compliance.shown import decision_badge, round_badge
from compliance.views.strategic import crumbs
from core.access import requires
from core.errors import Refused
from core.htmx import ask, leave
from core.saving import saved, status_of
from customers.forms import class_words
from customers.models import Scheme
from regions.policies import policy

SEND = require_http_methods(["GET", "HEAD", "POST"])


def _round_or_404(year: int) -> Round:
    one = Round.objects.filter(year=year).first()
    if one is None:
        raise Http404("round")
    return one


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    rounds = reverse("compliance:rounds") if more else ""
    return crumbs((_("Yearly rounds"), rounds), *more)


def _of(one: Round, title: str) -> list[tuple[str, str]]:
    return _crumbs((str(one.year), one.get_absolute_url()), (title, ""))


@requires(VIEW)
@require_safe
def round_list(request: HttpRequest) -> HttpResponse:
    """The rounds of all years."""
    rows = [(one, round_badge(one)) for one in Round.objects.all()]
    year = timezone.localdate().year
    context = {
        "rows": rows,
        "year": year,
        "may_prepare": request.user.has_perm(RUN) and all(one.year != year for one, _b in rows),
        "crumbs": _crumbs(),
    }
    return render(request, "compliance/strategic/rounds.html", context)


@requires(RUN, whole_group=True)
@require_POST
def round_prepare(request: HttpRequest) -> HttpResponse:
    """Prepare the round of this year before its day."""
    one = verbs.prepare_round(timezone.localdate().year, by=request.user)
    return redirect(one)


@requires(VIEW)
@require_safe
def round_page(request: HttpRequest, year: int) -> HttpResponse:
    """A round as a guided way: where it stands, who nominated whom, what was decided."""
    one = _round_or_404(year)
    user: Any = request.user
    rows = list(nominations_of(one, user))
    open_ones = sum(row.decision == Decision.OPEN for row in rows)
    context = {
        "round": one,
        "state": round_badge(one),
        "steps": steps_of(one),
        "rows": [(row, decision_badge(row), proposal_of(row)) for row in rows],
        "may_nominate": may_nominate(user, one),
        "may_run": user.has_perm(RUN),
        "is_prepared": one.state == RoundState.PREPARED,
        "is_open": one.state == RoundState.NOMINATING,
        "is_evaluated": one.state == RoundState.EVALUATING,
        "waiting": open_ones if one.state == RoundState.EVALUATING else 0,
        "left": _left(one, user),
        "crumbs": _crumbs((str(year), "")),
    }
    return render(request, "compliance/strategic/round.html", context)


def _left(one: Round, user: Any) -> list[Any]:
    """Customers of the present list without an accepted nomination that the reader sees."""
    if one.state != RoundState.EVALUATING:
        return []
    return list(left_over(one).filter(pk__in=strategic_in_reach(user, VIEW).values("pk")))


ACTS = {"open", "close", "reopen", "issue"}


@requires(RUN, whole_group=True)
@SEND
def round_move(request: HttpRequest, year: int, act: str) -> HttpResponse:
    """Open, close, reopen or issue a round by hand, after a question."""
    one = _round_or_404(year)
    if act not in ACTS:
        raise Http404("act")
    form: Any = None
    given = request.POST if request.method == "POST" else None
    if act == "reopen":
        form = ReopenForm(given, initial={"until": timezone.localdate()})
    elif act == "issue":
        form = IssueForm(given, left=left_over(one))
    refused: list[str] = []
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            _move(one, act, form, request.user)
        except Refused as refusal:
            refused = [str(refusal)]
        else:
            messages.success(request, _("The round has moved on."))
            return leave(request, one.get_absolute_url())
    title, effect, verb = _words(act, one)
    context = {
        "title": title,
        "effect": effect,
        "action": request.path,
        "verb": verb,
        "cancel_url": one.get_absolute_url(),
        "form": form,
        "refused": refused,
        "danger": act == "issue",
        "crumbs": _of(one, title),
    }
    return ask(request, context, status_of(request))


def _move(one: Round, act: str, form: Any, by: Any) -> None:
    if act == "open":
        verbs.open_round(one, by=by)
    elif act == "close":
        verbs.close_round(one, by=by)
    elif act == "reopen":
        verbs.reopen_round(one, by=by, **form.cleaned_data)
    else:
        keep = [customer.pk for customer in form.cleaned_data.get("keep", ())]
        verbs.issue_list(one, by=by, keep=keep)


def _words(act: str, one: Round) -> tuple[str, str, str]:
    return {
        "open": (
            _("Open nominations now?"),
            _("Units nominate until {day}.").format(day=one.closes_on),
            _("Open nominations"),
        ),
        "close": (
            _("Close nominations now?"),
            _("Units can neither nominate nor change nominations any more."),
            _("Close nominations"),
        ),
        "reopen": (
            _("Open nominations once more?"),
            _("Units nominate until the day given here. Later days of the round move with it."),
            _("Open again"),
        ),
        "issue": (
            _("Issue the list of {year}?").format(year=one.year + 1),
            _(
                "Accepted customers become strategic customers under their pair. This changes "
                "customers of the whole company."
            ),
            _("Issue the list"),
        ),
    }[act]


# --- nominations --------------------------------------------------------------------------------


def _nomination_or_404(request: HttpRequest, one: Round, pk: int, right: str = VIEW) -> Nomination:
    row = nominations_of(one, request.user, right).select_related("round").filter(pk=pk).first()
    if row is None:
        raise Http404("nomination")
    return row


@requires(NOMINATE)
@SEND
def nominate(request: HttpRequest, year: int) -> HttpResponse:
    """Nominate a customer of one's own unit; with ?customer= he is chosen already."""
    one = _round_or_404(year)
    user: Any = request.user
    initial: dict[str, Any] = {"unit": user.unit.code if user.unit else None}
    if request.GET.get("customer", "").isdecimal():
        initial["customer"] = request.GET["customer"]
    form = NominationForm(request.POST or None, user=user, initial=initial)
    return _nomination_form(request, one, form, None)


@requires(NOMINATE)
@SEND
def nomination_edit(request: HttpRequest, year: int, pk: int) -> HttpResponse:
    """Change a nomination while nominations are open."""
    one = _round_or_404(year)
    row = _nomination_or_404(request, one, pk, NOMINATE)
    form = NominationForm(request.POST or None, user=request.user, nomination=row)
    return _nomination_form(request, one, form, row)


def _nomination_form(
    request: HttpRequest, one: Round, form: NominationForm, row: Nomination | None
) -> HttpResponse:
    done = saved(
        request,
        form,
        lambda data: verbs.nominate(one, by=request.user, nomination=row, **data),
        _("The nomination is saved."),
    )
    if done is not None:
        return redirect(done)
    title = _("Change the nomination") if row else _("Nominate a strategic customer")
    context = {
        "form": form,
        "title": title,
        "question": _("Nominations are open until {day}.").format(day=one.closes_on)
        if one.state == RoundState.NOMINATING
        else _("Nominations are not open."),
        "back": row.get_absolute_url() if row else one.get_absolute_url(),
        "crumbs": _of(one, title),
    }
    return render(request, "compliance/strategic/form.html", context, status=status_of(request))


@requires(NOMINATE)
@require_POST
def nomination_withdraw(request: HttpRequest, year: int, pk: int) -> HttpResponse:
    """Take a nomination back while nominations are open."""
    one = _round_or_404(year)
    row = _nomination_or_404(request, one, pk, NOMINATE)
    try:
        verbs.withdraw_nomination(row, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(row)
    messages.success(request, _("The nomination was withdrawn."))
    return redirect(one)


@requires(VIEW)
@SEND
def nomination(request: HttpRequest, year: int, pk: int) -> HttpResponse:
    """One nomination: facts, proposed class with reasons, and the committee's sheet."""
    one = _round_or_404(year)
    row = _nomination_or_404(request, one, pk)
    user: Any = request.user
    may_evaluate = (
        one.state == RoundState.EVALUATING and user.has_perm(RUN) and user.scope(RUN).everything
    )
    if request.method == "POST" and not may_evaluate:
        raise Http404("evaluation")
    form = _evaluation_form(request, row) if may_evaluate else None
    done = form and saved(
        request,
        form,
        lambda data: verbs.evaluate(
            row,
            by=user,
            marks=form.marks(),
            decision=data["decision"],
            level=data["level"],
            remark=data["remark"],
        ),
        _("The evaluation is saved."),
    )
    if done:
        return redirect(one)
    proposal = proposal_of(row)
    held = set(row.flags)
    context = {
        "round": one,
        "row": row,
        "decision": decision_badge(row),
        "proposal": proposal,
        "flags": [(label, key in held) for key, label in FLAGS],
        "form": form,
        "may_change": may_nominate(user, one)
        and Nomination.objects.visible_to(user, NOMINATE).filter(pk=row.pk).exists(),
        "crumbs": _of(one, row.customer.name),
    }
    return render(
        request, "compliance/strategic/nomination.html", context, status=status_of(request)
    )


def _evaluation_form(request: HttpRequest, row: Nomination) -> EvaluationForm:
    words = [word for word in class_words()[Scheme.IMPORTANCE] if word != STRATEGIC]
    proposal = proposal_of(row).level
    initial = {
        "decision": row.decision,
        "level": row.level if row.decision == Decision.DECLINED else "",
        "remark": row.remark,
    }
    if row.decision == Decision.OPEN and proposal in words:
        initial["level"] = proposal
    return EvaluationForm(
        request.POST or None,
        criteria=list(policy(verbs.CRITERIA, unit=group_unit())),
        levels=words,
        sheet=row.sheet,
        initial=initial,
    )


# --- the committee ------------------------------------------------------------------------------


@requires(COMMITTEE, whole_group=True)
@require_safe
def committee_page(request: HttpRequest) -> HttpResponse:
    """Who sits in the committee, and its meetings."""
    context = {
        "members": committee(),
        "meetings": Meeting.objects.select_related("chair", "round")[:50],
        "may_call": request.user.has_perm(RUN),
        "now": timezone.now(),
        "crumbs": crumbs((_("Customer Management Committee"), "")),
    }
    return render(request, "compliance/strategic/committee.html", context)


@requires(RUN, whole_group=True)
@SEND
def meeting_new(request: HttpRequest) -> HttpResponse:
    """Call a meeting, or record one that was held."""
    members = [post.user.employee_no for post in committee()]
    initial = {"present": members, "round": Round.objects.first()}
    form = MeetingForm(request.POST or None, user=request.user, initial=initial)
    return _meeting_form(request, form, None)


@requires(COMMITTEE, whole_group=True)
@require_safe
def meeting(request: HttpRequest, pk: int) -> HttpResponse:
    """One meeting: agenda, who was there, minutes."""
    rows = Meeting.objects.select_related("chair", "round", "called_by")
    one = rows.prefetch_related("present").filter(pk=pk).first()
    if one is None:
        raise Http404("meeting")
    context = {
        "meeting": one,
        "may_change": request.user.has_perm(RUN),
        "crumbs": _committee_crumbs(f"{timezone.localdate(one.held_at)}"),
    }
    return render(request, "compliance/strategic/meeting.html", context)


@requires(RUN, whole_group=True)
@SEND
def meeting_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a meeting or write its minutes."""
    one = Meeting.objects.select_related("chair").filter(pk=pk).first()
    if one is None:
        raise Http404("meeting")
    initial = {
        "held_at": timezone.localtime(one.held_at),
        "place": one.place,
        "agenda": one.agenda,
        "minutes": one.minutes,
        "round": one.round_id,
        "chair": one.chair.employee_no if one.chair else None,
        "present": list(one.present.values_list("employee_no", flat=True)),
    }
    form = MeetingForm(request.POST or None, user=request.user, initial=initial)
    return _meeting_form(request, form, one)


def _committee_crumbs(title: str) -> list[tuple[str, str]]:
    return crumbs(
        (_("Customer Management Committee"), reverse("compliance:committee")), (title, "")
    )


def _meeting_form(request: HttpRequest, form: MeetingForm, one: Meeting | None) -> HttpResponse:
    def save(data: dict[str, Any]) -> Meeting:
        round_ = data.pop("round")
        return verbs.save_meeting(by=request.user, meeting=one, one=round_, **data)

    done = saved(request, form, save, _("The meeting is saved."))
    if done is not None:
        return redirect(done)
    title = _("Change the meeting") if one else _("New meeting")
    context = {
        "form": form,
        "title": title,
        "back": one.get_absolute_url() if one else reverse("compliance:committee"),
        "crumbs": _committee_crumbs(title),
    }
    return render(request, "compliance/strategic/form.html", context, status=status_of(request))
