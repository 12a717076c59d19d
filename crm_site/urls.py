"""Addresses: plural nouns, verb last, English words in both languages (docs/pages.md)."""

from django.contrib import admin
from django.urls import include, path

from accounts.choices import people_choices, unit_choices
from accounts.views.people import choose_language
from core.health import healthz, readyz
from core.views import help_page, styleguide
from customers.views.access import share_end, share_list
from reports.search.views import search, search_chosen, search_forget, search_quick
from reports.views import home

handler400 = "core.errors_views.bad_request"
handler403 = "core.errors_views.forbidden"
handler404 = "core.errors_views.not_found"
handler500 = "core.errors_views.server_error"

urlpatterns = [
    # First, because addresses are tried in this order and thousands of owners come at once.
    path("s/", include("satisfaction.public_urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("language/", choose_language, name="set_language"),
    path("admin/", admin.site.urls),
    path("", home, name="home"),
    path("search/", search, name="search"),
    path("search/quick/", search_quick, name="search-quick"),
    path("search/chosen/", search_chosen, name="search-chosen"),
    path("search/forget/", search_forget, name="search-forget"),
    path("help/", help_page, name="help"),
    path("styleguide/", styleguide, name="styleguide"),
    path("choices/units/", unit_choices, name="unit-choices"),
    path("choices/people/", people_choices, name="people-choices"),
    path("", include("core.urls")),
    path("", include("accounts.urls")),
    path("", include("regions.urls")),
    path("imports/", include("core.imports.urls")),
    path("approvals/", include("approvals.urls")),
    path("customers/", include("customers.urls")),
    path("complaints/", include("complaints.urls")),
    path("satisfaction/", include("satisfaction.urls")),
    path("", include("expenses.urls")),
    path("", include("compliance.urls")),
    path("reports/", include("reports.urls")),
    path("", include("api.urls")),
    path("shares/", share_list, name="shares"),
    path("shares/end/", share_end, name="shares-end"),
]
