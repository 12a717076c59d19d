"""Fields that several forms of approvals share."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from approvals.selectors.colleagues import colleagues
from approvals.specialists import is_known
from core.widgets import RemoteSelect, RemoteSelectMultiple

PEOPLE = "approvals:people"


class ColleagueField(forms.ModelChoiceField):
    """A colleague, found by typing; the form names the reader with `of`."""

    def __init__(self, **options: Any) -> None:
        widget = RemoteSelect(PEOPLE)
        more: dict[str, Any] = {"empty_label": "—", "to_field_name": "employee_no"}
        super().__init__(User.objects.none(), widget=widget, **(more | options))

    def of(self, reader: Any) -> None:
        """Offer the colleagues of this reader."""
        self.queryset = colleagues(reader)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} {obj.employee_no}"


class CustomerCodeField(forms.CharField):
    """The code of a customer within the reader's reach."""

    def __init__(self, *, reader: Any, **options: Any) -> None:
        super().__init__(**options)
        self.reader = reader

    def clean(self, value: Any) -> Any:
        code = super().clean(value).upper()
        if code and not is_known(code, self.reader):
            raise forms.ValidationError(_("There is no customer with this code in your scope."))
        return code


class ColleaguesField(forms.ModelMultipleChoiceField):
    """Several colleagues."""

    def __init__(self, **options: Any) -> None:
        widget = RemoteSelectMultiple(PEOPLE)
        super().__init__(
            User.objects.none(), widget=widget, **({"to_field_name": "employee_no"} | options)
        )

    def of(self, reader: Any) -> None:
        """Offer the colleagues of this reader."""
        self.queryset = colleagues(reader)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} {obj.employee_no}"


def comment_field(**options: Any) -> forms.CharField:
    """What a person says with an act."""
    more: dict[str, Any] = {
        "label": _("Comment"),
        "required": False,
        "max_length": 2000,
        "widget": forms.Textarea({"rows": 2}),
    }
    return forms.CharField(**(more | options))
