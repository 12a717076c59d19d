"""Age, occupation, purpose and risk of a customer: form, page, file, list, export, service."""

import io

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from core.scope import EVERYTHING
from customers.exports import write_export
from customers.forms import CustomerFilter
from customers.models import Customer
from customers.selectors.lists import ListQuery, count_customers
from customers.selectors.risks import risk_service, risk_words
from customers.services import change_customer
from tests.customers.files import OWNER_HEADS, codes, import_file, owner, owners_file
from tests.factories import make_customer, say

pytestmark = pytest.mark.django_db
FACTS = {"birth_year": 1988, "occupation": "教师", "purpose": "own_use", "risk": "中风险"}


def profile(customer):
    customer.refresh_from_db()
    return tuple(getattr(customer, name) for name in FACTS)


def test_the_form_keeps_the_profile_and_the_page_says_the_service(client, world):
    customer = make_customer(unit=world.n1a, keeper=world.north_clerk)
    client.force_login(world.north_clerk)
    url = reverse("customers:edit", args=[customer.pk])
    assert client.post(url, {"name": customer.name, "birth_year": 1850}).status_code == 422
    given = {"name": customer.name, **FACTS, "unchanged_since": ""}
    assert client.post(url, given).status_code == 302
    assert profile(customer) == (1988, "教师", "own_use", "中风险")
    page = client.get(customer.get_absolute_url()).content.decode()
    assert "付款节点前主动提醒，专员每季度回访" in page
    assert "教师" in page


def test_the_first_row_that_fits_says_the_service(world):
    table = [
        {"kind": "organisation", "risk": "高", "business": "贸易", "service": "甲"},
        {"kind": "any", "risk": "高", "business": "", "service": "乙"},
    ]
    say(world.group, "customers.risk_service", tuple(table))
    firm = Customer(kind="organisation", risk="高", business_type="贸易", industry="")
    assert risk_words() == ["高"]
    assert risk_service(firm) == "甲"
    firm.business_type = "零售"
    assert risk_service(firm) == "乙"
    firm.risk = "低"
    assert risk_service(firm) == ""


def test_the_list_is_filtered_by_risk_and_purpose(world):
    one = make_customer(unit=world.n1a)
    make_customer(unit=world.n1a)
    other = make_customer(unit=world.s1a)
    for customer in (one, other):
        change_customer(customer, by=world.boss, **FACTS)

    def count(reader, **data):
        return count_customers(reader, CustomerFilter(data, user=reader).query())[0]

    assert count(world.north_head, risk="中风险") == 1
    assert count(world.north_head, purpose="own_use") == 1
    assert count(world.north_head, purpose="investment") == 0
    assert count(world.boss, risk="中风险") == 2


def test_the_export_has_the_profile(world, tmp_path):
    change_customer(make_customer(unit=world.n1a), by=world.boss, **FACTS)
    target = tmp_path / "out.xlsx"
    write_export(EVERYTHING, ListQuery(), target)
    [row] = list(load_workbook(io.BytesIO(target.read_bytes())).active.iter_rows(min_row=2))
    values = [cell.value for cell in row]
    assert {1988, "教师", "中风险"} <= set(values)


def test_the_database_refuses_a_year_nobody_was_born_in(world):
    customer = make_customer(unit=world.n1a)
    with pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(birth_year=1066)


def test_a_file_of_owners_fills_the_profile(world, tmp_path):
    """Ages, years and days of birth are one field; words that mean neither purpose are told."""
    heads = (*OWNER_HEADS, "年龄", "职业", "购房用途", "风险状况")
    rows = [
        owner("甲一", **{"年龄": "38", "职业": "教师", "购房用途": "自住", "风险状况": "低风险"}),
        owner("甲二", **{"年龄": "1990-05-01", "购房用途": "投资置业"}),
        owner("甲三", **{"年龄": "1975年", "购房用途": "未知"}),
        owner("甲四", **{"年龄": "两百"}),
    ]
    report = import_file("owners", owners_file(tmp_path / "业主.xlsx", rows, heads))
    assert codes(report, "warnings") == [(4, "purpose"), (5, "birth_year")]
    this_year = timezone.localdate().year
    found = dict(Customer.objects.values_list("name", "birth_year"))
    assert found == {"甲一": this_year - 38, "甲二": 1990, "甲三": 1975, "甲四": None}
    assert profile(Customer.objects.get(name="甲一"))[1:] == ("教师", "own_use", "低风险")
    assert Customer.objects.get(name="甲二").purpose == "investment"
