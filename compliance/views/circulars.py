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
from compliance.models import (
    Circular,
    CircularKind,
    CircularLine,
    CircularState,
    CommendationState,
)
from compliance.policies.duties import SANCTIONS
from compliance.selectors import circulars as reading
from compliance.selectors.circulars import PUBLISH, SEE, VIEW
from compliance.selectors.rewards import lacks_bonus
from compliance.services import circulars as verbs
from compliance.views.common import SEND, Crumbs, question
from compliance.views.duties import CIRCULAR_TONES, COMMENDATION_TONES, SANCTION_TONES, badge
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
    """The people of a notice, each with his sanction or commendation; in a draft what comes next,
    and why somebody is not named."""
    lines = reading.lines_of(circular)
    if circular.state != CircularState.DRAFT:
        return [{"line": one, "gone": "", "days": one.days, **_outcome(one)} for one in lines]
    gone = reading.why_left_out(lines, timezone.localdate())
    people = [one.lapse.person_id for one in lines if one.lapse]
    steps = reading.next_steps(people, circular.unit) if people else {}
    return [
        {
            "line": one,
            "gone": gone.get(one.pk, ""),
            "days": one.about.days,
            **_next(one, steps),
        }
        for one in lines
    ]


def _outcome(line: CircularLine) -> dict[str, Any]:
    """What a published notice brought somebody: `outcome` with its badge, nothing where he was left
    out."""
    given = line.commendation
    if given is not None:
        passed = given.state == CommendationState.NOT_GIVEN
        return {} if passed else {"outcome": given, "state": badge(given.state, COMMENDATION_TONES)}
    sanction = getattr(line.lapse, "sanction", None)
    return {"outcome": sanction, "state": badge(sanction.state, SANCTION_TONES)} if sanction else {}


def _next(line: CircularLine, steps: dict[int, Any]) -> dict[str, Any]:
    """What publishing brings somebody: its word and the sum."""
    if line.commendation is not None:
        measure = line.commendation.get_measure_display()
        return {"step": measure, "amount": line.commendation.amount}
    step = steps.get(line.about.person_id)
    return {"step": MEASURES[step[0]], "amount": step[1]} if step else {}


def _lacks(circular: Circular) -> dict[str, bool]:
    """Whether the subsidiary has not laid down the sum of a penalty or a bonus that its rule
    names."""
    draft, praises = circular.state == CircularState.DRAFT, circular.kind == CircularKind.PRAISE
    return {
        "praises": praises,
        "lacks_penalty": draft and not praises and reading.lacks_penalty(circular.unit),
        "lacks_bonus": draft and praises and lacks_bonus(circular.unit),
    }


def _gone(lines: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """Why people of a draft will not be named, each with how many they are."""
    return sorted(Counter(row["gone"] for row in lines if row["gone"]).items())


def _offered(circular: Circular, reader: Any) -> dict[str, bool]:
    """Whether a draft may be published or dropped by its reader, or is about himself."""
    if circular.state != CircularState.DRAFT or not verbs.may_publish(circular, reader):
        return {}
    own = verbs.stands_in(circular, reader)
    return {"may_publish": not own, "stands_in": own}


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
        **_lacks(one),
        **_offered(one, user),
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
        **_lacks(one),
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
        effect=_("Nobody in it is commended, and these months count for no later commendation.")
        if one.kind == CircularKind.PRAISE
        else _("Nobody in it is named or sanctioned, and these lapses stand in no later notice."),
        verb=_("Drop the notice"),
        back=back,
        crumbs=_crumbs((one.title, back), (_("Drop the notice"), "")),
        danger=True,
    )
