"""Customer analysis report: who the customers of a unit are, and what changed (VAL-18)."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import OwnerStage
from reports.analysis import base as analysis
from reports.analysis.portfolio import CompositionLine, composition, cooperation_sums
from reports.analysis.purchases import abc_classes, rfm_segments
from reports.analysis.quality import UnitQuality, quality_by_unit
from reports.analysis.tables import SEGMENT_WORDS
from reports.analysis.tables_portfolio import MET_WORDS
from reports.dashboard.basis import frozen_in
from reports.metrics.definitions import SEE_CUSTOMERS
from reports.metrics.reading import series_of
from reports.metrics.registry import METRICS
from reports.standard.base import Column, Found, Question, Standard, Table
from reports.standard.project import fact_of, perimeter_of, put_figures

SHOWN = ("customers", "customers_new", "owners", "owners_lost", "contacts", "contacts_overdue")
MONEY = Column("amount", _("Amount (yuan)"), "money")
NUMBER = Column("customers", _("Customers"), "integer")
CLASSES = (
    Column("name", pgettext_lazy("composition", "Class"), width=26),
    NUMBER,
    Column("share", _("Share of the customers"), "percent"),
    MONEY,
    Column("share_amount", _("Share of the money"), "percent"),
)
COMPOSED = {
    "level": ("classes", pgettext_lazy("composition", "By class")),
    "stage": ("stages", pgettext_lazy("composition", "By stage")),
    "business_type": ("business_types", pgettext_lazy("composition", "By business type")),
    "source": ("sources", pgettext_lazy("composition", "By source")),
    "unit": ("units", pgettext_lazy("composition", "By unit")),
}
TABLES = (
    *(Table(key, title, CLASSES) for key, title in COMPOSED.values()),
    Table(
        "abc",
        _("ABC analysis"),
        (
            Column("business_type", _("Business type"), width=24),
            Column("name", pgettext_lazy("composition", "Class"), width=10),
            NUMBER,
            MONEY,
        ),
    ),
    Table(
        "segments",
        _("RFM segments"),
        (Column("name", _("Segment"), width=26), NUMBER, MONEY),
    ),
    Table(
        "cooperation",
        _("Managed clients"),
        (Column("name", _("Measures met"), width=26), NUMBER, MONEY),
    ),
    Table(
        "quality",
        _("Quality of data"),
        (
            Column("name", _("Unit"), width=22),
            Column("code", _("Code"), "id", 12),
            NUMBER,
            Column("score", _("Score (0–100)"), "score"),
            Column("complete", _("Complete"), "percent"),
            Column("fresh", _("Fresh"), "percent"),
            Column("duplicates", _("Duplicates"), "integer"),
        ),
    ),
)


def _read(asked: Question) -> Found:
    found = Found()
    metrics = [METRICS[key] for key in SHOWN]
    several = series_of(perimeter_of(asked), asked.period, metrics)
    put_figures(asked, found, several)
    if frozen_in(several):
        found.notes.append(str(_("The tables are counted now, from what is recorded today.")))
    scope = asked.reach(SEE_CUSTOMERS)
    question = analysis.Question(asked.unit, scope, asked.last, reader=asked.reader)
    _put_composition(question, found)
    found.put("abc", abc_classes(asked.last, scope))
    segments = rfm_segments(asked.last, scope)
    found.put("segments", [(str(SEGMENT_WORDS[key]), *facts) for key, facts in segments.items()])
    met = [(str(MET_WORDS[met]), count, money) for met, count, money in cooperation_sums(question)]
    found.put("cooperation", met)
    found.put("quality", [_quality(line) for line in quality_by_unit(question)])
    return found


def _quality(line: UnitQuality) -> tuple[Any, ...]:
    unit, score = line.unit, 100 * line.score
    return (
        *(unit.name, unit.code, line.customers, score, line.complete, line.fresh),
        line.duplicates,
    )


def _put_composition(question: analysis.Question, found: Found) -> None:
    lines = composition(question)
    for by, (key, _title) in COMPOSED.items():
        mine = [line for line in lines if line.by == by]
        links = [analysis.part_url("composition", question, x.unit) if x.unit else "" for x in mine]
        found.put(key, [_row(line) for line in mine], links)


def _row(line: CompositionLine) -> tuple[Any, ...]:
    word = OwnerStage(line.word).label if line.by == "stage" else line.word
    name = str(word or _("None stated"))
    return name, line.customers, line.share, line.amount, line.share_amount


REPORT = Standard(
    key="customer-analysis",
    title=_("Customer analysis report"),
    sentence=_(
        "Of whom the customers consist, who came and went, what they buy and how good their "
        "data are."
    ),
    source=_("Construction-engineering method, 2(3)"),
    right=SEE_CUSTOMERS,
    taking="customers.export_customer",
    facts=tuple(fact_of(METRICS[key]) for key in SHOWN),
    tables=TABLES,
    written=True,
    read=_read,
    periods=("month", "quarter", "year"),
)
