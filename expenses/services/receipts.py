"""Invoices and receipts with their picture or PDF. No paper is taken twice (EXP-08)."""

import unicodedata
from datetime import date
from decimal import Decimal
from typing import IO, Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.attachments import KeptFile
from core.errors import Refused, constraint_of
from core.locking import lock
from expenses.models import Application, Receipt, ReceiptKind
from expenses.models.common import CENT
from expenses.powers import PAY, reaches
from expenses.services.papers import add_file, drop, refuse_full
from expenses.states import GRANTED, State


def plain_number(number: str) -> str:
    """An invoice number as it is compared: half-width, without blanks and marks, capitals."""
    text = unicodedata.normalize("NFKC", number)
    return "".join(sign for sign in text if sign.isalnum()).upper()


def add(
    application: Application,
    file: IO[bytes],
    name: str,
    *,
    by: Any,
    amount: Decimal,
    number: str = "",
    kind: str = ReceiptKind.INVOICE,
    issuer: str = "",
    issued_on: date | None = None,
) -> Receipt:
    """Add a receipt to a granted application; `amount` is its sum in yuan.

    Raises Refused when number or file came before, whichever application it came with; for an
    invoice without a number, no amount, and a day to come.
    """
    number = plain_number(number)
    if kind == ReceiptKind.INVOICE and not number:
        raise Refused(_("Please enter the number of the invoice."))
    if amount <= 0 or amount != amount.quantize(CENT):
        raise Refused(_("Please enter an amount above zero."))
    if issued_on is not None and issued_on > timezone.localdate():
        raise Refused(_("The receipt was issued in the future. Please check its day."))
    values = {
        "number": number,
        "kind": kind,
        "amount": amount,
        "issuer": issuer.strip()[:120],
        "issued_on": issued_on,
    }
    try:
        return add_file(file, name, lambda kept: _write(application, kept, by, values))
    except IntegrityError as problem:  # two people at the same moment
        if constraint_of(problem) not in ("receipt_number_once", "receipt_file_once"):
            raise
        raise Refused(_("This receipt was entered just now by somebody else.")) from problem


def _write(application: Application, kept: KeptFile, by: Any, values: dict[str, Any]) -> Receipt:
    row = lock(Application.objects.filter(pk=application.pk)).get()
    if row.state not in GRANTED or row.state == State.SETTLED:
        raise Refused(_("Receipts are added from the approval until the settlement."))
    _refuse_known(row, kept, values["number"])
    refuse_full(row.receipts.count())
    receipt = Receipt.objects.create(application=row, uploaded_by=by, **kept.columns(), **values)
    record(
        "application.receipt_added",
        by=by,
        subject=row,
        number=row.number,
        amount=str(values["amount"]),
    )
    return receipt


def _refuse_known(row: Application, kept: KeptFile, number: str) -> None:
    """The number of the other paper is told only where it is the same one: it may be a branch's
    that this person does not see."""
    if number and (known := Receipt.objects.filter(number=number).first()) is not None:
        sentence = (
            _("The invoice {number} stands in this application already.")
            if known.application_id == row.pk
            else _("The invoice {number} was used for another application.")
        )
        raise Refused(sentence.format(number=number))
    same = Receipt.objects.filter(sha256=kept.sha256).first()
    if same is not None:
        raise Refused(
            _("This file stands in this application already.")
            if same.application_id == row.pk
            else _("This file was used as a receipt of another application.")
        )


@transaction.atomic
def remove(receipt: Receipt, *, by: Any) -> None:
    """Take a wrong receipt out before the settlement. Raises Refused after it, and for somebody
    who neither uploaded it nor pays here."""
    row = lock(Application.objects.filter(pk=receipt.application_id)).get()
    if row.state == State.SETTLED:
        raise Refused(_("The application is settled; its receipts stay."))
    if by is not None and receipt.uploaded_by_id != by.pk and not reaches(row, by, PAY):
        raise Refused(_("Only who uploaded a file removes it."))
    drop(receipt)
    record(
        "application.receipt_removed",
        by=by,
        subject=row,
        number=row.number,
        amount=str(receipt.amount),
    )
