"""Expense ledger: every line of the books of a unit in a period."""

from collections import defaultdict
from decimal import Decimal
from itertools import islice
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.paging import page_of
from expenses.exports import PERMISSION as TAKING
from expenses.models import LedgerEntry
from expenses.selectors.lists import CHUNK, LEDGER, LedgerQuery, ledger_parts, ledger_rows
from expenses.selectors.lists import ledger_sums as sums_of
from reports.standard.base import MOST_ROWS, Column, Found, Question, Standard, Table

SUMS = (
    Column("approved", _("Approved (yuan)"), "money"),
    Column("paid", _("Paid (yuan)"), "money"),
)
FACTS = (*SUMS, Column("lines", pgettext_lazy("ledger", "Lines"), "integer"))
TABLES = (
    Table(
        "categories",
        _("By category"),
        (Column("name", _("Category"), width=24), *SUMS),
    ),
    Table(
        "units",
        _("By unit"),
        (Column("name", _("Unit"), width=22), Column("code", _("Code"), "id", 12), *SUMS),
        _("Each unit itself, without those below it."),
    ),
    Table(
        "lines",
        _("Ledger"),
        (
            Column("booked_on", _("Booked on"), "date"),
            Column("number", _("Application number"), "id", 20),
            Column("purpose", pgettext_lazy("application", "Purpose"), width=30),
            Column("category", _("Category"), width=16),
            Column("unit", _("Unit"), width=22),
            Column("kind", _("Kind"), width=14),
            *SUMS,
            Column("text", pgettext_lazy("ledger", "Text"), width=36),
            Column("by", pgettext_lazy("ledger", "By"), width=12),
        ),
        _("Beneficiaries and their accounts stay out of it."),
    ),
)


def _read(asked: Question) -> Found:
    found = Found()
    query = LedgerQuery(unit=asked.unit, since=asked.first, until=asked.period.last)
    approved, paid = sums_of(asked.reader, query)
    lines = list(islice(_lines(asked.reader, query), MOST_ROWS + 1))
    found.facts = {"approved": approved, "paid": paid}
    url = f"{reverse('expenses:ledger')}?" + urlencode(
        {
            "unit": asked.unit.code,
            "since": asked.first.isoformat(),
            "until": asked.period.last.isoformat(),
        }
    )
    found.fact_links = dict.fromkeys(("approved", "paid", "lines"), url)
    found.put("lines", [_row(one) for one in lines], [_url(one) for one in lines])
    if "lines" not in found.cut:
        # Of the lines that stand below; a part of them has no sums.
        found.facts["lines"] = len(lines)
        found.put("categories", _sums(lines, lambda one: (one.category.name,)))
        found.put("units", _sums(lines, lambda one: (one.unit.name, one.unit.code)))
    return found


def _lines(user: Any, query: LedgerQuery) -> Any:
    parts, after = ledger_parts(user, query), ""
    while True:
        page = page_of(parts, query.order, ledger_rows, after=after, size=CHUNK)
        yield from page.rows
        after = page.next
        if not after:
            return


def _row(line: LedgerEntry) -> tuple[Any, ...]:
    paper = line.application
    return (
        *(line.booked_on, paper.number, paper.title, line.category.name, line.unit.name),
        *(line.get_kind_display(), line.approved, line.paid, line.text),
        line.by.name if line.by else None,
    )


def _url(line: LedgerEntry) -> str:
    return line.application.get_absolute_url()


def _sums(lines: list[LedgerEntry], key: Any) -> list[tuple[Any, ...]]:
    found: dict[tuple[Any, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for line in lines:
        sums = found[key(line)]
        sums[0] += line.approved
        sums[1] += line.paid
    return [(*names, *sums) for names, sums in sorted(found.items(), key=lambda x: (-x[1][1], x))]


REPORT = Standard(
    key="expense-ledger",
    title=_("Expense ledger"),
    sentence=_("What was approved and paid for customers, line by line, with its sums."),
    source=_("Group customer-expense rules"),
    right=LEDGER,
    taking=TAKING,
    facts=FACTS,
    tables=TABLES,
    read=_read,
    periods=("month", "quarter", "year"),
)
