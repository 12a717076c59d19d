"""Bodies in the administration: who sits in them, and how many must agree (ORG-28).

Flows have pages of their own; decisions and running papers are no matter of the administration.
"""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from approvals.models import Body, BodyMember
from core.admin import ScopedAdmin, ScopedInline


class MemberInline(ScopedInline):
    """Members; one who leaves the body gets a last day, and no row is deleted."""

    model = BodyMember
    fields = ("user", "is_chair", "valid_from", "valid_until")
    extra = 1


@admin.register(Body)
class BodyAdmin(ScopedAdmin):
    """Boards and committees of the units in reach."""

    scope_by = "unit"
    list_display: ClassVar[list[str]] = ["name", "kind", "unit", "quorum", "is_active"]
    list_select_related: ClassVar[list[str]] = ["unit"]
    list_filter: ClassVar[list[str]] = ["kind", "is_active"]
    search_fields: ClassVar[list[str]] = ["name", "key"]
    inlines: ClassVar[list[type]] = [MemberInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Flows name a body by its key."""
        return ["key"] if obj is not None else []
