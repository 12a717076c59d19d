"""Addresses of the organisation."""

from django.urls import path

from regions.views import policies, units

app_name = "regions"
urlpatterns = [
    path("policies/", policies.policy_list, name="policies"),
    path("policies/<str:key>/", policies.policy_detail, name="policy"),
    path("policies/<str:key>/change/", policies.policy_change, name="policy-change"),
    path("organisation/units/", units.unit_list, name="units"),
    path("organisation/units/children/", units.unit_children, name="unit-children"),
    path("organisation/units/<str:code>/", units.unit_detail, name="unit"),
]
