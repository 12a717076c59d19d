"""Dashboard, figures in words, and the rows behind a figure."""

from io import BytesIO
from typing import Any

from django.core.paginator import Paginator
from django.db.models import CompositePrimaryKey
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from audit.services import record
from compliance.selectors.owed import PRINCIPAL_LEADERS
from core.access import requires
from core.htmx import page_or_rows
from core.keyset import Order
from core.paging import asked_page, count_of, page_of
from customers.selectors.rhythm import FREQUENCY
from regions.policies import values_once
from reports.dashboard.basis import basis_of, frozen_in
from reports.dashboard.beside import blocks_of, sorted_figures
from reports.dashboard.charts import charts_of
from reports.dashboard.forms import VIEW, DashboardFilter
from reports.dashboard.others import OTHERS, notes_of, others_of, tiles_of
from reports.dashboard.tiles import added, all_series, later_words, written
from reports.dashboard.workbook import workbook_of
from reports.metrics.definitions import GROUPS, judged_once, state_of_sums
from reports.metrics.own import OF_PEOPLE, work_of
from reports.metrics.perimeter import OwnWork, Perimeter
from reports.metrics.reading import Amount, Series, rows_behind, series_of
from reports.metrics.registry import METRICS, Adds, Kind, Metric
from reports.metrics.words import Fact, facts_of, facts_of_other, names_of_rights
from reports.models import ClosedMonth, RollupState

EXPORT = "customers.export_customer"
PER_PAGE = 25
RHYTHMS = (FREQUENCY, PRINCIPAL_LEADERS)  # who owes whom a contact: read together
BY_KEY = Order("-pk", "pk", descending=True)


@requires(VIEW)
@require_safe
@values_once(*RHYTHMS)
@judged_once()
def dashboard(request: HttpRequest) -> HttpResponse:
    """The figures of a unit in a period; each is a link to exactly its rows."""
    form = DashboardFilter(request.GET, user=request.user, today=timezone.localdate())
    perimeter = _perimeter(request, form)
    context: dict[str, Any] = {"form": form, "crumbs": [(_("Dashboard"), "")]}
    if perimeter is None:
        return render(request, "reports/dashboard.html", context)
    period, address = form.period_asked(), form.address()
    found = all_series(perimeter, period)
    drawn = _drawn(found, form)
    charts = charts_of(drawn, perimeter, period, address) if drawn else []
    query = urlencode(address)
    context |= {
        "unit": perimeter.unit,
        "below": perimeter.below,
        "period": period,
        "sorted": sorted_figures(found, address),
        "compare_url": f"{reverse('reports:compare')}?{query}",
        "groups": tiles_of(found, perimeter, period, address),
        "drawn": drawn,
        "charts": charts,
        "data": {chart.key: chart.as_data() for chart in charts},
        "frozen": frozen_in(found),
        "basis": basis_of(found, period),
        "notes": notes_of(found, perimeter, period),
        "later": [(one.metric.title, later_words(one)) for one in found if one.has_later],
        "past_tree": period.end < timezone.localdate(),
        "own_only": all(perimeter.is_own(one.metric.right) for one in found) if found else False,
        "state": state_of_sums(),
        "book_url": f"{reverse('reports:dashboard-workbook')}?{query}",
        "may_export": request.user.has_perm(EXPORT),
    }
    return render(request, "reports/dashboard.html", context)


def _perimeter(request: HttpRequest, form: DashboardFilter) -> Perimeter | None:
    unit = form.unit_asked()
    if unit is None:
        return None
    return Perimeter(request.user, unit, below=form.below(), day=form.period_asked().end)


def _drawn(found: list[Series], form: DashboardFilter) -> Series | None:
    """The figure that is drawn: the one asked for, else the first of what happened."""
    wanted = form.cleaned_data.get("metric")
    return next((one for one in found if one.metric.key == wanted), None)


@requires(VIEW)
@require_safe
@values_once(*RHYTHMS)
def compare(request: HttpRequest) -> HttpResponse:
    """The units right below one side by side, in all figures."""
    form = DashboardFilter(request.GET, user=request.user, today=timezone.localdate())
    del form.fields["metric"], form.fields["only"]
    perimeter = _perimeter(request, form)
    back = reverse("reports:dashboard")
    context: dict[str, Any] = {"form": form, "crumbs": [(_("Dashboard"), back), (_("Units"), "")]}
    if perimeter is not None:
        period, address = form.period_asked(), form.address()
        found = all_series(perimeter, period)
        context |= {
            "unit": perimeter.unit,
            "below": perimeter.below,
            "period": period,
            "blocks": blocks_of(found, perimeter, period, address),
            "dashboard_url": f"{back}?{urlencode(address)}",
            "notes": notes_of(found, perimeter, period),
            "frozen": frozen_in(found),
            "basis": basis_of([one for one in found if not one.is_own], period),
        }
    return render(request, "reports/compare.html", context)


@requires(EXPORT)
@require_safe
def dashboard_workbook(request: HttpRequest) -> HttpResponse | FileResponse:
    """The same figures as a workbook."""
    form = DashboardFilter(request.GET, user=request.user, today=timezone.localdate())
    perimeter = _perimeter(request, form)
    if perimeter is None:
        raise Http404
    period = form.period_asked()
    others = [tile for tiles in others_of(perimeter, period).values() for tile in tiles]
    content = workbook_of(all_series(perimeter, period), others, perimeter, period)
    record(
        "reports.dashboard_taken",
        by=request.user,
        subject=perimeter.unit,
        unit=perimeter.unit.code,
        period=period.key,
    )
    name = f"{_('Dashboard')} {perimeter.unit.name} {period.key}.xlsx"
    return FileResponse(BytesIO(content), as_attachment=True, filename=name)


@requires(VIEW)
@require_safe
def metric_list(request: HttpRequest) -> HttpResponse:
    """Every figure in words: what it counts, how it is kept, when it was compared last."""
    seen = [metric for metric in METRICS.values() if metric.opens_to(request.user)]
    others = [one for one in OTHERS if one.opens_to(request.user)]
    rights = names_of_rights([*seen, *others])
    told: list[tuple[Any, list[Fact]]]
    told = [(one, facts_of(one, rights[one.right])) for one in seen]
    told += [(one, facts_of_other(one, rights[one.right])) for one in others]
    context = {
        "groups": [
            (label, rows)
            for key, label in GROUPS.items()
            if (rows := [(one, facts) for one, facts in told if one.group == key])
        ],
        "state": RollupState.objects.first(),
        "closed": ClosedMonth.objects.order_by("-month").first(),
        "crumbs": [(_("Metrics"), "")],
    }
    return render(request, "reports/metrics.html", context)


@requires(VIEW)
@require_safe
def metric_rows(request: HttpRequest, key: str) -> HttpResponse:
    """Exactly the rows that make up a figure in one scope."""
    metric = METRICS.get(key)
    if metric is None or not metric.opens_to(request.user):
        raise Http404(key)
    form = DashboardFilter(request.GET, user=request.user, today=timezone.localdate())
    perimeter = _perimeter(request, form)
    if perimeter is None:
        raise Http404(key)
    mine = bool(request.GET.get("mine")) and key in OF_PEOPLE
    if mine:
        metric, perimeter = work_of(metric, request.user), OwnWork(request.user, perimeter.unit)
    period, part = form.period_asked(), request.GET.get("part")
    rows = rows_behind(perimeter, period, metric, part)
    number, more = count_of([rows])
    (series,) = series_of(perimeter, period, [metric])
    amount = series.parts[part] if part is not None else series.now
    words = ngettext("{count} row", "{count} rows", number).format(count=f"{number:,}")
    back = f"{reverse('reports:dashboard')}?{urlencode(form.address())}"
    context = {
        "metric": metric,
        "unit": perimeter.unit,
        "mine": mine,
        "form": form,
        "below": perimeter.below,
        "period": period,
        "part": str(metric.labels().get(part, part) or _("None stated"))
        if part is not None
        else "",
        "figure": written(metric, amount.value(metric)),
        "later": later_words(series) if series.has_later else "",
        "is_past_stock": metric.kind == Kind.STOCK and not period.runs,
        "as_of": series.as_of if period.runs else None,
        "count": f"{number:,}+" if more else words,
        "page": _page(request, metric, rows),
        "crumbs": [(_("Dashboard"), back), (str(metric.title), "")],
    }
    labels = metric.labels()
    adds = metric.adds(_of_page(metric, context["page"]), period.first, period.last)
    context["lines"] = [_line(metric, row, adds[row.pk], labels) for row in context["page"]]
    context["has_parts"] = bool(labels)
    context["has_whole"] = metric.is_share and not metric.once
    context["sum"] = _sum_words(metric, amount) if series.is_known else ""
    return page_or_rows(request, "reports/metric_rows.html", "reports/_metric_rows.html", context)


def _page(request: HttpRequest, metric: Metric, rows: Any) -> Any:
    """One page by key; rows that have two keys are few enough a page to be counted through."""
    if isinstance(rows.model._meta.pk, CompositePrimaryKey):
        every = rows.select_related(*metric.related).order_by("-day", "person_id")
        return Paginator(every, PER_PAGE).get_page(request.GET.get("page"))

    def read(keys: Any) -> list[Any]:
        wanted = [one.pk for one in keys]
        found = rows.model.objects.select_related(*metric.related).in_bulk(wanted)
        return [found[pk] for pk in wanted if pk in found]

    return page_of([rows], BY_KEY, read, **asked_page(request))


def _of_page(metric: Metric, page: Any) -> Any:
    """The rows of a page as a query, so that what they add is asked at once."""
    return metric.rows().filter(pk__in=[row.pk for row in page])


def _line(metric: Metric, row: Any, adds: Adds, labels: dict[str, Any]) -> dict[str, Any]:
    """A row as the list shows it, with what it adds to the figure."""
    label, url = metric.describe(row)
    return {
        "label": label,
        "url": url,
        "unit": getattr(row, "unit", row).name,
        "moment": getattr(row, metric.moment) if metric.moment else None,
        "part": labels.get(adds.part, adds.part) or _("None stated"),
        "adds": added(metric, adds.numerator),
        "whole": added(metric, adds.denominator),
    }


def _sum_words(metric: Metric, amount: Amount) -> str:
    """What the rows come to together, above and below the line."""
    above, below = added(metric, amount.numerator), added(metric, amount.denominator)
    if metric.is_share:
        return _("{above} out of {below}").format(above=above, below=below)
    return above
