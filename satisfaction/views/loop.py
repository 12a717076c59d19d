"""The closed loop: low answers with their cases, and ratings after cases."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from complaints.models import Case
from complaints.selectors.due import due_of
from complaints.states import REGISTER
from complaints.views.common import state_badge
from core.access import requires
from core.errors import Refused
from core.htmx import page_or_rows
from core.paging import asked_page, count_of, page_of
from regions.policies import find
from regions.selectors.policies import may_set
from satisfaction.forms.loop import LoopFilter, RatingFilter
from satisfaction.models import Recovery
from satisfaction.selectors.loop import (
    NEWEST,
    RIGHT,
    loop_parts,
    loop_rows,
    recovery_in_reach,
    shares,
)
from satisfaction.selectors.ratings import RIGHT as ANSWERS
from satisfaction.selectors.ratings import rules_of, unit_ratings
from satisfaction.services.loop import open_by_hand


def _count_sentence(number: int, capped: bool) -> str:
    if capped:
        return _("{count}+ low answers").format(count=f"{number:,}")
    return ngettext("{count} low answer", "{count} low answers", number).format(count=f"{number:,}")


@requires(RIGHT)
@require_safe
def loop(request: HttpRequest) -> HttpResponse:
    """Low answers in reach with what became of them, the newest first; the shares recovered."""
    form = LoopFilter(request.GET, user=request.user)
    query = form.query()
    parts = loop_parts(request.user, query)
    page = page_of(parts, NEWEST, loop_rows, **asked_page(request))
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "query": query,
        "page": page,
        "rows": _rows(request, page.rows),
        "count": _count_sentence(*count_of(parts)),
        "shares": shares(request.user, query.unit),
        "crumbs": [(_("Closed loop"), "")],
    }
    return page_or_rows(request, "satisfaction/loop.html", "satisfaction/_loop_rows.html", context)


def _rows(request: HttpRequest, found: list[Recovery]) -> list[dict[str, Any]]:
    """What a row shows; a case is linked for those who see it."""
    now = timezone.now()
    keys = [row.case_id for row in found if row.case_id]
    seen: set[int] = set()
    if keys:
        rows = Case.objects.visible_to(request.user).filter(pk__in=keys)
        seen = set(rows.values_list("pk", flat=True))
    may_open = request.user.has_perm(REGISTER)
    return [
        {
            "low": row,
            "case": row.case,
            "case_url": row.case.get_absolute_url() if row.case and row.case_id in seen else "",
            "state": state_badge(row.case) if row.case else None,
            "due": due_of(row.case, now) if row.case else None,
            "may_open": may_open and row.case_id is None,
        }
        for row in found
    ]


@requires(RIGHT)
@require_POST
def loop_case(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the case of a low answer that a file held back."""
    row = recovery_in_reach(request.user, pk)
    if row is None:
        raise Http404("low answer")
    if recovery_in_reach(request.user, pk, REGISTER) is None:
        raise PermissionDenied(REGISTER)
    try:
        case = open_by_hand(row, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("{number} is registered.").format(number=case.number))
    return redirect("satisfaction:loop")


@requires(ANSWERS)
@require_safe
def ratings(request: HttpRequest) -> HttpResponse:
    """What owners say after their cases, unit by unit, and the rules by which they are asked."""
    form = RatingFilter(request.GET, user=request.user)
    unit, year = form.chosen(timezone.localdate())
    if unit is None:
        raise Http404("unit")
    lines = unit_ratings(request.user, unit, year)
    context = {
        "filter_form": form,
        "unit": unit,
        "year": year,
        "lines": lines[:-1] if lines else [],
        "total": lines[-1] if lines else None,
        "rules": [
            {
                "rule": rule,
                "url": f"{reverse('regions:policy', args=[rule.key])}?unit={unit.code}",
                "change_url": _change_url(request, rule.key, unit),
            }
            for rule in rules_of(unit)
        ],
        "may_see_rules": request.user.has_perm("regions.view_policyvalue"),
        "crumbs": [(_("After-case ratings"), "")],
    }
    return render(request, "satisfaction/ratings.html", context)


def _change_url(request: HttpRequest, key: str, unit: Any) -> str:
    if not may_set(request.user, find(key), unit):
        return ""
    return f"{reverse('regions:policy-change', args=[key])}?unit={unit.code}"
