"""Forms of strategic customers, their yearly round and the committee."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from compliance.models import (
    CustomerPlan,
    Decision,
    Nomination,
    ResourceKind,
    ResourceState,
    Round,
    SignalKind,
    TalkKind,
)
from compliance.models.rounds import NOMINATE, VIEW
from compliance.models.strategic import FOUR_C, WORK
from compliance.selectors.classes import FLAGS
from compliance.selectors.people import leaders_for
from compliance.selectors.strategic import StrategicQuery
from core.widgets import DateInput, DateTimeInput, RemoteSelect, RemoteSelectMultiple
from customers.forms import UnitChoiceField
from customers.models import Contact, Customer, CustomerKind, CustomerUnit
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit
from regions.policies.types import Row

MINUTE_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]


class PersonField(forms.ModelChoiceField):
    """A person, found by typing; the form says who may be chosen."""

    def __init__(self, label: Any, address: str, right: str = "", **kwargs: Any) -> None:
        widget = RemoteSelect(address, right)
        options: dict[str, Any] = {"empty_label": "—", "to_field_name": "employee_no"}
        super().__init__(User.objects.none(), label=label, widget=widget, **(options | kwargs))

    def label_from_instance(self, user: User) -> str:  # type: ignore[override]
        return f"{user.name} {user.employee_no}"


def _area(label: Any, *, required: bool = True, rows: int = 3, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=5000,
        widget=forms.Textarea({"rows": rows}),
        **more,
    )


class StrategicFilter(forms.Form):
    """The whole state of the list of strategic customers."""

    q = forms.CharField(
        label=_("Search"), help_text=_("Name or customer code"), required=False, max_length=80
    )
    unit = UnitChoiceField(VIEW, required=False)
    person = PersonField(_("Specialist or contact leader"), "people-choices", VIEW, required=False)
    late = forms.BooleanField(label=_("Contact late"), required=False)
    vacant = forms.BooleanField(label=_("Pair incomplete"), required=False)
    waiting = forms.BooleanField(label=_("Plan waits for review"), required=False)
    unsummed = forms.BooleanField(label=_("Last month not summed up"), required=False)
    only = forms.BooleanField(label=_("This unit only"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, VIEW).in_tree_order()
        fields["person"].queryset = leaders_for(user, VIEW)

    def query(self) -> StrategicQuery:
        """The filtered list; fields that do not read filter nothing and show their error."""
        self.is_valid()
        data = self.cleaned_data
        return StrategicQuery(
            unit=data.get("unit"),
            below=not data.get("only"),
            person=data.get("person"),
            text=(data.get("q") or "").strip(),
            late=bool(data.get("late")),
            vacant=bool(data.get("vacant")),
            waiting=bool(data.get("waiting")),
            unsummed=bool(data.get("unsummed")),
        )

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())


class LatePlanFilter(forms.Form):
    """Whose planned activities are shown."""

    unit = UnitChoiceField(required=False)
    person = PersonField(
        _("Staff member"), "people-choices", "customers.view_customer", required=False
    )
    only = forms.BooleanField(label=_("This unit only"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        right = "customers.view_customer"
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, right).in_tree_order()
        fields["person"].queryset = User.objects.visible_to(user, right)

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())


class PairForm(forms.Form):
    """Who runs a strategic customer."""

    specialist = PersonField(_("Marketing specialist"), "people-choices", "customers.view_customer")
    contact_leader = PersonField(
        _("Contact leader"), "compliance:leader-choices", "customers.view_customer"
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_pair(self, user)


def offer_pair(form: forms.Form, user: Any) -> None:
    """Specialists from one's reach, leaders also from the units above it."""
    fields: dict[str, Any] = form.fields
    right = "customers.view_customer"
    fields["specialist"].queryset = User.objects.visible_to(user, right).active()
    fields["contact_leader"].queryset = leaders_for(user, right)


class NominationForm(forms.Form):
    """What a unit says for a customer of its own."""

    customer = forms.ModelChoiceField(
        Customer.objects.none(),
        label=_("Customer"),
        empty_label="—",
        widget=RemoteSelect("compliance:organisation-choices"),
    )
    unit = UnitByCode(NOMINATE, required=True, label=_("Unit that nominates"))
    specialist = PersonField(_("Marketing specialist"), "people-choices", "customers.view_customer")
    contact_leader = PersonField(
        _("Contact leader"), "compliance:leader-choices", "customers.view_customer"
    )
    cooperations = forms.IntegerField(
        label=_("Cooperations so far"), min_value=0, max_value=999, initial=0
    )
    flags = forms.MultipleChoiceField(
        label=_("What holds for the customer"),
        choices=FLAGS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    reason = _area(_("Reason"))

    def __init__(
        self, *args: Any, user: Any, nomination: Nomination | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["customer"].queryset = Customer.objects.visible_to(user).filter(
            kind=CustomerKind.ORGANISATION
        )
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, NOMINATE).active()
        offer_pair(self, user)
        if nomination is not None:
            self.initial = {
                "customer": nomination.customer_id,
                "unit": nomination.unit.code,
                "specialist": nomination.specialist.employee_no,
                "contact_leader": nomination.contact_leader.employee_no,
                "cooperations": nomination.cooperations,
                "flags": nomination.flags,
                "reason": nomination.reason,
                **self.initial,
            }


class EvaluationForm(forms.Form):
    """The committee's sheet: a mark for each criterion, and what was decided."""

    decision = forms.ChoiceField(
        label=_("Decision"), choices=Decision.choices, widget=forms.RadioSelect
    )
    level = forms.ChoiceField(
        label=_("Class of a declined customer"),
        required=False,
        help_text=_("Empty: he keeps the class he has."),
    )
    remark = _area(pgettext_lazy("committee", "Remark"), required=False)

    def __init__(
        self, *args: Any, criteria: list[Row], levels: list[str], sheet: list[Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["level"].choices = [("", "—"), *((word, word) for word in levels)]
        given = {line["word"]: line["mark"] for line in sheet}
        self.words: dict[str, str] = {}
        marks = {}
        for place, row in enumerate(criteria):
            name = f"mark_{place}"
            self.words[name] = row["word"]
            marks[name] = forms.DecimalField(
                label=f"{row['word']} ({row['weight']:f}%)",
                min_value=Decimal(0),
                max_value=Decimal(100),
                decimal_places=1,
                required=False,
                initial=given.get(row["word"]) or None,
            )
        self.fields = marks | self.fields

    def marks(self) -> dict[str, Decimal]:
        """Criterion → mark, of those that were given."""
        return {
            word: self.cleaned_data[name]
            for name, word in self.words.items()
            if self.cleaned_data.get(name) is not None
        }


class ReopenForm(forms.Form):
    """Until when nominations are open once more, and why."""

    until = forms.DateField(label=_("Last day of nominations"), widget=DateInput())
    reason = forms.CharField(label=_("Reason"), max_length=200)


class IssueForm(forms.Form):
    """Which customers of the former list stay on it though the round did not accept them."""

    keep = forms.ModelMultipleChoiceField(
        Customer.objects.none(),
        label=_("Stay on the list without a nomination"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("All others leave the list and become key customers."),
    )

    def __init__(self, *args: Any, left: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["keep"]
        field.queryset = left
        if not left:
            del self.fields["keep"]


class MeetingForm(forms.Form):
    """A meeting of the committee, called or minuted."""

    held_at = forms.DateTimeField(
        label=_("When"), widget=DateTimeInput(), input_formats=MINUTE_FORMATS
    )
    place = forms.CharField(label=pgettext_lazy("event", "Place"), max_length=120, required=False)
    round = forms.ModelChoiceField(
        Round.objects.all(), label=_("Yearly round"), required=False, empty_label="—"
    )
    agenda = _area(_("Agenda"))
    chair = PersonField(_("Takes the chair"), "people-choices", VIEW, required=False)
    present = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=pgettext_lazy("meeting", "Present"),
        to_field_name="employee_no",
        required=False,
        widget=RemoteSelectMultiple("people-choices", VIEW),
    )
    minutes = _area(_("Minutes"), required=False, rows=8)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        people = User.objects.visible_to(user, VIEW)
        fields["chair"].queryset = people
        fields["present"].queryset = people
        fields["present"].label_from_instance = lambda one: f"{one.name} {one.employee_no}"


class PlanForm(forms.Form):
    """The plan of a year with the 4C list. A draft may leave the list open; with `submit` each gap
    is an error of its field."""

    goals = _area(_("Goals of the year"))
    steps = _area(_("What is done when"), rows=5)

    def __init__(
        self, *args: Any, plan: CustomerPlan | None = None, submit: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.submit = submit
        for key, label in FOUR_C:
            field: Any = _area(label, required=False, rows=2)
            field.is_starred = True  # needed to submit, not to save
            self.fields[key] = field
        if plan is not None:
            self.initial = {"goals": plan.goals, "steps": plan.steps} | plan.answers

    def clean(self) -> dict[str, Any]:
        """What is submitted has no gap in the list (VAL-10)."""
        data = super().clean() or {}
        if self.submit:
            for key, _label in FOUR_C:
                if key in data and not data[key].strip():
                    self.add_error(key, gettext("Please fill this in before submitting."))
        return data

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        return {
            "goals": data["goals"],
            "steps": data["steps"],
            "answers": {key: data.get(key) or "" for key, _label in FOUR_C},
        }


class ReviewForm(forms.Form):
    """The market head's advice on a plan."""

    verdict = forms.ChoiceField(
        label=_("Decision"),
        choices=[("stands", _("The plan stands")), ("back", _("Send back to its writer"))],
        initial="stands",
        widget=forms.RadioSelect,
    )
    advice = _area(_("Advice"), required=False)


class SignalForm(forms.Form):
    """Something learnt early about a customer."""

    kind = forms.ChoiceField(label=_("Kind"), choices=SignalKind)
    content = _area(_("What was learnt"))
    learnt_on = forms.DateField(label=_("Learnt on"), widget=DateInput())
    act_by = forms.DateField(label=_("Act by"), widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.initial = {"learnt_on": today, "act_by": today + dt.timedelta(days=7), **self.initial}


class OutcomeForm(forms.Form):
    """What came of a signal."""

    outcome = _area(_("What came of it"))


class SummaryForm(forms.Form):
    """The month-end summary of the specialist."""

    month = forms.DateField(
        label=_("Month"),
        input_formats=["%Y-%m"],
        widget=forms.DateInput({"type": "month"}, format="%Y-%m"),
    )
    progress = _area(_("Progress of construction"))
    requests = _area(_("Requests and complaints"), required=False)
    next_steps = _area(_("Next steps"))


class PriorityForm(forms.Form):
    """Whether resources go to a strategic customer first, and why."""

    on = forms.BooleanField(
        label=_("Resources go to this customer first"),
        required=False,
        help_text=_("Staff, equipment, materials, funds and technical support."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)


class ResourceForm(forms.Form):
    """What a department shall provide for a customer."""

    kind = forms.ChoiceField(label=_("Kind"), choices=ResourceKind)
    content = _area(_("What is needed"))
    department = forms.CharField(label=_("Department"), max_length=60)
    to = PersonField(
        _("Person who provides it"), "compliance:leader-choices", "customers.view_customer"
    )
    needed_by = forms.DateField(label=_("Needed by"), widget=DateInput())
    is_priority = forms.BooleanField(
        label=_("Priority"),
        required=False,
        initial=True,
        help_text=_("Ticked where resources go to the customer first."),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["to"]
        field.queryset = leaders_for(user, "customers.view_customer")


class AnswerForm(forms.Form):
    """What becomes of a request for resources."""

    state = forms.ChoiceField(
        label=_("Answer"),
        choices=[one for one in ResourceState.choices if one[0] != ResourceState.OPEN],
        widget=forms.RadioSelect,
    )
    answer = _area(_("Explanation"), required=False)


class TalkForm(forms.Form):
    """The preparation of a meeting of leaders."""

    kind = forms.ChoiceField(label=_("Kind"), choices=TalkKind)
    place = forms.ModelChoiceField(CustomerUnit.objects.none(), label=_("Unit"), empty_label="—")
    at = forms.DateTimeField(label=_("When"), widget=DateTimeInput(), input_formats=MINUTE_FORMATS)
    leader = PersonField(_("Our leader"), "compliance:leader-choices", "customers.view_customer")
    host = forms.ModelChoiceField(
        Contact.objects.none(), label=_("Their leader"), required=False, empty_label="—"
    )
    purpose = _area(_("Purpose and preparation"))
    override = forms.CharField(
        label=_("Why it takes place all the same"),
        help_text=_("Only where rank or region of both sides do not fit."),
        max_length=200,
        required=False,
    )

    def __init__(self, *args: Any, customer: Customer, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["place"].queryset = (
            CustomerUnit.objects.visible_to(user, WORK)
            .filter(customer=customer)
            .select_related("unit")
        )
        fields["place"].label_from_instance = lambda place: place.unit.name
        fields["host"].queryset = Contact.objects.filter(customer=customer)
        fields["host"].label_from_instance = lambda one: f"{one.name} {one.title}".strip()
        fields["leader"].queryset = leaders_for(user, "customers.view_customer")


class MinutesForm(forms.Form):
    """The minutes of a talk, and when it really was."""

    at = forms.DateTimeField(label=_("When"), widget=DateTimeInput(), input_formats=MINUTE_FORMATS)
    minutes = _area(_("Minutes"), rows=6)
