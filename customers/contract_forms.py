"""Input of contracts, instalments, receipts and opportunities."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.formfields import MoneyField
from core.widgets import DateInput
from customers.models import ContractStatus, Customer, CustomerUnit, Opportunity
from customers.models.contracts import CHANGE
from customers.services.contracts import STAGES
from regions.policies import policy

PLACES: Any = CustomerUnit.objects.none()


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DateInput(), required=False, **more)


class DealForm(forms.Form):
    """What is entered at a place of a customer; a new one asks for the unit, a known one carries
    the version that was read."""

    names: tuple[str, ...] = ()

    place = forms.ModelChoiceField(PLACES, label=_("Unit"), empty_label="—")
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, customer: Customer, user: Any, row: Any, **kwargs: Any) -> None:
        known = {name: getattr(row, name) for name in (*self.names, "version")} if row else {}
        super().__init__(*args, **kwargs)
        self.initial = {**self.initial, **known}
        if row:
            del self.fields["place"]
            return
        rows = CustomerUnit.objects.visible_to(user, CHANGE).filter(customer=customer)
        field: Any = self.fields["place"]
        field.queryset = rows.select_related("unit", "customer")
        field.label_from_instance = lambda place: place.unit.name
        found = list(field.queryset[:2])
        if len(found) == 1:
            field.initial, field.widget = found[0].pk, forms.HiddenInput()


class ContractForm(DealForm):
    """A contract, new or known."""

    names = (
        *("number", "title", "status", "amount", "signed_on", "valid_from", "valid_until"),
        *("ended_on", "checked_by", "note"),
    )

    number = forms.CharField(label=_("Contract number"), max_length=60)
    title = forms.CharField(label=pgettext_lazy("contract", "Title"), max_length=120)
    amount = MoneyField(label=_("Contract amount (yuan)"))
    status = forms.ChoiceField(
        label=pgettext_lazy("contract", "Status"), choices=ContractStatus.choices
    )
    signed_on = _day(_("Signed on"), help_text=_("Only a draft can be without it."))
    valid_from = _day(_("Valid from"))
    valid_until = _day(_("Valid through"))
    ended_on = _day(_("Ended early on"), help_text=_("What falls due after it is not owed."))
    checked_by = forms.CharField(
        label=_("Examined by"),
        max_length=60,
        required=False,
        help_text=_("Who examined the words of the contract before it was signed."),
    )
    note = forms.CharField(
        label=_("Note"), widget=forms.Textarea({"rows": 3}), max_length=500, required=False
    )


class InstalmentForm(forms.Form):
    """A part of the amount and its day."""

    due_on = forms.DateField(label=pgettext_lazy("instalment", "Due on"), widget=DateInput())
    amount = MoneyField(label=_("Amount (yuan)"))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class ReceiptForm(forms.Form):
    """Money that came in."""

    on = forms.DateField(label=_("Received on"), widget=DateInput())
    amount = MoneyField(label=_("Amount (yuan)"))
    reference = forms.CharField(
        label=_("Voucher number"),
        max_length=60,
        required=False,
        help_text=_("Number of the voucher or of the bank; it guards against noting it twice."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate()


class OpportunityForm(DealForm):
    """An opportunity, new or known; the stages are those of the group's catalogue."""

    names = ("title", "stage", "expected_amount", "expected_on", "lost_reason", "note")

    title = forms.CharField(label=pgettext_lazy("opportunity", "Title"), max_length=120)
    stage = forms.ChoiceField(label=pgettext_lazy("opportunity", "Stage"))
    expected_amount = MoneyField(label=_("Expected amount (yuan)"), required=False)
    expected_on = _day(_("Expected on"))
    lost_reason = forms.CharField(
        label=_("Why it was lost"),
        max_length=200,
        required=False,
        help_text=_("Needed for a lost one only."),
    )
    note = forms.CharField(
        label=_("Note"), widget=forms.Textarea({"rows": 3}), max_length=500, required=False
    )

    def __init__(self, *args: Any, row: Opportunity | None, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        words = [one["word"] for one in policy(STAGES)]
        if row and row.stage not in words:
            words = [row.stage, *words]
        field: Any = self.fields["stage"]
        field.choices = [(word, word) for word in words]


class ContractFilter(forms.Form):
    """Which contracts the register lists."""

    q = forms.CharField(label=_("Number, title or customer"), required=False, max_length=60)
    status = forms.ChoiceField(
        label=pgettext_lazy("contract", "Status"),
        required=False,
        choices=[("", _("all")), *ContractStatus.choices],
    )
    overdue = forms.BooleanField(label=_("With overdue money only"), required=False)
