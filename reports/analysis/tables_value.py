"""Tables of share of wallet, credit, delivered value and lost customers."""

from collections import Counter
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from customers.models import ValueSheet
from regions.models import OrgUnit
from reports.analysis import losses as going
from reports.analysis import sheets
from reports.analysis import wallet as buying
from reports.analysis.base import Column, Method, Question, Table, customer_url
from reports.analysis.members import not_assessed
from reports.analysis.tables_members import class_links, members_table, name_columns, title_of
from reports.analysis.tables_portfolio import TITLES

# --- share of wallet ------------------------------------------------------------------------------


def _wallet(asked: Question, limit: int | None) -> list[Table]:
    found = buying.wallet(asked)
    rows = [
        (
            *(x.name, x.code, x.level, x.year_demand, x.demand, x.ours, x.share, x.wanted, x.gap),
            *(x.open, x.of_sales),
        )
        for x in found.lines
    ]
    columns = (
        *name_columns(),
        Column(_("Class"), width=12),
        Column(_("Demand of the year (yuan)"), "money", 20),
        Column(_("Demand through the day (yuan)"), "money", 20),
        Column(_("Bought of us (yuan)"), "money", 18),
        Column(_("Share of wallet"), "percent", 14),
        Column(_("Wanted share"), "percent", 14),
        Column(_("Above or below (points)"), "percent", 18),
        Column(_("Bought elsewhere (yuan)"), "money", 18),
        Column(_("Share of our sales"), "percent", 16),
    )
    note = _(
        "Of a year that runs, the demand counts by the days that have passed. {count} other"
        " customers bought in the year; their whole demand has not been noted."
    ).format(count=f"{found.unknown:,}")
    links = [customer_url(x.customer) for x in found.lines[:limit]]
    customers = Table(_("Customers"), columns, rows[:limit], links, 6, note, rows)
    parts = [
        _parts(_("Products"), _("Product"), found.products),
        _parts(pgettext("calendar", "Months"), _("Month"), found.months),
    ]
    return [*(part for part in parts if part.rows), customers]


def _parts(title: str, head: str, lines: list[buying.PartLine]) -> Table:
    columns = (
        Column(head, width=28),
        Column(_("Demand (yuan)"), "money", 18),
        Column(_("Bought of us (yuan)"), "money", 18),
        Column(_("Share of wallet"), "percent", 14),
    )
    rows = [(x.word, x.demand, x.ours, x.share) for x in lines]
    return Table(title, columns, rows, bars=3)


def _wallet_sentence(tables: list[Table]) -> str:
    rows = tables[-1].counted
    demand, ours = sum(row[4] for row in rows), sum(row[5] for row in rows)
    below = sum(1 for row in rows if row[8] is not None and row[8] < 0)
    words = ngettext(
        "{count} customer's demand is known; {share} of it is bought of us, {below} below the"
        " wanted share.",
        "{count} customers' demand is known; {share} of it is bought of us, {below} below the"
        " wanted share.",
        len(rows),
    )
    part = f"{ours / demand:.1%}" if demand else "—"
    return words.format(count=f"{len(rows):,}", share=part, below=f"{below:,}")


# --- lost customers -------------------------------------------------------------------------------


def _losses(asked: Question, limit: int | None) -> list[Table]:
    lines = going.losses(asked)
    competitors = going.by_competitor(lines)
    parts = going.composition(asked, lines)
    direction = pgettext("lost customer", "Direction")
    tables = [
        _by_cause(asked, going.by_cause(lines)),
        _summed(asked, "direction", _("By direction"), direction, going.by_direction(lines)),
    ]
    if competitors:
        head = _("Competitor")
        tables.append(_summed(asked, "competitor", _("By competitor"), head, competitors))
    tables += [_composed(asked, by, parts[by]) for by in going.DIMENSIONS if parts[by]]
    if not asked.chosen:
        return [*tables, _lost(lines[:limit], _("Customers"))]
    unit = going.chosen_unit(lines, asked.chosen)
    word = unit.name if unit else asked.chosen.partition(":")[2]
    word = word or pgettext("composition", "not stated")
    return [*tables, _lost(going.chosen(lines, asked.chosen)[:limit], title_of(word))]


def _links(asked: Question, by: str, lines: list[going.LossSum]) -> list[str]:
    return class_links("losses", asked, [(f"{by}:{x.key}", x.lost) for x in lines])


def _sum_columns(head: str) -> list[Column]:
    return [
        Column(head, width=26),
        Column(pgettext("customers", "Lost"), "integer"),
        Column(pgettext("part of a whole", "Share"), "percent"),
        Column(_("Bought in the year before (yuan)"), "money", 22),
        Column(pgettext("customers", "Won back"), "integer"),
    ]


def _sum_row(x: going.LossSum) -> tuple[Any, ...]:
    return (x.word, x.lost, x.share, x.amount, x.back)


def _by_cause(asked: Question, lines: list[going.LossSum]) -> Table:
    yes = {True: _("Yes"), False: _("No"), None: ""}
    columns = [
        *_sum_columns(pgettext("lost customer", "Cause")),
        Column(_("Within our control"), width=14),
    ]
    rows = [(*_sum_row(x), yes[x.within_control]) for x in lines]
    links = _links(asked, "cause", lines)
    return Table(pgettext("lost customer", "By cause"), columns, rows, links, bars=1)


def _summed(asked: Question, by: str, title: str, head: str, lines: list[going.LossSum]) -> Table:
    rows = [_sum_row(x) for x in lines]
    return Table(title, _sum_columns(head), rows, _links(asked, by, lines), bars=1)


def _composed(asked: Question, by: str, lines: list[going.LossSum]) -> Table:
    columns = [
        *_sum_columns(pgettext("composition", "Class")),
        Column(_("Customers now"), "integer", 14),
        Column(_("Lost of all of them"), "percent", 16),
    ]
    names = Counter(x.word for x in lines)
    rows = [
        (
            _word_of(x, names),
            *_sum_row(x)[1:],
            *(x.whole, x.rate),
        )
        for x in lines
    ]
    return Table(str(TITLES[by]), columns, rows, _links(asked, by, lines), bars=1)


def _word_of(x: going.LossSum, names: Counter[str]) -> str:
    """What a line is called; of two units of one name each with its code."""
    if x.unit is not None and names[x.word] > 1:
        return f"{x.word} {x.unit.code}"
    return x.word or pgettext("composition", "not stated")


def _lost(lines: list[going.LossLine], title: str) -> Table:
    units = dict(OrgUnit.objects.filter(pk__in={x.unit for x in lines}).values_list("pk", "name"))
    columns = (
        *name_columns(),
        Column(_("Unit"), width=20),
        Column(_("Class"), width=12),
        Column(_("Lost on"), width=12),
        Column(pgettext("lost customer", "Cause"), width=20),
        Column(pgettext("lost customer", "Direction"), width=16),
        Column(_("Competitor"), width=20),
        Column(_("Bought in the year before (yuan)"), "money", 22),
        Column(_("Won back on"), width=12),
    )
    rows = [
        (
            *(x.name, x.code, units[x.unit], x.level, x.lost_on.isoformat(), x.cause),
            *(x.direction, x.competitor, x.amount),
            x.won_back_on.isoformat() if x.won_back_on else None,
        )
        for x in lines
    ]
    note = _("Those whom a unit lost in the 365 days through the day.")
    return Table(title, columns, rows, [customer_url(x.customer) for x in lines], note=note)


def _losses_sentence(tables: list[Table]) -> str:
    causes = tables[0].rows
    lost, back = sum(row[1] for row in causes), sum(row[4] for row in causes)
    ours = sum(row[1] for row in causes if row[5] == _("Yes"))
    words = ngettext(
        "{lost} customer was lost in a year, most for “{cause}”; {ours} for causes within our"
        " control, {back} won back.",
        "{lost} customers were lost in a year, most for “{cause}”; {ours} for causes within our"
        " control, {back} won back.",
        lost,
    )
    return words.format(lost=f"{lost:,}", cause=causes[0][0], ours=f"{ours:,}", back=f"{back:,}")


# --- credit ---------------------------------------------------------------------------------------


def _credit(asked: Question, limit: int | None) -> list[Table]:
    found = sheets.credit_found(asked)
    grades, lines = found.grades, found.lines
    by_grade = Table(
        _("Grades"),
        (
            Column(pgettext("credit", "Grade"), width=16),
            Column(_("Customers"), "integer"),
            Column(_("Credit limits (yuan)"), "money", 18),
            Column(_("Bought in 365 days (yuan)"), "money", 20),
        ),
        [
            (x.grade or pgettext("credit", "not assessed"), x.customers, x.limit, x.amount)
            for x in grades
        ],
        class_links("credit", asked, [(f"grade:{x.grade}", x.customers) for x in grades]),
        bars=1,
        note=_(
            "Not assessed: business customers who bought in the 365 days and have no sheet of"
            " this year or the last one."
        ),
    )
    if asked.chosen == "grade:":
        others = not_assessed(found.others, limit)
        return [by_grade, members_table(pgettext("credit", "not assessed"), others)]
    return [by_grade, _assessed(asked, lines, limit)]


def _assessed(asked: Question, lines: list[sheets.CreditLine], limit: int | None) -> Table:
    """The customers with a sheet, those of the chosen grade alone."""
    grade, title = asked.chosen.partition(":")[2], _("Customers")
    if asked.chosen:
        lines, title = [x for x in lines if x.grade == grade], title_of(grade)
    columns = (
        *name_columns(),
        Column(_("Year"), width=8),
        Column(_("Points"), "number"),
        Column(_("Assessment before"), "number", 14),
        Column(pgettext("points", "Change"), "number"),
        Column(pgettext("credit", "Grade"), width=8),
        Column(_("Credit limit (yuan)"), "money", 18),
        Column(_("Bought in 365 days (yuan)"), "money", 20),
        Column(_("Assessed by"), width=14),
    )
    rows = [
        (
            *(x.name, x.code, str(x.year), x.points, x.before, x.change, x.grade, x.limit),
            *(x.amount, x.who),
        )
        for x in lines[:limit]
    ]
    links = [customer_url(x.customer) + "?tab=value" for x in lines[:limit]]
    return Table(title, columns, rows, links, bars=3)


def _credit_sentence(tables: list[Table]) -> str:
    rows = [row for row in tables[0].rows if row[2] is not None]
    count = sum(row[1] for row in rows)
    words = ngettext(
        "{count} customer is assessed; the limit is {limit} yuan; {others} who bought are not"
        " assessed.",
        "{count} customers are assessed; their limits are {limit} yuan together; {others} who"
        " bought are not assessed.",
        count,
    )
    others = sum(row[1] for row in tables[0].rows) - count
    limit = f"{sum(row[2] for row in rows):,.0f}"
    return words.format(count=f"{count:,}", limit=limit, others=f"{others:,}")


# --- delivered value ------------------------------------------------------------------------------


def _mean(points: float | None) -> Decimal | None:
    """Two decimals, also where they are nought."""
    return None if points is None else Decimal(repr(points)).quantize(Decimal("0.01"))


def _delivered(asked: Question, limit: int | None) -> list[Table]:
    parts, lines = sheets.delivered(asked)
    means = Table(
        _("Values and costs"),
        (
            Column(pgettext("delivered value", "Part"), width=20),
            Column(_("Ours, mean points"), "number", 16),
            Column(_("Competitors, mean points"), "number", 18),
        ),
        [
            (
                str(ValueSheet._meta.get_field(x.part).verbose_name),  # type: ignore[union-attr]
                _mean(x.ours),
                _mean(x.rivals),
            )
            for x in parts
        ],
        bars=1,
    )
    columns = (
        *name_columns(),
        Column(_("Year"), width=8),
        Column(pgettext("delivered value", "Total customer value"), "integer", 14),
        Column(pgettext("delivered value", "Total customer cost"), "integer", 14),
        Column(pgettext("delivered value", "Delivered value"), "integer", 12),
        Column(_("Best competitor"), width=20),
        Column(_("His delivered value"), "integer", 14),
        Column(pgettext("delivered value", "Our lead"), "integer", 12),
    )
    rows = [
        (
            *(x.name, x.code, str(x.year), x.value, x.cost, x.delivered, x.rival, x.rivals),
            x.lead,
        )
        for x in lines
    ]
    links = [customer_url(x.customer) + "?tab=value" for x in lines[:limit]]
    return [means, Table(_("Customers"), columns, rows[:limit], links, bars=5, whole=rows)]


def _delivered_sentence(tables: list[Table]) -> str:
    rows = tables[-1].counted
    behind = sum(1 for row in rows if row[8] is not None and row[8] < 0)
    words = ngettext(
        "{count} customer judged what we deliver, {mean} points in the mean; a competitor delivers"
        " more to {behind}.",
        "{count} customers judged what we deliver, {mean} points in the mean; a competitor delivers"
        " more to {behind}.",
        len(rows),
    )
    mean = sum(row[5] for row in rows) / len(rows)
    return words.format(count=f"{len(rows):,}", mean=f"{mean:+.1f}", behind=f"{behind:,}")


METHODS = (
    Method(
        "wallet",
        gettext_lazy("Share of wallet"),
        gettext_lazy(
            "What customers buy of us of all that they buy in the year, beside the share that is"
            " wanted."
        ),
        _wallet,
        _wallet_sentence,
        by_money=False,
        empty=gettext_lazy(
            "Nobody's whole demand of this year has been noted. It is noted on the customer's page,"
            " under “Value and losses”."
        ),
    ),
    Method(
        "losses",
        gettext_lazy("Lost customers"),
        gettext_lazy(
            "Whom we lost within a year: why, where they went, of whom they consist, who came back."
        ),
        _losses,
        _losses_sentence,
        ("part",),
        by_money=False,
        empty=gettext_lazy("No customer was recorded as lost in the year through this day."),
    ),
    Method(
        "credit",
        pgettext_lazy("analysis", "Credit"),
        gettext_lazy(
            "The latest credit assessment of each business customer: points, grade and limit."
        ),
        _credit,
        _credit_sentence,
        ("part",),
        by_money=False,
        empty=gettext_lazy(
            "No customer's credit has been assessed. It is assessed on the customer's page, under"
            " “Value and losses”."
        ),
    ),
    Method(
        "delivered",
        gettext_lazy("Delivered value"),
        gettext_lazy(
            "What customers get (product, service, personnel, image) less what they give up (money,"
            " time, energy, mind), in points as they judge it."
        ),
        _delivered,
        _delivered_sentence,
        by_money=False,
        empty=gettext_lazy(
            "Nobody's judgement has been noted. It is noted on the customer's page, under “Value"
            " and losses”."
        ),
    ),
)
