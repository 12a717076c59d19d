"""What a standard report is: a declaration of its parts, and a function that fills them.

Page, workbook, PDF file, the shipped template, the check of another one and the table of
placeholders all read the declaration, so that none of them can know a part that the others do
not. Every figure comes from a selector or a metric that has it already.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from django.utils.functional import Promise

from accounts.scopes import narrow
from compliance.selectors.reach import whole_units
from core.scope import Scope, scope_of
from regions.models import OrgUnit
from reports.metrics.periods import Period, read_period
from reports.models.saved import VIEW

Text = str | Promise
# A "plain" number is whole or has two decimals, as it is.
Kind = Literal[
    "text", "id", "date", "datetime", "integer", "number", "plain", "score", "money", "percent"
]
NUMERIC: Final = frozenset({"integer", "number", "plain", "score", "money", "percent"})
MOST_ROWS: Final = 5000  # of one table; the lists themselves have exports without this bound
MOST_SENT: Final = 5  # files of one sending; who reaches more units opens the others himself
MONTHS_LATE: Final = 20  # up to this day of a month a sending is about the month before


@dataclass(frozen=True, slots=True)
class Column:
    """A single figure of a report, or a column of one of its tables. A percent is a part of 1."""

    key: str
    label: Text
    kind: Kind = "text"
    width: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a report; `note` says what its rows are and are not."""

    key: str
    title: Text
    columns: tuple[Column, ...]
    note: Text = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: whose rights, which branch, which period."""

    reader: Any
    unit: OrgUnit
    period: Period

    def reach(self, right: str) -> Scope:
        """What the reader reaches with a right in the branch."""
        return narrow(scope_of(self.reader, right), self.unit, below=True)

    def may(self, right: str) -> bool:
        """Whether the reader reaches anything here with a right."""
        return not self.reach(right).nothing

    @property
    def first(self) -> dt.date:
        return self.period.first

    @property
    def last(self) -> dt.date:
        """The last day of the period, today while it runs."""
        return self.period.end

    @property
    def after(self) -> dt.date:
        """The day after the period."""
        return self.period.last + dt.timedelta(days=1)


@dataclass(slots=True)
class Found:
    """A filled report. What the reader has no right to is missing in `facts` and `rows`. `links`
    has an address for the first cell of each row; `cut` names tables that were cut."""

    facts: dict[str, Any] = field(default_factory=dict)
    fact_links: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[Sequence[Any]]] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    cut: set[str] = field(default_factory=set)

    def put(self, table: str, rows: Sequence[Sequence[Any]], links: Sequence[str] = ()) -> None:
        """Fill a table, at most MOST_ROWS of it."""
        if len(rows) > MOST_ROWS:
            self.cut.add(table)
        self.rows[table] = list(rows[:MOST_ROWS])
        self.links[table] = list(links[:MOST_ROWS])

    @property
    def count(self) -> int:
        """Rows of all tables, which rules of exports count."""
        return sum(len(rows) for rows in self.rows.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """A prescribed report.

    `right` opens it and says in which units, `taking` lets it be taken away. `source` is the rule
    that asks for it. With `whole` only units that the reader sees whole are offered. `periods`
    are kinds of reports.metrics.periods, the usual one first. About a `written` one units write an
    analysis that they submit to the unit above (reports.standard.commentaries). Without
    `tells_facts` single figures stand in templates only, because a table holds them.
    """

    key: str
    title: Text
    sentence: Text
    source: Text
    right: str
    taking: str
    facts: tuple[Column, ...]
    tables: tuple[Table, ...]
    read: Callable[[Question], Found]
    periods: tuple[str, ...] = ("month",)
    whole: bool = False
    written: bool = False
    tells_facts: bool = True

    def units(self, reader: Any) -> Any:
        """Units of which a reader may have this report, the topmost first."""
        if self.whole:
            found = whole_units(reader, self.right)
        else:
            found = OrgUnit.objects.visible_to(reader, self.right)
        return found.filter(merged_into=None).in_tree_order()

    def units_sent(self, reader: Any) -> list[OrgUnit]:
        """The topmost units of a reader, none of which lies below another, MOST_SENT at most: of
        each he is sent a file."""
        found: list[OrgUnit] = []
        for unit in self.units(reader).iterator():
            if not any(unit.path.startswith(one.path) for one in found):
                found.append(unit)
            if len(found) == MOST_SENT:
                break
        return found

    def opens_to(self, reader: Any) -> bool:
        """Whether a reader sees this report of anything."""
        return bool(
            reader.has_perm(VIEW)
            and reader.has_perm(self.right)
            and not scope_of(reader, self.right).nothing
        )


def period_sent(day: dt.date) -> Period:
    """The month that a sending on a day is about: the month before until the 20th, then the
    running one, so that a report of the last working day tells the month that ends."""
    running = read_period("", day)
    return running if day.day > MONTHS_LATE else running.before
