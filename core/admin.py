"""The administration: one front door, and every list inside the reader's scope.

It is a workshop for administrators, not a page of staff. Whatever has a rule is saved through the
service that knows it; nothing that has a history is deleted.
"""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Model, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import URLPattern, URLResolver, reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from core.access import ADMINISTRATION, public
from core.models import Job

ALL = "all"


class CrmAdminSite(admin.AdminSite):
    """Django's administration whose log-in and log-out are the product's."""

    site_title = _("Customer relationship system")
    site_header = _("Customer relationship system · administration")
    index_title = _("Administration")
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Whoever holds the right accounts.use_admin and is active."""
        return bool(request.user.is_staff)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Every view says what it asks for, so that the access check knows it (core.access)."""
        urls = super().get_urls()
        _declare(urls)
        return urls

    @public
    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send visitors to the one front door; it knows where they were going."""
        target = request.GET.get("next") or reverse("admin:index", current_app=self.name)
        return HttpResponseRedirect(
            f"{resolve_url('accounts:login')}?{urlencode({'next': target})}"
        )

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Pass the post on with its token: 307 keeps the method."""
        return HttpResponseRedirect(resolve_url("accounts:logout"), status=307)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The one page where people change their passwords."""
        return HttpResponseRedirect(resolve_url("accounts:password"))


def _declare(urls: list[URLPattern | URLResolver]) -> None:
    for entry in urls:
        if isinstance(entry, URLResolver):
            _declare(entry.url_patterns)
        elif getattr(entry.callback, "access", None) is None:
            entry.callback.access = ADMINISTRATION


class ScopedAdmin(admin.ModelAdmin):
    """An admin that shows and offers only what its reader reaches.

    Models whose queryset has `visible_to` are filtered by it. Others say in `scope_by` which
    foreign key leads to such a model, or ALL for definitions that belong to the whole group.
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
            return rows
        if not self.scope_by:
            raise ImproperlyConfigured(f"{type(self).__name__} must say scope_by")
        related = rows.model._meta.get_field(self.scope_by).related_model
        return rows.filter(
            **{f"{self.scope_by}__in": related.objects.visible_to(request.user, right)}
        )

    def right(self, act: str) -> str:
        """The right for an act on this model, e.g. "accounts.change_user"."""
        return f"{self.opts.app_label}.{act}_{self.opts.model_name}"

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What is seen with a wider right may still not be changed with a narrower one."""
        if not super().has_change_permission(request, obj):
            return False
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
        names = [item[0] if isinstance(item, (list, tuple)) else item for item in self.list_filter]
        offered = [name for name in (*names, self.date_hierarchy) if isinstance(name, str)]
        return any(lookup == name or lookup.startswith(f"{name}__") for name in offered)


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


class ScopedInline(admin.TabularInline):
    """Rows of a record that is in scope already; their choices are narrowed like the record's."""

    extra = 0
    can_delete = False

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
    """Background work of the whole group."""

    scope_by = ALL
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
