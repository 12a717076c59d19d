"""Fields that forms of the organisation share."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.widgets import RemoteSelect
from regions.models import OrgUnit


class UnitByCode(forms.ModelChoiceField):
    """A unit in reach of a right, found by typing; its value is its code.

    The form says which units may be chosen, since only it knows the reader.
    """

    def __init__(self, right: str, **kwargs: Any) -> None:
        options: dict[str, Any] = {"label": _("Unit"), "empty_label": "—", "required": False}
        super().__init__(
            OrgUnit.objects.none(),
            to_field_name="code",
            widget=RemoteSelect("unit-choices", right),
            **(options | kwargs),
        )

    def label_from_instance(self, unit: OrgUnit) -> str:  # type: ignore[override]
        return f"{unit.name} {unit.code}"
