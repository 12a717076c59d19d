"""The organisation file: two sheets, all or nothing, rules as warnings, leavers, moves."""

import datetime as dt

import pytest
from django.core.management import CommandError
from django.utils import timezone

from accounts.models import Post, Role, RoleGrant, User, UserState
from accounts.services import give_role, give_section_role
from audit.models import Entry
from core.models import ImportRun
from customers.models import CustomerUnit
from customers.services import create_customer
from regions.models import OrgUnit, UnitVersion
from regions.services import add_unit, save_section
from regions.services.policies import set_policy
from tests.customers.files import (
    PEOPLE_HEADS,
    UNIT_HEADS,
    checksums,
    codes,
    import_file,
    table,
    write_xlsx,
)
from tests.factories import make_customer, make_share, make_user

HEAD, LEAD = "客户关系中心(部)负责人", "项目客户关系负责人"
CORE = [
    *(HEAD, "客户满意度及感受管理", "投诉管理及舆情对接", "客户运营管理", "客户端风险预控管理"),
    *("基础服务品质管理", "交付后客户感受管理", "客户关系费用管理", "400及信息化发展管理"),
]


def unit(kind, code, name, parent="", **more):
    department = {"区域": "客户关系中心", "城市": "客户关系部"}.get(kind, "")
    row = {"层级": kind, "编码": code, "名称": name, "上级编码": parent}
    row |= {"客户关系部门名称": department, "部门级别": "中心" if kind == "区域" else ""}
    return row | more


def person(no, at, functions="", **more):
    row = {"工号": no, "姓名": f"员工{no}", "所属组织编码": at, "职能": functions, "是否专职": "是"}
    return row | {"系统角色": "业务人员", "入职日期": "2020-01-01"} | more


UNITS = [
    unit("集团", "G", "测试集团"),
    unit("区域", "N", "北方区域", "G"),
    unit("城市", "N1", "北方公司", "N"),
    unit("项目", "N1A", "北方花园", "N1", 项目阶段="交付", 总户数=1200, 启用日期="2021-05-06"),
]
# Staffed as the rules ask: a head of his own, the other functions with one colleague.
PEOPLE = [
    person("A1", "N", HEAD, 系统角色="版块负责人"),
    person("A2", "N", "、".join(CORE[1:])),
    person("A3", "N1", HEAD, 手机号=13900000003, 邮箱="a3@example.cn"),
    person("A4", "N1", "，".join(CORE[1:])),
    person("A5", "N1A", f"{LEAD}；客户专员", 是否专职="否", 汇报对象="员工A3"),
]


@pytest.fixture
def load(db, tmp_path):
    """Import units and people; returns the report."""

    def do(units=UNITS, people=PEOPLE, *arguments):
        sheets = {"组织": table(UNIT_HEADS, units), "人员任职": table(PEOPLE_HEADS, people)}
        return import_file("org", write_xlsx(tmp_path / "组织.xlsx", sheets), *arguments)

    return do


def test_both_sheets(load):
    report = load()

    assert report == {
        "rows": 9,
        "accepted": 9,
        "rejected": 0,
        "skipped": 0,
        "created": {"units": 4, "people": 5, "posts": 20},
        "updated": {"units": 0, "people": 0, "posts": 0},
        "errors": [],
        "warnings": [],
    }
    project = OrgUnit.objects.get(code="N1A")
    assert (project.kind, project.parent.code, project.stage, project.households) == (
        "project",
        "N1",
        "交付",
        1200,
    )
    ids = [OrgUnit.objects.get(code=code).pk for code in ("G", "N", "N1", "N1A")]
    assert project.path == "/" + "".join(f"{pk}/" for pk in ids)
    assert UnitVersion.objects.get(unit=project).valid_from == dt.date(2021, 5, 6)
    head = User.objects.get(employee_no="A3")
    assert (head.unit.code, head.phone, head.email) == ("N1", "13900000003", "a3@example.cn")
    assert not head.has_usable_password()
    lead = Post.objects.filter(user__employee_no="A5").order_by("function__name")
    assert [(post.function.name, post.is_dedicated, post.reports_to) for post in lead] == [
        ("客户专员", False, "员工A3"),
        (LEAD, False, "员工A3"),
    ]
    grant = RoleGrant.objects.get(user__employee_no="A1")
    assert (grant.role.code, grant.unit.code, grant.valid_from, grant.valid_until) == (
        "section-head",
        "N",
        dt.date(2020, 1, 1),
        None,
    )


def test_the_second_run_changes_nothing(load):
    left = person("A9", "N1", "客户专员", 离职日期="2024-02-03")
    load(people=[*PEOPLE, left])
    before = checksums()

    again = load(people=[*PEOPLE, left])

    assert again["created"] == again["updated"] == {"units": 0, "people": 0, "posts": 0}
    assert checksums() == before


def test_a_dry_run_finds_the_same_and_writes_nothing(load):
    before = checksums()

    report = load(UNITS, PEOPLE, "--dry-run")

    assert report["created"] == {"units": 4, "people": 5, "posts": 20}
    assert checksums() == before


FAULTS = [
    ("街道", [*UNITS, unit("街道", "X", "某街道", "N1")], PEOPLE),
    ("NOPE", [*UNITS, unit("项目", "X", "某项目", "NOPE")], PEOPLE),
    ("某项目", [*UNITS, unit("项目", "X", "某项目", "N")], PEOPLE),
    ("G, G2", [*UNITS, unit("集团", "G2", "又一集团")], PEOPLE),
    ("N1A", [*UNITS, unit("项目", "N1A", "又一花园", "N1")], PEOPLE),
    ("6", [*UNITS, unit("项目", "", "无码", "N1")], PEOPLE),
    ("N9", UNITS, [*PEOPLE, person("B1", "N9")]),
    ("A5", UNITS, [*PEOPLE, person("a5", "N1")]),
    ("7", UNITS, [*PEOPLE, person("", "N1")]),
    ("—", UNITS[1:2], []),
]


@pytest.mark.parametrize(("words", "units", "people"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_malformed_structure_is_all_or_nothing(load, words, units, people):
    before = checksums()

    with pytest.raises(CommandError, match=words) as error:
        load(units, people or [person("A1", "N")])

    assert error.value.returncode == 2
    assert "\n" not in str(error.value)
    assert checksums() == before


def test_a_level_cannot_change(load):
    load()
    before = checksums()

    with pytest.raises(CommandError, match="N1A"):
        load([*UNITS[:3], unit("城市", "N1A", "北方花园", "N")])

    assert checksums() == before


def test_rules_are_warnings_with_their_id(load):
    units = [
        unit("集团", "G", "测试集团"),
        unit("区域", "N", "北方区域", "G", 客户关系部门名称="客服中心", 部门级别="三级部门"),
        unit("城市", "N1", "北方公司", "N", 客户关系部门名称=""),
        unit("项目", "N1A", "北方花园", "N1"),
    ]
    people = [
        person("A1", "N", "、".join(CORE)),
        person("A2", "N1", "客户运营管理", 系统角色="大管家"),
        person("A3", "N1A", LEAD, 离职日期="2021-01-01"),
    ]

    report = load(units, people)

    assert report["accepted"] == 7
    assert set(codes(report, "warnings")) == {
        (3, "ORG-02"),
        (3, "ORG-04"),
        (4, "ORG-03"),
        (4, "ORG-05"),
        (4, "ORG-08"),
        (5, "ORG-06"),
        (2, "ORG-10"),
        (3, "ACC-01"),
    }
    assert not RoleGrant.objects.filter(user__employee_no="A2").exists()
    assert User.objects.get(employee_no="A2").is_active


def test_a_moved_unit_takes_its_rows_along_and_the_tree_remembers(load):
    load()
    more = [*UNITS, unit("区域", "S", "南方区域", "G"), unit("城市", "S1", "南方公司", "S")]
    load(more)
    project = OrgUnit.objects.get(code="N1A")
    customer, _new = create_customer(unit=project, by=None, kind="person", name="张三")
    units = {u.code: u for u in OrgUnit.objects.all()}

    report = load([*more[:3], unit("项目", "N1A", "北方花园", "S1"), *more[4:]])

    today = timezone.localdate()
    project.refresh_from_db()
    place = CustomerUnit.objects.get(customer=customer)
    assert report["updated"]["units"] == 1
    moves = [one for one in report["warnings"] if one["code"] == "GOV-01"]
    assert [one["row"] for one in moves] == [5]
    assert project.path == f"{units['S1'].path}{project.pk}/"
    assert (place.region_id, place.city_id, place.project_id) == (
        units["S"].pk,
        units["S1"].pk,
        project.pk,
    )
    history = UnitVersion.objects.filter(unit=project).order_by("valid_from", "pk")
    assert [(row.parent.code, row.valid_from, row.valid_until) for row in history] == [
        ("N1", dt.date(2021, 5, 6), today),
        ("S1", today, None),
    ]
    assert (
        UnitVersion.objects.on(today - dt.timedelta(days=1)).get(unit=project).parent.code == "N1"
    )


def test_leavers_are_left_and_their_posts_and_grants_end(load):
    load()
    assert User.objects.get(employee_no="A5").has_perm("customers.view_customer")

    gone = PEOPLE[4] | {"离职日期": "2024-02-03"}
    load(people=[*PEOPLE[:4], gone])

    user = User.objects.get(employee_no="A5")
    assert (user.state, user.left_on) == (UserState.LEFT, dt.date(2024, 2, 3))
    # The last day is in: both end on the day after.
    assert set(user.posts.values_list("valid_until", flat=True)) == {dt.date(2024, 2, 4)}
    assert set(user.grants.values_list("valid_until", flat=True)) == {dt.date(2024, 2, 4)}
    assert not user.has_perm("customers.view_customer")


def test_leaving_by_file_ends_what_no_file_gave(load):
    """As on the page: roles given by hand and in sections, shares, the password."""
    load()
    user, city = User.objects.get(employee_no="A5"), OrgUnit.objects.get(code="N1")
    section = save_section(None, by=None, code="B1", name="住宅版块")
    add_unit(section, city, by=None)
    in_section = give_section_role(
        user, role=Role.objects.get(code="section-head"), section=section, by=None
    )
    give_role(user, role=Role.objects.get(code="section-administrator"), unit=city, by=None)
    share = make_share(customer=make_customer(unit=city), to=user)
    user.set_password("Correct-Horse-7-Battery")
    user.save()

    gone = PEOPLE[4] | {"离职日期": "2024-02-03"}
    load(people=[*PEOPLE[:4], gone])

    for row in (user, in_section, share):
        row.refresh_from_db()
    assert not user.has_usable_password()
    assert in_section.valid_until == timezone.localdate()
    assert share.ended_at is not None
    assert not RoleGrant.objects.now().filter(user=user).exists()
    entry = Entry.objects.get(action="user.left")
    assert (entry.subject_id, entry.detail["on"]) == (user.pk, "2024-02-03")
    load(people=[*PEOPLE[:4], gone])
    assert Entry.objects.filter(action="user.left").count() == 1


def test_a_role_held_in_a_section_hides_no_role_of_the_file(load):
    load(people=[PEOPLE[0] | {"系统角色": ""}])
    user, region = User.objects.get(employee_no="A1"), OrgUnit.objects.get(code="N")
    section = save_section(None, by=None, code="B1", name="住宅版块")
    add_unit(section, region, by=None)
    role = Role.objects.get(code="section-head")
    give_section_role(user, role=role, section=section, by=None)

    load(people=[PEOPLE[0]])

    assert RoleGrant.objects.get(user=user, section_grant=None).from_file


def test_somebody_who_leaves_later_stays_until_then(load):
    later = timezone.localdate() + dt.timedelta(days=30)
    load(people=[PEOPLE[0] | {"离职日期": later.isoformat()}])

    user = User.objects.get(employee_no="A1")
    assert (user.state, user.left_on) == (UserState.ACTIVE, later)
    assert user.has_perm("customers.view_customer")


def test_posts_and_grants_that_a_later_file_lists_no_more_end_today(load):
    load()
    hand_made = Post.objects.create(
        user=User.objects.get(employee_no="A5"),
        unit=OrgUnit.objects.get(code="N1"),
        function=Post.objects.filter(function__name="客户专员").first().function,
    )

    load(people=[*PEOPLE[:4], person("A5", "N1A", LEAD, 系统角色="版块管理员")])

    today = timezone.localdate()
    posts = Post.objects.filter(user__employee_no="A5").exclude(pk=hand_made.pk)
    ends = dict(posts.values_list("function__name", "valid_until"))
    assert ends == {"客户专员": today, LEAD: None}
    grants = RoleGrant.objects.filter(user__employee_no="A5")
    assert dict(grants.values_list("role__code", "valid_until")) == {
        "staff": today,
        "section-administrator": None,
    }
    hand_made.refresh_from_db()
    assert hand_made.valid_until is None


def test_empty_cells_erase_nothing(load):
    load()
    bare = [unit("项目", "N1A", "北方花园二期", "N1", 客户关系部门名称="")]
    load([*UNITS[:3], *bare], [*PEOPLE[:2], person("A3", "N1", HEAD), *PEOPLE[3:]])

    project = OrgUnit.objects.get(code="N1A")
    assert (project.name, project.stage, project.households) == ("北方花园二期", "交付", 1200)
    assert User.objects.get(employee_no="A3").phone == "13900000003"


def test_who_may_import_the_organisation(world, tmp_path):
    sheets = {"组织": table(UNIT_HEADS, UNITS), "人员任职": table(PEOPLE_HEADS, PEOPLE)}
    path = write_xlsx(tmp_path / "组织.xlsx", sheets)

    with pytest.raises(CommandError):
        import_file("org", path, "--as", "N-HEAD")
    assert ImportRun.objects.count() == 0

    report = import_file("org", path, "--as", "G-ADMIN")
    assert report["created"]["people"] == 5
    assert RoleGrant.objects.get(user__employee_no="A1").given_by == world.admin


def test_a_person_moves_no_unit_by_file_without_a_second_one(load):
    load()
    admin = make_user(unit=OrgUnit.objects.get(code="G"), role="system-administrator")
    more = [*UNITS, unit("城市", "N2", "第二公司", "N")]
    load(more, PEOPLE, "--as", admin.employee_no)
    moved = [*more[:3], unit("项目", "N1A", "北方花园", "N2"), more[4]]

    with pytest.raises(CommandError, match="5.*北方花园.*第二公司"):
        load(moved, PEOPLE, "--as", admin.employee_no)

    assert OrgUnit.objects.get(code="N1A").parent.code == "N1"
    set_policy(
        key="regions.change_needs_second_person",
        unit=OrgUnit.objects.get(code="G"),
        value=False,
        effective_from=timezone.localdate(),
        reason="试运行",
        by=None,
    )
    load(moved, PEOPLE, "--as", admin.employee_no)
    assert OrgUnit.objects.get(code="N1A").parent.code == "N2"


def test_a_file_does_not_end_the_last_administrator(load):
    chief = person("A0", "G", 系统角色="系统管理员")
    load(people=[*PEOPLE, chief])
    gone = chief | {"离职日期": "2024-02-03"}

    with pytest.raises(CommandError):
        load(people=[*PEOPLE, gone])

    assert User.objects.get(employee_no="A0").state == UserState.ACTIVE
    second = person("A8", "G", 系统角色="系统管理员")
    load(people=[*PEOPLE, gone, second])
    assert User.objects.get(employee_no="A0").state == UserState.LEFT
