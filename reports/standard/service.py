"""Service measures: before, during and after the sale, counted where records know, else entered by
people with their source; what is not known is said (VAL-16)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.display import listed
from reports.models import ServiceMeasure
from reports.standard.base import Column, Found, Question, Standard, Table
from reports.standard.service_counts import counted
from reports.standard.service_entries import may_enter
from reports.standard.service_items import ELEMENTS, ITEMS, UNITS, Item

KEY = "service-measures"
COLUMNS = (
    Column("item", pgettext_lazy("measure", "Measure"), width=34),
    Column("value", pgettext_lazy("service", "Value"), "plain"),
    Column("unit", pgettext_lazy("measure", "In"), width=10),
    Column("how", pgettext_lazy("service", "Known how"), width=22),
    Column("source", gettext_lazy("Source"), width=44),
    Column("day", pgettext_lazy("service", "As of"), "date"),
)
FACTS = (
    Column("known", gettext_lazy("Measures known"), "integer"),
    Column("missing", gettext_lazy("Measures not known"), "integer"),
)


def _read(asked: Question) -> Found:
    found, values = Found(), counted(asked)
    rows = ServiceMeasure.objects.visible_to(asked.reader).select_related("entered_by")
    mine = rows.filter(unit=asked.unit, period=asked.period.key)
    entered = {row.item: row for row in mine}
    enters = may_enter(asked.reader, asked.unit)
    missing: list[str] = []
    known = 0
    for element in ELEMENTS:
        items = [item for item in ITEMS.values() if item.element == element]
        shown = [item for item in items if item.key in values or not item.source]
        lines = [_line(asked, item, values.get(item.key), entered.get(item.key)) for item in shown]
        links = [_link(asked, item) if enters and not item.source else "" for item in shown]
        found.put(element, lines, links)
        missing += [str(x.title) for x, line in zip(shown, lines, strict=True) if line[1] is None]
        known += sum(line[1] is not None for line in lines)
    found.facts = {"known": known, "missing": len(missing)}
    if missing:
        found.notes.append(_("Not known: {items}.").format(items=listed(missing)))
    return found


def _line(asked: Question, item: Item, value: Any, entered: ServiceMeasure | None) -> Sequence[Any]:
    unit = str(UNITS[item.unit])
    if value is not None:
        value = int(value) if item.unit == "count" else round(Decimal(repr(float(value))), 2)
    if item.source:
        how = _("counted") if value is not None else _("nothing to count")
        return (str(item.title), value, unit, how, str(item.source), asked.last)
    if entered is None:
        return (str(item.title), None, unit, _("not entered yet"), None, None)
    name = entered.entered_by.name if entered.entered_by else "—"
    how = _("entered by {name}").format(name=name)
    return (str(item.title), entered.value, unit, how, entered.source, entered.known_on)


def _link(asked: Question, item: Item) -> str:
    query = urlencode({"unit": asked.unit.code, "period": asked.period.key})
    return f"{reverse('reports:service-enter', args=[item.key])}?{query}"


REPORT = Standard(
    key=KEY,
    title=gettext_lazy("Service measures"),
    sentence=gettext_lazy(
        "How customers are served before, during and after the sale: what records tell, and what "
        "the unit says itself."
    ),
    source=gettext_lazy("Customer-relationship analysis, part 2"),
    right="reports.view_dashboard",
    taking="customers.export_customer",
    facts=FACTS,
    tables=tuple(Table(key, title, COLUMNS) for key, title in ELEMENTS.items()),
    read=_read,
    periods=("month", "quarter", "year"),
)
