"""Addresses of satisfaction."""

from django.urls import path

from satisfaction.views import papers, remarks, reports, results, targets, units

app_name = "satisfaction"
urlpatterns = [
    # results
    path("", results.results, name="results"),
    path("heat-map/", units.heat, name="heat-map"),
    path("compare/", units.compare, name="compare"),
    path("pdf/", papers.results_pdf, name="results-pdf"),
    path("workbook/", papers.results_workbook, name="results-workbook"),
    path("remarks/", remarks.remark_list, name="remarks"),
    # targets
    path("targets/", targets.target_list, name="targets"),
    path("targets/<str:code>/", targets.target_edit, name="target"),
    # survey reports
    path("reports/", reports.report_list, name="reports"),
    path("reports/new/", reports.report_new, name="report-new"),
    path("reports/<int:pk>/", reports.report_detail, name="report"),
    path("reports/<int:pk>/review/", reports.report_review, name="report-review"),
    path("reports/<int:pk>/distribute/", reports.report_distribute, name="report-distribute"),
    path("reports/<int:pk>/figures/", reports.report_renew, name="report-renew"),
    path("reports/<int:pk>/pdf/", reports.report_pdf, name="report-pdf"),
    path("reports/<int:pk>/workbook/", reports.report_workbook, name="report-workbook"),
]
