"""Working calendars: who works when (ADR 0015, docs/working-time.md).

What is entered stands in five tables: calendars with their weekly hours, which unit uses which
calendar, public days, exceptions. Three more are worked out from them for set-based queries
(`CalendarLine`, `CalendarDay`, `CalendarSpan`) and may be thrown away at any time. A trigger renews
`CalendarState.version` with every change of the five, whoever makes it.
"""

import uuid
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.values.base import BadValue
from core.values.hours import Spans, parse_hours, write_hours
from regions.models.units import OrgUnit

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FRIDAY, SATURDAY, MONDAY = 4, 5, 0


class HoursField(models.CharField):
    """Hours of a day, kept as "09:00-12:00 13:30-18:00"; empty is a day without work."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        options: dict[str, Any] = {"max_length": 100, "blank": True, "default": ""}
        super().__init__(*args, **(options | kwargs))

    def clean(self, value: Any, model_instance: models.Model | None) -> str:
        """The one notation of what was typed. Raises ValidationError with the parser's sentence."""
        try:
            tidy = write_hours(parse_hours(value))
        except BadValue as bad:
            raise ValidationError(bad.message, code=bad.code) from bad
        return super().clean(tidy, model_instance)

    def get_prep_value(self, value: Any) -> Any:
        """Nothing unreadable reaches the table, whichever way it comes."""
        return value if value is None else write_hours(parse_hours(value))


class WorkingCalendar(models.Model):
    """Weekly hours under a name, used by units from a day on."""

    name = models.CharField(_("name"), max_length=50, unique=True)
    keeps_public_days = models.BooleanField(
        _("follows public holidays"),
        default=True,
        help_text=_("Switch off for teams that work on public holidays too."),
    )
    is_standard = models.BooleanField(_("standard calendar"), default=False, editable=False)

    class Meta:
        verbose_name = _("working calendar")
        verbose_name_plural = _("working calendars")
        ordering = ["-is_standard", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_standard"],
                condition=Q(is_standard=True),
                name="workingcalendar_one_standard",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("regions:calendar", args=[self.pk])


class CalendarWeek(models.Model):
    """The weekly hours of a calendar from a day on, until the next row; without a day: always.

    Summer hours are two rows a year.
    """

    calendar = models.ForeignKey(
        WorkingCalendar, models.CASCADE, related_name="weeks", verbose_name=_("working calendar")
    )
    valid_from = models.DateField(_("from"), null=True, blank=True)
    monday = HoursField(_("Monday"))
    tuesday = HoursField(_("Tuesday"))
    wednesday = HoursField(_("Wednesday"))
    thursday = HoursField(_("Thursday"))
    friday = HoursField(_("Friday"))
    saturday = HoursField(_("Saturday"))
    sunday = HoursField(_("Sunday"))

    class Meta:
        verbose_name = _("weekly hours")
        verbose_name_plural = _("weekly hours")
        ordering = ["calendar", F("valid_from").asc(nulls_first=True)]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "valid_from"],
                nulls_distinct=False,
                name="calendarweek_one_a_day",
                violation_error_message=_("There are weekly hours from this day already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.calendar} {self.valid_from or ''}".strip()

    def hours(self) -> tuple[Spans, ...]:
        """The stretches of each day from Monday to Sunday."""
        return tuple(parse_hours(getattr(self, name)) for name in WEEK)

    def clean(self) -> None:
        """A week needs an hour: time limits would never end."""
        if not any(getattr(self, name) for name in WEEK):
            raise ValidationError(_("Please enter hours for at least one day of the week."))


class CalendarUse(models.Model):
    """Which calendar a unit and what lies below it use from a day on.

    Without a calendar the unit uses again what the unit above it uses.
    """

    unit = models.ForeignKey(
        OrgUnit, models.CASCADE, related_name="calendar_uses", verbose_name=_("unit")
    )
    calendar = models.ForeignKey(
        WorkingCalendar,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="uses",
        verbose_name=_("working calendar"),
        help_text=_("Leave empty to use what the unit above uses."),
    )
    valid_from = models.DateField(_("from"))

    class Meta:
        verbose_name = _("use of a working calendar")
        verbose_name_plural = _("uses of working calendars")
        ordering = ["unit", "valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "valid_from"],
                name="calendaruse_one_a_day",
                violation_error_message=_("This unit has a calendar from this day already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.valid_from}"


class PublicDayKind(models.TextChoices):
    HOLIDAY = "holiday", _("Public holiday")
    MAKE_UP = "make_up", _("Make-up working day")


class Weekday(models.IntegerChoices):
    """As Python counts them."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class PublicDay(models.Model):
    """A day that the State Council made a holiday, or a working day in exchange for one.

    A make-up day works the hours of the weekday whose day off was taken (`hours_as`). A year with
    no row at all has not been entered.
    """

    day = models.DateField(_("day"), primary_key=True)
    kind = models.CharField(_("kind"), max_length=10, choices=PublicDayKind)
    name = models.CharField(_("name"), max_length=50)
    hours_as = models.SmallIntegerField(
        _("works the hours of"),
        choices=Weekday,
        null=True,
        blank=True,
        help_text=_("For make-up days: the weekday whose day off was exchanged."),
    )

    class Meta:
        verbose_name = _("public day")
        verbose_name_plural = _("public days")
        ordering = ["day"]
        constraints = [
            models.CheckConstraint(
                name="publicday_hours_of_make_up_days",
                condition=Q(kind=PublicDayKind.HOLIDAY, hours_as__isnull=True)
                | Q(kind=PublicDayKind.MAKE_UP, hours_as__range=(0, 6)),
                violation_error_message=_(
                    "A make-up day works the hours of a weekday; a holiday does not."
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"

    def clean(self) -> None:
        """Fill in the usual weekday of a make-up day."""
        if self.kind == PublicDayKind.MAKE_UP and self.hours_as is None and self.day:
            self.hours_as = usual_weekday(self.day)

    def says_the_same(self, other: "PublicDay") -> bool:
        """Whether two entries of a day mean the same."""
        self.clean()
        return (self.kind, self.name, self.hours_as) == (other.kind, other.name, other.hours_as)


def usual_weekday(day: date) -> int:
    """Whose hours a make-up day works when nobody said: on Saturdays Friday's, on Sundays Monday's,
    because the exchanged day mostly stands beside the weekend; on other days their own."""
    return {5: FRIDAY, 6: MONDAY}.get(day.weekday(), day.weekday())


class CalendarException(models.Model):
    """Days on which a calendar, or a unit with all below it, keeps other hours or is closed.

    A half day, a regional holiday, extraordinary work. Of several for one day the one of the
    nearest unit holds, then that of the calendar; of equals the one entered last.
    """

    calendar = models.ForeignKey(
        WorkingCalendar,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="exceptions",
        verbose_name=_("working calendar"),
    )
    unit = models.ForeignKey(
        OrgUnit,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="calendar_exceptions",
        verbose_name=_("unit"),
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    hours = HoursField(_("hours"), help_text=_("Like 09:00-12:00; leave empty when nobody works."))
    reason = models.CharField(_("reason"), max_length=80)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("entered by"),
    )
    created_at = models.DateTimeField(_("entered at"), auto_now_add=True)

    LONGEST: ClassVar[int] = 366

    class Meta:
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions")
        ordering = ["first_day", "pk"]
        constraints = [
            models.CheckConstraint(
                name="calendarexception_of_calendar_or_unit",
                condition=Q(calendar__isnull=True, unit__isnull=False)
                | Q(calendar__isnull=False, unit__isnull=True),
                violation_error_message=_("Please choose either a calendar or a unit."),
            ),
            models.CheckConstraint(
                name="calendarexception_span",
                condition=Q(last_day__gte=F("first_day")),
                violation_error_message=_("The last day must not be before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day} {self.reason}"

    def clean(self) -> None:
        """The days in order; a slip of the year would close an office for a decade."""
        if not (self.first_day and self.last_day):
            return
        days = (self.last_day - self.first_day).days
        if days < 0:
            raise ValidationError({"last_day": _("The last day must not be before the first.")})
        if days > self.LONGEST:
            raise ValidationError(
                {"last_day": _("An exception may last a year at most; please check the dates.")}
            )


class CalendarState(models.Model):
    """One row whose version a trigger renews with every change that touches working time.

    Random rather than counted: a transaction that was rolled back gives its number to the next
    one, and what was remembered under it would be taken for current.
    """

    version = models.UUIDField(default=uuid.uuid4)

    class Meta:
        verbose_name = _("version of the working calendars")
        verbose_name_plural = _("versions of the working calendars")

    def __str__(self) -> str:
        return str(self.version)


class CalendarLine(models.Model):
    """A way in which working time runs: one for each unit that has a calendar or an exception of
    its own, shared by everything below it; 0 is everybody else's.

    `fingerprint` tells whether days and spans still say what the calendars say.
    """

    line = models.IntegerField(primary_key=True)
    fingerprint = models.CharField(max_length=64)
    first_day = models.DateField()
    last_day = models.DateField()

    class Meta:
        verbose_name = _("line of working time")
        verbose_name_plural = _("lines of working time")

    def __str__(self) -> str:
        return str(self.line)


class CalendarDay(models.Model):
    """A day of a line: minutes, halves of a working day (0, 1, 2), and what lies before it."""

    pk = models.CompositePrimaryKey("line", "day")
    line = models.IntegerField()
    day = models.DateField()
    minutes = models.SmallIntegerField()
    halves = models.SmallIntegerField()
    days_before = models.IntegerField()
    halves_before = models.IntegerField()

    class Meta:
        verbose_name = _("day of working time")
        verbose_name_plural = _("days of working time")

    def __str__(self) -> str:
        return f"{self.line} {self.day}"


class CalendarSpan(models.Model):
    """A stretch of work of a line, with the minutes of work that lie before it."""

    pk = models.CompositePrimaryKey("line", "starts_at")
    line = models.IntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    before = models.IntegerField()

    class Meta:
        verbose_name = _("stretch of working time")
        verbose_name_plural = _("stretches of working time")
        indexes = [models.Index(fields=["line", "before"], name="calendarspan_before")]

    def __str__(self) -> str:
        return f"{self.line} {self.starts_at}"
