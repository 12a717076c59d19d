"""The filter of the list of cases, as its address carries it."""

from dataclasses import replace
from typing import Any

from django import forms
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from complaints.models import CaseKind, Category, Channel, Level
from complaints.selectors.classes import grouped, offered_categories
from complaints.selectors.lists import (
    IN_WARRANTY,
    MOST_LATE,
    ORDERS,
    OUT_OF_WARRANTY,
    RECENT,
    STATES_OPEN,
    STATES_WAITING,
    CaseQuery,
)
from complaints.selectors.stats import midnight, next_month
from complaints.selectors.terms import understand_case
from complaints.states import VIEW, State
from core.widgets import RemoteSelect
from customers.forms import UnitChoiceField
from regions.models import OrgUnit

ANY = [("", "—")]
STATES = [
    *ANY,
    (STATES_OPEN, _("Every open state")),
    *[(state, label) for state, label in State.choices if "waiting" not in state],
    (STATES_WAITING, _("Waiting")),
]


class HandlerField(forms.ModelChoiceField):
    """A person by employee number, of those in reach."""

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {"label": _("Handler"), "empty_label": "—"}
        super().__init__(
            User.objects.none(),
            to_field_name="employee_no",
            widget=RemoteSelect("people-choices", VIEW),
            **(options | kwargs),
        )

    def label_from_instance(self, user: User) -> str:  # type: ignore[override]
        return f"{user.name} {user.employee_no}"


class MonthField(forms.DateField):
    """A month as 2026-03; its value is the first day."""

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {
            "label": _("Month of intake"),
            "input_formats": ["%Y-%m"],
            "widget": forms.DateInput({"type": "month"}, format="%Y-%m"),
        }
        super().__init__(**(options | kwargs))


class CaseFilter(forms.Form):
    """The whole state of a list of cases."""

    q = forms.CharField(
        label=_("Search"),
        help_text=_("Number, name, room, content, last four digits"),
        required=False,
        max_length=80,
    )
    unit = UnitChoiceField(VIEW, required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES)
    category = forms.ModelChoiceField(
        Category.objects.all(), label=_("Category"), required=False, empty_label="—"
    )
    overdue = forms.BooleanField(label=_("Only overdue ones"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[*ANY, *CaseKind.choices])
    level = forms.ModelChoiceField(
        Level.objects.all(), label=pgettext_lazy("case", "Level"), required=False, empty_label="—"
    )
    channel = forms.ChoiceField(
        label=_("Channel"), required=False, choices=[*ANY, *Channel.choices]
    )
    handler = HandlerField(required=False)
    warranty = forms.ChoiceField(
        label=_("Warranty"),
        required=False,
        choices=[
            *ANY,
            (IN_WARRANTY, _("Within the warranty")),
            (OUT_OF_WARRANTY, _("After the warranty")),
        ],
    )
    unassigned = forms.BooleanField(label=_("Without handler"), required=False)
    only = forms.BooleanField(label=_("This unit only"), required=False)
    month = MonthField(required=False)
    import_run = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, VIEW).in_tree_order()
        fields["handler"].queryset = User.objects.visible_to(user, VIEW)
        fields["category"].widget.choices = [*ANY, *grouped(offered_categories())]

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())

    def query(self, sort: str = "") -> CaseQuery:
        """The filtered list; fields that do not read filter nothing and show their error."""
        self.is_valid()
        data = self.cleaned_data
        default = MOST_LATE if data.get("overdue") else RECENT
        month = data.get("month")
        return CaseQuery(
            unit=data.get("unit"),
            below=not data.get("only"),
            state=data.get("state", ""),
            kind=data.get("kind", ""),
            category=data.get("category"),
            level=data.get("level"),
            channel=data.get("channel", ""),
            handler=data.get("handler"),
            warranty=data.get("warranty", ""),
            unassigned=bool(data.get("unassigned")),
            overdue=bool(data.get("overdue")),
            taken_in_from=midnight(month) if month else None,
            taken_in_until=midnight(next_month(month)) if month else None,
            import_run=data.get("import_run"),
            term=understand_case(data.get("q") or ""),
            order=ORDERS.get(sort, default),
        )


class UnitFilter(forms.Form):
    """What the short lists (overdue, call-backs, board) can be narrowed by."""

    unit = UnitChoiceField(VIEW, required=False)
    category = forms.ModelChoiceField(
        Category.objects.all(), label=_("Category"), required=False, empty_label="—"
    )
    handler = HandlerField(required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, VIEW).in_tree_order()
        fields["handler"].queryset = User.objects.visible_to(user, VIEW)
        fields["category"].widget.choices = [*ANY, *grouped(offered_categories())]

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())

    def query(self) -> CaseQuery:
        """The filtered cases; fields that do not read filter nothing."""
        self.is_valid()
        data = self.cleaned_data
        return CaseQuery(
            unit=data.get("unit"), category=data.get("category"), handler=data.get("handler")
        )


class BoardFilter(UnitFilter):
    """What the board can be narrowed by."""

    overdue = forms.BooleanField(label=_("Only overdue ones"), required=False)

    def query(self) -> CaseQuery:
        return replace(super().query(), overdue=bool(self.cleaned_data.get("overdue")))

    def list_query(self) -> str:
        """The same cases as a list: its query string."""
        typed: Any = self.data
        kept = {name: typed[name] for name in self.fields if typed.get(name)}
        return urlencode({"state": STATES_OPEN} | kept)
