"""New findings come as one notice a person; what is late is told to its owner, then above, once."""

import datetime as dt

import pytest
from django.utils import timezone

from compliance.agenda import entries
from compliance.models import Finding
from compliance.services import findings, reminders
from compliance.services.inspections import add_point, mend_point, record_inspection
from compliance.services.sanctions import appeal, decide_appeal
from compliance.tasks import check_organisation
from core.models import Notice
from tests.compliance.duties import at
from tests.compliance.test_circulars import lapsed, published, sanction_of  # noqa: F401
from tests.compliance.test_log_in_days import together
from tests.factories import make_finding, make_post, make_user, say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
HEAD = "客户关系中心(部)负责人"
DAY = dt.timedelta(days=1)


def heads(world):
    """A head in the northern city, another one in its region."""
    make_post(user=world.north_head, unit=world.north, function=HEAD)
    city = make_user(unit=world.n1, no="N1-HEAD", role="section-head")
    make_post(user=city, unit=world.n1, function=HEAD, reports_to="城市总经理")
    return city, world.north_head


def told(kind):
    rows = Notice.objects.filter(kind=f"compliance.{kind}").order_by("pk")
    return [(one.user.employee_no, one.context) for one in rows.select_related("user")]


# --- new findings


def test_each_person_gets_one_digest_of_what_is_new(world):
    city, region = heads(world)
    for number in range(7):
        make_finding(unit=world.n1, rule=f"R{number}", word=f"事项{number}")
    make_finding(unit=world.n1, rule="G", word="要紧", severity="high", rank=1)
    make_finding(unit=world.north, rule="N", word="区域")
    make_finding(unit=world.north, rule="B", state="excepted", excepted_until=dt.date(2099, 1, 1))

    assert (reminders.tell_new_findings(), reminders.tell_new_findings()) == (2, 0)

    found = dict(told("findings_new"))
    assert set(found) == {city.employee_no, region.employee_no}
    mine = found[city.employee_no]
    assert (mine["count"], mine["high"], mine["more"]) == (8, 1, 3)
    assert mine["named"] == ["要紧", "事项0", "事项1", "事项2", "事项3"]
    assert found[region.employee_no]["named"] == ["区域"]

    make_finding(unit=world.n1, rule="LATER", word="新的")
    assert reminders.tell_new_findings() == 1
    assert told("findings_new")[-1][1]["named"] == ["新的"]


def test_what_nobody_answers_for_waits_and_what_was_given_is_told_by_that(world):
    make_finding(unit=world.n1, rule="A", word="缺负责人")
    given = make_finding(unit=world.n1, rule="B")
    findings.assign(given, to=world.north_clerk, due_on=timezone.localdate(), by=world.north_head)
    assert reminders.tell_new_findings() == 0

    city, _region = heads(world)
    assert reminders.tell_new_findings() == 1
    assert [no for no, _facts in told("findings_new")] == [city.employee_no]
    assert told("findings_new")[0][1]["named"] == ["缺负责人"]


def test_the_night_tells_what_it_found(world):
    heads(world)
    check_organisation(None)

    assert "N-HEAD" in {no for no, _facts in told("findings_new")}
    live = Finding.objects.live().filter(unit__path__startswith=world.north.path)
    assert live.exists()
    assert not live.filter(told_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_two_nights_at_once_tell_once(world):
    city, _region = heads(world)
    make_finding(unit=world.n1)

    assert sorted(together(*[reminders.tell_new_findings] * 2)) == [0, 1]
    assert [no for no, _facts in told("findings_new")] == [city.employee_no]


# --- late


def test_a_late_finding_and_a_late_point_go_to_the_owner_then_above(world, time_machine):
    time_machine.move_to(at("11-02 10:00"))
    city, _region = heads(world)
    finding = make_finding(unit=world.n1, word="缺负责人")
    day = timezone.localdate()
    findings.assign(finding, to=world.north_clerk, due_on=day, by=city)
    seen = record_inspection(world.n1, by=city, kind="round", inspected_on=day, summary="巡检")
    point = add_point(
        seen, text="标识脱落", severity="low", owner=world.north_keeper, due_on=day, by=city
    )
    runs = [reminders.remind_late(day + number * DAY) for number in (0, 1, 2, 5, 6, 7)]

    assert runs == [0, 2, 0, 0, 2, 0]
    sent = [(no, facts["what"], facts["mine"]) for no, facts in told("overdue")]
    assert sent[:2] == [("N-CLERK", "finding", True), ("N-KEEPER", "point", True)]
    assert sent[2:] == [(city.employee_no, what, False) for what in ("finding", "point")]

    mend_point(point, result="已换", by=world.north_keeper)
    findings.assign(finding, to=world.north_clerk, due_on=day + 20 * DAY, by=city)
    assert reminders.remind_late(day + 20 * DAY) == 0
    assert reminders.remind_late(day + 21 * DAY) == 1
    findings.assign(finding, to=city, due_on=day + 20 * DAY, by=city)
    assert reminders.remind_late(day + 30 * DAY) == 2  # himself, and the head above him
    assert {no for no, _facts in told("overdue")[-2:]} == {"N1-HEAD", "N-HEAD"}


def test_an_appeal_that_nobody_decides_goes_to_the_judges_then_above(lapsed, time_machine):  # noqa: F811
    heads(lapsed)
    say(lapsed.group, "compliance.appeal_decision_days", 3)
    published(lapsed)
    row = sanction_of(lapsed)
    appeal(row, by=lapsed.north_clerk, text="当时出差")
    day = timezone.localdate()

    assert reminders.remind_late(day + 3 * DAY) == 0
    first = reminders.remind_late(day + 4 * DAY)
    numbers = {no for no, _facts in told("overdue")}
    assert first == len(numbers) > 0
    assert "N-JUDGE" in numbers
    assert not numbers & {"N-HEAD", "N-CLERK"}  # who imposed it, and whom it concerns
    assert reminders.remind_late(day + 9 * DAY) > 0
    assert "N-HEAD" in {no for no, facts in told("overdue") if not facts["mine"]}

    decide_appeal(row, by=lapsed.judge, outcome="void", reason="属实")
    Notice.objects.filter(kind="compliance.overdue").delete()
    assert reminders.remind_late(day + 30 * DAY) == 0


def test_what_is_given_to_somebody_stands_in_his_calendar(world):
    day = timezone.localdate() + DAY
    finding = make_finding(unit=world.n1, word="缺负责人")
    findings.assign(finding, to=world.north_clerk, due_on=day, by=world.north_head)
    seen = record_inspection(
        world.n1, by=world.north_head, kind="round", inspected_on=day - DAY, summary="巡检"
    )
    add_point(
        seen, text="标识脱落", severity="low", owner=world.north_clerk, due_on=day,
        by=world.north_head,
    )  # fmt: skip
    gone = make_finding(unit=world.n1, rule="GONE", owner=world.north_clerk, due_on=day)
    Finding.objects.filter(pk=gone.pk).update(state="closed", closed_on=day - DAY)

    def shown(reader):
        found = entries([world.north_clerk.pk], reader, day, day)
        return sorted((one.kind, one.title, one.all_day, one.first_day) for one in found)

    both = [("finding", "缺负责人", True, day), ("point", "标识脱落", True, day)]
    assert shown(world.north_clerk) == both
    assert shown(world.north_head) == both
    assert shown(world.south_head) == []
