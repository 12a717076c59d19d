"""Finding duplicates, looking at them, and what the pages tell of other branches."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from core.errors import Refused
from customers.models import Customer, CustomerMerge, DuplicatePair
from customers.selectors.duplicates import bare
from customers.services import dismiss_pair, find_duplicates, merge_customers
from customers.services.duplicates import MOST
from tests.customers.files import (
    ORGANISATION_HEADS,
    identity,
    import_file,
    owner,
    owners_file,
    phone,
    table,
    write_xlsx,
)
from tests.factories import make_activity, make_customer, make_ownership, make_property, make_share

pytestmark = pytest.mark.django_db


def person(world, name="张三", unit=None, number=1, **more):
    given = {"phone": f"+86{phone(number)}"}
    return make_customer(unit=unit or world.n1a, name=name, **given | more)


def firm(world, name, **more):
    return make_customer(unit=world.n1a, kind="organisation", name=name, **more)


def pairs() -> dict[tuple[str, str], str]:
    """The open pairs by the names of both."""
    rows = DuplicatePair.objects.filter(dismissed_at=None).select_related("first", "second")
    return {(row.first.name, row.second.name): row.likeness for row in rows}


def pair_of(*customers) -> DuplicatePair:
    find_duplicates()
    first, second = sorted(customers, key=lambda one: one.pk)
    return DuplicatePair.objects.get(first=first, second=second)


# --- finding --------------------------------------------------------------------------------------


def test_the_same_number_alone_is_a_family(world):
    for name in ("张三", "李梅", "张小宝"):
        person(world, name)

    assert find_duplicates() == 0
    assert pairs() == {}


def test_number_and_name_number_and_reading_flat_and_name_firm(world):
    person(world, "张三")
    person(world, "张三（业主）", unit=world.s1a)
    person(world, "单丽", number=2)
    person(world, "善丽", number=2)
    one, other = person(world, "王五", number=3), person(world, "王五", number=4)
    flat = make_property(unit=world.n1a)
    for customer in (one, other):
        make_ownership(customer=customer, flat=flat)
    firm(world, "武汉远岸物资有限公司")
    firm(world, "武汉 远岸物资有限公司")
    firm(world, "武汉远岸物资贸易有限公司")

    assert find_duplicates() == 4
    assert pairs() == {
        ("张三", "张三（业主）"): "number_name",
        ("单丽", "善丽"): "number_reading",
        ("王五", "王五"): "flat_name",
        ("武汉远岸物资有限公司", "武汉 远岸物资有限公司"): "firm_name",
    }


def test_a_second_number_counts_and_two_identities_are_two_persons(world):
    person(world, "张三", number=5)
    person(world, "张三", number=6, other_phone=f"+86{phone(5)}")
    person(world, "李四", number=7, identity=identity(1))
    person(world, "李四", number=7, identity=identity(2))

    assert find_duplicates() == 1
    assert list(pairs()) == [("张三", "张三")]


def test_a_number_of_everybody_makes_no_pairs(world):
    for _one in range(MOST + 1):
        person(world, "张三")

    assert find_duplicates() == 0


def test_what_is_no_pair_any_more_goes_and_what_was_said_stays(world):
    one, other, third = person(world), person(world), person(world, "李四", number=2)
    fourth = person(world, "李四", number=2)
    said = dismiss_pair(pair_of(one, other), by=world.north_head, reason="父子同名同号")
    Customer.objects.filter(pk=fourth.pk).update(name="李五", pinyin="liwu")

    assert (find_duplicates(), find_duplicates()) == (1, 1)
    [left] = DuplicatePair.objects.all()
    assert (left, left.reason, left.dismissed_by) == (said, "父子同名同号", world.north_head)
    assert third.pk  # his pair is gone
    entry = Entry.objects.get(action="customer.not_duplicate")
    assert entry.detail == {"code": one.code, "other": other.code, "reason": "父子同名同号"}


@pytest.mark.parametrize(
    ("name", "person", "expected"),
    [
        ("张 三", True, "张三"),
        ("张三(业主)", True, "张三"),
        ("武汉（远岸） 公司", False, "武汉远岸公司"),
        ("ABC Co.", False, "abcco"),
    ],
)
def test_names_are_compared_bare(name, person, expected):
    assert bare(name, person=person) == expected


def test_a_pair_is_told_apart_once_by_whoever_reaches_both(world, english):
    one, other = person(world), person(world)
    south = person(world, unit=world.s1a)
    with pytest.raises(Refused, match="both of them"):
        dismiss_pair(pair_of(one, south), by=world.north_head, reason="两人")
    with pytest.raises(Refused, match="why"):
        dismiss_pair(pair_of(one, other), by=world.north_head, reason=" ")
    dismiss_pair(pair_of(one, other), by=world.north_head, reason="两人")
    with pytest.raises(Refused, match="already said"):
        dismiss_pair(pair_of(one, other), by=world.north_head, reason="两人")


# --- pages ----------------------------------------------------------------------------------------


def page(client, who, route, *args, query="", status=200) -> str:
    if client.session.get("_auth_user_id") != str(who.pk):
        client.force_login(who)
    answer = client.get(reverse(f"customers:{route}", args=args) + query)
    assert answer.status_code == status
    return answer.content.decode()


def test_of_another_branch_nothing_is_told_but_that_it_holds_him(client, world):
    here = person(world, "张三", remark="北方")
    there = person(world, "张 三", unit=world.s1a)
    find_duplicates()

    text = page(client, world.north_head, "duplicates")

    assert here.code in text
    assert there.code not in text
    assert there.get_absolute_url() not in text
    assert "由其他区域维护" in text or "Held by another branch" in text
    assert reverse("customers:merge-compare", args=[here.pk, there.pk]) not in text
    for args in ((here.pk, there.pk), (there.pk, here.pk)):
        page(client, world.north_head, "merge-compare", *args, status=404)
        page(client, world.north_head, "merge-confirm", *args, status=404)
    page(client, world.north_head, "duplicate-dismiss", pair_of(here, there).pk, status=404)


def test_pairs_of_other_branches_alone_are_not_listed(client, world):
    person(world, unit=world.s1a)
    person(world, unit=world.s1a)
    find_duplicates()

    assert "YZ" not in page(client, world.north_head, "duplicates")
    assert DuplicatePair.objects.visible_to(world.north_head).count() == 0
    assert DuplicatePair.objects.visible_to(world.south_head).count() == 1


def test_a_list_costs_the_same_whatever_its_length(client, world):
    counts = []
    page(client, world.north_head, "duplicates")
    for number in (1, 2, 3, 4):
        person(world, number=number)
        person(world, number=number)
        find_duplicates()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page(client, world.north_head, "duplicates")
        counts.append(len(asked))
    assert counts[0] == counts[-1]


def test_two_are_compared_merged_and_the_old_address_leads_on(client, world):
    mine = person(world, level="A类", address="北京路1号")
    theirs = person(world, number=2, level="B类", source="来访")
    make_activity(customer=theirs, by=world.north_clerk)
    text = page(client, world.north_head, "merge-compare", mine.pk, theirs.pk)
    # The record changed last is proposed.
    assert re.search(r'name="level" value="theirs" checked', text)
    seen = re.search(r'name="seen" value="([^"]+)"', text).group(1)
    address = reverse("customers:merge-confirm", args=[mine.pk, theirs.pk])
    asked = client.get(address, {"seen": seen, "level": "mine", "phone": "theirs"})
    assert asked.status_code == 200
    assert 'name="take" value="phone"' in asked.content.decode()

    done = client.post(address, {"seen": seen, "take": "phone", "reason": "同一人"})

    assert (done.status_code, done.url) == (302, mine.get_absolute_url())
    mine.refresh_from_db()
    assert (mine.level, mine.source, mine.address) == ("A类", "来访", "北京路1号")
    assert (mine.clear("phone"), mine.clear("other_phone")) == (phone(2), phone(1))
    old = client.get(theirs.get_absolute_url())
    assert (old.status_code, old.url) == (302, mine.get_absolute_url())
    merge = CustomerMerge.objects.get()
    assert theirs.code in page(client, world.north_head, "merge-detail", mine.pk, merge.pk)
    assert theirs.code in page(client, world.north_head, "detail", mine.pk)  # his timeline
    again = client.post(address, {"seen": seen})
    assert (again.status_code, again.url) == (302, reverse("customers:duplicates"))
    client.force_login(world.south_head)
    for url in (old.url, theirs.get_absolute_url()):
        assert client.get(url).status_code == 404


def test_values_that_changed_since_are_not_overwritten(client, world):
    mine, theirs = person(world), person(world)
    text = page(client, world.north_head, "merge-compare", mine.pk, theirs.pk)
    seen = re.search(r'name="seen" value="([^"]+)"', text).group(1)
    Customer.objects.filter(pk=mine.pk).update(level="C类", updated_at=timezone.now())
    address = reverse("customers:merge-confirm", args=[mine.pk, theirs.pk])

    assert client.post(address, {"seen": seen}).status_code == 422
    assert Customer.objects.filter(pk=theirs.pk).exists()


def test_two_who_can_never_be_one_get_no_button(client, world):
    one = person(world, identity=identity(1))
    other = person(world, identity=identity(2))
    text = page(client, world.north_head, "merge-compare", one.pk, other.pk)

    assert 'type="submit" class="btn btn-primary"' not in text


def test_whom_to_merge_with_is_searched_among_those_one_may_merge(client, world):
    mine, theirs = person(world), person(world, number=2)
    there = person(world, unit=world.s1a, number=3)
    shared = person(world, unit=world.s1a, number=4)
    make_share(customer=shared, to=world.north_head, by=world.south_head, may_change=True)
    client.force_login(world.north_head)
    address = reverse("customers:merge-choose", args=[mine.pk])

    text = client.post(address, {"q": "张三"}).content.decode()

    assert reverse("customers:merge-compare", args=[mine.pk, theirs.pk]) in text
    for other in (there, shared):
        assert other.code not in text


def test_the_customer_offers_merging_to_whoever_may(client, world):
    customer = person(world, by=world.north_clerk, keeper=world.north_clerk)
    offer = reverse("customers:merge-choose", args=[customer.pk])

    assert offer in page(client, world.north_head, "detail", customer.pk)
    assert offer not in page(client, world.north_clerk, "detail", customer.pk)
    assert offer not in page(client, world.boss, "detail", customer.pk)


def test_a_firm_of_the_same_name_is_asked_about(client, world):
    known = firm(world, "武汉远岸物资有限公司")
    client.force_login(world.north_head)
    data = {"name": "武汉远岸物资 有限公司", "unit": world.n1a.code, "keeper": "", "kind": ""}
    address = reverse("customers:new") + "?kind=organisation"

    asked = client.post(address, data)

    assert asked.status_code == 422
    assert known.get_absolute_url() in asked.content.decode()
    assert client.post(address, data | {"another": "on"}).status_code == 302


# --- what the old record leads to -----------------------------------------------------------------


def test_the_old_code_finds_the_survivor(client, world):
    mine, theirs = person(world), person(world)
    merge_customers(mine, theirs, by=None)
    client.force_login(world.north_head)

    found = client.get(reverse("customers:list"), {"q": theirs.code}).content.decode()

    assert mine.get_absolute_url() in found


def test_a_file_of_owners_with_the_old_name_and_number_finds_the_survivor(world, tmp_path):
    mine = person(world, "单丽", number=1)
    theirs = person(world, "善丽", number=2)
    merge_customers(mine, theirs, by=None)
    rows = [
        owner("善丽", 手机号码=phone(2), 证件号码="", 房号="1201"),
        owner("善丽", 手机号码=phone(1), 证件号码="", 房号="1202"),
        owner("单丽", 手机号码=phone(2), 证件号码="", 房号="1203"),
    ]
    before = Customer.objects.count()

    report = import_file("owners", owners_file(tmp_path / "业主.xlsx", rows))

    assert report["errors"] == []
    assert Customer.objects.count() == before
    assert mine.ownerships.count() == 3


def test_a_list_of_firms_with_the_old_code_finds_the_survivor(world, tmp_path):
    mine = firm(world, "武汉远岸物资有限公司", code="KH0001", industry="物资")
    theirs = firm(world, "远岸物资", code="KH0002")
    merge_customers(mine, theirs, by=None)
    row = {"客户代码": "KH0002", "单位名称": "远岸物资", "所属行业": "贸易", "地址": "江城路2号"}
    path = write_xlsx(tmp_path / "客户.xlsx", {"客户": table(ORGANISATION_HEADS, [row])})
    before = Customer.objects.count()

    import_file("organisations", path, "--mode", "update")

    mine.refresh_from_db()
    assert Customer.objects.count() == before
    assert (mine.name, mine.industry) == ("武汉远岸物资有限公司", "物资")
