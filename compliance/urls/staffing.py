"""Addresses of account changes, checks of the organisation, plans and inspections."""

from django.urls import URLPattern, path

from compliance.views import account_changes, findings, inspections, plans

FINDING = "compliance/findings/<int:pk>/"
CHANGE = "account-changes/<int:pk>/"
ROUND = "compliance/inspections/<int:pk>/"

urlpatterns: list[URLPattern] = [
    path("compliance/findings/", findings.finding_list, name="findings"),
    path("compliance/findings/checks/", findings.check_list, name="checks"),
    path("compliance/findings/run/", findings.finding_run, name="finding-run"),
    path("compliance/findings/allowed/", findings.override_list, name="overrides"),
    path(
        "compliance/findings/allowed/<int:pk>/end/",
        findings.override_take_back,
        name="override-take-back",
    ),
    path(FINDING, findings.finding_detail, name="finding"),
    path(f"{FINDING}assign/", findings.finding_assign, name="finding-assign"),
    path(f"{FINDING}explain/", findings.finding_explain, name="finding-explain"),
    path(f"{FINDING}except/", findings.finding_except, name="finding-except"),
    path(f"{FINDING}allow/", findings.finding_override, name="finding-override"),
    path(f"{FINDING}allow/<int:override_pk>/end/", findings.override_end, name="override-end"),
    path("account-changes/", account_changes.change_list, name="account-changes"),
    path("account-changes/new/", account_changes.change_new, name="account-change-new"),
    path(CHANGE, account_changes.change_detail, name="account-change"),
    path(f"{CHANGE}file/", account_changes.change_file, name="account-change-file"),
    path(f"{CHANGE}carry-out/", account_changes.change_carry_out, name="account-change-carry-out"),
    path("compliance/functions/", plans.functions, name="functions"),
    path("compliance/functions/<str:code>/", plans.function_plan, name="function-plan"),
    path(
        "compliance/functions/<str:code>/edit/",
        plans.function_plan_edit,
        name="function-plan-edit",
    ),
    path("compliance/headcount/", plans.headcount, name="headcount"),
    path("compliance/headcount/<str:code>/new/", plans.planned_post_new, name="planned-post-new"),
    path("compliance/headcount/<int:pk>/edit/", plans.planned_post_edit, name="planned-post-edit"),
    path("compliance/headcount/<int:pk>/drop/", plans.planned_post_drop, name="planned-post-drop"),
    path(
        "compliance/headcount/<str:code>/rules/new/",
        plans.implementation_rule_new,
        name="implementation-rule-new",
    ),
    path(
        "compliance/headcount/rules/<int:pk>/edit/",
        plans.implementation_rule_edit,
        name="implementation-rule-edit",
    ),
    path("compliance/duties/", plans.duties, name="duties"),
    path("compliance/inspections/", inspections.inspection_list, name="inspections"),
    path("compliance/inspections/new/", inspections.inspection_new, name="inspection-new"),
    path(ROUND, inspections.inspection_detail, name="inspection"),
    path(f"{ROUND}points/new/", inspections.point_new, name="inspection-point-new"),
    path(
        f"{ROUND}points/<int:point_pk>/mend/",
        inspections.point_mend,
        name="inspection-point-mend",
    ),
    path(
        f"{ROUND}points/<int:point_pk>/check/",
        inspections.point_check,
        name="inspection-point-check",
    ),
    path(f"{ROUND}photos/add/", inspections.photo_add, name="inspection-photo-add"),
    path(f"{ROUND}photos/<int:file_pk>/", inspections.photo, name="inspection-photo"),
    path(
        f"{ROUND}photos/<int:file_pk>/thumb/",
        inspections.photo_thumb,
        name="inspection-photo-thumb",
    ),
    path(
        f"{ROUND}photos/<int:file_pk>/remove/",
        inspections.photo_remove,
        name="inspection-photo-remove",
    ),
]
