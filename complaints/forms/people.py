"""Input about the class of a case and the people on it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from complaints.forms.moves import MoveForm
from complaints.models import Category, Level
from complaints.selectors.classes import grouped
from core.widgets import SearchSelect


class ClassForm(MoveForm):
    """Another category, another level, and why."""

    category = forms.ModelChoiceField(
        Category.objects.none(), label=_("Category"), required=False, empty_label="—"
    )
    level = forms.ModelChoiceField(
        Level.objects.none(),
        label=pgettext_lazy("case", "Level"),
        required=False,
        empty_label="—",
        help_text=_("Another level works the time limits out anew from their start."),
    )
    text = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea({"rows": 3}))

    def __init__(
        self, *args: Any, categories: Sequence[Category], levels: Sequence[Level], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        # A word that only came with a file stays choosable on the case that bears it.
        keys = [one.pk for one in categories] + [self.case.category_id or 0]
        fields["category"].queryset = Category.objects.filter(pk__in=keys)
        offered = grouped(categories)
        if self.case.category is not None and self.case.category not in categories:
            offered.insert(0, (self.case.category_id, str(self.case.category)))
        fields["category"].widget.choices = [("", "—"), *offered]
        fields["category"].initial = self.case.category_id
        keys = [one.pk for one in levels] + [self.case.level_id or 0]
        fields["level"].queryset = Level.objects.filter(pk__in=keys)
        fields["level"].initial = self.case.level_id


class CollaboratorForm(forms.Form):
    """Who is pulled into a case: people whose role lets them handle cases of its unit."""

    user = forms.ChoiceField(label=_("Collaborator"), widget=SearchSelect())
    text = forms.CharField(label=_("What for"), required=False, max_length=200)

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {one.employee_no: one for one in people}
        field: Any = self.fields["user"]
        field.choices = [
            ("", "—"),
            *((no, f"{one.name} {no}") for no, one in self.people.items()),
        ]
        if not self.people:
            field.help_text = _("Nobody else may handle cases of this unit.")

    def facts(self) -> dict[str, Any]:
        """Arguments for the service."""
        data = self.cleaned_data
        return {"user": self.people[data["user"]], "text": data["text"]}
