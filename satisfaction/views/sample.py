"""The sample of a wave: population, quotas, the draw, the drawn list (SAT-04)."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import requires
from core.htmx import ask, leave, page_or_rows
from core.paging import asked_page, count_of, page_of
from core.saving import saved
from customers.models import OwnerStage
from regions.models import Kind, OrgUnit
from satisfaction.forms.waves import AllocateForm, DrawForm, PeopleFilter, QuotasForm
from satisfaction.models import Quota, Sample, SampleState, Wave, WaveState
from satisfaction.nonresponse import contrast
from satisfaction.selectors.people import (
    BY_ROW,
    NO_DATE,
    OLDER,
    YEARS,
    answered_by,
    answered_by_age,
    drawn_people,
    people_rows,
)
from satisfaction.selectors.target import LEFT_OUT, targets_of
from satisfaction.services.drawing import draw, replace_dropped
from satisfaction.services.quotas import Cell, allocate, set_quotas
from satisfaction.services.rights import CHANGE
from satisfaction.views.waves import (
    own_wave_or_404,
    wave_badge,
    wave_crumbs,
    wave_or_404,
    wave_url,
)
from satisfaction.wording import stage_label

VIEW = "satisfaction.view_wave"
IDENTITY = "satisfaction.view_identity"
GRID = 40  # projects whose quotas are edited on one page
STATES = {
    SampleState.RESERVE: ("off", "player-pause"),
    SampleState.DRAWN: ("info", "circle-dashed"),
    SampleState.INVITED: ("info", "send"),
    SampleState.OPENED: ("info", "eye"),
    SampleState.ANSWERED: ("ok", "circle-check"),
    SampleState.REFUSED: ("bad", "ban"),
    SampleState.UNREACHED: ("warn", "phone"),
    SampleState.DROPPED: ("off", "x"),
}


@requires(CHANGE)
@require_safe
def sample_page(request: HttpRequest, code: str) -> HttpResponse:
    """Before the draw population and quotas, after it the drawn list."""
    wave = own_wave_or_404(request, code)
    if wave.drawn_at is not None:
        return _drawn_page(request, wave)
    return _planning_page(request, wave, AllocateForm(), DrawForm())


def _planning_page(
    request: HttpRequest,
    wave: Wave,
    form: AllocateForm,
    draw_form: DrawForm,
    status: int = 200,
    quotas_form: QuotasForm | None = None,
) -> HttpResponse:
    targets = targets_of(wave, timezone.now())
    within = _within(request, wave)
    quotas = {(one.unit_id, one.stage): one.wanted for one in Quota.objects.filter(wave=wave)}
    projects = list(_projects(wave, within))
    shown = projects if len(projects) <= GRID else []
    typed = quotas_form or QuotasForm(projects=shown, wanted=quotas, free=targets.free)
    context = {
        "wave": wave,
        "state": wave_badge(wave),
        "targets": targets,
        "owners": sum(one.owners for one in targets.cells.values()),
        "free": sum(targets.free.values()),
        "left_out": _reasons(targets.left_out),
        "stages": [stage_label(stage) for stage in OwnerStage.values],
        "grid": [_grid_row(unit, typed, quotas) for unit in shown],
        "quotas_form": typed,
        "too_many": len(projects) > GRID,
        "branches": _branches(wave, within) if len(projects) > GRID or within else [],
        "within": within,
        "wanted": sum(quotas.values()),
        "form": form,
        "draw_form": draw_form,
        "may_draw": wave.state == WaveState.PLANNED and bool(quotas),
        "is_planned": wave.state == WaveState.PLANNED,
        "crumbs": wave_crumbs(wave, (_("Sample"), "")),
    }
    return render(request, "satisfaction/sample.html", context, status=status)


def _within(request: HttpRequest, wave: Wave) -> OrgUnit | None:
    """The branch whose quotas are shown; None is the whole wave."""
    code = request.GET.get("unit", "")
    return OrgUnit.objects.below(wave.unit).filter(code=code).first() if code else None


def _projects(wave: Wave, within: OrgUnit | None) -> Any:
    rows = OrgUnit.objects.below(within or wave.unit).filter(kind=Kind.PROJECT, merged_into=None)
    return rows.in_tree_order()


def _branches(wave: Wave, within: OrgUnit | None) -> list[OrgUnit]:
    """Where one may go from here: units directly below, and back to the whole wave."""
    top = within or wave.unit
    return list(OrgUnit.objects.filter(parent=top).exclude(kind=Kind.PROJECT).in_tree_order())


def _reasons(left_out: dict[str, int]) -> list[tuple[str, int]]:
    return [(str(LEFT_OUT[one]), left_out[one]) for one in LEFT_OUT if one in left_out]


def _grid_row(unit: OrgUnit, form: QuotasForm, quotas: dict[Cell, int]) -> dict[str, Any]:
    """A project of the grid: for each stage its field and how many may be asked."""
    cells = [
        {"field": form.field_of(unit, stage), "free": form.free.get((unit.pk, stage), 0)}
        for stage in OwnerStage.values
    ]
    return {"unit": unit, "cells": cells, "whole": quotas.get((unit.pk, ""), 0)}


# --- quotas ---------------------------------------------------------------------------------------


@requires(CHANGE)
@require_POST
def quotas_allocate(request: HttpRequest, code: str) -> HttpResponse:
    """Share a number of answers out in proportion to the owners who may be asked."""
    wave = own_wave_or_404(request, code)
    form = AllocateForm(request.POST)

    def save(data: dict[str, Any]) -> bool:
        free = targets_of(wave, timezone.now()).free
        set_quotas(wave, allocate(free, data["total"], data["minimum"]), by=request.user)
        return True

    if saved(request, form, save, _("The quotas are shared out. You can still change each one.")):
        return redirect(wave_url(wave, "sample"))
    return _planning_page(request, wave, form, DrawForm(), status=422)


@requires(CHANGE)
@require_POST
def quotas_save(request: HttpRequest, code: str) -> HttpResponse:
    """Write the quotas of the grid as they were typed."""
    wave = own_wave_or_404(request, code)
    within = _within(request, wave)
    form = QuotasForm(
        request.POST,
        projects=list(_projects(wave, within)),
        wanted={},
        free=targets_of(wave, timezone.now()).free,
    )
    if saved(
        request,
        form,
        lambda data: (set_quotas(wave, form.wanted(), by=request.user, within=within), True),
        _("The quotas are saved."),
    ):
        return redirect(f"{wave_url(wave, 'sample')}{f'?unit={within.code}' if within else ''}")
    return _planning_page(request, wave, AllocateForm(), DrawForm(), status=422, quotas_form=form)


# --- the draw -------------------------------------------------------------------------------------


@requires(CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def sample_draw(request: HttpRequest, code: str) -> HttpResponse:
    """Draw, after a question: the list cannot be drawn again."""
    wave = own_wave_or_404(request, code)
    form = DrawForm(request.POST if request.method == "POST" else None)
    done = saved(
        request,
        form,
        lambda data: draw(wave, by=request.user, seed=data["seed"]),
        _("The sample is drawn and frozen."),
    )
    if done is not None:
        return leave(request, wave_url(wave, "sample"))
    context = {
        "title": _("Draw the sample?"),
        "effect": _("The drawn list is frozen with its seed. It cannot be drawn again."),
        "action": request.path,
        "verb": _("Draw the sample"),
        "form": form,
        "cancel_url": wave_url(wave, "sample"),
        "crumbs": wave_crumbs(wave, (_("Sample"), "")),
    }
    return ask(request, context, 422 if request.method == "POST" else 200)


@requires(CHANGE)
@require_POST
def sample_replace(request: HttpRequest, code: str) -> HttpResponse:
    """Let reserves step in for everybody who dropped out."""
    wave = own_wave_or_404(request, code)
    count = replace_dropped(wave, by=request.user)
    words = ngettext("{count} reserve steps in.", "{count} reserves step in.", count)
    messages.success(request, words.format(count=f"{count:,}"))
    return redirect(wave_url(wave, "sample"))


# --- the drawn list -------------------------------------------------------------------------------


def _drawn_page(request: HttpRequest, wave: Wave) -> HttpResponse:
    form = PeopleFilter(request.GET)
    units = OrgUnit.objects.visible_to(request.user, CHANGE)
    parts = [drawn_people(wave, units, form.state_wanted())]
    page = page_of(parts, BY_ROW, people_rows, **asked_page(request))
    number, capped = count_of(parts)
    named = set(OrgUnit.objects.visible_to(request.user, IDENTITY).values_list("pk", flat=True))
    context = {
        "wave": wave,
        "state": wave_badge(wave),
        "filter_form": form,
        "page": page,
        "rows": [_person(one, one.unit_id in named) for one in page.rows],
        "count": _people_count(number, capped),
        "left_out": _reasons(wave.left_out),
        "crumbs": wave_crumbs(wave, (_("Sample"), "")),
    }
    return page_or_rows(
        request, "satisfaction/drawn.html", "satisfaction/_drawn_rows.html", context
    )


def _people_count(number: int, capped: bool) -> str:
    if capped:
        return _("{count}+ owners").format(count=f"{number:,}")
    return ngettext("{count} owner", "{count} owners", number).format(count=f"{number:,}")


def _person(sample: Sample, is_named: bool) -> dict[str, Any]:
    """A row of the list; who may not see identities reads the surname alone."""
    customer = sample.customer
    name = customer.name if customer else ""
    tone, icon = STATES[SampleState(sample.state)]
    return {
        "sample": sample,
        "name": name if is_named or not name else f"{name[:1]}**",
        "url": customer.get_absolute_url() if is_named and customer else "",
        "phone": customer.phone_masked if is_named and customer else "",
        "stage": stage_label(sample.stage),
        "state": {"label": sample.get_state_display(), "tone": tone, "icon": icon},
    }


# --- who answered, against who was drawn ----------------------------------------------------------


@requires(VIEW)
@require_safe
def nonresponse(request: HttpRequest, code: str) -> HttpResponse:
    """The drawn against those who answered, by stage, project and age of the hand-over."""
    wave = wave_or_404(request, code)
    units = OrgUnit.objects.visible_to(request.user, VIEW).filter(path__startswith=wave.unit.path)
    if not units.exists():
        raise PermissionDenied(VIEW)
    day = timezone.localdate(wave.drawn_at) if wave.drawn_at else timezone.localdate()
    names = dict(units.values_list("pk", "name"))
    tables = (
        (_("Owner stage"), answered_by(wave, units, "stage"), stage_label),
        (_("Project"), answered_by(wave, units, "unit"), lambda key: names.get(key, "")),
        (_("Since the hand-over"), answered_by_age(wave, units, day), _age_label),
    )
    context = {
        "wave": wave,
        "tables": [
            (title, contrast({label(key): pair for key, pair in groups.items()}))
            for title, groups, label in tables
        ],
        "crumbs": wave_crumbs(wave, (_("Who answered"), "")),
    }
    return render(request, "satisfaction/nonresponse.html", context)


def _age_label(key: str) -> str:
    if key == NO_DATE:
        return _("not handed over")
    if key == OLDER:
        return _("{years} years and more").format(years=YEARS)
    return _("{first}–{last} years").format(first=key, last=int(key) + 1)
