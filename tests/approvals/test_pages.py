"""Pages of approvals: requests from draft to decision, the inbox, what comes too late, flows."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import User
from accounts.sessions import PROVED
from approvals.models import (
    Approval,
    Decision,
    Flow,
    FlowVersion,
    PhoneSignature,
    Request,
    Task,
    Verb,
)
from approvals.services import approve, send_back
from approvals.services.requests import submit_request, write_request
from core.errors import Refused
from core.models import Draft
from tests.approvals.flows import task_of
from tests.factories import World, make_post, make_user

pytestmark = pytest.mark.django_db
HEAD = "客户关系中心(部)负责人"


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def head(world: World) -> User:
    """Who decides general requests of the project's people: he leads the project."""
    person = make_user(unit=world.n1a, role="section-head", no="LEAD", name="高翔")
    make_post(user=person, unit=world.n1a, function="项目客户关系负责人")
    return person


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def ask(by: User, title: str = "购置帐篷", amount: str = "100.00") -> Approval:
    paper = write_request(
        form="general",
        title=title,
        values={"reason": "夏季日晒", "wish": "同意购置"},
        amount=Decimal(amount),
        by=by,
    )
    return submit_request(paper, by=by)


def decision(task: Task, verb: str = "approve", **more: str) -> dict[str, str]:
    return {"task": str(task.pk), "verb": verb, "request_key": f"key-{task.pk}", **more}


def test_a_request_goes_from_the_form_to_the_approver_and_back(world: World, head: User):
    clerk = signed_in(world.north_clerk)
    address = reverse("approvals:request-new") + "?form=general"
    typed = {
        "title": "购置帐篷",
        "field-reason": "夏季日晒",
        "field-wish": "同意购置两顶",
        "amount": "1,680.00".replace(",", ""),
        "act": "submit",
        "request_key": "k1",
    }
    short = clerk.post(address, typed | {"title": ""})
    assert short.status_code == 422
    assert "夏季日晒" in short.content.decode()  # what was typed stays
    assert not Request.objects.exists()

    pdf = SimpleUploadedFile("方案.pdf", b"%PDF-1.4\n1 0 obj\nendobj\ntrailer\n%%EOF")
    answer = clerk.post(address, typed | {"files": [pdf]})
    approval = Approval.objects.get()
    paper = Request.objects.get()
    assert answer.url == approval.get_absolute_url()
    assert (paper.state, paper.files.count(), approval.amount) == (
        "in_approval",
        1,
        Decimal("1680.00"),
    )
    assert clerk.get(reverse("approvals:request-edit", args=[paper.pk])).status_code == 302
    with pytest.raises(Refused):
        write_request(form="general", title="x", values={}, by=world.north_clerk, request=paper)

    send_back(task_of(approval, head), by=head, comment="请写数量")
    page = clerk.get(paper.get_absolute_url()).content.decode()
    assert "The paper was sent back" in page
    assert "Will be asked" in page  # the way it would take
    clerk.post(reverse("approvals:request-edit", args=[paper.pk]), typed | {"act": "save"})
    clerk.post(paper.get_absolute_url(), {"request_key": "k2"})
    approval.refresh_from_db()
    assert (approval.state, Approval.objects.count()) == ("running", 1)

    lead = signed_in(head)
    shown = lead.get(approval.get_absolute_url()).content.decode()
    assert "The content is what was submitted." in shown
    assert "方案.pdf" in shown
    assert "Waiting for you" in shown
    task = task_of(approval, head)
    done = lead.post(reverse("approvals:decide", args=[approval.pk]), decision(task))
    assert done.url == reverse("approvals:inbox")
    paper.refresh_from_db()
    assert paper.state == "approved"


def test_nobody_of_the_sibling_branch_sees_a_request_or_its_approval(world: World, head: User):
    approval = ask(world.north_clerk)
    paper = Request.objects.get()
    south = signed_in(world.south_head)
    for address in (
        approval.get_absolute_url(),
        paper.get_absolute_url(),
        reverse("approvals:act", args=[approval.pk, "remark"]),
    ):
        assert south.get(address).status_code == 404, address
    assert south.post(reverse("approvals:decide", args=[approval.pk])).status_code == 404
    colleague = signed_in(make_user(unit=world.n1a))
    assert colleague.get(paper.get_absolute_url()).status_code == 404
    assert signed_in(head).post(paper.get_absolute_url()).status_code == 403  # not his own


def test_a_second_click_is_one_decision_and_who_comes_late_keeps_his_words(
    world: World, head: User
):
    approval = ask(world.north_clerk)
    task = task_of(approval, head)
    address = reverse("approvals:decide", args=[approval.pk])
    lead = signed_in(head)

    refused = lead.post(address, decision(task, "reject"))
    assert refused.status_code == 422
    assert Decision.objects.filter(verb=Verb.REJECT).count() == 0

    assert [lead.post(address, decision(task)).status_code for _click in range(2)] == [302, 302]
    assert Decision.objects.filter(approval=approval, verb=Verb.APPROVE).count() == 1

    late = lead.post(address, decision(task, comment="我也同意", request_key="other"))
    assert late.status_code == 409
    text = late.content.decode()
    assert "高翔: Agreed" in text
    assert "我也同意" in text


def test_the_inbox_reads_as_many_rows_with_the_same_queries(
    world: World, head: User, django_assert_num_queries: Any
):
    lead = signed_in(head)
    ask(world.north_clerk, "第一件")
    lead.get(reverse("approvals:inbox"))
    counts = {}
    for tab, person in (("waiting", head), ("started", world.north_clerk)):
        client = signed_in(person)
        address = reverse("approvals:inbox") + f"?tab={tab}"
        client.get(address)
        with CaptureQueriesContext(connection) as one:
            client.get(address)
        counts[tab] = len(one)
    ask(world.north_clerk, "第二件")
    ask(world.north_clerk, "第三件")
    for tab, person in (("waiting", head), ("started", world.north_clerk)):
        client = signed_in(person)
        address = reverse("approvals:inbox") + f"?tab={tab}"
        client.get(address)
        with django_assert_num_queries(counts[tab]):
            page = client.get(address).content.decode()
        assert all(name in page for name in ("第一件", "第二件", "第三件"))


def test_several_papers_of_one_flow_are_approved_after_they_were_listed(world: World, head: User):
    tasks = [task_of(ask(world.north_clerk, name), head) for name in ("甲事项", "乙事项")]
    lead = signed_in(head)
    address = reverse("approvals:approve-many")
    pick = {"pick": [str(task.pk) for task in tasks]}

    asked = lead.post(address, pick)
    text = asked.content.decode()
    assert all(word in text for word in ("甲事项", "乙事项", "¥200.00"))
    assert Approval.objects.filter(state="running").count() == 2

    approve(tasks[0], by=head)
    lead.post(address, pick | {"sure": "1"})
    assert set(Approval.objects.values_list("state", flat=True)) == {"approved"}
    assert Decision.objects.filter(verb=Verb.APPROVE).count() == 2
    assert lead.post(address, {}).status_code == 302


def test_a_large_sum_asks_once_more_who_decides(world: World, head: User):
    approval = ask(world.north_clerk, "大额", "10000.01")
    task = task_of(approval, head)
    client = signed_in(head)
    session = client.session
    session[PROVED] = 0
    session.save()
    answer = client.post(reverse("approvals:decide", args=[approval.pk]), decision(task))

    assert answer.url.startswith(reverse("accounts:again"))
    approval.refresh_from_db()
    assert not Decision.objects.filter(verb=Verb.APPROVE).exists()


def test_naming_who_is_next_keeps_the_files_of_the_decision(world: World, head: User):
    paper = write_request(
        form="free", title="借用会议室", values={"reason": "座谈"}, by=world.north_clerk
    )
    approval = submit_request(paper, by=world.north_clerk, chosen={"first": [head]})
    pdf = SimpleUploadedFile("意见.pdf", b"%PDF-1.4\n1 0 obj\nendobj\ntrailer\n%%EOF")
    data = decision(task_of(approval, head)) | {"next": world.north_head.employee_no}

    answer = signed_in(head).post(
        reverse("approvals:decide", args=[approval.pk]), data | {"files": [pdf]}
    )

    assert answer.url == reverse("approvals:inbox")
    assert task_of(approval, world.north_head).state == "open"
    file = approval.files.get()
    assert (file.name, file.decision.verb) == ("意见.pdf", Verb.CHOOSE_NEXT)


def test_files_that_came_with_a_decision_on_a_changed_paper_are_not_kept(
    world: World,
    head: User,
    settings: Any,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Any,
):
    settings.PRIVATE_FILES = tmp_path
    approval = ask(world.north_clerk)
    Request.objects.update(title="另一件事")
    pdf = SimpleUploadedFile("意见.pdf", b"%PDF-1.4\n1 0 obj\nendobj\ntrailer\n%%EOF")

    with django_capture_on_commit_callbacks(execute=True):
        answer = signed_in(head).post(
            reverse("approvals:decide", args=[approval.pk]),
            decision(task_of(approval, head)) | {"files": [pdf]},
        )

    assert answer.status_code == 409
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def uploaded(client: Client, form: str, name: str) -> str:
    """Upload a file into the draft of a form, as the page does; the key of the draft."""
    key = str(uuid4())
    pdf = SimpleUploadedFile(name, b"%PDF-1.4\n1 0 obj\nendobj\ntrailer\n%%EOF")
    sent = {"draft": key, "draft_form": form, "files": [pdf]}
    assert client.post(reverse("core:draft-files"), sent).status_code == 200
    return key


def test_a_file_uploaded_beside_the_decision_goes_with_it(world: World, head: User):
    approval = ask(world.north_clerk)
    lead = signed_in(head)
    page = lead.get(approval.get_absolute_url()).content.decode()
    form = f"approvals.act:{approval.pk}:decide"
    assert f'name="draft_form" value="{form}"' in page
    assert 'data-crm="uploads"' in page
    key = uploaded(lead, form, "核价单.pdf")

    data = decision(task_of(approval, head)) | {"draft": key, "draft_form": form}
    lead.post(reverse("approvals:decide", args=[approval.pk]), data)

    file = approval.files.get()
    assert (file.name, file.decision.verb, file.uploaded_by) == ("核价单.pdf", "approve", head)
    assert not Draft.objects.exists()


def test_a_refused_decision_keeps_what_was_uploaded(world: World, head: User):
    approval = ask(world.north_clerk)
    lead = signed_in(head)
    form = f"approvals.act:{approval.pk}:decide"
    key = uploaded(lead, form, "核价单.pdf")

    data = decision(task_of(approval, head), "reject") | {"draft": key, "draft_form": form}
    answer = lead.post(reverse("approvals:decide", args=[approval.pk]), data)

    assert answer.status_code == 422  # nobody says no without a word
    assert "核价单.pdf" in answer.content.decode()
    assert key in answer.content.decode()


def test_a_call_is_written_down_with_what_proves_it(world: World, head: User):
    approval = ask(world.north_clerk)
    recorder = make_user(unit=world.n1, role="section-head", no="N-OFFICE")
    witness = make_user(unit=world.n1, no="N-WITNESS")
    client = signed_in(recorder)
    form = f"approvals.act:{approval.pk}:call"
    key = uploaded(client, form, "通话记录.pdf")
    Task.objects.update(opened_at=timezone.now() - timedelta(hours=1))

    client.post(
        reverse("approvals:act", args=[approval.pk, "call"]),
        {
            "request_key": "call-1",
            "comment": "同意，尽快采购",
            "verb": "approve",
            "called_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
            "witness": witness.employee_no,
            "draft": key,
            "draft_form": form,
        },
    )

    signature = PhoneSignature.objects.get()
    assert [one.name for one in signature.decision.files.all()] == ["通话记录.pdf"]


def test_a_draft_needs_neither_name_nor_all_fields_and_is_not_submitted_so(
    world: World, head: User
):
    clerk = signed_in(world.north_clerk)
    address = reverse("approvals:request-new") + "?form=general"
    form = "approvals.request:general"
    key = uploaded(clerk, form, "方案.pdf")

    clerk.post(
        address,
        {"title": "", "field-reason": "夏季日晒", "act": "save", "draft": key, "draft_form": form},
    )

    paper = Request.objects.get()
    assert paper.title == f"Untitled · 通用申请 · {timezone.localdate().isoformat()}"
    assert (paper.state, [one.name for one in paper.files.all()]) == ("draft", ["方案.pdf"])
    answer = clerk.post(paper.get_absolute_url(), {"request_key": "k1"}, follow=True)
    assert "Something is missing, please fill it in first: 请求事项." in answer.content.decode()
    assert not Approval.objects.exists()


def test_an_editor_changes_a_flow_and_a_fixed_one_not(world: World):
    flow = Flow.objects.get(key="general")
    admin = signed_in(world.admin)
    address = reverse("approvals:flow-edit", args=[flow.pk])
    assert admin.get(address).status_code == 200
    boxes = {
        "s0-key": "head",
        "s0-name": "部门负责人",
        "s0-who0": "head:",
        "s0-place0": "0",
        "s0-how": "any",
        "rules-no_approver": "escalate",
        "rules-applicant_is_approver": "superior",
        "rules-repeated": "once",
        "rules-left": "superior",
    }

    followed = admin.post(reverse("approvals:flow-drawing", args=[flow.pk]), boxes)
    assert "部门负责人" in followed.content.decode()
    added = admin.post(address, boxes | {"act": "add-1"}, headers={"HX-Request": "true"})
    assert 'name="s1-name"' in added.content.decode()
    assert "<html" not in added.content.decode()

    wrong = admin.post(address, boxes | {"s0-name": "", "act": "save"})
    assert wrong.status_code == 422
    assert "Please enter a name of at most 60 characters." in wrong.content.decode()

    assert admin.post(address, boxes | {"act": "publish"}).status_code == 302
    draft = FlowVersion.objects.get(flow=flow, published_at=None)
    assert draft.definition["steps"][0]["name"] == "部门负责人"
    compared = admin.get(reverse("approvals:flow-version", args=[flow.pk, draft.number]))
    assert "step removed" in compared.content.decode()

    fixed = Flow.objects.get(key="rule")
    assert admin.get(reverse("approvals:flow-edit", args=[fixed.pk])).status_code == 403
    assert signed_in(world.north_head).get(address).status_code in (403, 404)


def test_the_editor_takes_conditions_on_amounts_and_on_fields(world: World):
    flow = Flow.objects.get(key="expense_goods")
    admin = signed_in(world.admin)
    address = reverse("approvals:flow-edit", args=[flow.pk])
    step = {"s0-name": "总经理", "s0-who0": "head:", "s0-place0": "0", "s0-how": "any"}
    rules = {"no_approver": "escalate", "applicant_is_approver": "superior"}
    rules |= {"repeated": "once", "left": "superior"}
    boxes = step | {f"rules-{name}": said for name, said in rules.items()}
    boxes |= {"s0-joined": "any", "s0-field0": "amount", "s0-is0": "gt", "s0-value0": "3,000"}
    boxes |= {"s0-field1": "over_budget", "s0-is1": "eq", "s0-value1": "Yes"}
    boxes |= {"s0-field2": "family", "s0-is2": "in", "s0-value2": "Cash for family events"}

    drawn = admin.post(reverse("approvals:flow-drawing", args=[flow.pk]), boxes)
    assert (
        "if Amount above ¥3,000 or Over budget or Flow is Cash for family events"
        in drawn.content.decode()
    )

    assert admin.post(address, boxes | {"act": "save"}).status_code == 302
    draft = FlowVersion.objects.get(flow=flow, published_at=None)
    assert draft.definition["steps"][0]["condition"] == {
        "any": [
            {"field": "amount", "is": "gt", "value": "3000"},
            {"field": "over_budget", "is": "eq", "value": True},
            {"field": "family", "is": "in", "value": ["Cash for family events"]},
        ]
    }
    page = admin.get(address).content.decode()
    assert 'name="s0-field3"' in page  # one row is always free
    assert 'name="s0-field4"' not in page

    wrong = admin.post(address, boxes | {"s0-value0": "dear", "act": "save"})
    assert wrong.status_code == 422
    assert "Please enter the amount to compare with as a number." in wrong.content.decode()


def test_the_settings_say_which_papers_take_a_flow(world: World):
    flow = Flow.objects.get(key="expense_one_off")
    admin = signed_in(world.admin)
    address = reverse("approvals:flow-settings", args=[flow.pk])
    sent = {"name": flow.name, "unit": "", "position": "20", "is_active": "on", "joined": "all"}
    sent |= {"field0": "amount", "is0": "le", "value0": "1,000"}
    sent |= {"field1": "one_off", "is1": "eq", "value1": "Yes"}

    assert "expenses.regional_ceiling" in admin.get(address).content.decode()
    shown = admin.get(flow.get_absolute_url()).content.decode()
    assert "One-off application, within the budget and Amount up to ¥3,000" in shown
    wrong = admin.post(address, sent | {"value0": ""})
    assert wrong.status_code == 422
    assert "Please enter the value to compare with." in wrong.content.decode()

    assert admin.post(address, sent).status_code == 302
    flow.refresh_from_db()
    assert flow.condition == {
        "all": [
            {"field": "amount", "is": "le", "value": "1000"},
            {"field": "one_off", "is": "eq", "value": True},
        ]
    }
    empty = dict.fromkeys(("field0", "field1"), "")
    assert admin.post(address, sent | empty).status_code == 302
    flow.refresh_from_db()
    assert flow.condition == {}
    assert signed_in(world.north_head).post(address, sent).status_code in (403, 404)


def test_the_authority_guide_is_for_everybody(world: World):
    page = signed_in(world.north_clerk).get(reverse("approvals:authority")).content.decode()

    assert "up to ¥3,000.00" in page
    assert "制度审批" in page
