"""Account changes: noted from staff events, filed, approved, carried out, late (ACC-07…ACC-11)."""

import datetime as dt

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import HandOverCause, User, UserState
from accounts.services import (
    activate,
    bootstrap_administrator,
    carry_out,
    change_person,
    close_leaver,
    create_person,
    draft_hand_over,
    end_grant,
)
from approvals import services as approvals
from approvals.models import Task
from audit.models import Entry
from compliance.models import AccountChange
from compliance.services import account_changes
from compliance.services.account_changes import Named
from core.errors import Refused
from core.models import Notice
from core.notices import kind_named
from tests.compliance.test_log_in_days import together
from tests.customers.files import PEOPLE_HEADS, UNIT_HEADS, import_file, table, write_xlsx
from tests.factories import give, make_customer, make_post, make_user, say

HEAD = "客户关系中心(部)负责人"
FRIDAY = dt.date(2026, 11, 20)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def head(world):
    make_post(user=world.north_head, unit=world.north, function=HEAD)
    return world.north_head


def file(world, kind="close", person=None, **more):
    values = {
        "kind": kind,
        "cause": "leave",
        "event_on": timezone.localdate(),
        "unit": world.n1a,
        "people": [Named.of(person or world.north_clerk)],
        "reason": "本人离职",
        "treatment": "关闭账号",
        "by": world.north_keeper,
    }
    return account_changes.file_change(**values | more)


def agree(change, by):
    approval = approvals.open_approval(change, account_changes.KIND)
    approvals.approve(Task.objects.get(step__approval=approval, state="open"), by=by)
    change.refresh_from_db()


@pytest.mark.parametrize(
    ("rule", "due"),
    [
        ("1", dt.date(2026, 11, 23)),
        ("month_after", dt.date(2026, 12, 31)),
        ("same_month", dt.date(2026, 11, 30)),
    ],
)
def test_the_limit_runs_from_the_staff_event(world, rule, due):
    say(world.north, "compliance.account_change", rule, since=FRIDAY)

    assert account_changes.due_on(FRIDAY, world.n1a) == due


def test_the_limit_is_that_of_the_day_of_the_event(world):
    say(world.group, "compliance.account_change", "month_after", since=FRIDAY)

    assert account_changes.due_on(FRIDAY - dt.timedelta(days=1), world.n1a) == FRIDAY


def staff_file(tmp_path, people):
    units = [
        {"层级": "集团", "编码": "G", "名称": "集团"},
        {"层级": "区域", "编码": "N", "名称": "北", "上级编码": "G"},
        {"层级": "城市", "编码": "N1", "名称": "北一", "上级编码": "N"},
        {"层级": "项目", "编码": "A", "名称": "甲", "上级编码": "N1"},
        {"层级": "项目", "编码": "B", "名称": "乙", "上级编码": "N1"},
    ]
    rows = [{"姓名": f"员工{one['工号']}", "系统角色": "业务人员"} | one for one in people]
    sheets = {"组织": table(UNIT_HEADS, units), "人员任职": table(PEOPLE_HEADS, rows)}
    return import_file("org", write_xlsx(tmp_path / "组织.xlsx", sheets))


def test_a_staff_file_tells_what_changed_and_opens_account_changes(db, tmp_path):
    people = [{"工号": no, "所属组织编码": "A"} for no in ("E1", "E2", "E3", "E4")]
    first = staff_file(tmp_path, people)
    assert not AccountChange.objects.exists()
    assert "ACC-07" not in {one["code"] for one in first["warnings"]}
    make_customer(
        unit=User.objects.get(employee_no="E3").unit,
        by=None,
        keeper=User.objects.get(employee_no="E3"),
    )
    gone = timezone.localdate() - dt.timedelta(days=10)
    people[1]["所属组织编码"] = "B"
    people[2]["离职日期"] = people[3]["离职日期"] = gone.isoformat()

    report = staff_file(tmp_path, people)

    told = [one["row"] for one in report["warnings"] if one["code"] == "ACC-07"]
    assert told == [3, 4, 5]
    changes = {one.lines.get().employee_no: one for one in AccountChange.objects.all()}
    assert {no: (one.kind, one.cause, one.state) for no, one in changes.items()} == {
        "E2": ("change", "transfer", "noted"),
        "E3": ("close", "leave", "noted"),  # he still keeps a customer
        "E4": ("close", "leave", "done"),
    }
    assert changes["E3"].event_on == gone
    assert changes["E3"].is_late
    assert changes["E4"].is_late
    assert changes["E2"].event_on == timezone.localdate()
    assert not changes["E2"].is_late

    # The same file again says nothing new; handing over settles what was left.
    again = staff_file(tmp_path, people)
    assert "ACC-07" not in {one["code"] for one in again["warnings"]}
    assert AccountChange.objects.count() == 3
    leaver = User.objects.get(employee_no="E3")
    draft = draft_hand_over(
        by=None,
        giver=leaver,
        to=[User.objects.get(employee_no="E1")],
        cause=HandOverCause.LEAVING,
    )
    carry_out(draft, by=None)

    changes["E3"].refresh_from_db()
    assert changes["E3"].state == "done"


def test_moving_on_the_page_opens_a_change_once(world):
    change_person(world.north_clerk, by=None, unit=world.n1b)
    change_person(world.north_clerk, by=None, unit=world.n1a)

    change = AccountChange.objects.get()
    assert (change.kind, change.lines.get().person) == ("change", world.north_clerk)


def hire(world, **more):
    return create_person(
        **{"by": world.admin, "employee_no": "N900", "name": "新人", "unit": world.n1a} | more
    )


def noted():
    found = AccountChange.objects.order_by("pk")
    return [(one.kind, one.cause, one.state, one.lines.get().employee_no) for one in found]


@pytest.mark.parametrize(
    ("hired_on", "event_on"),
    [
        (dt.date(2026, 11, 13), dt.date(2026, 11, 13)),
        (dt.date(2026, 12, 1), dt.date(2026, 12, 1)),
        (None, None),
        (dt.date(2015, 3, 2), None),  # he comes from elsewhere
    ],
)
def test_a_hire_opens_the_form_with_its_limit_from_the_event(world, hired_on, event_on):
    person = hire(world, hired_on=hired_on)

    change = AccountChange.objects.get()
    on = event_on or timezone.localdate()
    assert noted() == [("open", "hire", "noted", "N900")]
    assert (change.unit, change.asked_by, change.event_on) == (world.n1a, None, on)
    assert change.due_on == account_changes.due_on(on, world.n1a)
    assert change.is_late == (change.due_on < timezone.localdate())
    assert change.lines.get().person == person


def test_the_first_administrator_is_no_hire(db):
    bootstrap_administrator(employee_no="A1", name="管理员", group_name="集团")

    assert not AccountChange.objects.exists()


def test_taking_somebody_back_is_a_hire(world, head):
    close_leaver(world.north_clerk, by=world.admin)
    activate(world.north_clerk, by=world.admin)

    assert noted() == [("open", "hire", "noted", "N-CLERK")]
    assert AccountChange.objects.get().event_on == timezone.localdate()
    world.south_clerk.state = UserState.FROZEN
    world.south_clerk.save(update_fields=["state"])
    activate(world.south_clerk, by=world.admin)
    assert AccountChange.objects.count() == 1


def test_a_form_filed_before_he_came_is_the_one_of_his_hire(world, head):
    file(world, kind="open", cause="hire", people=[Named("N900", "新人")])

    hire(world)

    assert noted() == [("open", "hire", "in_approval", "N900")]


def test_those_nearest_who_may_file_are_told_of_a_hire(world):
    hire(world)

    change = AccountChange.objects.get()
    told = Notice.objects.filter(kind="compliance.account_change_noted")
    assert {one.user for one in told} == {world.north_head, world.north_keeper}
    assert {one.url for one in told} == {change.get_absolute_url()}
    # He completes it, and it goes the way of every form.
    make_post(user=world.north_head, unit=world.north, function=HEAD)
    account_changes.file_noted(change, reason="新员工入职", treatment="开通", by=world.north_head)
    change.refresh_from_db()
    assert change.state == "in_approval"


def test_newcomers_of_a_staff_file_are_hires_but_those_of_the_first_one(db, tmp_path):
    people = [{"工号": no, "所属组织编码": "A"} for no in ("E1", "E2")]
    staff_file(tmp_path, people)
    assert not AccountChange.objects.exists()
    monday = timezone.localdate() - dt.timedelta(days=7)
    people += [
        {"工号": "E3", "所属组织编码": "B", "入职日期": monday.isoformat()},
        {"工号": "E4", "所属组织编码": "A"},
        {"工号": "E5", "所属组织编码": "A", "离职日期": monday.isoformat()},
    ]

    report = staff_file(tmp_path, people)

    assert [one["row"] for one in report["warnings"] if one["code"] == "ACC-07"] == [4, 5]
    assert noted() == [("open", "hire", "noted", "E3"), ("open", "hire", "noted", "E4")]
    late, fresh = AccountChange.objects.order_by("pk")
    assert (late.event_on, late.is_late) == (monday, True)
    assert (fresh.event_on, fresh.is_late) == (timezone.localdate(), False)
    assert late.due_on == account_changes.due_on(monday, late.unit)
    # The same file again says nothing new.
    again = staff_file(tmp_path, people)
    assert "ACC-07" not in {one["code"] for one in again["warnings"]}
    assert AccountChange.objects.count() == 2


def test_closing_goes_through_approval_and_the_guided_step(world, head):
    change = file(world)
    assert (change.state, change.asked_by) == ("in_approval", world.north_keeper)
    with pytest.raises(Refused, match="open form"):
        file(world)
    with pytest.raises(Refused, match="approved"):
        account_changes.carry_out(change, by=world.admin)

    agree(change, head)
    with pytest.raises(Refused, match="close the account"):
        account_changes.carry_out(change, by=world.admin)
    close_leaver(world.north_clerk, by=world.admin)

    change.refresh_from_db()
    assert (change.state, change.done_by) == ("done", world.admin)
    assert change.lines.get().done_at is not None


@pytest.mark.parametrize("kind", ["freeze", "close", "change"])
@pytest.mark.parametrize(("hired", "back"), [(30, 31), (None, 367), (4000, 367)])
def test_an_impossible_day_of_the_staff_event_is_refused_at_its_field(
    client, world, kind, hired, back
):
    """`hired` and `back`: so many days ago."""
    today = timezone.localdate()
    hired_on = today - dt.timedelta(days=hired) if hired else None
    says = "more than a year back"
    if hired == 30:
        says = f"was hired on {hired_on}; the staff event cannot lie before that day"
    person = world.north_clerk
    person.hired_on = hired_on
    person.save(update_fields=["hired_on"])
    day = today - dt.timedelta(days=back)
    with pytest.raises(Refused, match=says):
        file(world, kind=kind, event_on=day)

    client.force_login(world.north_keeper)
    values = {
        "kind": kind,
        "cause": "leave",
        "event_on": day.isoformat(),
        "unit": world.n1a.code,
        "people": [person.employee_no],
        "reason": "本人离职",
        "treatment": "关闭账号",
    }
    english = {"accept-language": "en"}
    page = client.post(reverse("compliance:account-change-new"), values, headers=english)

    assert page.status_code == 422
    form = page.context["form"]
    assert list(form.errors) == ["event_on"]
    assert says in form.errors["event_on"][0]
    assert not AccountChange.objects.exists()


def test_the_day_of_hiring_and_a_day_a_year_ago_are_taken(world, head):
    today = timezone.localdate()
    person = world.north_clerk
    person.hired_on = today
    person.save(update_fields=["hired_on"])
    assert file(world, event_on=today).event_on == today

    year = today - dt.timedelta(days=364)
    found = file(world, kind="freeze", person=world.north_keeper, by=head, event_on=year)
    assert found.event_on == year


def test_a_step_quicker_than_the_approver_stays_done(world, head):
    change = file(world)
    close_leaver(world.north_clerk, by=world.admin)
    change.refresh_from_db()
    assert change.state == "done"

    agree(change, head)

    assert change.state == "done"


def test_freezing_shuts_the_accounts_at_once(world, head):
    change = file(world, kind="freeze", cause="about_to_leave")
    agree(change, head)

    account_changes.carry_out(change, by=world.admin)

    world.north_clerk.refresh_from_db()
    change.refresh_from_db()
    assert (world.north_clerk.state, change.state) == (UserState.FROZEN, "done")
    with pytest.raises(Refused, match="approved"):
        account_changes.carry_out(change, by=world.admin)


def test_opening_needs_the_account(world, head):
    change = file(world, kind="open", cause="hire", people=[Named("n900", "新人")])
    agree(change, head)
    with pytest.raises(Refused, match="create the account"):
        account_changes.carry_out(change, by=world.admin)

    newcomer = make_user(unit=world.n1a, no="N900")
    account_changes.carry_out(change, by=world.admin)

    assert change.lines.get().person == newcomer


@pytest.fixture
def moved(world, head):
    """The northern clerk works in the city's other project now; the change of his account was
    approved, and his role stays where he was."""
    change_person(world.north_clerk, by=None, unit=world.n1b)
    noted = AccountChange.objects.get()
    facts = {"reason": "调动", "treatment": "调整角色"}
    change = account_changes.file_noted(noted, by=world.north_keeper, **facts)
    agree(change, head)
    return change


def test_a_change_is_not_done_while_a_role_stays_behind(moved, world):
    with pytest.raises(Refused, match="业务人员 · 北方花园"):
        account_changes.carry_out(moved, by=world.admin)
    moved.refresh_from_db()
    assert (moved.state, moved.lines.get().done_at) == ("approved", None)

    end_grant(world.north_clerk.grants.get(), by=None)
    give(world.north_clerk, "staff", world.n1b)
    give(world.north_clerk, "group-function", world.group)  # reaches everything, lies nowhere

    assert account_changes.carry_out(moved, by=world.admin).state == "done"
    assert not Entry.objects.filter(action="accountchange.roles_kept").exists()


def test_a_role_may_stay_behind_for_a_reason(moved, world):
    done = account_changes.carry_out(moved, by=world.admin, reason=" 交接期一个月 ")

    assert done.state == "done"
    kept = Entry.objects.get(action="accountchange.roles_kept").detail
    assert (kept["people"], kept["roles"], kept["reason"]) == (
        "N-CLERK",
        "业务人员 · 北方花园",
        "交接期一个月",
    )


def test_the_page_compares_the_roles_before_it_is_done(moved, world, client):
    client.force_login(world.admin)
    page = client.get(moved.get_absolute_url())
    assert [[role.outside for role in roles] for _line, roles in page.context["held"]] == [[True]]
    assert "业务人员 · 北方花园" in page.content.decode()
    address = reverse("compliance:account-change-carry-out", args=[moved.pk])

    question = client.get(address)
    assert "员工N-CLERK · 业务人员 · 北方花园" in question.content.decode()
    assert client.post(address).status_code == 422
    moved.refresh_from_db()
    assert moved.state == "approved"
    assert client.post(address, {"reason": "交接期"}).status_code == 302
    moved.refresh_from_db()
    assert moved.state == "done"


def test_what_is_late_is_told_once(world, head):
    change = file(world, event_on=FRIDAY)
    on_time = change.due_on

    assert account_changes.escalate(on_time) == 0
    assert account_changes.escalate(on_time + dt.timedelta(days=1)) == 1
    assert account_changes.escalate(on_time + dt.timedelta(days=2)) == 0

    told = set(
        Notice.objects.filter(kind="compliance.account_change_late").values_list("user", flat=True)
    )
    assert told == {world.admin.pk, head.pk}


def test_nobody_and_no_reason_are_refused(world, head):
    for wrong, said in (
        ({"people": []}, "at least one"),
        ({"reason": " "}, "why"),
        ({"treatment": ""}, "done"),
        ({"people": [Named.of(world.north_clerk)] * 2}, "twice"),
    ):
        with pytest.raises(Refused, match=said):
            file(world, **wrong)
    assert not AccountChange.objects.exists()


@pytest.mark.parametrize("kind", ["account_change_noted", "account_change_late"])
def test_its_notices_can_be_read(kind):
    sample = kind_named(f"compliance.{kind}").sample

    for name in ("body.txt", "body.html"):
        assert "2026-11-20" in render_to_string(f"notices/compliance/{kind}/{name}", sample)


@pytest.mark.django_db(transaction=True)
def test_two_people_carry_out_at_once_and_it_is_done_once(world, head):
    change = file(world, kind="freeze", cause="about_to_leave")
    agree(change, head)
    second = make_user(unit=world.group, role="system-administrator", no="G-ADMIN-2")

    def doing(by):
        def act():
            try:
                return account_changes.carry_out(change, by=by).state
            except Refused:
                return "refused"

        return act

    found = together(doing(world.admin), doing(second))

    assert sorted(found) == ["done", "refused"]
    change.refresh_from_db()
    assert change.state == "done"
    assert Entry.objects.filter(action="accountchange.done").count() == 1
    assert Entry.objects.filter(action="user.frozen").count() == 1
