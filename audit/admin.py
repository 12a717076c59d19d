"""Reading the audit record."""

import re
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.actions import ACTIONS
from audit.models import Entry
from core.admin import ReadOnlyAdmin
from core.scope import scope_of


class ActionFilter(admin.SimpleListFilter):
    """One kind of act, in words."""

    title = _("act")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The registered kinds, each as its sentence with the details left open."""
        return [(action, re.sub(r"\{\w+\}", "…", str(text))) for action, text in ACTIONS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        """Entries of the kind chosen."""
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """Who did what: acts of people in reach; acts of the operator for the whole group only."""

    scope_by = "by"
    list_display = ["at", "by", "sentence_shown", "kind_shown", "subject_id", "ip"]
    list_filter = [ActionFilter]
    list_select_related = ["by"]
    search_fields = ["by__employee_no", "by__name", "=subject_id"]
    search_help_text = _("Name or number of the person, or number of the record")
    fields = ["at", "by", "sentence_shown", "action", "kind_shown", "subject_id", "detail", "ip"]

    def in_scope(self, rows: QuerySet[Any], request: HttpRequest, act: str) -> QuerySet[Any]:
        """The operator's entries name nobody, so only a reach over everything shows them."""
        if scope_of(request.user, self.right(act)).everything:
            return rows
        return super().in_scope(rows, request, act)

    @admin.display(description=_("what happened"))
    def sentence_shown(self, entry: Entry) -> str:
        """The act in words."""
        return entry.sentence()

    @admin.display(description=_("kind of record"), ordering="subject_type")
    def kind_shown(self, entry: Entry) -> str:
        """What the record is, in words; a model that is gone keeps its technical name."""
        try:
            return str(apps.get_model(entry.subject_type)._meta.verbose_name)
        except (LookupError, ValueError):
            return entry.subject_type
