"""Addresses of the organisation."""

from django.urls import path

from regions import views

app_name = "regions"
urlpatterns = [
    path("organisation/units/", views.unit_list, name="units"),
    path("organisation/units/children/", views.unit_children, name="unit-children"),
    path("organisation/units/<str:code>/", views.unit_detail, name="unit"),
]
