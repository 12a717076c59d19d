"""Input of the pages of duplicates: the choice between two records, the reason, a search."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from core import display
from customers.models import STRATEGIC, Customer, CustomerKind
from customers.services.merging import FIELDS, PERSONAL

OF_PERSONS = frozenset({"gender", "birth_year", "occupation", "purpose"})
TITLES = {
    "phone": _("Phone"),
    "other_phone": _("Other phone"),
    "identity": _("Identity number"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One field of two records side by side, as they are shown. `take` says whether the value of
    the record that goes is proposed; `open` whether there is anything to choose."""

    name: str
    label: str
    mine: str
    theirs: str
    take: bool

    @property
    def open(self) -> bool:
        """Whether both have a value, and different ones."""
        return bool(self.mine and self.theirs and self.mine != self.theirs)


def compare(survivor: Customer, former: Customer) -> list[Compared]:
    """The fields of which at least one record has a value. Proposed is the value of the record that
    was changed last; a record without a value proposes nothing, a strategic customer stays one,
    and the first cooperation is the earlier one."""
    newer = former.updated_at > survivor.updated_at
    found = []
    for name in FIELDS:
        if name in OF_PERSONS and survivor.kind != CustomerKind.PERSON:
            continue
        mine, theirs = _shown(survivor, name), _shown(former, name)
        if not (mine or theirs):
            continue
        take = bool(theirs) and (newer or not mine)
        if name == "level" and STRATEGIC in (mine, theirs):
            take = mine != STRATEGIC
        if name == "first_cooperation_on" and mine and theirs:
            take = theirs < mine
        found.append(Compared(name, _label(name), mine, theirs, take))
    return found


def _label(name: str) -> str:
    if name in PERSONAL:
        return str(TITLES[name])
    return capfirst(str(Customer._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


def _shown(customer: Customer, name: str) -> str:
    if name in PERSONAL:
        return str(getattr(customer, f"{name}_masked"))
    if name == "purpose":
        return str(customer.get_purpose_display())  # type: ignore[attr-defined]
    value = getattr(customer, name)
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return display.thousands(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


class MergeForm(forms.Form):
    """What a confirmed merge carries: which values come from the record that goes, when both were
    looked at, and why."""

    take = forms.CharField(required=False, widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        required=False,
        help_text=_("Stands in the audit log, for instance how you made sure."),
    )

    def clean_take(self) -> frozenset[str]:
        """The names of fields; whatever is none is left out."""
        return frozenset(self.cleaned_data["take"].split()) & set(FIELDS)

    def clean_seen(self) -> tuple[dt.datetime, dt.datetime]:
        """When the two records that were looked at had been changed."""
        times = [parse_datetime(part) for part in self.cleaned_data["seen"].split()[:2]]
        if len(times) != 2 or None in times:
            raise forms.ValidationError(_("Please compare the two once more."))
        return times[0], times[1]  # type: ignore[return-value]


class DismissForm(forms.Form):
    """Why two customers are not one."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("For instance: father and son with the same telephone."),
    )


class OtherForm(forms.Form):
    """Whom to merge with: a name, a code, or a telephone number in full."""

    q = forms.CharField(label=_("Name, customer code or phone"), max_length=40, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["autocomplete"] = "off"
