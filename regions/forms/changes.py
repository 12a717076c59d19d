"""Forms of organisation changes: one form, whose fields depend on the kind of change."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.widgets import DateInput, SearchSelect, SearchSelectMultiple
from regions.forms.fields import UnitByCode
from regions.models import ChangeKind, ChangeState, DepartmentLevel, Kind, OrgChange, OrgUnit
from regions.services.changes import PROPOSE
from regions.services.surgery import NO_MERGER

KEPT = _("Leave empty to keep what it is.")
VALUES = ("name", "code", "department_name", "department_level", "stage")
OF_KIND: dict[str, tuple[str, ...]] = {
    ChangeKind.CREATE: ("target", "name", "code", "department_name", "department_level", "stage"),
    ChangeKind.RENAME: ("unit", *VALUES),
    ChangeKind.MOVE: ("unit", "target"),
    ChangeKind.UPGRADE: (
        "unit", "name", "code", "department_name", "department_level",
        "heir_name", "heir_code", "heir",
    ),
    ChangeKind.DOWNGRADE: ("unit", "target", "children", "name", "code", "department_name"),
    ChangeKind.MERGE: ("unit", "target"),
    ChangeKind.SPLIT: (
        "unit", "name", "code", "department_name", "below", "buildings", "customers",
    ),
    ChangeKind.CLOSE: ("unit", "target"),
    ChangeKind.REOPEN: ("unit",),
}  # fmt: skip
COMMON = ("effective_on", "reason", "source", "approval_by", "approval_number", "approval_on")
REQUIRED = {
    ChangeKind.CREATE: ("target", "name", "code"),
    ChangeKind.MOVE: ("unit", "target"),
    ChangeKind.DOWNGRADE: ("unit", "target"),
    ChangeKind.MERGE: ("unit", "target"),
    ChangeKind.SPLIT: ("unit", "name", "code"),
}
TARGETS = {
    ChangeKind.CREATE: _("Hangs under"),
    ChangeKind.MOVE: _("New parent"),
    ChangeKind.DOWNGRADE: _("New parent"),
    ChangeKind.MERGE: _("Merged into"),
    ChangeKind.CLOSE: _("Successor"),
}


def lines(text: str) -> list[str]:
    """What stands in a field, one thing a line or between commas."""
    parts = text.replace("，", ",").replace("、", ",").replace("\n", ",").split(",")
    return [part.strip() for part in parts if part.strip()]


class ChangeForm(forms.Form):
    """A change of one kind. `draft_values` gives what the services want."""

    unit = UnitByCode(PROPOSE, label=_("Unit"))
    target = UnitByCode(PROPOSE, label=_("Other unit"))
    children = forms.ChoiceField(
        label=_("Units below"),
        choices=[
            ("merge", _("are merged into it; what hangs below them hangs under it")),
            ("move", _("move beside it, under the new parent")),
        ],
        widget=forms.RadioSelect,
        initial="merge",
    )
    name = forms.CharField(label=_("Name of the unit"), max_length=80)
    code = forms.CharField(label=_("Code"), max_length=30)
    department_name = forms.CharField(label=_("Department"), max_length=50)
    department_level = forms.ChoiceField(
        label=_("Level of the department"), choices=[("", "—"), *DepartmentLevel.choices]
    )
    stage = forms.CharField(label=_("Stage"), max_length=20)
    heir_name = forms.CharField(
        label=_("New unit that takes over the units below: name"),
        max_length=80,
        help_text=_("A region has no projects of its own: a new city under it takes them over."),
    )
    heir_code = forms.CharField(label=_("Its code"), max_length=30)
    heir = UnitByCode(
        PROPOSE,
        label=_("Or a unit that exists"),
        help_text=_("It takes over the units below instead of a new one."),
    )
    below = forms.ModelMultipleChoiceField(
        label=_("Units that go to the new one"),
        queryset=OrgUnit.objects.none(),
        to_field_name="code",
        widget=SearchSelectMultiple,
    )
    buildings = forms.CharField(
        label=_("Buildings that go to the new project"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One a line, or between commas; owners and their properties go along."),
    )
    customers = forms.CharField(
        label=_("Customers that go along, by code"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    effective_on = forms.DateField(
        label=_("In force from"),
        widget=DateInput,
        help_text=_("A day to come waits until then; a day in the past corrects the history."),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    source = forms.CharField(label=_("Source document"), max_length=200)
    approval_by = forms.CharField(label=_("Decided by"), max_length=60)
    approval_number = forms.CharField(label=_("Number of the decision"), max_length=60)
    approval_on = forms.DateField(label=_("Decided on"), widget=DateInput)

    def __init__(self, *args: Any, user: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = ChangeKind(kind)
        wanted = (*OF_KIND[self.kind], *COMMON)
        self.fields = {name: self.fields[name] for name in wanted}
        must = {*REQUIRED.get(self.kind, ("unit",)), "effective_on", "reason"}
        for name, field in self.fields.items():
            field.required = name in must
        if "unit" in must and self.kind in (
            ChangeKind.RENAME,
            ChangeKind.UPGRADE,
            ChangeKind.DOWNGRADE,
        ):
            for name in ("name", "code", "department_name"):
                self.fields[name].help_text = KEPT
        if "target" in self.fields:
            self.fields["target"].label = TARGETS[self.kind]
        self.fields["effective_on"].initial = timezone.localdate
        self._offer(user)

    def _offer(self, user: Any) -> None:
        """Choices within the reach of the right to propose changes."""
        units = OrgUnit.objects.visible_to(user, PROPOSE)
        for name in ("unit", "target", "heir"):
            if name in self.fields:
                self.fields[name].queryset = units.active()  # type: ignore[attr-defined]
        if self.kind == ChangeKind.REOPEN:
            field: Any = self.fields["unit"]
            field.widget = SearchSelect()
            field.queryset = units.filter(is_active=False).in_tree_order()
        if self.kind == ChangeKind.SPLIT:
            self.fields["below"].queryset = (  # type: ignore[attr-defined]
                units.active().filter(kind__in=(Kind.CITY, Kind.PROJECT)).in_tree_order()
            )

    def clean(self) -> dict[str, Any]:
        """What the fields must say together, before anything is recorded."""
        data = super().clean() or {}
        unit, below = data.get("unit"), data.get("below")
        if self.kind == ChangeKind.UPGRADE and unit is not None and unit.children.exists():
            self._heir_is_named(data)
        merges = data.get("children") == "merge"
        if merges and unit is not None and unit.kind == Kind.CITY and self._has_projects(unit):
            self.add_error("children", NO_MERGER)
        if unit is not None and below and any(one.parent_id != unit.pk for one in below):
            self.add_error("below", _("Only units directly below it can go to the new one."))
        return data

    @staticmethod
    def _has_projects(city: OrgUnit) -> bool:
        return OrgUnit.objects.active().filter(parent=city).exists()

    def _heir_is_named(self, data: dict[str, Any]) -> None:
        """A unit that is raised leaves the units below it to one of its former level."""
        if data.get("heir") or (data.get("heir_name") and data.get("heir_code")):
            return
        missing = "heir_code" if data.get("heir_name") else "heir_name"
        self.add_error(
            missing, _("Please say which unit takes over the units below, or name a new one.")
        )

    def draft_values(self) -> dict[str, Any]:
        """What `draft_change` takes."""
        data = self.cleaned_data
        texts = (*VALUES, "heir_name", "heir_code", "children")
        payload: dict[str, Any] = {name: data[name] for name in texts if data.get(name)}
        if data.get("heir"):
            payload["heir"] = data["heir"].pk
        if data.get("below"):
            payload["children_ids"] = [unit.pk for unit in data["below"]]
        for name in ("buildings", "customers"):
            if data.get(name):
                payload[name] = lines(data[name])
        return {
            "kind": self.kind.value,
            "unit": data.get("unit"),
            "target": data.get("target"),
            "payload": payload,
            **{name: data[name] for name in COMMON},
        }


def initial_of(change: OrgChange) -> dict[str, Any]:
    """A draft as its form shows it."""
    payload = change.payload
    heir = OrgUnit.objects.filter(pk=payload.get("heir")).first()
    return {
        **{name: getattr(change, name) for name in COMMON},
        **{name: value for name, value in payload.items() if isinstance(value, str)},
        "unit": change.unit.code if change.unit else "",
        "target": change.target.code if change.target else "",
        "heir": heir.code if heir else "",
        "below": list(
            OrgUnit.objects.filter(pk__in=payload.get("children_ids", ())).values_list(
                "code", flat=True
            )
        ),
        "buildings": "\n".join(payload.get("buildings", ())),
        "customers": "\n".join(payload.get("customers", ())),
    }


class ChangeFilter(forms.Form):
    """The state of the list of changes."""

    q = forms.CharField(
        label=_("Search"), help_text=_("Unit or reason"), required=False, max_length=80
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", "—"), *ChangeState.choices]
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", "—"), *ChangeKind.choices]
    )
    late = forms.BooleanField(label=_("Entered late"), required=False)
    failed = forms.BooleanField(label=_("Could not be applied"), required=False)


class ApprovalForm(forms.Form):
    """Whose decision an approval carries out (GOV-01)."""

    approval_by = forms.CharField(label=_("Decided by"), max_length=60, required=False)
    approval_number = forms.CharField(
        label=_("Number of the decision"), max_length=60, required=False
    )
    approval_on = forms.DateField(label=_("Decided on"), widget=DateInput, required=False)


class ReasonForm(forms.Form):
    """Why a change is cancelled or undone."""

    reason = forms.CharField(
        label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


class TreeFilter(forms.Form):
    """The day of which the tree is shown, and since when changes are marked."""

    on = forms.DateField(label=pgettext_lazy("tree", "On"), widget=DateInput, required=False)
    closed = forms.BooleanField(label=_("Closed units too"), required=False)
