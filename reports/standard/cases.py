"""Month-end summary of complaints and satisfaction (CMP-07)."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models import Case
from complaints.selectors.summary import Figures, Summary, month_summary
from complaints.states import VIEW
from compliance.models import MonthlySummary
from compliance.models.rounds import VIEW as STRATEGIC
from compliance.selectors.strategic import StrategicQuery, strategic_customers
from core.display import listed
from reports.dashboard.tiles import figure_url
from reports.metrics.reading import Amount, Series, UnitLine, by_units, series_of
from reports.metrics.registry import METRICS, midnight
from reports.standard.base import MOST_ROWS, Column, Found, Question, Standard, Table
from reports.standard.project import address_of, later_notes, perimeter_of, plain
from satisfaction.models import Figure
from satisfaction.selectors.sight import VIEW as SCORES
from satisfaction.selectors.sight import lines_of, waves_to_read

WAVES = 4

COUNTS = (
    Column("taken_in", _("Cases taken in"), "integer"),
    Column("complaints", _("Complaints"), "integer"),
    Column("contact_share", _("First contact within limit"), "percent"),
    Column("resolution_share", _("Resolution within limit"), "percent"),
    Column("reopened", _("Reopened"), "integer"),
    Column("repeated", _("Repeat complaints"), "integer"),
    Column("still_open", _("Still open"), "integer"),
    Column("satisfaction", _("Call-back satisfaction"), "score"),
    Column("satisfied_share", _("Satisfied (4 and 5)"), "percent"),
    Column("rate", _("Complaints per 1,000 households"), "number"),
)
PARTS = (
    Column("name", pgettext_lazy("report", "Name"), width=30),
    Column("cases", _("Cases"), "integer"),
)
UNIT = (Column("name", _("Unit"), width=22), Column("code", _("Code"), "id", 12))
TABLES = (
    Table("units", _("By unit"), (*UNIT, *COUNTS)),
    Table("categories", _("By category"), PARTS),
    Table("levels", _("By level"), PARTS),
    Table("channels", _("By channel"), PARTS),
    Table("causes", _("By cause"), PARTS),
    Table(
        "costs",
        _("Costs"),
        (
            Column("name", _("Borne by"), width=30),
            Column("amount", _("Costs (yuan)"), "money"),
        ),
    ),
    Table(
        "serious",
        _("Major matters"),
        (
            Column("number", _("Case number"), "id", 20),
            Column("taken_in", _("Taken in at"), "datetime"),
            Column("level", _("Level"), width=14),
            Column("category", _("Category"), width=24),
            Column("unit", _("Unit"), width=22),
            Column("state", _("State"), width=14),
        ),
        _("Cases of a serious level taken in within the month."),
    ),
    Table(
        "surveys",
        _("Satisfaction surveys"),
        (
            Column("wave", _("Wave"), "id", 18),
            Column("answers", _("Answers"), "integer"),
            Column("score", _("Score"), "score"),
            Column("low", _("At least (95%)"), "score"),
            Column("high", _("At most (95%)"), "score"),
        ),
        _("Published waves that began by the end of the month; few answers have no score."),
    ),
    Table(
        "strategic",
        _("Strategic customers"),
        (
            Column("customer", _("Customer"), width=30),
            Column("by", _("Marketing specialist"), width=16),
            Column("requests", _("Requests and complaints"), width=40),
            Column("progress", _("Progress of construction"), width=40),
            Column("next_steps", _("Next steps"), width=40),
        ),
        _("What the specialists summed up of the month."),
    ),
)


#: Columns that the registry of figures has: the same sums as everywhere, frozen with their month.
FROM_METRICS = {
    "complaints": "complaints_opened",
    "contact_share": "response_on_time",
    "resolution_share": "completion_on_time",
    "rate": "complaint_rate",
}


def _read(asked: Question) -> Found:
    found = Found()
    summary = month_summary(asked.reader, asked.unit, asked.first)
    perimeter = perimeter_of(asked)
    metrics = [METRICS[key] for key in FROM_METRICS.values()]
    several = [one for one in series_of(perimeter, asked.period, metrics) if not one.is_own]
    lines = by_units(perimeter, asked.period, several) if several else []
    below = {line.unit.pk: line for line in lines}
    cases = f"{reverse('complaints:summary')}?" + urlencode(
        {"unit": asked.unit.code, "month": f"{asked.first:%Y-%m}"}
    )
    for column in COUNTS:
        found.facts[column.key] = getattr(summary.total, column.key)
        found.fact_links[column.key] = cases
    _put_kept(asked, found, several)
    _put_units(found, summary, below, {one.metric.key for one in several})
    _put_parts(found, summary)
    _put_serious(asked, found)
    if asked.may(SCORES):
        _put_surveys(asked, found)
    if asked.may(STRATEGIC):
        _put_strategic(asked, found)
    return found


def _put_kept(asked: Question, found: Found, several: list[Series]) -> None:
    """The figures of the month that the registry has, and what of them is frozen."""
    values = {one.metric.key: one for one in several}
    titles = []
    for column in COUNTS:
        series = values.get(FROM_METRICS.get(column.key, ""))
        if series is None:
            continue
        value = plain(series.metric, series.value)
        if value is None and column.key == "rate":
            found.notes.append(str(_("Without households of then, the rate is told of today's.")))
            continue
        titles.append(column.label)
        found.facts[column.key] = value
        found.fact_links[column.key] = figure_url(series, address_of(asked))
    if any(one.frozen for one in several):
        sentence = _(
            "Frozen when the month was closed: {figures}. All else is counted now, with what "
            "arrived later."
        )
        found.notes.append(str(sentence).format(figures=listed(titles)))
    found.notes += later_notes(several)


def _put_units(found: Found, summary: Summary, below: dict[int, UnitLine], known: set[str]) -> None:
    """Each unit's line: of the registry what it has, the rest counted now."""
    rows = []
    lines = {line.unit.pk: line.figures for line in summary.lines}
    names = {line.unit.pk: (line.unit.name, line.unit.present_code) for line in summary.lines}
    for key, line in below.items():
        # Frozen figures of a unit that has no case of the month any more.
        if key not in lines and any(one.numerator for one in line.amounts.values()):
            lines[key], names[key] = Figures(), (line.unit.name, line.unit.code)
    for key, figures in lines.items():
        amounts = below[key].amounts if key in below else {}
        rows.append((*names[key], *_counts(figures, amounts, known)))
    found.put("units", rows)


def _counts(figures: Figures, amounts: dict[str, Amount], known: set[str]) -> list[Any]:
    counts = []
    for column in COUNTS:
        value, key = getattr(figures, column.key), FROM_METRICS.get(column.key, "")
        if key in known:
            metric = METRICS[key]
            stored = plain(metric, amounts.get(key, Amount()).value(metric))
            value = value if stored is None and column.key == "rate" else stored
        counts.append(value)
    return counts


def _put_parts(found: Found, summary: Summary) -> None:
    for key, parts in (
        ("categories", summary.by_category),
        ("levels", summary.by_level),
        ("channels", summary.by_channel),
        ("causes", summary.by_cause),
    ):
        none = str(_("None stated"))
        found.put(key, [("　" * part.depth + (part.label or none), part.count) for part in parts])
    found.put("costs", [(str(who), amount) for who, amount in summary.costs])


def _put_serious(asked: Question, found: Found) -> None:
    rows = Case.objects.visible_to(asked.reach(VIEW)).filter(
        level__is_serious=True,
        taken_in_at__gte=midnight(asked.first),
        taken_in_at__lt=midnight(asked.after),
    )
    related = rows.select_related("level", "category", "unit").order_by("-taken_in_at", "-pk")
    cases = list(related[: MOST_ROWS + 1])
    found.put(
        "serious",
        [
            (
                *(one.number, one.taken_in_at, one.level.name if one.level else None),
                *(one.category.name if one.category else None, one.unit.name),
                one.get_state_display(),
            )
            for one in cases
        ],
        [one.get_absolute_url() for one in cases],
    )


def _put_surveys(asked: Question, found: Found) -> None:
    waves = waves_to_read(asked.reader).filter(is_standing=False, opens_on__lte=asked.last)
    known = list(waves[:WAVES])
    runs = [wave.run_id or 0 for wave in known]
    lines = {one.run_id: one for one in lines_of(runs, asked.reader, Q(unit=asked.unit))}
    rows, links = [], []
    for wave in known:
        line = lines.get(wave.run_id or 0)
        if line is None:
            continue
        reading = line.reading(Figure.MEAN)
        low, high = (reading and reading.interval) or (None, None)
        rows.append((wave.code, line.n, reading.value if reading else None, low, high))
        query = urlencode({"wave": wave.code, "unit": asked.unit.code})
        links.append(f"{reverse('satisfaction:results')}?{query}")
    found.put("surveys", rows, links)


def _put_strategic(asked: Question, found: Found) -> None:
    mine = strategic_customers(asked.reader, StrategicQuery(unit=asked.unit))
    rows = MonthlySummary.objects.visible_to(asked.reader).filter(
        month=asked.first, customer__in=mine.values("pk")
    )
    words = list(rows.select_related("customer", "by").order_by("customer__pinyin", "pk"))
    found.put(
        "strategic",
        [
            (x.customer.name, x.by.name if x.by else None, x.requests, x.progress, x.next_steps)
            for x in words
        ],
        [x.customer.get_absolute_url() for x in words],
    )


REPORT = Standard(
    key="month-end",
    title=_("Month-end summary of complaints and satisfaction"),
    sentence=_(
        "What was complained about in the month, whether limits were kept, how satisfied "
        "customers are, and the major matters for the Customer Management Committee."
    ),
    source=_("Strategic-customer regime, 3.2(5)"),
    right=VIEW,
    taking="complaints.export_case",
    facts=COUNTS,
    tables=TABLES,
    written=True,
    read=_read,
)
