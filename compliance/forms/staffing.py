"""Forms of findings, account changes, plans and inspections."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.forms.access import PeopleChoice, PersonChoice
from accounts.models import Function, User
from compliance.checks import CHECKS
from compliance.models import ImplementationRule, InspectionKind, PlannedPost
from compliance.selectors import staffing as reading
from compliance.services.account_changes import Named, check_event
from compliance.states import (
    ChangeCause,
    ChangeKind,
    ChangeState,
    FindingState,
    Severity,
)
from core.errors import Refused
from core.widgets import DateInput, RemoteSelect, RemoteSelectMultiple
from customers.forms import UnitChoiceField
from expenses.forms.filters import ScopedFilter
from regions.forms.fields import UnitByCode
from regions.models import Kind, OrgUnit

ALL = ("", "—")


def _text(label: Any, rows: int = 4, **more: Any) -> forms.CharField:
    options: dict[str, Any] = {"max_length": 2000, "widget": forms.Textarea({"rows": rows})} | more
    return forms.CharField(label=label, **options)


class OneDay(forms.DateField):
    """A day, chosen or typed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"widget": DateInput()} | kwargs))


# --- findings -------------------------------------------------------------------------------------


class FindingFilter(ScopedFilter):
    """The whole state of the list of findings."""

    right = reading.FINDINGS
    unit = UnitChoiceField(reading.FINDINGS, required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", pgettext_lazy("finding", "Not mended")), *FindingState.choices],
    )
    severity = forms.ChoiceField(
        label=_("Severity"), required=False, choices=[ALL, *Severity.choices]
    )
    rule = forms.ChoiceField(label=_("Rule"), required=False)
    owner = forms.ChoiceField(
        label=pgettext_lazy("finding", "Mended by"),
        required=False,
        choices=[ALL, ("me", _("me")), ("nobody", pgettext_lazy("finding", "nobody yet"))],
    )
    on = OneDay(label=_("Open at the end of"), required=False)
    only = forms.BooleanField(label=_("This unit only"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["rule"]
        field.choices = [
            ALL, *((one.id, f"{one.id} {one.sentence}") for one in CHECKS.values())
        ]  # fmt: skip

    def query(self) -> reading.FindingQuery:
        """The filtered list."""
        data = self.found()
        return reading.FindingQuery(
            unit=data.get("unit"),
            state=data.get("state", ""),
            severity=data.get("severity", ""),
            rule=data.get("rule", ""),
            owner=data.get("owner", ""),
            on=data.get("on"),
            below=not data.get("only"),
        )


class AssignForm(forms.Form):
    """Who mends it, and until when."""

    to = PersonChoice(
        User.objects.none(),
        label=pgettext_lazy("finding", "Mended by"),
        to_field_name="employee_no",
        widget=RemoteSelect("people-choices", reading.FINDINGS),
        empty_label="—",
    )
    due_on = OneDay(label=_("Until"))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["to"]
        field.queryset = User.objects.visible_to(user).active()


class TextForm(forms.Form):
    """One text."""

    text = _text(_("Explanation"))

    def __init__(self, *args: Any, label: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if label is not None:
            self.fields["text"].label = label


class ExceptionForm(forms.Form):
    """Until when a breach is to be borne, and why."""

    until = OneDay(label=_("Exception until"))
    reason = _text(_("Reason"))

    def clean_until(self) -> dt.date:
        """A day to come."""
        day = self.cleaned_data["until"]
        if day <= timezone.localdate():
            raise ValidationError(gettext("Please choose a day in the future."))
        return day


class OverrideForm(forms.Form):
    """Why a post may break a rule that holds in principle."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


# --- account changes ------------------------------------------------------------------------------


class ChangeFilter(ScopedFilter):
    """The whole state of the list of account changes."""

    right = reading.CHANGES
    unit = UnitChoiceField(reading.CHANGES, required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", pgettext_lazy("account change", "Not carried out")),
            ("late", _("Late")),
            ("all", _("All states")),
            *ChangeState.choices,
        ],
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All kinds")), *ChangeKind.choices]
    )
    on = OneDay(label=_("Open at the end of"), required=False)
    only = forms.BooleanField(label=_("This unit only"), required=False)

    def query(self) -> reading.ChangeQuery:
        """The filtered list."""
        data = self.found()
        return reading.ChangeQuery(
            unit=data.get("unit"),
            state=data.get("state", ""),
            kind=data.get("kind", ""),
            on=data.get("on"),
            below=not data.get("only"),
        )


class ChangeForm(forms.Form):
    """The form 《信息系统用户管理及权限变更审批表》."""

    kind = forms.ChoiceField(
        label=_("What is asked for"), choices=ChangeKind.choices, widget=forms.RadioSelect
    )
    cause = forms.ChoiceField(label=_("Cause"), choices=ChangeCause.choices)
    event_on = OneDay(
        label=_("Day of the staff event"),
        help_text=_("Day of joining, moving or leaving; the time limit runs from it."),
    )
    unit = UnitByCode(reading.ASK, required=True)
    people = PeopleChoice(
        User.objects.none(),
        label=_("People concerned"),
        to_field_name="employee_no",
        required=False,
        widget=RemoteSelectMultiple("people-choices", reading.ASK),
    )
    newcomers = forms.CharField(
        label=_("New colleagues"),
        help_text=_("For accounts to be opened: employee number and name, one person a line."),
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 3}),
    )
    reason = _text(_("Reason"), 3)
    treatment = _text(_("Requested treatment"), 3)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, reading.ASK).active()
        fields["people"].queryset = User.objects.visible_to(user, reading.ASK)

    def clean(self) -> dict[str, Any]:
        """People of one sort or the other, and a day that fits them."""
        data = super().clean() or {}
        if data.get("kind") == ChangeKind.OPEN:
            if not data.get("newcomers", "").strip():
                self.add_error("newcomers", gettext("Please name at least one person."))
        elif "people" in data and not data["people"]:
            self.add_error("people", gettext("Please name at least one person."))
        if not self.errors:
            facts = self.facts()
            try:
                check_event(facts["event_on"], facts["people"])
            except Refused as refusal:
                self.add_error("event_on", str(refusal))
        return data

    def clean_newcomers(self) -> str:
        """Lines of a number and a name each."""
        text = self.cleaned_data["newcomers"]
        for line in text.splitlines():
            if line.strip() and len(line.split()) < 2:
                sentence = gettext("Please write “{line}” as employee number and name.")
                raise ValidationError(sentence.format(line=line.strip()))
        return text

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        data = dict(self.cleaned_data)
        newcomers = data.pop("newcomers")
        if data["kind"] == ChangeKind.OPEN:
            lines = [line.split(maxsplit=1) for line in newcomers.splitlines() if line.strip()]
            data["people"] = [Named(number, name) for number, name in lines]
        else:
            data["people"] = [Named.of(person) for person in data["people"]]
        return data


class CarryOutForm(forms.Form):
    """Nothing but the will to carry out, and where roles are left outside the new unit (`left`) why
    they stay; without it the act is refused."""

    def __init__(self, *args: Any, left: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if left:
            self.fields["reason"] = forms.CharField(
                label=_("Why these roles stay"), max_length=200, required=False
            )


class NotedForm(forms.Form):
    """What the system could not know about a form that it opened."""

    reason = _text(_("Reason"), 3)
    treatment = _text(_("Requested treatment"), 3)


# --- plans ----------------------------------------------------------------------------------------


class UnitFilter(ScopedFilter):
    """A branch."""

    right = reading.PLANS
    unit = UnitChoiceField(reading.PLANS, required=False)


class HeadcountFilter(UnitFilter):
    """A branch and a year."""

    year = forms.IntegerField(label=_("Year"), required=False, min_value=2000, max_value=2100)


class FunctionPlanForm(forms.Form):
    """Which functions a unit fills, and the reasons."""

    pace = _text(_("Pace of development"))
    targets = _text(_("Management targets"))
    results = _text(_("Results of the present stage"))
    functions = forms.ModelMultipleChoiceField(
        Function.objects.none(),
        label=_("Functions"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, unit: OrgUnit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["functions"]
        field.queryset = Function.objects.filter(is_core=False).order_by("number", "pk")
        field.help_text = (
            gettext("The functions of this project; it need not fill the nine.")
            if unit.kind == Kind.PROJECT
            else gettext("Further functions beside the nine.")
        )


class PlannedPostForm(forms.ModelForm):
    """One post of the plan."""

    class Meta:
        model = PlannedPost
        fields = (
            "function",
            "establishment",
            "basis",
            "grade",
            "capability",
            "duties",
            "indicators",
            "incentive",
        )
        widgets = {
            name: forms.Textarea({"rows": 3})
            for name in ("capability", "duties", "indicators", "incentive")
        }


class ImplementationRuleForm(forms.ModelForm):
    """The rules of a region."""

    class Meta:
        model = ImplementationRule
        fields = ("title", "issued_by", "issued_on", "effective_on", "ended_on", "summary")
        widgets = {name: DateInput() for name in ("issued_on", "effective_on", "ended_on")} | {
            "summary": forms.Textarea({"rows": 6})
        }


# --- inspections ----------------------------------------------------------------------------------


class InspectionFilter(ScopedFilter):
    """The whole state of the list of inspections."""

    right = reading.INSPECTIONS
    unit = UnitChoiceField(reading.INSPECTIONS, required=False)
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All kinds")), *InspectionKind.choices]
    )
    unmended = forms.BooleanField(label=_("With open points"), required=False)

    def query(self) -> reading.InspectionQuery:
        """The filtered list."""
        data = self.found()
        return reading.InspectionQuery(
            unit=data.get("unit"),
            kind=data.get("kind", ""),
            unmended=bool(data.get("unmended")),
        )


class InspectionForm(forms.Form):
    """What was visited, when, and what was seen."""

    unit = UnitByCode(reading.INSPECT, required=True)
    kind = forms.ChoiceField(
        label=_("Kind"), choices=InspectionKind.choices, widget=forms.RadioSelect
    )
    inspected_on = OneDay(label=_("Day"))
    rule = forms.ModelChoiceField(
        ImplementationRule.objects.none(),
        label=_("Implementation rules"),
        help_text=_("For a supervision: the rules of the region whose keeping was looked at."),
        required=False,
        empty_label="—",
    )
    place = forms.CharField(
        label=pgettext_lazy("inspection", "Place"), max_length=120, required=False
    )
    summary = _text(pgettext_lazy("inspection", "Summary"), 6)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        units = OrgUnit.objects.visible_to(user, reading.INSPECT).active()
        fields["unit"].queryset = units
        fields["rule"].queryset = reading.rules_over(units)
        fields["rule"].label_from_instance = lambda rule: f"{rule.unit.name} {rule.title}"


class PointForm(forms.Form):
    """Something found at an inspection."""

    text = _text(pgettext_lazy("inspection", "What was found"), 3)
    severity = forms.ChoiceField(
        label=_("Severity"), choices=Severity.choices, initial=Severity.MEDIUM
    )
    owner = PersonChoice(
        User.objects.none(),
        label=pgettext_lazy("finding", "Mended by"),
        to_field_name="employee_no",
        widget=RemoteSelect("people-choices", reading.INSPECTIONS),
        empty_label="—",
    )
    due_on = OneDay(label=_("Until"))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["owner"]
        field.queryset = User.objects.visible_to(user).active()
