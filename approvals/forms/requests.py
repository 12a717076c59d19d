"""The form of a request, made of the fields of its ready form."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from approvals.forms.fields import ColleagueField, CustomerCodeField
from approvals.models import FlowModel, Request
from approvals.ready import Ready, ReadyField
from core.formfields import Yuan
from core.widgets import DateInput

FIELD = "field-"  # before the key of a field, so that none is called like ours
MONEY: dict[str, Any] = {"max_digits": 12, "min_value": 0}


class RequestForm(forms.Form):
    """What is asked for. `facts()` are the fields of the ready form as they are kept; a draft need
    not be `complete`.
    """

    title = forms.CharField(
        label=_("Subject"), max_length=120, help_text=_("What it is about, in one line.")
    )

    def __init__(
        self,
        *args: Any,
        ready: Ready,
        user: Any,
        paper: Request | None = None,
        complete: bool = True,
        **kwargs: Any,
    ) -> None:
        initial = (_initial(paper) if paper else {}) | kwargs.pop("initial", {})
        super().__init__(*args, **(kwargs | {"initial": initial}))
        self.ready = ready
        if ready.amount:
            required = ready.amount == "required"
            self.fields["amount"] = Yuan(required=required, **MONEY)
        for one in ready.fields or ():
            self.fields[FIELD + one.key] = _form_field(one, user)
        if ready.model == FlowModel.FREE:
            first = ColleagueField(label=_("First approver"), required=False)
            first.of(user)
            first.help_text = _("Needed when you submit; he decides whether others follow.")
            self.fields["first"] = first
        if self.is_bound and not complete:
            for field in self.fields.values():
                field.required = False

    def facts(self) -> dict[str, Any]:
        """Arguments of `write_request`."""
        data = self.cleaned_data
        values = {
            one.key: _kept(data[FIELD + one.key])
            for one in self.ready.fields or ()
            if data.get(FIELD + one.key) not in (None, "")
        }
        return {
            "form": self.ready.key,
            "title": data["title"],
            "amount": data.get("amount"),
            "values": values,
        }


def _initial(paper: Request) -> dict[str, Any]:
    known = {FIELD + key: value for key, value in paper.values.items()}
    return known | {"title": paper.title, "amount": paper.amount}


def _kept(value: Any) -> Any:
    """Numbers and days as text, as JSON keeps them."""
    return value.isoformat() if isinstance(value, date) else _number(value)


def _number(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def _form_field(one: ReadyField, user: Any) -> forms.Field:
    shared: dict[str, Any] = {
        "label": one.label,
        "required": one.required,
        "help_text": one.help,
    }
    if one.type == "choice":
        return forms.ChoiceField(
            choices=[("", "—"), *((word, word) for word in one.choices)], **shared
        )
    if one.type == "yes_no":
        return forms.BooleanField(**(shared | {"required": False}))
    if one.type == "date":
        return forms.DateField(widget=DateInput(), **shared)
    if one.type == "number":
        return forms.DecimalField(max_digits=12, decimal_places=2, **shared)
    if one.type == "customer":
        return CustomerCodeField(reader=user, max_length=40, **shared)
    widget = forms.TextInput() if one.lines == 1 else forms.Textarea({"rows": one.lines})
    return forms.CharField(max_length=4000 if one.lines > 1 else 200, widget=widget, **shared)
