"""Addresses of complaints."""

from django.urls import path

from complaints.views import (
    board,
    detail,
    exports,
    groups,
    intake,
    lists,
    moves,
    outside,
    roster,
    sheet,
    summary,
)

app_name = "complaints"
urlpatterns = [
    path("", lists.case_list, name="list"),
    path("intake/", intake.intake, name="intake"),
    path("intake/look-up/", intake.intake_lookup, name="intake-look-up"),
    path("intake/proposal/", intake.intake_proposal, name="intake-proposal"),
    path("desk/", lists.my_desk, name="desk"),
    path("board/", board.case_board, name="board"),
    path("overdue/", lists.overdue, name="overdue"),
    path("call-backs/", lists.call_backs, name="call-backs"),
    path("summary/", summary.summary_page, name="summary"),
    path("summary/workbook/", summary.summary_workbook, name="summary-workbook"),
    path("export/", exports.export_new, name="export"),
    path("export/<int:pk>/", exports.export_detail, name="export-detail"),
    path("export/<int:pk>/file/", exports.export_file, name="export-file"),
    path("<int:pk>/", detail.case_detail, name="detail"),
    path("<int:pk>/move/<slug:move>/", moves.case_move, name="move"),
    path("<int:pk>/clock/", detail.case_clock, name="clock"),
    path("<int:pk>/sheet/", sheet.case_sheet, name="sheet"),
    path("<int:pk>/sheet/file/", sheet.case_sheet_file, name="sheet-file"),
    path("<int:pk>/complainants/<int:person_pk>/reveal/", detail.complainant_reveal, name="reveal"),
    path("groups/", groups.group_list, name="groups"),
    path("groups/new/", groups.group_new, name="group-new"),
    path("groups/<int:pk>/", groups.group, name="group"),
    path("patterns/", groups.pattern_list, name="patterns"),
    path("opinions/", outside.opinion_list, name="opinions"),
    path("opinions/new/", outside.opinion_new, name="opinion-new"),
    path("opinions/<int:pk>/", outside.opinion, name="opinion"),
    path("roster/", roster.roster, name="roster"),
    path("roster/shifts/<int:pk>/remove/", roster.shift_remove, name="shift-remove"),
    path("warnings/", outside.warning_list, name="warnings"),
    path("warnings/new/", outside.warning_new, name="warning-new"),
    path("warnings/<int:pk>/settle/", outside.warning_settle, name="warning-settle"),
    path("warnings/<int:pk>/case/", outside.warning_case, name="warning-case"),
]
