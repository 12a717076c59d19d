"""The list of waves and the cockpit of one (SAT-01, SAT-04)."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_safe

from core import display
from core.access import requires
from core.htmx import page_or_rows
from core.paging import asked_page, count_of, page_of
from core.saving import saved, status_of
from core.templatetags.crm import url_or_empty
from regions.models import OrgUnit
from satisfaction.forms.waves import ADD, VIEW, WaveFilter, WaveForm
from satisfaction.models import AskedBy, Flag, SampleState, Wave, WaveState
from satisfaction.nonresponse import contrast
from satisfaction.selectors.cockpit import (
    BEHIND,
    UNDER_WAY,
    Cockpit,
    Figures,
    Line,
    cockpit_of,
    roots_of,
)
from satisfaction.selectors.waves import (
    NEWEST,
    wave_in_reach,
    wave_lines,
    wave_to_run,
    waves_in_reach,
)
from satisfaction.services.rights import CHANGE, may_run
from satisfaction.services.waves import change_wave, plan_wave
from satisfaction.wording import stage_label

SEND = require_http_methods(["GET", "HEAD", "POST"])
STATES = {
    WaveState.PLANNED: ("off", "calendar"),
    WaveState.OPEN: ("info", "progress"),
    WaveState.CLOSED: ("ok", "circle-check"),
}


def wave_badge(wave: Wave) -> dict[str, str]:
    """Label, tone and icon of a wave's state."""
    tone, icon = STATES[WaveState(wave.state)]
    return {"label": wave.get_state_display(), "tone": tone, "icon": icon}


def wave_url(wave: Wave, name: str = "wave") -> str:
    """The address of a page of a wave."""
    return reverse(f"satisfaction:{name}", args=[wave.code])


def wave_crumbs(wave: Wave | None = None, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """Waves › the wave › …"""
    found = [(_("Waves"), reverse("satisfaction:waves") if wave or more else "")]
    if wave is not None:
        found.append((str(wave), wave_url(wave) if more else ""))
    return [*found, *more]


def wave_or_404(request: HttpRequest, code: str) -> Wave:
    """The wave in reach. Foreign and missing ones look the same: 404."""
    wave = wave_in_reach(request.user, code)
    if wave is None:
        raise Http404("wave")
    return wave


def own_wave_or_404(request: HttpRequest, code: str) -> Wave:
    """A wave of which the reader runs the surveys."""
    wave = wave_to_run(request.user, code)
    if wave is None:
        raise Http404("wave")
    return wave


def count_sentence(number: int, capped: bool) -> str:
    """ "1,000+ waves" when there are more than are counted."""
    if capped:
        return _("{count}+ waves").format(count=f"{number:,}")
    return ngettext("{count} wave", "{count} waves", number).format(count=f"{number:,}")


@requires(VIEW)
@require_safe
def wave_list(request: HttpRequest) -> HttpResponse:
    """All waves in reach, the newest first."""
    form = WaveFilter(request.GET, user=request.user)
    parts = [waves_in_reach(request.user, form.query())]
    page = page_of(
        parts, NEWEST, lambda keys: wave_lines(request.user, list(keys)), **asked_page(request)
    )
    context = {
        "filter_form": form,
        "page": page,
        "rows": [
            {"line": one, "state": wave_badge(one.wave), "url": wave_url(one.wave)}
            for one in page.rows
        ],
        "count": count_sentence(*count_of(parts)),
        "is_filtered": form.is_filtered(),
        "may_add": request.user.has_perm(ADD),
        "crumbs": wave_crumbs(),
    }
    return page_or_rows(
        request, "satisfaction/waves.html", "satisfaction/_waves_rows.html", context
    )


@requires(ADD)
@SEND
def wave_new(request: HttpRequest) -> HttpResponse:
    """Plan a wave."""
    form = WaveForm(request.POST or None, user=request.user)
    wave = saved(
        request,
        form,
        lambda data: plan_wave(by=request.user, **form.facts()),
        _("The wave is planned. Next come quotas and the draw."),
    )
    if wave is not None:
        return redirect("satisfaction:sample", wave.code)
    context = {
        "form": form,
        "title": _("New wave"),
        "back": reverse("satisfaction:waves"),
        "crumbs": wave_crumbs(None, (_("New wave"), "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))


@requires(CHANGE)
@SEND
def wave_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a wave, as far as it may still change."""
    wave = own_wave_or_404(request, code)
    form = WaveForm(request.POST or None, user=request.user, instance=wave)

    def save(data: dict[str, Any]) -> Wave:
        facts = form.facts()
        facts.pop("code")
        return change_wave(wave, by=request.user, **facts)

    done = saved(request, form, save, _("The wave is changed."))
    if done is not None:
        return redirect(wave_url(wave))
    context = {
        "form": form,
        "title": _("Change the wave"),
        "question": str(wave),
        "back": wave_url(wave),
        "crumbs": wave_crumbs(wave, (_("Change"), "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))


# --- the cockpit ----------------------------------------------------------------------------------


@requires(VIEW)
@require_safe
def wave_detail(request: HttpRequest, code: str) -> HttpResponse:
    """The cockpit: the page, or for htmx its figures."""
    wave = wave_or_404(request, code)
    roots = roots_of(request.user, wave)
    unit = _unit_of(request, wave, roots)
    cockpit = cockpit_of(request.user, wave, unit)
    runs = request.user.has_perm(CHANGE) and may_run(wave.unit, request.user)
    context = {
        "wave": wave,
        "state": wave_badge(wave),
        "cockpit": cockpit,
        "total": cockpit.total,
        "tiles": _tiles(wave, cockpit, request.user, runs=runs),
        "matrix": [_row(wave, line, cockpit) for line in cockpit.lines],
        "stages": [_stage_head(stage, cockpit) for stage in cockpit.stages],
        "sums": [cockpit.cells[stage] for stage in cockpit.stages],
        "channels": [
            (AskedBy(name).label, cockpit.channels[name])
            for name in AskedBy.values
            if name in cockpit.channels
        ],
        "contrast": _contrast(cockpit),
        "reserves": cockpit.total.states[SampleState.RESERVE] + cockpit.replaced,
        "unit": unit,
        "roots": roots if len(roots) > 1 else [],
        "above_url": _above(wave, unit, roots),
        "now": timezone.now(),
        "is_live": wave.state == WaveState.OPEN,
        "steps": _steps(wave),
        "may_run": runs,
        "on_site_url": url_or_empty("satisfaction:on-site", wave.code)
        if request.user.has_perm("satisfaction.fill_on_site")
        else "",
        "score_url": url_or_empty("satisfaction:runs") if runs else "",
        "answers_url": url_or_empty("satisfaction:answers", wave.code),
        "results_url": _results(wave),
        "crumbs": wave_crumbs(wave),
    }
    return page_or_rows(request, "satisfaction/wave.html", "satisfaction/_cockpit.html", context)


def _unit_of(request: HttpRequest, wave: Wave, roots: list[OrgUnit]) -> OrgUnit:
    """The unit that is shown: from the address, else where the reader begins."""
    if not roots:
        raise Http404("unit")
    code = request.GET.get("unit", "")
    if not code:
        return roots[0]
    seen = OrgUnit.objects.visible_to(request.user, VIEW)
    unit = seen.filter(code=code, path__startswith=wave.unit.path).first()
    if unit is None:
        raise Http404("unit")
    return unit


def _above(wave: Wave, unit: OrgUnit, roots: list[OrgUnit]) -> str:
    if unit.pk in {one.pk for one in roots} or unit.parent is None:
        return ""
    return f"{wave_url(wave)}?unit={unit.parent.code}"


def _row(wave: Wave, line: Line, cockpit: Cockpit) -> dict[str, Any]:
    """A unit of the matrix; cells that lag behind the whole wave are marked."""
    whole = cockpit.total.share or 0
    cells = [
        {"figures": line.cells.get(stage, Figures()), "behind": _is_behind(line, stage, whole)}
        for stage in cockpit.stages
    ]
    own = line.unit.pk == cockpit.unit.pk
    url = "" if own else f"{wave_url(wave)}?unit={line.unit.code}"
    return {"unit": line.unit, "cells": cells, "total": line.total, "url": url}


def _is_behind(line: Line, stage: str, whole: float) -> bool:
    share = line.cells.get(stage, Figures()).share
    return share is not None and share < 1 and whole >= UNDER_WAY and share < whole * BEHIND


def _tiles(wave: Wave, cockpit: Cockpit, reader: Any, *, runs: bool) -> list[dict[str, Any]]:
    """The figures on top; they lead only where the reader may go."""
    total, before = cockpit.total, cockpit.before
    sample = wave_url(wave, "sample") if runs else ""
    reads = reader.has_perm("satisfaction.view_response")
    answers = url_or_empty("satisfaction:answers", wave.code) if reads else ""
    flags = cockpit.flags
    last = before.response_rate if before else None
    return [
        {
            "label": _("Complete answers"),
            "value": _of(total.complete, total.wanted),
            "change": _("today +{count}").format(count=cockpit.today),
            "url": answers or sample,
        },
        {
            "label": _("Response rate"),
            "value": display.share(total.response_rate),
            "change": _("last wave {share}").format(share=display.share(last)) if last else "",
            "url": wave_url(wave, "wave-nonresponse"),
        },
        {
            "label": _("Refusal rate"),
            "value": display.share(total.refusal_rate),
            "change": ngettext("{count} owner", "{count} owners", total.refused).format(
                count=f"{total.refused:,}"
            ),
            "url": f"{sample}?state={SampleState.REFUSED}" if sample and wave.drawn_at else "",
        },
        {
            "label": _("Quality flags"),
            "value": f"{flags.get('any', 0):,}",
            "change": " ".join(f"{Flag(one).label} {flags.get(one, 0)}" for one in Flag.values),
            "url": answers or sample,
        },
    ]


def _stage_head(stage: str, cockpit: Cockpit) -> str:
    """The head of a column: answers of nobody's stage are not those of a quota of all stages."""
    known = stage or cockpit.cells[stage].wanted or cockpit.cells[stage].drawn
    return stage_label(stage) if known else _("not stated")


def _of(number: int, wanted: int) -> str:
    return f"{number:,}/{wanted:,}" if wanted else f"{number:,}"


def _contrast(cockpit: Cockpit) -> dict[str, Any] | None:
    """The stage whose part among the answers moved most, once somebody has answered."""
    found = contrast(
        {stage: (one.drawn, one.answered) for stage, one in cockpit.cells.items() if stage}
    )
    if not found.answered or found.widest is None:
        return None
    return {
        "stage": stage_label(found.widest.label),
        "answered": display.share(found.widest.answered_share),
        "drawn": display.share(found.widest.drawn_share),
        "differs": found.differs,
        "p": found.p,
    }


def _steps(wave: Wave) -> list[dict[str, str]]:
    """Questionnaire › sample › asking › scoring › report."""
    at = 1 if wave.drawn_at is None and wave.state == WaveState.PLANNED else 2
    if wave.state == WaveState.CLOSED:
        at = 4 if wave.run_id else 3
    names = (
        pgettext("survey", "Questionnaire"),
        pgettext("survey", "Draw the sample"),
        pgettext("survey", "Ask"),
        pgettext("survey", "Score"),
        pgettext("survey", "Report"),
    )
    steps = []
    for place, name in enumerate(names):
        state = "done" if place < at else "current" if place == at else "todo"
        if place == 1 and at > 1 and wave.drawn_at is None:
            state = "skipped"
        steps.append({"label": name, "state": state})
    return steps


def _results(wave: Wave) -> str:
    if wave.run_id is None:
        return ""
    url = url_or_empty("satisfaction:results")
    return f"{url}?wave={wave.code}" if url else ""
