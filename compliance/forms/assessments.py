"""The sheet of a yearly assessment."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from regions.policies.types import Row


class AssessmentForm(forms.Form):
    """A mark and a note for each criterion, and what was found on the whole."""

    excellent = forms.BooleanField(label=_("Excellent of the year"), required=False)
    remark = forms.CharField(
        label=pgettext_lazy("committee", "Remark"),
        required=False,
        max_length=5000,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, *args: Any, criteria: list[Row], sheet: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = {line["word"]: line for line in sheet}
        self.words = [row["word"] for row in criteria]
        lines: dict[str, forms.Field] = {}
        for place, row in enumerate(criteria):
            line = given.get(row["word"], {})
            lines[f"mark_{place}"] = forms.DecimalField(
                label=f"{row['word']} ({row['weight']:f}%)",
                min_value=Decimal(0),
                max_value=Decimal(100),
                decimal_places=1,
                required=False,
                initial=line.get("mark") or None,
            )
            lines[f"note_{place}"] = forms.CharField(
                label=_("Note on {criterion}").format(criterion=row["word"]),
                required=False,
                max_length=500,
                initial=line.get("note", ""),
            )
        self.fields = lines | self.fields

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        marks = {word: data.get(f"mark_{place}") for place, word in enumerate(self.words)}
        return {
            "marks": {word: mark for word, mark in marks.items() if mark is not None},
            "notes": {
                word: data.get(f"note_{place}") or "" for place, word in enumerate(self.words)
            },
            "excellent": data["excellent"],
            "remark": data["remark"],
        }


class ReasonForm(forms.Form):
    """Why a confirmation is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
