"""Findings open and close by themselves; people assign, explain and except them; one run writes."""

import contextlib
import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import Function, Post
from approvals import services as approvals
from approvals.models import Task
from compliance.checks import CHECKS
from compliance.models import CheckRun, Finding, FindingEvent, FindingException
from compliance.policies.staffing import REGISTERS
from compliance.services import findings
from core.display import listed
from core.errors import Refused
from core.models import Notice
from tests.factories import make_customer, make_post, make_user, say

HEAD = "客户关系中心(部)负责人"
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def kinds(finding):
    return list(finding.events.order_by("pk").values_list("kind", flat=True))


def staff(world, *, city="城市总经理"):
    """Heads in the northern region and city; the rest of the world stays as it is."""
    make_post(user=world.north_head, unit=world.north, function=HEAD)
    return make_post(
        user=make_user(unit=world.n1, no="N1-HEAD", role="section-head"),
        unit=world.n1,
        function=HEAD,
        reports_to=city,
    )


def city_without_head(world):
    findings.run_checks()
    return Finding.objects.live().get(rule="ORG-05", unit=world.n1)


def test_customers_without_keeper_are_one_link_away_for_who_sees_them(client, world):
    for name in ("甲", "乙"):
        make_customer(unit=world.n1a, by=None, keeper=None, name=name)
    make_customer(unit=world.n1b, by=None, keeper=None, name="别处")
    findings.run_checks(only=["KEEPER-MISSING"])
    finding = Finding.objects.get(rule="KEEPER-MISSING", unit=world.n1a)
    client.force_login(world.north_head)

    page = client.get(finding.get_absolute_url())

    link = page.context["rows_url"]
    assert link.replace("&", "&amp;") in page.content.decode()
    names = sorted(row.customer.name for row in client.get(link).context["page"].rows)
    assert (names, finding.evidence["count"]) == (sorted(["甲", "乙"]), 2)
    rows = CHECKS["KEEPER-MISSING"].rows
    assert rows(world.north_keeper, world.n1a) == link
    assert rows(world.south_head, world.n1a) == ""


def test_rows_of_the_figure_are_called_by_what_was_found(client, world):
    make_customer(unit=world.n1a, by=None, keeper=None)
    findings.run_checks()
    client.force_login(world.north_head)

    page = client.get(
        f"{reverse('reports:metric-rows', args=['findings'])}?unit=N",
        headers={"accept-language": "en"},
    )

    labels = [line["label"] for line in page.context["lines"]]
    assert f"{world.n1a.name}: 1 customer has no keeper." in labels
    assert not set(labels) & set(CHECKS)


def test_a_finding_closes_by_itself_and_opens_anew(world):
    finding = city_without_head(world)
    assert (finding.state, finding.opened_on) == ("open", timezone.localdate())
    assert (finding.region_id, finding.city_id) == (world.north.pk, world.n1.pk)

    held = staff(world)
    findings.run_checks()

    finding.refresh_from_db()
    assert (finding.state, finding.closed_on) == ("closed", timezone.localdate())
    assert kinds(finding) == ["opened", "closed"]

    Post.objects.filter(pk=held.pk).delete()
    again = city_without_head(world)

    assert again.pk != finding.pk
    assert Finding.objects.filter(rule="ORG-05", unit=world.n1).count() == 2


def test_a_run_of_a_branch_or_of_one_rule_leaves_the_others_alone(world):
    findings.run_checks()
    before = Finding.objects.live().count()
    Function.objects.filter(is_core=True).update(is_core=False)  # nothing of ORG-08 is left

    findings.run_checks(only=["ORG-05"])
    assert Finding.objects.live().count() == before

    findings.run_checks(world.north)

    live = Finding.objects.live().filter(rule="ORG-08")
    assert {one.unit.code[0] for one in live.select_related("unit")} == {"S"}


def test_evidence_that_changes_is_told_in_the_history(world):
    findings.run_checks()
    finding = Finding.objects.get(rule="ORG-08", unit=world.north)
    make_post(user=world.north_head, unit=world.north, function="客户运营管理")

    findings.run_checks()

    finding.refresh_from_db()
    assert "客户运营管理" not in finding.evidence["functions"]
    assert "客户运营管理" not in finding.message
    assert kinds(finding) == ["opened", "changed"]


def test_who_mends_it_is_told_and_may_not_be_late_already(world):
    finding = city_without_head(world)
    today = timezone.localdate()

    with pytest.raises(Refused, match="passed"):
        findings.assign(finding, to=world.north_clerk, due_on=today - DAY, by=world.north_head)
    findings.assign(finding, to=world.north_clerk, due_on=today, by=world.north_head)
    findings.explain(finding, text=" 人选已定 ", by=world.north_clerk)

    finding.refresh_from_db()
    assert (finding.owner, finding.due_on) == (world.north_clerk, today)
    assert (finding.state, finding.explanation) == ("explained", "人选已定")
    assert kinds(finding) == ["opened", "assigned", "explained"]
    notice = Notice.objects.get(kind="compliance.finding")
    assert notice.user == world.north_clerk

    staff(world)
    findings.run_checks()
    with pytest.raises(Refused, match="gone"):
        findings.explain(finding, text="还是", by=world.north_clerk)


def test_an_exception_holds_until_its_day_once_it_is_approved(world):
    staff(world, city="营销总监")
    findings.run_checks()
    finding = Finding.objects.get(rule="ORG-05", unit=world.n1)
    until = timezone.localdate() + DAY
    asker = make_user(unit=world.n1, no="N1-ADMIN", role="section-administrator")

    asked = findings.ask_exception(finding, until=until, reason="过渡期", by=asker)
    with pytest.raises(Refused, match="already"):
        findings.ask_exception(finding, until=until, reason="又来", by=asker)
    finding.refresh_from_db()
    assert finding.state == "open"
    score = findings.run_checks().score_by_unit["N1"]

    # The head of the unit above decides.
    approval = approvals.open_approval(asked, findings.EXCEPTION)
    task = Task.objects.get(step__approval=approval, state="open")
    approvals.approve(task, by=world.north_head)

    finding.refresh_from_db()
    assert (finding.state, finding.excepted_until) == ("excepted", until)
    report = findings.run_checks()
    assert ("ORG-05", "N1") not in [(one.check.id, one.breach.unit.code) for one in report.found]
    assert report.score_by_unit["N1"] == score + 20
    assert finding.exceptions.get().state == "approved"

    # The last day counts; on the next morning the finding is open again.
    assert findings.end_exceptions(until) == 0
    assert findings.end_exceptions(until + DAY) == 1
    finding.refresh_from_db()
    assert (finding.state, finding.excepted_until) == ("open", None)
    assert kinds(finding) == ["opened", "asked", "excepted", "resumed"]


def test_a_paper_about_a_finding_that_is_gone_leaves_the_desks(world):
    staff(world, city="营销总监")
    findings.run_checks()
    finding = Finding.objects.get(rule="ORG-05", unit=world.n1)
    asker = make_user(unit=world.n1, role="section-administrator")
    until = timezone.localdate() + DAY
    asked = findings.ask_exception(finding, until=until, reason="过渡期", by=asker)
    Post.objects.filter(user__employee_no="N1-HEAD").update(reports_to="城市总")

    findings.run_checks()

    assert findings.end_useless_requests() == 1
    assert findings.end_useless_requests() == 0
    assert approvals.open_approval(asked, findings.EXCEPTION) is None
    assert FindingException.objects.get().state == "withdrawn"
    finding.refresh_from_db()
    assert finding.state == "closed"


def test_an_override_lifts_the_finding_of_a_head_until_it_is_taken_back(world):
    held = staff(world)
    Post.objects.filter(pk=held.pk).update(is_dedicated=False)
    findings.run_checks()
    finding = Finding.objects.get(rule="ORG-10", unit=world.n1)

    with pytest.raises(Refused, match="allows no exception"):
        findings.override(held, rule="ORG-08", reason="过渡期", by=world.north_head)
    with pytest.raises(Refused, match="why"):
        findings.override(held, rule="ORG-10", reason=" ", by=world.north_head)
    made = findings.override(held, rule="ORG-10", reason="过渡期", by=world.north_head)

    finding.refresh_from_db()
    assert finding.state == "closed"

    findings.end_override(made, by=world.north_head)

    assert Finding.objects.live().filter(rule="ORG-10", unit=world.n1).count() == 1


def test_an_override_is_listed_and_taken_back_by_whoever_manages_the_unit(client, world):
    """Its finding is closed, so that the list is where it is found again."""
    held = staff(world)
    Post.objects.filter(pk=held.pk).update(is_dedicated=False)
    findings.run_checks()
    finding = Finding.objects.get(rule="ORG-10", unit=world.n1)
    made = findings.override(held, rule="ORG-10", reason="过渡期", by=world.north_head)
    take_back = reverse("compliance:override-take-back", args=[made.pk])
    listed = reverse("compliance:overrides")

    client.force_login(world.boss)  # sees it, and manages nothing
    page = client.get(listed).content.decode()
    assert ("过渡期" in page, take_back in page) == (True, False)
    assert client.post(take_back).status_code == 403
    client.force_login(world.south_head)
    assert "过渡期" not in client.get(listed).content.decode()
    assert client.post(take_back).status_code == 404
    client.force_login(world.north_head)
    page = client.get(listed).content.decode()
    assert ("过渡期" in page, take_back in page) == (True, True)
    on_finding = reverse("compliance:override-end", args=[finding.pk, made.pk])
    page = client.get(finding.get_absolute_url())
    assert on_finding in page.content.decode()
    assert not page.context["may_manage"]  # what is closed is not given to anybody

    assert client.post(take_back).url == listed

    assert "过渡期" not in client.get(listed).content.decode()
    assert Finding.objects.live().filter(rule="ORG-10", unit=world.n1).count() == 1
    made.refresh_from_db()
    assert made.ended_by == world.north_head


def test_a_post_that_has_ended_stands_on_no_list_of_what_is_allowed(client, world):
    held = staff(world)
    findings.override(held, rule="ORG-10", reason="过渡期", by=world.north_head)
    client.force_login(world.north_head)
    address = reverse("compliance:overrides")
    assert len(client.get(address).context["rows"]) == 1

    Post.objects.filter(pk=held.pk).update(valid_until=timezone.localdate())

    assert client.get(address).context["rows"] == []


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_write_each_finding_once(world):
    barrier = threading.Barrier(4)

    def act():
        try:
            barrier.wait(30)
            return findings.run_checks().by_rule
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = [one.result(60) for one in [pool.submit(act) for _run in range(4)]]

    assert answers[0]
    assert answers == [answers[0]] * 4
    assert Finding.objects.count() == sum(answers[0].values())
    assert set(FindingEvent.objects.values_list("kind", flat=True)) == {"opened"}
    assert FindingEvent.objects.count() == Finding.objects.count()
    assert CheckRun.objects.get().opened == 0  # the last one found everything written


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False])
def test_the_lock_is_what_keeps_the_second_run_out(world, monkeypatch, locked):
    """The broken twin waits for nobody: both see no findings, and one of them fails to write."""
    if not locked:
        monkeypatch.setattr(findings, "_one_at_a_time", lambda: None)
    both_have_looked = threading.Barrier(2)
    look = findings.run

    def look_together(world, only=None):
        found = look(world, only)
        with contextlib.suppress(threading.BrokenBarrierError):
            both_have_looked.wait(2)
        return found

    monkeypatch.setattr(findings, "run", look_together)

    def act():
        try:
            return findings.run_checks() and "ran"
        except IntegrityError:
            return "collided"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        ended = sorted(one.result(60) for one in [pool.submit(act) for _run in range(2)])

    assert ended == (["ran", "ran"] if locked else ["collided", "ran"])


def test_the_pages_of_a_unit_and_of_whoever_mends_show_its_findings(client, world):
    finding = city_without_head(world)
    findings.assign(finding, to=world.north_head, due_on=timezone.localdate(), by=world.north_head)
    client.force_login(world.north_head)
    link = f'href="{finding.get_absolute_url()}"'

    unit_page = client.get(f"/compliance/units/{world.n1.code}/").content.decode()
    own_page = client.get("/compliance/me/").content.decode()

    assert link in unit_page
    assert link in own_page
    assert "上月 0" in unit_page


def test_the_page_says_which_registers_are_not_checked(client, world):
    def unkept():
        page = client.get("/compliance/findings/")
        address = reverse("regions:policy", args=["compliance.registers_kept"])
        return page.context["unkept"], address in page.content.decode()

    client.force_login(world.admin)
    with translation.override("zh-hans"):
        names = [str(label) for _key, label in REGISTERS]
        everything = listed(names)

    assert unkept() == (everything, True)
    say(world.group, "compliance.registers_kept", ("functions", "headcount"))
    assert unkept() == (names[2], True)
    say(world.group, "compliance.registers_kept", ("functions", "headcount", "implementation"))
    assert unkept() == ("", False)
