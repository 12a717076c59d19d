"""Money goes out for an approved application, comes back, or was booked wrongly (EXP-04, EXP-11).

Whoever books is not the applicant. What was booked stays: a mistake is reversed by a line against
it. Sums are yuan.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.display import money
from core.errors import Refused
from core.faults import fault_point
from core.locking import lock
from core.notices import notify
from expenses.models import Application, EntryKind, Family, PayBy, Payment, PaymentKind
from expenses.models.common import CENT
from expenses.services import using
from expenses.services.booking import book
from expenses.states import State

PAYABLE = frozenset({State.APPROVED, State.PAID})


def pay(
    application: Application,
    *,
    amount: Decimal,
    by: Any,
    paid_on: date | None = None,
    method: str = PayBy.TRANSFER,
    reference: str = "",
    note: str = "",
    request_key: str = "",
) -> Payment:
    """Record a payment. The same `request_key` books once and gives the first payment.

    Of cash for a family event the applicant is told time and amount (EXP-04). Raises Refused for
    more than is still owed, before the approval, on a day to come, and for one's own application.
    """
    return _once(
        _pay,
        *(application, amount, by, paid_on),
        method=method,
        reference=reference,
        note=note,
        request_key=request_key or None,
    )


def _once(
    book_it: Callable[..., Payment],
    application: Application,
    amount: Decimal,
    by: Any,
    paid_on: date | None,
    **words: Any,
) -> Payment:
    """Book in a transaction; a request that came before gives what it booked then."""
    key = words["request_key"]
    try:
        with transaction.atomic():
            row = _held(application)
            before = _booked(row, key)
            if before is not None:
                return before
            _refuse_own(row, by)
            day = paid_on or timezone.localdate()
            return book_it(row, _amount(amount), by, day, **words)
    except IntegrityError:  # the same request at the same moment
        before = _booked(application, key)
        if before is None:
            raise
        return before


def _pay(row: Application, amount: Decimal, by: Any, day: date, **words: Any) -> Payment:
    if row.state not in PAYABLE:
        raise Refused(_("Only what is approved can be paid."))
    if amount > row.still_owed:
        sentence = _("Only {left} of {approved} is still to be paid.")
        raise Refused(
            sentence.format(left=money(row.still_owed), approved=money(row.approved_amount))
        )
    _refuse_future(day)
    using.spend(row, amount, by=by)
    entry = book(row, EntryKind.PAY, by=by, paid=amount, on=day, text=words["reference"])
    payment = Payment.objects.create(
        application=row, amount=amount, paid_on=day, entry=entry, by=by, **words
    )
    fault_point("expenses.paid")
    _settle_state(row)
    record("application.paid", by=by, subject=row, number=row.number, amount=str(amount))
    _tell_remittance(row, payment)
    return payment


def _booked(application: Application, request_key: str | None) -> Payment | None:
    """The payment that this request booked before. Raises Refused when it was another paper's."""
    if not request_key:
        return None
    before = Payment.objects.filter(request_key=request_key).first()
    if before is not None and before.application_id != application.pk:
        raise Refused(_("This was sent already, for another paper."))
    return before


def _tell_remittance(row: Application, payment: Payment) -> None:
    if row.category.family == Family.CASH:
        notify(
            [row.applicant_id],
            "expenses.remitted",
            key=f"payment:{payment.pk}",
            url=row.get_absolute_url(),
            number=row.number,
            title=row.title,
            amount=str(payment.amount),
            paid_on=payment.paid_on.isoformat(),
        )


def refund(
    application: Application,
    *,
    amount: Decimal,
    by: Any,
    paid_on: date | None = None,
    method: str = PayBy.TRANSFER,
    reference: str = "",
    note: str = "",
    request_key: str = "",
) -> Payment:
    """Record money that came back. Until the settlement it may be paid again; after it, it lowers
    what the application cost. The same `request_key` books once, as for `pay`.

    Raises Refused for more than was paid, on a day to come, and for one's own application.
    """
    return _once(
        _refund,
        *(application, amount, by, paid_on),
        method=method,
        reference=reference,
        note=note,
        request_key=request_key or None,
    )


def _refund(row: Application, amount: Decimal, by: Any, day: date, **words: Any) -> Payment:
    if row.state not in (*PAYABLE, State.SETTLED) or amount > row.paid_amount:
        sentence = _("Only {paid} was paid.")
        raise Refused(sentence.format(paid=money(row.paid_amount)))
    _refuse_future(day)
    settled = row.state == State.SETTLED
    using.take_back(row, amount, by=by, gone=settled)
    entry = book(
        row,
        EntryKind.REFUND,
        by=by,
        paid=-amount,
        approved=-amount if settled else Decimal(0),
        on=day,
        text=words["note"] or words["reference"],
    )
    payment = Payment.objects.create(
        application=row,
        kind=PaymentKind.REFUND,
        amount=amount,
        paid_on=day,
        entry=entry,
        by=by,
        **words,
    )
    _settle_state(row)
    record("application.refunded", by=by, subject=row, number=row.number, amount=str(amount))
    return payment


@transaction.atomic
def reverse(payment: Payment, *, by: Any, reason: str) -> Payment:
    """Take a wrongly booked payment or refund back by a line against it.

    Raises Refused without a reason, a second time, after the settlement, for what a file of former
    times brought, and for one's own application.
    """
    row = _held(payment.application)
    held = lock(Payment.objects.filter(pk=payment.pk)).select_related("entry").get()
    _refuse_own(row, by)
    if not reason.strip():
        raise Refused(_("Please say why."))
    if held.reversed_at is not None:
        raise Refused(_("This payment was reversed already."))
    if held.method == PayBy.FORMER or row.state not in PAYABLE:
        raise Refused(_("This payment can no longer be reversed."))
    change = -held.entry.paid
    if not 0 <= row.paid_amount + change <= row.approved_amount:
        raise Refused(_("Please reverse what was booked after it first."))
    if change < 0:
        using.take_back(row, -change, by=by)
    else:
        using.spend(row, change, by=by)
    book(row, EntryKind.REVERSE, by=by, paid=change, text=reason, reverses=held.entry)
    held.reversed_at = timezone.now()
    held.save(update_fields=["reversed_at"])
    _settle_state(row)
    record("application.reversed", by=by, subject=row, number=row.number, amount=str(change))
    return held


def _held(application: Application) -> Application:
    return (
        lock(Application.objects.filter(pk=application.pk))
        .select_related("category", "unit", "budget")
        .get()
    )


def _refuse_own(row: Application, by: Any) -> None:
    if by is not None and by.pk == row.applicant_id:
        raise Refused(_("Somebody else must book the payment of one's own application."))


def _refuse_future(day: date) -> None:
    if day > timezone.localdate():
        raise Refused(_("The day of the payment lies in the future."))


def _settle_state(row: Application) -> None:
    """Paid is what has nothing left to pay."""
    if row.state in PAYABLE:
        row.state = State.APPROVED if row.still_owed else State.PAID
    row.version += 1
    row.save()


def _amount(amount: Decimal) -> Decimal:
    if amount <= 0 or amount != amount.quantize(CENT):
        raise Refused(_("Please enter an amount above zero with at most two decimals."))
    return amount.quantize(CENT)
