"""Tables of the profit that customers bring."""

from decimal import Decimal
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from customers.models import Customer
from reports.analysis import profit as gaining
from reports.analysis.base import Column, Method, Question, Table, customer_url, share
from reports.analysis.tables_members import class_links, everybody, name_columns, title_of

CLASS_WORDS = {
    gaining.HIGH: pgettext_lazy("profit", "High profit"),
    gaining.ORDINARY: pgettext_lazy("profit", "Ordinary"),
    gaining.NONE: pgettext_lazy("profit", "Without value"),
    gaining.UNKNOWN: pgettext_lazy("profit", "Cost not known"),
}


def _profit(asked: Question, limit: int | None) -> list[Table]:
    classes = gaining.profit_classes(asked)
    return [
        _classes(asked, classes),
        *_telling(gaining.telling(asked)),
        _customers(asked, gaining.profit(asked, limit)),
    ]


def _classes(asked: Question, classes: list[gaining.ClassLine]) -> Table:
    columns = (
        Column(pgettext("profit", "Class"), width=18),
        Column(_("Customers"), "integer"),
        Column(_("Sales (yuan)"), "money", 18),
        Column(_("Of these with a known cost (yuan)"), "money", 20),
        Column(pgettext("purchase", "Cost (yuan)"), "money", 18),
        Column(_("Profit (yuan)"), "money", 18),
        Column(_("Margin"), "percent"),
        Column(_("Share of the profit"), "percent", 14),
    )
    rows = [(str(CLASS_WORDS[x.word]), x.customers, x.sales, x.costed, *_known(x)) for x in classes]
    links = class_links("profit", everybody(asked), [(x.word, x.customers) for x in classes])
    return Table(_("Classes"), columns, rows, links, bars=1, note=_coverage(classes))


def _known(x: gaining.ClassLine) -> tuple[Any, ...]:
    """Cost, profit, margin and share; nothing where no cost is known."""
    if x.word == gaining.UNKNOWN or not x.customers:
        return (None, None, None, None)
    return (x.cost, x.profit, share(x.profit, x.costed), x.share)


def _coverage(classes: list[gaining.ClassLine]) -> str:
    """How much of the sales the profit speaks of."""
    sales = sum((x.sales for x in classes), Decimal(0))
    costed = sum((x.costed for x in classes), Decimal(0))
    part = f"{costed / sales:.1%}" if sales > 0 else "—"
    return _(
        "The 365 days through the day. The cost is known of {costed} of {sales} yuan of sales"
        " ({part}); what was sold without a known cost is no profit and no loss here."
    ).format(costed=f"{costed:,.2f}", sales=f"{sales:,.2f}", part=part)


def _telling(lines: list[gaining.Telling]) -> list[Table]:
    if not lines:
        return []
    columns = (
        Column(_("Information"), width=20),
        Column(_("Filled in"), "percent"),
        Column(_("Explains of the differences in profit"), "percent", 20),
        Column(_("Most profit a customer"), width=20),
        Column(_("Mean profit there (yuan)"), "money", 18),
    )
    rows = [
        (
            capfirst(Customer._meta.get_field(x.attribute).verbose_name),  # type: ignore[union-attr]
            *(x.known, x.explains, x.best or None, x.mean),
        )
        for x in lines
    ]
    note = _(
        "Among customers whose cost is known: the more of the differences an information explains,"
        " the more it helps to decide whom to look after. Chance is taken off; nothing is said of"
        " fewer than {least} customers."
    ).format(least=gaining.LEAST)
    return [Table(_("Which information tells"), columns, rows, bars=2, note=note)]


def _customers(asked: Question, lines: list[gaining.ProfitLine]) -> Table:
    sees_money = any(x.spent is not None for x in lines)
    columns = [
        *name_columns(),
        Column(pgettext("profit", "Class"), width=14),
        Column(_("Sales (yuan)"), "money", 18),
        Column(_("Of these with a known cost (yuan)"), "money", 20),
        Column(pgettext("purchase", "Cost (yuan)"), "money", 18),
        Column(_("Profit (yuan)"), "money", 18),
        Column(_("Margin"), "percent"),
        Column(_("Share of the profit"), "percent", 14),
    ]
    if sees_money:
        columns += [
            Column(_("Paid for him (yuan)"), "money", 18),
            Column(_("Profit less what was paid (yuan)"), "money", 20),
        ]
    rows = []
    for x in lines:
        cells = (x.name, x.code, str(CLASS_WORDS[x.word]), x.sales, x.costed, x.cost, x.profit)
        row: tuple[Any, ...] = (*cells, x.margin, x.share)
        rows.append((*row, x.spent, x.left) if sees_money else row)
    word = str(CLASS_WORDS.get(asked.chosen, asked.chosen))
    title = title_of(word) if asked.chosen else _("Customers")
    links = [customer_url(x.customer) + "?tab=purchases" for x in lines]
    note = _("Paid for him: what the ledger of expenses shows you, in equal parts of each paper.")
    return Table(title, columns, rows, links, note=note if sees_money else "")


def _profit_sentence(tables: list[Table]) -> str:
    high, _ordinary, none, unknown = tables[0].rows
    known = sum(row[1] for row in tables[0].rows) - unknown[1]
    if not known:
        return _("No purchase of the year has a known cost, so that nothing is said of profit.")
    words = ngettext(
        "{high} of {known} customer brings {part} of the profit; {none} without value, of {unknown}"
        " no cost is known.",
        "{high} of {known} customers bring {part} of the profit; {none} without value, of {unknown}"
        " no cost is known.",
        known,
    )
    part = "—" if high[7] is None else f"{high[7]:.1%}"
    return words.format(
        high=f"{high[1]:,}",
        known=f"{known:,}",
        part=part,
        none=f"{none[1]:,}",
        unknown=f"{unknown[1]:,}",
    )


METHODS = (
    Method(
        "profit",
        gettext_lazy("Profit of customers"),
        gettext_lazy(
            "Which customers bring high profit, which are without value, and which information"
            " tells them apart. The shares are policies of the group."
        ),
        _profit,
        _profit_sentence,
        ("part",),
        empty=gettext_lazy("No purchases in the 365 days through this day."),
    ),
)
