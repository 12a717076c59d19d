"""Forms of the library of rules."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from compliance.models import ReviewOutcome, RuleDocument, RuleVersion
from compliance.selectors.rules import CHANGE, DUE, RETIRED
from core.widgets import DateInput, RemoteSelect
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit


class RuleFilter(forms.Form):
    """The whole state of the library."""

    q = forms.CharField(
        label=_("Search"), help_text=_("Number or title"), required=False, max_length=80
    )
    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", pgettext_lazy("rules", "In force and drafts")),
            (DUE, _("Review due soon")),
            (RETIRED, _("No longer in force")),
        ],
    )

    def found(self) -> dict[str, str]:
        """What narrows the list."""
        self.is_valid()
        data = self.cleaned_data
        return {"text": data.get("q", "").strip(), "show": data.get("show", "")}

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        return any(self.found().values())


class RuleForm(forms.Form):
    """The cover of a rule."""

    unit = UnitByCode(CHANGE, required=True)
    title = forms.CharField(label=pgettext_lazy("rule", "Title"), max_length=120)
    number = forms.CharField(
        label=pgettext_lazy("rule", "Number"),
        max_length=20,
        required=False,
        help_text=_("Its place in the system of rules, e.g. 1.2."),
    )
    applies_to = forms.CharField(label=_("Applies to"), max_length=200)
    department = forms.CharField(label=_("Department in charge"), max_length=60)
    interpreted_by = forms.CharField(label=_("Interpreted by"), max_length=60)
    keeper = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Revised by"),
        to_field_name="employee_no",
        widget=RemoteSelect("people-choices", "accounts.view_user"),
        empty_label="—",
    )
    next_review_on = forms.DateField(label=_("Next yearly review"), widget=DateInput())

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, CHANGE).active()
        fields["keeper"].queryset = User.objects.active().visible_to(user)


def cover_of(rule: RuleDocument) -> dict[str, Any]:
    """A rule as the form of its cover shows it."""
    same = ("title", "number", "applies_to", "department", "interpreted_by", "next_review_on")
    return {name: getattr(rule, name) for name in same} | {
        "unit": rule.unit.code,
        "keeper": rule.keeper.employee_no,
    }


class VersionForm(forms.ModelForm):
    """What a rule says from a day on."""

    class Meta:
        model = RuleVersion
        fields = (
            "number",
            "body",
            "note",
            "effective_on",
            "proposed_by",
            "signed_by",
            "prints",
            "reviewer",
            "approver",
        )
        labels = {
            "number": _("Version"),
            "body": pgettext_lazy("rule", "Text"),
            "note": _("What was changed, and why"),
            "effective_on": _("In force from"),
            "proposed_by": _("Proposed by"),
            "signed_by": _("Countersigned by"),
            "prints": _("Copies printed"),
            "reviewer": _("Reviewed by"),
            "approver": _("Approved by"),
        }
        help_texts = {
            "approver": _(
                "Only for a rule that was decided before it came here; else the approval says it."
            ),
        }
        widgets = {"body": forms.Textarea({"rows": 16}), "effective_on": DateInput()}

    def __init__(self, *args: Any, first: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not first:
            del self.fields["reviewer"], self.fields["approver"]

    def validate_unique(self) -> None:
        """The service says it in its own words, under the lock."""


class ReviewForm(forms.Form):
    """What the yearly review found."""

    outcome = forms.ChoiceField(label=_("Outcome"), choices=ReviewOutcome)
    note = forms.CharField(label=_("Findings"), max_length=500, widget=forms.Textarea({"rows": 4}))
