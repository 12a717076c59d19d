"""Pages of budgets: sums with the lines behind them, the pace, who may allot and ask."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from expenses.models import Budget, BudgetChange
from expenses.selectors.budget_pages import (
    SUMS,
    EntryQuery,
    entry_total,
    may_allot,
    period,
    runs_out,
)
from expenses.selectors.budgets import BudgetRow
from expenses.services import budgets as verbs
from tests.expenses.papers import YEAR, category, give_budget, granted, submitted
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def page(unit, name="budget-unit"):
    return reverse(f"expenses:{name}", args=[unit.code, YEAR])


@pytest.fixture
def treasurer(world):
    """Somebody of the group who plans and pays."""
    return make_user(unit=world.group, role="group-function")


# --- what a unit has --------------------------------------------------------------------------


def test_every_sum_equals_the_lines_it_opens(client, world, cast):
    budget = give_budget(world, "10000.00")
    below = verbs.hand_down(budget, to=world.n1a, amount=Decimal("4000.00"), by=None)
    granted(world, "300.00")
    submitted(world, "120.50")
    client.force_login(world.north_head)

    shown = client.get(page(world.n1a))
    below.refresh_from_db()
    sums = {name: getattr(below, name) for name in SUMS}
    assert sums == {
        "allotted": Decimal("4000.00"),
        "handed_down": Decimal("0.00"),
        "reserved": Decimal("120.50"),
        "committed": Decimal("300.00"),
        "spent": Decimal("0.00"),
    }
    for cell in shown.context["rows"][0]["cells"]:
        assert cell["value"] == sums[cell["name"]]
        if cell["value"]:
            opened = client.get(cell["url"])
            assert opened.context["total"] == cell["value"]
            changes = [one for row in opened.context["rows"] for _label, one in row["changes"]]
            assert sum(changes) == cell["value"]
    assert entry_total(world.north_head, EntryQuery(world.n1a, YEAR)) is None


def test_a_unit_shows_those_above_and_below(client, world):
    budget = give_budget(world, "10000.00")
    verbs.hand_down(budget, to=world.n1a, amount=Decimal("4000.00"), by=None)
    client.force_login(world.north_head)

    upper = client.get(page(world.n1)).context
    assert [(one.unit, one.row.allotted) for one, _url in upper["below"]] == [
        (world.n1a, Decimal("4000.00"))
    ]
    lower = client.get(page(world.n1a)).context
    assert (lower["above"].unit, lower["above"].row.allotted) == (world.n1, Decimal("10000.00"))


def test_the_sibling_branch_sees_no_budget(client, world):
    give_budget(world)
    client.force_login(world.south_head)
    assert client.get(page(world.n1)).status_code == 404
    assert client.get(page(world.n1, "budget-entries")).status_code == 404
    shown = client.get(page(world.south)).context
    assert (shown["rows"], shown["below"], shown["above"]) == ([], [], None)


def test_the_page_asks_the_same_with_more_rows(client, world):
    def asked(name: str = "budget-unit") -> int:
        with CaptureQueriesContext(connection) as found:
            client.get(page(world.n1, name))
        return len(found)

    first = give_budget(world, "100.00")
    verbs.hand_down(first, to=world.n1a, amount=Decimal("1.00"), by=None)
    client.force_login(world.north_head)
    client.get(page(world.n1))
    counts = asked(), asked("budget-entries")
    for code in ("event", "festive"):
        more = give_budget(world, "100.00", code=code)
        verbs.hand_down(more, to=world.n1a, amount=Decimal("1.00"), by=None)

    assert len(client.get(page(world.n1)).context["rows"]) == 3
    assert (asked(), asked("budget-entries")) == counts
    # One more where no rule was ever set: what is not there is not remembered.
    assert counts[0] <= PAGE_QUERIES
    assert counts[1] <= ENTRY_QUERIES


PAGE_QUERIES = 21
ENTRY_QUERIES = 8


# --- the pace ---------------------------------------------------------------------------------


def row(left: str, used: str, quarter: int | None = None, year: int = 2026) -> BudgetRow:
    budget = Budget(year=year, quarter=quarter)
    allotted = Decimal(left) + Decimal(used)
    return BudgetRow(category(), budget, allotted=allotted, spent=Decimal(used))


@pytest.mark.parametrize(
    ("quarter", "first", "last"),
    [
        (None, date(2026, 1, 1), date(2026, 12, 31)),
        (1, date(2026, 1, 1), date(2026, 3, 31)),
        (2, date(2026, 4, 1), date(2026, 6, 30)),
        (4, date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_the_days_of_a_period(quarter, first, last):
    assert period(Budget(year=2026, quarter=quarter)) == (first, last)


def test_a_budget_runs_out_at_its_pace():
    # 100 days gone, 50 a day, 2,500 left: fifty more days.
    day = date(2026, 4, 10)
    found = runs_out([row("2500.00", "5000.00")], day)
    assert [(one.category.code, one.on) for one in found] == [("gift", date(2026, 5, 30))]
    assert runs_out([row("15000.00", "5000.00")], day) == []  # lasts until 5 February
    assert runs_out([row("0.00", "5000.00")], day)[0].on == day
    assert runs_out([row("2500.00", "5000.00")], date(2026, 1, 20)) == []  # too early to tell
    assert runs_out([row("2500.00", "5000.00", year=2025)], day) == []
    assert runs_out([row("2500.00", "0.00")], day) == []


# --- acts -------------------------------------------------------------------------------------


def test_nobody_allots_to_the_unit_he_answers_for(client, world, treasurer):
    assert not may_allot(world.north_head, world.north)
    assert may_allot(world.north_head, world.n1)
    assert may_allot(treasurer, world.group)
    client.force_login(world.north_head)
    assert client.get(page(world.north, "budget-allot")).status_code == 403
    assert client.get(page(world.south, "budget-allot")).status_code == 404

    facts = {"category": category().pk, "way": "give", "amount": "1,200.50", "reason": "年初"}
    answer = client.post(page(world.n1, "budget-allot"), facts)
    assert (answer.status_code, answer.url) == (302, page(world.n1))
    assert Budget.objects.get().allotted == Decimal("1200.50")


def test_a_wrong_amount_is_told_at_its_field(client, world):
    client.force_login(world.north_head)
    facts = {"category": category().pk, "way": "give", "amount": "0", "reason": "年初"}
    answer = client.post(page(world.n1, "budget-allot"), facts)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["amount"]
    assert "年初" in answer.content.decode()
    assert not Budget.objects.exists()


def test_a_part_is_handed_down_and_taken_back(client, world):
    budget = give_budget(world, "1000.00")
    client.force_login(world.north_head)
    address = reverse("expenses:budget-hand-down", args=[budget.pk])
    facts = {"to": world.n1a.code, "way": "give", "amount": "600.00"}
    assert client.post(address, facts).status_code == 302
    answer = client.post(address, facts)  # only 400 are left
    assert answer.status_code == 422
    assert "¥400.00" in answer.content.decode()
    assert client.post(address, facts | {"way": "take", "amount": "100.00"}).status_code == 302
    assert Budget.objects.get(unit=world.n1a).allotted == Decimal("500.00")
    assert client.post(address, facts | {"to": world.s1a.code}).status_code == 422


def test_a_transfer_is_asked_for_and_waits(client, world, cast):
    source, target = give_budget(world, "500.00"), give_budget(world, "100.00", code="event")
    client.force_login(world.north_head)
    address = reverse("expenses:budget-ask", args=[target.pk])
    facts = {"kind": "transfer", "source": "", "amount": "50.00", "reason": "活动增加"}
    answer = client.post(address, facts)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["source"]

    answer = client.post(address, facts | {"source": source.pk})
    assert (answer.status_code, answer.url) == (302, page(world.n1))
    change = BudgetChange.objects.get()
    assert (change.source, change.target, change.state) == (source, target, "in_approval")
    assert client.get(page(world.n1)).context["waiting"] == [change]
    shown = client.get(change.get_absolute_url())
    assert shown.status_code == 200
    assert shown.context["approval_url"]
    source.refresh_from_db()
    assert source.allotted == Decimal("500.00")

    client.force_login(world.south_head)
    assert client.get(change.get_absolute_url()).status_code == 404


def test_what_is_left_is_carried_over_once(client, world, treasurer):
    budget = give_budget(world, "1000.00")
    client.force_login(treasurer)
    address = page(world.n1, "budget-carry-over")
    assert client.get(address).status_code == 200
    assert Budget.objects.count() == 1
    client.post(address)
    budget.refresh_from_db()
    after = Budget.objects.filter(year=YEAR + 1).values_list("allotted", flat=True)
    assert (budget.left, list(after)) in (
        (Decimal("0.00"), [Decimal("1000.00")]),
        (Decimal("1000.00"), []),  # where the rule keeps it in its year
    )
