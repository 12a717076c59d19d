"""Applications: their way through the three flows, ceilings, and what happens to the budget."""

from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.services import carry_out, draft_hand_over, undo_hand_over
from approvals.models import ApprovalState
from approvals.services import approve, last_approval, send_back
from core.errors import Refused, Stale
from expenses.models import Application, BudgetEntry, LedgerEntry
from expenses.selectors.invariants import differences
from expenses.services import applications
from expenses.services.applications import KIND
from expenses.services.budgets import hand_down
from tests.expenses.papers import (
    CASH,
    at_product,
    columns,
    give_budget,
    given,
    granted,
    refuse,
    steps_taken,
    submitted,
    tasks,
    write,
)
from tests.factories import make_customer, make_post, make_user, say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

ONE_OFF = ["commerce", "product", "finance"]
A = ["region", "commerce", "product", "finance"]
A_LONG = ["region", "commerce", "product", "general", "finance"]


# --- three flows ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "more", "way"),
    [
        ("2999.99", {}, ONE_OFF),
        ("3000.00", {}, ONE_OFF),
        ("3000.01", {}, A_LONG),
        ("2999.99", {"one_off": False}, A),
        ("3000.00", {"one_off": False}, A),
        ("3000.01", {"one_off": False}, A_LONG),
        ("500.00", CASH, A_LONG),
        ("0.01", CASH, A_LONG),
    ],
)
def test_the_way_of_a_paper_follows_kind_and_amount(world, cast, amount, more, way):
    give_budget(world, code=more.get("code", "gift"))
    paper = submitted(world, amount, **more)

    assert steps_taken(paper) == way
    paper.refresh_from_db()
    assert (paper.state, paper.approved_amount) == ("approved", Decimal(amount))
    assert differences() == []


def test_another_ceiling_moves_the_general_manager(world, cast):
    give_budget(world)
    say(world.group, "expenses.regional_ceiling", Decimal("5000.00"))

    assert steps_taken(submitted(world, "5000.00")) == ONE_OFF
    assert steps_taken(submitted(world, "5000.00", one_off=False)) == A


# --- ceilings -------------------------------------------------------------------------------------


def test_a_family_event_of_one_cent_more_than_the_ceiling_is_refused(world, cast):
    give_budget(world, code="family")
    paper = write(world, "500.01", **CASH)

    with pytest.raises(Refused, match=r"500\.00"):
        applications.submit(paper, by=world.north_clerk)

    paper.refresh_from_db()
    assert paper.state == "draft"
    assert not BudgetEntry.objects.filter(application=paper).exists()


def test_a_customer_has_a_ceiling_a_year_that_several_share(world, cast):
    give_budget(world)
    say(world.group, "expenses.customer_year_ceiling", Decimal("1000.00"))
    one, other = make_customer(unit=world.n1a), make_customer(unit=world.n1a)
    submitted(world, "1200.00", customers=[(one, None), (other, None)])

    submitted(world, "400.00", customers=[(one, None)])
    with pytest.raises(Refused, match=r"¥0\.00"):
        submitted(world, "0.01", customers=[(one, None)])
    submitted(world, "400.00", customers=[(other, None)])


def test_what_was_refused_does_not_count_for_the_year(world, cast):
    give_budget(world)
    say(world.group, "expenses.customer_year_ceiling", Decimal("1000.00"))
    one = make_customer(unit=world.n1a)
    refuse(submitted(world, "1000.00", customers=[(one, None)]))

    assert submitted(world, "1000.00", customers=[(one, None)]).state == "in_approval"


def test_a_level_has_a_ceiling(world, cast):
    give_budget(world)
    say(
        world.group,
        "expenses.level_ceilings",
        ({"level": "普通", "most": Decimal("200.00")},),
    )
    plain = make_customer(unit=world.n1a, level="普通")
    great = make_customer(unit=world.n1a, level="重点")

    submitted(world, "200.00", customers=[(plain, None)])
    submitted(world, "999.00", customers=[(great, None)])
    with pytest.raises(Refused, match=plain.name):
        submitted(world, "200.01", customers=[(plain, None)])


# --- what a form must say -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"customers": []}, "customers"),
        ({"code": "compensation"}, "complaint"),
        (CASH | {"account": ""}, "beneficiary"),
        (CASH | {"phone": ""}, "telephone"),
        (CASH | {"event_on": None}, "date of the event"),
        ({"lines": []}, "amount"),
    ],
)
def test_a_category_says_what_must_be_given(world, cast, more, words):
    give_budget(world, code=more.get("code", "gift"))

    with pytest.raises(Refused, match=words):
        submitted(world, "100.00", **more)


def test_the_account_of_a_beneficiary_is_encrypted_and_a_change_is_seen(world, cast):
    give_budget(world, code="family")
    paper = submitted(world, "500.00", **CASH)
    stored = Application.objects.get(pk=paper.pk)

    assert CASH["account"].encode() not in bytes(stored.account_cipher)
    assert (stored.clear("account"), stored.account_last4) == (CASH["account"], "3445")
    snapshot = str(last_approval(paper, KIND).snapshot)
    assert CASH["account"] not in snapshot
    send_back(tasks(paper)[0], by=cast.region, comment="账号不对")
    paper.refresh_from_db()
    changed = given(world, "500.00", **(CASH | {"account": "6222020200112233446"}))
    applications.save(changed, by=world.north_clerk, application=paper, version=paper.version)
    applications.submit(paper, by=world.north_clerk)
    assert str(last_approval(paper, KIND).snapshot) != snapshot


def test_a_changed_version_is_stale_and_a_stranger_is_refused(world, cast):
    paper = write(world)
    applications.save(given(world), by=world.north_clerk, application=paper, version=paper.version)

    with pytest.raises(Stale):
        applications.save(
            given(world), by=world.north_clerk, application=paper, version=paper.version
        )
    with pytest.raises(Refused):
        applications.save(given(world), by=world.north_head, application=paper)
    with pytest.raises(Refused):
        applications.submit(paper, by=world.north_head)


def test_lines_are_rounded_half_up_like_the_database(world, cast):
    line = applications.Line("茶点", Decimal("0.50"), Decimal("0.01"))
    paper = applications.save(given(world, lines=[line]), by=world.north_clerk)

    assert paper.lines.get().amount == paper.amount == Decimal("0.01")


# --- the budget -----------------------------------------------------------------------------------


def test_money_is_reserved_then_committed_then_booked_to_the_unit(world, cast):
    budget = give_budget(world)
    paper = submitted(world, "2800.00")
    assert columns(budget) == ("10000.00", "0.00", "2800.00", "0.00", "0.00", "7200.00")

    steps_taken(paper)

    assert columns(budget) == ("10000.00", "0.00", "0.00", "2800.00", "0.00", "7200.00")
    line = LedgerEntry.objects.get(application=paper)
    assert (line.kind, line.approved, line.paid) == ("approve", Decimal("2800.00"), Decimal(0))
    assert (line.unit, line.region_id) == (world.n1a, world.north.pk)
    assert differences() == []


def test_what_is_rejected_sent_back_or_withdrawn_is_free_again(world, cast):
    budget = give_budget(world)
    empty = ("10000.00", "0.00", "0.00", "0.00", "0.00", "10000.00")

    refused = refuse(submitted(world, "2800.00"))
    assert (columns(budget), refused.state) == (empty, "rejected")

    back = submitted(world, "2800.00")
    at_product(back)
    send_back(tasks(back)[0], by=cast.product, comment="请补充方案")
    back.refresh_from_db()
    assert (columns(budget), back.state) == (empty, "sent_back")
    applications.submit(back, by=world.north_clerk)
    assert columns(budget)[2] == "2800.00"

    applications.withdraw(back, by=world.north_clerk)
    back.refresh_from_db()
    assert (columns(budget), back.state) == (empty, "withdrawn")
    assert not LedgerEntry.objects.exists()
    assert differences() == []


def test_the_nearest_budget_pays(world, cast):
    region = give_budget(world, "5000.00", unit=world.north)
    city = hand_down(region, to=world.n1, amount=Decimal("1000.00"), by=None)
    submitted(world, "600.00")

    assert columns(city)[2] == "600.00"
    assert columns(region)[2] == "0.00"


def test_too_little_budget_is_refused_with_what_is_left_and_who_can_help(world, cast):
    keeper = make_user(unit=world.n1, role="section-head", name="刘洋")
    make_post(user=keeper, unit=world.n1, function="客户关系费用管理")
    give_budget(world, "2000.00")

    with pytest.raises(Refused) as refusal:
        submitted(world, "3500.00")

    words = str(refusal.value)
    assert "¥2,000.00" in words
    assert "¥1,500.00" in words
    assert "刘洋" in words
    assert not Application.objects.exclude(state="draft").exists()


def test_without_any_budget_nothing_is_submitted(world, cast):
    with pytest.raises(Refused, match="budget"):
        submitted(world, "1.00")


def test_over_budget_goes_up_where_the_rule_lets_it(world, cast):
    budget = give_budget(world, "2000.00")
    say(world.group, "expenses.over_budget", "route")
    paper = submitted(world, "2500.00")

    assert paper.over_budget
    assert columns(budget)[2] == "0.00"
    assert steps_taken(paper) == A_LONG
    assert columns(budget) == ("2500.00", "0.00", "0.00", "2500.00", "0.00", "0.00")
    assert differences() == []


def test_what_is_approved_and_not_paid_is_called_off_by_a_reversing_line(world, cast):
    budget = give_budget(world)
    paper = granted(world, "2800.00")

    applications.call_off(paper, by=world.north_head, reason="活动取消")

    paper.refresh_from_db()
    assert (paper.state, paper.approved_amount) == ("void", Decimal(0))
    lines = LedgerEntry.objects.filter(application=paper).order_by("pk")
    assert [(line.kind, line.approved) for line in lines] == [
        ("approve", Decimal("2800.00")),
        ("reverse", Decimal("-2800.00")),
    ]
    assert columns(budget)[-1] == "10000.00"
    assert differences() == []


def test_late_evidence_warns_or_refuses(world, cast):
    give_budget(world)
    late = granted(world)
    Application.objects.filter(pk=late.pk).update(
        evidence_due_on=timezone.localdate().replace(year=2020)
    )

    found = applications.check_given(given(world), by=world.north_clerk)
    assert (found.refusals, len(found.warnings)) == ([], 1)
    assert late.number in found.warnings[0]
    say(world.group, "expenses.missing_evidence", "refuse")
    with pytest.raises(Refused, match=late.number):
        submitted(world)


def test_the_same_request_submits_once(world, cast):
    budget = give_budget(world)
    paper = write(world, "100.00")
    applications.submit(paper, by=world.north_clerk, request_key="one")
    applications.submit(paper, by=world.north_clerk, request_key="one")

    assert columns(budget)[2] == "100.00"


def test_nobody_decides_his_own_paper(world, cast):
    """The product-line manager applies: somebody else must decide his step."""
    give_budget(world)
    paper = submitted(world, "100.00", by=cast.product)

    for task in tasks(paper):
        assert task.person != cast.product
    while last_approval(paper, KIND).state == ApprovalState.RUNNING:
        task = tasks(paper)[0]
        assert task.person != cast.product
        approve(task, by=task.person)


def test_a_paper_that_was_sent_back_is_taken_over_and_given_back(world, cast):
    """Its applicant leaves: the approval goes with the application, and comes back with it."""
    budget = give_budget(world)
    paper = submitted(world, "100.00")
    task = at_product(paper)
    send_back(task, by=task.person, comment="请补充")
    heir = make_user(unit=world.n1a)
    plan = {"by": world.admin, "giver": world.north_clerk, "to": [heir], "reason": "离职"}

    done = carry_out(draft_hand_over(**plan), by=world.admin)
    paper.refresh_from_db()
    assert (paper.applicant, last_approval(paper, KIND).applicant) == (heir, heir)
    undo_hand_over(done, by=world.admin)
    paper.refresh_from_db()
    assert paper.applicant == world.north_clerk
    assert last_approval(paper, KIND).applicant == world.north_clerk

    carry_out(draft_hand_over(**plan), by=world.admin)
    paper.refresh_from_db()
    applications.submit(paper, by=heir)
    assert (paper.state, columns(budget)[2]) == ("in_approval", "100.00")
    applications.withdraw(paper, by=heir)
    assert (paper.state, columns(budget)[2]) == ("withdrawn", "0.00")
