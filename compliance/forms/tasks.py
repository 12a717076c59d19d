"""Forms of tasks."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from compliance.forms.unit_page import MonthChoice
from compliance.models import Assignment, AssignmentState
from compliance.months import read_month
from compliance.selectors.tasks import GIVEN, LATE, MINE, OVERDUE, TEAM, VIEW, TaskQuery
from compliance.services.assignments import end_of_work
from core.widgets import DateInput, RemoteSelect
from customers.models import Customer
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit

STATES = [
    ("", pgettext_lazy("assignment", "Open")),
    (OVERDUE, _("Overdue")),
    (LATE, _("Late, open or done")),
    (AssignmentState.DONE.value, pgettext_lazy("assignment", "Done")),
    (AssignmentState.CANCELLED.value, pgettext_lazy("assignment", "Cancelled")),
]


class TaskFilter(forms.Form):
    """The whole state of a list of tasks."""

    tab = forms.CharField(required=False, widget=forms.HiddenInput)
    q = forms.CharField(
        label=_("Search"), help_text=_("Title of the task"), required=False, max_length=80
    )
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES)
    unit = UnitByCode(VIEW)
    person = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Staff member"),
        required=False,
        to_field_name="employee_no",
        widget=RemoteSelect("people-choices", VIEW),
        empty_label="—",
    )
    month = MonthChoice(label=_("Due in"))
    only = forms.BooleanField(label=_("This unit only"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        if self.data.get("tab") == TEAM:
            fields["unit"].queryset = OrgUnit.objects.visible_to(user, VIEW)
            fields["person"].queryset = User.objects.visible_to(user, VIEW)
        else:
            del fields["unit"], fields["person"], fields["only"]

    def query(self) -> TaskQuery:
        """The filtered list; fields that do not read filter nothing and show their error."""
        self.is_valid()
        data = self.cleaned_data
        tab = data.get("tab", "")
        return TaskQuery(
            tab if tab in (MINE, GIVEN, TEAM) else MINE,
            data.get("state") or AssignmentState.OPEN,
            data.get("unit"),
            data.get("person"),
            data.get("q", "").strip(),
            read_month(data.get("month", "")),
            below=not data.get("only"),
        )

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(value for name, value in self.cleaned_data.items() if name != "tab")


class PersonChoice(forms.ModelChoiceField):
    """Somebody a task may go to."""

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {"label": _("Assigned to"), "empty_label": "—"}
        super().__init__(
            User.objects.none(),
            to_field_name="employee_no",
            widget=RemoteSelect("compliance:task-people"),
            **(options | kwargs),
        )

    def label_from_instance(self, user: User) -> str:  # type: ignore[override]
        return f"{user.name} {user.employee_no}"


class _TaskFields(forms.Form):
    title = forms.CharField(label=pgettext_lazy("assignment", "Title"), max_length=120)
    body = forms.CharField(
        label=_("What is to be done"),
        max_length=5000,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )
    due_on = forms.DateField(
        label=_("Due on"),
        required=False,
        widget=DateInput(),
        help_text=_("Until the end of work of this day; on a day off, of the working day before."),
    )
    checklist = forms.CharField(
        label=_("Checklist"),
        required=False,
        max_length=6000,
        help_text=_("One line for each step; the task ends when all are ticked."),
        widget=forms.Textarea({"rows": 4}),
    )

    def lines(self) -> list[str]:
        """The lines of the checklist."""
        return str(self.cleaned_data["checklist"]).splitlines()


class TaskForm(_TaskFields):
    """A new task."""

    to = PersonChoice()
    customer = forms.ModelChoiceField(
        Customer.objects.none(),
        label=_("Customer"),
        required=False,
        empty_label="—",
        widget=RemoteSelect("expenses:customer-choices"),
    )
    request_key = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    field_order = ("title", "to", "due_on", "body", "checklist", "customer", "request_key")

    def __init__(self, *args: Any, user: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["to"].queryset = people
        if user.has_perm("customers.view_customer") and user.has_perm("expenses.add_application"):
            fields["customer"].queryset = Customer.objects.visible_to(user)
        else:
            del fields["customer"]

    def clean_due_on(self) -> Any:
        day = self.cleaned_data["due_on"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError(_("This day has passed."))
        return day

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        day = data["due_on"]
        return {
            "to": data["to"],
            "title": data["title"],
            "body": data["body"],
            "due_at": _until(day, data["to"].unit),
            "customer": data.get("customer"),
            "checklist": self.lines(),
            "key": data["request_key"],
        }


class TaskChangeForm(_TaskFields):
    """An open task anew."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    field_order = ("title", "due_on", "body", "checklist", "version")

    def facts(self, task: Assignment) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        day = data["due_on"]
        return {
            "version": data["version"],
            "title": data["title"],
            "body": data["body"],
            "due_at": task.due_at if day == due_day(task) else _until(day, task.unit),
            "checklist": self.lines(),
        }


def _until(day: date | None, unit: OrgUnit) -> datetime | None:
    return end_of_work(day, unit=unit) if day else None


def due_day(task: Assignment) -> date | None:
    """The day on which a task is due."""
    return timezone.localdate(task.due_at) if task.due_at else None


def initial_of(task: Assignment) -> dict[str, Any]:
    """A task as its form shows it."""
    return {
        "title": task.title,
        "body": task.body,
        "due_on": due_day(task),
        "checklist": "\n".join(item["text"] for item in task.checklist),
        "version": task.version,
    }


class HandOnForm(forms.Form):
    """Who does it from now on."""

    to = PersonChoice(label=_("Hand on to"))
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["to"].queryset = people


class FinishForm(forms.Form):
    """What came of it."""

    result = forms.CharField(
        label=_("Result"), max_length=500, required=False, widget=forms.Textarea({"rows": 3})
    )
