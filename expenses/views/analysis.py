"""Expense analysis: where the money went, what it did, drawn and to take away (EXP-10)."""

from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from audit.services import record
from core.access import requires
from core.pdf import NoPdf, render_pdf
from expenses.analysis_book import workbook_of
from expenses.forms.analysis import WAYS, AnalysisFilter
from expenses.selectors import analysis as reading
from expenses.selectors.analysis import VIEW, Question, Share
from expenses.selectors.budget_pages import VIEW as BUDGETS
from expenses.selectors.effect import Outlook, PerOwner, latest_wave, outlooks, per_owner
from regions.models import Kind, OrgUnit
from satisfaction.charts import Axis, axis_for

EXPORT = "expenses.export_application"
SPAN = 0.5  # shortest span of the drawn satisfaction
PLOT_TOP, PLOT_BOTTOM = 12, 200


@dataclass(frozen=True, slots=True)
class Found:
    """All that the page, the workbook and the paper say about one question."""

    asked: Question
    way: str
    shares: list[Share]
    total: reading.Money
    cost: reading.CaseCost
    outlook: list[Outlook]
    owners: list[PerOwner]
    wave: Any


def found_for(user: Any, asked: Question, way: str) -> Found:
    """Add up what is asked for a reader."""
    papers = reading.papers_of(user, asked)
    total = reading.total_of(papers)
    wave = latest_wave(user, asked)
    units = [one for one in reading.by_unit(papers, asked) if one.what.pk != asked.unit.pk]
    units.append(Share(asked.unit.name, total, asked.unit))
    today = timezone.localdate()
    budgets = user.has_perm(BUDGETS)
    return Found(
        asked,
        way,
        reading.WAYS[way](papers, asked),
        total,
        reading.case_cost(user, asked),
        outlooks(user, asked.unit, asked.since.year, today) if budgets else [],
        per_owner(user, units, wave),
        wave,
    )


@requires(VIEW)
@require_safe
def analysis(request: HttpRequest) -> HttpResponse:
    """The figures of a unit and a period, sorted in one way."""
    form = AnalysisFilter(request.GET, user=request.user, today=timezone.localdate())
    asked = form.question
    context: dict[str, Any] = {"form": form, "crumbs": [(_("Expense analysis"), "")]}
    if asked is not None:
        way = form.way_chosen
        context |= context_of(found_for(request.user, asked, way))
        query = urlencode(form.address())
        context |= {
            "ways": [
                (label, f"?{urlencode(form.address(way=key))}", key == way) for key, label in WAYS
            ],
            "book_url": f"{reverse('expenses:analysis-workbook')}?{query}",
            "pdf_url": f"{reverse('expenses:analysis-pdf')}?{query}",
            "may_export": request.user.has_perm(EXPORT),
        }
    return render(request, "expenses/analysis.html", context)


def context_of(found: Found) -> dict[str, Any]:
    """What page and paper show."""
    asked = found.asked
    most = max((max(one.money.paid, one.money.approved) for one in found.shares), default=0)
    return {
        "found": found,
        "asked": asked,
        "way_label": dict(WAYS)[found.way],
        "rows": [_row(found, one, most) for one in found.shares],
        "total_url": _papers_url(asked),
        "scatter": scatter(found.owners),
        "sentence": _sentence(found),
    }


def _sentence(found: Found) -> str:
    total = found.total
    words = _("{papers} applications: ¥{approved} approved, ¥{paid} paid.")
    return words.format(
        papers=f"{total.papers:,}", approved=f"{total.approved:,.2f}", paid=f"{total.paid:,.2f}"
    )


def _row(found: Found, one: Share, most: Any) -> dict[str, Any]:
    """A line with its bars (in hundredths of the largest) and where it leads."""
    return {
        "label": one.label or _others(found.way),
        "is_own": found.way == reading.UNIT and one.what.pk == found.asked.unit.pk,
        "money": one.money,
        "paid_width": f"{100 * one.money.paid / most:.2f}" if most else "0",
        "approved_width": f"{100 * one.money.approved / most:.2f}" if most else "0",
        "url": _url(found, one),
    }


def _others(way: str) -> str:
    if way == reading.CUSTOMER:
        return _("other or no customers")
    if way == reading.CASE:
        return pgettext("expense", "other or no complaint")
    return pgettext("expense", "other or no event")


def _papers_url(asked: Question, **more: Any) -> str:
    """The list of the papers behind a figure."""
    query = {
        "unit": asked.unit.code,
        "since": asked.since.isoformat(),
        "until": asked.until.isoformat(),
    }
    return f"{reverse('expenses:applications')}?{urlencode(query | more)}"


def _url(found: Found, one: Share) -> str:
    asked, what = found.asked, one.what
    if what is None:
        return ""
    if found.way == reading.UNIT:
        return _papers_url(asked, unit=what.code)
    if found.way == reading.CATEGORY:
        return _papers_url(asked, category=what.code)
    if found.way == reading.CUSTOMER:
        return _papers_url(asked, customer=what.pk)
    if found.way == reading.MONTH:
        following = (what.replace(day=28) + timedelta(days=4)).replace(day=1)
        last = following - timedelta(days=1)
        return _papers_url(asked, since=what.isoformat(), until=last.isoformat())
    return str(what.get_absolute_url())


# --- money per owner beside satisfaction ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scatter:
    """Units as points: across how much was paid for an owner, upright how content owners are."""

    across: Axis
    upright: list[tuple[float, str]]
    points: list[tuple[float, float, str]]


def scatter(owners: list[PerOwner]) -> Scatter | None:
    """The points of units that have both figures; None of fewer than two."""
    known = [one for one in owners if one.each is not None and one.reading is not None]
    if len(known) < 2:  # noqa: PLR2004 - one point compares nothing
        return None
    pays = [float(one.each or 0) for one in known]
    means = [one.reading.value for one in known if one.reading]
    across = axis_for([0.0, *pays], least=1.0, bounds=(0.0, 1e9))
    upright = axis_for(means, least=SPAN, bounds=(0.0, 10.0))
    return Scatter(
        across,
        [
            (round(PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * tick.at / 100, 1), tick.label)
            for tick in upright.ticks
        ],
        [
            (across.place(pay), upright.height(mean, PLOT_TOP, PLOT_BOTTOM), one.unit.name)
            for pay, mean, one in zip(pays, means, known, strict=True)
        ],
    )


# --- to take away ---------------------------------------------------------------------------------


def _asked_or_404(request: HttpRequest) -> tuple[Question, str]:
    form = AnalysisFilter(request.GET, user=request.user, today=timezone.localdate())
    asked = form.question
    if asked is None:
        raise Http404("analysis")
    return asked, form.way_chosen


@requires(EXPORT)
@require_safe
def analysis_workbook(request: HttpRequest) -> FileResponse:
    """The analysis as a workbook: a sheet for each way of sorting, with charts."""
    asked, way = _asked_or_404(request)
    found = found_for(request.user, asked, way)
    ways = {key: reading.sorted_by(request.user, asked, key) for key, _label in WAYS}
    content = BytesIO(workbook_of(found, ways))
    _taken(request, asked)
    return FileResponse(content, as_attachment=True, filename=f"{_name(asked)}.xlsx")


@requires(EXPORT)
@require_safe
def analysis_pdf(request: HttpRequest) -> HttpResponse | FileResponse:
    """The analysis on paper, sorted as on the page."""
    asked, way = _asked_or_404(request)
    context = context_of(found_for(request.user, asked, way)) | {
        "group": OrgUnit.objects.filter(kind=Kind.GROUP).values_list("name", flat=True).first(),
        "printed_at": timezone.now(),
        "printed_by": request.user,
    }
    try:
        pdf = render_pdf("expenses/analysis_paper.html", context)
    except NoPdf as refusal:
        return render(request, "409.html", {"message": str(refusal)}, status=503)
    _taken(request, asked)
    return FileResponse(BytesIO(pdf), as_attachment=True, filename=f"{_name(asked)}.pdf")


def _taken(request: HttpRequest, asked: Question) -> None:
    record(
        "expenses.analysis_taken",
        by=request.user,
        subject=asked.unit,
        unit=asked.unit.code,
        since=asked.since.isoformat(),
        until=asked.until.isoformat(),
    )


def _name(asked: Question) -> str:
    words = _("Expenses {unit} {since} {until}")
    return words.format(unit=asked.unit.name, since=asked.since, until=asked.until)
