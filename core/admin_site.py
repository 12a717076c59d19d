"""The administration's front door, which is the product's.

Apart from core.admin, because registering a list there makes Django look for the site first.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import URLPattern, URLResolver, reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from core.access import ADMINISTRATION, public


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
        # "View on site" leads to any record by its key, in reach or not; lists link by themselves.
        urls = [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]
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

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Pass the post on with its token: 307 keeps the method."""
        return HttpResponseRedirect(resolve_url("accounts:logout"), status=307)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The one page where people change their passwords."""
        return HttpResponseRedirect(resolve_url("accounts:password"))


def _declare(urls: list[URLPattern | URLResolver]) -> None:
    for entry in urls:
        if isinstance(entry, URLResolver):
            _declare(entry.url_patterns)
        elif getattr(entry.callback, "access", None) is None:
            entry.callback.access = ADMINISTRATION  # type: ignore[attr-defined]
