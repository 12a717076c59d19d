"""Addresses of satisfaction."""

from django.urls import path

from satisfaction.views import results, units

app_name = "satisfaction"
urlpatterns = [
    # results
    path("", results.results, name="results"),
    path("heat-map/", units.heat, name="heat-map"),
    path("compare/", units.compare, name="compare"),
]
