"""Budgets: the tree of shares, what the database itself refuses, asking for more."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from approvals.services import approve, open_approval
from core.errors import Refused
from expenses.models import Budget, BudgetEntry
from expenses.selectors.invariants import differences
from expenses.services import budgets
from expenses.services.changes import KIND, ask_change
from tests.expenses.papers import YEAR, category, columns, give_budget, submitted, tasks
from tests.factories import say

pytestmark = pytest.mark.django_db
M = Decimal


def settle_constraints() -> None:
    """What a commit would check."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def tree(world):
    """1,000 of the north, of which 600 are its city's, of which 250 its project's."""
    north = give_budget(world, "1000.00", unit=world.north)
    city = budgets.hand_down(north, to=world.n1, amount=M("600.00"), by=None)
    project = budgets.hand_down(city, to=world.n1a, amount=M("250.00"), by=None)
    return north, city, project


def test_shares_add_up_at_every_level(world):
    north, city, project = tree(world)
    settle_constraints()

    assert columns(north) == ("1000.00", "600.00", "0.00", "0.00", "0.00", "400.00")
    assert columns(city) == ("600.00", "250.00", "0.00", "0.00", "0.00", "350.00")
    assert columns(project)[-1] == "250.00"
    assert differences() == []


def test_more_than_is_left_is_not_handed_down(world):
    north, city, _project = tree(world)

    with pytest.raises(Refused, match=r"400\.00"):
        budgets.hand_down(north, to=world.n1b, amount=M("400.01"), by=None)
    budgets.hand_down(north, to=world.n1b, amount=M("400.00"), by=None)
    with pytest.raises(Refused, match=r"350\.00"):
        budgets.hand_down(north, to=world.n1, amount=M("-350.01"), by=None)
    with pytest.raises(Refused):
        budgets.hand_down(north, to=world.s1, amount=M("1.00"), by=None)
    with pytest.raises(Refused):
        budgets.allot(world.n1b, category=category(), year=YEAR, amount=M("1.00"), by=None)
    assert columns(city)[-1] == "350.00"


def test_what_is_taken_back_is_free_above(world):
    north, city, _project = tree(world)

    budgets.hand_down(north, to=world.n1, amount=M("-350.00"), by=None)
    settle_constraints()

    assert columns(north)[-1] == "750.00"
    assert columns(city) == ("250.00", "250.00", "0.00", "0.00", "0.00", "0.00")


def test_a_transfer_goes_up_and_down_the_tree(world):
    north, city, project = tree(world)
    other = budgets.hand_down(city, to=world.n1b, amount=M("100.00"), by=None)

    budgets.transfer(project, other, amount=M("50.00"), by=None, reason="活动移至名邸")
    budgets.transfer(north, project, amount=M("400.00"), by=None)
    settle_constraints()

    assert [columns(one)[0] for one in (north, city, project, other)] == [
        *("1000.00", "1000.00", "600.00", "150.00")
    ]
    with pytest.raises(Refused):
        budgets.transfer(project, other, amount=M("600.01"), by=None)
    assert differences() == []


def test_a_transfer_between_categories_needs_nothing_in_common(world):
    gifts = give_budget(world, "100.00")
    parties = give_budget(world, "100.00", code="event")

    budgets.transfer(gifts, parties, amount=M("100.00"), by=None)

    assert (columns(gifts)[0], columns(parties)[0]) == ("0.00", "200.00")


def test_what_is_left_is_carried_over_where_the_rule_says_so(world):
    north, city, project = tree(world)
    assert budgets.carry_over(YEAR, unit=world.north, by=None) == 0
    with pytest.raises(Refused, match=str(YEAR + 1)):
        budgets.carry_over(YEAR + 1, unit=world.north, by=None)
    say(world.group, "expenses.carry_over", "carry")

    assert budgets.carry_over(YEAR, unit=world.north, by=None) == 3
    settle_constraints()

    assert columns(north) == ("0.00",) * 6
    after = {row.unit: row for row in Budget.objects.filter(year=YEAR + 1)}
    assert [str(after[unit].allotted) for unit in (world.north, world.n1, world.n1a)] == [
        *("1000.00", "600.00", "250.00")
    ]
    assert budgets.carry_over(YEAR, unit=world.north, by=None) == 0
    assert differences() == []


# --- what the database refuses --------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE expenses_budget SET reserved = allotted + 0.01",
        "UPDATE expenses_budget SET spent = -0.01",
        "UPDATE expenses_budgetentry SET allotted = 1",
        "DELETE FROM expenses_budgetentry",
    ],
)
def test_no_statement_spends_twice_or_rewrites_what_was_moved(world, statement):
    give_budget(world, "100.00")

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_children_that_have_more_than_was_handed_down_end_the_transaction(world):
    _north, city, _project = tree(world)

    settle_constraints()

    def commit_more() -> None:
        with transaction.atomic():
            Budget.objects.filter(pk=city.pk).update(allotted=M("601.00"))
            settle_constraints()

    with pytest.raises(IntegrityError):
        commit_more()


def test_an_entry_explains_every_change(world):
    budget = give_budget(world, "100.00")
    Budget.objects.filter(pk=budget.pk).update(allotted=M("101.00"))

    assert [one.what for one in differences()] == ["budget_movements"]


# --- asking ---------------------------------------------------------------------------------------


def test_a_supplement_is_asked_for_approved_and_carried_out(world, cast):
    north, city, project = tree(world)
    change = ask_change(
        kind="supplement", target=project, amount=M("80.00"), reason="年会", by=world.north_head
    )
    steps = []
    while open_approval(change, KIND) is not None:
        task = tasks(change, KIND)[0]
        steps.append(task.step.key)
        approve(task, by=task.person)
    change.refresh_from_db()

    assert change.state == "approved"
    assert steps[-2:] == ["finance", "general"]
    assert [columns(one)[0] for one in (north, city, project)] == ["1080.00", "680.00", "330.00"]
    assert BudgetEntry.objects.filter(kind="supplement").count() == 5


def test_a_transfer_that_its_source_cannot_give_any_more_is_refused_at_the_decision(world, cast):
    gifts = give_budget(world, "100.00")
    parties = give_budget(world, "100.00", code="event")
    change = ask_change(
        kind="transfer", source=gifts, target=parties, amount=M("60.00"), reason="x",
        by=world.north_head,
    )  # fmt: skip
    submitted(world, "50.00")

    approve(tasks(change, KIND)[0], by=tasks(change, KIND)[0].person)
    last = tasks(change, KIND)[0]
    with pytest.raises(Refused, match=r"50\.00"):
        approve(last, by=last.person)
    change.refresh_from_db()
    assert change.state == "in_approval"
