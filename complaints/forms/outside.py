"""Forms of public opinion, early warnings and group complaints."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models import Case, Channel, Complainant, Level, Risk, Spread
from complaints.states import OPEN, REGISTER
from core.widgets import DateTimeInput
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit


class CaseNumbers(forms.CharField):
    """Numbers of cases, with blanks or commas between; gives the cases the reader sees."""

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {
            "label": _("Case numbers"),
            "help_text": _("Several with blanks between."),
            "max_length": 4000,
        }
        super().__init__(**(options | kwargs))
        self.user: Any = None

    def clean(self, value: Any) -> list[Case]:
        text = super().clean(value)
        numbers = [one for one in text.replace(",", " ").replace("，", " ").split() if one]
        known = {
            case.number: case
            for case in Case.objects.visible_to(self.user).filter(number__in=numbers)
        }
        missing = [number for number in numbers if number not in known]
        if missing:
            sentence = _now("There is no case {number} that you may see.")
            raise forms.ValidationError(sentence.format(number=missing[0]))
        return [known[number] for number in dict.fromkeys(numbers)]


class OpinionForm(forms.Form):
    """A new item of public opinion."""

    unit = UnitByCode(REGISTER, required=True)
    title = forms.CharField(label=pgettext_lazy("public opinion", "Title"), max_length=200)
    source = forms.CharField(
        label=_("Source"), max_length=60, help_text=_("Platform, newspaper or authority.")
    )
    link = forms.URLField(label=_("Link"), max_length=500, required=False, assume_scheme="https")
    first_seen_at = forms.DateTimeField(
        label=_("First seen"), widget=DateTimeInput(), initial=timezone.localtime
    )
    spread = forms.ChoiceField(label=_("Spread"), choices=Spread.choices)
    level = forms.ModelChoiceField(
        Level.objects.filter(is_offered=True), label=_("Level"), required=False, empty_label="—"
    )
    content = forms.CharField(
        label=_("Content"), widget=forms.Textarea({"rows": 4}), required=False
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = OrgUnit.objects.visible_to(user, REGISTER)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]


class LinkForm(forms.Form):
    """Cases that belong to an item."""

    cases = CaseNumbers()

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cases"].user = user  # type: ignore[attr-defined]


class OutcomeForm(forms.Form):
    """How something ended."""

    outcome = forms.CharField(label=_("Outcome"), widget=forms.Textarea({"rows": 3}))


class WarningForm(forms.Form):
    """Trouble that is noticed before it is a complaint."""

    unit = UnitByCode(REGISTER, required=True)
    content = forms.CharField(label=_("What was noticed"), widget=forms.Textarea({"rows": 4}))
    risk = forms.ChoiceField(label=_("Risk"), choices=Risk.choices, initial=Risk.MEDIUM)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = OrgUnit.objects.visible_to(user, REGISTER)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]


class BecomeCaseForm(forms.Form):
    """Who complains, when a warning becomes a case."""

    name = forms.CharField(label=_("Name of the complainant"), max_length=60)
    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices, initial=Channel.VISIT)


class GroupForm(forms.Form):
    """A parent case over ticked cases."""

    cases = forms.ModelMultipleChoiceField(
        Case.objects.none(), label=_("Cases"), widget=forms.CheckboxSelectMultiple
    )
    content = forms.CharField(
        label=_("What they have in common"), widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, cases: list[Case], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = [case.pk for case in cases]
        field: Any = self.fields["cases"]
        field.queryset = Case.objects.filter(pk__in=keys, state__in=OPEN).order_by("-taken_in_at")
        field.label_from_instance = lambda case: " · ".join(
            filter(None, (case.number, case.complainant_name, case.room, case.content[:30]))
        )
        self.initial.setdefault("cases", keys)


class StatementForm(forms.Form):
    """One answer to everybody."""

    text = forms.CharField(label=_("Common statement"), widget=forms.Textarea({"rows": 4}))


class ResolutionForm(forms.Form):
    """One result for everybody."""

    resolution = forms.CharField(label=_("Result"), widget=forms.Textarea({"rows": 3}))


class SpokespersonForm(forms.Form):
    """Who speaks for the complainants."""

    person = forms.ModelChoiceField(
        Complainant.objects.none(), label=_("Spokesperson"), empty_label="—"
    )

    def __init__(self, *args: Any, parent: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Complainant.objects.filter(case__parent=parent)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
