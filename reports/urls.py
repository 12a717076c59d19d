"""Addresses of reports."""

from django.urls import path

from reports import views
from reports.analysis import views as analysis
from reports.dashboard import views as dashboard

app_name = "reports"
urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("workbook/", dashboard.dashboard_workbook, name="dashboard-workbook"),
    path("metrics/", dashboard.metric_list, name="metrics"),
    path("rows/<slug:key>/", dashboard.metric_rows, name="metric-rows"),
    path("activity/", views.activity, name="activity"),
    path("customers/", analysis.first_method, name="customers"),
    path("customers/<slug:key>/", analysis.customer_analysis, name="customer-analysis"),
    path("customers/<slug:key>/workbook/", analysis.customer_workbook, name="customer-workbook"),
    path("customers/<slug:key>/paper/", analysis.customer_paper, name="customer-paper"),
]
