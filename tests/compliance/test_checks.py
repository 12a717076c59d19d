"""Each check: its finding appears when the rule is broken and vanishes when it is mended."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Function, LoginRecord, Post, RoleGrant, SectionGrant, UserState
from compliance.checks import CHECKS, World, run, words
from compliance.models import Inspection, PostOverride, RuleDocument, RuleVersion
from compliance.services import plans, rules
from customers.models import STRATEGIC, CustomerUnit
from regions.services import add_unit, save_section
from tests.factories import give, make_customer, make_post, make_unit, make_user, say
from tests.reports.rules import make_rule

HEAD, LEAD = "客户关系中心(部)负责人", "项目客户关系负责人"
TODAY = timezone.localdate


@pytest.fixture
def tree(db):
    """group → region → city → project, staffed and named exactly as the rules ask."""
    units = {"group": make_unit(kind="group", code="G", name="集团")}
    units["region"] = make_unit(
        kind="region",
        code="R",
        name="区域",
        parent=units["group"],
        department_name="客户关系中心",
        department_level="centre",
    )
    units["city"] = make_unit(
        kind="city",
        code="C",
        name="城市",
        parent=units["region"],
        department_name="客户关系部",
        stage="运营期",
    )
    units["project"] = make_unit(
        kind="project", code="P", name="项目", parent=units["city"], stage="销售期"
    )
    for code, above in (("region", ""), ("city", "城市总经理")):
        unit = units[code]
        head = make_user(unit=unit, no=f"HEAD-{unit.code}", role="section-head")
        make_post(user=head, unit=unit, function=HEAD, reports_to=above)
        other = make_user(unit=unit, no=f"ALL-{unit.code}")
        for function in Function.objects.filter(is_core=True).exclude(name=HEAD):
            make_post(user=other, unit=unit, function=function.name)
    for number, seat in enumerate(("主任", "副主任", "委员")):
        member = make_user(unit=units["group"], no=f"SEAT-{number}")
        make_post(user=member, unit=units["group"], function=f"客户管理委员会{seat}")
    lead = make_user(unit=units["project"], no="LEAD")
    make_post(user=lead, unit=units["project"], function=LEAD, reports_to="项目总经理")
    return units


def found(rule=None):
    """(rule, unit, key) of what the checks find."""
    return [
        (one.check.id, one.breach.unit.code, one.breach.key)
        for one in run(World())
        if rule in (None, one.check.id)
    ]


def post(no, function=None):
    rows = Post.objects.filter(user__employee_no=no)
    return rows.get(function__name=function) if function else rows.get()


def change(row, **values):
    type(row)._base_manager.filter(pk=row.pk).update(**values)


# What breaks a rule, and what mends it again; `who` finds the rows of the tree.


def rename(tree):
    change(tree["city"], department_name="客户关系中心")
    return lambda: change(tree["city"], department_name="客户关系部")


def drop_department(tree):
    change(tree["region"], department_name="")
    return lambda: change(tree["region"], department_name="客户关系部")


def drop_level(tree):
    change(tree["region"], department_level="")
    return lambda: change(tree["region"], department_level="first")


def drop_city_head(tree):
    gone = post("HEAD-C")
    change(tree["city"], stage="组建期")
    Post.objects.filter(pk=gone.pk).delete()
    return gone.save


def wrong_line(tree):
    change(post("HEAD-C"), reports_to="营销总监")
    return lambda: change(post("HEAD-C"), reports_to="片区总")


def missing_line(tree):
    change(post("LEAD"), reports_to="")
    boss = make_user(unit=tree["project"], no="BOSS", name="赵项目", position="项目总")
    # A file may name the superior instead of his post.
    return lambda: change(post("LEAD"), reports_to=boss.name)


def no_lead(tree):
    gone = post("LEAD")
    change(tree["project"], stage="启动期")
    Post.objects.filter(pk=gone.pk).delete()
    return gone.save


def no_lead_in_time(tree):
    gone = post("LEAD")
    Post.objects.filter(pk=gone.pk).delete()
    return gone.save


def open_function(tree):
    gone = post("ALL-C", "客户运营管理")
    Post.objects.filter(pk=gone.pk).delete()
    return gone.save


def lead_goes_away(tree):
    change(post("LEAD"), valid_until=TODAY())
    other = make_user(unit=tree["project"], no="NEXT")
    return lambda: make_post(user=other, unit=tree["project"], function=LEAD, reports_to="项目总")


def head_with_two_posts(tree):
    change(post("HEAD-R"), is_dedicated=False)
    return lambda: change(post("HEAD-R"), is_dedicated=True)


def override_head(tree):
    change(post("HEAD-R"), is_dedicated=False)
    by = make_user(unit=tree["group"])
    return lambda: PostOverride.objects.create(
        post=post("HEAD-R"), rule="ORG-10", reason="过渡期", by=by
    )


def second_head(tree):
    second = make_post(
        user=make_user(unit=tree["city"], no="SECOND"),
        unit=tree["city"],
        function=HEAD,
        reports_to="城市总",
    )
    return lambda: change(second, valid_until=TODAY())


def head_of_two_units(tree):
    both = make_post(user=post("HEAD-R").user, unit=tree["city"], function=HEAD)
    change(both, reports_to="城市总")
    change(post("HEAD-C"), valid_until=TODAY())
    return lambda: (
        change(both, valid_until=TODAY()),
        change(post("HEAD-C"), valid_until=None),
    )


def no_function_plan(tree):
    say(tree["group"], "compliance.registers_kept", ("functions",))
    words = {"pace": "快", "targets": "高", "results": "好"}
    for name in ("region", "city"):
        plans.save_function_plan(tree[name], by=None, **words)
    return lambda: plans.save_function_plan(tree["project"], by=None, **words)


def project_function_unfilled(tree):
    function = Function.objects.get(name="客户专员")
    words = {"pace": "快", "targets": "高", "results": "好"}
    plans.save_function_plan(tree["project"], by=None, functions=[function], **words)
    return lambda: make_post(
        user=make_user(unit=tree["project"]), unit=tree["project"], function="客户专员"
    )


LINE = {
    "establishment": 2,
    "basis": "本年交付两个项目",
    "grade": "主管",
    "capability": "经验",
    "duties": "工作",
}


def plan_one(tree, unit, function, number, **more):
    plans.save_planned_post(
        tree[unit],
        year=TODAY().year,
        function=Function.objects.get(name=function),
        by=None,
        **LINE | {"establishment": number} | more,
    )


def headcount_gap(tree):
    plan_one(tree, "city", "客户运营管理", 2)
    return lambda: plan_one(tree, "city", "客户运营管理", 1)


def no_headcount_plan(tree):
    say(tree["group"], "compliance.registers_kept", ("headcount",))
    plan_one(tree, "region", HEAD, 1)
    plan_one(tree, "city", HEAD, 1)
    return lambda: plan_one(tree, "project", LEAD, 1)


def growing_without_target(tree):
    change(tree["project"], stage="启动期")
    plan_one(tree, "project", LEAD, 1)  # a project grows by nobody below it
    plan_one(tree, "city", HEAD, 1, basis="")
    return lambda: plan_one(tree, "city", HEAD, 1)


def city_set_up_without_target(tree):
    change(tree["city"], stage="筹备期")
    plan_one(tree, "city", HEAD, 1, basis="")
    plan_one(tree, "region", HEAD, 1, basis="")  # nothing of it is being started
    return lambda: change(tree["city"], stage="运营期")


def write_rules(tree):
    day = TODAY() - dt.timedelta(days=1)
    plans.save_implementation_rule(
        tree["region"], by=None, title="细则", issued_on=day, effective_on=day, summary="要求"
    )


def no_rules(tree):
    say(tree["group"], "compliance.registers_kept", ("implementation",))

    def mend():
        write_rules(tree)
        for name in ("city", "project"):
            supervise(tree, name)

    return mend


def supervise(tree, name):
    row = Inspection(
        kind="supervision", inspected_on=TODAY(), summary="已检查", by=post("HEAD-R").user
    )
    row.place_in(tree[name])
    row.save()


def not_supervised(tree):
    say(tree["group"], "compliance.registers_kept", ("implementation",))
    write_rules(tree)
    supervise(tree, "city")
    return lambda: supervise(tree, "project")


def leaver_with_post_and_grant(tree):
    leaver = make_user(unit=tree["project"], no="GONE")
    make_post(user=leaver, unit=tree["project"], function="客户专员")
    change(leaver, state=UserState.LEFT, left_on=TODAY() - dt.timedelta(days=2))
    return lambda: (
        Post.objects.filter(user=leaver).update(valid_until=TODAY()),
        RoleGrant.objects.filter(user=leaver).update(valid_until=TODAY()),
    )


def leaver_with_customers(tree):
    leaver = make_user(unit=tree["project"], no="GONE", role=None)
    make_customer(unit=tree["project"], by=None, keeper=leaver)
    change(leaver, state=UserState.LEFT, left_on=TODAY())
    keeper = post("LEAD").user
    return lambda: CustomerUnit.objects.update(keeper=keeper)


def leaver_who_may_still_log_in(tree):
    leaver = make_user(unit=tree["project"], no="GONE", role=None)
    change(leaver, left_on=TODAY() - dt.timedelta(days=1))
    return lambda: change(leaver, left_on=TODAY())  # the last day is one of his


def section_without_administrator(tree):
    section = save_section(None, by=None, code="S1", name="物业", number=1)
    add_unit(section, unit=tree["city"], by=None)
    return lambda: give(post("HEAD-C").user, "section-administrator", tree["city"])


def section_with_three(tree):
    section = save_section(None, by=None, code="S1", name="物业", number=1)
    add_unit(section, unit=tree["city"], by=None)
    people = [make_user(unit=tree["city"], role="section-administrator") for _one in range(3)]
    return lambda: RoleGrant.objects.filter(user=people[0]).update(valid_until=TODAY())


def dormant_administrator(tree):
    admin = make_user(unit=tree["group"], no="ADMIN", role="system-administrator")
    RoleGrant.objects.update(given_at=timezone.now() - dt.timedelta(days=91))
    return lambda: LoginRecord.objects.create(kind="login", user=admin, employee_no="ADMIN")


def role_elsewhere(tree):
    other = make_unit(
        kind="city", code="C2", name="他城", parent=tree["region"], department_name="客户关系部"
    )
    change(other, is_active=True, kind="city")
    grant = give(post("LEAD").user, "staff", tree["region"])
    change(other, is_active=False)
    return lambda: change(grant, valid_until=TODAY())


def person_without_unit(tree):
    stray = make_user(unit=tree["project"], no="STRAY", role=None)
    change(stray, unit=None)
    return lambda: change(stray, unit=tree["project"])


def customer_without_place(tree):
    customer = make_customer(unit=tree["project"], by=None, keeper=post("LEAD").user)
    place = CustomerUnit.objects.get(customer=customer)
    CustomerUnit.objects.all().delete()
    return place.save


def strategic_without_leader(tree):
    keeper = post("LEAD").user
    customer = make_customer(
        kind="organisation", unit=tree["project"], by=None, keeper=keeper, level=STRATEGIC
    )
    change(customer, specialist=keeper)
    return lambda: change(customer, contact_leader=post("HEAD-C", HEAD).user)


def committee_without_chair_and_members(tree):
    keeper, leader = post("LEAD").user, post("HEAD-C", HEAD).user
    customer = make_customer(
        kind="organisation", unit=tree["project"], by=None, keeper=keeper, level=STRATEGIC
    )
    change(customer, specialist=keeper, contact_leader=leader)
    for number in (0, 2):
        change(post(f"SEAT-{number}"), valid_until=TODAY())
    return lambda: [change(post(f"SEAT-{number}"), valid_until=None) for number in (0, 2)]


def rule_not_reviewed(tree):
    keeper = post("HEAD-R").user
    rule = make_rule(unit=tree["region"], title="细则", body="第一条", keeper=keeper)
    change(rule, next_review_on=TODAY() - dt.timedelta(days=1))
    return lambda: rules.review(rule, by=keeper, outcome="keep", note="无需修订")


def customer_without_keeper(tree):
    make_customer(unit=tree["project"], by=None)
    CustomerUnit.objects.update(keeper=None)
    keeper = post("LEAD").user
    return lambda: CustomerUnit.objects.update(keeper=keeper)


CASES = [
    (rename, [("ORG-02", "C", "")]),
    (drop_department, [("ORG-03", "R", "")]),
    (drop_level, [("ORG-04", "R", "")]),
    (drop_city_head, [("ORG-05", "C", "")]),
    (wrong_line, [("ORG-05", "C", "line:HEAD-C")]),
    (missing_line, [("ORG-06", "P", "line:LEAD")]),
    (no_lead, [("ORG-06", "P", "")]),
    (no_lead_in_time, [("ORG-06", "P", ""), ("ORG-07", "P", "")]),
    (open_function, [("ORG-08", "C", "")]),
    (lead_goes_away, [("ORG-09", "P", "")]),
    (head_with_two_posts, [("ORG-10", "R", "HEAD-R")]),
    (override_head, [("ORG-10", "R", "HEAD-R")]),
    (second_head, [("ORG-27", "C", "")]),
    (no_function_plan, [("ORG-11", "P", "")]),
    (project_function_unfilled, [("ORG-12", "P", "")]),
    (headcount_gap, [("ORG-13", "C", "function:")]),
    (no_headcount_plan, [("ORG-13", "P", "")]),
    (growing_without_target, [("ORG-13", "C", "basis")]),
    (city_set_up_without_target, [("ORG-13", "C", "basis")]),
    (no_rules, [("ORG-14", "R", "")]),
    (not_supervised, [("ORG-14", "P", "supervision")]),
    (leaver_with_post_and_grant, [("ACC-07", "P", "GONE")]),
    (leaver_with_customers, [("ACC-07", "P", "GONE")]),
    (leaver_who_may_still_log_in, [("ACC-07", "P", "GONE")]),
    (section_without_administrator, [("ACC-05", "C", "S1")]),
    (section_with_three, [("ACC-05", "C", "S1")]),
    (dormant_administrator, [("ACC-DORMANT", "G", "ADMIN")]),
    (role_elsewhere, [("ACC-OUTSIDE", "R", "LEAD:staff")]),
    (person_without_unit, [("UNIT-MISSING", "G", "")]),
    (committee_without_chair_and_members, [("ORG-16", "G", "")]),
    (rule_not_reviewed, [("GOV-05", "R", "rule:")]),
    (strategic_without_leader, [("ORG-18", "P", "customer:")]),
    (customer_without_place, [("UNIT-MISSING", "G", "")]),
    (customer_without_keeper, [("KEEPER-MISSING", "P", "")]),
]


@pytest.mark.parametrize(
    ("break_it", "expected"), CASES, ids=lambda one: getattr(one, "__name__", "")
)
def test_a_finding_appears_and_vanishes(tree, break_it, expected):
    assert found() == []

    mend = break_it(tree)

    seen = found()
    assert [(rule, unit) for rule, unit, _key in seen] == [one[:2] for one in expected]
    assert all(have[2].startswith(want[2]) for have, want in zip(seen, expected, strict=True))
    assert all(words(one) for one in run(World()))

    mend()

    assert found() == []


def test_one_person_above_himself(tree):
    mend = head_of_two_units(tree)

    assert ("ORG-27", "C") in [(rule, unit) for rule, unit, _key in found("ORG-27")]

    mend()

    assert found("ORG-27") == []


def test_every_check_is_told_and_tested(db):
    tested = {rule for _case, expected in CASES for rule, _unit, _key in expected}

    assert tested == set(CHECKS)
    assert all(str(one.sentence) and str(one.source) and one.say for one in CHECKS.values())


def test_the_number_of_queries_does_not_grow_with_the_tree(tree):
    wrong_line(tree)
    with CaptureQueriesContext(connection) as before:
        run(World())
    for number in range(3):
        city = make_unit(kind="city", code=f"C{number}", name="城", parent=tree["region"])
        make_post(user=make_user(unit=city), unit=city, function=HEAD)
    with CaptureQueriesContext(connection) as after:
        assert len(run(World())) > 3

    assert len(after) == len(before)


def test_a_role_in_a_section_is_nowhere_outside(tree):
    grant = give(post("LEAD").user, "staff", tree["region"])
    section = save_section(None, by=None, code="S1", name="物业", number=1)
    kept = SectionGrant.objects.create(user=grant.user, section=section, role=grant.role)
    assert [one[0] for one in found("ACC-OUTSIDE")] == ["ACC-OUTSIDE"]

    change(grant, section_grant=kept)

    assert found("ACC-OUTSIDE") == []


def test_only_rules_in_force_are_reviewed_and_a_new_plan_may_wait_for_its_people(tree):
    mend = rule_not_reviewed(tree)
    row = RuleDocument.objects.get()
    change(row, is_retired=True)
    assert found() == []
    change(row, is_retired=False)
    RuleVersion.objects.update(issued_at=None)
    assert found() == []
    project_function_unfilled(tree)
    change(tree["project"], stage="启动期")
    assert found("ORG-12") == []
    mend()


def test_no_committee_is_asked_for_without_strategic_customers(tree):
    Post.objects.filter(function__name__contains="客户管理委员会").delete()
    assert found() == []
