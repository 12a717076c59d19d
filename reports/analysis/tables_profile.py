"""The tables of the profile of buyers."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from customers.models import Purpose
from reports.analysis import profile as reading
from reports.analysis.base import Column, Method, Question, Table, customer_url
from reports.analysis.tables_members import class_links, name_columns, title_of

TITLES = {
    "age": pgettext_lazy("profile", "By age"),
    "occupation": pgettext_lazy("profile", "By occupation"),
    "purpose": pgettext_lazy("profile", "By purpose"),
}


def word_of(by: str, word: str) -> str:
    """A word of a dimension of the profile as people read it."""
    if not word:
        return pgettext("composition", "not stated")
    if by == "purpose" and word in Purpose.values:
        return str(Purpose(word).label)
    if by != "age" or not word.isdecimal():
        return word
    low = int(word)
    high = next((first - 1 for first in reading.BANDS if first > low), None)
    if high is None:
        return _("{low} and older").format(low=low)
    return _("{low} to {high}").format(low=low, high=high)


def _profile(asked: Question, limit: int | None) -> list[Table]:
    found = reading.buyers(asked)
    lines = reading.profile(found)
    tables = [_segments(asked, found)] if found else []
    for by, title in TITLES.items():
        mine = [x for x in lines if x.by == by]
        columns = (
            Column(pgettext("composition", "Class"), width=26),
            Column(_("Customers"), "integer"),
            Column(_("Share of those it is known of"), "percent", 18),
        )
        rows = [(word_of(by, x.word), x.customers, x.share) for x in mine]
        links = class_links("profile", asked, [(f"{by}:{x.word}", x.customers) for x in mine])
        tables.append(Table(str(title), columns, rows, links, bars=1))
    if asked.chosen:
        by, _colon, word = asked.chosen.partition(":")
        named = _segment_word(asked, word) if by == "segment" else word_of(by, word)
        tables.append(_members(named, reading.members(asked, limit)))
    return tables


def _segments(asked: Question, found: list[reading.Buyer]) -> Table:
    columns = (
        Column(pgettext("profile", "Target segment"), width=26),
        Column(_("Customers"), "integer"),
        Column(_("Of whom enough is known"), "integer", 18),
        Column(pgettext("part of a whole", "Share"), "percent"),
    )
    lines = reading.segments(asked, found)
    rows = [(x.name or _("Any of them"), x.members, x.known, x.share) for x in lines]
    note = _("Ages are those that people reach in the year looked at.")
    words = [*(str(number) for number in range(1, len(lines))), reading.ANY]
    parts = [(f"segment:{word}", x.members) for word, x in zip(words, lines, strict=True)]
    links = class_links("profile", asked, parts)
    return Table(_("Target segments"), columns, rows, links, bars=1, note=note)


def _segment_word(asked: Question, word: str) -> str:
    if word == reading.ANY:
        return _("Any of them")
    return next((str(row["name"]) for row in reading.segment_rows(asked, word)), word)


def _members(word: str, lines: list[tuple[Any, ...]]) -> Table:
    columns = (
        *name_columns(),
        Column(_("Year of birth"), width=12),
        Column(_("Occupation"), width=18),
        Column(_("Purpose of the purchase"), width=16),
    )
    rows = [
        (name, code, str(born) if born else None, job, str(Purpose(why).label) if why else "")
        for _key, code, name, born, job, why in lines
    ]
    return Table(title_of(word), columns, rows, [customer_url(line[0]) for line in lines])


def _profile_sentence(tables: list[Table]) -> str:
    _name, members, known, _share = tables[0].rows[-1]
    words = ngettext(
        "{members} of {known} person of whom enough is known belongs to a target segment.",
        "{members} of {known} persons of whom enough is known belong to a target segment.",
        known,
    )
    return words.format(members=f"{members:,}", known=f"{known:,}") if known else ""


METHODS = (
    Method(
        "profile",
        gettext_lazy("Profile of buyers"),
        gettext_lazy(
            "Who buys homes: persons by age, occupation and purpose, and how many of them belong to"
            " the segments that the company sells to."
        ),
        _profile,
        _profile_sentence,
        ("part",),
        by_money=False,
        by_customer=False,
        empty=gettext_lazy("No person is in this branch yet."),
    ),
)
