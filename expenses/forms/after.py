"""Forms for what comes after the approval: payment, receipt, evidence, settlement."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.formfields import Yuan
from core.widgets import DateInput
from expenses.models import Application, EvidenceKind, PayBy, ReceiptKind

CENT = Decimal("0.01")
METHODS = [pair for pair in PayBy.choices if pair[0] != PayBy.FORMER]


class PaymentForm(forms.Form):
    """Money that went out. `request_key` lets it be booked once."""

    amount = Yuan(min_value=CENT)
    paid_on = forms.DateField(label=_("Paid on"), widget=DateInput())
    method = forms.ChoiceField(
        label=pgettext_lazy("payment", "Method"), choices=METHODS, initial=PayBy.TRANSFER
    )
    reference = forms.CharField(label=_("Voucher number"), max_length=60, required=False)
    note = forms.CharField(label=_("Remark"), max_length=200, required=False)
    request_key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, amount: Decimal) -> None:
        initial = {"amount": amount, "paid_on": timezone.localdate(), "request_key": uuid4()}
        super().__init__(data, initial=initial)


class RefundForm(PaymentForm):
    """Money that came back."""

    paid_on = forms.DateField(label=_("Refunded on"), widget=DateInput())
    method = forms.ChoiceField(
        label=pgettext_lazy("refund", "Method"), choices=METHODS, initial=PayBy.TRANSFER
    )


class ReasonForm(forms.Form):
    """Why something is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.Textarea({"rows": 2}))


class ReceiptForm(forms.Form):
    """An invoice or a receipt with its picture or PDF."""

    file = forms.FileField(label=_("Picture or PDF"))
    kind = forms.ChoiceField(
        label=_("Kind"), choices=ReceiptKind.choices, initial=ReceiptKind.INVOICE
    )
    number = forms.CharField(label=_("Invoice number"), max_length=40, required=False)
    amount = Yuan(min_value=CENT)
    issuer = forms.CharField(label=_("Issued by"), max_length=120, required=False)
    issued_on = forms.DateField(label=_("Issued on"), required=False, widget=DateInput())


class EvidenceForm(forms.Form):
    """What the files that are uploaded show."""

    kind = forms.ChoiceField(
        label=pgettext_lazy("evidence", "Shows"),
        choices=EvidenceKind.choices,
        initial=EvidenceKind.PHOTO,
    )
    caption = forms.CharField(label=_("Caption"), max_length=200, required=False)


class SettlementForm(forms.Form):
    """What was really spent; a difference is explained."""

    spent = Yuan(label=_("Really spent"), min_value=0)
    explanation = forms.CharField(
        label=_("Explanation of the difference"),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Needed when it is not what was approved, or not what the receipts say."),
    )

    def __init__(self, data: Any = None, *, paper: Application, receipts: Decimal) -> None:
        super().__init__(data, initial={"spent": receipts or paper.paid_amount})
