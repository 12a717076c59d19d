"""Paging by key: forwards and backwards, with equal values, with forged cursors."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from core.keyset import Key, Order, Page, read_cursor, write_cursor
from core.paging import asked_page, without_page
from customers.models import CustomerUnit
from customers.selectors.lists import BY_NAME, OLDEST, ORDERS, RECENT, ListQuery, customer_page
from customers.services import create_customer

MOMENT = datetime(2026, 11, 1, 8, tzinfo=UTC)
TIME = Order("time", "at", descending=True, kind="time")


def test_a_cursor_comes_back_as_it_went():
    for order, key in (
        (TIME, Key(MOMENT.replace(microsecond=123456), 7)),
        (BY_NAME, Key("zhangsan", 8)),
        (BY_NAME, Key("", 9)),
    ):
        assert read_cursor(order, write_cursor(order, key)) == key


def test_other_and_forged_cursors_mean_the_first_page():
    cursor = write_cursor(TIME, Key(MOMENT, 7))

    assert read_cursor(BY_NAME, cursor) is None
    for text in ("", "x", cursor[:-1], "A" + cursor, "..", "%00"):
        assert read_cursor(TIME, text) is None


def test_a_page_counts_and_yields_its_rows():
    page = Page(rows=[1, 2], previous="", next="x", size=2)

    assert (len(page), list(page)) == (2, [1, 2])


@pytest.mark.parametrize(
    ("address", "size"),
    [("", 25), ("size=50", 50), ("size=7", 25), ("size=", 25), ("size=²", 25), ("size=0100", 25)],
)
def test_the_address_asks_for_one_of_the_known_sizes(rf, address, size):
    assert asked_page(rf.get(f"/?{address}")) == {"after": "", "before": "", "size": size}


def test_the_address_of_a_list_without_its_page_keeps_its_filter(rf):
    request = rf.get("/?q=张三&level=A&level=B&after=x&before=y&size=50")

    assert without_page(request) == urlencode([("q", "张三"), ("level", "A"), ("level", "B")])


@pytest.fixture
def customers(world):
    """Eleven customers, with equal names, and of each three entered at the same moment."""
    for number in range(11):
        create_customer(
            unit=world.n1a if number % 2 else world.s1a,
            by=None,
            kind="person",
            name="张三李四王五"[number % 3 * 2 :][:2],
        )
    for number, pk in enumerate(CustomerUnit.objects.order_by("pk").values_list("pk", flat=True)):
        moment = MOMENT.replace(day=1 + number // 3)
        CustomerUnit.objects.filter(pk=pk).update(last_contact_at=moment)
    return world


def walk(user, order, size):
    """All pages forwards, then all back again from the last one: lists of keys."""
    query = ListQuery(order=order)
    page = customer_page(user, query, size=size)
    assert page.previous == ""
    forwards = [[row.pk for row in page]]
    while page.next:
        page = customer_page(user, query, after=page.next, size=size)
        forwards.append([row.pk for row in page])
    backwards = [[row.pk for row in page]]
    while page.previous:
        page = customer_page(user, query, before=page.previous, size=size)
        backwards.insert(0, [row.pk for row in page])
    return forwards, backwards


@pytest.mark.parametrize("order", ORDERS.values(), ids=lambda order: order.name)
@pytest.mark.parametrize("size", [1, 3, 4, 10, 11, 12])
def test_every_row_once_forwards_and_backwards(customers, order, size):
    sign = "-" if order.descending else ""
    rows = CustomerUnit.objects.order_by(f"{sign}{order.column}", f"{sign}pk")
    expected = list(rows.values_list("pk", flat=True))

    forwards, backwards = walk(customers.boss, order, size)

    assert [pk for page in forwards for pk in page] == expected
    assert [pk for page in backwards for pk in page] == expected
    assert [len(page) for page in forwards][:-1] == [size] * (len(forwards) - 1)


def test_rows_that_come_in_between_shift_nothing(customers):
    query = ListQuery(order=RECENT)
    first = customer_page(customers.boss, query, size=4)
    expected = list(
        CustomerUnit.objects.order_by("-last_contact_at", "-pk").values_list("pk", flat=True)
    )[4:8]
    create_customer(unit=customers.n1a, by=None, kind="person", name="赵六")

    second = customer_page(customers.boss, query, after=first.next, size=4)

    assert [row.pk for row in second] == expected


def test_a_cursor_opens_no_foreign_row(customers):
    query = ListQuery(order=OLDEST)
    everything = customer_page(customers.boss, query, size=4)

    rest = customer_page(customers.north_head, query, after=everything.next, size=50)

    assert {row.unit_id for row in rest} == {customers.n1a.pk}


def test_who_has_several_places_stands_once_at_the_first_of_them(customers):
    customer, _new = create_customer(
        unit=customers.n1a, by=None, kind="person", name="赵六", identity="420106197001010011"
    )
    create_customer(
        unit=customers.s1a, by=None, kind="person", name="赵六", identity="420106197001010011"
    )
    here, there = customer.places.order_by("pk")
    CustomerUnit.objects.filter(pk=here.pk).update(last_contact_at=MOMENT.replace(year=2027))
    CustomerUnit.objects.filter(pk=there.pk).update(last_contact_at=MOMENT.replace(year=2020))

    for order, expected in ((RECENT, here), (OLDEST, there)):
        page = customer_page(customers.boss, ListQuery(order=order), size=50)
        assert [row.pk for row in page if row.customer_id == customer.pk] == [expected.pk]
