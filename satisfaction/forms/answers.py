"""Forms around answers: handing the device over, results of calls, the filter of the list."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.widgets import DateTimeInput
from customers.forms import UnitChoiceField
from customers.models import OwnerStage
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit
from satisfaction.models import AskedBy, CallResult, Flag, Wave
from satisfaction.selectors.answers import ANY_FLAG, COUNTED, VIEW, VOIDED, AnswerQuery
from satisfaction.services.on_site import RIGHT, projects_for

ANY_STAGE = [("", _("Not known"))]


class HandOverForm(forms.Form):
    """In which project the device goes to owners."""

    unit = UnitByCode(RIGHT, label=_("Project"), required=True)
    stage = forms.ChoiceField(
        label=_("Owner stage"),
        required=False,
        choices=[*ANY_STAGE, *OwnerStage.choices],
        help_text=_("Only if all who are asked now stand in it."),
    )

    def __init__(self, *args: Any, wave: Wave, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["unit"]
        field.queryset = projects_for(wave, user)


class CallForm(forms.Form):
    """What came of a call."""

    result = forms.ChoiceField(
        label=_("Result of the call"), choices=CallResult.choices, widget=forms.RadioSelect
    )
    call_back_at = forms.DateTimeField(
        label=_("Call back at"), required=False, widget=DateTimeInput()
    )
    note = forms.CharField(label=_("Remark"), max_length=200, required=False)


class AnswerFilter(forms.Form):
    """What the list of answers can be narrowed by."""

    unit = UnitChoiceField(VIEW, required=False)
    flag = forms.ChoiceField(
        label=_("Quality"),
        required=False,
        choices=[("", "—"), (ANY_FLAG, _("Any flag")), *Flag.choices],
    )
    show = forms.ChoiceField(
        label=_("Counts"),
        required=False,
        choices=[("", "—"), (COUNTED, _("Counted ones")), (VOIDED, _("Void ones"))],
    )
    channel = forms.ChoiceField(
        label=_("Channel"), required=False, choices=[("", "—"), *AskedBy.choices]
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["unit"]
        field.queryset = OrgUnit.objects.visible_to(user, VIEW).in_tree_order()

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())

    def query(self, wave: Wave) -> AnswerQuery:
        """The filtered list; fields that do not read filter nothing."""
        self.is_valid()
        data = self.cleaned_data
        return AnswerQuery(
            wave,
            unit=data.get("unit"),
            flag=data.get("flag", ""),
            show=data.get("show", ""),
            channel=data.get("channel", ""),
        )


class VoidForm(forms.Form):
    """Why an answer counts no more, or counts again."""

    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea({"rows": 3}))
