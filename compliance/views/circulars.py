"""Lapses and the notices about them: lists, one notice, publishing, dropping (LOG-03)."""

from collections import Counter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from compliance.forms.duties import CircularFilter, DropForm, LapseFilter, PublishForm
from compliance.models import Circular, CircularState
from compliance.policies.duties import SANCTIONS
from compliance.selectors import circulars as reading
from compliance.selectors.circulars import PUBLISH, SEE, VIEW
from compliance.services import circulars as verbs
from compliance.views.common import SEND, Crumbs, question
from compliance.views.duties import CIRCULAR_TONES, SANCTION_TONES, badge
from compliance.views.staffing import reached
from core.access import requires
from core.htmx import leave, page_or_rows
from core.paging import asked_page, count_of, page_of
from core.saving import saved, status_of

MEASURES = dict(SANCTIONS)


def _crumbs(*more: tuple[str, str]) -> Crumbs:
    home = reverse("compliance:notices") if more else ""
    return [(_("Notices and sanctions"), home), *more]


@requires(SEE)
@require_safe
def lapses(request: HttpRequest) -> HttpResponse:
    """People without log-in for two weeks, those that last unless asked otherwise."""
    form = LapseFilter(request.GET, user=request.user)
    parts = form.query().parts(request.user)
    page = page_of(parts, reading.LATEST_LAPSE, reading.lapse_rows, **asked_page(request))
    number, capped = count_of(parts)
    words = _("{count}+ lapses") if capped else ngettext("{count} lapse", "{count} lapses", number)
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "count": words.format(count=f"{number:,}"),
        "tab": "lapses",
        "crumbs": _crumbs((_("Lapses"), "")),
    }
    return page_or_rows(request, "compliance/lapses.html", "compliance/_lapse_rows.html", context)


@requires(VIEW)
@require_safe
def circulars(request: HttpRequest) -> HttpResponse:
    """Notices in reach, the latest first."""
    form = CircularFilter(request.GET, user=request.user)
    parts = form.query().parts(request.user)
    page = page_of(parts, reading.LATEST_DRAFT, reading.circular_rows, **asked_page(request))
    number, capped = count_of(parts)
    words = (
        _("{count}+ notices") if capped else ngettext("{count} notice", "{count} notices", number)
    )
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "rows": [{"circular": one, "state": badge(one.state, CIRCULAR_TONES)} for one in page.rows],
        "count": words.format(count=f"{number:,}"),
        "tab": "circulars",
        "crumbs": _crumbs(),
    }
    return page_or_rows(
        request, "compliance/circulars.html", "compliance/_circular_rows.html", context
    )


def _lines(circular: Circular) -> list[dict[str, Any]]:
    """The people of a notice, each with his sanction or, in a draft, the step that comes next."""
    lines = reading.lines_of(circular)
    steps: dict[int, Any] = {}
    if circular.state == CircularState.DRAFT:
        steps = reading.next_steps([one.lapse.person_id for one in lines], circular.unit)
    shown = []
    today, draft = timezone.localdate(), circular.state == CircularState.DRAFT
    for one in lines:
        step = steps.get(one.lapse.person_id)
        sanction = getattr(one.lapse, "sanction", None)
        shown.append(
            {
                "line": one,
                "gone": reading.why_not_named(one.lapse.person, today) if draft else "",
                "days": one.lapse.days if draft else one.days,
                "sanction": sanction,
                "state": badge(sanction.state, SANCTION_TONES) if sanction else None,
                "step": MEASURES[step[0]] if step else "",
                "amount": step[1] if step else 0,
            }
        )
    return shown


def _gone(lines: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """Why people of a draft will not be named, each with how many they are."""
    return sorted(Counter(row["gone"] for row in lines if row["gone"]).items())


@requires(VIEW)
@require_safe
def circular(request: HttpRequest, pk: int) -> HttpResponse:
    """One notice with its people."""
    user: Any = request.user
    one = reached(request, reading.circular_in_reach, pk, VIEW)
    lines = _lines(one)
    context = {
        "circular": one,
        "state": badge(one.state, CIRCULAR_TONES),
        "lines": lines,
        "named": sum(not (row["line"].left_out or row["gone"]) for row in lines),
        "gone": _gone(lines),
        "lacks_penalty": one.state == CircularState.DRAFT and reading.lacks_penalty(one.unit),
        "may_publish": one.state == CircularState.DRAFT and verbs.may_publish(one, user),
        "crumbs": _crumbs((one.title, "")),
    }
    return render(request, "compliance/circular.html", context)


@requires(PUBLISH)
@SEND
def circular_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is named and who is left out; sending it publishes the notice."""
    user: Any = request.user
    one = reached(request, reading.circular_in_reach, pk, VIEW, PUBLISH)
    lines = _lines(one)
    form = PublishForm(
        request.POST or None,
        lines=[row["line"] for row in lines if not row["gone"]],
        initial={"title": one.title, "opening": one.opening, "version": one.version},
    )
    done = saved(
        request,
        form,
        lambda data: verbs.publish_circular(one, by=user, **form.facts()),
        _("The notice is published."),
    )
    if done is not None:
        return redirect(one)
    for row in lines:
        if not row["gone"]:
            row["field"] = form[f"out_{row['line'].pk}"]
    context = {
        "circular": one,
        "form": form,
        "lines": lines,
        "lacks_penalty": reading.lacks_penalty(one.unit),
        "gone": _gone(lines),
        "crumbs": _crumbs((one.title, one.get_absolute_url()), (_("Publish notice"), "")),
    }
    return render(request, "compliance/circular_publish.html", context, status=status_of(request))


@requires(PUBLISH)
@SEND
def circular_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish nothing, after a question."""
    user: Any = request.user
    one = reached(request, reading.circular_in_reach, pk, VIEW, PUBLISH)
    form = DropForm(request.POST or None, initial={"version": one.version})
    done = saved(
        request,
        form,
        lambda data: verbs.drop_circular(one, by=user, **data),
        _("The notice is dropped."),
    )
    back = one.get_absolute_url()
    if done is not None:
        return leave(request, back)
    return question(
        request,
        form,
        title=_("Drop this notice?"),
        effect=_("Nobody in it is named or sanctioned, and these lapses stand in no later notice."),
        verb=_("Drop the notice"),
        back=back,
        crumbs=_crumbs((one.title, back), (_("Drop the notice"), "")),
        danger=True,
    )
