"""What narrows the inbox."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class InboxFilter(forms.Form):
    """One flow of those that have something in the list."""

    flow = forms.ChoiceField(label=_("Flow"), required=False)

    def __init__(self, *args: Any, flows: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["flow"]
        field.choices = [("", _("All flows")), *((str(pk), name) for pk, name in flows)]

    def chosen(self) -> int | None:
        """The key of the flow; None lets all pass."""
        self.is_valid()
        return int(self.cleaned_data["flow"]) if self.cleaned_data.get("flow") else None

    def is_filtered(self) -> bool:
        return self.chosen() is not None
