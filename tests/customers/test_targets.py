"""Sales targets: setting, refusals, scope, months and products by hand, mergers, pages."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from audit.models import Entry
from core.errors import Refused
from core.scope import ScopedQuerySet
from customers.models import SalesTarget, Transaction
from customers.services import drop_target, set_target
from regions.models import ChangeKind
from regions.services import undo_change
from reports.analysis.targets import target_of_year, tasks
from tests.complaints.test_org_changes import carry
from tests.reports.test_analysis import buy, firm
from tests.reports.test_portfolio import asked

pytestmark = pytest.mark.django_db
HALF = dt.date(2026, 6, 30)  # the 181st of 365 days


def aim(unit, amount, product="", year=2026, customer=None):
    return set_target(
        unit, by=None, year=year, amount=Decimal(amount), product=product, customer=customer
    )


def sell(customer, on, amount, product):
    row = buy(customer, on, amount)
    Transaction.objects.filter(pk=row.pk).update(product=product)


def test_a_target_that_is_set_again_is_replaced(world):
    aim(world.n1a, 5, "泵")
    row = aim(world.n1a, 7, " 泵 ")
    aim(world.n1a, 9)
    found = SalesTarget.objects.order_by("amount").values_list("product", "amount", "unit")
    assert list(found) == [("泵", 7, world.n1a.pk), ("", 9, world.n1a.pk)]
    drop_target(row, by=world.north_head)
    assert SalesTarget.objects.count() == 1
    entry = Entry.objects.get(action="customer.target_dropped")
    assert (entry.detail["what"], entry.detail["amount"]) == ("泵", "7.00")


def test_targets_that_cannot_be_are_refused(world):
    one = firm(world.s1a, "C1")
    for given in (
        {"amount": 0},
        {"amount": -1},
        {"amount": 1, "year": 1900},
        {"amount": 1, "product": "泵", "customer": firm(world.n1a, "C2")},
        {"amount": 1, "customer": one},
    ):
        with pytest.raises(Refused):
            aim(world.north, **given)
    assert SalesTarget.objects.count() == 0
    aim(world.group, 1, customer=one)


def test_the_task_of_each_product_by_hand(world):
    """Of 365,000 by 30 June 181,000: 181,000 sold is on course, one less behind, all of it met."""
    one = firm(world.n1a, "C1")
    for product, target, sold in (
        ("泵", 365_000, 181_000), ("阀", 365_000, 180_999), ("表", 100, 100), ("管", 10, 0),
    ):  # fmt: skip
        aim(world.north, target, product)
        if sold:
            sell(one, HALF, sold, product)
    sell(one, dt.date(2025, 12, 31), 999, "管")
    sell(one, dt.date(2026, 7, 1), 999, "管")
    sell(firm(world.s1a, "C9"), HALF, 999, "管")
    aim(world.north, 10, "管", year=2025)
    aim(world.n1, 10, "管")
    aim(world.north, 400_000)
    found = {x.product: x for x in tasks(asked(world.north, as_of=HALF))}
    assert {key: (x.sold, x.state) for key, x in found.items()} == {
        "": (362_099, "on_course"), "泵": (181_000, "on_course"), "阀": (180_999, "behind"),
        "表": (100, "met"), "管": (0, "behind"),
    }  # fmt: skip
    assert (found["泵"].by_now, found["表"].reached) == (181_000, 1.0)
    assert tasks(asked(world.north, as_of=HALF, customer=one)) == []


def test_which_target_of_the_year_counts(world):
    one = firm(world.n1a, "C1")
    year = asked(world.north, as_of=HALF)
    assert target_of_year(year) is None
    aim(world.north, 30, "泵")
    aim(world.north, 20, "阀")
    aim(world.n1, 999)
    assert target_of_year(year) == 50
    aim(world.north, 70)
    assert target_of_year(year) == 70
    his = asked(world.north, as_of=HALF, customer=one)
    assert target_of_year(his) is None
    aim(world.n1a, 5, customer=one)
    aim(world.n1, 6, customer=one)
    assert target_of_year(his) == 11
    aim(world.north, 8, customer=one)
    assert target_of_year(his) == 8
    assert target_of_year(asked(world.south, as_of=HALF, customer=one)) is None


def seasonal(client, **query):
    address = reverse("reports:customer-analysis", args=["seasonal"])
    return client.get(address, {"as_of": "2026-03-15"} | query).context["tables"][0]["table"]


def test_months_share_the_stored_target_and_the_address_overrides_it(client, world):
    """All of three years was sold in February: its share is 1, its target that of the year."""
    firm(world.n1a, "C1", d2025_02_03=300, d2026_02_03=60, d2026_03_03=7)
    client.force_login(world.north_head)
    assert len(seasonal(client).columns) == 4
    aim(world.north, 120)
    table = seasonal(client)
    assert [tuple(row[4:]) for row in table.rows[:4]] == [
        (0, 0, None), (120, 60, 0.5), (0, 7, None), (0, None, None),
    ]  # fmt: skip
    assert "120.00" in table.note
    assert seasonal(client, target="1000").rows[1][4] == 1000
    aim(world.north, 80, customer=Transaction.objects.first().customer)
    assert seasonal(client, customer="C1").rows[1][4] == 80


def test_the_product_page_says_whether_the_task_is_met(client, world):
    sell(firm(world.n1a, "C1"), HALF, 500, "泵")
    client.force_login(world.north_head)
    address = reverse("reports:customer-analysis", args=["products"])
    before = client.get(address, {"as_of": "2026-06-30"})
    assert len(before.context["tables"]) == 1
    aim(world.north, 400, "泵")
    aim(world.north, 4000)
    page = client.get(address, {"as_of": "2026-06-30"})
    task, mix = [one["table"] for one in page.context["tables"]]
    assert [row[3:5] for row in task.rows] == [(500, 0.125), (500, 1.25)]
    assert [row[0] for row in mix.rows] == ["泵"]
    assert page.context["sentence"].startswith(before.context["sentence"])
    assert "1" in page.context["sentence"].removeprefix(before.context["sentence"])


# --- pages ----------------------------------------------------------------------------------------


def test_targets_are_set_listed_and_deleted_on_the_pages(client, world):
    one = firm(world.n1a, "C1")
    aim(world.s1a, 4321, "QSOUTH")
    client.force_login(world.north_head)
    new = reverse("customers:target-new")
    given = {"unit": world.n1a.code, "year": "2026", "amount": "1万"}
    assert client.post(new, given | {"product": "泵"}).status_code == 302
    assert client.post(new, given | {"customer": one.code.lower()}).status_code == 302
    assert client.post(new, given | {"customer": "QNOBODY"}).status_code == 422
    assert client.post(new, given | {"unit": world.s1a.code}).status_code == 422
    text = client.get(reverse("customers:targets"), {"year": "2026"}).content.decode()
    assert ("泵" in text, "10,000.00" in text, "QSOUTH" in text) == (True, True, False)
    row = SalesTarget.objects.get(product="泵")
    assert client.post(reverse("customers:target-delete", args=[row.pk])).status_code == 302
    far = SalesTarget.objects.get(product="QSOUTH")
    assert client.post(reverse("customers:target-delete", args=[far.pk])).status_code == 404
    assert SalesTarget.objects.count() == 2


def test_the_protection_switched_off_is_noticed(client, world, monkeypatch):
    aim(world.s1a, 4321, "QSOUTH")
    monkeypatch.setattr(ScopedQuerySet, "visible_to", lambda rows, *args: rows)
    client.force_login(world.north_head)
    address = reverse("customers:targets")
    assert "QSOUTH" in client.get(address, {"year": "2026"}).content.decode()


def test_staff_are_not_measured_by_the_whole_unit(world):
    aim(world.n1a, 5, "泵")
    assert SalesTarget.objects.visible_to(world.north_clerk).count() == 0
    assert SalesTarget.objects.visible_to(world.north_head).count() == 1


# --- the organisation -----------------------------------------------------------------------------


def told():
    rows = SalesTarget.objects.select_related("unit").order_by("year", "product", "unit__code")
    return [(x.unit.code, x.year, x.product, x.amount) for x in rows]


def test_a_successor_is_to_sell_what_both_were(world):
    for unit, year, product, amount in (
        (world.n1a, 2024, "泵", 1), (world.n1a, 2090, "泵", 2), (world.n1a, 2090, "阀", 4),
        (world.n1b, 2090, "泵", 8),
    ):  # fmt: skip
        aim(unit, amount, product, year)
    before = told()
    change = carry(ChangeKind.MERGE, unit=world.n1a, target=world.n1b)
    assert told() == [("N1A", 2024, "泵", 1), ("N1B", 2090, "泵", 10), ("N1B", 2090, "阀", 4)]
    undo_change(change, by=None, reason="撤回")
    assert told() == before
