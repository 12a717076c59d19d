"""After the approval: payments, refunds, reversing lines, receipts, evidence, settlement, gifts."""

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.utils import timezone

from core.errors import Refused
from core.models import Notice
from customers.models import Activity
from expenses.models import LedgerEntry, Payment
from expenses.selectors.invariants import differences
from expenses.services import (
    applications,
    events,
    evidence,
    gifts,
    key_dates,
    payments,
    receipts,
    settlements,
)
from tests.expenses.papers import (
    CASH,
    category,
    columns,
    give_budget,
    granted,
    picture,
    refuse,
    submitted,
)
from tests.factories import give, make_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
M = Decimal


@pytest.fixture
def paper(world, cast):
    """1,000 approved, of a budget of 10,000."""
    give_budget(world)
    return granted(world, "1000.00")


def state(paper):
    paper.refresh_from_db()
    return paper.state, str(paper.approved_amount), str(paper.paid_amount)


# --- payments -------------------------------------------------------------------------------------


def test_a_payment_is_booked_once_and_spends_the_budget(world, cast, paper):
    for _time in range(2):
        payments.pay(paper, amount=M("400.00"), by=cast.finance, request_key="k")
    assert state(paper) == ("approved", "1000.00", "400.00")
    payments.pay(paper, amount=M("600.00"), by=cast.finance)

    assert state(paper) == ("paid", "1000.00", "1000.00")
    assert columns(paper.budget) == ("10000.00", "0.00", "0.00", "0.00", "1000.00", "9000.00")
    assert Payment.objects.count() == 2
    assert differences() == []
    with pytest.raises(Refused, match="another paper"):
        payments.pay(granted(world, "50.00"), amount=M("1.00"), by=cast.finance, request_key="k")


def test_no_cent_more_than_was_approved_is_paid(world, cast, paper):
    with pytest.raises(Refused, match=r"1,000\.00"):
        payments.pay(paper, amount=M("1000.01"), by=cast.finance)
    with pytest.raises(Refused):
        payments.pay(paper, amount=M("0.001"), by=cast.finance)
    with pytest.raises(Refused):
        payments.pay(paper, amount=M("1.00"), by=world.north_clerk)
    tomorrow = timezone.localdate() + timedelta(days=1)
    with pytest.raises(Refused):
        payments.pay(paper, amount=M("1.00"), by=cast.finance, paid_on=tomorrow)
    assert state(paper) == ("approved", "1000.00", "0.00")


def test_what_was_not_approved_is_not_paid(world, cast):
    give_budget(world)
    with pytest.raises(Refused):
        payments.pay(submitted(world), amount=M("1.00"), by=cast.finance)
    with pytest.raises(Refused):
        payments.pay(refuse(submitted(world)), amount=M("1.00"), by=cast.finance)


def test_a_wrong_payment_is_reversed_by_a_line_against_it(world, cast, paper):
    payment = payments.pay(paper, amount=M("1000.00"), by=cast.finance)
    payments.reverse(payment, by=cast.finance, reason="账号错误")

    assert state(paper) == ("approved", "1000.00", "0.00")
    assert columns(paper.budget)[3:5] == ("1000.00", "0.00")
    with pytest.raises(Refused):
        payments.reverse(payment, by=cast.finance, reason="再来")
    kinds = LedgerEntry.objects.filter(application=paper).order_by("pk")
    assert [(line.kind, line.paid) for line in kinds] == [
        ("approve", M(0)),
        ("pay", M("1000.00")),
        ("reverse", M("-1000.00")),
    ]
    assert differences() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE expenses_ledgerentry SET approved = 0",
        "UPDATE expenses_ledgerentry SET unit_id = region_id",
        "DELETE FROM expenses_ledgerentry",
    ],
)
def test_no_statement_rewrites_the_ledger(paper, statement):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_lines_follow_the_tree(paper):
    assert LedgerEntry.objects.update(region_id=paper.city_id) == 1


def test_cash_for_a_family_event_tells_time_and_amount(world, cast):
    give_budget(world, code="family")
    paper = granted(world, "500.00", **CASH)

    payments.pay(paper, amount=M("500.00"), by=cast.finance)

    notice = Notice.objects.get(kind="expenses.remitted", user=world.north_clerk)
    assert "500.00" in str(notice.context)


# --- receipts, evidence, settlement ---------------------------------------------------------------


def add_receipt(paper, by, amount="1000.00", number="24312000", colour="red"):
    return receipts.add(paper, picture(colour), "发票.png", by=by, amount=M(amount), number=number)


def test_neither_a_number_nor_a_file_is_taken_twice(world, cast, paper):
    other = granted(world, "50.00")
    add_receipt(paper, world.north_clerk)

    for again in (
        lambda: add_receipt(other, world.north_clerk, number="2431 2000", colour="blue"),
        lambda: add_receipt(other, world.north_clerk, number="9", colour="red"),
        lambda: add_receipt(paper, world.north_clerk, number="9", colour="red"),
        lambda: add_receipt(other, world.north_clerk, number="", colour="blue"),
    ):
        with pytest.raises(Refused):
            again()
    assert paper.receipts.count() == 1
    assert not other.receipts.exists()


def test_evidence_is_due_in_working_days_and_done_by_every_kind(world, cast):
    give_budget(world, code="event")
    paper = granted(world, "100.00", code="event", event_on=date(2100, 1, 4))
    assert paper.evidence_due_on == date(2100, 1, 11)  # Monday to Monday

    evidence.add(paper, picture(), "合影.png", by=world.north_clerk)
    paper.refresh_from_db()
    assert (evidence.lacking(paper), paper.evidence_done_at) == (["sign_in"], None)
    evidence.add(paper, picture("blue"), "签到.png", by=world.north_clerk, kind="sign_in")
    paper.refresh_from_db()
    assert paper.evidence_done_at is not None
    evidence.remove(paper.evidence.first(), by=world.north_clerk)
    paper.refresh_from_db()
    assert paper.evidence_done_at is None


def test_people_are_reminded_of_evidence_once(world, cast, paper):
    due = paper.evidence_due_on
    assert evidence.remind(due - timedelta(days=3)) == 0
    assert evidence.remind(due - timedelta(days=2)) == 1
    assert evidence.remind(due) == 0
    assert evidence.remind(due + timedelta(days=1)) == 1
    assert evidence.remind(due + timedelta(days=2)) == 0


def test_a_settlement_explains_the_difference_and_frees_the_rest(world, cast, paper):
    payments.pay(paper, amount=M("1000.00"), by=cast.finance)
    payments.refund(paper, amount=M("200.00"), by=cast.finance)
    assert state(paper) == ("approved", "1000.00", "800.00")
    evidence.add(paper, picture("green"), "合影.png", by=world.north_clerk)
    add_receipt(paper, world.north_clerk, amount="800.00")

    for wrong in ({"spent": M("1000.00")}, {"spent": M("800.00")}):
        with pytest.raises(Refused):
            settlements.settle(paper, by=cast.finance, **wrong)
    with pytest.raises(Refused):
        settlements.settle(paper, by=world.north_clerk, spent=M("800.00"), explanation="x")
    settlements.settle(paper, by=cast.finance, spent=M("800.00"), explanation="少来二十人")

    assert state(paper) == ("settled", "800.00", "800.00")
    assert columns(paper.budget) == ("10000.00", "0.00", "0.00", "0.00", "800.00", "9200.00")
    payments.refund(paper, amount=M("100.00"), by=cast.finance)
    assert state(paper) == ("settled", "700.00", "700.00")
    assert columns(paper.budget)[-1] == "9300.00"
    assert differences() == []


def test_without_evidence_nothing_is_settled(world, cast, paper):
    payments.pay(paper, amount=M("1000.00"), by=cast.finance)
    add_receipt(paper, world.north_clerk)

    with pytest.raises(Refused, match="evidence"):
        settlements.settle(paper, by=cast.finance, spent=M("1000.00"))


# --- the invariant --------------------------------------------------------------------------------


def test_the_command_finds_what_differs(world, cast, paper):
    out = StringIO()
    call_command("ledger_check", "--json", stdout=out)
    assert out.getvalue().strip() == '{"differences": []}'
    type(paper).objects.filter(pk=paper.pk).update(approved_amount=M("1000.01"))

    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("ledger_check", "--json", stdout=out)

    assert end.value.code == 1
    assert paper.number in out.getvalue()


# --- gifts, events, key dates ---------------------------------------------------------------------


def test_a_gift_is_promised_given_once_and_never_twice(world, cast):
    give_budget(world)
    gift = gifts.create(world.n1, name="保温杯", price=M("60.00"), by=None)
    gifts.receive(gift, quantity=10, by=None)
    wish = [applications.GiftWish(gift, 6)]
    paper = submitted(world, lines=[], gifts=wish)
    assert paper.amount == M("360.00")

    with pytest.raises(Refused, match="保温杯"):
        submitted(world, lines=[], gifts=wish)
    with pytest.raises(Refused):
        gifts.correct(gift, counted=5, by=None, reason="盘点")
    refuse(paper)
    paper = granted(world, lines=[], gifts=wish)
    assert gifts.give(paper, by=cast.commerce) == 6
    assert gifts.give(paper, by=cast.commerce) == 0

    gift.refresh_from_db()
    assert (gift.stock, gift.promised) == (4, 0)
    assert differences() == []


def test_an_event_without_money_keeps_minutes_and_guests(world):
    came, absent = make_customer(unit=world.n1a), make_customer(unit=world.n1a)
    event = events.save(
        by=world.north_clerk,
        unit=world.n1a,
        kind="forum",
        title="业主座谈会",
        starts_at=timezone.now() - timedelta(hours=2),
        customers=[(came, None), (absent, None)],
    )
    with pytest.raises(Refused):
        events.hold(event, by=world.north_clerk, minutes=" ", came={came.pk})

    events.hold(event, by=world.north_clerk, minutes="讨论停车", came={came.pk}, people=12)

    event.refresh_from_db()
    assert (event.state, event.people) == ("held", 12)
    meeting = Activity.objects.get(kind="meeting")
    assert (meeting.customer, meeting.content, meeting.result) == (came, "业主座谈会", "讨论停车")


def test_a_key_date_is_told_once_a_year_and_fills_an_application_in(world):
    customer = make_customer(unit=world.n1a)
    row = key_dates.save(
        by=world.north_clerk,
        unit=world.n1a,
        customer=customer,
        kind="wedding",
        month=2,
        day=29,
        remind_days=10,
        owner=world.north_clerk,
        category=category("family"),
        amount=M("500.00"),
    )

    assert key_dates.remind(date(2027, 2, 17)) == 0
    assert key_dates.remind(date(2027, 2, 18)) == 1
    assert key_dates.remind(date(2027, 2, 19)) == 0
    assert key_dates.remind(date(2028, 2, 19)) == 1
    form = key_dates.application_from(row, today=date(2028, 2, 19))
    assert (form.amount, form.event_on) == (M("500.00"), date(2028, 2, 29))
    assert [one for one, _contact in form.customers] == [customer]
    with pytest.raises(Refused):
        key_dates.save(by=world.north_clerk, unit=world.n1a, key_date=row, month=2, day=30)


# --- receipts that come twice, evidence that comes late, sums that must agree ---------------------


def test_a_receipt_of_a_branch_out_of_sight_is_refused_without_naming_its_paper(world, cast):
    give_budget(world)
    give_budget(world, unit=world.s1)
    paper = granted(world, "100.00")
    theirs = granted(
        world, "100.00", by=world.south_clerk, unit=world.s1a,
        customers=[(make_customer(unit=world.s1a), None)],
    )  # fmt: skip
    add_receipt(theirs, world.south_clerk, number="２４３１-2000")

    with pytest.raises(Refused) as number:
        add_receipt(paper, world.north_clerk, number="24312000", colour="blue")
    with pytest.raises(Refused) as file:
        add_receipt(paper, world.north_clerk, number="9", colour="red")

    assert str(number.value) == "The invoice 24312000 was used for another application."
    assert str(file.value) == "This file was used as a receipt of another application."
    assert theirs.number not in str(number.value) + str(file.value)
    assert not paper.receipts.exists()


def test_receipts_that_say_less_are_explained_too(world, cast, paper):
    payments.pay(paper, amount=M("1000.00"), by=cast.finance)
    evidence.add(paper, picture("green"), "合影.png", by=world.north_clerk)
    add_receipt(paper, world.north_clerk, amount="999.99")

    with pytest.raises(Refused) as refusal:
        settlements.settle(paper, by=cast.finance, spent=M("1000.00"))
    assert str(refusal.value) == (
        "Approved ¥1,000.00, spent ¥1,000.00, receipts ¥999.99: please explain."
    )
    with pytest.raises(Refused):
        settlements.settle(paper, by=cast.finance, spent=M("1000.00"), explanation="  ")

    done = settlements.settle(paper, by=cast.finance, spent=M("1000.00"), explanation="小票遗失")
    assert (done.by, done.difference) == (cast.finance, M("0.00"))


def test_whatever_is_reversed_and_refunded_the_ledger_adds_up(world, cast, paper):
    first = payments.pay(paper, amount=M("700.00"), by=cast.finance)
    back = payments.refund(paper, amount=M("200.00"), by=cast.finance)
    payments.reverse(back, by=cast.finance, reason="未到账")
    payments.reverse(first, by=cast.finance, reason="户名错误")
    payments.pay(paper, amount=M("1000.00"), by=cast.finance)

    sums = LedgerEntry.objects.filter(application=paper).aggregate(
        approved=Sum("approved"), paid=Sum("paid")
    )
    assert sums == {"approved": M("1000.00"), "paid": M("1000.00")}
    assert state(paper) == ("paid", "1000.00", "1000.00")
    assert differences() == []


def test_nobody_touches_the_money_of_his_own_paper(world, cast, paper):
    """Also not who holds every right: the applicant is nobody's cashier."""
    payment = payments.pay(paper, amount=M("500.00"), by=cast.finance)
    own = world.north_clerk
    give(own, "group-function", world.group)

    for act in (
        lambda: payments.pay(paper, amount=M("1.00"), by=own),
        lambda: payments.refund(paper, amount=M("1.00"), by=own),
        lambda: payments.reverse(payment, by=own, reason="误"),
        lambda: settlements.settle(paper, spent=M("500.00"), by=own, explanation="x"),
    ):
        with pytest.raises(Refused, match="one's own"):
            act()
    assert state(paper) == ("approved", "1000.00", "500.00")
    assert differences() == []
