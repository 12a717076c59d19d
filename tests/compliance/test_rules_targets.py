"""The library of rules (GOV-01…05, WF-07) and monthly targets (CAL-04)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from approvals.models import Request
from compliance.models import Bulletin, RuleDocument, Target
from compliance.months import month_of, months_later
from compliance.selectors.rules import rules_of, versions_of
from compliance.selectors.targets import lines_of
from compliance.services import rules as verbs
from compliance.services.assignments import assign, finish
from compliance.services.targets import set_targets
from core.errors import Refused
from core.models import Notice
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
TODAY = timezone.localdate


def rule(world, unit=None, **more):
    given = {
        "by": world.reader,
        "unit": unit or world.group,
        "title": "客户回访管理办法",
        "applies_to": "全集团",
        "department": "市场营销部",
        "interpreted_by": "客户管理委员会",
        "keeper": world.reader,
        "next_review_on": TODAY() + timedelta(days=300),
    }
    return verbs.save_rule(**given | more)


def draft(world, row, **more):
    given = {"number": "1.0", "body": "第一条 目的", "note": "首次制定", "effective_on": TODAY()}
    return verbs.draft_version(row, by=world.reader, **given | more)


def test_a_rule_is_issued_as_it_was_approved(world):
    """Draft → the ready form for rules → issue, which tells everybody it holds for."""
    row = rule(world)
    version = draft(world, row)
    with pytest.raises(Refused):
        verbs.issue(version, by=world.reader)
    verbs.submit_version(version, by=world.reader)
    version.refresh_from_db()
    paper = version.request
    assert (paper.form, paper.values["document"]) == ("rule", row.title)
    for refused in (
        lambda: draft(world, row, body="另一个"),
        lambda: verbs.submit_version(version, by=world.reader),
        lambda: verbs.issue(version, by=world.reader),
    ):
        with pytest.raises(Refused):
            refused()
    Request.objects.filter(pk=paper.pk).update(state="approved")
    issued = verbs.issue(version, by=world.reader)
    assert issued.issued_at is not None
    bulletin = Bulletin.objects.get()
    assert bulletin.must_confirm
    assert Bulletin.objects.unconfirmed_by(world.south_clerk).get() == bulletin
    with pytest.raises(Refused):
        verbs.issue(version, by=world.reader)
    assert Bulletin.objects.count() == 1


def test_another_text_than_the_approved_one_is_not_issued(world):
    version = draft(world, rule(world))
    verbs.submit_version(version, by=world.reader)
    version.refresh_from_db()
    Request.objects.filter(pk=version.request_id).update(state="approved")
    type(version).objects.filter(pk=version.pk).update(body="第一条 别的")
    with pytest.raises(Refused):
        verbs.issue(version, by=world.reader)
    assert not Bulletin.objects.exists()


def test_only_the_first_version_may_have_been_decided_elsewhere(world):
    row = rule(world)
    verbs.issue(draft(world, row, approver="董事会"), by=world.reader)
    second = draft(world, row, number="2.0", approver="董事会")
    assert not versions_of(row, TODAY()).may_issue
    with pytest.raises(Refused):
        verbs.issue(second, by=world.reader)
    with pytest.raises(Refused):
        draft(world, row, number="1.0")


def test_the_version_in_force_is_that_of_its_day(world):
    row = rule(world)
    verbs.issue(draft(world, row, approver="董事会"), by=world.reader)
    later = draft(world, row, number="2.0", effective_on=TODAY() + timedelta(days=30))
    type(later).objects.filter(pk=later.pk).update(issued_at=timezone.now(), approver="董事会")
    assert versions_of(row, TODAY()).current.number == "1.0"
    assert versions_of(row, TODAY() + timedelta(days=30)).current.number == "2.0"
    assert rules_of(world.north_clerk).get().version == "1.0"


def test_rules_hold_downwards(client, world):
    """A rule of a region is read in it and above with the right, not in the sibling."""
    ours = rule(world, unit=world.north, title="北方落实细则")
    rule(world)
    assert rules_of(world.north_clerk).count() == 2
    assert rules_of(world.south_head).count() == 1
    assert rules_of(world.boss).count() == 2
    client.force_login(world.south_clerk)
    assert client.get(ours.get_absolute_url()).status_code == 404
    client.force_login(world.north_head)
    assert client.get(ours.get_absolute_url()).status_code == 200
    assert client.get(reverse("compliance:rule-edit", args=[ours.pk])).status_code == 403


def test_the_yearly_review_is_told_of_once_and_comes_again(world):
    due = TODAY() + timedelta(days=20)
    row = rule(world, next_review_on=due)
    rule(world, title="另一项", next_review_on=TODAY() + timedelta(days=31))
    assert (verbs.remind(), verbs.remind()) == (1, 0)
    assert Notice.objects.get(kind="compliance.rule_review").user == world.reader
    verbs.review(row, by=world.reader, outcome="keep", note="无需修订")
    row.refresh_from_db()
    assert row.next_review_on == verbs._year_later(due)
    with pytest.raises(Refused):
        verbs.review(row, by=world.reader, outcome="keep", note=" ")
    verbs.review(row, by=world.reader, outcome="retire", note="并入新办法")
    with pytest.raises(Refused):
        draft(world, RuleDocument.objects.get(pk=row.pk))


def test_nobody_puts_the_review_off_for_more_than_a_year(world):
    last = verbs._year_later(TODAY())
    for wrong in (TODAY() - timedelta(days=1), last + timedelta(days=1), date(2099, 1, 1)):
        with pytest.raises(Refused):
            rule(world, next_review_on=wrong)
    row = rule(world, next_review_on=last)
    with pytest.raises(Refused, match="each year"):
        rule(world, rule=row, next_review_on=last + timedelta(days=1))

    # Reviewed early, the next review is a year after this one was due; the cover keeps that day.
    verbs.review(row, by=world.reader, outcome="keep", note="无需修订")
    row.refresh_from_db()
    assert row.next_review_on == verbs._year_later(last)
    assert rule(world, rule=row, department="市场部", next_review_on=row.next_review_on)


def test_a_leap_day_is_reviewed_on_the_day_before():
    assert verbs._year_later(date(2028, 2, 29)) == date(2029, 2, 28)
    assert verbs._year_later(date(2026, 12, 31)) == date(2027, 12, 31)


# --- targets --------------------------------------------------------------------------------------


def test_targets_stand_beside_what_was_reached(world):
    month = month_of(TODAY())
    for _n in range(3):
        finish(assign(to=world.north_clerk, by=None, title="t"), by=world.north_clerk)
    finish(assign(to=world.south_clerk, by=None, title="t"), by=world.south_clerk)
    values = {"tasks": Decimal(4), "visits": Decimal(0)}
    set_targets(
        unit=world.n1a, person=world.north_clerk, month=month, values=values, by=world.north_head
    )
    set_targets(unit=world.n1a, month=month, values={"tasks": Decimal(3)}, by=world.north_head)

    def shown(reader, unit):
        return {
            str(line.what): {
                one.metric.key: (one.target, one.actual)
                for one in line.cells
                if one.target is not None
            }
            for line in lines_of(reader, unit, month)
        }

    found = shown(world.north_head, world.n1a)
    assert found[world.n1a.name] == {"tasks": (3, 3)}
    assert found[world.north_clerk.name] == {"tasks": (4, 3), "visits": (0, 0)}
    own = shown(world.north_clerk, world.n1a)
    assert own == {world.north_clerk.name: {"tasks": (4, 3), "visits": (0, 0)}}
    (top,) = [one for one in lines_of(world.boss, world.group, month) if one.what == world.group]
    assert {one.metric.key: one.actual for one in top.cells}["tasks"] == 4


def test_targets_of_the_past_stand(world):
    past = months_later(month_of(TODAY()), -1)
    other = make_user(unit=world.n1b)
    month = month_of(TODAY())
    for wrong in (
        {"month": past},
        {"values": {"tasks": Decimal(-1)}},
        {"values": {"nothing": Decimal(1)}},
        {"person": other},
    ):
        given = {"unit": world.n1a, "month": month, "values": {"tasks": Decimal(1)}} | wrong
        with pytest.raises(Refused):
            set_targets(by=world.north_head, **given)
    assert not Target.objects.exists()
    for value in (Decimal(5), Decimal(6), None):
        set_targets(unit=world.n1a, month=month, values={"tasks": value}, by=world.north_head)
        assert [one.value for one in Target.objects.all()] == ([value] if value else [])


def test_who_may_not_sets_no_targets(client, world):
    client.force_login(world.north_head)
    address = reverse("compliance:target-set")
    assert client.get(address + "?unit=S").status_code == 404
    assert client.get(address + f"?person={world.south_clerk.employee_no}").status_code == 404
    made = client.post(address + f"?person={world.north_clerk.employee_no}", {"tasks": "7"})
    assert made.status_code == 302
    assert Target.objects.get().person == world.north_clerk


# --- pages of units and people --------------------------------------------------------------------


def test_the_page_of_a_unit_and_its_workbook(client, world):
    from io import BytesIO

    from openpyxl import load_workbook

    row = assign(
        to=world.north_clerk, by=world.north_head, title="核对台账",
        due_at=timezone.now() - timedelta(minutes=1),
    )  # fmt: skip
    client.force_login(world.north_head)
    address = reverse("compliance:unit", args=["N"])
    page = client.get(address)
    assert "核对台账" in page.content.decode()
    tiles = {str(tile.label): tile for tile, _trend in page.context["tiles"]}
    month = tiles["逾期任务"]
    assert (month.value, month.alarm, len(month.trend)) == ("1", True, 12)
    assert "核对台账" not in client.get(address + "?below=0").content.decode()
    assert client.get(reverse("compliance:unit", args=["S"])).status_code == 404
    answer = client.get(reverse("compliance:unit-workbook", args=["N"]))
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    cells = [cell for sheet in book for line in sheet.iter_rows(values_only=True) for cell in line]
    assert row.title in cells
    person = reverse("compliance:person", args=[world.north_clerk.employee_no])
    assert "核对台账" in client.get(person).content.decode()
    assert client.get(person.replace("N-", "S-")).status_code == 404
    assert client.get(reverse("compliance:units")).url == address
