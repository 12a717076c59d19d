"""Forms of waves, quotas and the draw."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from core.widgets import DateInput
from customers.forms import UnitChoiceField
from customers.models import OwnerStage
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit
from regions.policies import find
from satisfaction.models import Questionnaire, QuestionnaireKind, SampleState, Wave, WaveState
from satisfaction.selectors.waves import WaveQuery
from satisfaction.services.quotas import MOST, Cell
from satisfaction.services.waves import AFTER_DRAW, FROM_POLICIES, WHILE_OPEN, newest_version
from satisfaction.wording import stage_label

VIEW, ADD = "satisfaction.view_wave", "satisfaction.add_wave"
MOST_WANTED = 200_000


class WaveFilter(forms.Form):
    """The whole state of the list of waves."""

    q = forms.CharField(label=_("Title or code"), required=False, max_length=60)
    unit = UnitChoiceField(VIEW, required=False)
    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("All states")), *WaveState.choices], required=False
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, VIEW)

    def query(self) -> WaveQuery:
        """The filtered list; fields that do not read filter nothing and show their error."""
        self.is_valid()
        data = self.cleaned_data
        return WaveQuery(data.get("unit"), data.get("state", ""), data.get("q", "").strip())

    def is_filtered(self) -> bool:
        """Whether any field narrows the list."""
        self.is_valid()
        return any(self.cleaned_data.values())


def questionnaires_to_ask() -> Any:
    """Those that a wave may ask: after-case ratings go out by themselves."""
    rows = Questionnaire.objects.filter(is_active=True, versions__items__isnull=False)
    return rows.exclude(kind=QuestionnaireKind.AFTER_CASE).distinct().order_by("kind", "title")


class WaveForm(forms.ModelForm):
    """A wave. What the unit's rules answer may stay empty; what cannot change any more is shown
    and not read."""

    unit = UnitByCode(ADD, required=True)
    questionnaire = forms.ModelChoiceField(
        Questionnaire.objects.none(),
        label=_("Questionnaire"),
        to_field_name="code",
        empty_label="—",
        help_text=_("Its newest version is asked and frozen when the wave opens."),
    )

    class Meta:
        model = Wave
        fields = [
            *("code", "title", "unit", "opens_on", "closes_on", "is_anonymous"),
            *("excludes_open_cases", "excluded_days", "expected_response", "reserve_share"),
            "reminder_days",
        ]
        widgets = {"opens_on": DateInput(), "closes_on": DateInput()}
        help_texts = {
            "code": _("Short and unique, for example 2027-H1. It stands in the address."),
            "is_anonymous": _("Nobody can ever tell which owner gave which answer."),
            "excluded_days": _("Empty: by the rule of the unit."),
            "expected_response": _("Empty: by the rule of the unit."),
            "reserve_share": _("Empty: by the rule of the unit."),
            "reminder_days": _("Empty: by the rule of the unit."),
        }

    field_order = ["code", "title", "unit", "questionnaire"]

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, ADD)
        fields["questionnaire"].queryset = questionnaires_to_ask()
        for name in FROM_POLICIES:
            words = {"label": fields[name].label, "help_text": fields[name].help_text}
            rule = find(f"satisfaction.{name}")
            fields[name] = rule.type.field(required=False, **words)
        wave = self.instance
        if wave.pk is None:
            return
        fields["code"].disabled = True
        fields["questionnaire"].queryset |= Questionnaire.objects.filter(
            pk=wave.version.questionnaire_id
        ).distinct()
        self.initial["unit"] = wave.unit.code
        self.initial["questionnaire"] = wave.version.questionnaire.code
        if wave.state != WaveState.PLANNED:
            self._keep_only(WHILE_OPEN)
        elif wave.drawn_at is not None:
            self._keep_only(AFTER_DRAW | {"questionnaire"})

    def _keep_only(self, names: frozenset[str] | set[str]) -> None:
        for name, field in self.fields.items():
            field.disabled = name not in names

    def _post_clean(self) -> None:
        """The service checks and writes; the form only reads."""

    def facts(self) -> dict[str, Any]:
        """What `plan_wave` and `change_wave` take. Raises Refused without questions."""
        data = dict(self.cleaned_data)
        chosen = data.pop("questionnaire")
        held = self.instance.version if self.instance.pk else None
        same = held is not None and held.questionnaire_id == chosen.pk
        version = held if same and self.fields["questionnaire"].disabled else newest_version(chosen)
        return data | {"version": version}


class AllocateForm(forms.Form):
    """How many answers are shared out over projects and stages."""

    total = forms.IntegerField(
        label=pgettext_lazy("quota", "Answers wanted"), min_value=1, max_value=MOST_WANTED
    )
    minimum = forms.IntegerField(
        label=_("At least for each project and stage"),
        min_value=0,
        max_value=1000,
        initial=0,
        required=False,
    )

    def clean_minimum(self) -> int:
        """Nothing is none."""
        return self.cleaned_data["minimum"] or 0


class QuotasForm(forms.Form):
    """The quotas of projects, a field for each owner stage; `free` are who may be asked."""

    def __init__(
        self,
        *args: Any,
        projects: Iterable[OrgUnit],
        wanted: Mapping[Cell, int],
        free: Mapping[Cell, int],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.free = free
        self.cells = {
            f"quota-{unit.code}-{stage}": (unit, stage)
            for unit in projects
            for stage in OwnerStage.values
        }
        for name, (unit, stage) in self.cells.items():
            self.fields[name] = _quota_field(unit, stage, wanted.get((unit.pk, stage), 0))

    def field_of(self, unit: OrgUnit, stage: str) -> forms.BoundField:
        """The field of a project and an owner stage."""
        return self[f"quota-{unit.code}-{stage}"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, (unit, stage) in self.cells.items():
            free = self.free.get((unit.pk, stage), 0)
            if (data.get(name) or 0) > free:
                words = ngettext(
                    "Only {free} owner may be asked.", "Only {free} owners may be asked.", free
                )
                self.add_error(name, words.format(free=f"{free:,}"))
        return data

    def wanted(self) -> dict[Cell, int]:
        """What `set_quotas` takes; nothing is none."""
        return {
            (unit.pk, stage): count
            for name, (unit, stage) in self.cells.items()
            if (count := self.cleaned_data[name])
        }


def _quota_field(unit: OrgUnit, stage: str, wanted: int) -> forms.IntegerField:
    words = _("Please give whole numbers from 0 to {most}.").format(most=f"{MOST:,}")
    messages = {"invalid": words, "min_value": words, "max_value": words}
    field = forms.IntegerField(
        label=f"{unit.name} {stage_label(stage)}",
        min_value=0,
        max_value=MOST,
        required=False,
        initial=wanted,
        error_messages=messages,
    )
    field.widget = forms.TextInput(
        {
            "class": "form-control form-control-sm crm-num",
            "inputmode": "numeric",
            "size": "5",
            "maxlength": "9",
            "autocomplete": "off",
            "aria-label": field.label,
        }
    )
    return field


class DrawForm(forms.Form):
    """The seed of a draw."""

    seed = forms.IntegerField(
        label=_("Seed"),
        min_value=0,
        max_value=2**31 - 1,
        required=False,
        help_text=_(
            "Empty: a random one. The same seed over the same archive draws the same list."
        ),
    )


class PeopleFilter(forms.Form):
    """The state by which the drawn list is narrowed."""

    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["state"].choices = [("", _("All states")), *SampleState.choices]

    def state_wanted(self) -> str:
        """The state, "" for all."""
        return self.cleaned_data.get("state", "") if self.is_valid() else ""
