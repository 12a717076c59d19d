"""Writing the sheets of a customer: whole demand, credit, delivered value (VAL-01, 04, 09)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from core.locking import lock
from customers.models import CreditSheet, Customer, Demand, ValueSheet
from customers.models.value import COSTS, FIRST_YEAR, LAST_YEAR, MOST_POINTS, VALUES
from regions.policies import policy

CRITERIA, GRADES = "customers.credit_criteria", "customers.credit_grades"


def _one_at_a_time(customer: Customer) -> None:
    """Two who write the same sheet at once: the second one waits and then changes it."""
    lock(Customer.objects.filter(pk=customer.pk)).get()


def _refuse_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        sentence = _("Please choose a year from {first} to {last}.")
        raise Refused(sentence.format(first=FIRST_YEAR, last=LAST_YEAR))


# --- demand ---------------------------------------------------------------------------------------


@transaction.atomic
def save_demand(
    customer: Customer,
    *,
    by: Any,
    year: int,
    amount: Decimal,
    method: str,
    product: str = "",
    note: str = "",
) -> Demand:
    """Note what a customer buys in a year of everybody, of one product or (without one) of all;
    what was noted of it before is replaced. Raises Refused for an amount below zero, and where all
    would be less than its products together."""
    _refuse_year(year)
    if amount < 0:
        raise Refused(_("The amount cannot be below zero."))
    _one_at_a_time(customer)
    rows = {row.product: row.amount for row in customer.demands.filter(year=year)}
    rows[product.strip()] = amount
    if "" in rows and rows.pop("") < sum(rows.values(), Decimal(0)):
        raise Refused(_("The whole demand of a year cannot be less than that of its products."))
    row, _new = Demand.objects.update_or_create(
        customer=customer,
        year=year,
        product=product.strip(),
        defaults={
            "amount": amount,
            "method": method,
            "note": note.strip(),
            "by": by,
            "at": timezone.now(),
        },
    )
    record("customer.demand_noted", by=by, subject=customer, year=year, amount=f"{amount:.2f}")
    return row


@transaction.atomic
def drop_demand(demand: Demand, *, by: Any) -> None:
    """Delete a line of demand that was noted by mistake."""
    customer, year = demand.customer, demand.year
    demand.delete()
    record("customer.demand_dropped", by=by, subject=customer, year=year)


# --- credit ---------------------------------------------------------------------------------------


def grade_of(points: Decimal, table: Any) -> tuple[str, Decimal]:
    """Grade and limit that a table of grades, the best first, gives for points."""
    row = next(row for row in table if points >= row["floor"])
    return row["grade"], row["limit"]


@transaction.atomic
def assess_credit(
    customer: Customer,
    *,
    by: Any,
    year: int,
    points: Mapping[str, Decimal],
    limit: Decimal | None = None,
    reason: str = "",
    remark: str = "",
) -> CreditSheet:
    """Assess a business customer for a year by the group's criteria of today: criterion → points.
    Grade and limit follow from the sum; `limit` grants another one, with a reason. A second
    assessment of the year replaces the first, which stays in the audit. Raises Refused for
    persons, for missing or too many points, and for another limit without a reason."""
    if customer.is_person:
        raise Refused(_("Credit is assessed of business customers only."))
    _refuse_year(year)
    lines = _credit_lines(points)
    total = sum((Decimal(line["points"]) for line in lines), Decimal(0))
    grade, proposed = grade_of(total, policy(GRADES))
    granted = proposed if limit is None else limit
    if granted < 0:
        raise Refused(_("The amount cannot be below zero."))
    if granted != proposed and not reason.strip():
        raise Refused(_("Another limit than the proposed one needs a reason."))
    _one_at_a_time(customer)
    sheet, _new = CreditSheet.objects.update_or_create(
        customer=customer,
        year=year,
        defaults={
            "lines": lines,
            "points": total,
            "grade": grade,
            "proposed": proposed,
            "limit": granted,
            "reason": reason.strip() if granted != proposed else "",
            "remark": remark.strip(),
            "criteria_of": timezone.localdate(),
            "by": by,
            "at": timezone.now(),
        },
    )
    record(
        "customer.credit_assessed",
        by=by,
        subject=customer,
        year=year,
        points=f"{total:f}",
        grade=grade,
        limit=f"{granted:.2f}",
    )
    return sheet


def _credit_lines(points: Mapping[str, Decimal]) -> list[dict[str, str]]:
    lines = []
    for row in policy(CRITERIA):
        given = points.get(row["word"])
        if given is None:
            raise Refused(_("Every criterion needs its points."))
        if not 0 <= given <= row["most"]:
            sentence = _("“{word}” has 0 to {most} points.")
            raise Refused(sentence.format(word=row["word"], most=f"{row['most']:f}"))
        lines.append({"word": row["word"], "most": f"{row['most']:f}", "points": f"{given:f}"})
    return lines


# --- delivered value ------------------------------------------------------------------------------


@transaction.atomic
def judge_value(
    customer: Customer,
    *,
    by: Any,
    year: int,
    points: Mapping[str, int],
    offer: str = "",
    note: str = "",
) -> ValueSheet:
    """Note how a customer judges our offer of a year, or a competitor's (`offer`): four values and
    four costs of 0 to 10 points each. What was noted of this offer before is replaced. Raises
    Refused for missing or too many points."""
    _refuse_year(year)
    for part in (*VALUES, *COSTS):
        if not 0 <= points.get(part, -1) <= MOST_POINTS:
            raise Refused(_("Each value and cost has 0 to {most} points.").format(most=MOST_POINTS))
    _one_at_a_time(customer)
    sheet, _new = ValueSheet.objects.update_or_create(
        customer=customer,
        year=year,
        offer=offer.strip(),
        defaults={part: points[part] for part in (*VALUES, *COSTS)}
        | {"note": note.strip(), "by": by, "at": timezone.now()},
    )
    record(
        "customer.value_judged", by=by, subject=customer, year=year, points=f"{sheet.delivered:+d}"
    )
    return sheet
