"""Roles and functions every property group starts with (ACC-01…05, ORG-08, EXP-03…07)."""

from django.contrib.auth.models import Permission

from accounts.models import Function, Reach, Role

READ_FIGURES = ("satisfaction.view_wave", "satisfaction.view_unitscore")
RUN_SURVEYS = (
    "satisfaction.import_response",
    "satisfaction.view_response",
    "satisfaction.view_identity",
    "satisfaction.void_response",
    "satisfaction.score_wave",
    "satisfaction.call_sample",
    "satisfaction.fill_on_site",
    *(f"satisfaction.{act}_wave" for act in ("add", "change")),
    *(f"satisfaction.{act}_questionnaire" for act in ("view", "add", "change")),
    *(f"satisfaction.{act}_indicator" for act in ("view", "change")),
)
# Applications, customer events and key dates are seen by everybody within his reach; budgets and
# the ledger by those who answer for money.
READ_MONEY = (
    "expenses.view_application",
    "expenses.view_event",
    "expenses.view_keydate",
    "expenses.view_gift",
)
SPEND_MONEY = (
    "expenses.add_application",
    "expenses.change_event",
    "expenses.change_keydate",
)
READ_BOOKS = ("expenses.view_budget", "expenses.view_ledgerentry")
ANSWER_FOR_MONEY = (
    *READ_BOOKS,
    "expenses.allot_budget",
    "expenses.ask_budgetchange",
    "expenses.change_gift",
    "expenses.review_application",
    "expenses.export_application",
    "expenses.import_application",
)
# Whoever pays is not the one who answers for the unit that spends.
PAY_MONEY = ("expenses.pay_application", "expenses.view_beneficiary")
# What the checks find is mended by whoever it was given to, so everybody may be given something.
READ_FINDINGS = ("compliance.view_finding", "compliance.view_inspection")
READ_STAFFING = ("compliance.view_accountchange", "compliance.view_staffplan")
ANSWER_FOR_STAFFING = (
    *READ_STAFFING,
    "compliance.ask_accountchange",
    "compliance.change_inspection",
    "compliance.change_staffplan",
    "compliance.manage_finding",
)
KEEP_ACCOUNTS = (
    "compliance.ask_accountchange",
    "compliance.carry_out_accountchange",
    "compliance.view_accountchange",
    "compliance.view_finding",
)
READ_KINDS_OF_MONEY = ("expenses.view_category",)
KEEP_KINDS_OF_MONEY = (
    *READ_KINDS_OF_MONEY,
    "expenses.add_category",
    "expenses.change_category",
)
# Everybody sees his own trips, days and sanctions without a right.
SEE_DUTIES = (
    "compliance.view_absence",
    "compliance.view_circular",
    "compliance.view_log_ins",
)
ANSWER_FOR_DUTIES = (*SEE_DUTIES, "compliance.correct_absence", "compliance.publish_circular")
IMPORT_DUTIES = ("compliance.import_absence", "compliance.import_log_ins")
# Everybody reads bulletins addressed to him and does his own tasks without a right.
WATCH_DAILY_WORK = (
    "compliance.change_target",
    "compliance.publish_bulletin",
    "compliance.view_assignment",
    "compliance.view_compliance",
    "compliance.view_rule",
    "compliance.view_target",
)
SEE_TO_DAILY_WORK = (*WATCH_DAILY_WORK, "compliance.assign_task")
# Strategic customers are the company's: everybody sees those of his branches, units nominate their
# own, and the committee's office runs the round for all.
SEE_STRATEGIC = ("compliance.view_strategic",)
NOMINATE_STRATEGIC = ("compliance.nominate_strategic",)
REVIEW_PLANS = ("compliance.review_customerplan",)
SEE_COMMITTEE = ("compliance.view_committee",)
RUN_ROUNDS = ("compliance.run_round",)
# Definitions open no figure to anybody: each reader sees what his other rights show him.
SEE_REPORTS = ("reports.view_savedreport",)
BUILD_REPORTS = (*SEE_REPORTS, "reports.build_report")
KEEP_TEMPLATES = ("reports.change_reporttemplate",)
VIEW = (
    "regions.view_orgunit",
    "accounts.view_user",
    "customers.view_customer",
    "customers.view_contract",
    "complaints.view_case",
    *READ_FIGURES,
    *READ_MONEY,
    *SEE_STRATEGIC,
    *READ_FINDINGS,
    "reports.view_dashboard",
    *SEE_REPORTS,
)
WORK_ON_CASES = (
    "complaints.add_case",
    "complaints.handle_case",
    "complaints.call_back_case",
    "complaints.import_case",
    "complaints.export_case",
)
ANSWER_FOR_CASES = (
    "complaints.assign_case",
    "complaints.close_case",
    "complaints.urge_case",
)
WRITE_ANSWERS = ("complaints.change_answertemplate",)
READ_RULES = ("regions.view_policyvalue",)
# Whoever has a part in a paper sees it without a right; these see those of their branch.
READ_APPROVALS = ("approvals.view_approval", "approvals.view_flow")
SEE_TO_APPROVALS = (*READ_APPROVALS, "approvals.record_call")
KEEP_FLOWS = (
    *READ_APPROVALS,
    "approvals.change_flow",
    *(f"approvals.{act}_body" for act in ("view", "add", "change")),
)
SET_RULES = (*READ_RULES, "regions.change_policyvalue")
KEEP = (
    *VIEW,
    "customers.add_customer",
    "customers.change_customer",
    "customers.change_contract",
    "customers.reveal_customer",
    "customers.log_activity",
    "customers.share_customer",
    "customers.import_customer",
    "customers.export_customer",
    *WORK_ON_CASES,
    *SPEND_MONEY,
    "satisfaction.fill_on_site",
    "compliance.view_target",
    "core.add_importrun",
)
ANSWER_FOR_PEOPLE = (
    "accounts.hand_over_work",
    "accounts.close_account",
    "accounts.review_grants",
)
ANSWER_FOR_FIGURES = (
    "satisfaction.review_report",
    "satisfaction.change_surveyreport",
    "satisfaction.change_target",
    "customers.change_salestarget",
    "reports.write_commentary",
    "reports.receive_commentary",
    "reports.enter_servicemeasure",
)
MANAGE = (
    *KEEP,
    "customers.hand_over_customer",
    "customers.assess_credit",
    "customers.merge_customer",
    "satisfaction.view_response",
    *ANSWER_FOR_FIGURES,
    *ANSWER_FOR_CASES,
    *ANSWER_FOR_PEOPLE,
    *SEE_TO_APPROVALS,
    *ANSWER_FOR_MONEY,
    *ANSWER_FOR_DUTIES,
    *SEE_TO_DAILY_WORK,
    *NOMINATE_STRATEGIC,
    *REVIEW_PLANS,
    *ANSWER_FOR_STAFFING,
    *BUILD_REPORTS,
)
READ_TREE = ("regions.view_orgchange", "regions.view_section")
CHANGE_TREE = (
    "regions.view_orgchange",
    "regions.propose_orgchange",
    "regions.approve_orgchange",
)
CALENDARS = tuple(
    f"regions.{act}_{model}"
    for model in (
        "workingcalendar", "calendarweek", "calendaruse", "publicday", "calendarexception"
    )
    for act in ("view", "add", "change")
)  # fmt: skip
# Categories and levels of cases are the whole group's: who keeps a section reads them.
READ_CLASSES = ("complaints.view_category", "complaints.view_level")
KEEP_CLASSES = (
    *READ_CLASSES,
    *(f"complaints.{act}_{kind}" for act in ("add", "change") for kind in ("category", "level")),
)
ADMINISTER = (
    "accounts.use_admin",
    *SET_RULES,
    *CHANGE_TREE,
    "regions.view_section",
    "regions.change_section",
    *ANSWER_FOR_PEOPLE,
    *WRITE_ANSWERS,
    *KEEP_FLOWS,
    "regions.view_orgunit",
    "regions.add_orgunit",
    "regions.change_orgunit",
    *(f"regions.{act}_{kind}" for act in ("view", "add", "change") for kind in ("region", "city")),
    *(f"regions.{act}_project" for act in ("view", "add", "change")),
    *CALENDARS,
    "regions.view_unitlevel",
    "regions.change_unitlevel",
    "regions.view_unitversion",
    *(f"accounts.{act}_user" for act in ("view", "add", "change")),
    *(f"accounts.{act}_post" for act in ("view", "add", "change", "delete")),
    *(f"accounts.{act}_rolegrant" for act in ("view", "add", "change", "delete")),
    *(f"accounts.{act}_role" for act in ("view", "add", "change")),
    *(f"accounts.{act}_function" for act in ("view", "add", "change")),
    "accounts.view_loginrecord",
    "accounts.import_organisation",
    "core.add_importrun",
    "audit.view_entry",
    "core.view_job",
    "core.run_job",
    *KEEP_TEMPLATES,
    "api.manage_tokens",
    "api.use_api",
    "core.manage_outbox",
    "core.manage_webhooks",
    "core.view_health",
    "customers.view_customer",
    *KEEP_CLASSES,
    *KEEP_KINDS_OF_MONEY,
    *KEEP_ACCOUNTS,
    *IMPORT_DUTIES,
    *(
        f"django_celery_beat.{act}_{kind}"
        for act in ("view", "add", "change")
        for kind in ("periodictask", "intervalschedule", "crontabschedule")
    ),
    *(f"customers.{act}_customerclass" for act in ("view", "add", "change")),
)

# code, name, reach, rights
ROLES = (
    (
        "group-management",
        "集团管理层",
        Reach.GROUP,
        (
            *VIEW,
            *READ_TREE,
            *READ_RULES,
            "customers.hand_over_customer",
            "customers.export_customer",
            "complaints.export_case",
            "complaints.urge_case",
            "satisfaction.view_response",
            *ANSWER_FOR_FIGURES,
            *READ_APPROVALS,
            *READ_BOOKS,
            *READ_STAFFING,
            *SEE_DUTIES,
            "expenses.review_application",
            "expenses.export_application",
            *SEE_TO_DAILY_WORK,
            *SEE_COMMITTEE,
            *BUILD_REPORTS,
        ),
    ),
    ("section-head", "版块负责人", Reach.SUBTREE, (*MANAGE, "regions.view_orgchange", *READ_RULES)),
    ("staff", "业务人员", Reach.OWN, KEEP),
    (
        "section-administrator",
        "版块管理员",
        Reach.SUBTREE,
        (
            *(*MANAGE, *CHANGE_TREE, *SET_RULES, *READ_CLASSES, *WRITE_ANSWERS, *RUN_SURVEYS),
            *(*READ_KINDS_OF_MONEY, *IMPORT_DUTIES),
            "api.use_api",
            "compliance.change_rule",
            "regions.change_workingcalendar",
        ),
    ),
    ("system-administrator", "系统管理员", Reach.GROUP, ADMINISTER),
    (
        "hotline",
        "400热线坐席",
        Reach.GROUP,
        (
            "regions.view_orgunit",
            "accounts.view_user",
            "complaints.add_case",
            "complaints.view_case",
            "complaints.call_back_case",
            "complaints.lookup_owner",
        ),
    ),
    (
        "group-function",
        "集团职能",
        Reach.GROUP,
        (
            *(*VIEW, *READ_TREE, *READ_RULES, *RUN_SURVEYS),
            *ANSWER_FOR_FIGURES,
            *SEE_TO_APPROVALS,
            *SPEND_MONEY,
            *ANSWER_FOR_MONEY,
            *WATCH_DAILY_WORK,
            "compliance.change_rule",
            *(*SEE_COMMITTEE, *RUN_ROUNDS, *REVIEW_PLANS),
            *PAY_MONEY,
            *ANSWER_FOR_STAFFING,
            *KEEP_KINDS_OF_MONEY,
            *(*ANSWER_FOR_DUTIES, *IMPORT_DUTIES),
            *(*BUILD_REPORTS, *KEEP_TEMPLATES),
            "customers.import_transaction",
            "api.use_api",
            "core.add_importrun",
        ),
    ),
    (
        "interviewer",
        "调查访问员",
        Reach.SUBTREE,
        ("regions.view_orgunit", "satisfaction.call_sample"),
    ),
)

# name, core number, heads, leads a project, keeps customers
FUNCTIONS = (
    ("客户关系中心(部)负责人", 1, True, False, False),
    ("客户满意度及感受管理", 2, False, False, False),
    ("投诉管理及舆情对接", 3, False, False, False),
    ("客户运营管理", 4, False, False, False),
    ("客户端风险预控管理", 5, False, False, False),
    ("基础服务品质管理", 6, False, False, False),
    ("交付后客户感受管理", 7, False, False, False),
    ("客户关系费用管理", 8, False, False, False),
    ("400及信息化发展管理", 9, False, False, False),
    ("项目客户关系负责人", None, False, True, False),
    ("客户专员", None, False, False, True),
    ("客户管理委员会委员", None, False, False, False),
    ("客户管理委员会主任", None, False, False, False),
    ("客户管理委员会副主任", None, False, False, False),
    # Who decides in the flows of money (EXP-03…EXP-07).
    ("大区经理", None, False, False, False),
    ("商务核签", None, False, False, False),
    ("产品线经理", None, False, False, False),
    ("总经理", None, False, False, False),
    ("总经理助理", None, False, False, False),
    ("财务审单", None, False, False, False),
)


def seed_accounts() -> None:
    """Create missing functions and roles; give roles rights they were never given before.

    A right that an administrator took away stays away, because `seeded` remembers it.
    """
    for name, number, head, lead, keeps in FUNCTIONS:
        Function.objects.get_or_create(
            name=name,
            defaults={
                "number": number,
                "is_core": number is not None,
                "is_head": head,
                "is_project_lead": lead,
                "keeps_customers": keeps,
            },
        )
    known = {
        f"{right.content_type.app_label}.{right.codename}": right
        for right in Permission.objects.select_related("content_type")
    }
    for code, name, reach, rights in ROLES:
        role, _ = Role.objects.get_or_create(code=code, defaults={"name": name, "reach": reach})
        fresh = [right for right in rights if right in known and right not in role.seeded]
        if fresh:
            role.permissions.add(*(known[right] for right in fresh))
            role.seeded = sorted({*role.seeded, *fresh})
            role.save(update_fields=["seeded"])
