"""Rounds at units: what is found is mended by one and checked by another (KPI-13, ORG-14)."""

import datetime as dt
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from compliance.models import Inspection, InspectionFile, InspectionPoint
from compliance.services import inspections as verbs
from compliance.services.plans import save_implementation_rule
from core.errors import Refused
from core.models import Notice
from tests.attached import photo
from tests.compliance.test_log_in_days import together
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
DAY = dt.timedelta(days=1)


@pytest.fixture
def seen(world):
    """A round at the northern city, recorded by its head."""
    world.people["second"] = make_user(unit=world.n1, role="section-head", no="N-SECOND")
    return recorded(world)


def recorded(world, **more):
    values = {"kind": "round", "inspected_on": timezone.localdate(), "summary": "大堂标识脱落"}
    return verbs.record_inspection(world.n1, by=world.north_head, **values | more)


def point_of(world, seen, **more):
    values = {
        "text": "标识脱落",
        "severity": "high",
        "owner": world.north_clerk,
        "due_on": timezone.localdate() + DAY,
        "by": world.north_head,
    }
    return verbs.add_point(seen, **values | more)


def test_a_round_is_recorded_where_it_was_and_not_ahead_of_time(world, seen):
    with pytest.raises(Refused, match="future"):
        recorded(world, inspected_on=timezone.localdate() + DAY)

    assert Inspection.objects.count() == 1
    assert (seen.unit, seen.region_id, seen.city_id) == (world.n1, world.north.pk, world.n1.pk)
    assert Entry.objects.filter(action="inspection.recorded").count() == 1


def test_whoever_mends_a_point_is_told_and_it_must_say_what_and_until_when(world, seen):
    for wrong, words in (
        ({"text": "  "}, "what was found"),
        ({"due_on": seen.inspected_on - DAY}, "before the inspection"),
        ({"owner": make_user(unit=world.n1, state="frozen")}, "cannot log in"),
    ):
        with pytest.raises(Refused, match=words):
            point_of(world, seen, **wrong)
    assert not InspectionPoint.objects.exists()

    point = point_of(world, seen, text=" 标识脱落 ")
    point_of(world, seen, owner=world.north_head)

    assert (point.text, point.state, point.mended_by) == ("标识脱落", "open", None)
    told = Notice.objects.filter(kind="compliance.inspection_point")
    assert [one.user for one in told] == [world.north_clerk]


def test_a_point_is_reported_once_with_what_was_done(world, seen):
    point = point_of(world, seen)
    with pytest.raises(Refused, match="what was done"):
        verbs.mend_point(point, result=" ", by=world.north_clerk)
    held = verbs.mend_point(point, result=" 已更换 ", by=world.north_clerk)

    assert (held.state, held.result, held.mended_by) == ("mended", "已更换", world.north_clerk)
    with pytest.raises(Refused, match="already"):
        verbs.mend_point(point, result="再次", by=world.north_clerk)


@pytest.mark.parametrize("reporter", ["north_clerk", "north_head"])
def test_neither_the_owner_nor_who_reported_it_checks_it(world, seen, reporter):
    point = point_of(world, seen)
    with pytest.raises(Refused, match="Nothing waits"):
        verbs.check_point(point, good=True, by=world.second)
    verbs.mend_point(point, result="已更换", by=world.people[reporter])

    for own in {world.north_clerk, world.people[reporter]}:
        with pytest.raises(Refused, match="does not check"):
            verbs.check_point(point, good=True, by=own)
    held = verbs.check_point(point, good=True, by=world.second)

    assert (held.state, held.checked_by) == ("checked", world.second)
    with pytest.raises(Refused, match="Nothing waits"):
        verbs.check_point(point, good=False, by=world.second)


def test_what_is_not_mended_is_open_again_and_its_reporter_forgotten(world, seen):
    point = point_of(world, seen)
    verbs.mend_point(point, result="已更换", by=world.north_head)
    held = verbs.check_point(point, good=False, by=world.second)

    assert (held.state, held.mended_at, held.mended_by) == ("open", None, None)
    assert (held.checked_at, held.checked_by) == (None, None)
    verbs.mend_point(point, result="再次更换", by=world.second)
    assert verbs.check_point(point, good=True, by=world.north_head).state == "checked"


def test_the_page_offers_the_check_to_another_alone(client, world, seen):
    point = point_of(world, seen)
    client.force_login(world.north_head)
    mend = reverse("compliance:inspection-point-mend", args=[seen.pk, point.pk])
    assert client.post(mend, {"text": "已更换"}).status_code == 302
    check = reverse("compliance:inspection-point-check", args=[seen.pk, point.pk])

    assert check not in client.get(seen.get_absolute_url()).content.decode()
    client.post(check)
    point.refresh_from_db()
    assert point.state == "mended"

    client.force_login(world.second)
    assert check in client.get(seen.get_absolute_url()).content.decode()
    client.post(check)
    point.refresh_from_db()
    assert (point.state, point.checked_by) == ("checked", world.second)


def test_a_photograph_is_kept_once_and_removed_by_whoever_brought_it(world, seen):
    first = verbs.attach(seen, BytesIO(photo("navy")), "大堂.jpg", by=world.north_head)
    again = verbs.attach(seen, BytesIO(photo("navy")), "同一张.jpg", by=world.second)
    with pytest.raises(Refused, match="photograph"):
        verbs.attach(seen, BytesIO("记录".encode()), "记录.txt", by=world.north_head)

    assert again.pk == first.pk
    assert InspectionFile.objects.count() == 1
    with pytest.raises(Refused, match="Only who uploaded"):
        verbs.detach(first, by=world.second)
    verbs.detach(first, by=world.north_head)
    assert not InspectionFile.objects.exists()


# --- implementation rules


def rules_of(region, **more):
    day = timezone.localdate() - 30 * DAY
    values = {"title": "落实细则", "issued_by": "人力行政中心", "issued_on": day, "summary": "要求"}
    return save_implementation_rule(region, by=None, **values | {"effective_on": day} | more)


def test_a_supervision_names_rules_that_held_there(world, seen):
    here, there = rules_of(world.north), rules_of(world.south)
    ended = rules_of(world.north, ended_on=timezone.localdate() - DAY)
    for rule, kind, words in (
        (there, "supervision", "another region"),
        (ended, "supervision", "not in force"),
        (here, "round", "Only a supervision"),
    ):
        with pytest.raises(Refused, match=words):
            recorded(world, kind=kind, rule=rule)

    assert recorded(world, kind="supervision", rule=here).rule == here


def test_the_form_offers_the_rules_of_the_region_and_the_page_names_them(client, world, seen):
    here, there = rules_of(world.north, title="北区细则"), rules_of(world.south, title="南区细则")
    client.force_login(world.north_head)
    address = reverse("compliance:inspection-new")
    page = client.get(address).content.decode()
    assert ("北区细则" in page, "南区细则" in page) == (True, False)
    facts = {
        "unit": "N1A", "kind": "supervision", "inspected_on": timezone.localdate().isoformat(),
        "summary": "抽查三项，均已落实",
    }  # fmt: skip
    assert client.post(address, facts | {"rule": there.pk}).status_code == 422
    answer = client.post(address, facts | {"rule": here.pk})

    made = Inspection.objects.get(kind="supervision")
    assert (answer.status_code, made.rule, made.unit) == (302, here, world.n1a)
    assert "北区细则" in client.get(made.get_absolute_url()).content.decode()


def test_rules_of_a_region_are_changed_and_ended_on_their_page(client, world):
    row = rules_of(world.north)
    address = reverse("compliance:implementation-rule-edit", args=[row.pk])
    client.force_login(world.north_head)
    assert address in client.get(reverse("compliance:headcount")).content.decode()
    today = timezone.localdate()
    facts = {
        "title": "落实细则（修订）", "issued_by": "人力行政中心", "summary": "要求",
        "issued_on": row.issued_on.isoformat(), "effective_on": row.effective_on.isoformat(),
    }  # fmt: skip
    early = facts | {"ended_on": (row.effective_on - DAY).isoformat()}
    assert client.post(address, early).status_code == 422
    answer = client.post(address, facts | {"ended_on": today.isoformat()})

    row.refresh_from_db()
    assert answer.status_code == 302
    assert (row.title, row.ended_on, row.unit) == ("落实细则（修订）", today, world.north)
    client.force_login(world.south_head)
    assert client.get(address).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_people_check_at_once_and_one_of_them_decides(world, seen):
    point = point_of(world, seen)
    verbs.mend_point(point, result="已更换", by=world.north_clerk)
    third = make_user(unit=world.n1, role="section-head", no="N-THIRD")

    def checking(by, good):
        def act():
            try:
                return verbs.check_point(point, good=good, by=by).state
            except Refused:
                return "refused"

        return act

    found = together(checking(world.second, True), checking(third, False))

    point.refresh_from_db()
    assert sorted(found) == sorted(["refused", point.state])
