"""Forms of the work on a case: works, spare parts, contractors, costs, the cause."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models import Bearer, Case, Contractor, CostKind, SparePart, WorkOrder
from complaints.models.cases import CAUSES
from complaints.selectors.contract_works import (
    ALL,
    LATE_ONES,
    UNFINISHED_ONES,
    WorkQuery,
    contractors_seen,
)
from complaints.states import ASSIGN, VIEW
from complaints.work_states import WorkState
from core.widgets import DateInput, MoneyInput
from customers.forms import UnitChoiceField
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit

SHOWN = [
    (UNFINISHED_ONES, _("Not finished")),
    (LATE_ONES, pgettext_lazy("works", "Late")),
    *WorkState.choices,
    (ALL, pgettext_lazy("works", "All")),
]


class Money(forms.DecimalField):
    """An amount in yuan, with or without commas."""

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {"max_digits": 12, "decimal_places": 2, "widget": MoneyInput()}
        super().__init__(**(options | kwargs))

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace(",", "") if isinstance(value, str) else value)


class WorkFilter(forms.Form):
    """The whole state of the list of works."""

    unit = UnitChoiceField(VIEW, required=False)
    show = forms.ChoiceField(label=_("State"), choices=SHOWN, required=False)
    contractor = forms.ModelChoiceField(
        Contractor.objects.none(), label=_("Contractor"), required=False, empty_label="—"
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, VIEW).in_tree_order()
        fields["contractor"].queryset = contractors_seen(user)

    def query(self) -> WorkQuery:
        """The filtered list; fields that do not read filter nothing and show their error."""
        self.is_valid()
        data = self.cleaned_data
        return WorkQuery(
            unit=data.get("unit"),
            show=data.get("show", UNFINISHED_ONES),
            contractor=data.get("contractor"),
        )

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())


class WorkForm(forms.ModelForm):
    """A work: what, by whom, from when until when."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    labour_cost = Money(label=_("Labour cost"), required=False, min_value=0)

    class Meta:
        model = WorkOrder
        fields = [
            "title",
            "contractor",
            "crew",
            "trade",
            "planned_from",
            "planned_until",
            "labour_cost",
        ]
        widgets = {"planned_from": DateInput(), "planned_until": DateInput()}
        help_texts = {
            "crew": _("Who comes, when no contractor of the list does or besides him."),
            "trade": _("Empty: that of the contractor."),
        }

    def __init__(
        self, *args: Any, case: Case, contractors: Sequence[Contractor], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        keys = {one.pk for one in contractors} | {self.instance.contractor_id}
        fields["contractor"].queryset = Contractor.objects.filter(pk__in=keys - {None})
        fields["contractor"].empty_label = "—"
        if self.instance.pk:
            fields["version"].initial = self.instance.version
        else:
            today = timezone.localdate()
            fields["planned_from"].initial = today
            fields["planned_until"].initial = today + timedelta(days=3)

    def facts(self) -> dict[str, Any]:
        """Arguments for the service."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def _post_clean(self) -> None:
        """The service says what is wrong, and writes the row that it has locked."""


class ReasonForm(forms.Form):
    """Why a work is not accepted or is cancelled."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Reason"), max_length=200)


class PartForm(forms.ModelForm):
    """A part that was put in."""

    unit_price = Money(label=_("Unit price"), initial=0, min_value=0)

    class Meta:
        model = SparePart
        fields = ["name", "quantity", "unit_price", "under_warranty"]


class ContractorForm(forms.ModelForm):
    """A line of a unit's list of contractors."""

    unit = UnitByCode(ASSIGN, required=True, help_text=_("Works of this unit and of all below it."))

    class Meta:
        model = Contractor
        fields = ["unit", "name", "trade", "phone", "is_active"]

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, ASSIGN)
        if self.instance.pk:
            self.initial["unit"] = self.instance.unit.code

    def _post_clean(self) -> None:
        """The service says what is wrong, and writes the row."""


class CostForm(forms.Form):
    """What something cost, and who bears it."""

    kind = forms.ChoiceField(label=_("Kind"), choices=CostKind.choices)
    amount = Money(label=_("Amount"), min_value=0)
    bearer = forms.ChoiceField(label=_("Borne by"), choices=Bearer.choices)
    reason = forms.CharField(
        label=_("What for"), max_length=200, help_text=_("And why this one bears it.")
    )


class CauseForm(forms.Form):
    """What a matter came from."""

    cause = forms.ChoiceField(
        label=pgettext_lazy("case", "Cause"),
        help_text=_("What the matter came from. The monthly summary counts it."),
        choices=[("", "—"), *CAUSES],
        required=False,
    )


class NoteForm(forms.Form):
    """A note for colleagues."""

    text = forms.CharField(
        label=_("Note for colleagues"),
        help_text=_("The owner never sees it. Write @ and a name to tell a colleague."),
        max_length=5000,
        widget=forms.Textarea({"rows": 2}),
    )
