"""Forms of improvement measures."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from complaints.forms.outside import CaseNumbers
from complaints.models import Category, MeasureState
from complaints.models.cases import CAUSES
from complaints.selectors.classes import grouped, offered_categories
from complaints.selectors.measures import OVERDUE, MeasureQuery
from complaints.states import HANDLE, VIEW
from core.widgets import DateInput, RemoteSelect
from customers.forms import UnitChoiceField
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit

SHOWN = [
    (MeasureState.OPEN.value, MeasureState.OPEN.label),
    (OVERDUE, _("Overdue")),
    (MeasureState.DONE.value, MeasureState.DONE.label),
    (MeasureState.CHECKED.value, MeasureState.CHECKED.label),
]


class MeasureFilter(forms.Form):
    """The whole state of the list of measures."""

    unit = UnitChoiceField(VIEW, required=False)
    show = forms.ChoiceField(label=_("State"), choices=SHOWN, required=False)
    cause = forms.ChoiceField(
        label=pgettext_lazy("case", "Cause"), choices=[("", "—"), *CAUSES], required=False
    )
    mine = forms.BooleanField(label=_("Only mine"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, VIEW).in_tree_order()

    def query(self) -> MeasureQuery:
        """The filtered list; fields that do not read filter nothing and show their error."""
        self.is_valid()
        data = self.cleaned_data
        return MeasureQuery(
            unit=data.get("unit"),
            show=data.get("show") or MeasureState.OPEN,
            cause=data.get("cause", ""),
            mine=self.user if data.get("mine") else None,
        )

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())


class MeasureForm(forms.Form):
    """What is improved, by whom, until when, and where it came from."""

    unit = UnitByCode(HANDLE, required=True)
    text = forms.CharField(
        label=_("What is to be improved"), max_length=2000, widget=forms.Textarea({"rows": 4})
    )
    owner = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Who sees to it"),
        to_field_name="employee_no",
        widget=RemoteSelect("people-choices", VIEW),
        empty_label="—",
    )
    due_on = forms.DateField(label=_("Until"), widget=DateInput())
    cause = forms.ChoiceField(
        label=pgettext_lazy("case", "Cause"), choices=[("", "—"), *CAUSES], required=False
    )
    category = forms.ModelChoiceField(
        Category.objects.all(),
        label=_("Category"),
        required=False,
        empty_label="—",
        help_text=_("Its cases are counted before and after."),
    )
    cases = CaseNumbers(required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, HANDLE)
        fields["owner"].queryset = User.objects.visible_to(user, VIEW).active()
        fields["category"].widget.choices = [("", "—"), *grouped(offered_categories())]
        fields["cases"].user = user


class DoneForm(forms.Form):
    """What came of a measure."""

    result = forms.CharField(
        label=_("What was done"), max_length=2000, widget=forms.Textarea({"rows": 3})
    )


class CheckForm(forms.Form):
    """Whether it helped."""

    effective = forms.TypedChoiceField(
        label=_("Did it help?"),
        choices=(("1", _("Yes, effective")), ("0", _("No, not effective"))),
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("Remark"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Needed when it did not help."),
    )
