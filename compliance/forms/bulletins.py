"""Forms of the bulletin board."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Role
from compliance.models import Bulletin
from compliance.selectors.bulletins import FOR_ME, PUBLISH, PUBLISHED, UNREAD, BulletinQuery
from core.widgets import DateInput, RemoteSelectMultiple
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit

TEXT = forms.Textarea({"rows": 12})


class BulletinFilter(forms.Form):
    """The whole state of the board."""

    q = forms.CharField(
        label=_("Search"), help_text=_("Title of the bulletin"), required=False, max_length=80
    )
    show = forms.ChoiceField(label=_("Show"), required=False)
    unit = UnitByCode(PUBLISH, label=_("Published by"))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        choices = [("", _("All that are for me")), (UNREAD, _("Not yet read or confirmed"))]
        if user.has_perm(PUBLISH):
            choices.append((PUBLISHED, _("Published by my units")))
            fields["unit"].queryset = OrgUnit.objects.visible_to(user, PUBLISH)
        else:
            del fields["unit"]
        fields["show"].choices = choices

    def query(self) -> BulletinQuery:
        """The filtered list; fields that do not read filter nothing and show their error."""
        self.is_valid()
        data = self.cleaned_data
        unit = data.get("unit")
        show = data.get("show") or (PUBLISHED if unit else FOR_ME)
        return BulletinQuery(show, unit, data.get("q", "").strip())

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())


class UnitsField(forms.ModelMultipleChoiceField):
    """Units in reach of a right, found by typing; values are codes."""

    def __init__(self, right: str, **kwargs: Any) -> None:
        super().__init__(
            OrgUnit.objects.none(),
            to_field_name="code",
            widget=RemoteSelectMultiple("unit-choices", right),
            **kwargs,
        )

    def label_from_instance(self, unit: OrgUnit) -> str:  # type: ignore[override]
        return f"{unit.name} {unit.code}"


class BulletinForm(forms.Form):
    """What is published, and for whom."""

    title = forms.CharField(label=pgettext_lazy("bulletin", "Title"), max_length=120)
    body = forms.CharField(label=pgettext_lazy("bulletin", "Text"), max_length=20_000, widget=TEXT)
    units = UnitsField(
        PUBLISH,
        label=_("Units addressed"),
        help_text=_("Everybody in these units and all units below."),
    )
    roles = forms.ModelMultipleChoiceField(
        Role.objects.all(),
        label=_("Only people with these roles"),
        required=False,
        help_text=_("Leave empty for everybody in the units."),
        widget=forms.CheckboxSelectMultiple,
    )
    must_confirm = forms.BooleanField(label=_("Reading must be confirmed"), required=False)
    confirm_by = forms.DateField(
        label=_("Confirm by"),
        required=False,
        widget=DateInput(),
        help_text=_("Only if it must be confirmed. Left empty, the rule of your unit counts."),
    )
    request_key = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["units"].queryset = OrgUnit.objects.visible_to(user, PUBLISH).active()


class AmendForm(forms.Form):
    """A new version of a bulletin."""

    title = forms.CharField(label=pgettext_lazy("bulletin", "Title"), max_length=120)
    body = forms.CharField(label=pgettext_lazy("bulletin", "Text"), max_length=20_000, widget=TEXT)
    note = forms.CharField(label=_("What was changed"), max_length=200)
    ask_again = forms.BooleanField(
        label=_("Everybody reads it again"),
        required=False,
        help_text=_("Everybody is told; earlier receipts no longer count."),
    )
    number = forms.IntegerField(widget=forms.HiddenInput)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.Textarea({"rows": 3}))


def initial_of(bulletin: Bulletin) -> dict[str, Any]:
    """A bulletin as the form of its next version shows it."""
    latest = bulletin.versions.all()[0]
    return {"title": latest.title, "body": latest.body, "number": bulletin.number}
