"""The administration: every list inside the reader's scope.

It is a workshop for administrators, not a page of staff. Whatever has a rule is saved through the
service that knows it; nothing that has a history is deleted.
"""

from typing import Any, ClassVar

from allauth.account import admin as account_admin
from allauth.mfa import admin as mfa_admin  # noqa: F401  it registers the second factors
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.auth import admin as auth_admin  # noqa: F401  it registers the groups
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Model, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django_celery_beat import admin as beat
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from core.models import Job
from core.scope import scope_of

ALL = "all"


class PlainChoices:
    """Choices without the buttons that add or change what is chosen: those have their own lists."""

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Django's field with the bare widget."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if isinstance(getattr(field, "widget", None), RelatedFieldWidgetWrapper):
            for act in ("add", "change", "delete", "view"):
                setattr(field.widget, f"can_{act}_related", False)
        return field


class ScopedAdmin(PlainChoices, admin.ModelAdmin):
    """An admin that shows and offers only what its reader reaches.

    Models whose queryset has `visible_to` are filtered by it. Others say in `scope_by` which
    foreign key leads to such a model, or ALL for definitions that belong to the whole group: those
    are read by whoever holds the right to, and written only with a reach over the whole group,
    because a region's administrator who may rewrite roles would widen his own.
    """

    scope_by: ClassVar[str] = ""
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Rows that the reader may see with the right to view this model."""
        return self.in_scope(super().get_queryset(request), request, "view")

    def in_scope(self, rows: QuerySet[Any], request: HttpRequest, act: str) -> QuerySet[Any]:
        """The part of `rows` on which the reader may do `act` (view, add, change)."""
        right = self.right(act)
        if hasattr(rows, "visible_to"):
            return rows.visible_to(request.user, right)
        if self.scope_by == ALL:
            return rows if act == "view" or self.reaches_all(request, act) else rows.none()
        if not self.scope_by:
            raise ImproperlyConfigured(f"{type(self).__name__} must say scope_by")
        related = rows.model._meta.get_field(self.scope_by).related_model
        return rows.filter(
            **{f"{self.scope_by}__in": related.objects.visible_to(request.user, right)}
        )

    def right(self, act: str) -> str:
        """The right for an act on this model, e.g. "accounts.change_user"."""
        return f"{self.opts.app_label}.{act}_{self.opts.model_name}"

    def reaches_all(self, request: HttpRequest, act: str) -> bool:
        """Whether the reader holds the right for an act over the whole group."""
        return scope_of(request.user, self.right(act)).everything

    def view_on_site(self, obj: Model) -> str | None:
        """The record's own page. Django's detour would look up any record by its key."""
        address = getattr(obj, "get_absolute_url", None)
        return address() if address else None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Definitions of the whole group are added by those who reach the whole group."""
        if self.scope_by == ALL and not self.reaches_all(request, "add"):
            return False
        return super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What is seen with a wider right may still not be changed with a narrower one."""
        if not super().has_change_permission(request, obj):
            return False
        if self.scope_by == ALL:
            return self.reaches_all(request, "change")
        if obj is None or obj.pk is None:
            return True
        rows = self.model._default_manager.filter(pk=obj.pk)
        return self.in_scope(rows, request, "change").exists()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing that ever happened is deleted here; things end, close or freeze."""
        return False

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        """Offer, and accept, only what the reader reaches with the right to change this model."""
        narrow_choices(self, db_field, request, kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the list offers as a filter: `?password__startswith=` would read hashes."""
        first = [item[0] if isinstance(item, (list, tuple)) else item for item in self.list_filter]
        names = [getattr(item, "parameter_name", item) for item in first]
        return any(lookup == name or lookup.startswith(f"{name}__") for name in names)


def narrow_choices(
    owner: Any, db_field: models.ForeignKey, request: HttpRequest, kwargs: dict[str, Any]
) -> None:
    """Put the reader's part of the related rows into a form field's arguments."""
    manager = db_field.remote_field.model._default_manager
    rows = kwargs.get("queryset")
    rows = manager.all() if rows is None else rows
    if hasattr(rows, "visible_to"):
        right = f"{owner.opts.app_label}.change_{owner.opts.model_name}"
        kwargs["queryset"] = rows.visible_to(request.user, right)


class ScopedInline(PlainChoices, admin.TabularInline):
    """Rows of a record that is in scope already; their choices are narrowed like the record's."""

    extra = 0
    can_delete = False
    view_on_site = False

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        """As in ScopedAdmin."""
        narrow_choices(self, db_field, request, kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ReadOnlyAdmin(ScopedAdmin):
    """A book that is read here and written elsewhere."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody writes here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody writes here."""
        return False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Background work that people in reach asked for; the schedule's for the whole group only."""

    scope_by = "actor"
    list_display = ["pk", "kind", "state", "actor", "done", "total", "created_at", "finished_at"]
    list_filter = ["state", "kind"]
    list_select_related = ["actor"]
    fields = [
        "kind",
        "key",
        "actor",
        "state",
        "phase",
        "done",
        "total",
        "message",
        "attempts",
        "created_at",
        "started_at",
        "finished_at",
    ]

    def in_scope(self, rows: QuerySet[Any], request: HttpRequest, act: str) -> QuerySet[Any]:
        """Work that nobody asked for belongs to no unit."""
        return rows if self.reaches_all(request, act) else super().in_scope(rows, request, act)


# What packages register by themselves: Django's groups and allauth's addresses give no right here,
# second factors are their owners' business (/account/security/), and times set by the sun or for
# once only are not used. Schedules become scoped like all lists.
for packaged in (
    Group,
    account_admin.EmailAddress,
    Authenticator,
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
):
    admin.site.unregister(packaged)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(ScopedAdmin, beat.PeriodicTaskAdmin):
    """When each periodic job runs (crm_site.schedule creates them)."""

    scope_by = ALL

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The package lets everybody who sees a task stop it or run it now."""
        return super().get_actions(request) if self.has_change_permission(request) else {}


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(ScopedAdmin, beat.IntervalScheduleAdmin):
    """Every so many seconds, minutes or hours."""

    scope_by = ALL


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(ScopedAdmin, beat.CrontabScheduleAdmin):
    """At minutes, hours and days."""

    scope_by = ALL
