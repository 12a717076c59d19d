"""Lists, pages, counts, searches, details and exports against the plain definition.

The lists are built for speed: unions of the top rows of each branch, keys instead of offsets,
columns that repeat the tree. tests.access.small answers the same questions slowly, row by row.
"""

from collections.abc import Iterator

import pytest

from accounts.models import User
from accounts.scopes import narrow
from core.scope import GROUP, Scope
from customers.models import Activity, Customer, CustomerUnit, Ownership
from customers.selectors.detail import customer_file, timeline
from customers.selectors.lists import (
    ORDERS,
    ListQuery,
    all_places,
    count_customers,
    customer_page,
    visible_customer,
)
from customers.selectors.terms import understand
from tests.access.conftest import taken_back
from tests.access.small import (
    Small,
    fresh,
    list_plainly,
    places_plainly,
    reached,
    sees_share,
    small_world,
)

pytestmark = pytest.mark.django_db

VIEW = "customers.view_customer"


@pytest.fixture(scope="module", params=range(3))
def small(request, shared_database) -> Iterator[Small]:
    """Three random worlds, each of its own seed."""
    with taken_back():
        yield small_world(request.param)


def pages(user: User, query: ListQuery, size: int) -> Iterator[list[int]]:
    """The list as the pages show it, one after the other."""
    after = ""
    while True:
        page = customer_page(user, query, after=after, size=size)
        yield [row.pk for row in page.rows]
        if not page.next:
            return
        after = page.next


def test_lists_show_everybody_in_reach_once_and_in_order(small):
    for user in map(fresh, small.people):
        for order in ORDERS.values():
            query = ListQuery(order=order)
            plain = list_plainly(user, query)

            assert sum(pages(user, query, size=3), []) == plain
            assert count_customers(user, query) == (len(plain), False)
            assert all(1 <= len(page) <= 3 for page in pages(user, query, size=3) if plain)


def test_pages_read_backwards_as_forwards(small):
    for user in map(fresh, small.people):
        query, seen = ListQuery(), []
        page = customer_page(user, query, size=2)
        while page.next:
            seen.append([row.pk for row in page.rows])
            page = customer_page(user, query, after=page.next, size=2)
        while page.previous:
            page = customer_page(user, query, before=page.previous, size=2)
            assert [row.pk for row in page.rows] == seen.pop()
        assert seen == []


def test_filters_narrow_the_list_and_never_widen_it(small):
    for user in map(fresh, small.people):
        for unit in small.rng.sample(small.units, 3):
            for below in (True, False):
                query = ListQuery(unit=unit, below=below, level=small.rng.choice(["", "A"]))
                plain = list_plainly(user, query)

                assert sum(pages(user, query, size=4), []) == plain
                assert count_customers(user, query)[0] == len(plain)


def test_details_tables_and_exports_agree_with_the_list(small):
    for user in map(fresh, small.people):
        places = places_plainly(user)
        listed = {place.customer_id for place in places}
        shared = {c.pk for c in Customer.objects.all() if sees_share(user, c)}

        assert set(CustomerUnit.objects.visible_to(user)) == set(places)
        assert {c.pk for c in Customer.objects.visible_to(user)} == listed | shared
        exported = sum(all_places(user, ListQuery(), chunk=5), [])
        assert {place.customer_id for place in exported} == listed | shared
        for customer in Customer.objects.all():
            found = visible_customer(user, customer.pk)
            assert (found is not None) == (customer.pk in listed | shared)
            here = {place for place in places if place.customer_id == customer.pk}
            assert set(customer_file(user, customer).places) == here
            _business_of(user, customer)


def _business_of(user: User, customer: Customer) -> None:
    """Flats and dealings: of whole branches, of customers kept there, and one's own doing."""
    kept = CustomerUnit.objects.filter(customer=customer)
    kept_by_user = [p for p in kept if user.pk in (p.keeper_id, p.entered_by_id)]

    def sees(row: Ownership | Activity) -> bool:
        how = reached(user, row.unit)
        if "all" in how:
            return True
        if isinstance(row, Activity):
            mine = user.pk in (row.by_id, row.entered_by_id)
            return "own" in how and (mine or row.unit_id in {p.unit_id for p in kept_by_user})
        return "own" in how and bool(kept_by_user)

    activities = [row for row in customer.activities.select_related("unit") if sees(row)]
    owned = [row for row in customer.ownerships.select_related("unit") if sees(row)]
    assert set(timeline(user, customer).activities) == set(activities)
    assert set(customer_file(user, customer).ownerships) == set(owned)


def test_a_search_finds_within_the_list_only(small):
    for user in map(fresh, small.people):
        plain = set(list_plainly(user, ListQuery()))
        for text in ("李", "平1", "shan", "cha", "qiu", "lp"):
            found = sum(pages(user, ListQuery(term=understand(text)), size=5), [])
            customers = CustomerUnit.objects.filter(pk__in=found).values("customer")
            assert len(found) == len(set(found))
            assert CustomerUnit.objects.filter(pk__in=plain, customer__in=customers).count() == len(
                found
            )


def test_narrowing_a_scope_is_cutting_the_tree(small):
    for user in map(fresh, small.people):
        scope, places = user.scope(VIEW), places_plainly(user)
        for unit in small.units:
            for below in (True, False):
                cut = narrow(scope, unit, below=below)
                inside = {
                    place
                    for place in places
                    if place.unit_id == unit.pk or (below and unit.pk in place.unit.ancestor_ids())
                }
                assert set(CustomerUnit.objects.visible_to(cut)) == inside


def test_a_broken_scope_turns_the_comparison_red(small, monkeypatch):
    """The twin: a list that forgets the reach of one kind of grant is told from the plain one."""
    monkeypatch.setattr(Scope, "parts", lambda self, own_fields: [GROUP.q()])

    assert any(
        sum(pages(user, ListQuery(), size=3), []) != list_plainly(user, ListQuery())
        for user in map(fresh, small.people)
    )
