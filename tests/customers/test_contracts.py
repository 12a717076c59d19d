"""Contracts, payments and opportunities: sums by hand, refusals, scope, mergers, pages."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from core.errors import Refused, Stale
from customers.models import Contract, CustomerUnit, Opportunity, Receipt
from customers.models.losses import LossQuerySet
from customers.selectors.contracts import contracts_of, opportunities_of, parts_of, sums_of
from customers.services import (
    add_instalment,
    add_receipt,
    drop_instalment,
    drop_receipt,
    save_contract,
    save_opportunity,
)
from regions.models import ChangeKind
from regions.services import undo_change
from tests.complaints.test_org_changes import carry
from tests.factories import (
    make_contract,
    make_customer,
    make_ownership,
    make_place,
    make_property,
    make_share,
    place_of,
)

pytestmark = pytest.mark.django_db


def day(ago):
    return timezone.localdate() - dt.timedelta(days=ago)


@pytest.fixture
def firm(world):
    return make_customer(unit=world.n1a, kind="organisation", name="江城电器")


def told(user, customer):
    """Number → received, outstanding, overdue."""
    return {
        x.contract.number: (x.received, x.outstanding, x.overdue)
        for x in contracts_of(user, customer)
    }


# --- sums -----------------------------------------------------------------------------------------


def test_what_is_outstanding_and_overdue_by_hand(world, firm):
    """Of 1,000, 300 and 200 fell due and 350 came: 650 are outstanding, 150 overdue."""
    due = {day(60): 300, day(1): 200, day(0): 100, day(-30): 400}
    one = make_contract(customer=firm, due=due, paid={day(59): 300, day(5): 50}, number="A")
    assert told(world.north_head, firm) == {"A": (350, 650, 150)}
    parts = parts_of(one, Decimal(350))
    assert [(x.open, x.state) for x in parts] == [
        (0, "paid"), (150, "late"), (100, "open"), (400, "open"),
    ]  # fmt: skip


def test_a_draft_owes_nothing_and_what_ended_early_only_what_fell_due_by_then(world, firm):
    draft = make_contract(
        customer=firm, number="D", status="draft", signed_on=None, due={day(9): 5}
    )
    ended = make_contract(customer=firm, number="E", due={day(50): 300, day(20): 400})
    save_contract(ended, by=None, version=1, status="ended", ended_on=day(30))
    paid = make_contract(customer=firm, number="F", paid={day(1): 1000}, due={day(9): 1000})
    save_contract(paid, by=None, version=1, status="finished")
    assert told(world.north_head, firm) == {
        "D": (0, 0, 0), "E": (0, 300, 300), "F": (1000, 0, 0),
    }  # fmt: skip
    assert [x.state for x in parts_of(ended.__class__.objects.get(pk=ended.pk), Decimal(0))] == [
        "late", "void",
    ]  # fmt: skip
    sums = sums_of(contracts_of(world.north_head, firm))
    assert (sums.contracts, sums.amount, sums.received, sums.outstanding, sums.overdue) == (
        2, 2000, 1000, 300, 300,
    )  # fmt: skip
    assert [x.state for x in parts_of(draft, Decimal(0))] == ["open"]


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Decimal(-1)},
        {"number": " "},
        {"title": ""},
        {"signed_on": None},
        {"signed_on": lambda: day(-1)},
        {"valid_from": dt.date(2026, 2, 2), "valid_until": dt.date(2026, 2, 1)},
        {"status": "ended"},
        {"ended_on": dt.date(2026, 2, 2)},
        {"status": "ended", "ended_on": dt.date(2025, 12, 31)},
        {"status": "draft"},
        {"amount": Decimal(499)},
    ],
)
def test_a_contract_that_cannot_be_is_refused(firm, change):
    row = make_contract(customer=firm, due={day(9): 500}, paid={day(3): 400})
    change = {name: value() if callable(value) else value for name, value in change.items()}
    with pytest.raises(Refused):
        save_contract(row, by=None, version=1, **change)
    again = Contract.objects.get(pk=row.pk)
    assert (again.version, again.amount, again.status) == (1, 1000, "running")


def test_a_number_is_the_customers_once(world, firm):
    make_contract(customer=firm, number="A")
    with pytest.raises(Refused, match="编号|number"):
        make_contract(customer=firm, number="A ")
    make_contract(customer=make_customer(unit=world.n1a), number="A")
    assert Contract.objects.count() == 2


def test_two_who_change_it_at_once(firm):
    row = make_contract(customer=firm)
    save_contract(row, by=None, version=1, title="甲")
    with pytest.raises(Stale):
        save_contract(row, by=None, version=1, title="乙")
    assert (Contract.objects.get().title, Contract.objects.get().version) == ("甲", 2)


def test_instalments_and_receipts_that_cannot_be_are_refused(firm):
    row = make_contract(customer=firm, amount=100, due={day(3): 60}, paid={day(3): 60})
    draft = make_contract(customer=firm, status="draft", signed_on=None)
    for act in (
        lambda: add_instalment(row, by=None, due_on=day(1), amount=Decimal("40.01")),
        lambda: add_instalment(row, by=None, due_on=day(1), amount=Decimal(0)),
        lambda: add_receipt(row, by=None, on=day(1), amount=Decimal("40.01")),
        lambda: add_receipt(row, by=None, on=day(1), amount=Decimal(-5)),
        lambda: add_receipt(row, by=None, on=day(-1), amount=Decimal(1)),
        lambda: add_receipt(row, by=None, on=day(1), amount=Decimal(1), reference=f"{day(3)}"),
        lambda: add_receipt(draft, by=None, on=day(1), amount=Decimal(1)),
    ):
        with pytest.raises(Refused):
            act()
    assert (row.instalments.count(), Receipt.objects.count()) == (1, 1)
    add_instalment(row, by=None, due_on=day(1), amount=Decimal(40))
    add_receipt(row, by=None, on=day(1), amount=Decimal(40))


def test_what_is_deleted_stays_in_the_audit(world, firm):
    row = make_contract(customer=firm, number="A", due={day(3): 60}, paid={day(3): 60})
    drop_instalment(row.instalments.get(), by=world.north_head)
    drop_receipt(row.receipts.get(), by=world.north_head)
    for act in ("instalment", "receipt"):
        entry = Entry.objects.get(action=f"customer.{act}_dropped")
        assert (entry.by, entry.detail["number"], entry.detail["amount"]) == (
            world.north_head, "A", "60.00",
        )  # fmt: skip
    assert (row.instalments.count(), row.receipts.count()) == (0, 0)


# --- opportunities --------------------------------------------------------------------------------


def test_an_opportunity_goes_through_the_stages_of_the_catalogue(world, firm):
    place = place_of(firm, world.n1a)
    row = save_opportunity(None, by=world.north_head, place=place, stage="初步接触", title="扩租")
    assert (row.outcome, row.chance, row.moved_on) == ("open", 10, timezone.localdate())
    for stage, reason in (("没有", ""), ("输单", "")):
        with pytest.raises(Refused):
            save_opportunity(row, by=None, version=1, stage=stage, lost_reason=reason)
    row = save_opportunity(
        row, by=world.north_head, version=1, stage="输单", lost_reason="预算取消"
    )
    assert (row.outcome, row.chance, row.version) == ("lost", 0, 2)
    row = save_opportunity(row, by=world.north_head, version=2, stage="赢单")
    assert (row.outcome, row.lost_reason) == ("won", "")
    with pytest.raises(Stale):
        save_opportunity(row, by=None, version=1, stage="初步接触")
    moves = Entry.objects.filter(action="customer.opportunity_moved").order_by("pk")
    assert [(x.detail["was"], x.detail["stage"]) for x in moves] == [
        ("—", "初步接触"), ("初步接触", "输单"), ("输单", "赢单"),
    ]  # fmt: skip


def test_open_opportunities_stand_first_and_the_likeliest_of_them(world, firm):
    place = place_of(firm, world.n1a)
    for stage in ("初步接触", "赢单", "商务谈判"):
        save_opportunity(None, by=None, place=place, stage=stage, title=stage)
    found = opportunities_of(world.north_head, firm)
    assert [x.stage for x in found] == ["商务谈判", "初步接触", "赢单"]


# --- scope and pages ------------------------------------------------------------------------------


def test_contracts_are_the_unit_s_also_of_a_shared_customer(client, world, firm):
    make_place(customer=firm, unit=world.s1a)
    make_contract(customer=firm, unit=world.n1a, number="QNORTH", amount=1234)
    far = make_contract(customer=firm, unit=world.s1a, number="QSOUTH", amount=9876)
    assert set(told(world.north_head, firm)) == {"QNORTH"}
    assert set(told(world.boss, firm)) == {"QNORTH", "QSOUTH"}
    client.force_login(world.north_head)
    for address in (f"{firm.get_absolute_url()}?tab=contracts", reverse("customers:contracts")):
        text = client.get(address).content.decode()
        assert ("QNORTH" in text, "QSOUTH" in text, "9,876" in text) == (True, False, False)
    assert client.get(far.get_absolute_url()).status_code == 404
    assert client.get(reverse("customers:contract-edit", args=[far.pk])).status_code == 404


def test_the_protection_switched_off_is_noticed(client, world, firm, monkeypatch):
    make_place(customer=firm, unit=world.s1a)
    make_contract(customer=firm, unit=world.s1a, number="QSOUTH")
    monkeypatch.setattr(LossQuerySet, "visible_to", lambda rows, *args: rows)
    client.force_login(world.north_head)
    assert "QSOUTH" in client.get(reverse("customers:contracts")).content.decode()


def test_staff_see_those_of_customers_they_keep_and_a_share_opens_none(client, world, firm):
    make_contract(customer=firm, number="A")
    other = make_customer(unit=world.n1a)
    make_contract(customer=other, number="B")
    CustomerUnit.objects.filter(customer=firm).update(keeper=world.north_clerk)
    seen = Contract.objects.visible_to(world.north_clerk)
    assert [x.number for x in seen] == ["A"]
    make_share(customer=firm, to=world.south_head, by=world.north_head)
    assert told(world.south_head, firm) == {}


def test_everything_is_entered_on_the_pages(client, world, firm):
    client.force_login(world.north_head)
    answer = client.post(
        reverse("customers:contract-new", args=[firm.pk]),
        {"place": place_of(firm, world.n1a).pk, "number": "HT-1", "title": "租赁", "amount": "1万",
         "status": "running", "signed_on": "2026-01-01"},
    )  # fmt: skip
    assert answer.url == f"{firm.get_absolute_url()}?tab=contracts"
    row = Contract.objects.get()
    assert (row.amount, row.unit, row.by) == (10_000, world.n1a, world.north_head)
    client.post(
        reverse("customers:instalment-new", args=[row.pk]),
        {"due_on": "2026-02-01", "amount": "600"},
    )
    client.post(
        reverse("customers:receipt-new", args=[row.pk]), {"on": "2026-02-02", "amount": "500"}
    )
    refused = client.post(
        reverse("customers:receipt-new", args=[row.pk]), {"on": "2026-02-02", "amount": "9501"}
    )
    assert refused.status_code == 422
    text = client.get(row.get_absolute_url()).content.decode()
    assert ("9,500.00" in text, "100.00" in text) == (True, True)
    stale = {"number": "HT-1", "title": "改", "amount": "1万", "status": "running",
             "signed_on": "2026-01-01", "version": "7"}  # fmt: skip
    address = reverse("customers:contract-edit", args=[row.pk])
    assert client.post(address, stale).status_code == 422
    assert client.post(address, stale | {"version": "1"}).status_code == 302
    client.post(
        reverse("customers:opportunity-new", args=[firm.pk]),
        {"place": place_of(firm, world.n1a).pk, "title": "扩租", "stage": "需求确认"},
    )
    assert "扩租" in client.get(f"{firm.get_absolute_url()}?tab=contracts").content.decode()
    for kind in ("instalment", "receipt"):
        one = getattr(row, f"{kind}s").get()
        client.post(reverse(f"customers:{kind}-delete", args=[one.pk]))
    assert (row.instalments.count(), row.receipts.count()) == (0, 0)


def test_the_register_filters_and_asks_no_more_for_more_rows(client, world, firm):
    make_contract(customer=firm, number="LATE", due={day(3): 5})
    make_contract(customer=firm, number="FINE")
    client.force_login(world.north_head)
    address = reverse("customers:contracts")

    def numbers(**query):
        return [x.contract.number for x in client.get(address, query).context["accounts"]]

    assert numbers() == ["FINE", "LATE"]
    assert numbers(overdue="on") == ["LATE"]
    assert numbers(q="fin") == ["FINE"]
    assert numbers(q="江城", status="draft") == []
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for n in range(30):
        make_contract(customer=make_customer(unit=world.n1a), number=f"N{n}", due={day(3): 5})
    with CaptureQueriesContext(connection) as many:
        page = client.get(address).context["page"]
    assert (len(page), len(many)) == (25, len(few))
    second = client.get(address, {"after": page.next}).context["page"]
    assert len({x.pk for x in (*page, *second)}) == 32


# --- the organisation -----------------------------------------------------------------------------


def units():
    rows = [*Contract.objects.all(), *Opportunity.objects.all()]
    return sorted((x.customer.name, x.unit.code) for x in rows)


def deal(world, customer):
    make_contract(customer=customer, unit=world.n1a)
    save_opportunity(None, by=None, place=place_of(customer, world.n1a), stage="赢单", title="商机")


def test_they_go_to_the_successor_and_back(world, firm):
    deal(world, firm)
    change = carry(ChangeKind.MERGE, unit=world.n1a, target=world.n1b)
    assert units() == [("江城电器", "N1B")] * 2
    undo_change(change, by=None, reason="撤回")
    assert units() == [("江城电器", "N1A")] * 2


def test_those_of_owners_who_went_with_their_building_go_along(world):
    for name, building in (("甲", "1"), ("乙", "2")):
        customer = make_customer(unit=world.n1a, name=name)
        make_ownership(customer=customer, flat=make_property(unit=world.n1a, building=building))
        deal(world, customer)
    carry(ChangeKind.SPLIT, unit=world.n1a, code="N1C", name="北方新园", buildings=["1"])
    assert units() == [("乙", "N1A"), ("乙", "N1A"), ("甲", "N1C"), ("甲", "N1C")]
