"""Addresses of reports."""

from django.urls import path

from reports import views
from reports.analysis import views as analysis

app_name = "reports"
urlpatterns = [
    path("activity/", views.activity, name="activity"),
    path("customers/", analysis.first_method, name="customers"),
    path("customers/<slug:key>/", analysis.customer_analysis, name="customer-analysis"),
    path("customers/<slug:key>/workbook/", analysis.customer_workbook, name="customer-workbook"),
    path("customers/<slug:key>/paper/", analysis.customer_paper, name="customer-paper"),
]
