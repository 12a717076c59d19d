"""Addresses of reports."""

from django.urls import path

from reports import views
from reports.analysis import views as analysis
from reports.builder import schedule_views as schedules
from reports.builder import views as builder
from reports.dashboard import views as dashboard
from reports.standard import commentary_views as commentaries
from reports.standard import service_views as service
from reports.standard import views as standard

app_name = "reports"
urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("workbook/", dashboard.dashboard_workbook, name="dashboard-workbook"),
    path("units/", dashboard.compare, name="compare"),
    path("metrics/", dashboard.metric_list, name="metrics"),
    path("rows/<slug:key>/", dashboard.metric_rows, name="metric-rows"),
    path("activity/", views.activity, name="activity"),
    path("builder/", builder.report_list, name="builder"),
    path("builder/new/", builder.report_new, name="report-new"),
    path("builder/preview/", builder.report_preview, name="report-preview"),
    path("builder/<int:pk>/", builder.report_detail, name="report"),
    path("builder/<int:pk>/edit/", builder.report_edit, name="report-edit"),
    path("builder/<int:pk>/delete/", builder.report_delete, name="report-delete"),
    path("builder/<int:pk>/paper/", builder.report_paper, name="report-paper"),
    path("builder/<int:pk>/export/", builder.export_new, name="export"),
    path("builder/<int:report_pk>/schedule/", schedules.schedule_new, name="schedule-new"),
    path("schedules/", schedules.schedule_list, name="schedules"),
    path("schedules/<int:pk>/", schedules.schedule_detail, name="schedule"),
    path("schedules/<int:pk>/edit/", schedules.schedule_edit, name="schedule-edit"),
    path("schedules/<int:pk>/switch/", schedules.schedule_switch, name="schedule-switch"),
    path("schedules/<int:pk>/delete/", schedules.schedule_delete, name="schedule-delete"),
    path("schedules/<int:pk>/unsubscribe/", schedules.schedule_unsubscribe, name="unsubscribe"),
    path("builder/exports/<int:pk>/", builder.export_detail, name="export-detail"),
    path("builder/exports/<int:pk>/file/", builder.export_file, name="export-file"),
    path("standard/", standard.standard_list, name="standard"),
    path("standard/templates/", standard.template_list, name="standard-templates"),
    path("standard/exports/<int:pk>/", standard.export_detail, name="standard-export-detail"),
    path("standard/exports/<int:pk>/file/", standard.export_file, name="standard-export-file"),
    path(
        "standard/service-measures/<slug:item>/enter/", service.service_enter, name="service-enter"
    ),
    path("standard/<slug:key>/", standard.standard_report, name="standard-report"),
    path("standard/<slug:key>/paper/", standard.standard_paper, name="standard-paper"),
    path("standard/<slug:key>/export/", standard.export_new, name="standard-export"),
    path("standard/<slug:key>/analysis/", commentaries.commentary, name="commentary"),
    path("standard/<slug:key>/submitted/", commentaries.commentary_list, name="commentaries"),
    path(
        "standard/analyses/<int:pk>/receive/",
        commentaries.commentary_receive,
        name="commentary-receive",
    ),
    path("standard/<slug:key>/schedule/", schedules.standard_schedule, name="standard-schedule"),
    path("standard/<slug:key>/template/", standard.template_page, name="standard-template"),
    path(
        "standard/<slug:key>/template/<int:version>/",
        standard.template_file,
        name="standard-template-file",
    ),
    path(
        "standard/<slug:key>/template/<int:version>/use/",
        standard.template_use,
        name="standard-template-use",
    ),
    path("customers/", analysis.first_method, name="customers"),
    path("customers/<slug:key>/", analysis.customer_analysis, name="customer-analysis"),
    path("customers/exports/<int:pk>/", analysis.export_detail, name="analysis-export-detail"),
    path("customers/exports/<int:pk>/file/", analysis.export_file, name="analysis-export-file"),
    path("customers/<slug:key>/export/", analysis.export_new, name="analysis-export"),
    path("customers/<slug:key>/paper/", analysis.customer_paper, name="customer-paper"),
]
