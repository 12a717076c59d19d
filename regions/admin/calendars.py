"""Working calendars in the administration; what is written goes through the services."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from core.admin import ALL, ScopedAdmin, ScopedInline
from core.scope import scope_of
from regions.models import (
    CalendarException,
    CalendarUse,
    CalendarWeek,
    OrgUnit,
    PublicDay,
    WorkingCalendar,
)
from regions.services import calendars as verbs


class WeekInline(ScopedInline):
    """Weekly hours of a calendar, read here; the page of the calendar changes them."""

    model = CalendarWeek

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The page asks from which day on."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The page tells those who stored deadlines."""
        return False


@admin.register(WorkingCalendar)
class WorkingCalendarAdmin(ScopedAdmin):
    """Calendars of the whole group."""

    scope_by = ALL
    list_display = ["name", "is_standard", "keeps_public_days"]
    inlines: ClassVar[list[type]] = [WeekInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A calendar needs hours, which the page asks."""
        return False

    def save_model(
        self, request: HttpRequest, obj: WorkingCalendar, form: ModelForm, change: bool
    ) -> None:
        """Through the service, which records and tells."""
        verbs.change_calendar(obj, by=request.user, **form.cleaned_data)


@admin.register(PublicDay)
class PublicDayAdmin(ScopedAdmin):
    """Holidays and make-up days; many at once are pasted or imported."""

    scope_by = ALL
    list_display = ["day", "kind", "name", "hours_as"]
    list_filter = ["kind"]
    date_hierarchy = "day"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Another day is another row."""
        return ["day"] if obj is not None else []

    def save_model(
        self, request: HttpRequest, obj: PublicDay, form: ModelForm, change: bool
    ) -> None:
        """Through the service, which records and tells."""
        verbs.enter_public_days([obj], by=request.user)


@admin.register(CalendarUse)
class CalendarUseAdmin(ScopedAdmin):
    """Which unit uses which calendar from when."""

    scope_by = "unit"
    list_display = ["unit", "calendar", "valid_from"]
    list_select_related = ["unit", "calendar"]
    search_fields = ["unit__name", "unit__code"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Another unit or day is another row."""
        return ["unit", "valid_from"] if obj is not None else []

    def save_model(
        self, request: HttpRequest, obj: CalendarUse, form: ModelForm, change: bool
    ) -> None:
        """Through the service, which records and tells."""
        use = verbs.use_calendar(
            obj.unit, calendar=obj.calendar, valid_from=obj.valid_from, by=request.user
        )
        obj.pk = use.pk


@admin.register(CalendarException)
class CalendarExceptionAdmin(ScopedAdmin):
    """Exceptions of units in reach, and of calendars for whoever reaches the whole group."""

    list_display = ["first_day", "last_day", "hours", "reason", "unit", "calendar", "by"]
    list_select_related = ["unit", "calendar", "by"]
    search_fields = ["reason", "unit__name", "unit__code"]

    def in_scope(self, rows: QuerySet[Any], request: HttpRequest, act: str) -> QuerySet[Any]:
        """A row belongs to a unit, or to everybody who uses a calendar."""
        right = self.right(act)
        condition = Q(unit__in=OrgUnit.objects.visible_to(request.user, right))
        if act == "view" or scope_of(request.user, right).everything:
            condition |= Q(calendar__isnull=False)
        return rows.filter(condition)

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A branch's administrator never changes what others use as well."""
        return [] if self.reaches_all(request, "add") else ["calendar"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An exception is taken back on its page and entered anew, so that both are recorded."""
        return False

    def save_model(
        self, request: HttpRequest, obj: CalendarException, form: ModelForm, change: bool
    ) -> None:
        """Through the service, which records and tells."""
        obj.pk = verbs.add_exception(by=request.user, **form.cleaned_data).pk
