"""Contracts, payments and opportunities, cut to the reader's scope (SCH-02)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from customers.models import Contract, ContractStatus, Customer, Instalment, Opportunity, Outcome
from customers.models.contracts import VIEW

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Account:
    """A contract with what came in, what is still to come (`outstanding`) and what of it should
    have come before today (`overdue`), in yuan. A draft owes nothing."""

    contract: Contract
    received: Decimal
    outstanding: Decimal
    overdue: Decimal


@dataclass(frozen=True, slots=True)
class Sums:
    """Contracts together; drafts are left out of the amount."""

    contracts: int
    amount: Decimal
    received: Decimal
    outstanding: Decimal
    overdue: Decimal


def contracts_of(user: Any, customer: Customer) -> list[Account]:
    """The contracts of a customer, the latest signed first and drafts before them."""
    rows = Contract.objects.visible_to(user, VIEW).filter(customer=customer)
    rows = rows.with_sums(timezone.localdate()).select_related("unit")
    return accounts(rows.order_by("-signed_on", "-pk"))


def accounts(rows: Iterable[Any]) -> list[Account]:
    """Contracts `with_sums` as accounts."""
    return [
        Account(
            row,
            row.received,
            max(row.owed - row.received, ZERO),
            max(row.fallen - row.received, ZERO),
        )
        for row in rows
    ]


def sums_of(lines: Iterable[Account]) -> Sums:
    """All contracts that are no drafts together."""
    known = [one for one in lines if one.contract.status != ContractStatus.DRAFT]
    return Sums(
        len(known),
        sum((one.contract.amount for one in known), ZERO),
        sum((one.received for one in known), ZERO),
        sum((one.outstanding for one in known), ZERO),
        sum((one.overdue for one in known), ZERO),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """An instalment with what of it is still to come; receipts pay the earliest first."""

    instalment: Instalment
    open: Decimal
    state: str  # paid, late, open or void

    @property
    def due_on(self) -> dt.date:
        return self.instalment.due_on


def parts_of(contract: Contract, received: Decimal) -> list[Part]:
    """The instalments of a contract, the earliest first."""
    today, left, found = timezone.localdate(), received, []
    for one in contract.instalments.all():
        if contract.ended_on and one.due_on > contract.ended_on:
            found.append(Part(one, ZERO, "void"))
            continue
        paid = min(left, one.amount)
        left -= paid
        late = one.due_on < today and contract.status != ContractStatus.DRAFT
        state = "paid" if paid == one.amount else "late" if late else "open"
        found.append(Part(one, one.amount - paid, state))
    return found


def opportunities_of(user: Any, customer: Customer) -> list[Opportunity]:
    """The opportunities of a customer: open ones first, the most likely first."""
    rows = Opportunity.objects.visible_to(user, VIEW).filter(customer=customer)
    found = rows.select_related("unit").order_by("-chance", "-moved_on", "-pk")
    return sorted(found, key=lambda one: one.outcome != Outcome.OPEN)


def count_deals(user: Any, customer: Customer) -> int:
    """How many contracts and opportunities of a customer a reader may see, in one query."""
    parts = [
        model.objects.visible_to(user, VIEW).filter(customer=customer).order_by().values_list("pk")
        for model in (Contract, Opportunity)
    ]
    return parts[0].union(parts[1], all=True).count()
