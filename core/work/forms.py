"""What the list of runs can be narrowed by."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.jobs import KINDS
from core.models import JobState


class RunFilter(forms.Form):
    """Kind and state of runs."""

    kind = forms.ChoiceField(label=_("Kind of work"), required=False)
    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("All states")), *JobState.choices], required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = sorted(((kind.name, str(kind.title)) for kind in KINDS.values()), key=_by_title)
        field: Any = self.fields["kind"]
        field.choices = [("", _("All kinds")), *kinds]


def _by_title(choice: tuple[str, str]) -> str:
    return choice[1]
