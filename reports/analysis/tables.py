"""The tables of ABC, RFM, seasons and products, and the list of all methods."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from reports.analysis import purchases as reading
from reports.analysis import (
    tables_leads,
    tables_people,
    tables_portfolio,
    tables_profile,
    tables_profit,
    tables_value,
)
from reports.analysis import targets as aims
from reports.analysis.base import Column, Method, Question, Table, customer_url, share
from reports.analysis.members import of_product
from reports.analysis.tables_members import buyers_table, class_links, everybody, title_of

SEGMENT_WORDS = {
    "champion": pgettext_lazy("segment", "Champions"),
    "loyal": pgettext_lazy("segment", "Loyal"),
    "big_new": pgettext_lazy("segment", "New, large"),
    "new": pgettext_lazy("segment", "New"),
    "promising": pgettext_lazy("segment", "Promising"),
    "needs_attention": pgettext_lazy("segment", "Needs attention"),
    "cannot_lose": pgettext_lazy("segment", "Not to be lost"),
    "at_risk": pgettext_lazy("segment", "At risk"),
    "sleeping_big": pgettext_lazy("segment", "Asleep, large"),
    "lost": pgettext_lazy("segment", "Gone"),
}

# --- ABC ------------------------------------------------------------------------------------------


def _abc(asked: Question, limit: int | None) -> list[Table]:
    classes = reading.abc_classes(asked.as_of, asked.scope, asked.among)
    lines = reading.abc(asked.as_of, asked.scope, asked.customer, limit, asked.among, asked.chosen)
    parts = [(f"{kind}/{letter}", count) for kind, letter, count, _amount in classes]
    kind, _slash, letter = asked.chosen.rpartition("/")
    return [
        Table(
            _("Classes"),
            (
                Column(_("Business type"), width=24),
                Column(pgettext("abc", "Class")),
                Column(_("Customers"), "integer"),
                Column(_("Amount (yuan)"), "money"),
            ),
            classes,
            class_links("abc", everybody(asked), parts),
            bars=3,
        ),
        Table(
            title_of(f"{kind} {letter}") if asked.chosen else _("Customers"),
            (
                Column(pgettext("organisation", "Name"), width=32),
                Column(_("Customer code"), width=18),
                Column(_("Business type"), width=20),
                Column(_("Amount (yuan)"), "money"),
                Column(pgettext("part of a whole", "Share"), "percent"),
                Column(_("Cumulative"), "percent"),
                Column(pgettext("abc", "Class")),
            ),
            [
                (x.name, x.code, x.business_type, x.amount, x.share, x.cumulative, x.abc)
                for x in lines
            ],
            [customer_url(line.customer) for line in lines],
        ),
    ]


def _abc_sentence(tables: list[Table]) -> str:
    first = tables[0].rows[0][1]  # the largest customer of a type is of the first class
    best = sum(row[2] for row in tables[0].rows if row[1] == first)
    total = sum(row[2] for row in tables[0].rows)
    words = ngettext(
        "{best} of {total} customer makes class {first}.",
        "{best} of {total} customers make class {first}.",
        total,
    )
    return words.format(best=f"{best:,}", total=f"{total:,}", first=first)


# --- RFM ------------------------------------------------------------------------------------------


def _rfm(asked: Question, limit: int | None) -> list[Table]:
    segments = reading.rfm_segments(asked.as_of, asked.scope, asked.among)
    lines = reading.rfm(asked.as_of, asked.scope, asked.customer, limit, asked.among, asked.chosen)
    parts = [(key, count) for key, (count, _amount) in segments.items()]
    word = str(SEGMENT_WORDS.get(asked.chosen, asked.chosen))
    return [
        Table(
            _("Segments"),
            (
                Column(pgettext("rfm", "Segment"), width=18),
                Column(_("Customers"), "integer"),
                Column(_("Amount (yuan)"), "money"),
            ),
            [(str(SEGMENT_WORDS[key]), *figures) for key, figures in segments.items()],
            class_links("rfm", everybody(asked), parts),
            bars=1,
        ),
        Table(
            title_of(word) if asked.chosen else _("Customers"),
            (
                Column(pgettext("organisation", "Name"), width=32),
                Column(_("Customer code"), width=18),
                Column(_("Days since the last purchase"), "integer", 16),
                Column(_("Days with a purchase"), "integer", 14),
                Column(_("Amount (yuan)"), "money"),
                Column("R", "integer"),
                Column("F", "integer"),
                Column("M", "integer"),
                Column(pgettext("rfm", "Segment"), width=18),
            ),
            [
                (
                    *(x.name, x.code, x.recency_days, x.frequency, x.monetary, x.r, x.f, x.m),
                    str(SEGMENT_WORDS[x.segment]),
                )
                for x in lines
            ],
            [customer_url(line.customer) for line in lines],
        ),
    ]


def _rfm_sentence(tables: list[Table]) -> str:
    sums = {row[0]: row[1] for row in tables[0].rows}
    total = sum(sums.values())
    words = ngettext(
        "{count} customer has bought; {risk} of the good ones stay away.",
        "{count} customers have bought; {risk} of the good ones stay away.",
        total,
    )
    risk = sum(sums[str(SEGMENT_WORDS[key])] for key in ("cannot_lose", "at_risk", "sleeping_big"))
    return words.format(count=f"{total:,}", risk=f"{risk:,}")


# --- seasons and products -------------------------------------------------------------------------


def _seasonal(asked: Question, limit: int | None) -> list[Table]:
    columns = [
        Column(_("Month"), width=10),
        Column(_("Mean of three years (yuan)"), "money", 20),
        Column(_("Seasonal index"), "percent", 14),
        Column(_("Share of the year"), "percent", 14),
    ]
    rows: list[tuple[Any, ...]] = []
    target = asked.target if asked.target is not None else aims.target_of_year(asked)
    sold = aims.sold_by_month(asked) if target is not None else {}
    for line in reading.seasonal(asked.as_of, asked.scope, asked.customer, asked.among):
        cells: tuple[Any, ...] = (str(line.month), line.mean, line.index, line.share)
        if target is not None:
            part = None if line.share is None else target * Decimal(repr(line.share))
            ours = sold.get(line.month, Decimal(0)) if line.month <= asked.as_of.month else None
            cells = (*cells, part, ours, share(ours, part) if ours is not None and part else None)
        rows.append(cells)
    if target is not None:
        columns += [
            Column(_("Target of the month (yuan)"), "money", 20),
            Column(_("Sold in the month (yuan)"), "money", 20),
            Column(_("Reached"), "percent"),
        ]
    note = _seasonal_note(asked, target)
    return [Table(pgettext("calendar", "Months"), columns, rows, bars=2, note=note)]


def _seasonal_note(asked: Question, target: Decimal | None) -> str:
    """What the months are, and where their targets come from."""
    note = _(
        "The 36 whole months before the day. The indices add up to 1200 %, the shares to 100 %."
    )
    if target is None or asked.target is not None:
        return note
    words = _("The sales target stored for {year} is {target} yuan.")
    return f"{note} {words.format(year=asked.as_of.year, target=f'{target:,.2f}')}"


def _seasonal_sentence(tables: list[Table]) -> str:
    known = [row for row in tables[0].rows if row[2] is not None]
    if not known:
        return ""
    best = max(known, key=lambda row: row[2])
    worst = min(known, key=lambda row: row[2])
    words = _("Most is sold in month {best} ({most}), least in month {worst} ({least}).")
    return words.format(
        best=best[0], most=f"{best[2]:.1%}", worst=worst[0], least=f"{worst[2]:.1%}"
    )


def _products(asked: Question, limit: int | None) -> list[Table]:
    lines = reading.products(asked.as_of, asked.scope, asked.customer, limit, asked.among)
    unnamed = pgettext("product", "not named")
    parts = [(f"product:{line.product}", line.lines) for line in lines]
    tables = [
        Table(
            _("Products"),
            (
                Column(_("Product"), width=28),
                Column(_("Purchases"), "integer"),
                Column(_("Quantity"), "number"),
                Column(_("Amount (yuan)"), "money"),
                Column(pgettext("part of a whole", "Share"), "percent"),
                Column(_("Cumulative"), "percent"),
            ),
            [
                (
                    x.product or unnamed,
                    *(x.lines, x.quantity, x.amount, x.share, x.cumulative),
                )
                for x in lines
            ],
            class_links("products", asked, parts),
            bars=4,
        )
    ]
    if found := aims.tasks(asked):
        tables.insert(0, _tasks(asked, found))
    if asked.chosen:
        word = asked.chosen.partition(":")[2] or unnamed
        tables.append(buyers_table(word, of_product(asked, limit)))
    return tables


TASK_WORDS = {
    aims.MET: pgettext_lazy("sales target", "Met"),
    aims.ON_COURSE: pgettext_lazy("sales target", "On course"),
    aims.BEHIND: pgettext_lazy("sales target", "Behind"),
}


def _tasks(asked: Question, lines: list[aims.TaskLine]) -> Table:
    """Whether the sales task of the year is met, product by product."""
    columns = (
        Column(_("Product"), width=28),
        Column(_("Target of the year (yuan)"), "money", 20),
        Column(_("Target through the day (yuan)"), "money", 20),
        Column(_("Sold this year (yuan)"), "money", 18),
        Column(_("Reached"), "percent"),
        Column(pgettext("sales target", "State"), width=12),
    )
    rows = [
        (
            x.product or _("Everything"),
            *(x.target, x.by_now, x.sold, x.reached, str(TASK_WORDS[x.state])),
        )
        for x in lines
    ]
    note = _("On course: what was sold reaches the part of the target of the days so far.")
    title = _("Sales task of {year}").format(year=asked.as_of.year)
    return Table(title, columns, rows, bars=4, note=note)


def _products_sentence(tables: list[Table]) -> str:
    states = {str(word) for word in TASK_WORDS.values()}
    task = tables[0] if tables[0].rows and tables[0].rows[0][5] in states else None
    mix = tables[1] if task else tables[0]
    if not mix.rows:
        return ""
    words = _("{product} sells most: {share} of all money.")
    first = words.format(product=mix.rows[0][0], share=f"{mix.rows[0][4]:.1%}")
    if task is None:
        return first
    met = sum(1 for row in task.rows if row[5] == str(TASK_WORDS[aims.MET]))
    further = _("{met} of {count} sales targets are met.")
    return f"{first} {further.format(met=met, count=len(task.rows))}"


_ALL = {
    method.key: method
    for method in (
        Method(
            "abc",
            gettext_lazy("ABC analysis"),
            gettext_lazy(
                "Within each business type customers by what they bought: the first class until "
                "its share of the money is reached, then the next one. The shares are a policy "
                "of the group, 75, 20 and 5 % unless it sets others."
            ),
            _abc,
            _abc_sentence,
            ("part",),
        ),
        Method(
            "rfm",
            gettext_lazy("RFM segments"),
            gettext_lazy(
                "How lately, how often and for how much a customer bought, each scored from 1 to "
                "5 by fifths of all customers."
            ),
            _rfm,
            _rfm_sentence,
            ("part",),
        ),
        Method(
            "seasonal",
            gettext_lazy("Seasonal index"),
            gettext_lazy("How each month of the year sells, compared with the mean month."),
            _seasonal,
            _seasonal_sentence,
            ("target",),
        ),
        Method(
            "products",
            gettext_lazy("Product mix"),
            gettext_lazy("What customers buy, the product with most money first."),
            _products,
            _products_sentence,
            ("part",),
        ),
        *tables_portfolio.METHODS,
        *tables_profile.METHODS,
        *tables_leads.METHODS,
        *tables_people.METHODS,
        *tables_value.METHODS,
        *tables_profit.METHODS,
    )
}
# The methods by the question that they answer, in the order of the page.
GROUPS = (
    (
        pgettext_lazy("analysis", "Structure"),
        ("composition", "profile", "abc", "products", "seasonal", "cohorts"),
    ),
    (
        pgettext_lazy("analysis", "Value"),
        ("leads", "rfm", "profit", "wallet", "cooperation", "credit", "delivered"),
    ),
    (pgettext_lazy("analysis", "Staying"), ("retention", "losses", "life-cycle")),
    (pgettext_lazy("analysis", "Performance"), ("quality", "evaluation", "effect")),
)
METHODS = {key: _ALL[key] for _title, keys in GROUPS for key in keys}
