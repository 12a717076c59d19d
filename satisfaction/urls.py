"""Addresses of satisfaction."""

from django.urls import path

from satisfaction.views import (
    answers,
    desk,
    indicators,
    inviting,
    items,
    on_site,
    papers,
    plans,
    questionnaires,
    remarks,
    reports,
    results,
    sample,
    targets,
    units,
    waves,
)

app_name = "satisfaction"
urlpatterns = [
    # --- questionnaires and the indicator tree
    path("questionnaires/", questionnaires.questionnaire_list, name="questionnaires"),
    path("questionnaires/new/", questionnaires.questionnaire_new, name="questionnaire-new"),
    path(
        "questionnaires/library/<slug:code>/",
        questionnaires.questionnaire_from_library,
        name="library",
    ),
    path("questionnaires/<int:pk>/", questionnaires.questionnaire_detail, name="questionnaire"),
    path(
        "questionnaires/<int:pk>/edit/",
        questionnaires.questionnaire_edit,
        name="questionnaire-edit",
    ),
    path("questionnaires/<int:pk>/versions/new/", questionnaires.version_new, name="version-new"),
    path("questionnaires/<int:pk>/texts/", questionnaires.version_texts, name="version-texts"),
    path("questionnaires/<int:pk>/sections/new/", items.section_new, name="section-new"),
    path("questionnaires/<int:pk>/sections/<int:section_pk>/", items.section_edit, name="section"),
    path(
        "questionnaires/<int:pk>/sections/<int:section_pk>/remove/",
        items.section_remove,
        name="section-remove",
    ),
    path(
        "questionnaires/<int:pk>/sections/<int:section_pk>/move/",
        items.section_move,
        name="section-move",
    ),
    path("questionnaires/<int:pk>/items/new/", items.item_new, name="item-new"),
    path("questionnaires/<int:pk>/items/<int:item_pk>/", items.item_edit, name="item"),
    path(
        "questionnaires/<int:pk>/items/<int:item_pk>/remove/", items.item_remove, name="item-remove"
    ),
    path("questionnaires/<int:pk>/items/<int:item_pk>/move/", items.item_move, name="item-move"),
    path("indicators/", indicators.indicator_tree, name="indicators"),
    path("indicators/weights/", indicators.indicator_weights, name="indicator-weights"),
    path("indicators/start/", indicators.indicator_start, name="indicator-start"),
    path("indicators/new/", indicators.indicator_new, name="indicator-new"),
    path("indicators/<int:pk>/", indicators.indicator_edit, name="indicator"),
    path("indicators/<int:pk>/move/", indicators.indicator_move, name="indicator-move"),
    # --- results
    path("", results.results, name="results"),
    path("heat-map/", units.heat, name="heat-map"),
    path("compare/", units.compare, name="compare"),
    path("pdf/", papers.results_pdf, name="results-pdf"),
    path("workbook/", papers.results_workbook, name="results-workbook"),
    path("remarks/", remarks.remark_list, name="remarks"),
    # --- targets
    path("targets/", targets.target_list, name="targets"),
    path("targets/<str:code>/", targets.target_edit, name="target"),
    # --- survey reports
    path("reports/", reports.report_list, name="reports"),
    path("reports/new/", reports.report_new, name="report-new"),
    path("reports/<int:pk>/", reports.report_detail, name="report"),
    path("reports/<int:pk>/review/", reports.report_review, name="report-review"),
    path("reports/<int:pk>/distribute/", reports.report_distribute, name="report-distribute"),
    path("reports/<int:pk>/figures/", reports.report_renew, name="report-renew"),
    path("reports/<int:pk>/pdf/", reports.report_pdf, name="report-pdf"),
    path("reports/<int:pk>/workbook/", reports.report_workbook, name="report-workbook"),
    # --- waves: annual plan, cockpit, sample, asking
    path("plans/", plans.plan_list, name="plans"),
    path("plans/new/", plans.plan_new, name="plan-new"),
    path("plans/<int:pk>/", plans.plan_detail, name="plan"),
    path("plans/<int:pk>/edit/", plans.plan_edit, name="plan-edit"),
    path("plans/<int:pk>/remove/", plans.plan_remove, name="plan-remove"),
    path("plans/<int:pk>/wave/", plans.plan_wave, name="plan-wave"),
    path("waves/", waves.wave_list, name="waves"),
    path("waves/new/", waves.wave_new, name="wave-new"),
    path("waves/<str:code>/", waves.wave_detail, name="wave"),
    path("waves/<str:code>/edit/", waves.wave_edit, name="wave-edit"),
    path("waves/<str:code>/open/", inviting.wave_open, name="wave-open"),
    path("waves/<str:code>/close/", inviting.wave_close, name="wave-close"),
    path("waves/<str:code>/non-response/", sample.nonresponse, name="wave-nonresponse"),
    path("waves/<str:code>/sample/", sample.sample_page, name="sample"),
    path("waves/<str:code>/sample/allocate/", sample.quotas_allocate, name="quotas-allocate"),
    path("waves/<str:code>/sample/quotas/", sample.quotas_save, name="quotas-save"),
    path("waves/<str:code>/sample/draw/", sample.sample_draw, name="sample-draw"),
    path("waves/<str:code>/sample/replace/", sample.sample_replace, name="sample-replace"),
    path("waves/<str:code>/asking/", inviting.asking_page, name="asking"),
    path("waves/<str:code>/asking/<slug:act>/", inviting.asking_start, name="asking-start"),
    path("waves/<str:code>/links/<slug:act>/new/", inviting.file_new, name="links-new"),
    path("waves/<str:code>/links/<int:pk>/", inviting.file_detail, name="wave-file"),
    path(
        "waves/<str:code>/links/<int:pk>/content/", inviting.file_content, name="wave-file-content"
    ),
    # --- answers: the telephone desk, the device on site, the list
    path("phone/", desk.phone, name="phone"),
    path("phone/<int:pk>/", desk.call, name="call"),
    path("phone/<int:pk>/number/<slug:field>/", desk.number, name="call-number"),
    path("waves/<str:code>/on-site/", on_site.hand_over, name="on-site"),
    path("waves/<str:code>/answers/", answers.answer_list, name="answers"),
    path("waves/<str:code>/answers/export/", answers.export_new, name="answers-export"),
    path("waves/<str:code>/answers/<int:pk>/", answers.answer, name="answer"),
    path("waves/<str:code>/answers/<int:pk>/void/", answers.void, name="answer-void"),
    path("waves/<str:code>/answers/<int:pk>/unvoid/", answers.unvoid, name="answer-unvoid"),
    path("answers/exports/<int:pk>/", answers.export_detail, name="answers-export-detail"),
    path("answers/exports/<int:pk>/file/", answers.export_file, name="answers-export-file"),
]
