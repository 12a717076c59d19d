"""Pages of organisation changes, of the tree of a day, of sections, and what old codes lead to."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, RoleGrant, SectionGrant, User
from accounts.services.sections import end_section_role, give_section_role
from core.errors import Refused
from customers.models import CustomerUnit
from regions.models import ChangeState, Company, OrgChange, OrgUnit, Section, SectionUnit
from regions.selectors import counts_of
from regions.services import (
    add_unit,
    apply_change,
    approve_change,
    draft_change,
    propose_change,
    remove_unit,
    save_section,
)
from tests.factories import give, make_customer, make_user

pytestmark = pytest.mark.django_db


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_raising_a_unit_asks_for_its_heir_before_anything_is_recorded(client, world):
    client.force_login(world.admin)
    form = {"unit": "N1", "effective_on": timezone.localdate().isoformat(), "reason": "业务扩大"}

    answer = client.post(reverse("regions:change-new", args=["upgrade"]), form)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["heir_name"]
    assert not OrgChange.objects.exists()


def test_a_change_goes_its_way_through_the_pages(client, world):
    """Drafted, previewed, submitted by one, approved and carried out by another, undone."""
    second = make_user(unit=world.group, role="system-administrator")
    client.force_login(world.admin)
    form = {
        "unit": "N1", "name": "中原区域", "department_name": "客户关系中心",
        "department_level": "second", "heir_name": "郑州公司", "heir_code": "HY01",
        "effective_on": timezone.localdate().isoformat(), "reason": "业务扩大",
    }  # fmt: skip
    answer = client.post(reverse("regions:change-new", args=["upgrade"]), form)
    change = OrgChange.objects.get()
    assert answer["Location"] == change.get_absolute_url()

    page = client.get(change.get_absolute_url())
    preview = page.context["preview"]
    assert (preview.problems, [line.mark for line in preview.after if line.code == "HY01"]) == (
        [], ["new"],
    )  # fmt: skip
    assert {warning.rule for warning in preview.warnings} >= {"ORG-05", "ORG-08"}
    client.post(reverse("regions:change-act", args=[change.pk, "propose"]))
    answer = client.post(reverse("regions:change-act", args=[change.pk, "approve"]))
    assert answer.status_code == 422

    client.force_login(second)
    client.post(
        reverse("regions:change-act", args=[change.pk, "approve"]),
        {"approval_by": "集团总裁", "approval_number": "〔2026〕7号"},
    )
    client.post(reverse("regions:change-act", args=[change.pk, "apply"]))
    change.refresh_from_db()
    assert (change.state, change.approval_number) == (ChangeState.APPLIED, "〔2026〕7号")
    assert OrgUnit.objects.get(code="N1").kind == "region"

    answer = client.post(
        reverse("regions:change-act", args=[change.pk, "undo"]), {"reason": "暂缓"}
    )
    assert answer.status_code == 302
    assert OrgUnit.objects.get(code="N1").kind == "city"
    assert not OrgUnit.objects.filter(code="HY01").exists()


def test_the_list_filters_by_state_kind_and_lateness(client, world):
    day = timezone.localdate() - dt.timedelta(days=200)
    late = draft_change(
        by=None, kind="create", target=world.n1, effective_on=day, reason="新设",
        payload={"code": "N1Z", "name": "新城"},
    )  # fmt: skip
    propose_change(late, by=None)
    draft_change(
        by=None, kind="rename", unit=world.n1, effective_on=timezone.localdate(), reason="更名",
        payload={"name": "甲"},
    )  # fmt: skip
    client.force_login(world.boss)

    def shown(**query):
        return [row.pk for row in client.get(reverse("regions:changes"), query).context["page"]]

    assert len(shown()) == 2
    assert shown(late="on") == shown(state="ready") == shown(kind="create") == [late.pk]
    assert shown(q="新城") == [late.pk]
    assert shown(state="applied") == []


def test_old_codes_lead_to_the_unit_that_follows(client, world):
    change = draft_change(
        by=None, kind="merge", unit=world.n1b, target=world.n1a,
        effective_on=timezone.localdate(), reason="合并",
    )  # fmt: skip
    apply_change(approve_change(propose_change(change, by=None), by=None), by=None)
    client.force_login(world.boss)

    answer = client.get(reverse("regions:unit", args=["N1B"]))
    assert answer["Location"] == reverse("regions:unit", args=["N1A"])
    client.force_login(world.south_head)
    assert client.get(reverse("regions:unit", args=["N1B"])).status_code == 404


def test_the_tree_of_a_day_shows_names_of_then_within_reach(client, world):
    day = timezone.localdate() - dt.timedelta(days=10)
    change = draft_change(
        by=None, kind="rename", unit=world.n1, effective_on=timezone.localdate(), reason="更名",
        payload={"name": "新名公司"},
    )  # fmt: skip
    apply_change(approve_change(propose_change(change, by=None), by=None), by=None)
    client.force_login(world.north_head)

    page = client.get(reverse("regions:tree"), {"on": day.isoformat()})
    assert [(unit.name, unit.is_changed) for unit in page.context["units"]] == [
        ("北方区域", False), ("北方公司", True), ("北方花园", False), ("北方名邸", False),
    ]  # fmt: skip
    page = client.get(reverse("regions:unit", args=["N1"]), {"tab": "history"})
    assert [version.name for version in page.context["versions"]] == ["新名公司", "北方公司"]


# --- sections -----------------------------------------------------------------------------------


def test_a_role_in_a_section_reaches_its_units_while_they_belong_to_it(world):
    section = save_section(None, by=world.admin, code="B1", name="住宅版块", number=1)
    north, south = (make_customer(unit=unit) for unit in (world.n1a, world.s1a))
    member = add_unit(section, world.n1, by=world.admin)
    person = make_user(unit=world.group, role=None)
    role = Role.objects.get(code="section-head")
    grant = give_section_role(person, role=role, section=section, by=None)

    def seen():
        return set(
            CustomerUnit.objects.visible_to(fresh(person)).values_list("customer", flat=True)
        )

    assert seen() == {north.pk}
    add_unit(section, world.s1a, by=world.admin)
    assert seen() == {north.pk, south.pk}
    remove_unit(member, by=world.admin)
    assert seen() == {south.pk}
    end_section_role(grant, by=None)
    assert seen() == set()
    assert SectionGrant.objects.get().valid_until == timezone.localdate()
    assert not RoleGrant.objects.now().filter(user=person).exists()


def test_a_unit_is_in_one_section_at_a_time(world):
    first = save_section(None, by=None, code="B1", name="住宅版块")
    second = save_section(None, by=None, code="B2", name="商业版块")
    add_unit(first, world.n1, by=None)

    for unit in (world.n1, world.n1a, world.north):
        with pytest.raises(Refused, match="住宅版块"):
            add_unit(second, unit, by=None)
    with pytest.raises(Refused):
        add_unit(second, world.s1, by=fresh(world.north_head))


def test_sections_are_mapped_to_companies_on_pages(client, world):
    client.force_login(world.admin)
    client.post(reverse("regions:company-new"), {"code": "C1", "name": "甲公司"})
    company = Company.objects.get()
    client.post(
        reverse("regions:section-new"),
        {"code": "B1", "name": "住宅版块", "number": 1, "companies": [company.pk]},
    )
    section = Section.objects.get()
    answer = client.post(reverse("regions:section-add-unit", args=["B1"]), {"unit": "N1"})
    assert answer.status_code == 302
    (line,) = client.get(reverse("regions:sections")).context["lines"]
    assert (line.section, line.companies, line.unit_count) == (section, [company], 3)
    assert client.get(reverse("regions:section", args=["B1"])).status_code == 200


def test_a_role_in_a_section_is_given_and_ended_on_its_page(client, world):
    section = save_section(None, by=None, code="B1", name="住宅版块")
    add_unit(section, world.n1, by=None)
    person = make_user(unit=world.n1a, role=None)
    client.force_login(world.admin)
    give_page = reverse("accounts:section-role-give", args=["B1"])
    form = {"user": person.employee_no, "role": "section-head"}

    answer = client.post(give_page, form)
    assert (answer.status_code, answer["Location"]) == (
        302,
        reverse("regions:section", args=["B1"]),
    )
    grant = SectionGrant.objects.get()
    assert (grant.user, grant.role.code, grant.given_by) == (person, "section-head", world.admin)
    page = client.get(reverse("regions:section", args=["B1"]))
    assert list(page.context["grants"]) == [grant]
    end_page = reverse("accounts:section-role-end", args=["B1", grant.pk])
    assert end_page in page.content.decode()
    assert client.post(give_page, form).status_code == 422  # held already

    assert client.post(end_page).status_code == 302
    grant.refresh_from_db()
    assert grant.valid_until == timezone.localdate()
    assert not RoleGrant.objects.now().filter(user=person).exists()
    assert client.post(end_page).status_code == 422  # ended already


def test_nobody_gives_roles_in_a_section_to_himself_or_beyond_his_reach(client, world):
    section = save_section(None, by=None, code="B1", name="住宅版块")
    add_unit(section, world.n1, by=None)
    add_unit(section, world.s1, by=None)
    role = Role.objects.get(code="staff")
    client.force_login(world.admin)
    own = {"user": world.admin.employee_no, "role": "staff"}
    assert client.post(reverse("accounts:section-role-give", args=["B1"]), own).status_code == 422
    with pytest.raises(Refused, match="本人"):
        give_section_role(world.admin, role=role, section=section, by=fresh(world.admin))

    local = make_user(unit=world.north, role=None)
    helper = Role.objects.create(code="local", name="区域管理", reach="subtree")
    helper.permissions.set(Role.objects.get(code="system-administrator").permissions.all())
    give(local, "local", world.north)
    with pytest.raises(Refused, match="管理范围"):
        give_section_role(world.north_clerk, role=helper, section=section, by=fresh(local))
    grant = give_section_role(world.north_clerk, role=helper, section=section, by=None)
    with pytest.raises(Refused, match="管理范围"):
        end_section_role(grant, by=fresh(local))


def test_a_section_counts_what_its_reader_may_see(world):
    section = save_section(None, by=None, code="B1", name="住宅版块")
    for unit in (world.n1, world.s1):
        add_unit(section, unit, by=None)
    for unit in (world.n1a, world.n1b, world.s1a):
        make_customer(unit=unit)

    def customers(reader):
        return dict(counts_of(section, fresh(reader)))["客户"]

    assert (customers(world.boss), customers(world.north_head)) == (3, 2)


def test_what_left_a_section_does_not_leave_it_again(client, world):
    """A page opened before somebody else took the unit out."""
    section = save_section(None, by=None, code="B1", name="住宅版块")
    day = timezone.localdate() - dt.timedelta(days=40)
    member = add_unit(section, world.n1, by=None, valid_from=day)
    ended = day + dt.timedelta(days=10)
    remove_unit(SectionUnit.objects.get(), by=None, on=ended)

    with pytest.raises(Refused, match="北方公司"):
        remove_unit(member, by=None)
    client.force_login(world.admin)
    page = reverse("regions:section-remove-unit", args=["B1", member.pk])
    assert client.post(page).status_code == 409
    assert SectionUnit.objects.get().valid_until == ended


def test_a_reader_of_one_branch_learns_nothing_of_the_others_in_a_section(client, world):
    section = save_section(None, by=None, code="B1", name="住宅版块")
    add_unit(section, world.n1, by=None)
    person = make_user(unit=world.s1a, role=None)
    role = Role.objects.get(code="section-head")
    give_section_role(person, role=role, section=section, by=None)
    address = reverse("regions:section", args=["B1"])

    reading = Role.objects.create(code="reads", name="版块查阅", reach="subtree")
    reading.permissions.set(Permission.objects.filter(codename="view_section"))
    reader = make_user(unit=world.north, role=None)
    give(reader, "reads", world.north)
    client.force_login(reader)
    assert len(client.get(address).context["grants"]) == 1  # reaches all that is in it
    add_unit(section, world.s1, by=None)
    (line,) = client.get(reverse("regions:sections")).context["lines"]
    page = client.get(address)

    assert ([member.unit for member in line.members], line.unit_count) == ([world.n1], 3)
    assert [member.unit for member in page.context["members"]] == [world.n1]
    assert list(page.context["grants"]) == []
    text = page.content.decode()
    assert "南方" not in text
    assert person.name not in text
    client.force_login(world.boss)
    page = client.get(address)
    assert (len(page.context["members"]), len(page.context["grants"])) == (2, 1)


def test_the_form_refuses_to_merge_projects_into_a_city_that_becomes_one(client, world):
    client.force_login(world.admin)
    form = {
        "unit": "N1", "target": "S1", "children": "merge", "reason": "收缩",
        "effective_on": timezone.localdate().isoformat(),
    }  # fmt: skip
    page = reverse("regions:change-new", args=["downgrade"])

    answer = client.post(page, form)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["children"])
    assert client.post(page, form | {"children": "move"}).status_code == 302


def test_undoing_tells_of_rows_that_stay(client, world):
    change = draft_change(
        by=None, kind="merge", unit=world.n1a, target=world.n1b,
        effective_on=timezone.localdate(), reason="合并",
    )  # fmt: skip
    apply_change(approve_change(propose_change(change, by=None), by=None), by=None)
    User.objects.filter(pk=world.north_clerk.pk).update(unit=world.s1a)
    client.force_login(world.admin)

    answer = client.post(
        reverse("regions:change-act", args=[change.pk, "undo"]), {"reason": "错"}, follow=True
    )
    assert [str(m.level_tag) for m in answer.context["messages"]] == ["success", "warning"]


# --- the command --------------------------------------------------------------------------------


def test_the_command_lists_and_applies(world):
    day = timezone.localdate() + dt.timedelta(days=3)
    change = draft_change(
        by=None, kind="rename", unit=world.n1, effective_on=day, reason="更名",
        payload={"name": "甲公司"},
    )  # fmt: skip
    approve_change(propose_change(change, by=None), by=None)

    def told(*args):
        out = StringIO()
        call_command("org_change", *args, "--json", stdout=out)
        return json.loads(out.getvalue())

    (row,) = told("list")["changes"]
    assert (row["unit"], row["state"]) == ("N1", "approved")
    assert told("apply") == {"applied": [], "failed": {}}
    assert told("apply", "--on", day.isoformat()) == {"applied": [change.pk], "failed": {}}


def test_who_wrote_a_change_is_not_offered_to_approve_it(client, world):
    second = make_user(unit=world.group, role="system-administrator")
    change = draft_change(
        by=world.admin,
        kind="rename",
        unit=world.north,
        payload={"name": "北方区域"},
        effective_on=timezone.localdate(),
        reason="更名",
    )
    propose_change(change, by=world.admin)
    seen = {}
    for person in (world.admin, second):
        client.force_login(person)
        context = client.get(change.get_absolute_url()).context
        seen[person] = (context["acts"]["approve"], context["waits_for_another"])
    assert seen == {world.admin: (False, True), second: (True, False)}


def test_a_unit_is_not_moved_to_where_it_hangs(client, world):
    client.force_login(world.admin)
    form = {
        "unit": "N1",
        "target": "N",
        "effective_on": timezone.localdate().isoformat(),
        "reason": "误填",
    }
    answer = client.post(reverse("regions:change-new", args=["move"]), form)
    page = client.get(answer["Location"])
    assert len(page.context["preview"].problems) == 1
    assert not page.context["acts"]["propose"]
