"""Forms of answers to the owner and of their templates."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.answer_texts import unknown_in
from complaints.models import AnswerChannel, AnswerTemplate
from complaints.selectors.answers import WRITE
from complaints.selectors.classes import grouped, offered_categories
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit


class AnswerForm(forms.Form):
    """What the owner is told, and by which way."""

    channel = forms.ChoiceField(label=pgettext_lazy("answer", "By"), choices=AnswerChannel.choices)
    text = forms.CharField(label=_("Answer"), max_length=5000, widget=forms.Textarea({"rows": 10}))


class TemplateForm(forms.ModelForm):
    """A text with variables, for a unit and all below it."""

    unit = UnitByCode(WRITE, required=True, help_text=_("Offered there and in all units below."))

    class Meta:
        model = AnswerTemplate
        fields = ["unit", "name", "channel", "category", "text", "is_active"]
        labels = {"channel": pgettext_lazy("answer", "By")}
        widgets = {"text": forms.Textarea({"rows": 10})}

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, WRITE)
        fields["category"].widget.choices = [
            ("", _now("All categories")),
            *grouped(offered_categories()),
        ]
        fields["channel"].choices = [("", _now("Please choose")), *AnswerChannel.choices]
        if self.instance.pk:
            self.initial["unit"] = self.instance.unit.code

    def clean_text(self) -> str:
        """Only variables that exist."""
        text: str = self.cleaned_data["text"]
        if unknown := unknown_in(text):
            sentence = _now("“{name}” is no variable. Please use those that are listed.")
            raise forms.ValidationError(sentence.format(name=unknown[0]), code="variable")
        return text

    def _post_clean(self) -> None:
        """The service writes the row."""
