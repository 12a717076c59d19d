"""Sheets of customers side by side: credit (VAL-01) and delivered value (VAL-09)."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from customers.models import CreditSheet, CustomerKind, ValueSheet
from customers.models.value import COSTS, VALUES
from customers.selectors.value import names_for
from reports.analysis.base import Question
from reports.analysis.purchases import purchases_asked

DAYS = 365
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class CreditLine:
    """A customer's latest credit assessment, that before it, and what he bought in the 365 days
    through the day, in yuan. `who` is empty where the reader may not see the person."""

    customer: int
    code: str
    name: str
    year: int
    points: Decimal
    before: Decimal | None
    grade: str
    limit: Decimal
    amount: Decimal
    who: str

    @property
    def change(self) -> Decimal | None:
        """Points less those of the assessment before."""
        return None if self.before is None else self.points - self.before


@dataclass(frozen=True, slots=True)
class GradeSum:
    """How many customers have a grade ("" not assessed), their limits and purchases in yuan."""

    grade: str
    customers: int
    limit: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CreditFound:
    """Grades, the best first, with whoever bought and has no sheet of this year or the last one;
    the customers with a sheet, the most points first; and what the others bought, by customer."""

    grades: list[GradeSum]
    lines: list[CreditLine]
    others: dict[int, Decimal]


def credit(asked: Question) -> tuple[list[GradeSum], list[CreditLine]]:
    """The grades and the customers with a sheet."""
    found = credit_found(asked)
    return found.grades, found.lines


def credit_found(asked: Question) -> CreditFound:
    """Who is trusted how far, and who bought without having been assessed."""
    rows = asked.of(CreditSheet.objects.visible_to(asked.scope)).filter(year__lte=asked.as_of.year)
    sheets: dict[int, list[CreditSheet]] = defaultdict(list)
    for sheet in rows.select_related("customer").order_by("customer", "-year"):
        sheets[sheet.customer_id].append(sheet)
    bought = _bought(asked)
    names = names_for(asked.reader, [mine[0] for mine in sheets.values()])
    lines = [_credit_line(mine, bought, names) for mine in sheets.values()]
    lines.sort(key=lambda x: (-x.points, x.code))
    known = {x.customer for x in lines if x.year >= asked.as_of.year - 1}
    others = {key: sum_ for key, sum_ in bought.items() if key not in known}
    return CreditFound(_grades(lines, others), lines, others)


def _bought(asked: Question) -> dict[int, Decimal]:
    since = asked.as_of - dt.timedelta(days=DAYS)
    rows = purchases_asked(asked).filter(on__gt=since, customer__kind=CustomerKind.ORGANISATION)
    return dict(rows.values_list("customer").annotate(sum=Sum("amount")))


def _credit_line(
    mine: list[CreditSheet], bought: dict[int, Decimal], names: dict[int, str]
) -> CreditLine:
    one, customer = mine[0], mine[0].customer
    return CreditLine(
        *(customer.pk, customer.code, customer.name, one.year, one.points),
        mine[1].points if len(mine) > 1 else None,
        *(one.grade, one.limit, bought.get(customer.pk, NOTHING)),
        names.get(one.pk, ""),
    )


def _grades(lines: list[CreditLine], others: dict[int, Decimal]) -> list[GradeSum]:
    by_grade: dict[str, list[CreditLine]] = defaultdict(list)
    for line in lines:
        by_grade[line.grade].append(line)
    found = [
        GradeSum(
            grade,
            len(mine),
            sum((x.limit for x in mine), NOTHING),
            sum((x.amount for x in mine), NOTHING),
        )
        for grade, mine in by_grade.items()
    ]
    if others and lines:
        found.append(GradeSum("", len(others), None, sum(others.values(), NOTHING)))
    return found


# --- delivered value ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeliveredLine:
    """A customer's latest judgement of our offer, beside the best of the competitors' of that
    year. Points."""

    customer: int
    code: str
    name: str
    year: int
    value: int
    cost: int
    delivered: int
    rival: str
    rivals: int | None

    @property
    def lead(self) -> int | None:
        """Ours less the best competitor's."""
        return None if self.rivals is None else self.delivered - self.rivals


@dataclass(frozen=True, slots=True)
class DeliveredPart:
    """The mean points of a value or cost, ours and those of all competitors' offers."""

    part: str
    ours: float
    rivals: float | None


def delivered(asked: Question) -> tuple[list[DeliveredPart], list[DeliveredLine]]:
    """Means by part, and the customers, the lowest delivered value first."""
    rows = asked.of(ValueSheet.objects.visible_to(asked.scope)).filter(year__lte=asked.as_of.year)
    offers: dict[int, list[ValueSheet]] = {}
    for sheet in rows.select_related("customer").order_by("customer", "-year", "offer"):
        if not sheet.offer:
            offers.setdefault(sheet.customer_id, [sheet])
        elif (mine := offers.get(sheet.customer_id)) and mine[0].year == sheet.year:
            mine.append(sheet)
    judged = list(offers.values())
    lines = [_delivered_line(mine) for mine in judged]
    lines.sort(key=lambda x: (x.delivered, x.code))
    ours = [mine[0] for mine in judged]
    rivals = [sheet for mine in judged for sheet in mine[1:]]
    parts = [
        DeliveredPart(part, _mean(ours, part) or 0.0, _mean(rivals, part))
        for part in (*VALUES, *COSTS)
    ]
    return parts if lines else [], lines


def _delivered_line(mine: list[ValueSheet]) -> DeliveredLine:
    one, customer = mine[0], mine[0].customer
    best = max(mine[1:], key=lambda x: x.delivered, default=None)
    return DeliveredLine(
        *(customer.pk, customer.code, customer.name, one.year),
        *(one.value, one.cost, one.delivered),
        best.offer if best else "",
        best.delivered if best else None,
    )


def _mean(sheets: list[ValueSheet], part: str) -> float | None:
    return sum(getattr(sheet, part) for sheet in sheets) / len(sheets) if sheets else None
