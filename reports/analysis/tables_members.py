"""Tables of members, and the links from a class to them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from reports.analysis.base import Column, Question, Table, customer_url, members_url
from reports.analysis.members import BuyerMember, Member, OwnerMember


def name_columns() -> tuple[Column, ...]:
    """Name and code of a customer."""
    return (
        Column(pgettext("organisation", "Name"), width=32),
        Column(_("Customer code"), width=18),
    )


def class_links(key: str, asked: Question, classes: Iterable[tuple[str, Any]]) -> list[str]:
    """The address of the members of each (class, count); none where nobody is counted. Classes that
    count everybody also where one customer is asked for are linked by `everybody`."""
    return [members_url(key, asked, word) if count else "" for word, count in classes]


def everybody(asked: Question) -> Question:
    """The same question about all customers, where a method counts them whoever is chosen."""
    return replace(asked, customer=None)


def title_of(word: str) -> str:
    """The title of a list of members: the words of their class."""
    return _("Customers: {part}").format(part=word)[:60]


def members_table(word: str, lines: Sequence[Member]) -> Table:
    """The customers of a class."""
    columns = (*name_columns(), Column(_("Class"), width=12), Column(_("Amount (yuan)"), "money"))
    rows = [(x.name, x.code, x.level, x.amount) for x in lines]
    return Table(title_of(word), columns, rows, [customer_url(x.customer) for x in lines])


def owners_table(word: str, lines: Sequence[OwnerMember]) -> Table:
    """The owners of a year or stage."""
    columns = (
        *name_columns(),
        Column(_("Signed on"), width=14),
        Column(_("Handed over on"), width=14),
    )
    rows = [
        (
            *(x.name, x.code, x.signed_on.isoformat() if x.signed_on else None),
            x.handed_over_on.isoformat() if x.handed_over_on else None,
        )
        for x in lines
    ]
    return Table(title_of(word), columns, rows, [customer_url(x.customer) for x in lines])


def buyers_table(word: str, lines: Sequence[BuyerMember]) -> Table:
    """The buyers of a product, or of a year."""
    columns = (
        *name_columns(),
        Column(_("Purchases"), "integer"),
        Column(_("Amount (yuan)"), "money"),
        Column(_("Last purchase"), width=14),
    )
    rows = [(x.name, x.code, x.lines, x.amount, x.last.isoformat()) for x in lines]
    links = [customer_url(x.customer) + "?tab=purchases" for x in lines]
    return Table(title_of(word), columns, rows, links)
