"""Tables of composition, managed clients and quality of data."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from core.display import listed
from customers.models import OwnerStage
from reports.analysis import portfolio, quality
from reports.analysis.base import (
    Column,
    Method,
    Question,
    Table,
    asked_url,
    customer_url,
    part_url,
)
from reports.analysis.members import of_class
from reports.analysis.tables_members import (
    class_links,
    everybody,
    members_table,
    name_columns,
    title_of,
)

NO_ROWS = gettext_lazy("Nobody is in this branch yet.")
TITLES = {
    "level": pgettext_lazy("composition", "By class"),
    "stage": pgettext_lazy("composition", "By stage"),
    "business_type": pgettext_lazy("composition", "By business type"),
    "source": pgettext_lazy("composition", "By source"),
    "unit": pgettext_lazy("composition", "By unit"),
}
MET_WORDS = {
    3: gettext_lazy("Managed clients (all three)"),
    2: gettext_lazy("Nearly (two of three)"),
    1: gettext_lazy("One of three"),
    0: gettext_lazy("None of the measures"),
}


# --- composition ----------------------------------------------------------------------------------


def _composition(asked: Question, limit: int | None) -> list[Table]:
    lines = portfolio.composition(asked)
    tables = [
        _composed(asked, by, mine)
        for by in portfolio.DIMENSIONS
        if (mine := [line for line in lines if line.by == by])
    ]
    if asked.chosen:
        by, _colon, word = asked.chosen.partition(":")
        shown = _word(by, word) if by != "stage" or word in OwnerStage.values else word
        tables.append(members_table(shown, of_class(asked, limit)))
    return tables


def _composed(asked: Question, by: str, lines: list[portfolio.CompositionLine]) -> Table:
    columns = [
        Column(pgettext("composition", "Class"), width=26),
        Column(_("Customers"), "integer"),
        Column(_("Share of the customers"), "percent", 16),
        Column(_("Amount (yuan)"), "money"),
        Column(_("Share of the money"), "percent", 16),
    ]
    rows: list[tuple[Any, ...]] = [
        (_word(by, x.word), x.customers, x.share, x.amount, x.share_amount) for x in lines
    ]
    compared = [x for x in lines if x.wanted is not None]
    if compared:
        columns += [
            Column(_("Wanted share"), "percent", 16),
            Column(_("Of what"), width=14),
            Column(_("Above or below (points)"), "percent", 18),
        ]
        wholes = {"customers": _("of the customers"), "amount": _("of the money"), "": ""}
        rows = [(*row, x.wanted, wholes[x.of], x.gap) for row, x in zip(rows, lines, strict=True)]
    if by == "unit":
        links = [part_url("composition", asked, x.unit) if x.unit else "" for x in lines]
    else:
        words = [(f"{by}:{x.word}", x.customers) for x in lines]
        links = class_links("composition", asked, words)
    note = ""
    if by == "unit":
        note = _("Whoever has places in two units counts in both.")
    if by == "stage":
        note = _("Owners only, by their earliest dates in the branch.")
    return Table(str(TITLES[by]), columns, rows, links, bars=1, note=note)


def _word(by: str, word: str) -> str:
    if by == "stage":
        return str(OwnerStage(word).label)
    return word or pgettext("composition", "not stated")


def _composition_sentence(tables: list[Table]) -> str:
    rows = tables[0].rows
    if not rows:
        return ""
    best = max(rows, key=lambda row: row[1])
    words = ngettext(
        "{total} customer; most are {word} ({share}).",
        "{total} customers; most are {word} ({share}).",
        sum(row[1] for row in rows),
    )
    return words.format(
        total=f"{sum(row[1] for row in rows):,}", word=best[0], share=f"{best[2] or 0:.1%}"
    )


# --- managed clients ------------------------------------------------------------------------------


def _cooperation(asked: Question, limit: int | None) -> list[Table]:
    yes = {True: _("Yes"), False: _("No")}
    lines = portfolio.cooperation(asked, limit)
    sums = portfolio.cooperation_sums(asked)
    met_words = {str(met): str(word) for met, word in MET_WORDS.items()}
    return [
        Table(
            _("Measures met"),
            (
                Column(pgettext("cooperation", "Measures met"), width=28),
                Column(_("Customers"), "integer"),
                Column(_("Amount (yuan)"), "money"),
            ),
            [(str(MET_WORDS[met]), count, amount) for met, count, amount in sums],
            class_links("cooperation", asked, [(str(met), n) for met, n, _amount in sums]),
            bars=1,
        ),
        Table(
            title_of(met_words[asked.chosen]) if asked.chosen in met_words else _("Customers"),
            (
                *name_columns(),
                Column(_("Class"), width=12),
                Column(_("Amount (yuan)"), "money"),
                Column(_("Since"), width=12),
                Column(_("Years"), "number"),
                Column(_("Amount reached"), width=12),
                Column(_("Long enough"), width=12),
                Column(_("Important"), width=12),
                Column(_("Measures met"), "integer"),
            ),
            [
                (
                    *(x.name, x.code, x.level, x.amount),
                    x.since.isoformat() if x.since else None,
                    x.years(asked.as_of),
                    *(yes[x.rich], yes[x.long], yes[x.important], x.met),
                )
                for x in lines
            ],
            [customer_url(x.customer) for x in lines],
        ),
    ]


def _cooperation_sentence(tables: list[Table]) -> str:
    counts = [row[1] for row in tables[0].rows]
    words = ngettext(
        "{managed} of {total} customer meets all three measures, {nearly} lack one.",
        "{managed} of {total} customers meet all three measures, {nearly} lack one.",
        sum(counts),
    )
    return words.format(managed=f"{counts[0]:,}", total=f"{sum(counts):,}", nearly=f"{counts[1]:,}")


# --- quality of data ------------------------------------------------------------------------------


def _quality(asked: Question, limit: int | None) -> list[Table]:
    units = quality.quality_by_unit(asked)
    fields = quality.lacking(asked)
    lines = quality.quality(asked, limit)
    names, whole = quality.FIELD_WORDS, everybody(asked)
    return [
        Table(
            _("Units"),
            (
                Column(_("Unit"), width=28),
                Column(_("Customers"), "integer"),
                Column(_("Score"), "percent"),
                Column(pgettext("data quality", "Complete"), "percent"),
                Column(pgettext("data quality", "Fresh"), "percent"),
                Column(_("Possible duplicates"), "integer", 14),
            ),
            [(x.unit.name, x.customers, x.score, x.complete, x.fresh, x.duplicates) for x in units],
            [part_url("quality", whole, x.unit) for x in units],
            bars=2,
        ),
        Table(
            _("What is lacking"),
            (
                Column(pgettext("data quality", "Field"), width=28),
                Column(_("Customers who lack it"), "integer", 20),
            ),
            [(str(names[field]), count) for field, count in fields],
            [asked_url("quality", whole, lacks=field) for field, _count in fields],
            bars=1,
            note=_("Choose a field to see the customers who lack it."),
        ),
        Table(
            _("Customers, the worst data first"),
            (
                *name_columns(),
                Column(_("Score"), "percent"),
                Column(pgettext("data quality", "Complete"), "percent"),
                Column(_("Last confirmed"), width=14),
                Column(_("Duplicate"), width=12),
                Column(_("Lacks"), width=50),
            ),
            [
                (
                    *(x.name, x.code, x.score, x.complete, x.confirmed.isoformat()),
                    "" if x.unique else pgettext("data quality", "possible"),
                    listed(str(names[field]) for field in x.lacking),
                )
                for x in lines
            ],
            [customer_url(x.customer) for x in lines],
        ),
    ]


def _quality_sentence(tables: list[Table]) -> str:
    rows = tables[0].rows
    customers = sum(row[1] for row in rows)
    if not customers:
        return ""
    score = sum(row[1] * row[2] for row in rows) / customers
    words = _("The data of this branch score {score}; {count} customers may be there twice.")
    return words.format(score=f"{score:.1%}", count=f"{sum(row[5] for row in rows):,}")


METHODS = (
    Method(
        "composition",
        gettext_lazy("Composition"),
        gettext_lazy(
            "Of whom the customers consist: how many, what they bought, and their shares beside"
            " those the company wants."
        ),
        _composition,
        _composition_sentence,
        ("part",),
        by_money=False,
        by_customer=False,
        empty=NO_ROWS,
    ),
    Method(
        "cooperation",
        gettext_lazy("Managed clients"),
        gettext_lazy(
            "Amount, length and importance of the cooperation: the three measures that make a"
            " managed client of a buyer."
        ),
        _cooperation,
        _cooperation_sentence,
        ("part",),
        by_money=False,
        empty=NO_ROWS,
    ),
    Method(
        "quality",
        gettext_lazy("Quality of data"),
        gettext_lazy(
            "How complete, fresh and free of duplicates the data are, unit by unit and customer by"
            " customer."
        ),
        _quality,
        _quality_sentence,
        ("lacks",),
        by_money=False,
        empty=NO_ROWS,
    ),
)
