"""Writing contracts, what falls due of them, what came in, and opportunities (SCH-02)."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused, Stale, constraint_of
from core.locking import lock
from customers.models import (
    Contract,
    ContractStatus,
    CustomerUnit,
    Instalment,
    Opportunity,
    Outcome,
    Receipt,
)
from regions.policies import policy

STAGES = "customers.opportunity_stages"


@transaction.atomic
def save_contract(
    contract: Contract | None,
    *,
    by: Any,
    place: CustomerUnit | None = None,
    version: int | None = None,
    **values: Any,
) -> Contract:
    """Enter a contract of the unit of a place, or change one (then `version` is the one that was
    read). `values` are fields of Contract. Raises Stale, and Refused for days, states and sums
    that do not fit together and for a number that the customer has already."""
    row = Contract() if contract is None else _locked(Contract, contract.pk)
    if contract is None:
        _put(row, place)
    else:
        _refuse_stale(row, version)
    for name, value in values.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    _refuse_misfits(row)
    try:
        with transaction.atomic():
            _write(row, by)
    except IntegrityError as clash:
        if constraint_of(clash) != "contract_number_once":
            raise
        raise Refused(_("This customer has a contract of this number already.")) from clash
    act = "customer.contract_entered" if contract is None else "customer.contract_changed"
    record(act, by=by, subject=row.customer, number=row.number, amount=f"{row.amount:.2f}")
    return row


def _locked(model: Any, key: int) -> Any:
    return lock(model.objects.filter(pk=key)).select_related("customer").get()


def _put(row: Any, place: CustomerUnit | None) -> None:
    """Into the unit of a place of the customer."""
    if place is None:
        raise Refused(_("Please choose the unit."))
    row.customer, row.unit_id = place.customer, place.unit_id
    row.region_id, row.city_id, row.project_id = place.region_id, place.city_id, place.project_id


def _refuse_stale(row: Any, version: int | None) -> None:
    if row.version != version:
        raise Stale(_("Somebody changed this meanwhile. Please look again."))


def _write(row: Any, by: Any) -> None:
    if row.pk is not None:
        row.version += 1
    row.by, row.at = by, timezone.now()
    row.save()


def _refuse_misfits(row: Contract) -> None:
    """Days, state and sums of a contract that cannot be true together."""
    if not (row.number and row.title):
        raise Refused(_("Please enter the number and the title of the contract."))
    if row.amount < 0:
        raise Refused(_("The amount cannot be below zero."))
    if row.status != ContractStatus.DRAFT and row.signed_on is None:
        raise Refused(_("Please enter the day of signing; only a draft can be without it."))
    if row.signed_on and row.signed_on > timezone.localdate():
        raise Refused(_("This day is still to come."))
    if row.valid_from and row.valid_until and row.valid_until < row.valid_from:
        raise Refused(_("The contract cannot end before it begins."))
    if (row.status == ContractStatus.ENDED) != (row.ended_on is not None):
        raise Refused(_("Please enter the day on which it ended early, and only for such a one."))
    if row.ended_on and row.signed_on and row.ended_on < row.signed_on:
        raise Refused(_("The contract cannot end before it was signed."))
    if row.pk is None:
        return
    if row.status == ContractStatus.DRAFT and row.receipts.exists():
        raise Refused(_("Money came in for this contract, so it is no draft."))
    for rows in (row.instalments, row.receipts):
        _refuse_more_than(row, _sum_of(rows))


def _sum_of(rows: Any) -> Decimal:
    return rows.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def _refuse_more_than(contract: Contract, together: Decimal) -> None:
    if together > contract.amount:
        sentence = _("Together these are {sum} yuan, more than the {amount} yuan of the contract.")
        raise Refused(sentence.format(sum=f"{together:,.2f}", amount=f"{contract.amount:,.2f}"))


@transaction.atomic
def add_instalment(
    contract: Contract, *, by: Any, due_on: dt.date, amount: Decimal, note: str = ""
) -> Instalment:
    """Say that a part of the amount falls due on a day. Raises Refused for nothing, and for more
    than the amount of the contract together."""
    row = _locked(Contract, contract.pk)
    if amount <= 0:
        raise Refused(_("The amount must be above zero."))
    _refuse_more_than(row, _sum_of(row.instalments) + amount)
    found = Instalment.objects.create(contract=row, due_on=due_on, amount=amount, note=note.strip())
    _told("customer.instalment_added", by, found, due_on)
    return found


@transaction.atomic
def drop_instalment(instalment: Instalment, *, by: Any) -> None:
    """Delete an instalment that was entered by mistake or agreed anew."""
    _locked(Contract, instalment.contract_id)
    _told("customer.instalment_dropped", by, instalment, instalment.due_on)
    instalment.delete()


@transaction.atomic
def add_receipt(
    contract: Contract, *, by: Any, on: dt.date, amount: Decimal, reference: str = ""
) -> Receipt:
    """Note money that came in. Raises Refused for a draft, nothing, a day to come, more than the
    amount of the contract together, and a voucher that is known of this contract."""
    row = _locked(Contract, contract.pk)
    if row.status == ContractStatus.DRAFT:
        raise Refused(_("Money comes in for contracts that are signed; this one is a draft."))
    if amount <= 0:
        raise Refused(_("The amount must be above zero."))
    if on > timezone.localdate():
        raise Refused(_("This day is still to come."))
    _refuse_more_than(row, _sum_of(row.receipts) + amount)
    reference = reference.strip()
    if reference and row.receipts.filter(reference=reference).exists():
        raise Refused(_("This voucher was noted for this contract already."))
    found = Receipt.objects.create(contract=row, on=on, amount=amount, reference=reference, by=by)
    _told("customer.receipt_added", by, found, on)
    return found


@transaction.atomic
def drop_receipt(receipt: Receipt, *, by: Any) -> None:
    """Delete a receipt that was entered by mistake; the audit keeps it."""
    _locked(Contract, receipt.contract_id)
    _told("customer.receipt_dropped", by, receipt, receipt.on)
    receipt.delete()


def _told(act: str, by: Any, row: Instalment | Receipt, on: dt.date) -> None:
    contract = row.contract
    record(
        act,
        by=by,
        subject=contract.customer,
        number=contract.number,
        on=on.isoformat(),
        amount=f"{row.amount:.2f}",
    )


@transaction.atomic
def save_opportunity(
    opportunity: Opportunity | None,
    *,
    by: Any,
    stage: str,
    place: CustomerUnit | None = None,
    version: int | None = None,
    **values: Any,
) -> Opportunity:
    """Enter an opportunity at the unit of a place, or change one (then `version` is the one that
    was read). Raises Stale, and Refused for a stage that the catalogue does not have and for a
    lost one without a reason."""
    row = Opportunity() if opportunity is None else _locked(Opportunity, opportunity.pk)
    if opportunity is None:
        _put(row, place)
    else:
        _refuse_stale(row, version)
    for name, value in values.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    if not row.title:
        raise Refused(_("Please enter the title of the opportunity."))
    if row.expected_amount is not None and row.expected_amount < 0:
        raise Refused(_("The amount cannot be below zero."))
    before = row.stage
    if stage != before:
        _move(row, stage)
    if row.outcome == Outcome.LOST and not row.lost_reason:
        raise Refused(_("Please enter why the opportunity was lost."))
    if row.outcome != Outcome.LOST:
        row.lost_reason = ""
    _write(row, by)
    act = "customer.opportunity_moved" if before != stage else "customer.opportunity_changed"
    record(act, by=by, subject=row.customer, title=row.title, was=before or "—", stage=stage)
    return row


def _move(row: Opportunity, stage: str) -> None:
    """To another stage, with what the catalogue says of it today."""
    known = {one["word"]: one for one in policy(STAGES)}
    if stage not in known:
        raise Refused(_("The catalogue has no stage of this name."))
    row.stage, row.outcome = stage, known[stage]["outcome"]
    row.chance, row.moved_on = known[stage]["chance"], timezone.localdate()
