"""Forms of trips and leave, of the log-in duty and of what follows a lapse."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from compliance.forms.staffing import OneDay
from compliance.forms.unit_page import MonthChoice
from compliance.models import (
    AbsenceKind,
    AbsenceState,
    AppealOutcome,
    CircularKind,
    CircularLine,
    CircularState,
    CommendationState,
    SanctionState,
)
from compliance.months import month_of, months_before, read_month
from compliance.selectors import absences, circulars
from compliance.selectors.log_in_figures import SEE
from core.widgets import SearchSelect
from customers.forms import UnitChoiceField
from expenses.forms.filters import ScopedFilter

MONTHS_BACK = 24
REASON = 500  # characters


def _reason(label: Any = None, *, required: bool = True, most: int = REASON) -> forms.CharField:
    return forms.CharField(
        label=label or _("Reason"),
        max_length=most,
        required=required,
        widget=forms.Textarea({"rows": 3}),
    )


# --- trips and leave ------------------------------------------------------------------------------


class TripFilter(ScopedFilter):
    """The whole state of the list of trips and leave."""

    right = absences.VIEW
    show = forms.ChoiceField(label=_("Show"), required=False)
    unit = UnitChoiceField(absences.VIEW, required=False)
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All states")), *AbsenceState.choices]
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All kinds")), *AbsenceKind.choices]
    )
    first = OneDay(label=_("From"), required=False)
    last = OneDay(label=_("Until"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        choices = [("", pgettext_lazy("absence", "Mine"))]
        if user.has_perm(absences.VIEW):
            choices.append((absences.TEAM, _("My people's")))
        else:
            del self.fields["unit"]
        field: Any = self.fields["show"]
        field.choices = choices

    def query(self) -> absences.AbsenceQuery:
        """The filtered list. A unit is one of the people one answers for."""
        data = self.found()
        show = data.get("show") or (absences.TEAM if data.get("unit") else absences.MINE)
        return absences.AbsenceQuery(
            show=show,
            unit=data.get("unit"),
            state=data.get("state", ""),
            kind=data.get("kind", ""),
            first=data.get("first"),
            last=data.get("last"),
        )


class DaysAway(forms.Form):
    """Says at the field itself what the verb would refuse."""

    past_needs_reason = False

    def clean(self) -> dict[str, Any]:
        """The days in order, where a trip goes, and why days were not asked for before."""
        data: dict[str, Any] = super().clean() or {}
        first, last = data.get("first_day"), data.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day lies before the first."))
        if data.get("kind") == AbsenceKind.TRIP and not data.get("destination", "").strip():
            self.add_error("destination", _("Please enter where the trip goes."))
        is_past = self.past_needs_reason and first and first < timezone.localdate()
        if is_past and not data.get("reason", "").strip() and "reason" not in self.errors:
            self.add_error("reason", _("Please say why."))
        return data


class TripForm(DaysAway):
    """When somebody is away, where, and who stands in."""

    past_needs_reason = True
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=AbsenceKind.choices,
        initial=AbsenceKind.TRIP,
        widget=forms.RadioSelect,
    )
    first_day = OneDay(label=_("First day"))
    last_day = OneDay(label=_("Last day"))
    destination = forms.CharField(
        label=_("Destination"),
        max_length=120,
        required=False,
        help_text=_("A trip needs one."),
    )
    reason = _reason(required=False)
    deputy = forms.ChoiceField(
        label=_("Stand-in"),
        required=False,
        widget=SearchSelect(),
        help_text=_("Decides approvals and takes complaints while you are away."),
    )

    def __init__(self, *args: Any, people: Sequence[User], must_explain: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        self.people = {one.employee_no: one for one in people}
        fields: dict[str, Any] = self.fields
        fields["reason"].required = must_explain
        if not must_explain:
            fields["reason"].help_text = _("Days that have passed need one.")
        fields["deputy"].choices = [
            ("", "—"),
            *((no, f"{one.name} {no}") for no, one in self.people.items()),
        ]
        if not self.people:
            fields["deputy"].help_text = _("No colleague in reach has roles that cover your units.")

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        return self.cleaned_data | {"deputy": self.people.get(self.cleaned_data["deputy"])}


class CorrectForm(DaysAway):
    """How it really was, by whoever answers for the person."""

    kind = forms.ChoiceField(label=_("Kind"), choices=AbsenceKind.choices, widget=forms.RadioSelect)
    first_day = OneDay(label=_("First day"))
    last_day = OneDay(label=_("Last day"))
    destination = forms.CharField(label=_("Destination"), max_length=120, required=False)
    reason = _reason(_("Reason of the change"))


class ReasonForm(forms.Form):
    """Why."""

    reason = _reason()


# --- the log-in duty ------------------------------------------------------------------------------


class LogInFilter(forms.Form):
    """A unit and a month."""

    unit = UnitChoiceField(SEE, required=False)
    month = forms.ChoiceField(label=_("Month"), required=False)

    def __init__(self, data: Any, *, units: Any, today: dt.date) -> None:
        super().__init__(data)
        fields: dict[str, Any] = self.fields
        fields["unit"].queryset = units
        months = [*months_before(month_of(today), MONTHS_BACK)][::-1]
        fields["month"].choices = [(f"{one:%Y-%m}", f"{one:%Y-%m}") for one in months]
        self.today = today

    def chosen(self) -> dt.date:
        """The first day of the month, this one unless another is chosen."""
        self.is_valid()
        text = self.cleaned_data.get("month")
        return dt.date.fromisoformat(f"{text}-01") if text else month_of(self.today)


# --- what follows ---------------------------------------------------------------------------------


class LapseFilter(ScopedFilter):
    """The whole state of the list of lapses."""

    right = SEE
    unit = UnitChoiceField(SEE, required=False)
    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("Those that last")),
            ("ended", _("Those that ended")),
            ("all", pgettext_lazy("lapse", "All")),
        ],
    )
    month = MonthChoice()
    only = forms.BooleanField(label=_("This unit only"), required=False)

    def query(self) -> circulars.LapseQuery:
        """The filtered list."""
        data = self.found()
        return circulars.LapseQuery(
            data.get("unit"),
            data.get("show", ""),
            read_month(data.get("month", "")),
            below=not data.get("only"),
        )


class CircularFilter(ScopedFilter):
    """The whole state of the list of notices."""

    right = circulars.VIEW
    unit = UnitChoiceField(circulars.VIEW, required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Drafts and published ones")), *CircularState.choices],
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All kinds")), *CircularKind.choices]
    )

    def query(self) -> circulars.CircularQuery:
        """The filtered list."""
        data = self.found()
        return circulars.CircularQuery(
            data.get("unit"), data.get("state", ""), data.get("kind", "")
        )


class OwnOrReached(ScopedFilter):
    """A filter of rows that people see of themselves; a unit is chosen by those only who see
    others'."""

    right = circulars.VIEW
    unit = UnitChoiceField(circulars.VIEW, required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        if not user.has_perm(circulars.VIEW):
            del self.fields["unit"]


class SanctionFilter(OwnOrReached):
    """The whole state of the list of sanctions."""

    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All states")), *SanctionState.choices]
    )

    def query(self) -> circulars.SanctionQuery:
        """The filtered list."""
        data = self.found()
        return circulars.SanctionQuery(data.get("unit"), data.get("state", ""))


class CommendationFilter(OwnOrReached):
    """The whole state of the list of commendations."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All states")),
            *((one.value, one.label) for one in (CommendationState.GIVEN, CommendationState.VOID)),
        ],
    )

    def query(self) -> circulars.CommendationQuery:
        """The filtered list."""
        data = self.found()
        return circulars.CommendationQuery(data.get("unit"), data.get("state", ""))


class PublishForm(forms.Form):
    """The words of a notice, and for each person why he is left out; who has no reason is named."""

    title = forms.CharField(label=pgettext_lazy("circular", "Title"), max_length=120)
    opening = forms.CharField(
        label=_("Opening words"), max_length=2000, widget=forms.Textarea({"rows": 3})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, lines: Iterable[CircularLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = [line.pk for line in lines]
        for key in self.keys:
            self.fields[f"out_{key}"] = forms.CharField(
                label=_("Left out because"), max_length=200, required=False
            )

    def left_out(self) -> dict[int, str]:
        """Keys of the lines that are left out, with why."""
        said = {key: self.cleaned_data[f"out_{key}"].strip() for key in self.keys}
        return {key: reason for key, reason in said.items() if reason}

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        data = {name: self.cleaned_data[name] for name in ("title", "opening", "version")}
        return data | {"left_out": self.left_out()}


class DropForm(ReasonForm):
    """Why nothing is published; `version` is the draft that was read."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class AppealForm(forms.Form):
    """Why the sanction is wrong."""

    text = _reason(_("Why the sanction is wrong"), most=2000)


class DecideForm(forms.Form):
    """What becomes of a sanction after its appeal."""

    outcome = forms.ChoiceField(
        label=_("Decision"), choices=AppealOutcome.choices, widget=forms.RadioSelect
    )
    reason = _reason(_("Reason of the decision"))
