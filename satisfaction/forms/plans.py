"""Forms of the annual plan."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from core.widgets import DateInput, RemoteSelect
from customers.forms import UnitChoiceField
from regions.forms.fields import UnitByCode
from regions.models import OrgUnit
from satisfaction.forms.waves import VIEW, questionnaires_to_ask
from satisfaction.models import Questionnaire, SurveyPlan
from satisfaction.services.plans import STEPS, Step, wrong_days
from satisfaction.services.rights import CHANGE

YEARS_AHEAD = 3


class PersonField(forms.ModelChoiceField):
    """Somebody of the house, by employee number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            User.objects.none(),
            to_field_name="employee_no",
            widget=RemoteSelect("people-choices", VIEW),
            empty_label="—",
            **kwargs,
        )


class PlanFilter(forms.Form):
    """The year that is shown, and the branch."""

    year = forms.TypedChoiceField(label=_("Year"), coerce=int, required=False)
    unit = UnitChoiceField(VIEW, required=False)

    def __init__(self, data: Any, *, user: Any, today: date) -> None:
        year = data.get("year") or str(today.year)
        super().__init__({"year": year, "unit": data.get("unit", "")})
        self.today = today
        fields: dict[str, Any] = self.fields
        years = range(today.year - 3, today.year + YEARS_AHEAD)
        fields["year"].choices = [(one, str(one)) for one in years]
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, VIEW)

    def wanted(self) -> tuple[int, OrgUnit | None]:
        """The year, this one when none reads, and the unit."""
        self.is_valid()
        return self.cleaned_data.get("year") or self.today.year, self.cleaned_data.get("unit")


class PlanForm(forms.Form):
    """A line of the plan, with up to six steps of work."""

    title = forms.CharField(label=_("Title"), max_length=120)
    unit = UnitByCode(CHANGE, required=True)
    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2100)
    month = forms.TypedChoiceField(
        label=_("Month"), choices=[(one, str(one)) for one in range(1, 13)], coerce=int
    )
    questionnaire = forms.ModelChoiceField(
        Questionnaire.objects.none(),
        label=_("Questionnaire"),
        to_field_name="code",
        empty_label="—",
    )
    responsible = PersonField(label=_("Responsible person"))

    def __init__(
        self, *args: Any, user: Any, plan: SurveyPlan | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        people = User.objects.visible_to(user, VIEW).active()
        fields["unit"].queryset = OrgUnit.objects.visible_to(user, CHANGE)
        fields["questionnaire"].queryset = questionnaires_to_ask()
        fields["responsible"].queryset = people
        known = list(plan.steps.select_related("person")) if plan else []
        self.known_days = {step.due_on for step in known}
        self.places = range(1, len(STEPS) + 2)
        for place in self.places:
            self._add_step(place, known, people, is_new=plan is None)

    def _add_step(self, place: int, known: list, people: Any, *, is_new: bool) -> None:
        step = known[place - 1] if place <= len(known) else None
        proposed = str(STEPS[place - 1]) if is_new and place <= len(STEPS) else ""
        fields: dict[str, Any] = self.fields
        fields[f"step-{place}"] = forms.CharField(
            label=_("Step {place}").format(place=place),
            max_length=80,
            required=False,
            initial=step.name if step else proposed,
        )
        fields[f"person-{place}"] = PersonField(
            label=pgettext_lazy("survey step", "Who"), required=False
        )
        fields[f"person-{place}"].queryset = people
        if step and step.person:
            fields[f"person-{place}"].initial = step.person.employee_no
        fields[f"due-{place}"] = forms.DateField(
            label=_("Until"),
            required=False,
            widget=DateInput(),
            initial=step.due_on if step else None,
        )

    def step_rows(self) -> list[tuple[Any, Any, Any]]:
        """The fields of the steps, a row each."""
        return [(self[f"step-{n}"], self[f"person-{n}"], self[f"due-{n}"]) for n in self.places]

    def line_fields(self) -> list[Any]:
        """The fields of the line itself."""
        return [self[name] for name in self.fields if "-" not in name]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        wrong = wrong_days(self._steps(data), timezone.localdate(), self.known_days)
        for place, sentence in wrong.items():
            self.add_error(f"due-{place + 1}", sentence)
        return data

    def facts(self) -> dict[str, Any]:
        """What `save_plan` takes."""
        data = self.cleaned_data
        line = {name: data[name] for name in self.fields if "-" not in name}
        return line | {"steps": self._steps(data)}

    def _steps(self, data: dict[str, Any]) -> list[Step]:
        return [
            Step(data.get(f"step-{n}") or "", data.get(f"person-{n}"), data.get(f"due-{n}"))
            for n in self.places
        ]


class MakeWaveForm(forms.Form):
    """The code of the wave that is made of a line."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("Short and unique, for example 2027-H1. It stands in the address."),
    )
