"""What may be spent at most: by category, on one customer in a year, by the customer's level."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from core.display import money
from expenses.models import Application, Category, Family
from expenses.states import GRANTED, State
from regions.policies import policy

ZERO = Decimal("0.00")
#: Applications that count for the year of a customer.
COUNTED = sorted({*GRANTED, State.IN_APPROVAL})
# An application for several customers counts for each with an equal part.
_SPENT = """
    SELECT ac.customer_id, sum(a.amount / n.count)
    FROM expenses_applicationcustomer ac
    JOIN expenses_application a ON a.id = ac.application_id
    JOIN expenses_category c ON c.id = a.category_id
    JOIN LATERAL (SELECT count(*) FROM expenses_applicationcustomer o
                  WHERE o.application_id = a.id) n ON TRUE
    WHERE ac.customer_id = ANY(%s) AND a.id <> %s AND a.state = ANY(%s) AND c.family <> %s
      AND a.applied_on >= %s AND a.applied_on <= %s
    GROUP BY ac.customer_id
"""


def spent_on(customers: Sequence[int], year: int, *, without: int = 0) -> dict[int, Decimal]:
    """Yuan asked for or spent in a year on each of some customers, by key; care only, for what a
    complaint cost us is no present."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SPENT,
            [
                *(list(customers), without, COUNTED, Family.OTHER),
                *(date(year, 1, 1), date(year, 12, 31)),
            ],
        )
        return dict(cursor.fetchall())


def category_ceiling(category: Category, unit_id: int) -> Decimal | None:
    """The most an application of this kind may ask for, or None."""
    if not category.ceiling_policy:
        return None
    return Decimal(policy(category.ceiling_policy, unit_id))


def refusals(application: Application, customers: Sequence[Any]) -> list[str]:
    """Every ceiling that an application exceeds, a sentence each. `customers` are those concerned.

    A ceiling is inclusive: exactly so much passes.
    """
    category, unit_id, amount = application.category, application.unit_id, application.amount
    found = []
    ceiling = category_ceiling(category, unit_id)
    if ceiling is not None and amount > ceiling:
        sentence = _("{category} may cost at most {ceiling}; this is {excess} more.")
        found.append(
            sentence.format(
                category=category, ceiling=money(ceiling), excess=money(amount - ceiling)
            )
        )
    if category.family != Family.OTHER and customers:
        share = amount / len(customers)
        found += _by_level(customers, share, unit_id)
        found += _by_year(application, customers, share, unit_id)
    return found


def _by_level(customers: Sequence[Any], share: Decimal, unit_id: int) -> list[str]:
    table = {row["level"]: row["most"] for row in policy("expenses.level_ceilings", unit_id)}
    sentence = _("{customer} ({level}): at most {ceiling} an application, this is {share}.")
    return [
        sentence.format(
            customer=customer,
            level=customer.level,
            ceiling=money(table[customer.level]),
            share=money(share),
        )
        for customer in customers
        if customer.level in table and share > table[customer.level]
    ]


def _by_year(
    application: Application, customers: Sequence[Any], share: Decimal, unit_id: int
) -> list[str]:
    most = Decimal(policy("expenses.customer_year_ceiling", unit_id))
    if not most:
        return []
    year = application.applied_on.year
    spent = spent_on([customer.pk for customer in customers], year, without=application.pk or 0)
    sentence = _("{customer}: at most {ceiling} in {year}, of which {left} is left.")
    return [
        sentence.format(
            customer=customer,
            ceiling=money(most),
            year=year,
            left=money(max(ZERO, most - spent.get(customer.pk, ZERO))),
        )
        for customer in customers
        if spent.get(customer.pk, ZERO) + share > most
    ]
