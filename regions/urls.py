"""Addresses of the organisation."""

from django.urls import path

from regions.views import units

app_name = "regions"
urlpatterns = [
    path("organisation/units/", units.unit_list, name="units"),
    path("organisation/units/children/", units.unit_children, name="unit-children"),
    path("organisation/units/<str:code>/", units.unit_detail, name="unit"),
]
