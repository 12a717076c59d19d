"""The list of applications, one application, and what hangs on customers and cases."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from expenses.models import Application, LedgerEntry
from expenses.services import evidence, payments, receipts, settlements
from expenses.states import State
from tests.expenses.papers import CASH, give_budget, picture, steps_taken, submitted, write
from tests.factories import make_case, make_customer

pytestmark = pytest.mark.django_db
LIST = "/expenses/applications/"


def count_queries(client, address: str) -> int:
    """How many queries a page makes, the first visit of the day left out."""
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.fixture
def granted(world, cast) -> Application:
    """An application of the north that everybody agreed to."""
    give_budget(world)
    paper = submitted(world, "800.00")
    steps_taken(paper)
    paper.refresh_from_db()
    return paper


def test_the_list_shows_what_is_in_reach_with_the_same_queries(client, world):
    write(world, "100.00")
    client.force_login(world.north_head)
    one = count_queries(client, LIST)
    for amount in ("200.00", "300.00"):
        write(world, amount)

    assert count_queries(client, LIST) == one
    client.force_login(world.south_head)
    assert Application.objects.first().number not in client.get(LIST).content.decode()


def test_the_filters_narrow_by_state_category_text_and_customer(client, world):
    customer = make_customer(unit=world.n1a)
    mine = write(world, "100.00", title="中秋慰问", customers=[(customer, None)])
    other = write(world, "200.00", code="survey", title="电话调查", customers=[])
    client.force_login(world.north_head)

    for query in ("q=中秋", "category=gift", f"customer={customer.pk}", f"q={mine.number}"):
        page = client.get(f"{LIST}?{query}").content.decode()
        assert mine.number in page, query
        assert other.number not in page, query
    assert mine.number not in client.get(f"{LIST}?state=owed").content.decode()


def test_an_application_of_the_sibling_branch_does_not_exist(client, world, granted):
    client.force_login(world.south_head)

    for name in ("detail", "proof", "edit", "withdraw"):
        assert client.get(reverse(f"expenses:{name}", args=[granted.pk])).status_code in (403, 404)
    assert client.get(granted.get_absolute_url()).status_code == 404


def test_the_page_leads_from_draft_to_approval_and_payment(client, world, cast):
    give_budget(world)
    paper = write(world, "800.00")
    client.force_login(world.north_clerk)
    assert reverse("expenses:edit", args=[paper.pk]) in client.get(paper.get_absolute_url()).text

    paper = submitted(world, "800.00")
    client.force_login(cast.commerce)
    page = client.get(paper.get_absolute_url()).text
    assert f"/approvals/{paper_approval(paper)}/" in page

    steps_taken(paper)
    client.force_login(cast.finance)
    assert reverse("expenses:payment", args=[paper.pk]) in client.get(paper.get_absolute_url()).text
    client.force_login(world.north_clerk)
    page = client.get(paper.get_absolute_url()).text
    assert reverse("expenses:payment", args=[paper.pk]) not in page
    assert reverse("expenses:proof", args=[paper.pk]) in page


def paper_approval(paper: Application) -> int:
    """The key of the approval of an application."""
    from approvals.services import last_approval
    from expenses.services.applications import KIND

    approval = last_approval(paper, KIND)
    assert approval is not None
    return approval.pk


def test_a_payment_is_booked_once_however_often_it_is_sent(client, cast, granted):
    client.force_login(cast.finance)
    url = reverse("expenses:payment", args=[granted.pk])
    data = {
        "amount": "¥ 800.00",
        "paid_on": granted.applied_on.isoformat(),
        "method": "transfer",
        "request_key": "once",
    }

    assert client.post(url, data).status_code == 302
    client.post(url, data)

    granted.refresh_from_db()
    assert (granted.state, granted.paid_amount) == (State.PAID, Decimal("800.00"))
    assert granted.payments.count() == 1


def test_a_refund_is_booked_once_however_often_it_is_sent(client, cast, granted):
    payments.pay(granted, amount=Decimal("800.00"), by=cast.finance)
    client.force_login(cast.finance)
    url = reverse("expenses:refund", args=[granted.pk])
    data = {"amount": "300.00", "method": "cash", "note": "少来十人", "request_key": "back"}

    tomorrow = (granted.applied_on + timedelta(days=1)).isoformat()
    assert client.post(url, data | {"paid_on": tomorrow}).status_code == 422
    for _time in range(2):
        answer = client.post(url, data | {"paid_on": granted.applied_on.isoformat()})
        assert answer.status_code == 302

    granted.refresh_from_db()
    assert (granted.state, granted.paid_amount) == (State.APPROVED, Decimal("500.00"))
    refund = granted.payments.get(kind="refund")
    assert (refund.amount, refund.method, refund.note) == (Decimal("300.00"), "cash", "少来十人")


def test_too_large_a_payment_is_refused_with_what_was_typed(client, cast, granted):
    client.force_login(cast.finance)
    url = reverse("expenses:payment", args=[granted.pk])
    day = granted.applied_on.isoformat()
    data = {"amount": "800.01", "paid_on": day, "method": "cash", "request_key": "x"}

    answer = client.post(url, data)

    assert answer.status_code == 422
    assert "800.01" in answer.text
    assert granted.payments.count() == 0


def test_the_applicant_does_not_pay_and_nobody_pays_without_the_right(client, world, granted):
    url = reverse("expenses:payment", args=[granted.pk])
    for person in (world.north_clerk, world.north_head, world.boss):
        client.force_login(person)
        assert client.get(url).status_code == 403


def test_a_payment_is_reversed_by_a_line_against_it(client, cast, granted):
    payment = payments.pay(granted, amount=Decimal("800.00"), by=cast.finance)
    client.force_login(cast.finance)
    url = reverse("expenses:payment-reverse", args=[granted.pk, payment.pk])

    assert client.post(url, {"reason": ""}).status_code == 422
    assert client.post(url, {"reason": "账号有误"}).status_code == 302

    granted.refresh_from_db()
    assert (granted.state, granted.paid_amount) == (State.APPROVED, Decimal("0.00"))
    assert LedgerEntry.objects.filter(application=granted, kind="reverse").count() == 1


def test_the_account_is_masked_and_shown_to_who_pays_only(client, world, cast):
    paper = write(world, "500.00", **CASH)
    client.force_login(cast.finance)
    page = client.get(paper.get_absolute_url()).text
    assert "****3445" in page
    assert CASH["account"] not in page
    url = reverse("expenses:reveal", args=[paper.pk, "account"])
    answer = client.post(url, {"reason": "work"}, headers={"HX-Request": "true"})
    assert CASH["account"] in answer.text or "reason" in answer.text

    client.force_login(world.north_clerk)
    assert client.post(url, {"reason": "work"}).status_code == 403
    assert url not in client.get(paper.get_absolute_url()).text


def test_the_customer_and_the_case_show_what_was_asked_for(client, world, cast):
    customer = make_customer(unit=world.n1a)
    case = make_case(unit=world.n1a)
    paper = write(world, "700.00", code="compensation", customers=[(customer, None)], case=case)
    client.force_login(world.north_head)

    tab = client.get(f"{customer.get_absolute_url()}?tab=expenses").text
    assert paper.number in tab
    assert paper.number in client.get(case.get_absolute_url()).text


def test_a_draft_is_thrown_away_by_its_writer_only(client, world):
    paper = write(world, "100.00")
    url = reverse("expenses:cancel", args=[paper.pk])
    client.force_login(world.north_head)
    assert client.post(url).status_code == 403

    client.force_login(world.north_clerk)
    assert client.post(url).status_code == 302
    paper.refresh_from_db()
    assert paper.state == State.VOID


def test_evidence_that_is_due_stands_in_its_list_until_it_is_there(client, world, granted):
    client.force_login(world.north_clerk)
    assert granted.title in client.get("/expenses/evidence/").text

    Application.objects.filter(pk=granted.pk).update(evidence_done_at=granted.created_at)
    assert granted.title not in client.get("/expenses/evidence/").text


def test_a_receipt_is_removed_by_who_brought_it_or_pays(client, world, cast, granted):
    def entered(number: str, colour: str) -> str:
        given = {"by": world.north_clerk, "amount": Decimal("1.00"), "number": number}
        row = receipts.add(granted, picture(colour), "发票.png", **given)
        return reverse("expenses:file-remove", args=[granted.pk, "receipt", row.pk])

    url, other = entered("1", "red"), entered("2", "blue")
    client.force_login(world.north_head)  # he sees the paper
    client.post(url)
    assert granted.receipts.count() == 2
    client.force_login(world.north_clerk)
    client.post(url)
    client.force_login(cast.finance)
    client.post(other)
    assert granted.receipts.count() == 0


def test_evidence_is_kept_as_what_it_is_said_to_be_or_not_at_all(client, world, granted):
    client.force_login(world.north_clerk)
    url = reverse("expenses:evidence-add", args=[granted.pk])
    swapped = {"HX-Request": "true"}

    nothing = client.post(url, {"kind": "photo"}, headers=swapped)
    wrong = client.post(url, {"kind": "nonsense", "files": [picture()]}, headers=swapped)
    assert len(nothing.context["refused"]) == len(wrong.context["refused"]) == 1
    assert not granted.evidence.exists()
    client.post(url, {"kind": "sign_in", "files": [picture()]}, headers=swapped)
    assert granted.evidence.get().kind == "sign_in"


def test_the_ledger_needs_its_right_and_the_same_queries(client, world, cast, granted):
    client.force_login(world.north_clerk)
    assert client.get("/expenses/ledger/").status_code == 403
    client.force_login(cast.finance)
    one = count_queries(client, "/expenses/ledger/")
    payments.pay(granted, amount=Decimal("300.00"), by=cast.finance)
    payments.pay(granted, amount=Decimal("200.00"), by=cast.finance)

    assert count_queries(client, "/expenses/ledger/") == one
    assert "500.00" in client.get("/expenses/ledger/").text


def test_a_sum_stands_in_capital_letters_and_is_read_from_them(client, cast, granted):
    client.force_login(cast.finance)
    url = reverse("expenses:payment", args=[granted.pk])
    typed = {
        "amount": "人民币伍佰零伍圆伍角整",
        "paid_on": granted.applied_on.isoformat(),
        "method": "transfer",
        "request_key": "letters",
    }

    wrong = client.post(url, typed | {"amount": "伍佰伍圆整"})
    assert wrong.status_code == 422
    assert client.post(url, typed).status_code == 302

    granted.refresh_from_db()
    assert granted.paid_amount == Decimal("505.50")
    page = client.get(granted.get_absolute_url()).text
    assert "捌佰圆整" in page
    assert "伍佰零伍圆伍角整" in page


def test_the_settlement_says_who_settled_and_when(client, cast, granted):
    payments.pay(granted, amount=Decimal("800.00"), by=cast.finance)
    evidence.add(granted, picture("green"), "合影.png", by=granted.applicant)
    settlements.settle(granted, spent=Decimal("800.00"), by=cast.finance, explanation="无小票")
    client.force_login(granted.applicant)

    page = client.get(granted.get_absolute_url()).text

    row = granted.settlement
    assert f"{cast.finance.name}</span> {cast.finance.employee_no}" in page
    assert timezone.localtime(row.at).strftime("%Y-%m-%d %H:%M") in page
    assert "无小票" in page


def test_files_of_a_paper_do_not_exist_for_the_sibling_branch(client, world, cast, granted):
    """Evidence, receipts and what lies beside: by the address of the paper, and by another's."""
    proof = evidence.add(granted, picture("green"), "合影.png", by=granted.applicant)
    receipt = receipts.add(
        granted, picture("blue"), "发票.png", by=granted.applicant, amount=Decimal("800.00"),
        number="77",
    )  # fmt: skip
    theirs = write(
        world, "10.00", by=world.south_clerk, unit=world.s1a,
        customers=[(make_customer(unit=world.s1a), None)],
    )  # fmt: skip
    files = {"evidence": proof.pk, "receipt": receipt.pk}

    client.force_login(world.north_head)
    for kind, pk in files.items():
        answer = client.get(reverse("expenses:file", args=[granted.pk, kind, pk]))
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content)
    for stranger in (world.south_head, world.south_clerk, world.south_keeper):
        client.force_login(stranger)
        for kind, pk in files.items():
            for paper in (granted, theirs):
                for name in ("file", "file-thumb"):
                    address = reverse(f"expenses:{name}", args=[paper.pk, kind, pk])
                    assert client.get(address).status_code == 404, address
                address = reverse("expenses:file-remove", args=[paper.pk, kind, pk])
                assert client.post(address).status_code in (403, 404), address
    assert (granted.evidence.count(), granted.receipts.count()) == (1, 1)
