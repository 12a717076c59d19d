"""Pages of improvement measures (CMP-18, CMP-19)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_safe

from complaints.forms.measures import CheckForm, DoneForm, MeasureFilter, MeasureForm
from complaints.models import Case, Measure, MeasureState
from complaints.selectors.measures import (
    effect_of,
    measure_in_reach,
    measure_parts,
    measure_rows,
)
from complaints.services import measures as verbs
from complaints.states import HANDLE, VIEW
from core.access import requires
from core.htmx import page_or_rows
from core.paging import asked_page, count_of, page_of
from core.saving import saved, status_of

SEND = require_http_methods(["GET", "HEAD", "POST"])


def measure_badge(measure: Measure) -> dict[str, str]:
    """Label, tone and icon: the state, what the check found, or that the day has passed."""
    if measure.is_overdue:
        return {"label": _("Overdue"), "tone": "bad", "icon": "clock-x"}
    if measure.state == MeasureState.CHECKED:
        if measure.effective:
            return {"label": _("Effective"), "tone": "ok", "icon": "circle-check"}
        return {"label": _("Not effective"), "tone": "bad", "icon": "circle-x"}
    tone, icon = {
        MeasureState.OPEN: ("info", "progress"),
        MeasureState.DONE: ("warn", "clipboard-check"),
    }[MeasureState(measure.state)]
    return {"label": measure.get_state_display(), "tone": tone, "icon": icon}


def count_sentence(number: int, capped: bool) -> str:
    """ "1,000+ measures" when there are more than are counted."""
    if capped:
        return _("{count}+ measures").format(count=f"{number:,}")
    return ngettext("{count} measure", "{count} measures", number).format(count=f"{number:,}")


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [
        (pgettext("menu", "Complaints"), reverse("complaints:list")),
        (_("Improvements"), reverse("complaints:measures") if more else ""),
        *more,
    ]


@requires(VIEW)
@require_safe
def measure_list(request: HttpRequest) -> HttpResponse:
    """Measures in reach, open ones by their day unless another state is asked for."""
    form = MeasureFilter(request.GET, user=request.user)
    query = form.query()
    parts = measure_parts(request.user, query)
    page = page_of(parts, query.order, measure_rows, **asked_page(request))
    context = {
        "filter_form": form,
        "query": query,
        "page": page,
        "rows": [{"measure": one, "state": measure_badge(one)} for one in page.rows],
        "count": count_sentence(*count_of(parts)),
        "is_filtered": form.is_filtered(),
        "may_add": request.user.has_perm(HANDLE),
        "crumbs": _crumbs(),
    }
    return page_or_rows(
        request, "complaints/measures.html", "complaints/_measures_rows.html", context
    )


@requires(HANDLE)
@SEND
def measure_new(request: HttpRequest) -> HttpResponse:
    """Write a measure; with ?case= what that case says is proposed."""
    source = Case.objects.visible_to(request.user).filter(number=request.GET.get("case", ""))
    case = source.select_related("unit", "category").first()
    initial: dict[str, Any] = {}
    if case is not None:
        initial = {
            "unit": case.unit.code,
            "cause": case.cause,
            "category": case.category_id,
            "cases": case.number,
        }
    form = MeasureForm(request.POST or None, user=request.user, initial=initial)
    measure = saved(
        request,
        form,
        lambda data: verbs.give_measure(by=request.user, **data),
        _("The measure is given."),
    )
    if measure is not None:
        return redirect(measure if _seen(request, measure) else "complaints:measures")
    context = {
        "form": form,
        "title": _("New measure"),
        "back": case.get_absolute_url() if case else reverse("complaints:measures"),
        "crumbs": _crumbs((_("New measure"), "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))


def _seen(request: HttpRequest, measure: Measure) -> bool:
    return Measure.objects.visible_to(request.user).filter(pk=measure.pk).exists()


@requires(VIEW)
@SEND
def measure_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One measure: where it came from, what was done, whether it helped."""
    measure = measure_in_reach(request.user, pk)
    if measure is None:
        raise Http404("measure")
    user: Any = request.user
    may_report = measure.state == MeasureState.OPEN and verbs.may_report(measure, user)
    is_done = measure.state == MeasureState.DONE
    may_check = is_done and not verbs.why_no_check(measure, user)
    act = request.POST.get("act", "")
    if request.method == "POST" and not (may_report if act == "done" else may_check):
        raise PermissionDenied(HANDLE)
    done_form = DoneForm(request.POST if act == "done" else None)
    check_form = CheckForm(request.POST if act == "check" else None)
    done = None
    if act == "done":
        done = saved(
            request,
            done_form,
            lambda data: verbs.report_done(measure, by=user, **data),
            _("The measure is reported as done. Somebody else checks it."),
        )
    elif act == "check":
        done = saved(
            request,
            check_form,
            lambda data: verbs.check_measure(measure, by=user, **data),
            _("The check is saved."),
        )
    if done is not None:
        return redirect(measure)
    context = {
        "measure": measure,
        "state": measure_badge(measure),
        "cases": measure.cases.visible_to(user).select_related("unit").order_by("pk"),  # type: ignore[attr-defined]
        "effect": effect_of(user, measure),
        "done_form": done_form if may_report else None,
        "check_form": check_form if may_check else None,
        "crumbs": _crumbs((str(measure), "")),
    }
    return render(request, "complaints/measure.html", context, status=status_of(request))
