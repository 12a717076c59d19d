"""Input of working calendars."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.scope import scope_of
from core.values.base import BadValue
from core.values.hours import parse_hours, write_hours
from core.values.numbers import parse_number
from core.widgets import DateInput, DateTimeInput
from regions.calendars.notice import is_notice, read_text
from regions.calendars.publication import HOLIDAY, MAKE_UP
from regions.forms.fields import UnitByCode
from regions.models import WEEK, CalendarException, CalendarWeek, OrgUnit, WorkingCalendar

CHANGE = "regions.change_workingcalendar"
SHOWN_PROBLEMS = 5


class HoursFormField(forms.CharField):
    """Hours of a day in the notation of tables."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"required": False, "max_length": 100} | kwargs))

    def to_python(self, value: Any) -> str:
        try:
            return write_hours(parse_hours(super().to_python(value)))
        except BadValue as bad:
            raise ValidationError(bad.message, code=bad.code) from bad


class WeekForm(forms.Form):
    """The hours of each weekday from a day on."""

    valid_from = forms.DateField(
        label=_("From"),
        widget=DateInput(),
        required=False,
        help_text=_("Hours before this day stay as they are. Leave empty for always."),
    )

    def __init__(self, *args: Any, week: CalendarWeek | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in WEEK:
            self.fields[name] = HoursFormField(
                label=CalendarWeek._meta.get_field(name).verbose_name,  # type: ignore[union-attr]
                initial=getattr(week, name, ""),
            )
        self.fields["monday"].help_text = _(
            "Like 09:00-12:00 13:30-18:00, several stretches with breaks between; empty: no work."
        )

    def hours(self) -> dict[str, str]:
        """The hours by the name of the day."""
        return {name: self.cleaned_data[name] for name in WEEK}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not any(data.get(name) for name in WEEK):
            raise ValidationError(_("Please enter hours for at least one day of the week."))
        return data


class CalendarForm(WeekForm):
    """A new calendar with its weekly hours."""

    field_order = ("name", "keeps_public_days", *WEEK)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["valid_from"]
        model = WorkingCalendar._meta
        self.fields["name"] = forms.CharField(label=_("Name"), max_length=50)
        self.fields["keeps_public_days"] = forms.BooleanField(
            label=model.get_field("keeps_public_days").verbose_name,  # type: ignore[union-attr]
            required=False,
            initial=True,
            help_text=_("Switch off for teams that work on public holidays too."),
        )
        self.order_fields(self.field_order)


class NameForm(forms.ModelForm):
    """Name and manners of a calendar."""

    class Meta:
        model = WorkingCalendar
        fields = ["name", "keeps_public_days"]


class UseForm(forms.Form):
    """Give a unit its calendar from a day on."""

    unit = UnitByCode(CHANGE, required=True, help_text=_("With every unit below it."))
    calendar = forms.ModelChoiceField(
        WorkingCalendar.objects.all(),
        label=_("Working calendar"),
        required=False,
        empty_label=_("What the unit above uses"),
    )
    valid_from = forms.DateField(label=_("From"), widget=DateInput())

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = OrgUnit.objects.visible_to(user, CHANGE)  # type: ignore[attr-defined]
        self.fields["valid_from"].initial = timezone.localdate


class ExceptionForm(forms.Form):
    """Other hours on some days, for a calendar or for a unit."""

    unit = UnitByCode(CHANGE, help_text=_("The unit and every unit below it."))
    calendar = forms.ModelChoiceField(
        WorkingCalendar.objects.all(),
        label=_("Working calendar"),
        required=False,
        empty_label="—",
        help_text=_("In place of a unit: everybody who uses this calendar."),
    )
    first_day = forms.DateField(label=_("First day"), widget=DateInput())
    last_day = forms.DateField(
        label=_("Last day"),
        widget=DateInput(),
        required=False,
        help_text=_("Leave empty for one day."),
    )
    hours = HoursFormField(
        label=_("Hours"),
        help_text=_("Like 09:00-12:00 for half a day; leave empty when nobody works."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=80)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = OrgUnit.objects.visible_to(user, CHANGE)  # type: ignore[attr-defined]
        if not scope_of(user, CHANGE).everything:
            # A branch's administrator changes his units, never what others use as well.
            del self.fields["calendar"]
            self.fields["unit"].required = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data.setdefault("calendar", None)
        # Every mistake in one answer: what one field says does not wait for the others.
        of_whom = {"unit", "calendar"} & self.errors.keys()
        if not of_whom and bool(data.get("unit")) == bool(data["calendar"]):
            self.add_error("unit", _("Please choose either a calendar or a unit."))
        if not data.get("last_day") and "last_day" not in self.errors:
            data["last_day"] = data.get("first_day")
        first, last = data.get("first_day"), data.get("last_day")
        if first and last:
            self._check_span(first, last)
        return data

    def _check_span(self, first: date, last: date) -> None:
        try:
            CalendarException(first_day=first, last_day=last).clean()
        except ValidationError as error:
            self.add_error(None, error)


class PublicDaysForm(forms.Form):
    """A year's public days, pasted."""

    lines = forms.CharField(
        label=_("Public days"),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text=format_lazy(
            _(
                "Paste the notice of the State Council with its title, or write one line each: the "
                "day, or the first and the last, then name and kind ({holiday} or {work}). After "
                "a working day the weekday whose hours it works may follow, as in: {example}"
            ),
            holiday=HOLIDAY,
            work=MAKE_UP,
            example="2027-02-14 春节 上班 周五",
        ),
    )

    def clean_lines(self) -> list[Any]:
        """The days, all or none."""
        text = self.cleaned_data["lines"]
        days, problems = read_text(text)
        if problems:
            # A sentence about a notice names the holiday; its lines are not numbered.
            sentence = "{message}" if is_notice(text) else _("Line {number}: {message}")
            raise ValidationError(
                [
                    str(sentence).format(number=one.number, message=one.message)
                    for one in problems[:SHOWN_PROBLEMS]
                ]
            )
        if not days:
            raise ValidationError(_("Please enter at least one day."))
        return days


class ExplainForm(forms.Form):
    """A span of working time to be explained: start with an end, or with hours of work."""

    unit = UnitByCode("regions.view_orgunit", empty_label=_("The whole group"))
    start = forms.DateTimeField(label=_("Start"), widget=DateTimeInput())
    end = forms.DateTimeField(label=_("End"), widget=DateTimeInput(), required=False)
    hours = forms.CharField(
        label=_("Working hours"),
        required=False,
        max_length=10,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=_("In place of an end: when have so many hours of work passed? Like 24 or 0.5."),
    )

    MOST_HOURS = 4000

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = OrgUnit.objects.visible_to(user, "regions.view_orgunit")  # type: ignore[attr-defined]

    def clean_hours(self) -> int | None:
        """Whole minutes of work."""
        text = self.cleaned_data["hours"].strip()
        if not text:
            return None
        try:
            hours = parse_number(text)
        except BadValue as bad:
            raise ValidationError(bad.message, code=bad.code) from bad
        if hours is None or not 0 <= hours <= self.MOST_HOURS:
            sentence = _("Please enter hours from 0 to {most}.")
            raise ValidationError(str(sentence).format(most=self.MOST_HOURS))
        return round(hours * 60)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if (data.get("end") is None) == (data.get("hours") is None):
            raise ValidationError(_("Please enter either an end or working hours."))
        return data
