"""Categories, levels and ladders as administrators keep them."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, RoleGrant, User
from complaints.models import Category, Deadline, Level, Relation
from complaints.services.catalogue import (
    DELETED,
    RETIRED,
    remove_category,
    remove_level,
    save_category,
    save_level,
)
from complaints.services.recompute import JOB
from core import jobs
from core.errors import Refused
from core.models import Job, JobState
from regions.policies.types import Span, rows
from tests.complaints.cases import fresh
from tests.factories import give, make_case, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(world):
    return world.admin


def ladder(level: str, relation: str) -> dict:
    return {
        "level": level,
        "limit": "resolution",
        "side": "after",
        "span": Span(2, "hours"),
        "relation": relation,
    }


def queued() -> list[dict]:
    rows_ = Job.objects.filter(kind=JOB, state=JobState.QUEUED).order_by("pk")
    return [job.payload for job in rows_]


# --- categories and levels ------------------------------------------------------------------------


def test_a_new_category_is_offered_and_a_used_one_is_no_longer_offered(client, world, keeper):
    client.force_login(keeper)
    top = Category.objects.get(name="工程质量")
    data = {"parent": top.pk, "name": " 水电管线 ", "words": "水管", "trade": "pipes",
            "position": 9, "is_offered": "on"}  # fmt: skip
    assert client.post(reverse("complaints:category-new"), data).status_code == 302
    pipes = Category.objects.get(name="水电管线")
    assert (pipes.parent, pipes.trade) == (top, "pipes")
    again = client.post(reverse("complaints:category-new"), data)
    assert again.status_code == 422
    assert "水管" in again.content.decode()

    leak = Category.objects.get(name="渗漏")
    case = make_case(unit=world.n1a, category=leak, assign=False)
    for one, kept in ((pipes, False), (leak, True)):
        address = reverse("complaints:category-remove", args=[one.pk])
        assert client.post(address).status_code == 302
        assert Category.objects.filter(pk=one.pk).exists() is kept
    assert fresh(case).category_id == leak.pk
    assert not Category.objects.get(pk=leak.pk).is_offered
    intake = client.get(reverse("complaints:categories")).content.decode()
    assert "渗漏" in intake


def test_a_first_level_goes_with_those_below_it(keeper):
    top = Category.objects.get(name="销售服务")
    assert remove_category(top, by=keeper) == RETIRED
    assert not Category.objects.filter(parent=top, is_offered=True).exists()
    lone = save_category(None, by=keeper, name="其他", parent=None)
    assert remove_category(lone, by=keeper) == DELETED


def test_the_tree_has_two_levels_and_cases_stay_where_they_are(world, keeper):
    top, other = Category.objects.get(name="工程质量"), Category.objects.get(name="物业服务")
    leak = Category.objects.get(name="渗漏")
    with pytest.raises(Refused):
        save_category(None, by=keeper, name="外墙渗漏", parent=leak)
    with pytest.raises(Refused):
        save_category(top, by=keeper, parent=other)
    save_category(leak, by=keeper, parent=other)
    save_category(leak, by=keeper, parent=top)
    make_case(unit=world.n1a, category=leak, assign=False)
    with pytest.raises(Refused):
        save_category(leak, by=keeper, parent=other)
    assert Category.objects.get(pk=leak.pk).parent == top


def test_levels_likewise(client, world, keeper):
    client.force_login(keeper)
    data = {"name": "特急投诉", "rank": 5, "is_serious": "on", "is_offered": "on"}
    assert client.post(reverse("complaints:level-new"), data).status_code == 302
    assert client.post(reverse("complaints:level-new"), data).status_code == 422
    assert client.post(reverse("complaints:level-new"), data | {"name": "另一级", "is_mass": "on"}
                       ).status_code == 422  # fmt: skip
    urgent = Level.objects.get(name="特急投诉")
    assert remove_level(urgent, by=keeper) == DELETED
    assert remove_level(Level.objects.get(name="一般投诉"), by=keeper) == RETIRED


@pytest.mark.parametrize("who", ["north_clerk", "north_head", "boss", "reader"])
def test_others_change_no_category(client, world, who):
    client.force_login(getattr(world, who))
    leak = Category.objects.get(name="渗漏")
    plain = Level.objects.get(name="一般投诉")
    for name, args in (
        ("category-new", []),
        ("category", [leak.pk]),
        ("category-remove", [leak.pk]),
        ("level-new", []),
        ("level", [plain.pk]),
        ("level-remove", [plain.pk]),
    ):
        assert client.post(reverse(f"complaints:{name}", args=args), {}).status_code == 403, name
    with pytest.raises(Refused):
        save_category(None, by=getattr(world, who), name="某类", parent=None)
    with pytest.raises(Refused):
        save_level(None, by=getattr(world, who), name="某级")


def test_the_administrator_of_a_section_reads_what_is_the_groups(client, world):
    RoleGrant.objects.filter(user=world.north_head).delete()
    give(world.north_head, "section-administrator", world.north)
    client.force_login(world.north_head)
    page = client.get(reverse("complaints:categories"))
    assert page.status_code == 200
    assert reverse("complaints:category-new") not in page.content.decode()
    assert client.get(reverse("complaints:category-new")).status_code == 403
    # A role of the group's own that gives the right over one branch writes nothing either.
    role = Role.objects.get(code="section-administrator")
    role.permissions.add(
        Permission.objects.get(content_type__app_label="complaints", codename="add_category")
    )
    with pytest.raises(Refused):
        save_category(None, by=User.objects.get(pk=world.north_head.pk), name="某类", parent=None)


# --- one job for a change -------------------------------------------------------------------------


def test_a_graver_level_moves_the_limits_of_its_open_cases_by_one_job(world, keeper):
    plain = Level.objects.get(name="一般投诉")
    leak = Category.objects.get(name="渗漏")
    case = make_case(unit=world.n1a, category=leak, assign=False)
    other = make_case(unit=world.n1a, level=Level.objects.get(name="重要投诉"), assign=False)
    before = Deadline.objects.get(case=other, kind="first_contact")
    save_level(plain, by=keeper, rank=plain.rank + 1)
    assert queued() == []  # its place in lists moves no limit

    save_level(plain, by=keeper, is_serious=True)
    save_level(plain, by=keeper, name="普通投诉")
    assert queued() == [{"level": plain.pk}]  # no storm
    job = Job.objects.get(kind=JOB)
    jobs.work(job.pk)

    after = Deadline.objects.get(case=case, kind="first_contact")
    assert (after.amount, after.unit_of_time) == (4, "working_hours")
    assert Deadline.objects.get(pk=before.pk).due_at == before.due_at
    save_level(plain, by=keeper, is_serious=False)
    assert queued() == [{"level": plain.pk}]  # the former one is done


def test_a_category_that_a_rule_names_moves_limits_with_its_name(world, keeper):
    leak = Category.objects.get(name="渗漏")
    case = make_case(unit=world.n1a, category=leak, assign=False)
    limit = {"level": "", "category": "漏水", "limit": "resolution", "span": Span(5, "hours")}
    say(world.group, "complaints.limit_exceptions", rows([limit]))
    Job.objects.all().delete()

    save_category(leak, by=keeper, name="漏水")
    assert queued() == [{"category": leak.pk}]
    jobs.work(Job.objects.get(kind=JOB).pk)

    found = Deadline.objects.get(case=case, kind="resolution")
    assert (found.amount, found.unit_of_time) == (5, "hours")


def test_a_change_that_nothing_open_bears_starts_no_job(keeper):
    save_category(Category.objects.get(name="渗漏"), by=keeper, name="漏水")
    assert queued() == []


def test_the_page_of_categories_asks_as_much_for_few_as_for_many(client, world, keeper):
    client.force_login(keeper)
    address = reverse("complaints:categories")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    queries()
    before = queries()
    top = Category.objects.get(name="工程质量")
    for number in range(3):
        save_category(None, by=keeper, name=f"类{number}", parent=top, trade="pipes")
        save_level(None, by=keeper, name=f"级{number}")
    assert queries() == before


# --- ladders --------------------------------------------------------------------------------------


def test_the_ladder_of_a_unit_says_whose_rule_it_is(client, world):
    client.force_login(world.north_head)
    address = reverse("complaints:ladders")
    page = client.get(address, {"unit": "N1A"})
    assert page.context["source"] is None
    assert [one.levels for one in page.context["ladders"]] == [
        list(Level.objects.values_list("name", flat=True))
    ]
    say(world.north, "complaints.ladder",
        rows([ladder("", "city_head"), ladder("重大投诉", "region_head")]))  # fmt: skip
    page = client.get(address, {"unit": "N1A"})
    assert page.context["source"] == world.north
    first, second = page.context["ladders"]
    assert "重大投诉" not in first.levels
    assert second.levels == ["重大投诉"]
    steps = [step["relation"] for step in second.limits[0][1]]
    assert steps == [str(Relation.REGION_HEAD.label)]
    assert page.context["change_url"] == ""  # he reads
    assert client.get(address, {"unit": "S1A"}).status_code == 404
    client.force_login(world.north_clerk)
    assert client.get(address).status_code == 403
    client.force_login(world.admin)
    change = client.get(address, {"unit": "N1A"}).context["change_url"]
    assert change == f"{reverse('regions:policy-change', args=['complaints.ladder'])}?unit=N1A"
