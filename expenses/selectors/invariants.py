"""What must always be true of money: sums that stand in two places are the same (EXP-11).

Each check is one statement over whole tables and gives the rows that differ.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class Difference:
    """Two sums that should be equal; `what` names the check, `key` the row, sums are text."""

    what: str
    key: str
    expected: str
    found: str

    def as_json(self) -> dict[str, str]:
        return {
            "what": self.what,
            "key": self.key,
            "expected": self.expected,
            "found": self.found,
        }


# Name of the check, and a statement that gives key, expected and found of each row that differs.
CHECKS: tuple[tuple[str, str], ...] = (
    (
        "approved",  # the approved sum of each application is the sum of its lines
        """SELECT a.number, a.approved_amount, coalesce(sum(l.approved), 0)
           FROM expenses_application a LEFT JOIN expenses_ledgerentry l ON l.application_id = a.id
           GROUP BY a.id HAVING a.approved_amount <> coalesce(sum(l.approved), 0)""",
    ),
    (
        "paid",
        """SELECT a.number, a.paid_amount, coalesce(sum(l.paid), 0)
           FROM expenses_application a LEFT JOIN expenses_ledgerentry l ON l.application_id = a.id
           GROUP BY a.id HAVING a.paid_amount <> coalesce(sum(l.paid), 0)""",
    ),
    (
        "payments",  # payments less refunds, those taken back left out, are what was paid
        """SELECT a.number, a.paid_amount, coalesce(sum(p.signed), 0)
           FROM expenses_application a
           LEFT JOIN (SELECT application_id,
                             CASE kind WHEN 'refund' THEN -amount ELSE amount END AS signed
                      FROM expenses_payment WHERE reversed_at IS NULL) p
                  ON p.application_id = a.id
           GROUP BY a.id HAVING a.paid_amount <> coalesce(sum(p.signed), 0)""",
    ),
    (
        "payment_lines",  # each payment is the sum of its line
        """SELECT a.number, p.amount, abs(l.paid) FROM expenses_payment p
           JOIN expenses_ledgerentry l ON l.id = p.entry_id
           JOIN expenses_application a ON a.id = p.application_id
           WHERE abs(l.paid) <> p.amount OR l.application_id <> p.application_id""",
    ),
    (
        "granted",  # what is approved is what was asked for, less what was released
        """SELECT a.number, a.amount, a.approved_amount FROM expenses_application a
           WHERE a.state IN ('approved', 'paid') AND a.approved_amount <> a.amount""",
    ),
    (
        "budget_movements",  # the columns of a budget are the sums of its movements
        """SELECT b.id::text,
                  concat_ws(' ', b.allotted, b.handed_down, b.reserved, b.committed, b.spent),
                  concat_ws(' ', e.allotted, e.handed_down, e.reserved, e.committed, e.spent)
           FROM expenses_budget b
           JOIN LATERAL (SELECT coalesce(sum(allotted), 0) AS allotted,
                                coalesce(sum(handed_down), 0) AS handed_down,
                                coalesce(sum(reserved), 0) AS reserved,
                                coalesce(sum(committed), 0) AS committed,
                                coalesce(sum(spent), 0) AS spent
                         FROM expenses_budgetentry WHERE budget_id = b.id) e ON TRUE
           WHERE (b.allotted, b.handed_down, b.reserved, b.committed, b.spent)
              IS DISTINCT FROM (e.allotted, e.handed_down, e.reserved, e.committed, e.spent)""",
    ),
    (
        "budget_children",  # what was handed down is what the budgets below have
        """SELECT b.id::text, b.handed_down, coalesce(sum(c.allotted), 0)
           FROM expenses_budget b LEFT JOIN expenses_budget c ON c.parent_id = b.id
           GROUP BY b.id HAVING b.handed_down <> coalesce(sum(c.allotted), 0)""",
    ),
    (
        "budget_use",  # a budget holds what its applications wait for, are owed and were paid
        """SELECT b.id::text, concat_ws(' ', b.reserved, b.committed, b.spent),
                  concat_ws(' ', u.reserved, u.committed, u.spent)
           FROM expenses_budget b
           JOIN LATERAL (
               SELECT coalesce(sum(amount) FILTER (WHERE state = 'in_approval'
                                                     AND NOT over_budget), 0) AS reserved,
                      coalesce(sum(approved_amount - paid_amount), 0) AS committed,
                      coalesce(sum(paid_amount), 0) AS spent
               FROM expenses_application WHERE budget_id = b.id) u ON TRUE
           WHERE (b.reserved, b.committed, b.spent)
              IS DISTINCT FROM (u.reserved, u.committed, u.spent)""",
    ),
    (
        "gift_stock",
        """SELECT g.name, g.stock::text, coalesce(sum(m.quantity), 0)::text
           FROM expenses_gift g LEFT JOIN expenses_giftmovement m ON m.gift_id = g.id
           GROUP BY g.id HAVING g.stock <> coalesce(sum(m.quantity), 0)""",
    ),
    (
        "gift_promised",
        """SELECT g.name, g.promised::text, coalesce(sum(l.quantity), 0)::text
           FROM expenses_gift g
           LEFT JOIN (SELECT l.gift_id, l.quantity FROM expenses_giftline l
                      JOIN expenses_application a ON a.id = l.application_id
                      WHERE l.given_at IS NULL
                        AND a.state IN ('in_approval', 'approved', 'paid', 'settled')) l
                  ON l.gift_id = g.id
           GROUP BY g.id HAVING g.promised <> coalesce(sum(l.quantity), 0)""",
    ),
)


def differences() -> list[Difference]:
    """Every difference there is; none is what should come out. One query a check."""
    found: list[Difference] = []
    with connection.cursor() as cursor:
        for what, statement in CHECKS:
            cursor.execute(statement)
            found += [_difference(what, row) for row in cursor.fetchall()]
    return found


def _difference(what: str, row: tuple[Any, ...]) -> Difference:
    key, expected, seen = row
    return Difference(what, str(key), str(expected), str(seen))
