"""Addresses of the organisation."""

from django.urls import path, register_converter

from regions.views import calendar_changes, calendars, changes, policies, sections, tree, units
from regions.views.converters import IsoDay

register_converter(IsoDay, "isoday")

app_name = "regions"
WORKING = "working-calendars/"

urlpatterns = [
    path(WORKING, calendars.calendar_list, name="calendars"),
    path(f"{WORKING}explain/", calendars.explain_span, name="calendar-explain"),
    path(f"{WORKING}new/", calendar_changes.calendar_new, name="calendar-new"),
    path(f"{WORKING}public-days/", calendar_changes.public_days, name="public-days"),
    path(
        f"{WORKING}public-days/<isoday:day>/remove/",
        calendar_changes.public_day_remove,
        name="public-day-remove",
    ),
    path(f"{WORKING}uses/new/", calendar_changes.use_new, name="calendar-use-new"),
    path(f"{WORKING}uses/<int:pk>/remove/", calendar_changes.use_drop, name="calendar-use-remove"),
    path(
        f"{WORKING}exceptions/new/", calendar_changes.exception_new, name="calendar-exception-new"
    ),
    path(
        f"{WORKING}exceptions/<int:pk>/remove/",
        calendar_changes.exception_remove,
        name="calendar-exception-remove",
    ),
    path(
        f"{WORKING}weeks/<int:pk>/remove/", calendar_changes.week_drop, name="calendar-week-remove"
    ),
    path(f"{WORKING}units/<str:code>/", calendars.unit_calendar, name="unit-calendar"),
    path(f"{WORKING}<int:pk>/", calendars.calendar_detail, name="calendar"),
    path(f"{WORKING}<int:pk>/change/", calendar_changes.calendar_change, name="calendar-change"),
    path(f"{WORKING}<int:pk>/hours/", calendar_changes.calendar_hours, name="calendar-hours"),
    path(f"{WORKING}<int:pk>/remove/", calendar_changes.calendar_delete, name="calendar-remove"),
    path("policies/", policies.policy_list, name="policies"),
    path("policies/<str:key>/", policies.policy_detail, name="policy"),
    path("policies/<str:key>/change/", policies.policy_change, name="policy-change"),
    path("organisation/changes/", changes.change_list, name="changes"),
    path("organisation/changes/new/", changes.change_kinds, name="change-kinds"),
    path("organisation/changes/new/<str:kind>/", changes.change_new, name="change-new"),
    path("organisation/changes/<int:pk>/", changes.change_detail, name="change"),
    path("organisation/changes/<int:pk>/edit/", changes.change_edit, name="change-edit"),
    path("organisation/changes/<int:pk>/<str:verb>/", changes.change_act, name="change-act"),
    path("organisation/tree/", tree.tree_page, name="tree"),
    path("organisation/sections/", sections.section_list, name="sections"),
    path("organisation/sections/new/", sections.section_new, name="section-new"),
    path("organisation/companies/new/", sections.company_new, name="company-new"),
    path("organisation/sections/<str:code>/", sections.section_detail, name="section"),
    path("organisation/sections/<str:code>/edit/", sections.section_edit, name="section-edit"),
    path(
        "organisation/sections/<str:code>/units/",
        sections.section_add_unit,
        name="section-add-unit",
    ),
    path(
        "organisation/sections/<str:code>/units/<int:pk>/remove/",
        sections.section_remove_unit,
        name="section-remove-unit",
    ),
    path("organisation/units/", units.unit_list, name="units"),
    path("organisation/units/children/", units.unit_children, name="unit-children"),
    path("organisation/units/<str:code>/", units.unit_detail, name="unit"),
]
