"""What every method of the analysis has in common: the question, tables with a chart each."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy

from accounts.scopes import narrow
from core.scope import EVERYTHING, Scope, scope_of
from customers.models import Customer, CustomerKind
from regions.models import Kind as Level
from regions.models import OrgUnit

SHOWN = 100  # customers or products on a page; the workbook has them all
# A "sentence" is text that may go on in the next line.
Kind = Literal["text", "sentence", "integer", "money", "number", "percent"]
OTHER = "其他"  # the business type of whoever has none (VAL-03)
Row = TypeVar("Row", bound=Model)
PART_COLUMNS = {Level.GROUP: "region_id", Level.REGION: "city_id", Level.CITY: "project_id"}


@dataclass(frozen=True, slots=True)
class Among:
    """Customers of a class and of a business type; empty fields do not filter."""

    level: str = ""
    business_type: str = ""

    def __bool__(self) -> bool:
        return bool(self.level or self.business_type)

    def of(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """Rows with a `customer`, those of these customers alone."""
        if self.level:
            rows = rows.filter(customer__level=self.level)
        if self.business_type == OTHER:
            rows = rows.filter(
                customer__kind=CustomerKind.ORGANISATION, customer__business_type__in=("", OTHER)
            )
        elif self.business_type:
            rows = rows.filter(customer__business_type=self.business_type)
        return rows


ALL = Among()


@dataclass(frozen=True, slots=True)
class Question:
    """Who is looked at, on which day: a branch, within it customers of a kind, among these
    perhaps one. `reader` is who asks: other rights than that to customers are his. `target` is
    yuan a year (VAL-06), `since` the first day of a change (REP-08), `lacks` a field of the data
    quality (VAL-14), `chosen` a class of the method's own whose members are listed. With `only`
    nothing below the unit counts."""

    unit: OrgUnit
    scope: Scope
    as_of: dt.date
    customer: Customer | None = None
    target: Decimal | None = None
    reader: Any = EVERYTHING
    since: dt.date | None = None
    lacks: str = ""
    among: Among = ALL
    chosen: str = ""
    only: bool = False

    def of(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """Rows with a `customer`, those of the customers that are asked for alone."""
        rows = self.among.of(rows)
        return rows if self.customer is None else rows.filter(customer=self.customer)

    @property
    def is_narrowed(self) -> bool:
        """Whether fewer customers than those of the branch are asked for."""
        return self.customer is not None or bool(self.among) or self.only

    def reach(self, right: str) -> Scope:
        """What the reader reaches with a right in the branch asked for."""
        return narrow(scope_of(self.reader, right), self.unit, below=not self.only)

    @property
    def part(self) -> str:
        """The column that tells the units right below the one asked for."""
        return PART_COLUMNS.get(Level(self.unit.kind), "unit_id")


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and how its cells are written; shares are parts of 1 and written in per cent."""

    label: str
    kind: Kind = "text"
    width: int = 0

    @property
    def is_text(self) -> bool:
        """Whether its cells are words."""
        return self.kind in ("text", "sentence")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings. `links` has an address for the first cell of each row, or nothing.

    `bars` is the column whose values are drawn beside the first one. `whole` are all rows, also
    those that a page leaves out, where the sentence of the method counts them.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    links: Sequence[str] = ()
    bars: int | None = None
    note: str = ""
    whole: Sequence[Sequence[Any]] | None = None

    @property
    def counted(self) -> Sequence[Sequence[Any]]:
        """The rows that are told in words: all of them, however many a page shows."""
        return self.rows if self.whole is None else self.whole


@dataclass(frozen=True, slots=True)
class Method:
    """A way to look at customers: `read(question, limit)` gives its tables, `sentence` what they
    say in one line. `by_money` ones are empty without money, `by_customer` ones
    can look at a single customer, `by_kind` ones at those of a class or business type; `empty`
    says what is missing.
    """

    key: str
    title: str | Promise
    meaning: str | Promise
    read: Callable[[Question, int | None], list[Table]]
    sentence: Callable[[list[Table]], str]
    options: tuple[str, ...] = field(default=())
    by_money: bool = True
    by_customer: bool = True
    by_kind: bool = True
    empty: str | Promise = gettext_lazy(
        "No purchases through this day. Import the purchases of customers first."
    )


def customer_url(key: int) -> str:
    """The page of a customer."""
    return reverse("customers:detail", args=[key])


def asked_url(key: str, asked: Question, **more: str) -> str:
    """The same method about the same branch, day and customers."""
    query = {
        "unit": asked.unit.code,
        "as_of": asked.as_of.isoformat(),
        "only": "on" if asked.only else "",
        "level": asked.among.level,
        "business_type": asked.among.business_type,
        "customer": asked.customer.code if asked.customer else "",
    }
    told = urlencode({name: word for name, word in query.items() if word} | more)
    return f"{reverse('reports:customer-analysis', args=[key])}?{told}"


def part_url(key: str, asked: Question, unit: OrgUnit) -> str:
    """The same method for a part of the branch as tables by unit tell it: a unit right below with
    all below it, or the unit itself with what lies in no unit below."""
    return asked_url(key, replace(asked, unit=unit, only=unit.pk == asked.unit.pk))


def members_url(key: str, asked: Question, chosen: str) -> str:
    """The same method with the members of one class: the same branch, day and customers."""
    return asked_url(key, asked, part=chosen)


def sql_of(rows: QuerySet[Any], *columns: str) -> tuple[str, tuple[Any, ...]]:
    """A queryset as a statement with these columns; one that can have no rows has none."""
    try:
        return rows.order_by().values(*columns).query.sql_with_params()
    except EmptyResultSet:
        fields = rows.model._meta.get_field
        nothing = ", ".join(
            f'NULL::{fields(name).db_type(connection)} AS "{name}"'  # type: ignore[union-attr]
            for name in columns
        )
        return f"SELECT {nothing} WHERE false", ()  # noqa: S608 - names come from code


def rows_of(sql: str, params: Any) -> list[tuple[Any, ...]]:
    """What a statement answers."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def share(part: Any, whole: Any) -> float | None:
    """A part of 1, None where there is no whole."""
    return float(part / whole) if whole else None
