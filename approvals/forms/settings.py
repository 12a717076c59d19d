"""Settings of a flow, and a new one; bodies and their members."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from approvals.conditions import parse_condition
from approvals.forms.fields import PEOPLE
from approvals.forms.terms import TermBoxes, TermOffers, boxes, initial_terms, terms_of
from approvals.models import Body, BodyKind, Flow, FlowModel
from approvals.subjects import Subject
from core.widgets import DateInput, RemoteSelect
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit


class BodyForm(forms.Form):
    """A body: name, kind, of which unit, how many must agree."""

    name = forms.CharField(label=_("Name of the body"), max_length=80)
    key = forms.SlugField(
        label=_("Key"),
        max_length=60,
        help_text=_("Flows name the body by it; it never changes."),
    )
    kind = forms.ChoiceField(label=_("Kind of body"), choices=BodyKind.choices)
    unit = UnitByCode("approvals.change_body", required=True)
    quorum = forms.IntegerField(
        label=_("Quorum"), min_value=1, max_value=99, help_text=_("How many members must agree.")
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, user: Any, body: Body | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit: Any = self.fields["unit"]
        unit.queryset = OrgUnit.objects.visible_to(user, "approvals.change_body")
        if body is not None:
            del self.fields["key"]


class MemberForm(forms.Form):
    """Somebody who sits in a body."""

    person = forms.ModelChoiceField(
        User.objects.active(),
        label=_("Person"),
        to_field_name="employee_no",
        widget=RemoteSelect(PEOPLE),
        empty_label="—",
    )
    is_chair = forms.BooleanField(label=_("Takes the chair"), required=False)
    since = forms.DateField(label=_("Since"), widget=DateInput(), required=False)


class FlowForm(forms.Form):
    """Where a flow holds."""

    name = forms.CharField(label=_("Name of the flow"), max_length=80)
    unit = UnitByCode(
        "approvals.change_flow",
        required=False,
        help_text=_("Holds for this unit and those below; empty: for the whole group."),
    )
    position = forms.IntegerField(
        label=pgettext_lazy("flow", "Order of precedence"),
        min_value=1,
        max_value=999,
        initial=100,
        help_text=_("Of several flows that fit, the one with the lowest position is taken."),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit: Any = self.fields["unit"]
        unit.queryset = OrgUnit.objects.visible_to(user, "approvals.change_flow")


class FlowSettingsForm(TermBoxes, FlowForm):
    """Where a flow holds, and for which papers. `stored` is the condition the boxes begin with."""

    def __init__(
        self, data: Any = None, *, user: Any, subject: Subject | None, stored: Any, initial: Any
    ) -> None:
        self.offers = TermOffers(subject)
        self.terms = boxes(data, "field", len(terms_of(stored)))
        shown = initial | initial_terms(stored, self.offers)
        super().__init__(data, user=user, initial=shown)
        self.subject = subject
        self.add_terms(_("Takes papers for which"))

    def plain_fields(self) -> list[Any]:
        """The boxes that do not belong to the condition."""
        return [self[name] for name in ("name", "unit", "position", "is_active")]

    def clean(self) -> dict[str, Any]:
        """What the service takes; a condition that cannot be judged is told at its first value."""
        data = self.cleaned_data
        condition = self.condition() or {}
        known = self.subject.field_keys() if self.subject else None
        try:
            if condition:
                parse_condition(condition, fields=known)
        except ValueError as problem:
            self.add_error("value0", str(problem))
        keep = {name: data[name] for name in data if name in FlowForm.base_fields}
        return keep | {"condition": condition}


class NewFlowForm(FlowForm):
    """A new flow begins as a copy of one for the same papers."""

    like = forms.ModelChoiceField(
        Flow.objects.none(), label=_("For the same papers as"), empty_label=None
    )
    model = forms.ChoiceField(
        label=pgettext_lazy("flow", "Who shapes the way"),
        choices=[
            (FlowModel.PREDEFINED, _("The steps laid down here (predefined flow)")),
            (FlowModel.FREE, _("Each approver names the next (free flow)")),
        ],
        widget=forms.RadioSelect,
        initial=FlowModel.PREDEFINED,
    )
    field_order = ("like", "name", "model", "unit", "position")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        like: Any = self.fields["like"]
        shown = Flow.objects.visible_to(user).exclude(model=FlowModel.FIXED)
        like.queryset = shown.order_by("name")
