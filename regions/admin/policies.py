"""Versions of rules in the administration: to be read; they are set on the pages of rules."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core.admin import ReadOnlyAdmin
from regions.models import PolicyValue
from regions.policies import find
from regions.selectors.policies import stored_words

COLUMNS = ("rule", "unit", "in_words", "effective_from", "version", "author", "created_at")


@admin.register(PolicyValue)
class PolicyValueAdmin(ReadOnlyAdmin):
    """Every version that anybody ever set."""

    list_display = COLUMNS
    list_select_related = ["unit", "author"]
    list_filter = ["effective_from"]
    search_fields = ["key", "unit__name", "unit__code", "reason"]
    search_help_text = _("Key of the rule, unit or reason")
    fields = (*COLUMNS, "reason")
    readonly_fields = (*COLUMNS, "reason")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Newest first."""
        return super().get_queryset(request).order_by("-pk")

    @admin.display(description=_("policy"), ordering="key")
    def rule(self, version: PolicyValue) -> SafeString | str:
        """The rule by its name, leading to its page."""
        try:
            title = find(version.key).title
        except LookupError:
            return version.key
        url = f"{reverse('regions:policy', args=[version.key])}?unit={version.unit.code}"
        return format_html('<a href="{}">{}</a>', url, title)

    @admin.display(description=_("value"))
    def in_words(self, version: PolicyValue) -> str:
        """The value as pages show it; a dash takes the value back."""
        try:
            return stored_words(find(version.key), version) or "—"
        except LookupError:
            return str(version.value)
