"""Pages of the work on a case: what they show, what they refuse, and how many queries they need."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from complaints.models import (
    AnswerTemplate,
    CaseEntry,
    CaseFile,
    Category,
    Contractor,
    CostLine,
    Measure,
    SparePart,
    WorkOrder,
)
from complaints.services import make_move
from complaints.services.answers import save_template
from complaints.services.contract_works import add_part, move_work, plan_work, save_contractor
from complaints.services.costs import add_cost
from complaints.services.measures import give_measure
from complaints.services.notes import write_note
from tests.attached import photo
from tests.complaints.cases import facts_for, fresh, stand
from tests.complaints.test_pages import page, queries, text
from tests.factories import make_case

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def post(client, route, /, *args, query="", **data):
    return client.post(reverse(f"complaints:{route}", args=args) + query, data)


@pytest.fixture
def case(world):
    made = make_case(unit=world.n1a, category=Category.objects.get(name="渗漏"), assign=False)
    return stand(made, "in_progress", world.north_clerk)


def plan(case, **values):
    today = timezone.localdate()
    given = {"title": "外墙打胶", "crew": "防水班组", "planned_from": today, "planned_until": today}
    return plan_work(case, by=None, **(given | values))


def fill_up(case, number):
    """One more of everything that the page of a case shows."""
    work = plan(case, title=f"外墙打胶{number}")
    add_part(work, by=None, name="胶", quantity=1, unit_price=9)
    add_cost(case, by=None, kind="labour", amount=Decimal(9 + number), bearer="owner", reason="x")
    write_note(case, text=f"备注{number}", by=case.handler)
    give_measure(
        unit=case.unit, by=None, text=f"措施{number}", owner=case.handler,
        due_on=timezone.localdate(), cases=[case],
    )  # fmt: skip


@pytest.mark.parametrize(("name", "most"), [("works", 13), ("measures", 13), ("contractors", 8)])
def test_the_number_of_queries_of_a_list_does_not_grow(client, world, case, name, most):
    client.force_login(world.north_head)

    def enter(number):
        firm = save_contractor(None, by=None, unit=case.unit, name=f"防水{number}")
        plan(case, title=f"外墙打胶{number}", contractor=firm)
        give_measure(
            unit=case.unit, by=None, text=f"措施{number}", owner=world.north_clerk,
            due_on=timezone.localdate(), category=case.category,
        )  # fmt: skip

    enter(1)
    address = reverse(f"complaints:{name}")
    with_one = queries(client, address)
    enter(2)
    enter(3)

    assert queries(client, address) == with_one <= most
    shown = text(client.get(address))
    assert all(f"{word}{n}" in shown for n in (1, 2, 3) for word in (
        {"works": "外墙打胶", "measures": "措施", "contractors": "防水"}[name],
    ))  # fmt: skip


def test_the_page_of_a_case_needs_as_many_queries_for_more_work(client, world, case):
    client.force_login(world.north_clerk)
    fill_up(case, 1)
    with_one = queries(client, case.get_absolute_url())
    fill_up(case, 2)
    fill_up(case, 3)

    assert queries(client, case.get_absolute_url()) == with_one


def test_a_template_needs_no_further_query_for_more_templates(client, world, case):
    def enter(number):
        save_template(
            None, by=None, unit=world.group, name=f"模板{number}", channel="sms", text="{owner}您好"
        )

    client.force_login(world.north_clerk)
    enter(1)
    address = reverse("complaints:answer", args=[case.pk])
    with_one = queries(client, address)
    enter(2)
    enter(3)
    assert queries(client, address) == with_one
    chosen = AnswerTemplate.objects.get(name="模板2")
    assert "陈志远您好" in text(client.get(address, {"template": chosen.pk}))
    assert "陈志远您好" not in text(client.get(address, {"template": "x"}))


def test_the_page_of_a_case_shows_the_work_and_offers_it_to_whoever_may(client, world, case):
    fill_up(case, 1)
    client.force_login(world.north_clerk)
    shown = text(client.get(case.get_absolute_url()))
    for address in ("note-new", "answer", "work-new", "cost-new", "cause"):
        assert reverse(f"complaints:{address}", args=[case.pk]) in shown, address
    for words in ("外墙打胶1", "备注1", "措施1", "¥10.00"):
        assert words in shown

    client.force_login(world.reader)
    shown = text(client.get(case.get_absolute_url()))
    for address in ("note-new", "answer", "work-new", "cost-new", "cause"):
        assert reverse(f"complaints:{address}", args=[case.pk]) not in shown, address
    assert "外墙打胶1" in shown


# --- notes and answers ----------------------------------------------------------------------------


def test_a_note_is_written_and_mended_on_the_page(client, world, case):
    client.force_login(world.north_clerk)
    assert post(client, "note-new", case.pk, text="先致歉").status_code == 302
    entry = CaseEntry.objects.get(kind="note")
    address = reverse("complaints:note", args=[case.pk, entry.pk])
    assert address in text(client.get(case.get_absolute_url()))
    assert "先致歉" in text(client.get(address))

    assert client.post(address, {"text": "先致歉，再约时间"}).status_code == 302
    refused = client.post(address, {"text": "@查无此人 看一下"})

    assert refused.status_code == 422
    assert "@查无此人 看一下" in text(refused)
    assert CaseEntry.objects.get(kind="note").text == "先致歉，再约时间"
    client.force_login(world.north_head)
    assert client.get(address).status_code == 404
    assert address not in text(client.get(case.get_absolute_url()))


def test_what_was_typed_stays_when_an_answer_is_refused(client, world, case):
    client.force_login(world.north_clerk)
    refused = post(client, "answer", case.pk, channel="sms", text="{due}前答复您")
    assert refused.status_code == 422
    assert "{due}前答复您" in text(refused)

    assert post(client, "answer", case.pk, channel="sms", text="明日答复您").status_code == 302
    shown = text(client.get(case.get_absolute_url()))
    assert "明日答复您" in shown


def test_a_template_is_written_on_its_page(client, world):
    client.force_login(world.admin)
    data = {"unit": world.group.code, "name": "告知", "channel": "sms", "is_active": "on"}
    refused = post(client, "answer-new", text="{ower}您好", **data)
    assert refused.status_code == 422
    assert "ower" in text(refused)
    assert "{handler}" in text(refused)  # what is allowed stands beside it

    assert post(client, "answer-new", text="{owner}您好", **data).status_code == 302
    template = AnswerTemplate.objects.get()
    assert "告知" in text(page(client, "answers"))
    post(client, "answer-template", template.pk, text="{owner}", **data | {"is_active": ""})
    template.refresh_from_db()
    assert (template.text, template.is_active, template.changed_by) == (
        "{owner}", False, world.admin,
    )  # fmt: skip


# --- works ----------------------------------------------------------------------------------------


def test_a_work_from_the_case_to_its_acceptance(client, world, case):
    client.force_login(world.north_clerk)
    today = timezone.localdate().isoformat()
    data = {
        "title": "打胶",
        "planned_from": today,
        "planned_until": today,
        "labour_cost": "1,200.50",
    }
    refused = post(client, "work-new", case.pk, **data)
    assert refused.status_code == 422
    assert "1,200.50" in text(refused)
    firm = save_contractor(None, by=None, unit=world.n1, name="北方防水")
    assert post(client, "work-new", case.pk, contractor=firm.pk, **data).status_code == 302
    work = WorkOrder.objects.get()
    assert (work.labour_cost, work.entered_by) == (Decimal("1200.50"), world.north_clerk)

    assert (
        post(client, "part-new", work.pk, name="胶", quantity="2", unit_price="x").status_code
        == 422
    )
    post(client, "part-new", work.pk, name="胶", quantity="2", unit_price="9.50")
    assert "¥1,219.50" in text(client.get(work.get_absolute_url()))
    for move, version in (("start", 1), ("finish", 2), ("accept", 3)):
        assert post(client, "work-move", work.pk, move, version=version).status_code == 302
    assert WorkOrder.objects.get().state == "accepted"
    shown = text(client.get(work.get_absolute_url()))
    assert reverse("complaints:cost-new", args=[case.pk]) in shown
    proposal = client.get(reverse("complaints:cost-new", args=[case.pk]), {"work": work.pk})
    assert "1219.50" in text(proposal)
    post(
        client, "cost-new", case.pk, query=f"?work={work.pk}",
        kind="labour", amount="1,219.50", bearer="contractor", reason="保修",
    )  # fmt: skip
    assert CostLine.objects.get().work == work
    assert reverse("complaints:part-new", args=[work.pk]) not in shown
    post(client, "part-remove", work.pk, SparePart.objects.get().pk)
    assert SparePart.objects.exists()  # an accepted work is not changed any more


def test_the_slower_of_two_is_told_and_keeps_what_he_typed(client, world, case):
    work = plan(case)
    move_work(work, "start", by=None)
    client.force_login(world.north_clerk)

    late = post(client, "work-move", work.pk, "cancel", version=work.version, reason="不做了")

    assert late.status_code == 409
    assert "不做了" in text(late)
    assert WorkOrder.objects.get().state == "under_way"
    wrong = post(client, "work-move", work.pk, "accept", version=2)
    assert wrong.status_code == 422
    assert client.get(reverse("complaints:work-move", args=[work.pk, "fly"])).status_code == 404


def test_resolving_with_open_works_is_refused_in_one_sentence(client, world, case):
    plan(case)
    client.force_login(world.north_clerk)
    now = fresh(case)

    refused = post(client, "move", case.pk, "resolve", version=now.version, resolution="已修复")

    assert refused.status_code == 422
    assert "外墙打胶" in text(refused)
    assert "已修复" in text(refused)
    assert fresh(case).state == "in_progress"


def test_photographs_belong_to_the_work_and_to_the_case(client, world, case):
    work = plan(case)
    client.force_login(world.north_clerk)
    picture = SimpleUploadedFile("前.jpg", photo(), content_type="image/jpeg")

    post(client, "work-file-add", work.pk, role="before", files=picture)

    file = CaseFile.objects.get()
    assert (file.work, file.case, file.role) == (work, case, "before")
    assert reverse("complaints:file", args=[case.pk, file.pk]) in text(
        client.get(work.get_absolute_url())
    )


def test_the_lists_are_narrowed_by_their_filters(client, world, case):
    today = timezone.localdate()
    firm = save_contractor(None, by=None, unit=case.unit, name="北方防水")
    plan(case, title="迟的", planned_from=today - 9 * DAY, planned_until=today - DAY)
    plan(case, title="别人的", contractor=firm)
    move_work(plan(case, title="取消的"), "cancel", by=None, reason="不做了")
    client.force_login(world.north_head)

    def shown(**query):
        found = page(client, "works", **query).context["rows"]
        return [row["work"].title for row in found]

    assert shown() == ["迟的", "别人的"]
    assert shown(show="late") == ["迟的"]
    assert shown(show="cancelled") == ["取消的"]
    assert set(shown(show="all")) == {"迟的", "别人的", "取消的"}
    assert shown(contractor=firm.pk) == ["别人的"]
    assert shown(unit=world.n1a.code, show="late") == ["迟的"]


def test_pages_of_works_follow_each_other_by_key(client, world, case):
    today = timezone.localdate()
    for number in range(27):
        plan(case, title=f"工作{number:02}", planned_until=today + number * DAY)
    client.force_login(world.north_clerk)

    first = page(client, "works").context["page"]
    second = page(client, "works", after=first.next).context["page"]
    back = page(client, "works", before=second.previous).context["page"]

    assert [work.title for work in first.rows] == [f"工作{n:02}" for n in range(25)]
    assert [work.title for work in second.rows] == ["工作25", "工作26"]
    assert back.rows == first.rows


def test_a_contractor_is_kept_on_his_page(client, world):
    client.force_login(world.north_head)
    data = {"unit": world.n1a.code, "name": "北方防水", "trade": "防水", "is_active": "on"}
    assert post(client, "contractor-new", **data).status_code == 302
    assert post(client, "contractor-new", **data).status_code == 422
    firm = Contractor.objects.get()
    assert post(client, "contractor", firm.pk, **data | {"is_active": ""}).status_code == 302
    firm.refresh_from_db()
    assert not firm.is_active
    assert "北方防水" in text(page(client, "contractors"))


# --- measures -------------------------------------------------------------------------------------


def test_a_measure_from_the_case_to_the_check(client, world, case):
    client.force_login(world.north_head)
    proposed = text(client.get(reverse("complaints:measure-new"), {"case": case.number}))
    assert case.number in proposed
    data = {
        "unit": world.n1a.code,
        "text": "样板先行",
        "owner": world.north_clerk.employee_no,
        "due_on": timezone.localdate().isoformat(),
        "cause": "method",
        "category": case.category.pk,
        "cases": case.number,
    }
    assert post(client, "measure-new", **data | {"cases": "TS0"}).status_code == 422
    assert post(client, "measure-new", **data).status_code == 302
    measure = Measure.objects.get()
    assert list(measure.cases.all()) == [case]

    client.force_login(world.north_clerk)
    assert "样板先行" in text(page(client, "measures", mine="on"))
    assert post(client, "measure", measure.pk, act="check", effective="1").status_code == 403
    assert post(client, "measure", measure.pk, act="done", result="").status_code == 422
    assert post(client, "measure", measure.pk, act="done", result="已交底").status_code == 302
    client.force_login(world.north_head)
    assert post(client, "measure", measure.pk, act="check", effective="0").status_code == 422
    assert post(client, "measure", measure.pk, act="check", effective="1").status_code == 302
    measure.refresh_from_db()
    assert (measure.effective, measure.checked_by) == (True, world.north_head)
    assert "样板先行" in text(page(client, "measures", show="checked"))
    assert "样板先行" not in text(page(client, "measures"))


def test_overdue_measures_are_marked_and_found(client, world, case):
    measure = give_measure(
        unit=case.unit, by=None, text="样板先行", owner=world.north_clerk,
        due_on=timezone.localdate(),
    )  # fmt: skip
    client.force_login(world.north_head)
    assert "样板先行" not in text(page(client, "measures", show="overdue"))
    Measure.objects.filter(pk=measure.pk).update(due_on=timezone.localdate() - DAY)

    shown = page(client, "measures", show="overdue")

    assert [row["state"]["tone"] for row in shown.context["rows"]] == ["bad"]


# --- out of reach ---------------------------------------------------------------------------------


def test_nothing_of_the_sibling_branch_exists(client, world, case):
    work, firm = plan(case), save_contractor(None, by=None, unit=case.unit, name="北方防水")
    measure = give_measure(
        unit=case.unit, by=None, text="样板", owner=world.north_clerk, due_on=timezone.localdate()
    )
    note = write_note(case, text="备注", by=world.north_clerk)
    client.force_login(world.south_head)

    for name, *args in (
        ("work", work.pk), ("work-edit", work.pk), ("work-move", work.pk, "cancel"),
        ("contractor", firm.pk), ("measure", measure.pk), ("answer", case.pk),
        ("cost-new", case.pk), ("work-new", case.pk), ("note", case.pk, note.pk),
    ):  # fmt: skip
        assert client.get(reverse(f"complaints:{name}", args=args)).status_code == 404, name
    for name in ("works", "measures", "contractors"):
        shown = text(page(client, name))
        assert not any(word in shown for word in ("外墙打胶", "样板", "北方防水"))


def test_a_note_of_another_case_is_not_found_under_this_one(client, world, case):
    other = make_case(unit=world.n1a, assign=False)
    note = write_note(other, text="备注", by=world.north_head)
    client.force_login(world.north_head)
    assert client.get(reverse("complaints:note", args=[case.pk, note.pk])).status_code == 404


def test_a_resolved_case_offers_no_further_work(client, world, case):
    make_move(case, "resolve", by=None, **facts_for("resolve", case, None))
    client.force_login(world.north_clerk)
    shown = text(client.get(case.get_absolute_url()))
    assert reverse("complaints:work-new", args=[case.pk]) not in shown
    assert reverse("complaints:cost-new", args=[case.pk]) in shown
